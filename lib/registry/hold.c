/*
 * A suspicious list, held back.
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#define COMPONENT "registry"
#define US_PER_MS 1000
#define MS_PER_S 1000

void se__hold_init(se_registry *registry, int64_t interval_ms)
{
    se__mutex_init(&registry->hold_lock);
    se__mutex_init(&registry->save_lock);
    se__guard_init(&registry->guard, interval_ms);
    atomic_init(&registry->warn_ms, SE__NEVER);
    se__metric_set(registry->metrics, SE__METRIC_TOPOLOGY_HELD, NULL, 0);
}

void se__hold_fini(se_registry *registry)
{
    se_topology_unref(registry->held);
    se_topology_unref(registry->unsaved);
    se__mutex_fini(&registry->save_lock);
    se__mutex_fini(&registry->hold_lock);
}

/* ---- what the process before us held ---- */

void se__hold_resume(se_registry *registry)
{
    char sources[SE__KEEP_SOURCES_SIZE];
    se__keep_held held;

    if (!se__keep_exists(&registry->keep) ||
        !se__save_sources(registry, sources) ||
        !se__keep_held_get(&registry->keep, sources, se__wall_us(), &held)) {
        return;
    }
    se__mutex_lock(&registry->hold_lock);
    registry->resume = held;
    registry->resumable = true;
    se__mutex_unlock(&registry->hold_lock);
}

static bool is_resumed_locked(const se_registry *registry,
                              const se_topology *topology)
{
    return registry->resumable &&
           strcmp(registry->resume.hash, se_topology_hash(topology)) == 0;
}

bool se__hold_is_resumed(se_registry *registry, const se_topology *topology,
                         char why[SE__GUARD_WHY_SIZE])
{
    const char *said = NULL;

    se__mutex_lock(&registry->hold_lock);
    /* The note is used up by the first fetch that brought the list again. */
    if (is_resumed_locked(registry, topology)) {
        said = registry->resume.why;
    } else if (registry->held != NULL &&
               strcmp(se_topology_hash(registry->held),
                      se_topology_hash(topology)) == 0) {
        said = registry->guard.why;
    }
    if (said != NULL) {
        se__copy_text(why, SE__GUARD_WHY_SIZE, said);
    }
    se__mutex_unlock(&registry->hold_lock);
    return said != NULL;
}

/* It goes on counting where the other one stopped. */
static void resume_locked(se_registry *registry, int64_t now)
{
    int64_t age_ms = (se__wall_us() - registry->resume.first_us) / US_PER_MS;

    registry->guard.first_ms = now - age_ms;
    registry->guard.fetches += registry->resume.fetches;
    registry->resumable = false;
}

/* ---- now ---- */

static void keep_note(se_registry *registry, const se__guard *guard,
                      int64_t now)
{
    char sources[SE__KEEP_SOURCES_SIZE];
    int64_t wall = se__wall_us();
    se__keep_held held = {
        .first_us = wall - (now - guard->first_ms) * US_PER_MS,
        .last_us = wall,
        .fetches = guard->fetches,
    };

    if (!se__keep_exists(&registry->keep) ||
        !se__save_sources(registry, sources)) {
        return;
    }
    se__copy_text(held.hash, sizeof(held.hash), guard->hash);
    se__copy_text(held.why, sizeof(held.why), guard->why);
    se__keep_held_set(&registry->keep, sources, &held);
}

static void drop_note(se_registry *registry, const char *hash)
{
    char sources[SE__KEEP_SOURCES_SIZE];

    if (se__keep_exists(&registry->keep) &&
        se__save_sources(registry, sources)) {
        se__keep_held_clear(&registry->keep, sources, hash);
    }
}

void se__hold_note(se_registry *registry, const se__offer *offer)
{
    int64_t now = se__now_ms();
    se_topology *before;
    se__guard guard;

    se__mutex_lock(&registry->hold_lock);
    se__guard_hold(&registry->guard, offer->held, offer->why, !offer->pushed,
                   now);
    if (is_resumed_locked(registry, offer->held)) {
        resume_locked(registry, now);
    }
    before = registry->held;
    registry->held = se_topology_ref(offer->held);
    guard = registry->guard;
    atomic_store(&registry->warn_ms, guard.warn_ms);
    se__mutex_unlock(&registry->hold_lock);
    se_topology_unref(before);
    se__metric_set(registry->metrics, SE__METRIC_TOPOLOGY_HELD, NULL, 1);
    keep_note(registry, &guard, now);
    se__hold_warn(registry);
}

void se__hold_warn(se_registry *registry)
{
    int64_t now = se__now_ms();
    se__guard guard;
    bool due;

    se__mutex_lock(&registry->hold_lock);
    due = se__guard_has_to_warn(&registry->guard, now);
    guard = registry->guard;
    if (due) {
        atomic_store(&registry->warn_ms, guard.warn_ms);
    }
    se__mutex_unlock(&registry->hold_lock);
    if (due) {
        SE__LOG(&registry->log, SE_LOG_WARNING, COMPONENT,
                "SE config is held back", SE__LOG_STR("reason", guard.why),
                SE__LOG_STR("hash", guard.hash),
                SE__LOG_INT("fetches", guard.fetches),
                SE__LOG_INT("seconds", (now - guard.first_ms) / MS_PER_S));
    }
}

void se__hold_drop(se_registry *registry, const se_topology *in_force)
{
    char noted[SE__ACCEPTED_SIZE] = "";
    se_topology *held;

    se__mutex_lock(&registry->hold_lock);
    held = registry->held;
    if (held != NULL) {
        se__copy_text(noted, sizeof(noted), se_topology_hash(held));
    } else if (registry->resumable) {
        se__copy_text(noted, sizeof(noted), registry->resume.hash);
    }
    registry->held = NULL;
    registry->resumable = false;
    se__guard_drop(&registry->guard);
    atomic_store(&registry->warn_ms, SE__NEVER);
    se__mutex_unlock(&registry->hold_lock);
    if (noted[0] != '\0') {
        drop_note(registry, noted);
    }
    if (held == NULL) {
        return;
    }
    se__metric_set(registry->metrics, SE__METRIC_TOPOLOGY_HELD, NULL, 0);
    SE__LOG(&registry->log, SE_LOG_INFO, COMPONENT,
            strcmp(se_topology_hash(held), se_topology_hash(in_force)) == 0
                ? "SE config that was held back is in force"
                : "SE config that was held back is not published any more",
            SE__LOG_STR("hash", se_topology_hash(held)));
    se_topology_unref(held);
}

se_topology *se__hold_get(se_registry *registry)
{
    se_topology *held;

    se__mutex_lock(&registry->hold_lock);
    held = se_topology_ref(registry->held);
    se__mutex_unlock(&registry->hold_lock);
    return held;
}

/* ---- released ---- */

static bool is_accepted_at(se_registry *registry, se_source *source,
                           const char *hash)
{
    char accepted[SE__ACCEPTED_SIZE] = "";

    return source->extra.accepted_get != NULL &&
           atomic_load(&source->failed_until_ms) <= se__now_ms() &&
           source->extra.accepted_get(source->self, registry->fetch_timeout_ms,
                                      accepted, NULL) == SE_OK &&
           strcmp(accepted, hash) == 0;
}

static bool is_accepted(se_registry *registry, const char *hash)
{
    size_t count = se__chain_count(&registry->chain);
    char accepted[SE__ACCEPTED_SIZE];

    if (se__keep_exists(&registry->keep) &&
        se__keep_accepted_get(&registry->keep, se__wall_us(), accepted) &&
        strcmp(accepted, hash) == 0) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_accepted_at(registry, registry->chain.sources[i], hash)) {
            return true;
        }
    }
    return false;
}

bool se__hold_is_released(se_registry *registry, const se_topology *held)
{
    bool released;

    se__mutex_lock(&registry->hold_lock);
    released = se__guard_is_confirmed(&registry->guard, se__now_ms());
    se__mutex_unlock(&registry->hold_lock);
    return released || is_accepted(registry, se_topology_hash(held));
}
