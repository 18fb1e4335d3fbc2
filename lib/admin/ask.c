/*
 * Questions to the Admin Module by threads that wait for the answer.
 */
#include <string.h>

#include "admin/private.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define LIST_PATH "/api/v1/internal/storage-elements/available"
#define ELEMENT_PATH "/api/v1/internal/storage-elements/"
#define LIST_MAX ((size_t)8 * 1024 * 1024)
#define ELEMENT_MAX ((size_t)64 * 1024)

/* On the stack of who asks, until it is answered. */
typedef struct question {
    se__task task;
    se__http_call call;
    se_admin *admin;
    se__admin_wait *wait;
    bool answered; /* under the Admin's lock */
} question;

static void question_done(se__http_call *call)
{
    question *asked = SE__CONTAINER(call, question, call);
    se_admin *admin = asked->admin;

    asked->wait->call = NULL;
    se__mutex_lock(&admin->lock);
    asked->answered = true;
    se__cond_broadcast(&admin->changed);
    se__mutex_unlock(&admin->lock);
}

static void question_start(se__task *task)
{
    question *asked = SE__CONTAINER(task, question, task);

    asked->wait->call = &asked->call;
    se__http_start(asked->admin->http, &asked->call);
    if (asked->wait->stopped) {
        se__http_cancel(&asked->call);
    }
}

/* The call ends at its time, or is stopped: there is nothing else to wait for.
 */
static se_err run_question(question *asked, se_error *err)
{
    se_admin *admin = asked->admin;
    int left = se__time_left(asked->wait->deadline_ms, se__now_ms());
    se_err rc = se__loop_start(admin->loop, err);

    if (rc != SE_OK) {
        return rc;
    }
    if (left == 0) {
        return se__fail(err, SE_E_TIMEOUT, "%s: no time left to ask it",
                        admin->who);
    }
    asked->call.total_timeout_ms =
        left < admin->timeout_ms ? left : admin->timeout_ms;
    se__loop_post(admin->loop, &asked->task);
    se__mutex_lock(&admin->lock);
    while (!asked->answered) {
        se__cond_wait(&admin->changed, &admin->lock, SE__NEVER);
    }
    se__mutex_unlock(&admin->lock);
    return se__admin_check_answer(admin->who, &asked->call, err);
}

static char *header_of(const char *token)
{
    se__buf text = SE__BUF_INIT;

    se__buf_puts(&text, "Bearer ");
    se__buf_puts(&text, token);
    return se__buf_take(&text);
}

/* One GET; token may be NULL. On success the body is the caller's. */
static se_err get_once(se__admin_wait *wait, const char *url, const char *token,
                       size_t max_reply, se__buf *body, se_error *err)
{
    question asked = {
        .admin = wait->admin, .wait = wait, .task = {.run = question_start}};
    char *header = token ? header_of(token) : NULL;
    se_err rc;

    if (token && !header) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a request");
    }
    asked.call.method = "GET";
    asked.call.url = url;
    asked.call.authorization = header;
    asked.call.max_reply = max_reply;
    asked.call.done = question_done;
    rc = run_question(&asked, err);
    if (rc == SE_OK) {
        *body = asked.call.reply;
        asked.call.reply = (se__buf)SE__BUF_INIT;
    }
    se__http_call_fini(&asked.call);
    se__secret_free(header);
    return rc;
}

/* Nobody has an account here: say how to name one. */
static se_err explain_refusal(const se_admin *admin, se_error *err)
{
    int status = err->http_status;

    se__fail(err, SE_E_AUTH,
             "%s: HTTP %d, not authenticated: it needs a service account; set "
             "SERVICE_ACCOUNT_CLIENT_ID and SERVICE_ACCOUNT_CLIENT_SECRET",
             admin->who, status);
    err->http_status = status;
    return SE_E_AUTH;
}

/* After a 401: once more if another token is to be had. `said` is full. */
static se_err get_again(se__admin_wait *wait, const char *url,
                        const char *stale, size_t max_reply, se__buf *body,
                        se_error *said)
{
    se_error why = SE_ERROR_INIT;
    char *token = NULL;
    se_err rc = SE_E_AUTH;

    switch (se__admin_await_token(wait, stale, &token, &why)) {
    case SE__TOKEN_HERE:
        if (!stale || strcmp(token, stale) != 0) {
            rc = get_once(wait, url, token, max_reply, body, said);
        }
        break;
    case SE__TOKEN_NONE:
        rc = explain_refusal(wait->admin, said);
        break;
    case SE__TOKEN_LATER:
    case SE__TOKEN_DENIED:
        rc = se__error_copy(said, &why);
        break;
    }
    se__secret_free(token);
    return rc;
}

static se_err get_url(se__admin_wait *wait, const char *url, size_t max_reply,
                      se__buf *body, se_error *err)
{
    se_error said = SE_ERROR_INIT;
    char *token = NULL;
    se_err rc;

    if (se__admin_await_token(wait, NULL, &token, &said) == SE__TOKEN_DENIED) {
        return se__error_copy(err, &said);
    }
    rc = get_once(wait, url, token, max_reply, body, &said);
    if (rc == SE_E_AUTH && (said.http_status == 401 || token == NULL)) {
        rc = get_again(wait, url, token, max_reply, body, &said);
    }
    se__secret_free(token);
    return rc == SE_OK ? SE_OK : se__error_copy(err, &said);
}

se_err se__admin_get(se__admin_wait *wait, const char *path, size_t max_reply,
                     se__buf *body, se_error *err)
{
    se__buf url = SE__BUF_INIT;
    char *text;
    se_err rc;

    se__buf_puts(&url, wait->admin->url);
    se__buf_puts(&url, path);
    text = se__buf_take(&url);
    if (!text) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a request");
    }
    rc = get_url(wait, text, max_reply, body, err);
    free(text);
    return rc;
}

/* "Admin Module URL: what is wrong with its answer". */
static se_err blame(const se_admin *admin, const se_error *said, se_error *err)
{
    return se__fail(err, said->code, "%s: %s", admin->who, said->message);
}

se_err se__admin_list(se_admin *admin, int timeout_ms, int stop_fd,
                      se_topology **out, se_error *err)
{
    se__admin_wait wait;
    se_error said = SE_ERROR_INIT;
    se__buf body = SE__BUF_INIT;
    se_err rc = se__admin_check(admin, err);

    if (rc == SE_OK) {
        se__admin_wait_begin(&wait, admin, stop_fd,
                             se__deadline(se__now_ms(), timeout_ms));
        rc = se__admin_get(&wait, LIST_PATH, LIST_MAX, &body, err);
        se__admin_wait_end(&wait);
    }
    if (rc != SE_OK) {
        return rc;
    }
    rc = se__admin_read_list(body.data ? body.data : "", body.length, out,
                             &said);
    se__buf_fini(&body);
    return rc == SE_OK ? SE_OK : blame(admin, &said, err);
}

se_err se__admin_capacity(se_admin *admin, const char *id, int timeout_ms,
                          se__admin_figures *out, se_error *err)
{
    char path[sizeof(ELEMENT_PATH) + SE_ID_SIZE] = ELEMENT_PATH;
    se__admin_wait wait;
    se_error said = SE_ERROR_INIT;
    se__buf body = SE__BUF_INIT;
    se_err rc = se__admin_check(admin, err);

    if (rc != SE_OK) {
        return rc;
    }
    if (!se__id_valid(id)) {
        return se__fail(err, SE_E_INVALID, "no id of a storage element");
    }
    se__copy_text(path + sizeof(ELEMENT_PATH) - 1, SE_ID_SIZE, id);
    se__admin_wait_begin(&wait, admin, -1,
                         se__deadline(se__now_ms(), timeout_ms));
    rc = se__admin_get(&wait, path, ELEMENT_MAX, &body, err);
    se__admin_wait_end(&wait);
    if (rc != SE_OK) {
        return rc;
    }
    rc = se__admin_read_figures(body.data ? body.data : "", body.length, out,
                                &said);
    se__buf_fini(&body);
    return rc == SE_OK ? SE_OK : blame(admin, &said, err);
}
