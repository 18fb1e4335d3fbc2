/*
 * A registry's life, and how it is read.
 */
#include "registry/state.h"

#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define FETCH_TIMEOUT_MS 2000
#define LAZY_MIN_MS 1000
#define LAZY_MAX_MS 30000
#define SOURCE_RETRY_MS 5000
#define RELOAD_INTERVAL_MS 60000
#define DOWN_RELOAD_MS 10000
#define PUSH_QUIET_MS 50
#define PUSH_MAX_MS 250
#define WATCH_RETRY_MS 100
#define WATCH_RETRY_MAX_MS 10000

/* Zero means default; what is left is positive. */
static se_err complete(se_registry_options *options, se_error *err)
{
    const struct {
        int *value;
        int otherwise;
    } times[] = {
        {&options->fetch_timeout_ms, FETCH_TIMEOUT_MS},
        {&options->lazy_min_interval_ms, LAZY_MIN_MS},
        {&options->lazy_max_interval_ms, LAZY_MAX_MS},
        {&options->source_retry_ms, SOURCE_RETRY_MS},
        {&options->down_reload_ms, DOWN_RELOAD_MS},
        {&options->push_quiet_ms, PUSH_QUIET_MS},
        {&options->push_max_ms, PUSH_MAX_MS},
        {&options->watch_retry_ms, WATCH_RETRY_MS},
        {&options->watch_retry_max_ms, WATCH_RETRY_MAX_MS},
    };
    bool good = options->reload_interval_ms >= -1;

    for (size_t i = 0; i < SE__COUNT(times); i++) {
        if (*times[i].value == 0) {
            *times[i].value = times[i].otherwise;
        }
        good = good && *times[i].value > 0;
    }
    if (options->reload_interval_ms == 0) {
        options->reload_interval_ms = RELOAD_INTERVAL_MS;
    }
    return good ? SE_OK
                : se__fail(err, SE_E_INVALID,
                           "a time in se_registry_options is negative");
}

/* What the options point to. */
static bool own(se_registry *registry, const se_registry_options *options)
{
    registry->instance_id =
        se__strdup(options->instance_id ? options->instance_id : "");
    registry->endpoints = se__endpoint_table_new();
    return se__keep_init(&registry->keep, options->state_dir,
                         (se__log){options->log, options->log_user}) &&
           registry->instance_id != NULL && registry->endpoints != NULL;
}

static void disown(se_registry *registry)
{
    se__endpoint_table_unref(registry->endpoints);
    se__keep_fini(&registry->keep);
    free(registry->instance_id);
    free(registry);
}

static se_registry *make(const se_registry_options *options)
{
    se_registry *registry = se__zalloc(sizeof(*registry));

    if (registry == NULL) {
        return NULL;
    }
    if (!own(registry, options)) {
        disown(registry);
        return NULL;
    }
    se__endpoint_table_on_down(registry->endpoints, se__reload_element_down,
                               registry);
    atomic_init(&registry->refs, 1);
    atomic_init(&registry->serial, 0);
    atomic_init(&registry->role, "");
    atomic_init(&registry->probes, false);
    registry->pid = getpid();
    registry->fetch_timeout_ms = options->fetch_timeout_ms;
    registry->watch_retry_ms = options->watch_retry_ms;
    registry->watch_retry_max_ms = options->watch_retry_max_ms;
    registry->log = (se__log){options->log, options->log_user};
    registry->metrics = se_metrics_ref(options->metrics);
    se__hazard_init(&registry->snapshots, se__snapshot_free);
    se__mutex_init(&registry->turn_lock);
    se__cond_init(&registry->turn_free);
    se__chain_init(&registry->chain, options->source_retry_ms, registry->log);
    se__reload_init(&registry->reload, options);
    se__hold_init(registry, options->reload_interval_ms > 0
                                ? options->reload_interval_ms
                                : RELOAD_INTERVAL_MS);
    se__metrics_collect(registry->metrics, se__report_age, registry);
    return registry;
}

se_err se_registry_open(se_registry **out, const se_registry_options *options,
                        se_error *err)
{
    se_registry_options known = SE_REGISTRY_OPTIONS_INIT;
    se_registry *registry;
    se_err rc = SE_OK;

    if (out == NULL) {
        return se__fail(err, SE_E_INVALID, "no place for the registry");
    }
    if (options != NULL) {
        rc = se__struct_copy(&known, sizeof(known), options,
                             "se_registry_options", err);
    }
    if (rc == SE_OK) {
        rc = complete(&known, err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    registry = make(&known);
    if (registry == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a registry");
    }
    *out = registry;
    return SE_OK;
}

se_registry *se__registry_ref(se_registry *registry)
{
    atomic_fetch_add(&registry->refs, 1);
    return registry;
}

void se__registry_unref(se_registry *registry)
{
    if (registry == NULL || atomic_fetch_sub(&registry->refs, 1) != 1) {
        return;
    }
    se__hazard_fini(&registry->snapshots);
    se__reload_fini(&registry->reload);
    se__hold_fini(registry);
    se__cond_fini(&registry->turn_free);
    se__mutex_fini(&registry->turn_lock);
    se_metrics_unref(registry->metrics);
    disown(registry);
}

void se_registry_close(se_registry *registry)
{
    /* The thread and the locks of a parent process are not ours to end. */
    if (registry == NULL || se__registry_forked(registry)) {
        return;
    }
    se__metrics_uncollect(registry->metrics, se__report_age, registry);
    se__reload_close(registry);
    se__chain_fini(&registry->chain);
    se__registry_unref(registry);
}

se__endpoint_table *se__registry_endpoints(se_registry *registry)
{
    return registry->endpoints;
}

void se__registry_set_role(se_registry *registry, const char *role)
{
    atomic_store(&registry->role, role);
}

const char *se__registry_role(const se_registry *registry)
{
    return atomic_load(&registry->role);
}

void se__registry_end_probation(se_registry *registry)
{
    int slot;
    const se__snapshot *snapshot = se__registry_enter(registry, &slot);

    for (size_t i = 0; snapshot && i < snapshot->topology->count; i++) {
        atomic_store(&snapshot->endpoints[i]->probation, false);
    }
    se__registry_leave(registry, slot);
}

bool se__registry_set_prober(se_registry *registry, bool probes)
{
    bool before = atomic_exchange(&registry->probes, probes);

    if (!probes) {
        se__registry_end_probation(registry);
    }
    return before;
}

bool se__registry_has_prober(const se_registry *registry)
{
    return atomic_load(&registry->probes);
}

bool se__registry_forked(const se_registry *registry)
{
    return getpid() != registry->pid;
}

se_err se_registry_add_source(se_registry *registry, se_source *source,
                              se_error *err)
{
    if (registry == NULL || source == NULL) {
        return se__fail(err, SE_E_INVALID, "there is no source to add");
    }
    return se__chain_add(&registry->chain, source, err);
}

se_err se_registry_on_change(se_registry *registry, se_change_fn fn, void *user,
                             se_error *err)
{
    if (registry == NULL || fn == NULL) {
        return se__fail(err, SE_E_INVALID, "there is no function to call");
    }
    if (registry->n_on_change == SE__CHANGE_FNS_MAX) {
        return se__fail(err, SE_E_LIMIT,
                        "more than %d functions to be told of changes",
                        SE__CHANGE_FNS_MAX);
    }
    registry->on_change[registry->n_on_change].fn = fn;
    registry->on_change[registry->n_on_change].user = user;
    registry->n_on_change++;
    return SE_OK;
}

const se__snapshot *se__registry_enter(se_registry *registry, int *slot)
{
    return se__hazard_acquire(&registry->snapshots, slot);
}

void se__registry_leave(se_registry *registry, int slot)
{
    se__hazard_release(&registry->snapshots, slot);
}

se_topology *se_registry_topology(se_registry *registry)
{
    se_topology *topology = NULL;
    const se__snapshot *snapshot;
    int slot;

    snapshot = se__registry_enter(registry, &slot);
    if (snapshot != NULL) {
        topology = se_topology_ref(snapshot->topology);
    }
    se__registry_leave(registry, slot);
    return topology;
}

uint64_t se__registry_serial(se_registry *registry)
{
    return atomic_load(&registry->serial);
}
