/*
 * The inside of a registry; for lib/registry, lib/selector and lib/uploader.
 */
#ifndef SE_REGISTRY_REGISTRY_H
#define SE_REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/registry.h>

#include "topology/endpoint.h"
#include "topology/topology.h"

/* What readers see: a topology and its endpoints, immutable. */
typedef struct se__snapshot {
    se_topology *topology;
    se__endpoint **endpoints; /* of topology->elements, same order */
    uint64_t serial;          /* counts the lists that came, from 1 */
    int64_t confirmed_ms;     /* by a source, monotonic; 0: never */
    bool from_disk;           /* no source had a list: the last good one */
} se__snapshot;

/* Counted: selectors, uploaders and a running reload hold it. */
se_registry *se__registry_ref(se_registry *registry);
void se__registry_unref(se_registry *registry);

/*
 * The snapshot in force, or NULL before the first list (there is nothing to
 * leave then). Wait-free; keep it short, and end with se__registry_leave(). Any
 * thread.
 */
const se__snapshot *se__registry_enter(se_registry *registry, int *slot);
void se__registry_leave(se_registry *registry, int slot);

/*
 * Serial of the list in force; 0: none. It grows with every list that comes, by
 * a fetch or by hand, changed or not: what a pick saw before that is older.
 */
uint64_t se__registry_serial(se_registry *registry);

/*
 * Lazy reload: ask for a list newer than `seen`. True: go on at once, one is in
 * force already, or none will come (no source, closed, forked). False: a fetch
 * is under way or scheduled (single flight, a minimum interval between lazy
 * fetches), and listeners will be told. What is wanted while a fetch runs is
 * one more fetch, as soon as the interval allows, however many want it. Never
 * blocks; any thread.
 */
bool se__registry_want(se_registry *registry, se_reload_reason reason,
                       uint64_t seen);
/* Likewise, for what an element answered (0: it did not); se_id may be NULL.
 * Of all that want one fetch the first is named in the log. */
bool se__registry_want_after(se_registry *registry, se_reload_reason reason,
                             uint64_t seen, const char *se_id, int status_code);
/*
 * When the next fetch that is wanted may start, monotonic ms: now or past if at
 * once or one is under way, SE__NEVER if none will come.
 */
int64_t se__registry_next_fetch_ms(se_registry *registry);

/*
 * Told after every fetch that ended, good or bad, after a list that was put in
 * force by hand, and at last when the registry closes; by the thread that did
 * it. Keep it short; it must not listen, unlisten or reload.
 */
typedef void (*se__fetched_fn)(void *user, uint64_t serial, bool ok);
typedef struct se__fetched_listener {
    struct se__fetched_listener *next;
    se__fetched_fn fn;
    void *user;
} se__fetched_listener;
void se__registry_listen(se_registry *registry, se__fetched_listener *listener);
/* After it returns the listener is not called any more. */
void se__registry_unlisten(se_registry *registry,
                           se__fetched_listener *listener);

/* The endpoints of all lists; view. */
se__endpoint_table *se__registry_endpoints(se_registry *registry);

/*
 * What the monitor makes known: its role ("leader", "follower", a constant),
 * for logs, and whether it asks new elements how they are. With a prober an
 * element that comes after the first list is on probation until it answers, or
 * until there is no prober any more. set_prober answers what was before.
 */
void se__registry_set_role(se_registry *registry, const char *role);
const char *se__registry_role(const se_registry *registry); /* "": none */
bool se__registry_set_prober(se_registry *registry, bool probes);
bool se__registry_has_prober(const se_registry *registry);

/* As a label and in logs: "not_found"; a constant. */
const char *se__reload_reason_name(se_reload_reason reason);

/* Has the process forked since the registry was opened? */
bool se__registry_forked(const se_registry *registry);

#endif
