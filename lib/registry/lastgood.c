/*
 * The last list that was good, for the time when no source answers.
 */
#include "registry/keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "registry/statefile.h"
#include "topology/topology.h"

#define NAME_SIZE (sizeof("topology-") + SE__KEEP_SOURCES_SIZE)
#define SOURCE "last_known_good"

bool se__keep_init(se__keep *keep, const char *dir, se__log log)
{
    keep->log = log;
    atomic_init(&keep->warned, false);
    keep->dir = se__strdup(dir);
    return keep->dir != NULL || dir == NULL;
}

void se__keep_fini(se__keep *keep)
{
    free(keep->dir);
    keep->dir = NULL;
}

bool se__keep_exists(const se__keep *keep)
{
    return keep->dir != NULL;
}

void se__keep_warn(se__keep *keep, const se_error *why)
{
    if (!atomic_exchange(&keep->warned, true)) {
        SE__LOG(&keep->log, SE_LOG_WARNING, "registry",
                "State directory cannot be used",
                SE__LOG_STR("error", why->message));
    }
}

static void name_of(const char *sources, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "topology-%s", sources);
}

bool se__keep_list(se__keep *keep, const char *sources,
                   const se_topology *topology)
{
    char name[NAME_SIZE];
    se_error why = SE_ERROR_INIT;
    char *text = NULL;
    se_err rc;

    if (keep->dir == NULL) {
        return false;
    }
    name_of(sources, name);
    rc = se_topology_print(topology, &text, &why);
    if (rc == SE_OK) {
        rc = se__statefile_write(keep->dir, name, text, strlen(text), &why);
    }
    se_free(text);
    if (rc != SE_OK) {
        se__keep_warn(keep, &why);
    }
    return rc == SE_OK;
}

static se_err load(const se__keep *keep, const char *sources, se_topology **out,
                   se_error *err)
{
    char name[NAME_SIZE];
    char *text = NULL;
    size_t length = 0;
    se_err rc;

    name_of(sources, name);
    rc = se__statefile_read(keep->dir, name, &text, &length, err);
    if (rc == SE_OK) {
        rc = se_topology_parse(text, length, out, err);
    }
    free(text);
    return rc;
}

se_topology *se__keep_last_list(se__keep *keep, const char *sources)
{
    se_error why = SE_ERROR_INIT;
    se_topology *topology = NULL;
    se_err rc;

    if (keep->dir == NULL) {
        return NULL;
    }
    rc = load(keep, sources, &topology, &why);
    if (rc == SE_OK && se_topology_count(topology) > 0) {
        se__topology_set_origin(topology, SOURCE, se__now_ms());
        return topology;
    }
    se_topology_unref(topology);
    if (rc != SE_OK && rc != SE_E_NOT_FOUND) {
        SE__LOG(&keep->log, SE_LOG_WARNING, "registry",
                "Last known good SE config is ignored",
                SE__LOG_STR("error", why.message));
    }
    return NULL;
}
