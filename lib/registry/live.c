/*
 * Keeping the list current: what begins with se_registry_start().
 */
#include "registry/state.h"

#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"

#define COMPONENT "registry"
#define MS_PER_S 1000.0

/* ---- start ---- */

se_err se__reload_need_stop_locked(se_registry *registry, se_error *err)
{
    se__reload *reload = &registry->reload;
    size_t count = se__chain_count(&registry->chain);

    if (reload->stop_fd < 0) {
        reload->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    if (reload->stop_fd < 0) {
        return se__fail(err, SE_E_SYSTEM, "no descriptor for an eventfd");
    }
    for (size_t i = 0; i < count; i++) {
        se_source *source = registry->chain.sources[i];

        if (source->extra.stop_by != NULL) {
            source->extra.stop_by(source->self, reload->stop_fd);
        }
    }
    return SE_OK;
}

static se_err start_locked(se_registry *registry, bool *news, se_error *err)
{
    se__reload *reload = &registry->reload;
    se_err rc;

    if (reload->closing) {
        return se__fail(err, SE_E_CLOSED, "the registry is closing");
    }
    rc = se__reload_need_stop_locked(registry, err);
    if (rc == SE_OK) {
        rc = se__reload_need_thread_locked(registry, err);
    }
    if (rc == SE_OK && !reload->no_watch) {
        rc = se__watchers_start_locked(registry, err);
    }
    *news = rc == SE_OK && !reload->started;
    if (*news) {
        reload->started = true;
        reload->first = se__registry_serial(registry) == 0;
        se__periodic_start(&reload->periodic, se__now_ms(), se__random());
        se__cond_broadcast(&reload->moved);
    }
    return rc;
}

se_err se_registry_start(se_registry *registry, se_error *err)
{
    bool news = false;
    int64_t interval;
    se_err rc;

    if (registry == NULL) {
        return se__fail(err, SE_E_INVALID, "there is no registry to start");
    }
    if (se__registry_forked(registry)) {
        return se__fail(err, SE_E_FORKED, "%s", se_err_text(SE_E_FORKED));
    }
    se__mutex_lock(&registry->reload.lock);
    rc = start_locked(registry, &news, err);
    interval = registry->reload.periodic.interval_ms;
    se__mutex_unlock(&registry->reload.lock);
    if (news) {
        SE__LOG(&registry->log, SE_LOG_INFO, COMPONENT,
                "SE config reload task started",
                SE__LOG_DOUBLE("interval_seconds",
                               interval > 0 ? (double)interval / MS_PER_S : 0),
                SE__LOG_BOOL("reload_enabled", interval > 0));
    }
    return rc;
}

/* ---- elements that stay down ---- */

void se__reload_element_down(void *user, int64_t now)
{
    se_registry *registry = user;
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->lock);
    if (reload->started && !reload->closing) {
        se__outage_began(&reload->outage, now);
        se__cond_broadcast(&reload->moved);
    }
    se__mutex_unlock(&reload->lock);
}

/* An outage that has not asked yet; 0: there is none. */
static int64_t untold_since(const se__endpoint *endpoint)
{
    return atomic_load(&endpoint->down_told)
               ? 0
               : (int64_t)atomic_load(&endpoint->down_since_ms);
}

/* Is there one old enough, and when is the next? */
static bool find_outages(const se__snapshot *snapshot, int64_t before,
                         int64_t *soonest)
{
    size_t count = se_topology_count(snapshot->topology);
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        int64_t since = untold_since(snapshot->endpoints[i]);

        if (since != 0 && since <= before) {
            found = true;
        } else if (since != 0 && since < *soonest) {
            *soonest = since;
        }
    }
    return found;
}

static void mark_told(const se__snapshot *snapshot, int64_t before)
{
    size_t count = se_topology_count(snapshot->topology);

    for (size_t i = 0; i < count; i++) {
        int64_t since = untold_since(snapshot->endpoints[i]);

        if (since != 0 && since <= before) {
            atomic_store(&snapshot->endpoints[i]->down_told, true);
        }
    }
}

static bool ask_after(se_registry *registry, int64_t now, bool found,
                      int64_t soonest)
{
    se__reload *reload = &registry->reload;
    bool ask;

    se__mutex_lock(&reload->lock);
    ask = se__outage_looked(&reload->outage, now, found, soonest);
    se__mutex_unlock(&reload->lock);
    return ask;
}

void se__reload_look_at_outages(se_registry *registry)
{
    int64_t after = registry->reload.outage.after_ms;
    int64_t now = se__now_ms();
    int64_t soonest = SE__NEVER;
    bool found = false;
    const se__snapshot *snapshot;
    int slot;

    snapshot = se__registry_enter(registry, &slot);
    if (snapshot != NULL) {
        found = find_outages(snapshot, now - after, &soonest);
    }
    if (soonest != SE__NEVER) {
        soonest = se__deadline(soonest, after);
    }
    found = ask_after(registry, now, found, soonest);
    if (found && snapshot != NULL) {
        mark_told(snapshot, now - after);
    }
    se__registry_leave(registry, slot);
    if (found) {
        se__registry_want(registry, SE_RELOAD_CONNECTION_ERROR,
                          se__registry_serial(registry));
    }
}
