/*
 * Keeping the last good list on disk, when its content is another one.
 */
#include "registry/state.h"

#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "base/text.h"

bool se__save_sources(se_registry *registry, char name[SE__KEEP_SOURCES_SIZE])
{
    size_t count = se__chain_count(&registry->chain);
    char hash[SE__SHA256_HEX_SIZE];
    se__sha256 sha = {0};
    bool good = se__sha256_start(&sha, NULL) == SE_OK;

    for (size_t i = 0; good && i < count; i++) {
        const se_source *source = registry->chain.sources[i];
        const char *where = source->where ? source->where : "";

        se__sha256_update(&sha, source->ops.name, strlen(source->ops.name) + 1);
        se__sha256_update(&sha, where, strlen(where) + 1);
    }
    if (good) {
        se__sha256_finish(&sha, hash);
        snprintf(name, SE__KEEP_SOURCES_SIZE, "%.*s", SE__KEEP_SOURCES_SIZE - 1,
                 hash);
    }
    se__sha256_fini(&sha);
    return good;
}

se_topology *se__save_last(se_registry *registry)
{
    char sources[SE__KEEP_SOURCES_SIZE];

    return se__keep_exists(&registry->keep) &&
                   se__save_sources(registry, sources)
               ? se__keep_last_list(&registry->keep, sources)
               : NULL;
}

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
    last = se__save_last(registry);
    if (last != NULL) {
        se__copy_text(registry->saved, sizeof(registry->saved),
                      se_topology_hash(last));
        se_topology_unref(last);
    }
}

/* What could not be written is tried again with the next list that is good. */
static void save_locked(se_registry *registry, const se_topology *good)
{
    char sources[SE__KEEP_SOURCES_SIZE];

    look_locked(registry);
    if (strcmp(registry->saved, se_topology_hash(good)) != 0 &&
        se__save_sources(registry, sources) &&
        se__keep_list(&registry->keep, sources, good)) {
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
