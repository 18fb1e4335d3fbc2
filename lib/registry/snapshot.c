/*
 * What readers see: one topology and its endpoints.
 */
#include "registry/state.h"

#include "base/mem.h"

void se__snapshot_free(void *object)
{
    se__snapshot *snapshot = object;
    size_t count;

    if (snapshot == NULL) {
        return;
    }
    count = se_topology_count(snapshot->topology);
    for (size_t i = 0; snapshot->endpoints != NULL && i < count; i++) {
        if (snapshot->endpoints[i] != NULL) {
            se__endpoint_unref(snapshot->endpoints[i]);
        }
    }
    free(snapshot->endpoints);
    se_topology_unref(snapshot->topology);
    free(snapshot);
}

/*
 * Every endpoint by its id, or as `before` has them, whose list it is as well.
 * False: out of memory.
 */
static bool hold_endpoints(se__snapshot *snapshot, const se__snapshot *before,
                           se__endpoint_table *endpoints)
{
    size_t count = se_topology_count(snapshot->topology);

    for (size_t i = 0; i < count; i++) {
        const se_element *element = se_topology_at(snapshot->topology, i);

        snapshot->endpoints[i] =
            before ? se__endpoint_ref(before->endpoints[i])
                   : se__endpoint_get(endpoints, se_element_id(element));
        if (snapshot->endpoints[i] == NULL) {
            return false;
        }
    }
    return true;
}

se__snapshot *se__snapshot_new(const se_topology *topology,
                               const se__snapshot *before,
                               se__endpoint_table *endpoints, uint64_t serial)
{
    size_t count = se_topology_count(topology);
    se__snapshot *snapshot = se__zalloc(sizeof(*snapshot));

    if (snapshot == NULL) {
        return NULL;
    }
    if (before != NULL && before->topology != topology) {
        before = NULL;
    }
    snapshot->topology = se_topology_ref(topology);
    snapshot->serial = serial;
    snapshot->endpoints = se__zalloc_array(count, sizeof(se__endpoint *));
    if (snapshot->endpoints == NULL ||
        !hold_endpoints(snapshot, before, endpoints)) {
        se__snapshot_free(snapshot);
        return NULL;
    }
    return snapshot;
}

bool se__registry_is_from_disk(se_registry *registry)
{
    int slot;
    const se__snapshot *snapshot = se__registry_enter(registry, &slot);
    bool from_disk = snapshot != NULL && snapshot->from_disk;

    se__registry_leave(registry, slot);
    return from_disk;
}

int64_t se__registry_confirmed_ms(se_registry *registry)
{
    int slot;
    const se__snapshot *snapshot = se__registry_enter(registry, &slot);
    int64_t at = snapshot != NULL ? snapshot->confirmed_ms : 0;

    se__registry_leave(registry, slot);
    return at;
}
