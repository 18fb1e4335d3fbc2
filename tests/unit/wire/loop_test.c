/*
 * The loop: tasks, timers, watchers, fairness, life.
 */
#include "wire/loop.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "forked.h"
#include "wire/timer_heap.h"

enum {
    PATIENCE_MS = 10000
};

/* ---- a gate that threads wait at ---- */

typedef struct gate {
    se__mutex lock;
    se__cond changed;
    int passed;
} gate;

static gate *gate_new(void)
{
    gate *g = calloc(1, sizeof(*g));

    se__mutex_init(&g->lock);
    se__cond_init(&g->changed);
    return g;
}

static void gate_free(gate *g)
{
    se__cond_fini(&g->changed);
    se__mutex_fini(&g->lock);
    free(g);
}

static void gate_pass(gate *g)
{
    se__mutex_lock(&g->lock);
    g->passed++;
    se__cond_broadcast(&g->changed);
    se__mutex_unlock(&g->lock);
}

static bool gate_wait(gate *g, int passed)
{
    int64_t deadline = se__now_ms() + PATIENCE_MS;
    bool reached;

    se__mutex_lock(&g->lock);
    while (g->passed < passed &&
           se__cond_wait(&g->changed, &g->lock, deadline)) {
    }
    reached = g->passed >= passed;
    se__mutex_unlock(&g->lock);
    return reached;
}

/* ---- a loop and what runs on it ---- */

static se__loop *loop;
static gate *reached; /* by the loop thread */
static gate *opened;  /* for the loop thread */
static gate *flushed; /* nobody else passes it */
static int flushes;

static void setup(void)
{
    ck_assert_int_eq(se__loop_open(&loop, "test-loop", NULL), SE_OK);
    reached = gate_new();
    opened = gate_new();
    flushed = gate_new();
    flushes = 0;
}

static void teardown(void)
{
    se__loop_close(loop);
    gate_free(reached);
    gate_free(opened);
    gate_free(flushed);
}

static void block(se__task *task)
{
    (void)task;
    gate_pass(reached);
    gate_wait(opened, 1);
}

static se__task blocker;

/* From here until gate_pass(opened) the loop thread does nothing. */
static void block_loop(void)
{
    blocker = (se__task){.run = block};
    se__loop_post(loop, &blocker);
    ck_assert(gate_wait(reached, 1));
}

static se__task last;

static void on_last(se__task *task)
{
    (void)task;
    gate_pass(flushed);
}

/* All that was posted before has run. */
static void flush(void)
{
    last.run = on_last;
    se__loop_post(loop, &last);
    ck_assert(gate_wait(flushed, ++flushes));
}

typedef struct counter {
    se__task task;
    int runs;
    int order;
    bool on_loop;
} counter;

static int next_order;

static void count_run(se__task *task)
{
    counter *c = SE__CONTAINER(task, counter, task);

    c->runs++;
    c->order = next_order++;
    c->on_loop = se__loop_is_self(loop);
}

/* ---- tasks ---- */

START_TEST(a_task_runs_on_the_loop_thread)
{
    counter c = {.task = {.run = count_run}};

    ck_assert(!se__loop_is_self(loop));
    se__loop_post(loop, &c.task);
    flush();
    ck_assert_int_eq(c.runs, 1);
    ck_assert(c.on_loop);
}
END_TEST

START_TEST(posted_twice_before_it_ran_runs_once)
{
    counter c = {.task = {.run = count_run}};

    block_loop();
    se__loop_post(loop, &c.task);
    se__loop_post(loop, &c.task);
    gate_pass(opened);
    flush();
    ck_assert_int_eq(c.runs, 1);
    se__loop_post(loop, &c.task);
    flush();
    ck_assert_int_eq(c.runs, 2);
}
END_TEST

START_TEST(tasks_run_in_the_order_posted)
{
    counter c[50] = {0};

    next_order = 0;
    block_loop();
    for (int i = 0; i < 50; i++) {
        c[i].task.run = count_run;
        se__loop_post(loop, &c[i].task);
    }
    gate_pass(opened);
    flush();
    for (int i = 0; i < 50; i++) {
        ck_assert_int_eq(c[i].order, i);
    }
}
END_TEST

static void post_again(se__task *task)
{
    counter *c = SE__CONTAINER(task, counter, task);

    if (++c->runs < 5) {
        se__loop_post(loop, task);
        se__loop_post(loop, task);
    }
    if (c->runs == 5) {
        gate_pass(reached);
    }
}

START_TEST(a_task_may_post_itself)
{
    counter c = {.task = {.run = post_again}};

    se__loop_post(loop, &c.task);
    ck_assert(gate_wait(reached, 1));
    flush();
    ck_assert_int_eq(c.runs, 5);
}
END_TEST

static void run_and_free(se__task *task)
{
    free(SE__CONTAINER(task, counter, task));
    gate_pass(reached);
}

START_TEST(a_task_may_free_itself)
{
    counter *c = calloc(1, sizeof(*c));

    c->task.run = run_and_free;
    se__loop_post(loop, &c->task);
    ck_assert(gate_wait(reached, 1));
}
END_TEST

/* What was written before a post is seen by a run that comes after it. */
enum {
    POSTERS = 4,
    POSTS = 20000
};

typedef struct poster {
    se__task task;
    se__thread thread;
    atomic_int written;
    int plain; /* ordered by the post alone */
    int seen;
} poster;

static se__mutex plain_lock;

static void see(se__task *task)
{
    poster *p = SE__CONTAINER(task, poster, task);

    se__mutex_lock(&plain_lock);
    p->seen = p->plain;
    se__mutex_unlock(&plain_lock);
}

static void post_often(void *argument)
{
    poster *p = argument;

    for (int i = 1; i <= POSTS; i++) {
        se__mutex_lock(&plain_lock);
        p->plain = i;
        se__mutex_unlock(&plain_lock);
        se__loop_post(loop, &p->task);
    }
}

START_TEST(no_post_is_lost_between_threads)
{
    poster p[POSTERS];

    memset(p, 0, sizeof(p));
    se__mutex_init(&plain_lock);
    for (int i = 0; i < POSTERS; i++) {
        p[i].task.run = see;
        ck_assert_int_eq(
            se__thread_start(&p[i].thread, "poster", post_often, &p[i], NULL),
            SE_OK);
    }
    for (int i = 0; i < POSTERS; i++) {
        se__thread_join(&p[i].thread);
    }
    flush();
    for (int i = 0; i < POSTERS; i++) {
        ck_assert_int_eq(p[i].seen, POSTS);
    }
    se__mutex_fini(&plain_lock);
}
END_TEST

/* Finds the loop's eventfd; the kernel tells how often it was written. */
static long eventfd_count(void)
{
    DIR *dir = opendir("/proc/self/fdinfo");
    struct dirent *entry;
    long value = -1;

    while (value < 0 && (entry = readdir(dir))) {
        char path[PATH_MAX];
        char line[128];
        FILE *file;

        snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
        file = fopen(path, "r");
        while (file && fgets(line, sizeof(line), file)) {
            if (strncmp(line, "eventfd-count:", 14) == 0) {
                value = strtol(line + 14, NULL, 16);
            }
        }
        if (file) {
            fclose(file);
        }
    }
    closedir(dir);
    return value;
}

START_TEST(only_the_first_post_wakes_the_loop)
{
    counter c[100] = {0};
    long before;

    block_loop();
    before = eventfd_count();
    ck_assert_int_ge(before, 1);
    for (int i = 0; i < 100; i++) {
        c[i].task.run = count_run;
        se__loop_post(loop, &c[i].task);
    }
    ck_assert_int_eq(eventfd_count(), before + 1);
    gate_pass(opened);
    flush();
    ck_assert_int_eq(c[99].runs, 1);
}
END_TEST

/* ---- timers ---- */

typedef struct alarm_clock {
    se__timer timer;
    int64_t fired_ms;
    int times;
    int order;
} alarm_clock;

static void ring(se__timer *timer)
{
    alarm_clock *a = SE__CONTAINER(timer, alarm_clock, timer);

    a->fired_ms = se__loop_now_ms(loop);
    a->times++;
    a->order = next_order++;
}

static void ring_last(se__timer *timer)
{
    ring(timer);
    gate_pass(reached);
}

static alarm_clock clocks[4];
static int64_t set_at_ms;

static void set_clocks(se__task *task)
{
    (void)task;
    set_at_ms = se__loop_now_ms(loop);
    for (int i = 0; i < 4; i++) {
        clocks[i] = (alarm_clock){.timer = {.fire = ring}};
    }
    clocks[3].timer.fire = ring_last;
    ck_assert(se__timer_set(loop, &clocks[3].timer, set_at_ms + 40));
    ck_assert(se__timer_set(loop, &clocks[1].timer, set_at_ms + 20));
    ck_assert(se__timer_set(loop, &clocks[2].timer, set_at_ms + 5));
    ck_assert(se__timer_set(loop, &clocks[0].timer, set_at_ms + 30));
    ck_assert(se__timer_set(loop, &clocks[0].timer, set_at_ms + 10));
    se__timer_cancel(loop, &clocks[2].timer);
    se__timer_cancel(loop, &clocks[2].timer);
}

START_TEST(timers_fire_once_in_order_and_not_early)
{
    se__task task = {.run = set_clocks};

    next_order = 0;
    se__loop_post(loop, &task);
    ck_assert(gate_wait(reached, 1));
    ck_assert_int_eq(clocks[0].times, 1);
    ck_assert_int_eq(clocks[1].times, 1);
    ck_assert_int_eq(clocks[2].times, 0);
    ck_assert_int_eq(clocks[3].times, 1);
    ck_assert_int_eq(clocks[0].order, 0);
    ck_assert_int_eq(clocks[1].order, 1);
    ck_assert_int_ge(clocks[0].fired_ms, set_at_ms + 10);
    ck_assert_int_ge(clocks[1].fired_ms, set_at_ms + 20);
    ck_assert_int_ge(clocks[3].fired_ms, set_at_ms + 40);
}
END_TEST

static void ring_thrice(se__timer *timer)
{
    ring(timer);
    if (clocks[0].times < 3) {
        ck_assert(se__timer_set(loop, timer, se__loop_now_ms(loop) + 1));
    } else {
        gate_pass(reached);
    }
}

static void set_one(se__task *task)
{
    (void)task;
    clocks[0] = (alarm_clock){.timer = {.fire = ring_thrice}};
    ck_assert(se__timer_set(loop, &clocks[0].timer, 0));
}

START_TEST(a_timer_may_set_itself)
{
    se__task task = {.run = set_one};

    se__loop_post(loop, &task);
    ck_assert(gate_wait(reached, 1));
    ck_assert_int_eq(clocks[0].times, 3);
}
END_TEST

START_TEST(the_heap_gives_them_sorted_whatever_was_done)
{
    enum {
        N = 500
    };
    se__timer_heap heap = {0};
    se__timer timers[N];
    se__timer *timer;
    unsigned seed = 1;
    int64_t before = -1;
    size_t left = 0;

    memset(timers, 0, sizeof(timers));
    for (int i = 0; i < 5000; i++) {
        timer = &timers[rand_r(&seed) % N];
        if (rand_r(&seed) % 3 == 0) {
            se__timer_heap_remove(&heap, timer);
        } else {
            ck_assert(se__timer_heap_set(&heap, timer, rand_r(&seed) % 1000));
        }
    }
    for (int i = 0; i < N; i++) {
        left += timers[i].position > 0;
    }
    ck_assert_uint_eq(heap.count, left);
    ck_assert_ptr_null(se__timer_heap_due(&heap, -1));
    while ((timer = se__timer_heap_due(&heap, INT64_MAX))) {
        ck_assert_int_ge(timer->at_ms, before);
        ck_assert_uint_eq(timer->position, 0);
        before = timer->at_ms;
        left--;
    }
    ck_assert_uint_eq(left, 0);
    ck_assert_int_eq(se__timer_heap_next_ms(&heap), INT64_MAX);
    se__timer_heap_fini(&heap);
}
END_TEST

static int64_t first_now;
static int64_t second_now;

static void look_twice(se__task *task)
{
    int64_t until = se__now_ms() + 5;

    (void)task;
    first_now = se__loop_now_ms(loop);
    while (se__now_ms() < until) {
    }
    second_now = se__loop_now_ms(loop);
}

START_TEST(time_stands_still_within_a_round)
{
    se__task task = {.run = look_twice};
    int64_t before = se__now_ms();

    se__loop_post(loop, &task);
    flush();
    ck_assert_int_eq(first_now, second_now);
    ck_assert_int_ge(first_now, before);
}
END_TEST

/* ---- watchers ---- */

typedef struct pipe_watch {
    se__watcher watcher;
    int fds[2];
    int times;
    uint32_t events;
    struct pipe_watch *victim;
} pipe_watch;

static pipe_watch watches[2];

static void readable(se__watcher *watcher, uint32_t events)
{
    pipe_watch *w = SE__CONTAINER(watcher, pipe_watch, watcher);
    char byte;

    if (events & EPOLLIN) {
        ck_assert_int_eq(read(w->fds[0], &byte, 1), 1);
    }
    w->times++;
    w->events = events;
    if (w->victim) {
        se__watcher_remove(loop, &w->victim->watcher);
    }
    gate_pass(reached);
}

static void make_pipe(pipe_watch *w)
{
    *w = (pipe_watch){.watcher = {.ready = readable, .events = EPOLLIN}};
    ck_assert_int_eq(pipe2(w->fds, O_CLOEXEC), 0);
    w->watcher.fd = w->fds[0];
}

static void close_pipe(pipe_watch *w)
{
    close(w->fds[0]);
    close(w->fds[1]);
}

static void watch_both(se__task *task)
{
    (void)task;
    ck_assert(se__watcher_add(loop, &watches[0].watcher));
    ck_assert(se__watcher_add(loop, &watches[1].watcher));
}

START_TEST(a_watcher_hears_of_its_descriptor)
{
    se__task task = {.run = watch_both};

    make_pipe(&watches[0]);
    make_pipe(&watches[1]);
    se__loop_post(loop, &task);
    flush();
    ck_assert_int_eq(watches[0].times, 0);
    ck_assert_int_eq(write(watches[0].fds[1], "x", 1), 1);
    ck_assert(gate_wait(reached, 1));
    ck_assert_int_eq(watches[0].times, 1);
    ck_assert_int_eq(watches[1].times, 0);
    ck_assert_uint_eq(watches[0].events, EPOLLIN);
    close_pipe(&watches[0]);
    close_pipe(&watches[1]);
}
END_TEST

START_TEST(one_removed_in_the_same_round_is_not_called)
{
    se__task task = {.run = watch_both};

    make_pipe(&watches[0]);
    make_pipe(&watches[1]);
    watches[0].victim = &watches[1];
    watches[1].victim = &watches[0];
    se__loop_post(loop, &task);
    flush();
    block_loop();
    ck_assert_int_eq(write(watches[0].fds[1], "x", 1), 1);
    ck_assert_int_eq(write(watches[1].fds[1], "x", 1), 1);
    gate_pass(opened);
    flush();
    flush();
    ck_assert_int_eq(watches[0].times + watches[1].times, 1);
    close_pipe(&watches[0]);
    close_pipe(&watches[1]);
}
END_TEST

static void stop_hearing(se__task *task)
{
    (void)task;
    ck_assert(se__watcher_modify(loop, &watches[0].watcher, 0));
    ck_assert(se__watcher_modify(loop, &watches[1].watcher, EPOLLIN));
}

START_TEST(modify_changes_what_is_heard)
{
    se__task task = {.run = watch_both};
    se__task stop = {.run = stop_hearing};

    make_pipe(&watches[0]);
    make_pipe(&watches[1]);
    watches[1].watcher.events = 0;
    se__loop_post(loop, &task);
    se__loop_post(loop, &stop);
    flush();
    ck_assert_int_eq(write(watches[0].fds[1], "x", 1), 1);
    ck_assert_int_eq(write(watches[1].fds[1], "x", 1), 1);
    ck_assert(gate_wait(reached, 1));
    flush();
    ck_assert_int_eq(watches[0].times, 0);
    ck_assert_int_eq(watches[1].times, 1);
    close_pipe(&watches[0]);
    close_pipe(&watches[1]);
}
END_TEST

static void watch_nothing(se__task *task)
{
    se__watcher none = {.ready = readable, .fd = -1, .events = EPOLLIN};

    (void)task;
    ck_assert(!se__watcher_add(loop, &none));
}

START_TEST(a_bad_descriptor_is_refused)
{
    se__task task = {.run = watch_nothing};

    se__loop_post(loop, &task);
    flush();
}
END_TEST

/* ---- fairness ---- */

static atomic_bool enough;

static void spin(se__task *task)
{
    if (!atomic_load(&enough)) {
        se__loop_post(loop, task);
    }
}

static void hurry(se__timer *timer)
{
    if (!atomic_load(&enough)) {
        ck_assert(se__timer_set(loop, timer, 0));
    }
}

static se__timer hurried = {.fire = hurry};

static void set_hurried(se__task *task)
{
    (void)task;
    ck_assert(se__timer_set(loop, &hurried, 0));
    watch_both(task);
    clocks[3] = (alarm_clock){.timer = {.fire = ring_last}};
    ck_assert(
        se__timer_set(loop, &clocks[3].timer, se__loop_now_ms(loop) + 20));
}

START_TEST(nothing_starves_the_rest)
{
    se__task spinning = {.run = spin};
    se__task task = {.run = set_hurried};

    atomic_store(&enough, false);
    make_pipe(&watches[0]);
    make_pipe(&watches[1]);
    se__loop_post(loop, &spinning);
    se__loop_post(loop, &task);
    ck_assert(gate_wait(reached, 1)); /* the later timer */
    ck_assert_int_eq(write(watches[0].fds[1], "x", 1), 1);
    ck_assert(gate_wait(reached, 2)); /* the watcher */
    flush();                          /* another task */
    atomic_store(&enough, true);
    flush();
    close_pipe(&watches[0]);
    close_pipe(&watches[1]);
}
END_TEST

/* ---- life ---- */

START_TEST(close_runs_what_was_posted)
{
    counter c[20] = {0};
    counter again = {.task = {.run = post_again}};

    for (int i = 0; i < 20; i++) {
        c[i].task.run = count_run;
        se__loop_post(loop, &c[i].task);
    }
    se__loop_post(loop, &again.task);
    se__loop_close(loop);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(c[i].runs, 1);
    }
    ck_assert_int_eq(again.runs, 5);
    ck_assert_int_eq(se__loop_open(&loop, "next", NULL), SE_OK);
}
END_TEST

START_TEST(close_without_a_thread)
{
    se__loop *own;

    ck_assert_int_eq(se__loop_open(&own, "unused", NULL), SE_OK);
    se__loop_close(own);
    se__loop_close(NULL);
}
END_TEST

static void note_thread(se__task *task)
{
    (void)task;
    ck_assert(se__loop_is_self(loop));
}

START_TEST(open_and_close_while_posting)
{
    static se__task tasks[200];

    for (int i = 0; i < 200; i++) {
        se__loop *own;

        ck_assert_int_eq(se__loop_open(&own, "brief", NULL), SE_OK);
        se__loop_close(loop);
        loop = own;
        tasks[i].run = note_thread;
        se__loop_post(own, &tasks[i]);
    }
}
END_TEST

START_TEST(a_reference_outlives_close)
{
    se__loop *own;

    ck_assert_int_eq(se__loop_open(&own, "held", NULL), SE_OK);
    se__loop_ref(own);
    ck_assert_int_eq(se__loop_start(own, NULL), SE_OK);
    ck_assert_int_eq(se__loop_start(own, NULL), SE_OK);
    se__loop_close(own);
    ck_assert(se__loop_is_self(own)); /* whoever closed has taken it over */
    se__loop_unref(own);
}
END_TEST

START_TEST(descriptors_are_not_inherited)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int seen = 0;

    while ((entry = readdir(dir))) {
        char path[PATH_MAX];
        char target[128] = "";
        ssize_t n;

        snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
        n = readlink(path, target, sizeof(target) - 1);
        if (n > 0 && strncmp(target, "anon_inode:[event", 17) == 0) {
            int fd = (int)strtol(entry->d_name, NULL, 10);

            ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
            seen++;
        }
    }
    closedir(dir);
    ck_assert_int_ge(seen, 2); /* epoll and eventfd */
}
END_TEST

static int close_in_child(void *unused)
{
    bool is_forked = se__loop_is_forked(loop);

    (void)unused;
    se__loop_close(loop);
    return is_forked ? 7 : 1;
}

START_TEST(a_child_after_fork_can_close)
{
    ck_assert_int_eq(se__loop_start(loop, NULL), SE_OK);
    ck_assert(!se__loop_is_forked(loop));
    ck_assert_int_eq(forked(close_in_child, NULL), 7);
}
END_TEST

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void set_address_space(rlim_t bytes)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes;
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

/* Before any other: later there are stacks to be used again. */
START_TEST(a_thread_that_cannot_start_is_reported)
{
    counter c = {.task = {.run = count_run}};
    se_error err = SE_ERROR_INIT;
    se_err rc;

    ck_assert_int_eq(se__loop_open(&loop, "no-thread", NULL), SE_OK);
    set_address_space(1 << 20); /* no room for a stack */
    rc = se__loop_start(loop, &err);
    se__loop_post(loop, &c.task);
    set_address_space(RLIM_INFINITY);
    ck_assert_int_ne(rc, SE_OK);
    ck_assert_int_eq(err.code, rc);
    ck_assert_int_eq(c.runs, 0);
    se__loop_close(loop); /* runs it here */
    ck_assert_int_eq(c.runs, 1);
}
END_TEST
#endif

static Suite *loop_suite(void)
{
    Suite *suite = suite_create("loop");
    TCase *core = tcase_create("core");

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    TCase *first = tcase_create("no thread");

    tcase_add_test(first, a_thread_that_cannot_start_is_reported);
    suite_add_tcase(suite, first);
#endif
    tcase_add_checked_fixture(core, setup, teardown);
    tcase_set_timeout(core, 60);
    tcase_add_test(core, a_task_runs_on_the_loop_thread);
    tcase_add_test(core, posted_twice_before_it_ran_runs_once);
    tcase_add_test(core, tasks_run_in_the_order_posted);
    tcase_add_test(core, a_task_may_post_itself);
    tcase_add_test(core, a_task_may_free_itself);
    tcase_add_test(core, no_post_is_lost_between_threads);
    tcase_add_test(core, only_the_first_post_wakes_the_loop);
    tcase_add_test(core, timers_fire_once_in_order_and_not_early);
    tcase_add_test(core, a_timer_may_set_itself);
    tcase_add_test(core, the_heap_gives_them_sorted_whatever_was_done);
    tcase_add_test(core, time_stands_still_within_a_round);
    tcase_add_test(core, a_watcher_hears_of_its_descriptor);
    tcase_add_test(core, one_removed_in_the_same_round_is_not_called);
    tcase_add_test(core, modify_changes_what_is_heard);
    tcase_add_test(core, a_bad_descriptor_is_refused);
    tcase_add_test(core, nothing_starves_the_rest);
    tcase_add_test(core, close_runs_what_was_posted);
    tcase_add_test(core, close_without_a_thread);
    tcase_add_test(core, open_and_close_while_posting);
    tcase_add_test(core, a_reference_outlives_close);
    tcase_add_test(core, descriptors_are_not_inherited);
    tcase_add_test(core, a_child_after_fork_can_close);
    suite_add_tcase(suite, core);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(loop_suite());
    int failed;

    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
