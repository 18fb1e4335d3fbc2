/*
 * What time it is in Redis: one clock for all who measure.
 *
 * Design notes. One question tells that Redis' clock, minus ours, lies between
 * (answer - our time when the answer was here) and (answer - our time when we
 * asked). What is known stays as long as it lies in between, so that two
 * measurements of one process keep their order however slow the answers are; at
 * first, and after a step of Redis' clock, the lower end is taken: what we
 * measured then looks older than it is, never newer, also if this process was
 * stopped while it waited. Nothing here reads a clock.
 */
#ifndef SE_CAPACITY_REDIS_TIME_H
#define SE_CAPACITY_REDIS_TIME_H

#include <stdbool.h>
#include <stdint.h>

typedef struct se__redis_time {
    bool known;
    int64_t ahead_us; /* Redis' time since 1970 minus our monotonic time */
} se__redis_time;

void se__redis_time_heard(se__redis_time *time, int64_t redis_us,
                          int64_t asked_us, int64_t heard_us);
/* Of a moment on our monotonic clock, and back (at least 1). */
int64_t se__redis_time_of(const se__redis_time *time, int64_t monotonic_ms);
int64_t se__redis_time_back(const se__redis_time *time, int64_t redis_us);

#endif
