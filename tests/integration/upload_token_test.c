/*
 * Uploads that show a token of the Admin Module: at hand, waited for, refused,
 * not to be had.
 */
#include <artstore/admin.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/private.h"
#include "base/clock.h"
#include "base/mem.h"
#include "logbook.h"
#include "sandbox_fleet.h"
#include "suite.h"

static fleet f;
static se_admin *admin;
static logbook book;

/* ---- the stage ---- */

/* Before anybody asks: how long uploads wait for a request. */
static void set_patience(int ms)
{
    admin->patience_ms = ms;
}

static void setup(const char *secret, const se_uploader_options *more)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_uploader_options uploads = more ? *more : fleet_fast;
    se_error err = SE_ERROR_INIT;

    logbook_init(&book);
    fleet_start_admin(&f, true);
    options.url = sandbox_url(f.sandbox, "admin");
    options.client_id = FLEET_ID;
    options.client_secret = secret;
    options.log = logbook_write;
    options.log_user = &book;
    ck_assert_msg(se_admin_open(&admin, &options, &err) == SE_OK, "%s",
                  err.message);
    set_patience(20000);
    uploads.admin = admin;
    /* Nothing here is about an element that is slow: a thousand uploads are. */
    uploads.connect_timeout_ms = 20000;
    uploads.probe_timeout_ms = 20000;
    uploads.idle_timeout_ms = 20000;
    uploads.commit_timeout_ms = 20000;
    uploads.resolve_interval_ms = 200;
    uploads.log = logbook_write;
    uploads.log_user = &book;
    fleet_open(&f, &uploads);
}

static void expect_no_secret(const char *text)
{
    ck_assert_msg(strstr(text, FLEET_SECRET) == NULL, "%s", text);
    ck_assert_msg(strstr(text, "sandbox.") == NULL, "%s", text);
}

static void teardown(void)
{
    se_admin_close(admin); /* the uploader keeps what it needs */
    fleet_stop(&f);
    for (int i = 0; i < book.count && i < LOGBOOK_LINES; i++) {
        expect_no_secret(book.lines[i]);
    }
    logbook_fini(&book);
}

static int64_t token_requests(void)
{
    return fleet_counts(&f, "admin").token_requests;
}

static void strike(const char *id, sandbox_fault fault)
{
    sandbox_add_fault(f.sandbox, id, &fault);
}

static void hang_the_token(void)
{
    strike("admin",
           (sandbox_fault){.route = SANDBOX_TOKEN, .action = SANDBOX_STALL});
}

/* One upload and what became of it; the error is looked through. */
static se_err upload(se_error *err, size_t *attempts)
{
    se_error said = SE_ERROR_INIT;
    se_result *result = NULL;
    se_err rc = fleet_upload(&f, 1000, &result, &said);

    expect_no_secret(said.message);
    if (attempts) {
        *attempts = se_result_attempt_count(result);
    }
    for (size_t i = 0; i < se_result_attempt_count(result); i++) {
        expect_no_secret(se_attempt_error(se_result_attempt(result, i)));
    }
    se_result_free(result);
    if (err) {
        *err = said;
    }
    return rc;
}

static void submit(se_job **jobs, size_t n, int deadline_ms)
{
    se_upload one = SE_UPLOAD_INIT;

    one.data = fleet_data(&f, 1000);
    one.data_length = 1000;
    one.deadline_ms = deadline_ms;
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(se_uploader_submit(se_ingest_uploader(f.ingest), &one,
                                            &jobs[i], NULL),
                         SE_OK);
    }
}

/* They all end like this. */
static void expect_ends(se_job **jobs, size_t n, se_err code)
{
    for (size_t i = 0; i < n; i++) {
        se_error err = SE_ERROR_INIT;
        se_err rc = se_job_wait(jobs[i], 60000, NULL, &err);

        ck_assert_msg(rc == code, "%s: %s", se_err_name(rc), err.message);
        expect_no_secret(err.message);
        se_job_free(jobs[i]);
    }
}

/* Jobs that wait for the request under way. */
static int waiting(void)
{
    int n = 0;

    se__mutex_lock(&admin->lock);
    for (se__token_wait *at = admin->waiting; at; at = at->next) {
        n++;
    }
    se__mutex_unlock(&admin->lock);
    return n;
}

static void forget_failure(void)
{
    se__mutex_lock(&admin->lock);
    admin->token.failed_until_ms = 0;
    se__mutex_unlock(&admin->lock);
}

/* ---- a token is to be had ---- */

START_TEST(the_token_authorises)
{
    size_t attempts;

    setup(FLEET_SECRET, NULL);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(upload(NULL, &attempts), SE_OK);
        ck_assert_uint_eq(attempts, 1);
    }
    ck_assert_int_eq(token_requests(), 1);
    teardown();
}
END_TEST

#define MANY 300

START_TEST(many_uploads_one_request)
{
    static se_job *jobs[MANY];

    setup(FLEET_SECRET, NULL);
    strike("admin", (sandbox_fault){
                        .route = SANDBOX_TOKEN, .delay_ms = 200, .times = 1});
    submit(jobs, MANY, 0);
    expect_ends(jobs, MANY, SE_OK);
    ck_assert_int_eq(token_requests(), 1);
    ck_assert_int_eq(fleet_counts(&f, "se-01").stored, MANY);
    teardown();
}
END_TEST

/* With one slot, all of them wait for the token all the same. */
START_TEST(who_waits_holds_no_slot)
{
    se_uploader_options options = fleet_fast;
    se_job *jobs[10];

    options.transfer_threads = 1;
    options.jobs_per_thread = 1;
    setup(FLEET_SECRET, &options);
    strike("admin", (sandbox_fault){.route = SANDBOX_TOKEN,
                                    .action = SANDBOX_STALL,
                                    .times = 1});
    submit(jobs, SE__COUNT(jobs), 0);
    FLEET_WAIT_FOR(waiting() == (int)SE__COUNT(jobs));
    FLEET_WAIT_FOR(token_requests() == 1);
    sandbox_kill(f.sandbox, "admin"); /* ends the request that hangs */
    ck_assert(sandbox_revive(f.sandbox, "admin"));
    for (size_t i = 0; i < SE__COUNT(jobs); i++) {
        ck_assert_int_ne(se_job_wait(jobs[i], 20000, NULL, NULL), SE_E_TIMEOUT);
        se_job_free(jobs[i]);
    }
    teardown();
}
END_TEST

START_TEST(refused_by_an_element_once)
{
    size_t attempts;

    setup(FLEET_SECRET, NULL);
    ck_assert_int_eq(upload(NULL, NULL), SE_OK);
    sandbox_revoke_tokens(f.sandbox);
    ck_assert_int_eq(upload(NULL, &attempts), SE_OK);
    ck_assert_uint_eq(attempts, 2);
    ck_assert_int_eq(token_requests(), 2);
    ck_assert_int_eq(fleet_counts(&f, "se-01").stored, 2);
    ck_assert_int_eq(fleet_counts(&f, "se-02").uploads, 0);
    teardown();
}
END_TEST

/* What is asked about the file afterwards shows a token that still counts. */
START_TEST(the_token_ends_while_the_file_is_sent)
{
    se_job *job;

    setup(FLEET_SECRET, NULL);
    strike("se-01", (sandbox_fault){.route = SANDBOX_UPLOAD,
                                    .when = SANDBOX_AFTER_STORE,
                                    .action = SANDBOX_CLOSE,
                                    .delay_ms = 300});
    submit(&job, 1, 0);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").stored == 1);
    sandbox_revoke_tokens(f.sandbox);
    se__mutex_lock(&admin->lock);
    admin->token.expires_ms = 0;
    se__mutex_unlock(&admin->lock);
    expect_ends(&job, 1, SE_OK);
    ck_assert_int_eq(token_requests(), 2);
    teardown();
}
END_TEST

START_TEST(refused_all_at_once)
{
    static se_job *jobs[100];

    setup(FLEET_SECRET, NULL);
    ck_assert_int_eq(upload(NULL, NULL), SE_OK);
    sandbox_revoke_tokens(f.sandbox);
    strike("admin", (sandbox_fault){
                        .route = SANDBOX_TOKEN, .delay_ms = 100, .times = 1});
    submit(jobs, SE__COUNT(jobs), 0);
    expect_ends(jobs, SE__COUNT(jobs), SE_OK);
    ck_assert_int_eq(token_requests(), 2);
    teardown();
}
END_TEST

/* An element that takes no token at all costs two requests, not one each. */
START_TEST(an_element_refuses_for_good)
{
    se_error err = SE_ERROR_INIT;
    size_t attempts;

    setup(FLEET_SECRET, NULL);
    strike("se-01", (sandbox_fault){.route = SANDBOX_UPLOAD,
                                    .action = SANDBOX_STATUS,
                                    .status = 401});
    for (int i = 0; i < 10; i++) {
        ck_assert_int_eq(upload(&err, &attempts), SE_E_AUTH);
        ck_assert_int_eq(err.http_status, 401);
        ck_assert_str_eq(err.se_id, "se-01");
        ck_assert_uint_le(attempts, 2);
    }
    ck_assert_int_eq(token_requests(), 2);
    ck_assert_int_eq(fleet_counts(&f, "se-02").uploads, 0);
    teardown();
}
END_TEST

/* ---- none is to be had ---- */

START_TEST(the_account_is_refused)
{
    se_error err = SE_ERROR_INIT;
    size_t attempts;

    setup("wrong", NULL);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(upload(&err, &attempts), SE_E_AUTH);
        ck_assert_int_eq(se_err_exit_code(err.code), 12);
        ck_assert_msg(strstr(err.message, "Admin Module http://") != NULL, "%s",
                      err.message);
        ck_assert_uint_eq(attempts, 0);
    }
    ck_assert_int_eq(token_requests(), 1);
    ck_assert_int_eq(fleet_counts(&f, "se-01").uploads, 0);
    teardown();
}
END_TEST

/* Nobody answers: elements that ask for no token still get the file; one that
 * does ends it, and it is said whose fault it is. */
START_TEST(nobody_answers)
{
    se_error err = SE_ERROR_INIT;

    setup(FLEET_SECRET, NULL);
    sandbox_kill(f.sandbox, "admin");
    ck_assert_int_eq(upload(&err, NULL), SE_E_AUTH);
    ck_assert_int_eq(se_err_exit_code(err.code), 12);
    ck_assert_int_eq(err.http_status, 401);
    ck_assert_str_eq(err.se_id, "se-01");
    ck_assert_msg(strstr(err.message, "Admin Module http://") != NULL, "%s",
                  err.message);
    ck_assert(sandbox_revive(f.sandbox, "admin"));
    forget_failure();
    ck_assert_int_eq(upload(&err, NULL), SE_OK);
    teardown();
}
END_TEST

START_TEST(nobody_answers_and_nobody_asks)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_uploader_options uploads = fleet_fast;
    size_t attempts;

    logbook_init(&book);
    fleet_start_standard(&f);
    options.url = "http://127.0.0.1:1";
    options.client_id = FLEET_ID;
    options.client_secret = FLEET_SECRET;
    ck_assert_int_eq(se_admin_open(&admin, &options, NULL), SE_OK);
    uploads.admin = admin;
    fleet_open(&f, &uploads);
    ck_assert_int_eq(upload(NULL, &attempts), SE_OK);
    ck_assert_uint_eq(attempts, 1);
    teardown();
}
END_TEST

/* It comes back in time for the one try that a refusal is worth. */
START_TEST(it_answers_after_the_refusal)
{
    setup(FLEET_SECRET, NULL);
    strike("admin", (sandbox_fault){.route = SANDBOX_TOKEN,
                                    .action = SANDBOX_STATUS,
                                    .status = 503,
                                    .times = 1});
    admin->token.failed_ms = 0; /* before anybody asks */
    ck_assert_int_eq(upload(NULL, NULL), SE_OK);
    ck_assert_int_eq(token_requests(), 2);
    teardown();
}
END_TEST

/* Elements that ask for no token, and an Admin Module. */
static void setup_open_elements(void)
{
    static const sandbox_element element = {"se-01", "edit", 1000000, 0};
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_uploader_options uploads = fleet_fast;

    logbook_init(&book);
    fleet_start_with(&f, (sandbox_options){.elements = &element,
                                           .n_elements = 1,
                                           .admin = true});
    options.url = sandbox_url(f.sandbox, "admin");
    options.client_id = FLEET_ID;
    options.client_secret = FLEET_SECRET;
    options.timeout_ms = 60000;
    ck_assert_int_eq(se_admin_open(&admin, &options, NULL), SE_OK);
    uploads.admin = admin;
    fleet_open(&f, &uploads);
}

START_TEST(who_is_late_holds_up_nobody)
{
    int64_t began = se__now_ms();
    size_t attempts;

    setup_open_elements();
    set_patience(100);
    hang_the_token();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(upload(NULL, &attempts), SE_OK);
        ck_assert_uint_eq(attempts, 1);
    }
    ck_assert_int_lt(se__now_ms() - began, 20000);
    ck_assert_int_eq(token_requests(), 1);
    teardown();
}
END_TEST

/* It was silent once: what follows is asked in the background. */
START_TEST(who_was_silent_holds_up_nobody)
{
    int64_t began = se__now_ms();

    setup_open_elements();
    set_patience(60000);
    sandbox_kill(f.sandbox, "admin");
    ck_assert_int_eq(upload(NULL, NULL), SE_OK);
    ck_assert(sandbox_revive(f.sandbox, "admin"));
    hang_the_token();
    forget_failure();
    ck_assert_int_eq(upload(NULL, NULL), SE_OK);
    FLEET_WAIT_FOR(token_requests() == 1);
    ck_assert_int_eq(upload(NULL, NULL), SE_OK);
    ck_assert_int_lt(se__now_ms() - began, 20000);
    teardown();
}
END_TEST

/* An element insists: then a slow answer is better than none. */
START_TEST(who_was_refused_waits_for_a_late_one)
{
    size_t attempts;

    setup(FLEET_SECRET, NULL);
    set_patience(50);
    strike("admin", (sandbox_fault){
                        .route = SANDBOX_TOKEN, .delay_ms = 700, .times = 1});
    ck_assert_int_eq(upload(NULL, &attempts), SE_OK);
    ck_assert_uint_eq(attempts, 2);
    ck_assert_int_eq(token_requests(), 1);
    teardown();
}
END_TEST

/* The list comes first: without one, nobody asks for a token. */
START_TEST(no_list_no_token)
{
    se_options ingest = SE_OPTIONS_INIT;
    se_uploader_options uploads = fleet_fast;
    const char *sources[] = {"file:/nowhere/fleet.json"};
    se_job *job;

    setup(FLEET_SECRET, NULL);
    se_ingest_close(f.ingest);
    uploads.admin = admin;
    ingest.sources = sources;
    ingest.n_sources = 1;
    ingest.uploader = &uploads;
    ck_assert_int_eq(se_ingest_open(&f.ingest, &ingest, NULL), SE_OK);
    submit(&job, 1, 0);
    expect_ends(&job, 1, SE_E_DISCOVERY);
    ck_assert_int_eq(token_requests(), 0);
    teardown();
}
END_TEST

/* The list and the token come from one Admin Module: one handle, one token. */
START_TEST(a_slash_makes_no_other_admin_module)
{
    se_options ingest = SE_OPTIONS_INIT;
    char source[128];
    const char *sources[] = {source};

    setup(FLEET_SECRET, NULL);
    se_ingest_close(f.ingest);
    snprintf(source, sizeof(source), "%s/", sandbox_url(f.sandbox, "admin"));
    ingest.admin_url = sandbox_url(f.sandbox, "admin");
    ingest.client_id = FLEET_ID;
    ingest.client_secret = FLEET_SECRET;
    ingest.sources = sources;
    ingest.n_sources = 1;
    ck_assert_int_eq(se_ingest_open(&f.ingest, &ingest, NULL), SE_OK);
    ck_assert_int_eq(se_registry_reload(se_ingest_registry(f.ingest),
                                        SE_RELOAD_MANUAL, 0, NULL, NULL),
                     SE_OK);
    ck_assert_int_eq(upload(NULL, NULL), SE_OK);
    ck_assert_int_eq(token_requests(), 1);
    teardown();
}
END_TEST

/* ---- ended while it waits ---- */

START_TEST(canceled_while_it_waits)
{
    se_job *jobs[3];

    setup(FLEET_SECRET, NULL);
    hang_the_token();
    submit(jobs, SE__COUNT(jobs), 0);
    FLEET_WAIT_FOR(waiting() == 3);
    se_job_cancel(jobs[1]);
    expect_ends(&jobs[1], 1, SE_E_CANCELED);
    FLEET_WAIT_FOR(waiting() == 2);
    se_job_cancel(jobs[0]);
    se_job_cancel(jobs[2]);
    expect_ends(&jobs[0], 1, SE_E_CANCELED);
    expect_ends(&jobs[2], 1, SE_E_CANCELED);
    teardown();
}
END_TEST

START_TEST(too_late_while_it_waits)
{
    se_job *jobs[2];

    setup(FLEET_SECRET, NULL);
    hang_the_token();
    submit(jobs, SE__COUNT(jobs), 100);
    expect_ends(jobs, SE__COUNT(jobs), SE_E_DEADLINE);
    ck_assert_int_eq(waiting(), 0);
    teardown();
}
END_TEST

START_TEST(stopped_while_it_waits)
{
    se_job *jobs[3];

    setup(FLEET_SECRET, NULL);
    hang_the_token();
    submit(jobs, SE__COUNT(jobs), 0);
    FLEET_WAIT_FOR(waiting() == 3);
    se_uploader_stop(se_ingest_uploader(f.ingest), 10);
    ck_assert_int_eq(waiting(), 0);
    expect_ends(jobs, SE__COUNT(jobs), SE_E_CANCELED);
    teardown();
}
END_TEST

START_TEST(closed_while_it_waits)
{
    se_job *job;

    setup(FLEET_SECRET, NULL);
    hang_the_token();
    submit(&job, 1, 0);
    FLEET_WAIT_FOR(waiting() == 1);
    se_ingest_close(f.ingest);
    f.ingest = NULL;
    ck_assert_int_eq(se_job_wait(job, 0, NULL, NULL), SE_E_CANCELED);
    se_job_free(job);
    teardown();
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {the_token_authorises, 1},
        {many_uploads_one_request, 1},
        {who_waits_holds_no_slot, 1},
        {refused_by_an_element_once, 1},
        {the_token_ends_while_the_file_is_sent, 1},
        {refused_all_at_once, 1},
        {an_element_refuses_for_good, 1},
        {the_account_is_refused, 1},
        {nobody_answers, 1},
        {nobody_answers_and_nobody_asks, 1},
        {it_answers_after_the_refusal, 1},
        {who_is_late_holds_up_nobody, 1},
        {who_was_silent_holds_up_nobody, 1},
        {who_was_refused_waits_for_a_late_one, 1},
        {no_list_no_token, 1},
        {a_slash_makes_no_other_admin_module, 1},
        {canceled_while_it_waits, 1},
        {too_late_while_it_waits, 1},
        {stopped_while_it_waits, 1},
        {closed_while_it_waits, 1},
    };

    return run_suite("upload token", rows, SE__COUNT(rows));
}
