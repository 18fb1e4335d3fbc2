/* When to fetch: bursts, periods, outages, ages. Policies without a clock. */
#include <check.h>

#include <artstore/topology.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "registry/age.h"
#include "registry/debounce.h"
#include "registry/outage.h"
#include "registry/periodic.h"
#include "suite.h"

/* ---- bursts ---- */

/* Messages at these times, each acted on when due; -1 ends. */
static const struct {
    int64_t messages[12];
    int64_t acts[8];
} bursts[] = {
    {{1000, -1}, {1000, -1}},
    {{1000, 1010, -1}, {1000, 1060, -1}},
    {{1000, 1050, -1}, {1000, 1050, -1}}, /* no burst any more */
    {{1000, 1049, -1}, {1000, 1099, -1}},
    {{1000, 1010, 1020, 1030, -1}, {1000, 1080, -1}},
    /* never silent: at most 250 ms after the second */
    {{1000, 1040, 1080, 1120, 1160, 1200, 1240, 1280, 1310, -1},
     {1000, 1290, 1360, -1}},
    {{1000, 1010, 2000, -1}, {1000, 1060, 2000, -1}},
};

static void act_until(se__debounce *d, int64_t now, const int64_t *acts,
                      size_t *n)
{
    while (d->due_ms <= now) {
        ck_assert_int_eq(d->due_ms, acts[*n]);
        (*n)++;
        se__debounce_acted(d);
    }
}

START_TEST(messages_of_a_burst_act_together)
{
    se__debounce d;
    size_t n = 0;

    se__debounce_init(&d, 50, 250);
    for (const int64_t *at = bursts[_i].messages; *at >= 0; at++) {
        act_until(&d, *at - 1, bursts[_i].acts, &n);
        se__debounce_message(&d, *at);
        act_until(&d, *at, bursts[_i].acts, &n);
    }
    act_until(&d, 1000000, bursts[_i].acts, &n);
    ck_assert_int_eq(bursts[_i].acts[n], -1);
}
END_TEST

START_TEST(hurry_waits_for_nothing)
{
    se__debounce d;

    se__debounce_init(&d, 50, 20); /* most is at least quiet */
    se__debounce_hurry(&d, 7);
    ck_assert_int_eq(d.due_ms, 7);
    se__debounce_acted(&d);
    se__debounce_message(&d, 100);
    se__debounce_acted(&d);
    se__debounce_message(&d, 110);
    ck_assert_int_eq(d.due_ms, 160);
    se__debounce_hurry(&d, 120);
    ck_assert_int_eq(d.due_ms, 120);
    se__debounce_message(&d, 130); /* due already: it stays so */
    ck_assert_int_eq(d.due_ms, 120);
}
END_TEST

/* ---- periods ---- */

START_TEST(the_first_tick_is_anywhere_in_the_interval)
{
    se__periodic p;
    bool early = false;
    bool late = false;

    for (uint64_t random = 0; random < 1000; random++) {
        se__periodic_init(&p, 60000);
        ck_assert_int_eq(p.due_ms, SE__NEVER);
        se__periodic_start(&p, 5, random * 2654435761U);
        ck_assert_int_ge(p.due_ms, 5);
        ck_assert_int_lt(p.due_ms, 60005);
        early = early || p.due_ms < 10000;
        late = late || p.due_ms > 50000;
    }
    ck_assert(early && late);
}
END_TEST

START_TEST(ticks_are_an_interval_apart)
{
    se__periodic p;
    int64_t least = SE__NEVER;
    int64_t most = 0;

    se__periodic_init(&p, 60000);
    for (uint64_t random = 0; random < 1000; random++) {
        se__periodic_ended(&p, 1000, true, random * 2654435761U);
        least = p.due_ms < least ? p.due_ms : least;
        most = p.due_ms > most ? p.due_ms : most;
    }
    ck_assert(least >= 55000 && least < 56000);
    ck_assert(most <= 67000 && most > 66000);
}
END_TEST

START_TEST(a_jump_of_the_clock_is_one_tick)
{
    int64_t day = INT64_C(86400000);
    se__periodic p;

    se__periodic_init(&p, 60000);
    se__periodic_start(&p, 0, 0);
    se__periodic_ended(&p, 30 * day, true, 1);
    ck_assert_int_ge(p.due_ms, 30 * day + 54000);
}
END_TEST

START_TEST(failures_are_tried_again_sooner)
{
    static const int64_t most[] = {1000,  2000,  4000,  8000,
                                   16000, 32000, 60000, 60000};
    se__periodic p;

    se__periodic_init(&p, 60000);
    for (size_t i = 0; i < SE__COUNT(most); i++) {
        se__periodic_ended(&p, 0, false, (uint64_t)i * 7919);
        ck_assert_int_ge(p.due_ms, most[i] / 2);
        ck_assert_int_le(p.due_ms, most[i]);
    }
    p.failures = UINT32_MAX;
    se__periodic_ended(&p, 0, false, UINT64_MAX);
    ck_assert_int_le(p.due_ms, 60000);
    se__periodic_ended(&p, 0, true, 0);
    se__periodic_ended(&p, 0, false, 999);
    ck_assert_int_le(p.due_ms, 1000);
}
END_TEST

START_TEST(a_short_interval_bounds_the_retries)
{
    se__periodic p;

    se__periodic_init(&p, 20);
    for (uint64_t i = 0; i < 10; i++) {
        se__periodic_ended(&p, 100, false, i);
        ck_assert_int_le(p.due_ms, 120);
    }
}
END_TEST

/* Of others than periodic ones only failures count. */
START_TEST(without_an_interval_only_failures_are_tried_again)
{
    se__periodic p;

    se__periodic_init(&p, -1);
    se__periodic_start(&p, 0, 1);
    ck_assert_int_eq(p.due_ms, SE__NEVER);
    se__periodic_retry(&p, 0, 0);
    ck_assert_int_le(p.due_ms, 1000);
    se__periodic_ended(&p, 1000, false, 0);
    ck_assert_int_le(p.due_ms, 3000);
    se__periodic_ended(&p, 3000, true, 0);
    ck_assert_int_eq(p.due_ms, SE__NEVER);
}
END_TEST

START_TEST(a_retry_never_puts_a_tick_off)
{
    se__periodic p;

    se__periodic_init(&p, 60000);
    se__periodic_start(&p, 0, 100);
    ck_assert_int_eq(p.due_ms, 100);
    se__periodic_retry(&p, 0, UINT64_MAX);
    ck_assert_int_eq(p.due_ms, 100);
}
END_TEST

/* ---- outages ---- */

START_TEST(an_outage_asks_once_it_is_old)
{
    se__outage o;

    se__outage_init(&o, 100);
    ck_assert_int_eq(o.look_ms, SE__NEVER);
    se__outage_began(&o, 1000);
    se__outage_began(&o, 1050); /* the first is looked at first */
    ck_assert_int_eq(o.look_ms, 1100);
    ck_assert(se__outage_looked(&o, 1100, true, 1150));
    ck_assert_int_eq(o.look_ms, 1150);
    ck_assert(!se__outage_looked(&o, 1150, false, SE__NEVER));
    ck_assert_int_eq(o.look_ms, SE__NEVER);
}
END_TEST

START_TEST(questions_come_ever_more_rarely)
{
    int64_t now = 1000;
    int64_t distance = 100;
    se__outage o;

    se__outage_init(&o, 100);
    ck_assert(se__outage_looked(&o, now, true, SE__NEVER));
    for (int i = 0; i < 16; i++) {
        /* too early: looked at again when it may ask */
        ck_assert(!se__outage_looked(&o, now + distance - 1, true, SE__NEVER));
        ck_assert_int_eq(o.look_ms, now + distance);
        now += distance;
        ck_assert(se__outage_looked(&o, now, true, SE__NEVER));
        distance = distance * 2 < 600000 ? distance * 2 : 600000;
    }
    /* Quiet for as long again: it begins anew. */
    now += 2 * distance;
    ck_assert(se__outage_looked(&o, now, true, SE__NEVER));
    ck_assert(se__outage_looked(&o, now + 100, true, SE__NEVER));
}
END_TEST

/* ---- ages ---- */

static se_topology *list_of(const char *timestamp, int version)
{
    char text[300];
    se_topology *list = NULL;

    snprintf(text, sizeof(text),
             "{\"version\":%d,\"timestamp\":\"%s\",\"storage_elements\":[{"
             "\"element_id\":\"a\",\"api_url\":\"http://a\","
             "\"mode\":\"rw\"}]}",
             version, timestamp);
    ck_assert_int_eq(se_topology_parse(text, strlen(text), &list, NULL), SE_OK);
    return list;
}

static const struct {
    const char *a, *b;
    int order;
} ages[] = {
    {"2026-03-01T09:15:30Z", "2026-03-01T09:15:30Z", 0},
    {"2026-03-01T09:15:30Z", "2026-03-01T09:15:30.000001Z", -1},
    {"2026-03-01T09:15:30.2Z", "2026-03-01T09:15:30.123456Z", 1},
    {"2026-03-01T09:15:30.123456", "2026-03-01T09:15:30.123456Z", 0},
    {"2026-03-01T09:15:30+00:00", "2026-03-01T10:15:30+01:00", 0},
    {"2026-03-01T09:15:30-01:30", "2026-03-01T10:45:29Z", 1},
    {"2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z", -1},
    {"2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z", -1},
    {"2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", -1},
    {"2026-03-01T09:15:30.1234567Z", "2026-03-01T09:15:30.1234569Z", 0},
    {"", "2026-03-01T09:15:30Z", 0},
    {"yesterday, or so it seems", "2026-03-01T09:15:30Z", 0},
    {"2026-03-01T09:15:3xZ", "2026-03-01T09:15:30Z", 0},
    {"2026-03-01T09:15:30 CET", "2026-03-01T09:15:31Z", 0},
};

START_TEST(timestamps_tell_which_is_newer)
{
    se_topology *a = list_of(ages[_i].a, 1);
    se_topology *b = list_of(ages[_i].b, 1);

    ck_assert_int_eq(se__age_compare(a, b), ages[_i].order);
    ck_assert_int_eq(se__age_compare(b, a), -ages[_i].order);
    se_topology_unref(a);
    se_topology_unref(b);
}
END_TEST

static const struct {
    int before, after;
    const char *timestamp; /* of the second; the first is of 12:00 */
    bool restart;
} versions[] = {
    {42, 1, "2026-03-01T12:00:01Z", true},
    {42, 43, "2026-03-01T12:00:01Z", false},
    {42, 42, "2026-03-01T12:00:01Z", false},
    {42, 1, "2026-03-01T12:00:00Z", false},
    {42, 1, "2026-03-01T11:59:59Z", false},
    {42, 0, "2026-03-01T12:00:01Z", false}, /* it states none */
};

START_TEST(a_lower_version_later_is_a_restart)
{
    se_topology *a = list_of("2026-03-01T12:00:00Z", versions[_i].before);
    se_topology *b = list_of(versions[_i].timestamp, versions[_i].after);

    ck_assert_int_eq(se__age_is_restart(a, b), versions[_i].restart);
    se_topology_unref(a);
    se_topology_unref(b);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {messages_of_a_burst_act_together, SE__COUNT(bursts)},
        {hurry_waits_for_nothing, 1},
        {the_first_tick_is_anywhere_in_the_interval, 1},
        {ticks_are_an_interval_apart, 1},
        {a_jump_of_the_clock_is_one_tick, 1},
        {failures_are_tried_again_sooner, 1},
        {a_short_interval_bounds_the_retries, 1},
        {without_an_interval_only_failures_are_tried_again, 1},
        {a_retry_never_puts_a_tick_off, 1},
        {an_outage_asks_once_it_is_old, 1},
        {questions_come_ever_more_rarely, 1},
        {timestamps_tell_which_is_newer, SE__COUNT(ages)},
        {a_lower_version_later_is_a_restart, SE__COUNT(versions)},
    };

    return run_suite("registry policies", rows, SE__COUNT(rows));
}
