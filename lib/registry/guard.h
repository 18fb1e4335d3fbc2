/*
 * Is a list that would come into force suspiciously small? A policy: it is told
 * the time.
 *
 * A suspicious list is held back, until somebody confirms it: a second source
 * that says the same, three fetches in a row over at least two intervals, or a
 * person. An empty list needs the person.
 *
 * What counts are writable elements, of mode edit or rw and available: one that
 * is not writable any more is as good as gone.
 */
#ifndef SE_REGISTRY_GUARD_H
#define SE_REGISTRY_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/topology.h>

typedef enum se__suspicion {
    SE__FINE,
    SE__EMPTY,       /* no element at all */
    SE__HALF_GONE,   /* more than half of the writable ones, of at least 3 */
    SE__LAST_OF_MODE /* no writable one left of edit, or of rw */
} se__suspicion;

#define SE__GUARD_WHY_SIZE 160

/* before: NULL or without elements: only an empty list is suspicious. */
se__suspicion se__guard_judge(const se_topology *before,
                              const se_topology *after,
                              char why[SE__GUARD_WHY_SIZE]);

/* So many invalid elements, more than a fifth, that it is no list at all. */
bool se__guard_is_rubbish(const se_topology *topology);

typedef struct se__guard {
    int64_t interval_ms;          /* between fetches */
    char hash[65];                /* of what is held; "": nothing */
    char why[SE__GUARD_WHY_SIZE]; /* for people */
    bool empty;                   /* what is held is empty */
    int64_t first_ms;             /* when it was seen first, monotonic */
    int fetches;                  /* in a row that brought it */
    int64_t warn_ms;              /* when the next warning is due */
} se__guard;

void se__guard_init(se__guard *guard, int64_t interval_ms);
/* This list is held back; it was fetched, or only pushed. */
void se__guard_hold(se__guard *guard, const se_topology *list, const char *why,
                    bool fetched, int64_t now);
/* What is held was fetched often enough. */
bool se__guard_is_confirmed(const se__guard *guard, int64_t now);
bool se__guard_is_holding(const se__guard *guard);
/* Another list came into force. */
void se__guard_drop(se__guard *guard);
/* Once at first, and then once a minute. */
bool se__guard_has_to_warn(se__guard *guard, int64_t now);

#endif
