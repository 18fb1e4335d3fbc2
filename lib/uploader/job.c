/*
 * The life of a job: from what the caller handed over to the one end it has.
 *
 * Design notes. References: the caller's handle, the engine's (from submit to
 * the end), and one for each time its task is in the inbox. The end is reached
 * exactly once, in se__job_finish(), on the loop thread; whatever the job is in
 * the middle of has been stopped before.
 */
#include "uploader/uploader.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

void se__job_ref(se_job *job)
{
    atomic_fetch_add(&job->refs, 1);
}

static void job_free(se_job *job)
{
    se_uploader *uploader = job->uploader;

    se__body_free(job->body);
    se__upload_form_fini(&job->form);
    se__sha256_fini(&job->sha);
    se__secret_free(job->token);
    se_result_free(job->result);
    se__cond_fini(&job->ended_cond);
    se__mutex_fini(&job->lock);
    free(job);
    se__uploader_unref(uploader);
}

void se__job_unref(se_job *job)
{
    if (atomic_fetch_sub(&job->refs, 1) == 1) {
        job_free(job);
    }
}

void se__job_post(se_job *job)
{
    if (!atomic_exchange(&job->posted, true)) {
        se__job_ref(job);
        se__loop_post(job->lane->loop, &job->task);
    }
}

static void deadline_fired(se__timer *timer)
{
    se_job *job = SE__CONTAINER(timer, se_job, deadline);

    se__job_ref(job);
    se__job_interrupt(job);
    se__job_unref(job);
}

static void body_ready(se_job *job)
{
    char first;
    int64_t n = se__body_read(job->body, 0, &first, 1);

    if (n == SE__BODY_ERROR) {
        se__job_finish(job, SE_REJECTED, &job->body->error);
    } else if (n == 0) {
        se__job_fail(job, SE_REJECTED, SE_E_REFUSED,
                     "an empty file cannot be stored");
    } else {
        se__lane_want_slot(job->lane, job);
    }
}

static void job_start(se_job *job)
{
    se_error err = SE_ERROR_INIT;

    job->started = true;
    atomic_fetch_add(&job->uploader->budget.active, 1);
    if (job->deadline_ms != SE__NEVER) {
        job->deadline.fire = deadline_fired;
        if (!se__timer_set(job->lane->loop, &job->deadline, job->deadline_ms)) {
            se__job_fail(job, SE_REJECTED, SE_E_NOMEM,
                         "out of memory for a timer");
            return;
        }
    }
    if (!job->spool) {
        se__lane_want_slot(job->lane, job);
        return;
    }
    job->state = SE__JOB_WAIT_BODY;
    if (se__feeder_start(&job->feeder, job->spool, job->fd, &err) != SE_OK) {
        se__job_finish(job, SE_REJECTED, &err);
    }
}

static void job_wake(se_job *job)
{
    if (job->state == SE__JOB_WAIT_BODY) {
        if (se__spool_ready(job->spool)) {
            body_ready(job);
        }
    } else if (job->state == SE__JOB_SEND && job->sending.paused) {
        se__job_resume_body(job);
    } else if (job->state == SE__JOB_WAIT_TOKEN) {
        se__job_token_ready(job);
    }
}

void se__job_task(se__task *task)
{
    se_job *job = SE__CONTAINER(task, se_job, task);

    atomic_store(&job->posted, false);
    if (job->state == SE__JOB_DONE) {
        /* late news */
    } else if (atomic_load(&job->cancel)) {
        se__job_interrupt(job);
    } else if (!job->started) {
        job_start(job);
    } else if (job->state == SE__JOB_QUEUED && job->slot) {
        se__job_pick(job);
    }
    if (job->state != SE__JOB_DONE && atomic_exchange(&job->woken, false)) {
        job_wake(job);
    }
    se__job_unref(job);
}

void se__job_timer(se_job *job, int64_t delay_ms,
                   void (*fire)(se__timer *timer))
{
    int64_t at = se__deadline(se__now_ms(), delay_ms);

    job->timer.fire = fire;
    if (!se__timer_set(job->lane->loop, &job->timer, at)) {
        bool asking = job->state == SE__JOB_ASK_ID;

        se__job_fail(job, asking ? SE_UNKNOWN : SE_REJECTED,
                     asking ? SE_E_UNKNOWN_OUTCOME : SE_E_NOMEM,
                     "out of memory for a timer");
    }
}
