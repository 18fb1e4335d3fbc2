/*
 * What is known of an endpoint, and what keeps files away from it: figures of
 * two origins, health, full, set aside, ejected.
 */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "topology/endpoint.h"

#define MINUTE 60000
#define START 1000000 /* some moment, ms */

static se__endpoint_table *table;
static se__endpoint *endpoint;

static void setup(void)
{
    table = se__endpoint_table_new();
    endpoint = se__endpoint_get(table, "se-01");
    ck_assert_ptr_nonnull(endpoint);
}

static void teardown(void)
{
    se__endpoint_unref(endpoint);
    se__endpoint_table_unref(table);
}

static void polled_with_mark(int64_t available, int64_t began, int64_t mark)
{
    bool known = available >= 0;
    se__figure figure = {.total = known ? 1000 : -1,
                         .used = known ? 1000 - available : -1,
                         .available = available,
                         .health = SE_HEALTH_HEALTHY,
                         .origin = SE_ORIGIN_POLL,
                         .began_ms = began,
                         .landed_mark = mark};

    se__endpoint_measured(endpoint, &figure);
}

static void polled(int64_t available, int64_t began)
{
    polled_with_mark(available, began, se__endpoint_mark(endpoint));
}

static void land(int64_t bytes)
{
    ck_assert(se__endpoint_reserve(endpoint, bytes, 0));
    se__endpoint_release(endpoint, bytes, true);
}

static void assert_figure(se_origin origin, int64_t available)
{
    ck_assert_int_eq(atomic_load(&endpoint->origin), origin);
    ck_assert_int_eq(atomic_load(&endpoint->available), available);
}

/* ---- figures ---- */

START_TEST(poll_sets_all)
{
    polled(400, START);
    assert_figure(SE_ORIGIN_POLL, 400);
    ck_assert_int_eq(atomic_load(&endpoint->total), 1000);
    ck_assert_int_eq(atomic_load(&endpoint->used), 600);
    ck_assert_int_eq(atomic_load(&endpoint->measured_ms), START);
    ck_assert_int_eq(atomic_load(&endpoint->health), SE_HEALTH_HEALTHY);
}
END_TEST

/* What landed while the question was under way is not in the answer. */
START_TEST(landed_while_measuring_stays_counted)
{
    int64_t mark;

    polled(400, START);
    land(100);
    ck_assert_int_eq(se__endpoint_room(endpoint), 300);
    mark = se__endpoint_mark(endpoint);
    land(50);
    polled_with_mark(300, START + 10, mark);
    ck_assert_int_eq(se__endpoint_room(endpoint), 250);
    polled(250, START + 20);
    ck_assert_int_eq(se__endpoint_room(endpoint), 250);
}
END_TEST

START_TEST(older_answer_is_ignored)
{
    int64_t early = se__endpoint_mark(endpoint);

    land(100);
    polled(300, START + 10);
    polled_with_mark(900, START, early);
    assert_figure(SE_ORIGIN_POLL, 300);
    ck_assert_int_eq(se__endpoint_room(endpoint), 300);
    polled(200, START + 10);
    assert_figure(SE_ORIGIN_POLL, 200);
}
END_TEST

START_TEST(base_never_goes_back)
{
    land(100);
    polled(300, START);
    polled_with_mark(300, START + 1, 0);
    ck_assert_int_eq(se__endpoint_room(endpoint), 300);
}
END_TEST

START_TEST(list_counts_until_asked)
{
    se__endpoint_listed(endpoint, 1000, 100, START);
    assert_figure(SE_ORIGIN_LIST, 900);
    ck_assert_int_eq(atomic_load(&endpoint->total), 1000);
    ck_assert_int_eq(atomic_load(&endpoint->used), 100);
    ck_assert_int_eq(atomic_load(&endpoint->measured_ms), 0);
    /* A question that began before the list came still knows better. */
    polled(400, START - 5);
    assert_figure(SE_ORIGIN_POLL, 400);
    se__endpoint_listed(endpoint, 1000, 200, START + MINUTE - 6);
    assert_figure(SE_ORIGIN_POLL, 400);
}
END_TEST

START_TEST(list_with_news_replaces_an_old_poll)
{
    se__endpoint_listed(endpoint, 1000, 100, START);
    polled(400, START);
    se__endpoint_listed(endpoint, 1000, 100, START + MINUTE);
    assert_figure(SE_ORIGIN_POLL, 400);
    se__endpoint_listed(endpoint, 1000, 300, START + MINUTE);
    assert_figure(SE_ORIGIN_LIST, 700);
}
END_TEST

/* News that came while the poll was fresh is not forgotten. */
START_TEST(list_with_news_waits_until_a_poll_is_old)
{
    se__endpoint_listed(endpoint, 1000, 990, START);
    polled(10, START + 1);
    land(3);
    se__endpoint_listed(endpoint, 1000, 300, START + 10);
    assert_figure(SE_ORIGIN_POLL, 10);
    land(4);
    se__endpoint_listed(endpoint, 1000, 300, START + MINUTE);
    assert_figure(SE_ORIGIN_POLL, 10);
    se__endpoint_listed(endpoint, 1000, 300, START + MINUTE + 1);
    assert_figure(SE_ORIGIN_LIST, 700);
    /* the last list before the news knew of nothing that landed since */
    ck_assert_int_eq(se__endpoint_room(endpoint), 700 - 7);
    se__endpoint_listed(endpoint, 1000, 300, START + 2 * MINUTE);
    ck_assert_int_eq(se__endpoint_room(endpoint), 700 - 7);
}
END_TEST

/* A poll after the news knows better. */
START_TEST(list_with_news_that_is_older_than_a_poll)
{
    polled(10, START);
    se__endpoint_listed(endpoint, 1000, 300, START + 10);
    polled(20, START + 11);
    se__endpoint_listed(endpoint, 1000, 300, START + 2 * MINUTE);
    assert_figure(SE_ORIGIN_POLL, 20);
}
END_TEST

/* Not every source states sizes: what was known stays. */
START_TEST(list_that_falls_silent)
{
    se__endpoint_listed(endpoint, 1000, 100, START);
    land(50);
    se__endpoint_listed(endpoint, -1, -1, START + 1);
    assert_figure(SE_ORIGIN_LIST, 900);
    ck_assert_int_eq(se__endpoint_room(endpoint), 850);
    /* What landed is in no figure yet: the last one was before it. */
    se__endpoint_listed(endpoint, 1000, 150, START + 2);
    ck_assert_int_eq(se__endpoint_room(endpoint), 800);
    polled(400, START + 3);
    se__endpoint_listed(endpoint, -1, 5, START + 2 * MINUTE);
    assert_figure(SE_ORIGIN_POLL, 400);
}
END_TEST

typedef struct listing {
    int64_t capacity, used, available;
    se_origin origin;
} listing;

static const listing listings[] = {
    {1000, 0, 1000, SE_ORIGIN_LIST},
    {1000, 1000, 0, SE_ORIGIN_LIST},
    {1000, 2000, 0, SE_ORIGIN_LIST},
    {1000, -1, -1, SE_ORIGIN_LIST},
    {0, 0, 0, SE_ORIGIN_LIST},
    {-1, 5, -1, SE_ORIGIN_NONE},
    {-7, -7, -1, SE_ORIGIN_NONE},
    {INT64_MAX, 0, INT64_MAX, SE_ORIGIN_LIST},
    {INT64_MAX, INT64_MAX, 0, SE_ORIGIN_LIST},
    {INT64_MIN, INT64_MIN, -1, SE_ORIGIN_NONE},
};

START_TEST(listed_room)
{
    const listing *row = &listings[_i];

    se__endpoint_listed(endpoint, row->capacity, row->used, START);
    assert_figure(row->origin, row->available);
}
END_TEST

/*
 * News in a list was measured after the list before, so it knows of what had
 * landed by then, and of nothing later.
 */
START_TEST(news_of_the_list_clears_what_landed_before_the_last)
{
    se__endpoint_listed(endpoint, 1000, 0, START);
    land(100);
    se__endpoint_listed(endpoint, 1000, 0, START + 1);
    ck_assert_int_eq(se__endpoint_room(endpoint), 900);
    land(50);
    ck_assert_int_eq(se__endpoint_room(endpoint), 850);
    se__endpoint_listed(endpoint, 1000, 100, START + 2);
    ck_assert_int_eq(se__endpoint_room(endpoint), 850);
    se__endpoint_listed(endpoint, 1000, 100, START + 3);
    ck_assert_int_eq(se__endpoint_room(endpoint), 850);
    se__endpoint_listed(endpoint, 1000, 150, START + 4);
    ck_assert_int_eq(se__endpoint_room(endpoint), 850);
    se__endpoint_listed(endpoint, 1000, 151, START + 5);
    ck_assert_int_eq(se__endpoint_room(endpoint), 849);
}
END_TEST

/* ---- two writers ---- */

enum {
    ROUNDS = 20000
};

static void *poll_evenly(void *argument)
{
    int64_t offset = argument ? 1 : 0;

    for (int64_t i = 0; i < ROUNDS; i++) {
        int64_t moment = 2 * i + offset + 1;
        se__figure figure = {.total = 3 * moment,
                             .used = moment,
                             .available = 2 * moment,
                             .origin = SE_ORIGIN_POLL,
                             .began_ms = moment};

        se__endpoint_measured(endpoint, &figure);
    }
    return NULL;
}

START_TEST(two_writers_leave_no_mixture)
{
    for (int round = 0; round < 20; round++) {
        pthread_t threads[2];
        int64_t last;

        atomic_store(&endpoint->measured_ms, 0);
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(pthread_create(&threads[i], NULL, poll_evenly,
                                            i ? &threads : NULL),
                             0);
        }
        for (int i = 0; i < 2; i++) {
            ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        }
        last = atomic_load(&endpoint->measured_ms);
        ck_assert_int_eq(last, 2 * ROUNDS);
        ck_assert_int_eq(atomic_load(&endpoint->total), 3 * last);
        ck_assert_int_eq(atomic_load(&endpoint->used), last);
        ck_assert_int_eq(atomic_load(&endpoint->available), 2 * last);
    }
}
END_TEST

/* ---- health ---- */

static void assert_health(se_health health, bool down, int64_t now)
{
    ck_assert_int_eq(atomic_load(&endpoint->health), health);
    ck_assert(se__endpoint_is_down(endpoint, now) == down);
}

START_TEST(healthy_at_the_first_answer)
{
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    assert_health(SE_HEALTH_HEALTHY, false, START);
    se__endpoint_answered(endpoint, SE_HEALTH_DEGRADED, START);
    assert_health(SE_HEALTH_DEGRADED, false, START);
    se__endpoint_answered(endpoint, SE_HEALTH_UNKNOWN, START);
    assert_health(SE_HEALTH_DEGRADED, false, START);
}
END_TEST

START_TEST(down_after_three_misses)
{
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    se__endpoint_unanswered(endpoint, START);
    se__endpoint_unanswered(endpoint, START);
    assert_health(SE_HEALTH_HEALTHY, false, START);
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    se__endpoint_unanswered(endpoint, START);
    se__endpoint_unanswered(endpoint, START);
    assert_health(SE_HEALTH_HEALTHY, false, START);
    se__endpoint_unanswered(endpoint, START);
    assert_health(SE_HEALTH_UNHEALTHY, true, START);
}
END_TEST

START_TEST(down_at_the_first_miss_if_it_never_answered)
{
    se__endpoint_unanswered(endpoint, START);
    assert_health(SE_HEALTH_UNHEALTHY, true, START);
}
END_TEST

START_TEST(up_after_two_answers_in_a_row)
{
    se__endpoint_unanswered(endpoint, START);
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    assert_health(SE_HEALTH_UNHEALTHY, true, START);
    se__endpoint_unanswered(endpoint, START);
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    assert_health(SE_HEALTH_UNHEALTHY, true, START);
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    assert_health(SE_HEALTH_HEALTHY, false, START);
}
END_TEST

/* An element without the route answers too, and says nothing of its health. */
START_TEST(up_by_answers_that_say_nothing)
{
    se__endpoint_unanswered(endpoint, START);
    se__endpoint_answered(endpoint, SE_HEALTH_UNKNOWN, START);
    se__endpoint_answered(endpoint, SE_HEALTH_UNKNOWN, START);
    assert_health(SE_HEALTH_UNKNOWN, false, START);
}
END_TEST

START_TEST(says_itself_that_it_is_unhealthy)
{
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    se__endpoint_answered(endpoint, SE_HEALTH_UNHEALTHY, START);
    assert_health(SE_HEALTH_UNHEALTHY, true, START);
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    se__endpoint_answered(endpoint, SE_HEALTH_UNHEALTHY, START);
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    assert_health(SE_HEALTH_UNHEALTHY, true, START);
}
END_TEST

START_TEST(down_is_news_for_a_while)
{
    se__endpoint_unanswered(endpoint, START);
    assert_health(SE_HEALTH_UNHEALTHY, true, START + 9999);
    assert_health(SE_HEALTH_UNHEALTHY, false, START + 10000);
    se__endpoint_unanswered(endpoint, START + 10000);
    assert_health(SE_HEALTH_UNHEALTHY, true, START + 19999);
}
END_TEST

START_TEST(a_good_answer_ends_probation)
{
    atomic_store(&endpoint->probation, true);
    se__endpoint_answered(endpoint, SE_HEALTH_UNKNOWN, START);
    se__endpoint_answered(endpoint, SE_HEALTH_UNHEALTHY, START);
    ck_assert(atomic_load(&endpoint->probation));
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START);
    ck_assert(!atomic_load(&endpoint->probation));
}
END_TEST

/* A monitor has numbers of its own; 0 is the default again. */
START_TEST(rules_of_a_monitor)
{
    const se__health_rules rules = {
        .failures = 2, .recoveries = 1, .news_ms = 50000};

    se__endpoint_table_set_rules(table, &rules);
    polled(10, START);
    se__endpoint_unanswered(endpoint, START + 1);
    ck_assert(!se__endpoint_is_down(endpoint, START + 1));
    se__endpoint_unanswered(endpoint, START + 2);
    ck_assert(se__endpoint_is_down(endpoint, START + 50001));
    ck_assert(!se__endpoint_is_down(endpoint, START + 50002));
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, START + 3);
    ck_assert(!se__endpoint_is_down(endpoint, START + 3));
    se__endpoint_table_set_rules(table, &(se__health_rules){0, 0, 0});
    ck_assert_int_eq(se__endpoint_rules(endpoint).failures, 3);
    ck_assert_int_eq(se__endpoint_rules(endpoint).recoveries, 2);
    ck_assert_int_eq(se__endpoint_rules(endpoint).news_ms, 10000);
}
END_TEST

START_TEST(reported_by_who_asks_for_all)
{
    atomic_store(&endpoint->probation, true);
    se__endpoint_reported(endpoint, SE_HEALTH_UNKNOWN, START);
    ck_assert_int_eq(atomic_load(&endpoint->health), SE_HEALTH_UNKNOWN);
    ck_assert(atomic_load(&endpoint->probation));
    se__endpoint_reported(endpoint, SE_HEALTH_UNHEALTHY, START);
    ck_assert(se__endpoint_is_down(endpoint, START));
    ck_assert(atomic_load(&endpoint->probation));
    se__endpoint_reported(endpoint, SE_HEALTH_DEGRADED, START + 1);
    ck_assert(!se__endpoint_is_down(endpoint, START + 1));
    ck_assert(!atomic_load(&endpoint->probation));
}
END_TEST

START_TEST(figures_of_the_admin_module)
{
    se__endpoint_described(endpoint, 1000, 100, START);
    ck_assert_int_eq(atomic_load(&endpoint->origin), SE_ORIGIN_ADMIN);
    ck_assert_int_eq(se__endpoint_room(endpoint), 900);
    /* the list is from the same hand, and as good */
    se__endpoint_listed(endpoint, 1000, 200, START + 1);
    ck_assert_int_eq(atomic_load(&endpoint->origin), SE_ORIGIN_LIST);
    ck_assert_int_eq(se__endpoint_room(endpoint), 800);
    polled(10, START + 2);
    se__endpoint_described(endpoint, 1000, 300, START + 3);
    ck_assert_int_eq(se__endpoint_room(endpoint), 10);
    se__endpoint_described(endpoint, 1000, 400, START + 2 + MINUTE);
    ck_assert_int_eq(se__endpoint_room(endpoint), 600);
}
END_TEST

START_TEST(problem_is_one_line)
{
    char text[300];
    char long_one[1000];

    se__endpoint_get_problem(endpoint, text, sizeof(text));
    ck_assert_str_eq(text, "");
    se__endpoint_set_problem(endpoint, "one\nline\x1b[2J");
    se__endpoint_get_problem(endpoint, text, sizeof(text));
    ck_assert_str_eq(text, "one?line?[2J");
    se__endpoint_get_problem(endpoint, text, 4);
    ck_assert_str_eq(text, "one");
    memset(long_one, 'x', sizeof(long_one));
    long_one[sizeof(long_one) - 1] = '\0';
    se__endpoint_set_problem(endpoint, long_one);
    se__endpoint_get_problem(endpoint, text, sizeof(text));
    ck_assert_uint_eq(strlen(text), 255);
    se__endpoint_set_problem(endpoint, "");
    se__endpoint_get_problem(endpoint, text, sizeof(text));
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(moved_forgets_the_address_and_keeps_the_room)
{
    polled(400, START);
    land(100);
    for (int i = 0; i < 5; i++) {
        se__endpoint_unanswered(endpoint, START);
        se__endpoint_fault(endpoint, START, 0);
    }
    se__endpoint_set_aside(endpoint, START + 5);
    atomic_store(&endpoint->expect_ignored, true);
    atomic_store(&endpoint->asked_ms, START);
    se__endpoint_moved(endpoint);
    assert_health(SE_HEALTH_UNKNOWN, false, START);
    ck_assert(!se__endpoint_is_ejected(endpoint, START));
    ck_assert_int_eq(atomic_load(&endpoint->set_aside_until_ms), 0);
    ck_assert_int_eq(atomic_load(&endpoint->asked_ms), 0);
    ck_assert(!atomic_load(&endpoint->expect_ignored));
    ck_assert_int_eq(se__endpoint_room(endpoint), 300);
}
END_TEST

/* ---- full ---- */

static int64_t full_for(int64_t bytes, int64_t now)
{
    int64_t until = now;

    while (se__endpoint_is_full(endpoint, bytes, until)) {
        until += 1000;
    }
    return until - now;
}

START_TEST(full_for_this_size_and_larger)
{
    se__endpoint_mark_full(endpoint, 100, START);
    ck_assert(se__endpoint_is_full(endpoint, 100, START));
    ck_assert(se__endpoint_is_full(endpoint, INT64_MAX, START));
    ck_assert(!se__endpoint_is_full(endpoint, 99, START));
    ck_assert(!se__endpoint_is_full(endpoint, 1, START));
    /* Of unknown size: may be that large. */
    ck_assert(se__endpoint_is_full(endpoint, -1, START));
    ck_assert(se__endpoint_is_full(endpoint, 0, START));
    ck_assert_int_eq(full_for(100, START), MINUTE);
}
END_TEST

START_TEST(full_doubles_while_it_stays_full)
{
    static const int minutes[] = {1, 2, 4, 8, 10, 10};
    int64_t now = START;

    for (size_t i = 0; i < SE__COUNT(minutes); i++) {
        se__endpoint_mark_full(endpoint, 100, now);
        ck_assert_int_eq(full_for(100, now), minutes[i] * MINUTE);
        now += minutes[i] * MINUTE;
    }
    /* Long forgotten: from the start. */
    now += 10 * MINUTE;
    se__endpoint_mark_full(endpoint, 100, now);
    ck_assert_int_eq(full_for(100, now), MINUTE);
}
END_TEST

START_TEST(many_at_once_are_one_mark)
{
    for (int i = 0; i < 100; i++) {
        se__endpoint_mark_full(endpoint, 100 + i, START + i);
    }
    ck_assert(se__endpoint_is_full(endpoint, 100, START + 100));
    ck_assert_int_eq(full_for(100, START + 99), MINUTE);
    se__endpoint_mark_full(endpoint, 50, START + 100);
    ck_assert(se__endpoint_is_full(endpoint, 50, START + 100));
    ck_assert(!se__endpoint_is_full(endpoint, 1, START + 100));
    se__endpoint_mark_full(endpoint, -1, START + 100);
    ck_assert(se__endpoint_is_full(endpoint, 1, START + 100));
}
END_TEST

typedef struct clearing {
    const char *what;
    int64_t available, began;
    bool cleared;
} clearing;

static const clearing clearings[] = {
    {"began before", 500, START - 1, false},
    {"began then", 500, START, true},
    {"began after", 500, START + 1, true},
    {"just enough room", 100, START + 1, true},
    {"too little room", 99, START + 1, false},
    {"room not known", -1, START + 1, false},
};

START_TEST(poll_with_room_clears_full)
{
    const clearing *row = &clearings[_i];

    se__endpoint_mark_full(endpoint, 100, START);
    polled(row->available, row->began);
    ck_assert_msg(se__endpoint_is_full(endpoint, 100, START + 2) !=
                      row->cleared,
                  "%s", row->what);
    if (row->cleared) {
        /* ... and what comes later does not double. */
        se__endpoint_mark_full(endpoint, 100, START + 2);
        ck_assert_int_eq(full_for(100, START + 2), MINUTE);
    }
}
END_TEST

START_TEST(list_does_not_clear_full)
{
    se__endpoint_mark_full(endpoint, 100, START);
    se__endpoint_listed(endpoint, 1000, 0, START + 1);
    ck_assert(se__endpoint_is_full(endpoint, 100, START + 1));
}
END_TEST

typedef struct percent {
    int64_t total, used;
    bool full;
} percent;

static const percent percents[] = {
    {1000, 979, false},
    {1000, 980, true},
    {1000, 1000, true},
    {100, 97, false},
    {100, 98, true},
    {1, 0, false},
    {1, 1, true},
    {0, 0, true},
    {49, 48, false},
    {51, 50, true},
    {INT64_MAX, 0, false},
    {INT64_MAX, INT64_MAX / 100 * 97, false},
    {INT64_MAX, INT64_MAX - INT64_MAX / 50, true},
    {INT64_MAX, INT64_MAX - INT64_MAX / 50 - 1, false},
    {INT64_MAX, INT64_MAX, true},
    {100, INT64_MAX, true},
    {-1, 100, false},
    {100, -1, false},
    {INT64_MIN, INT64_MIN, false},
};

START_TEST(nearly_used_up_is_full)
{
    const percent *row = &percents[_i];

    atomic_store(&endpoint->total, row->total);
    atomic_store(&endpoint->used, row->used);
    ck_assert_msg(se__endpoint_is_full(endpoint, 1, START) == row->full,
                  "row %d", _i);
}
END_TEST

/* ---- set aside ---- */

START_TEST(set_aside_is_only_prolonged)
{
    se__endpoint_set_aside(endpoint, START + 10);
    se__endpoint_set_aside(endpoint, START + 5);
    ck_assert_int_eq(atomic_load(&endpoint->set_aside_until_ms), START + 10);
    se__endpoint_set_aside(endpoint, START + 15);
    ck_assert_int_eq(atomic_load(&endpoint->set_aside_until_ms), START + 15);
}
END_TEST

/* ---- ejected ---- */

static void fault(int times, int64_t now, uint64_t random)
{
    for (int i = 0; i < times; i++) {
        se__endpoint_fault(endpoint, now, random);
    }
}

static int64_t ejected_for(int64_t now)
{
    return atomic_load(&endpoint->ejected_until_ms) - now;
}

START_TEST(ejected_after_five_faults_in_a_row)
{
    fault(4, START, 0);
    ck_assert(!se__endpoint_is_ejected(endpoint, START));
    se__endpoint_success(endpoint);
    fault(4, START, 0);
    ck_assert(!se__endpoint_is_ejected(endpoint, START));
    fault(1, START, 0);
    ck_assert(se__endpoint_is_ejected(endpoint, START));
    ck_assert(!se__endpoint_is_ejected(endpoint, START + 33001));
}
END_TEST

START_TEST(ejected_longer_each_time)
{
    int64_t now = START;

    for (int64_t n = 1; n <= 15; n++) {
        int64_t expected = 30000 * (n < 10 ? n : 10);

        fault(5, now, se__endpoint_mark(endpoint));
        ck_assert_int_ge(ejected_for(now), expected - expected / 10);
        ck_assert_int_le(ejected_for(now), expected + expected / 10);
        /* What fails now was on its way before. */
        fault(50, now, 0);
        ck_assert_int_le(ejected_for(now), expected + expected / 10);
        now = atomic_load(&endpoint->ejected_until_ms);
        ck_assert(!se__endpoint_is_ejected(endpoint, now));
    }
    se__endpoint_success(endpoint);
    fault(5, now, 0);
    ck_assert_int_le(ejected_for(now), 33000);
}
END_TEST

START_TEST(ejection_has_jitter)
{
    bool differs = false;
    int64_t first = 0;

    for (uint64_t random = 0; random < 100; random++) {
        se__endpoint_success(endpoint);
        fault(5, START, random * 7919);
        ck_assert_int_ge(ejected_for(START), 27000);
        ck_assert_int_le(ejected_for(START), 33000);
        first = first ? first : ejected_for(START);
        differs = differs || ejected_for(START) != first;
    }
    ck_assert(differs);
}
END_TEST

START_TEST(success_ends_ejection)
{
    fault(5, START, 0);
    se__endpoint_success(endpoint);
    ck_assert(!se__endpoint_is_ejected(endpoint, START));
}
END_TEST

enum {
    FAULTERS = 8,
    BURSTS = 500
};

static pthread_barrier_t together;

/* One of them looks; all stay to the end, the others wait for them. */
static void *fault_in_bursts(void *argument)
{
    void *wrong = NULL;

    for (int i = 0; i < BURSTS; i++) {
        pthread_barrier_wait(&together);
        for (int k = 0; k < 3; k++) {
            se__endpoint_fault(endpoint, START, 0);
        }
        pthread_barrier_wait(&together);
        if (argument) {
            if (atomic_load(&endpoint->ejections) != 1) {
                wrong = argument;
            }
            se__endpoint_success(endpoint);
        }
    }
    return wrong;
}

/* Whatever fails together ejects once: 30 s, not many times that. */
START_TEST(a_burst_of_faults_ejects_once)
{
    pthread_t threads[FAULTERS];
    bool wrong = false;

    pthread_barrier_init(&together, NULL, FAULTERS);
    for (int i = 0; i < FAULTERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fault_in_bursts,
                                        i ? NULL : &together),
                         0);
    }
    for (int i = 0; i < FAULTERS; i++) {
        void *result = NULL;

        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        wrong = wrong || result;
    }
    pthread_barrier_destroy(&together);
    ck_assert(!wrong);
}
END_TEST

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, setup, teardown);
    suite_add_tcase(suite, tc);
    return tc;
}

static Suite *policy_suite(void)
{
    Suite *suite = suite_create("endpoint policy");
    TCase *figures = add_case(suite, "figures");
    TCase *health = add_case(suite, "health");
    TCase *full = add_case(suite, "full");
    TCase *ejected = add_case(suite, "ejected");

    tcase_add_test(figures, poll_sets_all);
    tcase_add_test(figures, landed_while_measuring_stays_counted);
    tcase_add_test(figures, older_answer_is_ignored);
    tcase_add_test(figures, base_never_goes_back);
    tcase_add_test(figures, list_counts_until_asked);
    tcase_add_test(figures, list_with_news_replaces_an_old_poll);
    tcase_add_test(figures, list_with_news_waits_until_a_poll_is_old);
    tcase_add_test(figures, list_with_news_that_is_older_than_a_poll);
    tcase_add_test(figures, list_that_falls_silent);
    tcase_add_loop_test(figures, listed_room, 0, (int)SE__COUNT(listings));
    tcase_add_test(figures,
                   news_of_the_list_clears_what_landed_before_the_last);
    tcase_add_test(figures, two_writers_leave_no_mixture);
    tcase_add_test(health, healthy_at_the_first_answer);
    tcase_add_test(health, down_after_three_misses);
    tcase_add_test(health, down_at_the_first_miss_if_it_never_answered);
    tcase_add_test(health, up_after_two_answers_in_a_row);
    tcase_add_test(health, up_by_answers_that_say_nothing);
    tcase_add_test(health, says_itself_that_it_is_unhealthy);
    tcase_add_test(health, down_is_news_for_a_while);
    tcase_add_test(health, a_good_answer_ends_probation);
    tcase_add_test(figures, figures_of_the_admin_module);
    tcase_add_test(health, rules_of_a_monitor);
    tcase_add_test(health, reported_by_who_asks_for_all);
    tcase_add_test(health, problem_is_one_line);
    tcase_add_test(health, moved_forgets_the_address_and_keeps_the_room);
    tcase_add_test(full, full_for_this_size_and_larger);
    tcase_add_test(full, full_doubles_while_it_stays_full);
    tcase_add_test(full, many_at_once_are_one_mark);
    tcase_add_loop_test(full, poll_with_room_clears_full, 0,
                        (int)SE__COUNT(clearings));
    tcase_add_test(full, list_does_not_clear_full);
    tcase_add_loop_test(full, nearly_used_up_is_full, 0,
                        (int)SE__COUNT(percents));
    tcase_add_test(ejected, set_aside_is_only_prolonged);
    tcase_add_test(ejected, ejected_after_five_faults_in_a_row);
    tcase_add_test(ejected, ejected_longer_each_time);
    tcase_add_test(ejected, ejection_has_jitter);
    tcase_add_test(ejected, success_ends_ejection);
    tcase_add_test(ejected, a_burst_of_faults_ejects_once);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(policy_suite());
    int failed;

    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
