/*
 * The escapes of JSON strings (RFC 8259, 7), for everything that writes one.
 *
 * What stays a line must not be broken by what stands in it: escaped are '"',
 * '\\', all below 0x20 and 0x7f, U+0080 to U+009F (which some terminals obey),
 * U+2028 and U+2029 (line ends to some readers). A byte that is no UTF-8
 * becomes U+FFFD.
 */
#ifndef SE_BASE_ESCAPE_H
#define SE_BASE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/* Room for "\ud83d\ude00" and a terminator. */
#define SE__ESCAPE_SIZE 13

/* Bytes at the beginning of text that may stand as they are; `ascii`: no
 * others than these. */
size_t se__escape_plain(const char *text, size_t length, bool ascii);

/* The escape of the character that starts there, NUL-terminated; returns the
 * bytes that it stands for. `length` is not 0. */
size_t se__escape_next(const char *text, size_t length,
                       char out[SE__ESCAPE_SIZE]);

#endif
