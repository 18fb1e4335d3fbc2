/*
 * NAME=value and NAME: value, where the name promises a secret.
 */
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/redact_private.h"

#define NAME_MAX_LENGTH 64
#define LONG_VALUE 24 /* letters only, but hardly a word */

static bool is_backslash(char c)
{
    return c == '\\';
}

static bool ends_value(char c)
{
    return se__ends_line(c) || se__is_blank(c) || se__is_quote(c) ||
           strchr(",;&)}]>|", c) != NULL;
}

/* ---- names that promise a secret ---- */

/* Headers: all that follows on the line is the value. */
static const char *const header_names[] = {"authorization", "cookie",
                                           "api-key"};

static const char *const secret_names[] = {
    "authorization", "cookie",    "api-key",     "api_key", "apikey",
    "password",      "passwd",    "passphrase",  "secret",  "token",
    "private_key",   "signature", "credentials",
};

static bool ends_with_one_of(const char *name, size_t length,
                             const char *const *endings, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t ending = strlen(endings[i]);

        if (length >= ending &&
            strncasecmp(name + length - ending, endings[i], ending) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_secret_name(const char *name, size_t length)
{
    return ends_with_one_of(name, length, secret_names,
                            SE__COUNT(secret_names));
}

static bool is_header_name(const char *name, size_t length)
{
    return ends_with_one_of(name, length, header_names,
                            SE__COUNT(header_names));
}

bool se__is_secret_name(const char *name)
{
    return is_secret_name(name, strlen(name));
}

/* ---- NAME=value, NAME: value ---- */

/* The name before a separator; quotes, also escaped ones, may be around it. */
static se__span name_before(const se__secrets *s, const char *at, bool *quoted)
{
    se__span name;

    while (at > s->text && se__is_blank(at[-1])) {
        at--;
    }
    *quoted = at > s->text && se__is_quote(at[-1]);
    while (at > s->text && (se__is_quote(at[-1]) || at[-1] == '\\')) {
        at--;
    }
    name.end = at;
    while (at > s->text && se__is_name_char(at[-1]) &&
           name.end - at < NAME_MAX_LENGTH) {
        at--;
    }
    name.start = at;
    return name;
}

/* Behind an opening quote, to the one that closes; one that was opened as \"
 * is closed likewise. */
static const char *end_of_quoted(const char *at, const char *end, char quote,
                                 bool escaped)
{
    for (; at < end && *at != quote; at++) {
        if (*at != '\\') {
            continue;
        }
        if (escaped) {
            return at;
        }
        at += at + 1 < end;
    }
    return at;
}

static bool is_nothing(const char *at, const char *end)
{
    static const char *const words[] = {"null", "None", "true", "false"};

    for (size_t i = 0; i < SE__COUNT(words); i++) {
        if (strlen(words[i]) == (size_t)(end - at) &&
            memcmp(words[i], at, (size_t)(end - at)) == 0) {
            return true;
        }
    }
    return end == at;
}

/* Behind "name: " there may be a sentence as well. */
static bool looks_random(const char *at, const char *end)
{
    bool has_digit = se__until(at, end, se__is_digit) < end;
    size_t length = (size_t)(end - at);

    for (const char *c = at; c + 2 < end; c++) {
        if (memcmp(c, "://", 3) == 0) {
            return false;
        }
    }
    return length >= LONG_VALUE || (has_digit && length >= 6);
}

static bool quoted_value(const se__secrets *s, const char *at, se__span *found)
{
    bool escaped = *at == '\\';
    char quote;

    at = se__until(at, s->end, se__is_quote);
    quote = *at++;
    found->start = at;
    found->end = end_of_quoted(at, s->end, quote, escaped);
    return found->end > found->start;
}

/* All that is left of the line. */
static bool header_value(const se__secrets *s, const char *at, se__span *found)
{
    found->start = at;
    while (at < s->end && !se__ends_line(*at) && !se__is_quote(*at)) {
        at++;
    }
    found->end = at;
    return found->end > found->start;
}

/* `at` is the separator, '=' or ':'. */
bool se__named_secret(const se__secrets *s, const char *at, se__span *found)
{
    bool quoted;
    se__span name = name_before(s, at, &quoted);
    size_t length = (size_t)(name.end - name.start);
    const char *value = se__skip(at + 1, s->end, se__is_blank);
    const char *quote = se__skip(value, s->end, is_backslash);

    if (!is_secret_name(name.start, length)) {
        return false;
    }
    if (quote < s->end && se__is_quote(*quote)) {
        return quoted_value(s, value, found);
    }
    if (!quoted && *at == ':' && is_header_name(name.start, length)) {
        return header_value(s, value, found);
    }
    found->start = value;
    found->end = se__until(value, s->end, ends_value);
    if (*at == ':' && !quoted && value > at + 1) {
        return looks_random(found->start, found->end);
    }
    return !is_nothing(found->start, found->end);
}
