/*
 * Putting a list in force.
 */
#include "registry/state.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/*
 * The turn of a writer; no lock is held while it has it. Who asks for the turn
 * inside a function that is called during its own turn would wait for itself.
 */
se_err se__registry_take_turn(se_registry *registry, se_error *err)
{
    bool mine;

    se__mutex_lock(&registry->turn_lock);
    mine = registry->writing &&
           pthread_equal(registry->writer, pthread_self()) != 0;
    while (!mine && registry->writing) {
        se__cond_wait(&registry->turn_free, &registry->turn_lock, SE__NEVER);
    }
    if (!mine) {
        registry->writing = true;
        registry->writer = pthread_self();
    }
    se__mutex_unlock(&registry->turn_lock);
    if (mine) {
        return se__fail(err, SE_E_INVALID,
                        "a list cannot be put in force while a change of the "
                        "same registry is being told");
    }
    return SE_OK;
}

void se__registry_leave_turn(se_registry *registry)
{
    se__mutex_lock(&registry->turn_lock);
    registry->writing = false;
    se__cond_signal(&registry->turn_free);
    se__mutex_unlock(&registry->turn_lock);
}

bool se__registry_has_turn(se_registry *registry)
{
    bool mine;

    se__mutex_lock(&registry->turn_lock);
    mine = registry->writing &&
           pthread_equal(registry->writer, pthread_self()) != 0;
    se__mutex_unlock(&registry->turn_lock);
    return mine;
}

/* The list's own figures of room count until the element was asked itself. */
static void feed_figures(const se__snapshot *snapshot)
{
    size_t count = se_topology_count(snapshot->topology);
    int64_t now = se__now_ms();

    for (size_t i = 0; i < count; i++) {
        const se_element *element = se_topology_at(snapshot->topology, i);

        se__endpoint_listed(snapshot->endpoints[i],
                            se_element_capacity_bytes(element),
                            se_element_used_bytes(element), now);
    }
}

/* Another URL: being down or full of faults was the old one's. */
static void forget_moved(se_registry *registry, const se_diff *diff)
{
    const se_change *change;

    for (size_t i = 0;
         (change = se_diff_at(diff, SE_CHANGE_UPDATED, i)) != NULL; i++) {
        se__endpoint *endpoint;

        if (strcmp(se_element_url(se_change_before(change)),
                   se_element_url(se_change_after(change))) == 0) {
            continue;
        }
        /* The snapshot holds it, so this finds it and allocates nothing. */
        endpoint = se__endpoint_get(registry->endpoints, se_change_id(change));
        if (endpoint != NULL) {
            se__endpoint_moved(endpoint);
            se__endpoint_unref(endpoint);
        }
    }
}

/*
 * Somebody asks new elements how they are: they wait for that. Those of the
 * first list do not, else nothing would take a file.
 */
static void put_on_probation(se_registry *registry, const se_diff *diff,
                             const se_topology *before)
{
    const se_change *change;

    if (before == NULL || se__registry_is_from_disk(registry) ||
        !atomic_load(&registry->probes)) {
        return;
    }
    for (size_t i = 0; (change = se_diff_at(diff, SE_CHANGE_ADDED, i)) != NULL;
         i++) {
        se__endpoint *endpoint =
            se__endpoint_get(registry->endpoints, se_change_id(change));

        if (endpoint != NULL) {
            atomic_store(&endpoint->probation, true);
            se__endpoint_unref(endpoint);
        }
    }
}

/*
 * What was fetched is put in force even if it says what is known already: it
 * is fresher, and who waits for a newer list has it now.
 */
static se_err swap(se_registry *registry, se__came came,
                   const se_topology *before, const se_topology *topology,
                   const se_diff *diff, se_error *err)
{
    uint64_t serial = atomic_load(&registry->serial) + 1;
    const se__snapshot *now;
    se__snapshot *snapshot;
    int slot;

    now = se__registry_enter(registry, &slot);
    snapshot = se__snapshot_new(topology, now, registry->endpoints, serial);
    if (snapshot != NULL) {
        snapshot->from_disk = came == SE__CAME_FROM_DISK;
        snapshot->confirmed_ms = came == SE__CAME_FROM_SOURCE ? se__now_ms()
                                 : now != NULL ? now->confirmed_ms
                                               : 0;
    }
    se__registry_leave(registry, slot);
    if (snapshot == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a new list");
    }
    /* Before readers see it: a new element is never thought empty. */
    feed_figures(snapshot);
    put_on_probation(registry, diff, before);
    if (!se__hazard_swap(&registry->snapshots, snapshot)) {
        se__snapshot_free(snapshot);
        return se__fail(err, SE_E_NOMEM, "out of memory for a new list");
    }
    if (!atomic_load(&registry->probes)) {
        /* It may have gone just now. */
        se__registry_end_probation(registry);
    }
    atomic_store(&registry->serial, serial);
    return SE_OK;
}

static void tell(se_registry *registry, const se__announcement *announcement)
{
    const se_diff *diff = announcement->diff;

    se__announcement_log(announcement, registry);
    se__report_change(registry, diff);
    if (se_diff_is_empty(diff)) {
        return;
    }
    se__reload_changed(registry);
    for (size_t i = 0; i < registry->n_on_change; i++) {
        registry->on_change[i].fn(registry->on_change[i].user, diff);
    }
}

se_err se__registry_change_in_turn(se_registry *registry, se__came came,
                                   const se_topology *before,
                                   const se_topology *topology, se_diff **diff,
                                   se_error *err)
{
    se__announcement announcement = {0};
    se_diff *changes = NULL;
    se_err rc;

    rc = se_diff_compute(before, topology, &changes, err);
    if (rc != SE_OK) {
        return rc;
    }
    if (!se__announcement_init(&announcement, changes, before)) {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for a change");
        goto done;
    }
    rc = swap(registry, came, before, topology, changes, err);
    if (rc != SE_OK) {
        goto done;
    }
    forget_moved(registry, changes);
    tell(registry, &announcement);
    if (diff != NULL) {
        *diff = changes;
        changes = NULL;
    }
done:
    se__announcement_fini(&announcement);
    se_diff_free(changes);
    return rc;
}

static se_err refuse_empty(const se_topology *topology, se_error *err)
{
    return se__fail(err, SE_E_INVALID,
                    "a list without any valid element is not put in force "
                    "(%zu invalid)",
                    se_topology_rejected_count(topology));
}

se_err se__registry_apply(se_registry *registry, const se_topology *topology,
                          se_topology **before, se_diff **diff, se_error *err)
{
    se_topology *known;
    se_err rc;

    if (se_topology_count(topology) == 0) {
        return refuse_empty(topology, err);
    }
    rc = se__registry_take_turn(registry, err);
    if (rc != SE_OK) {
        return rc;
    }
    known = se_registry_topology(registry);
    rc = se__registry_change_in_turn(registry, SE__CAME_BY_HAND, known,
                                     topology, diff, err);
    se__registry_leave_turn(registry);
    if (rc == SE_OK && before != NULL) {
        *before = known;
    } else {
        se_topology_unref(known);
    }
    return rc;
}

se_err se_registry_reload_endpoints(se_registry *registry,
                                    const se_topology *topology, se_diff **diff,
                                    se_error *err)
{
    se_err rc;

    if (registry == NULL || topology == NULL) {
        return se__fail(err, SE_E_INVALID, "there is no list to put in force");
    }
    if (se__registry_forked(registry)) {
        return se__fail(err, SE_E_FORKED, "%s", se_err_text(SE_E_FORKED));
    }
    rc = se__registry_apply(registry, topology, NULL, diff, err);
    if (rc == SE_OK) {
        se__reload_tell(registry, true);
    }
    return rc;
}
