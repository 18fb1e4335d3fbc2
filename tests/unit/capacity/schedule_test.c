/*
 * How often an element is asked, and what time it is in Redis.
 */
#include "base/mem.h"
#include "capacity/redis_time.h"
#include "capacity/schedule.h"
#include "suite.h"

#define GIB ((int64_t)1 << 30)

static const se__schedule usual = {
    .base_ms = 30000,
    .min_ms = 10000,
    .max_ms = 300000,
    .suspect_ms = 5000,
    .stability = 5,
    .change_pm = 50,
};

/* A draw that adds nothing and takes nothing away. */
static uint64_t middle(int64_t interval)
{
    return (uint64_t)(interval / 10);
}

static int64_t next(se__pace *pace, int64_t used, bool suspect)
{
    const se__poll_result result = {
        .suspect = suspect, .total = 100 * GIB, .used = used};
    int64_t expected = suspect             ? usual.suspect_ms
                       : pace->interval_ms ? pace->interval_ms
                                           : usual.base_ms;

    se__pace_next(pace, &usual, &result, middle(expected));
    return suspect ? expected : pace->interval_ms;
}

START_TEST(grows_while_nothing_happens)
{
    static const int64_t steps[] = {30000,  45000,  67500,  101250,
                                    151875, 227812, 300000, 300000};
    se__pace pace = {0};

    ck_assert_int_eq(next(&pace, GIB, false), 30000);
    for (size_t i = 1; i < SE__COUNT(steps); i++) {
        for (int j = 0; j < 4; j++) {
            ck_assert_int_eq(next(&pace, GIB, false), steps[i - 1]);
        }
        ck_assert_int_eq(next(&pace, GIB, false), steps[i]);
    }
}
END_TEST

START_TEST(a_change_brings_it_back)
{
    se__pace pace = {0};

    for (int i = 0; i < 30; i++) {
        next(&pace, 10 * GIB, false);
    }
    ck_assert_int_eq(pace.interval_ms, 227812);
    /* not more than 5 % */
    ck_assert_int_eq(next(&pace, 15 * GIB, false), 300000);
    ck_assert_int_eq(next(&pace, 5 * GIB, false), 300000);
    ck_assert_int_eq(next(&pace, 15 * GIB + 1, false), 30000);
    /* a creeping change is one as well */
    for (int i = 0; i < 6; i++) {
        next(&pace, 16 * GIB + i * GIB, false);
    }
    ck_assert_int_eq(pace.interval_ms, 30000);
}
END_TEST

START_TEST(a_suspect_is_asked_soon)
{
    se__pace pace = {0};
    se__poll_result result = {.suspect = true, .total = -1, .used = -1};

    for (int i = 0; i < 11; i++) {
        next(&pace, GIB, false);
    }
    ck_assert_int_gt(pace.interval_ms, 30000);
    ck_assert_int_eq(se__pace_next(&pace, &usual, &result, middle(5000)), 5000);
    ck_assert_int_eq(next(&pace, GIB, false), 30000);
}
END_TEST

START_TEST(what_it_does_not_say_is_neither)
{
    se__pace pace = {0};
    const se__poll_result silent = {.total = -1, .used = -1};

    for (int i = 0; i < 20; i++) {
        se__pace_next(&pace, &usual, &silent, 0);
    }
    ck_assert_int_eq(pace.interval_ms, 30000);
}
END_TEST

START_TEST(jitter)
{
    int64_t least = INT64_MAX;
    int64_t most = 0;

    for (uint64_t i = 0; i < 100000; i += 13) {
        se__pace pace = {0};
        const se__poll_result result = {.total = 1, .used = 1};
        int64_t pause = se__pace_next(&pace, &usual, &result, i);

        least = pause < least ? pause : least;
        most = pause > most ? pause : most;
    }
    ck_assert_int_ge(least, 27000);
    ck_assert_int_lt(least, 27100);
    ck_assert_int_le(most, 33000);
    ck_assert_int_gt(most, 32900);
}
END_TEST

START_TEST(never_at_once_again)
{
    const se__schedule fast = {1, 1, 1, 1, 1, 1};
    se__pace pace = {0};
    const se__poll_result result = {.total = 1, .used = 1};

    for (uint64_t i = 0; i < 10; i++) {
        ck_assert_int_gt(se__pace_next(&pace, &fast, &result, i), 0);
    }
}
END_TEST

static const int64_t pauses[] = {1, 23, 50, 500, 5000, 27000, 33000, 300000};

START_TEST(in_swarms)
{
    int64_t pause = pauses[_i];

    for (int64_t now = 1000000; now < 1000300; now += 7) {
        int64_t at = se__poll_time(now, pause);

        ck_assert_int_ge(at, now + pause);
        ck_assert_int_le(at, now + pause + pause / 24);
    }
    /* about 30 s with its jitter, and all longer ones: once a second */
    if (pause >= 27000) {
        ck_assert_int_eq(se__poll_time(123456, pause) % 1024, 0);
    }
}
END_TEST

/* ---- Redis' clock ---- */

START_TEST(clock_is_kept_while_it_fits)
{
    se__redis_time time = {.known = false};

    /* asked at 100, heard at 900: behind by at most that */
    se__redis_time_heard(&time, 1000500, 100, 900);
    ck_assert_int_eq(time.ahead_us, 999600);
    se__redis_time_heard(&time, 1002000, 1900, 2500);
    ck_assert_int_eq(time.ahead_us, 999600);
    /* a quick answer tells it better */
    se__redis_time_heard(&time, 1003000, 3000, 3010);
    ck_assert_int_eq(time.ahead_us, 999990);
    /* this process was stopped for a second: nothing learnt */
    se__redis_time_heard(&time, 1004000, 4000, 1004000);
    ck_assert_int_eq(time.ahead_us, 999990);
    /* the clock was put back */
    se__redis_time_heard(&time, 5000, 5000, 5010);
    ck_assert_int_eq(time.ahead_us, -10);
}
END_TEST

START_TEST(clock_there_and_back)
{
    const se__redis_time time = {true, INT64_C(1700000000000000)};

    ck_assert_int_eq(se__redis_time_of(&time, 5), INT64_C(1700000000005000));
    ck_assert_int_eq(se__redis_time_back(&time, INT64_C(1700000000005999)), 5);
    /* before this machine started */
    ck_assert_int_eq(se__redis_time_back(&time, 0), 1);
    ck_assert_int_eq(se__redis_time_back(&time, INT64_MIN), 1);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {grows_while_nothing_happens, 1},
        {a_change_brings_it_back, 1},
        {a_suspect_is_asked_soon, 1},
        {what_it_does_not_say_is_neither, 1},
        {jitter, 1},
        {never_at_once_again, 1},
        {in_swarms, SE__COUNT(pauses)},
        {clock_is_kept_while_it_fits, 1},
        {clock_there_and_back, 1},
    };

    return run_suite("schedule", rows, SE__COUNT(rows));
}
