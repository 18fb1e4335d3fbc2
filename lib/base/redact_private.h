/*
 * What lib/base/redact*.c share.
 */
#ifndef SE_BASE_REDACT_PRIVATE_H
#define SE_BASE_REDACT_PRIVATE_H

#include "base/redact.h"

typedef struct se__span {
    const char *start;
    const char *end;
} se__span;

static inline bool se__is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool se__is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool se__is_name_char(char c)
{
    return se__is_letter(c) || se__is_digit(c) || c == '_' || c == '-';
}

static inline bool se__is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static inline bool se__is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static inline bool se__ends_line(char c)
{
    return c == '\n' || c == '\r' || c == '\0';
}

/* Behind all that are. */
static inline const char *se__skip(const char *at, const char *end,
                                   bool (*is)(char))
{
    while (at < end && is(*at)) {
        at++;
    }
    return at;
}

/* The first that is, or the end. */
static inline const char *se__until(const char *at, const char *end,
                                    bool (*is)(char))
{
    while (at < end && !is(*at)) {
        at++;
    }
    return at;
}

/* redact_named.c: `at` is the separator, '=' or ':'. */
bool se__named_secret(const se__secrets *s, const char *at, se__span *found);

#endif
