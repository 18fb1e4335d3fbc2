/*
 * What all processes share of an element, in the original's words.
 *
 * Design notes. Of each element there are, as wire-contract 1.4 to 1.6 has
 * them, the hash capacity:{id} with its twelve fields, the word health:{id},
 * and a place in one of two sorted sets. One script writes all of it, or
 * nothing: if what is stored was measured later, or if the lease in whose name
 * it comes is somebody else's by now. `last_poll` is the moment of measuring in
 * Redis' clock; texts of that form sort like the moments that they name, so the
 * original's own values are compared as well. One that lies in the future is
 * no reason to wait for that day: it counts as old. Nothing is deleted but what
 * belongs to an element that was removed.
 *
 * What the original leaves to chance: an element that is down says so in its
 * hash, where readers look, and a mode that changed leaves no trace in the
 * other mode's set.
 */
#ifndef SE_CAPACITY_CACHE_H
#define SE_CAPACITY_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/capacity.h>

#include "element/reply.h"
#include "wire/redis.h"

#define SE__CACHE_PREFIX "capacity:"
#define SE__HEALTH_PREFIX "health:"
#define SE__EDIT_SET "capacity:edit:available"
#define SE__RW_SET "capacity:rw:available"
#define SE__CACHE_KEY_SIZE (sizeof(SE__CACHE_PREFIX) + SE_ID_SIZE)

/* One element's news; all strings are borrowed. */
typedef struct se__cache_write {
    const char *id;
    const char *url;
    int priority;
    int64_t measured_us;             /* Redis' clock */
    int64_t now_us;                  /* likewise */
    se_health health;                /* as it counts, not only as it says */
    const se__capacity_reply *reply; /* NULL: it is down, for this reason: */
    const char *problem;
    se_mode mode; /* of the list, for one that never answered */
} se__cache_write;

/* In whose name, for how long. */
typedef struct se__cache_terms {
    const char *lock_key;
    const char *holder; /* of the lease; NULL: in nobody's name */
    int cache_ttl_s, health_ttl_s;
} se__cache_terms;

/* What the script answers. */
enum {
    SE__CACHE_NOT_HOLDER = -1,
    SE__CACHE_OLDER = 0,
    SE__CACHE_WRITTEN = 1
};

/* Append one command; its reply is one integer as above. */
se_err se__cache_append_write(se__redis *redis, const se__cache_write *write,
                              const se__cache_terms *terms, se_error *err);
/* Likewise; the element was removed. */
se_err se__cache_append_forget(se__redis *redis, const char *id,
                               const se__cache_terms *terms, se_error *err);

/* What a reader finds. */
typedef struct se__cache_entry {
    int64_t total, used, available; /* -1: nobody knows */
    se_health health;
    int64_t measured_us;
} se__cache_entry;

/*
 * Of the reply to HGETALL capacity:{id}. SE_E_NOT_FOUND if there is none,
 * SE_E_PROTOCOL for a hash that says what cannot be.
 */
se_err se__cache_read(const se__redis_reply *reply, se__cache_entry *out,
                      se_error *err);
/* Of GET health:{id}, or NULL: does it call the element unhealthy? */
bool se__cache_is_unhealthy(const char *text);

/* "2026-11-23T15:48:03.860104+00:00" to microseconds since 1970. */
bool se__cache_time(const char *text, int64_t *us);

#endif
