/*
 * The reason in an error answer: FastAPI's detail, the Go element's error, or
 * the words of a proxy's page.
 */
#include "element/reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "element/reply_json.h"

/* ---- JSON ---- */

/* A text, or the one in an object, or in the first of a list. */
static const char *words_of(const se__json_value *value)
{
    static const char *const keys[] = {"msg", "message"};
    const char *words;

    if (se__json_is_array(value)) {
        value = se__json_next(value, NULL);
    }
    words = se__json_string(value);
    for (size_t i = 0; !words && i < SE__COUNT(keys); i++) {
        words = se__json_string(se__json_get(value, keys[i]));
    }
    return words;
}

static const char *detail_of(const se__json_value *root)
{
    static const char *const keys[] = {"detail", "error", "message"};
    const char *words = NULL;

    for (size_t i = 0; !words && i < SE__COUNT(keys); i++) {
        words = words_of(se__json_get(root, keys[i]));
    }
    return words;
}

/* ---- text ---- */

/* The text between an opening tag and the next one. */
static const char *find_title(const char *body, size_t *length)
{
    static const char tag[] = "<title>";
    size_t n = sizeof(tag) - 1;

    for (size_t i = 0; i + n <= *length; i++) {
        if (strncasecmp(body + i, tag, n) == 0) {
            const char *text = body + i + n;
            const char *end = memchr(text, '<', *length - i - n);

            *length = end ? (size_t)(end - text) : *length - i - n;
            return text;
        }
    }
    return NULL;
}

/*
 * Copy what people read: tags left out, blanks and controls squeezed into one
 * blank each. Returns the bytes written, at most size.
 */
static size_t squeeze(const char *body, size_t length, bool html, char *out,
                      size_t size)
{
    size_t at = 0;
    bool gap = false;
    bool in_tag = false;

    for (size_t i = 0; i < length && at < size; i++) {
        unsigned char c = (unsigned char)body[i];

        if (html && (in_tag || c == '<')) {
            in_tag = c != '>';
            gap = true;
        } else if (c <= ' ' || c == 0x7f) {
            gap = true;
        } else {
            if (gap && at > 0) {
                out[at++] = ' ';
            }
            gap = false;
            if (at < size) {
                out[at++] = (char)c;
            }
        }
    }
    return at;
}

static void take_text(const char *body, size_t length, char *out, size_t size)
{
    char *text;
    bool html;

    while (length > 0 && isspace((unsigned char)*body)) {
        body++;
        length--;
    }
    /* JSON that says nothing, or that is cut short, is not for people. */
    if (length == 0 || *body == '{' || *body == '[') {
        return;
    }
    html = *body == '<';
    if (html) {
        const char *title = find_title(body, &length);

        body = title ? title : body;
    }
    /* A sequence that the end cuts lies behind what is copied. */
    text = se__zalloc(size + 4);
    if (text) {
        squeeze(body, length, html, text, size + 3);
        se__clean_copy(out, size, text);
        free(text);
    }
}

void se__reply_detail(const char *body, size_t length, char *out, size_t size)
{
    se__json *json = NULL;
    const char *detail;

    out[0] = '\0';
    if (!body || length == 0) {
        return;
    }
    if (se__reply_object(body, length, &json, NULL) != SE_OK) {
        take_text(body, length, out, size);
        return;
    }
    detail = detail_of(se__json_root(json));
    if (detail) {
        se__clean_copy(out, size, detail);
    }
    se__json_free(json);
}

void se__reply_code(const char *body, size_t length, char *out, size_t size)
{
    se__json *json = NULL;
    const se__json_value *error;
    const char *code;

    out[0] = '\0';
    if (se__reply_object(body, length, &json, NULL) != SE_OK) {
        return;
    }
    error = se__json_get(se__json_root(json), "error");
    code = se__json_string(se__json_get(error, "code"));
    if (code) {
        se__clean_copy(out, size, code);
    }
    se__json_free(json);
}
