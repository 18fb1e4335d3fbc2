/*
 * A source that does what a test tells it, and notes what is done to it.
 */
#ifndef TESTS_SCRIPTED_H
#define TESTS_SCRIPTED_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/source.h>
#include <artstore/source_ops.h>

#include "base/thread.h"

#define SCRIPTED_TIMES 16

typedef struct scripted {
    se__mutex lock;
    se__cond moved;
    se_topology *list; /* what a fetch returns, as a list of its own */
    se_err code;       /* of the failure if there is no list */
    char message[256];
    bool held;    /* a fetch waits until released or its time is over ... */
    bool unruly;  /* ... or beyond its time, until released (30 s at most) */
    bool partial; /* its lists name only what takes files */

    /* the watch of a source named "watched" */
    int poke_fd;         /* eventfd: something is to be said */
    bool deaf;           /* never becomes ready, returns at once with `code` */
    int messages;        /* to be said: changed, */
    se_topology *pushed; /* published, */
    bool lost;           /* or the watch is lost */
    int watches;         /* begun */
    int watching;        /* ready now */
    int64_t watch_began_ms[SCRIPTED_TIMES];

    /* what happened */
    int fetches; /* begun */
    int ended;
    int inside; /* now */
    int most_inside;
    int last_timeout_ms;
    int64_t began_ms[SCRIPTED_TIMES]; /* of the first fetches, monotonic */
    int64_t ended_ms[SCRIPTED_TIMES];
    int freed;
    bool freed_inside; /* while a fetch was inside */
} scripted;

/* Fails with "no list yet" until it is told otherwise. */
void scripted_init(scripted *script);
void scripted_fini(scripted *script);
/* May be called for several sources one after the other, not at once. */
se_source *scripted_source(scripted *script, const char *name);

/* takes the list; NULL: fail with the last failure again */
void scripted_give(scripted *script, se_topology *list);
void scripted_fail(scripted *script, se_err code, const char *message);
void scripted_hold(scripted *script, bool unruly);
void scripted_release(scripted *script);

void scripted_partial(scripted *script);
/* Let its watch say that something changed, so many times. */
void scripted_say(scripted *script, int messages);
/* Let it hand over a list; takes it. */
void scripted_push(scripted *script, se_topology *list);
/* Let it return, as after a lost connection. */
void scripted_lose(scripted *script);
/* It cannot be had from now on; or it can. */
void scripted_deafen(scripted *script, bool deaf);
/* Wait (10 s at most) until so many watches have begun, or are ready. */
bool scripted_wait_watches(scripted *script, int n);
bool scripted_wait_watching(scripted *script, int n);

int scripted_fetches(scripted *script);
/* Wait (10 s at most) until so many fetches have begun, or ended. */
bool scripted_wait_begun(scripted *script, int n);
bool scripted_wait_ended(scripted *script, int n);

#endif
