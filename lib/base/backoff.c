#include "base/backoff.h"

/* Doubled `attempt - 1` times, at most max_ms; never overflows. */
static int64_t double_up(int64_t base_ms, int64_t max_ms, unsigned attempt)
{
    int64_t most = base_ms;

    for (unsigned i = 1; i < attempt; i++) {
        if (most > max_ms / 2) {
            return max_ms;
        }
        most *= 2;
    }
    return most < max_ms ? most : max_ms;
}

int64_t se__backoff_ms(int64_t base_ms, int64_t max_ms, unsigned attempt,
                       uint64_t random)
{
    if (base_ms <= 0 || max_ms <= 0) {
        return 0;
    }
    /* At most 2^63 - 1, so that adding one stays in range. */
    return (int64_t)(random %
                     ((uint64_t)double_up(base_ms, max_ms, attempt) + 1));
}

int64_t se__jitter_ms(int64_t value_ms, int percent, uint64_t random)
{
    int share = percent < 100 ? percent : 100;
    int64_t span;
    uint64_t jittered;

    if (value_ms <= 0 || share <= 0) {
        return value_ms;
    }
    /* Exact for what is small, in range for what is huge. */
    span = value_ms < INT64_MAX / 100 ? value_ms * share / 100
                                      : value_ms / 100 * share;
    /* At most value + span, which unsigned holds. */
    jittered = (uint64_t)(value_ms - span) + random % (2 * (uint64_t)span + 1);
    return jittered < INT64_MAX ? (int64_t)jittered : INT64_MAX;
}
