/*
 * monitor.h - knows how much room every storage element has, all the time.
 *
 * Of all processes that share a Redis one holds a lease and asks every element;
 * what it learns lies in Redis, where the others read it. Without Redis every
 * process asks for itself. Two leaders at once do no harm: the newer value
 * wins. Keys, values and times are those of the original, so both can run in
 * one fleet. A registry has one monitor at a time.
 * Source: semantics 3, wire-contract 1.4 to 1.8.
 */
#ifndef ARTSTORE_MONITOR_H
#define ARTSTORE_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/admin.h>
#include <artstore/capacity.h>
#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/log.h>
#include <artstore/metrics.h>
#include <artstore/registry.h>
#include <artstore/source.h>

SE_BEGIN_DECLS

typedef struct se_monitor se_monitor;

/* What this process is to the others. */
typedef enum se_role {
    SE_ROLE_UNKNOWN = 0, /* not started, or Redis does not answer */
    SE_ROLE_LEADER = 1,
    SE_ROLE_FOLLOWER = 2
} se_role;

/* Options; zero means default. Strings and structures are copied. */
typedef struct se_monitor_options {
    uint32_t size;                 /* sizeof(se_monitor_options) */
    const se_redis_options *redis; /* where results are shared; NULL: not */
    se_admin *admin;               /* keeps what it needs; asked for capacities
                                  when Redis fails; NULL: elements are */
    const char *instance_id;       /* default "ingester-" and 8 hex digits */
    const char *lock_key;          /* default "capacity_monitor:leader_lock" */
    int lease_ttl_ms;              /* default 30000 */
    int lease_renewal_ms;          /* default 10000, at most TTL / 3 */
    int poll_base_ms;              /* between polls of an element; 30000 */
    int poll_min_ms;               /* default 10000, at most the base */
    int poll_max_ms;               /* of a stable one; default 300000, at least
                                  the base */
    int suspect_ms;                /* of one that did not answer; 5000, at
                                  most the base */
    int poll_timeout_ms;           /* one answer; default 5000 */
    int parallel;                  /* polls at once; default 32 */
    int cache_ttl_s;               /* default 600 */
    int health_ttl_s;              /* default 600 */
    int failure_threshold;         /* misses until down; default 3 */
    int recovery_threshold;        /* answers until up; default 2 */
    int stability_threshold;       /* polls alike until slower; default 5 */
    int change_threshold_pm;       /* what counts as a change, per mille of the
                                  total; default 50 */
    se_metrics *metrics;           /* keeps a reference; NULL: nobody counts */
    se_log_fn log;                 /* NULL: silent */
    void *log_user;
    const char *ca_file; /* PEM, for elements; default the system's */
    bool https_only;     /* ask no element over plain http */
} se_monitor_options;

#define SE_MONITOR_OPTIONS_INIT                                                \
    {                                                                          \
        sizeof(se_monitor_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  \
            0, 0, 0, 0, 0, 0, 0, 0, false                                      \
    }

/*
 * Name a role: "unknown", "leader", "follower".
 *
 * @param role  any value
 * @return      view of a constant; "?" for a value that is none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_role_name(se_role role);

/*
 * Open a monitor over a registry. Contacts nothing, starts nothing.
 *
 * @param registry  keeps what it needs of it
 * @param options   copies; NULL for defaults
 * @param[out] out  returns owned; close with se_monitor_close()
 * @param[out] err  may be NULL
 * @return  SE_E_INVALID for times that contradict each other, SE_E_CONFIG for
 *          a Redis URL that is not understood
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_monitor_open(se_registry *registry,
                              const se_monitor_options *options,
                              se_monitor **out, se_error *err);

/*
 * Start its thread: take part in the election, poll or read what the leader
 * polled. Idempotent.
 *
 * @param monitor   borrows
 * @param[out] err  may be NULL
 * @return  SE_E_BUSY if another monitor of the same registry is started
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_monitor_start(se_monitor *monitor, se_error *err);

/*
 * Ask one element soon, whatever the role of this process, and share what it
 * says.
 *
 * @param monitor   borrows
 * @param id        borrows
 * @param[out] err  may be NULL
 * @return  SE_E_NOT_FOUND for an id that is not in force, SE_E_CLOSED if it is
 *          not started
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_monitor_poll(se_monitor *monitor, const char *id,
                              se_error *err);

/*
 * Give the role of this process.
 *
 * @param monitor  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_role se_monitor_role(const se_monitor *monitor);

/*
 * Give the name of this process among the others.
 *
 * @param monitor  borrows
 * @return         returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_monitor_instance_id(const se_monitor *monitor);

/*
 * Hand over what is known of every element, in the order of the list.
 *
 * @param monitor   borrows
 * @param fn        called on this thread, once per element
 * @param user      handed to fn
 * @param[out] err  may be NULL
 * @return  SE_E_DISCOVERY without a list
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_monitor_each(se_monitor *monitor, se_capacity_fn fn,
                              void *user, se_error *err);

/*
 * Stop: give the lease back, end the thread. May be started again.
 *
 * @param monitor  borrows
 *
 * Threads: one at a time. Blocks: up to one answer of Redis. Since: 0.1.
 */
SE_API void se_monitor_stop(se_monitor *monitor);

/*
 * Close a monitor: se_monitor_stop(), free.
 *
 * @param monitor  takes; NULL is a no-op
 *
 * Threads: one at a time. Blocks: as stop. Since: 0.1.
 */
SE_API void se_monitor_close(se_monitor *monitor);

SE_END_DECLS

#endif
