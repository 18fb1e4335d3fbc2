/*
 * endpoint.h - what changes all the time about a storage element, beside the
 * topology.
 *
 * Design notes. There is one counted endpoint per id. Topology elements, picks
 * and jobs hold it; the table of ids holds it weakly, so an id that returns
 * while somebody still holds it gets the same object, and its reservations are
 * not forgotten. Fields are atomics: selection reads them without a lock, and
 * each is meaningful alone.
 *
 * Room: available (last figure) - landed - reserved. `reserved` is bytes of
 * uploads in flight; when one ends STORED or UNKNOWN they move to `landed`,
 * which counts what a figure cannot know yet. `landed_total` only grows; a
 * measurement notes it when it begins and, when it arrives, makes that note the
 * new base: what landed while the measurement was under way stays counted.
 */
#ifndef SE_TOPOLOGY_ENDPOINT_H
#define SE_TOPOLOGY_ENDPOINT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <artstore/capacity.h>
#include <artstore/error.h>

#include "base/thread.h"

typedef struct se__endpoint_table se__endpoint_table;

typedef struct se__endpoint {
    atomic_int refs;
    se__endpoint_table *table;
    struct se__endpoint *next; /* in the table's bucket */
    char id[SE_ID_SIZE];

    /* room */
    atomic_int_fast64_t total, used, available; /* bytes; -1: unknown */
    atomic_int_fast64_t reserved;
    atomic_int_fast64_t landed_total, landed_base;
    atomic_int_fast64_t list_landed; /* landed_total at the list before */
    atomic_int_fast64_t measured_ms; /* when the figure's measurement began;
                                        0: never */
    atomic_int origin;               /* se_origin of the figure */
    atomic_int health;               /* se_health */
    atomic_int answers; /* capacity questions in a row: > 0 answered, < 0 not */
    atomic_int in_flight;            /* uploads */

    /* what keeps files away, each until a monotonic time; 0: not */
    atomic_int_fast64_t full_until_ms;
    atomic_int_fast64_t full_bytes;    /* files of this size or larger */
    atomic_int_fast64_t full_since_ms; /* the 507; cleared by a later poll */
    atomic_int full_step;              /* doublings so far */
    atomic_int_fast64_t set_aside_until_ms; /* 429, 503: Retry-After */
    atomic_int_fast64_t ejected_until_ms;
    atomic_int ejections; /* how often in a row: 30 s x n */
    atomic_int faults;    /* in a row */
    atomic_bool probation;

    /* learnt about its HTTP */
    atomic_bool expect_ignored;   /* never answers 100 Continue */
    atomic_bool probing;          /* one capacity question at a time */
    atomic_int_fast64_t asked_ms; /* when the last one began; 0: never */
    atomic_int_fast64_t probe_failed_ms;
} se__endpoint;

/* A figure of room, measured from `began` on. */
typedef struct se__figure {
    int64_t total, used, available; /* -1: unknown */
    se_health health;
    se_origin origin;
    int64_t began_ms;
    int64_t landed_mark; /* se__endpoint_mark() when it began */
} se__figure;

se__endpoint_table *se__endpoint_table_new(void); /* NULL: out of memory */
se__endpoint_table *se__endpoint_table_ref(se__endpoint_table *table);
void se__endpoint_table_unref(se__endpoint_table *table);
/* The endpoint of an id, made if there is none; NULL: out of memory. */
se__endpoint *se__endpoint_get(se__endpoint_table *table, const char *id);
se__endpoint *se__endpoint_ref(se__endpoint *endpoint);
void se__endpoint_unref(se__endpoint *endpoint);

/* Room for a file, INT64_MAX if unknown; may be negative. */
int64_t se__endpoint_room(const se__endpoint *endpoint);
/* Reserve bytes if room >= bytes + headroom (compare-and-swap). */
bool se__endpoint_reserve(se__endpoint *endpoint, int64_t bytes,
                          int64_t headroom);
/* More bytes for an upload of unknown size, without asking for room. */
void se__endpoint_reserve_more(se__endpoint *endpoint, int64_t bytes);
/* The upload ended: landed (STORED, UNKNOWN) or freed (REJECTED). */
void se__endpoint_release(se__endpoint *endpoint, int64_t bytes, bool landed);

int64_t se__endpoint_mark(const se__endpoint *endpoint);
/* Older figures than the one in use are ignored. */
void se__endpoint_measured(se__endpoint *endpoint, const se__figure *figure);
/* What the list says; counts only until the element was asked itself. */
void se__endpoint_listed(se__endpoint *endpoint, int64_t capacity, int64_t used,
                         int64_t now_ms);

/* Policies of semantics 4; `now` is monotonic ms. */
void se__endpoint_mark_full(se__endpoint *endpoint, int64_t bytes, int64_t now);
bool se__endpoint_is_full(const se__endpoint *endpoint, int64_t bytes,
                          int64_t now);
void se__endpoint_set_aside(se__endpoint *endpoint, int64_t until_ms);
void se__endpoint_fault(se__endpoint *endpoint, int64_t now, uint64_t random);
void se__endpoint_success(se__endpoint *endpoint);
bool se__endpoint_is_ejected(const se__endpoint *endpoint, int64_t now);

#endif
