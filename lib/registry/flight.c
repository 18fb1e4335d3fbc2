/*
 * One fetch: from the question to the list in force.
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

void se__flight_init(se__flight *flight, se_reload_reason reason,
                     se__cause cause)
{
    memset(flight, 0, sizeof(*flight));
    atomic_init(&flight->refs, 1);
    flight->reason = reason;
    flight->cause = cause;
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

typedef struct tasting {
    se_registry *registry;
    se__offer offer;
} tasting;

static se__tasted taste(void *user, se_topology *topology, se_error *err)
{
    tasting *t = user;

    return se__registry_offer(t->registry, &t->offer, topology, err);
}

static void fetch(se_registry *registry, se__flight *flight)
{
    tasting t = {.registry = registry};
    se_err rc;

    flight->began = se__registry_serial(registry);
    t.offer.began = flight->began;
    rc = se__chain_search(&registry->chain, registry->fetch_timeout_ms, taste,
                          &t, &flight->search, &flight->error);
    if (rc == SE_OK) {
        flight->before = t.offer.before;
        flight->after = t.offer.after;
    }
}

void se__flight_run(se_registry *registry, se__flight *flight)
{
    int64_t began = se__now_us();

    se__report_begin(registry, flight);
    fetch(registry, flight);
    se__report_end(registry, flight, se__now_us() - began);
}
