/*
 * Threads, locks and waiting with a deadline, on pthreads.
 *
 * Lock and condition calls that only fail when the program is wrong abort.
 */
#ifndef SE_BASE_THREAD_H
#define SE_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <artstore/error.h>

typedef struct se__mutex {
    pthread_mutex_t native;
} se__mutex;

typedef struct se__cond {
    pthread_cond_t native; /* on CLOCK_MONOTONIC */
} se__cond;

typedef struct se__thread {
    pthread_t native;
    bool started; /* belongs to who starts and joins */
} se__thread;

void se__mutex_init(se__mutex *mutex);
void se__mutex_fini(se__mutex *mutex);
void se__mutex_lock(se__mutex *mutex);
void se__mutex_unlock(se__mutex *mutex);

void se__cond_init(se__cond *cond);
void se__cond_fini(se__cond *cond);
void se__cond_signal(se__cond *cond);
void se__cond_broadcast(se__cond *cond);
/* False when the deadline (SE__NEVER: none) has passed. May wake early. */
bool se__cond_wait(se__cond *cond, se__mutex *mutex, int64_t deadline_ms);

/*
 * Start a thread with every signal blocked, so that the program's handlers
 * never run on it, and a name of which 15 bytes count ("se-transfer"). *thread
 * must stay where it is until join. SE_E_NOMEM, or SE_E_SYSTEM when the system
 * has no thread left.
 */
se_err se__thread_start(se__thread *thread, const char *name,
                        void (*run)(void *), void *argument, se_error *err);
/* No-op if it was not started. */
void se__thread_join(se__thread *thread);
/* Right from the first instruction of run on; *thread may be unsynchronised. */
bool se__thread_is_self(const se__thread *thread);

/* Processors this process may use, at least 1. */
int se__cpu_count(void);

#endif
