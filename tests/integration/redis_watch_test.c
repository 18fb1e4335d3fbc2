/*
 * Being told of changes by a real Redis.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <artstore/source.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fleet.h"
#include "redis_server.h"
#include "source/source.h"
#include "suite.h"
#include "watcher.h"

#define FLEET "se-02 rw 5 http://b off; se-01 edit 100 http://a"
#define PING_MS 100

typedef struct world {
    redis_server *server;
    se_source *source;
    watcher *watch;
} world;

static world begin(int ping_ms)
{
    world w = {redis_server_start(NULL), NULL, NULL};
    se_redis_options options = SE_REDIS_OPTIONS_INIT;

    options.url = redis_server_url(w.server);
    options.ping_ms = ping_ms;
    ck_assert_int_eq(se_source_redis(&options, &w.source, NULL), SE_OK);
    w.watch = watcher_start(w.source);
    ck_assert(watcher_wait(w.watch, WATCHER_READY, 1));
    return w;
}

static void end(world *w)
{
    se_source_free(w->source);
    redis_server_stop(w->server);
}

/* It ends by itself, with this. */
static void check_ended(world *w, se_err rc, const char *says)
{
    se_error err = SE_ERROR_INIT;
    se_err got;

    ck_assert(watcher_wait(w->watch, WATCHER_ENDED, 1));
    got = watcher_stop(w->watch, &err);
    ck_assert_msg(got == rc, "%s: %s", se_err_name(got), err.message);
    ck_assert_msg(strstr(err.message, says), "%s", err.message);
}

static void check_stops_at_once(watcher *watch)
{
    int64_t start = se__now_ms();

    ck_assert_int_eq(watcher_stop(watch, NULL), SE_OK);
    ck_assert_int_lt(se__now_ms() - start, 100);
}

START_TEST(what_is_published_arrives)
{
    world w = begin(0);
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_published told = SE_PUBLISHED_INIT;
    se_topology *list = fleet(FLEET);

    options.url = redis_server_url(w.server);
    ck_assert_int_eq(se_publish(&options, list, NULL, 0, &told, NULL), SE_OK);
    ck_assert_int_eq(told.receivers, 2);
    ck_assert(watcher_wait(w.watch, WATCHER_PUBLISHED, 1));
    ck_assert(watcher_wait(w.watch, WATCHER_CHANGED, 1));
    ck_assert_str_eq(watcher_hash(w.watch), se_topology_hash(list));
    check_stops_at_once(w.watch);
    se_topology_unref(list);
    end(&w);
}
END_TEST

static const struct {
    const char *channel;
    const char *text;
    bool whole; /* a document, handed over as such */
} messages[] = {
    {SE_REDIS_EVENTS_CHANNEL, "{\"event\": \"storage_element_config_updated\"}",
     false},
    {SE_REDIS_EVENTS_CHANNEL, "", false},
    {SE_REDIS_EVENTS_CHANNEL, "{\"storage_elements\": []}", false},
    {SE_REDIS_UPDATES_CHANNEL, "{\"storage_elements\": []}", true},
    {SE_REDIS_UPDATES_CHANNEL, "", false},
    {SE_REDIS_UPDATES_CHANNEL, "message", false},
    {SE_REDIS_UPDATES_CHANNEL, "{\"storage_elements\": [", false},
    {SE_REDIS_UPDATES_CHANNEL, "\xff\xfe", false},
};

START_TEST(every_message_counts)
{
    world w = begin(0);

    REDIS_ORDER(w.server, "PUBLISH", "some:other:channel", "x");
    REDIS_ORDER(w.server, "PUBLISH", messages[_i].channel, messages[_i].text);
    REDIS_ORDER(w.server, "PUBLISH", SE_REDIS_EVENTS_CHANNEL, "last");
    ck_assert(
        watcher_wait(w.watch, WATCHER_CHANGED, messages[_i].whole ? 1 : 2));
    ck_assert_int_eq(watcher_get(w.watch, WATCHER_PUBLISHED),
                     messages[_i].whole);
    ck_assert_int_eq(watcher_get(w.watch, WATCHER_CHANGED),
                     messages[_i].whole ? 1 : 2);
    ck_assert_int_eq(watcher_get(w.watch, WATCHER_READY), 1);
    check_stops_at_once(w.watch);
    end(&w);
}
END_TEST

START_TEST(channels_of_ones_own)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    world w = {server, NULL, NULL};

    options.url = redis_server_url(server);
    options.updates_channel = "one";
    options.events_channel = "two";
    ck_assert_int_eq(se_source_redis(&options, &w.source, NULL), SE_OK);
    w.watch = watcher_start(w.source);
    ck_assert(watcher_wait(w.watch, WATCHER_READY, 1));
    REDIS_ORDER(server, "PUBLISH", SE_REDIS_EVENTS_CHANNEL, "x");
    REDIS_ORDER(server, "PUBLISH", "one", "{\"storage_elements\": []}");
    REDIS_ORDER(server, "PUBLISH", "two", "x");
    ck_assert(watcher_wait(w.watch, WATCHER_CHANGED, 1));
    ck_assert_int_eq(watcher_get(w.watch, WATCHER_CHANGED), 1);
    ck_assert_int_eq(watcher_get(w.watch, WATCHER_PUBLISHED), 1);
    check_stops_at_once(w.watch);
    end(&w);
}
END_TEST

START_TEST(none_of_a_flood_is_missed)
{
    world w = begin(0);

    REDIS_ORDER(w.server, "EVAL",
                "for i = 1, 20000 do redis.call('PUBLISH', ARGV[1], i) end",
                "0", SE_REDIS_EVENTS_CHANNEL);
    ck_assert(watcher_wait(w.watch, WATCHER_CHANGED, 20000));
    check_stops_at_once(w.watch);
    end(&w);
}
END_TEST

START_TEST(fetch_beside_watch)
{
    world w = begin(0);

    REDIS_ORDER(w.server, "EVAL",
                "for i = 1, 1000 do redis.call('PUBLISH', ARGV[1], i) end", "0",
                SE_REDIS_EVENTS_CHANNEL);
    for (int i = 0; i < 20; i++) {
        se_topology *list = NULL;

        ck_assert_int_eq(se__source_fetch(w.source, 5000, &list, NULL),
                         SE_E_SOURCE);
    }
    ck_assert(watcher_wait(w.watch, WATCHER_CHANGED, 1000));
    check_stops_at_once(w.watch);
    end(&w);
}
END_TEST

/* ---- life and death ---- */

static long pings(const redis_server *server)
{
    static const char name[] = "cmdstat_ping:calls=";
    char *text = REDIS_ASK(server, "INFO", "commandstats");
    const char *at = strstr(text, name);
    long count = at ? strtol(at + sizeof(name) - 1, NULL, 10) : 0;

    free(text);
    return count;
}

static bool await_pings(const redis_server *server, long count)
{
    int64_t deadline = se__now_ms() + 10000;

    while (pings(server) < count) {
        if (se__now_ms() > deadline) {
            return false;
        }
    }
    return true;
}

START_TEST(ping_keeps_it_alive)
{
    world w = begin(PING_MS);

    /* Nobody says anything for several times the patience. */
    ck_assert(await_pings(w.server, pings(w.server) + 6));
    ck_assert_int_eq(watcher_get(w.watch, WATCHER_ENDED), 0);
    ck_assert_int_eq(watcher_get(w.watch, WATCHER_CHANGED), 0);
    REDIS_ORDER(w.server, "PUBLISH", SE_REDIS_EVENTS_CHANNEL, "x");
    ck_assert(watcher_wait(w.watch, WATCHER_CHANGED, 1));
    check_stops_at_once(w.watch);
    end(&w);
}
END_TEST

START_TEST(a_silent_server_is_given_up)
{
    world w = begin(PING_MS);
    int64_t frozen = se__now_ms();
    int64_t took;

    redis_server_freeze(w.server);
    check_ended(&w, SE_E_TIMEOUT, "no sign of life");
    took = se__now_ms() - frozen;
    /* The last sign may be as old as one ping when it froze. */
    ck_assert_msg(took >= PING_MS - 50 && took <= 3 * PING_MS + 50, "%lld ms",
                  (long long)took);
    redis_server_thaw(w.server);
    w.watch = watcher_start(w.source);
    ck_assert(watcher_wait(w.watch, WATCHER_READY, 1));
    check_stops_at_once(w.watch);
    end(&w);
}
END_TEST

START_TEST(a_stop_ends_a_silent_one_at_once)
{
    world w = begin(0);
    watcher *second;

    redis_server_freeze(w.server);
    check_stops_at_once(w.watch);
    second = watcher_start(w.source); /* gets no further than AUTH or so */
    check_stops_at_once(second);
    end(&w);
}
END_TEST

START_TEST(a_lost_connection_is_an_error)
{
    world w = begin(0);

    REDIS_ORDER(w.server, "CLIENT", "KILL", "TYPE", "pubsub");
    check_ended(&w, SE_E_CONNECT, "");
    w.watch = watcher_start(w.source);
    ck_assert(watcher_wait(w.watch, WATCHER_READY, 1));
    redis_server_kill(w.server);
    check_ended(&w, SE_E_CONNECT, "");
    w.watch = watcher_start(w.source);
    check_ended(&w, SE_E_CONNECT, "Connection refused");
    redis_server_revive(w.server);
    w.watch = watcher_start(w.source);
    ck_assert(watcher_wait(w.watch, WATCHER_READY, 1));
    check_stops_at_once(w.watch);
    end(&w);
}
END_TEST

START_TEST(too_large_a_message)
{
    world w = begin(0);

    REDIS_ORDER(w.server, "EVAL",
                "redis.call('PUBLISH', ARGV[1], string.rep('x', 9000000))", "0",
                SE_REDIS_UPDATES_CHANNEL);
    check_ended(&w, SE_E_LIMIT, "too large");
    end(&w);
}
END_TEST

START_TEST(without_the_right_to)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    world w = {server, NULL, NULL};
    char url[64];

    REDIS_ORDER(server, "ACL", "SETUSER", "deaf", "on", "nopass", "~*", "+get",
                "&*");
    snprintf(url, sizeof(url), "redis://deaf@127.0.0.1:%d",
             redis_server_port(server));
    options.url = url;
    ck_assert_int_eq(se_source_redis(&options, &w.source, NULL), SE_OK);
    w.watch = watcher_start(w.source);
    check_ended(&w, SE_E_AUTH, "NOPERM");
    end(&w);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {what_is_published_arrives, 1},
        {every_message_counts, SE__COUNT(messages)},
        {channels_of_ones_own, 1},
        {none_of_a_flood_is_missed, 1},
        {fetch_beside_watch, 1},
        {ping_keeps_it_alive, 1},
        {a_silent_server_is_given_up, 1},
        {a_stop_ends_a_silent_one_at_once, 1},
        {a_lost_connection_is_an_error, 1},
        {too_large_a_message, 1},
        {without_the_right_to, 1},
    };

    return run_suite("redis watch", rows, SE__COUNT(rows));
}
