/*
 * JSON strings (RFC 8259, 7): their end, their escapes, their characters.
 */
#ifndef SE_WIRE_JSON_STRING_H
#define SE_WIRE_JSON_STRING_H

#include <stddef.h>
#include <stdint.h>

struct se__json_hash;

/*
 * Step over the string whose opening quote is at **at. Its decoded text is
 * added to `hash` (may be NULL). Returns NULL, or what is wrong with the byte
 * at which *at is left; at `end` the closing quote is missing.
 */
const char *se__json_string_skip(const char **at, const char *end,
                                 struct se__json_hash *hash);

#define SE__JSON_BAD_ESCAPE (-1)
#define SE__JSON_HALF_PAIR (-2) /* a surrogate without its other half */

/*
 * The code point of the escape at **at, a backslash, of which `left` bytes may
 * be read; moves *at behind it. On failure one of the above, and *at stays.
 */
int32_t se__json_escape_read(const char **at, size_t left);

/* 1 to 4 bytes of UTF-8. */
size_t se__json_utf8(int32_t code, char out[4]);

#endif
