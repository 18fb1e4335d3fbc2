/*
 * The table. One row per line of semantics 5; the first that matches decides.
 *
 * Design notes. "No body byte left" is a proof and comes before what a status
 * says, except where the status tells more than that nothing is stored: which
 * element to avoid, for how long, and whether the caller is at fault. A status
 * counts also when the connection died after it: an early answer to a large
 * body often ends in a reset.
 */
#include "uploader/verdict.h"

#include <string.h>
#include <strings.h>

/* Was the body on its way? */
typedef enum body_state {
    ANY,
    NONE_LEFT,
    SOME_LEFT
} body_state;

typedef struct row {
    bool (*matches)(const se__facts *facts); /* NULL: always */
    int status_low, status_high;             /* 0, 0: no status came */
    body_state body;
    se__verdict verdict;
} row;

#define ANY_STATUS -1, 999
#define NO_STATUS 0, 0

/* ---- what a row may ask for besides status and body ---- */

static bool contains(const char *text, const char *part)
{
    return text && part && part[0] && strcasestr(text, part) != NULL;
}

static bool is_canceled(const se__facts *f)
{
    return f->end == SE__HTTP_CANCELED;
}

static bool is_body_failed(const se__facts *f)
{
    return f->end == SE__HTTP_BODY_FAILED;
}

static bool is_internal(const se__facts *f)
{
    return f->end == SE__HTTP_INTERNAL;
}

static bool is_unreachable(const se__facts *f)
{
    return f->end == SE__HTTP_RESOLVE || f->end == SE__HTTP_CONNECT ||
           f->end == SE__HTTP_CONNECT_TIMEOUT || f->end == SE__HTTP_TLS;
}

static bool is_complete(const se__facts *f)
{
    return f->end == SE__HTTP_OK;
}

static bool is_stored(const se__facts *f)
{
    return is_complete(f) && f->reply_usable && f->checksum_equal;
}

static bool is_wrong_checksum(const se__facts *f)
{
    return is_complete(f) && f->reply_usable && f->checksum_present &&
           !f->checksum_equal;
}

static bool is_proxy(const se__facts *f)
{
    return contains(f->server, "envoy") || contains(f->detail, "buffer limit");
}

static bool is_stale_mode(const se__facts *f)
{
    return contains(f->detail, f->stale_mode_text);
}

static bool is_mode_code(const se__facts *f)
{
    return contains(f->code, "MODE_NOT_ALLOWED");
}

static bool already_exists(const se__facts *f)
{
    return contains(f->detail, "already exists");
}

/* ---- the rows ---- */

#define NO_RELOAD (-1)

static const row rows[] = {
    /* our own doing */
    {is_canceled,
     ANY_STATUS,
     NONE_LEFT,
     {.name = "canceled_early",
      .outcome = SE_REJECTED,
      .code = SE_E_CANCELED,
      .reload = NO_RELOAD,
      .text = "canceled"}},
    {is_canceled,
     ANY_STATUS,
     SOME_LEFT,
     {.name = "canceled_in_body",
      .outcome = SE_UNKNOWN,
      .code = SE_E_UNKNOWN_OUTCOME,
      .reload = NO_RELOAD,
      .text = "canceled in the middle of the body"}},
    {is_body_failed,
     ANY_STATUS,
     NONE_LEFT,
     {.name = "body_failed_early",
      .outcome = SE_REJECTED,
      .code = SE_E_FILE,
      .reload = NO_RELOAD,
      .text = "the file could not be read"}},
    {is_body_failed,
     ANY_STATUS,
     SOME_LEFT,
     {.name = "body_failed",
      .outcome = SE_UNKNOWN,
      .code = SE_E_FILE,
      .step = SE__STEP_ASK_ID,
      .reload = NO_RELOAD,
      .text = "the file could not be read to its end"}},
    {is_internal,
     ANY_STATUS,
     NONE_LEFT,
     {.name = "internal_early",
      .outcome = SE_REJECTED,
      .code = SE_E_SYSTEM,
      .reload = NO_RELOAD,
      .text = "the request could not be made"}},

    /* no connection */
    {is_unreachable,
     NO_STATUS,
     ANY,
     {.name = "unreachable",
      .outcome = SE_REJECTED,
      .code = SE_E_CONNECT,
      .other = SE__OTHER_AT_ONCE,
      .reload = SE_RELOAD_CONNECTION_ERROR,
      .counts_fault = true,
      .text = "no connection"}},

    /* 2xx */
    {is_stored,
     200,
     299,
     SOME_LEFT,
     {.name = "stored",
      .outcome = SE_STORED,
      .code = SE_OK,
      .reload = NO_RELOAD,
      .text = "stored"}},
    {is_wrong_checksum,
     200,
     299,
     SOME_LEFT,
     {.name = "wrong_checksum",
      .outcome = SE_UNKNOWN,
      .code = SE_E_INTEGRITY,
      .step = SE__STEP_DELETE,
      .other = SE__OTHER_YES,
      .reload = NO_RELOAD,
      .counts_fault = true,
      .text = "the checksum in the answer is not that of the file"}},
    {NULL,
     200,
     299,
     SOME_LEFT,
     {.name = "unusable_reply",
      .outcome = SE_UNKNOWN,
      .code = SE_E_PROTOCOL,
      .step = SE__STEP_ASK_ID,
      .other = SE__OTHER_YES,
      .reload = NO_RELOAD,
      .counts_fault = true,
      .text = "the answer is unusable"}},

    /* 3xx: never followed */
    {NULL,
     300,
     399,
     ANY,
     {.name = "redirect",
      .outcome = SE_REJECTED,
      .code = SE_E_MISCONFIGURED,
      .reload = SE_RELOAD_NOT_FOUND,
      .text = "misconfigured: it redirects, which is never followed"}},

    /* full */
    {is_proxy,
     507,
     507,
     ANY,
     {.name = "full_proxy",
      .outcome = SE_REJECTED,
      .code = SE_E_REFUSED,
      .reload = NO_RELOAD,
      .text = "a proxy before the element refused the file"}},
    {NULL,
     507,
     507,
     ANY,
     {.name = "full",
      .outcome = SE_REJECTED,
      .code = SE_E_NO_SPACE,
      .other = SE__OTHER_AT_ONCE,
      .reload = SE_RELOAD_INSUFFICIENT_STORAGE,
      .marks_full = true,
      .text = "full"}},

    /* the list is stale */
    {NULL,
     404,
     404,
     ANY,
     {.name = "not_found",
      .outcome = SE_REJECTED,
      .code = SE_E_NOT_FOUND,
      .other = SE__OTHER_AT_ONCE,
      .reload = SE_RELOAD_NOT_FOUND,
      .text = "not found"}},
    {is_stale_mode,
     400,
     400,
     ANY,
     {.name = "stale_mode",
      .outcome = SE_REJECTED,
      .code = SE_E_UNAVAILABLE,
      .other = SE__OTHER_AT_ONCE,
      .reload = SE_RELOAD_NOT_FOUND,
      .text = "its mode has changed"}},
    {is_mode_code,
     409,
     409,
     ANY,
     {.name = "stale_mode_code",
      .outcome = SE_REJECTED,
      .code = SE_E_UNAVAILABLE,
      .other = SE__OTHER_AT_ONCE,
      .reload = SE_RELOAD_NOT_FOUND,
      .text = "its mode has changed"}},

    /* the id is taken */
    {NULL,
     409,
     409,
     ANY,
     {.name = "exists",
      .outcome = SE_UNKNOWN,
      .code = SE_E_CONFLICT,
      .step = SE__STEP_ASK_ID,
      .reload = NO_RELOAD,
      .exists = true,
      .text = "the file id exists already"}},
    {already_exists,
     500,
     500,
     ANY,
     {.name = "exists_500",
      .outcome = SE_UNKNOWN,
      .code = SE_E_CONFLICT,
      .step = SE__STEP_ASK_ID,
      .reload = NO_RELOAD,
      .exists = true,
      .text = "the file id exists already"}},

    /* the file's or the caller's fault */
    {NULL,
     401,
     401,
     ANY,
     {.name = "unauthenticated",
      .outcome = SE_REJECTED,
      .code = SE_E_AUTH,
      .again = SE__AGAIN_FRESH_TOKEN,
      .reload = NO_RELOAD,
      .text = "the token is missing or refused"}},
    {NULL,
     403,
     403,
     ANY,
     {.name = "forbidden",
      .outcome = SE_REJECTED,
      .code = SE_E_REFUSED,
      .reload = NO_RELOAD,
      .text = "not allowed"}},

    /* slow down */
    {NULL,
     408,
     408,
     ANY,
     {.name = "throttled_408",
      .outcome = SE_REJECTED,
      .code = SE_E_THROTTLED,
      .again = SE__AGAIN_LAST_RESORT,
      .other = SE__OTHER_AT_ONCE,
      .reload = NO_RELOAD,
      .sets_aside = true,
      .text = "it asks to wait"}},
    {NULL,
     425,
     425,
     ANY,
     {.name = "throttled_425",
      .outcome = SE_REJECTED,
      .code = SE_E_THROTTLED,
      .again = SE__AGAIN_LAST_RESORT,
      .other = SE__OTHER_AT_ONCE,
      .reload = NO_RELOAD,
      .sets_aside = true,
      .text = "it asks to wait"}},
    {NULL,
     429,
     429,
     ANY,
     {.name = "throttled",
      .outcome = SE_REJECTED,
      .code = SE_E_THROTTLED,
      .again = SE__AGAIN_LAST_RESORT,
      .other = SE__OTHER_AT_ONCE,
      .reload = NO_RELOAD,
      .sets_aside = true,
      .slows_down = true,
      .text = "it asks to slow down"}},
    {NULL,
     503,
     503,
     NONE_LEFT,
     {.name = "unavailable_early",
      .outcome = SE_REJECTED,
      .code = SE_E_THROTTLED,
      .again = SE__AGAIN_LAST_RESORT,
      .other = SE__OTHER_AT_ONCE,
      .reload = NO_RELOAD,
      .sets_aside = true,
      .slows_down = true,
      .text = "it is unavailable for now"}},

    /* Expect is not understood */
    {NULL,
     417,
     417,
     ANY,
     {.name = "expectation_failed",
      .outcome = SE_REJECTED,
      .code = SE_E_REFUSED,
      .again = SE__AGAIN_NO_EXPECT,
      .reload = NO_RELOAD,
      .text = "it does not understand Expect: 100-continue"}},

    /* every other 4xx speaks of this file */
    {NULL,
     400,
     499,
     ANY,
     {.name = "refused",
      .outcome = SE_REJECTED,
      .code = SE_E_REFUSED,
      .reload = NO_RELOAD,
      .text = "refused"}},

    /* 5xx and broken connections, nothing had left */
    {NULL,
     500,
     500,
     NONE_LEFT,
     {.name = "error_early",
      .outcome = SE_REJECTED,
      .code = SE_E_UNAVAILABLE,
      .step = SE__STEP_ASK_CAPACITY,
      .other = SE__OTHER_AT_ONCE,
      .reload = SE_RELOAD_CONNECTION_ERROR,
      .counts_fault = true,
      .text = "internal error"}},
    {NULL,
     ANY_STATUS,
     NONE_LEFT,
     {.name = "ended_early",
      .outcome = SE_REJECTED,
      .code = SE_E_CONNECT,
      .other = SE__OTHER_AT_ONCE,
      .reload = SE_RELOAD_CONNECTION_ERROR,
      .counts_fault = true,
      .text = "it ended the exchange early"}},

    /* the same with a body on its way: nobody knows */
    {NULL,
     500,
     500,
     SOME_LEFT,
     {.name = "error_in_body",
      .outcome = SE_UNKNOWN,
      .code = SE_E_UNAVAILABLE,
      .step = SE__STEP_ASK_ID,
      .other = SE__OTHER_YES,
      .reload = NO_RELOAD,
      .counts_fault = true,
      .reload_if_full = true,
      .text = "internal error"}},
    {NULL,
     ANY_STATUS,
     SOME_LEFT,
     {.name = "cut_in_body",
      .outcome = SE_UNKNOWN,
      .code = SE_E_UNAVAILABLE,
      .step = SE__STEP_ASK_ID,
      .other = SE__OTHER_YES,
      .reload = SE_RELOAD_CONNECTION_ERROR,
      .counts_fault = true,
      .text = "the exchange was cut after body bytes had left"}},
};

static const size_t n_rows = sizeof(rows) / sizeof(rows[0]);

static bool row_matches(const row *r, const se__facts *facts)
{
    if (facts->status < r->status_low || facts->status > r->status_high) {
        return false;
    }
    if ((r->body == NONE_LEFT && facts->body_left) ||
        (r->body == SOME_LEFT && !facts->body_left)) {
        return false;
    }
    return !r->matches || r->matches(facts);
}

const se__verdict *se__verdict_for(const se__facts *facts)
{
    for (size_t i = 0; i + 1 < n_rows; i++) {
        if (row_matches(&rows[i], facts)) {
            return &rows[i].verdict;
        }
    }
    return &rows[n_rows - 1].verdict;
}

const se__verdict *se__verdict_row(size_t index)
{
    return index < n_rows ? &rows[index].verdict : NULL;
}
