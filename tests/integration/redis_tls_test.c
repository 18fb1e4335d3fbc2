/*
 * Redis under TLS. In a build without hiredis_ssl all there is to see is that
 * it says so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <artstore/source.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fleet.h"
#include "rawserver.h"
#include "redis_server.h"
#include "source/source.h"
#include "suite.h"
#include "watcher.h"
#include "wire/redis.h"

#define DAY 86400
#define SECRET "s3cret w0rd"

typedef struct world {
    char dir[64];
    char pem[96];
    char tls_port[16];
    const char *arguments[16];
    redis_server *server;
    char url[96];
} world;

static void begin(world *w, const char *name, long valid_s)
{
    const char *const arguments[] = {"--tls-port",
                                     w->tls_port,
                                     "--tls-cert-file",
                                     w->pem,
                                     "--tls-key-file",
                                     w->pem,
                                     "--tls-ca-cert-file",
                                     w->pem,
                                     "--tls-auth-clients",
                                     "no",
                                     NULL};
    redis_server_options options = {.arguments = w->arguments,
                                    .password = SECRET};

    snprintf(w->dir, sizeof(w->dir), "/tmp/redis-tls-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(w->dir));
    snprintf(w->pem, sizeof(w->pem), "%s/server.pem", w->dir);
    snprintf(w->tls_port, sizeof(w->tls_port), "%d", redis_server_free_port());
    ck_assert(rawserver_make_cert(w->pem, name, valid_s));
    memcpy(w->arguments, arguments, sizeof(arguments));
    w->server = redis_server_start(&options);
    snprintf(w->url, sizeof(w->url), "rediss://localhost:%s", w->tls_port);
}

static void end(world *w)
{
    redis_server_stop(w->server);
    unlink(w->pem);
    rmdir(w->dir);
}

static se_redis_options trusting(const world *w)
{
    se_redis_options options = SE_REDIS_OPTIONS_INIT;

    options.url = w->url;
    options.ca_file = w->pem;
    options.password = SECRET;
    return options;
}

static se_err fetch_hash(const se_redis_options *options, int timeout_ms,
                         char *hash, se_error *err)
{
    se_source *source = NULL;
    se_topology *list = NULL;
    se_err rc = se_source_redis(options, &source, err);

    if (rc == SE_OK) {
        rc = se__source_fetch(source, timeout_ms, &list, err);
    }
    if (rc == SE_OK) {
        snprintf(hash, 65, "%s", se_topology_hash(list));
        se_topology_unref(list);
    }
    se_source_free(source);
    return rc;
}

static void check_failure(const se_redis_options *options, se_err rc,
                          const char *says)
{
    se_error err = SE_ERROR_INIT;
    char hash[65];
    se_err got = fetch_hash(options, 1000, hash, &err);

    ck_assert_msg(got == rc, "%s: %s", se_err_name(got), err.message);
    ck_assert_msg(strstr(err.message, says), "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, SECRET));
}

START_TEST(not_in_this_build)
{
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_topology *list = fleet("se-01 rw 1 http://a");
    se_error err = SE_ERROR_INIT;

    options.url = "rediss://127.0.0.1:1";
    if (!se__redis_has_tls()) {
        check_failure(&options, SE_E_UNSUPPORTED, "hiredis_ssl");
        ck_assert_int_eq(se_publish(&options, list, NULL, 0, NULL, &err),
                         SE_E_UNSUPPORTED);
    }
    se_topology_unref(list);
}
END_TEST

START_TEST(through_tls)
{
    world w;
    se_redis_options options;
    se_topology *list = fleet_of(5000, 1);
    se_source *source = NULL;
    watcher *watch;
    se_error err = SE_ERROR_INIT;
    char hash[65];

    begin(&w, "localhost", DAY);
    options = trusting(&w);
    ck_assert_int_eq(se_source_redis(&options, &source, NULL), SE_OK);
    watch = watcher_start(source);
    ck_assert(watcher_wait(watch, WATCHER_READY, 1));
    ck_assert_msg(se_publish(&options, list, NULL, 9000, NULL, &err) == SE_OK,
                  "%s", err.message);
    ck_assert_int_eq(fetch_hash(&options, 9000, hash, &err), SE_OK);
    ck_assert_str_eq(hash, se_topology_hash(list));
    ck_assert(watcher_wait(watch, WATCHER_CHANGED, 1));
    ck_assert_str_eq(watcher_hash(watch), hash);
    ck_assert_int_eq(watcher_stop(watch, NULL), SE_OK);
    se_source_free(source);
    se_topology_unref(list);
    end(&w);
}
END_TEST

START_TEST(only_whom_it_trusts)
{
    world w;
    se_redis_options options;

    begin(&w, "localhost", DAY);
    options = trusting(&w);
    options.ca_file = NULL;
    check_failure(&options, SE_E_CONNECT, "TLS: self");
    options.ca_file = "/nowhere.pem";
    check_failure(&options, SE_E_CONFIG, "/nowhere.pem");
    /* One that is trusted, for another host. */
    options.ca_file = w.pem;
    snprintf(w.url, sizeof(w.url), "rediss://127.0.0.1:%s", w.tls_port);
    check_failure(&options, SE_E_CONNECT, "TLS: IP address mismatch");
    end(&w);
    begin(&w, "redis.example", DAY);
    options = trusting(&w);
    check_failure(&options, SE_E_CONNECT, "TLS: hostname mismatch");
    end(&w);
    begin(&w, "localhost", -DAY);
    options = trusting(&w);
    check_failure(&options, SE_E_CONNECT, "TLS: certificate has expired");
    end(&w);
}
END_TEST

START_TEST(one_side_only)
{
    world w;
    se_redis_options options;

    begin(&w, "localhost", DAY);
    options = trusting(&w);
    snprintf(w.url, sizeof(w.url), "rediss://localhost:%d",
             redis_server_port(w.server));
    check_failure(&options, SE_E_TIMEOUT, "TLS: no answer in time");
    snprintf(w.url, sizeof(w.url), "redis://localhost:%s", w.tls_port);
    check_failure(&options, SE_E_CONNECT, "");
    end(&w);
}
END_TEST

START_TEST(frozen)
{
    world w;
    se_redis_options options;
    se_source *source = NULL;
    se_topology *list = NULL;
    watcher *watch;

    begin(&w, "localhost", DAY);
    options = trusting(&w);
    ck_assert_int_eq(se_source_redis(&options, &source, NULL), SE_OK);
    ck_assert_int_eq(se__source_fetch(source, 5000, &list, NULL), SE_E_SOURCE);
    redis_server_freeze(w.server);
    for (int i = 0; i < 2; i++) { /* in the middle; in the handshake */
        int64_t start = se__now_ms();

        ck_assert_int_eq(se__source_fetch(source, 200, &list, NULL),
                         SE_E_TIMEOUT);
        ck_assert_int_ge(se__now_ms() - start, 199);
        ck_assert_int_le(se__now_ms() - start, 250);
    }
    watch = watcher_start(source);
    ck_assert_int_eq(watcher_stop(watch, NULL), SE_OK);
    redis_server_thaw(w.server);
    ck_assert_int_eq(se__source_fetch(source, 5000, &list, NULL), SE_E_SOURCE);
    for (int i = 0; i < 2; i++) { /* closed between two fetches */
        REDIS_ORDER(w.server, "CLIENT", "KILL", "TYPE", "normal");
        ck_assert_int_eq(se__source_fetch(source, 5000, &list, NULL),
                         SE_E_SOURCE);
    }
    se_source_free(source);
    end(&w);
}
END_TEST

int main(void)
{
    const size_t with = se__redis_has_tls();
    const test_row rows[] = {
        {not_in_this_build, 1},
        {through_tls, with},
        {only_whom_it_trusts, with},
        {one_side_only, with},
        {frozen, with},
    };

    return run_suite("redis tls", rows, SE__COUNT(rows));
}
