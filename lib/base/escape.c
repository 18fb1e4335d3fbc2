#include "base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define REPLACEMENT 0xfffd

static bool is_plain(int32_t code, bool ascii)
{
    if (code >= 0x80) {
        return !ascii && code >= 0xa0 && code != 0x2028 && code != 0x2029;
    }
    return code >= 0x20 && code != 0x7f && code != '"' && code != '\\';
}

size_t se__escape_plain(const char *text, size_t length, bool ascii)
{
    size_t plain = 0;

    while (plain < length) {
        const char *at = text + plain;
        size_t taken = se__utf8_sequence(at, length - plain);

        if (taken == 0 || !is_plain(se__utf8_read(&at), ascii)) {
            break;
        }
        plain += taken;
    }
    return plain;
}

static void write_code(int32_t code, char *out, size_t size)
{
    if (code >= 0x10000) {
        snprintf(out, size, "\\u%04x\\u%04x",
                 0xd800U + (((unsigned)code - 0x10000U) >> 10),
                 0xdc00U + ((unsigned)code & 0x3ffU));
    } else {
        snprintf(out, size, "\\u%04x", (unsigned)code & 0xffffU);
    }
}

size_t se__escape_next(const char *text, size_t length,
                       char out[SE__ESCAPE_SIZE])
{
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    size_t taken = se__utf8_sequence(text, length);
    int32_t code = taken > 0 ? se__utf8_read(&text) : REPLACEMENT;
    const char *at = code > 0 && code < 0x80 ? strchr(plain, (char)code) : NULL;

    if (at != NULL) {
        snprintf(out, SE__ESCAPE_SIZE, "\\%c", letters[at - plain]);
    } else {
        write_code(code, out, SE__ESCAPE_SIZE);
    }
    return taken > 0 ? taken : 1;
}
