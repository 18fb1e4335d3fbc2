/*
 * Tokens for whoever asks: from the cache, or by one request for all.
 */
#include <string.h>

#include "admin/private.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define REPLY_MAX ((size_t)64 * 1024)

/* ---- the request, on the loop ---- */

static void send_request(se_admin *admin);

/* The memory that held the answer held the token. */
static void forget_answer(se__http_call *call)
{
    if (call->reply.data) {
        explicit_bzero(call->reply.data, call->reply.capacity);
    }
    se__http_call_fini(call);
}

static void note_end(const se_admin *admin, const se__grant *grant,
                     const se_error *err)
{
    if (err->code == SE_OK) {
        SE__LOG(&admin->log, SE_LOG_DEBUG, "admin", "Token acquired",
                SE__LOG_STR("admin_module_url", admin->url),
                SE__LOG_INT("expires_in", grant->life_s));
        return;
    }
    SE__LOG(&admin->log, SE_LOG_WARNING, "admin", "Token request failed",
            SE__LOG_STR("admin_module_url", admin->url),
            SE__LOG_STR("error", err->message),
            SE__LOG_STR("error_type", grant->error_type));
}

static void link_locked(se_admin *admin, se__token_wait *wait)
{
    if (wait->linked) {
        return;
    }
    wait->linked = true;
    wait->prev = NULL;
    wait->next = admin->waiting;
    if (wait->next) {
        wait->next->prev = wait;
    }
    admin->waiting = wait;
}

static void unlink_locked(se_admin *admin, se__token_wait *wait)
{
    if (!wait->linked) {
        return;
    }
    wait->linked = false;
    if (wait->prev) {
        wait->prev->next = wait->next;
    } else {
        admin->waiting = wait->next;
    }
    if (wait->next) {
        wait->next->prev = wait->prev;
    }
}

/* Those who wait are told while nobody can leave. */
static void tell_locked(se_admin *admin, bool all)
{
    se__token_wait *next;

    for (se__token_wait *wait = admin->waiting; wait; wait = next) {
        next = wait->next;
        if (all || !wait->insists) {
            unlink_locked(admin, wait);
            wait->ready(wait);
        }
    }
}

/* The request goes on; who can do without a token waits no longer. */
static void request_is_late(se__timer *timer)
{
    se__token_request *request = SE__CONTAINER(timer, se__token_request, late);
    se_admin *admin = SE__CONTAINER(request, se_admin, request);

    se__mutex_lock(&admin->lock);
    admin->late = true;
    tell_locked(admin, false);
    se__mutex_unlock(&admin->lock);
}

static void end_request(se_admin *admin, se__grant *grant, const se_error *err)
{
    se__token_request *request = &admin->request;
    int64_t now = se__now_ms();

    se__timer_cancel(admin->loop, &request->late);
    if (err->code != SE_E_CANCELED) { /* else the handle is being closed */
        se__admin_count_request(admin, request->state, grant->error_type,
                                now - request->began_ms);
        note_end(admin, grant, err);
    }
    se__mutex_lock(&admin->lock);
    if (err->code == SE_OK) {
        se__token_take(&admin->token, grant->text, grant->life_s,
                       request->forced, request->began_ms);
    } else {
        se__token_fail(&admin->token, err, now);
    }
    admin->requesting = false;
    se__admin_count_ttl_locked(admin, now);
    tell_locked(admin, true);
    se__cond_broadcast(&admin->changed);
    se__mutex_unlock(&admin->lock);
}

static void request_done(se__http_call *call)
{
    se__token_request *request = SE__CONTAINER(call, se__token_request, call);
    se_admin *admin = SE__CONTAINER(request, se_admin, request);
    se__grant grant = {.error_type = ""};
    se_error err = SE_ERROR_INIT;

    /* A connection that was kept for long may be dead: that says nothing. */
    if (call->end == SE__HTTP_LOST && call->status == 0 && !request->repeated) {
        request->repeated = true;
        send_request(admin);
        return;
    }
    se__admin_read_grant(admin->who, call, &grant, &err);
    forget_answer(call);
    end_request(admin, &grant, &err);
}

static void send_request(se_admin *admin)
{
    se__http_call *call = &admin->request.call;

    se__http_call_fini(call);
    memset(call, 0, sizeof(*call));
    call->method = "POST";
    call->url = admin->token_url;
    call->json_body = admin->credentials;
    call->no_expect = true; /* asking twice does no harm */
    call->total_timeout_ms = admin->timeout_ms;
    call->max_reply = REPLY_MAX;
    call->done = request_done;
    se__http_start(admin->http, call);
}

static void run_request(se__task *task)
{
    se__token_request *request = SE__CONTAINER(task, se__token_request, task);
    se_admin *admin = SE__CONTAINER(request, se_admin, request);

    /* Without memory for it all wait until the end. */
    request->late.fire = request_is_late;
    se__timer_set(admin->loop, &request->late,
                  se__deadline(request->began_ms, admin->patience_ms));
    send_request(admin);
}

/* ---- asking ---- */

static se_err start_locked(se_admin *admin, const char *stale, se_error *err)
{
    se__token_request *request = &admin->request;
    int64_t now = se__now_ms();
    se_err rc;

    if (admin->requesting) {
        return SE_OK;
    }
    rc = se__loop_start(admin->loop, err);
    if (rc == SE_OK) {
        admin->requesting = true;
        admin->late = false;
        request->task.run = run_request;
        request->repeated = false;
        request->forced = se__token_is_stale(&admin->token, stale);
        request->state = se__token_look(&admin->token, now);
        request->began_ms = now;
        se__loop_post(admin->loop, &request->task);
    }
    return rc;
}

static se__token_answer hand_out_locked(se_admin *admin, bool from_cache,
                                        char **token, se_error *err)
{
    char *copy = se__strdup(admin->token.text);

    if (!copy) {
        se__fail(err, SE_E_NOMEM, "out of memory for a token");
        return SE__TOKEN_DENIED;
    }
    *token = copy;
    se__admin_count_token_locked(admin, from_cache);
    return SE__TOKEN_HERE;
}

/* *awaits: the request that was waited for, and then the one to wait for. */
static se__token_answer ask_locked(se_admin *admin, const char *stale,
                                   uint64_t *awaits, char **token,
                                   se_error *err)
{
    se__token *cache = &admin->token;
    int64_t now = se__now_ms();
    se__token_step step = se__token_decide(cache, stale, now);
    bool over = *awaits > 0 && cache->ended >= *awaits;

    if (step == SE__TOKEN_REQUEST && over && cache->failure.code != SE_OK) {
        step = SE__TOKEN_FAIL; /* that was long ago, but it was the answer */
    }
    if (*awaits == 0) {
        se__admin_count_look_locked(admin, now);
    }
    switch (step) {
    case SE__TOKEN_RENEW:
        start_locked(admin, NULL, NULL); /* else the next one tries */
        return hand_out_locked(admin, *awaits == 0, token, err);
    case SE__TOKEN_USE:
        return hand_out_locked(admin, *awaits == 0, token, err);
    case SE__TOKEN_FAIL:
        se__error_copy(err, &cache->failure);
        return SE__TOKEN_DENIED;
    case SE__TOKEN_REQUEST:
        break;
    }
    if (start_locked(admin, stale, err) != SE_OK) {
        return SE__TOKEN_DENIED;
    }
    *awaits = cache->ended + 1;
    return SE__TOKEN_LATER;
}

/* What needs no request; false: ask_locked() says. */
static bool answer_without_request(se_admin *admin, const char *stale,
                                   char **token, se_error *err,
                                   se__token_answer *answer)
{
    char *text;

    if (!admin->file) {
        *answer = SE__TOKEN_NONE;
        return admin->credentials == NULL;
    }
    *answer = SE__TOKEN_DENIED;
    text = se__zalloc(SE__GRANT_MAX + 1);
    if (!text) {
        se__fail(err, SE_E_NOMEM, "out of memory for a token");
    } else if (se__token_file_get(admin->file, stale, text, SE__GRANT_MAX + 1,
                                  err) == SE_OK) {
        *token = text;
        *answer = SE__TOKEN_HERE;
        return true;
    }
    se__secret_free(text);
    return true;
}

/* Nobody answers, it seems; `err` says so. */
static bool is_hopeless_locked(const se_admin *admin, se_error *err)
{
    if (se__admin_is_silent(admin->token.failure.code)) {
        se__error_copy(err, &admin->token.failure);
        return true;
    }
    if (admin->late) {
        se__fail(err, SE_E_TIMEOUT, "%s: no answer to the token request yet",
                 admin->who);
    }
    return admin->late;
}

se__token_answer se__admin_token(se_admin *admin, const char *stale,
                                 se__token_wait *wait, char **token,
                                 se_error *err)
{
    se__token_answer answer;

    if (answer_without_request(admin, stale, token, err, &answer)) {
        return answer;
    }
    se__mutex_lock(&admin->lock);
    answer = ask_locked(admin, stale, &wait->awaits, token, err);
    if (answer == SE__TOKEN_LATER && !wait->insists &&
        is_hopeless_locked(admin, err)) {
        answer = SE__TOKEN_DENIED;
    }
    if (answer == SE__TOKEN_LATER) {
        link_locked(admin, wait);
    } else {
        unlink_locked(admin, wait);
        wait->awaits = 0;
    }
    se__mutex_unlock(&admin->lock);
    return answer;
}

void se__admin_leave(se_admin *admin, se__token_wait *wait)
{
    se__mutex_lock(&admin->lock);
    unlink_locked(admin, wait);
    wait->awaits = 0;
    se__mutex_unlock(&admin->lock);
}

bool se__admin_is_silent(se_err code)
{
    return code == SE_E_CONNECT || code == SE_E_TIMEOUT ||
           code == SE_E_PROTOCOL;
}

/* ---- waiting ---- */

static bool goes_on_locked(const se__admin_wait *wait, bool in_time)
{
    return in_time && !wait->stopped;
}

se__token_answer se__admin_await_token(se__admin_wait *wait, const char *stale,
                                       char **token, se_error *err)
{
    se_admin *admin = wait->admin;
    se__token_answer answer;
    uint64_t awaits = 0;
    bool in_time = true;

    if (answer_without_request(admin, stale, token, err, &answer)) {
        return answer;
    }
    se__mutex_lock(&admin->lock);
    do {
        answer = ask_locked(admin, stale, &awaits, token, err);
        while (answer == SE__TOKEN_LATER && goes_on_locked(wait, in_time) &&
               admin->token.ended < awaits) {
            in_time =
                se__cond_wait(&admin->changed, &admin->lock, wait->deadline_ms);
        }
    } while (answer == SE__TOKEN_LATER && goes_on_locked(wait, in_time));
    in_time = !wait->stopped;
    se__mutex_unlock(&admin->lock);
    if (answer == SE__TOKEN_LATER && !in_time) {
        se__fail(err, SE_E_CANCELED, "%s: canceled", admin->who);
        return SE__TOKEN_DENIED;
    }
    if (answer == SE__TOKEN_LATER) {
        se__fail(err, SE_E_TIMEOUT,
                 "%s: no answer to the token request in time", admin->who);
        return SE__TOKEN_DENIED;
    }
    return answer;
}

se_err se_admin_check_token(se_admin *admin, int timeout_ms, se_error *err)
{
    se_error said = SE_ERROR_INIT;
    char *token = NULL;
    se__token_answer answer;
    se__admin_wait wait;
    se_err rc = se__admin_check(admin, err);

    if (rc != SE_OK) {
        return rc;
    }
    se__admin_wait_begin(&wait, admin, -1,
                         se__deadline(se__now_ms(), timeout_ms > 0
                                                        ? timeout_ms
                                                        : admin->timeout_ms));
    answer = se__admin_await_token(&wait, NULL, &token, &said);
    se__admin_wait_end(&wait);
    se__secret_free(token);
    if (answer == SE__TOKEN_NONE) {
        return se__fail(err, SE_E_NOT_FOUND,
                        "%s: no service account is configured", admin->who);
    }
    return answer == SE__TOKEN_HERE ? SE_OK : se__error_copy(err, &said);
}
