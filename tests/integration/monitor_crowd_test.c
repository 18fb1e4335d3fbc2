/*
 * A hundred elements, ten of them dead: one way or another nobody waits for
 * them.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "monitor_kit.h"
#include "suite.h"

#define ELEMENTS 100
#define DEAD 10 /* every tenth: half of them refuse, half of them hang */
#define BASE_MS 500
#define WINDOW_MS 2500

static rig r;
static char ids[ELEMENTS][16];

static bool is_dead(int i)
{
    return i % (ELEMENTS / DEAD) == 0;
}

static void start(void)
{
    static sandbox_element elements[ELEMENTS];
    se_monitor_options options = monitor_fast();

    for (int i = 0; i < ELEMENTS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "se-%03d", i);
        elements[i] = (sandbox_element){ids[i], "edit", i, 1000000};
    }
    options.poll_base_ms = BASE_MS;
    options.poll_max_ms = BASE_MS;
    options.suspect_ms = 100;
    options.poll_timeout_ms = 400;
    options.parallel = 4; /* fewer than hang */
    rig_start(&r, elements, ELEMENTS);
    rig_monitor(&r, &options);
}

static int64_t least_polls(void)
{
    int64_t least = INT64_MAX;

    for (int i = 0; i < ELEMENTS; i++) {
        int64_t polls = rig_polls(&r, ids[i]);

        least = polls < least ? polls : least;
    }
    return least;
}

static void die(int i)
{
    const sandbox_fault fault = {.route = SANDBOX_CAPACITY,
                                 .action = SANDBOX_STALL};

    if (i % 20 == 0) {
        sandbox_kill(r.fleet.sandbox, ids[i]);
    } else {
        sandbox_add_fault(r.fleet.sandbox, ids[i], &fault);
    }
}

static void live_again(int i)
{
    if (i % 20 == 0) {
        ck_assert(sandbox_revive(r.fleet.sandbox, ids[i]));
    } else {
        sandbox_clear_faults(r.fleet.sandbox, ids[i]);
    }
}

static int count_down(void)
{
    int down = 0;

    for (int i = 0; i < ELEMENTS; i++) {
        down += rig_is_down(&r, ids[i]);
        ck_assert_msg(is_dead(i) || !rig_is_down(&r, ids[i]), "%s", ids[i]);
    }
    return down;
}

/* Each of the living is asked as often as it should be, +- 20 %. */
static void check_times(void)
{
    int64_t before[ELEMENTS];
    int64_t began = fleet_now_ms();
    double expected;

    for (int i = 0; i < ELEMENTS; i++) {
        before[i] = rig_polls(&r, ids[i]);
    }
    FLEET_WAIT_FOR(fleet_now_ms() - began >= WINDOW_MS);
    expected = (double)(fleet_now_ms() - began) / BASE_MS;
    for (int i = 0; i < ELEMENTS; i++) {
        double polls = (double)(rig_polls(&r, ids[i]) - before[i]);

        /* and one more or less at both ends of the window */
        ck_assert_msg(is_dead(i) || (polls >= expected * 0.8 - 1 &&
                                     polls <= expected * 1.2 + 1),
                      "%s: %.0f polls, not %.1f", ids[i], polls, expected);
    }
}

START_TEST(ten_dead_of_a_hundred)
{
    start();
    FLEET_WAIT_FOR(least_polls() >= 1);
    ck_assert_int_eq(count_down(), 0);
    for (int i = 0; i < ELEMENTS; i++) {
        if (is_dead(i)) {
            die(i);
        }
    }
    FLEET_WAIT_FOR(count_down() == DEAD);
    check_times();
    ck_assert_int_eq(count_down(), DEAD);
    ck_assert(rig_metric(&r, "storage_elements_available{mode=\"edit\"} ") ==
              ELEMENTS - DEAD);
    ck_assert(rig_metric(&r, "capacity_poll_failures_total{error_type="
                             "\"timeout\",storage_id=\"se-010\"} ") >= 3);
    ck_assert(rig_metric(&r,
                         "capacity_poll_failures_total{error_type=\"connection_"
                         "error\",storage_id=\"se-020\"} ") >= 3);
    for (int i = 0; i < ELEMENTS; i++) {
        if (is_dead(i)) {
            live_again(i);
        }
    }
    FLEET_WAIT_FOR(count_down() == 0);
    rig_stop(&r);
}
END_TEST

#define SILENT 20

static int count_silent(void)
{
    int down = 0;

    for (int i = 0; i < SILENT; i++) {
        down += rig_is_down(&r, ids[i]);
    }
    return down;
}

/* Who is not asked again for long is not thought alive meanwhile. */
START_TEST(more_dead_than_are_asked_in_time)
{
    const sandbox_fault silent = {.route = SANDBOX_CAPACITY,
                                  .action = SANDBOX_STALL};
    sandbox_element elements[SILENT];
    se_monitor_options options = monitor_fast();
    int64_t polls;

    for (int i = 0; i < SILENT; i++) {
        snprintf(ids[i], sizeof(ids[i]), "se-%03d", i);
        elements[i] = (sandbox_element){ids[i], "edit", i, 1000000};
    }
    options.poll_timeout_ms = 200;
    options.parallel = 2;
    rig_start(&r, elements, SILENT);
    for (int i = 0; i < SILENT; i++) {
        sandbox_add_fault(r.fleet.sandbox, ids[i], &silent);
    }
    rig_monitor(&r, &options);
    FLEET_WAIT_FOR(count_silent() == SILENT);
    polls = rig_polls(&r, ids[SILENT - 1]);
    FLEET_WAIT_FOR(rig_polls(&r, ids[SILENT - 1]) > polls);
    ck_assert_int_eq(count_silent(), SILENT);
    rig_stop(&r);
}
END_TEST

int main(void)
{
    const test_row rows[] = {{ten_dead_of_a_hundred, 1},
                             {more_dead_than_are_asked_in_time, 1}};

    return run_suite("monitor_crowd", rows, SE__COUNT(rows));
}
