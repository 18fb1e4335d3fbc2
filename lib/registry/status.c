/*
 * How the list stands.
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static void describe_list(se_registry *registry, se_registry_status *status)
{
    int64_t confirmed = atomic_load(&registry->confirmed_ms);
    const se__snapshot *snapshot;
    int slot;

    snapshot = se__registry_enter(registry, &slot);
    if (snapshot != NULL) {
        status->elements = se_topology_count(snapshot->topology);
        se__copy_text(status->source, sizeof(status->source),
                      se_topology_source(snapshot->topology));
    }
    se__registry_leave(registry, slot);
    status->confirmed_ms = confirmed == 0 ? -1 : se__now_ms() - confirmed;
}

void se_registry_get_status(se_registry *registry, se_registry_status *status)
{
    se_registry_status now = SE_REGISTRY_STATUS_INIT;
    size_t size = status->size < sizeof(now) ? status->size : sizeof(now);

    now.size = status->size;
    describe_list(registry, &now);
    now.watches = se__watchers_ready(registry);
    now.reloads = atomic_load(&registry->reloads);
    now.failures = atomic_load(&registry->failures);
    memcpy(status, &now, size);
}
