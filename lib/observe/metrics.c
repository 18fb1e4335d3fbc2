/*
 * A set of metrics: counting into it, reading from it, its life.
 *
 * Design notes. One lock guards all series: counting is a look-up and an
 * addition, a handful per upload. Who reads holds the lock for one series at a
 * time. When memory runs out an event is not counted: metrics never make an
 * upload fail.
 */
#include "observe/metrics_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define LABEL_SIZE 256

/* ---- counting ---- */

static void add_locked(se__series *series, const se__metric_row *row,
                       double value, uint64_t times)
{
    (void)times;
    if (isfinite(value) && (value >= 0 || row->kind == SE_METRIC_GAUGE)) {
        series->value += value;
    }
}

static void set_locked(se__series *series, const se__metric_row *row,
                       double value, uint64_t times)
{
    (void)row;
    (void)times;
    series->value = value;
}

static void observe_locked(se__series *series, const se__metric_row *row,
                           double value, uint64_t times)
{
    if (!isfinite(value)) {
        return;
    }
    series->value += value * (double)times;
    series->count += times;
    for (size_t i = 0; i < row->n_bounds; i++) {
        if (value <= row->bounds[i]) {
            series->counts[i] += times;
            return;
        }
    }
}

typedef void (*change_fn)(se__series *series, const se__metric_row *row,
                          double value, uint64_t times);

/* Room for labels that Prometheus could not read as they are. */
typedef struct clean_labels {
    const char *values[SE__METRIC_LABELS_MAX];
    char room[SE__METRIC_LABELS_MAX][LABEL_SIZE];
} clean_labels;

static void clean(clean_labels *to, const char *const *labels, size_t n_labels)
{
    for (size_t i = 0; i < n_labels; i++) {
        const char *value = labels[i] != NULL ? labels[i] : "";
        size_t length = strlen(value);

        to->values[i] = value;
        if (length >= LABEL_SIZE || !se__utf8_valid(value, length) ||
            !se__text_is_clean(value, length)) {
            se__clean_copy(to->room[i], LABEL_SIZE, value);
            to->values[i] = to->room[i];
        }
    }
}

/* False: out of memory. */
static bool update(se_metrics *metrics, se__metric metric,
                   const char *const *labels, double value, uint64_t times,
                   change_fn change)
{
    const se__metric_row *row = &metrics->rows[metric];
    clean_labels cleaned;
    se__series *series;

    clean(&cleaned, labels, row->n_labels);
    se__mutex_lock(&metrics->lock);
    series = se__series_need_locked(metrics, metric, cleaned.values);
    if (series != NULL) {
        change(series, row, value, times);
    }
    se__mutex_unlock(&metrics->lock);
    return series != NULL;
}

void se__metric_add(se_metrics *metrics, se__metric metric,
                    const char *const *labels, double by)
{
    if (metrics != NULL) {
        update(metrics, metric, labels, by, 1, add_locked);
    }
}

void se__metric_set(se_metrics *metrics, se__metric metric,
                    const char *const *labels, double value)
{
    if (metrics != NULL) {
        update(metrics, metric, labels, value, 1, set_locked);
    }
}

void se__metric_observe(se_metrics *metrics, se__metric metric,
                        const char *const *labels, double value)
{
    se__metric_observe_many(metrics, metric, labels, value, 1);
}

void se__metric_observe_many(se_metrics *metrics, se__metric metric,
                             const char *const *labels, double value,
                             uint64_t times)
{
    if (metrics != NULL) {
        update(metrics, metric, labels, value, times, observe_locked);
    }
}

void se__metric_forget(se_metrics *metrics, se__metric metric,
                       const char *last_label)
{
    if (metrics != NULL && metrics->rows[metric].n_labels > 0) {
        se__mutex_lock(&metrics->lock);
        se__series_forget_locked(metrics, metric, last_label);
        se__mutex_unlock(&metrics->lock);
    }
}

/* ---- what is only known on looking ---- */

void se__metrics_collect(se_metrics *metrics, se__collect_fn fn, void *user)
{
    se__collector *collector =
        metrics != NULL ? se__zalloc(sizeof(*collector)) : NULL;

    if (collector != NULL) {
        collector->fn = fn;
        collector->user = user;
        se__mutex_lock(&metrics->collect_lock);
        collector->next = metrics->collectors;
        metrics->collectors = collector;
        se__mutex_unlock(&metrics->collect_lock);
    }
}

void se__metrics_uncollect(se_metrics *metrics, se__collect_fn fn, void *user)
{
    se__collector **link;
    se__collector *found;

    if (metrics == NULL) {
        return;
    }
    se__mutex_lock(&metrics->collect_lock);
    link = &metrics->collectors;
    while (*link != NULL && ((*link)->fn != fn || (*link)->user != user)) {
        link = &(*link)->next;
    }
    found = *link;
    if (found != NULL) {
        *link = found->next;
    }
    se__mutex_unlock(&metrics->collect_lock);
    free(found);
}

static void collect(se_metrics *metrics)
{
    se__mutex_lock(&metrics->collect_lock);
    for (const se__collector *it = metrics->collectors; it; it = it->next) {
        it->fn(it->user, metrics);
    }
    se__mutex_unlock(&metrics->collect_lock);
}

/* ---- reading ---- */

/* Hand over what the series holds now; the lock is given back meanwhile. */
static void hand_over_locked(se_metrics *metrics, const se__series *series,
                             const se__metric_reader *reader)
{
    const se__metric_row *row = &metrics->rows[series->metric];
    uint64_t counts[SE__METRIC_BOUNDS_MAX];
    se__series copy = *series;

    memcpy(counts, series->counts, row->n_bounds * sizeof(counts[0]));
    copy.counts = counts;
    se__mutex_unlock(&metrics->lock);
    reader->series(reader->user, row, &copy);
    se__mutex_lock(&metrics->lock);
}

void se__metrics_read(se_metrics *metrics, const se__metric_reader *reader)
{
    collect(metrics);
    se__mutex_lock(&metrics->lock);
    metrics->readers++;
    for (int i = 0; i < SE__METRICS; i++) {
        if (reader->metric != NULL) {
            se__mutex_unlock(&metrics->lock);
            reader->metric(reader->user, &metrics->rows[i]);
            se__mutex_lock(&metrics->lock);
        }
        for (const se__series *series = metrics->first[i]; series != NULL;
             series = series->next) {
            hand_over_locked(metrics, series, reader);
        }
    }
    metrics->readers--;
    se__series_bury_locked(metrics);
    se__mutex_unlock(&metrics->lock);
}

/* ---- life ---- */

/* False: out of memory. */
static bool count_from_the_start(se_metrics *metrics)
{
    bool all = true;

    for (int i = 0; i < SE__METRICS && all; i++) {
        if (metrics->rows[i].n_labels == 0) {
            all = update(metrics, (se__metric)i, NULL, 0, 1, add_locked);
        }
    }
    for (size_t i = 0; i < se__metrics_n_first && all; i++) {
        all = update(metrics, se__metrics_first[i].metric,
                     se__metrics_first[i].labels, 0, 1, add_locked);
    }
    return all;
}

se_err se_metrics_new(se_metrics **out, se_error *err)
{
    se_metrics *metrics = se__zalloc(sizeof(*metrics));

    if (metrics == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for metrics");
    }
    atomic_init(&metrics->refs, 1);
    se__mutex_init(&metrics->lock);
    se__mutex_init(&metrics->collect_lock);
    for (int i = 0; i < SE__METRICS; i++) {
        se__metric_row_get((se__metric)i, &metrics->rows[i]);
    }
    if (!count_from_the_start(metrics)) {
        se_metrics_unref(metrics);
        return se__fail(err, SE_E_NOMEM, "out of memory for metrics");
    }
    *out = metrics;
    return SE_OK;
}

se_metrics *se_metrics_ref(se_metrics *metrics)
{
    if (metrics != NULL) {
        atomic_fetch_add(&metrics->refs, 1);
    }
    return metrics;
}

void se_metrics_unref(se_metrics *metrics)
{
    if (metrics == NULL || atomic_fetch_sub(&metrics->refs, 1) != 1) {
        return;
    }
    for (int i = 0; i < SE__METRICS; i++) {
        while (metrics->first[i] != NULL) {
            se__series *series = metrics->first[i];

            metrics->first[i] = series->next;
            free(series);
        }
    }
    while (metrics->collectors != NULL) {
        se__collector *collector = metrics->collectors;

        metrics->collectors = collector->next;
        free(collector);
    }
    se__mutex_fini(&metrics->collect_lock);
    se__mutex_fini(&metrics->lock);
    free(metrics);
}
