/*
 * Who asks for a list, and who goes to get it.
 *
 * Design notes. A caller without a deadline fetches on its own thread if
 * nobody else does: a command that needs one list starts no thread for it. All
 * others wait for a flight of the reload thread. There every source gets its
 * full time, so that nobody who shares the flight suffers from the short
 * deadline of another, and who waits leaves at its own deadline, whatever a
 * source does.
 */
#include "registry/state.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/* ---- one flight at a time ---- */

/* Whoever wanted a list before this moment gets it from this flight. */
static void take_off_locked(se__reload *reload)
{
    reload->running = true;
    reload->runner = pthread_self();
    reload->wanted = false;
}

/* No lock is held; take_off_locked() came before. */
static void fly(se_registry *registry, se__flight *flight)
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
    take_off_locked(reload);
    se__mutex_unlock(&reload->lock);
    fly(registry, flight);
    se__flight_unref(flight);
    se__mutex_lock(&reload->lock);
}

static void fly_lazily(se_registry *registry)
{
    se__reload *reload = &registry->reload;
    se__flight flight;

    se__flight_init(&flight, reload->wanted_reason, true);
    take_off_locked(reload);
    se__mutex_unlock(&reload->lock);
    fly(registry, &flight);
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

static se_err need_thread_locked(se_registry *registry, se_error *err)
{
    se__reload *reload = &registry->reload;

    if (reload->thread.started) {
        return SE_OK;
    }
    return se__thread_start(&reload->thread, "se-reload", reload_main, registry,
                            err);
}

/* ---- callers who wait ---- */

static se__flight *new_flight(se_reload_reason reason, se_error *err)
{
    se__flight *flight = se__zalloc(sizeof(*flight));

    if (flight == NULL) {
        se__fail(err, SE_E_NOMEM, "out of memory for a reload");
        return NULL;
    }
    se__flight_init(flight, reason, false);
    return flight;
}

static se_err may_ask_locked(const se__reload *reload, se_error *err)
{
    if (reload->closing) {
        return se__fail(err, SE_E_CLOSED, "the registry is closing");
    }
    if (reload->running && pthread_equal(reload->runner, pthread_self()) != 0) {
        return se__fail(err, SE_E_INVALID,
                        "a reload cannot be asked for while one is being told");
    }
    return SE_OK;
}

/* The flight that this caller makes itself. */
static se_err start_alone_locked(se_registry *registry, se_reload_reason reason,
                                 se__flight **out, se_error *err)
{
    *out = new_flight(reason, err);
    if (*out == NULL) {
        return SE_E_NOMEM;
    }
    take_off_locked(&registry->reload);
    return SE_OK;
}

/* The next flight of the reload thread, shared by all who ask until then. */
static se_err join_next_locked(se_registry *registry, se_reload_reason reason,
                               se__flight **out, se_error *err)
{
    se__reload *reload = &registry->reload;
    se_err rc = need_thread_locked(registry, err);

    if (rc != SE_OK) {
        return rc;
    }
    if (reload->next == NULL) {
        reload->next = new_flight(reason, err);
        if (reload->next == NULL) {
            return SE_E_NOMEM;
        }
        se__cond_broadcast(&reload->moved);
    }
    atomic_fetch_add(&reload->next->refs, 1);
    *out = reload->next;
    return SE_OK;
}

static se_err wait_for(se_registry *registry, const se__flight *flight,
                       int timeout_ms, se_error *err)
{
    se__reload *reload = &registry->reload;
    int64_t deadline =
        se__deadline(se__now_ms(), timeout_ms > 0 ? timeout_ms : -1);
    bool in_time = true;
    bool done;

    se__mutex_lock(&reload->lock);
    while (!flight->done && in_time) {
        in_time = se__cond_wait(&reload->moved, &reload->lock, deadline);
    }
    done = flight->done;
    se__mutex_unlock(&reload->lock);
    if (!done) {
        return se__fail(err, SE_E_TIMEOUT, "no list within %d ms", timeout_ms);
    }
    return SE_OK;
}

static se_err ask(se_registry *registry, se_reload_reason reason,
                  int timeout_ms, se_diff **diff, se_error *err)
{
    se__reload *reload = &registry->reload;
    se__flight *flight = NULL;
    bool alone = false;
    se_err rc;

    se__mutex_lock(&reload->lock);
    rc = may_ask_locked(reload, err);
    if (rc == SE_OK) {
        alone = timeout_ms == 0 && !reload->running && reload->next == NULL;
        rc = alone ? start_alone_locked(registry, reason, &flight, err)
                   : join_next_locked(registry, reason, &flight, err);
    }
    se__mutex_unlock(&reload->lock);
    if (rc != SE_OK) {
        return rc;
    }
    if (alone) {
        fly(registry, flight);
    } else {
        rc = wait_for(registry, flight, timeout_ms, err);
    }
    if (rc == SE_OK) {
        rc = se__flight_result(flight, diff, err);
    }
    se__flight_unref(flight);
    return rc;
}

se_err se_registry_reload(se_registry *registry, se_reload_reason reason,
                          int timeout_ms, se_diff **diff, se_error *err)
{
    se_err rc;

    if (registry == NULL || timeout_ms < 0 || (unsigned)reason >= SE__REASONS) {
        return se__fail(err, SE_E_INVALID,
                        "a reload needs a registry, a reason and a time that "
                        "is not negative");
    }
    if (se__registry_forked(registry)) {
        return se__fail(err, SE_E_FORKED, "%s", se_err_text(SE_E_FORKED));
    }
    se__registry_ref(registry);
    rc = ask(registry, reason, timeout_ms, diff, err);
    se__registry_unref(registry);
    return rc;
}

/* ---- those who do not wait ---- */

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
            need_thread_locked(registry, NULL) != SE_OK;
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
