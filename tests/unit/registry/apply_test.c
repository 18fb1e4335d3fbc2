/* Putting lists in force: what changes, what is told, what is refused. */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fleet.h"
#include "logbook.h"
#include "registry/registry.h"

static logbook book;
static se_registry *registry;

static void set_up(void)
{
    se_registry_options options = SE_REGISTRY_OPTIONS_INIT;

    logbook_init(&book);
    options.log = logbook_write;
    options.log_user = &book;
    ck_assert_int_eq(se_registry_open(&registry, &options, NULL), SE_OK);
}

static void tear_down(void)
{
    se_registry_close(registry);
    logbook_fini(&book);
}

static se_topology *parse(const char *document)
{
    se_topology *topology = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(
        se_topology_parse(document, strlen(document), &topology, &err) == SE_OK,
        "%s", err.message);
    return topology;
}

static void put(const char *line)
{
    se_topology *list = fleet(line);

    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, NULL, NULL),
                     SE_OK);
    se_topology_unref(list);
}

static void expect_in_force(const char *line)
{
    se_topology *now = se_registry_topology(registry);
    char found[1024];

    ck_assert_ptr_nonnull(now);
    fleet_line(now, found, sizeof(found));
    ck_assert_str_eq(found, line);
    se_topology_unref(now);
}

/* "+a +b -c ~d": what a diff says, kind by kind. */
static void diff_line(const se_diff *diff, char *out, size_t size)
{
    static const char signs[] = {'+', '-', '~', '!'};
    size_t used = 0;

    out[0] = '\0';
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < se_diff_count(diff, (se_change_kind)kind); i++) {
            const se_change *change = se_diff_at(diff, (se_change_kind)kind, i);

            used += (size_t)snprintf(out + used, size - used, "%s%c%s",
                                     used > 0 ? " " : "", signs[kind],
                                     se_change_id(change));
        }
    }
}

/* A change from one list to the next, and everything that is seen of it. */
typedef struct row {
    const char *before;
    const char *after;
    const char *diff;
    const char *in_force;
    const char *says; /* the only line of the log beside the summary */
} row;

#define AB "a edit 1 http://a; b rw 2 http://b"

static const row changes[] = {
    {AB, AB "; c edit 3 http://c", "+c", AB "; c edit 3 http://c",
     "INFO registry: SE added | se_id=c endpoint=http://c mode=edit "
     "priority=3 available=1"},
    {AB, "a edit 1 http://a", "-b", "a edit 1 http://a",
     "INFO registry: SE removed | se_id=b old_endpoint=http://b"},
    {AB, "a edit 1 http://z; b rw 2 http://b", "~a",
     "a edit 1 http://z; b rw 2 http://b",
     "INFO registry: SE updated | se_id=a old_endpoint=http://a "
     "new_endpoint=http://z old_mode=edit new_mode=edit old_priority=1 "
     "new_priority=1 old_available=1 new_available=1"},
    {AB, "a edit 9 http://a; b rw 2 http://b", "~a",
     "b rw 2 http://b; a edit 9 http://a",
     "INFO registry: SE updated | se_id=a old_endpoint=http://a "
     "new_endpoint=http://a old_mode=edit new_mode=edit old_priority=1 "
     "new_priority=9 old_available=1 new_available=1"},
    {AB, "a ro 1 http://a; b rw 2 http://b", "~a",
     "a ro 1 http://a; b rw 2 http://b",
     "INFO registry: SE updated | se_id=a old_endpoint=http://a "
     "new_endpoint=http://a old_mode=edit new_mode=ro old_priority=1 "
     "new_priority=1 old_available=1 new_available=1"},
    {AB, "a edit 1 http://a off; b rw 2 http://b", "~a",
     "a edit 1 http://a off; b rw 2 http://b",
     "INFO registry: SE updated | se_id=a old_endpoint=http://a "
     "new_endpoint=http://a old_mode=edit new_mode=edit old_priority=1 "
     "new_priority=1 old_available=1 new_available=0"},
};

START_TEST(one_change)
{
    const row *r = &changes[_i];
    se_topology *list = fleet(r->after);
    se_diff *diff = NULL;
    char line[256];

    put(r->before);
    logbook_clear(&book);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, &diff, NULL),
                     SE_OK);
    diff_line(diff, line, sizeof(line));
    ck_assert_str_eq(line, r->diff);
    ck_assert_str_eq(se_topology_hash(se_diff_after(diff)),
                     se_topology_hash(list));
    expect_in_force(r->in_force);
    ck_assert_int_eq(logbook_count(&book, ""), 2);
    ck_assert_msg(logbook_count(&book, r->says) == 1, "%s\n%s", book.lines[0],
                  book.lines[1]);
    se_diff_free(diff);
    se_topology_unref(list);
}
END_TEST

START_TEST(the_first_list)
{
    se_topology *list = fleet(AB);
    se_diff *diff = NULL;
    char line[256];

    ck_assert_ptr_null(se_registry_topology(registry));
    ck_assert_uint_eq(se__registry_serial(registry), 0);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, &diff, NULL),
                     SE_OK);
    diff_line(diff, line, sizeof(line));
    ck_assert_str_eq(line, "+a +b");
    expect_in_force(AB);
    ck_assert_int_eq(
        logbook_count(&book, "INFO registry: Storage endpoints configuration "
                             "updated | added=[a,b] removed=[] updated=[] "
                             "total_before=0 total_after=2 source="),
        1);
    se_diff_free(diff);
    se_topology_unref(list);
}
END_TEST

START_TEST(many_changes_at_once)
{
    se_topology *list = fleet("b rw 20 http://b; d edit 4 http://d; "
                              "e ar 5 http://e off; c edit 3 http://c");
    se_diff *diff = NULL;
    char line[256];

    put("a edit 1 http://a; b rw 2 http://b; c edit 3 http://c; "
        "x ro 9 http://x");
    logbook_clear(&book);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, &diff, NULL),
                     SE_OK);
    diff_line(diff, line, sizeof(line));
    ck_assert_str_eq(line, "+d +e -a -x ~b");
    ck_assert_int_eq(
        logbook_count(&book, "INFO registry: Storage endpoints configuration "
                             "updated | added=[d,e] removed=[a,x] updated=[b] "
                             "total_before=4 total_after=4 source="),
        1);
    ck_assert_int_eq(logbook_count(&book, ""), 6);
    se_diff_free(diff);
    se_topology_unref(list);
}
END_TEST

/* ---- nothing changed ---- */

static int told;

static void count_change(void *user, const se_diff *diff)
{
    (void)user;
    (void)diff;
    told++;
}

START_TEST(unchanged_is_silent_but_fresh)
{
    se_topology *again =
        parse("{\"version\":8,\"timestamp\":\"later\",\"storage_elements\":["
              "{\"element_id\":\"b\",\"api_url\":\"http://b/\",\"mode\":\"rw\","
              "\"priority\":2},"
              "{\"element_id\":\"a\",\"api_url\":\"http://a\","
              "\"mode\":\"edit\",\"priority\":1}]}");
    se_diff *diff = NULL;
    se_topology *now;

    told = 0;
    ck_assert_int_eq(se_registry_on_change(registry, count_change, NULL, NULL),
                     SE_OK);
    put(AB);
    ck_assert_int_eq(told, 1);
    logbook_clear(&book);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, again, &diff, NULL),
                     SE_OK);
    ck_assert(se_diff_is_empty(diff));
    ck_assert_int_eq(told, 1);
    ck_assert_int_eq(logbook_count(&book, ""), 0);

    /* The publisher's word is the new one, and waiters have a newer list. */
    now = se_registry_topology(registry);
    ck_assert_int_eq(se_topology_version(now), 8);
    ck_assert_str_eq(se_topology_timestamp(now), "later");
    ck_assert_uint_eq(se__registry_serial(registry), 2);
    se_topology_unref(now);
    se_diff_free(diff);
    se_topology_unref(again);
}
END_TEST

START_TEST(the_snapshot_knows_its_serial)
{
    put(AB);
    for (uint64_t serial = 1; serial <= 3; serial++) {
        const se__snapshot *snapshot;
        int slot;

        snapshot = se__registry_enter(registry, &slot);
        ck_assert_uint_eq(snapshot->serial, serial);
        ck_assert_uint_eq(se__registry_serial(registry), serial);
        se__registry_leave(registry, slot);
        put(AB);
    }
}
END_TEST

START_TEST(entering_before_the_first_list)
{
    int slot;

    /* More often than there are slots: nothing is held. */
    for (int i = 0; i < 200; i++) {
        ck_assert_ptr_null(se__registry_enter(registry, &slot));
        if (i % 2 == 0) {
            se__registry_leave(registry, slot);
        }
    }
    put(AB);
    ck_assert_ptr_nonnull(se__registry_enter(registry, &slot));
    se__registry_leave(registry, slot);
}
END_TEST

/* ---- refused ---- */

START_TEST(an_empty_list_is_refused)
{
    static const char *const documents[] = {
        "{\"storage_elements\":[]}",
        "{\"storage_elements\":[{\"element_id\":\"a\",\"api_url\":\"ftp://a\","
        "\"mode\":\"rw\"}]}",
    };
    se_topology *list = parse(documents[_i]);
    se_diff *none = NULL;
    se_diff *diff = none;
    se_error err = SE_ERROR_INIT;

    put(AB);
    logbook_clear(&book);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, &diff, &err),
                     SE_E_INVALID);
    ck_assert_int_eq(err.code, SE_E_INVALID);
    ck_assert_ptr_eq(diff, none);
    expect_in_force(AB);
    ck_assert_uint_eq(se__registry_serial(registry), 1);
    ck_assert_int_eq(logbook_count(&book, ""), 0);
    se_topology_unref(list);
}
END_TEST

START_TEST(no_list_at_all)
{
    ck_assert_int_eq(se_registry_reload_endpoints(registry, NULL, NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(se_registry_reload_endpoints(NULL, NULL, NULL, NULL),
                     SE_E_INVALID);
}
END_TEST

#define GOOD(id)                                                               \
    "{\"element_id\":\"" id "\",\"api_url\":\"http://" id                      \
    "\",\"mode\":\"edit\",\"priority\":1}"
#define BAD(id)                                                                \
    "{\"element_id\":\"" id "\",\"api_url\":\"ftp://" id                       \
    "\",\"mode\":\"edit\",\"priority\":1}"

/* They are named once, not at every reload. */
START_TEST(invalid_elements_are_named)
{
    se_topology *list =
        parse("{\"storage_elements\":[" GOOD("a") "," BAD("c") "]}");
    se_topology *other = parse(
        "{\"storage_elements\":[" GOOD("a") "," BAD("c") "," BAD("d") "]}");
    se_diff *diff = NULL;
    char line[256];
    const se_change *change;

    put("a edit 1 http://a; c edit 1 http://c");
    logbook_clear(&book);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, &diff, NULL),
                     SE_OK);
    diff_line(diff, line, sizeof(line));
    ck_assert_str_eq(line, "-c !c");
    change = se_diff_at(diff, SE_CHANGE_REJECTED, 0);
    ck_assert_str_ne(se_change_reason(change), "");
    expect_in_force("a edit 1 http://a");
    snprintf(line, sizeof(line),
             "WARNING registry: SE rejected | se_id=c reason=%s",
             se_change_reason(change));
    ck_assert_int_eq(logbook_count(&book, line), 1);
    se_diff_free(diff);

    logbook_clear(&book);
    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, &diff, NULL),
                     SE_OK);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_REJECTED), 1);
    ck_assert_int_eq(logbook_count(&book, ""), 0);
    se_diff_free(diff);

    ck_assert_int_eq(se_registry_reload_endpoints(registry, other, NULL, NULL),
                     SE_OK);
    ck_assert_int_eq(logbook_count(&book, "SE rejected"), 2);
    ck_assert_int_eq(logbook_count(&book, ""), 2);
    se_topology_unref(list);
    se_topology_unref(other);
}
END_TEST

START_TEST(a_thousand_elements)
{
    se_topology *first = fleet_of(1000, 1);
    se_topology *second = fleet_of(1100, 2);
    se_diff *diff = NULL;
    size_t before;
    size_t after;

    ck_assert_int_eq(se_registry_reload_endpoints(registry, first, NULL, NULL),
                     SE_OK);
    ck_assert_int_eq(
        se_registry_reload_endpoints(registry, second, &diff, NULL), SE_OK);
    se_diff_totals(diff, &before, &after);
    ck_assert_uint_eq(before, 1000);
    ck_assert_uint_eq(after, 1100);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_ADDED), 100);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_UPDATED), 1000);
    ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_REMOVED), 0);
    /* A summary and a line for each. */
    ck_assert_int_eq(book.count, 1001 + 1101);
    se_diff_free(diff);
    se_topology_unref(first);
    se_topology_unref(second);
}
END_TEST

/* ---- those who are told ---- */

typedef struct listener {
    char name;
    char *heard; /* shared by all */
    bool reloads;
    se_err code;
} listener;

static void hear(void *user, const se_diff *diff)
{
    listener *self = user;
    size_t used = strlen(self->heard);
    se_topology *now = se_registry_topology(registry);

    /* The change is in force already, and nothing is locked. */
    ck_assert_ptr_eq(now, se_diff_after(diff));
    snprintf(self->heard + used, 128 - used, "%c", self->name);
    if (self->reloads) {
        self->code = se_registry_reload_endpoints(registry, now, NULL, NULL);
    }
    se_topology_unref(now);
}

START_TEST(functions_are_called_in_their_order)
{
    char heard[128] = "";
    listener one = {'1', heard, false, SE_OK};
    listener two = {'2', heard, false, SE_OK};
    listener three = {'3', heard, false, SE_OK};

    ck_assert_int_eq(se_registry_on_change(registry, hear, &one, NULL), SE_OK);
    ck_assert_int_eq(se_registry_on_change(registry, hear, &two, NULL), SE_OK);
    ck_assert_int_eq(se_registry_on_change(registry, hear, &three, NULL),
                     SE_OK);
    put(AB);
    put(AB);
    put("a edit 1 http://a");
    ck_assert_str_eq(heard, "123123");
}
END_TEST

START_TEST(a_function_may_not_reload)
{
    char heard[128] = "";
    listener one = {'1', heard, true, SE_OK};

    ck_assert_int_eq(se_registry_on_change(registry, hear, &one, NULL), SE_OK);
    put(AB);
    ck_assert_str_eq(heard, "1");
    ck_assert_int_eq(one.code, SE_E_INVALID);
    put("a edit 1 http://a");
    ck_assert_str_eq(heard, "11");
}
END_TEST

/* One is told while another list waits for its turn. */
static atomic_int inside;
static atomic_int overlaps;

static void take_time(void *user, const se_diff *diff)
{
    (void)user;
    (void)diff;
    atomic_fetch_add(&overlaps, atomic_fetch_add(&inside, 1) > 0);
    nanosleep(&(struct timespec){0, 3000000}, NULL);
    atomic_fetch_sub(&inside, 1);
}

static void change_often(void *line)
{
    for (int i = 0; i < 5; i++) {
        put(line);
        put(AB);
    }
}

START_TEST(changes_are_told_one_at_a_time)
{
    static char lines[2][32] = {"c edit 1 http://c", "d edit 1 http://d"};
    se__thread threads[2];

    atomic_store(&overlaps, 0);
    ck_assert_int_eq(se_registry_on_change(registry, take_time, NULL, NULL),
                     SE_OK);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(se__thread_start(&threads[i], "writer", change_often,
                                          lines[i], NULL),
                         SE_OK);
    }
    for (int i = 0; i < 2; i++) {
        se__thread_join(&threads[i]);
    }
    ck_assert_int_eq(atomic_load(&overlaps), 0);
    ck_assert_uint_eq(se__registry_serial(registry), 20);
}
END_TEST

START_TEST(eight_functions)
{
    se_error err = SE_ERROR_INIT;

    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(
            se_registry_on_change(registry, count_change, NULL, NULL), SE_OK);
    }
    ck_assert_int_eq(se_registry_on_change(registry, count_change, NULL, &err),
                     SE_E_LIMIT);
    ck_assert_int_eq(err.code, SE_E_LIMIT);
    ck_assert_int_eq(se_registry_on_change(registry, NULL, NULL, NULL),
                     SE_E_INVALID);
    told = 0;
    put(AB);
    ck_assert_int_eq(told, 8);
}
END_TEST

/* ---- what stands beside the list ---- */

static se__endpoint *endpoint_of(const char *id)
{
    se__endpoint *found = NULL;
    const se__snapshot *snapshot;
    int slot;

    snapshot = se__registry_enter(registry, &slot);
    ck_assert_ptr_nonnull(snapshot);
    for (size_t i = 0; i < snapshot->topology->count; i++) {
        ck_assert_str_eq(snapshot->endpoints[i]->id,
                         snapshot->topology->elements[i].id);
        if (strcmp(snapshot->topology->elements[i].id, id) == 0) {
            found = se__endpoint_ref(snapshot->endpoints[i]);
        }
    }
    se__registry_leave(registry, slot);
    return found;
}

START_TEST(endpoints_outlive_a_removal_while_held)
{
    se__endpoint *a;
    se__endpoint *again;

    put(AB);
    a = endpoint_of("a");
    ck_assert(se__endpoint_reserve(a, 1000, 0));
    put("b rw 2 http://b");
    ck_assert_ptr_null(endpoint_of("a"));
    put("b rw 2 http://b; a edit 7 http://moved");
    again = endpoint_of("a");
    ck_assert_ptr_eq(again, a);
    ck_assert_int_eq(atomic_load(&again->reserved), 1000);
    se__endpoint_unref(again);
    se__endpoint_release(a, 1000, false);
    se__endpoint_unref(a);
}
END_TEST

START_TEST(endpoints_stay_the_same_over_reloads)
{
    se__endpoint *a;
    se__endpoint *again;

    put(AB);
    a = endpoint_of("a");
    put("a edit 9 http://other; c edit 1 http://c");
    again = endpoint_of("a");
    ck_assert_ptr_eq(again, a);
    se__endpoint_unref(again);
    se__endpoint_unref(a);
}
END_TEST

/* A removed one goes when nobody holds it: it comes back knowing nothing. */
START_TEST(endpoints_go_when_nobody_holds_them)
{
    se__endpoint *a;

    put(AB);
    a = endpoint_of("a");
    atomic_store(&a->faults, 3);
    se__endpoint_unref(a);
    put("b rw 2 http://b");
    put(AB);
    a = endpoint_of("a");
    ck_assert_int_eq(atomic_load(&a->faults), 0);
    se__endpoint_unref(a);
}
END_TEST

START_TEST(capacities_of_the_list_reach_the_endpoints)
{
    se__endpoint *a;

    put("a edit 1 http://a cap=1000/400; b rw 2 http://b");
    a = endpoint_of("a");
    ck_assert_int_eq(se__endpoint_room(a), 600);
    ck_assert_int_eq(atomic_load(&a->origin), SE_ORIGIN_LIST);
    /* The same elements with other figures: no change, but news. */
    logbook_clear(&book);
    put("a edit 1 http://a cap=1000/900; b rw 2 http://b");
    ck_assert_int_eq(logbook_count(&book, ""), 0);
    ck_assert_int_eq(se__endpoint_room(a), 100);
    /* Nothing said: what was known stays. */
    put(AB);
    ck_assert_int_eq(se__endpoint_room(a), 100);
    se__endpoint_unref(a);

    a = endpoint_of("b");
    ck_assert_int_eq(se__endpoint_room(a), INT64_MAX);
    se__endpoint_unref(a);
}
END_TEST

/* ---- the handle ---- */

START_TEST(options)
{
    se_registry_options o = SE_REGISTRY_OPTIONS_INIT;
    se_registry *none = NULL;
    se_registry *other = none;
    int *const times[] = {&o.fetch_timeout_ms, &o.lazy_min_interval_ms,
                          &o.lazy_max_interval_ms, &o.source_retry_ms};

    *times[_i] = -1;
    ck_assert_int_eq(se_registry_open(&other, &o, NULL), SE_E_INVALID);
    ck_assert_ptr_eq(other, none);
    *times[_i] = 1;
    ck_assert_int_eq(se_registry_open(&other, &o, NULL), SE_OK);
    se_registry_close(other);
}
END_TEST

START_TEST(open_without_options)
{
    se_registry *other = NULL;

    ck_assert_int_eq(se_registry_open(&other, NULL, NULL), SE_OK);
    se_registry_close(other);
    se_registry_close(NULL);
    ck_assert_int_eq(se_registry_open(NULL, NULL, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_registry_add_source(registry, NULL, NULL),
                     SE_E_INVALID);
}
END_TEST

/* Selectors and uploaders hold the registry beyond its close. */
START_TEST(a_closed_registry_is_still_read)
{
    se_registry *held = se__registry_ref(registry);
    se_registry *other = NULL;
    const se__snapshot *snapshot;
    int slot;

    put(AB);
    se_registry_close(registry);
    snapshot = se__registry_enter(held, &slot);
    ck_assert_str_eq(snapshot->endpoints[0]->id, "a");
    se__registry_leave(held, slot);
    ck_assert(se__registry_want(held, SE_RELOAD_MANUAL, 1));
    ck_assert_int_eq(se__registry_next_fetch_ms(held), INT64_MAX);
    se__registry_unref(held);

    ck_assert_int_eq(se_registry_open(&other, NULL, NULL), SE_OK);
    registry = other;
}
END_TEST

static TCase *new_case(Suite *suite, const char *name)
{
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    suite_add_tcase(suite, tc);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("registry apply");
    SRunner *runner = srunner_create(suite);
    TCase *tc = new_case(suite, "changes");
    int failed;

    tcase_add_loop_test(tc, one_change, 0, 6);
    tcase_add_test(tc, the_first_list);
    tcase_add_test(tc, many_changes_at_once);
    tcase_add_test(tc, unchanged_is_silent_but_fresh);
    tcase_add_test(tc, the_snapshot_knows_its_serial);
    tcase_add_test(tc, entering_before_the_first_list);
    tcase_add_loop_test(tc, an_empty_list_is_refused, 0, 2);
    tcase_add_test(tc, no_list_at_all);
    tcase_add_test(tc, invalid_elements_are_named);
    tcase_add_test(tc, a_thousand_elements);
    tc = new_case(suite, "told");
    tcase_add_test(tc, functions_are_called_in_their_order);
    tcase_add_test(tc, a_function_may_not_reload);
    tcase_add_test(tc, changes_are_told_one_at_a_time);
    tcase_add_test(tc, eight_functions);
    tc = new_case(suite, "endpoints");
    tcase_add_test(tc, endpoints_outlive_a_removal_while_held);
    tcase_add_test(tc, endpoints_stay_the_same_over_reloads);
    tcase_add_test(tc, endpoints_go_when_nobody_holds_them);
    tcase_add_test(tc, capacities_of_the_list_reach_the_endpoints);
    tc = new_case(suite, "handle");
    tcase_add_loop_test(tc, options, 0, 4);
    tcase_add_test(tc, open_without_options);
    tcase_add_test(tc, a_closed_registry_is_still_read);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
