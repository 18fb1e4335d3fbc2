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

se__snapshot *se__snapshot_new(const se_topology *topology,
                               se__endpoint_table *endpoints, uint64_t serial)
{
    size_t count = se_topology_count(topology);
    se__snapshot *snapshot = se__zalloc(sizeof(*snapshot));

    if (snapshot == NULL) {
        return NULL;
    }
    snapshot->topology = se_topology_ref(topology);
    snapshot->serial = serial;
    snapshot->endpoints = se__zalloc_array(count, sizeof(se__endpoint *));
    if (snapshot->endpoints == NULL) {
        goto failed;
    }
    for (size_t i = 0; i < count; i++) {
        const char *id = se_element_id(se_topology_at(topology, i));

        snapshot->endpoints[i] = se__endpoint_get(endpoints, id);
        if (snapshot->endpoints[i] == NULL) {
            goto failed;
        }
    }
    return snapshot;
failed:
    se__snapshot_free(snapshot);
    return NULL;
}
