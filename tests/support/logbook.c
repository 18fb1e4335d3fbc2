#include "logbook.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/compiler.h"

void logbook_init(logbook *book)
{
    memset(book, 0, sizeof(*book));
    se__mutex_init(&book->lock);
}

void logbook_fini(logbook *book)
{
    se__mutex_fini(&book->lock);
}

void logbook_clear(logbook *book)
{
    se__mutex_lock(&book->lock);
    book->count = 0;
    se__mutex_unlock(&book->lock);
}

SE__PRINTF(2, 3)
static void append(char *line, const char *format, ...)
{
    size_t used = strlen(line);
    va_list args;

    va_start(args, format);
    vsnprintf(line + used, LOGBOOK_WIDTH - used, format, args);
    va_end(args);
}

static void append_list(char *line, const se_log_field *field)
{
    append(line, "[");
    for (size_t i = 0; i < field->count; i++) {
        append(line, "%s%s", i > 0 ? "," : "", field->strings[i]);
    }
    append(line, "]");
}

static void append_field(char *line, const se_log_field *field)
{
    append(line, " %s=", field->key);
    switch (field->type) {
    case SE_LOG_STRING:
        append(line, "%s", field->string);
        break;
    case SE_LOG_INT:
    case SE_LOG_BOOL:
        append(line, "%" PRId64, field->integer);
        break;
    case SE_LOG_DOUBLE:
        append(line, "%g", field->number);
        break;
    case SE_LOG_STRINGS:
        append_list(line, field);
        break;
    }
}

void logbook_write(void *user, const se_log_event *event)
{
    logbook *book = user;
    char line[LOGBOOK_WIDTH] = "";

    append(line, "%s %s: %s |", se_log_level_name(event->level),
           event->component, event->message);
    for (size_t i = 0; i < event->n_fields; i++) {
        append_field(line, &event->fields[i]);
    }
    se__mutex_lock(&book->lock);
    if (book->count < LOGBOOK_LINES) {
        memcpy(book->lines[book->count], line, sizeof(line));
    }
    book->count++;
    se__mutex_unlock(&book->lock);
}

int logbook_count(logbook *book, const char *text)
{
    int n = 0;

    se__mutex_lock(&book->lock);
    for (int i = 0; i < book->count && i < LOGBOOK_LINES; i++) {
        n += strstr(book->lines[i], text) != NULL;
    }
    se__mutex_unlock(&book->lock);
    return n;
}
