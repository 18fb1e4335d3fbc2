/* Lists that are held back, and the three ways in which they are let go. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "topology/topology.h"

#define E3 "a edit 1 http://a; b edit 2 http://b; c edit 3 http://c"
#define FULL E3 "; d rw 4 http://d; e rw 5 http://e"
#define HALF "a edit 1 http://a; d rw 4 http://d"
#define NO_RW E3
#define OTHER "b edit 2 http://b; e rw 5 http://e"

static kit k;

static void tear_down(void)
{
    kit_close(&k);
}

static void open_full(const se_registry_options *options)
{
    kit_open(&k, options);
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, FULL));
    ck_assert(kit_counts(&k, "ingester_topology_held 0.0\n"));
    ck_assert(!kit_status(&k).held);
}

/* Periods of 20 ms; not started yet. */
static void open_full_for_periods(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = 20;
    options.no_watch = true;
    options.state_dir = kit_dir(&k);
    open_full(&options);
}

static void check_held(const char *line, const char *why)
{
    se_registry_status status = kit_status(&k);
    se_topology *held = fleet(line);

    ck_assert(status.held);
    ck_assert_str_eq(status.held_hash, se_topology_hash(held));
    ck_assert_msg(strstr(status.held_why, why), "%s", status.held_why);
    ck_assert_int_ge(status.held_ms, 0);
    ck_assert(kit_counts(&k, "ingester_topology_held 1.0\n"));
    ck_assert_int_eq(
        logbook_count(&k.book, "WARNING registry: SE config is held back"), 1);
    ck_assert(kit_in_force(&k, FULL));
    se_topology_unref(held);
}

static void check_let_go(const char *in_force)
{
    ck_assert(kit_in_force(&k, in_force));
    ck_assert(!kit_status(&k).held);
    ck_assert_str_eq(kit_status(&k).held_hash, "");
    ck_assert(kit_counts(&k, "ingester_topology_held 0.0\n"));
}

static const struct {
    const char *line;
    const char *why;
    bool empty;
} suspicious[] = {
    {"", "the list is empty", true},
    {HALF, "it takes away 3 of 5 elements that take files", false},
    {NO_RW, "it leaves no element of mode rw, of 2", false},
};

START_TEST(held_and_visible)
{
    se_diff *diff = NULL;
    se_err rc;

    open_full(NULL);
    scripted_give(&k.first, fleet(suspicious[_i].line));
    for (int i = 0; i < 3; i++) {
        rc = se_registry_reload(k.registry, SE_RELOAD_MANUAL, 0, &diff, NULL);
        /* An empty list is no answer; a held one changes nothing. */
        ck_assert_int_eq(rc, suspicious[_i].empty ? SE_E_DISCOVERY : SE_OK);
        ck_assert(diff == NULL || se_diff_is_empty(diff));
        se_diff_free(diff);
        diff = NULL;
        check_held(suspicious[_i].line, suspicious[_i].why);
        ck_assert_int_eq(kit_status(&k).held_fetches, i + 1);
    }
    /* What was in force is published again: all is well. */
    scripted_give(&k.first, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    check_let_go(FULL);
    ck_assert_int_eq(logbook_count(&k.book, "is not published any more"), 1);
}
END_TEST

START_TEST(no_list_is_nothing_to_hold)
{
    open_full(NULL);
    scripted_fail(&k.first, SE_E_SOURCE, "key does not exist");
    ck_assert_int_eq(kit_reload(&k), SE_E_DISCOVERY);
    ck_assert(kit_in_force(&k, FULL));
    ck_assert(!kit_status(&k).held);
}
END_TEST

START_TEST(without_history_any_list_is_taken)
{
    kit_open(&k, NULL);
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    check_let_go(HALF);
}
END_TEST

START_TEST(by_hand_is_the_callers_decision)
{
    se_topology *half = fleet(HALF);

    open_full(NULL);
    ck_assert_int_eq(se_registry_reload_endpoints(k.registry, half, NULL, NULL),
                     SE_OK);
    ck_assert(kit_in_force(&k, HALF));
    se_topology_unref(half);
}
END_TEST

START_TEST(an_empty_list_asks_the_next_source)
{
    open_full(NULL);
    scripted_give(&k.first, fleet(""));
    scripted_give(&k.second, fleet(FULL "; f rw 6 http://f"));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    check_let_go(FULL "; f rw 6 http://f");
    ck_assert_str_eq(kit_status(&k).source, "admin_module");
}
END_TEST

/* What a second source offers is not lost behind an empty list. */
START_TEST(a_suspicious_list_behind_an_empty_one)
{
    open_full(NULL);
    scripted_give(&k.first, fleet(""));
    scripted_give(&k.second, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_in_force(&k, FULL));
    ck_assert(kit_status(&k).held);
    ck_assert_msg(strstr(kit_status(&k).held_why, "empty") == NULL, "%s",
                  kit_status(&k).held_why);
    ck_assert_int_eq(se_registry_accept(k.registry, NULL, NULL), SE_OK);
    ck_assert(kit_in_force(&k, HALF));
}
END_TEST

START_TEST(many_invalid_elements_ask_the_next_source)
{
    static const char text[] =
        "{\"storage_elements\":["
        "{\"element_id\":\"a\",\"api_url\":\"http://a\",\"mode\":\"rw\"},"
        "{\"element_id\":\"b\",\"api_url\":\"ftp://b\",\"mode\":\"rw\"}]}";
    se_topology *list = NULL;

    open_full(NULL);
    ck_assert_int_eq(se_topology_parse(text, strlen(text), &list, NULL), SE_OK);
    scripted_give(&k.first, list);
    scripted_give(&k.second, fleet(FULL));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    check_let_go(FULL);
    ck_assert_str_eq(kit_status(&k).source, "admin_module");
    ck_assert_int_eq(
        logbook_count(&k.book, "error=1 of 2 elements are invalid, the first: "
                               "b: "),
        1);
}
END_TEST

/* ---- a second source ---- */

static const struct {
    const char *held;
    const char *second; /* NULL: it fails */
    bool agrees;
} opinions[] = {
    {HALF, HALF, true},   {NO_RW, NO_RW, true}, {HALF, FULL, false},
    {HALF, OTHER, false}, {HALF, NULL, false},  {HALF, "", false},
    {"", "", false}, /* an empty list needs a person */
};

START_TEST(a_second_source_agrees)
{
    const char *held = opinions[_i].held;

    open_full(NULL);
    scripted_give(&k.first, fleet(held));
    if (opinions[_i].second) {
        scripted_give(&k.second, fleet(opinions[_i].second));
    }
    kit_reload(&k);
    if (opinions[_i].agrees) {
        check_let_go(held);
        ck_assert_str_eq(kit_status(&k).source, "watched");
    } else {
        check_held(held, "");
    }
}
END_TEST

/* It names only what takes files: the rest is no disagreement. */
START_TEST(a_partial_list_agrees_with_what_it_names)
{
    static const char all[] = FULL "; x ro 1 http://x; y rw 1 http://y off";
    static const char half[] = HALF "; x ro 1 http://x; y rw 1 http://y off";

    kit_open(&k, NULL);
    scripted_give(&k.first, fleet(all));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, fleet(half));
    scripted_give(&k.second, fleet(HALF));
    scripted_partial(&k.second);
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    check_let_go(half);
}
END_TEST

START_TEST(a_partial_list_leaves_what_takes_no_files)
{
    kit_open(&k, NULL);
    scripted_give(&k.first, fleet(FULL "; x ro 1 http://x"));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_fail(&k.first, SE_E_CONNECT, "refused");
    scripted_give(&k.second, fleet(E3 "; d rw 4 http://d"));
    scripted_partial(&k.second);
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    check_let_go(E3 "; d rw 4 http://d; x ro 1 http://x");
}
END_TEST

/* ---- three fetches ---- */

START_TEST(three_fetches_agree)
{
    const char *line = suspicious[1 + _i].line;
    int64_t began;

    open_full_for_periods();
    kit_start(&k);
    began = se__now_ms();
    scripted_give(&k.first, fleet(line));
    KIT_WAIT_FOR(kit_in_force(&k, line));
    ck_assert_int_ge(se__now_ms() - began, 36);
    KIT_WAIT_FOR(kit_counts(&k, "ingester_topology_held 0.0\n"));
    ck_assert(!kit_status(&k).held);
    ck_assert_int_eq(logbook_count(&k.book, "that was held back is in force"),
                     1);
}
END_TEST

START_TEST(an_empty_list_stays_held)
{
    open_full_for_periods();
    scripted_give(&k.first, fleet(""));
    kit_start(&k);
    KIT_WAIT_FOR(kit_status(&k).held_fetches >= 8);
    ck_assert(kit_in_force(&k, FULL));
}
END_TEST

/* ---- a person ---- */

START_TEST(accepted)
{
    const char *line = suspicious[_i].line;
    se_diff *diff = NULL;

    open_full(NULL);
    scripted_give(&k.first, fleet(line));
    kit_reload(&k);
    check_held(line, suspicious[_i].why);
    ck_assert_int_eq(se_registry_accept(k.registry, &diff, NULL), SE_OK);
    check_let_go(line);
    ck_assert_uint_gt(se_diff_count(diff, SE_CHANGE_REMOVED), 0);
    se_diff_free(diff);
    /* It is what is in force now: nothing more to hold. */
    if (!suspicious[_i].empty) {
        ck_assert_int_eq(kit_reload(&k), SE_OK);
    }
    check_let_go(line);
}
END_TEST

START_TEST(an_empty_list_in_force_ends_with_the_next)
{
    open_full(NULL);
    scripted_give(&k.first, fleet(""));
    kit_reload(&k);
    ck_assert_int_eq(se_registry_accept(k.registry, NULL, NULL), SE_OK);
    check_let_go("");
    ck_assert_int_eq(kit_reload(&k), SE_OK); /* as it was */
    scripted_give(&k.first, fleet(HALF));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    check_let_go(HALF);
}
END_TEST

START_TEST(nothing_to_accept)
{
    se_error err = SE_ERROR_INIT;

    open_full(NULL);
    ck_assert_int_eq(se_registry_accept(k.registry, NULL, &err),
                     SE_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "nothing is held back");
    ck_assert_int_eq(se_registry_accept(NULL, NULL, NULL), SE_E_INVALID);
}
END_TEST

/* ---- pushed ---- */

START_TEST(a_pushed_list_is_held_as_well)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    options.reload_interval_ms = -1;
    open_full(&options);
    kit_start(&k);
    ck_assert(scripted_wait_watching(&k.first, 1));
    scripted_give(&k.first, fleet(HALF));
    scripted_push(&k.first, fleet(HALF));
    KIT_WAIT_FOR(kit_status(&k).held);
    KIT_WAIT_FOR(kit_status(&k).held_fetches >= 1);
    ck_assert(kit_in_force(&k, FULL));
    ck_assert_int_le(kit_status(&k).held_fetches, 2);
    scripted_give(&k.first, fleet(FULL));
    scripted_push(&k.first, fleet(FULL));
    KIT_WAIT_FOR(!kit_status(&k).held);
}
END_TEST

/* ---- new elements, new publishers ---- */

static bool is_on_probation(const char *id)
{
    se__endpoint *endpoint = se__endpoint_get(k.registry->endpoints, id);
    bool probation = atomic_load(&endpoint->probation);

    se__endpoint_unref(endpoint);
    return probation;
}

START_TEST(new_elements_are_on_probation)
{
    kit_open(&k, NULL);
    if (_i == 1) {
        se__registry_set_prober(k.registry, true);
    }
    scripted_give(&k.first, fleet(E3));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(!is_on_probation("a"));
    scripted_give(&k.first, fleet(E3 "; f edit 4 http://f"));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(is_on_probation("f") == (_i == 1));
    ck_assert(!is_on_probation("a"));
    /* Nobody would ask it any more. */
    se__registry_set_prober(k.registry, false);
    ck_assert(!is_on_probation("f"));
}
END_TEST

START_TEST(a_restarted_publisher_is_counted)
{
    se_topology *before = fleet(E3);
    se_topology *after = fleet(E3 "; f edit 4 http://f");

    before->version = 42;
    snprintf(before->timestamp, sizeof(before->timestamp),
             "2026-01-01T12:00:00Z");
    after->version = 1;
    snprintf(after->timestamp, sizeof(after->timestamp),
             "2026-01-01T12:00:01.5Z");
    kit_open(&k, NULL);
    scripted_give(&k.first, before);
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    scripted_give(&k.first, after);
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_counts(&k, "ingester_topology_publisher_restarts_total 1"));
    ck_assert(kit_in_force(&k, E3 "; f edit 4 http://f"));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert(kit_counts(&k, "ingester_topology_publisher_restarts_total 1"));
}
END_TEST

START_TEST(the_role_is_logged)
{
    kit_open(&k, NULL);
    se__registry_set_role(k.registry, "leader");
    scripted_give(&k.first, fleet(E3));
    ck_assert_int_eq(kit_reload(&k), SE_OK);
    ck_assert_int_eq(
        logbook_count(&k.book, "instance_id=ingester-01 role=leader"), 1);
}
END_TEST

int main(void)
{
    const kit_row rows[] = {
        {held_and_visible, SE__COUNT(suspicious)},
        {no_list_is_nothing_to_hold, 1},
        {without_history_any_list_is_taken, 1},
        {by_hand_is_the_callers_decision, 1},
        {an_empty_list_asks_the_next_source, 1},
        {a_suspicious_list_behind_an_empty_one, 1},
        {many_invalid_elements_ask_the_next_source, 1},
        {a_second_source_agrees, SE__COUNT(opinions)},
        {a_partial_list_agrees_with_what_it_names, 1},
        {a_partial_list_leaves_what_takes_no_files, 1},
        {three_fetches_agree, 2},
        {an_empty_list_stays_held, 1},
        {accepted, SE__COUNT(suspicious)},
        {an_empty_list_in_force_ends_with_the_next, 1},
        {nothing_to_accept, 1},
        {a_pushed_list_is_held_as_well, 1},
        {new_elements_are_on_probation, 2},
        {a_restarted_publisher_is_counted, 1},
        {the_role_is_logged, 1},
    };

    return kit_run("registry hold", rows, SE__COUNT(rows), tear_down);
}
