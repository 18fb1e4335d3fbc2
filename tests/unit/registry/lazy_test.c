/* When the next lazy fetch may begin, row by row. */

#include "base/mem.h"
#include "registry/lazy.h"
#include "suite.h"

/* The results of lazy fetches so far, oldest first; then the pause. */
START_TEST(pauses)
{
    static const struct {
        const char *results; /* u unchanged, c changed, f failed, ! changed by
                                another way */
        int64_t pause_ms;
    } rows[] = {
        {"c", 1000},          {"u", 1000},        {"uu", 1000},
        {"uuu", 2000},        {"uuuu", 4000},     {"uuuuu", 8000},
        {"uuuuuu", 16000},    {"uuuuuuu", 30000}, {"uuuuuuuu", 30000},
        {"uuuuuuuuu", 30000}, {"uuuuc", 1000},    {"uuuuu!", 1000},
        {"uuuu!u", 1000},     {"uuuucuuu", 2000}, {"f", 1000},
        {"ffffff", 1000},     {"uufffu", 2000},   {"uuuuf", 4000},
        {"cuf!c", 1000},
    };
    se__lazy lazy = {.min_ms = 1000, .max_ms = 30000};

    for (const char *at = rows[_i].results; *at != '\0'; at++) {
        if (*at == '!') {
            se__lazy_changed(&lazy);
        } else {
            se__lazy_ended(&lazy, 77000,
                           *at == 'u'   ? SE__FETCH_UNCHANGED
                           : *at == 'c' ? SE__FETCH_CHANGED
                                        : SE__FETCH_FAILED);
        }
    }
    ck_assert_int_eq(se__lazy_due(&lazy) - 77000, rows[_i].pause_ms);
}
END_TEST

START_TEST(the_first_is_due_at_once)
{
    se__lazy lazy = {.min_ms = 1000, .max_ms = 30000};

    ck_assert_int_le(se__lazy_due(&lazy), 0);
    /* A change by another way is not a lazy fetch. */
    se__lazy_changed(&lazy);
    ck_assert_int_le(se__lazy_due(&lazy), 0);
}
END_TEST

START_TEST(counted_from_the_last)
{
    se__lazy lazy = {.min_ms = 20, .max_ms = 50};

    se__lazy_ended(&lazy, 1000, SE__FETCH_UNCHANGED);
    ck_assert_int_eq(se__lazy_due(&lazy), 1020);
    se__lazy_ended(&lazy, 5000, SE__FETCH_UNCHANGED);
    ck_assert_int_eq(se__lazy_due(&lazy), 5020);
    se__lazy_ended(&lazy, 5100, SE__FETCH_UNCHANGED);
    ck_assert_int_eq(se__lazy_due(&lazy), 5140);
    se__lazy_ended(&lazy, 5200, SE__FETCH_UNCHANGED);
    ck_assert_int_eq(se__lazy_due(&lazy), 5250);
}
END_TEST

/* A maximum at the end of what an int64 holds does not overflow. */
START_TEST(never_past_the_maximum)
{
    se__lazy lazy = {.min_ms = 1, .max_ms = INT64_MAX / 4};

    for (int i = 0; i < 200; i++) {
        se__lazy_ended(&lazy, 0, SE__FETCH_UNCHANGED);
        ck_assert_int_ge(se__lazy_due(&lazy), 1);
        ck_assert_int_le(se__lazy_due(&lazy), INT64_MAX / 4);
    }
    ck_assert_int_eq(se__lazy_due(&lazy), INT64_MAX / 4);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {pauses, 19},
        {the_first_is_due_at_once, 1},
        {counted_from_the_last, 1},
        {never_past_the_maximum, 1},
    };

    return run_suite("registry lazy", rows, SE__COUNT(rows));
}
