/*
 * Text that grows, and JSON strings.
 */
#ifndef SANDBOX_TEXT_H
#define SANDBOX_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero is empty. A failed allocation sticks until the next reset. */
typedef struct sb_text {
    char *data; /* NUL-terminated once something was added */
    size_t length;
    size_t capacity;
    bool failed;
} sb_text;

void sb_text_fini(sb_text *text);
void sb_text_reset(sb_text *text);
void sb_text_add(sb_text *text, const void *bytes, size_t length);
void sb_text_put(sb_text *text, const char *string);
void sb_text_printf(sb_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes; what is not UTF-8 becomes U+FFFD. */
void sb_text_json(sb_text *text, const char *string);
/* The same from Unicode, with all but ASCII escaped. */
void sb_text_json_ascii(sb_text *text, const char *string);

/* Length of the UTF-8 sequence at `s`, 0 if it is none. */
size_t sb_utf8_length(const char *s);
uint32_t sb_utf8_decode(const char *s, size_t length);

#endif
