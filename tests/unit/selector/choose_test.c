/*
 * Sequential fill over a fleet, what it does when much of it is bad, and what
 * it says when nobody takes the file.
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

static void assert_chosen(int64_t bytes, const char *id)
{
    se__query query = kit_query(bytes);

    ck_assert_str_eq(kit_choose(&k, &query), id);
}

/* ---- order ---- */

START_TEST(lowest_priority_then_lowest_id)
{
    kit_open(&k, "c edit 100 http://c; b edit 200 http://b; "
                 "a edit 100 http://a; r rw 1 http://r; o ro 1 http://o");
    assert_chosen(10, "a");
    kit_room(&k, "a", 9);
    assert_chosen(10, "c");
    kit_room(&k, "c", 9);
    assert_chosen(10, "b");
    kit_close(&k);
}
END_TEST

/* An element is used until it is full, the next one then, and no other. */
START_TEST(fills_one_after_the_other)
{
    static const char order[] = "aaabbbbc";
    char got[sizeof(order)] = "";

    kit_open(&k, "a edit 1 http://a; b edit 2 http://b; c edit 3 http://c");
    kit_room(&k, "a", 35);
    kit_room(&k, "b", 40);
    kit_room(&k, "c", 1000);
    for (size_t i = 0; i < strlen(order); i++) {
        se__query query = kit_query(10);
        se__choice choice;

        ck_assert_int_eq(
            se__selector_choose(k.selector, &query, &choice, NULL, NULL, NULL),
            SE_OK);
        got[i] = choice.endpoint->id[0];
        /* Half of them are still under way, the others have landed. */
        if (i % 2) {
            se__choice_release(&choice, SE_STORED);
        } else {
            se__endpoint_unref(choice.endpoint);
        }
    }
    ck_assert_str_eq(got, order);
    kit_close(&k);
}
END_TEST

START_TEST(a_choice_is_complete)
{
    se__query query = kit_query(10);
    se__choice choice;
    uint64_t serial = 0;
    se__endpoint *endpoint;

    kit_open(&k, "a edit 1 http://a:8010/base");
    kit_room(&k, "a", 100);
    endpoint = kit_endpoint(&k, "a");
    ck_assert_int_eq(
        se__selector_choose(k.selector, &query, &choice, &serial, NULL, NULL),
        SE_OK);
    ck_assert_ptr_eq(choice.endpoint, endpoint);
    ck_assert_str_eq(choice.url, "http://a:8010/base");
    ck_assert_int_eq(choice.reserved, 10);
    ck_assert_uint_eq(choice.serial, serial);
    ck_assert_uint_eq(serial, se__registry_serial(k.registry));
    ck_assert_int_eq(se__endpoint_room(endpoint), 90);
    ck_assert_int_eq(atomic_load(&endpoint->in_flight), 1);
    se__choice_release(&choice, SE_UNKNOWN);
    se__choice_release(&choice, SE_UNKNOWN);
    ck_assert_int_eq(se__endpoint_room(endpoint), 90);
    ck_assert_int_eq(atomic_load(&endpoint->in_flight), 0);
    kit_close(&k);
}
END_TEST

/* Of unknown size: nothing is reserved at first. */
START_TEST(a_choice_of_unknown_size)
{
    static const int64_t unknown[] = {-1, 0};

    kit_open(&k, "a edit 1 http://a");
    for (size_t i = 0; i < SE__COUNT(unknown); i++) {
        se__query query = kit_query(unknown[i]);
        se__choice choice;

        ck_assert_int_eq(
            se__selector_choose(k.selector, &query, &choice, NULL, NULL, NULL),
            SE_OK);
        ck_assert_int_eq(choice.reserved, 0);
        ck_assert_int_eq(atomic_load(&choice.endpoint->reserved), 0);
        se__choice_release(&choice, SE_STORED);
        ck_assert_int_eq(se__endpoint_mark(kit_endpoint(&k, "a")), 0);
    }
    kit_close(&k);
}
END_TEST

/* What was chosen from an old list stays usable when the list is gone. */
START_TEST(a_choice_outlives_the_list)
{
    se__query query = kit_query(10);
    se__choice choice;

    kit_open(&k, "a edit 1 http://a");
    ck_assert_int_eq(
        se__selector_choose(k.selector, &query, &choice, NULL, NULL, NULL),
        SE_OK);
    kit_close(&k);
    ck_assert_str_eq(choice.endpoint->id, "a");
    ck_assert_str_eq(choice.url, "http://a");
    se__choice_release(&choice, SE_STORED);
}
END_TEST

START_TEST(no_list)
{
    se__query query = kit_query(10);
    se__choice choice = {.endpoint = NULL};
    se_error err = SE_ERROR_INIT;
    uint64_t serial = 7;

    kit_open(&k, NULL);
    ck_assert_int_eq(
        se__selector_choose(k.selector, &query, &choice, &serial, NULL, &err),
        SE_E_DISCOVERY);
    ck_assert_uint_eq(serial, 0);
    ck_assert_str_ne(err.message, "");
    kit_close(&k);
}
END_TEST

/* ---- the rules of the fleet ---- */

#define FOUR                                                                   \
    "a edit 1 http://a; b edit 2 http://b; c edit 3 http://c; "                \
    "d edit 4 http://d; r rw 0 http://r; x edit 0 http://x off"

/* Ejections hold for half of a mode at most: the others are used. */
START_TEST(half_may_be_ejected)
{
    kit_open(&k, FOUR);
    kit_eject(&k, "a", NOW);
    assert_chosen(1, "b");
    kit_eject(&k, "d", NOW);
    assert_chosen(1, "b");
    kit_eject(&k, "c", NOW);
    assert_chosen(1, "b");
    kit_room(&k, "b", 0);
    assert_chosen(1, "d");
    kit_eject(&k, "b", NOW);
    assert_chosen(1, "c");
    kit_close(&k);
}
END_TEST

/* What is down, or asked for patience, takes no place of theirs. */
START_TEST(half_of_all_but_of_those_in_use)
{
    kit_open(&k, FOUR);
    for (const char *id = "abcd"; *id; id++) {
        kit_eject(&k, (char[]){*id, '\0'}, NOW);
    }
    assert_chosen(1, "c");
    kit_down(&k, "a", NOW);
    assert_chosen(1, "d");
    se__endpoint_set_aside(kit_endpoint(&k, "b"), NOW + 5);
    /* two are left, both ejected, which is half: better than nobody */
    assert_chosen(1, "c");
    kit_close(&k);
}
END_TEST

START_TEST(the_last_one_is_not_ejected)
{
    kit_open(&k, "a edit 1 http://a; r rw 2 http://r");
    kit_eject(&k, "a", NOW);
    assert_chosen(1, "a");
    kit_close(&k);
}
END_TEST

START_TEST(one_of_two_may_be_ejected)
{
    kit_open(&k, "a edit 1 http://a; b edit 2 http://b");
    kit_eject(&k, "b", NOW);
    assert_chosen(1, "a");
    kit_eject(&k, "a", NOW);
    assert_chosen(1, "b");
    kit_close(&k);
}
END_TEST

/* Of three, one: two would be more than half. */
START_TEST(one_of_three_may_be_ejected)
{
    kit_open(&k, "a edit 1 http://a; b edit 2 http://b; c edit 3 http://c");
    kit_eject(&k, "a", NOW);
    assert_chosen(1, "b");
    kit_eject(&k, "c", NOW);
    assert_chosen(1, "b");
    kit_eject(&k, "b", NOW);
    assert_chosen(1, "b");
    kit_room(&k, "b", 0);
    assert_chosen(1, "c");
    kit_close(&k);
}
END_TEST

/* Those that are down count as well. */
START_TEST(ejections_are_ignored_when_few_are_healthy)
{
    kit_open(&k, FOUR);
    kit_eject(&k, "a", NOW);
    kit_down(&k, "d", NOW);
    assert_chosen(1, "b");
    kit_down(&k, "c", NOW);
    assert_chosen(1, "b");
    kit_down(&k, "b", NOW);
    assert_chosen(1, "a");
    kit_close(&k);
}
END_TEST

/* Fewer than half, though one of them is not ejected. */
START_TEST(ejections_are_ignored_below_half)
{
    kit_open(&k, FOUR "; e edit 5 http://e");
    kit_eject(&k, "a", NOW);
    kit_down(&k, "c", NOW);
    kit_down(&k, "d", NOW);
    assert_chosen(1, "b");
    kit_down(&k, "e", NOW);
    assert_chosen(1, "a");
    kit_close(&k);
}
END_TEST

/* Who asked to be left alone is, whatever the rules. */
START_TEST(set_aside_is_no_ejection)
{
    kit_open(&k, "a edit 1 http://a; b edit 2 http://b");
    se__endpoint_set_aside(kit_endpoint(&k, "a"), NOW + 5);
    assert_chosen(1, "b");
    kit_eject(&k, "b", NOW);
    assert_chosen(1, "b");
    kit_close(&k);
}
END_TEST

START_TEST(health_is_ignored_when_nobody_is_healthy)
{
    kit_open(&k, "a edit 1 http://a; b edit 2 http://b; c edit 0 http://c off; "
                 "r rw 1 http://r");
    kit_down(&k, "a", NOW);
    assert_chosen(1, "b");
    kit_down(&k, "b", NOW);
    assert_chosen(1, "a");
    /* ... but what the list says is not. */
    kit_eject(&k, "a", NOW);
    kit_eject(&k, "b", NOW);
    assert_chosen(1, "a");
    kit_close(&k);
}
END_TEST

/* Moved to another URL it is judged anew, and keeps its room. */
START_TEST(a_new_url_is_used_at_once)
{
    kit_open(&k, "a edit 1 http://old; b edit 2 http://b; c edit 3 http://c");
    kit_room(&k, "a", 10);
    kit_down(&k, "a", NOW);
    kit_eject(&k, "a", NOW);
    assert_chosen(1, "b");
    kit_put(&k, fleet("a edit 0 http://old; b edit 2 http://b"));
    assert_chosen(1, "b");
    kit_put(&k, fleet("a edit 0 http://new; b edit 2 http://b"));
    assert_chosen(1, "a");
    assert_chosen(11, "b");
    kit_close(&k);
}
END_TEST

START_TEST(probation_until_it_is_the_only_candidate)
{
    kit_open(&k, "a edit 1 http://a; b edit 2 http://b; c edit 3 http://c");
    atomic_store(&kit_endpoint(&k, "a")->probation, true);
    kit_room(&k, "b", 10);
    kit_room(&k, "c", 10);
    assert_chosen(10, "b");
    kit_room(&k, "b", 0);
    assert_chosen(10, "c");
    kit_room(&k, "c", 0);
    assert_chosen(10, "a");
    kit_close(&k);
}
END_TEST

/* A healthy one with too little room is no better than none. */
START_TEST(degraded_when_nobody_healthy_takes_it)
{
    kit_open(&k, "a edit 1 http://a; b edit 2 http://b; c edit 3 http://c");
    atomic_store(&kit_endpoint(&k, "a")->health, SE_HEALTH_DEGRADED);
    atomic_store(&kit_endpoint(&k, "c")->probation, true);
    kit_room(&k, "b", 10);
    atomic_store(&kit_endpoint(&k, "b")->health, SE_HEALTH_HEALTHY);
    assert_chosen(10, "b");
    assert_chosen(11, "a");
    kit_down(&k, "b", NOW);
    assert_chosen(10, "a");
    kit_eject(&k, "b", NOW);
    assert_chosen(10, "a");
    kit_close(&k);
}
END_TEST

/* ---- nobody ---- */

typedef struct nobody {
    const char *fleet;
    /* each a list of ids, one letter each */
    const char *down, *eject, *aside, *tried, *tried_full, *no_room, *used_up;
    int64_t bytes;
    se_err code;
    const char *message;
} nobody;

#define AB "a edit 1 http://a; b edit 2 http://b"
#define ABC AB "; c edit 3 http://c"
#define NO_ROOM "no storage element has room for 10 bytes: "
#define CANNOT "no storage element can take the file now: "

static const nobody nobodies[] = {
    {.fleet = AB,
     .no_room = "ab",
     .code = SE_E_NO_SPACE,
     .message = NO_ROOM "2 elements of mode edit: 2 with too little room"},
    {.fleet = AB,
     .no_room = "ab",
     .bytes = -1,
     .code = SE_E_NO_SPACE,
     .message = "no storage element has room: 2 elements of mode edit: "
                "2 with too little room"},
    {.fleet = ABC,
     .used_up = "ab",
     .down = "c",
     .code = SE_E_NO_SPACE,
     .message = NO_ROOM "3 elements of mode edit: 1 offline, 2 full"},
    {.fleet = AB "; c edit 3 http://c off",
     .used_up = "a",
     .no_room = "b",
     .code = SE_E_NO_SPACE,
     .message = NO_ROOM "3 elements of mode edit: 1 offline, 1 full, "
                        "1 with too little room"},
    /* tried, and it was for want of room */
    {.fleet = AB,
     .tried_full = "a",
     .used_up = "b",
     .code = SE_E_NO_SPACE,
     .message = NO_ROOM "2 elements of mode edit: 1 tried, 1 full"},
    {.fleet = AB,
     .tried_full = "ab",
     .code = SE_E_NO_SPACE,
     .message = NO_ROOM "2 elements of mode edit: 2 tried"},
    /* tried, and it was not */
    {.fleet = AB,
     .tried = "a",
     .used_up = "b",
     .code = SE_E_UNAVAILABLE,
     .message = CANNOT "2 elements of mode edit: 1 tried, 1 full"},
    {.fleet = AB,
     .tried = "a",
     .down = "a",
     .used_up = "b",
     .code = SE_E_UNAVAILABLE,
     .message = CANNOT "2 elements of mode edit: 1 offline, 1 full"},
    {.fleet = AB,
     .tried = "a",
     .no_room = "ab",
     .code = SE_E_NO_SPACE,
     .message = NO_ROOM "2 elements of mode edit: 1 tried, "
                        "1 with too little room"},
    {.fleet = AB,
     .tried = "ab",
     .down = "ab",
     .code = SE_E_UNAVAILABLE,
     .message = CANNOT "2 elements of mode edit: 2 tried"},
    /* kept away, though there may be room */
    {.fleet = AB,
     .aside = "a",
     .used_up = "b",
     .code = SE_E_UNAVAILABLE,
     .message = CANNOT "2 elements of mode edit: 1 full, 1 set aside"},
    {.fleet = AB,
     .eject = "a",
     .no_room = "b",
     .code = SE_E_UNAVAILABLE,
     .message = CANNOT "2 elements of mode edit: 1 set aside, "
                       "1 with too little room"},
    {.fleet = AB,
     .eject = "a",
     .no_room = "ab",
     .code = SE_E_NO_SPACE,
     .message = NO_ROOM "2 elements of mode edit: 1 set aside, "
                        "1 with too little room"},
    /* nobody there */
    {.fleet = "a edit 1 http://a off",
     .code = SE_E_UNAVAILABLE,
     .message = CANNOT "1 element of mode edit: 1 offline"},
    {.fleet = "a edit 1 http://a off",
     .no_room = "a",
     .code = SE_E_UNAVAILABLE,
     .message = CANNOT "1 element of mode edit: 1 offline"},
    {.fleet = "a rw 1 http://a; b ro 1 http://b",
     .code = SE_E_UNAVAILABLE,
     .message = CANNOT "the list has no element of mode edit"},
};

static void for_each(const char *ids, void (*act)(const char *id))
{
    for (; ids && *ids; ids++) {
        char id[] = {*ids, '\0'};

        act(id);
    }
}

static se__tried tried;

static void be_down(const char *id)
{
    kit_down(&k, id, NOW);
}

static void be_ejected(const char *id)
{
    kit_eject(&k, id, NOW);
}

static void be_aside(const char *id)
{
    se__endpoint_set_aside(kit_endpoint(&k, id), NOW + 100 - id[0]);
}

static void be_tried(const char *id)
{
    se__tried_add(&tried, kit_endpoint(&k, id), false);
}

static void be_tried_full(const char *id)
{
    se__tried_add(&tried, kit_endpoint(&k, id), true);
}

static void have_no_room(const char *id)
{
    kit_room(&k, id, 0);
}

static void be_used_up(const char *id)
{
    atomic_store(&kit_endpoint(&k, id)->total, 100);
    atomic_store(&kit_endpoint(&k, id)->used, 99);
}

START_TEST(nobody_takes_it)
{
    const nobody *row = &nobodies[_i];
    se__query query = kit_query(row->bytes ? row->bytes : 10);
    char message[SE_MESSAGE_SIZE];
    se_err rc;

    kit_open(&k, row->fleet);
    for_each(row->no_room, have_no_room);
    for_each(row->used_up, be_used_up);
    for_each(row->down, be_down);
    for_each(row->eject, be_ejected);
    for_each(row->aside, be_aside);
    for_each(row->tried, be_tried);
    for_each(row->tried_full, be_tried_full);
    query.tried = &tried;
    rc = kit_error(&k, &query, message, sizeof(message), NULL);
    ck_assert_str_eq(message, row->message);
    ck_assert_int_eq(rc, row->code);
    se__tried_fini(&tried);
    kit_close(&k);
}
END_TEST

/* The earliest moment at which one that was asked for patience can be used. */
START_TEST(wait_until)
{
    se__query query = kit_query(10);
    char message[SE_MESSAGE_SIZE];
    int64_t until = -1;

    kit_open(&k, ABC "; d edit 4 http://d; r rw 1 http://r");
    kit_room(&k, "d", 0);
    kit_error(&k,
              &(se__query){.retention = SE_PERMANENT,
                           .bytes = -1,
                           .exclude = (const char *const[]){"r"},
                           .n_exclude = 1,
                           .now_ms = NOW},
              message, sizeof(message), &until);
    ck_assert_int_eq(until, 0);
    se__endpoint_set_aside(kit_endpoint(&k, "a"), NOW + 20);
    se__endpoint_set_aside(kit_endpoint(&k, "b"), NOW + 10);
    se__endpoint_set_aside(kit_endpoint(&k, "c"), NOW + 30);
    /* Without room, or for other files, its time does not matter. */
    se__endpoint_set_aside(kit_endpoint(&k, "d"), NOW + 1);
    se__endpoint_set_aside(kit_endpoint(&k, "r"), NOW + 1);
    ck_assert_int_eq(kit_error(&k, &query, message, sizeof(message), &until),
                     SE_E_UNAVAILABLE);
    ck_assert_int_eq(until, NOW + 10);
    /* One that was tried is not tried again. */
    se__tried_add(&tried, kit_endpoint(&k, "b"), false);
    query.tried = &tried;
    kit_error(&k, &query, message, sizeof(message), &until);
    ck_assert_int_eq(until, NOW + 20);
    query.now_ms = NOW + 20;
    ck_assert_str_eq(kit_choose(&k, &query), "a");
    se__tried_fini(&tried);
    kit_close(&k);
}
END_TEST

/* ---- threads ---- */

enum {
    THREADS = 8,
    ROUNDS = 2000,
    PIECE = 1000
};

static void *choose_all(void *argument)
{
    int64_t *taken = argument;

    for (int i = 0; i < ROUNDS; i++) {
        se__query query = kit_query(PIECE);
        se__choice choice;

        if (se__selector_choose(k.selector, &query, &choice, NULL, NULL,
                                NULL) == SE_OK) {
            taken[choice.endpoint->id[0] - 'a']++;
            se__choice_release(&choice, SE_STORED);
        }
    }
    return NULL;
}

/* Eight threads fill three elements to the brim, and not one byte more. */
START_TEST(never_more_than_there_is)
{
    static const int64_t fits[] = {4000, 4001, 4002};
    int64_t taken[THREADS][3] = {{0}};
    pthread_t threads[THREADS];

    kit_open(&k, ABC);
    for (int i = 0; i < 3; i++) {
        char id[] = {(char)('a' + i), '\0'};

        kit_room(&k, id, fits[i] * PIECE + i);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, choose_all, taken[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    for (int e = 0; e < 3; e++) {
        char id[] = {(char)('a' + e), '\0'};
        int64_t sum = 0;

        for (int i = 0; i < THREADS; i++) {
            sum += taken[i][e];
        }
        ck_assert_int_eq(sum, fits[e]);
        ck_assert_int_eq(se__endpoint_room(kit_endpoint(&k, id)), e);
    }
    kit_close(&k);
}
END_TEST

static atomic_bool stop;

static void *choose_until_stop(void *argument)
{
    (void)argument;
    while (!atomic_load(&stop)) {
        se__query query = kit_query(PIECE);
        se__choice choice;
        int generation, number;

        ck_assert_int_eq(
            se__selector_choose(k.selector, &query, &choice, NULL, NULL, NULL),
            SE_OK);
        /* The URL belongs to the element and to the list of the serial. */
        ck_assert_int_eq(
            sscanf(choice.url, "http://h%d/%d", &generation, &number), 2);
        ck_assert_uint_eq(choice.serial, (uint64_t)generation);
        se__choice_release(&choice, SE_REJECTED);
    }
    return NULL;
}

/* A choice is made from one list, while lists change under it. */
START_TEST(lists_change_meanwhile)
{
    pthread_t threads[4];

    atomic_store(&stop, false);
    kit_open(&k, NULL);
    kit_put(&k, fleet_of(20, 1));
    for (size_t i = 0; i < SE__COUNT(threads); i++) {
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, choose_until_stop, NULL), 0);
    }
    for (int i = 2; i <= 300; i++) {
        kit_put(&k, fleet_of(20, i));
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < SE__COUNT(threads); i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    kit_close(&k);
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {lowest_priority_then_lowest_id, 1},
        {fills_one_after_the_other, 1},
        {a_choice_is_complete, 1},
        {a_choice_of_unknown_size, 1},
        {a_choice_outlives_the_list, 1},
        {no_list, 1},
        {half_may_be_ejected, 1},
        {half_of_all_but_of_those_in_use, 1},
        {ejections_are_ignored_below_half, 1},
        {the_last_one_is_not_ejected, 1},
        {one_of_two_may_be_ejected, 1},
        {one_of_three_may_be_ejected, 1},
        {ejections_are_ignored_when_few_are_healthy, 1},
        {set_aside_is_no_ejection, 1},
        {health_is_ignored_when_nobody_is_healthy, 1},
        {a_new_url_is_used_at_once, 1},
        {probation_until_it_is_the_only_candidate, 1},
        {degraded_when_nobody_healthy_takes_it, 1},
        {nobody_takes_it, SE__COUNT(nobodies)},
        {wait_until, 1},
        {never_more_than_there_is, 1},
        {lists_change_meanwhile, 1},
    };

    return run_suite("choose", tests, SE__COUNT(tests));
}
