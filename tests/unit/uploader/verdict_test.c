/*
 * The verdict table: what the end of an attempt means, line by line of
 * semantics 5, and what must hold whatever happened.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "uploader/verdict.h"

#define CONNECTION SE_RELOAD_CONNECTION_ERROR
#define SPACE SE_RELOAD_INSUFFICIENT_STORAGE
#define NOT_FOUND SE_RELOAD_NOT_FOUND
#define NO_RELOAD (-1)

/* Marks that a row leaves behind. */
enum {
    FULL = 1,     /* marks_full */
    ASIDE = 2,    /* sets_aside */
    SLOW = 4,     /* slows_down */
    FAULT = 8,    /* counts_fault */
    IF_FULL = 16, /* reload_if_full */
    EXISTS = 32   /* exists */
};

/* What came of an attempt. */
typedef struct given {
    se__http_end end;
    int status;
    bool body_left;
    const char *detail;
    const char *code;
    const char *server;
} given;

/* What is to be done about it, as the specification has it. */
typedef struct line {
    const char *row;
    given is;
    se_outcome outcome;
    se_err code;
    se__step step;
    se__again again;
    se__other other;
    int reload;
    unsigned marks;
} line;

#define OUT(outcome, code) SE_##outcome, SE_##code
#define SAME(again) SE__AGAIN_##again
#define ELSE(other) SE__OTHER_##other
#define STEP(step) SE__STEP_##step
#define HTTP(end) SE__HTTP_##end

/* An end with no status. */
#define CUT(e, left)                                                           \
    {                                                                          \
        .end = HTTP(e), .body_left = left                                      \
    }
#define ANSWER(s, left)                                                        \
    {                                                                          \
        .status = s, .body_left = left                                         \
    }
/* The answer came, then the connection died. */
#define ANSWER_CUT(s, left)                                                    \
    {                                                                          \
        .end = HTTP(LOST), .status = s, .body_left = left                      \
    }
#define SAYS(s, left, text)                                                    \
    {                                                                          \
        .status = s, .body_left = left, .detail = text                         \
    }

/* Lines that say the same of several ends. */
#define UNREACHABLE                                                            \
    OUT(REJECTED, E_CONNECT), STEP(NONE), SAME(NO), ELSE(AT_ONCE), CONNECTION, \
        FAULT
#define ENDED_EARLY UNREACHABLE
#define CUT_IN_BODY                                                            \
    OUT(UNKNOWN, E_UNAVAILABLE), STEP(ASK_ID), SAME(NO), ELSE(YES),            \
        CONNECTION, FAULT
#define UNNAMED                                                                \
    OUT(UNKNOWN, E_PROTOCOL), STEP(ASK_ID), SAME(NO), ELSE(YES), CONNECTION,   \
        FAULT
#define FULL_LINE                                                              \
    OUT(REJECTED, E_NO_SPACE), STEP(NONE), SAME(NO), ELSE(AT_ONCE), SPACE, FULL
#define PROXY                                                                  \
    OUT(REJECTED, E_REFUSED), STEP(NONE), SAME(NO), ELSE(NO), NO_RELOAD, 0
#define ABSENT                                                                 \
    OUT(REJECTED, E_NOT_FOUND), STEP(NONE), SAME(NO), ELSE(AT_ONCE),           \
        NOT_FOUND, 0
#define STALE                                                                  \
    OUT(REJECTED, E_UNAVAILABLE), STEP(NONE), SAME(NO), ELSE(AT_ONCE),         \
        NOT_FOUND, 0
#define REFUSED                                                                \
    OUT(REJECTED, E_REFUSED), STEP(NONE), SAME(NO), ELSE(NO), NO_RELOAD, 0
#define TOKEN                                                                  \
    OUT(REJECTED, E_AUTH), STEP(NONE), SAME(FRESH_TOKEN), ELSE(NO), NO_RELOAD, 0
#define ASKED                                                                  \
    OUT(UNKNOWN, E_CONFLICT), STEP(ASK_ID), SAME(NO), ELSE(NO), NO_RELOAD,     \
        EXISTS
#define ASKED_EARLY                                                            \
    OUT(REJECTED, E_CONFLICT), STEP(NONE), SAME(NO), ELSE(NO), NO_RELOAD, EXISTS
#define WAITS(marks)                                                           \
    OUT(REJECTED, E_THROTTLED), STEP(NONE), SAME(LAST_RESORT), ELSE(AT_ONCE),  \
        NO_RELOAD, marks
#define NO_EXPECT                                                              \
    OUT(REJECTED, E_REFUSED), STEP(NONE), SAME(NO_EXPECT), ELSE(NO),           \
        NO_RELOAD, 0
#define REDIRECT                                                               \
    OUT(REJECTED, E_MISCONFIGURED), STEP(NONE), SAME(NO), ELSE(NO), NOT_FOUND, 0
#define ERROR_EARLY                                                            \
    OUT(REJECTED, E_UNAVAILABLE), STEP(ASK_CAPACITY), SAME(NO), ELSE(AT_ONCE), \
        CONNECTION, FAULT
#define ERROR_IN_BODY                                                          \
    OUT(UNKNOWN, E_UNAVAILABLE), STEP(ASK_ID), SAME(NO), ELSE(YES), NO_RELOAD, \
        FAULT | IF_FULL
#define OURS(outcome, code, step)                                              \
    OUT(outcome, code), STEP(step), SAME(NO), ELSE(NO), NO_RELOAD, 0

static const line lines[] = {
    /* refused, no route, DNS, TLS, connect timeout */
    {"unreachable", CUT(RESOLVE, false), UNREACHABLE},
    {"unreachable", CUT(CONNECT, false), UNREACHABLE},
    {"unreachable", CUT(CONNECT_TIMEOUT, false), UNREACHABLE},
    {"unreachable", CUT(TLS, false), UNREACHABLE},

    /* any other end before a body byte left */
    {"ended_early", CUT(LOST, false), ENDED_EARLY},
    {"ended_early", CUT(IDLE, false), ENDED_EARLY},
    {"ended_early", CUT(TIMEOUT, false), ENDED_EARLY},
    {"ended_early", CUT(COMMIT_TIMEOUT, false), ENDED_EARLY},
    {"ended_early", CUT(TOO_LARGE, false), ENDED_EARLY},
    {"ended_early", ANSWER(502, false), ENDED_EARLY},
    {"ended_early", ANSWER(504, false), ENDED_EARLY},
    {"ended_early", ANSWER(501, false), ENDED_EARLY},
    {"ended_early", ANSWER(405, false), ENDED_EARLY},
    {"ended_early", ANSWER(410, false), ENDED_EARLY},
    /* "stored", says one that was sent nothing */
    {"ended_early", ANSWER(200, false), ENDED_EARLY},
    {"ended_early", ANSWER(201, false), ENDED_EARLY},
    {"ended_early", ANSWER(204, false), ENDED_EARLY},
    {"ended_early", ANSWER(101, false), ENDED_EARLY},
    {"error_early", ANSWER(500, false), ERROR_EARLY},
    {"error_early", ANSWER_CUT(500, false), ERROR_EARLY},

    /* reset, timeout, 502, 503, 504 after body bytes left */
    {"cut_in_body", CUT(LOST, true), CUT_IN_BODY},
    {"cut_in_body", CUT(IDLE, true), CUT_IN_BODY},
    {"cut_in_body", CUT(TIMEOUT, true), CUT_IN_BODY},
    {"cut_in_body", CUT(COMMIT_TIMEOUT, true), CUT_IN_BODY},
    {"cut_in_body", CUT(TOO_LARGE, true), CUT_IN_BODY},
    {"cut_in_body", ANSWER(502, true), CUT_IN_BODY},
    {"cut_in_body", ANSWER(503, true), CUT_IN_BODY},
    {"cut_in_body", ANSWER(504, true), CUT_IN_BODY},
    {"cut_in_body", ANSWER_CUT(503, true), CUT_IN_BODY},
    {"cut_in_body", ANSWER(101, true), CUT_IN_BODY},
    /* a second connection of the same call does not unsend the body */
    {"cut_in_body", CUT(RESOLVE, true), CUT_IN_BODY},
    {"cut_in_body", CUT(CONNECT, true), CUT_IN_BODY},
    {"cut_in_body", CUT(CONNECT_TIMEOUT, true), CUT_IN_BODY},
    {"cut_in_body", CUT(TLS, true), CUT_IN_BODY},

    /* a status without a line of its own proves nothing */
    {"unnamed_status", ANSWER(402, true), UNNAMED},
    {"unnamed_status", ANSWER(405, true), UNNAMED},
    {"unnamed_status", ANSWER(410, true), UNNAMED},
    {"unnamed_status", ANSWER(418, true), UNNAMED},
    {"unnamed_status", ANSWER(431, true), UNNAMED},
    {"unnamed_status", ANSWER(499, true), UNNAMED},
    {"unnamed_status", ANSWER(501, true), UNNAMED},
    {"unnamed_status", ANSWER(505, true), UNNAMED},
    {"unnamed_status", ANSWER(508, true), UNNAMED},
    {"unnamed_status", ANSWER(599, true), UNNAMED},

    /* 507 of the element, early, late, and followed by a reset */
    {"full", ANSWER(507, false), FULL_LINE},
    {"full", ANSWER(507, true), FULL_LINE},
    {"full", ANSWER_CUT(507, true), FULL_LINE},
    {"full", SAYS(507, true, "STORAGE_FULL"), FULL_LINE},
    {"full", {.status = 507, .server = "uvicorn"}, FULL_LINE},

    /* 507 of a proxy */
    {"full_proxy", {.status = 507, .server = "envoy"}, PROXY},
    {"full_proxy", {.status = 507, .server = "Envoy/1.2"}, PROXY},
    {"full_proxy",
     {.status = 507, .server = "istio-envoy", .body_left = true},
     PROXY},
    {"full_proxy", SAYS(507, true, "exceeded request Buffer Limit"), PROXY},
    {"full_proxy", SAYS(507, false, "buffer limit"), PROXY},

    /* 404 */
    {"not_found", ANSWER(404, false), ABSENT},
    {"not_found", ANSWER(404, true), ABSENT},
    {"not_found", ANSWER_CUT(404, true), ABSENT},

    /* the mode has changed */
    {"stale_mode", SAYS(400, true, "File upload not allowed in ro mode"),
     STALE},
    {"stale_mode", SAYS(400, false, "File upload NOT ALLOWED IN ar mode"),
     STALE},
    {"stale_mode_code",
     {.status = 409, .code = "MODE_NOT_ALLOWED", .body_left = true},
     STALE},
    {"stale_mode_code", {.status = 409, .code = "mode_not_allowed"}, STALE},
    {"stale_mode_code", SAYS(409, true, "MODE_NOT_ALLOWED"), STALE},

    /* the file's or the caller's fault */
    {"refused", ANSWER(400, false), REFUSED},
    {"refused", ANSWER(400, true), REFUSED},
    {"refused", SAYS(400, true, "Invalid file_id format: x"), REFUSED},
    {"refused", ANSWER(411, false), REFUSED},
    {"refused", ANSWER(411, true), REFUSED},
    {"refused", ANSWER(413, false), REFUSED},
    {"refused", ANSWER(413, true), REFUSED},
    {"refused", ANSWER_CUT(413, true), REFUSED},
    {"refused", ANSWER(415, true), REFUSED},
    {"refused", ANSWER(422, true), REFUSED},
    {"forbidden", ANSWER(403, false), REFUSED},
    {"forbidden", ANSWER(403, true), REFUSED},
    {"forbidden", SAYS(403, true, "not allowed in ro mode"), REFUSED},

    /* 401 */
    {"unauthenticated", ANSWER(401, false), TOKEN},
    {"unauthenticated", ANSWER(401, true), TOKEN},

    /* the id exists */
    {"exists", ANSWER(409, true), ASKED},
    {"exists", {.status = 409, .code = "CONFLICT", .body_left = true}, ASKED},
    {"exists_500", SAYS(500, true, "File with ID 1 already exists"), ASKED},
    {"exists_500", SAYS(500, true, "ALREADY EXISTS"), ASKED},
    {"exists_early", ANSWER(409, false), ASKED_EARLY},
    {"exists_500_early", SAYS(500, false, "x already exists"), ASKED_EARLY},

    /* 429, 408, 425; 503 before a body byte left */
    {"throttled", ANSWER(429, false), WAITS(ASIDE | SLOW)},
    {"throttled", ANSWER(429, true), WAITS(ASIDE | SLOW)},
    {"throttled_408", ANSWER(408, false), WAITS(ASIDE)},
    {"throttled_408", ANSWER(408, true), WAITS(ASIDE)},
    {"throttled_425", ANSWER(425, false), WAITS(ASIDE)},
    {"throttled_425", ANSWER(425, true), WAITS(ASIDE)},
    {"unavailable_early", ANSWER(503, false), WAITS(ASIDE | SLOW)},

    /* 417 */
    {"expectation_failed", ANSWER(417, false), NO_EXPECT},
    {"expectation_failed", ANSWER(417, true), NO_EXPECT},

    /* 500 after body bytes left */
    {"error_in_body", ANSWER(500, true), ERROR_IN_BODY},
    {"error_in_body", ANSWER_CUT(500, true), ERROR_IN_BODY},
    {"error_in_body", SAYS(500, true, "Failed to create file"), ERROR_IN_BODY},

    /* 3xx */
    {"redirect", ANSWER(300, true), REDIRECT},
    {"redirect", ANSWER(302, true), REDIRECT},
    {"redirect", ANSWER(307, false), REDIRECT},
    {"redirect", ANSWER(308, true), REDIRECT},
    {"redirect", ANSWER(304, false), REDIRECT},

    /* our own doing: what the answer proves stays proven */
    {"canceled_early", CUT(CANCELED, false), OURS(REJECTED, E_CANCELED, NONE)},
    {"canceled_early",
     {.end = HTTP(CANCELED), .status = 507, .body_left = true},
     OURS(REJECTED, E_CANCELED, NONE)},
    {"canceled_in_body", CUT(CANCELED, true),
     OURS(UNKNOWN, E_UNKNOWN_OUTCOME, NONE)},
    {"canceled_in_body",
     {.end = HTTP(CANCELED), .status = 201, .body_left = true},
     OURS(UNKNOWN, E_UNKNOWN_OUTCOME, NONE)},
    {"body_failed_early", CUT(BODY_FAILED, false),
     OURS(REJECTED, E_FILE, NONE)},
    {"body_failed_early",
     {.end = HTTP(BODY_FAILED), .status = 413, .body_left = true},
     OURS(REJECTED, E_FILE, NONE)},
    {"body_failed", CUT(BODY_FAILED, true), OURS(UNKNOWN, E_FILE, ASK_ID)},
    {"internal_early", CUT(INTERNAL, false), OURS(REJECTED, E_SYSTEM, NONE)},
    {"internal", CUT(INTERNAL, true), OURS(UNKNOWN, E_SYSTEM, ASK_ID)},
    {"internal",
     {.end = HTTP(INTERNAL), .status = 201, .body_left = true},
     OURS(UNKNOWN, E_SYSTEM, ASK_ID)},
};

/* 2xx, by what the reply says. */
typedef struct success {
    const char *row;
    se__http_end end;
    int status;
    bool usable, present, equal;
    se_outcome outcome;
    se_err code;
    se__step step;
    se__other other;
    unsigned marks;
} success;

#define KEPT OUT(STORED, OK), STEP(NONE), ELSE(NO), 0
#define WRONG OUT(UNKNOWN, E_INTEGRITY), STEP(DELETE), ELSE(YES), FAULT
#define UNUSABLE OUT(UNKNOWN, E_PROTOCOL), STEP(ASK_ID), ELSE(YES), FAULT

static const success successes[] = {
    {"stored", HTTP(OK), 200, true, true, true, KEPT},
    {"stored", HTTP(OK), 201, true, true, true, KEPT},
    {"stored", HTTP(OK), 299, true, true, true, KEPT},
    {"wrong_checksum", HTTP(OK), 201, true, true, false, WRONG},
    /* no checksum at all; not our id, or a body that does not parse */
    {"unusable_reply", HTTP(OK), 201, true, false, false, UNUSABLE},
    {"unusable_reply", HTTP(OK), 201, false, false, false, UNUSABLE},
    {"unusable_reply", HTTP(OK), 201, false, true, true, UNUSABLE},
    {"unusable_reply", HTTP(OK), 201, false, true, false, UNUSABLE},
    {"unusable_reply", HTTP(OK), 204, false, false, false, UNUSABLE},
    /* cut in the middle of the answer */
    {"unusable_reply", HTTP(LOST), 201, true, true, true, UNUSABLE},
    {"unusable_reply", HTTP(TOO_LARGE), 200, false, false, false, UNUSABLE},
    {"unusable_reply", HTTP(COMMIT_TIMEOUT), 200, true, true, true, UNUSABLE},
    {"unusable_reply", HTTP(LOST), 201, true, true, false, UNUSABLE},
};

static se__facts facts_of(const given *is)
{
    return (se__facts){
        .end = is->end,
        .status = is->status,
        .body_left = is->body_left,
        .detail = is->detail ? is->detail : "",
        .code = is->code ? is->code : "",
        .server = is->server ? is->server : "",
        .stale_mode_text = "not allowed in",
    };
}

static unsigned marks_of(const se__verdict *v)
{
    return (v->marks_full ? FULL : 0u) | (v->sets_aside ? ASIDE : 0u) |
           (v->slows_down ? SLOW : 0u) | (v->counts_fault ? FAULT : 0u) |
           (v->reload_if_full ? IF_FULL : 0u) | (v->exists ? EXISTS : 0u);
}

START_TEST(each_line_of_the_specification)
{
    const line *l = &lines[_i];
    se__facts facts = facts_of(&l->is);
    const se__verdict *v = se__verdict_for(&facts);

    ck_assert_str_eq(v->name, l->row);
    ck_assert_int_eq(v->outcome, l->outcome);
    ck_assert_int_eq(v->code, l->code);
    ck_assert_int_eq(v->step, l->step);
    ck_assert_int_eq(v->again, l->again);
    ck_assert_int_eq(v->other, l->other);
    ck_assert_int_eq(v->reload, l->reload);
    ck_assert_uint_eq(marks_of(v), l->marks);
}
END_TEST

START_TEST(each_success)
{
    const success *s = &successes[_i];
    se__facts facts = facts_of(&(given){.body_left = true});
    const se__verdict *v;

    facts.end = s->end;
    facts.status = s->status;
    facts.reply_usable = s->usable;
    facts.checksum_present = s->present;
    facts.checksum_equal = s->equal;
    v = se__verdict_for(&facts);
    ck_assert_str_eq(v->name, s->row);
    ck_assert_int_eq(v->outcome, s->outcome);
    ck_assert_int_eq(v->code, s->code);
    ck_assert_int_eq(v->step, s->step);
    ck_assert_int_eq(v->again, SE__AGAIN_NO);
    ck_assert_int_eq(v->other, s->other);
    ck_assert_int_eq(v->reload, NO_RELOAD);
    ck_assert_uint_eq(marks_of(v), s->marks);
}
END_TEST

START_TEST(stale_mode_words_are_configurable)
{
    static const struct {
        const char *matcher;
        const char *detail;
        const char *row;
    } cases[] = {
        {"nur lesbar", "Element ist NUR LESBAR", "stale_mode"},
        {"nur lesbar", "upload not allowed in ro mode", "refused"},
        {"not allowed in", "", "refused"},
        {"", "anything", "refused"}, /* nothing is not everything */
        {NULL, "not allowed in ro mode", "refused"},
    };

    for (size_t i = 0; i < SE__COUNT(cases); i++) {
        se__facts facts =
            facts_of(&(given){.status = 400, .detail = cases[i].detail});

        facts.stale_mode_text = cases[i].matcher;
        ck_assert_str_eq(se__verdict_for(&facts)->name, cases[i].row);
    }
}
END_TEST

START_TEST(words_may_be_missing)
{
    for (int status = 0; status < 600; status++) {
        se__facts facts = {.status = status, .body_left = true};

        ck_assert_ptr_nonnull(se__verdict_for(&facts));
    }
}
END_TEST

/* ---- whatever happened ---- */

static const char *const details[] = {"", "File upload not allowed in ro mode",
                                      "already exists", "buffer limit",
                                      "anything else"};
static const char *const codes[] = {"", "MODE_NOT_ALLOWED", "CONFLICT"};
static const char *const servers[] = {"", "envoy", "uvicorn"};

/* Statuses by which an element proves that it stored nothing. */
static bool is_proof(const se__facts *f)
{
    static const int proofs[] = {400, 401, 403, 404, 408, 411, 413,
                                 415, 417, 422, 425, 429, 507};

    if (f->status >= 300 && f->status < 400) {
        return true;
    }
    if (f->status == 409) {
        return strcmp(f->code, "MODE_NOT_ALLOWED") == 0;
    }
    for (size_t i = 0; i < SE__COUNT(proofs); i++) {
        if (f->status == proofs[i]) {
            return true;
        }
    }
    return false;
}

static bool is_ours(const se__facts *f)
{
    return f->end == SE__HTTP_CANCELED || f->end == SE__HTTP_BODY_FAILED ||
           f->end == SE__HTTP_INTERNAL;
}

static void must(bool holds, const char *what, const se__facts *f,
                 const se__verdict *v)
{
    if (!holds) {
        ck_abort_msg("%s: row %s for end %d, status %d, body %d, '%s' '%s' "
                     "'%s'",
                     what, v->name, (int)f->end, f->status, f->body_left,
                     f->detail, f->code, f->server);
    }
}

static void must_be_safe(const se__facts *f, const se__verdict *v)
{
    bool complete = f->end == SE__HTTP_OK && f->status / 100 == 2 &&
                    f->body_left && f->reply_usable && f->checksum_equal;

    must((v->outcome == SE_STORED) == complete,
         "stored exactly when everything is proven", f, v);
    if (!f->body_left) {
        must(v->outcome == SE_REJECTED, "nothing left, so nothing stored", f,
             v);
    } else if (!complete) {
        must(v->outcome == (is_proof(f) ? SE_REJECTED : SE_UNKNOWN),
             "rejected exactly by what proves it", f, v);
    }
}

static void must_make_sense(const se__facts *f, const se__verdict *v)
{
    must(v->outcome != SE_UNKNOWN || v->other != SE__OTHER_AT_ONCE,
         "an unknown outcome never goes elsewhere at once", f, v);
    must(v->outcome != SE_UNKNOWN || v->again == SE__AGAIN_NO,
         "an unknown outcome is never sent again blindly", f, v);
    must(v->outcome != SE_UNKNOWN || f->end == SE__HTTP_CANCELED ||
             v->step == SE__STEP_ASK_ID || v->step == SE__STEP_DELETE,
         "an unknown outcome is never silent", f, v);
    must((v->outcome == SE_STORED) == (v->code == SE_OK),
         "success and no other has no code", f, v);
    must(!is_ours(f) || (!v->counts_fault && !v->marks_full && !v->sets_aside &&
                         v->other == SE__OTHER_NO && v->reload < 0),
         "our own doing is not the element's fault", f, v);
    must(v->again != SE__AGAIN_LAST_RESORT || v->sets_aside,
         "a last resort waits", f, v);
    must(v->text && v->text[0] && !strchr(v->text, '\n'), "says what it is", f,
         v);
}

static const se__verdict *seen[64];
static size_t n_seen;

static void note(const se__verdict *v)
{
    for (size_t i = 0; i < n_seen; i++) {
        if (seen[i] == v) {
            return;
        }
    }
    ck_assert_uint_lt(n_seen, SE__COUNT(seen));
    seen[n_seen++] = v;
}

static void sweep_replies(se__facts *f)
{
    for (unsigned bits = 0; bits < 16; bits++) {
        const se__verdict *v;

        f->body_left = bits & 1;
        f->reply_usable = bits & 2;
        f->checksum_present = bits & 4;
        f->checksum_equal = (bits & 8) && f->checksum_present;
        v = se__verdict_for(f);
        must_be_safe(f, v);
        must_make_sense(f, v);
        note(v);
    }
}

static void sweep_words(se__facts *f)
{
    for (size_t d = 0; d < SE__COUNT(details); d++) {
        for (size_t c = 0; c < SE__COUNT(codes); c++) {
            for (size_t s = 0; s < SE__COUNT(servers); s++) {
                f->detail = details[d];
                f->code = codes[c];
                f->server = servers[s];
                sweep_replies(f);
            }
        }
    }
}

START_TEST(every_end_is_safe_and_every_row_is_reached)
{
    size_t n_rows = 0;

    for (int end = SE__HTTP_OK; end <= SE__HTTP_INTERNAL; end++) {
        for (int status = 0; status < 600; status += status ? 1 : 100) {
            se__facts f = {.end = (se__http_end)end,
                           .status = status,
                           .stale_mode_text = "not allowed in"};

            sweep_words(&f);
        }
    }
    while (se__verdict_row(n_rows)) {
        n_rows++;
    }
    for (size_t i = 0; i < n_rows; i++) {
        bool reached = false;

        for (size_t k = 0; k < n_seen; k++) {
            reached = reached || seen[k] == se__verdict_row(i);
        }
        ck_assert_msg(reached, "row %s is never reached",
                      se__verdict_row(i)->name);
    }
    ck_assert_uint_eq(n_rows, n_seen);
}
END_TEST

START_TEST(statuses_out_of_range_are_safe)
{
    static const int odd[] = {-1,  1,    99,         600,
                              999, 1000, 2147483647, -2147483647 - 1};

    for (size_t i = 0; i < SE__COUNT(odd); i++) {
        se__facts f = facts_of(&(given){.status = odd[i]});

        ck_assert_int_eq(se__verdict_for(&f)->outcome, SE_REJECTED);
        f.body_left = true;
        ck_assert_int_eq(se__verdict_for(&f)->outcome, SE_UNKNOWN);
    }
}
END_TEST

START_TEST(names_are_unique)
{
    for (size_t i = 0; se__verdict_row(i); i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(se__verdict_row(i)->name,
                             se__verdict_row(k)->name);
        }
    }
}
END_TEST

/* Each row has a line of the specification above that leads to it. */
START_TEST(every_row_has_a_line)
{
    for (size_t i = 0; se__verdict_row(i); i++) {
        bool found = false;

        for (size_t k = 0; k < SE__COUNT(lines); k++) {
            found =
                found || strcmp(lines[k].row, se__verdict_row(i)->name) == 0;
        }
        for (size_t k = 0; k < SE__COUNT(successes); k++) {
            found = found ||
                    strcmp(successes[k].row, se__verdict_row(i)->name) == 0;
        }
        ck_assert_msg(found, "no line for row %s", se__verdict_row(i)->name);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tc = tcase_create("verdict");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, each_line_of_the_specification, 0,
                        (int)SE__COUNT(lines));
    tcase_add_loop_test(tc, each_success, 0, (int)SE__COUNT(successes));
    tcase_add_test(tc, stale_mode_words_are_configurable);
    tcase_add_test(tc, words_may_be_missing);
    tcase_add_test(tc, every_end_is_safe_and_every_row_is_reached);
    tcase_add_test(tc, statuses_out_of_range_are_safe);
    tcase_add_test(tc, names_are_unique);
    tcase_add_test(tc, every_row_has_a_line);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
