/* Asking the sources now: shared fetches, deadlines, closing, forking. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "fleet.h"
#include "forked.h"
#include "logbook.h"
#include "registry/state.h"
#include "scripted.h"
#include "threads.h"

#define PATIENCE_MS 10000

static logbook book;
static scripted redis;
static scripted admin;
static se_registry *registry;

static void set_up(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    logbook_init(&book);
    scripted_init(&redis);
    scripted_init(&admin);
    options.fetch_timeout_ms = 100;
    options.source_retry_ms = 1;
    options.log = logbook_write;
    options.log_user = &book;
    ck_assert_int_eq(se_registry_open(&registry, &options, NULL), SE_OK);
    ck_assert_int_eq(se_registry_add_source(
                         registry, scripted_source(&redis, "redis"), NULL),
                     SE_OK);
    ck_assert_int_eq(
        se_registry_add_source(registry,
                               scripted_source(&admin, "admin_module"), NULL),
        SE_OK);
    ck_assert_int_eq(scripted_fetches(&redis), 0);
}

static void close_registry(void)
{
    se_registry_close(registry);
    registry = NULL;
}

#define CALLERS 8

typedef struct caller {
    se__thread thread;
    int timeout_ms;
    se_err rc;
    se_error err;
    size_t added;
    int64_t took_ms;
} caller;

static caller callers[CALLERS];
static se__thread closer;

/* Also after a test that failed half way: then nobody has let them go on. */
static void let_all_end(void)
{
    scripted_release(&redis);
    scripted_release(&admin);
    for (int i = 0; i < CALLERS; i++) {
        se__thread_join(&callers[i].thread);
    }
    if (closer.started) {
        se__thread_join(&closer);
        registry = NULL;
    }
}

static void tear_down(void)
{
    let_all_end();
    close_registry();
    ck_assert_int_eq(redis.freed, 1);
    ck_assert_int_eq(admin.freed, 1);
    ck_assert_int_le(redis.most_inside, 1);
    scripted_fini(&redis);
    scripted_fini(&admin);
    logbook_fini(&book);
}

START_TEST(brings_the_list_and_its_changes)
{
    se_diff *diff = NULL;
    se_topology *now;

    scripted_give(&redis, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, &diff, NULL), SE_OK);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_ADDED), 1);
    se_diff_free(diff);
    ck_assert_int_eq(redis.last_timeout_ms, 100);
    ck_assert_int_eq(
        logbook_count(&book, "DEBUG registry: SE config reload completed | "
                             "source=redis se_count=1 duration_ms="),
        1);
    ck_assert_int_eq(logbook_count(&book, "total_after=1 source=redis"), 1);

    scripted_give(&redis, fleet("a edit 1 http://z; b rw 1 http://b"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 5000, &diff, NULL),
        SE_OK);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_ADDED), 1);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_UPDATED), 1);
    se_diff_free(diff);

    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 5000, &diff, NULL),
        SE_OK);
    ck_assert(se_diff_is_empty(diff));
    se_diff_free(diff);
    ck_assert_uint_eq(se__registry_serial(registry), 3);
    now = se_registry_topology(registry);
    ck_assert_str_eq(se_topology_source(now), "redis");
    se_topology_unref(now);
}
END_TEST

/* A command that needs one list starts no thread for it. */
START_TEST(without_a_deadline_no_thread_is_started)
{
    ck_assert(threads_become(0)); /* of the test before */
    scripted_give(&redis, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    ck_assert_int_eq(threads_count(), 0);
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 5000, NULL, NULL),
        SE_OK);
    ck_assert(threads_become(1));
    close_registry();
    ck_assert(threads_become(0));
}
END_TEST

START_TEST(falls_back_to_the_next_source)
{
    se_topology *now;

    scripted_give(&admin, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    now = se_registry_topology(registry);
    ck_assert_str_eq(se_topology_source(now), "admin_module");
    se_topology_unref(now);
}
END_TEST

START_TEST(all_sources_fail)
{
    static const char expected[] = "redis: refused; admin_module: HTTP 500";
    se_diff *none = NULL;
    se_diff *diff = none;
    se_error err = SE_ERROR_INIT;
    se_topology *now;

    scripted_give(&redis, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    scripted_fail(&redis, SE_E_CONNECT, "refused");
    scripted_fail(&admin, SE_E_PROTOCOL, "HTTP 500");
    for (int timeout = 0; timeout <= 5000; timeout += 5000) {
        ck_assert_int_eq(se_registry_reload(registry, SE_RELOAD_MANUAL, timeout,
                                            &diff, &err),
                         SE_E_DISCOVERY);
        ck_assert_int_eq(err.code, SE_E_DISCOVERY);
        ck_assert_str_eq(err.message, expected);
        ck_assert_ptr_eq(diff, none);
    }
    ck_assert_int_eq(
        logbook_count(&book, "WARNING registry: No SE endpoints available from "
                             "any source | reason=manual error=redis: refused; "
                             "admin_module: HTTP 500 duration_ms="),
        2);
    /* What was known is still known. */
    now = se_registry_topology(registry);
    ck_assert_uint_eq(se_topology_count(now), 1);
    ck_assert_uint_eq(se__registry_serial(registry), 1);
    se_topology_unref(now);
}
END_TEST

START_TEST(an_empty_source_never_empties_a_registry)
{
    se_topology *now;

    scripted_give(&redis, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL), SE_OK);
    scripted_give(&redis, fleet(""));
    scripted_give(&admin, fleet(""));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL),
        SE_E_DISCOVERY);
    now = se_registry_topology(registry);
    ck_assert_uint_eq(se_topology_count(now), 1);
    se_topology_unref(now);
}
END_TEST

START_TEST(reasons_name_lazy_reloads)
{
    static const struct {
        se_reload_reason reason;
        const char *name;
    } rows[] = {
        {SE_RELOAD_INSUFFICIENT_STORAGE, "insufficient_storage"},
        {SE_RELOAD_NOT_FOUND, "not_found"},
        {SE_RELOAD_CONNECTION_ERROR, "connection_error"},
    };
    char line[256];

    scripted_give(&redis, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, rows[_i].reason, 0, NULL, NULL), SE_OK);
    snprintf(line, sizeof(line),
             "INFO registry: Triggering lazy SE config reload | reason=%s",
             rows[_i].name);
    ck_assert_int_eq(logbook_count(&book, line), 1);
    snprintf(line, sizeof(line),
             "INFO registry: Lazy SE config reload completed | reason=%s "
             "source=redis se_count=1 duration_ms=",
             rows[_i].name);
    ck_assert_int_eq(logbook_count(&book, line), 1);

    scripted_fail(&redis, SE_E_SOURCE, "gone");
    ck_assert_int_eq(
        se_registry_reload(registry, rows[_i].reason, 0, NULL, NULL),
        SE_E_DISCOVERY);
    snprintf(line, sizeof(line),
             "ERROR registry: Failed to fetch SE config from all sources | "
             "reason=%s error=redis: gone; admin_module: no list yet ",
             rows[_i].name);
    ck_assert_int_eq(logbook_count(&book, line), 1);
}
END_TEST

START_TEST(arguments)
{
    ck_assert_int_eq(se_registry_reload(NULL, SE_RELOAD_MANUAL, 0, NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, -1, NULL, NULL),
        SE_E_INVALID);
    ck_assert_int_eq(
        se_registry_reload(registry, (se_reload_reason)4, 0, NULL, NULL),
        SE_E_INVALID);
    ck_assert_int_eq(
        se_registry_reload(registry, (se_reload_reason)-1, 0, NULL, NULL),
        SE_E_INVALID);
    ck_assert_int_eq(redis.fetches, 0);
}
END_TEST

START_TEST(no_source_at_all)
{
    se_registry *alone = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se_registry_open(&alone, NULL, NULL), SE_OK);
    ck_assert_int_eq(se_registry_reload(alone, SE_RELOAD_MANUAL, 0, NULL, &err),
                     SE_E_DISCOVERY);
    ck_assert_int_eq(
        se_registry_reload(alone, SE_RELOAD_MANUAL, 5000, NULL, &err),
        SE_E_DISCOVERY);
    se_registry_close(alone);
}
END_TEST

/* ---- callers at the same time ---- */

static void call_reload(void *argument)
{
    caller *c = argument;
    int64_t began = se__now_ms();
    se_diff *diff = NULL;

    c->rc = se_registry_reload(registry, SE_RELOAD_MANUAL, c->timeout_ms, &diff,
                               &c->err);
    c->took_ms = se__now_ms() - began;
    if (c->rc == SE_OK) {
        c->added = se_diff_count(diff, SE_CHANGE_ADDED);
        se_diff_free(diff);
    }
}

static void start_caller(caller *c, int timeout_ms)
{
    memset(c, 0, sizeof(*c));
    c->err.size = sizeof(c->err);
    c->timeout_ms = timeout_ms;
    ck_assert_int_eq(
        se__thread_start(&c->thread, "caller", call_reload, c, NULL), SE_OK);
}

/* Until so many wait for the next fetch, while one is running. */
static void wait_for_passengers(int n)
{
    se__reload *reload = &registry->reload;
    int64_t deadline = se__now_ms() + PATIENCE_MS;
    int found = 0;

    while (found < n && se__now_ms() < deadline) {
        nanosleep(&(struct timespec){0, 1000000}, NULL);
        se__mutex_lock(&reload->lock);
        /* The thread that is to make it counts as well. */
        found = reload->next ? atomic_load(&reload->next->refs) - 1 : 0;
        se__mutex_unlock(&reload->lock);
    }
    ck_assert_int_eq(found, n);
}

/*
 * Who comes while a fetch runs gets the next one, which began after its call;
 * all of them the same.
 */
static void share(int timeout_ms)
{
    scripted_give(&redis, fleet("a edit 1 http://a"));
    scripted_hold(&redis, true);
    start_caller(&callers[0], timeout_ms);
    ck_assert(scripted_wait_begun(&redis, 1));
    for (int i = 1; i < CALLERS; i++) {
        start_caller(&callers[i], i % 2 ? timeout_ms : 0);
    }
    wait_for_passengers(CALLERS - 1);
    ck_assert_int_eq(scripted_fetches(&redis), 1);
    scripted_release(&redis);
    for (int i = 0; i < CALLERS; i++) {
        se__thread_join(&callers[i].thread);
        ck_assert_int_eq(callers[i].rc, SE_OK);
    }
    ck_assert_int_eq(scripted_fetches(&redis), 2);
    ck_assert_uint_eq(callers[0].added, 1);
    for (int i = 1; i < CALLERS; i++) {
        ck_assert_uint_eq(callers[i].added, 0);
    }
}

START_TEST(calls_at_the_same_time_share_a_fetch)
{
    static const int timeouts[] = {0, 30000};

    share(timeouts[_i]);
}
END_TEST

/* The list that came between the two fetches is seen by who asked meanwhile. */
START_TEST(what_is_shared_is_never_stale)
{
    scripted_give(&redis, fleet("a edit 1 http://a"));
    scripted_hold(&redis, true);
    start_caller(&callers[0], 30000);
    ck_assert(scripted_wait_begun(&redis, 1));
    start_caller(&callers[1], 30000);
    wait_for_passengers(1);
    ck_assert_uint_eq(se__registry_serial(registry), 0);
    scripted_release(&redis);
    se__thread_join(&callers[0].thread);
    se__thread_join(&callers[1].thread);
    ck_assert_uint_eq(se__registry_serial(registry), 2);
}
END_TEST

/* ---- sources that hang ---- */

START_TEST(a_source_that_uses_its_time)
{
    int64_t began = se__now_ms();
    se_error err = SE_ERROR_INIT;

    scripted_hold(&redis, false);
    scripted_give(&admin, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, &err), SE_OK);
    ck_assert_int_ge(se__now_ms() - began, 99);
    ck_assert_int_eq(logbook_count(&book, "error=no answer in 100 ms"), 1);
}
END_TEST

START_TEST(the_callers_deadline_holds_whatever_a_source_does)
{
    se_error err = SE_ERROR_INIT;
    int64_t began = se__now_ms();

    scripted_give(&redis, fleet("a edit 1 http://a"));
    scripted_hold(&redis, true);
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 40, NULL, &err),
        SE_E_TIMEOUT);
    ck_assert_int_eq(err.code, SE_E_TIMEOUT);
    ck_assert_str_eq(err.message,
                     "no list within 40 ms from redis, admin_module");
    ck_assert_int_ge(se__now_ms() - began, 39);
    ck_assert_int_lt(se__now_ms() - began, PATIENCE_MS);
    /* Readers do not notice; the fetch goes on and is put in force. */
    ck_assert_ptr_null(se_registry_topology(registry));
    scripted_release(&redis);
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 30000, NULL, NULL),
        SE_OK);
    ck_assert_uint_eq(se__registry_serial(registry), 2);
}
END_TEST

/* The short deadline of one is not the others' problem. */
START_TEST(each_caller_has_its_own_deadline)
{
    scripted_give(&redis, fleet("a edit 1 http://a"));
    scripted_hold(&redis, true);
    start_caller(&callers[0], 20);
    ck_assert(scripted_wait_begun(&redis, 1));
    start_caller(&callers[1], 20);
    start_caller(&callers[2], 30000);
    se__thread_join(&callers[0].thread);
    se__thread_join(&callers[1].thread);
    ck_assert_int_eq(callers[0].rc, SE_E_TIMEOUT);
    ck_assert_int_eq(callers[1].rc, SE_E_TIMEOUT);
    scripted_release(&redis);
    se__thread_join(&callers[2].thread);
    ck_assert_int_eq(callers[2].rc, SE_OK);
}
END_TEST

/* ---- closing ---- */

static void close_now(void *unused)
{
    (void)unused;
    se_registry_close(registry);
}

START_TEST(close_waits_for_the_fetch_and_tells_who_waits)
{
    static const int timeouts[] = {0, 30000};
    se_registry *held = se__registry_ref(registry);
    int64_t deadline = se__now_ms() + PATIENCE_MS;
    se_err rc;

    scripted_give(&redis, fleet("a edit 1 http://a"));
    scripted_hold(&redis, true);
    start_caller(&callers[0], timeouts[_i]);
    ck_assert(scripted_wait_begun(&redis, 1));
    start_caller(&callers[1], 30000);
    wait_for_passengers(1);
    ck_assert_int_eq(se__thread_start(&closer, "closer", close_now, NULL, NULL),
                     SE_OK);
    do { /* until it is closing */
        rc = se_registry_reload(held, SE_RELOAD_MANUAL, 1, NULL, NULL);
        ck_assert_int_lt(se__now_ms(), deadline);
    } while (rc != SE_E_CLOSED);
    ck_assert(se__registry_want(held, SE_RELOAD_MANUAL, 0));
    ck_assert_int_eq(se__registry_next_fetch_ms(held), INT64_MAX);
    /* Time for a close that does not wait to show itself. */
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    scripted_release(&redis);
    se__thread_join(&closer);
    ck_assert(!redis.freed_inside);
    se__thread_join(&callers[0].thread);
    se__thread_join(&callers[1].thread);
    ck_assert_int_eq(callers[0].rc, SE_OK);
    ck_assert_int_eq(callers[1].rc, SE_E_CLOSED);
    ck_assert_int_eq(redis.freed, 1);
    ck_assert_int_eq(scripted_fetches(&redis), 1);
    se__registry_unref(held);
    registry = NULL;
}
END_TEST

/* ---- forking ---- */

static int in_child(void *unused)
{
    int slot;
    se_topology *list = fleet("b edit 1 http://b");
    const se__snapshot *snapshot;

    (void)unused;
    if (!se__registry_forked(registry) ||
        se_registry_reload(registry, SE_RELOAD_MANUAL, 0, NULL, NULL) !=
            SE_E_FORKED ||
        se_registry_reload(registry, SE_RELOAD_MANUAL, 50, NULL, NULL) !=
            SE_E_FORKED ||
        se_registry_reload_endpoints(registry, list, NULL, NULL) !=
            SE_E_FORKED) {
        return 1;
    }
    if (!se__registry_want(registry, SE_RELOAD_MANUAL, 100) ||
        se__registry_next_fetch_ms(registry) != SE__NEVER) {
        return 2;
    }
    snapshot = se__registry_enter(registry, &slot);
    if (snapshot == NULL || strcmp(snapshot->endpoints[0]->id, "a") != 0) {
        return 3;
    }
    se__registry_leave(registry, slot);
    se_registry_close(registry);
    return redis.freed != 0 ? 4 : 0;
}

/* Also while a fetch runs, whose locks and thread the child does not have. */
START_TEST(a_child_reads_but_does_not_reload)
{
    scripted_give(&redis, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, 5000, NULL, NULL),
        SE_OK);
    ck_assert(!se__registry_forked(registry));
    scripted_hold(&redis, true);
    start_caller(&callers[0], 30000);
    ck_assert(scripted_wait_begun(&redis, 2));
    ck_assert_int_eq(forked(in_child, NULL), 0);
    scripted_release(&redis);
    se__thread_join(&callers[0].thread);
    ck_assert_int_eq(callers[0].rc, SE_OK);
}
END_TEST

/* ---- from inside ---- */

static se_err asked;

static void ask_again(void *user, const se_diff *diff)
{
    int *timeout_ms = user;

    (void)diff;
    asked =
        se_registry_reload(registry, SE_RELOAD_MANUAL, *timeout_ms, NULL, NULL);
}

START_TEST(a_function_that_is_told_may_not_reload)
{
    int timeout_ms = _i == 0 ? 0 : 5000;

    asked = SE_OK;
    ck_assert_int_eq(
        se_registry_on_change(registry, ask_again, &timeout_ms, NULL), SE_OK);
    scripted_give(&redis, fleet("a edit 1 http://a"));
    ck_assert_int_eq(
        se_registry_reload(registry, SE_RELOAD_MANUAL, timeout_ms, NULL, NULL),
        SE_OK);
    ck_assert_int_eq(asked, SE_E_INVALID);
}
END_TEST

/* Told of a list that came without a fetch, by hand or pushed. */
START_TEST(nor_may_one_that_is_told_without_a_fetch)
{
    int timeout_ms = _i == 0 ? 0 : 5000;
    se_topology *list = fleet("a edit 1 http://a");
    int fetches = scripted_fetches(&redis);

    asked = SE_OK;
    ck_assert_int_eq(
        se_registry_on_change(registry, ask_again, &timeout_ms, NULL), SE_OK);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, NULL, NULL),
                     SE_OK);
    ck_assert_int_eq(asked, SE_E_INVALID);
    ck_assert_int_eq(scripted_fetches(&redis), fetches);
    se_topology_unref(list);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry reload");
    TCase *tc = tcase_create("reload");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, brings_the_list_and_its_changes);
    tcase_add_test(tc, without_a_deadline_no_thread_is_started);
    tcase_add_test(tc, falls_back_to_the_next_source);
    tcase_add_test(tc, all_sources_fail);
    tcase_add_test(tc, an_empty_source_never_empties_a_registry);
    tcase_add_loop_test(tc, reasons_name_lazy_reloads, 0, 3);
    tcase_add_test(tc, arguments);
    tcase_add_test(tc, no_source_at_all);
    tcase_add_loop_test(tc, calls_at_the_same_time_share_a_fetch, 0, 2);
    tcase_add_test(tc, what_is_shared_is_never_stale);
    tcase_add_test(tc, a_source_that_uses_its_time);
    tcase_add_test(tc, the_callers_deadline_holds_whatever_a_source_does);
    tcase_add_test(tc, each_caller_has_its_own_deadline);
    tcase_add_loop_test(tc, close_waits_for_the_fetch_and_tells_who_waits, 0,
                        2);
    tcase_add_test(tc, a_child_reads_but_does_not_reload);
    tcase_add_loop_test(tc, a_function_that_is_told_may_not_reload, 0, 2);
    tcase_add_loop_test(tc, nor_may_one_that_is_told_without_a_fetch, 0, 2);
    suite_add_tcase(suite, tc);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
