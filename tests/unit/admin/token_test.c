/*
 * When a token is handed out, renewed, asked for: all of it without a clock.
 */
#include "admin/token.h"

#include "base/error.h"
#include "base/mem.h"
#include "suite.h"

static se__token token;

static void take(const char *text, int64_t life_s, bool forced, int64_t at)
{
    char *copy = se__strdup(text);

    ck_assert_ptr_nonnull(copy);
    se__token_take(&token, copy, life_s, forced, at);
}

static void failed(se_err code, int64_t at)
{
    se_error why = SE_ERROR_INIT;

    se__fail(&why, code, "why");
    se__token_fail(&token, &why, at);
}

static void expect(const char *stale, int64_t now, se__token_step step)
{
    se__token_step found = se__token_decide(&token, stale, now);

    ck_assert_msg(found == step, "%d instead of %d at %lld", found, step,
                  (long long)now);
}

/* A life in seconds, and how many milliseconds of it pass before another one
 * is wanted. */
static const struct {
    int64_t life_s, refresh_ms;
} lives[] = {
    {1800, 1440000}, /* 80 % */
    {300, 240000},   /* both rules agree */
    {200, 140000},   /* a minute before the end */
    {100, 50000},    /* but never in the first half */
    {60, 30000},     {2, 1000}, {1, 500}, {86400, 69120000},
};

START_TEST(renewed_before_its_end)
{
    int64_t began = 5000;
    int64_t refresh = began + lives[_i].refresh_ms;
    int64_t end = began + lives[_i].life_s * 1000;

    se__token_init(&token);
    take("a", lives[_i].life_s, false, began);
    ck_assert_int_eq(se__token_look(&token, refresh - 1), SE__TOKEN_VALID);
    expect(NULL, refresh - 1, SE__TOKEN_USE);
    ck_assert_int_eq(se__token_look(&token, refresh), SE__TOKEN_EXPIRING);
    expect(NULL, refresh, SE__TOKEN_RENEW);
    expect(NULL, end - 1, SE__TOKEN_RENEW);
    ck_assert_int_eq(se__token_look(&token, end), SE__TOKEN_EXPIRED);
    expect(NULL, end, SE__TOKEN_REQUEST);
    se__token_fini(&token);
}
END_TEST

START_TEST(the_first_one_is_asked_for)
{
    se__token_init(&token);
    ck_assert_int_eq(se__token_look(&token, 0), SE__TOKEN_MISSING);
    expect(NULL, 0, SE__TOKEN_REQUEST);
    expect("of somebody else", 0, SE__TOKEN_REQUEST);
    take("a", 1800, false, 10);
    expect(NULL, 11, SE__TOKEN_USE);
    ck_assert_uint_eq(token.ended, 1);
    se__token_fini(&token);
}
END_TEST

START_TEST(a_failure_is_not_repeated_for_a_while)
{
    se__token_init(&token);
    failed(SE_E_CONNECT, 1000);
    expect(NULL, 1000, SE__TOKEN_FAIL);
    expect(NULL, 1000 + SE__TOKEN_FAILED_MS - 1, SE__TOKEN_FAIL);
    expect(NULL, 1000 + SE__TOKEN_FAILED_MS, SE__TOKEN_REQUEST);
    ck_assert_int_eq(token.failure.code, SE_E_CONNECT);
    take("a", 1800, false, 2000);
    expect(NULL, 2001, SE__TOKEN_USE);
    ck_assert_int_eq(token.failure.code, SE_OK);
    se__token_fini(&token);
}
END_TEST

START_TEST(a_failed_renewal_leaves_the_token_in_use)
{
    se__token_init(&token);
    take("a", 10, false, 0);
    expect(NULL, 6000, SE__TOKEN_RENEW);
    failed(SE_E_TIMEOUT, 6000);
    expect(NULL, 6001, SE__TOKEN_USE);
    expect(NULL, 9999, SE__TOKEN_USE);
    expect(NULL, 10000, SE__TOKEN_FAIL); /* nothing left to hand out */
    expect(NULL, 6000 + SE__TOKEN_FAILED_MS, SE__TOKEN_REQUEST);
    se__token_fini(&token);
}
END_TEST

START_TEST(who_was_refused_gets_another_one)
{
    se__token_init(&token);
    take("a", 1800, false, 0);
    expect("a", 100, SE__TOKEN_REQUEST);
    expect("b", 100, SE__TOKEN_USE); /* an older one: there is a newer */
    expect(NULL, 100, SE__TOKEN_USE);
    take("b", 1800, true, 100);
    expect("a", 200, SE__TOKEN_USE);
    se__token_fini(&token);
}
END_TEST

/* A peer that refuses whatever it is shown costs a request now and then. */
START_TEST(refusals_in_a_row_ask_once_in_a_while)
{
    se__token_init(&token);
    take("a", 1800, false, 0);
    expect("a", 100, SE__TOKEN_REQUEST);
    take("b", 1800, true, 100);
    expect("b", 101, SE__TOKEN_USE);
    expect("b", 100 + SE__TOKEN_FORCED_MS - 1, SE__TOKEN_USE);
    expect("b", 100 + SE__TOKEN_FORCED_MS, SE__TOKEN_REQUEST);
    se__token_fini(&token);
}
END_TEST

START_TEST(refused_and_no_other_to_be_had)
{
    se__token_init(&token);
    take("a", 1800, false, 0);
    failed(SE_E_AUTH, 100);
    expect("a", 200, SE__TOKEN_FAIL);
    expect(NULL, 200, SE__TOKEN_USE); /* others have not been refused */
    se__token_fini(&token);
}
END_TEST

START_TEST(a_life_beyond_all_clocks)
{
    se__token_init(&token);
    take("a", SE__TOKEN_LIFE_MAX_S, false, INT64_MAX - 5000);
    expect(NULL, INT64_MAX - 1, SE__TOKEN_USE);
    se__token_fini(&token);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {renewed_before_its_end, SE__COUNT(lives)},
        {the_first_one_is_asked_for, 1},
        {a_failure_is_not_repeated_for_a_while, 1},
        {a_failed_renewal_leaves_the_token_in_use, 1},
        {who_was_refused_gets_another_one, 1},
        {refusals_in_a_row_ask_once_in_a_while, 1},
        {refused_and_no_other_to_be_had, 1},
        {a_life_beyond_all_clocks, 1},
    };

    return run_suite("admin_token", rows, SE__COUNT(rows));
}
