#include "registry/outage.h"

#include "base/clock.h"

#define MOST_DISTANCE_MS 600000

void se__outage_init(se__outage *outage, int64_t after_ms)
{
    *outage = (se__outage){.after_ms = after_ms, .look_ms = SE__NEVER};
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void se__outage_began(se__outage *outage, int64_t now)
{
    outage->look_ms =
        earlier(outage->look_ms, se__deadline(now, outage->after_ms));
}

/* Quiet for as long again: the next one is the first again. */
static int64_t next_distance(const se__outage *outage, int64_t now)
{
    if (outage->next_ms == 0 || now - outage->next_ms >= outage->distance_ms) {
        return outage->after_ms;
    }
    return earlier(2 * outage->distance_ms, MOST_DISTANCE_MS);
}

bool se__outage_looked(se__outage *outage, int64_t now, bool found,
                       int64_t soonest_ms)
{
    outage->look_ms = soonest_ms;
    if (!found) {
        return false;
    }
    if (now < outage->next_ms) {
        outage->look_ms = earlier(soonest_ms, outage->next_ms);
        return false;
    }
    outage->distance_ms = next_distance(outage, now);
    outage->next_ms = se__deadline(now, outage->distance_ms);
    return true;
}
