/*
 * The token request: what is sent, and what the answer means.
 */
#include "admin/reply.h"

#include <string.h>
#include <strings.h>

#include "admin/token.h"
#include "base/error.h"
#include "base/mem.h"
#include "wire/json.h"

/* Every byte may become six: the buffer never grows, so nothing is left in
 * memory that was given back. */
#define ESCAPED_MAX 6
#define FRAME_MAX 64

char *se__admin_credentials(const char *client_id, const char *client_secret)
{
    size_t most =
        FRAME_MAX + ESCAPED_MAX * (strlen(client_id) + strlen(client_secret));
    char *room = se__zalloc(most);
    se__buf text = SE__BUF_INIT;
    se__json_writer w = SE__JSON_WRITER(&text);

    if (room) {
        se__buf_append(&text, room, most);
        se__buf_reset(&text);
    }
    free(room);
    se__json_begin_object(&w);
    se__json_write_key(&w, "client_id");
    se__json_write_string(&w, client_id);
    se__json_write_key(&w, "client_secret");
    se__json_write_string(&w, client_secret);
    se__json_end_object(&w);
    return se__buf_take(&text);
}

/* ---- no answer, or not to the end ---- */

typedef struct end_row {
    se__http_end end;
    se_err code;
    const char *error_type;
} end_row;

static const end_row ends[] = {
    {SE__HTTP_RESOLVE, SE_E_CONNECT, "connection_error"},
    {SE__HTTP_CONNECT, SE_E_CONNECT, "connection_error"},
    {SE__HTTP_CONNECT_TIMEOUT, SE_E_TIMEOUT, "timeout"},
    {SE__HTTP_TLS, SE_E_CONNECT, "ssl_error"},
    {SE__HTTP_LOST, SE_E_CONNECT, "connection_error"},
    {SE__HTTP_IDLE, SE_E_TIMEOUT, "timeout"},
    {SE__HTTP_COMMIT_TIMEOUT, SE_E_TIMEOUT, "timeout"},
    {SE__HTTP_TIMEOUT, SE_E_TIMEOUT, "timeout"},
    {SE__HTTP_TOO_LARGE, SE_E_PROTOCOL, "unknown"},
    {SE__HTTP_CANCELED, SE_E_CANCELED, "unknown"},
};

static const end_row otherwise = {SE__HTTP_INTERNAL, SE_E_NOMEM, "unknown"};

static const end_row *row_of(se__http_end end)
{
    for (size_t i = 0; i < SE__COUNT(ends); i++) {
        if (ends[i].end == end) {
            return &ends[i];
        }
    }
    return &otherwise;
}

/* ---- an answer ---- */

typedef struct status_row {
    int from, to;
    se_err code;
    const char *error_type;
    const char *text;
} status_row;

static const status_row token_statuses[] = {
    {200, 200, SE_OK, "", ""},
    {400, 400, SE_E_AUTH, "unknown", "the service account is not accepted"},
    {401, 401, SE_E_AUTH, "http_401",
     "client id or secret is wrong, or the account is suspended"},
    {403, 403, SE_E_AUTH, "unknown", "the service account is not accepted"},
    {422, 422, SE_E_AUTH, "unknown", "the request is not accepted"},
    {300, 399, SE_E_PROTOCOL, "unknown",
     "a redirect, which is not followed; is the URL right?"},
    {500, 599, SE_E_PROTOCOL, "http_500", "it has a problem of its own"},
    {0, 999, SE_E_PROTOCOL, "unknown", "is this an Admin Module?"},
};

static const status_row answer_statuses[] = {
    {200, 200, SE_OK, "", ""},
    {401, 401, SE_E_AUTH, "", "not authenticated"},
    {403, 403, SE_E_AUTH, "", "not allowed for this account"},
    {404, 404, SE_E_NOT_FOUND, "", "not found"},
    {300, 399, SE_E_PROTOCOL, "",
     "a redirect, which is not followed; is the URL right?"},
    {500, 599, SE_E_PROTOCOL, "", "it has a problem of its own"},
    {0, 999, SE_E_PROTOCOL, "", "is this an Admin Module?"},
};

/* The last row of a table takes everything. */
static const status_row *status_of(const status_row *rows, int status)
{
    while (status < rows->from || status > rows->to) {
        rows++;
    }
    return rows;
}

/* The status of the answer belongs to the error. */
static se_err fail_with(se_error *err, se_err code, int status, const char *who,
                        const char *what, const char *why)
{
    se__fail(err, code, "%s: %s: HTTP %d, %s", who, what, status, why);
    if (err) {
        err->http_status = status;
    }
    return code;
}

/* ---- the token in it ---- */

/* Fit to become a header line, and one word. */
static bool is_token(const char *text)
{
    size_t length = text ? strnlen(text, SE__GRANT_MAX + 1) : 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            return false;
        }
    }
    return length > 0 && length <= SE__GRANT_MAX;
}

/* What says nothing useful about its life is as good as one that is silent. */
static int64_t life_of(const se__json_value *root)
{
    int64_t life;

    if (!se__json_int64(se__json_get(root, "expires_in"), &life) || life <= 0) {
        return SE__TOKEN_LIFE_S;
    }
    return life < SE__TOKEN_LIFE_MAX_S ? life : SE__TOKEN_LIFE_MAX_S;
}

static bool is_bearer(const se__json_value *root)
{
    const se__json_value *type = se__json_get(root, "token_type");
    const char *text = se__json_string(type);

    return type == NULL || se__json_is_null(type) ||
           (text && strcasecmp(text, "Bearer") == 0);
}

static se_err take_token(const char *who, const se__json_value *root,
                         se__grant *out, se_error *err)
{
    const char *text = se__json_string(se__json_get(root, "access_token"));

    if (!is_token(text) || !is_bearer(root)) {
        out->error_type = "missing_token";
        return se__fail(err, SE_E_PROTOCOL,
                        "%s: its answer to the token request holds no bearer "
                        "token",
                        who);
    }
    out->text = se__strdup(text);
    if (!out->text) {
        out->error_type = "unknown";
        return se__fail(err, SE_E_NOMEM, "out of memory for a token");
    }
    out->life_s = life_of(root);
    out->error_type = "";
    return SE_OK;
}

/* The parser's words stay here: they may quote the answer. */
static se_err read_token(const char *who, const se__buf *reply, se__grant *out,
                         se_error *err)
{
    se__json *json = NULL;
    se_err rc = se__json_parse(reply->data ? reply->data : "", reply->length,
                               &se__json_reply_limits, &json, NULL);

    if (rc == SE_E_NOMEM) {
        out->error_type = "unknown";
        return se__fail(err, rc, "out of memory for a token");
    }
    if (rc != SE_OK) {
        out->error_type = "invalid_json";
        return se__fail(err, SE_E_PROTOCOL,
                        "%s: its answer to the token request is not JSON; is "
                        "this an Admin Module?",
                        who);
    }
    rc = take_token(who, se__json_root(json), out, err);
    se__json_free(json);
    return rc;
}

se_err se__admin_read_grant(const char *who, const se__http_call *call,
                            se__grant *out, se_error *err)
{
    const status_row *row;

    if (call->end != SE__HTTP_OK) {
        const end_row *end = row_of(call->end);

        out->error_type = end->error_type;
        return se__fail(err, end->code, "%s: token request: %s", who,
                        call->error);
    }
    row = status_of(token_statuses, call->status);
    out->error_type = row->error_type;
    if (row->code != SE_OK) {
        return fail_with(err, row->code, call->status, who, "token request",
                         row->text);
    }
    return read_token(who, &call->reply, out, err);
}

se_err se__admin_check_answer(const char *who, const se__http_call *call,
                              se_error *err)
{
    const status_row *row;

    if (call->end == SE__HTTP_TOO_LARGE) {
        return se__fail(err, SE_E_LIMIT, "%s: %s", who, call->error);
    }
    if (call->end != SE__HTTP_OK) {
        return se__fail(err, row_of(call->end)->code, "%s: %s", who,
                        call->error);
    }
    row = status_of(answer_statuses, call->status);
    if (row->code != SE_OK) {
        return fail_with(err, row->code, call->status, who, "request",
                         row->text);
    }
    if (strncasecmp(call->content_type_in, "text/html", 9) == 0) {
        return se__fail(err, SE_E_PROTOCOL,
                        "%s answers with a page for people; is this an Admin "
                        "Module?",
                        who);
    }
    return SE_OK;
}
