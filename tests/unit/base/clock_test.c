/* Deadlines and how moments are written. */
#include "suite.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

START_TEST(clocks_agree_with_the_system)
{
    int64_t before_us = se__now_us();
    int64_t before_ms = se__now_ms();
    int64_t wall_s = (int64_t)time(NULL);
    int64_t after_us;

    ck_assert_int_ge(before_ms, before_us / 1000);
    after_us = se__now_us();
    ck_assert_int_ge(after_us / 1000, before_ms);
    ck_assert_int_gt(before_us, 0);
    /* time() may lag by one tick of the coarse clock. */
    ck_assert_int_ge(se__wall_us() / 1000000, wall_s);
    ck_assert_int_le(se__wall_us() / 1000000, (int64_t)time(NULL) + 1);
}
END_TEST

static const struct {
    int64_t now, ms, at;
} deadlines[] = {
    {1000, 0, 1000},
    {1000, 250, 1250},
    {1000, -1, SE__NEVER},
    {1000, INT64_MIN, SE__NEVER},
    {1000, INT64_MAX, SE__NEVER},
    {INT64_MAX - 5, 6, SE__NEVER},
    {INT64_MAX - 5, 4, INT64_MAX - 1},
    {-10, 4, -6},
};

START_TEST(deadline_saturates)
{
    ck_assert_int_eq(se__deadline(deadlines[_i].now, deadlines[_i].ms),
                     deadlines[_i].at);
}
END_TEST

static const struct {
    int64_t deadline, now;
    int left;
} lefts[] = {
    {1000, 400, 600},
    {1000, 999, 1},
    {1000, 1000, 0},
    {1000, 1001, 0},
    {INT64_MIN, INT64_MAX, 0},
    {INT_MAX, 0, INT_MAX},
    {(int64_t)INT_MAX + 1, 0, INT_MAX},
    {(int64_t)INT_MAX + 1, 2, INT_MAX - 1},
    {SE__NEVER, 0, INT_MAX},
    {SE__NEVER, -1, INT_MAX},
    {SE__NEVER, INT64_MIN, INT_MAX},
};

START_TEST(time_left_is_never_negative)
{
    ck_assert_int_eq(se__time_left(lefts[_i].deadline, lefts[_i].now),
                     lefts[_i].left);
}
END_TEST

static const struct {
    int64_t wall_us;
    const char *plain, *offset;
} moments[] = {
    {0, "1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00+00:00"},
    {1, "1970-01-01T00:00:00.000001Z", "1970-01-01T00:00:00.000001+00:00"},
    {500000, "1970-01-01T00:00:00.500000Z", "1970-01-01T00:00:00.500000+00:00"},
    {-1, "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999+00:00"},
    {-1000000, "1969-12-31T23:59:59.000000Z", "1969-12-31T23:59:59+00:00"},
    {INT64_C(1709210096789012), "2024-02-29T12:34:56.789012Z",
     "2024-02-29T12:34:56.789012+00:00"},
    {INT64_C(4102444799000000), "2099-12-31T23:59:59.000000Z",
     "2099-12-31T23:59:59+00:00"},
    {INT64_C(-62135596800000000), "0001-01-01T00:00:00.000000Z",
     "0001-01-01T00:00:00+00:00"},
    {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z",
     "9999-12-31T23:59:59.999999+00:00"},
    {INT64_MAX, "9999-12-31T23:59:59.999999Z",
     "9999-12-31T23:59:59.999999+00:00"},
    {INT64_MIN, "0000-01-01T00:00:00.000000Z", "0000-01-01T00:00:00+00:00"},
};

START_TEST(moments_are_rfc3339)
{
    char plain[SE__RFC3339_SIZE];
    char offset[SE__RFC3339_OFFSET_SIZE];

    se__format_rfc3339(plain, sizeof(plain), moments[_i].wall_us);
    ck_assert_str_eq(plain, moments[_i].plain);
    se__format_rfc3339_offset(offset, sizeof(offset), moments[_i].wall_us);
    ck_assert_str_eq(offset, moments[_i].offset);
}
END_TEST

START_TEST(short_room_is_respected)
{
    size_t size = (size_t)_i + 1;
    char text[SE__RFC3339_OFFSET_SIZE + 1];

    memset(text, 'x', sizeof(text));
    se__format_rfc3339(text, size, 1);
    ck_assert_int_eq(text[size], 'x');
    ck_assert_uint_lt(strnlen(text, size), size);
    memset(text, 'x', sizeof(text));
    se__format_rfc3339_offset(text, size, 1);
    ck_assert_int_eq(text[size], 'x');
    ck_assert_uint_eq(strnlen(text, size), size - 1);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {clocks_agree_with_the_system, 1},
        {deadline_saturates, SE__COUNT(deadlines)},
        {time_left_is_never_negative, SE__COUNT(lefts)},
        {moments_are_rfc3339, SE__COUNT(moments)},
        {short_room_is_respected, SE__RFC3339_OFFSET_SIZE},
    };

    return run_suite("clock", rows, SE__COUNT(rows));
}
