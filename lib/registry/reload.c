/*
 * Who goes to get a list, and the lazy way of asking for one.
 */
#include "registry/state.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/uuid.h"

/* ---- one flight at a time ---- */

void se__reload_take_off_locked(se__reload *reload)
{
    reload->running = true;
    reload->runner = pthread_self();
    reload->wanted = false;
    reload->first = false;
    se__debounce_acted(&reload->push);
}

/*
 * Good is what the preferred source said; who makes do with another one tries
 * again sooner, as after a failure.
 */
static void note_end_locked(se__reload *reload, const se__flight *flight,
                            se__fetched brought)
{
    bool good = brought != SE__FETCH_FAILED && flight->search.first;
    int64_t now = se__now_ms();

    if (flight->cause == SE__CAUSE_LAZY) {
        se__lazy_ended(&reload->lazy, now, brought);
    }
    if (!reload->started) {
        return;
    }
    if (flight->cause == SE__CAUSE_PERIODIC) {
        se__periodic_ended(&reload->periodic, now, good, se__random());
    } else if (good) {
        reload->periodic.failures = 0;
    } else {
        se__periodic_retry(&reload->periodic, now, se__random());
    }
}

void se__reload_fly(se_registry *registry, se__flight *flight)
{
    se__reload *reload = &registry->reload;
    se__fetched brought;

    se__flight_run(registry, flight);
    brought = se__flight_brought(flight);
    se__mutex_lock(&reload->lock);
    note_end_locked(reload, flight, brought);
    reload->running = false;
    flight->done = true;
    se__cond_broadcast(&reload->moved);
    se__mutex_unlock(&reload->lock);
    se__reload_tell(registry, brought != SE__FETCH_FAILED);
    se__save_now(registry);
}

/* ---- the reload thread ---- */

/* What is due, the most urgent first, or SE__CAUSES and when something is. */
static se__cause what_is_due_locked(const se__reload *reload, int64_t now,
                                    int64_t *next)
{
    const int64_t due[SE__CAUSES] = {
        [SE__CAUSE_ASKED] = reload->next != NULL ? 0 : SE__NEVER,
        [SE__CAUSE_PUSH] = reload->push.due_ms,
        [SE__CAUSE_FIRST] = reload->first ? 0 : SE__NEVER,
        [SE__CAUSE_LAZY] =
            reload->wanted ? se__lazy_due(&reload->lazy) : SE__NEVER,
        [SE__CAUSE_PERIODIC] = reload->periodic.due_ms,
    };

    for (int cause = 0; cause < SE__CAUSES; cause++) {
        if (due[cause] <= now) {
            return (se__cause)cause;
        }
        *next = due[cause] < *next ? due[cause] : *next;
    }
    return SE__CAUSES;
}

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

/* Nobody waits for it by name. */
static void fly_by_itself(se_registry *registry, se__cause cause)
{
    se__reload *reload = &registry->reload;
    se__flight flight;

    se__flight_init(&flight,
                    cause == SE__CAUSE_LAZY ? reload->wanted_reason
                                            : SE_RELOAD_MANUAL,
                    cause);
    if (cause == SE__CAUSE_LAZY) {
        se__copy_text(flight.se_id, sizeof(flight.se_id), reload->wanted_se_id);
        flight.status_code = reload->wanted_status;
    }
    se__reload_take_off_locked(reload);
    se__mutex_unlock(&reload->lock);
    se__reload_fly(registry, &flight);
    se__flight_fini(&flight);
    se__mutex_lock(&reload->lock);
}

static int64_t outage_due(const se_registry *registry)
{
    return registry->reload.outage.look_ms;
}

static int64_t save_due(const se_registry *registry)
{
    return registry->reload.save ? 0 : SE__NEVER;
}

static int64_t warning_due(const se_registry *registry)
{
    return registry->reload.started ? (int64_t)atomic_load(&registry->warn_ms)
                                    : SE__NEVER;
}

/* What is done beside fetching, without the lock. */
static const struct {
    int64_t (*due)(const se_registry *registry);
    void (*run)(se_registry *registry);
} chores[] = {
    {outage_due, se__reload_look_at_outages},
    {save_due, se__save_now},
    {warning_due, se__hold_warn},
};

static bool do_a_chore(se_registry *registry, int64_t now, int64_t *next)
{
    se__reload *reload = &registry->reload;

    for (size_t i = 0; i < SE__COUNT(chores); i++) {
        int64_t due = chores[i].due(registry);

        if (due <= now) {
            reload->save = reload->save && chores[i].run != se__save_now;
            se__mutex_unlock(&reload->lock);
            chores[i].run(registry);
            se__mutex_lock(&reload->lock);
            return true;
        }
        *next = due < *next ? due : *next;
    }
    return false;
}

/* Do one thing that is due; false: nothing is before *next. */
static bool act(se_registry *registry, int64_t *next)
{
    int64_t now = se__now_ms();
    se__cause cause = SE__CAUSES;

    if (!registry->reload.running) {
        cause = what_is_due_locked(&registry->reload, now, next);
    }
    if (cause == SE__CAUSE_ASKED) {
        fly_next(registry);
        return true;
    }
    if (cause != SE__CAUSES) {
        fly_by_itself(registry, cause);
        return true;
    }
    return do_a_chore(registry, now, next);
}

static void reload_main(void *argument)
{
    se_registry *registry = argument;
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->lock);
    while (!reload->closing) {
        int64_t next = SE__NEVER;

        if (!act(registry, &next)) {
            se__cond_wait(&reload->moved, &reload->lock, next);
        }
    }
    se__mutex_unlock(&reload->lock);
}

se_err se__reload_need_thread_locked(se_registry *registry, se_error *err)
{
    se__reload *reload = &registry->reload;
    se_err rc;

    if (reload->thread.started) {
        return SE_OK;
    }
    /* Who waits may leave at its deadline, and then close. */
    rc = se__reload_need_stop_locked(registry, err);
    return rc == SE_OK ? se__thread_start(&reload->thread, "se-reload",
                                          reload_main, registry, err)
                       : rc;
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
    return se__registry_want_after(registry, reason, seen, NULL, 0);
}

bool se__registry_want_after(se_registry *registry, se_reload_reason reason,
                             uint64_t seen, const char *se_id, int status_code)
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
        reload->wanted_status = status_code;
        se__copy_text(reload->wanted_se_id, sizeof(reload->wanted_se_id),
                      se_id ? se_id : "");
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

void se__reload_message(se_registry *registry)
{
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->lock);
    se__debounce_message(&reload->push, se__now_ms());
    se__cond_broadcast(&reload->moved);
    se__mutex_unlock(&reload->lock);
}

void se__reload_hurry(se_registry *registry)
{
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->lock);
    se__debounce_hurry(&reload->push, se__now_ms());
    se__cond_broadcast(&reload->moved);
    se__mutex_unlock(&reload->lock);
}

void se__reload_save(se_registry *registry)
{
    se__reload *reload = &registry->reload;

    if (!se__keep_exists(&registry->keep)) {
        return;
    }
    se__mutex_lock(&reload->lock);
    reload->save = true;
    se__cond_broadcast(&reload->moved);
    se__mutex_unlock(&reload->lock);
}

/* ---- life ---- */

void se__reload_init(se__reload *reload, const se_registry_options *options)
{
    int64_t min_ms = options->lazy_min_interval_ms;
    int64_t max_ms = options->lazy_max_interval_ms;

    se__mutex_init(&reload->lock);
    se__cond_init(&reload->moved);
    se__mutex_init(&reload->listen_lock);
    reload->lazy.min_ms = min_ms;
    reload->lazy.max_ms = max_ms > min_ms ? max_ms : min_ms;
    reload->no_watch = options->no_watch;
    reload->stop_fd = -1;
    se__debounce_init(&reload->push, options->push_quiet_ms,
                      options->push_max_ms);
    se__periodic_init(&reload->periodic, options->reload_interval_ms);
    se__outage_init(&reload->outage, options->down_reload_ms);
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
    if (reload->stop_fd >= 0) {
        eventfd_write(reload->stop_fd, 1);
    }
    while (reload->running) {
        se__cond_wait(&reload->moved, &reload->lock, SE__NEVER);
    }
    cancel_next_locked(reload);
    se__mutex_unlock(&reload->lock);
    se__watchers_join(registry);
    se__thread_join(&reload->thread);
    se__save_now(registry);
    /* What was wanted does not come any more. */
    se__reload_tell(registry, false);
}

void se__reload_fini(se__reload *reload)
{
    if (reload->stop_fd >= 0) {
        close(reload->stop_fd);
    }
    se__mutex_fini(&reload->listen_lock);
    se__cond_fini(&reload->moved);
    se__mutex_fini(&reload->lock);
}
