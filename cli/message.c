/*
 * What people read on standard error.
 */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>

/* U+0080 to U+009F, which some terminals obey. */
static bool is_c1(const char *text)
{
    unsigned char second = (unsigned char)text[1];

    return (unsigned char)text[0] == 0xc2 && second >= 0x80 && second < 0xa0;
}

/* Names, ids and answers come from outside: nothing may move the cursor. */
void cli_print(FILE *out, const char *text)
{
    for (const char *c = text ? text : ""; *c; c++) {
        unsigned char byte = (unsigned char)*c;

        if (is_c1(c)) {
            c++;
            byte = '?';
        }
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

void cli_log(void *user, const se_log_event *event)
{
    const cli_options *options = user;
    char line[SE_LOG_LINE_SIZE];
    size_t length;

    if ((int)event->level < options->log_level &&
        !(options->verbose && event->level >= SE_LOG_WARNING)) {
        return;
    }
    length = se_log_write(line, sizeof(line),
                          (se_log_format)options->log_format, event);
    fwrite(line, 1, length, stderr);
}
