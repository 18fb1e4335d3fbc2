/* Kept current: periods, messages, pushed lists, outages; started, stopped. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit.h"
#include "threads.h"

#define ONE "a edit 1 http://a"
#define MOVED "a edit 1 http://z"
#define TWO "a edit 1 http://a; b rw 1 http://b"
#define THREE TWO "; c rw 2 http://c"

static kit k;

/* A list, and a source that watches. */
static void begin(const se_registry_options *options)
{
    kit_open(&k, options);
    scripted_give(&k.first, fleet(ONE));
}

/* Only what is pushed or failed leads to a fetch. */
static void begin_without_period(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = -1;
    begin(&options);
}

static void tear_down(void)
{
    kit_close(&k);
}

/* ---- start ---- */

START_TEST(the_first_list_comes_by_itself)
{
    begin_without_period();
    ck_assert_uint_eq(kit_status(&k).elements, 0);
    ck_assert_int_eq(kit_status(&k).confirmed_ms, -1);
    kit_start(&k);
    kit_start(&k); /* idempotent */
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    KIT_WAIT_FOR(kit_status(&k).watches == 1);
    ck_assert_uint_eq(kit_status(&k).elements, 1);
    ck_assert_str_eq(kit_status(&k).source, "watched");
    ck_assert_int_ge(kit_status(&k).confirmed_ms, 0);
    KIT_WAIT_FOR(
        kit_counts(&k, "ingester_watch_connected{source=\"watched\"} 1.0\n"));
    /* What is told follows what is in force. */
    KIT_WAIT_FOR(kit_counts(&k, "ingester_se_endpoints_count 1.0\n"));
    KIT_WAIT_FOR(kit_counts(
        &k, "ingester_se_config_changes_total{change_type=\"added\"} 1.0\n"));
    ck_assert_int_eq(logbook_count(&k.book, "SE config reload task started | "
                                            "interval_seconds=0"),
                     1);
    KIT_WAIT_FOR(logbook_count(&k.book, "total_after=1 source=watched "
                                        "instance_id=ingester-01 role=") == 1);
}
END_TEST

START_TEST(no_thread_is_left)
{
    begin_without_period();
    ck_assert(threads_become(0));
    kit_start(&k);
    ck_assert(threads_become(2));
    ck_assert(scripted_wait_watching(&k.first, 1));
    kit_close_registry(&k);
    ck_assert(threads_become(0));
}
END_TEST

START_TEST(without_a_watch)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.no_watch = true;
    begin(&options);
    kit_start(&k);
    ck_assert(scripted_wait_ended(&k.first, 1));
    ck_assert_int_eq(k.first.watches, 0);
    ck_assert_uint_eq(kit_status(&k).watches, 0);
}
END_TEST

START_TEST(not_in_the_child_of_a_fork)
{
    pid_t child;
    int how;

    begin_without_period();
    child = fork();
    if (child == 0) {
        _exit(se_registry_start(k.registry, NULL) == SE_E_FORKED ? 0 : 1);
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
    kit_start(&k);
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    scripted_give(&k.first, fleet(TWO));
    KIT_WAIT_FOR(kit_in_force(&k, TWO));
    ck_assert(scripted_wait_ended(&k.first, 8));
    for (int i = 2; i < 8; i++) {
        ck_assert_int_ge(k.first.began_ms[i] - k.first.ended_ms[i - 1], 17);
    }
}
END_TEST

START_TEST(what_failed_is_tried_again)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = 20;
    options.no_watch = true;
    begin(&options);
    scripted_fail(&k.first, SE_E_CONNECT, "refused");
    kit_start(&k);
    KIT_WAIT_FOR(kit_status(&k).failures >= 3);
    ck_assert(kit_counts(&k, "ingester_se_config_reload_total{source=\"none\","
                             "status=\"failed\"}"));
    scripted_give(&k.first, fleet(ONE));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
}
END_TEST

/* The second source makes do, but the first is wanted back. */
START_TEST(another_source_is_no_reason_to_wait)
{
    begin_without_period();
    scripted_fail(&k.first, SE_E_CONNECT, "refused");
    scripted_deafen(&k.first, true);
    scripted_give(&k.second, fleet(MOVED));
    kit_start(&k);
    KIT_WAIT_FOR(kit_in_force(&k, MOVED));
    scripted_give(&k.first, fleet(ONE));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
}
END_TEST

/* ---- messages ---- */

START_TEST(a_message_leads_to_a_fetch)
{
    int fetches;

    begin_without_period();
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    fetches = scripted_fetches(&k.first);
    scripted_give(&k.first, fleet(TWO));
    scripted_say(&k.first, 1);
    KIT_WAIT_FOR(kit_in_force(&k, TWO));
    ck_assert_int_le(scripted_fetches(&k.first), fetches + 2);
    /* The fetch that followed the watch may have been before the message. */
    KIT_WAIT_FOR(kit_counts(&k, "ingester_watch_messages_total{kind=\"event\","
                                "source=\"watched\"} 1.0\n"));
}
END_TEST

START_TEST(a_burst_is_few_fetches)
{
    int fetches;

    begin_without_period();
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    fetches = scripted_fetches(&k.first);
    scripted_give(&k.first, fleet(TWO));
    scripted_say(&k.first, 10000);
    KIT_WAIT_FOR(
        kit_counts(&k, "kind=\"event\",source=\"watched\"} 10000.0\n"));
    KIT_WAIT_FOR(kit_in_force(&k, TWO));
    ck_assert_int_le(scripted_fetches(&k.first), fetches + 4);
}
END_TEST

/* Messages are not bound by the interval between lazy fetches. */
START_TEST(messages_do_not_wait_for_lazy_fetches)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = -1;
    options.lazy_min_interval_ms = 60000;
    begin(&options);
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    ck_assert(!se__registry_want(k.registry, SE_RELOAD_NOT_FOUND,
                                 se__registry_serial(k.registry)));
    ck_assert(!se__registry_want(k.registry, SE_RELOAD_NOT_FOUND,
                                 se__registry_serial(k.registry) + 1));
    scripted_give(&k.first, fleet(TWO));
    scripted_say(&k.first, 1);
    KIT_WAIT_FOR(kit_in_force(&k, TWO));
}
END_TEST

START_TEST(a_lost_watch_comes_back_and_reads)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = -1;
    options.watch_retry_ms = 1;
    options.watch_retry_max_ms = 4;
    begin(&options);
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    scripted_give(&k.first, fleet(TWO)); /* and nobody says so */
    scripted_lose(&k.first);
    ck_assert(scripted_wait_watches(&k.first, 2));
    KIT_WAIT_FOR(kit_in_force(&k, TWO));

    scripted_deafen(&k.first, true);
    scripted_lose(&k.first);
    ck_assert(scripted_wait_watches(&k.first, 12));
    ck_assert_uint_eq(kit_status(&k).watches, 0);
    scripted_give(&k.first, fleet(THREE));
    scripted_deafen(&k.first, false);
    KIT_WAIT_FOR(kit_in_force(&k, THREE));
    KIT_WAIT_FOR(kit_status(&k).watches == 1);
    ck_assert_int_eq(logbook_count(&k.book,
                                   "Watch for SE config changes was lost | "
                                   "source=watched error=watch lost"),
                     2);
    /* Why it does not come back is said once, not ten times. */
    ck_assert_int_eq(logbook_count(&k.book, "cannot be had | source=watched "
                                            "error=watch refused"),
                     1);
    ck_assert_int_eq(logbook_count(&k.book, "Watching for SE config"), 3);
}
END_TEST

/* ---- pushed lists ---- */

START_TEST(a_pushed_list_needs_no_fetch)
{
    int fetches;

    begin_without_period();
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    scripted_hold(&k.first, false); /* nothing more is to be had by asking */
    fetches = scripted_fetches(&k.first);
    scripted_push(&k.first, fleet(TWO));
    KIT_WAIT_FOR(kit_in_force(&k, TWO));
    ck_assert_str_eq(kit_status(&k).source, "pubsub");
    KIT_WAIT_FOR(kit_counts(&k,
                            "ingester_se_config_reload_total{source=\"pubsub\","
                            "status=\"success\"} 1.0\n"));
    ck_assert(kit_counts(&k, "kind=\"document\",source=\"watched\"} 1.0\n"));
    ck_assert_int_le(scripted_fetches(&k.first), fetches + 1);
    scripted_release(&k.first);
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
    scripted_give(&k.first, of_time(line, timestamp));
}

START_TEST(an_older_pushed_list_is_a_message)
{
    begin_without_period();
    give_of_time(ONE, "2026-01-01T12:00:00Z");
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    give_of_time(THREE, "2026-01-01T12:00:01Z");
    scripted_push(&k.first, of_time(TWO, "2026-01-01T11:59:59Z"));
    KIT_WAIT_FOR(kit_in_force(&k, THREE));
    ck_assert_int_eq(logbook_count(&k.book, "source=pubsub"), 0);
}
END_TEST

/* The fetch began before, ends later, and brings what was before. */
START_TEST(a_fetch_that_was_overtaken)
{
    int fetches;

    begin_without_period();
    give_of_time(ONE, "2026-01-01T12:00:00Z");
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    fetches = scripted_fetches(&k.first);
    ck_assert(scripted_wait_ended(&k.first, fetches));
    scripted_hold(&k.first, true);
    scripted_say(&k.first, 1);
    ck_assert(scripted_wait_begun(&k.first, fetches + 1));
    scripted_push(&k.first, of_time(MOVED, "2026-01-01T12:00:01Z"));
    KIT_WAIT_FOR(kit_in_force(&k, MOVED));
    logbook_clear(&k.book);
    scripted_release(&k.first);
    /* It is asked once more, at once. */
    ck_assert(scripted_wait_ended(&k.first, fetches + 2));
    KIT_WAIT_FOR(logbook_count(&k.book, "new_endpoint=http://a") == 1);
    ck_assert(
        kit_in_force(&k, ONE)); /* the source insists: it was no accident */
}
END_TEST

START_TEST(an_empty_pushed_list_is_a_message)
{
    begin_without_period();
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    scripted_give(&k.first, fleet(TWO));
    scripted_push(&k.first, fleet(""));
    KIT_WAIT_FOR(kit_in_force(&k, TWO));
}
END_TEST

/* ---- outages ---- */

static se__endpoint *endpoint_of(const char *id)
{
    return se__endpoint_get(k.registry->endpoints, id);
}

static int64_t look_ms(void)
{
    int64_t ms;

    se__mutex_lock(&k.registry->reload.lock);
    ms = k.registry->reload.outage.look_ms;
    se__mutex_unlock(&k.registry->reload.lock);
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
    kit_start(&k);
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    scripted_give(&k.first, fleet(TWO));
    endpoint = endpoint_of("a");
    down = se__now_ms();
    se__endpoint_unanswered(endpoint, down);
    KIT_WAIT_FOR(kit_in_force(&k, TWO));
    ck_assert_int_ge(k.first.began_ms[1] - down, 30);
    ck_assert(kit_counts(
        &k, "ingester_lazy_se_config_reload_total{"
            "reason=\"connection_error\",status=\"success\"} 1.0\n"));
    ck_assert(atomic_load(&endpoint->down_told));
    ck_assert_int_eq(look_ms(), SE__NEVER);

    /* Still down: that is known. Up and down again: another outage. */
    se__endpoint_unanswered(endpoint, se__now_ms());
    ck_assert_int_eq(look_ms(), SE__NEVER);
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, se__now_ms());
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, se__now_ms());
    scripted_give(&k.first, fleet(THREE));
    for (int i = 0; i < 3; i++) {
        se__endpoint_unanswered(endpoint, se__now_ms());
    }
    KIT_WAIT_FOR(logbook_count(&k.book, "reason=connection_error source=") ==
                     2 ||
                 kit_in_force(&k, THREE));
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
    kit_start(&k);
    KIT_WAIT_FOR(kit_in_force(&k, ONE));
    endpoint = endpoint_of("a");
    se__endpoint_unanswered(endpoint, se__now_ms());
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, se__now_ms());
    se__endpoint_answered(endpoint, SE_HEALTH_HEALTHY, se__now_ms());
    KIT_WAIT_FOR(look_ms() == SE__NEVER);
    ck_assert_int_eq(scripted_fetches(&k.first), 1);
    se__endpoint_unref(endpoint);
}
END_TEST

int main(void)
{
    const kit_row rows[] = {
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

    return kit_run("registry live", rows, SE__COUNT(rows), tear_down);
}
