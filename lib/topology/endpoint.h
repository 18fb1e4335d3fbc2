/*
 * endpoint.h - what changes all the time about a storage element, beside the
 * topology.
 *
 * Design notes. There is one counted endpoint per id. Topology elements, picks
 * and jobs hold it; the table of ids holds it weakly, so an id that returns
 * while somebody still holds it gets the same object, and its reservations are
 * not forgotten. Fields are atomics: selection reads them and reserves without
 * a lock. Who writes several that belong together (a figure, a mark) takes the
 * table's lock, so that two writers never leave a mixture of theirs.
 *
 * Room: available (last figure) - landed - reserved. `reserved` is bytes of
 * uploads in flight; when one ends STORED or UNKNOWN they move to `landed`,
 * which counts what a figure cannot know yet. `landed_total` only grows; a
 * measurement notes it when it begins and, when it arrives, makes that note the
 * new base: what landed while the measurement was under way stays counted. A
 * figure is written before its base and read after it: who reads a mixture sees
 * less room than there is, never more. `taken` is landed_total + reserved in
 * one word, the only one that reserving compares and swaps: `reserved` may be
 * the same again although something landed in between, and then the room is
 * not. Landing leaves `taken` as it is.
 *
 * Health: an element that has answered once is down after three questions in a
 * row without an answer, one that never has after the first; it is up again
 * after two answers. What is down keeps files away only while that is news
 * (se__endpoint_is_down), so that without a monitor the next pick asks again.
 * The numbers are the table's, for a monitor to set.
 *
 * Whoever asks an element leaves the answer here; a monitor listens at the
 * table, so that an answer that an upload got reaches the others as well.
 */
#ifndef SE_TOPOLOGY_ENDPOINT_H
#define SE_TOPOLOGY_ENDPOINT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/capacity.h>
#include <artstore/error.h>

#include "base/thread.h"

typedef struct se__endpoint_table se__endpoint_table;

/* When an element is down, and for how long that counts; 0: default. */
typedef struct se__health_rules {
    int failures;   /* questions without an answer, in a row; 3 */
    int recoveries; /* answers in a row; 2 */
    int news_ms;    /* nobody asks again before; 10000 */
} se__health_rules;

typedef struct se__endpoint {
    /* What each upload changes lies together, and apart from what all read. */
    atomic_int refs;
    atomic_int in_flight; /* uploads */
    atomic_int_fast64_t taken;
    atomic_int_fast64_t reserved; /* what others may look at */
    atomic_int_fast64_t landed_total, landed_base;
    atomic_uint_fast64_t turn; /* when it was last chosen in turn */

    se__endpoint_table *table;
    struct se__endpoint *next; /* in the table's bucket */
    char id[SE_ID_SIZE];

    /* room */
    atomic_int_fast64_t total, used, available; /* bytes; -1: unknown */
    atomic_int_fast64_t list_landed;  /* landed_total at the list before */
    int64_t list_capacity, list_used; /* what that list said; table's lock */
    int64_t list_news_ms;             /* since when; 0: it is in use */
    int64_t list_news_landed;         /* landed_total at the list before that */
    atomic_int_fast64_t measured_ms;  /* when the figure's measurement began;
                                         0: not known */
    atomic_int origin;                /* se_origin of the figure */

    /* health */
    atomic_int health;             /* se_health */
    atomic_int_fast64_t health_ms; /* when it was last found unhealthy */
    atomic_int misses;             /* questions without an answer, in a row */
    atomic_int answers;            /* while it is unhealthy, in a row */
    atomic_bool known;             /* has answered once */
    atomic_int_fast64_t down_since_ms; /* unhealthy since; 0: is not */
    atomic_bool down_told; /* of this outage a reload has been asked for */

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

    char *problem; /* why nothing newer is known, for people; NULL: none;
                      table's lock */

    /* learnt about its HTTP */
    atomic_bool expect_ignored;   /* never answers 100 Continue */
    atomic_bool info_only;        /* has /api/v1/info instead of capacity */
    atomic_bool probing;          /* one capacity question at a time */
    atomic_int_fast64_t asked_ms; /* when the last one began; 0: never */
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
/*
 * Be told when an element is found unhealthy that was not before, by the thread
 * that found it. Set once, before the table is shared; who finds such things
 * keeps `user` alive.
 */
typedef void (*se__down_fn)(void *user, int64_t now);
void se__endpoint_table_on_down(se__endpoint_table *table, se__down_fn fn,
                                void *user);
/* For endpoint*.c. */
void se__endpoint_table_tell_down(const se__endpoint_table *table, int64_t now);
/* For who writes several fields that belong together. */
void se__endpoint_table_lock(se__endpoint_table *table);
void se__endpoint_table_unlock(se__endpoint_table *table);
void se__endpoint_table_set_rules(se__endpoint_table *table,
                                  const se__health_rules *rules);
se__health_rules se__endpoint_rules(const se__endpoint *endpoint);
/*
 * One may listen to the questions that ended with a figure; on the thread that
 * asked. NULL: nobody; after it returns the listener before is not called any
 * more.
 */
struct se__probe;
typedef void (*se__probed_fn)(void *user, const struct se__probe *probe);
void se__endpoint_table_listen(se__endpoint_table *table, se__probed_fn fn,
                               void *user);
void se__endpoint_table_tell(se__endpoint_table *table,
                             const struct se__probe *probe);
/* The endpoint of an id, made if there is none; NULL: out of memory. */
se__endpoint *se__endpoint_get(se__endpoint_table *table, const char *id);
se__endpoint *se__endpoint_ref(se__endpoint *endpoint);
void se__endpoint_unref(se__endpoint *endpoint);

/* Room for a file, INT64_MAX if unknown; may be negative. */
int64_t se__endpoint_room(const se__endpoint *endpoint);
/* Room for a file of this size; of unknown size (bytes < 1): any room. */
bool se__endpoint_fits(const se__endpoint *endpoint, int64_t bytes,
                       int64_t headroom);
/*
 * Could it? False: se__endpoint_fits() is false too. One look, for who goes
 * through many: nobody has more room than its figure says. `needed`: the file
 * and the headroom.
 */
static inline bool se__endpoint_may_fit(const se__endpoint *endpoint,
                                        int64_t needed)
{
    int64_t available = atomic_load(&endpoint->available);

    return available < 0 || available >= needed;
}
/* What a file needs, saturating; of unknown size one byte. */
int64_t se__room_needed(int64_t bytes, int64_t headroom);
/* Begin an upload: reserve its bytes if they fit, none if bytes < 1. */
bool se__endpoint_reserve(se__endpoint *endpoint, int64_t bytes,
                          int64_t headroom);
/* More bytes for an upload of unknown size, if they fit. */
bool se__endpoint_reserve_fitting(se__endpoint *endpoint, int64_t bytes,
                                  int64_t headroom);
/* The same without asking for room. */
void se__endpoint_reserve_more(se__endpoint *endpoint, int64_t bytes);
/* The upload ended: landed (STORED, UNKNOWN) or freed (REJECTED). */
void se__endpoint_release(se__endpoint *endpoint, int64_t bytes, bool landed);

/*
 * Choosing in turn: who wants the endpoint that waits longest (lowest `turn`)
 * takes its turn. False: another took it since `seen` was read; look again.
 */
bool se__endpoint_take_turn(se__endpoint *endpoint, uint64_t seen);

int64_t se__endpoint_mark(const se__endpoint *endpoint);
/*
 * A figure that began before the one in use is ignored, unless that came from
 * the list. Clears a mark of being full that is older than the measurement, if
 * the figure shows room for what was refused. Its health is an answer.
 */
void se__endpoint_measured(se__endpoint *endpoint, const se__figure *figure);
/* Likewise, but not asked by us: its health is left out. False: ignored. */
bool se__endpoint_figure(se__endpoint *endpoint, const se__figure *figure);
/*
 * What the list says each time it is fetched; nothing (-1) leaves all as it is.
 * It counts until the element was asked itself; after that only if it is news,
 * that is differs from what the list said when the element was asked, and that
 * is a minute ago. News was measured after the list before it: it knows what
 * had landed by then.
 */
void se__endpoint_listed(se__endpoint *endpoint, int64_t capacity, int64_t used,
                         int64_t now_ms);
/* What the Admin Module says when asked for it, which is what it would list. */
void se__endpoint_described(se__endpoint *endpoint, int64_t capacity,
                            int64_t used, int64_t now_ms);

/*
 * It answered, and says it feels so (UNKNOWN: it does not say). Healthy or
 * degraded ends its probation. Here and below `now` is monotonic ms.
 */
void se__endpoint_answered(se__endpoint *endpoint, se_health says, int64_t now);
/* It was asked and did not answer. */
void se__endpoint_unanswered(se__endpoint *endpoint, int64_t now);
/* Somebody who asks for all says how it is: no counting. UNKNOWN: no news. */
void se__endpoint_reported(se__endpoint *endpoint, se_health health,
                           int64_t now);
/* Found unhealthy, and that is news. */
bool se__endpoint_is_down(const se__endpoint *endpoint, int64_t now);
/*
 * NULL or "": there is none. Kept as one line of at most 255 bytes; without
 * memory for it the one before stays.
 */
void se__endpoint_set_problem(se__endpoint *endpoint, const char *problem);
/* Copied; "" if there is none. */
void se__endpoint_get_problem(se__endpoint *endpoint, char *out, size_t size);
/* It has another URL now: forget what was learnt of the old one. */
void se__endpoint_moved(se__endpoint *endpoint);

/*
 * Policies of semantics 4. Full: files of that size or larger, or of unknown
 * size (bytes < 1), stay away for 60 s, doubling to 600 s each time that it is
 * still full afterwards; 98 % used counts as full for all. Ejected: 5 faults in
 * a row, for 30 s x n up to 300 s, +- 10 %; what fails while it is ejected was
 * on its way before and does not count.
 */
void se__endpoint_mark_full(se__endpoint *endpoint, int64_t bytes, int64_t now);
bool se__endpoint_is_full(const se__endpoint *endpoint, int64_t bytes,
                          int64_t now);
void se__endpoint_set_aside(se__endpoint *endpoint, int64_t until_ms);
void se__endpoint_fault(se__endpoint *endpoint, int64_t now, uint64_t random);
void se__endpoint_success(se__endpoint *endpoint);
bool se__endpoint_is_ejected(const se__endpoint *endpoint, int64_t now);

#endif
