/*
 * Secrets of every kind, planted everywhere, over success and failure: none is
 * in a line of the log, at any level, in an error, a metric, or a status.
 */
#include <check.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "redis_server.h"
#include "sandbox_fleet.h"
#include "suite.h"

#define SIZE 1000
#define FETCH_MS 2000
#define PASSWORD "pl4nted/p@ss" /* of Redis */
#define IN_URL "pl4nted%2Fp%40ss"
#define TOKEN "tok.pl4nted.en"

/* What must not be seen: every planted one has the first, and every token that
 * the sandbox gives out has the last. */
static const char *const secrets[] = {"pl4nted", FLEET_SECRET, "sandbox."};

static fleet f;
static redis_server *redis;
static atomic_int lines;     /* of the log */
static atomic_int leaks;     /* in it */
static char first_leak[400]; /* written by whoever counts the first */

/* ---- what is said ---- */

static bool has_secret(const char *text)
{
    bool found = false;

    for (size_t i = 0; i < SE__COUNT(secrets); i++) {
        found = found || strstr(text, secrets[i]) != NULL;
    }
    return found;
}

static void expect_clean(const char *text)
{
    ck_assert_msg(!has_secret(text), "a secret: %s", text);
}

static void hear(const char *text)
{
    if (text && has_secret(text) && atomic_fetch_add(&leaks, 1) == 0) {
        snprintf(first_leak, sizeof(first_leak), "%s", text);
    }
}

static void listen_to(void *user, const se_log_event *event)
{
    (void)user;
    atomic_fetch_add(&lines, 1);
    hear(event->message);
    for (size_t i = 0; i < event->n_fields; i++) {
        const se_log_field *field = &event->fields[i];

        if (field->type == SE_LOG_STRING) {
            hear(field->string);
        }
        for (size_t j = 0; field->type == SE_LOG_STRINGS && j < field->count;
             j++) {
            hear(field->strings[j]);
        }
    }
}

static void look_at_metrics(void)
{
    char *text = NULL;

    ck_assert_int_eq(se_metrics_print(se_ingest_metrics(f.ingest), &text, NULL),
                     SE_OK);
    expect_clean(text);
    se_free(text);
}

static void look_at_result(const se_result *result)
{
    size_t n = result ? se_result_attempt_count(result) : 0;

    if (result) {
        expect_clean(se_result_error(result)->message);
    }
    for (size_t i = 0; i < n; i++) {
        expect_clean(se_attempt_error(se_result_attempt(result, i)));
    }
}

/* ---- the stage ---- */

static const char *write_token(void)
{
    static char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/token", f.dir);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(TOKEN "\n", file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
    return path;
}

static void publish(void)
{
    char *text = sandbox_document(f.sandbox);
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_topology *list = NULL;

    options.url = redis_server_url(redis);
    options.password = PASSWORD;
    ck_assert_int_eq(se_topology_parse(text, strlen(text), &list, NULL), SE_OK);
    ck_assert_int_eq(se_publish(&options, list, NULL, 0, NULL, NULL), SE_OK);
    se_topology_unref(list);
    free(text);
}

/* One way to be set up, and how its upload and its reload end. */
typedef struct world {
    const char *in_url;   /* password in the URL of Redis, encoded */
    const char *password; /* or beside it */
    const char *secret;   /* of the account; NULL: the token file */
    bool dead_redis;
    sandbox_fault fault; /* of `where` */
    const char *where;
    se_err upload;
    const char *source; /* of the list; "": none */
} world;

static void open_world(const world *w)
{
    se_registry_options registry = SE_REGISTRY_OPTIONS_INIT;
    se_options options = SE_OPTIONS_INIT;
    const char *sources[2];
    char url[128];
    se_error err = SE_ERROR_INIT;

    snprintf(url, sizeof(url), "redis://%s%s%s127.0.0.1:%d",
             w->in_url ? ":" : "", w->in_url ? w->in_url : "",
             w->in_url ? "@" : "", redis_server_port(redis));
    sources[0] = url;
    sources[1] = sandbox_url(f.sandbox, "admin");
    registry.fetch_timeout_ms = FETCH_MS;
    registry.source_retry_ms = 1;
    registry.watch_retry_ms = 10;
    options.registry = &registry;
    options.sources = sources;
    options.n_sources = 2;
    options.redis_password = w->password;
    options.uploader = &fleet_fast;
    if (w->secret) {
        options.client_id = FLEET_ID;
        options.client_secret = w->secret;
    } else {
        options.token_file = write_token();
    }
    options.log = listen_to;
    ck_assert_msg(se_ingest_open(&f.ingest, &options, &err) == SE_OK, "%s",
                  err.message);
}

#define SAYS(status_, body_)                                                   \
    {                                                                          \
        .route = SANDBOX_ANY, .action = SANDBOX_STATUS, .status = (status_),   \
        .body = (body_)                                                        \
    }
/* An element or a proxy that shows what it was sent. */
#define ECHO                                                                   \
    "{\"detail\":\"bad header Authorization: Bearer " TOKEN                    \
    ", client_secret=" FLEET_SECRET "\"}"

static const world worlds[] = {
    /* As it should be. */
    {.in_url = IN_URL, .secret = FLEET_SECRET, .source = "redis"},
    {.password = PASSWORD, .secret = FLEET_SECRET, .source = "redis"},
    /* Redis does not take the password, or there is none. */
    {.in_url = "wr0ng-pl4nted",
     .secret = FLEET_SECRET,
     .source = "admin_module"},
    {.in_url = "user:pl4nted",
     .secret = FLEET_SECRET,
     .source = "admin_module"},
    {.password = "wr0ng pl4nted",
     .secret = FLEET_SECRET,
     .source = "admin_module"},
    {.in_url = IN_URL,
     .dead_redis = true,
     .secret = FLEET_SECRET,
     .source = "admin_module"},
    /* The account is wrong. */
    {.in_url = IN_URL,
     .secret = "wr0ng pl4nted&=%",
     .upload = SE_E_AUTH,
     .source = "redis"},
    {.in_url = "wr0ng-pl4nted",
     .secret = "wr0ng pl4nted",
     .upload = SE_E_DISCOVERY,
     .source = ""},
    /* The token file is; then whoever is asked shows what it got. */
    {.in_url = IN_URL, .upload = SE_E_AUTH, .source = "redis"},
    {.in_url = IN_URL,
     .fault = SAYS(401, ECHO),
     .where = "se-01",
     .upload = SE_E_AUTH,
     .source = "redis"},
    {.in_url = IN_URL,
     .secret = FLEET_SECRET,
     .fault = SAYS(401, ECHO),
     .where = "se-01",
     .upload = SE_E_AUTH,
     .source = "redis"},
    {.in_url = IN_URL,
     .secret = FLEET_SECRET,
     .fault = SAYS(401, ECHO),
     .where = "admin",
     .upload = SE_E_AUTH,
     .source = "redis"},
    {.in_url = "wr0ng-pl4nted",
     .secret = FLEET_SECRET,
     .fault = SAYS(500, ECHO),
     .where = "admin",
     .upload = SE_E_DISCOVERY,
     .source = ""},
};

static void run_world(const world *w)
{
    se_registry_status status = SE_REGISTRY_STATUS_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    open_world(w);
    se_registry_reload(se_ingest_registry(f.ingest), SE_RELOAD_MANUAL, 0, NULL,
                       &err);
    expect_clean(err.message);
    se_registry_get_status(se_ingest_registry(f.ingest), &status);
    ck_assert_msg(strcmp(status.source, w->source) == 0, "%s: %s",
                  status.source, err.message);
    expect_clean(status.held_why);
    ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == w->upload, "%s: %s",
                  se_err_name(err.code), err.message);
    expect_clean(err.message);
    look_at_result(result);
    se_result_free(result);
    look_at_metrics();
}

/* The watch says something, too. */
static void watch_world(const world *w)
{
    int before = atomic_load(&lines);
    se_registry_status status = SE_REGISTRY_STATUS_INIT;

    ck_assert_int_eq(se_ingest_start(f.ingest, SE_START_ALL, NULL), SE_OK);
    FLEET_WAIT_FOR(atomic_load(&lines) > before);
    if (strcmp(w->source, "redis") == 0) {
        FLEET_WAIT_FOR(
            (se_registry_get_status(se_ingest_registry(f.ingest), &status),
             status.watches == 1));
    }
    look_at_metrics();
}

START_TEST(nothing_is_told)
{
    const redis_server_options protected = {.password = PASSWORD};
    const world *w = &worlds[_i];

    atomic_store(&lines, 0);
    atomic_store(&leaks, 0);
    fleet_start_admin(&f, true);
    redis = redis_server_start(&protected);
    publish();
    if (w->dead_redis) {
        redis_server_kill(redis);
    }
    if (w->where) {
        sandbox_add_fault(f.sandbox, w->where, &w->fault);
    }
    run_world(w);
    watch_world(w);
    fleet_stop(&f);
    redis_server_stop(redis);
    ck_assert_int_ge(atomic_load(&lines), 3);
    ck_assert_msg(atomic_load(&leaks) == 0, "%d times: %s", atomic_load(&leaks),
                  first_leak);
}
END_TEST

/* What is refused before anybody is asked. */
static const char *const bad_urls[] = {
    "redis://:pl4nted@127.0.0.1:port",
    "redis://user:pl4nted@127.0.0.1:1/db",
    "redis://user:pl4nted@",
    "rediss://:pl4nted@127.0.0.1:99999",
    "sentinel://:pl4nted@a:x,b/main",
    "http://user:pl4nted@127.0.0.1:1",
    "https://user:pl4nted@127.0.0.1:port",
    "ftp://user:pl4nted@127.0.0.1",
    "user:pl4nted@127.0.0.1",
};

START_TEST(nor_of_a_url_that_is_refused)
{
    const char *sources[] = {bad_urls[_i]};
    se_options options = SE_OPTIONS_INIT;
    se_ingest *ingest = NULL;
    se_error err = SE_ERROR_INIT;

    atomic_store(&leaks, 0);
    options.sources = sources;
    options.n_sources = 1;
    options.log = listen_to;
    ck_assert_msg(se_ingest_open(&ingest, &options, &err) != SE_OK, "%s",
                  bad_urls[_i]);
    expect_clean(err.message);
    ck_assert_ptr_null(ingest);
    ck_assert_int_eq(atomic_load(&leaks), 0);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {nothing_is_told, SE__COUNT(worlds)},
        {nor_of_a_url_that_is_refused, SE__COUNT(bad_urls)},
    };

    return run_suite("secrets", rows, SE__COUNT(rows));
}
