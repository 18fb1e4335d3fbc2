/*
 * The inside of a monitor; for lib/capacity.
 *
 * Design notes. Two threads, so that neither waits for what the other waits
 * for. "se-poll" is a loop: the roster with its timers and its questions to the
 * elements. "se-monitor" does whatever may block on Redis, one thing after the
 * other: the lease, what the loop learnt (a list behind the lock), what others
 * wrote. It holds one connection, gives every command a deadline, and replaces
 * a connection that failed.
 *
 * A turn of that thread: give the lease up if it is not confirmed any more; ask
 * for it when that is due; write news; read the cache as a follower; decide
 * whether this process polls. It polls as the leader, and without Redis: at
 * once if there never was one, else after as long as a lease lasts, so that a
 * hiccup does not make a whole fleet ask everybody. Until then what is known is
 * hardly older than usual. Where there is an Admin Module it is asked instead,
 * and the elements only for what it does not know, or if it is silent too.
 *
 * What was measured is written in the name of the lease: Redis itself refuses
 * it when that has another holder by then. Only an element that was asked for
 * another reason, a 507 or a person's wish, is written in nobody's name, by any
 * process; there the newer measurement wins.
 */
#ifndef SE_CAPACITY_MONITOR_H
#define SE_CAPACITY_MONITOR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include <artstore/monitor.h>

#include "admin/admin.h"
#include "base/thread.h"
#include "capacity/cache.h"
#include "capacity/follower.h"
#include "capacity/lease.h"
#include "capacity/news.h"
#include "capacity/redis_time.h"
#include "capacity/roster.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "registry/registry.h"
#include "source/redis_url.h"
#include "wire/redis.h"

#define SE__INSTANCE_SIZE 64

struct se_monitor {
    pid_t pid; /* of who opened it */
    se_registry *registry;
    se_monitor_options options; /* strings are owned; redis, admin are not */
    char instance_id[SE__INSTANCE_SIZE];
    bool has_redis;
    se__redis_url url;
    char *password, *redis_ca_file;
    se_admin *admin; /* reference; NULL: none */
    se_metrics *metrics;
    se__log log;
    int call_ms; /* one answer of Redis */

    atomic_int role;                 /* as of the last turn */
    atomic_int_fast64_t leads_until; /* monotonic ms; beyond it does not */

    se__mutex life; /* start and stop, one at a time; for: */
    bool started;
    se__fetched_listener fetched;
    se__roster roster;
    se__thread thread;

    se__mutex lock; /* for: */
    se__cond wake;
    bool stopping;
    se__news_list news;
    int64_t news_since_ms; /* when the first of it came */

    /* thread only */
    se__redis *redis;
    se__redis_time time;
    se__lease lease;
    bool sweep_due;       /* leads, and has not swept yet */
    bool told_refused;    /* that Redis runs no script: said so */
    int64_t heard_ms;     /* the last answer about the lease; 0: never */
    int64_t next_read_ms; /* of the cache */
    se__follower follower;
    size_t admin_at;            /* the element that the Admin is asked next */
    int64_t admin_next_ms;      /* when, or when all over again */
    int64_t admin_silent_until; /* it did not answer */
};

/* monitor_options.c */
se_err se__monitor_options_copy(se_monitor *monitor,
                                const se_monitor_options *from, se_error *err);
void se__monitor_options_fini(se_monitor *monitor);

/* monitor_thread.c */
void se__monitor_run(void *argument);

/* election.c: ask for the lease, or for more of it. */
void se__monitor_elect(se_monitor *monitor);
/* It holds it no longer than its own clock allows. */
void se__monitor_tick(se_monitor *monitor);
void se__monitor_resign(se_monitor *monitor);
/* Redis did not answer: what was asked is forgotten. */
void se__monitor_redis_failed(se_monitor *monitor, const se_error *why);

/* share.c: write down what is new. */
void se__monitor_share(se_monitor *monitor);
/* sweep.c: once per lease, what is not in the list leaves the sets. */
void se__monitor_sweep(se_monitor *monitor);
/* follow.c: read what others wrote. */
void se__monitor_follow(se_monitor *monitor);

/*
 * fallback.c: Redis is away; what does the Admin Module say? A few elements,
 * then other things have their turn. What it does not know is asked itself.
 */
void se__monitor_fall_back(se_monitor *monitor);
/* There is one, and it answered last time. */
bool se__monitor_has_admin(const se_monitor *monitor, int64_t now);

/* gauges.c: the collector. */
void se__monitor_collect(void *user, se_metrics *metrics);
/* The element is gone: its series go. */
void se__monitor_forget_series(se_monitor *monitor, const char *id);

#endif
