#include "registry/periodic.h"

#include "base/backoff.h"
#include "base/clock.h"

#define JITTER_PERCENT 10
#define FIRST_RETRY_MS 1000
#define MOST_RETRY_MS 60000

void se__periodic_init(se__periodic *periodic, int64_t interval_ms)
{
    *periodic = (se__periodic){
        .interval_ms = interval_ms,
        .due_ms = SE__NEVER,
    };
}

void se__periodic_start(se__periodic *periodic, int64_t now, uint64_t random)
{
    if (periodic->interval_ms > 0) {
        periodic->due_ms =
            now + (int64_t)(random % (uint64_t)periodic->interval_ms);
    }
}

/* Half of it for certain, the other half drawn. */
static int64_t retry_ms(const se__periodic *periodic, uint64_t random)
{
    int64_t most =
        periodic->interval_ms > 0 ? periodic->interval_ms : MOST_RETRY_MS;
    int64_t ms = most < FIRST_RETRY_MS ? most : FIRST_RETRY_MS;

    for (unsigned i = 1; i < periodic->failures && ms < most; i++) {
        ms = ms > most / 2 ? most : ms * 2;
    }
    return ms / 2 + (int64_t)(random % (uint64_t)(ms - ms / 2 + 1));
}

void se__periodic_retry(se__periodic *periodic, int64_t now, uint64_t random)
{
    int64_t due;

    periodic->failures += periodic->failures < UINT32_MAX;
    due = se__deadline(now, retry_ms(periodic, random));
    periodic->due_ms = due < periodic->due_ms ? due : periodic->due_ms;
}

void se__periodic_ended(se__periodic *periodic, int64_t now, bool good,
                        uint64_t random)
{
    periodic->due_ms = SE__NEVER;
    if (!good) {
        se__periodic_retry(periodic, now, random);
        return;
    }
    periodic->failures = 0;
    if (periodic->interval_ms > 0) {
        periodic->due_ms = se__deadline(
            now, se__jitter_ms(periodic->interval_ms, JITTER_PERCENT, random));
    }
}
