/*
 * Who of all processes asks the elements: a lease in Redis.
 *
 * Design notes. Three answers exist: the lease is ours, it is somebody else's,
 * or nobody said. A lease counts from the moment when the request was sent that
 * Redis granted, so that it never lasts longer here than there; it is given up
 * before its end (TTL minus a margin of 1 s or a sixth, whichever is more) if
 * nothing confirmed it, whatever the reason: a Redis that is away, a network, a
 * process that was stopped. An answer that arrives later than that is none.
 * Who does not hold it tries again every renewal interval, which bounds a
 * takeover by TTL + renewal. Nothing here reads a clock.
 */
#ifndef SE_CAPACITY_LEASE_H
#define SE_CAPACITY_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/monitor.h>

typedef enum se__lease_answer {
    SE__LEASE_GRANTED,
    SE__LEASE_DENIED, /* another one holds it */
    SE__LEASE_FAILED  /* no answer */
} se__lease_answer;

typedef enum se__lease_event {
    SE__LEASE_SAME,
    SE__LEASE_ACQUIRED,
    SE__LEASE_RENEWED,
    SE__LEASE_LOST,    /* to another one */
    SE__LEASE_GIVEN_UP /* not confirmed in time */
} se__lease_event;

typedef struct se__lease {
    int ttl_ms, renewal_ms, margin_ms;
    se_role role;
    int64_t granted_ms; /* when the request was sent that was granted last */
    int64_t next_ms;    /* when to ask again */
    unsigned failures;  /* in a row */
} se__lease;

void se__lease_init(se__lease *lease, int ttl_ms, int renewal_ms, int64_t now);
/* Until when it is ours without another answer; 0: it is not. */
int64_t se__lease_until_ms(const se__lease *lease);
bool se__lease_holds(const se__lease *lease, int64_t now);
/* When there is something to do: to ask, or to give up. */
int64_t se__lease_wake_ms(const se__lease *lease);
/* To be called before anything is done as the holder. */
se__lease_event se__lease_tick(se__lease *lease, int64_t now);
/* What came of a request that was sent at sent_ms. */
se__lease_event se__lease_take(se__lease *lease, se__lease_answer answer,
                               int64_t sent_ms, int64_t now, uint64_t random);
/* It was given back. */
void se__lease_drop(se__lease *lease);

#endif
