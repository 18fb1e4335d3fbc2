/*
 * Lists in Redis while memory runs out: every call says so, nothing leaks, and
 * the next call works.
 *
 * What hiredis allocates counts from 1.0 on only: before, a few of its own
 * failures end the process (wire/redis.h). With such a one all runs up to the
 * connection.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failnth.h"
#include "fleet.h"
#include "redis_server.h"

#include "base/mem.h"
#include "source/source.h"
#include "wire/redis.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

#define PATIENCE_MS 20000

static se_topology *list;
static char nobody[64]; /* a URL; by name, so that it is resolved */
static const char *somebody;

/* Also as what the system and its resolver make of it. */
static bool is_shortage(se_err rc)
{
    return rc == SE_E_NOMEM || rc == SE_E_SYSTEM || rc == SE_E_CONNECT;
}

static const char *open_sources(bool *ok)
{
    static const char *const urls[] = {"redis://user:pass%40word@host:1/2",
                                       "sentinel://u:p@a,b:1,[::1]/name"};

    for (size_t i = 0; i < SE__COUNT(urls); i++) {
        se_redis_options options = SE_REDIS_OPTIONS_INIT;
        se_source *source = NULL;
        se_err rc;

        options.url = urls[i];
        options.password = "another";
        options.ca_file = "file";
        rc = se_source_redis(&options, &source, NULL);
        *ok = *ok && rc == SE_OK;
        MUST(rc == SE_OK ? source != NULL : rc == SE_E_NOMEM && !source);
        se_source_free(source);
    }
    return NULL;
}

static const char *publish_to(const char *url, se_err expected, bool *ok)
{
    se_redis_options options = SE_REDIS_OPTIONS_INIT;
    se_published told = SE_PUBLISHED_INIT;
    se_error err = SE_ERROR_INIT;
    se_err rc;

    told.receivers = 77;
    options.url = url;
    rc = se_publish(&options, list, "synced", PATIENCE_MS, &told, &err);
    *ok = rc == expected;
    if (!*ok && !is_shortage(rc)) {
        fprintf(stderr, "%s: %s\n", se_err_name(rc), err.message);
    }
    MUST(*ok || is_shortage(rc));
    MUST(rc == SE_OK ? told.receivers == 0
                     : told.receivers == 77 && err.code == rc);
    return NULL;
}

static const char *publish_to_nobody(bool *ok)
{
    return publish_to(nobody, SE_E_CONNECT, ok);
}

static const char *publish_to_somebody(bool *ok)
{
    return publish_to(somebody, SE_OK, ok);
}

static const char *fetch(bool *ok)
{
    se_source *source = NULL;
    se_err rc = se_source_open(somebody, &source, NULL);

    for (int i = 0; i < 2 && rc == SE_OK; i++) {
        se_topology *got = NULL;

        rc = se__source_fetch(source, PATIENCE_MS, &got, NULL);
        MUST((rc == SE_OK) == (got != NULL));
        se_topology_unref(got);
    }
    se_source_free(source);
    *ok = rc == SE_OK;
    MUST(*ok || is_shortage(rc));
    return NULL;
}

static const struct {
    const char *name;
    const char *(*run)(bool *ok);
    bool needs_hiredis;
} operations[] = {
    {"open sources", open_sources, false},
    {"publish to nobody", publish_to_nobody, false},
    {"publish", publish_to_somebody, true},
    {"fetch", fetch, true},
};

static bool judge(const char *name, const char *wrong, const char *when)
{
    if (wrong) {
        fprintf(stderr, "%s, %s: not %s\n", name, when, wrong);
    }
    return !wrong;
}

/*
 * Before, what others allocate once and keep (the C library ends the process if
 * it cannot read what names are resolved by); afterwards, everything again.
 */
static bool torture(size_t i)
{
    const char *name = operations[i].name;
    const char *wrong;
    bool ok = true;
    bool good = judge(name, operations[i].run(&ok), "before") && ok;

    failnth_arm();
    wrong = operations[i].run(&ok);
    failnth_disarm();
    good = judge(name, wrong, "meanwhile") && good;
    ok = true;
    return judge(name, operations[i].run(&ok), "afterwards") && ok && good;
}

int main(void)
{
    bool bears_it = strncmp(se__redis_version(), "hiredis/0.", 10) != 0;
    redis_server *server = bears_it ? redis_server_start(NULL) : NULL;
    bool good = true;

    list = fleet("a edit 1 http://a; b rw 2 http://b");
    somebody = server ? redis_server_url(server) : NULL;
    snprintf(nobody, sizeof(nobody), "redis://localhost:%d",
             redis_server_free_port());
    for (size_t i = 0; i < SE__COUNT(operations); i++) {
        if (bears_it || !operations[i].needs_hiredis) {
            good = torture(i) && good;
        }
    }
    se_topology_unref(list);
    redis_server_stop(server);
    return !good;
}
