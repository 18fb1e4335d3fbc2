#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "units.h"

#define BAR_EVERY_MS 100
#define PLAIN_EVERY_MS 10000
#define JSON_EVERY_MS 1000

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_dumb_terminal(void)
{
    const char *term = getenv("TERM");

    return !term || strcmp(term, "dumb") == 0;
}

static cli_progress_mode choose_mode(const cli_options *options)
{
    if (options->quiet) {
        return CLI_PROGRESS_NONE;
    }
    if (options->progress != CLI_PROGRESS_AUTO) {
        return (cli_progress_mode)options->progress;
    }
    return isatty(STDERR_FILENO) && !is_dumb_terminal() ? CLI_PROGRESS_BAR
                                                        : CLI_PROGRESS_PLAIN;
}

void progress_init(progress *p, const cli_options *options, size_t files,
                   int64_t bytes)
{
    const char *no_color = getenv("NO_COLOR");

    memset(p, 0, sizeof(*p));
    p->mode = choose_mode(options);
    p->started_ms = now_ms();
    p->shown_ms = p->started_ms;
    p->files_total = files;
    p->bytes_total = bytes;
    p->color = !(no_color && no_color[0]) && !is_dumb_terminal();
}

static int every_ms(const progress *p)
{
    static const int every[] = {
        [CLI_PROGRESS_BAR] = BAR_EVERY_MS,
        [CLI_PROGRESS_PLAIN] = PLAIN_EVERY_MS,
        [CLI_PROGRESS_JSON] = JSON_EVERY_MS,
        [CLI_PROGRESS_NONE] = -1,
    };

    return every[p->mode];
}

int progress_wait_ms(const progress *p)
{
    int every = every_ms(p);
    int64_t left;

    if (every < 0) {
        return -1;
    }
    left = p->shown_ms + every - now_ms();
    return left > 0 ? (int)left : 0;
}

static int columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) {
        return size.ws_col;
    }
    return 80;
}

static void describe(const progress *p, const progress_state *state, char *text,
                     size_t size)
{
    int64_t spent = now_ms() - p->started_ms;
    int64_t rate = spent > 0 ? state->bytes * 1000 / spent : 0;
    char done[UNITS_SIZE];
    char total[UNITS_SIZE];
    char speed[UNITS_SIZE];
    char left[UNITS_SIZE];
    bool known = p->bytes_total >= 0;

    units_bytes(done, state->bytes);
    units_bytes(total, p->bytes_total);
    units_bytes(speed, rate);
    units_duration(left, known && rate > 0
                             ? (p->bytes_total - state->bytes) * 1000 / rate
                             : -1);
    snprintf(text, size, "%zu/%zu files%s, %s%s%s, %s/s, %s left",
             state->files_done, p->files_total,
             state->files_failed ? " (some failed)" : "", done,
             known ? " of " : "", known ? total : "", speed, left);
}

static void show_bar(progress *p, const progress_state *state)
{
    char text[256];
    int width = columns();
    int bar;
    int full;

    describe(p, state, text, sizeof(text));
    bar = width - (int)strlen(text) - 4;
    full = p->bytes_total > 0 && bar > 0
               ? (int)(bar * state->bytes / p->bytes_total)
               : 0;
    fprintf(stderr, "\r%s", p->color ? "\033[K" : "");
    if (bar >= 10) {
        fputc('[', stderr);
        for (int i = 0; i < bar; i++) {
            fputc(i < full ? '#' : '.', stderr);
        }
        fputs("] ", stderr);
    }
    fprintf(stderr, "%.*s", width - 1, text);
    fflush(stderr);
    p->shown = true;
}

static void show_json(const progress *p, const progress_state *state)
{
    json_line line = json_begin(stderr, "progress");

    json_int(&line, "files_total", (int64_t)p->files_total);
    json_int(&line, "files_done", (int64_t)state->files_done);
    json_int(&line, "files_failed", (int64_t)state->files_failed);
    json_int(&line, "bytes", state->bytes);
    json_int(&line, "bytes_total", p->bytes_total);
    json_int(&line, "duration_ms", now_ms() - p->started_ms);
    json_end(&line);
}

static void show_plain(const progress *p, const progress_state *state)
{
    char text[256];

    describe(p, state, text, sizeof(text));
    cli_message("%s", text);
}

void progress_update(progress *p, const progress_state *state, bool now)
{
    if (!now && progress_wait_ms(p) != 0) {
        return;
    }
    p->shown_ms = now_ms();
    switch (p->mode) {
    case CLI_PROGRESS_BAR:
        show_bar(p, state);
        break;
    case CLI_PROGRESS_JSON:
        show_json(p, state);
        break;
    case CLI_PROGRESS_PLAIN:
    case CLI_PROGRESS_AUTO:
    case CLI_PROGRESS_NONE: /* asked for by a signal */
        show_plain(p, state);
        break;
    }
}

void progress_clear(progress *p)
{
    if (p->shown) {
        fprintf(stderr, "\r%*s\r", columns() - 1, "");
        fflush(stderr);
        p->shown = false;
    }
}
