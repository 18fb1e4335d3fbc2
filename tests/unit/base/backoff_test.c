/* Backoff and jitter: the ends of their ranges, and nothing beyond. */
#include "suite.h"

#include <limits.h>

#include "base/backoff.h"
#include "base/mem.h"

/* `most` is the largest wait; every wait from 0 on is possible. */
static const struct {
    int64_t base, max;
    unsigned attempt;
    int64_t most;
} backoffs[] = {
    {50, 2000, 0, 50},
    {50, 2000, 1, 50},
    {50, 2000, 2, 100},
    {50, 2000, 3, 200},
    {50, 2000, 6, 1600},
    {50, 2000, 7, 2000},
    {50, 2000, 100, 2000},
    {50, 2000, UINT_MAX, 2000},
    {50, 20, 1, 20},
    {1, 1, 9, 1},
    {1000, 20000, 5, 16000},
    {1000, 20000, 6, 20000},
    {1, INT64_MAX, 63, INT64_C(1) << 62},
    {1, INT64_MAX, 64, INT64_MAX},
    {1, INT64_MAX, 1000, INT64_MAX},
    {INT64_MAX, INT64_MAX, 2, INT64_MAX},
    {0, 2000, UINT_MAX, 0},
    {-5, 2000, UINT_MAX, 0},
    {50, 0, 3, 0},
    {50, -1, 3, 0},
};

START_TEST(backoff_doubles_up_to_its_limit)
{
    int64_t base = backoffs[_i].base;
    int64_t max = backoffs[_i].max;
    int64_t most = backoffs[_i].most;
    unsigned attempt = backoffs[_i].attempt;

    ck_assert_int_eq(se__backoff_ms(base, max, attempt, 0), 0);
    ck_assert_int_eq(se__backoff_ms(base, max, attempt, (uint64_t)most), most);
    ck_assert_int_eq(se__backoff_ms(base, max, attempt, (uint64_t)most + 1), 0);
    ck_assert_int_le(se__backoff_ms(base, max, attempt, UINT64_MAX), most);
    ck_assert_int_ge(se__backoff_ms(base, max, attempt, UINT64_MAX), 0);
}
END_TEST

static const struct {
    int64_t value;
    int percent;
    int64_t least, most;
} jitters[] = {
    {60000, 10, 54000, 66000},
    {1000, 100, 0, 2000},
    {1000, 0, 1000, 1000},
    {1000, 101, 0, 2000},
    {1000, -10, 1000, 1000},
    {5, 10, 5, 5}, /* less than a millisecond of it */
    {10, 10, 9, 11},
    {0, 10, 0, 0},
    {-7, 10, -7, -7},
};

START_TEST(jitter_stays_around_the_value)
{
    int64_t value = jitters[_i].value;
    int64_t least = jitters[_i].least;
    int64_t most = jitters[_i].most;
    int percent = jitters[_i].percent;

    ck_assert_int_eq(se__jitter_ms(value, percent, 0), least);
    ck_assert_int_eq(se__jitter_ms(value, percent, (uint64_t)(most - least)),
                     most);
    ck_assert_int_eq(
        se__jitter_ms(value, percent, (uint64_t)(most - least) + 1), least);
    ck_assert_int_ge(se__jitter_ms(value, percent, UINT64_MAX), least);
    ck_assert_int_le(se__jitter_ms(value, percent, UINT64_MAX), most);
}
END_TEST

START_TEST(jitter_saturates)
{
    int64_t span = INT64_MAX / 100 * _i;

    ck_assert_int_eq(se__jitter_ms(INT64_MAX, _i, 0), INT64_MAX - span);
    ck_assert_int_eq(se__jitter_ms(INT64_MAX, _i, (uint64_t)span), INT64_MAX);
    ck_assert_int_eq(se__jitter_ms(INT64_MAX, _i, 2 * (uint64_t)span),
                     INT64_MAX);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {backoff_doubles_up_to_its_limit, SE__COUNT(backoffs)},
        {jitter_stays_around_the_value, SE__COUNT(jitters)},
        {jitter_saturates, 101},
    };

    return run_suite("backoff", rows, SE__COUNT(rows));
}
