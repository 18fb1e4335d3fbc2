/*
 * After a failover there may be two masters for a while, and so two leaders:
 * that does no harm and does not last. And who the monitor is to Redis.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "monitor_kit.h"
#include "suite.h"

#define SECRET "s3cret w0rd"

static const sandbox_element one[] = {{"se-01", "edit", 100, 1000000}};

static void watch_over(const redis_server *sentinel, const redis_server *master)
{
    char port[16];

    snprintf(port, sizeof(port), "%d", redis_server_port(master));
    REDIS_ORDER(sentinel, "SENTINEL", "MONITOR", "artstore", "127.0.0.1", port,
                "1");
}

static void start_monitor(rig *r, const char *url, const char *password)
{
    se_monitor_options options = monitor_fast();
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;

    redis.url = url;
    redis.password = password;
    options.redis = &redis;
    rig_monitor(r, &options);
}

/* Another process, in effect: a registry and a monitor of its own. */
static void start_second(rig *second, const rig *first, const char *url)
{
    memset(second, 0, sizeof(*second));
    logbook_init(&second->book);
    second->fleet.sandbox = first->fleet.sandbox;
    ck_assert_int_eq(se_registry_open(&second->registry, NULL, NULL), SE_OK);
    ck_assert_int_eq(se_metrics_new(&second->metrics, NULL), SE_OK);
    rig_list(second, NULL);
    start_monitor(second, url, NULL);
}

static void stop_second(rig *second)
{
    se_monitor_close(second->monitor);
    se_registry_close(second->registry);
    se_metrics_unref(second->metrics);
    logbook_fini(&second->book);
}

static bool leads(const rig *r)
{
    return se_monitor_role(r->monitor) == SE_ROLE_LEADER;
}

START_TEST(two_masters)
{
    const redis_server_options watching = {.sentinel = true};
    redis_server *sentinel = redis_server_start(&watching);
    redis_server *old = redis_server_start(NULL);
    redis_server *next = redis_server_start(NULL);
    char url[96];
    char port[16];
    rig first, second;

    snprintf(url, sizeof(url), "sentinel://127.0.0.1:%d/artstore",
             redis_server_port(sentinel));
    watch_over(sentinel, old);
    rig_start_alone(&first, one, 1);
    start_monitor(&first, url, NULL);
    FLEET_WAIT_FOR(leads(&first));
    REDIS_ORDER(sentinel, "SENTINEL", "REMOVE", "artstore");
    watch_over(sentinel, next);
    start_second(&second, &first, url);
    FLEET_WAIT_FOR(leads(&second));
    ck_assert(leads(&first));
    /* The old one is told that it is none any more. */
    snprintf(port, sizeof(port), "%d", redis_server_port(next));
    REDIS_ORDER(old, "REPLICAOF", "127.0.0.1", port);
    FLEET_WAIT_FOR(se_monitor_role(first.monitor) == SE_ROLE_FOLLOWER);
    ck_assert(leads(&second));
    ck_assert_int_eq(logbook_count(&second.book, "Leadership lost"), 0);
    first.redis = next;
    ck_assert(
        RIG_SAYS(&first, se_monitor_instance_id(second.monitor), "GET", LOCK));
    FLEET_WAIT_FOR(rig_field_is(&first, "se-01", "health", "healthy"));
    stop_second(&second);
    FLEET_WAIT_FOR(leads(&first));
    rig_stop(&first);
    redis_server_stop(old);
    redis_server_stop(sentinel);
}
END_TEST

START_TEST(a_password)
{
    const redis_server_options secured = {.password = SECRET};
    redis_server *server = redis_server_start(&secured);
    rig r;

    rig_start_alone(&r, one, 1);
    start_monitor(&r, redis_server_url(server), SECRET);
    FLEET_WAIT_FOR(leads(&r));
    r.redis = server;
    FLEET_WAIT_FOR(rig_field_is(&r, "se-01", "health", "healthy"));
    rig_stop(&r);
}
END_TEST

/* It is refused: as if there were none, and nobody repeats the password. */
START_TEST(a_wrong_password)
{
    const redis_server_options secured = {.password = "another"};
    redis_server *server = redis_server_start(&secured);
    rig r;

    rig_start_alone(&r, one, 1);
    start_monitor(&r, redis_server_url(server), SECRET);
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") >= 2);
    ck_assert_int_eq(se_monitor_role(r.monitor), SE_ROLE_UNKNOWN);
    ck_assert_int_eq(logbook_count(&r.book, "Redis does not answer"), 1);
    ck_assert_int_eq(logbook_count(&r.book, SECRET), 0);
    rig_stop(&r);
    redis_server_stop(server);
}
END_TEST

/* As an ACL does it: it cannot lead, and keeps nobody else from leading. */
START_TEST(a_redis_without_scripts)
{
    static const char *const arguments[] = {"--rename-command", "EVAL", "",
                                            NULL};
    const redis_server_options crippled = {.arguments = arguments};
    se_monitor_options options = monitor_fast();
    rig r;

    options.lease_ttl_ms = 60000; /* longer than anybody waits here */
    rig_start_alone(&r, one, 1);
    r.redis = redis_server_start(&crippled);
    rig_monitor(&r, &options);
    FLEET_WAIT_FOR(rig_polls(&r, "se-01") >= 2);
    FLEET_WAIT_FOR(RIG_SAYS(&r, "OK", "SET", LOCK, "ingester-0a1b2c3d", "NX") ||
                   RIG_SAYS(&r, "ingester-0a1b2c3d", "GET", LOCK));
    for (int i = 0; i < 700; i++) {
        fleet_pause(); /* it tries to lead meanwhile */
    }
    ck_assert(RIG_SAYS(&r, "ingester-0a1b2c3d", "GET", LOCK));
    ck_assert_int_eq(logbook_count(&r.book, "refuses the script"), 1);
    ck_assert_int_ne(se_monitor_role(r.monitor), SE_ROLE_LEADER);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const test_row rows[] = {{two_masters, 1},
                             {a_password, 1},
                             {a_wrong_password, 1},
                             {a_redis_without_scripts, 1}};

    return run_suite("monitor_masters", rows, SE__COUNT(rows));
}
