/*
 * Lines of the log. Whatever an event says, a line is one line of UTF-8 without
 * control characters, JSON where it promises JSON, within its size; and a
 * secret that stands in any text is not in it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/redact.h"
#include "base/text.h"
#include "observe/log.h"
#include "wire/json.h"

#define SECRET "S3CRET-7f3a"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

static void check_line(const char *line, size_t length, size_t size)
{
    must(length < size && strlen(line) == length && line[length - 1] == '\n');
    must(se__text_is_clean(line, length - 1));
    must(se__utf8_valid(line, length));
    must(strstr(line, SECRET) == NULL);
}

static void check_json(const char *line, size_t length)
{
    se__json *json = NULL;

    must(se__json_parse(line, length - 1, &se__json_document_limits, &json,
                        NULL) == SE_OK);
    must(se__json_get(se__json_root(json), "message") != NULL);
    se__json_free(json);
}

static void check_formats(const se_log_event *event, size_t size)
{
    char line[SE_LOG_LINE_SIZE];

    for (int format = SE_LOG_TEXT; format <= SE_LOG_FLAT; format++) {
        size_t length = se_log_write(line, size, (se_log_format)format, event);

        if (length > 0) {
            check_line(line, length, size);
        }
        if (length > 0 && format != SE_LOG_TEXT) {
            check_json(line, length);
        }
        must(length > 0 || size < SE_LOG_LINE_SIZE);
    }
}

static void check_event(void *user, const se_log_event *event)
{
    const char *text = user;

    must(strstr(event->message, SECRET) == NULL);
    must(strstr(event->fields[0].string, SECRET) == NULL);
    must(text[0] != '\0');
    check_formats(event, SE_LOG_LINE_SIZE);
}

static void check_text(const char *text, size_t small)
{
    const char *list[] = {text, text};
    char key[40];
    const se_log_field fields[] = {
        SE__LOG_STR("error", text),
        SE__LOG_LIST("ids", list, 2),
        SE__LOG_INT(key, 1),
    };
    const se_log_event event = {
        .size = sizeof(event),
        .level = SE_LOG_INFO,
        .component = text,
        .message = text,
        .fields = fields,
        .n_fields = sizeof(fields) / sizeof(fields[0]),
    };
    char copy[64];
    union {
        const char *text;
        void *user;
    } u = {text};
    se__log log = {check_event, u.user};

    se__copy_text(key, sizeof(key), text);
    if (strcmp(key, "error") != 0 && strcmp(key, "ids") != 0) {
        check_formats(&event, SE_LOG_LINE_SIZE);
        check_formats(&event, small);
        se__log_event(&log, SE_LOG_INFO, "fuzz", text, fields, 2);
    }
    se__redact(copy, sizeof(copy), text);
    must(strlen(copy) < sizeof(copy) && strstr(copy, SECRET) == NULL);
}

/* The input, a secret, the input once more. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    se__buf text = SE__BUF_INIT;
    size_t part = size < 3000 ? size : 3000;

    se__buf_append(&text, data, part);
    se__buf_puts(&text, " password=" SECRET " ");
    se__buf_append(&text, data, part);
    must(!text.failed);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\0') {
            text.data[i] = '\n';
        }
    }
    if (memmem(data, part, SECRET, sizeof(SECRET) - 1) == NULL) {
        check_text(text.data, size > 0 ? data[0] * 8 : 0);
    }
    se__buf_fini(&text);
    return 0;
}
