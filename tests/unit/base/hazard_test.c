/* Hazard pointers: what is kept, what is freed, and many threads at once. */
#include "suite.h"

#include <sched.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/hazard.h"
#include "base/mem.h"

/* A freed one is overwritten first: who reads it still, sees it. */
typedef struct object {
    uint64_t number;
    uint64_t inverse;
} object;

static atomic_long made;
static atomic_long freed;

static object *make(uint64_t number)
{
    object *o = malloc(sizeof(*o));

    if (!o) {
        abort();
    }
    o->number = number;
    o->inverse = ~number;
    atomic_fetch_add(&made, 1);
    return o;
}

static void destroy(void *argument)
{
    object *o = argument;

    o->number = 0;
    o->inverse = 0;
    free(o);
    atomic_fetch_add(&freed, 1);
}

static se__hazard hazard;

static void set_up(void)
{
    atomic_store(&made, 0);
    atomic_store(&freed, 0);
    se__hazard_init(&hazard, destroy);
}

static void put(uint64_t number)
{
    ck_assert(se__hazard_swap(&hazard, make(number)));
}

static void expect_kept(long kept)
{
    ck_assert_int_eq(atomic_load(&made) - atomic_load(&freed), kept);
    ck_assert_uint_eq(hazard.n_retired + (atomic_load(&hazard.current) != NULL),
                      (size_t)kept);
}

static void tear_down(void)
{
    se__hazard_fini(&hazard);
    ck_assert_int_eq(atomic_load(&made), atomic_load(&freed));
}

static const object *acquire(int *slot, uint64_t number)
{
    const object *o = se__hazard_acquire(&hazard, slot);

    ck_assert_ptr_nonnull(o);
    ck_assert_uint_eq(o->number, number);
    ck_assert_uint_eq(o->inverse, ~number);
    return o;
}

START_TEST(empty_one_has_nothing)
{
    int slot = 12345;

    set_up();
    ck_assert_ptr_null(se__hazard_acquire(&hazard, &slot));
    se__hazard_release(&hazard, slot);
    expect_kept(0);
    tear_down();
}
END_TEST

START_TEST(unread_ones_go_at_once)
{
    set_up();
    for (uint64_t i = 1; i <= 100; i++) {
        put(i);
        expect_kept(1);
    }
    tear_down();
}
END_TEST

START_TEST(read_one_stays_until_the_next_swap)
{
    const object *o;
    int slot;

    set_up();
    put(1);
    o = acquire(&slot, 1);
    put(2);
    expect_kept(2);
    ck_assert_uint_eq(o->number, 1);
    se__hazard_release(&hazard, slot);
    expect_kept(2);
    put(3);
    expect_kept(1);
    tear_down();
}
END_TEST

START_TEST(fini_frees_what_waits)
{
    int slot;

    set_up();
    put(1);
    acquire(&slot, 1);
    put(2);
    se__hazard_release(&hazard, slot);
    expect_kept(2);
    tear_down();
}
END_TEST

START_TEST(nothing_can_be_put_in_force)
{
    const object *o;
    int slot;
    int none;

    set_up();
    put(1);
    o = acquire(&slot, 1);
    ck_assert(se__hazard_swap(&hazard, NULL));
    ck_assert_ptr_null(se__hazard_acquire(&hazard, &none));
    se__hazard_release(&hazard, none);
    ck_assert_uint_eq(o->number, 1);
    se__hazard_release(&hazard, slot);
    ck_assert(se__hazard_swap(&hazard, NULL));
    expect_kept(0);
    put(2);
    expect_kept(1);
    tear_down();
}
END_TEST

/* One who stalls keeps one object, however many swaps there are meanwhile. */
START_TEST(stalled_reader_keeps_one)
{
    const object *o;
    int slot;

    set_up();
    put(1);
    o = acquire(&slot, 1);
    for (uint64_t i = 2; i <= 1000; i++) {
        put(i);
        expect_kept(2);
    }
    ck_assert_uint_eq(o->number, 1);
    se__hazard_release(&hazard, slot);
    tear_down();
}
END_TEST

/* More readers than slots, each of another object; they leave in any order. */
START_TEST(guests_keep_theirs)
{
    enum {
        READERS = SE__HAZARD_SLOTS + 10
    };
    const object *held[READERS];
    int slots[READERS];

    set_up();
    for (uint64_t i = 0; i < READERS; i++) {
        put(i + 1);
        held[i] = acquire(&slots[i], i + 1);
        expect_kept((long)i + 1);
        ck_assert_int_eq(slots[i] >= 0, i < SE__HAZARD_SLOTS);
    }
    put(READERS + 1);
    for (size_t i = 0; i < READERS; i++) {
        size_t leaves = (i * 31 + 7) % READERS;

        ck_assert_uint_eq(held[leaves]->number, leaves + 1);
        se__hazard_release(&hazard, slots[leaves]);
        put(READERS + 2 + i);
        expect_kept((long)(READERS - i));
    }
    tear_down();
}
END_TEST

/* Several guests of one object: it goes with the last. */
START_TEST(guests_are_counted)
{
    int busy[SE__HAZARD_SLOTS];
    int guests[3];

    set_up();
    put(1);
    for (int i = 0; i < SE__HAZARD_SLOTS; i++) {
        acquire(&busy[i], 1);
    }
    put(2);
    for (int i = 0; i < 3; i++) {
        acquire(&guests[i], 2);
        ck_assert_int_lt(guests[i], 0);
    }
    se__hazard_release(&hazard, guests[0]); /* while it is current */
    put(3);
    expect_kept(3);
    se__hazard_release(&hazard, guests[1]);
    put(4);
    expect_kept(3);
    se__hazard_release(&hazard, guests[2]);
    put(5);
    expect_kept(2);
    for (int i = 0; i < SE__HAZARD_SLOTS; i++) {
        se__hazard_release(&hazard, busy[i]);
    }
    put(6);
    expect_kept(1);
    tear_down();
}
END_TEST

static void release_there(void *slot)
{
    se__hazard_release(&hazard, *(int *)slot);
}

START_TEST(another_thread_may_release)
{
    se__thread thread = {0};
    int slot;

    set_up();
    put(1);
    acquire(&slot, 1);
    ck_assert_int_eq(
        se__thread_start(&thread, "release", release_there, &slot, NULL),
        SE_OK);
    se__thread_join(&thread);
    put(2);
    expect_kept(1);
    tear_down();
}
END_TEST

enum {
    STRESS_READERS = 8,
    STRESS_WRITERS = 2,
    SWAPS = 15000, /* of each writer */
    READS = 15000  /* of each reader, at least */
};

static atomic_int writers_left;
static atomic_long torn;
static atomic_long too_many; /* more kept than there are readers */

static void read_often(void *argument)
{
    (void)argument;
    for (int i = 0; i < READS || atomic_load(&writers_left) > 0; i++) {
        int slot;
        const object *o = se__hazard_acquire(&hazard, &slot);
        uint64_t number = o->number;

        if (i % 16 == 0) {
            sched_yield(); /* hold it over a few swaps */
        }
        if (o->number != number || o->inverse != ~number || number == 0) {
            atomic_fetch_add(&torn, 1);
        }
        se__hazard_release(&hazard, slot);
    }
}

static void swap_often(void *argument)
{
    uint64_t first = *(uint64_t *)argument;

    for (uint64_t i = 0; i < SWAPS; i++) {
        if (!se__hazard_swap(&hazard, make(first + i))) {
            atomic_fetch_add(&torn, 1);
        }
        se__mutex_lock(&hazard.lock);
        /* One more for what the test itself holds. */
        if (hazard.n_retired > STRESS_READERS + 1) {
            atomic_fetch_add(&too_many, 1);
        }
        se__mutex_unlock(&hazard.lock);
    }
    atomic_fetch_sub(&writers_left, 1);
}

/* How many slots the test keeps busy: with 64 all readers are guests. */
static const int busy_slots[] = {0, SE__HAZARD_SLOTS - 2, SE__HAZARD_SLOTS};

START_TEST(many_readers_and_writers)
{
    se__thread readers[STRESS_READERS] = {{0}};
    se__thread writers[STRESS_WRITERS] = {{0}};
    uint64_t numbers[STRESS_WRITERS] = {1000000, 2000000};
    int busy[SE__HAZARD_SLOTS];

    set_up();
    put(1);
    atomic_store(&torn, 0);
    atomic_store(&too_many, 0);
    atomic_store(&writers_left, STRESS_WRITERS);
    for (int i = 0; i < busy_slots[_i]; i++) {
        acquire(&busy[i], 1);
    }
    for (size_t i = 0; i < STRESS_READERS; i++) {
        ck_assert_int_eq(
            se__thread_start(&readers[i], "read", read_often, NULL, NULL),
            SE_OK);
    }
    for (size_t i = 0; i < STRESS_WRITERS; i++) {
        ck_assert_int_eq(se__thread_start(&writers[i], "swap", swap_often,
                                          &numbers[i], NULL),
                         SE_OK);
    }
    for (size_t i = 0; i < STRESS_WRITERS; i++) {
        se__thread_join(&writers[i]);
    }
    for (size_t i = 0; i < STRESS_READERS; i++) {
        se__thread_join(&readers[i]);
    }
    for (int i = 0; i < busy_slots[_i]; i++) {
        se__hazard_release(&hazard, busy[i]);
    }
    ck_assert_int_eq(atomic_load(&torn), 0);
    ck_assert_int_eq(atomic_load(&too_many), 0);
    put(2);
    expect_kept(1);
    ck_assert_int_eq(atomic_load(&made), STRESS_WRITERS * SWAPS + 2);
    tear_down();
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {empty_one_has_nothing, 1},
        {unread_ones_go_at_once, 1},
        {read_one_stays_until_the_next_swap, 1},
        {fini_frees_what_waits, 1},
        {nothing_can_be_put_in_force, 1},
        {stalled_reader_keeps_one, 1},
        {guests_keep_theirs, 1},
        {guests_are_counted, 1},
        {another_thread_may_release, 1},
        {many_readers_and_writers, SE__COUNT(busy_slots)},
    };

    return run_suite("hazard", rows, SE__COUNT(rows));
}
