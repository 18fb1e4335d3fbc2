/*
 * A registry with Redis first and an Admin Module behind it: what the one does
 * when the other fails, and that uploads go on whatever the Admin Module says.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "logbook.h"
#include "redis_server.h"
#include "sandbox_fleet.h"
#include "suite.h"

#define SIZE 4096
#define FETCH_MS 400
/* For a machine that does much else. */
#define SLACK_MS 10000

static fleet f;
static redis_server *redis;
static logbook book;

/* ---- the stage ---- */

static void publish(void)
{
    char *text = sandbox_document(f.sandbox);
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_topology *list = NULL;

    options.url = redis_server_url(redis);
    ck_assert_int_eq(se_topology_parse(text, strlen(text), &list, NULL), SE_OK);
    ck_assert_int_eq(se_publish(&options, list, NULL, 0, NULL, NULL), SE_OK);
    se_topology_unref(list);
    free(text);
}

static void set_up(const se_registry_options *more)
{
    se_registry_options registry = *more;
    const char *sources[2];
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;

    logbook_init(&book);
    fleet_start_admin(&f, false);
    redis = redis_server_start(NULL);
    sources[0] = redis_server_url(redis);
    sources[1] = sandbox_url(f.sandbox, "admin");
    registry.source_retry_ms = 1;
    registry.watch_retry_ms = 10;
    registry.watch_retry_max_ms = 50;
    options.sources = sources;
    options.n_sources = 2;
    options.registry = &registry;
    options.uploader = &fleet_fast;
    options.client_id = FLEET_ID;
    options.client_secret = FLEET_SECRET;
    options.log = logbook_write;
    options.log_user = &book;
    ck_assert_msg(se_ingest_open(&f.ingest, &options, &err) == SE_OK, "%s",
                  err.message);
}

static void tear_down(void)
{
    fleet_stop(&f);
    redis_server_stop(redis);
    logbook_fini(&book);
}

static se_registry_options fetches_of(int timeout_ms)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.fetch_timeout_ms = timeout_ms;
    options.reload_interval_ms = -1;
    return options;
}

static se_registry_status status(void)
{
    se_registry_status now = SE_REGISTRY_STATUS_INIT;

    se_registry_get_status(se_ingest_registry(f.ingest), &now);
    return now;
}

static se_err reload(se_error *err)
{
    return se_registry_reload(se_ingest_registry(f.ingest), SE_RELOAD_MANUAL, 0,
                              NULL, err);
}

static void check_upload(void)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_result_se_id(result), "se-01");
    se_result_free(result);
}

/* Reloads of a source that ended so. */
static int reloads(const char *source, const char *how)
{
    char series[128];
    char *text = NULL;
    const char *at;
    int value;

    snprintf(series, sizeof(series),
             "\ningester_se_config_reload_total{source=\"%s\",status=\"%s\"} ",
             source, how);
    ck_assert_int_eq(se_metrics_print(se_ingest_metrics(f.ingest), &text, NULL),
                     SE_OK);
    at = strstr(text, series);
    value = at ? (int)strtol(at + strlen(series), NULL, 10) : 0;
    se_free(text);
    return value;
}

/* ---- the Admin Module fails and nobody is left ---- */

#define ANSWER(route_, status_, body_)                                         \
    {                                                                          \
        .route = (route_), .action = SANDBOX_STATUS, .status = (status_),      \
        .body = (body_)                                                        \
    }
#define PAGE "<html><body>maintenance</body></html>"
#define ELSEWHERE "Location: http://127.0.0.1:1/"

static const struct {
    sandbox_fault fault;
    const char *words;
} troubles[] = {
    {ANSWER(SANDBOX_LIST, 401, "{\"detail\":\"no\"}"), "HTTP 401"},
    {ANSWER(SANDBOX_LIST, 500, "{}"), "HTTP 500"},
    {ANSWER(SANDBOX_LIST, 200, PAGE), "admin_module: "},
    {ANSWER(SANDBOX_LIST, 200, ""), "admin_module: "},
    {ANSWER(SANDBOX_LIST, 200, "{\"storage_elements\":[],\"total\":0}"),
     "the list is empty"},
    {{.route = SANDBOX_LIST, .action = SANDBOX_ENDLESS}, "admin_module: "},
    {{.route = SANDBOX_LIST, .action = SANDBOX_ENDLESS_HEADERS},
     "admin_module: "},
    {{.route = SANDBOX_LIST,
      .action = SANDBOX_STATUS,
      .status = 302,
      .header = ELSEWHERE},
     "redirect"},
    {{.route = SANDBOX_LIST, .action = SANDBOX_STALL}, "admin_module: "},
    {{.route = SANDBOX_LIST, .action = SANDBOX_RESET}, "admin_module: "},
    {ANSWER(SANDBOX_TOKEN, 401, "{\"detail\":\"no\"}"), "HTTP 401"},
    {ANSWER(SANDBOX_TOKEN, 500, "{}"), "HTTP 500"},
    {ANSWER(SANDBOX_TOKEN, 200, PAGE), "admin_module: "},
    {{.route = SANDBOX_TOKEN, .action = SANDBOX_ENDLESS}, "admin_module: "},
    {{.route = SANDBOX_TOKEN,
      .action = SANDBOX_STATUS,
      .status = 307,
      .header = ELSEWHERE},
     "redirect"},
    {{.route = SANDBOX_TOKEN, .action = SANDBOX_STALL}, "admin_module: "},
};

START_TEST(the_last_list_stays)
{
    bool hangs = troubles[_i].fault.action == SANDBOX_STALL;
    se_registry_options options = fetches_of(hangs ? FETCH_MS : SLACK_MS);
    se_error err = SE_ERROR_INIT;
    int64_t began;

    set_up(&options);
    redis_server_kill(redis);
    ck_assert_msg(reload(&err) == SE_OK, "%s", err.message);
    ck_assert_str_eq(status().source, "admin_module");
    check_upload();
    sandbox_add_fault(f.sandbox, "admin", &troubles[_i].fault);
    if (troubles[_i].fault.route == SANDBOX_TOKEN) {
        sandbox_revoke_tokens(f.sandbox);
    }
    for (int i = 0; i < 2; i++) {
        began = se__now_ms();
        ck_assert_int_eq(reload(&err), SE_E_DISCOVERY);
        ck_assert_int_lt(se__now_ms() - began, FETCH_MS + SLACK_MS);
        ck_assert_msg(strstr(err.message, "redis: ") &&
                          strstr(err.message, "; admin_module: ") &&
                          strstr(err.message, troubles[_i].words),
                      "%s", err.message);
        ck_assert_uint_eq(status().elements, 3);
        ck_assert_str_eq(status().source, "admin_module");
        check_upload();
    }
    ck_assert_uint_eq(status().failures, 2);
    ck_assert_int_eq(reloads("none", "failed"), 2);
    ck_assert_int_eq(logbook_count(&book, FLEET_SECRET), 0);
    tear_down();
}
END_TEST

/* The same while Redis has a list: nobody asks the other one. */
START_TEST(behind_a_good_source_nobody_minds)
{
    se_registry_options options = fetches_of(SLACK_MS);

    set_up(&options);
    publish();
    sandbox_kill(f.sandbox, "admin");
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(reload(NULL), SE_OK);
        ck_assert_str_eq(status().source, "redis");
        ck_assert_int_eq(reloads("redis", "success"), i);
    }
    check_upload();
    ck_assert_int_eq(fleet_counts(&f, "admin").list_requests, 0);
    tear_down();
}
END_TEST

/* ---- Redis fails and comes back ---- */

static void kill_redis(void)
{
    redis_server_kill(redis);
}

static void revive_redis(void)
{
    redis_server_revive(redis);
}

static void freeze_redis(void)
{
    redis_server_freeze(redis);
}

static void thaw_redis(void)
{
    redis_server_thaw(redis);
}

static const struct {
    void (*strike)(void);
    void (*heal)(void);
} outages[] = {{kill_redis, revive_redis}, {freeze_redis, thaw_redis}};

START_TEST(taken_over_and_given_back)
{
    se_registry_options options = fetches_of(FETCH_MS);
    se_error err = SE_ERROR_INIT;
    int64_t began;
    int before;

    set_up(&options);
    publish();
    ck_assert_int_eq(reload(NULL), SE_OK);
    ck_assert_str_eq(status().source, "redis");
    ck_assert_int_eq(reloads("admin_module", "success"), 0);

    outages[_i].strike();
    for (int i = 1; i <= 2; i++) {
        began = se__now_ms();
        ck_assert_msg(reload(&err) == SE_OK, "%s", err.message);
        ck_assert_int_lt(se__now_ms() - began, FETCH_MS + SLACK_MS);
        ck_assert_str_eq(status().source, "admin_module");
        ck_assert_int_eq(reloads("admin_module", "success"), i);
        ck_assert_uint_eq(status().elements, 3);
        check_upload();
    }
    ck_assert_int_ge(
        logbook_count(&book, "Failed to fetch SE endpoints from Redis"), 1);

    outages[_i].heal();
    publish();
    before = reloads("redis", "success");
    FLEET_WAIT_FOR(reload(NULL) == SE_OK &&
                   reloads("redis", "success") > before);
    ck_assert_str_eq(status().source, "redis");
    check_upload();
    tear_down();
}
END_TEST

static se_mode mode_of(const char *id)
{
    se_topology *now = se_registry_topology(se_ingest_registry(f.ingest));
    const se_element *found = se_topology_find(now, id);
    se_mode mode = found ? se_element_mode(found) : SE_MODE_RO;

    se_topology_unref(now);
    return mode;
}

/* Nobody calls: periods notice both, and the watch comes back. */
START_TEST(by_itself)
{
    se_registry_options options = fetches_of(FETCH_MS);

    options.reload_interval_ms = 50;
    set_up(&options);
    publish();
    ck_assert_int_eq(se_registry_start(se_ingest_registry(f.ingest), NULL),
                     SE_OK);
    FLEET_WAIT_FOR(status().watches == 1 && status().elements == 3);
    ck_assert_str_eq(status().source, "redis");
    redis_server_kill(redis);
    FLEET_WAIT_FOR(strcmp(status().source, "admin_module") == 0);
    check_upload();
    /* What the Admin Module says is in force, too. */
    sandbox_set_mode(f.sandbox, "se-02", "rw");
    FLEET_WAIT_FOR(mode_of("se-02") == SE_MODE_RW);
    redis_server_revive(redis);
    publish();
    FLEET_WAIT_FOR(strcmp(status().source, "redis") == 0 &&
                   status().watches == 1);
    check_upload();
    tear_down();
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {the_last_list_stays, SE__COUNT(troubles)},
        {behind_a_good_source_nobody_minds, 1},
        {taken_over_and_given_back, SE__COUNT(outages)},
        {by_itself, 1},
    };

    return run_suite("live admin", rows, SE__COUNT(rows));
}
