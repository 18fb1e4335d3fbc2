/*
 * What a registry is made of; for lib/registry alone.
 *
 * Design notes. Three things happen to a registry, each with its own rule.
 *
 * Reading: through the hazard pointer, without any lock.
 *
 * Writing (apply.c): one writer at a time has the turn, from the comparison
 * with the list in force to the last on_change function. A turn is a flag, not
 * a mutex: while functions of the program run, no lock is held, and they hear
 * of changes in the order in which these came into force.
 *
 * Fetching (reload.c, ask.c): one fetch at a time. Who asks for one gets a
 * flight that has not begun yet, together with all others who ask until it
 * begins: a fetch that began before the question might have read what was there
 * before.
 */
#ifndef SE_REGISTRY_STATE_H
#define SE_REGISTRY_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/hazard.h"
#include "base/thread.h"
#include "observe/log.h"
#include "registry/lazy.h"
#include "registry/registry.h"
#include "source/chain.h"

#define SE__CHANGE_FNS_MAX 8

#define SE__REASONS 4u

/* One fetch, and those who wait for it. */
typedef struct se__flight {
    atomic_int refs;
    bool done; /* guarded by the reload lock; the rest does not change then */
    bool lazy; /* asked for by se__registry_want() alone */
    se_reload_reason reason; /* of who asked first */
    se_error error;          /* code SE_OK: it brought a list */
    se_topology *before;     /* what was in force, */
    se_topology *after;      /* and what is */
} se__flight;

typedef struct se__reload {
    se__mutex lock; /* everything down to `lazy` */
    se__cond moved;
    se__thread thread; /* "se-reload", started at first need */
    bool closing;
    bool running; /* a fetch, on the thread or on a caller's */
    pthread_t runner;
    se__flight *next; /* asked for by callers who wait, not begun */
    bool wanted;      /* a lazy fetch is asked for, not begun */
    se_reload_reason wanted_reason;
    se__lazy lazy;

    se__mutex listen_lock; /* held while listeners are told */
    se__fetched_listener *listeners;
} se__reload;

struct se_registry {
    atomic_int refs;
    pid_t pid; /* of who opened it */
    int fetch_timeout_ms;
    se__log log;
    _Atomic(const char *) role; /* a constant */
    atomic_bool probes;

    se__hazard snapshots;
    atomic_uint_fast64_t serial;
    se__endpoint_table *endpoints;

    se__mutex turn_lock; /* the turn itself, never a change */
    se__cond turn_free;
    bool writing;
    pthread_t writer;

    struct {
        se_change_fn fn;
        void *user;
    } on_change[SE__CHANGE_FNS_MAX]; /* set before threads use the registry */
    size_t n_on_change;

    se__chain chain;
    se__reload reload;
};

/* snapshot.c: with references to the topology and to every endpoint. */
se__snapshot *se__snapshot_new(const se_topology *topology,
                               se__endpoint_table *endpoints, uint64_t serial);
void se__snapshot_free(void *object);

/*
 * apply.c: put a list in force and tell of it. *before (may be NULL): what was
 * in force, owned, or NULL.
 */
se_err se__registry_apply(se_registry *registry, const se_topology *topology,
                          se_topology **before, se_diff **diff, se_error *err);

/* announce.c: what a change looks like from outside; made before the change,
 * so that memory runs out in time. */
typedef struct se__announcement {
    const se_diff *diff;
    const char **ids; /* of the added, the removed, the updated */
    bool rejected;    /* other elements are invalid than before */
} se__announcement;

bool se__announcement_init(se__announcement *announcement, const se_diff *diff,
                           const se_topology *before);
void se__announcement_fini(se__announcement *announcement);
void se__announcement_log(const se__announcement *announcement,
                          const se__log *log);

/* flight.c: one fetch; run it on one thread at a time. */
void se__flight_init(se__flight *flight, se_reload_reason reason, bool lazy);
void se__flight_fini(se__flight *flight);
void se__flight_unref(se__flight *flight); /* of one that was allocated */
void se__flight_run(se_registry *registry, se__flight *flight);
se__fetched se__flight_brought(const se__flight *flight);
/* What a caller gets of it, once it is done. */
se_err se__flight_result(const se__flight *flight, se_diff **diff,
                         se_error *err);

/*
 * reload.c: one flight at a time. Whoever wanted a list before take-off gets it
 * from this flight; fly without any lock.
 */
void se__reload_take_off_locked(se__reload *reload);
void se__reload_fly(se_registry *registry, se__flight *flight);
se_err se__reload_need_thread_locked(se_registry *registry, se_error *err);
void se__reload_init(se__reload *reload, int64_t min_ms, int64_t max_ms);
/* Ends the thread; who waits gets SE_E_CLOSED. */
void se__reload_close(se_registry *registry);
void se__reload_fini(se__reload *reload);
/* The elements are others than before. */
void se__reload_changed(se_registry *registry);

/* listen.c: a fetch ended. */
void se__reload_tell(se_registry *registry, bool ok);

#endif
