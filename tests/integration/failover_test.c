/*
 * From one element to the next: what an upload does when elements are down,
 * full or gone, and what the list has to do with it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox_fleet.h"

#define SIZE 100000

START_TEST(two_down_one_alive)
{
    static const sandbox_element elements[] = {{"se-01", "edit", 1, 0},
                                               {"se-02", "edit", 2, 0},
                                               {"se-03", "edit", 3, 0}};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start(&f, elements, 3);
    fleet_open(&f, NULL);
    sandbox_kill(f.sandbox, "se-01");
    sandbox_kill(f.sandbox, "se-02");
    ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_uint_eq(se_result_attempt_count(result), 3);
    for (size_t i = 0; i < 2; i++) {
        const se_attempt *attempt = se_result_attempt(result, i);

        ck_assert_int_eq(se_attempt_outcome(attempt), SE_REJECTED);
        ck_assert_ptr_nonnull(strstr(se_attempt_error(attempt), "refused"));
        ck_assert_int_eq(se_attempt_bytes_sent(attempt), 0);
    }
    ck_assert_str_eq(se_attempt_se_id(se_result_attempt(result, 0)), "se-01");
    ck_assert_str_eq(se_attempt_se_id(se_result_attempt(result, 1)), "se-02");
    ck_assert_str_eq(se_result_se_id(result), "se-03");
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

START_TEST(all_down_names_each_and_its_reason)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    sandbox_kill(f.sandbox, "se-01");
    fleet_status(&f, "se-02", SANDBOX_BEFORE_BODY, 502);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err), SE_E_UNAVAILABLE);
    ck_assert_int_eq(se_err_exit_code(err.code), 5);
    ck_assert_ptr_nonnull(strstr(err.message, "se-01: "));
    ck_assert_ptr_nonnull(strstr(err.message, "refused"));
    ck_assert_ptr_nonnull(strstr(err.message, "se-02: HTTP 502"));
    ck_assert_ptr_null(strchr(err.message, '\n'));
    ck_assert_int_eq(se_result_outcome(result), SE_REJECTED);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

START_TEST(no_room_anywhere)
{
    static const sandbox_element small[] = {{"se-01", "edit", 100, 50000},
                                            {"se-02", "edit", 200, 60000},
                                            {"se-03", "rw", 300, 0}};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start(&f, small, 3);
    fleet_open(&f, NULL);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err), SE_E_NO_SPACE);
    ck_assert_int_eq(se_err_exit_code(err.code), 6);
    ck_assert_int_eq(fleet_counts(&f, "se-01").body_bytes, 0);
    ck_assert_int_eq(fleet_counts(&f, "se-02").body_bytes, 0);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* The list says there is room, both elements say 507: six all the same. */
START_TEST(all_answer_507)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    fleet_status(&f, "se-01", SANDBOX_BEFORE_BODY, 507);
    fleet_status(&f, "se-02", SANDBOX_BEFORE_BODY, 507);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err), SE_E_NO_SPACE);
    ck_assert_uint_eq(se_result_attempt_count(result), 2);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

START_TEST(permanent_files_go_to_rw)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.data = fleet_data(&f, SIZE);
    upload.data_length = SIZE;
    upload.retention = SE_PERMANENT;
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, &result, &err), SE_OK);
    ck_assert_str_eq(se_result_se_id(result), "se-03");
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* An element fills up: the next files go to the next one, in order. */
START_TEST(sequential_fill)
{
    static const sandbox_element small[] = {{"se-01", "edit", 100, 250000},
                                            {"se-02", "edit", 200, 0}};
    static const char *const expected[] = {"se-01", "se-01", "se-02", "se-02"};
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start(&f, small, 2);
    fleet_open(&f, NULL);
    for (size_t i = 0; i < 4; i++) {
        se_result *result = NULL;

        ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == SE_OK, "%s",
                      err.message);
        ck_assert_str_eq(se_result_se_id(result), expected[i]);
        ck_assert_uint_eq(se_result_attempt_count(result), 1);
        se_result_free(result);
    }
    fleet_stop(&f);
}
END_TEST

/* ---- the lazy reload ---- */

/* A document with these elements of the fleet only. */
static void write_part(fleet *f, const char *const *ids, size_t n)
{
    FILE *out = fopen(f->document, "w");

    ck_assert_ptr_nonnull(out);
    fprintf(out, "{\"version\":1,\"storage_elements\":[");
    for (size_t i = 0; i < n; i++) {
        fprintf(out,
                "%s{\"element_id\":\"%s\",\"api_url\":\"%s\","
                "\"mode\":\"%s\",\"priority\":%zu,\"is_available\":true}",
                i ? "," : "", ids[i], sandbox_url(f->sandbox, ids[i]),
                strcmp(ids[i], "se-03") == 0 ? "rw" : "edit", 100 + i);
    }
    fprintf(out, "]}");
    ck_assert_int_eq(fclose(out), 0);
}

typedef struct trigger {
    const char *name;
    sandbox_action action;
    int status;
    const char *body;
    bool kill;
} trigger;

static const trigger triggers[] = {
    {"507", SANDBOX_STATUS, 507, NULL, false},
    {"404", SANDBOX_STATUS, 404, NULL, false},
    {"stale mode", SANDBOX_STATUS, 400,
     "{\"detail\":\"File upload not allowed in ar mode\"}", false},
    {"closed", SANDBOX_CLOSE, 0, NULL, false},
    {"down", SANDBOX_NO_FAULT, 0, NULL, true},
};

/*
 * The list in force knows one element, which does not take the file; the
 * source knows another by now. The upload finds it by itself, at once.
 */
START_TEST(failed_attempt_reloads_the_list)
{
    const trigger *t = &triggers[_i];
    const char *const before[] = {"se-01"};
    const char *const after[] = {"se-01", "se-02"};
    sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                           .when = SANDBOX_BEFORE_BODY,
                           .action = t->action,
                           .status = t->status,
                           .body = t->body};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    int64_t started;
    fleet f;

    fleet_start_standard(&f);
    write_part(&f, before, 1);
    fleet_open(&f, NULL);
    write_part(&f, after, 2);
    if (t->kill) {
        sandbox_kill(f.sandbox, "se-01");
    } else {
        sandbox_add_fault(f.sandbox, "se-01", &fault);
    }
    started = fleet_now_ms();
    ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == SE_OK, "%s: %s",
                  t->name, err.message);
    ck_assert_str_eq(se_result_se_id(result), "se-02");
    ck_assert_int_lt(fleet_now_ms() - started, 1000);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* An element that left the list gets no new upload. */
START_TEST(removed_element_gets_nothing)
{
    const char *const after[] = {"se-02", "se-03"};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    write_part(&f, after, 2);
    ck_assert_int_eq(se_registry_reload(se_ingest_registry(f.ingest),
                                        SE_RELOAD_MANUAL, 0, NULL, &err),
                     SE_OK);
    ck_assert_int_eq(fleet_upload(&f, SIZE, &result, &err), SE_OK);
    ck_assert_str_eq(se_result_se_id(result), "se-02");
    ck_assert_int_eq(fleet_counts(&f, "se-01").requests, 0);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* ... and what it was getting is finished. */
START_TEST(upload_under_way_survives_the_removal)
{
    const char *const after[] = {"se-02", "se-03"};
    sandbox_fault slow = {.route = SANDBOX_UPLOAD,
                          .when = SANDBOX_AFTER_STORE,
                          .action = SANDBOX_NO_FAULT,
                          .delay_ms = 200};
    se_upload upload = SE_UPLOAD_INIT;
    const se_result *result = NULL;
    se_job *job = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    sandbox_add_fault(f.sandbox, "se-01", &slow);
    upload.data = fleet_data(&f, SIZE);
    upload.data_length = SIZE;
    ck_assert_int_eq(
        se_uploader_submit(se_ingest_uploader(f.ingest), &upload, &job, &err),
        SE_OK);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").uploads == 1);
    write_part(&f, after, 2);
    ck_assert_int_eq(se_registry_reload(se_ingest_registry(f.ingest),
                                        SE_RELOAD_MANUAL, 0, NULL, &err),
                     SE_OK);
    ck_assert_int_eq(se_job_wait(job, 10000, &result, &err), SE_OK);
    ck_assert_str_eq(se_result_se_id(result), "se-01");
    se_job_free(job);
    fleet_stop(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("failover");
    TCase *tc = tcase_create("failover");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, two_down_one_alive);
    tcase_add_test(tc, all_down_names_each_and_its_reason);
    tcase_add_test(tc, no_room_anywhere);
    tcase_add_test(tc, all_answer_507);
    tcase_add_test(tc, permanent_files_go_to_rw);
    tcase_add_test(tc, sequential_fill);
    tcase_add_loop_test(tc, failed_attempt_reloads_the_list, 0, 5);
    tcase_add_test(tc, removed_element_gets_nothing);
    tcase_add_test(tc, upload_under_way_survives_the_removal);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
