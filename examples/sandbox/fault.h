/*
 * The faults of an element: a list that is tried in the order added.
 *
 * Not locked: the element's lock guards the list. What was taken from it is
 * counted and may be used after the list was cleared.
 */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include <stdatomic.h>

#include "sandbox.h"

typedef struct sb_fault {
    sandbox_fault what; /* its strings are these */
    char *body;
    char *header;
    uint64_t serial; /* grows along the list */
    atomic_int refs;
    struct sb_fault *next;
} sb_fault;

/* Zero is empty. */
typedef struct sb_faults {
    sb_fault *first;
    uint64_t last_serial;
} sb_faults;

/* Where a request stands. */
typedef struct sb_moment {
    sandbox_route route; /* SANDBOX_ANY: a route without a name */
    sandbox_when when;
    int64_t body_bytes; /* looked at so far */
    bool expects_100;
} sb_moment;

/* False: out of memory, or no such action or moment. */
bool sb_faults_add(sb_faults *faults, const sandbox_fault *what);
void sb_faults_clear(sb_faults *faults);

/*
 * The next fault behind `*cursor` that strikes now, NULL if there is none. It
 * counts skip and times, and moves the cursor: a request tries each fault once
 * at each point. Release with sb_fault_unref.
 */
sb_fault *sb_faults_take(sb_faults *faults, const sb_moment *at,
                         uint64_t *cursor);
void sb_fault_unref(sb_fault *fault);

/* The smallest after_bytes >= `from` of a DURING_BODY fault, INT64_MAX. */
int64_t sb_faults_next_offset(const sb_faults *faults, sandbox_route route,
                              int64_t from);

#endif
