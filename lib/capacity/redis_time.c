#include "capacity/redis_time.h"

void se__redis_time_heard(se__redis_time *time, int64_t redis_us,
                          int64_t asked_us, int64_t heard_us)
{
    int64_t least = redis_us - heard_us;
    int64_t most = redis_us - asked_us;

    if (!time->known || time->ahead_us < least || time->ahead_us > most) {
        time->ahead_us = least;
        time->known = true;
    }
}

int64_t se__redis_time_of(const se__redis_time *time, int64_t monotonic_ms)
{
    return monotonic_ms * 1000 + time->ahead_us;
}

int64_t se__redis_time_back(const se__redis_time *time, int64_t redis_us)
{
    int64_t ms;

    if (__builtin_sub_overflow(redis_us, time->ahead_us, &ms)) {
        return 1;
    }
    ms /= 1000;
    return ms > 0 ? ms : 1;
}
