/*
 * An Admin Module that answers, refuses, lies, hangs: tokens and the list.
 */
#include <artstore/admin.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "admin/private.h"
#include "base/clock.h"
#include "base/mem.h"
#include "logbook.h"
#include "sandbox_fleet.h"
#include "source/source.h"
#include "suite.h"

#define PATIENCE_MS 20000
#define TOKEN_MARK "sandbox." /* in every token that the sandbox gives out */

static fleet f;
static se_admin *admin;
static logbook book;
static se_metrics *metrics;

/* ---- the stage ---- */

static void open_admin(const char *id, const char *secret, int timeout_ms)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;

    options.url = sandbox_url(f.sandbox, "admin");
    options.client_id = id;
    options.client_secret = secret;
    options.timeout_ms = timeout_ms;
    options.metrics = metrics;
    options.log = logbook_write;
    options.log_user = &book;
    ck_assert_msg(se_admin_open(&admin, &options, &err) == SE_OK, "%s",
                  err.message);
}

static void setup(void)
{
    logbook_init(&book);
    ck_assert_int_eq(se_metrics_new(&metrics, NULL), SE_OK);
    fleet_start_admin(&f, false);
    open_admin(FLEET_ID, FLEET_SECRET, 0);
}

static void expect_no_secret(const char *text)
{
    ck_assert_msg(strstr(text, FLEET_SECRET) == NULL, "%s", text);
    ck_assert_msg(strstr(text, TOKEN_MARK) == NULL, "%s", text);
    ck_assert_msg(strstr(text, "planted") == NULL, "%s", text);
}

static void teardown(void)
{
    char *text = NULL;

    se_admin_close(admin);
    for (int i = 0; i < book.count && i < LOGBOOK_LINES; i++) {
        expect_no_secret(book.lines[i]);
    }
    ck_assert_int_eq(se_metrics_print(metrics, &text, NULL), SE_OK);
    expect_no_secret(text);
    se_free(text);
    se_metrics_unref(metrics);
    fleet_stop(&f);
    logbook_fini(&book);
}

static sandbox_counts seen(void)
{
    return fleet_counts(&f, "admin");
}

static void strike(sandbox_fault fault)
{
    sandbox_add_fault(f.sandbox, "admin", &fault);
}

/* The list, and how it ended; the message is looked through. */
static se_err list(int timeout_ms, se_error *err)
{
    se_error said = SE_ERROR_INIT;
    se_topology *found = NULL;
    se_err rc = se__admin_list(admin, timeout_ms, -1, &found, &said);

    expect_no_secret(said.message);
    ck_assert((found != NULL) == (rc == SE_OK));
    ck_assert_int_eq(said.code, rc);
    se_topology_unref(found);
    if (err) {
        *err = said;
    }
    return rc;
}

static void forget_failure(void)
{
    se__mutex_lock(&admin->lock);
    admin->token.failed_until_ms = 0;
    se__mutex_unlock(&admin->lock);
}

static double metric(const char *series)
{
    char *text = NULL;
    const char *at;
    double value = -1;

    ck_assert_int_eq(se_metrics_print(metrics, &text, NULL), SE_OK);
    at = strstr(text, series);
    if (at) {
        value = strtod(at + strlen(series), NULL);
    }
    se_free(text);
    return value;
}

/* ---- the list ---- */

START_TEST(the_list_is_read)
{
    se_topology *found = NULL;
    se_source *source = NULL;
    char line[512], expected[512];

    setup();
    sandbox_set_mode(f.sandbox, "se-02", "ro");
    ck_assert_int_eq(se_source_admin(admin, &source, NULL), SE_OK);
    ck_assert_int_eq(se__source_fetch(source, PATIENCE_MS, &found, NULL),
                     SE_OK);
    ck_assert_str_eq(se_topology_source(found), "admin_module");
    ck_assert_uint_eq(se_topology_count(found), 2);
    ck_assert_str_eq(se_element_id(se_topology_at(found, 0)), "se-01");
    snprintf(line, sizeof(line), "%s",
             se_element_url(se_topology_at(found, 0)));
    snprintf(expected, sizeof(expected), "%s", sandbox_url(f.sandbox, "se-01"));
    ck_assert_str_eq(line, expected);
    se_topology_unref(found);
    se_source_free(source);
    ck_assert_int_eq(seen().token_requests, 1);
    teardown();
}
END_TEST

START_TEST(capacity_null_is_not_known)
{
    se_topology *found = NULL;

    setup();
    strike((sandbox_fault){
        .route = SANDBOX_LIST,
        .action = SANDBOX_STATUS,
        .status = 200,
        .body = "{\"storage_elements\":[{\"id\":5,\"element_id\":null,"
                "\"mode\":\"rw\",\"priority\":1,\"api_url\":\"http://a\","
                "\"capacity_bytes\":null,\"used_bytes\":null}],\"total\":1}"});
    ck_assert_int_eq(se__admin_list(admin, PATIENCE_MS, -1, &found, NULL),
                     SE_OK);
    ck_assert_str_eq(se_element_id(se_topology_at(found, 0)), "5");
    ck_assert_int_eq(se_element_capacity_bytes(se_topology_at(found, 0)), -1);
    se_topology_unref(found);
    teardown();
}
END_TEST

START_TEST(one_element)
{
    se__admin_figures figures = {.total = 0};
    se_error err = SE_ERROR_INIT;

    setup();
    sandbox_set_used(f.sandbox, "se-03", 1000);
    ck_assert_int_eq(
        se__admin_capacity(admin, "se-03", PATIENCE_MS, &figures, &err), SE_OK);
    ck_assert_int_eq(figures.total, INT64_C(1) << 40);
    ck_assert_int_eq(figures.used, 1000);
    ck_assert_int_eq(figures.available, (INT64_C(1) << 40) - 1000);
    ck_assert_str_eq(figures.mode, "rw");
    ck_assert(figures.healthy);
    ck_assert_int_eq(
        se__admin_capacity(admin, "se-77", PATIENCE_MS, &figures, &err),
        SE_E_NOT_FOUND);
    ck_assert_int_eq(
        se__admin_capacity(admin, "../secrets", PATIENCE_MS, &figures, &err),
        SE_E_INVALID);
    ck_assert_int_eq(seen().token_requests, 1);
    teardown();
}
END_TEST

#define LOCATION                                                               \
    "Location: http://127.0.0.1:1/api/v1/internal/storage-elements/available"

/* What goes wrong, once and for all, with the list or with the token; how the
 * fetch ends, and within which time. */
static const struct {
    sandbox_fault fault;
    se_err code;
    int status;
    const char *words;
} troubles[] = {
    {{.route = SANDBOX_LIST,
      .action = SANDBOX_STATUS,
      .status = 401,
      .body = "{\"detail\":\"planted\"}"},
     SE_E_AUTH,
     401,
     "HTTP 401"},
    {{.route = SANDBOX_LIST,
      .action = SANDBOX_STATUS,
      .status = 403,
      .body = "planted"},
     SE_E_AUTH,
     403,
     "HTTP 403"},
    {{.route = SANDBOX_LIST, .action = SANDBOX_STATUS, .status = 500},
     SE_E_PROTOCOL,
     500,
     "HTTP 500"},
    {{.route = SANDBOX_LIST,
      .action = SANDBOX_STATUS,
      .status = 503,
      .body = "{\"storage_elements\":[]}"},
     SE_E_PROTOCOL,
     503,
     "HTTP 503"},
    {{.route = SANDBOX_LIST,
      .action = SANDBOX_STATUS,
      .status = 200,
      .header = "Content-Type: text/html",
      .body = "<html>planted</html>"},
     SE_E_PROTOCOL,
     0,
     "page for people"},
    {{.route = SANDBOX_LIST,
      .action = SANDBOX_STATUS,
      .status = 200,
      .body = "<html>planted</html>"},
     SE_E_PARSE,
     0,
     ""},
    {{.route = SANDBOX_LIST,
      .action = SANDBOX_STATUS,
      .status = 307,
      .header = LOCATION},
     SE_E_PROTOCOL,
     307,
     "redirect"},
    {{.route = SANDBOX_LIST, .action = SANDBOX_ENDLESS}, SE_E_LIMIT, 0, ""},
    {{.route = SANDBOX_LIST, .action = SANDBOX_ENDLESS_HEADERS},
     SE_E_LIMIT,
     0,
     ""},
    {{.route = SANDBOX_LIST, .action = SANDBOX_STALL}, SE_E_TIMEOUT, 0, ""},
    {{.route = SANDBOX_LIST, .action = SANDBOX_RESET}, SE_E_CONNECT, 0, ""},
    {{.route = SANDBOX_LIST, .action = SANDBOX_CLOSE}, SE_E_CONNECT, 0, ""},
    {{.route = SANDBOX_TOKEN,
      .action = SANDBOX_STATUS,
      .status = 401,
      .body = "{\"detail\":\"planted " FLEET_SECRET "\"}"},
     SE_E_AUTH,
     401,
     "client id or secret is wrong"},
    {{.route = SANDBOX_TOKEN,
      .action = SANDBOX_STATUS,
      .status = 422,
      .body = "{\"detail\":[{\"input\":\"" FLEET_SECRET "\"}]}"},
     SE_E_AUTH,
     422,
     "HTTP 422"},
    {{.route = SANDBOX_TOKEN,
      .action = SANDBOX_STATUS,
      .status = 500,
      .body = "planted"},
     SE_E_PROTOCOL,
     500,
     "HTTP 500"},
    {{.route = SANDBOX_TOKEN,
      .action = SANDBOX_STATUS,
      .status = 200,
      .body = "<html>planted</html>"},
     SE_E_PROTOCOL,
     0,
     "not JSON"},
    {{.route = SANDBOX_TOKEN,
      .action = SANDBOX_STATUS,
      .status = 308,
      .header = LOCATION},
     SE_E_PROTOCOL,
     308,
     "redirect"},
    {{.route = SANDBOX_TOKEN, .action = SANDBOX_ENDLESS}, SE_E_PROTOCOL, 0, ""},
    {{.route = SANDBOX_TOKEN, .action = SANDBOX_STALL}, SE_E_TIMEOUT, 0, ""},
    {{.route = SANDBOX_TOKEN, .action = SANDBOX_CLOSE}, SE_E_CONNECT, 0, ""},
    {{.route = SANDBOX_TOKEN, .action = SANDBOX_RESET}, SE_E_CONNECT, 0, ""},
};

#define TROUBLE_MS 400

START_TEST(trouble_is_one_clear_failure)
{
    bool hangs = troubles[_i].code == SE_E_TIMEOUT;
    int timeout_ms = hangs ? TROUBLE_MS : PATIENCE_MS;
    se_error err = SE_ERROR_INIT;
    int64_t began;

    setup();
    strike(troubles[_i].fault);
    began = se__now_ms();
    ck_assert_msg(list(timeout_ms, &err) == troubles[_i].code, "%s: %s",
                  se_err_name(err.code), err.message);
    ck_assert_int_lt(se__now_ms() - began, timeout_ms + 2000);
    ck_assert_int_eq(err.http_status, troubles[_i].status);
    ck_assert_msg(strncmp(err.message, "Admin Module http://", 20) == 0, "%s",
                  err.message);
    ck_assert_msg(strstr(err.message, troubles[_i].words) != NULL, "%s",
                  err.message);
    /* And when it is over, it is over. */
    sandbox_clear_faults(f.sandbox, "admin");
    if (troubles[_i].fault.route == SANDBOX_TOKEN && hangs) {
        FLEET_WAIT_FOR(seen().token_requests > 0);
        se_admin_close(admin); /* with a request under way */
        open_admin(FLEET_ID, FLEET_SECRET, 0);
    }
    forget_failure();
    ck_assert_msg(list(PATIENCE_MS, &err) == SE_OK, "%s", err.message);
    teardown();
}
END_TEST

/* ---- tokens ---- */

START_TEST(a_refused_token_is_renewed_once)
{
    setup();
    ck_assert_int_eq(list(PATIENCE_MS, NULL), SE_OK);
    sandbox_revoke_tokens(f.sandbox);
    ck_assert_int_eq(list(PATIENCE_MS, NULL), SE_OK);
    ck_assert_int_eq(seen().token_requests, 2);
    ck_assert_int_eq(seen().list_requests, 3);
    ck_assert_double_eq(
        metric(
            "auth_token_refresh_total{status=\"success\",trigger=\"manual\"}"),
        2);
    teardown();
}
END_TEST

START_TEST(a_refusal_is_remembered_for_a_while)
{
    setup();
    se_admin_close(admin);
    open_admin(FLEET_ID, FLEET_SECRET "x", 0);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(list(PATIENCE_MS, NULL), SE_E_AUTH);
        ck_assert_int_eq(se_admin_check_token(admin, 0, NULL), SE_E_AUTH);
    }
    ck_assert_int_eq(seen().token_requests, 1);
    ck_assert_int_eq(seen().list_requests, 0);
    ck_assert_int_eq(logbook_count(&book, "Token request failed"), 1);
    ck_assert_double_eq(metric("auth_token_requests_total{error_type="
                               "\"http_401\",status=\"failure\"}"),
                        1);
    ck_assert_double_eq(metric("error_type=\"http_401\"} "), 1);
    forget_failure();
    ck_assert_int_eq(list(PATIENCE_MS, NULL), SE_E_AUTH);
    ck_assert_int_eq(seen().token_requests, 2);
    teardown();
}
END_TEST

/* Every row of wire-contract 7.2 that begins with auth_, once per event. */
START_TEST(what_is_counted)
{
    static const struct {
        const char *series;
        double value;
    } counted[] = {
        {"auth_token_requests_total{error_type=\"\",status=\"success\"}", 1},
        {"auth_token_requests_total{error_type=\"http_500\","
         "status=\"failure\"}",
         1},
        {"auth_token_requests_total{error_type=\"timeout\","
         "status=\"failure\"}",
         0},
        {"auth_token_acquisition_duration_seconds_count", 2},
        {"auth_token_refresh_duration_seconds_count", 2},
        {"auth_token_refresh_total{status=\"success\",trigger=\"manual\"}", 1},
        {"auth_token_refresh_total{status=\"failure\",trigger=\"manual\"}", 1},
        {"auth_token_source_total{source=\"fresh_request\"}", 1},
        {"auth_token_source_total{source=\"cache\"}", 3},
        {"auth_token_validation_total{result=\"missing\"}", 2},
        {"auth_token_validation_total{result=\"valid\"}", 3},
        {"\nauth_token_cache_hit_rate", 0.75},
        {"error_type=\"http_500\"} ", 1},
    };

    setup();
    strike((sandbox_fault){.route = SANDBOX_TOKEN,
                           .action = SANDBOX_STATUS,
                           .status = 500,
                           .times = 1});
    ck_assert_int_eq(se_admin_check_token(admin, 0, NULL), SE_E_PROTOCOL);
    forget_failure();
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(se_admin_check_token(admin, 0, NULL), SE_OK);
    }
    for (size_t i = 0; i < SE__COUNT(counted); i++) {
        ck_assert_msg(metric(counted[i].series) == counted[i].value, "%s %g",
                      counted[i].series, metric(counted[i].series));
    }
    ck_assert_double_gt(metric("\nauth_token_ttl_seconds"), 1700);
    ck_assert_double_le(metric("\nauth_token_ttl_seconds"), 1800);
    teardown();
}
END_TEST

#define WAITERS 1000

static se__token_wait waits[WAITERS];
static atomic_int told;

static void one_is_told(se__token_wait *wait)
{
    (void)wait;
    atomic_fetch_add(&told, 1);
}

static void hold_the_token(int ms)
{
    strike((sandbox_fault){.route = SANDBOX_TOKEN, .delay_ms = ms, .times = 1});
}

static se__token_answer ask(se__token_wait *wait, const char *stale,
                            char **token, se_error *err)
{
    wait->ready = one_is_told;
    return se__admin_token(admin, stale, wait, token, err);
}

START_TEST(a_thousand_wait_for_one_request)
{
    char *token = NULL;

    setup();
    atomic_store(&told, 0);
    memset(waits, 0, sizeof(waits));
    hold_the_token(300);
    for (int i = 0; i < WAITERS; i++) {
        ck_assert_int_eq(ask(&waits[i], NULL, &token, NULL), SE__TOKEN_LATER);
    }
    for (int i = 0; i < WAITERS; i += 10) {
        se__admin_leave(admin, &waits[i]); /* they may go */
        se__admin_leave(admin, &waits[i]);
    }
    FLEET_WAIT_FOR(atomic_load(&told) == WAITERS - WAITERS / 10);
    for (int i = 0; i < WAITERS; i++) {
        ck_assert_int_eq(ask(&waits[i], NULL, &token, NULL), SE__TOKEN_HERE);
        se__secret_free(token);
    }
    ck_assert_int_eq(seen().token_requests, 1);
    teardown();
}
END_TEST

/* The answer of the request that was waited for, however late one asks. */
START_TEST(who_waited_hears_how_it_ended)
{
    se__token_wait wait = {.ready = NULL};
    se_error err = SE_ERROR_INIT;
    char *token = NULL;

    setup();
    atomic_store(&told, 0);
    strike((sandbox_fault){.route = SANDBOX_TOKEN,
                           .action = SANDBOX_STATUS,
                           .status = 401,
                           .times = 1});
    ck_assert_int_eq(ask(&wait, NULL, &token, &err), SE__TOKEN_LATER);
    FLEET_WAIT_FOR(atomic_load(&told) == 1);
    forget_failure();
    ck_assert_int_eq(ask(&wait, NULL, &token, &err), SE__TOKEN_DENIED);
    ck_assert_int_eq(err.code, SE_E_AUTH);
    ck_assert_int_eq(ask(&wait, NULL, &token, &err), SE__TOKEN_LATER);
    FLEET_WAIT_FOR(atomic_load(&told) == 2);
    ck_assert_int_eq(ask(&wait, NULL, &token, &err), SE__TOKEN_HERE);
    ck_assert_ptr_null(strchr(token, ' '));
    se__secret_free(token);
    teardown();
}
END_TEST

static void *check_in_thread(void *argument)
{
    (void)argument;
    return se_admin_check_token(admin, PATIENCE_MS, NULL) == SE_OK ? NULL
                                                                   : admin;
}

START_TEST(threads_wait_for_one_request)
{
    pthread_t threads[20];

    setup();
    hold_the_token(100);
    for (size_t i = 0; i < SE__COUNT(threads); i++) {
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, check_in_thread, NULL), 0);
    }
    for (size_t i = 0; i < SE__COUNT(threads); i++) {
        void *bad = NULL;

        pthread_join(threads[i], &bad);
        ck_assert_ptr_null(bad);
    }
    ck_assert_int_eq(seen().token_requests, 1);
    teardown();
}
END_TEST

static char *token_now(void)
{
    se__token_wait wait = {.ready = NULL};
    char *token = NULL;

    ck_assert_int_eq(se_admin_check_token(admin, PATIENCE_MS, NULL), SE_OK);
    ck_assert_int_eq(ask(&wait, NULL, &token, NULL), SE__TOKEN_HERE);
    return token;
}

START_TEST(renewed_while_the_old_one_serves)
{
    char *first;
    char *second;
    char *third = NULL;

    setup();
    first = token_now();
    se__mutex_lock(&admin->lock);
    admin->token.refresh_ms = se__now_ms();
    se__mutex_unlock(&admin->lock);
    hold_the_token(100);
    second = token_now();
    ck_assert_str_eq(first, second); /* nobody waited */
    FLEET_WAIT_FOR(
        (free(third), third = token_now(), strcmp(first, third) != 0));
    ck_assert_int_eq(seen().token_requests, 2);
    ck_assert_double_eq(metric("auth_token_refresh_total{status=\"success\","
                               "trigger=\"expiring_soon\"}"),
                        1);
    se__secret_free(first);
    se__secret_free(second);
    se__secret_free(third);
    teardown();
}
END_TEST

START_TEST(a_short_wait_ends_in_time)
{
    se_error err = SE_ERROR_INIT;
    int64_t began = se__now_ms();

    setup();
    strike((sandbox_fault){.route = SANDBOX_TOKEN, .action = SANDBOX_STALL});
    ck_assert_int_eq(se_admin_check_token(admin, 50, &err), SE_E_TIMEOUT);
    ck_assert_int_lt(se__now_ms() - began, PATIENCE_MS);
    ck_assert_msg(strstr(err.message, "Admin Module http://") != NULL, "%s",
                  err.message);
    teardown(); /* closes with the request under way */
}
END_TEST

START_TEST(a_dead_connection_is_no_answer)
{
    setup();
    strike((sandbox_fault){
        .route = SANDBOX_TOKEN, .action = SANDBOX_CLOSE, .times = 1});
    ck_assert_int_eq(se_admin_check_token(admin, 0, NULL), SE_OK);
    ck_assert_int_eq(seen().token_requests, 2);
    ck_assert_int_eq(logbook_count(&book, "Token request failed"), 0);
    teardown();
}
END_TEST

START_TEST(nobody_is_there)
{
    se_error err = SE_ERROR_INIT;

    setup();
    sandbox_kill(f.sandbox, "admin");
    ck_assert_int_eq(list(PATIENCE_MS, &err), SE_E_CONNECT);
    ck_assert(se__admin_is_silent(err.code));
    ck_assert_double_eq(metric("error_type=\"connection_error\"} "), 1);
    ck_assert(sandbox_revive(f.sandbox, "admin"));
    ck_assert_int_eq(list(PATIENCE_MS, &err), SE_E_CONNECT); /* remembered */
    forget_failure();
    ck_assert_int_eq(list(PATIENCE_MS, &err), SE_OK);
    teardown();
}
END_TEST

/* Whoever left at its deadline does not wait for it in the end: a token or an
 * answer that does not come, with another source behind it. */
static const sandbox_route hanging[] = {SANDBOX_TOKEN, SANDBOX_LIST};

START_TEST(it_does_not_hold_up_the_end)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;
    se_registry *registry = NULL;
    se_source *sources[2] = {NULL, NULL};
    int64_t began = se__now_ms();

    setup();
    admin->timeout_ms = 60000;
    strike((sandbox_fault){.route = hanging[_i], .action = SANDBOX_STALL});
    options.fetch_timeout_ms = 60000;
    options.log = logbook_write;
    options.log_user = &book;
    ck_assert_int_eq(se_registry_open(&registry, &options, NULL), SE_OK);
    ck_assert_int_eq(se_source_admin(admin, &sources[0], NULL), SE_OK);
    ck_assert_int_eq(se_source_open("file:/nowhere/x", &sources[1], NULL),
                     SE_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(se_registry_add_source(registry, sources[i], NULL),
                         SE_OK);
    }
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 300, NULL, NULL),
        SE_E_TIMEOUT);
    se_registry_close(registry);
    ck_assert_int_lt(se__now_ms() - began, PATIENCE_MS);
    ck_assert_int_eq(logbook_count(&book, "Failed to fetch"), 0);
    teardown();
}
END_TEST

/* ---- without an account ---- */

START_TEST(it_says_that_an_account_is_needed)
{
    se_error err = SE_ERROR_INIT;

    setup();
    se_admin_close(admin);
    open_admin(NULL, NULL, 0);
    ck_assert_int_eq(list(PATIENCE_MS, &err), SE_E_AUTH);
    ck_assert_msg(strstr(err.message, "SERVICE_ACCOUNT_CLIENT_ID") != NULL,
                  "%s", err.message);
    ck_assert_int_eq(err.http_status, 403);
    ck_assert_int_eq(seen().token_requests, 0);
    teardown();
}
END_TEST

START_TEST(everybody_may_read)
{
    static const sandbox_element element = {"se-01", "edit", 100, 0};

    logbook_init(&book);
    ck_assert_int_eq(se_metrics_new(&metrics, NULL), SE_OK);
    fleet_start_with(&f, (sandbox_options){.elements = &element,
                                           .n_elements = 1,
                                           .admin = true});
    open_admin(NULL, NULL, 0);
    ck_assert_int_eq(list(PATIENCE_MS, NULL), SE_OK);
    teardown();
}
END_TEST

/* ---- a token in a file ---- */

static void write_token(const char *path, const char *token)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(chmod(path, 0600), 0);
    fprintf(file, "%s\n", token);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_token_in_a_file)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;
    char path[128];
    char *token;

    setup();
    token = token_now();
    se_admin_close(admin);
    snprintf(path, sizeof(path), "%s/token", f.dir);
    options.url = sandbox_url(f.sandbox, "admin");
    options.token_file = path;
    ck_assert_int_eq(se_admin_open(&admin, &options, &err), SE_OK);
    ck_assert_int_eq(list(PATIENCE_MS, &err), SE_E_CONFIG); /* no such file */
    write_token(path, "planted-wrong");
    ck_assert_int_eq(list(PATIENCE_MS, &err), SE_E_AUTH);
    write_token(path, token); /* read again, because it was refused */
    ck_assert_int_eq(list(PATIENCE_MS, &err), SE_OK);
    ck_assert_int_eq(seen().token_requests, 1);
    se__secret_free(token);
    teardown();
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {the_list_is_read, 1},
        {capacity_null_is_not_known, 1},
        {one_element, 1},
        {trouble_is_one_clear_failure, SE__COUNT(troubles)},
        {a_refused_token_is_renewed_once, 1},
        {a_refusal_is_remembered_for_a_while, 1},
        {what_is_counted, 1},
        {a_thousand_wait_for_one_request, 1},
        {who_waited_hears_how_it_ended, 1},
        {threads_wait_for_one_request, 1},
        {renewed_while_the_old_one_serves, 1},
        {a_short_wait_ends_in_time, 1},
        {a_dead_connection_is_no_answer, 1},
        {nobody_is_there, 1},
        {it_does_not_hold_up_the_end, SE__COUNT(hanging)},
        {it_says_that_an_account_is_needed, 1},
        {everybody_may_read, 1},
        {a_token_in_a_file, 1},
    };

    return run_suite("admin", rows, SE__COUNT(rows));
}
