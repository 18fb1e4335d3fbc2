/*
 * How far an upload is, on standard error.
 *
 * A bar on a terminal, a plain line every ten seconds elsewhere, or JSON lines.
 * Bytes of failed attempts do not count.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli.h"

typedef struct progress {
    cli_progress_mode mode;
    int64_t started_ms;
    int64_t shown_ms;
    size_t files_total;
    int64_t bytes_total; /* -1: not known */
    bool shown;          /* a bar stands on the line */
    bool color;
} progress;

typedef struct progress_state {
    size_t files_done;
    size_t files_failed;
    int64_t bytes; /* stored, and sent by attempts under way */
} progress_state;

void progress_init(progress *p, const cli_options *options, size_t files,
                   int64_t bytes);
/* Show it if it is time; `now` shows it at once. */
void progress_update(progress *p, const progress_state *state, bool now);
/* Take the bar away, so that something else can be printed. */
void progress_clear(progress *p);
/* Milliseconds until the next update is due; -1: never. */
int progress_wait_ms(const progress *p);

#endif
