/*
 * What uploads look like in the log and in figures.
 *
 * Source: wire-contract 8.3 for the messages, 7.2 for the names. What another
 * element can still make good is a warning here, not an error.
 */
#include "uploader/uploader.h"

#include "base/mem.h"

#define COMPONENT "uploader"
#define INSUFFICIENT_STORAGE 507

/* Ids of the elements that failed this upload; views. */
typedef struct excluded {
    const char *ids[SE__TRIED_MAX];
    size_t n;
} excluded;

static void list_excluded(const se_job *job, excluded *out)
{
    out->n = job->tried.count;
    for (size_t i = 0; i < out->n; i++) {
        out->ids[i] = job->tried.endpoints[i]->id;
    }
}

/* ---- which element ---- */

static void report_retry(const se_job *job)
{
    excluded out;

    list_excluded(job, &out);
    SE__LOG(&job->uploader->log, SE_LOG_INFO, COMPONENT,
            "Retrying upload with different Storage Element",
            SE__LOG_STR("file_id", job->result->file_id),
            SE__LOG_STR("se_id", job->choice.endpoint->id),
            SE__LOG_INT("attempt", (int64_t)job->result->n_attempts + 1),
            SE__LOG_LIST("excluded_se_ids", out.ids, out.n));
}

void se__job_report_chosen(const se_job *job)
{
    const se__endpoint *endpoint = job->choice.endpoint;
    int64_t room = se__endpoint_room(endpoint);

    if (job->uploader->log.fn == NULL) {
        return;
    }
    if (job->tried.count > 0) {
        report_retry(job);
    }
    SE__LOG(
        &job->uploader->log, SE_LOG_INFO, COMPONENT, "Storage Element selected",
        SE__LOG_STR("file_id", job->result->file_id),
        SE__LOG_STR("se_id", endpoint->id),
        SE__LOG_STR("endpoint", job->choice.url),
        SE__LOG_STR("mode", se_mode_name(se__mode_for(job->retention))),
        SE__LOG_INT("capacity_free", room == INT64_MAX ? -1 : room),
        SE__LOG_STR("capacity_status",
                    se_health_name((se_health)atomic_load(&endpoint->health))));
}

/* ---- how an attempt ended ---- */

static void report_full(const se_job *job, const se_attempt *attempt)
{
    excluded out;

    list_excluded(job, &out);
    SE__LOG(&job->uploader->log, SE_LOG_WARNING, COMPONENT,
            "Storage Element returned 507 Insufficient Storage",
            SE__LOG_STR("file_id", job->result->file_id),
            SE__LOG_STR("se_id", attempt->se_id),
            SE__LOG_INT("status_code", attempt->http_status),
            SE__LOG_STR("reason", "insufficient_storage"),
            SE__LOG_INT("attempt", (int64_t)job->result->n_attempts),
            SE__LOG_INT("max_retries", job->uploader->options.max_attempts),
            SE__LOG_LIST("excluded_se_ids", out.ids, out.n),
            SE__LOG_INT("file_size", job->body->size));
}

static void report_failure(const se_job *job, const se_attempt *attempt,
                           const char *message)
{
    SE__LOG(&job->uploader->log, SE_LOG_WARNING, COMPONENT, message,
            SE__LOG_STR("file_id", job->result->file_id),
            SE__LOG_STR("storage_element_id", attempt->se_id),
            SE__LOG_STR("storage_element_url", job->choice.url),
            SE__LOG_INT("status_code", attempt->http_status),
            SE__LOG_STR("outcome", se_outcome_name(attempt->outcome)),
            SE__LOG_STR("error", attempt->error));
}

void se__job_report_attempt(const se_job *job)
{
    const se_attempt *attempt = se__result_last(job->result);

    if (attempt->outcome == SE_STORED) {
        return;
    }
    if (attempt->http_status == INSUFFICIENT_STORAGE) {
        report_full(job, attempt);
    } else if (attempt->http_status > 0) {
        report_failure(job, attempt, "Storage Element HTTP error");
    } else if (job->sending.outgrown) {
        report_failure(job, attempt, "The stream needs more room by now");
    } else if (job->call.end == SE__HTTP_BODY_FAILED) {
        report_failure(job, attempt, "The file could not be read");
    } else {
        report_failure(job, attempt, "Storage Element connection error");
    }
}

/* ---- what it led to ---- */

void se__job_report_lazy_capacity(const se_job *job)
{
    const se_attempt *attempt = se__result_last(job->result);
    const char *id = job->choice.endpoint->id;

    se__metric_add(job->uploader->options.metrics, SE__METRIC_LAZY_UPDATES,
                   SE__LABELS("insufficient_storage", id), 1);
    SE__LOG(&job->uploader->log, SE_LOG_INFO, COMPONENT,
            "Triggering lazy capacity update", SE__LOG_STR("se_id", id),
            SE__LOG_INT("status_code", attempt->http_status),
            SE__LOG_STR("reason", "insufficient_storage"),
            SE__LOG_STR("triggered_by", "upload"),
            SE__LOG_STR("role", se__registry_role(job->uploader->registry)));
}

void se__job_report_lazy_reload(const se_job *job, se_reload_reason reason)
{
    const se_attempt *attempt = se__result_last(job->result);

    SE__LOG(&job->uploader->log, SE_LOG_INFO, COMPONENT,
            "Upload asks for a lazy SE config reload",
            SE__LOG_STR("file_id", job->result->file_id),
            SE__LOG_STR("se_id", attempt ? attempt->se_id : NULL),
            SE__LOG_INT("status_code", attempt ? attempt->http_status : 0),
            SE__LOG_STR("reason", se__reload_reason_name(reason)));
}

bool se__job_want_list(const se_job *job, se_reload_reason reason,
                       uint64_t seen)
{
    const se_attempt *attempt = se__result_last(job->result);

    return se__registry_want_after(job->uploader->registry, reason, seen,
                                   attempt ? attempt->se_id : NULL,
                                   attempt ? attempt->http_status : 0);
}

/* ---- the end ---- */

/* What is unknown is settled by asking the element for the id. */
static void log_unknown(const se_job *job, const se_result *result)
{
    SE__LOG(&job->uploader->log, SE_LOG_WARNING, COMPONENT,
            "Upload outcome is unknown",
            SE__LOG_STR("file_id", result->file_id),
            SE__LOG_STR("se_id", result->se_id),
            SE__LOG_STR("endpoint", result->se_url),
            SE__LOG_STR("error", result->error.message));
}

static void log_end(const se_job *job)
{
    const se_result *result = job->result;

    if (result->outcome == SE_UNKNOWN) {
        log_unknown(job, result);
    } else if (result->outcome == SE_STORED) {
        SE__LOG(&job->uploader->log, SE_LOG_DEBUG, COMPONENT, "File stored",
                SE__LOG_STR("file_id", result->file_id),
                SE__LOG_STR("se_id", result->se_id),
                SE__LOG_INT("file_size", result->size),
                SE__LOG_INT("attempts", (int64_t)result->n_attempts),
                SE__LOG_INT("duration_ms", result->duration_ms));
    }
}

void se__job_report_end(const se_job *job)
{
    se_metrics *metrics = job->uploader->options.metrics;
    const se_result *result = job->result;
    const char *retention = se_retention_name(job->retention);

    log_end(job);
    se__metric_add(metrics, SE__METRIC_UPLOADS,
                   SE__LABELS(retention, se_outcome_name(result->outcome)), 1);
    se__metric_observe(metrics, SE__METRIC_UPLOAD_SECONDS,
                       SE__LABELS(retention),
                       (double)result->duration_ms / 1000);
    if (result->outcome == SE_STORED) {
        se__metric_add(metrics, SE__METRIC_UPLOAD_BYTES, SE__LABELS(retention),
                       (double)result->size);
    }
}
