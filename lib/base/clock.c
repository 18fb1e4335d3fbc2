#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

#define US_PER_S 1000000

/* 0000-01-01T00:00:00.000000Z and 9999-12-31T23:59:59.999999Z. */
#define FIRST_US (INT64_C(-62167219200) * US_PER_S)
#define LAST_US (INT64_C(253402300800) * US_PER_S - 1)

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

/* RFC 3339 has four digits for the year: what lies beyond is cut to that. */
static int64_t clamp(int64_t wall_us)
{
    if (wall_us < FIRST_US) {
        return FIRST_US;
    }
    return wall_us > LAST_US ? LAST_US : wall_us;
}

static void format(char *out, size_t size, int64_t wall_us,
                   const char *whole_second, const char *zone)
{
    int64_t us = clamp(wall_us) % US_PER_S;
    time_t seconds = (time_t)(clamp(wall_us) / US_PER_S);
    struct tm utc = {0};
    char fraction[16];

    if (us < 0) {
        us += US_PER_S;
        seconds--;
    }
    gmtime_r(&seconds, &utc);
    snprintf(fraction, sizeof(fraction), ".%06d", (int)us);
    snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d%s%s", utc.tm_year + 1900,
             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
             us == 0 ? whole_second : fraction, zone);
}

void se__format_rfc3339(char *out, size_t size, int64_t wall_us)
{
    format(out, size, wall_us, ".000000", "Z");
}

/* Python's isoformat() leaves out a fraction of exactly 0. */
void se__format_rfc3339_offset(char *out, size_t size, int64_t wall_us)
{
    format(out, size, wall_us, "", "+00:00");
}
