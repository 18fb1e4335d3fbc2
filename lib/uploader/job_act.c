/*
 * Acting on a verdict: the marks it leaves on the element, the step that comes
 * first, and where the job goes from there.
 */
#include "uploader/uploader.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "element/reply.h"

#define RETRY_AFTER_DEFAULT_S 1
#define RETRY_AFTER_MAX_S 60

/* ---- authorization ---- */

static se_err fetch_token(se_job *job, const char *stale, se_error *err)
{
    const se_uploader_options *options = &job->uploader->options;
    char *token = se__zalloc(SE__TOKEN_SIZE);
    char *header = NULL;
    se_err rc;

    if (!token) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a token");
    }
    rc = options->token(options->token_user, stale, token, SE__TOKEN_SIZE, err);
    if (rc != SE_OK && err->code != rc) {
        se__fail(err, rc, "no token"); /* it did not say why */
    }
    if (rc == SE_OK && token[0]) {
        se__buf buf = SE__BUF_INIT;

        se__buf_puts(&buf, "Bearer ");
        se__buf_puts(&buf, token);
        header = se__buf_take(&buf);
        if (!header) {
            rc = se__fail(err, SE_E_NOMEM, "out of memory for a token");
        }
    }
    se__secret_free(token);
    if (rc == SE_OK) {
        se__secret_free(job->token);
        job->token = header;
    }
    return rc;
}

bool se__job_authorize(se_job *job, bool refused)
{
    static const size_t scheme = sizeof("Bearer ") - 1;
    se_error err = SE_ERROR_INIT;
    char *stale = NULL;
    se_err rc = SE_OK;

    if (!job->uploader->options.token || (job->token && !refused)) {
        return true;
    }
    if (refused && job->token) {
        stale = se__strdup(job->token + scheme);
    }
    rc = fetch_token(job, stale, &err);
    se__secret_free(stale);
    if (rc != SE_OK) {
        se__job_finish(job, SE_REJECTED, &err);
    }
    return rc == SE_OK;
}

/* ---- marks ---- */

static int64_t size_for_mark(const se_job *job)
{
    return job->body->size >= 0 ? job->body->size : job->sending.in_body;
}

static void set_aside(se_job *job)
{
    int64_t seconds = job->call.retry_after_s;

    if (seconds < 0) {
        seconds = RETRY_AFTER_DEFAULT_S;
    } else if (seconds > RETRY_AFTER_MAX_S) {
        seconds = RETRY_AFTER_MAX_S;
    }
    se__endpoint_set_aside(job->choice.endpoint, se__now_ms() + seconds * 1000);
}

static void leave_marks(se_job *job, const se__verdict *verdict)
{
    se__endpoint *endpoint = job->choice.endpoint;
    int64_t now = se__now_ms();

    if (verdict->outcome == SE_STORED) {
        se__endpoint_success(endpoint);
        se__lane_speed_up(job->lane);
    }
    if (verdict->counts_fault) {
        se__endpoint_fault(endpoint, now, se__random());
    }
    if (verdict->marks_full) {
        se__endpoint_mark_full(endpoint, size_for_mark(job), now);
        se__job_report_lazy_capacity(job);
    }
    if (verdict->marks_full || verdict->step == SE__STEP_ASK_CAPACITY) {
        se__lane_probe(job->lane, endpoint, job->choice.url);
    }
    if (verdict->sets_aside) {
        set_aside(job);
    }
    if (verdict->slows_down) {
        se__lane_slow_down(job->lane);
    }
}

/* ---- the ends ---- */

void se__job_stored(se_job *job)
{
    se_attempt *attempt = se__result_last(job->result);

    attempt->outcome = SE_STORED;
    attempt->code = SE_OK;
    attempt->error[0] = '\0';
    se__job_finish(job, SE_STORED, NULL);
}

/* The upload ends, but the next one should see what the list says now. */
void se__job_want_reload(se_job *job, const se__verdict *verdict)
{
    if (verdict->reload >= 0) {
        se__job_report_lazy_reload(job, (se_reload_reason)verdict->reload);
        se__registry_want(job->uploader->registry,
                          (se_reload_reason)verdict->reload,
                          job->chosen_serial);
    }
}

/* This row ends the upload, whatever other elements there are. */
static void end_here(se_job *job, const se__verdict *verdict)
{
    const se_attempt *attempt = se__result_last(job->result);

    se__job_want_reload(job, verdict);
    if (job->call.end == SE__HTTP_BODY_FAILED) {
        se__job_finish(job, verdict->outcome, &job->body->error);
        return;
    }
    se__job_fail(job, verdict->outcome, attempt->code, "%s: %s", attempt->se_id,
                 attempt->error);
}

/* ---- once more at the same element ---- */

static bool again_with_token(se_job *job)
{
    char *before;
    bool fresh;

    if (job->token_fresh || !job->uploader->options.token) {
        return false;
    }
    job->token_fresh = true;
    before = se__strdup(job->token);
    if (!se__job_authorize(job, true)) {
        se__secret_free(before);
        return true; /* ended */
    }
    fresh = job->token && (!before || strcmp(job->token, before) != 0);
    se__secret_free(before);
    if (fresh) {
        job->elements--;
        se__job_send(job);
    }
    return fresh;
}

static bool again_without_expect(se_job *job)
{
    if (job->no_expect) {
        return false;
    }
    job->no_expect = true;
    job->elements--;
    se__job_send(job);
    return true;
}

/* True: the same element is tried again, or the job has ended. */
static bool try_same_again(se_job *job, const se__verdict *verdict)
{
    switch (verdict->again) {
    case SE__AGAIN_FRESH_TOKEN:
        return again_with_token(job);
    case SE__AGAIN_NO_EXPECT:
        return again_without_expect(job);
    case SE__AGAIN_LAST_RESORT:
    case SE__AGAIN_NO:
        break;
    }
    return false;
}

/* ---- acting ---- */

void se__job_act(se_job *job, const se__verdict *verdict,
                 const se__facts *facts)
{
    se__job_report_attempt(job);
    leave_marks(job, verdict);
    if (verdict->outcome == SE_STORED) {
        se__job_stored(job);
        return;
    }
    if (se__job_interrupted(job, verdict->outcome)) {
        return;
    }
    if (verdict->step == SE__STEP_ASK_ID) {
        se__job_ask_id(job, verdict);
    } else if (verdict->step == SE__STEP_DELETE) {
        se__job_delete(job, verdict);
    } else if (!try_same_again(job, verdict)) {
        if (verdict->other == SE__OTHER_NO) {
            end_here(job, verdict);
        } else {
            se__job_again_elsewhere(job, verdict, facts->body_left);
        }
    }
}
