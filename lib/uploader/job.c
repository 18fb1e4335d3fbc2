/*
 * The life of a job: from what the caller handed over to the one end it has.
 *
 * Design notes. References: the caller's handle, the engine's (from submit to
 * the end), and one for each time its task is in the inbox. The end is reached
 * exactly once, in se__job_finish(), on the loop thread; whatever the job is in
 * the middle of has been stopped before.
 */
#include "uploader/uploader.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

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

/* ---- what the caller handed over ---- */

static se_err check_body(const se_upload *upload, se_error *err)
{
    int bodies = (upload->path != NULL) + (upload->data != NULL) +
                 (upload->from_fd ? 1 : 0);

    if (bodies != 1) {
        return se__fail(err, SE_E_INVALID,
                        "an upload needs exactly one of path, data and "
                        "from_fd; it has %d",
                        bodies);
    }
    if (upload->data && upload->data_length == 0) {
        return se__fail(err, SE_E_REFUSED, "an empty file cannot be stored");
    }
    return SE_OK;
}

static void wake_job(void *user)
{
    se_job *job = user;

    atomic_store(&job->woken, true);
    se__job_post(job);
}

static se_err open_stream(se_job *job, int fd, se_error *err)
{
    se_err rc =
        se__spool_new(job->uploader->spools, wake_job, job, &job->spool, err);

    if (rc == SE_OK) {
        job->body = se__spool_body(job->spool);
        job->fd = fd;
    }
    return rc;
}

static se_err open_body(se_job *job, const se_upload *upload, se_error *err)
{
    if (upload->path) {
        return se__body_file(upload->path, &job->body, err);
    }
    if (upload->data) {
        return se__body_memory(upload->data, upload->data_length, &job->body,
                               err);
    }
    return open_stream(job, upload->fd, err);
}

static void copy_lower(char *out, size_t size, const char *text)
{
    se__copy_text(out, size, text);
    for (char *c = out; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
}

static se_err build_form(se_job *job, const se_upload *upload, se_error *err)
{
    char file_id[SE__UUID_SIZE];
    const char *named = upload->name ? upload->name : upload->path;
    se__upload_fields fields = {
        .file_id = upload->file_id,
        .name = upload->name,
        .content_type = upload->content_type,
        .description = upload->description,
        .uploaded_by = upload->uploaded_by,
        .uploaded_by_id = upload->uploaded_by_id,
        .metadata = upload->metadata,
        .retention = upload->retention,
        .ttl_days = upload->ttl_days ? upload->ttl_days : 30,
        .now_wall_us = se__wall_us(),
    };
    char *name = NULL;
    se_err rc = SE_OK;

    if (!fields.file_id) {
        rc = se__uuid_make(file_id, err);
        fields.file_id = file_id;
    }
    if (rc == SE_OK) {
        rc = se__upload_check(&fields, err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    if (fields.file_id != file_id) {
        copy_lower(file_id, sizeof(file_id), upload->file_id);
        fields.file_id = file_id;
    }
    name = se__upload_name(named ? named : "unknown");
    job->result = se__result_new(file_id);
    if (!name || !job->result) {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for an upload");
    } else {
        fields.name = name;
        rc = se__upload_form_build(&fields, &job->form, err);
    }
    free(name);
    return rc;
}

static void job_task(se__task *task);

se_err se__job_new(se_uploader *uploader, const se_upload *upload, se_job **out,
                   se_error *err)
{
    se_job *job;
    se_err rc = check_body(upload, err);

    if (rc != SE_OK) {
        return rc;
    }
    job = se__zalloc(sizeof(*job));
    if (!job) {
        return se__fail(err, SE_E_NOMEM, "out of memory for an upload");
    }
    atomic_init(&job->refs, 1);
    job->uploader = se__uploader_ref(uploader);
    job->task.run = job_task;
    job->retention = upload->retention;
    job->done = upload->done;
    job->progress = upload->progress;
    job->user = upload->user;
    job->reload_reason = -1;
    job->submitted_ms = se__now_ms();
    job->deadline_ms = se__deadline(
        job->submitted_ms, upload->deadline_ms > 0 ? upload->deadline_ms : -1);
    se__mutex_init(&job->lock);
    se__cond_init(&job->ended_cond);
    rc = build_form(job, upload, err);
    if (rc == SE_OK) {
        rc = open_body(job, upload, err);
    }
    if (rc != SE_OK) {
        se__job_unref(job);
        return rc;
    }
    *out = job;
    return SE_OK;
}

/* ---- events ---- */

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
    }
}

static void job_task(se__task *task)
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
        se__job_fail(job, SE_REJECTED, SE_E_NOMEM, "out of memory for a timer");
    }
}

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
    se__job_drop_choice(job, outcome);
    se__tried_fini(&job->tried);
    /* The descriptor is the caller's again when the job has ended. */
    se__feeder_stop(job->feeder);
    job->feeder = NULL;
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
    atomic_store(&job->cancel, true);
    se__uploader_post(job->uploader, job);
}

se_err se_job_wait(se_job *job, int timeout_ms, const se_result **result,
                   se_error *err)
{
    int64_t deadline = se__deadline(se__now_ms(), timeout_ms);
    bool ended;

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
