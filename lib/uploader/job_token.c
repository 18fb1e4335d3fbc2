/*
 * WAIT_TOKEN: the token that a job shows to the elements.
 *
 * Design notes. A function of the program answers at once. The Admin Module has
 * a token at hand, or one request brings it for all who wait: then the job
 * waits without a slot and without a reservation, is posted when the request
 * has ended, and picks again, because the list may have changed. If the Admin
 * Module does not answer, or not soon, the file goes out without a token: an
 * element that asks for none takes it. If it refuses, the job ends. A job that
 * an element refuses asks once for another token, and insists on an answer.
 */
#include "uploader/uploader.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define SCHEME "Bearer "

/* How asking for a token went on. */
typedef enum answer {
    ANOTHER, /* job->token is not what it was */
    SAME,
    WAITS, /* se__job_token_ready() will be called */
    FAILED /* err says why */
} answer;

/* ---- keeping it ---- */

/* text may be NULL or empty: none. */
static answer keep(se_job *job, const char *text, se_error *err)
{
    se__buf header = SE__BUF_INIT;
    bool same;

    if (!text || !*text) {
        same = job->token == NULL;
        se__secret_free(job->token);
        job->token = NULL;
        return same ? SAME : ANOTHER;
    }
    if (job->token && strcmp(job->token + sizeof(SCHEME) - 1, text) == 0) {
        return SAME;
    }
    se__buf_puts(&header, SCHEME);
    se__buf_puts(&header, text);
    if (header.failed) {
        se__buf_fini(&header);
        se__fail(err, SE_E_NOMEM, "out of memory for a token");
        return FAILED;
    }
    se__secret_free(job->token);
    job->token = se__buf_take(&header);
    return ANOTHER;
}

/* ---- the program's function ---- */

static answer ask_function(se_job *job, const char *stale, se_error *err)
{
    const se_uploader_options *options = &job->uploader->options;
    char *text = se__zalloc(SE__TOKEN_SIZE);
    answer got = FAILED;
    se_err rc;

    if (!text) {
        se__fail(err, SE_E_NOMEM, "out of memory for a token");
        return FAILED;
    }
    rc = options->token(options->token_user, stale, text, SE__TOKEN_SIZE, err);
    if (rc == SE_OK) {
        got = keep(job, text, err);
    } else if (err->code != rc) {
        se__fail(err, rc, "no token"); /* it did not say why */
    }
    se__secret_free(text);
    return got;
}

/* ---- the Admin Module ---- */

/* On its thread, with its lock held. */
static void token_ready(se__token_wait *wait)
{
    se_job *job = SE__CONTAINER(wait, se_job, token_wait);

    atomic_store(&job->woken, true);
    se__job_post(job);
}

static answer ask_admin(se_job *job, const char *stale, se_error *err)
{
    char *text = NULL;
    answer got = FAILED;

    job->token_wait.ready = token_ready;
    job->token_wait.insists = job->token_refused;
    job->token_waits = false;
    switch (se__admin_token(job->uploader->options.admin, stale,
                            &job->token_wait, &text, err)) {
    case SE__TOKEN_HERE:
        got = keep(job, text, err);
        break;
    case SE__TOKEN_NONE:
        got = SAME;
        break;
    case SE__TOKEN_LATER:
        job->token_waits = true;
        got = WAITS;
        break;
    case SE__TOKEN_DENIED:
        break;
    }
    se__secret_free(text);
    return got;
}

void se__job_leave_token(se_job *job)
{
    if (job->token_waits) {
        job->token_waits = false;
        se__admin_leave(job->uploader->options.admin, &job->token_wait);
    }
}

/* ---- asking ---- */

static bool can_ask(const se_job *job)
{
    const se_uploader_options *options = &job->uploader->options;

    return options->token || options->admin;
}

static answer ask(se_job *job, se_error *err)
{
    const char *refused = job->token_refused && job->token
                              ? job->token + sizeof(SCHEME) - 1
                              : NULL;
    char *stale = se__strdup(refused); /* keep() may free what it points to */
    answer got = FAILED;

    if (refused && !stale) {
        se__fail(err, SE_E_NOMEM, "out of memory for a token");
    } else if (job->uploader->options.token) {
        got = ask_function(job, stale, err);
    } else {
        got = ask_admin(job, stale, err);
    }
    se__secret_free(stale);
    return got;
}

static void park(se_job *job)
{
    se__job_drop_choice(job, SE_REJECTED);
    job->state = SE__JOB_WAIT_TOKEN;
    se__lane_give_slot(job->lane, job);
}

/* False: the job goes out without a token; else it has ended. */
static bool end_denied(se_job *job, const se_error *why)
{
    if (!job->uploader->options.token && se__admin_is_silent(why->code)) {
        job->tokenless = true;
        return false;
    }
    se__job_finish(job, SE_REJECTED, why);
    return true;
}

void se__job_renew_token(se_job *job)
{
    const se_uploader_options *options = &job->uploader->options;

    if (job->token && options->admin && !options->token &&
        ask_admin(job, NULL, NULL) == WAITS) {
        se__job_leave_token(job);
    }
}

bool se__job_authorize(se_job *job)
{
    se_error err = SE_ERROR_INIT;

    if (job->token) {
        se__job_renew_token(job);
        return true;
    }
    if (job->tokenless || !can_ask(job)) {
        return true;
    }
    switch (ask(job, &err)) {
    case WAITS:
        park(job);
        return false;
    case FAILED:
        return !end_denied(job, &err);
    case ANOTHER:
    case SAME:
        break;
    }
    return true;
}

/* ---- after an element refused ---- */

/* It stays refused: say who gave no better one. */
static void end_refused(se_job *job, const char *why)
{
    const se_attempt *attempt = se__result_last(job->result);

    se__job_fail(job, SE_REJECTED, SE_E_AUTH, "%s: %s; %s", attempt->se_id,
                 attempt->error, why);
}

bool se__job_again_with_token(se_job *job)
{
    se_error err = SE_ERROR_INIT;

    if (job->token_fresh || !can_ask(job)) {
        return false;
    }
    job->token_fresh = true;
    job->token_refused = true;
    switch (ask(job, &err)) {
    case ANOTHER:
        job->token_refused = false;
        job->elements--;
        se__job_send(job);
        return true;
    case WAITS:
        job->elements--;
        park(job);
        return true;
    case FAILED:
        if (job->uploader->options.token) {
            se__job_finish(job, SE_REJECTED, &err);
        } else {
            end_refused(job, err.message);
        }
        return true;
    case SAME:
        break;
    }
    return false;
}

/* A request for a token has ended while the job waited for it. */
void se__job_token_ready(se_job *job)
{
    se_error err = SE_ERROR_INIT;
    answer got;

    if (se__job_interrupted(job, SE_REJECTED)) {
        return;
    }
    got = ask(job, &err);
    if (got == WAITS) {
        return;
    }
    if (job->token_refused && got != ANOTHER) {
        end_refused(job,
                    got == SAME ? "no other token is to be had" : err.message);
        return;
    }
    if (got == FAILED && end_denied(job, &err)) {
        return;
    }
    job->token_refused = false;
    se__lane_want_slot(job->lane, job);
}
