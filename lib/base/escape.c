#include "base/escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define REPLACEMENT 0xfffd

static bool is_plain_ascii(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* Not ASCII: C1 controls and line ends are not plain. */
static bool is_plain(int32_t code)
{
    return code >= 0xa0 && code != 0x2028 && code != 0x2029;
}

size_t se__escape_plain(const char *text, size_t length, bool ascii)
{
    size_t plain = 0;

    while (plain < length) {
        const char *at = text + plain;
        size_t taken = 1;

        if ((unsigned char)*at >= 0x80) {
            taken = ascii ? 0 : se__utf8_sequence(at, length - plain);
            if (taken == 0 || !is_plain(se__utf8_read(&at))) {
                break;
            }
        } else if (!is_plain_ascii(*at)) {
            break;
        }
        plain += taken;
    }
    return plain;
}

#define UNIT_LENGTH 6 /* of "\\ud83d" */

static void write_unit(char out[UNIT_LENGTH + 1], int32_t unit)
{
    snprintf(out, UNIT_LENGTH + 1, "\\u%04x", (unsigned)unit & 0xffffU);
}

static void write_code(char out[SE__ESCAPE_SIZE], int32_t code)
{
    if (code >= 0x10000) {
        write_unit(out, 0xd800 + ((code - 0x10000) >> 10));
        out += UNIT_LENGTH;
        code = 0xdc00 + (code & 0x3ff);
    }
    write_unit(out, code);
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
        write_code(out, code);
    }
    return taken > 0 ? taken : 1;
}
