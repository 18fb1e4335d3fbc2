#include "capacity/schedule.h"

#include "base/backoff.h"

#define JITTER_PERCENT 10
#define GRID_PART 24

static int64_t within(const se__schedule *schedule, int64_t interval)
{
    if (interval > schedule->max_ms) {
        interval = schedule->max_ms;
    }
    return interval < schedule->min_ms ? schedule->min_ms : interval;
}

static bool has_changed(const se__pace *pace, const se__schedule *schedule,
                        const se__poll_result *result)
{
    int64_t moved = result->used - pace->used;

    if (!pace->known) {
        return true;
    }
    moved = moved < 0 ? -moved : moved;
    /* Figures are at most 2^53, and a change at most 1000: it fits. */
    return moved > result->total / 1000 * schedule->change_pm +
                       result->total % 1000 * schedule->change_pm / 1000;
}

static void note(se__pace *pace, const se__schedule *schedule,
                 const se__poll_result *result)
{
    if (pace->interval_ms == 0) {
        pace->interval_ms = schedule->base_ms;
    }
    if (result->total < 0 || result->used < 0) {
        return; /* it does not say: neither a change nor none */
    }
    if (has_changed(pace, schedule, result)) {
        pace->interval_ms = schedule->base_ms;
        pace->alike = 0;
        pace->used = result->used;
        pace->known = true;
    } else if (++pace->alike >= schedule->stability) {
        pace->interval_ms = within(schedule, pace->interval_ms * 3 / 2);
        pace->alike = 0;
    }
}

int64_t se__pace_next(se__pace *pace, const se__schedule *schedule,
                      const se__poll_result *result, uint64_t random)
{
    int64_t interval;

    if (result->suspect) {
        /* When it is back it may be another one. */
        *pace = (se__pace){0};
        interval = schedule->suspect_ms;
    } else {
        note(pace, schedule, result);
        interval = within(schedule, pace->interval_ms);
    }
    interval = se__jitter_ms(interval, JITTER_PERCENT, random);
    return interval > 0 ? interval : 1;
}

/* Steps are powers of two, so that those of long pauses fall on those of short
 * ones. */
int64_t se__poll_time(int64_t now, int64_t pause_ms)
{
    int64_t step = 1;

    while (step * 2 * GRID_PART <= pause_ms) {
        step *= 2;
    }
    return (now + pause_ms + step - 1) / step * step;
}
