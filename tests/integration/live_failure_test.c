/*
 * A Redis that fails in every way, with a second source behind it, without one,
 * and with nothing but what is on disk.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live_kit.h"
#include "rawserver.h"

#define FLEET "a edit 1 http://a; b rw 2 http://b; c rw 3 http://c"
#define OTHER "a edit 1 http://z; b rw 2 http://b; c rw 3 http://c"
#define HALF "a edit 1 http://a; b rw 2 http://b off; c rw 3 http://c off"
#define SECRET "s3cret"
#define TIMEOUT_MS 200

static live l;
static rawserver *raw;

static void tear_down(void)
{
    live_end(&l);
    if (raw) {
        rawserver_stop(raw);
        raw = NULL;
    }
}

/* ---- ways to fail; each returns the URL to ask, NULL: the server's ---- */

static const char *killed(void)
{
    redis_server_kill(l.server);
    return NULL;
}

static const char *hanging(void)
{
    redis_server_freeze(l.server);
    return NULL;
}

static const char *wrong_type(void)
{
    REDIS_ORDER(l.server, "DEL", SE_REDIS_KEY);
    REDIS_ORDER(l.server, "RPUSH", SE_REDIS_KEY, "x");
    return NULL;
}

static const char *garbage(void)
{
    REDIS_ORDER(l.server, "SET", SE_REDIS_KEY, "<html>");
    return NULL;
}

static const char *no_key(void)
{
    REDIS_ORDER(l.server, "DEL", SE_REDIS_KEY);
    return NULL;
}

static const char *empty(void)
{
    REDIS_ORDER(l.server, "SET", SE_REDIS_KEY, "{\"storage_elements\": []}");
    return NULL;
}

static const char *password(void)
{
    REDIS_ORDER(l.server, "CONFIG", "SET", "requirepass", SECRET);
    return NULL;
}

/* A URL of a peer that says this to whatever it is asked. */
static const char *answering(const rawserver_step *script)
{
    static char url[64];
    static const rawserver_step *scripts[1]; /* kept by the server */

    scripts[0] = script;
    raw = rawserver_run(scripts, 1);
    ck_assert_ptr_nonnull(raw);
    snprintf(url, sizeof(url), "redis://%s",
             rawserver_url(raw) + strlen("http://"));
    return url;
}

static const char *loading(void)
{
    static const rawserver_step script[] = {
        {RAW_BODY, NULL, 8, 0}, /* asked something */
        {RAW_SEND, "-LOADING Redis is loading the dataset in memory\r\n", 0, 0},
        {RAW_EOF, NULL, 0, 0},
        {RAW_END, NULL, 0, 0}};

    return answering(script);
}

static const char *not_redis(void)
{
    static const rawserver_step script[] = {
        {RAW_BODY, NULL, 8, 0},
        {RAW_SEND, "HTTP/1.1 200 OK\r\n\r\n<html>", 0, 0},
        {RAW_EOF, NULL, 0, 0},
        {RAW_END, NULL, 0, 0}};

    return answering(script);
}

static const char *black_hole(void)
{
    static const rawserver_step script[] = {{RAW_EOF, NULL, 0, 0},
                                            {RAW_END, NULL, 0, 0}};

    return answering(script);
}

static const struct {
    const char *(*strike)(void);
    const char *says;
} failures[] = {
    {killed, "redis: "},        {hanging, "redis: "},
    {wrong_type, "WRONGTYPE"},  {garbage, "redis: key " SE_REDIS_KEY},
    {no_key, "does not exist"}, {empty, "the list is empty"},
    {password, "NOAUTH"},       {loading, "LOADING"},
    {not_redis, "redis: "},     {black_hole, "redis: "},
};

static void begin(int row)
{
    se_registry_options options = live_options();
    const char *url;

    options.fetch_timeout_ms = TIMEOUT_MS;
    options.no_watch = true;
    live_begin(&l);
    live_set(&l, FLEET);
    url = failures[row].strike();
    live_open(&l, url, true, &options);
}

/* ---- with a second source ---- */

START_TEST(the_second_source_takes_over)
{
    int64_t began;

    begin(_i);
    live_write_file(&l, OTHER);
    began = se__now_ms();
    ck_assert_int_eq(
        se_registry_reload(l.registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert_int_lt(se__now_ms() - began, TIMEOUT_MS + 200);
    ck_assert(live_in_force(&l, OTHER));
    ck_assert_str_eq(live_status(&l).source, "file");
    ck_assert_int_eq(
        logbook_count(&l.book, "Failed to fetch SE endpoints from Redis"), 1);
    ck_assert_int_eq(logbook_count(&l.book, SECRET), 0);
}
END_TEST

/* ---- without any ---- */

START_TEST(none_of_it_names_each_source)
{
    se_error err = SE_ERROR_INIT;

    begin(_i);
    ck_assert_int_eq(
        se_registry_reload(l.registry, SE_RELOAD_MANUAL, 0, NULL, &err),
        SE_E_DISCOVERY);
    ck_assert_msg(strstr(err.message, failures[_i].says), "%s", err.message);
    ck_assert_msg(strstr(err.message, "; file: "), "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, SECRET));
    ck_assert_uint_eq(live_status(&l).elements, 0);
}
END_TEST

START_TEST(what_was_in_force_stays)
{
    se_registry_options options = live_options();

    options.fetch_timeout_ms = TIMEOUT_MS;
    options.reload_interval_ms = 20;
    live_begin(&l);
    live_set(&l, FLEET);
    live_open(&l, NULL, true, &options);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_in_force(&l, FLEET));
    failures[_i].strike();
    LIVE_WAIT_FOR(live_status(&l).failures >= 2);
    ck_assert(live_in_force(&l, FLEET));
    ck_assert(!live_status(&l).last_known_good);
}
END_TEST

START_TEST(the_last_good_list_from_disk)
{
    se_registry_options options = live_options();
    char dir[96];

    live_begin(&l);
    snprintf(dir, sizeof(dir), "%s/state", l.dir);
    options.fetch_timeout_ms = TIMEOUT_MS;
    options.state_dir = dir;
    options.reload_interval_ms = 50;
    options.no_watch = true;
    live_set(&l, FLEET);
    live_open(&l, NULL, true, &options);
    ck_assert_int_eq(
        se_registry_reload(l.registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    se_registry_close(l.registry);
    failures[_i].strike();
    live_open(&l, NULL, true, &options);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_in_force(&l, FLEET));
    ck_assert(live_status(&l).last_known_good);
    live_write_file(&l, OTHER);
    LIVE_WAIT_FOR(live_in_force(&l, OTHER));
    ck_assert(!live_status(&l).last_known_good);
}
END_TEST

/* ---- held back, and accepted for all ---- */

static se_registry *open_other(void)
{
    se_registry_options options = live_options();
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;
    se_registry *other = NULL;
    se_source *source = NULL;

    ck_assert_int_eq(se_registry_open(&other, &options, NULL), SE_OK);
    redis.url = redis_server_url(l.server);
    ck_assert_int_eq(se_source_redis(&redis, &source, NULL), SE_OK);
    ck_assert_int_eq(se_registry_add_source(other, source, NULL), SE_OK);
    ck_assert_int_eq(se_registry_reload(other, SE_RELOAD_MANUAL, 0, NULL, NULL),
                     SE_OK);
    return other;
}

/* Two processes that share nothing but Redis. */
START_TEST(accepted_through_redis)
{
    se_registry *other;
    se_diff *diff = NULL;
    char *ttl;
    char *hash;

    live_begin(&l);
    live_set(&l, FLEET);
    live_open(&l, NULL, false, NULL);
    ck_assert_int_eq(
        se_registry_reload(l.registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    other = open_other();
    live_set(&l, HALF);
    ck_assert_int_eq(se_registry_reload(other, SE_RELOAD_MANUAL, 0, NULL, NULL),
                     SE_OK);
    ck_assert_int_eq(
        se_registry_reload(l.registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert(live_status(&l).held);
    ck_assert(live_in_force(&l, FLEET));

    ck_assert_int_eq(se_registry_accept(other, &diff, NULL), SE_OK);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_UPDATED), 2);
    se_diff_free(diff);
    hash = REDIS_ASK(l.server, "GET", "artstore:ingest:accepted");
    ck_assert_str_eq(hash, live_status(&l).held_hash);
    free(hash);
    ttl = REDIS_ASK(l.server, "TTL", "artstore:ingest:accepted");
    ck_assert_int_gt(strtol(ttl, NULL, 10), 3590);
    ck_assert_int_le(strtol(ttl, NULL, 10), 3600);
    free(ttl);

    ck_assert_int_eq(
        se_registry_reload(l.registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert(live_in_force(&l, HALF));
    ck_assert(!live_status(&l).held);
    se_registry_close(other);
}
END_TEST

START_TEST(the_file_agrees)
{
    live_begin(&l);
    live_set(&l, FLEET);
    live_open(&l, NULL, true, NULL);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_in_force(&l, FLEET) && live_status(&l).watches == 1);
    live_set(&l, HALF);
    live_notify(&l);
    LIVE_WAIT_FOR(live_status(&l).held);
    ck_assert(live_in_force(&l, FLEET));
    live_write_file(&l, HALF);
    live_notify(&l);
    LIVE_WAIT_FOR(live_in_force(&l, HALF));
}
END_TEST

int main(void)
{
    const live_row rows[] = {
        {the_second_source_takes_over, SE__COUNT(failures)},
        {none_of_it_names_each_source, SE__COUNT(failures)},
        {what_was_in_force_stays, 6}, /* those that strike later, too */
        {the_last_good_list_from_disk, 7},
        {accepted_through_redis, 1},
        {the_file_agrees, 1},
    };

    return live_run("live failure", rows, SE__COUNT(rows), tear_down);
}
