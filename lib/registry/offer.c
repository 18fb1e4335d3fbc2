/*
 * A list from a source: is it put in force?
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "registry/age.h"

void se__offer_fini(se__offer *offer)
{
    se_topology_unref(offer->before);
    se_topology_unref(offer->after);
    offer->before = NULL;
    offer->after = NULL;
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
    if (offer->pushed || known == NULL ||
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
    if (se__registry_change_in_turn(registry, known, topology, NULL, err) !=
        SE_OK) {
        return SE__BROKEN;
    }
    note_restart(registry, known, topology);
    if (offer->pushed) {
        atomic_store(&registry->pushed, se__registry_serial(registry));
    }
    atomic_store(&registry->confirmed_ms, se__now_ms());
    offer->before = se_topology_ref(known);
    offer->after = se_topology_ref(topology);
    return SE__TAKEN;
}

static se__tasted judge_in_turn(se_registry *registry, se__offer *offer,
                                se_topology *known, se_topology *topology,
                                se_error *err)
{
    if (se_topology_count(topology) == 0) {
        se__chain_refuse_empty(topology, err);
        return SE__REFUSED;
    }
    if (offer->pushed && known != NULL &&
        se__age_compare(topology, known) < 0) {
        se__fail(err, SE_E_SOURCE, "the list is older than the one in force");
        return SE__REFUSED;
    }
    if (is_overtaken(registry, offer, known, topology)) {
        offer->before = se_topology_ref(known);
        offer->after = se_topology_ref(known);
        return SE__TAKEN;
    }
    return put_in_force(registry, offer, known, topology, err);
}

se__tasted se__registry_offer(se_registry *registry, se__offer *offer,
                              se_topology *topology, se_error *err)
{
    se__tasted what = SE__BROKEN;

    if (se__registry_take_turn(registry, err) == SE_OK) {
        se_topology *known = se_registry_topology(registry);

        what = judge_in_turn(registry, offer, known, topology, err);
        se__registry_leave_turn(registry);
        se_topology_unref(known);
    }
    se_topology_unref(topology);
    return what;
}
