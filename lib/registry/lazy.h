/*
 * When may the next lazy fetch begin? A policy: it is told the time and reads
 * no clock.
 *
 * Between two lazy fetches lies at least the minimum interval, counted from
 * the end of the first. Once two of them in a row changed nothing the interval
 * is 1, 2, 4 ... times the minimum, up to the maximum, until something changes.
 */
#ifndef SE_REGISTRY_LAZY_H
#define SE_REGISTRY_LAZY_H

#include <stdbool.h>
#include <stdint.h>

typedef struct se__lazy {
    int64_t min_ms;
    int64_t max_ms;
    int64_t ended_ms;   /* the last lazy fetch, monotonic */
    bool fetched;       /* there was one */
    unsigned unchanged; /* lazy fetches in a row that brought what was known */
} se__lazy;

/* What a fetch came to. */
typedef enum se__fetched {
    SE__FETCH_FAILED, /* no source gave a list: says nothing about changes */
    SE__FETCH_UNCHANGED,
    SE__FETCH_CHANGED
} se__fetched;

/* The time from which on one may begin; now or earlier: at once. */
int64_t se__lazy_due(const se__lazy *lazy);
/* A lazy fetch ended. */
void se__lazy_ended(se__lazy *lazy, int64_t now, se__fetched what);
/* Something changed, by whatever way the list came. */
void se__lazy_changed(se__lazy *lazy);

#endif
