/*
 * How often an element is asked.
 *
 * Every base interval. After so many polls in a row that found nothing new the
 * interval grows by half, up to the most; a change brings it back to base. An
 * element that does not answer, or not for long enough, is asked at a short
 * interval of its own. All +- 10 %, so that polls do not march in step. Nothing
 * here reads a clock.
 */
#ifndef SE_CAPACITY_SCHEDULE_H
#define SE_CAPACITY_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* The same for all elements; all above 0. */
typedef struct se__schedule {
    int base_ms, min_ms, max_ms;
    int suspect_ms;
    int stability; /* polls alike until it grows */
    int change_pm; /* of the total, per mille: more than that is a change */
} se__schedule;

/* Of one element; all zero at first. */
typedef struct se__pace {
    int64_t interval_ms; /* 0: base */
    int64_t used;        /* at the last change, or where it began */
    bool known;
    int alike; /* polls in a row */
} se__pace;

/* What a poll brought. */
typedef struct se__poll_result {
    bool suspect;        /* no answer, or not up again */
    int64_t total, used; /* -1: not known */
} se__poll_result;

/* Milliseconds until the next poll. */
int64_t se__pace_next(se__pace *pace, const se__schedule *schedule,
                      const se__poll_result *result, uint64_t random);
/*
 * When that is, moved to where others are due as well: waking up costs more
 * than a poll. Later by at most a 24th of the pause, which the jitter exceeds.
 */
int64_t se__poll_time(int64_t now, int64_t pause_ms);

#endif
