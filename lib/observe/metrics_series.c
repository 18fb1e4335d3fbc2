/*
 * The series of a set of metrics.
 *
 * Design notes. Series are found in a hash table by metric and label values,
 * and listed per metric in the order of their labels. Somebody may stand on one
 * without the lock (`readers`): what is forgotten meanwhile still leads to the
 * next one, and is freed when the last reader has gone.
 */
#include "observe/metrics_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define OTHER "other"

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

static int compare(const se__series *series, const char *const *labels,
                   size_t n_labels)
{
    int order = 0;

    for (size_t i = 0; i < n_labels && order == 0; i++) {
        order = strcmp(series->labels[i], labels[i]);
    }
    return order;
}

static se__series *find_locked(se_metrics *metrics, se__metric metric,
                               const char *const *labels)
{
    size_t n_labels = metrics->rows[metric].n_labels;
    se__series *series = metrics->buckets[bucket_of(metric, labels, n_labels)];

    while (series != NULL && (series->metric != metric ||
                              compare(series, labels, n_labels) != 0)) {
        series = series->chain;
    }
    return series;
}

/* ---- making one ---- */

static se__series *series_new(const se__metric_row *row,
                              const char *const *labels)
{
    size_t counts = row->n_bounds * sizeof(uint64_t);
    size_t size = sizeof(se__series) + counts;
    se__series *series;
    char *text;

    for (size_t i = 0; i < row->n_labels; i++) {
        size += strlen(labels[i]) + 1;
    }
    series = se__zalloc(size);
    if (series == NULL) {
        return NULL;
    }
    series->counts = (uint64_t *)(series + 1);
    text = (char *)(series + 1) + counts;
    for (size_t i = 0; i < row->n_labels; i++) {
        size_t length = strlen(labels[i]) + 1;

        memcpy(text, labels[i], length);
        series->labels[i] = text;
        text += length;
    }
    return series;
}

static void link_locked(se_metrics *metrics, se__series *series,
                        size_t n_labels)
{
    se__series **link = &metrics->first[series->metric];
    se__series **bucket =
        &metrics->buckets[bucket_of(series->metric, series->labels, n_labels)];

    while (*link != NULL && compare(*link, series->labels, n_labels) < 0) {
        link = &(*link)->next;
    }
    series->next = *link;
    *link = series;
    series->chain = *bucket;
    *bucket = series;
    metrics->n_series[series->metric]++;
}

/*
 * There are too many: those whose labels anybody could make up become one. A
 * gauge of several would tell nothing: false.
 */
static bool use_other(const se__metric_row *row, const char *const *labels,
                      const char **other)
{
    bool any_open = false;

    for (size_t i = 0; i < row->n_labels; i++) {
        any_open = any_open || row->open[i];
    }
    for (size_t i = 0; i < row->n_labels; i++) {
        other[i] = row->open[i] || !any_open ? OTHER : labels[i];
    }
    return row->kind != SE_METRIC_GAUGE;
}

se__series *se__series_need_locked(se_metrics *metrics, se__metric metric,
                                   const char *const *labels)
{
    const se__metric_row *row = &metrics->rows[metric];
    const char *other[SE__METRIC_LABELS_MAX];
    se__series *series = find_locked(metrics, metric, labels);

    if (series == NULL && metrics->n_series[metric] >= SE__METRIC_SERIES_MAX) {
        if (!use_other(row, labels, other)) {
            return NULL;
        }
        labels = other;
        series = find_locked(metrics, metric, labels);
    }
    if (series == NULL) {
        series = series_new(row, labels);
        if (series != NULL) {
            series->metric = metric;
            link_locked(metrics, series, row->n_labels);
        }
    }
    return series;
}

/* ---- forgetting ---- */

static void unlink_locked(se_metrics *metrics, se__series **link)
{
    se__series *series = *link;
    size_t n_labels = metrics->rows[series->metric].n_labels;
    se__series **chain =
        &metrics->buckets[bucket_of(series->metric, series->labels, n_labels)];

    while (*chain != series) {
        chain = &(*chain)->chain;
    }
    *chain = series->chain;
    *link = series->next; /* its own stays, for who stands on it */
    metrics->n_series[series->metric]--;
    series->chain = metrics->gone;
    metrics->gone = series;
}

void se__series_bury_locked(se_metrics *metrics)
{
    while (metrics->readers == 0 && metrics->gone != NULL) {
        se__series *series = metrics->gone;

        metrics->gone = series->chain;
        free(series);
    }
}

void se__series_forget_locked(se_metrics *metrics, se__metric metric,
                              const char *last_label)
{
    size_t last = metrics->rows[metric].n_labels - 1;
    se__series **link = &metrics->first[metric];

    while (*link != NULL) {
        if (strcmp((*link)->labels[last], last_label) == 0) {
            unlink_locked(metrics, link);
        } else {
            link = &(*link)->next;
        }
    }
    se__series_bury_locked(metrics);
}
