/*
 * Lists: URLs of sources, and plain words.
 */
#include "config/config.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/number.h"
#include "wire/json.h"
#include "wire/url.h"

#define BLANKS " \t\r\n\v\f"
#define SOURCES_MAX 16

/* ---- sources ---- */

static bool has_prefix(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static se_err check_source(const char *url, se_error *err)
{
    char normal[SE__URL_SIZE];
    se_source *source = NULL;
    se_err rc;

    if (has_prefix(url, "http://") || has_prefix(url, "https://")) {
        return se__url_normalize(url, normal, err);
    }
    rc = se_source_open(url, &source, err);
    se_source_free(source);
    return rc;
}

static se_err take_source(const char *at, size_t length, size_t number,
                          se__buf *lines, se_error *err)
{
    char *url = se__strndup(at, length);
    se_error why = SE_ERROR_INIT;
    se_err rc = SE_E_NOMEM;

    if (number > SOURCES_MAX) {
        rc = se__fail(err, SE_E_CONFIG, "more than %d sources", SOURCES_MAX);
    } else if (!se__text_is_clean(at, length) || !se__utf8_valid(at, length)) {
        rc = se__fail(err, SE_E_CONFIG, "source %zu: not a line of text",
                      number);
    } else if (url) {
        rc = check_source(url, &why);
        if (rc != SE_OK && rc != SE_E_NOMEM) {
            rc = se__fail(err, SE_E_CONFIG, "source %zu: %s", number,
                          why.message);
        }
    }
    if (rc == SE_OK) {
        se__buf_append(lines, at, length);
        rc = se__buf_putc(lines, '\n') ? SE_OK : SE_E_NOMEM;
    }
    se__secret_free(url);
    return rc;
}

/* In a list of lines blanks may belong to a path. */
se_err se__sources_parse(const char *value, char **lines, se_error *err)
{
    const char *ends = strpbrk(value, "\r\n") ? "\r\n" : BLANKS;
    se__buf out = SE__BUF_INIT;
    size_t number = 0;
    se_err rc = SE_OK;

    while (rc == SE_OK && *(value += strspn(value, ends)) != '\0') {
        size_t length = strcspn(value, ends);

        rc = take_source(value, length, ++number, &out, err);
        value += length;
    }
    if (rc == SE_OK && number == 0) {
        rc = se__fail(err, SE_E_CONFIG, "no source is named");
    }
    if (rc == SE_OK) {
        *lines = se__buf_take(&out);
        rc = *lines ? SE_OK : SE_E_NOMEM;
    }
    se__buf_fini(&out);
    return rc;
}

/* What stands between the first colon of user:password and the last @. */
static bool show_source(const char *url, size_t length, se__buf *out)
{
    const char *at = memrchr(url, '@', length);
    const char *scheme = memmem(url, length, "://", 3);
    const char *colon = NULL;

    if (at && scheme && scheme < at) {
        scheme += 3;
        colon = memchr(scheme, ':', (size_t)(at - scheme));
    }
    if (!colon) {
        return se__buf_append(out, url, length);
    }
    se__buf_append(out, url, (size_t)(colon + 1 - url));
    se__buf_puts(out, SE__MASK);
    return se__buf_append(out, at, length - (size_t)(at - url));
}

bool se__sources_show(const char *lines, se__buf *out)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");

        if (out->length > 0) {
            se__buf_putc(out, ' ');
        }
        show_source(lines, length, out);
        lines += length + (lines[length] == '\n');
    }
    return !out->failed;
}

/* ---- lists of words ---- */

/* Fit to become part of a header. */
static bool is_word(const char *word)
{
    size_t length = word ? strlen(word) : 0;

    return length > 0 && se__text_is_clean(word, length) &&
           se__utf8_valid(word, length);
}

static se_err check_words(const se__json_value *array, se_error *err)
{
    const se__json_value *item = NULL;

    while ((item = se__json_next(array, item)) != NULL) {
        const char *word = se__json_string(item);

        if (!is_word(word)) {
            return se__fail(err, SE_E_CONFIG,
                            "not every element of the array is a word");
        }
    }
    return SE_OK;
}

/* Written again, so that it is one line. */
static se_err copy_array(const char *value, se__buf *out, se_error *err)
{
    se__json_writer w = SE__JSON_WRITER(out);
    se__json *json = NULL;
    se_error why = SE_ERROR_INIT;
    se_err rc = se__json_parse(value, strlen(value), &se__json_reply_limits,
                               &json, &why);

    if (rc == SE_E_NOMEM) {
        return rc;
    }
    if (rc != SE_OK) {
        return se__fail(err, SE_E_CONFIG, "not a JSON array: %s", why.message);
    }
    rc = check_words(se__json_root(json), err);
    w.spaced = true;
    se__json_write_value(&w, se__json_root(json));
    se__json_free(json);
    return rc;
}

static se_err copy_words(const char *value, se__buf *out, se_error *err)
{
    se__json_writer w = SE__JSON_WRITER(out);
    bool more = true;

    w.spaced = true;
    se__json_begin_array(&w);
    while (more) {
        size_t length = strcspn(value, ",");
        char *word = se__strndup(value, length);
        se__trimmed t = se__trim(word ? word : "");

        if (!word) {
            return SE_E_NOMEM;
        }
        word[(size_t)(t.at - word) + t.length] = '\0';
        if (!is_word(t.at)) {
            free(word);
            return se__fail(err, SE_E_CONFIG,
                            "not a list of words; write [\"A\", \"B\"] or "
                            "A, B");
        }
        se__json_write_string(&w, t.at);
        free(word);
        more = value[length] != '\0';
        value += length + more;
    }
    se__json_end_array(&w);
    return SE_OK;
}

se_err se__list_parse(const char *value, char **json, se_error *err)
{
    se__buf out = SE__BUF_INIT;
    se_err rc = se__trim(value).at[0] == '[' ? copy_array(value, &out, err)
                                             : copy_words(value, &out, err);

    if (rc == SE_OK) {
        *json = se__buf_take(&out);
        rc = *json ? SE_OK : SE_E_NOMEM;
    }
    se__buf_fini(&out);
    return rc;
}
