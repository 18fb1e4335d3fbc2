/*
 * Endpoints: one per id, alive while held, and room that is never given twice.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>

#include "base/mem.h"
#include "topology/endpoint.h"

#define GIB (INT64_C(1) << 30)

typedef struct fixture {
    se__endpoint_table *table;
    se__endpoint *endpoint;
} fixture;

static fixture f;

static void setup(void)
{
    f.table = se__endpoint_table_new();
    ck_assert_ptr_nonnull(f.table);
    f.endpoint = se__endpoint_get(f.table, "se-01");
    ck_assert_ptr_nonnull(f.endpoint);
}

static void teardown(void)
{
    se__endpoint_unref(f.endpoint);
    se__endpoint_table_unref(f.table);
}

static void measure(int64_t available)
{
    se__figure figure = {.total = available,
                         .used = 0,
                         .available = available,
                         .origin = SE_ORIGIN_POLL,
                         .began_ms = 1,
                         .landed_mark = se__endpoint_mark(f.endpoint)};

    se__endpoint_measured(f.endpoint, &figure);
}

/* ---- identity ---- */

START_TEST(one_per_id)
{
    se__endpoint *again = se__endpoint_get(f.table, "se-01");
    se__endpoint *other = se__endpoint_get(f.table, "se-02");

    ck_assert_ptr_eq(again, f.endpoint);
    ck_assert_ptr_ne(other, f.endpoint);
    ck_assert_str_eq(other->id, "se-02");
    se__endpoint_unref(again);
    se__endpoint_unref(other);
}
END_TEST

START_TEST(nothing_is_known_of_a_new_one)
{
    ck_assert_int_eq(atomic_load(&f.endpoint->total), -1);
    ck_assert_int_eq(atomic_load(&f.endpoint->used), -1);
    ck_assert_int_eq(atomic_load(&f.endpoint->available), -1);
    ck_assert_int_eq(atomic_load(&f.endpoint->health), SE_HEALTH_UNKNOWN);
    ck_assert_int_eq(atomic_load(&f.endpoint->origin), SE_ORIGIN_NONE);
    ck_assert_int_eq(se__endpoint_room(f.endpoint), INT64_MAX);
    ck_assert(!se__endpoint_is_full(f.endpoint, INT64_MAX, 0));
    ck_assert(!se__endpoint_is_ejected(f.endpoint, 0));
    ck_assert(!se__endpoint_is_down(f.endpoint, 0));
}
END_TEST

/* An id that returns while it is held keeps its reservations ... */
START_TEST(state_lives_while_it_is_held)
{
    se__endpoint *held = se__endpoint_ref(f.endpoint);

    ck_assert(se__endpoint_reserve(f.endpoint, 5, 0));
    se__endpoint_unref(f.endpoint);
    f.endpoint = se__endpoint_get(f.table, "se-01");
    ck_assert_ptr_eq(f.endpoint, held);
    ck_assert_int_eq(atomic_load(&f.endpoint->reserved), 5);
    se__endpoint_unref(held);
}
END_TEST

/* ... and one that nobody held begins anew. */
START_TEST(state_goes_with_the_last_reference)
{
    ck_assert(se__endpoint_reserve(f.endpoint, 5, 0));
    se__endpoint_unref(f.endpoint);
    f.endpoint = se__endpoint_get(f.table, "se-01");
    ck_assert_int_eq(atomic_load(&f.endpoint->reserved), 0);
}
END_TEST

START_TEST(outlives_its_table)
{
    se__endpoint_table_unref(f.table);
    ck_assert_str_eq(f.endpoint->id, "se-01");
    ck_assert(se__endpoint_reserve(f.endpoint, 5, 0));
    se__endpoint_unref(f.endpoint);
    setup();
}
END_TEST

/* More ids than first buckets: each is found again, also after some left. */
START_TEST(many_ids)
{
    enum {
        MANY = 2000
    };
    static se__endpoint *all[MANY];
    char id[SE_ID_SIZE];

    for (int i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "many-%d", i);
        all[i] = se__endpoint_get(f.table, id);
        ck_assert_ptr_nonnull(all[i]);
    }
    for (int i = 0; i < MANY; i += 2) {
        se__endpoint_unref(all[i]);
    }
    for (int i = 1; i < MANY; i += 2) {
        se__endpoint *again;

        snprintf(id, sizeof(id), "many-%d", i);
        again = se__endpoint_get(f.table, id);
        ck_assert_ptr_eq(again, all[i]);
        se__endpoint_unref(again);
        se__endpoint_unref(all[i]);
    }
}
END_TEST

START_TEST(nothing_is_a_no_op)
{
    se__endpoint_unref(NULL);
    se__endpoint_table_unref(NULL);
}
END_TEST

enum {
    THREADS = 8,
    ROUNDS = 10000
};

static char broken[] = "broken";
static char dead[] = "dead";
static char no_room[] = "no room";

/* What is found must be whole, although its last holder may just let go. */
static void *get_and_let_go(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        se__endpoint *endpoint = se__endpoint_get(f.table, "shared");

        if (!endpoint || endpoint->id[0] != 's' || endpoint->id[6] != '\0') {
            return broken;
        }
        atomic_fetch_add(&endpoint->in_flight, 1);
        if (atomic_load(&endpoint->refs) < 1) {
            return dead;
        }
        se__endpoint_unref(se__endpoint_ref(endpoint));
        se__endpoint_unref(endpoint);
    }
    return NULL;
}

static void run_threads(void *(*run)(void *))
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *wrong = NULL;

        ck_assert_int_eq(pthread_join(threads[i], &wrong), 0);
        ck_assert_msg(wrong == NULL, "%s", (const char *)wrong);
    }
}

START_TEST(get_races_with_the_last_unref)
{
    se__endpoint *endpoint;

    run_threads(get_and_let_go);
    endpoint = se__endpoint_get(f.table, "shared");
    ck_assert_int_eq(atomic_load(&endpoint->refs), 1);
    ck_assert_int_eq(atomic_load(&endpoint->in_flight), 0);
    se__endpoint_unref(endpoint);
}
END_TEST

/* ---- room ---- */

typedef struct fit {
    int64_t available, reserved, bytes, headroom;
    bool fits;
} fit;

static const fit fits[] = {
    {100, 0, 100, 0, true},
    {100, 0, 101, 0, false},
    {100, 1, 100, 0, false},
    {100, 1, 99, 0, true},
    {100, 0, 90, 10, true},
    {100, 0, 91, 10, false},
    {0, 0, 1, 0, false},
    /* of unknown size: any room */
    {1, 0, -1, 0, true},
    {0, 0, -1, 0, false},
    {0, 0, 0, 0, false},
    {100, 100, -1, 0, false},
    {10, 0, -1, 10, false},
    {11, 0, -1, 10, true},
    /* room that is not known is enough for all */
    {-1, 0, INT64_MAX, 0, true},
    {-1, 0, INT64_MAX, INT64_MAX, true},
    {-1, 0, -1, 0, true},
    {-1, INT64_MAX, -1, 0, true},
    {-1, 0, -1, 0, true},
    {INT64_MIN, 0, 100, 0, true},
    /* the ends of the range */
    {INT64_MAX - 1, 0, INT64_MAX - 1, 0, true},
    {INT64_MAX - 1, 0, INT64_MAX, 0, false},
    {INT64_MAX - 1, 0, INT64_MAX, INT64_MAX, false},
    {INT64_MAX - 1, 0, 2, INT64_MAX - 1, false},
    {0, INT64_MAX, 1, 0, false},
    {0, INT64_MAX, -1, 0, false},
    {INT64_MAX - 1, INT64_MAX, 1, 0, false},
    /* no sum overflows where the room is not known */
    {-1, INT64_MAX, 1, 0, false},
};

START_TEST(fits_or_not)
{
    const fit *row = &fits[_i];
    bool first = row->reserved != INT64_MAX || row->available >= 0;

    atomic_store(&f.endpoint->available, row->available);
    se__endpoint_reserve_more(f.endpoint, row->reserved);
    if (first) {
        ck_assert_msg(se__endpoint_fits(f.endpoint, row->bytes,
                                        row->headroom) == row->fits,
                      "row %d", _i);
    }
    ck_assert_msg(se__endpoint_reserve(f.endpoint, row->bytes, row->headroom) ==
                      row->fits,
                  "row %d", _i);
    ck_assert_int_eq(atomic_load(&f.endpoint->reserved),
                     row->reserved +
                         (row->fits && row->bytes > 0 ? row->bytes : 0));
    ck_assert_int_eq(atomic_load(&f.endpoint->in_flight), row->fits ? 1 : 0);
}
END_TEST

START_TEST(rejected_frees_and_landed_stays)
{
    measure(100);
    ck_assert(se__endpoint_reserve(f.endpoint, 60, 0));
    ck_assert_int_eq(se__endpoint_room(f.endpoint), 40);
    se__endpoint_release(f.endpoint, 60, false);
    ck_assert_int_eq(se__endpoint_room(f.endpoint), 100);

    ck_assert(se__endpoint_reserve(f.endpoint, 60, 0));
    se__endpoint_release(f.endpoint, 60, true);
    ck_assert_int_eq(atomic_load(&f.endpoint->reserved), 0);
    ck_assert_int_eq(atomic_load(&f.endpoint->in_flight), 0);
    ck_assert_int_eq(se__endpoint_room(f.endpoint), 40);
    ck_assert(!se__endpoint_reserve(f.endpoint, 41, 0));
}
END_TEST

/* A stream of unknown size takes what it needs, wanted or not. */
START_TEST(growing_reservation)
{
    measure(100);
    ck_assert(se__endpoint_reserve(f.endpoint, -1, 0));
    se__endpoint_reserve_more(f.endpoint, 80);
    se__endpoint_reserve_more(f.endpoint, 80);
    se__endpoint_reserve_more(f.endpoint, -5);
    ck_assert_int_eq(se__endpoint_room(f.endpoint), -60);
    ck_assert(!se__endpoint_fits(f.endpoint, -1, 0));
    se__endpoint_release(f.endpoint, 160, true);
    ck_assert_int_eq(se__endpoint_room(f.endpoint), -60);
    ck_assert_int_eq(se__endpoint_mark(f.endpoint), 160);
}
END_TEST

START_TEST(sums_stay_in_range)
{
    se__endpoint_reserve_more(f.endpoint, INT64_MAX);
    se__endpoint_reserve_more(f.endpoint, INT64_MAX);
    ck_assert_int_eq(atomic_load(&f.endpoint->reserved), INT64_MAX);
    se__endpoint_release(f.endpoint, INT64_MAX, true);
    se__endpoint_release(f.endpoint, INT64_MAX, true);
    ck_assert_int_eq(atomic_load(&f.endpoint->reserved), 0);
    ck_assert_int_eq(se__endpoint_mark(f.endpoint), INT64_MAX);
    atomic_store(&f.endpoint->available, 0);
    ck_assert_int_eq(se__endpoint_room(f.endpoint), -INT64_MAX);
    ck_assert(!se__endpoint_fits(f.endpoint, 1, 0));
}
END_TEST

#define PIECE 1000

static atomic_int_fast64_t given;

static void *reserve_all(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        if (se__endpoint_reserve(f.endpoint, PIECE, 0)) {
            atomic_fetch_add(&given, PIECE);
        }
    }
    return NULL;
}

/* Eight threads want more than there is: all of it is given, once. */
START_TEST(never_overfilled)
{
    int64_t room = (int64_t)THREADS * ROUNDS * PIECE / 2 + 1;

    atomic_store(&given, 0);
    measure(room);
    run_threads(reserve_all);
    ck_assert_int_eq(atomic_load(&given), room - 1);
    ck_assert_int_eq(se__endpoint_room(f.endpoint), 1);
    ck_assert_int_eq(atomic_load(&f.endpoint->in_flight), (int)(room / PIECE));
}
END_TEST

#define FILLERS 3
#define REFILLS 6000
#define SLOTS 100

static pthread_barrier_t barrier; /* of the fillers and who refills */

static void *fill(void *argument)
{
    (void)argument;
    for (int i = 0; i < REFILLS; i++) {
        pthread_barrier_wait(&barrier);
        while (se__endpoint_reserve(f.endpoint, PIECE, 0)) {
            atomic_fetch_add(&given, PIECE);
            se__endpoint_release(f.endpoint, PIECE, true);
        }
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static int refill(void)
{
    int overfilled = 0;

    for (int i = 0; i < REFILLS; i++) {
        atomic_store(&given, 0);
        measure(SLOTS * PIECE + 1);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        overfilled += atomic_load(&given) != SLOTS * PIECE;
    }
    return overfilled;
}

/*
 * What lands while others reserve: the bytes in flight may be the same before
 * and after, the room is not.
 */
START_TEST(never_overfilled_by_what_lands)
{
    pthread_t threads[FILLERS];

    pthread_barrier_init(&barrier, NULL, FILLERS + 1);
    for (int i = 0; i < FILLERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fill, NULL), 0);
    }
    ck_assert_int_eq(refill(), 0);
    for (int i = 0; i < FILLERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    }
    pthread_barrier_destroy(&barrier);
    ck_assert_int_eq(se__endpoint_room(f.endpoint), 1);
    ck_assert_int_eq(se__endpoint_mark(f.endpoint),
                     (int64_t)REFILLS * SLOTS * PIECE);
}
END_TEST

/* Reserve, land or free, and be measured, all at once; nothing is lost. */
static void *churn(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        if (!se__endpoint_reserve(f.endpoint, PIECE, 0)) {
            return no_room;
        }
        se__endpoint_release(f.endpoint, PIECE, i % 2 == 0);
        if (i % 16 == 0) {
            measure(GIB);
        }
    }
    return NULL;
}

START_TEST(accounts_balance_under_threads)
{
    measure(GIB);
    run_threads(churn);
    ck_assert_int_eq(atomic_load(&f.endpoint->reserved), 0);
    ck_assert_int_eq(atomic_load(&f.endpoint->in_flight), 0);
    ck_assert_int_eq(se__endpoint_mark(f.endpoint),
                     (int64_t)THREADS * ROUNDS / 2 * PIECE);
    ck_assert_int_le(atomic_load(&f.endpoint->landed_base),
                     se__endpoint_mark(f.endpoint));
    ck_assert_int_le(se__endpoint_room(f.endpoint), GIB);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("endpoint");
    TCase *identity = tcase_create("identity");
    TCase *room = tcase_create("room");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(identity, setup, teardown);
    tcase_add_test(identity, one_per_id);
    tcase_add_test(identity, nothing_is_known_of_a_new_one);
    tcase_add_test(identity, state_lives_while_it_is_held);
    tcase_add_test(identity, state_goes_with_the_last_reference);
    tcase_add_test(identity, outlives_its_table);
    tcase_add_test(identity, many_ids);
    tcase_add_test(identity, nothing_is_a_no_op);
    tcase_add_test(identity, get_races_with_the_last_unref);
    suite_add_tcase(suite, identity);
    tcase_add_checked_fixture(room, setup, teardown);
    tcase_add_loop_test(room, fits_or_not, 0, (int)SE__COUNT(fits));
    tcase_add_test(room, rejected_frees_and_landed_stays);
    tcase_add_test(room, growing_reservation);
    tcase_add_test(room, sums_stay_in_range);
    tcase_add_test(room, never_overfilled);
    tcase_add_test(room, never_overfilled_by_what_lands);
    tcase_add_test(room, accounts_balance_under_threads);
    suite_add_tcase(suite, room);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
