/*
 * Making a job from what the caller hands over. Everything that can be checked
 * without contact is checked here.
 */
#include "uploader/uploader.h"

#include <ctype.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

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
    if (upload->from_fd && upload->fd < 0) {
        return se__fail(err, SE_E_INVALID, "%d is no descriptor", upload->fd);
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
        job->own_id = true;
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
    job->task.run = se__job_task;
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
