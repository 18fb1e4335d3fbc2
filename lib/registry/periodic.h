/*
 * When is the next periodic reload? A policy: it is told the time and a random
 * number.
 *
 * Many processes start together, so the first tick is anywhere in the interval
 * and each further one an interval +-10 % after the end of the one before.
 * After a failure it comes sooner: 1, 2, 4 ... s, of which half is drawn, up to
 * the interval. What was missed while the clock jumped is not made up for.
 */
#ifndef SE_REGISTRY_PERIODIC_H
#define SE_REGISTRY_PERIODIC_H

#include <stdbool.h>
#include <stdint.h>

typedef struct se__periodic {
    int64_t interval_ms; /* below 0: only what failed is tried again */
    int64_t due_ms;      /* SE__NEVER: nothing to do */
    unsigned failures;   /* in a row */
} se__periodic;

void se__periodic_init(se__periodic *periodic, int64_t interval_ms);
void se__periodic_start(se__periodic *periodic, int64_t now, uint64_t random);
/* Another fetch failed than a periodic one: try again soon. */
void se__periodic_retry(se__periodic *periodic, int64_t now, uint64_t random);
/* A periodic fetch ended. */
void se__periodic_ended(se__periodic *periodic, int64_t now, bool good,
                        uint64_t random);

#endif
