/* Counting, and what Prometheus is told. */
#include "suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comma_locale.h"

#include "base/mem.h"
#include "base/text.h"
#include "observe/metrics.h"
#include "observe/metrics_table.h"

static se_metrics *make(void)
{
    se_metrics *metrics = NULL;

    ck_assert_int_eq(se_metrics_new(&metrics, NULL), SE_OK);
    return metrics;
}

/* What is printed of one metric, without HELP and TYPE; free it. */
static char *samples_of(se_metrics *metrics, const char *name)
{
    char *text = NULL;
    char head[200];
    char *at, *end, *samples;

    ck_assert_int_eq(se_metrics_print(metrics, &text, NULL), SE_OK);
    snprintf(head, sizeof(head), "# TYPE %s ", name);
    at = strstr(text, head);
    ck_assert_msg(at != NULL, "%s is not printed", name);
    at = strchr(at, '\n') + 1;
    end = strstr(at, "# HELP ");
    samples = se__strndup(at, end ? (size_t)(end - at) : strlen(at));
    free(text);
    return samples;
}

static void check_samples(se_metrics *metrics, const char *name,
                          const char *expected)
{
    char *samples = samples_of(metrics, name);

    ck_assert_str_eq(samples, expected);
    free(samples);
}

/* ---- the kinds ---- */

START_TEST(counter_counts)
{
    se_metrics *metrics = make();

    check_samples(metrics, "ingester_se_config_changes_total",
                  "ingester_se_config_changes_total{change_type=\"added\"} "
                  "0.0\n"
                  "ingester_se_config_changes_total{change_type=\"removed\"} "
                  "0.0\n"
                  "ingester_se_config_changes_total{change_type=\"updated\"} "
                  "0.0\n");
    se__metric_add(metrics, SE__METRIC_CHANGES, SE__LABELS("removed"), 3);
    se__metric_add(metrics, SE__METRIC_CHANGES, SE__LABELS("removed"), 0.5);
    /* A counter never goes down, and no single event may spoil it. */
    se__metric_add(metrics, SE__METRIC_CHANGES, SE__LABELS("removed"), -1);
    se__metric_add(metrics, SE__METRIC_CHANGES, SE__LABELS("removed"),
                   (double)NAN);
    se__metric_add(metrics, SE__METRIC_CHANGES, SE__LABELS("added"),
                   (double)INFINITY);
    check_samples(metrics, "ingester_se_config_changes_total",
                  "ingester_se_config_changes_total{change_type=\"added\"} "
                  "0.0\n"
                  "ingester_se_config_changes_total{change_type=\"removed\"} "
                  "3.5\n"
                  "ingester_se_config_changes_total{change_type=\"updated\"} "
                  "0.0\n");
    se_metrics_unref(metrics);
}
END_TEST

static const struct {
    double value;
    const char *text;
} values[] = {
    {0, "0.0"},
    {1, "1.0"},
    {-1, "-1.0"},
    {0.1, "0.1"},
    {1772356530.25, "1772356530.25"},
    {1e300, "1e+300"},
    {(double)INFINITY, "+Inf"},
    {-(double)INFINITY, "-Inf"},
    {(double)NAN, "NaN"},
};

static void check_value(se_metrics *metrics, size_t i)
{
    char line[100];

    se__metric_set(metrics, SE__METRIC_TOKEN_TTL, NULL, values[i].value);
    snprintf(line, sizeof(line), "auth_token_ttl_seconds %s\n", values[i].text);
    check_samples(metrics, "auth_token_ttl_seconds", line);
}

START_TEST(gauge_is_set)
{
    se_metrics *metrics = make();

    check_samples(metrics, "auth_token_ttl_seconds",
                  "auth_token_ttl_seconds 0.0\n");
    check_value(metrics, (size_t)_i);
    se_metrics_unref(metrics);
}
END_TEST

START_TEST(gauge_goes_up_and_down)
{
    se_metrics *metrics = make();

    se__metric_add(metrics, SE__METRIC_ENDPOINTS, NULL, 5);
    se__metric_add(metrics, SE__METRIC_ENDPOINTS, NULL, -3);
    check_samples(metrics, "ingester_se_endpoints_count",
                  "ingester_se_endpoints_count 2.0\n");
    se_metrics_unref(metrics);
}
END_TEST

#define RELOAD "ingester_se_config_reload_duration_seconds"

START_TEST(histogram_is_cumulative)
{
    static const double seen[] = {0, 0.0078125, 0.01171875, 0.3125,
                                  5, 5.125,     60};
    se_metrics *metrics = make();

    check_samples(metrics, RELOAD, "");
    for (size_t i = 0; i < SE__COUNT(seen); i++) {
        se__metric_observe(metrics, SE__METRIC_RELOAD_SECONDS,
                           SE__LABELS("redis"), seen[i]);
    }
    se__metric_observe(metrics, SE__METRIC_RELOAD_SECONDS, SE__LABELS("redis"),
                       (double)NAN);
    check_samples(metrics, RELOAD,
                  RELOAD "_bucket{le=\"0.01\",source=\"redis\"} 2.0\n" RELOAD
                         "_bucket{le=\"0.05\",source=\"redis\"} 3.0\n" RELOAD
                         "_bucket{le=\"0.1\",source=\"redis\"} 3.0\n" RELOAD
                         "_bucket{le=\"0.25\",source=\"redis\"} 3.0\n" RELOAD
                         "_bucket{le=\"0.5\",source=\"redis\"} 4.0\n" RELOAD
                         "_bucket{le=\"1.0\",source=\"redis\"} 4.0\n" RELOAD
                         "_bucket{le=\"2.5\",source=\"redis\"} 4.0\n" RELOAD
                         "_bucket{le=\"5.0\",source=\"redis\"} 5.0\n" RELOAD
                         "_bucket{le=\"+Inf\",source=\"redis\"} 7.0\n" RELOAD
                         "_count{source=\"redis\"} 7.0\n" RELOAD
                         "_sum{source=\"redis\"} 70.45703125\n");
    se_metrics_unref(metrics);
}
END_TEST

/* ---- text ---- */

/* All that a fresh set prints, but for what other tests look at. */
START_TEST(text_begins_with_what_alerts_need)
{
    static const char *const lines[] = {
        "# HELP storage_selection_duration_seconds Time to choose a storage "
        "element\n# TYPE storage_selection_duration_seconds histogram\n",
        "\n# HELP ingester_se_endpoints_count Storage elements in force\n"
        "# TYPE ingester_se_endpoints_count gauge\n"
        "ingester_se_endpoints_count 0.0\n",
        "\n# TYPE ingester_se_config_reload_total counter\n"
        "ingester_se_config_reload_total{source=\"admin_module\","
        "status=\"error\"} 0.0\n",
        "\ningester_se_config_reload_total{source=\"none\",status=\"failed\"} "
        "0.0\n",
        "\ningester_se_config_reload_total{source=\"pubsub\","
        "status=\"success\"} 0.0\n",
        "\ningester_lazy_se_config_reload_total{reason=\"manual\","
        "status=\"failed\"} 0.0\n",
        "\ningester_topology_held 0.0\n",
        "\nstorage_selection_source_total{source=\"none\",status=\"failed\"} "
        "0.0\n",
        "\ningester_upload_total{retention_policy=\"temporary\","
        "status=\"unknown\"} 0.0\n",
    };
    se_metrics *metrics = make();
    char *text = NULL;

    ck_assert_int_eq(se_metrics_print(metrics, &text, NULL), SE_OK);
    for (size_t i = 0; i < SE__COUNT(lines); i++) {
        ck_assert_msg(strstr(text, lines[i]) != NULL, "missing: %s", lines[i]);
    }
    ck_assert_ptr_eq(strstr(text, lines[0]), text);
    ck_assert_ptr_null(strstr(text, "_created"));
    ck_assert_int_eq(text[strlen(text) - 1], '\n');
    free(text);
    se_metrics_unref(metrics);
}
END_TEST

START_TEST(labels_are_escaped)
{
    se_metrics *metrics = make();

    se__metric_set(metrics, SE__METRIC_LEADER_STATE,
                   SE__LABELS("a\"b\\c d{}=,\xd0\xa9"), 1);
    check_samples(metrics, "capacity_monitor_leader_state",
                  "capacity_monitor_leader_state{instance_id=\"a\\\"b\\\\c "
                  "d{}=,\xd0\xa9\"} 1.0\n");
    se_metrics_unref(metrics);
}
END_TEST

#define TEN "xxxxxxxxxx"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
    const char *id;
    const char *begins; /* what is printed */
} unclean[] = {
    {"a\xff", "{instance_id=\"a?\"} 0.0\n"},
    {"a\nb", "{instance_id=\"a?b\"} 0.0\n"},
    {"a\x1b[J", "{instance_id=\"a?[J\"} 0.0\n"},
    {HUNDRED HUNDRED HUNDRED, "{instance_id=\"" HUNDRED HUNDRED TEN TEN},
};

/* Prometheus refuses everything for one byte that is no UTF-8. */
START_TEST(labels_are_cleaned)
{
    const char *id = unclean[_i].id;
    static const char name[] = "capacity_monitor_leader_state";
    se_metrics *metrics = make();
    char *samples;

    se__metric_set(metrics, SE__METRIC_LEADER_STATE, SE__LABELS(id), 1);
    se__metric_set(metrics, SE__METRIC_LEADER_STATE, SE__LABELS(id), 0);
    samples = samples_of(metrics, name);
    ck_assert_msg(strncmp(samples + strlen(name), unclean[_i].begins,
                          strlen(unclean[_i].begins)) == 0,
                  "%s", samples);
    ck_assert(se__utf8_valid(samples, strlen(samples)));
    ck_assert_uint_lt(strlen(samples), 320);
    ck_assert_ptr_eq(strchr(samples, '\n'), samples + strlen(samples) - 1);
    free(samples);
    se_metrics_unref(metrics);
}
END_TEST

START_TEST(missing_label_is_empty)
{
    se_metrics *metrics = make();

    se__metric_add(metrics, SE__METRIC_TOKEN_REQUESTS,
                   SE__LABELS(NULL, "success"), 1);
    se__metric_add(metrics, SE__METRIC_TOKEN_REQUESTS,
                   SE__LABELS("", "success"), 1);
    check_samples(metrics, "auth_token_requests_total",
                  "auth_token_requests_total{error_type=\"\",status="
                  "\"success\"} 2.0\n");
    se_metrics_unref(metrics);
}
END_TEST

/* However they came. */
START_TEST(series_are_sorted)
{
    se_metrics *metrics = make();

    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("b"), 2);
    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("c"), 3);
    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("a"), 1);
    check_samples(metrics, "ingester_se_suppressed",
                  "ingester_se_suppressed{storage_element_id=\"a\"} 1.0\n"
                  "ingester_se_suppressed{storage_element_id=\"b\"} 2.0\n"
                  "ingester_se_suppressed{storage_element_id=\"c\"} 3.0\n");
    se_metrics_unref(metrics);
}
END_TEST

/* The table's own order of labels is not the alphabet's. */
START_TEST(labels_are_sorted)
{
    se_metrics *metrics = make();

    se__metric_add(metrics, SE__METRIC_WATCH_MESSAGES,
                   SE__LABELS("redis", "event"), 1);
    check_samples(metrics, "ingester_watch_messages_total",
                  "ingester_watch_messages_total{kind=\"event\",source="
                  "\"redis\"} 1.0\n");
    se_metrics_unref(metrics);
}
END_TEST

START_TEST(decimal_comma_changes_nothing)
{
    se_metrics *metrics = make();
    char *before = NULL;
    char *after = NULL;

    se__metric_observe(metrics, SE__METRIC_RELOAD_SECONDS, SE__LABELS("file"),
                       0.0625);
    ck_assert_int_eq(se_metrics_print(metrics, &before, NULL), SE_OK);
    if (comma_locale_set()) {
        ck_assert_int_eq(se_metrics_print(metrics, &after, NULL), SE_OK);
        ck_assert_str_eq(after, before);
        for (size_t i = 0; i < SE__COUNT(values); i++) {
            check_value(metrics, i);
        }
    }
    free(before);
    free(after);
    se_metrics_unref(metrics);
}
END_TEST

/* ---- too many ---- */

static size_t count_lines(se_metrics *metrics, const char *name)
{
    char *samples = samples_of(metrics, name);
    size_t lines = 0;

    for (const char *at = samples; *at; at++) {
        lines += *at == '\n';
    }
    free(samples);
    return lines;
}

START_TEST(too_many_ids_are_counted_as_other)
{
    se_metrics *metrics = make();
    char *samples;

    for (int i = 0; i < SE__METRIC_SERIES_MAX + 500; i++) {
        char id[20];

        snprintf(id, sizeof(id), "se-%d", i);
        se__metric_add(metrics, SE__METRIC_SELECTED, SE__LABELS("rw", id), 1);
        se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS(id), 1);
    }
    /* What was there before is still counted by its name. */
    se__metric_add(metrics, SE__METRIC_SELECTED, SE__LABELS("rw", "se-0"), 1);
    se__metric_add(metrics, SE__METRIC_SELECTED, SE__LABELS("edit", "new"), 1);
    samples = samples_of(metrics, "storage_element_selected_total");
    ck_assert_ptr_nonnull(
        strstr(samples, "{mode=\"rw\",storage_element_id=\"other\"} 500.0\n"));
    ck_assert_ptr_nonnull(
        strstr(samples, "{mode=\"edit\",storage_element_id=\"other\"} 1.0\n"));
    ck_assert_ptr_nonnull(
        strstr(samples, "{mode=\"rw\",storage_element_id=\"se-0\"} 2.0\n"));
    free(samples);
    ck_assert_uint_eq(count_lines(metrics, "storage_element_selected_total"),
                      SE__METRIC_SERIES_MAX + 2);
    /* A gauge of several elements would tell nothing. */
    ck_assert_uint_eq(count_lines(metrics, "ingester_se_suppressed"),
                      SE__METRIC_SERIES_MAX);
    se_metrics_unref(metrics);
}
END_TEST

/* ---- forgetting ---- */

START_TEST(what_is_forgotten_begins_anew)
{
    se_metrics *metrics = make();

    se__metric_add(metrics, SE__METRIC_SELECTED, SE__LABELS("edit", "a"), 1);
    se__metric_add(metrics, SE__METRIC_SELECTED, SE__LABELS("rw", "a"), 1);
    se__metric_add(metrics, SE__METRIC_SELECTED, SE__LABELS("rw", "b"), 1);
    se__metric_forget(metrics, SE__METRIC_SELECTED, "a");
    se__metric_forget(metrics, SE__METRIC_SELECTED, "never seen");
    check_samples(metrics, "storage_element_selected_total",
                  "storage_element_selected_total{mode=\"rw\","
                  "storage_element_id=\"b\"} 1.0\n");
    se__metric_add(metrics, SE__METRIC_SELECTED, SE__LABELS("rw", "a"), 1);
    check_samples(metrics, "storage_element_selected_total",
                  "storage_element_selected_total{mode=\"rw\","
                  "storage_element_id=\"a\"} 1.0\n"
                  "storage_element_selected_total{mode=\"rw\","
                  "storage_element_id=\"b\"} 1.0\n");
    /* Without a label there is nothing to go by. */
    se__metric_forget(metrics, SE__METRIC_ENDPOINTS, "a");
    ck_assert_uint_eq(count_lines(metrics, "ingester_se_endpoints_count"), 1);
    se_metrics_unref(metrics);
}
END_TEST

START_TEST(forgetting_makes_room)
{
    se_metrics *metrics = make();

    for (int i = 0; i < 3 * SE__METRIC_SERIES_MAX; i++) {
        char id[20];

        snprintf(id, sizeof(id), "se-%d", i);
        se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS(id), 1);
        se__metric_forget(metrics, SE__METRIC_SUPPRESSED, id);
    }
    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("last"), 1);
    check_samples(metrics, "ingester_se_suppressed",
                  "ingester_se_suppressed{storage_element_id=\"last\"} 1.0\n");
    se_metrics_unref(metrics);
}
END_TEST

/* ---- pull by callback ---- */

typedef struct pulled {
    se_metrics *metrics;
    size_t series;
    char seen[4096];
} pulled;

static void pull(void *user, const se_metric_sample *sample)
{
    pulled *p = user;
    size_t used = strlen(p->seen);

    p->series++;
    ck_assert_uint_eq(sample->size, sizeof(*sample));
    if (sample->n_labels == 1 &&
        strcmp(sample->label_names[0], "storage_element_id") == 0) {
        snprintf(p->seen + used, sizeof(p->seen) - used, "%s{%s}=%g ",
                 sample->name, sample->label_values[0], sample->value);
    }
    if (strcmp(sample->name, RELOAD) == 0) {
        ck_assert_int_eq(sample->kind, SE_METRIC_HISTOGRAM);
        ck_assert_uint_eq(sample->count, 2);
        ck_assert_double_eq(sample->value, 7.5);
        ck_assert_uint_eq(sample->n_bounds, 8);
        ck_assert_double_eq(sample->bounds[6], 2.5);
        ck_assert_uint_eq(sample->counts[6], 1);
        ck_assert_uint_eq(sample->counts[7], 0);
        ck_assert_ptr_nonnull(strstr(sample->help, "reloads"));
    }
}

START_TEST(each_hands_over_everything)
{
    se_metrics *metrics = make();
    pulled p = {.metrics = metrics};

    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("b"), 0);
    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("a"), 1);
    se__metric_set(metrics, SE__METRIC_INFLIGHT_BYTES, SE__LABELS("a"), 9);
    se__metric_observe(metrics, SE__METRIC_RELOAD_SECONDS, SE__LABELS("redis"),
                       2.4);
    se__metric_observe(metrics, SE__METRIC_RELOAD_SECONDS, SE__LABELS("redis"),
                       5.1);
    se_metrics_each(metrics, pull, &p);
    ck_assert_str_eq(p.seen, "ingester_se_inflight_bytes{a}=9 "
                             "ingester_se_suppressed{a}=1 "
                             "ingester_se_suppressed{b}=0 ");
    ck_assert_uint_gt(p.series, 40);
    se_metrics_each(NULL, pull, &p);
    se_metrics_unref(metrics);
}
END_TEST

/* The callback may count, forget, print: no lock is held. */
static void meddle(void *user, const se_metric_sample *sample)
{
    pulled *p = user;
    char *text = NULL;

    if (strcmp(sample->name, "ingester_se_suppressed") != 0) {
        return;
    }
    p->series++;
    snprintf(p->seen + strlen(p->seen), 10, "%s ", sample->label_values[0]);
    se__metric_forget(p->metrics, SE__METRIC_SUPPRESSED, "a");
    se__metric_forget(p->metrics, SE__METRIC_SUPPRESSED, "b");
    se__metric_set(p->metrics, SE__METRIC_SUPPRESSED, SE__LABELS("c"), 1);
    ck_assert_int_eq(se_metrics_print(p->metrics, &text, NULL), SE_OK);
    free(text);
    /* Forgotten, but not under our feet. */
    ck_assert_int_eq(sample->label_values[0][1], '\0');
}

START_TEST(each_may_be_meddled_with)
{
    se_metrics *metrics = make();
    pulled p = {.metrics = metrics};

    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("a"), 1);
    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("b"), 1);
    se_metrics_each(metrics, meddle, &p);
    ck_assert_int_eq(strncmp(p.seen, "a b ", 4), 0);
    check_samples(metrics, "ingester_se_suppressed",
                  "ingester_se_suppressed{storage_element_id=\"c\"} 1.0\n");
    se_metrics_unref(metrics);
}
END_TEST

/* ---- collectors ---- */

static void collect(void *user, se_metrics *metrics)
{
    int *calls = user;

    ++*calls;
    se__metric_set(metrics, SE__METRIC_TOPOLOGY_AGE, NULL, *calls);
}

START_TEST(collectors_run_before_reading)
{
    se_metrics *metrics = make();
    int calls[20] = {0};
    char *text = NULL;

    for (size_t i = 0; i < SE__COUNT(calls); i++) {
        se__metrics_collect(metrics, collect, &calls[i]);
    }
    check_samples(metrics, "ingester_topology_age_seconds",
                  "ingester_topology_age_seconds 1.0\n");
    se__metrics_uncollect(metrics, collect, &calls[3]);
    se__metrics_uncollect(metrics, collect, &calls[0]);
    se__metrics_uncollect(metrics, collect, &calls[19]);
    se__metrics_uncollect(metrics, collect, &calls[19]);
    ck_assert_int_eq(se_metrics_print(metrics, &text, NULL), SE_OK);
    free(text);
    ck_assert_int_eq(calls[0], 1);
    ck_assert_int_eq(calls[1], 2);
    ck_assert_int_eq(calls[3], 1);
    ck_assert_int_eq(calls[18], 2);
    ck_assert_int_eq(calls[19], 1);
    se_metrics_unref(metrics); /* with the others still there */
}
END_TEST

/* ---- nobody counts ---- */

START_TEST(null_is_nobody)
{
    se_error err = SE_ERROR_INIT;
    char *text = NULL;
    int calls = 0;

    se__metric_add(NULL, SE__METRIC_CHANGES, SE__LABELS("added"), 1);
    se__metric_set(NULL, SE__METRIC_ENDPOINTS, NULL, 1);
    se__metric_observe(NULL, SE__METRIC_TOKEN_SECONDS, NULL, 1);
    se__metric_forget(NULL, SE__METRIC_SELECTED, "a");
    se__metrics_collect(NULL, collect, &calls);
    se__metrics_uncollect(NULL, collect, &calls);
    ck_assert_ptr_null(se_metrics_ref(NULL));
    se_metrics_unref(NULL);
    ck_assert_int_eq(se_metrics_print(NULL, &text, &err), SE_E_INVALID);
    ck_assert_ptr_null(text);
}
END_TEST

START_TEST(references_are_counted)
{
    se_metrics *metrics = make();

    ck_assert_ptr_eq(se_metrics_ref(metrics), metrics);
    se_metrics_unref(metrics);
    check_samples(metrics, "ingester_topology_held",
                  "ingester_topology_held 0.0\n");
    se_metrics_unref(metrics);
}
END_TEST

/* ---- the table ---- */

static bool is_name(const char *name)
{
    return strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name);
}

START_TEST(table_is_sound)
{
    for (int i = 0; i < SE__METRICS; i++) {
        se__metric_row row, other;

        se__metric_row_get((se__metric)i, &row);
        ck_assert(is_name(row.name) && row.help[0]);
        ck_assert_int_eq(row.n_bounds > 0, row.kind == SE_METRIC_HISTOGRAM);
        ck_assert_int_eq(
            strlen(row.name) > 6 &&
                strcmp(row.name + strlen(row.name) - 6, "_total") == 0,
            row.kind == SE_METRIC_COUNTER);
        for (size_t j = 0; j < row.n_labels; j++) {
            ck_assert_msg(is_name(row.labels[j]), "%s", row.name);
        }
        for (size_t j = 1; j < row.n_bounds; j++) {
            ck_assert(row.bounds[j - 1] < row.bounds[j]);
        }
        for (int j = 0; j < i; j++) {
            se__metric_row_get((se__metric)j, &other);
            ck_assert_str_ne(row.name, other.name);
        }
    }
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {counter_counts, 1},
        {gauge_is_set, SE__COUNT(values)},
        {gauge_goes_up_and_down, 1},
        {histogram_is_cumulative, 1},
        {text_begins_with_what_alerts_need, 1},
        {labels_are_escaped, 1},
        {labels_are_cleaned, SE__COUNT(unclean)},
        {missing_label_is_empty, 1},
        {series_are_sorted, 1},
        {labels_are_sorted, 1},
        {too_many_ids_are_counted_as_other, 1},
        {what_is_forgotten_begins_anew, 1},
        {forgetting_makes_room, 1},
        {each_hands_over_everything, 1},
        {each_may_be_meddled_with, 1},
        {collectors_run_before_reading, 1},
        {null_is_nobody, 1},
        {references_are_counted, 1},
        {table_is_sound, 1},
        {decimal_comma_changes_nothing, 1},
    };

    return run_suite("metrics", rows, SE__COUNT(rows));
}
