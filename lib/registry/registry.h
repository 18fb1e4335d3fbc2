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
    uint64_t serial;          /* of the fetch that brought it, from 1 */
} se__snapshot;

/* Counted: selectors, uploaders and a running reload hold it. */
se_registry *se__registry_ref(se_registry *registry);
void se__registry_unref(se_registry *registry);

/*
 * The snapshot in force, or NULL before the first list. Wait-free; keep it
 * short, and end with se__registry_leave(). Any thread.
 */
const se__snapshot *se__registry_enter(se_registry *registry, int *slot);
void se__registry_leave(se_registry *registry, int slot);

/* Serial of the last fetch that brought a list, changed or not; 0: none. */
uint64_t se__registry_serial(se_registry *registry);

/*
 * Lazy reload: ask for a list newer than `seen`. True: one is in force already,
 * go on at once. False: a fetch is under way or scheduled (single flight, a
 * minimum interval between lazy fetches), and listeners will be told. Never
 * blocks; any thread.
 */
bool se__registry_want(se_registry *registry, se_reload_reason reason,
                       uint64_t seen);
/* When the next lazy fetch may start, monotonic ms (now or past: at once). */
int64_t se__registry_next_fetch_ms(se_registry *registry);

/* Told after every fetch that ended, good or bad; on the fetching thread. */
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

/* Has the process forked since the registry was opened? */
bool se__registry_forked(const se_registry *registry);

#endif
