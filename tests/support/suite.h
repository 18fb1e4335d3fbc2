/*
 * What every test program ends with: run the tests of one file in this process.
 *
 *     int main(void)
 *     {
 *         const test_row rows[] = {{plain, 1}, {by_table, SE__COUNT(table)}};
 *
 *         return run_suite("text", rows, SE__COUNT(rows));
 *     }
 */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stddef.h>

typedef struct test_row {
    const TTest *test;
    size_t times; /* with _i from 0 on: rows of its table */
} test_row;

/*
 * 1 if any failed. No fork: threads and sanitizers do not bear it. tear_down
 * (may be NULL) runs after each test, also after one that failed.
 */
static inline int run_suite_with(const char *name, const test_row *rows,
                                 size_t n, void (*tear_down)(void))
{
    Suite *suite = suite_create(name);
    TCase *tests = tcase_create(name);
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, NULL, tear_down);
    for (size_t i = 0; i < n; i++) {
        tcase_add_loop_test(tests, rows[i].test, 0, (int)rows[i].times);
    }
    suite_add_tcase(suite, tests);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

static inline int run_suite(const char *name, const test_row *rows, size_t n)
{
    return run_suite_with(name, rows, n, NULL);
}

#endif
