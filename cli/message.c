/*
 * What people read on standard error.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

/* Names, ids and answers come from outside: nothing may move the cursor. */
void cli_print(FILE *out, const char *text)
{
    for (const char *c = text ? text : ""; *c; c++) {
        unsigned char byte = (unsigned char)*c;

        fputc(byte < 0x20 || byte == 0x7f ? '?' : byte, out);
    }
}

static void say(const char *format, va_list args)
    __attribute__((format(printf, 1, 0)));

static void say(const char *format, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
    }
    flockfile(stderr);
    fputs(CLI_NAME ": ", stderr);
    cli_print(stderr, text ? text : "out of memory");
    fputc('\n', stderr);
    funlockfile(stderr);
    free(text);
}

void cli_message(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
}

int cli_usage(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args);
    va_end(args);
    return CLI_USAGE;
}

static void print_field(const se_log_field *field)
{
    fprintf(stderr, " %s=", field->key);
    switch (field->type) {
    case SE_LOG_STRING:
        cli_print(stderr, field->string);
        break;
    case SE_LOG_INT:
        fprintf(stderr, "%lld", (long long)field->integer);
        break;
    case SE_LOG_DOUBLE:
        fprintf(stderr, "%g", field->number);
        break;
    case SE_LOG_BOOL:
        fputs(field->integer ? "true" : "false", stderr);
        break;
    case SE_LOG_STRINGS:
        for (size_t i = 0; i < field->count; i++) {
            fputs(i ? "," : "", stderr);
            cli_print(stderr, field->strings[i]);
        }
        break;
    }
}

void cli_log(void *user, const se_log_event *event)
{
    const cli_options *options = user;
    time_t seconds = (time_t)(event->time_us / 1000000);
    struct tm utc;
    char time_text[32] = "";

    if ((int)event->level < options->log_level &&
        !(options->verbose && event->level >= SE_LOG_WARNING)) {
        return;
    }
    if (gmtime_r(&seconds, &utc)) {
        strftime(time_text, sizeof(time_text), "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    flockfile(stderr);
    fprintf(stderr, "%s %s %s: %s", time_text, se_log_level_name(event->level),
            event->component, event->message);
    for (size_t i = 0; i < event->n_fields; i++) {
        print_field(&event->fields[i]);
    }
    fputc('\n', stderr);
    funlockfile(stderr);
}
