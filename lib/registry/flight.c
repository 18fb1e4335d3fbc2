/*
 * One fetch: from the question to the list in force.
 *
 * Source: wire-contract 8.3 for what is logged.
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define COMPONENT "registry"

static const char *reason_name(se_reload_reason reason)
{
    static const char *const names[] = {
        [SE_RELOAD_MANUAL] = "manual",
        [SE_RELOAD_INSUFFICIENT_STORAGE] = "insufficient_storage",
        [SE_RELOAD_NOT_FOUND] = "not_found",
        [SE_RELOAD_CONNECTION_ERROR] = "connection_error",
    };

    return (size_t)reason < SE__COUNT(names) ? names[reason] : "?";
}

static bool speaks_as_lazy(const se__flight *flight)
{
    return flight->lazy || flight->reason != SE_RELOAD_MANUAL;
}

static void log_begin(const se_registry *registry, const se__flight *flight)
{
    if (speaks_as_lazy(flight)) {
        SE__LOG(&registry->log, SE_LOG_INFO, COMPONENT,
                "Triggering lazy SE config reload",
                SE__LOG_STR("reason", reason_name(flight->reason)));
    }
}

static void log_success(const se_registry *registry, const se__flight *flight,
                        int64_t duration_ms)
{
    const char *source = se_topology_source(flight->after);
    int64_t count = (int64_t)se_topology_count(flight->after);

    if (speaks_as_lazy(flight)) {
        SE__LOG(&registry->log, SE_LOG_INFO, COMPONENT,
                "Lazy SE config reload completed",
                SE__LOG_STR("reason", reason_name(flight->reason)),
                SE__LOG_STR("source", source), SE__LOG_INT("se_count", count),
                SE__LOG_INT("duration_ms", duration_ms));
        return;
    }
    SE__LOG(&registry->log, SE_LOG_DEBUG, COMPONENT,
            "SE config reload completed", SE__LOG_STR("source", source),
            SE__LOG_INT("se_count", count),
            SE__LOG_INT("duration_ms", duration_ms));
}

static void log_failure(const se_registry *registry, const se__flight *flight,
                        int64_t duration_ms)
{
    bool lazy = speaks_as_lazy(flight);

    SE__LOG(&registry->log, lazy ? SE_LOG_ERROR : SE_LOG_WARNING, COMPONENT,
            lazy ? "Failed to fetch SE config from all sources"
                 : "No SE endpoints available from any source",
            SE__LOG_STR("reason", reason_name(flight->reason)),
            SE__LOG_STR("error", flight->error.message),
            SE__LOG_INT("duration_ms", duration_ms));
}

/* ---- life ---- */

void se__flight_init(se__flight *flight, se_reload_reason reason, bool lazy)
{
    memset(flight, 0, sizeof(*flight));
    atomic_init(&flight->refs, 1);
    flight->reason = reason;
    flight->lazy = lazy;
    flight->error.size = sizeof(flight->error);
}

void se__flight_fini(se__flight *flight)
{
    se_topology_unref(flight->before);
    se_topology_unref(flight->after);
}

void se__flight_unref(se__flight *flight)
{
    if (flight != NULL && atomic_fetch_sub(&flight->refs, 1) == 1) {
        se__flight_fini(flight);
        free(flight);
    }
}

se_err se__flight_result(const se__flight *flight, se_diff **diff,
                         se_error *err)
{
    if (flight->error.code != SE_OK) {
        return se__error_copy(err, &flight->error);
    }
    if (diff == NULL) {
        return SE_OK;
    }
    return se_diff_compute(flight->before, flight->after, diff, err);
}

se__fetched se__flight_brought(const se__flight *flight)
{
    if (flight->error.code != SE_OK) {
        return SE__FETCH_FAILED;
    }
    if (flight->before == NULL ||
        strcmp(se_topology_hash(flight->before),
               se_topology_hash(flight->after)) != 0) {
        return SE__FETCH_CHANGED;
    }
    return SE__FETCH_UNCHANGED;
}

static se_err fetch_and_apply(se_registry *registry, se__flight *flight)
{
    se_topology *topology = NULL;
    se_err rc;

    rc = se__chain_fetch(&registry->chain, registry->fetch_timeout_ms,
                         &topology, &flight->error);
    if (rc != SE_OK) {
        return rc;
    }
    rc = se__registry_apply(registry, topology, &flight->before, NULL,
                            &flight->error);
    if (rc != SE_OK) {
        se_topology_unref(topology);
        return rc;
    }
    flight->after = topology;
    return SE_OK;
}

void se__flight_run(se_registry *registry, se__flight *flight)
{
    int64_t began = se__now_ms();

    log_begin(registry, flight);
    if (fetch_and_apply(registry, flight) == SE_OK) {
        log_success(registry, flight, se__now_ms() - began);
    } else {
        log_failure(registry, flight, se__now_ms() - began);
    }
}
