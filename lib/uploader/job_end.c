/*
 * How a job ends: the one place where it does, what interrupts it on the way,
 * and the handle with which the caller waits for it.
 */
#include "uploader/uploader.h"

#include <stdarg.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* ---- interruption ---- */

static bool is_late(const se_job *job)
{
    return se__now_ms() >= job->deadline_ms;
}

bool se__job_is_interrupted(const se_job *job)
{
    return atomic_load(&job->cancel) || is_late(job);
}

void se__job_end_interrupted(se_job *job, se_outcome outcome)
{
    bool canceled = atomic_load(&job->cancel);
    const char *what = canceled ? "canceled" : "deadline exceeded";
    const se_attempt *last = se__result_last(job->result);

    if (outcome == SE_UNKNOWN) {
        se__job_fail(job, outcome, SE_E_UNKNOWN_OUTCOME,
                     "%s in the middle of an upload; %s may hold the file",
                     what, last ? last->se_id : "an element");
        return;
    }
    if (last && last->error[0]) {
        char story[640];

        se__result_story(job->result, story, sizeof(story));
        se__job_fail(job, outcome, canceled ? SE_E_CANCELED : SE_E_DEADLINE,
                     "%s after %s", what, story);
        return;
    }
    se__job_fail(job, outcome, canceled ? SE_E_CANCELED : SE_E_DEADLINE,
                 "%s before the file was sent", what);
}

/*
 * What is under way is stopped; its own end handler sees the interruption and
 * ends the job with the outcome that it knows.
 */
void se__job_interrupt(se_job *job)
{
    if (job->state == SE__JOB_DONE) {
        return;
    }
    if (!job->started) {
        job->started = true;
        atomic_fetch_add(&job->uploader->budget.active, 1);
    }
    if (job->call_active) {
        se__http_cancel(&job->call);
    } else if (job->probe_active) {
        se__probe_cancel(&job->probe);
    } else {
        bool unknown =
            job->state == SE__JOB_ASK_ID || job->state == SE__JOB_DELETE;

        se__job_end_interrupted(job, unknown ? SE_UNKNOWN : SE_REJECTED);
    }
}

bool se__job_interrupted(se_job *job, se_outcome outcome)
{
    if (!se__job_is_interrupted(job)) {
        return false;
    }
    se__job_end_interrupted(job, outcome);
    return true;
}

/* ---- the end ---- */

void se__job_drop_choice(se_job *job, se_outcome outcome)
{
    if (job->chosen) {
        job->chosen = false;
        se__choice_release(&job->choice, outcome);
    }
}

static void job_release(se_job *job, se_outcome outcome)
{
    se__loop *loop = job->lane->loop;

    se__timer_cancel(loop, &job->timer);
    se__timer_cancel(loop, &job->deadline);
    se__lane_leave_queue(job->lane, job);
    se__lane_leave_wait(job->lane, job);
    se__job_leave_token(job);
    se__job_drop_choice(job, outcome);
    se__tried_fini(&job->tried);
    /* The descriptor is the caller's again when the job has ended. */
    se__feeder_stop(job->feeder);
    job->feeder = NULL;
    /* So are the spool's file and its share of the quota. */
    se__body_free(job->body);
    job->body = NULL;
    job->spool = NULL;
    se__http_call_fini(&job->call);
    free(job->call_url);
    job->call_url = NULL;
    se__secret_free(job->token);
    job->token = NULL;
}

static void fill_result(se_job *job, se_outcome outcome, const se_error *error)
{
    se_result *result = job->result;

    result->outcome = outcome;
    if (error && outcome != SE_STORED) {
        se__error_copy(&result->error, error);
    }
    result->size = job->body->size < 0 && job->sending.ended
                       ? job->sending.in_body
                       : job->body->size;
    if (job->sending.sha256[0]) {
        se__copy_text(result->sha256, sizeof(result->sha256),
                      job->sending.sha256);
    }
    if (outcome != SE_REJECTED && job->chosen) {
        se__copy_text(result->se_id, sizeof(result->se_id),
                      job->choice.endpoint->id);
        se__copy_text(result->se_url, sizeof(result->se_url), job->choice.url);
    }
    result->registered = SE_REGISTERED_OFF;
    result->duration_ms = se__now_ms() - job->submitted_ms;
}

void se__job_finish(se_job *job, se_outcome outcome, const se_error *error)
{
    if (job->state == SE__JOB_DONE) {
        return;
    }
    if (job->retry_cost) {
        se__budget_retry_done(&job->uploader->budget);
    }
    if (outcome == SE_STORED) {
        se__budget_success(&job->uploader->budget, job->retry_cost);
    }
    atomic_fetch_sub(&job->uploader->budget.active, 1);
    fill_result(job, outcome, error);
    se__job_report_end(job);
    job_release(job, outcome);
    job->state = SE__JOB_DONE;
    se__lane_give_slot(job->lane, job);
    se__uploader_job_ended(job->uploader, job);
}

void se__job_fail(se_job *job, se_outcome outcome, se_err code,
                  const char *format, ...)
{
    se_error error = SE_ERROR_INIT;
    const se_attempt *last = se__result_last(job->result);
    va_list args;

    va_start(args, format);
    se__fail_v(&error, code, format, args);
    va_end(args);
    if (last) {
        error.http_status = last->http_status;
        se__copy_text(error.se_id, sizeof(error.se_id), last->se_id);
    }
    se__job_finish(job, outcome, &error);
}

/* ---- the caller's handle ---- */

const char *se_job_file_id(const se_job *job)
{
    return job->result->file_id;
}

void se_job_cancel(se_job *job)
{
    if (getpid() != job->uploader->pid) {
        return; /* its thread stayed with the parent */
    }
    atomic_store(&job->cancel, true);
    se__uploader_post(job->uploader, job);
}

se_err se_job_wait(se_job *job, int timeout_ms, const se_result **result,
                   se_error *err)
{
    int64_t deadline = se__deadline(se__now_ms(), timeout_ms);
    se_err rc = se__uploader_check(job->uploader, err);
    bool ended;

    if (rc != SE_OK) {
        return rc;
    }
    se__mutex_lock(&job->lock);
    while (!job->ended &&
           se__cond_wait(&job->ended_cond, &job->lock, deadline)) {
        /* woken early, or ended */
    }
    ended = job->ended;
    se__mutex_unlock(&job->lock);
    if (!ended) {
        return se__fail(err, SE_E_TIMEOUT,
                        "the upload has not ended after %d "
                        "ms",
                        timeout_ms);
    }
    if (result) {
        *result = job->result;
    }
    if (job->result->outcome == SE_STORED) {
        return SE_OK;
    }
    return se__error_copy(err, &job->result->error);
}

void se_job_free(se_job *job)
{
    if (job) {
        se__job_unref(job);
    }
}
