/*
 * A list from a source: is it put in force?
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "registry/age.h"

void se__offer_fini(se__offer *offer)
{
    se_topology_unref(offer->before);
    se_topology_unref(offer->after);
    se_topology_unref(offer->held);
    offer->before = NULL;
    offer->after = NULL;
    offer->held = NULL;
}

static bool is_same(const se_topology *a, const se_topology *b)
{
    return strcmp(se_topology_hash(a), se_topology_hash(b)) == 0;
}

/*
 * A fetch takes its time. What was pushed meanwhile may be newer than what it
 * read; then it is asked again, and what is older does not come into force.
 */
static bool is_overtaken(se_registry *registry, const se__offer *offer,
                         const se_topology *known, const se_topology *topology)
{
    if (offer->pushed || offer->confirmed || known == NULL ||
        atomic_load(&registry->pushed) <= offer->began ||
        is_same(known, topology)) {
        return false;
    }
    se__reload_hurry(registry);
    return se__age_compare(topology, known) < 0;
}

static void note_restart(const se_registry *registry, const se_topology *known,
                         const se_topology *topology)
{
    if (known == NULL || !se__age_is_restart(known, topology)) {
        return;
    }
    se__metric_add(registry->metrics, SE__METRIC_PUBLISHER_RESTARTS, NULL, 1);
    SE__LOG(&registry->log, SE_LOG_INFO, "registry",
            "Publisher of the SE config was restarted",
            SE__LOG_INT("old_version", se_topology_version(known)),
            SE__LOG_INT("new_version", se_topology_version(topology)),
            SE__LOG_STR("source", se_topology_source(topology)));
}

static se__tasted put_in_force(se_registry *registry, se__offer *offer,
                               se_topology *known, se_topology *topology,
                               se_error *err)
{
    if (se__registry_change_in_turn(registry, SE__CAME_FROM_SOURCE, known,
                                    topology, offer->diff, err) != SE_OK) {
        return SE__BROKEN;
    }
    note_restart(registry, known, topology);
    if (offer->pushed) {
        atomic_store(&registry->pushed, se__registry_serial(registry));
    }
    se__hold_drop(registry, topology);
    se__save_later(registry, topology);
    offer->before = se_topology_ref(known);
    offer->after = se_topology_ref(topology);
    return SE__TAKEN;
}

/* What no rule of caution is needed for. */
static bool is_unusable(const se__offer *offer, const se_topology *known,
                        const se_topology *topology, se_error *err)
{
    size_t bad = se_topology_rejected_count(topology);

    if (offer->confirmed) {
        return false;
    }
    if (se_topology_count(topology) > 0 && se__guard_is_rubbish(topology)) {
        const char *id = NULL;
        const char *reason = NULL;

        se_topology_rejected_at(topology, 0, &id, &reason);
        se__fail(err, SE_E_SOURCE,
                 "%zu of %zu elements are invalid, the first: %s: %s", bad,
                 bad + se_topology_count(topology), id, reason);
        return true;
    }
    if (offer->pushed && known != NULL &&
        se__age_compare(topology, known) < 0) {
        se__fail(err, SE_E_SOURCE, "the list is older than the one in force");
        return true;
    }
    return false;
}

/* NULL: there is no history that a list could be measured by. */
static const se_topology *history(se_registry *registry,
                                  const se_topology *known)
{
    return se__registry_is_from_disk(registry) ? NULL : known;
}

static bool is_suspicious(se_registry *registry, const se__offer *offer,
                          const se_topology *known, const se_topology *topology,
                          char why[SE__GUARD_WHY_SIZE])
{
    const se_topology *before = history(registry, known);

    if (offer->confirmed || (known != NULL && is_same(known, topology))) {
        return false;
    }
    if (se__guard_judge(before, topology, why) != SE__FINE) {
        return true;
    }
    return before == NULL && se__hold_is_resumed(registry, topology, why);
}

/* What another source offers says more than an empty list does. */
static bool says_more(const se__offer *offer, const se_topology *topology)
{
    return offer->held == NULL || (se_topology_count(offer->held) == 0 &&
                                   se_topology_count(topology) > 0);
}

/* An empty list is no answer: its source failed, and is named with that. */
static se__tasted hold(se__offer *offer, const se_topology *topology,
                       const char *why, se_error *err)
{
    if (says_more(offer, topology)) {
        se_topology_unref(offer->held);
        offer->held = se_topology_ref(topology);
        se__copy_text(offer->why, sizeof(offer->why), why);
    }
    if (se_topology_count(topology) == 0) {
        se__chain_refuse_empty(topology, err);
        return SE__REFUSED;
    }
    se__fail(err, SE_E_SOURCE, "the list is held back: %s", why);
    return SE__HELD;
}

/*
 * A list is held already. The same list from another source confirms it; any
 * other one leaves what is in force as it is.
 */
static se__tasted compare_in_turn(se_registry *registry, se__offer *offer,
                                  se_topology *known, se_topology *topology,
                                  se_error *err)
{
    se_topology *merged = NULL;
    se__tasted what = SE__BROKEN;

    if (se__topology_merge(topology, offer->held, &merged, err) == SE_OK) {
        se__fail(err, SE_E_SOURCE, "it does not confirm what is held back");
        what = SE__HELD;
        if (is_same(merged, offer->held)) {
            what = put_in_force(registry, offer, known, offer->held, err);
        }
    }
    se_topology_unref(merged);
    return what;
}

static se__tasted judge_in_turn(se_registry *registry, se__offer *offer,
                                se_topology *known, se_topology *topology,
                                se_error *err)
{
    char why[SE__GUARD_WHY_SIZE] = "";

    if (is_overtaken(registry, offer, known, topology)) {
        offer->before = se_topology_ref(known);
        offer->after = se_topology_ref(known);
        return SE__TAKEN;
    }
    if (is_suspicious(registry, offer, known, topology, why)) {
        return hold(offer, topology, why, err);
    }
    return put_in_force(registry, offer, known, topology, err);
}

static se__tasted offer_in_turn(se_registry *registry, se__offer *offer,
                                se_topology *known, se_topology *topology,
                                se_error *err)
{
    se_topology *merged = NULL;
    se__tasted what = SE__BROKEN;

    if (is_unusable(offer, known, topology, err)) {
        return SE__REFUSED;
    }
    if (!offer->confirmed && offer->held != NULL &&
        se_topology_count(offer->held) > 0) {
        return compare_in_turn(registry, offer, known, topology, err);
    }
    if (se__topology_merge(topology, known, &merged, err) == SE_OK) {
        what = judge_in_turn(registry, offer, known, merged, err);
    }
    se_topology_unref(merged);
    return what;
}

se__tasted se__registry_offer(se_registry *registry, se__offer *offer,
                              se_topology *topology, se_error *err)
{
    se__tasted what = SE__BROKEN;

    if (se__registry_take_turn(registry, err) == SE_OK) {
        se_topology *known = se_registry_topology(registry);

        what = offer_in_turn(registry, offer, known, topology, err);
        se__registry_leave_turn(registry);
        se_topology_unref(known);
    }
    se_topology_unref(topology);
    return what;
}

se_err se__registry_offer_last(se_registry *registry, se_topology **after,
                               se_error *err)
{
    se_topology *last = NULL;
    se_err rc = se__registry_take_turn(registry, err);

    if (rc != SE_OK) {
        return rc;
    }
    *after = se_registry_topology(registry);
    if (*after == NULL) {
        last = se__save_last(registry);
        rc = last == NULL
                 ? se__fail(err, SE_E_NOT_FOUND, "there is no last good list")
                 : se__registry_change_in_turn(registry, SE__CAME_FROM_DISK,
                                               NULL, last, NULL, err);
        if (rc == SE_OK) {
            *after = se_topology_ref(last);
        }
    }
    se__registry_leave_turn(registry);
    se_topology_unref(last);
    return rc;
}
