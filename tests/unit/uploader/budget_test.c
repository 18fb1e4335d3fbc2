/* The retry budget: its arithmetic, and many threads at once. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"
#include "uploader/budget.h"

static int tokens_of(se__budget *b)
{
    return atomic_load(&b->tokens);
}

/* Take as often as it lets; each retry ends at once. */
static int drain(se__budget *b, bool after_timeout)
{
    int n = 0;

    while (se__budget_take(b, after_timeout)) {
        se__budget_retry_done(b);
        n++;
    }
    return n;
}

START_TEST(retries_cost_until_none_is_left)
{
    static const struct {
        bool after_timeout;
        int cost;
        int times;
    } cases[] = {{false, 5, 100}, {true, 10, 50}};
    se__budget b;

    se__budget_init(&b);
    ck_assert_int_eq(tokens_of(&b), 500);
    ck_assert_int_eq(se__budget_take(&b, cases[_i].after_timeout),
                     cases[_i].cost);
    ck_assert_int_eq(tokens_of(&b), 500 - cases[_i].cost);
    se__budget_retry_done(&b);
    ck_assert_int_eq(drain(&b, cases[_i].after_timeout), cases[_i].times - 1);
    ck_assert_int_eq(tokens_of(&b), 0);
    ck_assert_int_eq(se__budget_take(&b, false), 0);
    ck_assert_int_eq(tokens_of(&b), 0);
    ck_assert_int_eq(atomic_load(&b.retrying), 0);
}
END_TEST

START_TEST(too_little_is_not_taken)
{
    static const int left[] = {4, 9};
    se__budget b;

    se__budget_init(&b);
    atomic_store(&b.tokens, left[_i]);
    ck_assert_int_eq(se__budget_take(&b, _i == 1), 0);
    ck_assert_int_eq(tokens_of(&b), left[_i]);
    ck_assert_int_eq(atomic_load(&b.retrying), 0);
}
END_TEST

START_TEST(success_gives_back)
{
    static const struct {
        int before, cost, after;
    } cases[] = {
        {100, 5, 105}, {100, 10, 110}, {100, 0, 101}, {0, 0, 1},
        {499, 0, 500}, {500, 0, 500},  {498, 5, 500}, {491, 10, 500},
    };

    for (size_t i = 0; i < SE__COUNT(cases); i++) {
        se__budget b;

        se__budget_init(&b);
        atomic_store(&b.tokens, cases[i].before);
        se__budget_success(&b, cases[i].cost);
        ck_assert_int_eq(tokens_of(&b), cases[i].after);
    }
}
END_TEST

START_TEST(empty_bucket_fills_by_successes)
{
    se__budget b;

    se__budget_init(&b);
    drain(&b, false);
    for (int i = 0; i < 5; i++) {
        ck_assert_int_eq(se__budget_take(&b, false), 0);
        se__budget_success(&b, 0);
    }
    ck_assert_int_eq(se__budget_take(&b, false), 5);
    ck_assert_int_eq(tokens_of(&b), 0);
    se__budget_success(&b, 5);
    ck_assert_int_eq(tokens_of(&b), 5);
}
END_TEST

START_TEST(share_of_the_active_may_retry)
{
    static const struct {
        int active, most;
    } cases[] = {
        {0, 3},  {1, 3},  {15, 3},   {19, 3},   {20, 4},
        {24, 4}, {25, 5}, {100, 20}, {257, 51},
    };
    se__budget b;
    int n = 0;

    se__budget_init(&b);
    atomic_store(&b.active, cases[_i].active);
    while (se__budget_take(&b, false)) {
        n++;
    }
    ck_assert_int_eq(n, cases[_i].most);
    /* Refused for want of a place: no token is gone. */
    ck_assert_int_eq(tokens_of(&b), 500 - 5 * n);
    se__budget_retry_done(&b);
    ck_assert_int_eq(se__budget_take(&b, false), 5);
    ck_assert_int_eq(se__budget_take(&b, false), 0);
}
END_TEST

/* ---- many threads ---- */

#define THREADS 8
#define ROUNDS 20000

typedef struct retrier {
    se__thread thread;
    se__budget *budget;
    uint64_t random;
    int64_t taken, given; /* what the bucket lost and may have got */
    bool broken;
} retrier;

static unsigned draw(retrier *r, unsigned n)
{
    r->random = r->random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(r->random >> 33) % n;
}

static void look(retrier *r)
{
    int tokens = atomic_load(&r->budget->tokens);
    int retrying = atomic_load(&r->budget->retrying);

    /* At most 20 of 100 active ones; a place is given back after a look. */
    r->broken = r->broken || tokens < 0 || tokens > 500 || retrying < 0 ||
                retrying > 20;
}

static void retry(void *argument)
{
    retrier *r = argument;

    for (int i = 0; i < ROUNDS; i++) {
        int cost = se__budget_take(r->budget, draw(r, 2) == 0);

        look(r);
        r->taken += cost;
        if (cost) {
            se__budget_retry_done(r->budget);
        }
        if (draw(r, 3) == 0) {
            se__budget_success(r->budget, cost);
            r->given += cost ? cost : 1;
        }
        look(r);
    }
}

static void take_some(void *argument)
{
    retrier *r = argument;

    for (int i = 0; i < 10; i++) {
        int cost = se__budget_take(r->budget, i % 2 == 0);

        r->taken += cost;
        if (cost) {
            se__budget_retry_done(r->budget);
        }
    }
}

static void run_all(retrier *retriers, se__budget *b, void (*run)(void *))
{
    se__budget_init(b);
    atomic_store(&b->active, 100);
    for (unsigned i = 0; i < THREADS; i++) {
        retriers[i] = (retrier){.budget = b, .random = i};
        ck_assert_int_eq(se__thread_start(&retriers[i].thread, "retrier", run,
                                          &retriers[i], NULL),
                         SE_OK);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        se__thread_join(&retriers[i].thread);
    }
}

START_TEST(threads_never_break_the_bounds)
{
    retrier retriers[THREADS];
    se__budget b;
    int64_t taken = 0;
    int64_t given = 0;

    run_all(retriers, &b, retry);
    for (unsigned i = 0; i < THREADS; i++) {
        ck_assert(!retriers[i].broken);
        taken += retriers[i].taken;
        given += retriers[i].given;
    }
    ck_assert_int_gt(taken, 500);
    /* Nothing was made up; what is missing was cut off by the cap. */
    ck_assert_int_ge(tokens_of(&b), 0);
    ck_assert_int_le(tokens_of(&b), 500 - taken + given);
    ck_assert_int_eq(atomic_load(&b.retrying), 0);
}
END_TEST

/* With nothing given back, what is gone is exactly what was taken. */
START_TEST(threads_lose_no_token)
{
    retrier retriers[THREADS];
    se__budget b;
    int64_t taken = 0;

    run_all(retriers, &b, take_some);
    for (unsigned i = 0; i < THREADS; i++) {
        taken += retriers[i].taken;
    }
    ck_assert_int_gt(taken, 400);
    ck_assert_int_eq(tokens_of(&b), 500 - taken);
    ck_assert_int_eq(atomic_load(&b.retrying), 0);
}
END_TEST

/* What is taken is given back, far from both ends: the sum never changes. */
static void take_and_give(void *argument)
{
    retrier *r = argument;

    for (int i = 0; i < ROUNDS; i++) {
        int cost = se__budget_take(r->budget, draw(r, 2) == 0);

        if (cost) {
            se__budget_success(r->budget, cost);
            se__budget_retry_done(r->budget);
        }
    }
}

START_TEST(threads_keep_the_sum)
{
    retrier retriers[THREADS];
    se__budget b;

    run_all(retriers, &b, take_and_give);
    ck_assert_int_eq(tokens_of(&b), 500);
    ck_assert_int_eq(atomic_load(&b.retrying), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("budget");
    TCase *tc = tcase_create("budget");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, retries_cost_until_none_is_left, 0, 2);
    tcase_add_loop_test(tc, too_little_is_not_taken, 0, 2);
    tcase_add_test(tc, success_gives_back);
    tcase_add_test(tc, empty_bucket_fills_by_successes);
    tcase_add_loop_test(tc, share_of_the_active_may_retry, 0, 9);
    tcase_add_test(tc, threads_never_break_the_bounds);
    tcase_add_test(tc, threads_lose_no_token);
    tcase_add_test(tc, threads_keep_the_sum);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
