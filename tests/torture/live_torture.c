/*
 * A live registry while memory runs out: lists that are held back, accepted and
 * kept on disk, and threads that keep it current.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "operation.h"
#include "fleet.h"

#include "base/clock.h"
#include "base/mem.h"
#include "registry/state.h"

/* Each returns what is wrong, NULL: nothing; `ok` tells if memory sufficed. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

#define PATIENCE_MS 30000

static char state_dir[64];
static char held_note[64];
static se_topology *full;  /* made while memory is plenty */
static se_topology *small; /* suspicious after it */

/* An allocation, or the start of a thread, that others say in their words. */
static bool is_shortage(se_err rc)
{
    return rc == SE_E_NOMEM || rc == SE_E_SYSTEM || rc == SE_E_DISCOVERY;
}

static void be_silent(void *user, const se_log_event *event)
{
    (void)user;
    (void)event;
}

/* What an earlier run noted; allocates nothing. */
static void forget_notes(void)
{
    const char *const names[] = {held_note, "topology-accepted"};

    for (size_t i = 0; i < SE__COUNT(names); i++) {
        char name[128];

        snprintf(name, sizeof(name), "%s/%s", state_dir, names[i]);
        unlink(name);
    }
}

static void forget_all(void)
{
    DIR *dir = opendir(state_dir);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char name[128];

        snprintf(name, sizeof(name), "%s/%.60s", state_dir, entry->d_name);
        unlink(name);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    rmdir(state_dir);
}

static se_registry *open_with_state(se_source **source)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;
    se_registry *registry = NULL;

    options.fetch_timeout_ms = PATIENCE_MS;
    options.source_retry_ms = 1;
    options.reload_interval_ms = 1;
    options.log = be_silent;
    options.state_dir = state_dir;
    options.instance_id = "ingester-01";
    if (se_registry_open(&registry, &options, NULL) != SE_OK) {
        return NULL;
    }
    *source = NULL;
    if (se_source_memory(source, NULL) != SE_OK ||
        se_registry_add_source(registry, *source, NULL) != SE_OK) {
        se_source_free(*source);
        se_registry_close(registry);
        return NULL;
    }
    return registry;
}

/* It goes on with the sources' name. */
static bool name_held_note(void)
{
    char sources[SE__KEEP_SOURCES_SIZE] = "";
    se_source *source;
    se_registry *registry = open_with_state(&source);
    bool good = registry != NULL && se__save_sources(registry, sources);

    snprintf(held_note, sizeof(held_note), "topology-held-%s", sources);
    se_registry_close(registry);
    return good;
}

static se_err fetch_list(se_registry *registry, se_source *source,
                         const se_topology *list)
{
    se_err rc = se_source_memory_set(source, list, NULL);

    return rc == SE_OK
               ? se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL)
               : rc;
}

static bool has_content(se_registry *registry, const se_topology *list)
{
    se_topology *now = se_registry_topology(registry);
    bool same = now != NULL &&
                strcmp(se_topology_hash(now), se_topology_hash(list)) == 0;

    se_topology_unref(now);
    return same;
}

static const char *hold_once(se_registry *registry, se_source *source, bool *ok)
{
    se_registry_status status = SE_REGISTRY_STATUS_INIT;
    se_err rc = fetch_list(registry, source, full);

    *ok = false;
    if (rc != SE_OK || !has_content(registry, full)) {
        /* Or what an earlier run kept, for want of a source. */
        MUST(rc == SE_OK || is_shortage(rc));
        return NULL;
    }
    rc = fetch_list(registry, source, small);
    MUST(rc == SE_OK || is_shortage(rc));
    MUST(has_content(registry, full));
    se_registry_get_status(registry, &status);
    if (!status.held) {
        MUST(rc != SE_OK);
        return NULL;
    }
    rc = se_registry_accept(registry, NULL, NULL);
    MUST(rc == SE_OK || is_shortage(rc));
    MUST(has_content(registry, rc == SE_OK ? small : full));
    *ok = rc == SE_OK;
    return NULL;
}

static const char *hold(bool *ok)
{
    se_source *source = NULL;
    se_registry *registry;
    const char *wrong;

    forget_notes();
    registry = open_with_state(&source);
    *ok = registry != NULL;
    if (!*ok) {
        return NULL;
    }
    wrong = hold_once(registry, source, ok);
    se_registry_close(registry);
    return wrong;
}

/* What was written is whole, whatever happened meanwhile. */
static const char *keep(bool *ok)
{
    se_source *source = NULL;
    se_registry *registry;
    se_err rc;

    forget_notes();
    for (int i = 0; i < 2; i++) {
        registry = open_with_state(&source);
        if (registry == NULL) {
            *ok = false;
            return NULL;
        }
        rc = i == 0 ? fetch_list(registry, source, full)
                    : se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL,
                                         NULL);
        *ok = rc == SE_OK;
        if (*ok && !has_content(registry, full)) {
            se_registry_close(registry);
            return "the list that was kept";
        }
        se_registry_close(registry);
        if (!*ok) {
            MUST(is_shortage(rc));
            return NULL;
        }
    }
    return NULL;
}

/* It comes by itself, at the latest with the next attempt. */
static const char *start(bool *ok)
{
    int64_t deadline = se__deadline(se__now_ms(), PATIENCE_MS);
    se_registry_status status = SE_REGISTRY_STATUS_INIT;
    se_source *source = NULL;
    se_registry *registry = open_with_state(&source);
    se_err rc;

    *ok = registry != NULL && se_source_memory_set(source, full, NULL) == SE_OK;
    if (registry == NULL) {
        return NULL;
    }
    rc = se_registry_start(registry, NULL);
    *ok = *ok && rc == SE_OK;
    while (rc == SE_OK && status.reloads + status.failures == 0 &&
           se__now_ms() < deadline) {
        nanosleep(&(struct timespec){0, 100000}, NULL);
        se_registry_get_status(registry, &status);
    }
    *ok = *ok && status.reloads > 0;
    se_registry_close(registry);
    MUST(rc == SE_OK ? status.reloads + status.failures > 0 : is_shortage(rc));
    return NULL;
}

static const operation operations[] = {
    {"hold", hold},
    {"keep", keep},
    {"start", start},
};

int main(void)
{
    /* Where nothing has to reach a disk, if there is such a place. */
    const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    bool good;

    full = fleet("a edit 1 http://a; b rw 2 http://b cap=1000/10");
    small = fleet("a edit 1 http://a");
    snprintf(state_dir, sizeof(state_dir), "%s/live-torture-XXXXXX", tmp);
    good = mkdtemp(state_dir) != NULL && name_held_note();
    for (size_t i = 0; i < SE__COUNT(operations); i++) {
        good = operation_survives(&operations[i]) && good;
    }
    forget_all();
    se_topology_unref(full);
    se_topology_unref(small);
    return !good;
}
