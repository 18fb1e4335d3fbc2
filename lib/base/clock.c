#include "base/clock.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>

#define US_PER_S 1000000

static int64_t read_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t se__now_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t se__now_ms(void)
{
    return se__now_us() / 1000;
}

int64_t se__wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

int64_t se__deadline(int64_t now_ms, int64_t ms)
{
    int64_t at;

    if (ms < 0 || __builtin_add_overflow(now_ms, ms, &at)) {
        return SE__NEVER;
    }
    return at;
}

int se__time_left(int64_t deadline_ms, int64_t now_ms)
{
    int64_t left;

    if (deadline_ms <= now_ms) {
        return 0;
    }
    if (__builtin_sub_overflow(deadline_ms, now_ms, &left) || left > INT_MAX) {
        return INT_MAX;
    }
    return (int)left;
}

/* Seconds as UTC, "1970-..." for what gmtime cannot say. */
static size_t format_seconds(char *out, size_t size, int64_t *wall_us)
{
    int64_t fraction = *wall_us % US_PER_S;
    time_t seconds = (time_t)(*wall_us / US_PER_S);
    struct tm utc = {.tm_year = 70, .tm_mday = 1};

    if (fraction < 0) {
        fraction += US_PER_S;
        seconds--;
    }
    *wall_us = fraction;
    gmtime_r(&seconds, &utc);
    return strftime(out, size, "%Y-%m-%dT%H:%M:%S", &utc);
}

void se__format_rfc3339(char *out, size_t size, int64_t wall_us)
{
    size_t at = format_seconds(out, size, &wall_us);

    snprintf(out + at, size - at, ".%06" PRId64 "Z", wall_us);
}

void se__format_rfc3339_offset(char *out, size_t size, int64_t wall_us)
{
    size_t at = format_seconds(out, size, &wall_us);

    if (wall_us == 0) {
        snprintf(out + at, size - at, "+00:00");
    } else {
        snprintf(out + at, size - at, ".%06" PRId64 "+00:00", wall_us);
    }
}
