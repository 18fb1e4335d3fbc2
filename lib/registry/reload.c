/*
 * Who goes to get a list, and the lazy way of asking for one.
 */
#include "registry/state.h"

#include "base/clock.h"
#include "base/error.h"

/* ---- one flight at a time ---- */

void se__reload_take_off_locked(se__reload *reload)
{
    reload->running = true;
    reload->runner = pthread_self();
    reload->wanted = false;
}

void se__reload_fly(se_registry *registry, se__flight *flight)
{
    se__reload *reload = &registry->reload;
    se__fetched brought;

    se__flight_run(registry, flight);
    brought = se__flight_brought(flight);
    se__mutex_lock(&reload->lock);
    if (flight->lazy) {
        se__lazy_ended(&reload->lazy, se__now_ms(), brought);
    }
    reload->running = false;
    flight->done = true;
    se__cond_broadcast(&reload->moved);
    se__mutex_unlock(&reload->lock);
    se__reload_tell(registry, brought != SE__FETCH_FAILED);
}

/* ---- the reload thread ---- */

static void fly_next(se_registry *registry)
{
    se__reload *reload = &registry->reload;
    se__flight *flight = reload->next;

    reload->next = NULL;
    se__reload_take_off_locked(reload);
    se__mutex_unlock(&reload->lock);
    se__reload_fly(registry, flight);
    se__flight_unref(flight);
    se__mutex_lock(&reload->lock);
}

static void fly_lazily(se_registry *registry)
{
    se__reload *reload = &registry->reload;
    se__flight flight;

    se__flight_init(&flight, reload->wanted_reason, true);
    se__reload_take_off_locked(reload);
    se__mutex_unlock(&reload->lock);
    se__reload_fly(registry, &flight);
    se__flight_fini(&flight);
    se__mutex_lock(&reload->lock);
}

static void reload_main(void *argument)
{
    se_registry *registry = argument;
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->lock);
    while (!reload->closing) {
        int64_t due = SE__NEVER;

        if (!reload->running && reload->next != NULL) {
            fly_next(registry);
            continue;
        }
        if (!reload->running && reload->wanted) {
            due = se__lazy_due(&reload->lazy);
            if (due <= se__now_ms()) {
                fly_lazily(registry);
                continue;
            }
        }
        se__cond_wait(&reload->moved, &reload->lock, due);
    }
    se__mutex_unlock(&reload->lock);
}

se_err se__reload_need_thread_locked(se_registry *registry, se_error *err)
{
    se__reload *reload = &registry->reload;

    if (reload->thread.started) {
        return SE_OK;
    }
    return se__thread_start(&reload->thread, "se-reload", reload_main, registry,
                            err);
}

/* ---- those who ask and do not wait ---- */

/* Is there anybody to ask, and is it this process' to ask? */
static bool can_fetch(se_registry *registry)
{
    return !se__registry_forked(registry) &&
           se__chain_count(&registry->chain) > 0;
}

bool se__registry_want(se_registry *registry, se_reload_reason reason,
                       uint64_t seen)
{
    se__reload *reload = &registry->reload;
    bool go_on;

    if (se__registry_serial(registry) > seen || !can_fetch(registry)) {
        return true;
    }
    se__mutex_lock(&reload->lock);
    /* Again: the listeners of a flight that ended meanwhile have been told. */
    go_on = reload->closing || se__registry_serial(registry) > seen ||
            se__reload_need_thread_locked(registry, NULL) != SE_OK;
    if (!go_on && !reload->wanted) {
        reload->wanted = true;
        reload->wanted_reason = reason;
        se__cond_broadcast(&reload->moved);
    }
    se__mutex_unlock(&reload->lock);
    return go_on;
}

int64_t se__registry_next_fetch_ms(se_registry *registry)
{
    se__reload *reload = &registry->reload;
    int64_t due;

    if (!can_fetch(registry)) {
        return SE__NEVER;
    }
    se__mutex_lock(&reload->lock);
    if (reload->closing) {
        due = SE__NEVER;
    } else if (reload->running || reload->next != NULL) {
        due = se__now_ms();
    } else {
        due = se__lazy_due(&reload->lazy);
    }
    se__mutex_unlock(&reload->lock);
    return due;
}

void se__reload_changed(se_registry *registry)
{
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->lock);
    se__lazy_changed(&reload->lazy);
    /* A lazy fetch that was put off may be due now. */
    se__cond_broadcast(&reload->moved);
    se__mutex_unlock(&reload->lock);
}

/* ---- life ---- */

void se__reload_init(se__reload *reload, int64_t min_ms, int64_t max_ms)
{
    se__mutex_init(&reload->lock);
    se__cond_init(&reload->moved);
    se__mutex_init(&reload->listen_lock);
    reload->lazy.min_ms = min_ms;
    reload->lazy.max_ms = max_ms > min_ms ? max_ms : min_ms;
}

/* The flight that will not be made; its passengers are told so. */
static void cancel_next_locked(se__reload *reload)
{
    se__flight *flight = reload->next;

    if (flight == NULL) {
        return;
    }
    reload->next = NULL;
    se__fail(&flight->error, SE_E_CLOSED, "the registry is closing");
    flight->done = true;
    se__cond_broadcast(&reload->moved);
    se__flight_unref(flight);
}

void se__reload_close(se_registry *registry)
{
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->lock);
    reload->closing = true;
    se__cond_broadcast(&reload->moved);
    while (reload->running) {
        se__cond_wait(&reload->moved, &reload->lock, SE__NEVER);
    }
    cancel_next_locked(reload);
    se__mutex_unlock(&reload->lock);
    se__thread_join(&reload->thread);
    /* What was wanted does not come any more. */
    se__reload_tell(registry, false);
}

void se__reload_fini(se__reload *reload)
{
    se__mutex_fini(&reload->listen_lock);
    se__cond_fini(&reload->moved);
    se__mutex_fini(&reload->lock);
}
