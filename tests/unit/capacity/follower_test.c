/*
 * What a figure knows of that somebody else measured.
 */
#include "base/mem.h"
#include "capacity/follower.h"
#include "fleet.h"
#include "suite.h"

static se_registry *registry;
static se__follower follower;

static void put(const char *line)
{
    se_topology *list = fleet(line);

    ck_assert_int_eq(se_registry_reload_endpoints(registry, list, NULL, NULL),
                     SE_OK);
    se_topology_unref(list);
    ck_assert(se__follower_refresh(&follower, registry));
}

static void start(void)
{
    follower = (se__follower){.elements = NULL};
    ck_assert_int_eq(se_registry_open(&registry, NULL, NULL), SE_OK);
    ck_assert(se__follower_refresh(&follower, registry));
    ck_assert_uint_eq(follower.count, 0);
    put("b edit 1 http://b; a rw 2 http://a");
    ck_assert_uint_eq(follower.count, 2);
    ck_assert_str_eq(follower.elements[0].endpoint->id, "a");
}

static void stop(void)
{
    se__follower_fini(&follower);
    se_registry_close(registry);
}

static void land(se__endpoint *endpoint, int64_t bytes)
{
    ck_assert(se__endpoint_reserve(endpoint, bytes, 0));
    se__endpoint_release(endpoint, bytes, true);
}

START_TEST(credit)
{
    se__followed *a;

    start();
    a = &follower.elements[0];
    ck_assert_int_eq(se__followed_mark(a, 1000000), 0);
    land(a->endpoint, 10);
    se__followed_note(a, 5000);
    land(a->endpoint, 100);
    se__followed_note(a, 10000);
    land(a->endpoint, 1000);
    /* not before it was noted, and a second more: clocks differ */
    ck_assert_int_eq(se__followed_mark(a, 5999), 0);
    ck_assert_int_eq(se__followed_mark(a, 6000), 10);
    ck_assert_int_eq(se__followed_mark(a, 10999), 10);
    ck_assert_int_eq(se__followed_mark(a, 11000), 110);
    ck_assert_int_eq(se__followed_mark(a, 99000), 110);
    /* a ring: only the last ones are known */
    for (int i = 0; i < SE__NOTES; i++) {
        se__followed_note(a, 20000 + i);
    }
    ck_assert_int_eq(se__followed_mark(a, 20999), 0);
    ck_assert_int_eq(se__followed_mark(a, 21000), 1110);
    stop();
}
END_TEST

START_TEST(another_list)
{
    start();
    follower.elements[0].seen_us = 7;
    follower.elements[1].seen_us = 8;
    /* the same list again is the same */
    put("b edit 1 http://b; a rw 2 http://a");
    ck_assert_int_eq(follower.elements[0].seen_us, 7);
    put("c edit 1 http://c; a rw 5 http://a");
    ck_assert_uint_eq(follower.count, 2);
    ck_assert_str_eq(follower.elements[0].endpoint->id, "a");
    ck_assert_int_eq(follower.elements[0].seen_us, 7);
    ck_assert_str_eq(follower.elements[1].endpoint->id, "c");
    ck_assert_int_eq(follower.elements[1].seen_us, 0);
    ck_assert(follower.elements[1].believed);
    stop();
}
END_TEST

int main(void)
{
    const test_row rows[] = {{credit, 1}, {another_list, 1}};

    return run_suite("follower", rows, SE__COUNT(rows));
}
