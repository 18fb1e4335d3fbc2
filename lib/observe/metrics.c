/*
 * Series, and counting into them.
 *
 * Design notes. One lock guards all series: counting is a look-up and an
 * addition, a handful per upload. Series are found in a hash table by metric
 * and label values; they are never freed one by one while somebody reads,
 * because reading holds the lock as well. When memory runs out an event is not
 * counted: metrics never make an upload fail.
 */
#include "observe/metrics_private.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define OTHER "other"

/* ---- life ---- */

static void count_from_the_start(se_metrics *metrics)
{
    se__metric_row row;

    for (int i = 0; i < SE__METRICS; i++) {
        se__metric_row_get((se__metric)i, &row);
        if (row.n_labels == 0) {
            se__metric_add(metrics, (se__metric)i, NULL, 0);
        }
    }
    for (size_t i = 0; i < se__metrics_n_first; i++) {
        se__metric_add(metrics, se__metrics_first[i].metric,
                       se__metrics_first[i].labels, 0);
    }
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
    count_from_the_start(metrics);
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

static void series_free(se__series *series)
{
    for (size_t i = 0; i < SE__METRIC_LABELS_MAX; i++) {
        free(series->labels[i]);
    }
    free(series->counts);
    free(series);
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
            series_free(series);
        }
    }
    se__mutex_fini(&metrics->collect_lock);
    se__mutex_fini(&metrics->lock);
    free(metrics);
}

/* ---- finding a series ---- */

static size_t bucket_of(se__metric metric, const char *const *labels,
                        size_t n_labels)
{
    uint64_t hash = 0xcbf29ce484222325u ^ (uint64_t)metric;

    for (size_t i = 0; i < n_labels; i++) {
        for (const char *at = labels[i]; *at; at++) {
            hash = (hash ^ (unsigned char)*at) * 0x100000001b3u;
        }
        hash = (hash ^ 0xff) * 0x100000001b3u;
    }
    return (size_t)(hash % SE__METRIC_BUCKETS);
}

static bool has_labels(const se__series *series, const char *const *labels,
                       size_t n_labels)
{
    for (size_t i = 0; i < n_labels; i++) {
        if (strcmp(series->labels[i], labels[i]) != 0) {
            return false;
        }
    }
    return true;
}

static se__series *find_locked(se_metrics *metrics, se__metric metric,
                               const char *const *labels, size_t n_labels)
{
    se__series *series = metrics->buckets[bucket_of(metric, labels, n_labels)];

    while (series != NULL && (series->metric != metric ||
                              !has_labels(series, labels, n_labels))) {
        series = series->chain;
    }
    return series;
}

static se__series *make_locked(se_metrics *metrics, se__metric metric,
                               const se__metric_row *row,
                               const char *const *labels)
{
    se__series *series = se__zalloc(sizeof(*series));
    se__series **bucket;

    if (series == NULL) {
        return NULL;
    }
    series->metric = metric;
    for (size_t i = 0; i < row->n_labels; i++) {
        series->labels[i] = se__strdup(labels[i]);
        if (series->labels[i] == NULL) {
            goto failed;
        }
    }
    if (row->n_bounds > 0) {
        series->counts = se__zalloc_array(row->n_bounds, sizeof(uint64_t));
        if (series->counts == NULL) {
            goto failed;
        }
    }
    bucket = &metrics->buckets[bucket_of(metric, labels, row->n_labels)];
    series->chain = *bucket;
    *bucket = series;
    series->next = metrics->first[metric];
    metrics->first[metric] = series;
    metrics->n_series[metric]++;
    return series;
failed:
    series_free(series);
    return NULL;
}

/* NULL: out of memory. */
static se__series *need_locked(se_metrics *metrics, se__metric metric,
                               const se__metric_row *row,
                               const char *const *labels)
{
    static const char *const other[] = {OTHER, OTHER, OTHER};
    se__series *series = find_locked(metrics, metric, labels, row->n_labels);

    if (series == NULL && metrics->n_series[metric] >= SE__METRIC_SERIES_MAX) {
        labels = other;
        series = find_locked(metrics, metric, labels, row->n_labels);
    }
    if (series == NULL) {
        series = make_locked(metrics, metric, row, labels);
    }
    return series;
}

/* ---- counting ---- */

static void add_locked(se__series *series, const se__metric_row *row,
                       double value)
{
    (void)row;
    series->value += value;
}

static void set_locked(se__series *series, const se__metric_row *row,
                       double value)
{
    (void)row;
    series->value = value;
}

static void observe_locked(se__series *series, const se__metric_row *row,
                           double value)
{
    series->value += value;
    series->count++;
    for (size_t i = 0; i < row->n_bounds; i++) {
        if (value <= row->bounds[i]) {
            series->counts[i]++;
            return;
        }
    }
}

static void update(se_metrics *metrics, se__metric metric,
                   const char *const *labels, double value,
                   void (*change)(se__series *, const se__metric_row *, double))
{
    se__metric_row row;
    se__series *series;

    if (metrics == NULL) {
        return;
    }
    se__metric_row_get(metric, &row);
    se__mutex_lock(&metrics->lock);
    series = need_locked(metrics, metric, &row, labels);
    if (series != NULL) {
        change(series, &row, value);
    }
    se__mutex_unlock(&metrics->lock);
}

void se__metric_add(se_metrics *metrics, se__metric metric,
                    const char *const *labels, double by)
{
    update(metrics, metric, labels, by, add_locked);
}

void se__metric_set(se_metrics *metrics, se__metric metric,
                    const char *const *labels, double value)
{
    update(metrics, metric, labels, value, set_locked);
}

void se__metric_observe(se_metrics *metrics, se__metric metric,
                        const char *const *labels, double value)
{
    update(metrics, metric, labels, value, observe_locked);
}

/* ---- forgetting ---- */

static void unchain_locked(se_metrics *metrics, const se__series *series,
                           size_t n_labels)
{
    const char *labels[SE__METRIC_LABELS_MAX] = {
        series->labels[0], series->labels[1], series->labels[2]};
    se__series **link =
        &metrics->buckets[bucket_of(series->metric, labels, n_labels)];

    while (*link != series) {
        link = &(*link)->chain;
    }
    *link = series->chain;
}

void se__metric_forget(se_metrics *metrics, se__metric metric,
                       const char *last_label)
{
    se__metric_row row;
    se__series **link;

    if (metrics == NULL) {
        return;
    }
    se__metric_row_get(metric, &row);
    se__mutex_lock(&metrics->lock);
    link = &metrics->first[metric];
    while (*link != NULL) {
        se__series *series = *link;

        if (strcmp(series->labels[row.n_labels - 1], last_label) != 0) {
            link = &series->next;
            continue;
        }
        *link = series->next;
        unchain_locked(metrics, series, row.n_labels);
        metrics->n_series[metric]--;
        series_free(series);
    }
    se__mutex_unlock(&metrics->lock);
}

/* ---- what is only known on looking ---- */

void se__metrics_collect(se_metrics *metrics, se__collect_fn fn, void *user)
{
    if (metrics == NULL) {
        return;
    }
    se__mutex_lock(&metrics->collect_lock);
    if (metrics->n_collectors < SE__METRIC_COLLECTORS) {
        metrics->collectors[metrics->n_collectors].fn = fn;
        metrics->collectors[metrics->n_collectors].user = user;
        metrics->n_collectors++;
    }
    se__mutex_unlock(&metrics->collect_lock);
}

void se__metrics_uncollect(se_metrics *metrics, se__collect_fn fn, void *user)
{
    if (metrics == NULL) {
        return;
    }
    se__mutex_lock(&metrics->collect_lock);
    for (size_t i = 0; i < metrics->n_collectors; i++) {
        if (metrics->collectors[i].fn == fn &&
            metrics->collectors[i].user == user) {
            metrics->collectors[i] =
                metrics->collectors[--metrics->n_collectors];
            break;
        }
    }
    se__mutex_unlock(&metrics->collect_lock);
}

void se__metrics_refresh(se_metrics *metrics)
{
    se__mutex_lock(&metrics->collect_lock);
    for (size_t i = 0; i < metrics->n_collectors; i++) {
        metrics->collectors[i].fn(metrics->collectors[i].user, metrics);
    }
    se__mutex_unlock(&metrics->collect_lock);
}
