/*
 * SEND: one attempt. Streams form, file and form end, hashing on the way, and
 * gathers the facts of how it ended.
 */
#include "uploader/uploader.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/redact.h"
#include "base/text.h"
#include "element/reply.h"

#define SMALL_BUFFER ((size_t)64 * 1024)
#define LARGE_BUFFER ((size_t)512 * 1024)
#define MANY_JOBS 16 /* more than this share smaller buffers */
#define EXPECT_IGNORED_MS 1
#define PROGRESS_EVERY_MS 100
#define RESERVE_STEP ((int64_t)1 << 20)

/* ---- the body, as libcurl asks for it ---- */

/* Copy what is left of a piece of the form that lies at `from` of the whole. */
static size_t copy_piece(const char *piece, size_t length, int64_t from,
                         int64_t at, char *buffer, size_t n)
{
    size_t offset = (size_t)(at - from);
    size_t left = length - offset;
    size_t take = left < n ? left : n;

    memcpy(buffer, piece + offset, take);
    return take;
}

static void report_progress(se_job *job, bool now)
{
    int64_t time = se__loop_now_ms(job->lane->loop);

    if (job->progress &&
        (now || time - job->progress_ms >= PROGRESS_EVERY_MS)) {
        job->progress_ms = time;
        job->progress(job->user, job->sending.in_body);
    }
}

/* The last byte of the file was read: is it still the same file? */
static bool end_of_file(se_job *job)
{
    job->sending.ended = true;
    se__sha256_finish(&job->sha, job->sending.sha256);
    report_progress(job, true);
    return se__body_check(job->body, &job->body->error) == SE_OK;
}

/*
 * A stream may have grown since its element was chosen. As long as nothing has
 * left it can still go elsewhere; false: it has to.
 */
static bool still_fits(se_job *job)
{
    int64_t more = se__job_bytes(job) - job->choice.reserved;

    if (more > 0 && !se__endpoint_reserve_fitting(
                        job->choice.endpoint, more,
                        job->uploader->selector->headroom_bytes)) {
        job->sending.outgrown = true;
        return false;
    }
    job->choice.reserved += more > 0 ? more : 0;
    return true;
}

/*
 * A stream whose size nobody knows reserves room as it grows. Under way it does
 * not ask for it: whether all of it fits the element itself says, by a 507.
 */
static void grow_reservation(se_job *job)
{
    if (job->body->size < 0 && job->sending.in_body > job->choice.reserved) {
        se__endpoint_reserve_more(job->choice.endpoint, RESERVE_STEP);
        job->choice.reserved += RESERVE_STEP;
    }
}

static int64_t read_file(se_job *job, char *buffer, size_t n)
{
    se__sending *sending = &job->sending;
    int64_t size = job->call.body_size < 0 ? -1 : job->body->size;
    int64_t got;

    if (size >= 0 && (int64_t)n > size - sending->in_body) {
        n = (size_t)(size - sending->in_body);
    }
    got = n ? se__body_read(job->body, sending->in_body, buffer, n) : 0;
    if (got > 0) {
        se__sha256_update(&job->sha, buffer, (size_t)got);
        sending->in_body += got;
        grow_reservation(job);
        report_progress(job, false);
    }
    return got;
}

/* How much of the whole was there before the part behind the file. */
static int64_t file_end(const se_job *job)
{
    return (int64_t)job->form.before_length + job->sending.in_body;
}

static int64_t read_step(se_job *job, char *buffer, size_t n)
{
    se__sending *sending = &job->sending;
    const se__upload_form *form = &job->form;

    if (sending->at < (int64_t)form->before_length) {
        return (int64_t)copy_piece(form->before, form->before_length, 0,
                                   sending->at, buffer, n);
    }
    if (!sending->ended) {
        int64_t got = read_file(job, buffer, n);

        if (got != 0) {
            return got;
        }
        if (!end_of_file(job)) {
            return SE__BODY_ERROR;
        }
    }
    return (int64_t)copy_piece(form->after, form->after_length, file_end(job),
                               sending->at, buffer, n);
}

static void pause_body(se_job *job)
{
    job->sending.paused = true;
    se__lane_give_slot(job->lane, job);
}

static int64_t read_body(se__http_call *call, char *buffer, size_t n)
{
    se_job *job = SE__CONTAINER(call, se_job, call);
    size_t filled = 0;

    if (job->sending.at == 0 && !still_fits(job)) {
        return SE__HTTP_BODY_ERROR;
    }
    while (filled < n) {
        int64_t got = read_step(job, buffer + filled, n - filled);

        if (got == SE__BODY_ERROR) {
            return SE__HTTP_BODY_ERROR;
        }
        if (got == SE__BODY_AGAIN && filled == 0) {
            pause_body(job);
            return SE__HTTP_BODY_AGAIN;
        }
        if (got <= 0) {
            break;
        }
        job->sending.at += got;
        filled += (size_t)got;
    }
    return (int64_t)filled;
}

void se__job_resume_body(se_job *job)
{
    job->sending.paused = false;
    if (!job->slot) {
        /* It was running: it goes on even if others took the slots. */
        job->slot = true;
        job->lane->running++;
    }
    se__http_resume(&job->call);
}

/* ---- the end ---- */

static void read_success(se_job *job, se__facts *facts)
{
    const se__http_call *call = &job->call;
    se__stored stored;
    se_error why = SE_ERROR_INIT;

    if (se__reply_stored(call->reply.data, call->reply.length, &stored, &why) !=
        SE_OK) {
        return;
    }
    facts->reply_usable =
        call->body_complete &&
        strcmp(stored.file_id, job->result->file_id) == 0 &&
        (stored.size < 0 || stored.size == job->sending.in_body);
    facts->checksum_present = stored.checksum[0] != '\0';
    facts->checksum_equal = facts->checksum_present &&
                            strcmp(stored.checksum, job->sending.sha256) == 0;
}

/* What an element says may quote what it was sent. */
static void describe_error(se_attempt *attempt, const se__http_call *call,
                           const se__facts *facts, const char *text)
{
    char error[sizeof(attempt->error)];

    if (call->status > 0) {
        snprintf(error, sizeof(error), "HTTP %d, %s%s%s", call->status, text,
                 facts->detail[0] ? ": " : "", facts->detail);
    } else {
        se__copy_text(error, sizeof(error),
                      call->error[0] ? call->error : text);
    }
    se__redact(attempt->error, sizeof(attempt->error), error);
}

static void describe(se_attempt *attempt, const se__http_call *call,
                     const se__facts *facts, const se__verdict *verdict)
{
    attempt->row = verdict->name;
    attempt->outcome = verdict->outcome;
    attempt->code = verdict->code;
    attempt->http_status = call->status;
    attempt->bytes_sent = call->body_read;
    attempt->duration_ms = call->finished_ms - call->started_ms;
    if (verdict->outcome == SE_STORED) {
        attempt->error[0] = '\0';
    } else {
        describe_error(attempt, call, facts,
                       verdict->text ? verdict->text : "");
    }
}

static bool is_timeout(se__http_end end)
{
    return end == SE__HTTP_IDLE || end == SE__HTTP_COMMIT_TIMEOUT ||
           end == SE__HTTP_CONNECT_TIMEOUT || end == SE__HTTP_TIMEOUT;
}

/* Broken off by still_fits(): the element is not to blame, nor the file. */
static const se__verdict outgrown = {
    .name = "outgrown",
    .outcome = SE_REJECTED,
    .code = SE_E_NO_SPACE,
    .other = SE__OTHER_AT_ONCE,
    .reload = -1,
    .text = "the stream needs more room by now",
};

static const se__verdict *verdict_of(const se_job *job, const se__facts *facts)
{
    return job->sending.outgrown && facts->end == SE__HTTP_BODY_FAILED
               ? &outgrown
               : se__verdict_for(facts);
}

static void conclude(se_job *job, const se__http_call *call)
{
    char detail[128] = "";
    char code[64] = "";
    se__facts facts = {
        .end = call->end,
        .status = call->status,
        .body_left = call->body_read > 0,
        .detail = detail,
        .code = code,
        .server = call->server,
        .stale_mode_text = job->uploader->options.stale_mode_text,
    };
    const se__verdict *verdict;
    se_attempt *attempt = se__result_last(job->result);

    if (call->end == SE__HTTP_OK && call->status >= 200 && call->status < 300) {
        read_success(job, &facts);
    } else if (call->status > 0) {
        se__reply_detail(call->reply.data, call->reply.length, detail,
                         sizeof(detail));
        se__reply_code(call->reply.data, call->reply.length, code,
                       sizeof(code));
    }
    job->timed_out = is_timeout(call->end);
    verdict = verdict_of(job, &facts);
    describe(attempt, call, &facts, verdict);
    if (call->end == SE__HTTP_BODY_FAILED && verdict != &outgrown) {
        attempt->code = job->body->error.code;
        se__copy_text(attempt->error, sizeof(attempt->error),
                      job->body->error.message);
    }
    se__job_act(job, verdict, &facts);
}

static void send_done(se__http_call *call)
{
    se_job *job = SE__CONTAINER(call, se_job, call);

    job->call_active = false;
    se__body_idle(job->body);
    if (call->expect_ignored) {
        atomic_store(&job->choice.endpoint->expect_ignored, true);
    }
    conclude(job, call);
}

/* The capacity question was not answered: that counts as an attempt. */
void se__job_unanswered(se_job *job, const se__http_call *call)
{
    job->elements++;
    if (!se__result_add(job->result, job->choice.endpoint->id)) {
        se__job_fail(job, SE_REJECTED, SE_E_NOMEM,
                     "out of memory for an attempt");
        return;
    }
    conclude(job, call);
}

/* ---- the start ---- */

static size_t buffer_for(const se_job *job, int64_t total)
{
    if (total >= 0 && total <= (int64_t)SMALL_BUFFER) {
        return SMALL_BUFFER;
    }
    if (total >= 0 && total <= (int64_t)SMALL_BUFFER * 2) {
        return SMALL_BUFFER * 2;
    }
    return job->lane->running <= MANY_JOBS ? LARGE_BUFFER : SMALL_BUFFER;
}

static void prepare_call(se_job *job)
{
    const se_uploader_options *options = &job->uploader->options;
    se__http_call *call = &job->call;
    int64_t size = job->body->size;

    se__http_call_fini(call);
    memset(call, 0, sizeof(*call));
    call->method = "POST";
    call->url = job->call_url;
    call->authorization = job->token;
    call->content_type = job->form.content_type;
    call->read_body = read_body;
    call->body_size = size < 0 ? -1
                               : size + (int64_t)(job->form.before_length +
                                                  job->form.after_length);
    call->no_expect = job->no_expect;
    call->expect_timeout_ms = atomic_load(&job->choice.endpoint->expect_ignored)
                                  ? EXPECT_IGNORED_MS
                                  : options->expect_timeout_ms;
    call->idle_timeout_ms = options->idle_timeout_ms;
    call->commit_timeout_ms = options->commit_timeout_ms;
    call->upload_buffer = buffer_for(job, call->body_size);
    call->done = send_done;
}

void se__job_send(se_job *job)
{
    se_error err = SE_ERROR_INIT;

    job->state = SE__JOB_SEND;
    job->elements++;
    memset(&job->sending, 0, sizeof(job->sending));
    free(job->call_url);
    job->call_url = se__element_upload_url(job->choice.url);
    if (!job->call_url ||
        !se__result_add(job->result, job->choice.endpoint->id)) {
        se__job_fail(job, SE_REJECTED, SE_E_NOMEM,
                     "out of memory for an attempt");
        return;
    }
    if (se__body_check(job->body, &err) != SE_OK ||
        se__sha256_start(&job->sha, &err) != SE_OK) {
        se__job_finish(job, SE_REJECTED, &err);
        return;
    }
    prepare_call(job);
    job->call_active = true;
    se__http_start(job->lane->http, &job->call);
}
