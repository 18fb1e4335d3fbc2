#include "base/backoff.h"

int64_t se__backoff_ms(int64_t base_ms, int64_t max_ms, unsigned attempt,
                       uint64_t random)
{
    int64_t most = base_ms;

    for (unsigned i = 1; i < attempt && most < max_ms; i++) {
        most *= 2;
    }
    if (most > max_ms) {
        most = max_ms;
    }
    return most > 0 ? (int64_t)(random % ((uint64_t)most + 1)) : 0;
}

int64_t se__jitter_ms(int64_t value_ms, int percent, uint64_t random)
{
    int64_t span = value_ms * percent / 100;

    if (span <= 0) {
        return value_ms;
    }
    return value_ms - span + (int64_t)(random % (2 * (uint64_t)span + 1));
}
