/*
 * One line of text in memory of a fixed size, written by pieces that either
 * fit or are taken back.
 */
#ifndef SE_OBSERVE_LINE_H
#define SE_OBSERVE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct se__line {
    char *out;
    size_t size; /* bytes that may be used */
    size_t length;
    bool full;  /* a piece did not fit */
    bool cut;   /* something was left out */
    bool ascii; /* non-ASCII as \uXXXX */
} se__line;

void se__line_put(se__line *line, const char *text, size_t length);
void se__line_puts(se__line *line, const char *text);
void se__line_int(se__line *line, int64_t value);
/* Text as in a JSON string without its quotes, secrets masked; of more than
 * `max` bytes the beginning and "...". */
void se__line_escape(se__line *line, const char *text, size_t max);
/* Forget what was written since `length`, if it did not fit. */
void se__line_settle(se__line *line, size_t length);

#endif
