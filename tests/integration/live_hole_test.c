/*
 * A registry whose way to Redis is a black hole for a while: nothing is closed,
 * nothing comes, and what is published meanwhile is lost. It notices, comes
 * back, and is right in the end. No period helps it: there is none.
 */
#include <stdio.h>
#include <string.h>

#include "detour.h"
#include "live_kit.h"
#include "rawserver.h"

#define ELEMENTS 5
#define FETCH_MS 300
#define FLEET "a edit 1 http://a; b rw 2 http://b"

static live l;
static detour *way;
static rawserver *raw;

static void begin(void)
{
    se_registry_options options = live_options();
    char url[64];

    live_begin(&l);
    way = detour_start(redis_server_port(l.server));
    options.fetch_timeout_ms = FETCH_MS;
    snprintf(url, sizeof(url), "redis://127.0.0.1:%d", detour_port(way));
    live_open(&l, url, false, &options);
}

static void tear_down(void)
{
    live_end(&l);
    detour_stop(way);
    way = NULL;
    if (raw) {
        rawserver_stop(raw);
        raw = NULL;
    }
}

static void set_in_silence(const se_topology *list)
{
    live_set_list(&l, list);
}

static void set_and_notify(const se_topology *list)
{
    live_set_list(&l, list);
    live_notify(&l);
}

static void set_and_push(const se_topology *list)
{
    live_set_list(&l, list);
    live_push(&l, list);
}

/* Ways to tell of a change that nobody hears. */
static void (*const told[])(const se_topology *list) = {
    set_in_silence, set_and_notify, set_and_push};

static void change(int generation, void (*tell)(const se_topology *list))
{
    se_topology *list = fleet_of(ELEMENTS, generation);

    tell(list);
    se_topology_unref(list);
}

static bool is_generation(int generation)
{
    se_topology *list = fleet_of(ELEMENTS, generation);
    bool same = live_is(&l, list);

    se_topology_unref(list);
    return same;
}

START_TEST(what_the_hole_swallowed)
{
    begin();
    change(1, set_in_silence);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(is_generation(1) && live_status(&l).watches == 1);
    for (int round = 0; round < 2; round++) {
        int lost = 10 * round + 2;

        detour_swallow(way);
        change(lost, told[_i]);
        LIVE_WAIT_FOR(live_status(&l).watches == 0);
        ck_assert(is_generation(lost - (round ? 9 : 1)));
        detour_restore(way);
        LIVE_WAIT_FOR(is_generation(lost));
        LIVE_WAIT_FOR(live_status(&l).watches == 1);
        /* And it hears again. */
        change(lost + 1, round % 2 ? set_and_notify : set_and_push);
        LIVE_WAIT_FOR(is_generation(lost + 1));
    }
}
END_TEST

/* Redis itself stands still. */
START_TEST(a_change_that_waits_in_a_frozen_redis)
{
    begin();
    change(1, set_in_silence);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(is_generation(1) && live_status(&l).watches == 1);
    redis_server_freeze(l.server);
    LIVE_WAIT_FOR(live_status(&l).watches == 0);
    ck_assert(is_generation(1));
    redis_server_thaw(l.server);
    change(2, told[_i]);
    LIVE_WAIT_FOR(is_generation(2));
    LIVE_WAIT_FOR(live_status(&l).watches == 1);
    change(3, set_and_notify);
    LIVE_WAIT_FOR(is_generation(3));
}
END_TEST

/* It begins in the dark, which outlasts the patience of a watch: 5 s. */
START_TEST(nothing_but_a_hole_at_first)
{
    begin();
    detour_swallow(way);
    change(1, set_and_push);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_status(&l).failures >= 1);
    LIVE_WAIT_FOR(logbook_count(&l.book, "SE config changes cannot be had") ==
                  1);
    ck_assert_uint_eq(live_status(&l).elements, 0);
    detour_restore(way);
    LIVE_WAIT_FOR(is_generation(1));
    LIVE_WAIT_FOR(live_status(&l).watches == 1);
}
END_TEST

/* Not even a connection is made: the second source is asked in time. */
START_TEST(a_host_that_takes_no_connection)
{
    const rawserver_options stalled = {.stall = 1};
    se_registry_options options = live_options();
    char url[64];

    raw = rawserver_start(&stalled);
    ck_assert_ptr_nonnull(raw);
    live_begin(&l);
    live_write_file(&l, FLEET);
    snprintf(url, sizeof(url), "redis://%s",
             rawserver_url(raw) + strlen("http://"));
    options.fetch_timeout_ms = FETCH_MS;
    live_open(&l, url, true, &options);
    ck_assert_int_eq(se_registry_start(l.registry, NULL), SE_OK);
    LIVE_WAIT_FOR(live_in_force(&l, FLEET));
    ck_assert_str_eq(live_status(&l).source, "file");
    ck_assert_uint_eq(live_status(&l).watches, 0);
}
END_TEST

int main(void)
{
    const live_row rows[] = {
        {what_the_hole_swallowed, SE__COUNT(told)},
        {a_change_that_waits_in_a_frozen_redis, SE__COUNT(told)},
        {nothing_but_a_hole_at_first, 1},
        {a_host_that_takes_no_connection, 1},
    };

    return live_run("live hole", rows, SE__COUNT(rows), tear_down);
}
