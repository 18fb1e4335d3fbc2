/*
 * The policies, their choices and their fairness, and a capacity that is old.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "fleet.h"
#include "kit.h"
#include "suite.h"

static kit k;

#define ABC "a edit 1 http://a; b edit 2 http://b; c edit 3 http://c"

static void open_with(const char *line, se_policy policy)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;

    options.policy = policy;
    kit_open(&k, line);
    kit_reopen(&k, &options);
}

static const char *chosen(int64_t bytes)
{
    se__query query = kit_query(bytes);

    return kit_choose(&k, &query);
}

/* Choose and keep the room; the first letter of the id. */
static char keep(int64_t bytes)
{
    se__query query = kit_query(bytes);
    se__choice choice;
    char id;

    if (se__selector_choose(k.selector, &query, &choice, NULL, NULL, NULL) !=
        SE_OK) {
        return '-';
    }
    id = choice.endpoint->id[0];
    se__choice_release(&choice, SE_STORED);
    return id;
}

static void assert_kept(const char *expected, int64_t bytes)
{
    char got[64] = "";

    for (size_t i = 0; i < strlen(expected); i++) {
        got[i] = keep(bytes);
    }
    ck_assert_str_eq(got, expected);
}

/* ---- most-free ---- */

START_TEST(most_free_is_the_one_with_most_room)
{
    open_with(ABC "; r rw 1 http://r", SE_POLICY_MOST_FREE);
    kit_room(&k, "a", 30);
    kit_room(&k, "b", 50);
    kit_room(&k, "c", 40);
    kit_room(&k, "r", 900);
    /* 30 50 40, 30 40 40, 30 30 40, 30 30 30, then in order */
    assert_kept("bbcabcabcabc-", 10);
    kit_close(&k);
}
END_TEST

START_TEST(most_free_takes_the_unknown_last)
{
    open_with(ABC, SE_POLICY_MOST_FREE);
    kit_room(&k, "b", 20);
    kit_room(&k, "c", 10);
    assert_kept("bbcaaa", 10);
    kit_close(&k);
}
END_TEST

START_TEST(most_free_counts_what_is_under_way)
{
    se__query query = kit_query(60);
    se__choice choice;

    open_with(ABC, SE_POLICY_MOST_FREE);
    kit_room(&k, "a", 50);
    kit_room(&k, "b", 100);
    kit_room(&k, "c", 70);
    ck_assert_int_eq(
        se__selector_choose(k.selector, &query, &choice, NULL, NULL, NULL),
        SE_OK);
    ck_assert_str_eq(choice.endpoint->id, "b");
    ck_assert_str_eq(chosen(1), "c");
    se__choice_release(&choice, SE_REJECTED);
    ck_assert_str_eq(chosen(1), "b");
    kit_close(&k);
}
END_TEST

/* ---- weighted-free ---- */

START_TEST(weights)
{
    static const struct {
        int64_t rooms[3];
        double at; /* of all weights */
        size_t chosen;
    } rows[] = {
        {{10, 20, 10}, 0, 0},
        {{10, 20, 10}, .24, 0},
        {{10, 20, 10}, .26, 1},
        {{10, 20, 10}, .74, 1},
        {{10, 20, 10}, .76, 2},
        {{10, 20, 10}, .9999999999999999, 2},
        {{INT64_MAX, INT64_MAX, INT64_MAX}, .5, 1},
        {{INT64_MAX, INT64_MAX, INT64_MAX}, .9999999999999999, 2},
        {{0, 5, 0}, 0, 1},
        {{0, 5, 0}, .9999999999999999, 1},
        {{0, 0, 0}, .5, 0},
        {{-1, -1, -1}, .5, 1},
        {{-1, 20, 10}, .32, 0},
        {{-1, 20, 10}, .34, 1},
        {{-1, 20, 10}, .79, 2},
    };

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se_candidate candidates[3] = {{.size = 0}};

        for (size_t c = 0; c < 3; c++) {
            candidates[c].free_bytes = rows[i].rooms[c];
        }
        ck_assert_msg(
            se__policy_weigh(candidates, 3, (uint64_t)(rows[i].at * 0x1p64)) ==
                rows[i].chosen,
            "row %zu", i);
    }
}
END_TEST

static uint64_t sequence = 7;

/* splitmix64 */
static uint64_t draw(void)
{
    uint64_t z = sequence += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Of many draws each gets its share; five sigma is less than 1 % of them. */
START_TEST(weighted_in_proportion)
{
    enum {
        DRAWS = 100000
    };
    se_candidate candidates[] = {
        {.free_bytes = 100}, {.free_bytes = 500}, {.free_bytes = 0},
        {.free_bytes = -1},  {.free_bytes = 400},
    };
    /* the one that is not known: 250 */
    static const double share[] = {.08, .4, 0, .2, .32};
    int got[5] = {0};

    for (int i = 0; i < DRAWS; i++) {
        got[se__policy_weigh(candidates, 5, draw())]++;
    }
    for (size_t i = 0; i < 5; i++) {
        double off = got[i] - share[i] * DRAWS;

        ck_assert_msg(off < DRAWS / 100.0 && off > -DRAWS / 100.0, "%zu: %d", i,
                      got[i]);
    }
    ck_assert_int_eq(got[2], 0);
}
END_TEST

/* The real one, with its own numbers: all get some, and more gets more. */
START_TEST(weighted_choices)
{
    int got[3] = {0};

    open_with(ABC, SE_POLICY_WEIGHTED_FREE);
    kit_room(&k, "a", 1000);
    kit_room(&k, "b", 8000);
    kit_room(&k, "c", 1000);
    for (int i = 0; i < 2000; i++) {
        got[chosen(1)[0] - 'a']++;
    }
    ck_assert_int_gt(got[0], 0);
    ck_assert_int_gt(got[2], 0);
    ck_assert_int_gt(got[1], 2 * (got[0] + got[2]));
    kit_close(&k);
}
END_TEST

/* ---- round-robin ---- */

START_TEST(round_robin_is_in_turn)
{
    open_with(ABC "; r rw 1 http://r", SE_POLICY_ROUND_ROBIN);
    assert_kept("abcabcabc", 10);
    kit_room(&k, "b", 0);
    assert_kept("acac", 10);
    /* Back again it has waited longest, and has nothing to catch up with. */
    kit_room(&k, "b", 1000);
    assert_kept("bacbac", 10);
    kit_close(&k);
}
END_TEST

/* Files for two modes, or of two sizes, in between leave it even. */
START_TEST(round_robin_is_even_for_all_files)
{
    int got[4] = {0};

    open_with(ABC "; d edit 4 http://d; r rw 1 http://r; s rw 2 http://s",
              SE_POLICY_ROUND_ROBIN);
    kit_room(&k, "c", 1000);
    kit_room(&k, "d", 1000);
    for (int i = 0; i < 40; i++) {
        se__query permanent = kit_query(1);
        char id = keep(1);

        got[id - 'a']++;
        id = keep(5000);
        ck_assert(id == 'a' || id == 'b');
        got[id - 'a']++;
        permanent.retention = SE_PERMANENT;
        ck_assert_str_eq(kit_choose(&k, &permanent), i % 2 ? "s" : "r");
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_int_ge(got[i], 19);
        ck_assert_int_le(got[i], 21);
    }
    kit_close(&k);
}
END_TEST

START_TEST(round_robin_explained_takes_no_turn)
{
    se_want want = SE_WANT_INIT;

    open_with(ABC, SE_POLICY_ROUND_ROBIN);
    keep(1);
    for (int i = 0; i < 3; i++) {
        se_explanation *explanation = NULL;

        ck_assert_int_eq(
            se_selector_explain(k.selector, &want, &explanation, NULL), SE_OK);
        ck_assert_int_eq(se_explanation_chosen(explanation), 1);
        se_explanation_free(explanation);
    }
    assert_kept("bc", 1);
    kit_close(&k);
}
END_TEST

enum {
    THREADS = 6,
    EACH = 500
};

static void *choose_many(void *argument)
{
    int *got = argument;

    for (int i = 0; i < EACH; i++) {
        got[keep(1) - 'a']++;
    }
    return NULL;
}

/* Threads that choose at once take different turns. */
START_TEST(round_robin_is_even_over_threads)
{
    int got[THREADS][3] = {{0}};
    pthread_t threads[THREADS];

    open_with(ABC, SE_POLICY_ROUND_ROBIN);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, choose_many, got[i]),
                         0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int id = 0; id < 3; id++) {
        int sum = 0;

        for (int i = 0; i < THREADS; i++) {
            sum += got[i][id];
        }
        ck_assert_int_eq(sum, THREADS * EACH / 3);
    }
    kit_close(&k);
}
END_TEST

/* ---- the program's own ---- */

typedef struct own {
    size_t answer;
    int64_t bytes;
    size_t n;
    char seen[256];
    int calls;
    se__endpoint *grab; /* take its room before answering, once */
} own;

static size_t own_policy(void *user, int64_t bytes,
                         const se_candidate *candidates, size_t n)
{
    own *o = user;
    size_t at = 0;

    o->calls++;
    o->bytes = bytes;
    o->n = n;
    o->seen[0] = '\0';
    for (size_t i = 0; i < n && i < 8; i++) {
        ck_assert_uint_eq(candidates[i].size, sizeof(se_candidate));
        at += (size_t)snprintf(
            o->seen + at, sizeof(o->seen) - at, "%s:%d:%d:%d ",
            se_element_id(candidates[i].element), (int)candidates[i].free_bytes,
            (int)candidates[i].inflight_bytes, candidates[i].in_flight);
    }
    if (o->grab) {
        ck_assert(se__endpoint_reserve(o->grab, 95, 0));
        o->grab = NULL;
    }
    return o->answer;
}

static own o;

static void open_own(const char *line)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;

    memset(&o, 0, sizeof(o));
    options.choose = own_policy;
    options.choose_user = &o;
    options.policy = (se_policy)99; /* does not matter */
    kit_open(&k, line);
    kit_reopen(&k, &options);
}

START_TEST(own_policy_sees_the_candidates)
{
    se__query query = kit_query(10);
    se__choice choice;

    open_own(ABC "; x edit 0 http://x off; r rw 0 http://r");
    kit_room(&k, "a", 100);
    kit_room(&k, "c", 9);
    ck_assert_int_eq(
        se__selector_choose(k.selector, &query, &choice, NULL, NULL, NULL),
        SE_OK);
    ck_assert_str_eq(o.seen, "a:100:0:0 b:-1:0:0 ");
    ck_assert_int_eq(o.bytes, 10);
    o.answer = 1;
    ck_assert_str_eq(chosen(-1), "b");
    ck_assert_str_eq(o.seen, "a:90:10:1 b:-1:0:0 c:9:0:0 ");
    ck_assert_int_eq(o.bytes, -1);
    se__choice_release(&choice, SE_REJECTED);
    /* What is no candidate is the first. */
    o.answer = 3;
    ck_assert_str_eq(chosen(-1), "a");
    o.answer = SIZE_MAX;
    ck_assert_str_eq(chosen(-1), "a");
    kit_close(&k);
}
END_TEST

START_TEST(own_policy_is_not_asked_about_nobody)
{
    open_own(ABC);
    kit_room(&k, "a", 1);
    kit_room(&k, "b", 1);
    kit_room(&k, "c", 1);
    ck_assert_str_eq(chosen(2), "no storage element has room for 2 bytes: 3 "
                                "elements of mode edit: 3 with too little "
                                "room");
    ck_assert_int_eq(o.calls, 0);
    kit_close(&k);
}
END_TEST

/* The room goes while the policy thinks: it is asked about the others. */
START_TEST(own_policy_is_asked_again)
{
    open_own(ABC);
    kit_room(&k, "a", 100);
    kit_room(&k, "b", 100);
    kit_room(&k, "c", 100);
    o.answer = 1;
    o.grab = kit_endpoint(&k, "b");
    ck_assert_str_eq(chosen(10), "c");
    ck_assert_int_eq(o.calls, 2);
    ck_assert_str_eq(o.seen, "a:100:0:0 c:100:0:0 ");
    ck_assert_int_eq(atomic_load(&kit_endpoint(&k, "b")->reserved), 95);
    kit_close(&k);
}
END_TEST

/* Answers the first, whose room goes meanwhile; five times. */
static size_t unlucky_policy(void *user, int64_t bytes,
                             const se_candidate *candidates, size_t n)
{
    int *calls = user;

    (void)bytes;
    ck_assert_uint_eq(n, 6 - (size_t)*calls);
    if (++*calls <= 5) {
        const char *id = se_element_id(candidates[0].element);

        ck_assert(se__endpoint_reserve(kit_endpoint(&k, id), 95, 0));
    }
    return 0;
}

START_TEST(own_policy_is_asked_until_one_is_left)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;
    int calls = 0;

    options.choose = unlucky_policy;
    options.choose_user = &calls;
    kit_open(&k, ABC "; d edit 4 http://d; e edit 5 http://e; f edit 6 "
                     "http://f");
    kit_reopen(&k, &options);
    for (const char *id = "abcdef"; *id; id++) {
        kit_room(&k, (char[]){*id, '\0'}, 100);
    }
    ck_assert_str_eq(chosen(10), "f");
    ck_assert_int_eq(calls, 6);
    kit_close(&k);
}
END_TEST

/* All of it goes: the list is walked once more, then it is an error. */
START_TEST(own_policy_with_nobody_left)
{
    open_own("a edit 1 http://a");
    kit_room(&k, "a", 100);
    o.grab = kit_endpoint(&k, "a");
    ck_assert_str_eq(chosen(10), "no storage element has room for 10 bytes: 1 "
                                 "element of mode edit: 1 with too little "
                                 "room");
    ck_assert_int_eq(o.calls, 1);
    kit_close(&k);
}
END_TEST

static size_t reloading_policy(void *user, int64_t bytes,
                               const se_candidate *candidates, size_t n)
{
    (void)bytes;
    kit_put(user, fleet("z edit 1 http://z"));
    return strcmp(se_element_id(candidates[n - 1].element), "c") == 0 ? n - 1
                                                                      : 0;
}

/* It may use the library; its views stay good. */
START_TEST(own_policy_may_reload)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;

    options.choose = reloading_policy;
    options.choose_user = &k;
    kit_open(&k, ABC);
    kit_reopen(&k, &options);
    ck_assert_str_eq(chosen(1), "c");
    ck_assert_str_eq(chosen(1), "z");
    kit_close(&k);
}
END_TEST

/* ---- many ---- */

/* More than fit without memory of their own. */
START_TEST(many_candidates)
{
    static const se_policy policies[] = {
        SE_POLICY_SEQUENTIAL, SE_POLICY_MOST_FREE, SE_POLICY_ROUND_ROBIN};
    static const char *const expected[] = {"se-000", "se-250", "se-000"};
    enum {
        SIZE = 300 * 64
    };
    char *line = malloc(SIZE);
    size_t at = 0;

    ck_assert_ptr_nonnull(line);
    for (int i = 0; i < 300; i++) {
        at += (size_t)snprintf(line + at, SIZE - at,
                               "%sse-%03d edit 1 http://h/%d", i ? "; " : "", i,
                               i);
    }
    for (size_t i = 0; i < SE__COUNT(policies); i++) {
        open_with(line, policies[i]);
        kit_room(&k, "se-200", 500);
        kit_room(&k, "se-250", 501);
        kit_room(&k, "se-299", 500);
        ck_assert_str_eq(chosen(1), expected[i]);
        kit_close(&k);
    }
    free(line);
}
END_TEST

/* ---- the rules of the fleet hold for all policies ---- */

static const se_policy all_policies[] = {
    SE_POLICY_SEQUENTIAL, SE_POLICY_MOST_FREE, SE_POLICY_WEIGHTED_FREE,
    SE_POLICY_ROUND_ROBIN};

/* What is kept away is not chosen, however much room it has. */
START_TEST(rules_hold)
{
    open_with("a edit 1 http://a; b edit 2 http://b; c edit 3 http://c; "
              "d edit 4 http://d",
              all_policies[_i]);
    kit_room(&k, "a", 1 << 20);
    kit_room(&k, "b", 1 << 20);
    kit_room(&k, "c", 100);
    kit_room(&k, "d", 1);
    kit_eject(&k, "a", NOW);
    atomic_store(&kit_endpoint(&k, "b")->probation, true);
    for (int i = 0; i < 20; i++) {
        ck_assert_str_eq(chosen(10), "c");
    }
    kit_eject(&k, "d", NOW);
    kit_down(&k, "c", NOW);
    /* The only candidate. */
    ck_assert_str_eq(chosen(10), "b");
    kit_down(&k, "b", NOW);
    /* Half of them are ejected, and nobody else is left. */
    for (int i = 0; i < 20; i++) {
        ck_assert_str_eq(chosen(10), "a");
    }
    kit_close(&k);
}
END_TEST

/* ---- stale ---- */

static void open_stale(const char *line, se_policy policy, int after_ms)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;

    options.policy = policy;
    options.stale_after_ms = after_ms;
    kit_open(&k, line);
    kit_reopen(&k, &options);
}

static const char *chosen_at(int64_t later)
{
    se__query query = kit_query(10);

    query.now_ms += later;
    return kit_choose(&k, &query);
}

static void measure(const char *id, int64_t room, int64_t at_ms)
{
    atomic_store(&kit_endpoint(&k, id)->measured_ms, 0);
    kit_room(&k, id, room);
    atomic_store(&kit_endpoint(&k, id)->measured_ms, at_ms);
}

START_TEST(stale_is_passed_over)
{
    open_stale(ABC, all_policies[_i], 1000);
    measure("a", 1000, NOW);
    measure("b", 15, NOW + 500);
    kit_room(&k, "c", 9);
    ck_assert_str_eq(chosen_at(1001), "b");
    /* Nobody fresh is left: better an old figure than none. */
    measure("b", 9, NOW + 500);
    ck_assert_str_eq(chosen_at(1001), "a");
    kit_close(&k);
}
END_TEST

START_TEST(stale_after_and_not_before)
{
    open_stale(ABC, SE_POLICY_SEQUENTIAL, 1000);
    measure("a", 1000, NOW);
    measure("b", 1000, NOW + 500);
    measure("c", 1000, NOW + 500);
    ck_assert_str_eq(chosen_at(1000), "a");
    ck_assert_str_eq(chosen_at(1001), "b");
    /* all of them: as if none were */
    ck_assert_str_eq(chosen_at(5000), "a");
    kit_close(&k);
}
END_TEST

/* Nothing has been measured, or nobody says when. */
START_TEST(without_an_age_it_is_fresh)
{
    open_stale(ABC, SE_POLICY_SEQUENTIAL, 1000);
    ck_assert_str_eq(chosen_at(100000), "a");
    se__endpoint_listed(kit_endpoint(&k, "a"), 1000, 10, NOW);
    ck_assert_str_eq(chosen_at(100000), "a");
    kit_close(&k);
}
END_TEST

START_TEST(nothing_is_stale_by_default)
{
    open_stale(ABC, SE_POLICY_SEQUENTIAL, 0);
    measure("a", 1000, 1);
    ck_assert_str_eq(chosen_at(INT64_C(1) << 40), "a");
    kit_close(&k);
}
END_TEST

/* An old figure is better than one that was never seen healthy. */
START_TEST(stale_before_probation)
{
    open_stale(ABC, SE_POLICY_SEQUENTIAL, 1000);
    atomic_store(&kit_endpoint(&k, "a")->probation, true);
    measure("b", 1000, NOW);
    measure("c", 0, NOW);
    ck_assert_str_eq(chosen_at(2000), "b");
    measure("b", 0, NOW);
    ck_assert_str_eq(chosen_at(2000), "a");
    measure("a", 1000, NOW);
    ck_assert_str_eq(chosen_at(2000), "a");
    kit_close(&k);
}
END_TEST

START_TEST(stale_is_explained)
{
    se_want want = SE_WANT_INIT;
    se_explanation *explanation = NULL;
    se_reason reason = SE_REASON_NONE;

    open_stale(ABC, SE_POLICY_SEQUENTIAL, 1000);
    measure("a", 1000, 1);
    measure("b", 5, 1);
    want.bytes = 10;
    ck_assert_int_eq(se_selector_explain(k.selector, &want, &explanation, NULL),
                     SE_OK);
    ck_assert_int_eq(se_explanation_chosen(explanation), 2);
    ck_assert(se_explanation_at(explanation, 0, NULL, &reason));
    ck_assert_int_eq(reason, SE_REASON_STALE);
    ck_assert(se_explanation_at(explanation, 1, NULL, &reason));
    ck_assert_int_eq(reason, SE_REASON_NO_FIT);
    se_explanation_free(explanation);
    kit_close(&k);
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {most_free_is_the_one_with_most_room, 1},
        {most_free_takes_the_unknown_last, 1},
        {most_free_counts_what_is_under_way, 1},
        {weights, 1},
        {weighted_in_proportion, 1},
        {weighted_choices, 1},
        {round_robin_is_in_turn, 1},
        {round_robin_is_even_for_all_files, 1},
        {round_robin_explained_takes_no_turn, 1},
        {round_robin_is_even_over_threads, 1},
        {own_policy_sees_the_candidates, 1},
        {own_policy_is_not_asked_about_nobody, 1},
        {own_policy_is_asked_again, 1},
        {own_policy_is_asked_until_one_is_left, 1},
        {own_policy_with_nobody_left, 1},
        {own_policy_may_reload, 1},
        {many_candidates, 1},
        {rules_hold, SE__COUNT(all_policies)},
        {stale_is_passed_over, SE__COUNT(all_policies)},
        {stale_after_and_not_before, 1},
        {without_an_age_it_is_fresh, 1},
        {nothing_is_stale_by_default, 1},
        {stale_before_probation, 1},
        {stale_is_explained, 1},
    };

    return run_suite("policy", tests, SE__COUNT(tests));
}
