/*
 * The uploader: its lanes, the gate that new jobs pass, the callbacks of ended
 * ones, and the way everything stops.
 */
#include "uploader/uploader.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/* ---- life ---- */

se_uploader *se__uploader_ref(se_uploader *uploader)
{
    atomic_fetch_add(&uploader->refs, 1);
    return uploader;
}

static void uploader_free(se_uploader *uploader)
{
    if (uploader->event_fd >= 0) {
        close(uploader->event_fd);
    }
    se__spool_pool_unref(uploader->spools);
    se__selector_unref(uploader->selector);
    se__registry_unref(uploader->registry);
    se__uploader_options_fini(&uploader->options);
    se__cond_fini(&uploader->idle);
    se__mutex_fini(&uploader->lock);
    free(uploader);
}

void se__uploader_unref(se_uploader *uploader)
{
    if (atomic_fetch_sub(&uploader->refs, 1) == 1) {
        uploader_free(uploader);
    }
}

static void fetched(void *user, uint64_t serial, bool ok)
{
    se_uploader *uploader = user;

    (void)serial;
    (void)ok;
    for (int i = 0; i < uploader->n_lanes; i++) {
        if (atomic_load(&uploader->lanes[i].jobs) > 0) {
            se__loop_post(uploader->lanes[i].loop, &uploader->lanes[i].fetched);
        }
    }
}

static se_err open_lanes(se_uploader *uploader, se_error *err)
{
    for (int i = 0; i < uploader->options.transfer_threads; i++) {
        se_err rc = se__lane_open(&uploader->lanes[i], uploader, err);

        if (rc != SE_OK) {
            return rc;
        }
        uploader->n_lanes++;
    }
    return SE_OK;
}

static void close_lanes(se_uploader *uploader)
{
    for (int i = 0; i < uploader->n_lanes; i++) {
        se__lane_close(&uploader->lanes[i]);
    }
}

static se_err open_event_fd(se_uploader *uploader, se_error *err)
{
    if (uploader->options.dispatch != SE_DISPATCH_CALLER) {
        return SE_OK;
    }
    uploader->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (uploader->event_fd < 0) {
        return se__fail_errno(err, SE_E_SYSTEM, errno,
                              "no descriptor for callbacks");
    }
    return SE_OK;
}

static se_err set_up(se_uploader *uploader, se_error *err)
{
    se_err rc =
        se__spool_pool_open(&uploader->spools, uploader->options.spool_dir,
                            uploader->options.spool_quota_bytes, err);

    if (rc == SE_OK) {
        rc = open_event_fd(uploader, err);
    }
    if (rc == SE_OK) {
        rc = open_lanes(uploader, err);
    }
    return rc;
}

se_err se_uploader_open(se_registry *registry, se_selector *selector,
                        const se_uploader_options *options, se_uploader **out,
                        se_error *err)
{
    se_uploader *uploader;
    se_err rc;

    if (!registry || !selector) {
        return se__fail(err, SE_E_INVALID,
                        "an uploader needs a registry and a selector");
    }
    uploader = se__zalloc(sizeof(*uploader));
    if (!uploader) {
        return se__fail(err, SE_E_NOMEM, "out of memory for an uploader");
    }
    atomic_init(&uploader->refs, 1);
    uploader->event_fd = -1;
    uploader->pid = getpid();
    se__mutex_init(&uploader->lock);
    se__cond_init(&uploader->idle);
    se__budget_init(&uploader->budget);
    uploader->registry = se__registry_ref(registry);
    uploader->selector = se__selector_ref(selector);
    rc = se__uploader_options_copy(&uploader->options, options, err);
    if (rc == SE_OK) {
        uploader->log =
            (se__log){uploader->options.log, uploader->options.log_user};
        rc = set_up(uploader, err);
    }
    if (rc != SE_OK) {
        close_lanes(uploader);
        se__uploader_unref(uploader);
        return rc;
    }
    uploader->listener.fn = fetched;
    uploader->listener.user = uploader;
    se__registry_listen(registry, &uploader->listener);
    *out = uploader;
    return SE_OK;
}

/* ---- the gate ---- */

se_err se__uploader_check(const se_uploader *uploader, se_error *err)
{
    if (!uploader) {
        return se__fail(err, SE_E_INVALID, "the uploader is missing");
    }
    if (getpid() != uploader->pid) {
        return se__fail(err, SE_E_FORKED,
                        "the uploader belongs to the parent process; open one "
                        "after fork");
    }
    return SE_OK;
}

static se__lane *least_busy(se_uploader *uploader)
{
    se__lane *best = &uploader->lanes[0];

    for (int i = 1; i < uploader->n_lanes; i++) {
        if (atomic_load(&uploader->lanes[i].jobs) < atomic_load(&best->jobs)) {
            best = &uploader->lanes[i];
        }
    }
    return best;
}

static void link_job_locked(se_uploader *uploader, se_job *job)
{
    job->all_next = uploader->jobs;
    if (uploader->jobs) {
        uploader->jobs->all_prev = job;
    }
    uploader->jobs = job;
    uploader->active++;
}

void se__uploader_unlink_locked(se_uploader *uploader, se_job *job)
{
    if (job->all_prev) {
        job->all_prev->all_next = job->all_next;
    } else {
        uploader->jobs = job->all_next;
    }
    if (job->all_next) {
        job->all_next->all_prev = job->all_prev;
    }
    job->all_prev = NULL;
    job->all_next = NULL;
}

static se_err admit(se_uploader *uploader, se_job *job, se_error *err)
{
    se_err rc = SE_OK;

    se__mutex_lock(&uploader->lock);
    job->lane = least_busy(uploader);
    if (uploader->stopping) {
        rc = se__fail(err, SE_E_CLOSED, "the uploader is stopping");
    } else {
        rc = se__loop_start(job->lane->loop, err);
    }
    if (rc == SE_OK) {
        link_job_locked(uploader, job);
        atomic_fetch_add(&job->lane->jobs, 1);
        se__job_ref(job); /* the engine's, until the end */
        se__job_post(job);
    }
    se__mutex_unlock(&uploader->lock);
    return rc;
}

se_err se_uploader_submit(se_uploader *uploader, const se_upload *upload,
                          se_job **job, se_error *err)
{
    se_upload copy;
    se_job *made = NULL;
    se_err rc;

    rc = se__uploader_check(uploader, err);
    if (rc != SE_OK) {
        return rc;
    }
    rc = se__struct_copy(&copy, sizeof(copy), upload, "se_upload", err);
    if (rc == SE_OK) {
        rc = se__job_new(uploader, &copy, &made, err);
    }
    if (rc == SE_OK) {
        rc = admit(uploader, made, err);
        if (rc != SE_OK) {
            se__job_unref(made);
        }
    }
    if (rc != SE_OK) {
        return rc;
    }
    if (job) {
        *job = made;
    } else {
        se__job_unref(made);
    }
    return SE_OK;
}

se_err se_uploader_upload(se_uploader *uploader, const se_upload *upload,
                          se_result **result, se_error *err)
{
    se_upload quiet;
    se_job *job = NULL;
    se_err rc =
        se__struct_copy(&quiet, sizeof(quiet), upload, "se_upload", err);

    quiet.done = NULL;
    if (rc == SE_OK) {
        rc = se_uploader_submit(uploader, &quiet, &job, err);
    }
    if (rc != SE_OK || !job) {
        return rc;
    }
    rc = se_job_wait(job, -1, NULL, err);
    if (result) {
        /* Nobody else holds the job: its result becomes the caller's. */
        *result = job->result;
        job->result = NULL;
    }
    se_job_free(job);
    return rc;
}

void se__uploader_post(se_uploader *uploader, se_job *job)
{
    se__mutex_lock(&uploader->lock);
    if (!uploader->closed && job->lane) {
        se__job_post(job);
    }
    se__mutex_unlock(&uploader->lock);
}

/* ---- the stop ---- */

static void cancel_all_locked(se_uploader *uploader)
{
    for (se_job *job = uploader->jobs; job; job = job->all_next) {
        atomic_store(&job->cancel, true);
        se__job_post(job);
    }
}

static void wait_idle_locked(se_uploader *uploader, int64_t deadline)
{
    while (uploader->active > 0 &&
           se__cond_wait(&uploader->idle, &uploader->lock, deadline)) {
        /* woken early, or a job ended */
    }
}

void se_uploader_stop(se_uploader *uploader, int drain_ms)
{
    if (getpid() != uploader->pid) {
        return;
    }
    se__mutex_lock(&uploader->lock);
    uploader->stopping = true;
    if (drain_ms > 0) {
        wait_idle_locked(uploader, se__deadline(se__now_ms(), drain_ms));
    }
    cancel_all_locked(uploader);
    wait_idle_locked(uploader, SE__NEVER);
    se__mutex_unlock(&uploader->lock);
}

void se_uploader_close(se_uploader *uploader)
{
    if (!uploader || getpid() != uploader->pid) {
        return; /* the threads of a parent process cannot be joined */
    }
    se_uploader_stop(uploader, 0);
    se__registry_unlisten(uploader->registry, &uploader->listener);
    se__mutex_lock(&uploader->lock);
    uploader->closed = true;
    se__mutex_unlock(&uploader->lock);
    close_lanes(uploader);
    se_uploader_dispatch(uploader);
    se__uploader_unref(uploader);
}
