#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sb_text_fini(sb_text *text)
{
    free(text->data);
    *text = (sb_text){0};
}

void sb_text_reset(sb_text *text)
{
    text->length = 0;
    text->failed = false;
}

static bool text_reserve(sb_text *text, size_t more)
{
    size_t need = text->length + more + 1;
    size_t capacity = text->capacity ? text->capacity : 256;
    char *data;

    if (text->failed) {
        return false;
    }
    if (need <= text->capacity) {
        return true;
    }
    while (capacity < need) {
        capacity *= 2;
    }
    data = realloc(text->data, capacity);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void sb_text_add(sb_text *text, const void *bytes, size_t length)
{
    if (!text_reserve(text, length)) {
        return;
    }
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void sb_text_put(sb_text *text, const char *string)
{
    sb_text_add(text, string, strlen(string));
}

void sb_text_printf(sb_text *text, const char *format, ...)
{
    va_list arguments, again;
    int length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0) {
        text->failed = true;
    } else if (text_reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

size_t sb_utf8_length(const char *s)
{
    /* Indexed by the lead byte's upper bits: length and smallest value. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = (unsigned char)s[0];
    size_t length = lead < 0x80             ? 1
                    : (lead & 0xe0) == 0xc0 ? 2
                    : (lead & 0xf0) == 0xe0 ? 3
                    : (lead & 0xf8) == 0xf0 ? 4
                                            : 0;
    uint32_t value;

    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    value = sb_utf8_decode(s, length);
    if (length > 1 && (value < least[length] || value > 0x10ffff ||
                       (value >= 0xd800 && value <= 0xdfff))) {
        return 0;
    }
    return length;
}

uint32_t sb_utf8_decode(const char *s, size_t length)
{
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t value;

    if (length == 0 || length > 4) {
        return 0;
    }
    value = (unsigned char)s[0] & mask[length];
    for (size_t i = 1; i < length; i++) {
        value = value << 6 | ((unsigned char)s[i] & 0x3f);
    }
    return value;
}

static void json_unit(sb_text *text, uint32_t value)
{
    if (value >= 0x10000) {
        value -= 0x10000;
        sb_text_printf(text, "\\u%04x", 0xd800 + (value >> 10));
        value = 0xdc00 + (value & 0x3ff);
    }
    sb_text_printf(text, "\\u%04x", value);
}

static void json_string(sb_text *text, const char *s, bool ascii)
{
    sb_text_add(text, "\"", 1);
    while (*s) {
        size_t length = sb_utf8_length(s);
        unsigned char byte = (unsigned char)*s;

        if (length == 0) {
            json_unit(text, 0xfffd);
            length = 1;
        } else if (byte == '"' || byte == '\\') {
            sb_text_add(text, "\\", 1);
            sb_text_add(text, s, 1);
        } else if (byte < 0x20 || byte == 0x7f || (ascii && length > 1)) {
            json_unit(text, sb_utf8_decode(s, length));
        } else {
            sb_text_add(text, s, length);
        }
        s += length;
    }
    sb_text_add(text, "\"", 1);
}

void sb_text_json(sb_text *text, const char *string)
{
    json_string(text, string, false);
}

void sb_text_json_ascii(sb_text *text, const char *string)
{
    json_string(text, string, true);
}
