/*
 * Every row of the verdict table against a real element that does it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox_fleet.h"
#include "uploader/uploader.h"

#define SIZE 200000

typedef struct fault_case {
    const char *row; /* of the first attempt */
    sandbox_fault fault;
    se_outcome outcome;
    se_err code;
    const char *stored_on; /* NULL: nowhere known */
    size_t attempts;
    int copies; /* left in the fleet */
    bool no_byte_left;
} fault_case;

#define AT(w, a) .when = SANDBOX_##w, .action = SANDBOX_##a
#define STATUS(w, s) AT(w, STATUS), .status = s
#define SAYS(text) .body = "{\"detail\":\"" text "\"}"

static const fault_case cases[] = {
    /* nothing left: the next element, no cost */
    {"ended_early",
     {AT(BEFORE_BODY, CLOSE)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"ended_early",
     {AT(BEFORE_BODY, RESET)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"ended_early",
     {STATUS(BEFORE_BODY, 502)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"ended_early",
     {STATUS(BEFORE_BODY, 504)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"error_early",
     {STATUS(BEFORE_BODY, 500)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"full", {STATUS(BEFORE_BODY, 507)}, SE_STORED, SE_OK, "se-02", 2, 1, true},
    {"not_found",
     {STATUS(BEFORE_BODY, 404)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"stale_mode",
     {STATUS(BEFORE_BODY, 400), SAYS("File upload not allowed in ro mode")},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"stale_mode_code",
     {STATUS(BEFORE_BODY, 409),
      .body = "{\"error\":{\"code\":\"MODE_NOT_ALLOWED\",\"message\":\"x\"}}"},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"throttled",
     {STATUS(BEFORE_BODY, 429)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"throttled_408",
     {STATUS(BEFORE_BODY, 408)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"throttled_425",
     {STATUS(BEFORE_BODY, 425)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"unavailable_early",
     {STATUS(BEFORE_BODY, 503)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},

    /* a status that the table does not name proves only by its time */
    {"ended_early",
     {STATUS(BEFORE_BODY, 405)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     true},
    {"unnamed_status",
     {STATUS(AFTER_STORE, 405)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"unnamed_status",
     {STATUS(AFTER_BODY, 501)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},

    /* the end, whatever other elements there are */
    {"full_proxy",
     {STATUS(BEFORE_BODY, 507), .header = "Server: envoy"},
     SE_REJECTED,
     SE_E_REFUSED,
     NULL,
     1,
     0,
     true},
    {"full_proxy",
     {STATUS(BEFORE_BODY, 507), SAYS("over the buffer limit")},
     SE_REJECTED,
     SE_E_REFUSED,
     NULL,
     1,
     0,
     true},
    {"redirect",
     {STATUS(BEFORE_BODY, 307), .header = "Location: /elsewhere"},
     SE_REJECTED,
     SE_E_MISCONFIGURED,
     NULL,
     1,
     0,
     true},
    {"redirect",
     {STATUS(AFTER_BODY, 302), .header = "Location: /elsewhere"},
     SE_REJECTED,
     SE_E_MISCONFIGURED,
     NULL,
     1,
     0,
     false},
    {"refused",
     {STATUS(BEFORE_BODY, 400)},
     SE_REJECTED,
     SE_E_REFUSED,
     NULL,
     1,
     0,
     true},
    {"refused",
     {STATUS(BEFORE_BODY, 411)},
     SE_REJECTED,
     SE_E_REFUSED,
     NULL,
     1,
     0,
     true},
    {"refused",
     {STATUS(BEFORE_BODY, 413)},
     SE_REJECTED,
     SE_E_REFUSED,
     NULL,
     1,
     0,
     true},
    {"refused",
     {STATUS(BEFORE_BODY, 415)},
     SE_REJECTED,
     SE_E_REFUSED,
     NULL,
     1,
     0,
     true},
    {"refused",
     {STATUS(AFTER_BODY, 422)},
     SE_REJECTED,
     SE_E_REFUSED,
     NULL,
     1,
     0,
     false},
    {"forbidden",
     {STATUS(BEFORE_BODY, 403)},
     SE_REJECTED,
     SE_E_REFUSED,
     NULL,
     1,
     0,
     true},
    {"unauthenticated",
     {STATUS(BEFORE_BODY, 401)},
     SE_REJECTED,
     SE_E_AUTH,
     NULL,
     1,
     0,
     true},

    /* a status counts also after the body */
    {"full", {STATUS(AFTER_BODY, 507)}, SE_STORED, SE_OK, "se-02", 2, 1, false},
    {"full",
     {STATUS(DURING_BODY, 507), .after_bytes = 5000},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"not_found",
     {STATUS(AFTER_BODY, 404)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"throttled",
     {STATUS(AFTER_BODY, 429)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},

    /* unknown, resolved by asking: it is there */
    {"cut_in_body",
     {AT(AFTER_STORE, CLOSE)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"cut_in_body",
     {AT(AFTER_STORE, RESET)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"cut_in_body",
     {STATUS(AFTER_STORE, 502)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"cut_in_body",
     {STATUS(AFTER_STORE, 503)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"cut_in_body",
     {STATUS(AFTER_STORE, 504)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"cut_in_body",
     {AT(AFTER_STORE, STALL)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"error_in_body",
     {STATUS(AFTER_STORE, 500)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"unusable_reply",
     {AT(AFTER_STORE, GARBAGE)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"unusable_reply",
     {AT(AFTER_STORE, NO_CHECKSUM)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"exists",
     {STATUS(AFTER_STORE, 409)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"exists_500",
     {STATUS(AFTER_STORE, 500), SAYS("File with ID 1 already exists")},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},

    /* unknown, resolved by asking: it is not there */
    {"cut_in_body",
     {AT(AFTER_BODY, CLOSE)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"cut_in_body",
     {AT(DURING_BODY, RESET), .after_bytes = 5000},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"cut_in_body",
     {AT(DURING_BODY, CLOSE), .after_bytes = 1},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"cut_in_body",
     {AT(AFTER_BODY, STALL)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"cut_in_body",
     {STATUS(AFTER_BODY, 503)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"error_in_body",
     {STATUS(AFTER_BODY, 500)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"unusable_reply",
     {AT(AFTER_BODY, GARBAGE)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},

    /* the id exists, said before a byte left: nothing of this was stored */
    {"exists_early",
     {STATUS(BEFORE_BODY, 409)},
     SE_REJECTED,
     SE_E_CONFLICT,
     NULL,
     1,
     0,
     true},
    {"exists_500_early",
     {STATUS(BEFORE_BODY, 500), SAYS("File with ID 1 already exists")},
     SE_REJECTED,
     SE_E_CONFLICT,
     NULL,
     1,
     0,
     true},

    /* it says that the id exists, and does not find it */
    {"exists",
     {STATUS(AFTER_BODY, 409)},
     SE_UNKNOWN,
     SE_E_UNKNOWN_OUTCOME,
     NULL,
     1,
     0,
     false},
    {"exists_500",
     {STATUS(AFTER_BODY, 500), SAYS("File with ID 1 already exists")},
     SE_UNKNOWN,
     SE_E_UNKNOWN_OUTCOME,
     NULL,
     1,
     0,
     false},

    /* wrong content: deleted, and never a success */
    {"wrong_checksum",
     {AT(AFTER_STORE, WRONG_CHECKSUM)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},
    {"wrong_checksum",
     {AT(BEFORE_BODY, CORRUPT)},
     SE_STORED,
     SE_OK,
     "se-02",
     2,
     1,
     false},

    /* once more without Expect */
    {"expectation_failed",
     {AT(BEFORE_BODY, EXPECT_417)},
     SE_STORED,
     SE_OK,
     "se-01",
     2,
     1,
     false},
    {"stored",
     {AT(BEFORE_BODY, NO_100)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
    {"stored",
     {AT(BEFORE_BODY, NO_FAULT)},
     SE_STORED,
     SE_OK,
     "se-01",
     1,
     1,
     false},
};

static void check_outcome(const fault_case *c, const se_result *result,
                          se_err rc, const se_error *err)
{
    ck_assert_msg(se_result_outcome(result) == c->outcome, "%s: outcome %s, %s",
                  c->row, se_outcome_name(se_result_outcome(result)),
                  err->message);
    ck_assert_msg(rc == c->code, "%s: %s, not %s: %s", c->row, se_err_name(rc),
                  se_err_name(c->code), err->message);
    ck_assert_str_eq(se_result_attempt(result, 0)->row, c->row);
    ck_assert_msg(se_result_attempt_count(result) == c->attempts,
                  "%s: %zu attempts", c->row, se_result_attempt_count(result));
    if (c->stored_on) {
        ck_assert_str_eq(se_result_se_id(result), c->stored_on);
    }
}

START_TEST(row_does_what_the_table_says)
{
    const fault_case *c = &cases[_i];
    sandbox_fault fault = c->fault;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    sandbox_counts first;
    fleet f;
    se_err rc;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    fault.route = SANDBOX_UPLOAD;
    sandbox_add_fault(f.sandbox, "se-01", &fault);
    rc = fleet_upload(&f, SIZE, &result, &err);
    ck_assert_ptr_nonnull(result);
    check_outcome(c, result, rc, &err);
    first = fleet_counts(&f, "se-01");
    if (c->no_byte_left) {
        ck_assert_int_eq(first.body_bytes + first.unread_bytes, 0);
        ck_assert_int_eq(se_result_attempt(result, 0)->bytes_sent, 0);
    }
    ck_assert_msg(sandbox_copies(f.sandbox, se_result_file_id(result)) ==
                      c->copies,
                  "%s: %d copies", c->row,
                  sandbox_copies(f.sandbox, se_result_file_id(result)));
    if (c->outcome == SE_STORED) {
        ck_assert(sandbox_holds(f.sandbox, c->stored_on,
                                se_result_file_id(result),
                                se_result_sha256(result)));
    }
    /* Neither we nor libcurl sent it to one element twice. */
    ck_assert_int_le(first.stored, 1);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* The element cannot be asked: then nobody knows, and nobody else gets it. */
START_TEST(unresolved_stays_unknown)
{
    static const sandbox_fault answers[] = {
        {.route = SANDBOX_FILE, STATUS(BEFORE_BODY, 401)},
        {.route = SANDBOX_FILE, STATUS(BEFORE_BODY, 403)},
        {.route = SANDBOX_FILE, STATUS(BEFORE_BODY, 422)},
        {.route = SANDBOX_FILE, STATUS(BEFORE_BODY, 500)},
        {.route = SANDBOX_FILE, AT(BEFORE_BODY, RESET)},
        {.route = SANDBOX_FILE, AT(BEFORE_BODY, STALL)},
        {.route = SANDBOX_FILE, AT(AFTER_STORE, GARBAGE)},
    };
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    fleet_fault(&f, "se-01", SANDBOX_UPLOAD, SANDBOX_AFTER_STORE,
                SANDBOX_CLOSE);
    sandbox_add_fault(f.sandbox, "se-01", &answers[_i]);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err),
                     SE_E_UNKNOWN_OUTCOME);
    ck_assert_int_eq(se_result_outcome(result), SE_UNKNOWN);
    ck_assert_str_eq(se_result_se_id(result), "se-01");
    ck_assert_int_eq(sandbox_copies(f.sandbox, se_result_file_id(result)), 1);
    ck_assert_int_eq(fleet_counts(&f, "se-02").uploads, 0);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* The element stores the body and is gone before it answers. */
START_TEST(death_before_the_answer_is_unknown)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    fleet_fault(&f, "se-01", SANDBOX_UPLOAD, SANDBOX_AFTER_STORE,
                SANDBOX_CLOSE);
    fleet_fault(&f, "se-01", SANDBOX_FILE, SANDBOX_BEFORE_BODY, SANDBOX_RESET);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err),
                     SE_E_UNKNOWN_OUTCOME);
    ck_assert_int_eq(fleet_counts(&f, "se-01").stored, 1);
    ck_assert_int_eq(fleet_counts(&f, "se-01").uploads, 1);
    ck_assert_int_eq(se_err_exit_code(err.code), 13);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

START_TEST(same_id_same_content_is_stored)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.data = fleet_data(&f, SIZE);
    upload.data_length = SIZE;
    upload.file_id = "3F0C0000-0000-4000-8000-00000000000A";
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(se_ingest_upload(f.ingest, &upload, &result, &err) ==
                          SE_OK,
                      "%s", err.message);
        ck_assert_str_eq(se_result_se_id(result), "se-01");
        se_result_free(result);
    }
    ck_assert_int_eq(
        sandbox_copies(f.sandbox, "3f0c0000-0000-4000-8000-00000000000a"), 1);
    fleet_stop(&f);
}
END_TEST

START_TEST(same_id_other_content_is_refused)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.data = fleet_data(&f, SIZE);
    upload.data_length = SIZE;
    upload.file_id = "3f0c0000-0000-4000-8000-00000000000b";
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, NULL, &err), SE_OK);
    upload.data_length = SIZE - 1;
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, &result, &err),
                     SE_E_CONFLICT);
    ck_assert_int_eq(se_result_outcome(result), SE_REJECTED);
    ck_assert_int_eq(se_err_exit_code(err.code), 7);
    ck_assert_int_eq(sandbox_copies(f.sandbox, upload.file_id), 1);
    ck_assert_int_eq(fleet_counts(&f, "se-02").uploads, 0);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/*
 * What stands under an id that the caller chose may be an upload of long ago:
 * an attempt that is cut never deletes it.
 */
START_TEST(older_upload_of_the_same_id_survives_a_cut)
{
    sandbox_fault cut = {
        .route = SANDBOX_UPLOAD, AT(DURING_BODY, RESET), .after_bytes = 5000};
    /* More than all buffers on the way hold: the cut is seen. */
    enum {
        LARGE = 30000000
    };
    se_upload upload = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.data = fleet_data(&f, LARGE);
    upload.data_length = LARGE;
    upload.file_id = "3f0c0000-0000-4000-8000-00000000000c";
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, NULL, &err), SE_OK);
    sandbox_add_fault(f.sandbox, "se-01", &cut);
    upload.data_length = LARGE - (size_t)_i; /* the same file, another file */
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, &result, &err),
                     SE_E_UNKNOWN_OUTCOME);
    ck_assert_int_eq(sandbox_copies(f.sandbox, upload.file_id), 1);
    ck_assert_int_eq(fleet_counts(&f, "se-01").deleted, 0);
    ck_assert_int_eq(fleet_counts(&f, "se-02").uploads, 0);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* A full element of the Python kind says 500, after the body. */
START_TEST(full_element_that_says_500)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    /* A first upload learns that there is room; then there is none. */
    ck_assert_int_eq(fleet_upload(&f, SIZE, NULL, &err), SE_OK);
    sandbox_set_full_status(f.sandbox, "se-01", 500);
    sandbox_set_used(f.sandbox, "se-01", (int64_t)1 << 40);
    ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_result_se_id(result), "se-02");
    ck_assert_str_eq(se_result_attempt(result, 0)->row, "error_in_body");
    ck_assert_int_eq(se_result_attempt(result, 0)->code, SE_E_NO_SPACE);
    se_result_free(result);
    /* It is known to be full now: the next upload does not even ask it. */
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err), SE_OK);
    ck_assert_uint_eq(se_result_attempt_count(result), 1);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* Nobody else is left: after Retry-After the same element gets it. */
START_TEST(throttled_element_is_the_last_resort)
{
    static const sandbox_element one[] = {{"se-01", "edit", 100, 0}};
    sandbox_fault fault = {STATUS(BEFORE_BODY, 429), .times = 1,
                           .header = "Retry-After: 1"};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    int64_t started;
    fleet f;

    fleet_start(&f, one, 1);
    fleet_open(&f, NULL);
    sandbox_add_fault(f.sandbox, "se-01", &fault);
    started = fleet_now_ms();
    ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_int_ge(fleet_now_ms() - started, 990);
    ck_assert_uint_eq(se_result_attempt_count(result), 2);
    ck_assert_str_eq(se_result_se_id(result), "se-01");
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* The id route of the deletion is refused: the other one is used. */
START_TEST(wrong_content_is_deleted_by_either_route)
{
    sandbox_fault refused = {.route = SANDBOX_DELETE_GC,
                             STATUS(BEFORE_BODY, 403)};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    sandbox_add_fault(f.sandbox, "se-01", &refused);
    fleet_fault(&f, "se-01", SANDBOX_UPLOAD, SANDBOX_AFTER_STORE,
                SANDBOX_WRONG_CHECKSUM);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err), SE_OK);
    ck_assert_str_eq(se_result_se_id(result), "se-02");
    ck_assert_int_eq(fleet_counts(&f, "se-01").deleted, 1);
    ck_assert_int_eq(sandbox_copies(f.sandbox, se_result_file_id(result)), 1);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* Every element answers with another checksum: exit 11, nothing is left. */
START_TEST(wrong_checksum_everywhere_is_an_integrity_error)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    fleet_fault(&f, "se-01", SANDBOX_UPLOAD, SANDBOX_AFTER_STORE,
                SANDBOX_WRONG_CHECKSUM);
    fleet_fault(&f, "se-02", SANDBOX_UPLOAD, SANDBOX_AFTER_STORE,
                SANDBOX_WRONG_CHECKSUM);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err), SE_E_INTEGRITY);
    ck_assert_int_eq(se_err_exit_code(err.code), 11);
    ck_assert_int_eq(sandbox_copies(f.sandbox, se_result_file_id(result)), 0);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict_rows");
    TCase *tc = tcase_create("rows");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, row_does_what_the_table_says, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_loop_test(tc, unresolved_stays_unknown, 0, 7);
    tcase_add_test(tc, death_before_the_answer_is_unknown);
    tcase_add_test(tc, same_id_same_content_is_stored);
    tcase_add_test(tc, same_id_other_content_is_refused);
    tcase_add_loop_test(tc, older_upload_of_the_same_id_survives_a_cut, 0, 2);
    tcase_add_test(tc, full_element_that_says_500);
    tcase_add_test(tc, throttled_element_is_the_last_resort);
    tcase_add_test(tc, wrong_content_is_deleted_by_either_route);
    tcase_add_test(tc, wrong_checksum_everywhere_is_an_integrity_error);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
