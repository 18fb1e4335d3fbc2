/*
 * capacity.h - how much room each storage element has, as it says itself.
 *
 * Source: wire-contract 3.3.
 */
#ifndef ARTSTORE_CAPACITY_H
#define ARTSTORE_CAPACITY_H

#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/topology.h>
#include <artstore/uploader.h>

SE_BEGIN_DECLS

/* How an element feels. */
typedef enum se_health {
    SE_HEALTH_UNKNOWN = 0, /* not asked, or no answer understood */
    SE_HEALTH_HEALTHY = 1,
    SE_HEALTH_DEGRADED = 2,
    SE_HEALTH_UNHEALTHY = 3 /* says so itself, or does not answer */
} se_health;

/* Where a figure comes from. */
typedef enum se_origin {
    SE_ORIGIN_NONE = 0, /* there is no figure */
    SE_ORIGIN_LIST = 1, /* the list of storage elements */
    SE_ORIGIN_POLL = 2, /* the element itself */
    SE_ORIGIN_CACHE = 3,
    SE_ORIGIN_ADMIN = 4
} se_origin;

/* One element's figures; a view, valid during the call. -1: not known. */
typedef struct se_capacity {
    uint32_t size; /* sizeof(se_capacity) of the library */
    const char *id;
    se_mode mode;
    int64_t total_bytes;
    int64_t used_bytes;
    int64_t available_bytes;
    double percent_used; /* 0 to 100 */
    se_health health;
    se_origin origin;
    int64_t age_ms;    /* since it was measured; -1: not known */
    const char *error; /* why the element could not be asked, else "" */
} se_capacity;

/* Called once per element, in the order of the list. */
typedef void (*se_capacity_fn)(void *user, const se_capacity *capacity);

/*
 * Name a state of health: "unknown", "healthy", "degraded", "unhealthy".
 *
 * @param health  any value
 * @return        view of a constant; "?" for a value that is none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_health_name(se_health health);

/*
 * Name an origin: "none", "list", "poll", "cache", "admin".
 *
 * @param origin  any value
 * @return        view of a constant; "?" for a value that is none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_origin_name(se_origin origin);

/*
 * Ask every element of the list for its capacity, 64 at a time, and hand over
 * what is known of each afterwards. What was learnt is used by the next pick.
 *
 * @param uploader    borrows
 * @param timeout_ms  for each element; 0: the uploader's probe timeout
 * @param fn          called on this thread, once per element
 * @param user        handed to fn
 * @param[out] err    may be NULL
 * @return  SE_E_DISCOVERY without a list; an element that does not answer is
 *          no error
 *
 * Threads: any but callbacks. Blocks: up to timeout_ms for every 64 elements.
 * Since: 0.1.
 */
SE_API se_err se_capacity_poll(se_uploader *uploader, int timeout_ms,
                               se_capacity_fn fn, void *user, se_error *err);

SE_END_DECLS

#endif
