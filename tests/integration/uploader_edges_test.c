/*
 * The edges of an uploader: what callers hand over by mistake, what an end in
 * an odd moment leaves behind, and that nothing stays taken afterwards.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forked.h"
#include "sandbox_fleet.h"

#include "uploader/uploader.h"

static se_upload small_upload(fleet *f, size_t length)
{
    se_upload upload = SE_UPLOAD_INIT;

    upload.data = fleet_data(f, length);
    upload.data_length = length;
    return upload;
}

/* When all has ended, nothing is taken any more. */
static void check_at_rest(fleet *f)
{
    se_uploader *uploader = se_ingest_uploader(f->ingest);
    int slot;
    const se__snapshot *snapshot;

    se_uploader_stop(uploader, 0);
    ck_assert_int_eq(atomic_load(&uploader->budget.active), 0);
    ck_assert_int_eq(atomic_load(&uploader->budget.retrying), 0);
    for (int i = 0; i < uploader->n_lanes; i++) {
        ck_assert_int_eq(uploader->lanes[i].running, 0);
        ck_assert_int_eq(atomic_load(&uploader->lanes[i].jobs), 0);
        ck_assert_ptr_null(uploader->lanes[i].queue_head);
        ck_assert_ptr_null(uploader->lanes[i].queue_tail);
        ck_assert_ptr_null(uploader->lanes[i].waiting);
    }
    snapshot = se__registry_enter(uploader->registry, &slot);
    for (size_t i = 0; i < se_topology_count(snapshot->topology); i++) {
        se__endpoint *endpoint = snapshot->endpoints[i];

        ck_assert_int_eq(atomic_load(&endpoint->in_flight), 0);
        ck_assert_int_eq(atomic_load(&endpoint->reserved), 0);
    }
    se__registry_leave(uploader->registry, slot);
}

/* ---- what callers hand over ---- */

/* Such a descriptor would be waited for in vain. */
START_TEST(negative_descriptor)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.from_fd = true;
    upload.fd = -1;
    upload.deadline_ms = 3000;
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, NULL, &err),
                     SE_E_INVALID);
    fleet_stop(&f);
}
END_TEST

static void no_capacity(void *user, const se_capacity *capacity)
{
    (void)user;
    (void)capacity;
}

START_TEST(missing_arguments)
{
    se_uploader *none = NULL;
    se_ingest *ingest = NULL;
    se_options options = SE_OPTIONS_INIT;
    const char *sources[] = {NULL};
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    se_upload upload = small_upload(&f, 10);
    ck_assert_int_eq(
        se_uploader_open(NULL, se_ingest_selector(f.ingest), NULL, &none, NULL),
        SE_E_INVALID);
    ck_assert_int_eq(
        se_uploader_open(se_ingest_registry(f.ingest), NULL, NULL, &none, NULL),
        SE_E_INVALID);
    ck_assert_int_eq(se_uploader_submit(NULL, &upload, NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(se_uploader_upload(NULL, &upload, NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(se_ingest_upload(f.ingest, NULL, NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(se_ingest_upload(NULL, &upload, NULL, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_capacity_poll(NULL, 0, no_capacity, NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(
        se_capacity_poll(se_ingest_uploader(f.ingest), 0, NULL, NULL, NULL),
        SE_E_INVALID);
    ck_assert_int_eq(se_ingest_open(&ingest, NULL, NULL), SE_E_INVALID);
    options.n_sources = 1;
    ck_assert_int_eq(se_ingest_open(&ingest, &options, NULL), SE_E_INVALID);
    options.sources = sources;
    ck_assert_int_ne(se_ingest_open(&ingest, &options, NULL), SE_OK);
    ck_assert_ptr_null(ingest);
    fleet_stop(&f);
}
END_TEST

static se_err wordless_token(void *user, const char *stale, char *token,
                             size_t capacity, se_error *err)
{
    (void)user;
    (void)stale;
    (void)token;
    (void)capacity;
    (void)err;
    return SE_E_AUTH;
}

/* A callback that fails and does not say why is no success. */
START_TEST(token_that_fails_without_words)
{
    se_uploader_options options = fleet_fast;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    options.token = wordless_token;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    ck_assert_int_eq(fleet_upload(&f, 1000, &result, &err), SE_E_AUTH);
    ck_assert_int_eq(err.code, SE_E_AUTH);
    ck_assert_str_ne(err.message, "");
    ck_assert_int_eq(se_result_outcome(result), SE_REJECTED);
    se_result_free(result);
    check_at_rest(&f);
    fleet_stop(&f);
}
END_TEST

/* ---- ends ---- */

/* Who has to look for the file learns where. */
START_TEST(unknown_names_its_element)
{
    se_uploader_options options = fleet_fast;
    sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                           .when = SANDBOX_AFTER_STORE,
                           .action = SANDBOX_STALL};
    const se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    se_job *job = NULL;
    fleet f;

    options.commit_timeout_ms = 30000;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    sandbox_add_fault(f.sandbox, "se-01", &fault);
    se_upload upload = small_upload(&f, 1000);
    ck_assert_int_eq(
        se_uploader_submit(se_ingest_uploader(f.ingest), &upload, &job, &err),
        SE_OK);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").stored == 1);
    se_job_cancel(job);
    ck_assert_int_eq(se_job_wait(job, 10000, &result, &err),
                     SE_E_UNKNOWN_OUTCOME);
    ck_assert_int_eq(se_result_outcome(result), SE_UNKNOWN);
    ck_assert_str_eq(se_result_se_id(result), "se-01");
    ck_assert_str_eq(se_result_se_url(result), sandbox_url(f.sandbox, "se-01"));
    se_job_free(job);
    check_at_rest(&f);
    fleet_stop(&f);
}
END_TEST

/* The first one knows no Expect, is full after all; so is the second's. */
START_TEST(expect_is_tried_at_each_element)
{
    sandbox_fault ignorant = {.route = SANDBOX_UPLOAD,
                              .action = SANDBOX_EXPECT_417};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    sandbox_add_fault(f.sandbox, "se-01", &ignorant);
    fleet_status(&f, "se-01", SANDBOX_AFTER_BODY, 507);
    sandbox_add_fault(f.sandbox, "se-02", &ignorant);
    ck_assert_msg(fleet_upload(&f, 1000, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_result_se_id(result), "se-02");
    ck_assert_uint_eq(se_result_attempt_count(result), 4);
    se_result_free(result);
    check_at_rest(&f);
    fleet_stop(&f);
}
END_TEST

/* 500 tokens; one retry after a timeout, which fails as well. */
START_TEST(timeouts_cost_more)
{
    sandbox_fault mute = {.route = SANDBOX_UPLOAD,
                          .when = SANDBOX_AFTER_BODY,
                          .action = SANDBOX_STALL};
    se_uploader_options options = fleet_fast;
    se_error err = SE_ERROR_INIT;
    fleet f;

    options.commit_timeout_ms = 100;
    options.max_attempts = 2;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    sandbox_add_fault(f.sandbox, "se-01", &mute);
    fleet_status(&f, "se-02", SANDBOX_AFTER_BODY, 502);
    ck_assert_int_eq(fleet_upload(&f, 1000, NULL, &err), SE_E_UNAVAILABLE);
    ck_assert_int_eq(atomic_load(&se_ingest_uploader(f.ingest)->budget.tokens),
                     490);
    check_at_rest(&f);
    fleet_stop(&f);
}
END_TEST

/* ---- after a fork ---- */

static void count_call(se_job *job, const se_result *result, void *user)
{
    int *calls = user;

    (void)job;
    (void)result;
    (*calls)++;
}

typedef struct inherited {
    se_uploader *uploader;
    se_job *running;
} inherited;

static int use_in_child(void *argument)
{
    inherited *i = argument;
    bool good = se_job_wait(i->running, 2000, NULL, NULL) == SE_E_FORKED;

    se_job_cancel(i->running);
    return !good || se_uploader_dispatch(i->uploader) != 0;
}

/* The child neither waits for threads it lacks nor takes what is queued. */
START_TEST(child_leaves_the_parents_jobs_alone)
{
    se_uploader_options options = fleet_fast;
    inherited i = {0};
    se_uploader *uploader;
    se_error err = SE_ERROR_INIT;
    se_job *ended = NULL;
    int calls = 0;
    fleet f;

    options.dispatch = SE_DISPATCH_CALLER;
    options.commit_timeout_ms = 30000;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    uploader = se_ingest_uploader(f.ingest);
    se_upload upload = small_upload(&f, 1000);
    upload.done = count_call;
    upload.user = &calls;
    ck_assert_int_eq(se_uploader_submit(uploader, &upload, &ended, &err),
                     SE_OK);
    ck_assert_int_eq(se_job_wait(ended, 10000, NULL, &err), SE_OK);
    fleet_fault(&f, "se-01", SANDBOX_UPLOAD, SANDBOX_AFTER_BODY, SANDBOX_STALL);
    ck_assert_int_eq(se_uploader_submit(uploader, &upload, &i.running, &err),
                     SE_OK);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").uploads == 2);
    i.uploader = uploader;
    ck_assert_int_eq(forked(use_in_child, &i), 0);
    FLEET_WAIT_FOR((se_uploader_dispatch(uploader), calls == 1));
    se_job_cancel(i.running);
    se_job_free(i.running);
    se_job_free(ended);
    fleet_stop(&f);
}
END_TEST

/* ---- everything at once ---- */

#define CROWD 60

typedef struct crowd {
    fleet *f;
    unsigned seed;
} crowd;

/* Submits, cancels some, waits for some, gives all handles back. */
static void *misbehave(void *argument)
{
    crowd *c = argument;
    se_uploader *uploader = se_ingest_uploader(c->f->ingest);

    for (unsigned i = 0; i < CROWD; i++) {
        se_upload upload = SE_UPLOAD_INIT;
        unsigned what = (i * 7 + c->seed) % 5;
        se_job *job = NULL;

        upload.data = c->f->data;
        upload.data_length = c->f->length;
        upload.deadline_ms = what == 0 ? 1 + (int)(i % 20) : 0;
        if (se_uploader_submit(uploader, &upload, &job, NULL) != SE_OK) {
            break;
        }
        if (what == 1) {
            se_job_cancel(job);
        } else if (what == 2) {
            (void)se_job_wait(job, 5, NULL, NULL);
            se_job_cancel(job);
        }
        se_job_free(job);
    }
    return NULL;
}

static const struct {
    sandbox_when when;
    sandbox_action action;
    int status;
} troubles[] = {
    {SANDBOX_BEFORE_BODY, SANDBOX_STATUS, 507},
    {SANDBOX_BEFORE_BODY, SANDBOX_STATUS, 429},
    {SANDBOX_BEFORE_BODY, SANDBOX_STATUS, 401},
    {SANDBOX_DURING_BODY, SANDBOX_RESET, 0},
    {SANDBOX_AFTER_BODY, SANDBOX_CLOSE, 0},
    {SANDBOX_AFTER_STORE, SANDBOX_RESET, 0},
    {SANDBOX_AFTER_STORE, SANDBOX_WRONG_CHECKSUM, 0},
    {SANDBOX_AFTER_STORE, SANDBOX_GARBAGE, 0},
    {SANDBOX_AFTER_BODY, SANDBOX_STATUS, 500},
};

START_TEST(nothing_stays_taken)
{
    se_uploader_options options = fleet_fast;
    crowd crowds[3];
    pthread_t threads[3];
    fleet f;

    options.jobs_per_thread = 4;
    options.transfer_threads = 2;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    fleet_data(&f, 20000);
    for (int i = 0; i < (int)(sizeof(troubles) / sizeof(troubles[0])); i++) {
        sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                               .when = troubles[i].when,
                               .action = troubles[i].action,
                               .status = troubles[i].status,
                               .after_bytes = 5000,
                               .skip = i * 3,
                               .times = 5};

        sandbox_add_fault(f.sandbox, i % 2 ? "se-01" : "se-02", &fault);
    }
    for (unsigned i = 0; i < 3; i++) {
        crowds[i] = (crowd){&f, i};
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, misbehave, &crowds[i]), 0);
    }
    if (_i == 1) { /* closing the door on them */
        FLEET_WAIT_FOR(fleet_counts(&f, "se-01").uploads > 3);
        se_uploader_stop(se_ingest_uploader(f.ingest), 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    se_uploader_stop(se_ingest_uploader(f.ingest), _i == 0 ? 30000 : 0);
    check_at_rest(&f);
    fleet_stop(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uploader edges");
    TCase *tc = tcase_create("uploader edges");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, negative_descriptor);
    tcase_add_test(tc, missing_arguments);
    tcase_add_test(tc, token_that_fails_without_words);
    tcase_add_test(tc, unknown_names_its_element);
    tcase_add_test(tc, expect_is_tried_at_each_element);
    tcase_add_test(tc, timeouts_cost_more);
    tcase_add_test(tc, child_leaves_the_parents_jobs_alone);
    tcase_add_loop_test(tc, nothing_stays_taken, 0, 2);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
