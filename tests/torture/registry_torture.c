/*
 * Sources and registries while memory runs out: every call says so, what was in
 * force stays in force, nothing leaks, and the next call works.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "operation.h"
#include "fleet.h"

#include "base/clock.h"
#include "base/mem.h"
#include "registry/registry.h"
#include "source/source.h"

/* Each returns what is wrong, NULL: nothing; `ok` tells if memory sufficed. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

#define PATIENCE_MS 30000

static char path[64];
static char url[80];
static se_topology *lists[2]; /* made while memory is plenty */

/* An allocation, or the start of a thread, that others say in their words. */
static bool is_shortage(se_err rc)
{
    return rc == SE_E_NOMEM || rc == SE_E_SYSTEM || rc == SE_E_DISCOVERY;
}

/* ---- sources ---- */

static const char *sources(bool *ok)
{
    se_source *file = NULL;
    se_source *memory = NULL;
    se_err opened[2];

    opened[0] = se_source_open(url, &file, NULL);
    opened[1] = se_source_memory(&memory, NULL);
    *ok = opened[0] == SE_OK && opened[1] == SE_OK;
    MUST(opened[0] == SE_OK ? file != NULL : opened[0] == SE_E_NOMEM && !file);
    MUST(opened[1] == SE_OK ? memory != NULL
                            : opened[1] == SE_E_NOMEM && !memory);
    se_source_free(file);
    se_source_free(memory);
    return NULL;
}

static const char *fetch_from(se_source *source, bool *ok)
{
    se_topology *list = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc = se__source_fetch(source, PATIENCE_MS, &list, &err);

    *ok = rc == SE_OK;
    if (!*ok) {
        MUST(!list && err.code == rc && is_shortage(rc));
        return NULL;
    }
    MUST(se_topology_count(list) == 2);
    MUST(strcmp(se_topology_source(list), se_source_name(source)) == 0);
    se_topology_unref(list);
    return NULL;
}

static const char *fetch_file(bool *ok)
{
    se_source *source = NULL;
    const char *wrong;

    *ok = se_source_open(url, &source, NULL) == SE_OK;
    if (!*ok) {
        return NULL;
    }
    wrong = fetch_from(source, ok);
    se_source_free(source);
    return wrong;
}

/* Its list is shared: a fetch has to copy it. */
static const char *fetch_memory(bool *ok)
{
    se_source *source = NULL;
    const char *wrong;

    *ok = se_source_memory(&source, NULL) == SE_OK;
    if (!*ok) {
        return NULL;
    }
    wrong = se_source_memory_set(source, lists[0], NULL) == SE_OK
                ? fetch_from(source, ok)
                : "a list is set without memory";
    se_source_free(source);
    return wrong;
}

/* ---- lists put in force by hand ---- */

static int told;

static void count_change(void *user, const se_diff *diff)
{
    (void)user;
    told += !se_diff_is_empty(diff);
}

static bool is_in_force(se_registry *registry, const se_topology *list)
{
    se_topology *now = se_registry_topology(registry);
    bool same = now == list;

    se_topology_unref(now);
    return same;
}

static void be_silent(void *user, const se_log_event *event)
{
    (void)user;
    (void)event;
}

static se_registry *open_registry(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;
    se_registry *registry = NULL;

    options.fetch_timeout_ms = PATIENCE_MS;
    options.source_retry_ms = 1;
    options.log = be_silent;
    return se_registry_open(&registry, &options, NULL) == SE_OK ? registry
                                                                : NULL;
}

static const char *put_by_hand(se_registry *registry, bool *ok)
{
    const se_topology *before = NULL;

    for (int i = 0; i < 2; i++) {
        uint64_t serial = se__registry_serial(registry);
        se_diff *diff = NULL;
        se_err rc =
            se_registry_reload_endpoints(registry, lists[i], &diff, NULL);

        if (rc != SE_OK) {
            *ok = false;
            MUST(rc == SE_E_NOMEM && diff == NULL && told == i);
            MUST(is_in_force(registry, before));
            MUST(se__registry_serial(registry) == serial);
            return NULL;
        }
        MUST(is_in_force(registry, lists[i]) && told == i + 1);
        MUST(se__registry_serial(registry) == serial + 1);
        se_diff_free(diff);
        before = lists[i];
    }
    return NULL;
}

static const char *by_hand(bool *ok)
{
    se_registry *registry = open_registry();
    const char *wrong;

    *ok = registry != NULL;
    if (!*ok) {
        return NULL;
    }
    told = 0;
    se_registry_on_change(registry, count_change, NULL, NULL);
    wrong = put_by_hand(registry, ok);
    se_registry_close(registry);
    return wrong;
}

/* ---- lists from a source ---- */

/* With the second list behind a first one that is in force. */
static se_registry *open_with_source(void)
{
    se_registry *registry = open_registry();
    se_source *source = NULL;

    if (registry == NULL) {
        return NULL;
    }
    if (se_source_memory(&source, NULL) != SE_OK ||
        se_source_memory_set(source, lists[1], NULL) != SE_OK ||
        se_registry_add_source(registry, source, NULL) != SE_OK) {
        se_source_free(source);
        se_registry_close(registry);
        return NULL;
    }
    if (se_registry_reload_endpoints(registry, lists[0], NULL, NULL) != SE_OK) {
        se_registry_close(registry);
        return NULL;
    }
    return registry;
}

static const char *ask_once(se_registry *registry, int timeout_ms, bool *ok)
{
    se_error err = SE_ERROR_INIT;
    se_diff *diff = NULL;
    se_err rc =
        se_registry_reload(registry, SE_RELOAD_MANUAL, timeout_ms, &diff, &err);

    *ok = rc == SE_OK;
    if (*ok) {
        MUST(se_diff_count(diff, SE_CHANGE_UPDATED) == 1);
        se_diff_free(diff);
        return NULL;
    }
    MUST(diff == NULL && err.code == rc && is_shortage(rc));
    /* The list came, only the diff of it did not; or nothing came. */
    MUST(se__registry_serial(registry) == 2 || is_in_force(registry, lists[0]));
    return NULL;
}

static const char *ask(int timeout_ms, bool *ok)
{
    se_registry *registry = open_with_source();
    const char *wrong;

    *ok = registry != NULL;
    if (!*ok) {
        return NULL;
    }
    wrong = ask_once(registry, timeout_ms, ok);
    se_registry_close(registry);
    return wrong;
}

static const char *ask_alone(bool *ok)
{
    return ask(0, ok);
}

static const char *ask_the_thread(bool *ok)
{
    return ask(PATIENCE_MS, ok);
}

/* ---- lists that are wanted ---- */

typedef struct ear {
    se__mutex lock;
    se__cond heard;
    int good;
    int bad;
} ear;

static void hear(void *user, uint64_t serial, bool ok)
{
    ear *e = user;

    (void)serial;
    se__mutex_lock(&e->lock);
    e->good += ok;
    e->bad += !ok;
    se__cond_broadcast(&e->heard);
    se__mutex_unlock(&e->lock);
}

/* Whoever is told to wait is woken, whatever became of the fetch. */
static const char *want_once(se_registry *registry, ear *e, bool *ok)
{
    int64_t deadline = se__deadline(se__now_ms(), PATIENCE_MS);

    if (se__registry_want(registry, SE_RELOAD_NOT_FOUND, 1)) {
        *ok = false; /* no thread: go on with what is there */
        return NULL;
    }
    se__mutex_lock(&e->lock);
    while (e->good + e->bad == 0 &&
           se__cond_wait(&e->heard, &e->lock, deadline)) {
    }
    *ok = e->good == 1;
    se__mutex_unlock(&e->lock);
    MUST(e->good + e->bad == 1);
    MUST(se__registry_serial(registry) == (*ok ? 2 : 1));
    return NULL;
}

static const char *want(bool *ok)
{
    se_registry *registry = open_with_source();
    se__fetched_listener listener = {.fn = hear};
    ear e = {.good = 0};
    const char *wrong;

    *ok = registry != NULL;
    if (!*ok) {
        return NULL;
    }
    se__mutex_init(&e.lock);
    se__cond_init(&e.heard);
    listener.user = &e;
    se__registry_listen(registry, &listener);
    wrong = want_once(registry, &e, ok);
    se__registry_unlisten(registry, &listener);
    se_registry_close(registry);
    se__cond_fini(&e.heard);
    se__mutex_fini(&e.lock);
    return wrong;
}

static const operation operations[] = {
    {"sources", sources},
    {"fetch_file", fetch_file},
    {"fetch_memory", fetch_memory},
    {"by_hand", by_hand},
    {"ask_alone", ask_alone},
    {"ask_the_thread", ask_the_thread},
    {"want", want},
};

/* A document that nobody changed for a while: it is read once. */
static bool write_document(void)
{
    char *text = NULL;
    FILE *file;
    int fd;

    snprintf(path, sizeof(path), "/tmp/registry-torture-XXXXXX");
    fd = mkstemp(path);
    snprintf(url, sizeof(url), "file:%s", path);
    file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL || se_topology_print(lists[0], &text, NULL) != SE_OK) {
        return false;
    }
    fputs(text, file);
    se_free(text);
    fclose(file);
    nanosleep(&(struct timespec){0, 25000000}, NULL);
    return true;
}

int main(void)
{
    bool good;

    lists[0] = fleet("a edit 1 http://a; b rw 2 http://b cap=1000/10");
    lists[1] = fleet("a edit 1 http://z; b rw 2 http://b cap=1000/20");
    good = write_document();
    for (size_t i = 0; i < SE__COUNT(operations); i++) {
        good = operation_survives(&operations[i]) && good;
    }
    unlink(path);
    se_topology_unref(lists[0]);
    se_topology_unref(lists[1]);
    return !good;
}
