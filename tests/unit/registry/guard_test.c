/* Suspicious lists: what is one, and what confirms it. */
#include <check.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "fleet.h"
#include "registry/guard.h"
#include "suite.h"

#define E(n) "e" #n " edit 1 http://e" #n "; "
#define R(n) "r" #n " rw 1 http://r" #n "; "
#define SIX E(1) E(2) E(3) R(1) R(2) R(3)

static const struct {
    const char *before; /* NULL: none */
    const char *after;
    se__suspicion what;
} rows[] = {
    {NULL, SIX, SE__FINE},
    {NULL, E(1), SE__FINE},
    {NULL, "", SE__EMPTY},
    {"", E(1), SE__FINE},
    {E(1), "", SE__EMPTY},
    {SIX, SIX, SE__FINE},
    /* more than half, not half */
    {SIX, E(1) E(2) R(1), SE__FINE},
    {SIX, E(1) R(1), SE__HALF_GONE},
    {E(1) E(2) R(1), E(1) R(1), SE__FINE},
    {E(1) E(2) E(3), E(1), SE__HALF_GONE},
    /* what is added does not make up for it */
    {SIX, E(1) R(1) E(4) E(5) E(6) R(4), SE__HALF_GONE},
    /* URLs and priorities are no matter; a mode that takes files is none */
    {SIX, E(1) R(1) R(2) R(3) "e2 rw 7 http://x; e3 rw 1 http://e3", SE__FINE},
    {SIX,
     E(1) R(1) "e2 ro 1 http://x; e3 ar 1 http://y; r2 ro 1 http://z; "
               "r3 ro 1 http://w",
     SE__HALF_GONE},
    {SIX,
     E(1) R(1) "e2 edit 1 http://e2 off; e3 edit 1 http://e3 off; "
               "r2 rw 1 http://r2 off; r3 rw 1 http://r3 off",
     SE__HALF_GONE},
    /* ro, ar and unavailable ones may go */
    {E(1) "a ro 1 http://a; b ar 1 http://b; c rw 1 http://c off", E(1),
     SE__FINE},
    /* the last of a mode */
    {E(1) E(2) E(3) E(4) R(1), E(1) E(2) E(3) E(4), SE__LAST_OF_MODE},
    {E(1) R(1) R(2) R(3), R(1) R(2) R(3), SE__LAST_OF_MODE},
    {E(1) E(2) E(3) E(4) R(1), E(1) E(2) E(3) E(4) "r1 rw 1 http://r1 off",
     SE__LAST_OF_MODE},
    {E(1) E(2) E(3) E(4), E(1) E(2) E(3), SE__FINE}, /* no rw was in use */
    /* fleets of one or two: only the last of a mode */
    {E(1) E(2), E(1), SE__FINE},
    {E(1) E(2), E(3), SE__FINE},
    {E(1) R(1), E(1), SE__LAST_OF_MODE},
    {E(1), R(1), SE__LAST_OF_MODE},
    {E(1), E(2), SE__FINE},
};

/* The rows end with a semicolon, or do not. */
static se_topology *list_of(const char *line)
{
    char text[512];
    size_t length = strlen(line);

    while (length > 0 && strchr("; ", line[length - 1]) != NULL) {
        length--;
    }
    snprintf(text, sizeof(text), "%.*s", (int)length, line);
    return fleet(text);
}

START_TEST(some_lists_are_suspicious)
{
    se_topology *before = rows[_i].before ? list_of(rows[_i].before) : NULL;
    se_topology *after = list_of(rows[_i].after);
    char why[SE__GUARD_WHY_SIZE];

    ck_assert_int_eq(se__guard_judge(before, after, why), rows[_i].what);
    ck_assert_int_eq(why[0] == '\0', rows[_i].what == SE__FINE);
    se_topology_unref(before);
    se_topology_unref(after);
}
END_TEST

static const struct {
    int good, bad;
    bool rubbish;
} shares[] = {
    {1, 0, false}, {4, 1, false}, {3, 1, true},   {0, 1, true},
    {8, 2, false}, {8, 3, true},  {79, 20, true}, {80, 20, false},
};

START_TEST(many_invalid_elements_are_no_list)
{
    char text[16384] = "{\"storage_elements\":[";
    se_topology *list = NULL;
    size_t used = strlen(text);

    for (int i = 0; i < shares[_i].good + shares[_i].bad; i++) {
        used += (size_t)snprintf(
            text + used, sizeof(text) - used,
            "%s{\"element_id\":\"x%d\",\"api_url\":\"http://x%d\","
            "\"mode\":\"%s\"}",
            i > 0 ? "," : "", i, i, i < shares[_i].good ? "rw" : "wr");
    }
    snprintf(text + used, sizeof(text) - used, "]}");
    ck_assert_int_eq(se_topology_parse(text, strlen(text), &list, NULL), SE_OK);
    ck_assert_int_eq((int)se_topology_rejected_count(list), shares[_i].bad);
    ck_assert_int_eq(se__guard_is_rubbish(list), shares[_i].rubbish);
    se_topology_unref(list);
}
END_TEST

/* ---- what confirms ---- */

static se__guard guard;
static se_topology *a;
static se_topology *b;
static se_topology *none;

static void set_up(void)
{
    a = fleet("a edit 1 http://a");
    b = fleet("b edit 1 http://b");
    none = fleet("");
    se__guard_init(&guard, 1000);
}

static void tear_down(void)
{
    se_topology_unref(a);
    se_topology_unref(b);
    se_topology_unref(none);
}

START_TEST(three_fetches_over_two_intervals)
{
    ck_assert(!se__guard_is_holding(&guard));
    se__guard_hold(&guard, a, "why", true, 5000);
    ck_assert(se__guard_is_holding(&guard));
    ck_assert_str_eq(guard.hash, se_topology_hash(a));
    se__guard_hold(&guard, a, "why", true, 6000);
    ck_assert(!se__guard_is_confirmed(&guard, 9000)); /* two */
    se__guard_hold(&guard, a, "why", true, 6001);
    ck_assert(!se__guard_is_confirmed(&guard, 6799)); /* too quick */
    ck_assert(se__guard_is_confirmed(&guard, 6800));  /* jitter: 10 % */
    ck_assert_int_eq(guard.first_ms, 5000);
    se__guard_drop(&guard);
    ck_assert(!se__guard_is_holding(&guard));
    ck_assert(!se__guard_is_confirmed(&guard, 99999));
    ck_assert_int_eq(guard.interval_ms, 1000);
}
END_TEST

START_TEST(another_list_begins_anew)
{
    se__guard_hold(&guard, a, "why", true, 5000);
    se__guard_hold(&guard, a, "why", true, 6000);
    se__guard_hold(&guard, b, "else", true, 7000);
    ck_assert_int_eq(guard.fetches, 1);
    ck_assert_int_eq(guard.first_ms, 7000);
    ck_assert_str_eq(guard.why, "else");
    ck_assert(!se__guard_is_confirmed(&guard, 99999));
    se__guard_hold(&guard, b, "else", true, 8000);
    se__guard_hold(&guard, b, "else", true, 9000);
    ck_assert(se__guard_is_confirmed(&guard, 9000));
}
END_TEST

START_TEST(what_is_pushed_does_not_confirm)
{
    for (int i = 0; i < 10; i++) {
        se__guard_hold(&guard, a, "why", false, 1000 * i);
    }
    ck_assert_int_eq(guard.fetches, 0);
    ck_assert(!se__guard_is_confirmed(&guard, 99999));
}
END_TEST

START_TEST(an_empty_list_is_never_confirmed_by_itself)
{
    for (int i = 0; i < 10; i++) {
        se__guard_hold(&guard, none, "empty", true, 1000 * i);
    }
    ck_assert(se__guard_is_holding(&guard));
    ck_assert(!se__guard_is_confirmed(&guard, 99999));
}
END_TEST

START_TEST(a_warning_a_minute)
{
    ck_assert(!se__guard_has_to_warn(&guard, 5000));
    se__guard_hold(&guard, a, "why", true, 5000);
    ck_assert(se__guard_has_to_warn(&guard, 5000));
    ck_assert(!se__guard_has_to_warn(&guard, 5001));
    se__guard_hold(&guard, a, "why", true, 40000);
    ck_assert(!se__guard_has_to_warn(&guard, 64999));
    ck_assert(se__guard_has_to_warn(&guard, 65000));
    se__guard_hold(&guard, b, "why", true, 65001);
    ck_assert(se__guard_has_to_warn(&guard, 65001)); /* another list */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry guard");
    TCase *tests = tcase_create("guard");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, some_lists_are_suspicious, 0,
                        (int)SE__COUNT(rows));
    tcase_add_loop_test(tests, many_invalid_elements_are_no_list, 0,
                        (int)SE__COUNT(shares));
    tcase_add_test(tests, three_fetches_over_two_intervals);
    tcase_add_test(tests, another_list_begins_anew);
    tcase_add_test(tests, what_is_pushed_does_not_confirm);
    tcase_add_test(tests, an_empty_list_is_never_confirmed_by_itself);
    tcase_add_test(tests, a_warning_a_minute);
    suite_add_tcase(suite, tests);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
