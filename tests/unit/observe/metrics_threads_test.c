/* Metrics from many threads at once; best under the thread sanitizer. */
#include "suite.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/thread.h"
#include "observe/metrics.h"

#define WRITERS 4
#define IDS 50
#define PER_ID 100
#define TIMES (IDS * PER_ID)

typedef struct shared {
    se_metrics *metrics;
    atomic_int writers;
    atomic_int collected;
} shared;

static void count(void *argument)
{
    shared *s = argument;

    for (int i = 0; i < TIMES; i++) {
        char id[20];

        snprintf(id, sizeof(id), "se-%d", i % IDS);
        se__metric_add(s->metrics, SE__METRIC_SELECTED, SE__LABELS("rw", id),
                       1);
        se__metric_add(s->metrics, SE__METRIC_CHANGES, SE__LABELS("added"), 1);
        se__metric_observe(s->metrics, SE__METRIC_RELOAD_SECONDS,
                           SE__LABELS("redis"), i % 7);
        se__metric_set(s->metrics, SE__METRIC_SUPPRESSED, SE__LABELS(id), 1);
        if (i % 10 == 0) {
            se__metric_forget(s->metrics, SE__METRIC_SUPPRESSED, id);
        }
    }
    atomic_fetch_sub(&s->writers, 1);
}

static void collect(void *user, se_metrics *metrics)
{
    shared *s = user;

    atomic_fetch_add(&s->collected, 1);
    se__metric_set(metrics, SE__METRIC_TOPOLOGY_AGE, NULL, 1);
}

/* A part that comes and goes; none of its calls after it has gone. */
static void come_and_go(void *argument)
{
    shared *s = argument;

    while (atomic_load(&s->writers) > 0) {
        shared *own = se__zalloc(sizeof(*own));

        se__metrics_collect(s->metrics, collect, own);
        se__metrics_uncollect(s->metrics, collect, own);
        free(own);
    }
}

/* A histogram is read as it was at one moment. */
static void look(void *user, const se_metric_sample *sample)
{
    uint64_t sum = 0;

    (void)user;
    for (size_t i = 0; i < sample->n_bounds; i++) {
        sum += sample->counts[i];
    }
    ck_assert_uint_le(sum, sample->count);
    if (sample->n_bounds > 0 && sample->n_labels == 1) {
        /* 0 to 6, in turn: at most the last round is not whole */
        ck_assert(sample->value >= (double)sample->count * 3 - 6 * WRITERS * 2);
        ck_assert(sample->value <= (double)sample->count * 3 + 6 * WRITERS * 2);
    }
}

static double value_of(se_metrics *metrics, const char *series)
{
    char *text = NULL;
    double value;
    const char *at;
    char *end;

    ck_assert_int_eq(se_metrics_print(metrics, &text, NULL), SE_OK);
    at = strstr(text, series);
    ck_assert_ptr_nonnull(at);
    value = strtod(at + strlen(series), &end);
    ck_assert_int_eq(*end, '\n');
    free(text);
    return value;
}

START_TEST(nothing_is_lost)
{
    shared s = {.metrics = NULL};
    se__thread writers[WRITERS] = {{.started = false}};
    se__thread goer = {.started = false};

    ck_assert_int_eq(se_metrics_new(&s.metrics, NULL), SE_OK);
    atomic_init(&s.writers, WRITERS);
    se__metrics_collect(s.metrics, collect, &s);
    for (int i = 0; i < WRITERS; i++) {
        ck_assert_int_eq(
            se__thread_start(&writers[i], "count", count, &s, NULL), SE_OK);
    }
    ck_assert_int_eq(se__thread_start(&goer, "go", come_and_go, &s, NULL),
                     SE_OK);
    do {
        char *text = NULL;

        ck_assert_int_eq(se_metrics_print(s.metrics, &text, NULL), SE_OK);
        free(text);
        se_metrics_each(s.metrics, look, NULL);
    } while (atomic_load(&s.writers) > 0);
    for (int i = 0; i < WRITERS; i++) {
        se__thread_join(&writers[i]);
    }
    se__thread_join(&goer);
    ck_assert(atomic_load(&s.collected) >= 2);
    ck_assert_double_eq(
        value_of(s.metrics,
                 "\ningester_se_config_changes_total{change_type=\"added\"} "),
        WRITERS * TIMES);
    ck_assert_double_eq(value_of(s.metrics,
                                 "\nstorage_element_selected_total{mode=\"rw\","
                                 "storage_element_id=\"se-0\"} "),
                        (double)WRITERS * PER_ID);
    ck_assert_double_eq(value_of(s.metrics,
                                 "\ningester_se_config_reload_duration_seconds_"
                                 "count{source=\"redis\"} "),
                        WRITERS * TIMES);
    se_metrics_unref(s.metrics);
}
END_TEST

int main(void)
{
    const test_row rows[] = {{nothing_is_lost, 1}};

    return run_suite("metrics_threads", rows, SE__COUNT(rows));
}
