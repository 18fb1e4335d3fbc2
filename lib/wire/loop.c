/*
 * The loop: rounds of epoll, inbox and timers on one thread.
 *
 * The inbox is a stack that any thread pushes to and the loop takes as a whole.
 * Whoever pushes onto an empty one wakes the loop; its eventfd is watched
 * edge-triggered and therefore never read.
 */
#include "wire/loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"
#include "wire/timer_heap.h"

enum {
    EVENTS_PER_ROUND = 128
};

struct se__loop {
    int epoll_fd;
    int event_fd;
    pid_t pid;
    char name[16];
    atomic_int references;

    _Atomic(se__task *) inbox; /* the latest first */
    atomic_int posting;        /* threads in se__loop_post() */
    atomic_bool closing;

    se__mutex lock; /* starting the thread */
    se__thread thread;
    atomic_bool started;
    _Atomic(pthread_t) self; /* valid once running */
    atomic_bool running;

    /* loop thread only */
    int64_t now_ms;
    se__timer_heap timers;
    struct epoll_event events[EVENTS_PER_ROUND];
    int n_events; /* of this round */
};

/* ---- one round ---- */

/* Everything in the inbox, the oldest first. */
static se__task *take_tasks(se__loop *loop)
{
    se__task *latest = atomic_exchange(&loop->inbox, NULL);
    se__task *oldest = NULL;

    while (latest) {
        se__task *next = latest->next;

        latest->next = oldest;
        oldest = latest;
        latest = next;
    }
    return oldest;
}

static bool run_tasks(se__loop *loop)
{
    se__task *task = take_tasks(loop);
    bool any = task != NULL;

    while (task) {
        se__task *next = task->next;

        /* From here on it may be posted again, or be gone when it has run. An
         * exchange, so that the task sees what was written before a post that
         * found it queued. */
        atomic_exchange(&task->queued, false);
        task->run(task);
        task = next;
    }
    return any;
}

static void run_events(se__loop *loop)
{
    for (int i = 0; i < loop->n_events; i++) {
        se__watcher *watcher = loop->events[i].data.ptr;

        if (watcher) { /* else the eventfd, or removed in this round */
            watcher->ready(watcher, loop->events[i].events);
        }
    }
    loop->n_events = 0;
}

static void run_timers(se__loop *loop)
{
    for (size_t left = loop->timers.count; left > 0; left--) {
        se__timer *timer = se__timer_heap_due(&loop->timers, loop->now_ms);

        if (!timer) {
            break;
        }
        timer->fire(timer);
    }
}

static int wait_ms(se__loop *loop)
{
    int64_t next_ms = se__timer_heap_next_ms(&loop->timers);

    if (atomic_load(&loop->inbox)) {
        return 0;
    }
    return next_ms == INT64_MAX ? -1 : se__time_left(next_ms, se__now_ms());
}

static void run_round(se__loop *loop)
{
    int n = epoll_wait(loop->epoll_fd, loop->events, EVENTS_PER_ROUND,
                       wait_ms(loop));

    loop->now_ms = se__now_ms();
    loop->n_events = n > 0 ? n : 0;
    run_events(loop);
    run_tasks(loop);
    run_timers(loop);
}

static void become_loop_thread(se__loop *loop)
{
    atomic_store(&loop->self, pthread_self());
    atomic_store(&loop->running, true);
    loop->now_ms = se__now_ms();
}

static void drain(se__loop *loop)
{
    while (run_tasks(loop)) {
        loop->now_ms = se__now_ms();
    }
}

static void run_loop(void *argument)
{
    se__loop *loop = argument;

    become_loop_thread(loop);
    while (!atomic_load(&loop->closing)) {
        run_round(loop);
    }
    drain(loop);
}

/* ---- life ---- */

static bool watch_eventfd(se__loop *loop)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};

    return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->event_fd, &event) ==
           0;
}

se_err se__loop_open(se__loop **out, const char *name, se_error *err)
{
    se__loop *loop = se__zalloc(sizeof(*loop));

    if (!loop) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a loop");
    }
    atomic_init(&loop->references, 1);
    loop->pid = getpid();
    loop->now_ms = se__now_ms();
    se__copy_text(loop->name, sizeof(loop->name), name);
    se__mutex_init(&loop->lock);
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->epoll_fd < 0 || loop->event_fd < 0 || !watch_eventfd(loop)) {
        int os_errno = errno;

        se__loop_unref(loop);
        return se__fail_errno(err, SE_E_SYSTEM, os_errno,
                              "no event descriptor for a loop");
    }
    *out = loop;
    return SE_OK;
}

void se__loop_ref(se__loop *loop)
{
    atomic_fetch_add(&loop->references, 1);
}

void se__loop_unref(se__loop *loop)
{
    if (atomic_fetch_sub(&loop->references, 1) != 1) {
        return;
    }
    if (loop->event_fd >= 0) {
        close(loop->event_fd);
    }
    if (loop->epoll_fd >= 0) {
        close(loop->epoll_fd);
    }
    se__timer_heap_fini(&loop->timers);
    se__mutex_fini(&loop->lock);
    free(loop);
}

bool se__loop_is_forked(const se__loop *loop)
{
    return loop->pid != getpid();
}

se_err se__loop_start(se__loop *loop, se_error *err)
{
    se_err rc = SE_OK;

    if (atomic_load(&loop->started)) {
        return SE_OK;
    }
    se__mutex_lock(&loop->lock);
    if (!atomic_load(&loop->started)) {
        rc = se__thread_start(&loop->thread, loop->name, run_loop, loop, err);
        atomic_store(&loop->started, rc == SE_OK);
    }
    se__mutex_unlock(&loop->lock);
    return rc;
}

static void wake(se__loop *loop)
{
    uint64_t one = 1;

    /* It cannot block, and fails only if the loop is awake anyway. */
    while (write(loop->event_fd, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
}

void se__loop_close(se__loop *loop)
{
    if (!loop) {
        return;
    }
    if (se__loop_is_forked(loop)) {
        se__loop_unref(loop);
        return;
    }
    atomic_store(&loop->closing, true);
    wake(loop);
    se__thread_join(&loop->thread);
    become_loop_thread(loop);
    drain(loop);
    while (atomic_load(&loop->posting) > 0) {
        sched_yield();
    }
    se__loop_unref(loop);
}

/* ---- any thread ---- */

bool se__loop_is_self(const se__loop *loop)
{
    return atomic_load(&loop->running) &&
           pthread_equal(atomic_load(&loop->self), pthread_self());
}

void se__loop_post(se__loop *loop, se__task *task)
{
    se__task *latest;

    if (atomic_exchange(&task->queued, true)) {
        return;
    }
    /* The task may run, and end in a close, before this function has. */
    atomic_fetch_add(&loop->posting, 1);
    latest = atomic_load(&loop->inbox);
    do {
        task->next = latest;
    } while (!atomic_compare_exchange_weak(&loop->inbox, &latest, task));
    if (!se__loop_is_self(loop)) { /* else the inbox is looked at anyway */
        /* If no thread can be started now, the next post or close does. */
        (void)se__loop_start(loop, NULL);
        if (!latest) {
            wake(loop);
        }
    }
    atomic_fetch_sub(&loop->posting, 1);
}

/* ---- loop thread ---- */

int64_t se__loop_now_ms(const se__loop *loop)
{
    return loop->now_ms;
}

bool se__timer_set(se__loop *loop, se__timer *timer, int64_t at_ms)
{
    /* The past is now, so that one set again and again passes no other. */
    if (at_ms < loop->now_ms) {
        at_ms = loop->now_ms;
    }
    return se__timer_heap_set(&loop->timers, timer, at_ms);
}

void se__timer_cancel(se__loop *loop, se__timer *timer)
{
    se__timer_heap_remove(&loop->timers, timer);
}

static bool control(se__loop *loop, int operation, se__watcher *watcher)
{
    struct epoll_event event = {.events = watcher->events,
                                .data = {.ptr = watcher}};

    return epoll_ctl(loop->epoll_fd, operation, watcher->fd, &event) == 0;
}

bool se__watcher_add(se__loop *loop, se__watcher *watcher)
{
    return control(loop, EPOLL_CTL_ADD, watcher);
}

bool se__watcher_modify(se__loop *loop, se__watcher *watcher, uint32_t events)
{
    watcher->events = events;
    return control(loop, EPOLL_CTL_MOD, watcher);
}

void se__watcher_remove(se__loop *loop, se__watcher *watcher)
{
    (void)control(loop, EPOLL_CTL_DEL, watcher);
    for (int i = 0; i < loop->n_events; i++) {
        if (loop->events[i].data.ptr == watcher) {
            loop->events[i].data.ptr = NULL;
        }
    }
}
