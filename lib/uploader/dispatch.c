/*
 * The callbacks of ended jobs, on a transfer thread or when the caller asks.
 */
#include "uploader/uploader.h"

#include <errno.h>
#include <unistd.h>

static void mark_ended(se_job *job)
{
    se__mutex_lock(&job->lock);
    job->ended = true;
    se__cond_broadcast(&job->ended_cond);
    se__mutex_unlock(&job->lock);
}

static void queue_callback_locked(se_uploader *uploader, se_job *job)
{
    uint64_t one = 1;

    job->next = NULL;
    if (uploader->ended_tail) {
        uploader->ended_tail->next = job;
    } else {
        uploader->ended_head = job;
        /* Can only fail when the counter is full: readable all the same. */
        if (write(uploader->event_fd, &one, sizeof(one)) < 0) {
            errno = 0;
        }
    }
    uploader->ended_tail = job;
}

/*
 * In thread mode the callback comes first, so that who waits finds it done; in
 * caller mode a waiter must not depend on a dispatch that it may have to do
 * itself.
 */
void se__uploader_job_ended(se_uploader *uploader, se_job *job)
{
    bool dispatched =
        uploader->options.dispatch == SE_DISPATCH_CALLER && job->done;

    atomic_fetch_sub(&job->lane->jobs, 1);
    if (job->done && !dispatched) {
        job->done(job, job->result, job->user);
    }
    mark_ended(job);
    se__mutex_lock(&uploader->lock);
    se__uploader_unlink_locked(uploader, job);
    if (dispatched) {
        queue_callback_locked(uploader, job);
    }
    if (--uploader->active == 0) {
        se__cond_broadcast(&uploader->idle);
    }
    se__mutex_unlock(&uploader->lock);
    if (!dispatched) {
        se__job_unref(job);
    }
}

int se_uploader_fd(const se_uploader *uploader)
{
    return uploader->event_fd;
}

static se_job *take_ended(se_uploader *uploader)
{
    uint64_t count;
    se_job *job;

    se__mutex_lock(&uploader->lock);
    job = uploader->ended_head;
    uploader->ended_head = NULL;
    uploader->ended_tail = NULL;
    if (uploader->event_fd >= 0 &&
        read(uploader->event_fd, &count, sizeof(count)) < 0) {
        errno = 0; /* nothing to take: dispatched without need */
    }
    se__mutex_unlock(&uploader->lock);
    return job;
}

size_t se_uploader_dispatch(se_uploader *uploader)
{
    size_t n = 0;
    se_job *job;

    if (getpid() != uploader->pid) {
        return 0; /* they are for the parent to run */
    }
    job = take_ended(uploader);

    while (job) {
        se_job *next = job->next;

        job->next = NULL;
        job->done(job, job->result, job->user);
        se__job_unref(job);
        job = next;
        n++;
    }
    return n;
}
