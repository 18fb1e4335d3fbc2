/*
 * Writing JSON: one line, whatever the strings hold.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "wire/json.h"
#include "wire/json_number.h"
#include "wire/json_string.h"

/* A value begins: the comma to the one before it. */
static void begin_value(se__json_writer *w)
{
    if (w->comma) {
        se__buf_puts(w->buf, w->spaced ? ", " : ",");
    }
    w->comma = true;
}

static void begin_container(se__json_writer *w, char bracket)
{
    begin_value(w);
    se__buf_putc(w->buf, bracket);
    w->comma = false;
}

static void end_container(se__json_writer *w, char bracket)
{
    se__buf_putc(w->buf, bracket);
    w->comma = true;
}

void se__json_begin_object(se__json_writer *w)
{
    begin_container(w, '{');
}

void se__json_end_object(se__json_writer *w)
{
    end_container(w, '}');
}

void se__json_begin_array(se__json_writer *w)
{
    begin_container(w, '[');
}

void se__json_end_array(se__json_writer *w)
{
    end_container(w, ']');
}

static void write_unit(se__json_writer *w, int32_t unit)
{
    char text[8];

    snprintf(text, sizeof(text), "\\u%04x", (unsigned)unit & 0xffff);
    se__buf_puts(w->buf, text);
}

static void write_unicode(se__json_writer *w, int32_t code)
{
    if (code >= 0x10000) {
        write_unit(w, 0xd800 + ((code - 0x10000) >> 10));
        code = 0xdc00 + (code & 0x3ff);
    }
    write_unit(w, code);
}

/* A character that cannot stand as it is. */
static void write_escape(se__json_writer *w, int32_t code)
{
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char escapes[] = "\"\\bfnrt";
    const char *at = code < 0x80 && code ? strchr(plain, (char)code) : NULL;

    if (at) {
        se__buf_putc(w->buf, '\\');
        se__buf_putc(w->buf, escapes[at - plain]);
    } else {
        write_unicode(w, code);
    }
}

static bool stands_as_it_is(const se__json_writer *w, int32_t code)
{
    if (code >= 0x80) {
        return !w->ascii && code != 0x2028 && code != 0x2029;
    }
    return code >= 0x20 && code != 0x7f && code != '"' && code != '\\';
}

static void write_text(se__json_writer *w, const char *text)
{
    const char *end = text + strlen(text);
    const char *run = text; /* what stands as it is, not yet written */

    while (text < end) {
        const char *start = text;
        size_t valid = se__utf8_sequence(text, (size_t)(end - text));
        int32_t code = 0xfffd;

        if (valid) {
            code = se__json_utf8_read(&text);
        } else {
            text++;
        }
        if (!valid || !stands_as_it_is(w, code)) {
            se__buf_append(w->buf, run, (size_t)(start - run));
            write_escape(w, code);
            run = text;
        }
    }
    se__buf_append(w->buf, run, (size_t)(end - run));
}

static void write_quoted(se__json_writer *w, const char *text)
{
    se__buf_putc(w->buf, '"');
    write_text(w, text);
    se__buf_putc(w->buf, '"');
}

void se__json_write_key(se__json_writer *w, const char *key)
{
    begin_value(w);
    write_quoted(w, key);
    se__buf_puts(w->buf, w->spaced ? ": " : ":");
    w->comma = false;
}

void se__json_write_string(se__json_writer *w, const char *text)
{
    if (text == NULL) {
        se__json_write_null(w);
        return;
    }
    begin_value(w);
    write_quoted(w, text);
}

static void write_literal(se__json_writer *w, const char *text)
{
    begin_value(w);
    se__buf_puts(w->buf, text);
}

void se__json_write_int(se__json_writer *w, int64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)value);
    write_literal(w, text);
}

void se__json_write_double(se__json_writer *w, double value)
{
    char text[SE__JSON_DOUBLE_SIZE];

    if (!isfinite(value)) {
        se__json_write_null(w);
        return;
    }
    se__json_number_print(value, text);
    write_literal(w, text);
}

void se__json_write_bool(se__json_writer *w, bool value)
{
    write_literal(w, value ? "true" : "false");
}

void se__json_write_null(se__json_writer *w)
{
    write_literal(w, "null");
}

static void write_members(se__json_writer *w, const se__json_value *container,
                          bool keys)
{
    for (const se__json_value *at = se__json_next(container, NULL); at;
         at = se__json_next(container, at)) {
        if (keys) {
            se__json_write_key(w, se__json_key(at));
        }
        se__json_write_value(w, at);
    }
}

static void write_scalar(se__json_writer *w, const se__json_value *value)
{
    const char *number = se__json_number_text(value);
    int64_t integer;
    bool truth;

    if (number) {
        write_literal(w, number);
    } else if (se__json_int64(value, &integer)) {
        se__json_write_int(w, integer);
    } else if (se__json_bool(value, &truth)) {
        se__json_write_bool(w, truth);
    } else {
        se__json_write_string(w, se__json_string(value));
    }
}

void se__json_write_value(se__json_writer *w, const se__json_value *value)
{
    if (se__json_is_object(value)) {
        se__json_begin_object(w);
        write_members(w, value, true);
        se__json_end_object(w);
    } else if (se__json_is_array(value)) {
        se__json_begin_array(w);
        write_members(w, value, false);
        se__json_end_array(w);
    } else {
        write_scalar(w, value);
    }
}
