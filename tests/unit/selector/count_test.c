/*
 * What metrics tell of choices.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "kit.h"
#include "suite.h"

static kit k;
static se_metrics *metrics;

#define AB "a edit 1 http://a; b edit 2 http://b; r rw 1 http://r"

static void open_counted(const char *line)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;

    ck_assert_int_eq(se_metrics_new(&metrics, NULL), SE_OK);
    options.metrics = metrics;
    kit_open(&k, line);
    kit_reopen(&k, &options);
}

static void close_counted(void)
{
    kit_close(&k);
    se_metrics_unref(metrics);
}

typedef struct wanted {
    const char *name;
    const char *labels; /* values, separated by spaces */
    double value;       /* of a histogram: the count */
    bool found;
} wanted;

static void look(void *user, const se_metric_sample *sample)
{
    wanted *w = user;
    char labels[200] = "";
    size_t at = 0;

    for (size_t i = 0; i < sample->n_labels; i++) {
        at += (size_t)snprintf(labels + at, sizeof(labels) - at, "%s%s",
                               i ? " " : "", sample->label_values[i]);
    }
    if (strcmp(sample->name, w->name) == 0 && strcmp(labels, w->labels) == 0) {
        w->found = true;
        w->value = sample->kind == SE_METRIC_HISTOGRAM ? (double)sample->count
                                                       : sample->value;
    }
}

/* -1: there is no such series. */
static int counted(const char *name, const char *labels)
{
    wanted w = {.name = name, .labels = labels, .value = -1};

    se_metrics_each(metrics, look, &w);
    return (int)w.value;
}

static se_err pick(se_retention retention, int64_t bytes)
{
    se_want want = SE_WANT_INIT;
    se_pick *pick = NULL;
    se_err rc;

    want.retention = retention;
    want.bytes = bytes;
    rc = se_selector_pick(k.selector, &want, &pick, NULL);
    se_selector_release(k.selector, pick, SE_REJECTED);
    return rc;
}

/* Every reason is there before it happens. */
START_TEST(from_the_start)
{
    static const char *const reasons[] = {
        "offline", "probation", "tried", "full", "ejected", "no_fit", "stale"};

    open_counted(AB);
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        ck_assert_int_eq(
            counted("ingester_placement_rejected_total", reasons[i]), 0);
    }
    ck_assert_int_eq(counted("ingester_placement_rejected_total", "mode"), -1);
    ck_assert_int_eq(counted("ingester_placement_rejected_total", "none"), -1);
    close_counted();
}
END_TEST

static const struct {
    se_origin origin;
    const char *selection;
    const char *source;
} origins[] = {
    {SE_ORIGIN_POLL, "permanent adaptive_monitor success",
     "adaptive_monitor success"},
    {SE_ORIGIN_CACHE, "permanent adaptive_monitor success",
     "adaptive_monitor success"},
    {SE_ORIGIN_ADMIN, "permanent admin_module fallback",
     "admin_module success"},
    {SE_ORIGIN_LIST, "permanent admin_module fallback", "admin_module success"},
    {SE_ORIGIN_NONE, "permanent admin_module fallback", "admin_module success"},
};

START_TEST(by_the_source_of_the_figure)
{
    open_counted(AB);
    atomic_store(&kit_endpoint(&k, "r")->origin, origins[_i].origin);
    ck_assert_int_eq(pick(SE_PERMANENT, 1), SE_OK);
    ck_assert_int_eq(pick(SE_PERMANENT, 1), SE_OK);
    ck_assert_int_eq(counted("storage_selection_total", origins[_i].selection),
                     2);
    ck_assert_int_eq(
        counted("storage_selection_source_total", origins[_i].source), 2);
    ck_assert_int_eq(counted("storage_element_selected_total", "rw r"), 2);
    ck_assert_int_eq(counted("storage_selection_duration_seconds", "permanent"),
                     2);
    ck_assert_int_eq(counted("storage_unavailable_total", "permanent"), 0);
    close_counted();
}
END_TEST

START_TEST(nobody)
{
    open_counted(AB);
    kit_room(&k, "a", 5);
    kit_eject(&k, "b", NOW);
    kit_room(&k, "b", 5);
    atomic_store(&kit_endpoint(&k, "b")->set_aside_until_ms, INT64_MAX);
    ck_assert_int_eq(pick(SE_TEMPORARY, 10), SE_E_NO_SPACE);
    ck_assert_int_eq(
        counted("storage_selection_total", "temporary none failed"), 1);
    ck_assert_int_eq(counted("storage_selection_source_total", "none failed"),
                     1);
    ck_assert_int_eq(counted("storage_unavailable_total", "temporary"), 1);
    ck_assert_int_eq(counted("storage_selection_duration_seconds", "temporary"),
                     1);
    ck_assert_int_eq(counted("ingester_placement_rejected_total", "no_fit"), 1);
    ck_assert_int_eq(counted("ingester_placement_rejected_total", "ejected"),
                     1);
    ck_assert_int_eq(counted("ingester_placement_rejected_total", "mode"), -1);
    close_counted();
}
END_TEST

START_TEST(without_a_list)
{
    open_counted(NULL);
    ck_assert_int_eq(pick(SE_TEMPORARY, 10), SE_E_DISCOVERY);
    ck_assert_int_eq(counted("storage_unavailable_total", "temporary"), 1);
    ck_assert_int_eq(
        counted("storage_selection_total", "temporary none failed"), 1);
    close_counted();
}
END_TEST

/* What nobody has read yet is not lost with the selector. */
START_TEST(after_the_end)
{
    open_counted(AB);
    ck_assert_int_eq(pick(SE_TEMPORARY, 1), SE_OK);
    ck_assert_int_eq(
        counted("storage_selection_total", "temporary admin_module fallback"),
        1);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pick(SE_TEMPORARY, 1), SE_OK);
    }
    kit_close(&k);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(counted("storage_selection_total",
                                 "temporary admin_module fallback"),
                         4);
        ck_assert_int_eq(
            counted("storage_selection_duration_seconds", "temporary"), 4);
        ck_assert_int_eq(counted("storage_element_selected_total", "edit a"),
                         4);
    }
    se_metrics_unref(metrics);
}
END_TEST

static void look_at_bucket(void *user, const se_metric_sample *sample)
{
    if (strcmp(sample->name, "storage_selection_duration_seconds") == 0) {
        uint64_t *first = user;

        ck_assert_double_lt(sample->value, .01 * (double)sample->count);
        *first = sample->counts[0];
    }
}

/* Told as a mean, they stand in the bucket of each. */
START_TEST(quick_ones_are_in_the_first_bucket)
{
    uint64_t first = 0;

    open_counted(AB);
    for (int i = 0; i < 20; i++) {
        se__choice choice = {.endpoint = kit_endpoint(&k, "a")};
        se__query query = kit_query(1);

        se__selector_count(k.selector, &query, &choice, i * 500);
    }
    se_metrics_each(metrics, look_at_bucket, &first);
    ck_assert_uint_eq(first, 20);
    close_counted();
}
END_TEST

START_TEST(slow_ones_are_not)
{
    se__query query = kit_query(1);

    open_counted(AB);
    se__selector_count(k.selector, &query, NULL, 10001);
    se__selector_count(k.selector, &query, NULL, 7000000);
    ck_assert_int_eq(counted("storage_selection_duration_seconds", "temporary"),
                     2);
    ck_assert_int_eq(counted("storage_unavailable_total", "temporary"), 2);
    close_counted();
}
END_TEST

/* Who only asks is not counted, nor is what was wanted wrongly. */
START_TEST(explaining_is_not_choosing)
{
    se_want want = SE_WANT_INIT;
    se_explanation *explanation = NULL;

    open_counted(AB);
    kit_room(&k, "a", 0);
    kit_room(&k, "b", 0);
    want.bytes = 10;
    ck_assert_int_eq(se_selector_explain(k.selector, &want, &explanation, NULL),
                     SE_OK);
    ck_assert_int_eq(se_explanation_chosen(explanation), -1);
    se_explanation_free(explanation);
    ck_assert_int_eq(pick(SE_TEMPORARY, -2), SE_E_INVALID);
    ck_assert_int_eq(counted("storage_selection_duration_seconds", "temporary"),
                     -1);
    ck_assert_int_eq(counted("storage_unavailable_total", "temporary"), 0);
    ck_assert_int_eq(counted("ingester_placement_rejected_total", "no_fit"), 0);
    close_counted();
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {from_the_start, 1},
        {by_the_source_of_the_figure, sizeof(origins) / sizeof(origins[0])},
        {nobody, 1},
        {without_a_list, 1},
        {after_the_end, 1},
        {quick_ones_are_in_the_first_bucket, 1},
        {slow_ones_are_not, 1},
        {explaining_is_not_choosing, 1},
    };

    return run_suite("count", tests, sizeof(tests) / sizeof(tests[0]));
}
