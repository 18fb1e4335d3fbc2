/*
 * What a follower keeps of each element between two looks at the cache.
 *
 * Design notes. A figure in the cache was measured a while ago. What this
 * process stored on the element since then the figure does not know, and must
 * stay counted beside it; what it stored before is in it. So at every look the
 * number of landed bytes is noted with the time, and a figure that arrives
 * later is credited with the last note that is older than its measurement, by a
 * second more, since clocks differ. Without such a note nothing is credited:
 * too little room for a while, never too much.
 */
#ifndef SE_CAPACITY_FOLLOWER_H
#define SE_CAPACITY_FOLLOWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "registry/registry.h"

#define SE__NOTES 6

typedef struct se__note {
    int64_t at_ms; /* 0: none */
    int64_t landed;
} se__note;

typedef struct se__followed {
    se__endpoint *endpoint;    /* reference */
    int64_t seen_us;           /* measuring time of the last figure; 0: none */
    bool believed;             /* what was found last */
    se__note notes[SE__NOTES]; /* a ring */
    unsigned next_note;
} se__followed;

typedef struct se__follower {
    char hash[65]; /* of the list that they are from */
    se__followed *elements;
    size_t count;
} se__follower;

void se__followed_note(se__followed *followed, int64_t now);
/* Landed bytes that a figure measured at measured_ms knows of; 0: none. */
int64_t se__followed_mark(const se__followed *followed, int64_t measured_ms);

/* Follow the list in force. False: memory was short, as before. */
bool se__follower_refresh(se__follower *follower, se_registry *registry);
void se__follower_fini(se__follower *follower);

#endif
