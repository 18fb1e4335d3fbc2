#include "base/thread.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/* Enough for libcurl with TLS; sanitizers need several times as much. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
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
    struct timespec at = {
        .tv_sec = (time_t)(deadline_ms / 1000),
        .tv_nsec = (long)(deadline_ms % 1000) * 1000000,
    };

    if (deadline_ms == SE__NEVER) {
        must(pthread_cond_wait(&cond->native, &mutex->native));
        return true;
    }
    pthread_cond_timedwait(&cond->native, &mutex->native, &at);
    return se__now_ms() < deadline_ms;
}

typedef struct start {
    void (*run)(void *);
    void *argument;
} start;

static void *run_thread(void *argument)
{
    start s = *(start *)argument;

    free(argument);
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
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(thread, &attributes, run_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
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
    s->run = run;
    s->argument = argument;
    rc = create(&thread->native, s);
    if (rc != 0) {
        free(s);
        return se__fail_errno(err, SE_E_SYSTEM, rc, "thread %s", name);
    }
    pthread_setname_np(thread->native, name);
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
    return thread->started && pthread_equal(thread->native, pthread_self());
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
