/*
 * Text: UTF-8, exact numbers, hex, bounded copies.
 */
#ifndef SE_BASE_TEXT_H
#define SE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool se__utf8_valid(const char *text, size_t length);
/* Bytes of the sequence that starts here; 0: not a valid one. */
size_t se__utf8_sequence(const char *text, size_t left);
/* The code point of valid UTF-8 at **at; moves *at behind it. */
int32_t se__utf8_read(const char **at);
/* Characters (code points) of valid UTF-8. */
size_t se__utf8_length(const char *text, size_t length);
/* No byte below 0x20, no 0x7f: fit to become a header line. */
bool se__text_is_clean(const char *text, size_t length);
/* Exact decimal int64 ("-12"), nothing before or behind; false: not one. */
bool se__parse_int64(const char *text, size_t length, int64_t *value);
void se__hex(char *out, const uint8_t *bytes, size_t n); /* 2n+1 chars */
/*
 * Bytes of the longest beginning of text that fits into `size` bytes with a
 * terminator and splits no UTF-8 sequence.
 */
size_t se__text_fit(const char *text, size_t size);
/* Copy with truncation on a UTF-8 boundary; terminates unless size is 0. */
void se__copy_text(char *out, size_t size, const char *text);
/*
 * Likewise; control characters (also U+0080 to U+009F, which some terminals
 * obey) and bytes that are no UTF-8 become '?': one line.
 */
void se__clean_copy(char *out, size_t size, const char *text);
/* An id that is safe as a key name and a label: [A-Za-z0-9._-]{1,64}. */
bool se__id_valid(const char *id);

#endif
