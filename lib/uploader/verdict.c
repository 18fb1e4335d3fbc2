/*
 * The table. One row per line of semantics 5; the first that matches decides.
 *
 * Design notes. "No body byte left" is a proof, whatever the status; a status
 * only adds which element to avoid, for how long, and whether the caller is at
 * fault. With body bytes on their way only the statuses named here prove that
 * nothing is stored; every other end is UNKNOWN. A status counts also when the
 * connection died after it: an early answer to a large body often ends in a
 * reset.
 */
#include "uploader/verdict.h"

#include <limits.h>
#include <string.h>

#include "base/mem.h"

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

/* ---- what a row may ask for besides status and body ---- */

static bool contains(const char *text, const char *part)
{
    return text && part && part[0] && strcasestr(text, part) != NULL;
}

/*
 * What we broke off ourselves stored nothing if the answer so far, or that
 * nothing had left, says so: whatever the row is without our doing.
 */
static bool is_rejected_anyway(const se__facts *f)
{
    se__facts cut = *f;

    cut.end = SE__HTTP_LOST;
    return se__verdict_for(&cut)->outcome == SE_REJECTED;
}

static bool is_canceled(const se__facts *f)
{
    return f->end == SE__HTTP_CANCELED;
}

static bool is_canceled_early(const se__facts *f)
{
    return is_canceled(f) && is_rejected_anyway(f);
}

static bool is_body_failed(const se__facts *f)
{
    return f->end == SE__HTTP_BODY_FAILED;
}

static bool is_body_failed_early(const se__facts *f)
{
    return is_body_failed(f) && is_rejected_anyway(f);
}

static bool is_internal(const se__facts *f)
{
    return f->end == SE__HTTP_INTERNAL;
}

static bool is_internal_early(const se__facts *f)
{
    return is_internal(f) && is_rejected_anyway(f);
}

static bool is_unreachable(const se__facts *f)
{
    return f->end == SE__HTTP_RESOLVE || f->end == SE__HTTP_CONNECT ||
           f->end == SE__HTTP_CONNECT_TIMEOUT || f->end == SE__HTTP_TLS;
}

static bool is_stored(const se__facts *f)
{
    return f->end == SE__HTTP_OK && f->reply_usable && f->checksum_equal;
}

static bool is_wrong_checksum(const se__facts *f)
{
    return f->end == SE__HTTP_OK && f->reply_usable && f->checksum_present &&
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
    return contains(f->code, "MODE_NOT_ALLOWED") ||
           contains(f->detail, "MODE_NOT_ALLOWED");
}

static bool already_exists(const se__facts *f)
{
    return contains(f->detail, "already exists");
}

/* What these say is about this file or this caller. */
static bool is_file_fault(const se__facts *f)
{
    static const int statuses[] = {400, 411, 413, 415, 422};

    for (size_t i = 0; i < SE__COUNT(statuses); i++) {
        if (f->status == statuses[i]) {
            return true;
        }
    }
    return false;
}

/* Not what a gateway says that lost its element: 502, 503, 504. */
static bool is_unnamed(const se__facts *f)
{
    return f->status < 502 || f->status > 504;
}

/* ---- the rows ---- */

#define ANY_STATUS INT_MIN, INT_MAX
#define ONLY(status) status, status
#define RANGE(low, high) low, high
#define NO_RELOAD (-1)

/* Name, conditions, what it means; then what to do about it. */
#define ROW(row_name, condition, statuses, left, means, err, ...)              \
    {                                                                          \
        condition, statuses, left,                                             \
        {                                                                      \
            .name = row_name, .outcome = means, .code = err, __VA_ARGS__       \
        }                                                                      \
    }

static const row rows[] = {
    /* our own doing */
    ROW("canceled_early", is_canceled_early, ANY_STATUS, ANY, SE_REJECTED,
        SE_E_CANCELED, .reload = NO_RELOAD, .text = "canceled"),
    ROW("canceled_in_body", is_canceled, ANY_STATUS, ANY, SE_UNKNOWN,
        SE_E_UNKNOWN_OUTCOME, .reload = NO_RELOAD,
        .text = "canceled in the middle of the body"),
    ROW("body_failed_early", is_body_failed_early, ANY_STATUS, ANY, SE_REJECTED,
        SE_E_FILE, .reload = NO_RELOAD, .text = "the file could not be read"),
    ROW("body_failed", is_body_failed, ANY_STATUS, ANY, SE_UNKNOWN, SE_E_FILE,
        .step = SE__STEP_ASK_ID, .reload = NO_RELOAD,
        .text = "the file could not be read to its end"),
    ROW("internal_early", is_internal_early, ANY_STATUS, ANY, SE_REJECTED,
        SE_E_SYSTEM, .reload = NO_RELOAD,
        .text = "the request could not be made"),
    ROW("internal", is_internal, ANY_STATUS, ANY, SE_UNKNOWN, SE_E_SYSTEM,
        .step = SE__STEP_ASK_ID, .reload = NO_RELOAD,
        .text = "the request could not be finished"),

    /* no connection; one that was made again after body bytes left is cut */
    ROW("unreachable", is_unreachable, ANY_STATUS, NONE_LEFT, SE_REJECTED,
        SE_E_CONNECT, .other = SE__OTHER_AT_ONCE,
        .reload = SE_RELOAD_CONNECTION_ERROR, .counts_fault = true,
        .text = "no connection"),

    /* 2xx; without a body byte it is misbehaviour, see ended_early */
    ROW("stored", is_stored, RANGE(200, 299), SOME_LEFT, SE_STORED, SE_OK,
        .reload = NO_RELOAD, .text = "stored"),
    ROW("wrong_checksum", is_wrong_checksum, RANGE(200, 299), SOME_LEFT,
        SE_UNKNOWN, SE_E_INTEGRITY, .step = SE__STEP_DELETE,
        .other = SE__OTHER_YES, .reload = NO_RELOAD, .counts_fault = true,
        .text = "the checksum in the answer is not that of the file"),
    ROW("unusable_reply", NULL, RANGE(200, 299), SOME_LEFT, SE_UNKNOWN,
        SE_E_PROTOCOL, .step = SE__STEP_ASK_ID, .other = SE__OTHER_YES,
        .reload = NO_RELOAD, .counts_fault = true,
        .text = "the answer is unusable"),

    /* 3xx: never followed */
    ROW("redirect", NULL, RANGE(300, 399), ANY, SE_REJECTED, SE_E_MISCONFIGURED,
        .reload = SE_RELOAD_NOT_FOUND,
        .text = "misconfigured: it redirects, which is never followed"),

    /* full */
    ROW("full_proxy", is_proxy, ONLY(507), ANY, SE_REJECTED, SE_E_REFUSED,
        .reload = NO_RELOAD,
        .text = "a proxy before the element refused the file"),
    ROW("full", NULL, ONLY(507), ANY, SE_REJECTED, SE_E_NO_SPACE,
        .other = SE__OTHER_AT_ONCE, .reload = SE_RELOAD_INSUFFICIENT_STORAGE,
        .marks_full = true, .text = "full"),

    /* the list is stale */
    ROW("not_found", NULL, ONLY(404), ANY, SE_REJECTED, SE_E_NOT_FOUND,
        .other = SE__OTHER_AT_ONCE, .reload = SE_RELOAD_NOT_FOUND,
        .text = "not found"),
    ROW("stale_mode", is_stale_mode, ONLY(400), ANY, SE_REJECTED,
        SE_E_UNAVAILABLE, .other = SE__OTHER_AT_ONCE,
        .reload = SE_RELOAD_NOT_FOUND, .text = "its mode has changed"),
    ROW("stale_mode_code", is_mode_code, ONLY(409), ANY, SE_REJECTED,
        SE_E_UNAVAILABLE, .other = SE__OTHER_AT_ONCE,
        .reload = SE_RELOAD_NOT_FOUND, .text = "its mode has changed"),

    /*
     * The id is taken. Said before a body byte left, this upload stored
     * nothing; without having read the file there is no checksum to compare
     * with, and another element must not get a second copy.
     */
    ROW("exists_early", NULL, ONLY(409), NONE_LEFT, SE_REJECTED, SE_E_CONFLICT,
        .reload = NO_RELOAD, .exists = true,
        .text = "the file id exists already"),
    ROW("exists_500_early", already_exists, ONLY(500), NONE_LEFT, SE_REJECTED,
        SE_E_CONFLICT, .reload = NO_RELOAD, .exists = true,
        .text = "the file id exists already"),
    ROW("exists", NULL, ONLY(409), SOME_LEFT, SE_UNKNOWN, SE_E_CONFLICT,
        .step = SE__STEP_ASK_ID, .reload = NO_RELOAD, .exists = true,
        .text = "the file id exists already"),
    ROW("exists_500", already_exists, ONLY(500), SOME_LEFT, SE_UNKNOWN,
        SE_E_CONFLICT, .step = SE__STEP_ASK_ID, .reload = NO_RELOAD,
        .exists = true, .text = "the file id exists already"),

    /* the file's or the caller's fault */
    ROW("unauthenticated", NULL, ONLY(401), ANY, SE_REJECTED, SE_E_AUTH,
        .again = SE__AGAIN_FRESH_TOKEN, .reload = NO_RELOAD,
        .text = "the token is missing or refused"),
    ROW("forbidden", NULL, ONLY(403), ANY, SE_REJECTED, SE_E_REFUSED,
        .reload = NO_RELOAD, .text = "not allowed"),
    ROW("refused", is_file_fault, RANGE(400, 499), ANY, SE_REJECTED,
        SE_E_REFUSED, .reload = NO_RELOAD, .text = "refused"),

    /* slow down */
    ROW("throttled_408", NULL, ONLY(408), ANY, SE_REJECTED, SE_E_THROTTLED,
        .again = SE__AGAIN_LAST_RESORT, .other = SE__OTHER_AT_ONCE,
        .reload = NO_RELOAD, .sets_aside = true, .text = "it asks to wait"),
    ROW("throttled_425", NULL, ONLY(425), ANY, SE_REJECTED, SE_E_THROTTLED,
        .again = SE__AGAIN_LAST_RESORT, .other = SE__OTHER_AT_ONCE,
        .reload = NO_RELOAD, .sets_aside = true, .text = "it asks to wait"),
    ROW("throttled", NULL, ONLY(429), ANY, SE_REJECTED, SE_E_THROTTLED,
        .again = SE__AGAIN_LAST_RESORT, .other = SE__OTHER_AT_ONCE,
        .reload = NO_RELOAD, .sets_aside = true, .slows_down = true,
        .text = "it asks to slow down"),
    ROW("unavailable_early", NULL, ONLY(503), NONE_LEFT, SE_REJECTED,
        SE_E_THROTTLED, .again = SE__AGAIN_LAST_RESORT,
        .other = SE__OTHER_AT_ONCE, .reload = NO_RELOAD, .sets_aside = true,
        .slows_down = true, .text = "it is unavailable for now"),

    /* Expect is not understood */
    ROW("expectation_failed", NULL, ONLY(417), ANY, SE_REJECTED, SE_E_REFUSED,
        .again = SE__AGAIN_NO_EXPECT, .reload = NO_RELOAD,
        .text = "it does not understand Expect: 100-continue"),

    /* every other end before a body byte left */
    ROW("error_early", NULL, ONLY(500), NONE_LEFT, SE_REJECTED,
        SE_E_UNAVAILABLE, .step = SE__STEP_ASK_CAPACITY,
        .other = SE__OTHER_AT_ONCE, .reload = SE_RELOAD_CONNECTION_ERROR,
        .counts_fault = true, .text = "internal error"),
    ROW("ended_early", NULL, ANY_STATUS, NONE_LEFT, SE_REJECTED, SE_E_CONNECT,
        .other = SE__OTHER_AT_ONCE, .reload = SE_RELOAD_CONNECTION_ERROR,
        .counts_fault = true, .text = "it ended the exchange early"),

    /* every other end with a body on its way: nobody knows */
    ROW("error_in_body", NULL, ONLY(500), SOME_LEFT, SE_UNKNOWN,
        SE_E_UNAVAILABLE, .step = SE__STEP_ASK_ID, .other = SE__OTHER_YES,
        .reload = NO_RELOAD, .counts_fault = true, .reload_if_full = true,
        .text = "internal error"),
    ROW("unnamed_status", is_unnamed, RANGE(400, INT_MAX), SOME_LEFT,
        SE_UNKNOWN, SE_E_PROTOCOL, .step = SE__STEP_ASK_ID,
        .other = SE__OTHER_YES, .reload = SE_RELOAD_CONNECTION_ERROR,
        .counts_fault = true, .text = "it does not say what became of it"),
    ROW("cut_in_body", NULL, ANY_STATUS, SOME_LEFT, SE_UNKNOWN,
        SE_E_UNAVAILABLE, .step = SE__STEP_ASK_ID, .other = SE__OTHER_YES,
        .reload = SE_RELOAD_CONNECTION_ERROR, .counts_fault = true,
        .text = "the exchange was cut after body bytes had left"),
};

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

/* "ended_early" and "cut_in_body" together match whatever is left. */
const se__verdict *se__verdict_for(const se__facts *facts)
{
    const row *r = rows;

    while (!row_matches(r, facts)) {
        r++;
    }
    return &r->verdict;
}

const se__verdict *se__verdict_row(size_t index)
{
    return index < SE__COUNT(rows) ? &rows[index].verdict : NULL;
}
