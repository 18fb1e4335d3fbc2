#include "json.h"

#include <stddef.h>
#include <string.h>

json_line json_begin(FILE *out, const char *type)
{
    json_line line = {out, false};

    fputc('{', out);
    json_int(&line, "schema", 1);
    json_string(&line, "type", type);
    return line;
}

void json_end(json_line *line)
{
    fputs("}\n", line->out);
    fflush(line->out);
}

static void separate(json_line *line)
{
    if (line->comma) {
        fputc(',', line->out);
    }
    line->comma = true;
}

/* Length of the UTF-8 sequence that starts here; 0: none does. */
static size_t sequence(const unsigned char *at, size_t left)
{
    static const struct {
        unsigned char low, high;  /* first byte */
        unsigned char next, last; /* second byte */
        size_t length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
        {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (at[0] < forms[i].low || at[0] > forms[i].high ||
            left < forms[i].length || at[1] < forms[i].next ||
            at[1] > forms[i].last) {
            continue;
        }
        for (size_t k = 2; k < forms[i].length; k++) {
            if (at[k] < 0x80 || at[k] > 0xbf) {
                return 0;
            }
        }
        return forms[i].length;
    }
    return 0;
}

/* U+2028 and U+2029 end a line for some readers. */
static bool ends_a_line(const unsigned char *at)
{
    return at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9);
}

static size_t write_character(FILE *out, const unsigned char *at, size_t left)
{
    size_t length;

    if (*at == '"' || *at == '\\') {
        fprintf(out, "\\%c", *at);
        return 1;
    }
    if (*at < 0x20 || *at == 0x7f) {
        fprintf(out, "\\u%04x", *at);
        return 1;
    }
    if (*at < 0x80) {
        fputc(*at, out);
        return 1;
    }
    length = sequence(at, left);
    if (length == 0) {
        fputs("\\ufffd", out);
        return 1;
    }
    if (length == 3 && ends_a_line(at)) {
        fprintf(out, "\\u20%x", at[2] - 0x80);
    } else {
        fwrite(at, 1, length, out);
    }
    return length;
}

static void write_text(FILE *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t left = strlen(text);

    fputc('"', out);
    while (left > 0) {
        size_t taken = write_character(out, at, left);

        at += taken;
        left -= taken;
    }
    fputc('"', out);
}

void json_key(json_line *line, const char *key)
{
    separate(line);
    if (key) {
        write_text(line->out, key);
        fputc(':', line->out);
    }
}

void json_string(json_line *line, const char *key, const char *value)
{
    json_key(line, key);
    write_text(line->out, value);
}

void json_optional(json_line *line, const char *key, const char *value)
{
    if (value && value[0]) {
        json_string(line, key, value);
    } else {
        json_key(line, key);
        fputs("null", line->out);
    }
}

void json_int(json_line *line, const char *key, int64_t value)
{
    json_key(line, key);
    fprintf(line->out, "%lld", (long long)value);
}

void json_bool(json_line *line, const char *key, bool value)
{
    json_key(line, key);
    fputs(value ? "true" : "false", line->out);
}

void json_percent(json_line *line, const char *key, double value)
{
    json_key(line, key);
    if (value < 0) {
        fputs("null", line->out);
    } else {
        /* By whole numbers, so that no locale puts a comma into it. */
        long long tenths = (long long)(value * 10 + 0.5);

        fprintf(line->out, "%lld.%lld", tenths / 10, tenths % 10);
    }
}

void json_open(json_line *line, const char *key, char bracket)
{
    json_key(line, key);
    fputc(bracket, line->out);
    line->comma = false;
}

void json_close(json_line *line, char bracket)
{
    fputc(bracket, line->out);
    line->comma = true;
}
