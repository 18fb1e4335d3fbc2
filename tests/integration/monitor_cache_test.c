/*
 * The scripts by which elements are written down, against a real Redis: the
 * newer measurement wins, in the name of a lease that is still held, and
 * nothing else is touched.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "capacity/cache.h"
#include "redis_server.h"
#include "suite.h"

#define PATIENCE_MS 10000
#define T0 INT64_C(1795448883860104) /* 2026-11-23T15:48:03.860104 */
#define SECOND INT64_C(1000000)

static redis_server *server;
static se__redis *redis;
static se__cache_terms terms;
static se__capacity_reply reply;

static void start(void)
{
    se__redis_target target = SE__REDIS_TARGET_INIT;

    server = redis_server_start(NULL);
    target.host = "127.0.0.1";
    target.port = redis_server_port(server);
    ck_assert_int_eq(se__redis_connect(&target,
                                       se__deadline(se__now_ms(), PATIENCE_MS),
                                       &redis, NULL),
                     SE_OK);
    terms = (se__cache_terms){
        .lock_key = "lock", .cache_ttl_s = 600, .health_ttl_s = 500};
    reply = (se__capacity_reply){.total = 1000,
                                 .used = 250,
                                 .available = 750,
                                 .percent_used = 25,
                                 .health = SE_HEALTH_HEALTHY,
                                 .mode = "edit"};
}

static void stop(void)
{
    se__redis_close(redis);
    redis_server_stop(server);
}

static int64_t answer(void)
{
    se__redis_reply *got = NULL;
    se_error err = SE_ERROR_INIT;
    int64_t number = -99;

    if (se__redis_receive(redis, se__deadline(se__now_ms(), PATIENCE_MS), &got,
                          &err) != SE_OK) {
        ck_assert_msg(!se__redis_is_broken(redis), "%s", err.message);
        return -98;
    }
    ck_assert(se__redis_integer(got, &number));
    se__redis_reply_free(got);
    return number;
}

static int64_t write_at(int64_t measured_us, const char *problem)
{
    const se__cache_write write = {
        .id = "se-01",
        .url = "http://a:1",
        .priority = 100,
        .measured_us = measured_us,
        .now_us = T0 + 60 * SECOND,
        .health = problem ? SE_HEALTH_UNHEALTHY : reply.health,
        .reply = problem ? NULL : &reply,
        .problem = problem,
        .mode = SE_MODE_RW,
    };

    ck_assert_int_eq(se__cache_append_write(redis, &write, &terms, NULL),
                     SE_OK);
    return answer();
}

static void check(const char *text, const char *const *argv)
{
    char *got = redis_server_ask(server, argv);

    ck_assert_msg(strcmp(got, text) == 0, "%s %s: %s, not %s", argv[0], argv[1],
                  got, text);
    free(got);
}
#define CHECK(text, ...) check(text, (const char *const[]){__VA_ARGS__, NULL})
#define FIELD(name) "HGET", "capacity:se-01", name

/* What is left of it, on a machine that may be slow. */
static void check_life(const char *key, long seconds)
{
    char *got = REDIS_ASK(server, "TTL", key);
    long left = strtol(got, NULL, 10);

    ck_assert_msg(left <= seconds && left > seconds - 30, "%s: %s", key, got);
    free(got);
}

START_TEST(the_newer_wins)
{
    start();
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_WRITTEN);
    CHECK("2026-11-23T15:48:03.860104+00:00", FIELD("last_poll"));
    CHECK("12", "HLEN", "capacity:se-01");
    check_life("capacity:se-01", 600);
    check_life("health:se-01", 500);
    reply.used = 300;
    ck_assert_int_eq(write_at(T0 - 1, NULL), SE__CACHE_OLDER);
    CHECK("250", FIELD("used"));
    ck_assert_int_eq(write_at(T0 - 1, "gone"), SE__CACHE_OLDER);
    CHECK("healthy", FIELD("health"));
    CHECK("healthy", "GET", "health:se-01");
    CHECK("100", "ZSCORE", "capacity:edit:available", "se-01");
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_WRITTEN);
    CHECK("300", FIELD("used"));
    /* a whole second has no fraction, and is less than one with */
    ck_assert_int_eq(write_at(T0 + SECOND - 860104, NULL), SE__CACHE_WRITTEN);
    CHECK("2026-11-23T15:48:04+00:00", FIELD("last_poll"));
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_OLDER);
    ck_assert_int_eq(write_at(T0 + SECOND - 860103, NULL), SE__CACHE_WRITTEN);
    stop();
}
END_TEST

static const struct {
    const char *stored;
    bool newer;
} stored_moments[] = {
    /* what the original writes */
    {"2026-11-23T15:48:03.860105+00:00", true},
    {"2026-11-23T15:48:04+00:00", true},
    {"2026-11-23T15:48:03.860103+00:00", false},
    /* a clock that is ahead by a second or less may be right */
    {"2026-11-23T15:49:04.800000+00:00", true},
    {"2026-11-23T15:49:04.900000+00:00", false},
    {"2027-01-01T00:00:00+00:00", false},
    /* no moment */
    {"", false},
    {"zzzz", false},
    {"2026-11-23T15:48:09", false},
    {"2026-11-23T15:48:09+01:00", false},
};

START_TEST(what_is_stored_already)
{
    start();
    REDIS_ORDER(server, "HSET", "capacity:se-01", "last_poll",
                stored_moments[_i].stored, "used", "1");
    ck_assert_int_eq(write_at(T0, NULL), stored_moments[_i].newer
                                             ? SE__CACHE_OLDER
                                             : SE__CACHE_WRITTEN);
    CHECK(stored_moments[_i].newer ? "1" : "250", FIELD("used"));
    stop();
}
END_TEST

START_TEST(in_the_name_of_a_lease)
{
    start();
    terms.holder = "ingester-1";
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_NOT_HOLDER);
    REDIS_ORDER(server, "SET", "lock", "ingester-2");
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_NOT_HOLDER);
    ck_assert_int_eq(write_at(T0, "gone"), SE__CACHE_NOT_HOLDER);
    CHECK("1", "DBSIZE");
    REDIS_ORDER(server, "SET", "lock", "ingester-1");
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_WRITTEN);
    CHECK("ingester-1", "GET", "lock");
    stop();
}
END_TEST

START_TEST(down)
{
    start();
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_WRITTEN);
    REDIS_ORDER(server, "EXPIRE", "capacity:se-01", "5");
    ck_assert_int_eq(write_at(T0 + 5, "no answer"), SE__CACHE_WRITTEN);
    CHECK("unhealthy", FIELD("health"));
    CHECK("250", FIELD("used"));
    /* the figure is as old as before */
    CHECK("2026-11-23T15:48:03.860104+00:00", FIELD("last_poll"));
    check_life("capacity:se-01", 600);
    CHECK("unhealthy: no answer", "GET", "health:se-01");
    CHECK("(nil)", "ZSCORE", "capacity:edit:available", "se-01");
    stop();
}
END_TEST

START_TEST(down_without_a_figure)
{
    start();
    ck_assert_int_eq(write_at(T0, "no answer"), SE__CACHE_WRITTEN);
    CHECK("12", "HLEN", "capacity:se-01");
    CHECK("unhealthy", FIELD("health"));
    CHECK("0", FIELD("total"));
    CHECK("rw", FIELD("mode"));
    CHECK("unknown", FIELD("backend"));
    CHECK("", FIELD("last_update"));
    CHECK("http://a:1", FIELD("endpoint"));
    CHECK("unhealthy: no answer", "GET", "health:se-01");
    stop();
}
END_TEST

static const struct {
    se_health health;
    const char *mode, *edit, *rw;
} sets[] = {
    {SE_HEALTH_HEALTHY, "edit", "100", "(nil)"},
    {SE_HEALTH_HEALTHY, "rw", "(nil)", "100"},
    {SE_HEALTH_HEALTHY, "ro", "(nil)", "(nil)"},
    {SE_HEALTH_DEGRADED, "edit", "(nil)", "(nil)"},
    {SE_HEALTH_UNHEALTHY, "rw", "(nil)", "(nil)"},
};

START_TEST(sets_of_the_available)
{
    start();
    REDIS_ORDER(server, "ZADD", "capacity:edit:available", "1", "se-01", "2",
                "se-02");
    REDIS_ORDER(server, "ZADD", "capacity:rw:available", "1", "se-01");
    reply.health = sets[_i].health;
    snprintf(reply.mode, sizeof(reply.mode), "%s", sets[_i].mode);
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_WRITTEN);
    CHECK(sets[_i].edit, "ZSCORE", "capacity:edit:available", "se-01");
    CHECK(sets[_i].rw, "ZSCORE", "capacity:rw:available", "se-01");
    CHECK("2", "ZSCORE", "capacity:edit:available", "se-02");
    CHECK(se_health_name(sets[_i].health), "GET", "health:se-01");
    stop();
}
END_TEST

/* Keys of another kind cost one element, or nobody. */
START_TEST(keys_of_another_kind)
{
    start();
    REDIS_ORDER(server, "SET", "capacity:se-01", "text");
    REDIS_ORDER(server, "RPUSH", "health:se-01", "x");
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_WRITTEN);
    CHECK("250", FIELD("used"));
    CHECK("healthy", "GET", "health:se-01");
    REDIS_ORDER(server, "SET", "capacity:rw:available", "text");
    ck_assert_int_eq(write_at(T0 + 1, NULL), -98);
    CHECK("text", "GET", "capacity:rw:available");
    REDIS_ORDER(server, "DEL", "capacity:rw:available");
    ck_assert_int_eq(write_at(T0 + 2, NULL), SE__CACHE_WRITTEN);
    stop();
}
END_TEST

START_TEST(what_is_forgotten)
{
    start();
    terms.holder = "ingester-1";
    REDIS_ORDER(server, "MSET", "lock", "ingester-1", "health:se-01", "x",
                "health:se-02", "y", "capacity:se-012", "z", "cache_lock:se-01",
                "w");
    REDIS_ORDER(server, "HSET", "capacity:se-01", "a", "b");
    REDIS_ORDER(server, "ZADD", "capacity:edit:available", "1", "se-01", "2",
                "se-02");
    REDIS_ORDER(server, "ZADD", "capacity:rw:available", "1", "se-01");
    ck_assert_int_eq(se__cache_append_forget(redis, "se-01", &terms, NULL),
                     SE_OK);
    ck_assert_int_eq(answer(), SE__CACHE_WRITTEN);
    CHECK("0", "EXISTS", "capacity:se-01", "health:se-01",
          "capacity:rw:available");
    CHECK("5", "DBSIZE");
    CHECK("2", "ZSCORE", "capacity:edit:available", "se-02");
    terms.holder = "ingester-2";
    ck_assert_int_eq(se__cache_append_forget(redis, "se-02", &terms, NULL),
                     SE_OK);
    ck_assert_int_eq(answer(), SE__CACHE_NOT_HOLDER);
    CHECK("5", "DBSIZE");
    stop();
}
END_TEST

/* Written and read again: nothing is lost. */
START_TEST(there_and_back)
{
    const char *const get[] = {"HGETALL", "capacity:se-01"};
    se__redis_reply *hash = NULL;
    se__cache_entry entry;

    start();
    reply.total = SE__REPLY_BYTES_MAX;
    reply.used = SE__REPLY_BYTES_MAX - 1;
    reply.available = 1;
    reply.percent_used = -1;
    ck_assert_int_eq(write_at(T0, NULL), SE__CACHE_WRITTEN);
    CHECK("100.0", FIELD("percent_used"));
    ck_assert_int_eq(se__redis_command(redis, 2, get,
                                       se__deadline(se__now_ms(), PATIENCE_MS),
                                       &hash, NULL),
                     SE_OK);
    ck_assert_int_eq(se__cache_read(hash, &entry, NULL), SE_OK);
    ck_assert_int_eq(entry.total, SE__REPLY_BYTES_MAX);
    ck_assert_int_eq(entry.used, SE__REPLY_BYTES_MAX - 1);
    ck_assert_int_eq(entry.available, 1);
    ck_assert_int_eq(entry.health, SE_HEALTH_HEALTHY);
    ck_assert_int_eq(entry.measured_us, T0);
    se__redis_reply_free(hash);
    stop();
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {the_newer_wins, 1},
        {what_is_stored_already, SE__COUNT(stored_moments)},
        {in_the_name_of_a_lease, 1},
        {down, 1},
        {down_without_a_figure, 1},
        {sets_of_the_available, SE__COUNT(sets)},
        {keys_of_another_kind, 1},
        {what_is_forgotten, 1},
        {there_and_back, 1},
    };

    return run_suite("monitor_cache", rows, SE__COUNT(rows));
}
