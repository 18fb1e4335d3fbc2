/*
 * Callers who ask for a list and wait for it.
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

static se__flight *new_flight(se_reload_reason reason, se_error *err)
{
    se__flight *flight = se__zalloc(sizeof(*flight));

    if (flight == NULL) {
        se__fail(err, SE_E_NOMEM, "out of memory for a reload");
        return NULL;
    }
    se__flight_init(flight, reason, SE__CAUSE_ASKED);
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
    se__reload_take_off_locked(&registry->reload);
    return SE_OK;
}

/* The next flight of the reload thread, shared by all who ask until then. */
static se_err join_next_locked(se_registry *registry, se_reload_reason reason,
                               se__flight **out, se_error *err)
{
    se__reload *reload = &registry->reload;
    se_err rc = se__reload_need_thread_locked(registry, err);

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

/* The sources are there as long as the registry is not closing. */
static se_err too_late_locked(se_registry *registry, int timeout_ms,
                              se_error *err)
{
    char names[SE__CHAIN_NAMES_SIZE] = "";

    if (!registry->reload.closing) {
        se__chain_names(&registry->chain, names);
    }
    return se__fail(err, SE_E_TIMEOUT, "no list within %d ms%s%s", timeout_ms,
                    names[0] ? " from " : "", names);
}

static se_err wait_for(se_registry *registry, const se__flight *flight,
                       int timeout_ms, se_error *err)
{
    se__reload *reload = &registry->reload;
    int64_t deadline =
        se__deadline(se__now_ms(), timeout_ms > 0 ? timeout_ms : -1);
    bool in_time = true;
    se_err rc = SE_OK;

    se__mutex_lock(&reload->lock);
    while (!flight->done && in_time) {
        in_time = se__cond_wait(&reload->moved, &reload->lock, deadline);
    }
    if (!flight->done) {
        rc = too_late_locked(registry, timeout_ms, err);
    }
    se__mutex_unlock(&reload->lock);
    return rc;
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
        se__reload_fly(registry, flight);
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
    /* The list that was fetched would wait for the turn of who waits for it. */
    if (se__registry_has_turn(registry)) {
        return se__fail(err, SE_E_INVALID,
                        "a reload cannot be asked for while a change is being "
                        "told");
    }
    se__registry_ref(registry);
    rc = ask(registry, reason, timeout_ms, diff, err);
    se__registry_unref(registry);
    return rc;
}
