/*
 * registry.h - the storage elements in force, and how they change.
 *
 * A registry asks its sources in order, takes the first list that is good, and
 * puts it in force at once for every reader: a reader sees the old list or the
 * new one, never a mixture, and never waits for a reload.
 */
#ifndef ARTSTORE_REGISTRY_H
#define ARTSTORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/log.h>
#include <artstore/metrics.h>
#include <artstore/source.h>
#include <artstore/topology.h>

SE_BEGIN_DECLS

typedef struct se_registry se_registry;

/* Why a reload happens; the label `reason` of logs and metrics. */
typedef enum se_reload_reason {
    SE_RELOAD_MANUAL = 0,
    SE_RELOAD_INSUFFICIENT_STORAGE = 1, /* an element answered 507 */
    SE_RELOAD_NOT_FOUND = 2,            /* an element answered 404, or stale */
    SE_RELOAD_CONNECTION_ERROR = 3      /* no connection to an element */
} se_reload_reason;

/* Options of a registry; zero means default. */
typedef struct se_registry_options {
    uint32_t size;            /* sizeof(se_registry_options) */
    int fetch_timeout_ms;     /* one source, in all; default 2000 */
    int lazy_min_interval_ms; /* between lazy fetches; default 1000 */
    int lazy_max_interval_ms; /* when nothing changes; default 30000, at
                                 least the one above */
    int source_retry_ms;      /* a failed source is left alone; default 5000 */
    se_log_fn log;            /* NULL: silent */
    void *log_user;           /* handed to log */
    int reload_interval_ms;   /* periodic, once started; default 60000; -1: no
                                 periodic reload */
    bool no_watch;            /* once started, listen to no source */
    const char *state_dir;    /* copied; keeps the last known good list and
                                 what is held back there; NULL: nowhere */
    const char *instance_id;  /* copied; for logs; NULL: "" */
    se_metrics *metrics;      /* keeps a reference; NULL: nobody counts */
    int down_reload_ms;       /* an element down for so long asks for a reload;
                                 default 10000 */
    int push_quiet_ms;        /* messages of a burst wait for so long a silence
                                 before the list is read; default 50 */
    int push_max_ms;          /* but at most so long; default 250 */
    int watch_retry_ms;       /* a lost watch comes back after up to this long,
                                 doubling; default 100 */
    int watch_retry_max_ms;   /* but at most this long; default 10000 */
} se_registry_options;

#define SE_REGISTRY_OPTIONS_INIT                                               \
    {                                                                          \
        sizeof(se_registry_options), 0, 0, 0, 0, 0, 0, 0, false, 0, 0, 0, 0,   \
            0, 0, 0, 0                                                         \
    }

/*
 * Called after a change came into force, by the thread that applied it, with
 * no lock held; one change at a time, in the order in which they came. It may
 * read the registry but not reload it (that ends with SE_E_INVALID) or close
 * it. The next change waits for it: keep it short.
 *
 * @param user  as given to se_registry_on_change()
 * @param diff  returns view, valid during the call
 */
typedef void (*se_change_fn)(void *user, const se_diff *diff);

/*
 * Open a registry. Reads nothing, starts nothing.
 *
 * @param[out] out  returns owned; close with se_registry_close()
 * @param options   copies; NULL for defaults
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_registry_open(se_registry **out,
                               const se_registry_options *options,
                               se_error *err);

/*
 * Add a source behind those added before; at most 16.
 *
 * @param registry  borrows
 * @param source    takes on success
 * @param[out] err  may be NULL
 * @return  SE_E_LIMIT for a seventeenth source
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_registry_add_source(se_registry *registry, se_source *source,
                                     se_error *err);

/*
 * Put a list in force. Unchanged input changes nothing and logs nothing; only
 * what the list says of itself (timestamp, version, capacities) is renewed. The
 * caller decides: no rule of caution stands between this call and the change,
 * except that a list without any valid element is refused.
 *
 * @param registry  borrows
 * @param topology  keeps a reference
 * @param[out] diff  returns owned: added, removed, updated, rejected; may be
 *                   NULL
 * @param[out] err  may be NULL
 * @return  SE_E_INVALID for a list without elements
 *
 * Threads: any. Blocks: never for readers; for another reload. Since: 0.1.
 */
SE_API se_err se_registry_reload_endpoints(se_registry *registry,
                                           const se_topology *topology,
                                           se_diff **diff, se_error *err);

/*
 * Ask the sources now and put what they say in force. Sources are asked in the
 * order in which they were added, until one gives a list that is not empty;
 * one that failed a moment ago (source_retry_ms) is passed over unless all did.
 *
 * A list in which more than a fifth of the elements are invalid is a failure of
 * its source. One that takes away more than half of the elements that take
 * files, or the last one of a mode, is held back: what was in force stays, the
 * call succeeds without a change, and se_registry_get_status() tells. It comes
 * into force when another source says the same, when three fetches in a row
 * over two intervals did, or by se_registry_accept(). An empty list never does
 * but by the latter. Without any list yet the last good one of state_dir is put
 * in force if no source answers.
 *
 * The result is that of a fetch which began after the call. One fetch runs at a
 * time; all calls that come while it does share the next one. With a timeout
 * the fetch runs on a thread of the registry and goes on when the caller has
 * left; without one it may run on the caller's.
 *
 * @param registry    borrows
 * @param reason      why
 * @param timeout_ms  at most this long; 0: as long as the sources take
 * @param[out] diff   returns owned; what this fetch changed; may be NULL
 * @param[out] err    may be NULL; names every source and its failure
 * @return  SE_E_DISCOVERY if no source gave a list (what was in force stays),
 *          SE_E_TIMEOUT, SE_E_CLOSED, SE_E_FORKED
 *
 * Threads: any. Blocks: up to timeout_ms. Since: 0.1.
 */
SE_API se_err se_registry_reload(se_registry *registry, se_reload_reason reason,
                                 int timeout_ms, se_diff **diff, se_error *err);

/*
 * Keep the list current from now on: a periodic reload, and a watch on every
 * source that has one. The first list is read as well. Idempotent; sources that
 * were added later are watched after the next call.
 *
 * @param registry  borrows
 * @param[out] err  may be NULL
 * @return  SE_E_NOMEM or SE_E_SYSTEM if a thread cannot be had, SE_E_CLOSED,
 *          SE_E_FORKED; the call may be repeated
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_registry_start(se_registry *registry, se_error *err);

/*
 * Put the list in force that is held back, on a person's word. With a Redis
 * source and a state directory other processes that hold the same list let it
 * go as well. That may be an empty list, which nothing else puts in force: then
 * nothing can be uploaded until a source gives another one.
 *
 * @param registry    borrows
 * @param[out] diff   returns owned; may be NULL
 * @param[out] err    may be NULL
 * @return  SE_E_NOT_FOUND if nothing is held
 *
 * Threads: any. Blocks: as a reload. Since: 0.1.
 */
SE_API se_err se_registry_accept(se_registry *registry, se_diff **diff,
                                 se_error *err);

/* What is in force and how fresh it is; start from SE_REGISTRY_STATUS_INIT. */
typedef struct se_registry_status {
    uint32_t size;        /* sizeof(se_registry_status) */
    size_t elements;      /* in force; 0: no list yet */
    char source[32];      /* that the list in force came from */
    int64_t confirmed_ms; /* since a source last gave it; -1: never */
    bool last_known_good; /* from disk: no source has answered yet */
    bool held;            /* a list is held back */
    char held_hash[65];   /* its content hash */
    char held_why[160];   /* for people */
    int64_t held_ms;      /* since it was seen first */
    int held_fetches;     /* in a row that agreed */
    size_t watches;       /* sources that push changes now */
    uint64_t reloads;     /* that brought a list */
    uint64_t failures;    /* that brought none */
} se_registry_status;

#define SE_REGISTRY_STATUS_INIT                                                \
    {                                                                          \
        sizeof(se_registry_status), 0, "", 0, false, false, "", "", 0, 0, 0,   \
            0, 0                                                               \
    }

/*
 * Tell how the list stands.
 *
 * @param registry     borrows
 * @param[out] status  filled in up to its size
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_registry_get_status(se_registry *registry,
                                   se_registry_status *status);

/*
 * Give the list in force.
 *
 * @param registry  borrows
 * @return          returns owned, drop with se_topology_unref(); NULL before
 *                  the first list
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_topology *se_registry_topology(se_registry *registry);

/*
 * Be told of every change. At most 8 functions, before threads use the
 * registry.
 *
 * @param registry  borrows
 * @param fn        called at each change
 * @param user      keeps; handed to fn
 * @param[out] err  may be NULL
 * @return  SE_E_LIMIT for a ninth function
 *
 * Threads: one at a time. Blocks: never. Since: 0.1.
 */
SE_API se_err se_registry_on_change(se_registry *registry, se_change_fn fn,
                                    void *user, se_error *err);

/*
 * Close a registry; ends its threads, frees its sources. Handles that use it
 * (selector, uploader) keep what they need and stay valid. In the child of a
 * fork it does nothing: threads and sources are the parent's.
 *
 * @param registry  takes; NULL is a no-op
 *
 * Threads: one at a time. Blocks: until a fetch under way ends. Since: 0.1.
 */
SE_API void se_registry_close(se_registry *registry);

SE_END_DECLS

#endif
