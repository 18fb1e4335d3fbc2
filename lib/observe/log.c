/*
 * Design notes. Everything the library says passes se__log_event(), and there
 * secrets are masked, whoever said it. That costs a look at each text; only
 * when a secret is found is the event copied, into memory of a fixed size.
 */
#include "observe/log.h"

#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/redact.h"

#define MASKED_FIELDS 24 /* more than any event has */
#define MASKED_BYTES 4096
#define MASKED_TEXT 1024

const char *se_log_level_name(se_log_level level)
{
    static const char *const names[] = {
        [SE_LOG_DEBUG] = "DEBUG",
        [SE_LOG_INFO] = "INFO",
        [SE_LOG_WARNING] = "WARNING",
        [SE_LOG_ERROR] = "ERROR",
    };

    return (unsigned)level < SE__COUNT(names) ? names[level] : "?";
}

/* ---- looking for secrets ---- */

static bool is_secret_text(const se_log_field *field, const char *text)
{
    return text != NULL && text[0] != '\0' &&
           (se__has_secret(text) || se__is_secret_name(field->key));
}

static bool is_secret_list(const se_log_field *field)
{
    for (size_t i = 0; i < field->count; i++) {
        if (is_secret_text(field, field->strings[i])) {
            return true;
        }
    }
    return false;
}

static bool is_secret(const se_log_field *field)
{
    if (field->type == SE_LOG_STRINGS) {
        return is_secret_list(field);
    }
    return field->type == SE_LOG_STRING && is_secret_text(field, field->string);
}

static bool has_secret(const se_log_event *event)
{
    for (size_t i = 0; i < event->n_fields; i++) {
        if (is_secret(&event->fields[i])) {
            return true;
        }
    }
    return se__has_secret(event->message);
}

/* ---- masking ---- */

typedef struct masked {
    char text[MASKED_BYTES];
    size_t used;
    se_log_field fields[MASKED_FIELDS];
} masked;

/* The text without its secrets; only the mask if there is no room. */
static const char *mask_text(masked *copy, const char *text)
{
    char *out = copy->text + copy->used;
    size_t left = sizeof(copy->text) - copy->used;

    if (left < MASKED_TEXT) {
        return SE__MASK;
    }
    se__redact(out, MASKED_TEXT, text);
    copy->used += strlen(out) + 1;
    return out;
}

static void mask_field(masked *copy, se_log_field *field)
{
    static const char *const list[] = {SE__MASK};

    if (field->type == SE_LOG_STRINGS) {
        field->strings = list;
        field->count = 1;
    } else if (se__is_secret_name(field->key)) {
        field->string = SE__MASK;
    } else {
        field->string = mask_text(copy, field->string);
    }
}

static void say_masked(const se__log *log, se_log_event *event)
{
    masked copy = {.used = 0};

    if (event->n_fields > MASKED_FIELDS) {
        event->n_fields = MASKED_FIELDS;
    }
    for (size_t i = 0; i < event->n_fields; i++) {
        copy.fields[i] = event->fields[i];
        if (is_secret(&copy.fields[i])) {
            mask_field(&copy, &copy.fields[i]);
        }
    }
    if (se__has_secret(event->message)) {
        event->message = mask_text(&copy, event->message);
    }
    event->fields = copy.fields;
    log->fn(log->user, event);
}

void se__log_event(const se__log *log, se_log_level level,
                   const char *component, const char *message,
                   const se_log_field *fields, size_t n_fields)
{
    se_log_event event = {
        .size = sizeof(event),
        .level = level,
        .component = component,
        .message = message,
        .fields = fields,
        .n_fields = n_fields,
    };

    if (log->fn == NULL) {
        return;
    }
    event.time_us = se__wall_us();
    if (has_secret(&event)) {
        say_masked(log, &event);
    } else {
        log->fn(log->user, &event);
    }
}
