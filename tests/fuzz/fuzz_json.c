/*
 * JSON documents. What we accept, cJSON accepts; printed and read again, it is
 * the same; and reading a list element by element is reading it at once.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/text.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

static char *print(const se__json_value *value, bool spaced, bool ascii)
{
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = {.buf = &buf, .spaced = spaced, .ascii = ascii};
    char *text;

    se__json_write_value(&w, value);
    text = se__buf_take(&buf);
    must(text != NULL);
    return text;
}

/* Printed text reads back and prints as `expected`. */
static void check_printed(const char *text, const char *expected)
{
    se__json *json = NULL;
    char *again;

    must(se__text_is_clean(text, strlen(text)));
    must(se__json_parse(text, strlen(text), &se__json_document_limits, &json,
                        NULL) == SE_OK);
    again = print(se__json_root(json), false, false);
    must(strcmp(again, expected) == 0);
    free(again);
    se__json_free(json);
}

static void check_numbers(const se__json_value *value)
{
    int64_t integer;
    double number;

    if (se__json_int64(value, &integer)) {
        must(se__json_double(value, &number));
        must((double)integer == number);
    }
    for (const se__json_value *at = se__json_next(value, NULL); at;
         at = se__json_next(value, at)) {
        check_numbers(at);
        must(se__json_key(at) == NULL || !se__json_is_object(value) ||
             se__json_get(value, se__json_key(at)) == at);
    }
}

static void check_accepted(const se__json *json, const char *text, size_t size)
{
    cJSON *theirs = cJSON_ParseWithLength(text, size);
    char *ours = print(se__json_root(json), false, false);
    char *python = print(se__json_root(json), true, true);

    must(theirs != NULL);
    cJSON_Delete(theirs);
    check_numbers(se__json_root(json));
    check_printed(ours, ours);
    check_printed(python, ours);
    free(ours);
    free(python);
}

/* Elements as they are handed over, printed as the array would be. */
static se_err gather(void *user, const se__json_value *element, se_error *err)
{
    se__buf *buf = user;
    se__json_writer w = {.buf = buf, .comma = buf->length > 0};

    (void)err;
    se__json_write_value(&w, element);
    return SE_OK;
}

static void check_list(const char *text, size_t size, const se__json *whole,
                       se_err expected)
{
    se__buf buf = SE__BUF_INIT;
    const se__json_list list = {"list", NULL, 0, gather, &buf};
    se__json *rest = NULL;
    const se__json_value *array;
    char *printed;

    must(se__json_parse_list(text, size, &se__json_reply_limits, &list, &rest,
                             NULL) == expected);
    if (expected == SE_OK) {
        array = se__json_get(se__json_root(whole), "list");
        if (se__json_is_array(array)) {
            printed = print(array, false, false);
            must(strlen(printed) == buf.length + 2);
            must(buf.length == 0 ||
                 memcmp(printed + 1, buf.data, buf.length) == 0);
            free(printed);
        } else {
            must(buf.length == 0);
        }
        must(se__json_count(se__json_root(rest)) ==
             se__json_count(se__json_root(whole)));
    }
    se__json_free(rest);
    se__buf_fini(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    se__json *json = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc = se__json_parse(text, size, &se__json_reply_limits, &json, &err);

    if (rc == SE_OK) {
        check_accepted(json, text, size);
    } else {
        must(rc == SE_E_PARSE || rc == SE_E_LIMIT);
        must(err.code == rc && err.message[0] != '\0');
        must(json == NULL);
    }
    check_list(text, size, json, rc);
    se__json_free(json);
    return 0;
}
