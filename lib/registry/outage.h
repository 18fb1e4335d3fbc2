/*
 * Elements that stay down ask for a reload: when? A policy: it is told the
 * time.
 *
 * Somebody tells of each outage that begins; nobody looks while nothing is
 * down. An outage asks once, when it has lasted after_ms. Between two such
 * questions lies after_ms, doubling to ten minutes while they follow each
 * other, so that an element which comes and goes asks more and more rarely.
 */
#ifndef SE_REGISTRY_OUTAGE_H
#define SE_REGISTRY_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct se__outage {
    int64_t after_ms;
    int64_t look_ms;     /* when to look; SE__NEVER: nothing began */
    int64_t next_ms;     /* no question before; 0: none was asked yet */
    int64_t distance_ms; /* that the latest question put before the next */
} se__outage;

void se__outage_init(se__outage *outage, int64_t after_ms);
void se__outage_began(se__outage *outage, int64_t now);
/*
 * Somebody looked. found: there is an outage of after_ms that has not asked;
 * soonest_ms: when the next one is as old, SE__NEVER if there is none. True:
 * ask now.
 */
bool se__outage_looked(se__outage *outage, int64_t now, bool found,
                       int64_t soonest_ms);

#endif
