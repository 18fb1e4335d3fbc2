/*
 * Events as lines: as JSON, as the original ingester wrote it, and for people.
 *
 * Design notes. A line is written into the caller's memory, nothing is
 * allocated: the line that says "out of memory" must come out as well. Its end
 * is written first, aside, so that what follows knows how much room there is; a
 * field that does not fit is taken back whole, and the line says "truncated".
 *
 * Source: wire-contract 8.1 for the flat form; module, function and line of a
 * program in Python are not ours to give: the part that speaks, "", and 0.
 */
#include <artstore/log.h>

#include <math.h>
#include <string.h>

#include <artstore/version.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/redact.h"
#include "observe/line.h"

#define KEY_MAX 64
#define TEXT_MAX 1024
#define ITEM_MAX 256
#define LIST_MAX 64
#define END_SIZE 1536 /* of the flat form, its names escaped throughout */

#define APP_NAME "artstore-ingester" /* what dashboards look for */
#define LOGGER "artstore."

typedef struct format {
    void (*begin)(se__line *line, const se_log_event *event, size_t max);
    void (*end)(se__line *line, const se_log_event *event);
    const char *comma;
    const char *colon;
    const char *truncated;
    const char *const *reserved; /* names that fields may not have, then NULL */
    bool bare;                   /* words need no quotes */
    bool ascii;
} format;

/* ---- pieces ---- */

static void put_quoted(se__line *line, const char *text, size_t max)
{
    se__line_puts(line, "\"");
    se__line_escape(line, text, max);
    se__line_puts(line, "\"");
}

static void put_member(se__line *line, const char *before, const char *text,
                       size_t max)
{
    se__line_puts(line, before);
    put_quoted(line, text, max);
}

static void put_time(se__line *line, const se_log_event *event)
{
    char text[SE__RFC3339_SIZE];

    se__format_rfc3339(text, sizeof(text), event->time_us);
    se__line_puts(line, text);
}

static const char *component_of(const se_log_event *event)
{
    return event->component != NULL ? event->component : "?";
}

static const char *message_of(const se_log_event *event)
{
    return event->message != NULL ? event->message : "";
}

/* ---- {"timestamp","level","message","extra":{...}} ---- */

static void begin_json(se__line *line, const se_log_event *event, size_t max)
{
    se__line_puts(line, "{\"timestamp\":\"");
    put_time(line, event);
    put_member(line, "\",\"level\":", se_log_level_name(event->level), KEY_MAX);
    put_member(line, ",\"message\":", message_of(event), max);
    put_member(line, ",\"extra\":{\"component\":", component_of(event),
               KEY_MAX);
}

static void end_json(se__line *line, const se_log_event *event)
{
    (void)event;
    se__line_puts(line, "}}\n");
}

/* ---- as the original ---- */

static void put_logger(se__line *line, const se_log_event *event)
{
    se__line_puts(line, "\"" LOGGER);
    se__line_escape(line, component_of(event), KEY_MAX);
    se__line_puts(line, "\"");
}

static void begin_flat(se__line *line, const se_log_event *event, size_t max)
{
    se__line_puts(line, "{\"timestamp\": \"");
    put_time(line, event);
    put_member(line, "\", \"level\": ", se_log_level_name(event->level),
               KEY_MAX);
    se__line_puts(line, ", \"name\": ");
    put_logger(line, event);
    put_member(line, ", \"message\": ", message_of(event), max);
}

static void end_flat(se__line *line, const se_log_event *event)
{
    se__line_puts(line, ", \"logger\": ");
    put_logger(line, event);
    put_member(line, ", \"module\": ", component_of(event), KEY_MAX);
    se__line_puts(line,
                  ", \"function\": \"\", \"line\": 0, \"app_name\": "
                  "\"" APP_NAME "\", \"app_version\": \"" SE_VERSION "\"}\n");
}

/* ---- for people ---- */

static void begin_text(se__line *line, const se_log_event *event, size_t max)
{
    put_time(line, event);
    se__line_puts(line, " ");
    se__line_puts(line, se_log_level_name(event->level));
    se__line_puts(line, " ");
    se__line_escape(line, component_of(event), KEY_MAX);
    se__line_puts(line, ": ");
    se__line_escape(line, message_of(event), max);
}

static void end_text(se__line *line, const se_log_event *event)
{
    (void)event;
    se__line_puts(line, "\n");
}

/* ---- the table ---- */

static const char *const none_reserved[] = {NULL};
static const char *const json_reserved[] = {"component", "truncated", NULL};
static const char *const flat_reserved[] = {
    "timestamp", "level", "name",     "message",     "logger",    "module",
    "function",  "line",  "app_name", "app_version", "truncated", NULL,
};

static const format formats[] = {
    [SE_LOG_TEXT] = {begin_text, end_text, " ", "=", " truncated=true",
                     none_reserved, .bare = true},
    [SE_LOG_JSON] = {begin_json, end_json, ",", ":", ",\"truncated\":true",
                     json_reserved},
    [SE_LOG_FLAT] = {begin_flat, end_flat, ", ", ": ", ", \"truncated\": true",
                     flat_reserved, .ascii = true},
};

/* ---- fields ---- */

static bool is_reserved(const format *form, const char *key)
{
    for (size_t i = 0; form->reserved[i] != NULL; i++) {
        if (strcmp(form->reserved[i], key) == 0) {
            return true;
        }
    }
    return false;
}

static void put_key(se__line *line, const format *form, const char *key)
{
    se__line_puts(line, form->comma);
    se__line_puts(line, form->bare ? "" : "\"");
    se__line_escape(line, key, KEY_MAX);
    se__line_puts(line, is_reserved(form, key) ? "_" : "");
    se__line_puts(line, form->bare ? "" : "\"");
    se__line_puts(line, form->colon);
}

/* A word that a person reads without quotes. */
static bool is_bare(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && strpbrk(text, " =,[]") == NULL &&
           se__escape_plain(text, length, false) == length;
}

static void put_text(se__line *line, const format *form, const char *text,
                     size_t max)
{
    if (text == NULL) {
        se__line_puts(line, "null");
    } else if (form->bare && is_bare(text)) {
        se__line_escape(line, text, max);
    } else {
        put_quoted(line, text, max);
    }
}

static void put_double(se__line *line, double value)
{
    char text[SE__DOUBLE_SIZE];

    if (isfinite(value)) {
        se__double_print(value, text);
        se__line_puts(line, text);
    } else {
        se__line_puts(line, "null");
    }
}

/* As many as fit, and the closing bracket. */
static void put_list(se__line *line, const format *form,
                     const se_log_field *field)
{
    size_t n = field->count < LIST_MAX ? field->count : LIST_MAX;

    se__line_puts(line, "[");
    if (line->full || line->length == line->size) {
        line->full = true;
        return;
    }
    line->size--;
    for (size_t i = 0; i < n && !line->full; i++) {
        size_t before = line->length;

        se__line_puts(line, i == 0 ? "" : form->bare ? "," : form->comma);
        put_text(line, form, field->strings[i], ITEM_MAX);
        if (line->full) {
            se__line_settle(line, before);
            break;
        }
    }
    line->size++;
    line->cut = line->cut || n < field->count;
    se__line_puts(line, "]");
}

static bool is_text(const se_log_field *field)
{
    return (field->type == SE_LOG_STRING && field->string != NULL &&
            field->string[0] != '\0') ||
           (field->type == SE_LOG_STRINGS && field->count > 0);
}

static void put_value(se__line *line, const format *form,
                      const se_log_field *field)
{
    if (is_text(field) && se__is_secret_name(field->key)) {
        put_text(line, form, SE__MASK, TEXT_MAX);
        return;
    }
    switch (field->type) {
    case SE_LOG_STRING:
        put_text(line, form, field->string, TEXT_MAX);
        break;
    case SE_LOG_INT:
        se__line_int(line, field->integer);
        break;
    case SE_LOG_DOUBLE:
        put_double(line, field->number);
        break;
    case SE_LOG_BOOL:
        se__line_puts(line, field->integer ? "true" : "false");
        break;
    case SE_LOG_STRINGS:
        put_list(line, form, field);
        break;
    default:
        se__line_puts(line, "null");
        break;
    }
}

static void put_fields(se__line *line, const format *form,
                       const se_log_event *event)
{
    for (size_t i = 0; i < event->n_fields; i++) {
        size_t before = line->length;

        if (event->fields[i].key != NULL) {
            put_key(line, form, event->fields[i].key);
            put_value(line, form, &event->fields[i]);
            se__line_settle(line, before);
        }
    }
}

/* ---- the line ---- */

/* False: there is not even room for an empty message. */
static bool put_beginning(se__line *line, const format *form,
                          const se_log_event *event)
{
    size_t max = TEXT_MAX;

    form->begin(line, event, max);
    while (line->full && max > 0) {
        se__line_settle(line, 0);
        max /= 4;
        form->begin(line, event, max);
    }
    return !line->full;
}

size_t se_log_write(char *out, size_t size, se_log_format which,
                    const se_log_event *event)
{
    const format *form =
        &formats[(unsigned)which < SE__COUNT(formats) ? which : SE_LOG_TEXT];
    char end[END_SIZE];
    se__line last = {.out = end, .size = sizeof(end), .ascii = form->ascii};
    se__line line = {.out = out, .size = size, .ascii = form->ascii};
    size_t reserved;

    form->end(&last, event);
    reserved = last.length + strlen(form->truncated) + 1;
    if (size > 0) {
        out[0] = '\0';
    }
    if (size <= reserved) {
        return 0;
    }
    line.size = size - reserved;
    if (!put_beginning(&line, form, event)) {
        out[0] = '\0';
        return 0;
    }
    put_fields(&line, form, event);
    line.size = size - 1;
    se__line_puts(&line, line.cut || last.cut ? form->truncated : "");
    se__line_put(&line, end, last.length);
    out[line.length] = '\0';
    return line.length;
}
