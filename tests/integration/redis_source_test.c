/*
 * Reading the list from a real Redis, and storing it there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <artstore/registry.h>
#include <artstore/source.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fleet.h"
#include "redis_server.h"
#include "source/source.h"
#include "suite.h"
#include "wire/redis.h"

#define FLEET "se-02 rw 5 http://b off; se-01 edit 100 http://a"
#define OTHER "se-03 rw 7 http://c"
#define CONNECTIONS "total_connections_received:"
#define SECRET "s3cret w0rd"

static se_redis_options at(const redis_server *server)
{
    se_redis_options options = SE_REDIS_OPTIONS_INIT;

    options.url = redis_server_url(server);
    return options;
}

static se_source *open_source(const se_redis_options *options)
{
    se_source *source = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_source_redis(options, &source, &err) == SE_OK, "%s",
                  err.message);
    return source;
}

static void put(const redis_server *server, const char *line)
{
    se_topology *list = fleet(line);
    char *text = NULL;

    ck_assert_int_eq(se_topology_print(list, &text, NULL), SE_OK);
    REDIS_ORDER(server, "SET", SE_REDIS_KEY, text);
    se_free(text);
    se_topology_unref(list);
}

/* What a fetch gives, as a line; "" for a failure. */
static se_err fetch_line(se_source *source, int timeout_ms, char *line,
                         size_t size, se_error *err)
{
    se_topology *list = NULL;
    se_err rc = se__source_fetch(source, timeout_ms, &list, err);

    line[0] = '\0';
    if (rc == SE_OK) {
        fleet_line(list, line, size);
        se_topology_unref(list);
    } else {
        ck_assert_ptr_null(list);
    }
    return rc;
}

static void check_fetch(se_source *source, const char *expected)
{
    se_error err = SE_ERROR_INIT;
    char line[256];

    ck_assert_msg(fetch_line(source, 5000, line, sizeof(line), &err) == SE_OK,
                  "%s", err.message);
    ck_assert_str_eq(line, expected);
}

static void check_failure(se_source *source, se_err rc, const char *says)
{
    se_error err = SE_ERROR_INIT;
    char line[256];
    se_err got = fetch_line(source, 5000, line, sizeof(line), &err);

    ck_assert_msg(got == rc, "%s: %s", se_err_name(got), err.message);
    ck_assert_msg(strstr(err.message, says), "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, SECRET));
}

/* A number from INFO. */
static long info(const redis_server *server, const char *section,
                 const char *name)
{
    char *text = REDIS_ASK(server, "INFO", section);
    const char *at_name = strstr(text, name);
    long value = at_name ? strtol(at_name + strlen(name), NULL, 10) : 0;

    free(text);
    return value;
}

/* ---- what the key holds ---- */

static const struct {
    const char *command[4];
    se_err rc;
    const char *says;
} held[] = {
    {{"DEL", SE_REDIS_KEY}, SE_E_SOURCE, "does not exist"},
    {{"SET", SE_REDIS_KEY, ""}, SE_E_PARSE, "key " SE_REDIS_KEY ": "},
    {{"SET", SE_REDIS_KEY, "<html>"}, SE_E_PARSE, "key " SE_REDIS_KEY ": "},
    {{"SET", SE_REDIS_KEY, "[]"}, SE_E_PARSE, "key " SE_REDIS_KEY ": "},
    {{"SET", SE_REDIS_KEY, "{\"storage_elements\": ["}, SE_E_PARSE, "key "},
    {{"RPUSH", SE_REDIS_KEY, "x"}, SE_E_PROTOCOL, "answers WRONGTYPE"},
    {{"HSET", SE_REDIS_KEY, "x", "y"}, SE_E_PROTOCOL, "answers WRONGTYPE"},
};

START_TEST(unusable_key)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);
    const char *command[5] = {NULL};
    char where[40];
    long before;

    snprintf(where, sizeof(where), "127.0.0.1:%d: ", redis_server_port(server));
    memcpy(command, held[_i].command, sizeof(held[_i].command));
    redis_server_order(server, command);
    check_failure(source, held[_i].rc, held[_i].says);
    check_failure(source, held[_i].rc, where);
    /* That was no reason to give up the connection. */
    before = info(server, "stats", CONNECTIONS);
    REDIS_ORDER(server, "DEL", SE_REDIS_KEY);
    put(server, FLEET);
    check_fetch(source, FLEET);
    ck_assert_int_eq(info(server, "stats", CONNECTIONS), before + 3); /* ours */
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

START_TEST(usable_key)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);
    se_topology *list = NULL;
    char says[80];

    put(server, FLEET);
    check_fetch(source, FLEET);
    put(server, OTHER);
    check_fetch(source, OTHER);
    put(server, "");
    check_fetch(source, "");
    ck_assert_int_eq(se__source_fetch(source, 1000, &list, NULL), SE_OK);
    ck_assert_str_eq(se_topology_source(list), "redis");
    ck_assert_str_eq(se_source_name(source), "redis");
    se_topology_unref(list);
    se_source_free(source);
    options.key = "another key";
    source = open_source(&options);
    snprintf(says, sizeof(says),
             "key another key: 127.0.0.1:%d: does not exist",
             redis_server_port(server));
    check_failure(source, SE_E_SOURCE, says);
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

START_TEST(large_list)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);
    se_topology *list = fleet_of(10000, 1);
    se_topology *got = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_publish(&options, list, NULL, 20000, NULL, &err) == SE_OK,
                  "%s", err.message);
    ck_assert_int_eq(se__source_fetch(source, 20000, &got, &err), SE_OK);
    ck_assert_str_eq(se_topology_hash(got), se_topology_hash(list));
    se_topology_unref(got);
    se_topology_unref(list);
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

/* ---- who asks ---- */

static const struct {
    const char *user;     /* in the URL, with password if it stands there */
    const char *password; /* as an option */
    se_err rc;
    const char *says;
} callers[] = {
    {"", NULL, SE_E_AUTH, "answers NOAUTH"},
    {"", "", SE_E_AUTH, "answers NOAUTH"},
    {"", "wrong", SE_E_AUTH, "answers WRONGPASS to AUTH"},
    {":wrong@", NULL, SE_E_AUTH, "answers WRONGPASS to AUTH"},
    {"nobody@", SECRET, SE_E_AUTH, "answers WRONGPASS to AUTH"},
    {"weak@", SECRET, SE_E_AUTH, "answers NOPERM"},
    {"elsewhere@", SECRET, SE_E_AUTH, "answers NOPERM"},
    {"open@", NULL, SE_OK, NULL},
    {"", SECRET, SE_OK, NULL},
    {":s3cret%20w0rd@", NULL, SE_OK, NULL},
    {":" SECRET "@", NULL, SE_OK, NULL},
    {":wrong@", SECRET, SE_OK, NULL},
    {"default:" SECRET "@", NULL, SE_OK, NULL},
    {"ingester:" SECRET "@", NULL, SE_OK, NULL},
    {"ingester@", SECRET, SE_OK, NULL},
};

/* The rights that are asked of an operator, and users with too few. */
static void add_users(const redis_server *server)
{
    REDIS_ORDER(server, "ACL", "SETUSER", "ingester", "on", ">" SECRET,
                "~artstore:*", "&artstore:*", "+get", "+set", "+multi", "+exec",
                "+publish", "+subscribe", "+ping");
    REDIS_ORDER(server, "ACL", "SETUSER", "weak", "on", ">" SECRET, "~*",
                "+ping");
    REDIS_ORDER(server, "ACL", "SETUSER", "elsewhere", "on", ">" SECRET,
                "~other:*", "+get");
    REDIS_ORDER(server, "ACL", "SETUSER", "open", "on", "nopass", "~*", "+get");
}

START_TEST(authentication)
{
    const redis_server_options secured = {.password = SECRET};
    redis_server *server = redis_server_start(&secured);
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_source *source;
    char url[128];

    add_users(server);
    put(server, FLEET);
    snprintf(url, sizeof(url), "redis://%s127.0.0.1:%d", callers[_i].user,
             redis_server_port(server));
    options.url = url;
    options.password = callers[_i].password;
    source = open_source(&options);
    if (callers[_i].rc == SE_OK) {
        check_fetch(source, FLEET);
        check_fetch(source, FLEET);
    } else {
        check_failure(source, callers[_i].rc, callers[_i].says);
    }
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

START_TEST(a_password_that_nobody_asked_for)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source;

    options.password = SECRET;
    put(server, FLEET);
    source = open_source(&options);
    check_failure(source, SE_E_AUTH, "to AUTH");
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

START_TEST(databases)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    char url[128];
    se_source *source;
    se_topology *list = fleet(OTHER);

    put(server, FLEET);
    snprintf(url, sizeof(url), "%s/3", redis_server_url(server));
    options.url = url;
    source = open_source(&options);
    check_failure(source, SE_E_SOURCE, "does not exist");
    ck_assert_int_eq(se_publish(&options, list, NULL, 0, NULL, NULL), SE_OK);
    check_fetch(source, OTHER);
    se_source_free(source);
    options.url = redis_server_url(server);
    source = open_source(&options);
    check_fetch(source, FLEET);
    se_source_free(source);
    snprintf(url, sizeof(url), "%s/99", redis_server_url(server));
    options.url = url;
    source = open_source(&options);
    check_failure(source, SE_E_PROTOCOL, "out of range");
    se_source_free(source);
    se_topology_unref(list);
    redis_server_stop(server);
}
END_TEST

/* ---- connections ---- */

static se_topology *fetch_list(se_source *source)
{
    se_topology *list = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se__source_fetch(source, 5000, &list, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_topology_source(list), "redis");
    return list;
}

/* The same bytes are the same list, until others were read in between. */
START_TEST(the_same_document_is_not_parsed_again)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);
    se_topology *first;
    se_topology *again;
    se_topology *other;

    put(server, FLEET);
    first = fetch_list(source);
    again = fetch_list(source);
    ck_assert_ptr_eq(first, again);
    put(server, OTHER);
    other = fetch_list(source);
    ck_assert_ptr_ne(other, first);
    ck_assert_str_ne(se_topology_hash(other), se_topology_hash(first));
    se_source_free(source);
    /* They live on without the source. */
    ck_assert_uint_eq(se_topology_count(first), 2);
    ck_assert_uint_eq(se_topology_count(other), 1);
    se_topology_unref(first);
    se_topology_unref(again);
    se_topology_unref(other);
    redis_server_stop(server);
}
END_TEST

START_TEST(the_connection_is_kept)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);
    long before;

    put(server, FLEET);
    check_fetch(source, FLEET);
    before = info(server, "stats", CONNECTIONS);
    for (int i = 0; i < 20; i++) {
        check_fetch(source, FLEET);
    }
    /* The one that asks again is the test's. */
    ck_assert_int_eq(info(server, "stats", CONNECTIONS), before + 1);
    se_source_free(source);
    ck_assert(REDIS_AWAIT(server, "connected_clients:1\r", "INFO", "clients"));
    redis_server_stop(server);
}
END_TEST

START_TEST(a_dead_connection_is_replaced)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);

    put(server, FLEET);
    check_fetch(source, FLEET);
    for (int i = 0; i < 3; i++) {
        REDIS_ORDER(server, "CLIENT", "KILL", "TYPE", "normal");
        check_fetch(source, FLEET);
    }
    redis_server_kill(server);
    check_failure(source, SE_E_CONNECT, "Connection refused");
    check_failure(source, SE_E_CONNECT, "Connection refused");
    redis_server_revive(server);
    put(server, OTHER);
    check_fetch(source, OTHER);
    /* Restarted between two fetches: the second does not even notice. */
    redis_server_kill(server);
    redis_server_revive(server);
    put(server, FLEET);
    check_fetch(source, FLEET);
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

static void check_timeout(se_source *source, int timeout_ms)
{
    se_error err = SE_ERROR_INIT;
    char line[256];
    int64_t start = se__now_ms();
    int64_t took;

    ck_assert_int_eq(fetch_line(source, timeout_ms, line, sizeof(line), &err),
                     SE_E_TIMEOUT);
    took = se__now_ms() - start;
    ck_assert_msg(took >= timeout_ms - 1 && took <= timeout_ms + 50, "%lld ms",
                  (long long)took);
}

START_TEST(a_frozen_server)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);

    put(server, FLEET);
    check_fetch(source, FLEET);
    redis_server_freeze(server);
    check_timeout(source, 200); /* on the kept connection */
    check_timeout(source, 200); /* on a new one, that the kernel accepts */
    redis_server_thaw(server);
    put(server, OTHER);
    /* The late answers of before are nobody's. */
    check_fetch(source, OTHER);
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

/* Whoever left at its deadline does not wait for it in the end. */
START_TEST(a_frozen_server_does_not_hold_up_the_end)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options at_server = at(server);
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;
    se_registry *registry = NULL;
    int64_t start = se__now_ms();

    options.fetch_timeout_ms = 60000;
    ck_assert_int_eq(se_registry_open(&registry, &options, NULL), SE_OK);
    ck_assert_int_eq(
        se_registry_add_source(registry, open_source(&at_server), NULL), SE_OK);
    redis_server_freeze(server);
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 50, NULL, NULL),
        SE_E_TIMEOUT);
    se_registry_close(registry);
    ck_assert_int_lt(se__now_ms() - start, 30000);
    redis_server_thaw(server);
    redis_server_stop(server);
}
END_TEST

/* ---- options ---- */

START_TEST(bad_options)
{
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_source *none = NULL;
    se_source *source = none;
    se_error err = SE_ERROR_INIT;
    se_err rc;

    ck_assert_int_eq(se_source_redis(NULL, &source, &err), SE_E_INVALID);
    ck_assert_int_eq(se_source_redis(&options, &source, &err), SE_E_INVALID);
    options.url = "redis://:" SECRET "@host:port";
    ck_assert_int_eq(se_source_redis(&options, &source, &err), SE_E_CONFIG);
    ck_assert_ptr_null(strstr(err.message, SECRET));
    options.url = "rediss://127.0.0.1";
    rc = se_source_redis(&options, &source, &err);
    ck_assert_int_eq(rc, se__redis_has_tls() ? SE_OK : SE_E_UNSUPPORTED);
    if (rc == SE_OK) {
        se_source_free(source);
        source = none;
    }
    options.url = "redis://127.0.0.1";
    options.size = 3;
    ck_assert_int_ne(se_source_redis(&options, &source, &err), SE_OK);
    ck_assert_ptr_eq(source, none);
}
END_TEST

/* ---- publishing ---- */

START_TEST(publish_stores)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);
    se_topology *list = fleet(FLEET);
    se_topology *got = NULL;
    se_published told = SE_PUBLISHED_INIT;
    char *ttl;

    told.receivers = 77;
    REDIS_ORDER(server, "CONFIG", "RESETSTAT");
    ck_assert_int_eq(se_publish(&options, list, "synced", 5000, &told, NULL),
                     SE_OK);
    ck_assert_int_eq(told.receivers, 0);
    ck_assert_int_eq(se__source_fetch(source, 1000, &got, NULL), SE_OK);
    ck_assert_str_eq(se_topology_hash(got), se_topology_hash(list));
    ttl = REDIS_ASK(server, "TTL", SE_REDIS_KEY);
    ck_assert_int_gt(strtol(ttl, NULL, 10), 3590);
    ck_assert_int_le(strtol(ttl, NULL, 10), 3600);
    free(ttl);
    ck_assert_int_eq(info(server, "commandstats", "cmdstat_multi:calls="), 1);
    ck_assert_int_eq(info(server, "commandstats", "cmdstat_set:calls="), 1);
    ck_assert_int_eq(info(server, "commandstats", "cmdstat_publish:calls="), 2);
    ck_assert_int_eq(info(server, "commandstats", "cmdstat_exec:calls="), 1);
    se_topology_unref(got);
    se_topology_unref(list);
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

static void subscribe(se__redis *redis, se__redis_reply **reply)
{
    const char *const words[] = {"SUBSCRIBE", "one", "two"};
    int64_t until = se__now_ms() + 10000;

    ck_assert_int_eq(se__redis_append(redis, 3, words, NULL, NULL), SE_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(se__redis_receive(redis, until, reply, NULL), SE_OK);
        se__redis_reply_free(*reply);
    }
}

/* The next message; its text, as owned. */
static char *next_message(se__redis *redis, const char *channel)
{
    se__redis_reply *reply = NULL;
    size_t length = 0;
    const char *text;
    char *copy;

    ck_assert_int_eq(
        se__redis_receive(redis, se__now_ms() + 10000, &reply, NULL), SE_OK);
    ck_assert_str_eq(se__redis_string(se__redis_at(reply, 1), NULL), channel);
    text = se__redis_string(se__redis_at(reply, 2), &length);
    copy = se__strndup(text, length);
    se__redis_reply_free(reply);
    return copy;
}

START_TEST(publish_tells)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se__redis_target target = SE__REDIS_TARGET_INIT;
    se__redis *redis = NULL;
    se__redis_reply *reply = NULL;
    se_topology *list = fleet(FLEET);
    se_published told = SE_PUBLISHED_INIT;
    char *document;
    char *event;
    char *stored;

    options.updates_channel = "one";
    options.events_channel = "two";
    options.key = "three";
    target.host = "127.0.0.1";
    target.port = redis_server_port(server);
    ck_assert_int_eq(
        se__redis_connect(&target, se__now_ms() + 10000, &redis, NULL), SE_OK);
    subscribe(redis, &reply);
    ck_assert_int_eq(se_publish(&options, list, "syn\"ced", 0, &told, NULL),
                     SE_OK);
    ck_assert_int_eq(told.receivers, 2);
    document = next_message(redis, "one");
    stored = REDIS_ASK(server, "GET", "three");
    ck_assert_str_eq(document, stored);
    event = next_message(redis, "two");
    ck_assert_ptr_eq(strstr(event,
                            "{\"event\": \"storage_element_config_updated\", "
                            "\"timestamp\": \"20"),
                     event);
    ck_assert_ptr_nonnull(strstr(event, "\"action\": \"syn\\\"ced\", "));
    ck_assert_ptr_nonnull(strstr(event, "\"count\": 2}"));
    ck_assert_ptr_null(strstr(event, "Z\""));
    free(event);
    ck_assert_int_eq(se_publish(&options, list, NULL, 0, NULL, NULL), SE_OK);
    free(next_message(redis, "one"));
    event = next_message(redis, "two");
    ck_assert_ptr_nonnull(strstr(event, "\"action\": \"manual\""));
    free(event);
    free(document);
    free(stored);
    se__redis_close(redis);
    se_topology_unref(list);
    redis_server_stop(server);
}
END_TEST

static void check_publish(const se_redis_options *options, se_err rc,
                          const char *says)
{
    se_topology *list = fleet(OTHER);
    se_published told = SE_PUBLISHED_INIT;
    se_error err = SE_ERROR_INIT;
    se_err got;

    told.receivers = 77;
    got = se_publish(options, list, NULL, 500, &told, &err);
    ck_assert_msg(got == rc, "%s: %s", se_err_name(got), err.message);
    ck_assert_msg(strstr(err.message, says), "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, SECRET));
    ck_assert_int_eq(told.receivers, 77);
    se_topology_unref(list);
}

/* All of it or nothing: a right that is missing for one part stops the rest. */
START_TEST(publish_is_one_transaction)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_source *source = open_source(&options);
    char url[128];

    put(server, FLEET);
    REDIS_ORDER(server, "ACL", "SETUSER", "mute", "on", ">" SECRET, "~*", "&*",
                "+set", "+multi", "+exec");
    REDIS_ORDER(server, "ACL", "SETUSER", "half", "on", ">" SECRET, "~*",
                "resetchannels", "&" SE_REDIS_UPDATES_CHANNEL, "+set", "+multi",
                "+exec", "+publish");
    snprintf(url, sizeof(url), "redis://mute@127.0.0.1:%d",
             redis_server_port(server));
    options.url = url;
    options.password = SECRET;
    check_publish(&options, SE_E_AUTH, "NOPERM");
    check_fetch(source, FLEET);
    snprintf(url, sizeof(url), "redis://half@127.0.0.1:%d",
             redis_server_port(server));
    check_publish(&options, SE_E_AUTH, "NOPERM");
    check_fetch(source, FLEET);
    se_source_free(source);
    redis_server_stop(server);
}
END_TEST

START_TEST(publish_is_refused)
{
    redis_server *server = redis_server_start(NULL);
    se_redis_options options = at(server);
    se_topology *nothing = fleet("");
    char port[16];

    ck_assert_int_eq(se_publish(&options, nothing, NULL, 0, NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(se_publish(&options, NULL, NULL, 0, NULL, NULL),
                     SE_E_INVALID);
    options.url = NULL;
    check_publish(&options, SE_E_INVALID, "URL");
    options.url = "redis://:" SECRET "@:1";
    check_publish(&options, SE_E_CONFIG, "not a host");
    options.url = redis_server_url(server);
    REDIS_ORDER(server, "CONFIG", "SET", "maxmemory", "1");
    check_publish(&options, SE_E_PROTOCOL, "answers OOM");
    REDIS_ORDER(server, "CONFIG", "SET", "maxmemory", "0");
    snprintf(port, sizeof(port), "%d", redis_server_free_port());
    REDIS_ORDER(server, "REPLICAOF", "127.0.0.1", port);
    check_publish(&options, SE_E_PROTOCOL, "answers READONLY");
    REDIS_ORDER(server, "REPLICAOF", "NO", "ONE");
    redis_server_freeze(server);
    check_publish(&options, SE_E_TIMEOUT, "no answer in time");
    redis_server_kill(server);
    check_publish(&options, SE_E_CONNECT, "Connection refused");
    se_topology_unref(nothing);
    redis_server_stop(server);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {unusable_key, SE__COUNT(held)},
        {usable_key, 1},
        {large_list, 1},
        {authentication, SE__COUNT(callers)},
        {a_password_that_nobody_asked_for, 1},
        {databases, 1},
        {the_same_document_is_not_parsed_again, 1},
        {the_connection_is_kept, 1},
        {a_dead_connection_is_replaced, 1},
        {a_frozen_server, 1},
        {a_frozen_server_does_not_hold_up_the_end, 1},
        {bad_options, 1},
        {publish_stores, 1},
        {publish_tells, 1},
        {publish_is_one_transaction, 1},
        {publish_is_refused, 1},
    };

    return run_suite("redis source", rows, SE__COUNT(rows));
}
