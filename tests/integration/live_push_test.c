/*
 * Changes that a real Redis tells of: how soon they are in force, and that none
 * is missed in the end, whatever becomes of the connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live_kit.h"

#define ELEMENTS 10
#define BEFORE "a edit 1 http://a; b rw 2 http://b; c rw 3 http://c"

static live l;

static void tear_down(void)
{
    live_end(&l);
}

static void start_with(const char *line)
{
    live_set(&l, line);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_in_force(&l, line) && live_status(&l).watches == 1);
}

/* ---- how soon ---- */

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static int64_t change_once(bool document, int generation)
{
    se_topology *list = fleet_of(ELEMENTS, generation);
    int64_t until = se__now_ms() + 10000;
    int64_t began;

    live_set_list(&l, list);
    began = se__now_us();
    if (document) {
        live_push(&l, list);
    } else {
        live_notify(&l);
    }
    while (!live_is(&l, list)) {
        ck_assert_msg(se__now_ms() < until, "change %d did not come",
                      generation);
    }
    se_topology_unref(list);
    return se__now_us() - began;
}

/* 1000 of each kind with ARTSTORE_TEST_LONG. */
START_TEST(pushed_changes_are_soon_in_force)
{
    bool document = _i == 0;
    int n = getenv("ARTSTORE_TEST_LONG") ? 1000 : 200;
    int64_t *took = calloc((size_t)n, sizeof(*took));
    se_registry_options options = live_options();

    /* Each is a burst of its own: they wait for no silence. */
    options.push_quiet_ms = 1;
    live_begin(&l);
    live_open(&l, NULL, false, &options);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_status(&l).watches == 1);
    for (int i = 0; i < n; i++) {
        took[i] = change_once(document, i + 1);
    }
    qsort(took, (size_t)n, sizeof(*took), compare);
    printf("%s pushed to in force, PUBLISH included: p50 %lld us, p99 %lld us, "
           "most %lld us, of %d\n",
           document ? "document" : "event", (long long)took[n / 2],
           (long long)took[n * 99 / 100], (long long)took[n - 1], n);
    ck_assert_int_lt(took[n * 99 / 100], 1000000);
    free(took);
}
END_TEST

/* As fast as they can be made, nobody waits for any. Messages may act together
 * but the last change is no less in force, and none before it comes back. */
START_TEST(of_many_changes_the_last_is_in_force)
{
    bool document = _i == 0;
    int n = getenv("ARTSTORE_TEST_LONG") ? 1000 : 300;
    se_topology *list = NULL;
    uint64_t reloads;

    live_begin(&l);
    live_open(&l, NULL, false, NULL);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_status(&l).watches == 1);
    for (int i = 1; i <= n; i++) {
        se_topology_unref(list);
        list = fleet_of(ELEMENTS, i);
        live_set_list(&l, list);
        if (document) {
            live_push(&l, list);
        } else {
            live_notify(&l);
        }
    }
    LIVE_WAIT_FOR(live_is(&l, list));
    /* What comes behind all of them: its answer is a fetch. */
    reloads = live_status(&l).reloads;
    live_notify(&l);
    LIVE_WAIT_FOR(live_status(&l).reloads > reloads);
    ck_assert(live_is(&l, list));
    se_topology_unref(list);
}
END_TEST

/* ---- what changes ---- */

static const char *const changes[] = {
    BEFORE "; d edit 4 http://d",                          /* added */
    "a edit 1 http://a; b rw 2 http://b",                  /* removed */
    "a edit 1 http://a; b rw 4 http://b; c rw 3 http://c", /* order */
    "a edit 1 http://a; b ro 2 http://b; c rw 3 http://c", /* mode */
    "a edit 1 http://z; b rw 2 http://b; c rw 3 http://c", /* URL */
    "a edit 1 http://a; b rw 2 http://b off; c rw 3 http://c",
};

START_TEST(each_change_by_each_message)
{
    se_topology *list = fleet(changes[_i / 2]);

    live_begin(&l);
    live_open(&l, NULL, false, NULL);
    start_with(BEFORE);
    live_set_list(&l, list);
    if (_i % 2) {
        live_push(&l, list);
    } else {
        live_notify(&l);
    }
    LIVE_WAIT_FOR(live_is(&l, list));
    se_topology_unref(list);
}
END_TEST

START_TEST(each_change_by_a_period)
{
    se_registry_options options = live_options();

    options.reload_interval_ms = 30;
    options.no_watch = true;
    live_begin(&l);
    live_open(&l, NULL, false, &options);
    live_set(&l, BEFORE);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_in_force(&l, BEFORE));
    for (size_t i = 0; i < SE__COUNT(changes); i++) {
        live_set(&l, changes[i]);
        LIVE_WAIT_FOR(live_in_force(&l, changes[i]));
        live_set(&l, BEFORE);
        LIVE_WAIT_FOR(live_in_force(&l, BEFORE));
    }
}
END_TEST

START_TEST(what_the_publisher_says)
{
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;
    se_published told = SE_PUBLISHED_INIT;
    se_topology *list = fleet(changes[0]);

    live_begin(&l);
    live_open(&l, NULL, false, NULL);
    start_with(BEFORE);
    redis.url = redis_server_url(l.server);
    ck_assert_int_eq(se_publish(&redis, list, NULL, 0, &told, NULL), SE_OK);
    ck_assert_int_eq(told.receivers, 2);
    LIVE_WAIT_FOR(live_is(&l, list));
    se_topology_unref(list);
}
END_TEST

/* ---- what becomes of the connection ---- */

static void kill_client(void)
{
    live_set(&l, changes[0]);
    REDIS_ORDER(l.server, "CLIENT", "KILL", "TYPE", "pubsub");
}

static void restart(void)
{
    redis_server_kill(l.server);
    LIVE_WAIT_FOR(live_status(&l).watches == 0);
    redis_server_revive(l.server);
    live_set(&l, changes[0]);
}

/* It keeps its connections and says nothing: they are given up. */
static void freeze(void)
{
    live_set(&l, changes[0]);
    redis_server_freeze(l.server);
    LIVE_WAIT_FOR(live_status(&l).watches == 0);
    redis_server_thaw(l.server);
}

/* A restart of which nobody notices that the key is gone, too: it is set late.
 */
static void restart_empty(void)
{
    redis_server_kill(l.server);
    redis_server_revive(l.server);
    LIVE_WAIT_FOR(live_status(&l).failures >= 1);
    ck_assert(live_in_force(&l, BEFORE));
    live_set(&l, changes[0]);
}

static void (*const accidents[])(void) = {kill_client, restart, freeze,
                                          restart_empty};

START_TEST(nothing_is_missed_in_the_end)
{
    se_topology *last = fleet(changes[4]);

    live_begin(&l);
    live_open(&l, NULL, false, NULL);
    start_with(BEFORE);
    accidents[_i]();
    /* Nobody says that it changed. */
    LIVE_WAIT_FOR(live_in_force(&l, changes[0]));
    LIVE_WAIT_FOR(live_status(&l).watches == 1);
    live_push(&l, last);
    LIVE_WAIT_FOR(live_is(&l, last));
    se_topology_unref(last);
}
END_TEST

/* A number from INFO. */
static long info(const char *section, const char *name)
{
    char *text = REDIS_ASK(l.server, "INFO", section);
    const char *at = strstr(text, name);
    long value = at ? strtol(at + strlen(name), NULL, 10) : 0;

    free(text);
    return value;
}

START_TEST(a_flood_is_few_fetches)
{
    live_begin(&l);
    live_open(&l, NULL, false, NULL);
    start_with(BEFORE);
    live_set(&l, changes[0]);
    REDIS_ORDER(l.server, "CONFIG", "RESETSTAT");
    REDIS_ORDER(l.server, "EVAL",
                "for i = 1, 10000 do redis.call('PUBLISH', ARGV[1], i) end",
                "0", SE_REDIS_EVENTS_CHANNEL);
    LIVE_WAIT_FOR(live_in_force(&l, changes[0]));
    ck_assert_int_le(info("commandstats", "cmdstat_get:calls="), 10);
}
END_TEST

START_TEST(a_hanging_server_does_not_keep_it_from_closing)
{
    int64_t began;

    live_begin(&l);
    live_open(&l, NULL, false, NULL);
    if (_i == 0) {
        start_with(BEFORE);
        redis_server_freeze(l.server);
    } else {
        redis_server_freeze(l.server);
        ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
        /* Both threads are on their way to it. */
        nanosleep(&(struct timespec){0, 50000000}, NULL);
    }
    began = se__now_ms();
    se_registry_close(l.registry);
    /* Far below what a fetch or a connection may take. */
    ck_assert_int_lt(se__now_ms() - began, 500);
    l.registry = NULL;
    redis_server_thaw(l.server);
}
END_TEST

int main(void)
{
    const live_row rows[] = {
        {pushed_changes_are_soon_in_force, 2},
        {of_many_changes_the_last_is_in_force, 2},
        {each_change_by_each_message, 2 * SE__COUNT(changes)},
        {each_change_by_a_period, 1},
        {what_the_publisher_says, 1},
        {nothing_is_missed_in_the_end, SE__COUNT(accidents)},
        {a_flood_is_few_fetches, 1},
        {a_hanging_server_does_not_keep_it_from_closing, 2},
    };

    return live_run("live push", rows, SE__COUNT(rows), tear_down);
}
