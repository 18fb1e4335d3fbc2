#include "observe/line.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/redact.h"

void se__line_put(se__line *line, const char *text, size_t length)
{
    if (line->full || length > line->size - line->length) {
        line->full = true;
        return;
    }
    memcpy(line->out + line->length, text, length);
    line->length += length;
}

void se__line_puts(se__line *line, const char *text)
{
    se__line_put(line, text, strlen(text));
}

void se__line_int(se__line *line, int64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)value);
    se__line_puts(line, text);
}

/* At most *left bytes of text are written; false: it has more. */
static bool escape_part(se__line *line, const char *text, const char *end,
                        size_t *left)
{
    while (text < end) {
        size_t length = (size_t)(end - text);
        size_t taken = se__escape_plain(text, length < *left ? length : *left,
                                        line->ascii);
        char escape[SE__ESCAPE_SIZE];

        if (taken > 0) {
            se__line_put(line, text, taken);
        } else {
            taken = se__escape_next(text, length, escape);
            if (taken > *left) {
                return false;
            }
            se__line_puts(line, escape);
        }
        text += taken;
        *left -= taken;
    }
    return true;
}

void se__line_escape(se__line *line, const char *text, size_t max)
{
    se__secrets secrets = SE__SECRETS(text, strlen(text));
    const char *start, *end;
    bool whole = true;

    while (whole && se__secrets_next(&secrets, &start, &end)) {
        whole = escape_part(line, text, start, &max);
        if (whole) {
            se__line_puts(line, SE__MASK);
        }
        text = end;
    }
    if (!whole || !escape_part(line, text, secrets.end, &max)) {
        se__line_puts(line, "...");
        line->cut = true;
    }
}

void se__line_settle(se__line *line, size_t length)
{
    if (line->full) {
        line->length = length;
        line->full = false;
        line->cut = true;
    }
}
