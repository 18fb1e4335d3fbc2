/* Kept current: periods, messages, pushed lists, outages; started, stopped. */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fleet.h"
#include "logbook.h"
#include "registry/state.h"
#include "scripted.h"
#include "suite.h"

#define PATIENCE_MS 10000
#define ONE "a edit 1 http://a"
#define TWO "a edit 1 http://a; b rw 1 http://b"
#define THREE TWO "; c rw 2 http://c"

static logbook book;
static scripted first;
static scripted second;
static se_metrics *metrics;
static se_registry *registry;

/* A source that watches, and another one behind it that has no list. */
static void begin(const se_registry_options *more)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    if (more) {
        options = *more;
    }
    logbook_init(&book);
    scripted_init(&first);
    scripted_init(&second);
    ck_assert_int_eq(se_metrics_new(&metrics, NULL), SE_OK);
    options.fetch_timeout_ms = 5000;
    options.source_retry_ms = 1;
    options.log = logbook_write;
    options.log_user = &book;
    options.metrics = metrics;
    options.instance_id = "ingester-01";
    ck_assert_int_eq(se_registry_open(&registry, &options, NULL), SE_OK);
    ck_assert_int_eq(se_registry_add_source(
                         registry, scripted_source(&first, "watched"), NULL),
                     SE_OK);
    ck_assert_int_eq(
        se_registry_add_source(registry,
                               scripted_source(&second, "admin_module"), NULL),
        SE_OK);
    scripted_give(&first, fleet(ONE));
}

/* Only what is pushed or failed leads to a fetch. */
static void begin_without_period(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = -1;
    begin(&options);
}

static void start(void)
{
    ck_assert_int_eq(se_registry_start(registry, NULL), SE_OK);
}

static void close_registry(void)
{
    se_registry_close(registry);
    registry = NULL;
}

static void tear_down(void)
{
    scripted_release(&first);
    close_registry();
    se_metrics_unref(metrics);
    ck_assert_int_eq(first.freed, 1);
    ck_assert(!first.freed_inside);
    ck_assert_int_le(first.most_inside, 1);
    scripted_fini(&first);
    scripted_fini(&second);
    logbook_fini(&book);
}

static bool is_in_force(const char *line)
{
    se_topology *expected = fleet(line);
    se_topology *now = se_registry_topology(registry);
    bool same = now != NULL &&
                strcmp(se_topology_hash(now), se_topology_hash(expected)) == 0;

    se_topology_unref(expected);
    se_topology_unref(now);
    return same;
}

/* Wait for something that becomes true by itself. */
#define WAIT_FOR(condition)                                                    \
    do {                                                                       \
        int64_t until_ = se__now_ms() + PATIENCE_MS;                           \
        while (!(condition) && se__now_ms() < until_) {                        \
            nanosleep(&(struct timespec){0, 1000000}, NULL);                   \
        }                                                                      \
        ck_assert_msg(condition, "never became true: " #condition);            \
    } while (0)

/* The line of a metric stands in the output. */
static bool counts(const char *line)
{
    char *text = NULL;
    bool found;

    ck_assert_int_eq(se_metrics_print(metrics, &text, NULL), SE_OK);
    found = strstr(text, line) != NULL;
    se_free(text);
    return found;
}

static se_registry_status status(void)
{
    se_registry_status now = SE_REGISTRY_STATUS_INIT;

    se_registry_get_status(registry, &now);
    return now;
}

static int thread_count(void)
{
    DIR *tasks = opendir("/proc/self/task");
    int n = -2; /* . and .. */

    ck_assert_ptr_nonnull(tasks);
    while (readdir(tasks) != NULL) {
        n++;
    }
    closedir(tasks);
    return n;
}

/* ---- start ---- */

START_TEST(the_first_list_comes_by_itself)
{
    begin_without_period();
    ck_assert_uint_eq(status().elements, 0);
    ck_assert_int_eq(status().confirmed_ms, -1);
    start();
    start(); /* idempotent */
    WAIT_FOR(is_in_force(ONE));
    WAIT_FOR(status().watches == 1);
    ck_assert_uint_eq(status().elements, 1);
    ck_assert_str_eq(status().source, "watched");
    ck_assert_int_ge(status().confirmed_ms, 0);
    WAIT_FOR(counts("ingester_watch_connected{source=\"watched\"} 1.0\n"));
    ck_assert(counts("ingester_se_endpoints_count 1.0\n"));
    ck_assert(counts(
        "ingester_se_config_changes_total{change_type=\"added\"} 1.0\n"));
    ck_assert_int_eq(logbook_count(&book, "SE config reload task started | "
                                          "interval_seconds=0"),
                     1);
    ck_assert_int_eq(logbook_count(&book, "total_after=1 source=watched "
                                          "instance_id=ingester-01 role="),
                     1);
}
END_TEST

START_TEST(no_thread_is_left)
{
    int before = thread_count();

    begin_without_period();
    ck_assert_int_eq(thread_count(), before);
    start();
    ck_assert_int_eq(thread_count(), before + 2);
    ck_assert(scripted_wait_watching(&first, 1));
    close_registry();
    ck_assert_int_eq(thread_count(), before);
}
END_TEST

START_TEST(without_a_watch)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.no_watch = true;
    begin(&options);
    start();
    ck_assert(scripted_wait_ended(&first, 1));
    ck_assert_int_eq(first.watches, 0);
    ck_assert_uint_eq(status().watches, 0);
}
END_TEST

START_TEST(not_in_the_child_of_a_fork)
{
    pid_t child;
    int how;

    begin_without_period();
    child = fork();
    if (child == 0) {
        _exit(se_registry_start(registry, NULL) == SE_E_FORKED ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    ck_assert_int_eq(se_registry_start(NULL, NULL), SE_E_INVALID);
}
END_TEST

/* ---- periods ---- */

START_TEST(periods_bring_changes)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = 20;
    options.no_watch = true;
    begin(&options);
    start();
    WAIT_FOR(is_in_force(ONE));
    scripted_give(&first, fleet(TWO));
    WAIT_FOR(is_in_force(TWO));
    ck_assert(scripted_wait_ended(&first, 8));
    for (int i = 2; i < 8; i++) {
        ck_assert_int_ge(first.began_ms[i] - first.ended_ms[i - 1], 17);
    }
}
END_TEST

START_TEST(what_failed_is_tried_again)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = 20;
    options.no_watch = true;
    begin(&options);
    scripted_fail(&first, SE_E_CONNECT, "refused");
    start();
    WAIT_FOR(status().failures >= 3);
    ck_assert(counts("ingester_se_config_reload_total{source=\"none\","
                     "status=\"failed\"}"));
    scripted_give(&first, fleet(ONE));
    WAIT_FOR(is_in_force(ONE));
}
END_TEST

/* The second source makes do, but the first is wanted back. */
START_TEST(another_source_is_no_reason_to_wait)
{
    begin_without_period();
    scripted_fail(&first, SE_E_CONNECT, "refused");
    scripted_deafen(&first, true);
    scripted_give(&second, fleet(TWO));
    start();
    WAIT_FOR(is_in_force(TWO));
    scripted_give(&first, fleet(ONE));
    WAIT_FOR(is_in_force(ONE));
}
END_TEST

/* ---- messages ---- */

START_TEST(a_message_leads_to_a_fetch)
{
    int fetches;

    begin_without_period();
    start();
    ck_assert(scripted_wait_watching(&first, 1));
    WAIT_FOR(is_in_force(ONE));
    fetches = scripted_fetches(&first);
    scripted_give(&first, fleet(TWO));
    scripted_say(&first, 1);
    WAIT_FOR(is_in_force(TWO));
    ck_assert_int_le(scripted_fetches(&first), fetches + 2);
    ck_assert(counts("ingester_watch_messages_total{kind=\"event\","
                     "source=\"watched\"} 1.0\n"));
}
END_TEST

START_TEST(a_burst_is_few_fetches)
{
    int fetches;

    begin_without_period();
    start();
    ck_assert(scripted_wait_watching(&first, 1));
    WAIT_FOR(is_in_force(ONE));
    fetches = scripted_fetches(&first);
    scripted_give(&first, fleet(TWO));
    scripted_say(&first, 10000);
    WAIT_FOR(counts("kind=\"event\",source=\"watched\"} 10000.0\n"));
    WAIT_FOR(is_in_force(TWO));
    ck_assert_int_le(scripted_fetches(&first), fetches + 4);
}
END_TEST

/* Messages are not bound by the interval between lazy fetches. */
START_TEST(messages_do_not_wait_for_lazy_fetches)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = -1;
    options.lazy_min_interval_ms = 60000;
    begin(&options);
    start();
    ck_assert(scripted_wait_watching(&first, 1));
    WAIT_FOR(is_in_force(ONE));
    ck_assert(!se__registry_want(registry, SE_RELOAD_NOT_FOUND,
                                 se__registry_serial(registry)));
    ck_assert(!se__registry_want(registry, SE_RELOAD_NOT_FOUND,
                                 se__registry_serial(registry) + 1));
    scripted_give(&first, fleet(TWO));
    scripted_say(&first, 1);
    WAIT_FOR(is_in_force(TWO));
}
END_TEST

START_TEST(a_lost_watch_comes_back_and_reads)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = -1;
    options.watch_retry_ms = 1;
    options.watch_retry_max_ms = 4;
    begin(&options);
    start();
    ck_assert(scripted_wait_watching(&first, 1));
    WAIT_FOR(is_in_force(ONE));
    scripted_give(&first, fleet(TWO)); /* and nobody says so */
    scripted_lose(&first);
    ck_assert(scripted_wait_watches(&first, 2));
    WAIT_FOR(is_in_force(TWO));

    scripted_deafen(&first, true);
    scripted_lose(&first);
    ck_assert(scripted_wait_watches(&first, 12));
    ck_assert_uint_eq(status().watches, 0);
    scripted_give(&first, fleet(THREE));
    scripted_deafen(&first, false);
    WAIT_FOR(is_in_force(THREE));
    WAIT_FOR(status().watches == 1);
    ck_assert_int_eq(logbook_count(&book,
                                   "Watch for SE config changes was lost | "
                                   "source=watched error=watch lost"),
                     2);
    ck_assert_int_eq(logbook_count(&book, "Watching for SE config"), 3);
}
END_TEST

/* ---- pushed lists ---- */

START_TEST(a_pushed_list_needs_no_fetch)
{
    int fetches;

    begin_without_period();
    start();
    ck_assert(scripted_wait_watching(&first, 1));
    WAIT_FOR(is_in_force(ONE));
    scripted_hold(&first, false); /* nothing more is to be had by asking */
    fetches = scripted_fetches(&first);
    scripted_push(&first, fleet(TWO));
    WAIT_FOR(is_in_force(TWO));
    ck_assert_str_eq(status().source, "pubsub");
    WAIT_FOR(counts("ingester_se_config_reload_total{source=\"pubsub\","
                    "status=\"success\"} 1.0\n"));
    ck_assert(counts("kind=\"document\",source=\"watched\"} 1.0\n"));
    ck_assert_int_le(scripted_fetches(&first), fetches + 1);
    scripted_release(&first);
}
END_TEST

static se_topology *of_time(const char *line, const char *timestamp)
{
    se_topology *list = fleet(line);

    snprintf(list->timestamp, sizeof(list->timestamp), "%s", timestamp);
    return list;
}

static void give_of_time(const char *line, const char *timestamp)
{
    scripted_give(&first, of_time(line, timestamp));
}

START_TEST(an_older_pushed_list_is_a_message)
{
    begin_without_period();
    give_of_time(ONE, "2026-01-01T12:00:00Z");
    start();
    ck_assert(scripted_wait_watching(&first, 1));
    WAIT_FOR(is_in_force(ONE));
    give_of_time(THREE, "2026-01-01T12:00:01Z");
    scripted_push(&first, of_time(TWO, "2026-01-01T11:59:59Z"));
    WAIT_FOR(is_in_force(THREE));
    ck_assert_int_eq(logbook_count(&book, "source=pubsub"), 0);
}
END_TEST

/* The fetch began before, ends later, and brings what was before. */
START_TEST(a_fetch_that_was_overtaken)
{
    int fetches;

    begin_without_period();
    give_of_time(ONE, "2026-01-01T12:00:00Z");
    start();
    ck_assert(scripted_wait_watching(&first, 1));
    WAIT_FOR(is_in_force(ONE));
    fetches = scripted_fetches(&first);
    ck_assert(scripted_wait_ended(&first, fetches));
    scripted_hold(&first, true);
    scripted_say(&first, 1);
    ck_assert(scripted_wait_begun(&first, fetches + 1));
    scripted_push(&first, of_time(TWO, "2026-01-01T12:00:01Z"));
    WAIT_FOR(is_in_force(TWO));
    logbook_clear(&book);
    scripted_release(&first);
    /* It is asked once more, at once. */
    ck_assert(scripted_wait_ended(&first, fetches + 2));
    WAIT_FOR(logbook_count(&book, "removed=[b]") == 1);
    ck_assert(is_in_force(ONE)); /* the source insists: it was no accident */
}
END_TEST

START_TEST(an_empty_pushed_list_is_a_message)
{
    begin_without_period();
    start();
    ck_assert(scripted_wait_watching(&first, 1));
    WAIT_FOR(is_in_force(ONE));
    scripted_give(&first, fleet(TWO));
    scripted_push(&first, fleet(""));
    WAIT_FOR(is_in_force(TWO));
}
END_TEST

/* ---- outages ---- */

static se__endpoint *endpoint_of(const char *id)
{
    return se__endpoint_get(registry->endpoints, id);
}

static int64_t look_ms(void)
{
    int64_t ms;

    se__mutex_lock(&registry->reload.lock);
    ms = registry->reload.outage.look_ms;
    se__mutex_unlock(&registry->reload.lock);
    return ms;
}

START_TEST(an_element_that_stays_down_asks_once)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;
    se__endpoint *endpoint;
    int64_t down;

    options.reload_interval_ms = -1;
    options.no_watch = true;
    options.down_reload_ms = 30;
    begin(&options);
    start();
    WAIT_FOR(is_in_force(ONE));
    scripted_give(&first, fleet(TWO));
    endpoint = endpoint_of("a");
    down = se__now_ms();
    se__endpoint_unanswered(endpoint, down);
    WAIT_FOR(is_in_force(TWO));
    ck_assert_int_ge(first.began_ms[1] - down, 30);
    ck_assert(counts("ingester_lazy_se_config_reload_total{"
                     "reason=\"connection_error\",status=\"success\"} 1.0\n"));
    ck_assert(atomic_load(&endpoint->down_told));
    ck_assert_int_eq(look_ms(), SE__NEVER);

    /* Still down: that is known. Up and down again: another outage. */
    se__endpoint_unanswered(endpoint, se__now_ms());
    ck_assert_int_eq(look_ms(), SE__NEVER);
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, se__now_ms());
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, se__now_ms());
    scripted_give(&first, fleet(THREE));
    for (int i = 0; i < 3; i++) {
        se__endpoint_unanswered(endpoint, se__now_ms());
    }
    WAIT_FOR(logbook_count(&book, "reason=connection_error source=") == 2 ||
             is_in_force(THREE));
    se__endpoint_unref(endpoint);
}
END_TEST

START_TEST(an_element_that_recovers_asks_nothing)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;
    se__endpoint *endpoint;

    options.reload_interval_ms = -1;
    options.no_watch = true;
    options.down_reload_ms = 30;
    begin(&options);
    start();
    WAIT_FOR(is_in_force(ONE));
    endpoint = endpoint_of("a");
    se__endpoint_unanswered(endpoint, se__now_ms());
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, se__now_ms());
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, se__now_ms());
    WAIT_FOR(look_ms() == SE__NEVER);
    ck_assert_int_eq(scripted_fetches(&first), 1);
    se__endpoint_unref(endpoint);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {the_first_list_comes_by_itself, 1},
        {no_thread_is_left, 1},
        {without_a_watch, 1},
        {not_in_the_child_of_a_fork, 1},
        {periods_bring_changes, 1},
        {what_failed_is_tried_again, 1},
        {another_source_is_no_reason_to_wait, 1},
        {a_message_leads_to_a_fetch, 1},
        {a_burst_is_few_fetches, 1},
        {messages_do_not_wait_for_lazy_fetches, 1},
        {a_lost_watch_comes_back_and_reads, 1},
        {a_pushed_list_needs_no_fetch, 1},
        {an_older_pushed_list_is_a_message, 1},
        {a_fetch_that_was_overtaken, 1},
        {an_empty_pushed_list_is_a_message, 1},
        {an_element_that_stays_down_asks_once, 1},
        {an_element_that_recovers_asks_nothing, 1},
    };

    Suite *suite = suite_create("registry live");
    TCase *tests = tcase_create("live");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, NULL, tear_down);
    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        tcase_add_loop_test(tests, rows[i].test, 0, (int)rows[i].times);
    }
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
