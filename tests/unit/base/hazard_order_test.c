/*
 * Hazard pointers, every order of steps: between any two atomic operations of a
 * reader writers come in, and the other way round.
 *
 * hazard.c is compiled into this program with its atomic operations replaced by
 * ones that stop first and let the other side run. Two broken variants show
 * that these tests would notice: a reader that does not look twice, a writer
 * that does not look at the slots.
 */
#include "suite.h"

#include <stdatomic.h>

#include "base/hazard.h"
#include "base/mem.h"

typedef enum variant {
    CORRECT,
    READER_LOOKS_ONCE,
    WRITER_IS_BLIND
} variant;

#define MAX_OBJECTS 32
#define NEVER 100000

static se__hazard shared;
static variant built;
static void *announced; /* by the reader that is under way */
static bool swapping;

/* Objects are only marked as freed, so that looking at one is no crime. */
static struct {
    int freed;
} objects[MAX_OBJECTS];
static int n_objects;

/* At which steps the other side runs, and what it does then. */
static void (*other_side)(void);
static int act_at[2];
static int steps;
static bool acting;

static void step(void)
{
    if (!other_side || acting) {
        return;
    }
    if (steps == act_at[0] || steps == act_at[1]) {
        acting = true;
        other_side();
        acting = false;
    }
    steps++;
}

static void *stepped_load(_Atomic(void *) *at)
{
    bool is_current = at == &shared.current;

    step();
    if (built == READER_LOOKS_ONCE && is_current && announced && !acting) {
        return announced;
    }
    if (built == WRITER_IS_BLIND && !is_current && swapping) {
        return NULL;
    }
    return atomic_load_explicit(at, memory_order_seq_cst);
}

static void stepped_store(_Atomic(void *) *at, void *value)
{
    step();
    announced = acting ? announced : value;
    atomic_store_explicit(at, value, memory_order_seq_cst);
}

static bool stepped_claim(_Atomic(void *) *at, void **expected, void *value)
{
    step();
    announced = acting ? announced : value;
    return atomic_compare_exchange_strong_explicit(
        at, expected, value, memory_order_seq_cst, memory_order_seq_cst);
}

static void *stepped_exchange(_Atomic(void *) *at, void *value)
{
    step();
    return atomic_exchange_explicit(at, value, memory_order_seq_cst);
}

#undef atomic_load
#undef atomic_store
#undef atomic_exchange
#undef atomic_compare_exchange_strong
#define atomic_load stepped_load
#define atomic_store stepped_store
#define atomic_exchange stepped_exchange
#define atomic_compare_exchange_strong stepped_claim
#include "base/hazard.c"

static void mark_freed(void *object)
{
    for (int i = 0; i < n_objects; i++) {
        objects[i].freed += object == &objects[i];
    }
}

static void put_next(void)
{
    bool outer = swapping;

    ck_assert_int_lt(n_objects, MAX_OBJECTS);
    swapping = true;
    ck_assert(se__hazard_swap(&shared, &objects[n_objects++]));
    swapping = outer;
}

static void put_nothing(void)
{
    swapping = true;
    ck_assert(se__hazard_swap(&shared, NULL));
    swapping = false;
}

static bool is_freed(const void *object)
{
    for (int i = 0; i < n_objects; i++) {
        if (object == &objects[i]) {
            return objects[i].freed > 0;
        }
    }
    return false;
}

static void set_up(variant v)
{
    memset(objects, 0, sizeof(objects));
    n_objects = 0;
    other_side = NULL;
    built = v;
    announced = NULL;
    se__hazard_init(&shared, mark_freed);
    put_next();
}

/* Everything was freed, and once. */
static void tear_down(void)
{
    other_side = NULL;
    se__hazard_fini(&shared);
    for (int i = 0; i < n_objects && built == CORRECT; i++) {
        ck_assert_int_eq(objects[i].freed, 1);
    }
}

static void interleave(void (*act)(void), int first, int second)
{
    other_side = act;
    act_at[0] = first;
    act_at[1] = second;
    steps = 0;
}

/* The writer waits while a guest has the lock. */
static void swap_if_free(void)
{
    if (pthread_mutex_trylock(&shared.lock.native) == 0) {
        pthread_mutex_unlock(&shared.lock.native);
        put_next();
    }
}

static void vanish_if_free(void)
{
    if (pthread_mutex_trylock(&shared.lock.native) == 0) {
        pthread_mutex_unlock(&shared.lock.native);
        put_nothing();
    }
}

/* One reader, who meets a swap at two of its steps. True: got a freed one. */
static bool read_between_swaps(variant v, int busy_slots, void (*act)(void),
                               int first, int second)
{
    int busy[SE__HAZARD_SLOTS];
    const void *object;
    bool wrong;
    int slot;

    set_up(v);
    for (int i = 0; i < busy_slots; i++) {
        se__hazard_acquire(&shared, &busy[i]);
    }
    announced = NULL;
    interleave(act, first, second);
    object = se__hazard_acquire(&shared, &slot);
    other_side = NULL;
    wrong = is_freed(object);
    put_next();
    wrong = wrong || is_freed(object);
    se__hazard_release(&shared, slot);
    for (int i = 0; i < busy_slots; i++) {
        se__hazard_release(&shared, busy[i]);
    }
    put_next();
    wrong = wrong || shared.n_retired > 0;
    tear_down();
    return wrong;
}

static int count_wrong_reads(variant v, int busy_slots, void (*act)(void))
{
    int wrong = 0;
    int longest;

    wrong += read_between_swaps(v, busy_slots, act, NEVER, NEVER);
    longest = steps;
    for (int first = 0; first < longest; first++) {
        for (int second = first; second <= longest; second++) {
            wrong += read_between_swaps(v, busy_slots, act, first, second);
            longest = steps > longest ? steps : longest;
        }
    }
    ck_assert_int_ge(longest, 3); /* load, announce, look again */
    return wrong;
}

static const struct {
    int busy_slots; /* 64: the reader becomes a guest */
    void (*act)(void);
} readers[] = {
    {0, swap_if_free},
    {1, swap_if_free},
    {SE__HAZARD_SLOTS - 1, swap_if_free},
    {SE__HAZARD_SLOTS, swap_if_free},
    {0, vanish_if_free},
    {SE__HAZARD_SLOTS, vanish_if_free},
};

START_TEST(reader_never_gets_a_freed_object)
{
    ck_assert_int_eq(
        count_wrong_reads(CORRECT, readers[_i].busy_slots, readers[_i].act), 0);
}
END_TEST

START_TEST(reader_that_looks_once_is_caught)
{
    ck_assert_int_gt(count_wrong_reads(READER_LOOKS_ONCE, 0, swap_if_free), 0);
}
END_TEST

/* One writer, between whose steps a reader comes and another one goes. */
static int arriving, leaving;
static const void *arrived;

static void come_and_go(void)
{
    if (arriving == NO_SLOT) {
        arrived = se__hazard_acquire(&shared, &arriving);
    } else {
        se__hazard_release(&shared, leaving);
        leaving = NO_SLOT;
    }
}

static bool swap_between_reads(variant v, int first, int second)
{
    const void *held;
    bool wrong;

    set_up(v);
    arriving = NO_SLOT;
    held = se__hazard_acquire(&shared, &leaving);
    interleave(come_and_go, first, second);
    put_next();
    other_side = NULL;
    wrong = is_freed(arrived) || (leaving != NO_SLOT && is_freed(held));
    put_next();
    wrong = wrong || (arriving != NO_SLOT && is_freed(arrived));
    se__hazard_release(&shared, arriving);
    se__hazard_release(&shared, leaving);
    put_next();
    wrong = wrong || shared.n_retired > 0;
    tear_down();
    return wrong;
}

static int count_wrong_swaps(variant v)
{
    int wrong = 0;

    for (int first = 0; first <= SE__HAZARD_SLOTS + 2; first++) {
        for (int second = first + 1; second <= SE__HAZARD_SLOTS + 2; second++) {
            wrong += swap_between_reads(v, first, second);
        }
        wrong += swap_between_reads(v, first, NEVER);
    }
    return wrong;
}

START_TEST(writer_never_frees_what_is_read)
{
    ck_assert_int_eq(count_wrong_swaps(CORRECT), 0);
}
END_TEST

START_TEST(blind_writer_is_caught)
{
    ck_assert_int_gt(count_wrong_swaps(WRITER_IS_BLIND), 0);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {reader_never_gets_a_freed_object, SE__COUNT(readers)},
        {reader_that_looks_once_is_caught, 1},
        {writer_never_frees_what_is_read, 1},
        {blind_writer_is_caught, 1},
    };

    return run_suite("hazard order", rows, SE__COUNT(rows));
}
