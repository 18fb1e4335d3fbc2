/*
 * One thread with its epoll, its timers and its inbox.
 *
 * Design notes. Everything of a loop happens on its thread; other threads only
 * post tasks. A task is embedded in what it is about and is in an inbox at most
 * once; posting it again before it ran is a no-op, so post needs no memory and
 * cannot fail. The eventfd is written only when the inbox was empty. The thread
 * waits for nothing but its epoll. A round is: what is ready, then the tasks
 * that are there, then the timers that are due; what these add is for the next
 * round, so that none of the three can starve the others.
 */
#ifndef SE_WIRE_LOOP_H
#define SE_WIRE_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>

typedef struct se__loop se__loop;

typedef struct se__task {
    struct se__task *next;
    void (*run)(struct se__task *task); /* on the loop thread */
    atomic_bool queued;
} se__task;

typedef struct se__timer {
    void (*fire)(struct se__timer *timer); /* on the loop thread, once */
    int64_t at_ms;
    size_t position; /* in the heap, from 1; 0: not set */
} se__timer;

typedef struct se__watcher {
    void (*ready)(struct se__watcher *watcher, uint32_t events);
    int fd;
    uint32_t events; /* EPOLLIN, EPOLLOUT */
} se__watcher;

/* The thread starts at the first post. `name`: at most 15 bytes. */
se_err se__loop_open(se__loop **out, const char *name, se_error *err);
/* Start the thread now, to learn whether it can be started. Idempotent. */
se_err se__loop_start(se__loop *loop, se_error *err);
/*
 * Run the tasks that are in the inbox (here, if no thread was ever started),
 * then end the thread and free. Nothing may be posted any more; timers and
 * watchers that are left do not fire. Not on the loop thread. In a child after
 * fork() nothing runs: the thread stayed with the parent.
 */
void se__loop_close(se__loop *loop);

/* What is on the loop may hold its memory until after se__loop_close(). */
void se__loop_ref(se__loop *loop);
void se__loop_unref(se__loop *loop);
/* Is this a child after fork(), where the loop does not run? */
bool se__loop_is_forked(const se__loop *loop);

void se__loop_post(se__loop *loop, se__task *task); /* any thread */
bool se__loop_is_self(const se__loop *loop);        /* on its thread? */
/* Milliseconds, as of this round of the loop (loop thread). */
int64_t se__loop_now_ms(const se__loop *loop);

/*
 * The rest: loop thread only. False: out of memory; never for a timer that is
 * set, nor for the first one to be set by the timer that fires.
 */
bool se__timer_set(se__loop *loop, se__timer *timer, int64_t at_ms);
void se__timer_cancel(se__loop *loop, se__timer *timer); /* not set: no-op */
/* Level-triggered. False: the kernel refused. */
bool se__watcher_add(se__loop *loop, se__watcher *watcher);
bool se__watcher_modify(se__loop *loop, se__watcher *watcher, uint32_t events);
/* Before its descriptor is closed; it is not called any more. */
void se__watcher_remove(se__loop *loop, se__watcher *watcher);

#endif
