/*
 * Writing JSON: one line, whatever the strings hold.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/number.h"
#include "wire/json.h"
#include "wire/json_number.h"

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

static void write_text(se__json_writer *w, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        size_t taken = se__escape_plain(text, left, w->ascii);
        char escape[SE__ESCAPE_SIZE];

        if (taken > 0) {
            se__buf_append(w->buf, text, taken);
        } else {
            taken = se__escape_next(text, left, escape);
            se__buf_puts(w->buf, escape);
        }
        text += taken;
        left -= taken;
    }
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
    char text[SE__DOUBLE_SIZE];

    if (!isfinite(value)) {
        se__json_write_null(w);
        return;
    }
    se__double_print(value, text);
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
