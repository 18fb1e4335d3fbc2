/*
 * One fetch: from the question to the list in force.
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

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

/* The list that was found, or its error. */
static se_err land(se__flight *flight, se__offer *offer)
{
    flight->before = offer->before;
    flight->after = offer->after;
    offer->before = NULL;
    offer->after = NULL;
    flight->error.code = SE_OK;
    return SE_OK;
}

static se_err release(se_registry *registry, se__flight *flight,
                      se__offer *offer)
{
    offer->confirmed = true;
    return se__registry_offer(registry, offer, se_topology_ref(offer->held),
                              &flight->error) == SE__TAKEN
               ? land(flight, offer)
               : flight->error.code;
}

/*
 * What is held back stays so, or comes into force if it was confirmed. As long
 * as it is held the search has found what is in force.
 */
static se_err settle(se_registry *registry, se__flight *flight,
                     se__offer *offer)
{
    se_err rc = flight->error.code;

    se__hold_note(registry, offer);
    if (se__hold_is_released(registry, offer->held)) {
        return release(registry, flight, offer);
    }
    if (flight->search.held == 0) {
        return rc; /* all are empty: no source gave a list */
    }
    offer->after = se_registry_topology(registry);
    if (offer->after == NULL) {
        return rc;
    }
    offer->before = se_topology_ref(offer->after);
    flight->search.first = true; /* in its way */
    se__copy_text(flight->source, sizeof(flight->source),
                  se_topology_source(offer->held));
    return land(flight, offer);
}

/*
 * Nothing is in force, and no source has a list that is taken: better an old
 * one than none, and one that is held back for no other one than none.
 */
static void fall_back(se_registry *registry, se__flight *flight,
                      se__offer *offer)
{
    if (se__keep_exists(&registry->keep) &&
        se__registry_offer_last(registry, &flight->after, NULL) == SE_OK) {
        flight->from_disk = true;
    } else if (flight->search.held > 0) {
        release(registry, flight, offer);
    }
}

static void fetch(se_registry *registry, se__flight *flight)
{
    tasting t = {.registry = registry};
    se_err rc;

    flight->began = se__registry_serial(registry);
    t.offer.began = flight->began;
    if (flight->began == 0) {
        se__hold_resume(registry);
    }
    rc = se__chain_search(&registry->chain, registry->fetch_timeout_ms, taste,
                          &t, &flight->search, &flight->error);
    if (rc == SE_OK) {
        land(flight, &t.offer);
    } else if (rc == SE_E_DISCOVERY && t.offer.held != NULL) {
        rc = settle(registry, flight, &t.offer);
    }
    if (rc == SE_E_DISCOVERY && flight->began == 0) {
        fall_back(registry, flight, &t.offer);
    }
    se__offer_fini(&t.offer);
}

void se__flight_run(se_registry *registry, se__flight *flight)
{
    int64_t began = se__now_us();

    se__report_begin(registry, flight);
    fetch(registry, flight);
    se__report_end(registry, flight, se__now_us() - began);
    if (flight->from_disk) {
        /* Who waits has a list. */
        flight->error.code = SE_OK;
    }
}
