/*
 * Resolving an unknown outcome: ask the element for the file id, delete wrong
 * content, ask for its room.
 *
 * Design notes. An element is asked up to three times, an interval apart, so
 * that three answers of "not found" span two seconds: a slow commit may land
 * later, and an element says 404 on internal errors too. The same content is
 * STORED. Other content is somebody else's if the element said that the id
 * exists, a broken copy of ours, to be deleted, if we made the id, and else may
 * be either. What is not resolved ends the upload as unknown.
 */
#include "uploader/uploader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "element/reply.h"

#define QUESTIONS 3

void se__job_control_call(se_job *job, const char *method, char *url,
                          void (*done)(se__http_call *call))
{
    se__http_call *call = &job->call;

    se__http_call_fini(call);
    memset(call, 0, sizeof(*call));
    free(job->call_url);
    job->call_url = url;
    if (!url) {
        se__job_fail(job, SE_UNKNOWN, SE_E_UNKNOWN_OUTCOME,
                     "out of memory while asking %s for the file",
                     job->choice.endpoint->id);
        return;
    }
    se__job_renew_token(job);
    call->method = method;
    call->url = url;
    call->authorization = job->token;
    call->total_timeout_ms = job->uploader->options.control_timeout_ms;
    call->done = done;
    job->call_active = true;
    se__http_start(job->lane->http, call);
}

static void log_surplus(const se_job *job, const char *why)
{
    SE__LOG(&job->uploader->log, SE_LOG_WARNING, "uploader",
            "A surplus copy may be left behind",
            SE__LOG_STR("file_id", job->result->file_id),
            SE__LOG_STR("se_id", job->choice.endpoint->id),
            SE__LOG_STR("reason", why));
}

/* ---- after it is resolved ---- */

static void go_on(se_job *job, const se__verdict *verdict)
{
    const se_attempt *attempt = se__result_last(job->result);

    if (se__job_interrupted(job, SE_REJECTED)) {
        return;
    }
    if (verdict->other != SE__OTHER_NO) {
        se__job_again_elsewhere(job, verdict, true);
    } else if (attempt->code == SE_E_FILE ||
               attempt->code == SE_E_FILE_CHANGED) {
        se__job_finish(job, SE_REJECTED, &job->body->error);
    } else {
        se__job_fail(job, SE_REJECTED, attempt->code, "%s: %s", attempt->se_id,
                     attempt->error);
    }
}

/* ---- ASK_CAPACITY ---- */

static void capacity_known(se__probe *probe, bool answered)
{
    se_job *job = SE__CONTAINER(probe, se_job, probe);
    se__endpoint *endpoint = job->choice.endpoint;
    int64_t now = se__now_ms();
    int64_t size = se__job_bytes(job);

    job->probe_active = false;
    /* Our own reservation still counts: below nothing is too little. */
    if (answered && (se__endpoint_is_full(endpoint, size, now) ||
                     se__endpoint_room(endpoint) <
                         job->uploader->selector->headroom_bytes)) {
        se_attempt *attempt = se__result_last(job->result);

        se__endpoint_mark_full(endpoint, size, now);
        attempt->code = SE_E_NO_SPACE;
        if (job->resolving.verdict->reload_if_full) {
            job->reload_reason = SE_RELOAD_INSUFFICIENT_STORAGE;
            se__job_report_lazy_reload(job, SE_RELOAD_INSUFFICIENT_STORAGE);
            se__job_want_list(job, SE_RELOAD_INSUFFICIENT_STORAGE,
                              job->chosen_serial);
        }
    }
    go_on(job, job->resolving.verdict);
}

void se__job_ask_capacity(se_job *job, const se__verdict *verdict)
{
    job->state = SE__JOB_ASK_CAPACITY;
    job->resolving.verdict = verdict;
    memset(&job->probe, 0, sizeof(job->probe));
    job->probe.done = capacity_known;
    job->probe_active = true;
    se__probe_start(&job->probe, job->lane->http, job->choice.endpoint,
                    job->choice.url, job->uploader->options.probe_timeout_ms);
}

/* ---- DELETE ---- */

static void delete_done(se__http_call *call)
{
    static const int other_way[] = {401, 403, 404, 405};
    se_job *job = SE__CONTAINER(call, se_job, call);
    bool gone = call->end == SE__HTTP_OK &&
                ((call->status >= 200 && call->status < 300) ||
                 (job->resolving.gc_refused && call->status == 404));

    job->call_active = false;
    if (se__job_interrupted(job, SE_UNKNOWN)) {
        return;
    }
    for (size_t i = 0; i < SE__COUNT(other_way); i++) {
        if (call->end == SE__HTTP_OK && call->status == other_way[i] &&
            !job->resolving.gc_refused) {
            job->resolving.gc_refused = true;
            se__job_control_call(
                job, "DELETE",
                se__element_file_url(job->choice.url, job->result->file_id),
                delete_done);
            return;
        }
    }
    if (!gone) {
        log_surplus(job, "wrong content could not be deleted");
    }
    go_on(job, job->resolving.verdict);
}

void se__job_delete(se_job *job, const se__verdict *verdict)
{
    SE__LOG(&job->uploader->log, SE_LOG_ERROR, "uploader",
            "Stored content differs from what was sent",
            SE__LOG_STR("file_id", job->result->file_id),
            SE__LOG_STR("se_id", job->choice.endpoint->id));
    job->state = SE__JOB_DELETE;
    job->resolving.verdict = verdict;
    job->resolving.gc_refused = false;
    se__lane_give_slot(job->lane, job);
    se__job_control_call(
        job, "DELETE",
        se__element_gc_url(job->choice.url, job->result->file_id), delete_done);
}

/* ---- ASK_ID ---- */

typedef enum answer {
    SAME,
    OTHER,
    ABSENT,
    UNCLEAR
} answer;

/*
 * Without the whole body there is no checksum of ours. What then stands under
 * an id that we made is a broken copy; under an id that the caller gave it may
 * be an upload of long ago.
 */
static answer compare(se_job *job, const se__stored *stored)
{
    const se__sending *sending = &job->sending;
    bool complete = sending->sha256[0] != '\0';
    int64_t size = complete ? sending->in_body : job->body->size;

    if (complete && stored->size == size &&
        strcmp(stored->checksum, sending->sha256) == 0) {
        return SAME;
    }
    if (complete || job->own_id || (size >= 0 && stored->size != size)) {
        return OTHER;
    }
    snprintf(job->resolving.why, sizeof(job->resolving.why),
             "it holds a file of that id, which could not be compared");
    return UNCLEAR;
}

static answer read_answer(se_job *job, const se__http_call *call)
{
    se__stored stored;
    se_error why = SE_ERROR_INIT;

    if (call->end != SE__HTTP_OK) {
        se__copy_text(job->resolving.why, sizeof(job->resolving.why),
                      call->error);
        return UNCLEAR;
    }
    if (call->status == 404) {
        return ABSENT;
    }
    if (call->status != 200) {
        snprintf(job->resolving.why, sizeof(job->resolving.why),
                 "it answers HTTP %d when asked for it", call->status);
        return UNCLEAR;
    }
    if (se__reply_stored(call->reply.data, call->reply.length, &stored, &why) !=
            SE_OK ||
        strcmp(stored.file_id, job->result->file_id) != 0 ||
        stored.checksum[0] == '\0' || stored.size < 0) {
        snprintf(job->resolving.why, sizeof(job->resolving.why),
                 "its answer does not say what it holds");
        return UNCLEAR;
    }
    return compare(job, &stored);
}

static void ask(se_job *job);

static void ask_again(se__timer *timer)
{
    ask(SE__CONTAINER(timer, se_job, timer));
}

static void end_unknown(se_job *job, const char *why)
{
    const se_attempt *attempt = se__result_last(job->result);

    se__job_want_reload(job, job->resolving.verdict);
    se__job_fail(job, SE_UNKNOWN, SE_E_UNKNOWN_OUTCOME,
                 "%s: %s; it may hold the file: %s", attempt->se_id,
                 attempt->error, why);
}

/* Three times "not found": nothing is stored, as far as one can know. */
static void absent(se_job *job)
{
    const se__verdict *verdict = job->resolving.verdict;

    if (verdict->exists) {
        end_unknown(job, "it says that the id exists, and does not find it");
        return;
    }
    log_surplus(job, "a late commit is possible");
    if (verdict->reload_if_full) {
        se__job_ask_capacity(job, verdict);
    } else {
        go_on(job, verdict);
    }
}

static void other_content(se_job *job)
{
    const se__verdict *verdict = job->resolving.verdict;

    if (!verdict->exists) {
        if (job->own_id) {
            se__job_delete(job, verdict);
        } else {
            /* Whose it is nobody knows: it is not ours to delete. */
            end_unknown(job, "it holds other content under that id");
        }
        return;
    }
    se__result_last(job->result)->outcome = SE_REJECTED;
    se__job_fail(job, SE_REJECTED, SE_E_CONFLICT,
                 "%s holds other content under file id %s",
                 job->choice.endpoint->id, job->result->file_id);
}

static void asked(se__http_call *call)
{
    se_job *job = SE__CONTAINER(call, se_job, call);
    se__resolving *resolving = &job->resolving;
    answer got;

    job->call_active = false;
    resolving->questions++;
    got = read_answer(job, call);
    if (got == SAME) {
        se__job_stored(job);
        return;
    }
    if (se__job_interrupted(job, SE_UNKNOWN)) {
        return;
    }
    if (got == OTHER) {
        other_content(job);
        return;
    }
    resolving->absent += got == ABSENT;
    if (resolving->questions < QUESTIONS) {
        se__job_timer(job, job->uploader->options.resolve_interval_ms,
                      ask_again);
    } else if (resolving->absent == QUESTIONS) {
        absent(job);
    } else {
        end_unknown(job, resolving->why);
    }
}

static void ask(se_job *job)
{
    se__job_control_call(
        job, "GET", se__element_file_url(job->choice.url, job->result->file_id),
        asked);
}

void se__job_ask_id(se_job *job, const se__verdict *verdict)
{
    job->state = SE__JOB_ASK_ID;
    memset(&job->resolving, 0, sizeof(job->resolving));
    job->resolving.verdict = verdict;
    se__lane_give_slot(job->lane, job);
    ask(job);
}
