/*
 * Finding the master through real sentinels.
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
#define OTHER "se-03 rw 7 http://c"
#define SECRET "s3cret w0rd"

typedef struct world {
    redis_server *master;
    redis_server *sentinel;
    char url[160];
} world;

static void watch_over(const redis_server *sentinel, const redis_server *master)
{
    char port[16];

    snprintf(port, sizeof(port), "%d", redis_server_port(master));
    REDIS_ORDER(sentinel, "SENTINEL", "MONITOR", "artstore", "127.0.0.1", port,
                "1");
}

static world begin(const char *password)
{
    const redis_server_options secured = {.password = password};
    const redis_server_options watching = {.sentinel = true};
    world w = {redis_server_start(&secured), redis_server_start(&watching), ""};

    watch_over(w.sentinel, w.master);
    snprintf(w.url, sizeof(w.url), "sentinel://127.0.0.1:%d/artstore",
             redis_server_port(w.sentinel));
    return w;
}

static void end(world *w)
{
    redis_server_stop(w->sentinel);
    redis_server_stop(w->master);
}

static se_source *open_url(const char *url)
{
    se_source *source = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_source_open(url, &source, &err) == SE_OK, "%s",
                  err.message);
    return source;
}

static void publish(const char *url, const char *line)
{
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_topology *list = fleet(line);
    se_error err = SE_ERROR_INIT;

    options.url = url;
    ck_assert_msg(se_publish(&options, list, NULL, 5000, NULL, &err) == SE_OK,
                  "%s", err.message);
    se_topology_unref(list);
}

static void check_fetch(se_source *source, int timeout_ms, const char *line)
{
    se_topology *list = NULL;
    se_error err = SE_ERROR_INIT;
    char got[256];

    ck_assert_msg(se__source_fetch(source, timeout_ms, &list, &err) == SE_OK,
                  "%s", err.message);
    fleet_line(list, got, sizeof(got));
    ck_assert_str_eq(got, line);
    se_topology_unref(list);
}

static void check_failure(se_source *source, se_err rc, const char *says)
{
    se_topology *list = NULL;
    se_error err = SE_ERROR_INIT;
    se_err got = se__source_fetch(source, 5000, &list, &err);

    ck_assert_msg(got == rc, "%s: %s", se_err_name(got), err.message);
    ck_assert_msg(strstr(err.message, says), "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, SECRET));
}

START_TEST(the_master_is_found)
{
    world w = begin(NULL);
    se_source *source = open_url(w.url);
    watcher *watch = watcher_start(source);

    ck_assert(watcher_wait(watch, WATCHER_READY, 1));
    publish(w.url, FLEET);
    ck_assert(watcher_wait(watch, WATCHER_PUBLISHED, 1));
    check_fetch(source, 5000, FLEET);
    ck_assert_int_eq(watcher_stop(watch, NULL), SE_OK);
    se_source_free(source);
    end(&w);
}
END_TEST

START_TEST(another_master)
{
    world w = begin(NULL);
    redis_server *other = redis_server_start(NULL);
    se_source *source = open_url(w.url);

    publish(w.url, FLEET);
    check_fetch(source, 5000, FLEET);
    REDIS_ORDER(w.sentinel, "SENTINEL", "REMOVE", "artstore");
    watch_over(w.sentinel, other);
    publish(w.url, OTHER);
    redis_server_kill(w.master);
    check_fetch(source, 5000, OTHER);
    se_source_free(source);
    redis_server_stop(other);
    end(&w);
}
END_TEST

START_TEST(an_unknown_master)
{
    world w = begin(NULL);
    char url[160];
    se_source *source;

    snprintf(url, sizeof(url), "sentinel://127.0.0.1:%d/nobody",
             redis_server_port(w.sentinel));
    source = open_url(url);
    check_failure(source, SE_E_PROTOCOL, "the sentinel knows no master nobody");
    se_source_free(source);
    /* Asked for a master, a server that is none answers so. */
    snprintf(url, sizeof(url), "sentinel://127.0.0.1:%d/artstore",
             redis_server_port(w.master));
    source = open_url(url);
    check_failure(source, SE_E_PROTOCOL, "answers ERR");
    se_source_free(source);
    end(&w);
}
END_TEST

START_TEST(a_dead_master)
{
    world w = begin(NULL);
    se_source *source = open_url(w.url);
    char says[64];

    snprintf(says, sizeof(says), "127.0.0.1:%d: no connection",
             redis_server_port(w.master));
    redis_server_kill(w.master);
    check_failure(source, SE_E_CONNECT, says);
    se_source_free(source);
    end(&w);
}
END_TEST

START_TEST(one_sentinel_of_three_is_enough)
{
    const redis_server_options watching = {.sentinel = true};
    world w = begin(NULL);
    redis_server *frozen = redis_server_start(&watching);
    char url[160];
    se_source *source;
    int64_t start;

    redis_server_freeze(frozen);
    snprintf(url, sizeof(url),
             "sentinel://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/artstore",
             redis_server_free_port(), redis_server_port(frozen),
             redis_server_port(w.sentinel));
    publish(w.url, FLEET);
    source = open_url(url);
    start = se__now_ms();
    check_fetch(source, 900, FLEET);
    ck_assert_int_lt(se__now_ms() - start, 900);
    redis_server_kill(w.sentinel);
    se_source_free(source);
    source = open_url(url);
    check_failure(source, SE_E_CONNECT, "127.0.0.1:");
    se_source_free(source);
    redis_server_stop(frozen);
    end(&w);
}
END_TEST

START_TEST(the_password_is_for_the_master)
{
    world w = begin(SECRET);
    char url[160];
    se_source *source = open_url(w.url);

    check_failure(source, SE_E_AUTH, "NOAUTH");
    se_source_free(source);
    snprintf(url, sizeof(url), "sentinel://:" SECRET "@127.0.0.1:%d/artstore/2",
             redis_server_port(w.sentinel));
    publish(url, FLEET);
    source = open_url(url);
    check_fetch(source, 5000, FLEET);
    se_source_free(source);
    end(&w);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {the_master_is_found, 1},
        {another_master, 1},
        {an_unknown_master, 1},
        {a_dead_master, 1},
        {one_sentinel_of_three_is_enough, 1},
        {the_password_is_for_the_master, 1},
    };

    return run_suite("redis sentinel", rows, SE__COUNT(rows));
}
