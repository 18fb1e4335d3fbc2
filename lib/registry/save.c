/*
 * Keeping the last good list on disk, when its content is another one.
 */
#include "registry/state.h"

#include <string.h>

#include "base/text.h"

void se__save_later(se_registry *registry, const se_topology *good)
{
    se_topology *before;

    if (!se__keep_exists(&registry->keep)) {
        return;
    }
    se__mutex_lock(&registry->hold_lock);
    before = registry->unsaved;
    registry->unsaved = se_topology_ref(good);
    se__mutex_unlock(&registry->hold_lock);
    se_topology_unref(before);
}

/* What another process wrote needs not be written again. */
static void look_locked(se_registry *registry)
{
    se_topology *last;

    if (registry->looked) {
        return;
    }
    registry->looked = true;
    last = se__keep_last_list(&registry->keep);
    if (last != NULL) {
        se__copy_text(registry->saved, sizeof(registry->saved),
                      se_topology_hash(last));
        se_topology_unref(last);
    }
}

static void save_locked(se_registry *registry, const se_topology *good)
{
    look_locked(registry);
    if (strcmp(registry->saved, se_topology_hash(good)) != 0) {
        se__keep_list(&registry->keep, good);
        se__copy_text(registry->saved, sizeof(registry->saved),
                      se_topology_hash(good));
    }
}

void se__save_now(se_registry *registry)
{
    se_topology *good;

    if (!se__keep_exists(&registry->keep)) {
        return;
    }
    se__mutex_lock(&registry->save_lock);
    se__mutex_lock(&registry->hold_lock);
    good = registry->unsaved;
    registry->unsaved = NULL;
    se__mutex_unlock(&registry->hold_lock);
    if (good != NULL) {
        save_locked(registry, good);
        se_topology_unref(good);
    }
    se__mutex_unlock(&registry->save_lock);
}
