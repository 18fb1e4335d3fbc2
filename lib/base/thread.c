#include "base/thread.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* Enough for libcurl with TLS; sanitizers need several times as much. */
#if defined(SE__SANITIZED)
#define STACK_BYTES ((size_t)8 << 20)
#else
#define STACK_BYTES ((size_t)512 << 10)
#endif

static void must(int rc)
{
    if (rc != 0) {
        abort();
    }
}

void se__mutex_init(se__mutex *mutex)
{
    must(pthread_mutex_init(&mutex->native, NULL));
}

void se__mutex_fini(se__mutex *mutex)
{
    must(pthread_mutex_destroy(&mutex->native));
}

void se__mutex_lock(se__mutex *mutex)
{
    must(pthread_mutex_lock(&mutex->native));
}

void se__mutex_unlock(se__mutex *mutex)
{
    must(pthread_mutex_unlock(&mutex->native));
}

void se__cond_init(se__cond *cond)
{
    pthread_condattr_t attributes;

    must(pthread_condattr_init(&attributes));
    must(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC));
    must(pthread_cond_init(&cond->native, &attributes));
    must(pthread_condattr_destroy(&attributes));
}

void se__cond_fini(se__cond *cond)
{
    must(pthread_cond_destroy(&cond->native));
}

void se__cond_signal(se__cond *cond)
{
    must(pthread_cond_signal(&cond->native));
}

void se__cond_broadcast(se__cond *cond)
{
    must(pthread_cond_broadcast(&cond->native));
}

bool se__cond_wait(se__cond *cond, se__mutex *mutex, int64_t deadline_ms)
{
    int64_t at_ms = deadline_ms > 0 ? deadline_ms : 0;
    struct timespec at = {
        .tv_sec = (time_t)(at_ms / 1000),
        .tv_nsec = (long)(at_ms % 1000) * 1000000,
    };
    int rc;

    if (deadline_ms == SE__NEVER) {
        must(pthread_cond_wait(&cond->native, &mutex->native));
        return true;
    }
    rc = pthread_cond_timedwait(&cond->native, &mutex->native, &at);
    must(rc == ETIMEDOUT ? 0 : rc);
    return se__now_ms() < deadline_ms;
}

/* Linux takes 15 bytes and a terminator. */
#define NAME_SIZE 16

/* What a new thread is to do; it frees this. */
typedef struct start {
    const se__thread *thread;
    void (*run)(void *);
    void *argument;
    char name[NAME_SIZE];
} start;

/*
 * Which of the library's threads this one is. The thread sets it itself: it may
 * ask before the one that starts it has been told its pthread_t.
 */
static _Thread_local const se__thread *current;

static void *run_thread(void *argument)
{
    start s = *(start *)argument;

    free(argument);
    current = s.thread;
    pthread_setname_np(pthread_self(), s.name);
    s.run(s.argument);
    return NULL;
}

static int create(pthread_t *thread, start *s)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    int rc = pthread_attr_init(&attributes);

    if (rc != 0) {
        return rc;
    }
    must(pthread_attr_setstacksize(&attributes, STACK_BYTES));
    sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before));
    rc = pthread_create(thread, &attributes, run_thread, s);
    must(pthread_sigmask(SIG_SETMASK, &before, NULL));
    pthread_attr_destroy(&attributes);
    return rc;
}

se_err se__thread_start(se__thread *thread, const char *name,
                        void (*run)(void *), void *argument, se_error *err)
{
    start *s = se__zalloc(sizeof(*s));
    int rc;

    if (!s) {
        return se__fail(err, SE_E_NOMEM, "out of memory for thread %s", name);
    }
    s->thread = thread;
    s->run = run;
    s->argument = argument;
    se__copy_text(s->name, sizeof(s->name), name);
    rc = create(&thread->native, s);
    if (rc != 0) {
        free(s);
        return se__fail_errno(err, SE_E_SYSTEM, rc, "thread %s", name);
    }
    thread->started = true;
    return SE_OK;
}

void se__thread_join(se__thread *thread)
{
    if (thread->started) {
        must(pthread_join(thread->native, NULL));
        thread->started = false;
    }
}

bool se__thread_is_self(const se__thread *thread)
{
    return thread == current;
}

int se__cpu_count(void)
{
    cpu_set_t set;
    long online;

    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        return CPU_COUNT(&set);
    }
    online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}
