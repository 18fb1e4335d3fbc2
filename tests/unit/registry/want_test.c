/* Lazy reload: many want it, few fetches are made. */
#include <check.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "fleet.h"
#include "logbook.h"
#include "registry/state.h"
#include "scripted.h"

#define PATIENCE_MS 10000
#define MIN_MS ((int64_t)40)

static logbook book;
static scripted source;
static se_registry *registry;

/* What listeners hear. */
static se__mutex hear_lock;
static se__cond heard_more;
static int heard_good;
static int heard_bad;
static uint64_t heard_serial;
static se__fetched_listener ear;

static void hear(void *user, uint64_t serial, bool ok)
{
    (void)user;
    se__mutex_lock(&hear_lock);
    heard_good += ok;
    heard_bad += !ok;
    heard_serial = serial;
    se__cond_broadcast(&heard_more);
    se__mutex_unlock(&hear_lock);
}

static bool wait_heard(int n)
{
    int64_t deadline = se__now_ms() + PATIENCE_MS;
    bool enough;

    se__mutex_lock(&hear_lock);
    while (heard_good + heard_bad < n &&
           se__cond_wait(&heard_more, &hear_lock, deadline)) {
    }
    enough = heard_good + heard_bad >= n;
    se__mutex_unlock(&hear_lock);
    return enough;
}

static void set_up(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    logbook_init(&book);
    scripted_init(&source);
    se__mutex_init(&hear_lock);
    se__cond_init(&heard_more);
    heard_good = 0;
    heard_bad = 0;
    heard_serial = 0;
    options.fetch_timeout_ms = 100;
    options.source_retry_ms = 1;
    options.lazy_min_interval_ms = MIN_MS;
    options.lazy_max_interval_ms = 30 * MIN_MS;
    options.log = logbook_write;
    options.log_user = &book;
    ck_assert_int_eq(se_registry_open(&registry, &options, NULL), SE_OK);
    ck_assert_int_eq(se_registry_add_source(
                         registry, scripted_source(&source, "redis"), NULL),
                     SE_OK);
    scripted_give(&source, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ear = (se__fetched_listener){.fn = hear};
    se__registry_listen(registry, &ear);
    logbook_clear(&book);
}

static void tear_down(void)
{
    scripted_release(&source); /* also if the test failed half way */
    se_registry_close(registry);
    ck_assert_int_eq(source.freed, 1);
    ck_assert_int_le(source.most_inside, 1);
    scripted_fini(&source);
    logbook_fini(&book);
    se__cond_fini(&heard_more);
    se__mutex_fini(&hear_lock);
}

static bool want(void)
{
    return se__registry_want(registry, SE_RELOAD_INSUFFICIENT_STORAGE,
                             se__registry_serial(registry));
}

/* Fetches so far, the first list's not counted. */
static int lazy_fetches(void)
{
    return scripted_fetches(&source) - 1;
}

START_TEST(brings_a_newer_list)
{
    uint64_t seen = se__registry_serial(registry);

    ck_assert(!want());
    ck_assert(wait_heard(1));
    ck_assert_int_eq(heard_good, 1);
    ck_assert_uint_eq(heard_serial, seen + 1);
    ck_assert_int_eq(lazy_fetches(), 1);
    ck_assert_int_eq(
        logbook_count(&book, "INFO registry: Triggering lazy SE config reload "
                             "| reason=insufficient_storage"),
        1);
    ck_assert_int_eq(
        logbook_count(&book,
                      "INFO registry: Lazy SE config reload completed | "
                      "reason=insufficient_storage source=redis se_count=1 "
                      "duration_ms="),
        1);
}
END_TEST

/* Both lines name the element that made the first of them ask, and how. */
START_TEST(the_log_names_who_asked_first)
{
    uint64_t seen = se__registry_serial(registry);

    scripted_hold(&source, true);
    ck_assert(!se__registry_want(registry, SE_RELOAD_MANUAL, seen));
    ck_assert(scripted_wait_begun(&source, 2));
    ck_assert(!se__registry_want_after(registry, SE_RELOAD_NOT_FOUND, seen,
                                       "se-07", 404));
    ck_assert(!se__registry_want_after(registry, SE_RELOAD_CONNECTION_ERROR,
                                       seen, "se-08", 0));
    scripted_release(&source);
    ck_assert(wait_heard(2));
    ck_assert_int_eq(logbook_count(&book, "se-08"), 0);
    ck_assert_int_eq(logbook_count(&book, "se_id=se-07 status_code=404"), 2);
    ck_assert_int_eq(
        logbook_count(&book, "Triggering lazy SE config reload | "
                             "reason=not_found se_id=se-07 status_code=404"),
        1);
}
END_TEST

START_TEST(a_newer_list_is_there_already)
{
    ck_assert(se__registry_want(registry, SE_RELOAD_NOT_FOUND, 0));
    ck_assert_int_eq(lazy_fetches(), 0);
}
END_TEST

START_TEST(manual_reasons_speak_as_lazy_ones)
{
    ck_assert(!se__registry_want(registry, SE_RELOAD_MANUAL, 1));
    ck_assert(wait_heard(1));
    ck_assert_int_eq(
        logbook_count(&book, "Lazy SE config reload completed | reason=manual"),
        1);
}
END_TEST

START_TEST(a_failure_is_told)
{
    uint64_t seen = se__registry_serial(registry);

    scripted_fail(&source, SE_E_CONNECT, "refused");
    ck_assert(!want());
    ck_assert(wait_heard(1));
    ck_assert_int_eq(heard_bad, 1);
    ck_assert_uint_eq(heard_serial, seen);
    ck_assert_int_eq(
        logbook_count(&book, "ERROR registry: Failed to fetch SE config from "
                             "all sources | reason=insufficient_storage "
                             "error=redis: refused"),
        1);
}
END_TEST

/* From now on the next lazy fetch is an hour away. */
static void put_off(void)
{
    se__reload *reload = &registry->reload;

    se__mutex_lock(&reload->lock);
    reload->lazy.max_ms = 3600000;
    reload->lazy.unchanged = 100;
    se__lazy_ended(&reload->lazy, se__now_ms(), SE__FETCH_UNCHANGED);
    se__mutex_unlock(&reload->lock);
}

static bool is_wanted(void)
{
    bool wanted;

    se__mutex_lock(&registry->reload.lock);
    wanted = registry->reload.wanted;
    se__mutex_unlock(&registry->reload.lock);
    return wanted;
}

/* The pause that is kept after the last lazy fetch. */
static int64_t pause_ms(void)
{
    se__reload *reload = &registry->reload;
    int64_t ms;

    se__mutex_lock(&reload->lock);
    ms = se__lazy_due(&reload->lazy) - reload->lazy.ended_ms;
    se__mutex_unlock(&reload->lock);
    return ms;
}

/* ---- a storm ---- */

static atomic_int go_on;
static atomic_int told_to_wait;

static void want_many(void *seen)
{
    for (int i = 0; i < 1250; i++) {
        if (se__registry_want(registry, SE_RELOAD_CONNECTION_ERROR,
                              *(uint64_t *)seen)) {
            atomic_fetch_add(&go_on, 1);
        } else {
            atomic_fetch_add(&told_to_wait, 1);
        }
    }
}

/* 10 000 at once, from 8 threads: one fetch, at most one more behind it. */
START_TEST(a_storm_is_one_fetch)
{
    uint64_t seen = se__registry_serial(registry);
    se__thread threads[8];

    atomic_store(&go_on, 0);
    atomic_store(&told_to_wait, 0);
    scripted_hold(&source, true);
    ck_assert(!want());
    ck_assert(scripted_wait_begun(&source, 2));
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(
            se__thread_start(&threads[i], "want", want_many, &seen, NULL),
            SE_OK);
    }
    for (int i = 0; i < 8; i++) {
        se__thread_join(&threads[i]);
    }
    ck_assert_int_eq(atomic_load(&told_to_wait), 10000);
    ck_assert_int_eq(lazy_fetches(), 1);
    scripted_release(&source);
    ck_assert(wait_heard(2));
    ck_assert(!is_wanted());
    ck_assert_int_eq(lazy_fetches(), 2);
}
END_TEST

/* Without a fetch that holds them up: who comes later has its newer list. */
START_TEST(a_storm_while_it_is_fetched)
{
    uint64_t seen = se__registry_serial(registry);
    se__thread threads[8];

    atomic_store(&go_on, 0);
    atomic_store(&told_to_wait, 0);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(
            se__thread_start(&threads[i], "want", want_many, &seen, NULL),
            SE_OK);
    }
    for (int i = 0; i < 8; i++) {
        se__thread_join(&threads[i]);
    }
    ck_assert_int_eq(atomic_load(&told_to_wait) + atomic_load(&go_on), 10000);
    ck_assert(wait_heard(1));
    ck_assert_int_ge(lazy_fetches(), 1);
    ck_assert_int_le(lazy_fetches(), 2);
}
END_TEST

/* ---- the bit ---- */

START_TEST(wanted_during_a_fetch_is_one_more)
{
    scripted_hold(&source, true);
    ck_assert(!want());
    ck_assert(scripted_wait_begun(&source, 2));
    ck_assert_int_le(se__registry_next_fetch_ms(registry), se__now_ms());
    ck_assert(!want());
    ck_assert(!want());
    scripted_release(&source);
    ck_assert(wait_heard(2));
    /* The interval is kept. */
    ck_assert_int_ge(source.began_ms[2] - source.ended_ms[1], MIN_MS);
    ck_assert_int_eq(lazy_fetches(), 2);
    ck_assert_int_eq(heard_good, 2);
}
END_TEST

static void reload_now(void *unused)
{
    (void)unused;
    se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL);
}

START_TEST(a_fetch_under_way_is_worth_waiting_for)
{
    se__thread manual = {0};

    put_off();
    scripted_hold(&source, true);
    ck_assert_int_eq(
        se__thread_start(&manual, "manual", reload_now, NULL, NULL), SE_OK);
    ck_assert(scripted_wait_begun(&source, 2));
    ck_assert_int_le(se__registry_next_fetch_ms(registry), se__now_ms());
    scripted_release(&source);
    se__thread_join(&manual);
    ck_assert_int_gt(se__registry_next_fetch_ms(registry),
                     se__now_ms() + 60000);
}
END_TEST

START_TEST(intervals_count_between_lazy_fetches_only)
{
    int64_t began = se__now_ms();
    int64_t due;

    /* The first list and manual ones do not put it off. */
    ck_assert_int_le(se__registry_next_fetch_ms(registry), began);
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert_int_le(se__registry_next_fetch_ms(registry), se__now_ms());
    ck_assert(wait_heard(1));
    ck_assert(!want());
    ck_assert(wait_heard(2));
    due = se__registry_next_fetch_ms(registry);
    ck_assert_int_ge(due, began + MIN_MS);
    ck_assert_int_le(due, se__now_ms() + MIN_MS);
    /* A manual one is not put off. */
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert_int_eq(scripted_fetches(&source), 4);
}
END_TEST

/* A fetch that a caller makes serves those who wanted one. */
START_TEST(a_manual_fetch_serves_what_was_wanted)
{
    put_off();
    ck_assert(!want());
    ck_assert(is_wanted());
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, _i * 30000, NULL, NULL),
        SE_OK);
    ck_assert(wait_heard(1));
    ck_assert(!is_wanted());
    ck_assert_int_eq(lazy_fetches(), 1);
}
END_TEST

START_TEST(unchanged_lists_slow_it_down)
{
    for (int n = 1; n <= 4; n++) {
        ck_assert(!want());
        ck_assert(wait_heard(n));
    }
    ck_assert_int_eq(pause_ms(), 4 * MIN_MS);
    ck_assert_int_ge(source.began_ms[4] - source.ended_ms[3], 2 * MIN_MS);

    /* Any change ends that. */
    scripted_give(&source, fleet("a edit 1 http://moved"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert_int_eq(pause_ms(), MIN_MS);
}
END_TEST

START_TEST(a_list_by_hand_ends_a_long_pause)
{
    se_topology *other = fleet("z edit 1 http://z");

    put_off();
    ck_assert(!want());
    ck_assert_int_gt(se__registry_next_fetch_ms(registry),
                     se__now_ms() + 60000);
    /* The thread waits for that hour. */
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, other, NULL, NULL),
                     SE_OK);
    /* Its list was told at once, then the fetch that was wanted. */
    ck_assert(wait_heard(2));
    ck_assert_int_eq(lazy_fetches(), 1);
    se_topology_unref(other);
}
END_TEST

START_TEST(a_change_that_it_brings_itself_counts)
{
    for (int n = 1; n <= 3; n++) {
        ck_assert(!want());
        ck_assert(wait_heard(n));
    }
    scripted_give(&source, fleet("a edit 1 http://moved"));
    ck_assert(!want());
    ck_assert(wait_heard(4));
    ck_assert_int_eq(pause_ms(), MIN_MS);
}
END_TEST

START_TEST(failures_do_not_slow_it_down)
{
    scripted_fail(&source, SE_E_CONNECT, "refused");
    for (int n = 1; n <= 5; n++) {
        ck_assert(!want());
        ck_assert(wait_heard(n));
    }
    ck_assert_int_eq(heard_bad, 5);
    ck_assert_int_eq(pause_ms(), MIN_MS);
}
END_TEST

/* ---- listeners, ends ---- */

START_TEST(a_list_by_hand_is_told)
{
    se_topology *other = fleet("z edit 1 http://z");

    ck_assert_int_eq(se_registry_reload_endpoints(registry, other, NULL, NULL),
                     SE_OK);
    ck_assert_int_eq(heard_good, 1);
    ck_assert_uint_eq(heard_serial, 2);
    se_topology_unref(other);
}
END_TEST

START_TEST(who_stops_listening_hears_nothing)
{
    se__fetched_listener other = {.fn = hear};

    se__registry_listen(registry, &other);
    se__registry_unlisten(registry, &ear);
    se__registry_unlisten(registry, &ear);
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert_int_eq(heard_good, 1);
    se__registry_unlisten(registry, &other);
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert_int_eq(heard_good, 1);
}
END_TEST

/* Whoever waits for a list that will not come hears of it. */
START_TEST(closing_tells_who_waits)
{
    put_off();
    ck_assert(!want());
    se__registry_ref(registry);
    se_registry_close(registry);
    ck_assert_int_eq(heard_bad, 1);
    ck_assert(se__registry_want(registry, SE_RELOAD_MANUAL, 1000));
    ck_assert_int_eq(se__registry_next_fetch_ms(registry), SE__NEVER);
    se__registry_unlisten(registry, &ear);
    se__registry_unref(registry);
    ck_assert_int_eq(lazy_fetches(), 0);
    ck_assert_int_eq(se_registry_open(&registry, NULL, NULL), SE_OK);
}
END_TEST

START_TEST(closing_waits_for_a_lazy_fetch)
{
    ck_assert_int_eq(heard_good, 0);
    scripted_hold(&source, false); /* 100 ms */
    ck_assert(!want());
    ck_assert(scripted_wait_begun(&source, 2));
    se_registry_close(registry);
    ck_assert_int_eq(source.ended, 2);
    ck_assert_int_eq(source.freed, 1);
    ck_assert_int_eq(heard_bad, 2); /* the fetch, the close */
    ck_assert_int_eq(se_registry_open(&registry, NULL, NULL), SE_OK);
}
END_TEST

START_TEST(nobody_to_ask)
{
    se_registry *alone = NULL;

    ck_assert_int_eq(se_registry_open(&alone, NULL, NULL), SE_OK);
    ck_assert(se__registry_want(alone, SE_RELOAD_MANUAL, 0));
    ck_assert_int_eq(se__registry_next_fetch_ms(alone), SE__NEVER);
    se_registry_close(alone);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry want");
    TCase *tc = tcase_create("want");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, brings_a_newer_list);
    tcase_add_test(tc, the_log_names_who_asked_first);
    tcase_add_test(tc, a_newer_list_is_there_already);
    tcase_add_test(tc, manual_reasons_speak_as_lazy_ones);
    tcase_add_test(tc, a_failure_is_told);
    tcase_add_test(tc, a_storm_is_one_fetch);
    tcase_add_test(tc, a_storm_while_it_is_fetched);
    tcase_add_test(tc, wanted_during_a_fetch_is_one_more);
    tcase_add_test(tc, a_fetch_under_way_is_worth_waiting_for);
    tcase_add_test(tc, intervals_count_between_lazy_fetches_only);
    tcase_add_loop_test(tc, a_manual_fetch_serves_what_was_wanted, 0, 2);
    tcase_add_test(tc, unchanged_lists_slow_it_down);
    tcase_add_test(tc, a_list_by_hand_ends_a_long_pause);
    tcase_add_test(tc, a_change_that_it_brings_itself_counts);
    tcase_add_test(tc, failures_do_not_slow_it_down);
    tcase_add_test(tc, a_list_by_hand_is_told);
    tcase_add_test(tc, who_stops_listening_hears_nothing);
    tcase_add_test(tc, closing_tells_who_waits);
    tcase_add_test(tc, closing_waits_for_a_lazy_fetch);
    tcase_add_test(tc, nobody_to_ask);
    suite_add_tcase(suite, tc);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
