/* Threads, locks and waiting. */
#include "suite.h"

#include <sched.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"

/* Long enough for any machine; what waits this long has failed. */
#define PATIENCE_MS 20000

typedef struct seen {
    se__thread thread;
    se__thread other;
    char name[32];
    sigset_t blocked;
    bool is_self, is_other;
    size_t stack_bytes;
} seen;

static void look(void *argument)
{
    seen *s = argument;
    pthread_attr_t attributes;

    s->is_self = se__thread_is_self(&s->thread);
    s->is_other = se__thread_is_self(&s->other);
    pthread_getname_np(pthread_self(), s->name, sizeof(s->name));
    pthread_sigmask(SIG_SETMASK, NULL, &s->blocked);
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstacksize(&attributes, &s->stack_bytes);
        pthread_attr_destroy(&attributes);
    }
}

static void start_and_join(seen *s, const char *name)
{
    ck_assert_int_eq(se__thread_start(&s->thread, name, look, s, NULL), SE_OK);
    ck_assert(!se__thread_is_self(&s->thread));
    se__thread_join(&s->thread);
    ck_assert(!s->thread.started);
}

START_TEST(thread_has_name_and_stack)
{
    seen s = {.is_self = false};

    start_and_join(&s, "se-transfer");
    ck_assert_str_eq(s.name, "se-transfer");
    ck_assert_uint_ge(s.stack_bytes, (size_t)512 << 10);
    ck_assert_uint_le(s.stack_bytes, (size_t)16 << 20);
}
END_TEST

START_TEST(long_name_is_cut)
{
    seen s = {.is_self = false};

    start_and_join(&s, "se-transfer-number-one");
    ck_assert_str_eq(s.name, "se-transfer-num");
}
END_TEST

/* Asked in the first instruction, hence often: the starter may lag behind. */
START_TEST(thread_knows_itself)
{
    for (int i = 0; i < 200; i++) {
        seen s = {.is_other = true};

        start_and_join(&s, "self");
        ck_assert(s.is_self);
        ck_assert(!s.is_other);
        ck_assert(!se__thread_is_self(&s.thread));
    }
}
END_TEST

START_TEST(signals_stay_outside)
{
    static const int signals[] = {SIGINT,  SIGTERM, SIGHUP,  SIGPIPE, SIGCHLD,
                                  SIGUSR1, SIGUSR2, SIGALRM, SIGQUIT};
    seen s = {.is_self = false};
    sigset_t ours;
    sigset_t before;
    sigset_t after;

    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &ours, &before);
    start_and_join(&s, "signals");
    pthread_sigmask(SIG_SETMASK, &before, &after);
    for (size_t i = 0; i < SE__COUNT(signals); i++) {
        ck_assert_int_eq(sigismember(&s.blocked, signals[i]), 1);
        ck_assert_int_eq(sigismember(&after, signals[i]),
                         signals[i] == SIGUSR1);
    }
}
END_TEST

START_TEST(join_without_start)
{
    se__thread thread = {.started = false};

    se__thread_join(&thread);
    ck_assert(!se__thread_is_self(&thread));
}
END_TEST

typedef struct counter {
    se__mutex lock;
    se__cond changed;
    int value;
    int goal; /* a waiter goes on at this */
    bool reached;
} counter;

static void counter_init(counter *c)
{
    memset(c, 0, sizeof(*c));
    se__mutex_init(&c->lock);
    se__cond_init(&c->changed);
}

static void counter_fini(counter *c)
{
    se__cond_fini(&c->changed);
    se__mutex_fini(&c->lock);
}

static void count(void *argument)
{
    counter *c = argument;

    for (int i = 0; i < 5000; i++) {
        se__mutex_lock(&c->lock);
        c->value++;
        se__mutex_unlock(&c->lock);
    }
}

START_TEST(mutex_excludes)
{
    enum {
        THREADS = 4
    };
    se__thread threads[THREADS] = {{0}};
    counter c;

    counter_init(&c);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(
            se__thread_start(&threads[i], "count", count, &c, NULL), SE_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        se__thread_join(&threads[i]);
    }
    ck_assert_int_eq(c.value, THREADS * 5000);
    counter_fini(&c);
}
END_TEST

static void wait_for_goal(void *argument)
{
    counter *c = argument;
    int64_t deadline = se__deadline(se__now_ms(), PATIENCE_MS);
    bool in_time = true;

    se__mutex_lock(&c->lock);
    while (c->value < c->goal && in_time) {
        in_time = se__cond_wait(&c->changed, &c->lock, deadline);
    }
    c->reached = c->value >= c->goal;
    se__mutex_unlock(&c->lock);
}

static void wait_for_ever(void *argument)
{
    counter *c = argument;

    se__mutex_lock(&c->lock);
    while (c->value < c->goal) {
        ck_assert(se__cond_wait(&c->changed, &c->lock, SE__NEVER));
    }
    c->reached = true;
    se__mutex_unlock(&c->lock);
}

static const struct {
    void (*wait)(void *);
    void (*wake)(se__cond *);
} wakes[] = {
    {wait_for_goal, se__cond_signal},
    {wait_for_goal, se__cond_broadcast},
    {wait_for_ever, se__cond_signal},
    {wait_for_ever, se__cond_broadcast},
};

START_TEST(cond_wakes)
{
    se__thread thread = {0};
    counter c;

    counter_init(&c);
    c.goal = 100;
    ck_assert_int_eq(
        se__thread_start(&thread, "wait", wakes[_i].wait, &c, NULL), SE_OK);
    for (int i = 0; i < c.goal; i++) {
        se__mutex_lock(&c.lock);
        c.value++;
        wakes[_i].wake(&c.changed);
        se__mutex_unlock(&c.lock);
        sched_yield();
    }
    se__thread_join(&thread);
    ck_assert(c.reached);
    counter_fini(&c);
}
END_TEST

static const int64_t past[] = {INT64_MIN, -1500, 0, 1};

START_TEST(past_deadline_does_not_wait)
{
    counter c;

    counter_init(&c);
    se__mutex_lock(&c.lock);
    ck_assert(!se__cond_wait(&c.changed, &c.lock, past[_i]));
    se__mutex_unlock(&c.lock);
    counter_fini(&c);
}
END_TEST

START_TEST(deadline_is_waited_for)
{
    int64_t deadline = se__deadline(se__now_ms(), 30);
    bool in_time = true;
    int rounds = 0;
    counter c;

    counter_init(&c);
    se__mutex_lock(&c.lock);
    while (in_time) {
        in_time = se__cond_wait(&c.changed, &c.lock, deadline);
        rounds++;
    }
    se__mutex_unlock(&c.lock);
    /* Nobody wakes it: it sleeps, and does not ask again and again. */
    ck_assert_int_lt(rounds, 10);
    ck_assert_int_ge(se__now_ms(), deadline);
    ck_assert_int_lt(se__now_ms(), deadline + PATIENCE_MS);
    counter_fini(&c);
}
END_TEST

START_TEST(cpus_of_this_process)
{
    cpu_set_t all;
    cpu_set_t one;

    ck_assert_int_ge(se__cpu_count(), 1);
    ck_assert_int_eq(sched_getaffinity(0, sizeof(all), &all), 0);
    CPU_ZERO(&one);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++) {
        if (CPU_ISSET(cpu, &all)) {
            CPU_SET(cpu, &one);
        }
    }
    ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
    ck_assert_int_eq(se__cpu_count(), 1);
    ck_assert_int_eq(sched_setaffinity(0, sizeof(all), &all), 0);
    ck_assert_int_eq(se__cpu_count(), CPU_COUNT(&all));
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {thread_has_name_and_stack, 1},
        {long_name_is_cut, 1},
        {thread_knows_itself, 1},
        {signals_stay_outside, 1},
        {join_without_start, 1},
        {mutex_excludes, 1},
        {cond_wakes, SE__COUNT(wakes)},
        {past_deadline_does_not_wait, SE__COUNT(past)},
        {deadline_is_waited_for, 1},
        {cpus_of_this_process, 1},
    };

    return run_suite("thread", rows, SE__COUNT(rows));
}
