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
 *
 * A list from a source, fetched or pushed, is offered (offer.c): compared,
 * judged and put in force within one turn. A pushed one does not wait for a
 * fetch under way; that one finds out when it ends that it was overtaken.
 *
 * Holding (hold.c): a suspicious list is not put in force but kept aside, with
 * what is known of it, under the hold lock, which nothing is called with.
 *
 * Locks: none is held while a source, a listener's owner or a function of the
 * program is called, save listen_lock, which is for that. The reload lock may
 * be taken with an endpoint table's lock or the listen lock held, and takes
 * none itself.
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
#include "observe/metrics.h"
#include "registry/debounce.h"
#include "registry/guard.h"
#include "registry/keep.h"
#include "registry/lazy.h"
#include "registry/outage.h"
#include "registry/periodic.h"
#include "registry/registry.h"
#include "source/chain.h"
#include "source/watch.h"

#define SE__CHANGE_FNS_MAX 8

#define SE__REASONS 4u

/* What makes the reload thread fetch, the most urgent first. */
typedef enum se__cause {
    SE__CAUSE_ASKED, /* se_registry_reload(), somebody waits */
    SE__CAUSE_PUSH,  /* a source says that something changed */
    SE__CAUSE_FIRST, /* there is no list yet */
    SE__CAUSE_LAZY,  /* se__registry_want() */
    SE__CAUSE_PERIODIC,
    SE__CAUSES
} se__cause;

/* One fetch, and those who wait for it. */
typedef struct se__flight {
    atomic_int refs;
    bool done; /* guarded by the reload lock; the rest does not change then */
    se__cause cause;
    se_reload_reason reason; /* of who asked first */
    char se_id[SE_ID_SIZE];  /* the element that made it ask; "": none did */
    int status_code;         /* and how it answered; 0: it did not */
    uint64_t began;          /* serial in force when it began */
    se_error error;          /* code SE_OK: it brought a list */
    se__search search;       /* how it went */
    bool from_disk;          /* no source had a list: the last good one */
    char source[32];         /* whose list is held back; "": none is */
    se_topology *before;     /* what was in force, */
    se_topology *after;      /* and what is */
} se__flight;

/* A source that tells of changes, on its thread "se-watch". */
typedef struct se__watcher {
    struct se_watch watch; /* first: found by its address */
    se_registry *registry;
    se_source *source;
    se__thread thread;
    atomic_bool ready;
    unsigned failures;  /* in a row; belongs to the thread */
    se_err failed_with; /* the last of them */
} se__watcher;

typedef struct se__reload {
    se__mutex lock; /* everything down to `stop_fd` */
    se__cond moved;
    se__thread thread; /* "se-reload", started at first need */
    bool closing;
    bool running; /* a fetch, on the thread or on a caller's */
    pthread_t runner;
    se__flight *next; /* asked for by callers who wait, not begun */
    bool wanted;      /* a lazy fetch is asked for, not begun */
    se_reload_reason wanted_reason;
    char wanted_se_id[SE_ID_SIZE];
    int wanted_status;
    se__lazy lazy;
    bool no_watch; /* constant */
    bool started;  /* by se_registry_start() */
    bool first;    /* the first list is to be fetched */
    bool save;     /* a good list is to be kept on disk */
    se__debounce push;
    se__periodic periodic;
    se__outage outage;
    se__watcher *watchers[SE__CHAIN_MAX]; /* by source; NULL: none */
    size_t n_watchers;                    /* sources that were looked at */
    int stop_fd; /* eventfd: readable once it closes; -1: none */

    se__mutex listen_lock; /* held while listeners are told */
    se__fetched_listener *listeners;
} se__reload;

struct se_registry {
    atomic_int refs;
    pid_t pid; /* of who opened it */
    int fetch_timeout_ms;
    se__log log;
    se_metrics *metrics;
    char *instance_id;
    int watch_retry_ms, watch_retry_max_ms;
    _Atomic(const char *) role; /* a constant */
    atomic_bool probes;

    atomic_uint_fast64_t reloads, failures;
    atomic_uint_fast64_t pushed; /* serial of the latest list pushed */

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

    se__keep keep;
    se__mutex hold_lock; /* down to `resume` */
    se__guard guard;
    se_topology *held;           /* what the guard holds; NULL: nothing */
    se_topology *unsaved;        /* good, and not on disk yet */
    se__keep_held resume;        /* what was held when the process began */
    bool resumable;              /* resume was read, and says something */
    atomic_int_fast64_t warn_ms; /* of what is held; SE__NEVER: nothing is */
    se__mutex save_lock;         /* who writes the list */
    char saved[65];              /* its hash; "": not known */
    bool looked;                 /* at what is on disk */
};

/* snapshot.c: with references to the topology and to every endpoint; those of
 * `before` (may be NULL) if it is of the same list. */
se__snapshot *se__snapshot_new(const se_topology *topology,
                               const se__snapshot *before,
                               se__endpoint_table *endpoints, uint64_t serial);
void se__snapshot_free(void *object);

/* registry.c: nobody asks those in force any more. */
void se__registry_end_probation(se_registry *registry);

/*
 * apply.c: put a list in force and tell of it. A writer takes its turn first;
 * SE_E_INVALID within one's own turn. *before (may be NULL): what was in force,
 * owned, or NULL.
 */
se_err se__registry_take_turn(se_registry *registry, se_error *err);
void se__registry_leave_turn(se_registry *registry);
/* Is this thread within its own turn, in a function that is being told? */
bool se__registry_has_turn(se_registry *registry);
typedef enum se__came {
    SE__CAME_BY_HAND,
    SE__CAME_FROM_SOURCE,
    SE__CAME_FROM_DISK
} se__came;
se_err se__registry_change_in_turn(se_registry *registry, se__came came,
                                   const se_topology *before,
                                   const se_topology *topology, se_diff **diff,
                                   se_error *err);
/* Of the list in force: false, 0 if there is none. */
bool se__registry_is_from_disk(se_registry *registry);
int64_t se__registry_confirmed_ms(se_registry *registry);
se_err se__registry_apply(se_registry *registry, const se_topology *topology,
                          se_topology **before, se_diff **diff, se_error *err);

/* offer.c: a list from a source. */
typedef struct se__offer {
    bool pushed;
    bool confirmed; /* not to be judged any more */
    uint64_t began; /* serial in force when it was asked for */
    se_diff **diff; /* returned owned if it was taken; may be NULL */
    /* What came of it; owned. */
    se_topology *before; /* if it was taken: what was in force, or NULL, */
    se_topology *after;  /* and what is */
    se_topology *held;   /* the first that is suspicious */
    char why[SE__GUARD_WHY_SIZE];
} se__offer;

void se__offer_fini(se__offer *offer);
/* Takes the list. With a list held already: does this one say the same? */
se__tasted se__registry_offer(se_registry *registry, se__offer *offer,
                              se_topology *topology, se_error *err);
/* The last good list, if nothing is in force; *after is what is in force. */
se_err se__registry_offer_last(se_registry *registry, se_topology **after,
                               se_error *err);

/* hold.c */
void se__hold_init(se_registry *registry, int64_t interval_ms);
void se__hold_fini(se_registry *registry);
/* What did the process before us hold? Before the first list. */
void se__hold_resume(se_registry *registry);
/* Did it hold this list, and why? */
bool se__hold_is_resumed(se_registry *registry, const se_topology *topology,
                         char why[SE__GUARD_WHY_SIZE]);
/* Keep a suspicious list aside, and say so. */
void se__hold_note(se_registry *registry, const se__offer *offer);
/* Has it been confirmed, by repetition or by a person? Only in a flight. */
bool se__hold_is_released(se_registry *registry, const se_topology *held);
/* Another list came into force, or the held one. */
void se__hold_drop(se_registry *registry, const se_topology *in_force);
/* Owned; NULL: nothing is held. */
se_topology *se__hold_get(se_registry *registry);
void se__hold_warn(se_registry *registry);

/* save.c: the last good list; in a turn, and when there is time for a disk. */
void se__save_later(se_registry *registry, const se_topology *good);
void se__save_now(se_registry *registry);
/* Which sources a list is of, the same name in every process: another set has
 * another list. False: no memory for it. */
bool se__save_sources(se_registry *registry, char name[SE__KEEP_SOURCES_SIZE]);
/* Owned; NULL: there is none of these sources. */
se_topology *se__save_last(se_registry *registry);

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
                          const se_registry *registry);

/* flight.c: one fetch; run it on one thread at a time. */
void se__flight_init(se__flight *flight, se_reload_reason reason,
                     se__cause cause);
void se__flight_fini(se__flight *flight);
void se__flight_unref(se__flight *flight); /* of one that was allocated */
void se__flight_run(se_registry *registry, se__flight *flight);
se__fetched se__flight_brought(const se__flight *flight);
/* What a caller gets of it, once it is done. */
se_err se__flight_result(const se__flight *flight, se_diff **diff,
                         se_error *err);

/* report.c: what is logged and counted. */
void se__report_begin(const se_registry *registry, const se__flight *flight);
void se__report_end(se_registry *registry, const se__flight *flight,
                    int64_t took_us);
void se__report_pushed(se_registry *registry, const se__offer *offer,
                       int64_t took_us);
void se__report_change(const se_registry *registry, const se_diff *diff);
/* Before metrics are read (se__collect_fn). */
void se__report_age(void *user, se_metrics *metrics);

/*
 * reload.c: one flight at a time. Whoever wanted a list before take-off gets it
 * from this flight; fly without any lock.
 */
void se__reload_take_off_locked(se__reload *reload);
void se__reload_fly(se_registry *registry, se__flight *flight);
/* live.c: what ends a fetch of a source that can be told to. */
se_err se__reload_need_stop_locked(se_registry *registry, se_error *err);
se_err se__reload_need_thread_locked(se_registry *registry, se_error *err);
void se__reload_init(se__reload *reload, const se_registry_options *options);
/* Ends the thread; who waits gets SE_E_CLOSED. */
void se__reload_close(se_registry *registry);
void se__reload_fini(se__reload *reload);
/* The elements are others than before. */
void se__reload_changed(se_registry *registry);

/* A message: fetch when its time has come; or fetch at once. */
void se__reload_message(se_registry *registry);
void se__reload_hurry(se_registry *registry);
/* Something is to be saved, by the thread. */
void se__reload_save(se_registry *registry);

/* live.c: an element was found to be down (se__down_fn). */
void se__reload_element_down(void *user, int64_t now);
/* Have elements been down for long enough? Without any lock. */
void se__reload_look_at_outages(se_registry *registry);

/* watch.c: a thread per source that watches. */
se_err se__watchers_start_locked(se_registry *registry, se_error *err);
/* They see stop_fd. */
void se__watchers_join(se_registry *registry);
size_t se__watchers_ready(se_registry *registry);

/* listen.c: a fetch ended. */
void se__reload_tell(se_registry *registry, bool ok);

#endif
