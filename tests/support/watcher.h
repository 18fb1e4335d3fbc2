/*
 * Runs the watch of a source on a thread of its own and counts what it says.
 */
#ifndef TESTS_WATCHER_H
#define TESTS_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/source.h>

typedef struct watcher watcher;

/* borrows the source */
watcher *watcher_start(se_source *source);

typedef enum watcher_count {
    WATCHER_READY,
    WATCHER_CHANGED,
    WATCHER_PUBLISHED,
    WATCHER_ENDED, /* 1: the watch has returned */
    WATCHER_COUNTS
} watcher_count;

int watcher_get(watcher *w, watcher_count count);
/* Until a count reaches a value; false: not within 10 s. */
bool watcher_wait(watcher *w, watcher_count count, int value);
/* The hash of the latest list that was handed over, "" before; view. */
const char *watcher_hash(watcher *w);
/* Milliseconds from the start to its end. */
int64_t watcher_took_ms(watcher *w);

/* Tell it to end, if it has not, and wait for that; what it returned. */
se_err watcher_stop(watcher *w, se_error *err);

#endif
