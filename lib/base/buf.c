#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 128

void se__buf_init(se__buf *buf, size_t max)
{
    memset(buf, 0, sizeof(*buf));
    buf->max = max;
}

void se__buf_fini(se__buf *buf)
{
    size_t max = buf->max;

    free(buf->data);
    se__buf_init(buf, max);
}

void se__buf_reset(se__buf *buf)
{
    buf->length = 0;
    buf->failed = false;
    if (buf->data) {
        buf->data[0] = '\0';
    }
}

/* Room for `more` bytes and the terminator. */
static bool make_room(se__buf *buf, size_t more)
{
    size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    size_t need;
    char *grown;

    if (buf->failed || __builtin_add_overflow(buf->length, more, &need) ||
        (buf->max && need > buf->max) || need == SIZE_MAX) {
        buf->failed = true;
        return false;
    }
    need++;
    if (need <= buf->capacity) {
        return true;
    }
    while (capacity < need) {
        if (__builtin_mul_overflow(capacity, 2, &capacity)) {
            capacity = need;
        }
    }
    grown = realloc(buf->data, capacity);
    if (!grown) {
        buf->failed = true;
        return false;
    }
    buf->data = grown;
    buf->capacity = capacity;
    return true;
}

bool se__buf_append(se__buf *buf, const void *data, size_t length)
{
    if (!make_room(buf, length)) {
        return false;
    }
    if (length) {
        memcpy(buf->data + buf->length, data, length);
    }
    buf->length += length;
    buf->data[buf->length] = '\0';
    return true;
}

bool se__buf_puts(se__buf *buf, const char *text)
{
    return se__buf_append(buf, text, strlen(text));
}

bool se__buf_putc(se__buf *buf, char c)
{
    return se__buf_append(buf, &c, 1);
}

bool se__buf_vprintf(se__buf *buf, const char *format, va_list args)
{
    va_list again;
    int length;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) {
        buf->failed = true;
    }
    if (buf->failed || !make_room(buf, (size_t)length)) {
        return false;
    }
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, args);
    buf->length += (size_t)length;
    return true;
}

bool se__buf_printf(se__buf *buf, const char *format, ...)
{
    va_list args;
    bool ok;

    va_start(args, format);
    ok = se__buf_vprintf(buf, format, args);
    va_end(args);
    return ok;
}

char *se__buf_take(se__buf *buf)
{
    char *text;

    if (!make_room(buf, 0)) {
        se__buf_fini(buf);
        return NULL;
    }
    buf->data[buf->length] = '\0';
    text = buf->data;
    buf->data = NULL;
    se__buf_fini(buf);
    return text;
}
