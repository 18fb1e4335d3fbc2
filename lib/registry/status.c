/*
 * How the list stands.
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static void describe_list(se_registry *registry, se_registry_status *status)
{
    const se__snapshot *snapshot;
    int slot;

    status->confirmed_ms = -1;
    snapshot = se__registry_enter(registry, &slot);
    if (snapshot != NULL) {
        if (snapshot->confirmed_ms > 0) {
            status->confirmed_ms = se__now_ms() - snapshot->confirmed_ms;
        }
        status->last_known_good = snapshot->from_disk;
        status->elements = se_topology_count(snapshot->topology);
        se__copy_text(status->source, sizeof(status->source),
                      se_topology_source(snapshot->topology));
    }
    se__registry_leave(registry, slot);
}

static void describe_held(se_registry *registry, se_registry_status *status)
{
    const se__guard *guard = &registry->guard;

    se__mutex_lock(&registry->hold_lock);
    status->held = se__guard_is_holding(guard);
    if (status->held) {
        se__copy_text(status->held_hash, sizeof(status->held_hash),
                      guard->hash);
        se__copy_text(status->held_why, sizeof(status->held_why), guard->why);
        status->held_ms = se__now_ms() - guard->first_ms;
        status->held_fetches = guard->fetches;
    }
    se__mutex_unlock(&registry->hold_lock);
}

void se_registry_get_status(se_registry *registry, se_registry_status *status)
{
    se_registry_status now = SE_REGISTRY_STATUS_INIT;
    size_t size = status->size < sizeof(now) ? status->size : sizeof(now);

    now.size = status->size;
    describe_list(registry, &now);
    describe_held(registry, &now);
    now.watches = se__watchers_ready(registry);
    now.reloads = atomic_load(&registry->reloads);
    now.failures = atomic_load(&registry->failures);
    memcpy(status, &now, size);
}
