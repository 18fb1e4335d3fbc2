#include "multipart.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MAX_PART_HEAD 16384

typedef struct form {
    const sb_form_ops *ops;
    void *self;
    char delimiter[SB_BOUNDARY_MAX + 8]; /* CR LF - - boundary */
    size_t delimiter_length;
    char *window;
    size_t capacity;
    size_t start, end; /* what is in the window and not used yet */
    bool stopped;
} form;

bool sb_form_boundary(const char *content_type,
                      char boundary[SB_BOUNDARY_MAX + 1])
{
    static const char type[] = "multipart/form-data";
    const char *at;
    size_t length;

    if (!content_type ||
        strncasecmp(content_type, type, sizeof(type) - 1) != 0) {
        return false;
    }
    at = strcasestr(content_type, "boundary=");
    if (!at) {
        return false;
    }
    at += strlen("boundary=");
    if (*at == '"') {
        at++;
        length = strcspn(at, "\"");
        if (at[length] != '"') {
            return false;
        }
    } else {
        length = strcspn(at, "; \t");
    }
    if (length == 0 || length > SB_BOUNDARY_MAX) {
        return false;
    }
    memcpy(boundary, at, length);
    boundary[length] = '\0';
    return true;
}

/* More bytes behind those in the window; false: there are none. */
static bool form_fill(form *f)
{
    ssize_t n;

    if (f->start > 0) {
        memmove(f->window, f->window + f->start, f->end - f->start);
        f->end -= f->start;
        f->start = 0;
    }
    if (f->end == f->capacity) {
        return false;
    }
    n = f->ops->read(f->self, f->window + f->end, f->capacity - f->end);
    if (n < 0) {
        f->stopped = true;
    }
    if (n <= 0) {
        return false;
    }
    f->end += (size_t)n;
    return true;
}

static char *form_search(const form *f, const char *bytes, size_t length)
{
    return memmem(f->window + f->start, f->end - f->start, bytes, length);
}

static bool emit(form *f, size_t length, bool wanted)
{
    if (wanted && length > 0 &&
        !f->ops->data(f->self, f->window + f->start, length)) {
        f->stopped = true;
        return false;
    }
    f->start += length;
    return true;
}

/*
 * Passes on what stands before the next delimiter, and the delimiter. Of a
 * window without one, the last bytes stay: it may begin there.
 */
static bool take_until_delimiter(form *f, bool wanted)
{
    for (;;) {
        char *found = form_search(f, f->delimiter, f->delimiter_length);
        size_t length = f->end - f->start;

        if (found) {
            length = (size_t)(found - (f->window + f->start));
            if (!emit(f, length, wanted)) {
                return false;
            }
            f->start += f->delimiter_length;
            return true;
        }
        if (length >= f->delimiter_length &&
            !emit(f, length - (f->delimiter_length - 1), wanted)) {
            return false;
        }
        if (!form_fill(f)) {
            return false;
        }
    }
}

static bool have(form *f, size_t length)
{
    while (f->end - f->start < length) {
        if (!form_fill(f)) {
            return false;
        }
    }
    return true;
}

/* The blanks that may follow a delimiter; what comes then is in the window. */
static bool skip_padding(form *f)
{
    while (have(f, 2)) {
        char c = f->window[f->start];

        if (c != ' ' && c != '\t') {
            return true;
        }
        f->start++;
    }
    return false;
}

/* Cuts a quoted value, `in` behind its quote, off; what stands behind it. */
static char *cut_quoted(char *in)
{
    char *out = in;

    while (*in && *in != '"') {
        if (in[0] == '\\' && (in[1] == '"' || in[1] == '\\')) {
            in++;
        }
        *out++ = *in++;
    }
    in += *in == '"';
    *out = '\0';
    return in;
}

/*
 * Cuts the next `name=value` off a list with semicolons, in place; false:
 * there is none. *at is left behind it.
 */
static bool next_parameter(char **at, char **name, char **value)
{
    char *s = *at + strspn(*at, " \t;");

    if (!*s) {
        return false;
    }
    *name = s;
    s += strcspn(s, "=;");
    if (*s != '=') {
        *value = s;
    } else if (s[1] == '"') {
        *s = '\0';
        *value = s + 2;
        s = cut_quoted(s + 2);
        *at = s + strcspn(s, ";");
        return true;
    } else {
        *s++ = '\0';
        *value = s;
        s += strcspn(s, "; \t");
    }
    *at = *s ? s + 1 : s;
    *s = '\0';
    return true;
}

static void take_disposition(sb_part *part, char *value)
{
    char *name, *text;

    value += strcspn(value, ";");
    while (next_parameter(&value, &name, &text)) {
        if (strcasecmp(name, "name") == 0) {
            part->name = text;
        } else if (strcasecmp(name, "filename") == 0) {
            part->filename = text;
        }
    }
}

/* One header line of a part. */
static void take_part_field(sb_part *part, char *line)
{
    static const char disposition[] = "content-disposition:";
    static const char type[] = "content-type:";

    if (strncasecmp(line, disposition, sizeof(disposition) - 1) == 0) {
        take_disposition(part, line + sizeof(disposition) - 1);
    } else if (strncasecmp(line, type, sizeof(type) - 1) == 0) {
        line += sizeof(type) - 1;
        part->content_type = line + strspn(line, " \t");
    }
}

/* The head of a part: lines, each ended by CR LF, `length` bytes. */
static bool begin_part(form *f, char *head, size_t length)
{
    sb_part part = {.name = ""};
    char *end = head + length;

    while (head < end) {
        char *line = head;

        head = memmem(head, (size_t)(end - head), "\r\n", 2);
        *head = '\0';
        head += 2;
        take_part_field(&part, line);
    }
    if (!f->ops->begin(f->self, &part)) {
        f->stopped = true;
    }
    return !f->stopped;
}

/* The window stands at the CR LF that ends the line of a delimiter. */
static bool take_part_head(form *f)
{
    char *head, *found;

    while (!(found = form_search(f, "\r\n\r\n", 4))) {
        if (f->end - f->start > MAX_PART_HEAD || !form_fill(f)) {
            return false;
        }
    }
    head = f->window + f->start;
    f->start = (size_t)(found + 4 - f->window);
    if (memcmp(head, "\r\n", 2) != 0) {
        return false;
    }
    return begin_part(f, head + 2, (size_t)(found - head));
}

static bool take_part(form *f)
{
    if (!take_part_head(f) || !take_until_delimiter(f, true)) {
        return false;
    }
    if (!f->ops->end(f->self)) {
        f->stopped = true;
    }
    return !f->stopped;
}

/* What follows the last delimiter means nothing. */
static void skip_rest(form *f)
{
    do {
        f->start = f->end;
    } while (form_fill(f));
}

static bool parse(form *f)
{
    if (!take_until_delimiter(f, false)) {
        return false;
    }
    for (;;) {
        if (!have(f, 2)) {
            return false;
        }
        if (memcmp(f->window + f->start, "--", 2) == 0) {
            skip_rest(f);
            return true;
        }
        if (!skip_padding(f) || !take_part(f)) {
            return false;
        }
    }
}

sb_form_result sb_form_parse(const sb_form_ops *ops, void *self,
                             const char *boundary, char *window,
                             size_t capacity)
{
    form f = {.ops = ops,
              .self = self,
              .window = window,
              .capacity = capacity,
              .end = 2};
    bool good;

    f.delimiter_length = (size_t)snprintf(f.delimiter, sizeof(f.delimiter),
                                          "\r\n--%s", boundary);
    /* The first delimiter may stand at the very beginning. */
    window[0] = '\r';
    window[1] = '\n';
    good = parse(&f);
    if (f.stopped) {
        return SB_FORM_STOPPED;
    }
    return good ? SB_FORM_OK : SB_FORM_BAD;
}
