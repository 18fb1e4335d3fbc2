/* Readers while lists change as fast as they can: never a mixture. */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "fleet.h"
#include "registry/state.h"

#define READERS 8
#define WRITERS 2
#define RELOADS 1000 /* of each writer */
#define GENERATIONS 10

static se_registry *registry;
static se_topology *lists[GENERATIONS];
static atomic_bool writing;
static atomic_int mixtures;
static atomic_long reads;

static void set_up(void)
{
    ck_assert_int_eq(se_registry_open(&registry, NULL, NULL), SE_OK);
    for (int i = 0; i < GENERATIONS; i++) {
        /* Of different length: elements come and go. */
        lists[i] = fleet_of(8 + (size_t)i, 100 * i);
    }
    atomic_store(&mixtures, 0);
    atomic_store(&reads, 0);
}

static void tear_down(void)
{
    se_registry_close(registry);
    for (int i = 0; i < GENERATIONS; i++) {
        se_topology_unref(lists[i]);
    }
}

/* Do id, URL and priority of every element belong to one generation? */
static bool belongs_together(const se_topology *list)
{
    size_t count = se_topology_count(list);
    int generation = se_element_priority(se_topology_at(list, 0));

    if (count != 8 + (size_t)generation / 100) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const se_element *element = se_topology_at(list, i);
        char id[32];
        char url[64];

        snprintf(id, sizeof(id), "se-%04zu", i);
        snprintf(url, sizeof(url), "http://h%d/%zu", generation, i);
        if (se_element_priority(element) != generation + (int)i ||
            strcmp(se_element_id(element), id) != 0 ||
            strcmp(se_element_url(element), url) != 0) {
            return false;
        }
    }
    return true;
}

static bool endpoints_belong(const se__snapshot *snapshot)
{
    for (size_t i = 0; i < se_topology_count(snapshot->topology); i++) {
        const char *id = se_element_id(se_topology_at(snapshot->topology, i));

        if (strcmp(snapshot->endpoints[i]->id, id) != 0) {
            return false;
        }
    }
    return true;
}

static bool read_snapshot(uint64_t *last)
{
    const se__snapshot *snapshot;
    bool good;
    int slot;

    snapshot = se__registry_enter(registry, &slot);
    good = belongs_together(snapshot->topology) && endpoints_belong(snapshot) &&
           snapshot->serial >= *last;
    *last = snapshot->serial;
    se__registry_leave(registry, slot);
    return good;
}

static bool read_topology(void)
{
    se_topology *list = se_registry_topology(registry);
    bool good = belongs_together(list);

    se_topology_unref(list);
    return good;
}

static void read_on(void *unused)
{
    uint64_t last = 0;

    (void)unused;
    while (atomic_load(&writing)) {
        if (!read_snapshot(&last) || !read_topology()) {
            atomic_fetch_add(&mixtures, 1);
        }
        atomic_fetch_add(&reads, 1);
    }
}

static void reload_on(void *first)
{
    int at = *(int *)first;

    for (int i = 0; i < RELOADS; i++) {
        se_topology *list = lists[(at + i) % GENERATIONS];

        if (se_registry_reload_endpoints(registry, list, NULL, NULL) != SE_OK) {
            atomic_fetch_add(&mixtures, 1);
        }
    }
}

/* Changes are told one at a time, each from where the last one led to. */
static const se_topology *told_last;
static int changes;

static void check_order(void *user, const se_diff *diff)
{
    size_t before;

    (void)user;
    se_diff_totals(diff, &before, NULL);
    if (before != (told_last == NULL ? 0 : se_topology_count(told_last))) {
        atomic_fetch_add(&mixtures, 1);
    }
    told_last = se_diff_after(diff);
    changes++;
}

START_TEST(thousands_of_reloads)
{
    static int firsts[WRITERS] = {0, 5};
    se__thread readers[READERS];
    se__thread writers[WRITERS];

    told_last = NULL;
    changes = 0;
    ck_assert_int_eq(se_registry_on_change(registry, check_order, NULL, NULL),
                     SE_OK);
    ck_assert_int_eq(
        se_registry_reload_endpoints(registry, lists[9], NULL, NULL), SE_OK);
    atomic_store(&writing, true);
    for (int i = 0; i < READERS; i++) {
        ck_assert_int_eq(
            se__thread_start(&readers[i], "reader", read_on, NULL, NULL),
            SE_OK);
    }
    for (int i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(se__thread_start(&writers[i], "writer", reload_on,
                                          &firsts[i], NULL),
                         SE_OK);
    }
    for (int i = 0; i < WRITERS; i++) {
        se__thread_join(&writers[i]);
    }
    atomic_store(&writing, false);
    for (int i = 0; i < READERS; i++) {
        se__thread_join(&readers[i]);
    }
    ck_assert_int_eq(atomic_load(&mixtures), 0);
    ck_assert_int_gt(atomic_load(&reads), 0);
    ck_assert_uint_eq(se__registry_serial(registry), 1 + WRITERS * RELOADS);
    ck_assert_int_gt(changes, RELOADS);
    /* What is kept for readers is bounded by readers, not by reloads. */
    ck_assert_uint_le(registry->snapshots.n_retired, READERS);
}
END_TEST

/* One that stands still keeps what it reads, and nothing else. */
START_TEST(a_reader_that_stalls)
{
    const se__snapshot *snapshot;
    int slot;

    ck_assert_int_eq(
        se_registry_reload_endpoints(registry, lists[3], NULL, NULL), SE_OK);
    snapshot = se__registry_enter(registry, &slot);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(se_registry_reload_endpoints(
                             registry, lists[i % GENERATIONS], NULL, NULL),
                         SE_OK);
        ck_assert_uint_le(registry->snapshots.n_retired, 1);
    }
    ck_assert(belongs_together(snapshot->topology));
    ck_assert_uint_eq(se_topology_count(snapshot->topology), 11);
    ck_assert(endpoints_belong(snapshot));
    se__registry_leave(registry, slot);
    ck_assert_int_eq(
        se_registry_reload_endpoints(registry, lists[0], NULL, NULL), SE_OK);
    ck_assert_uint_eq(registry->snapshots.n_retired, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("registry readers");
    TCase *tc = tcase_create("readers");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 100);
    tcase_add_test(tc, thousands_of_reloads);
    tcase_add_test(tc, a_reader_that_stalls);
    suite_add_tcase(suite, tc);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
