/*
 * The inside of a set of metrics, for lib/observe/metrics*.c.
 */
#ifndef SE_OBSERVE_METRICS_PRIVATE_H
#define SE_OBSERVE_METRICS_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/thread.h"
#include "observe/metrics_table.h"

#define SE__METRIC_BUCKETS 1021

/* One allocation: counts and the labels' text stand behind it. */
typedef struct se__series {
    struct se__series *next;  /* of the same metric */
    struct se__series *chain; /* of the same bucket; then of those gone */
    se__metric metric;
    const char *labels[SE__METRIC_LABELS_MAX];
    double value; /* a histogram's sum */
    uint64_t count;
    uint64_t *counts; /* not cumulative */
} se__series;

typedef struct se__collector {
    struct se__collector *next;
    se__collect_fn fn;
    void *user;
} se__collector;

struct se_metrics {
    atomic_int refs;
    se__metric_row rows[SE__METRICS]; /* constant */

    se__mutex lock;
    se__series *first[SE__METRICS]; /* sorted by labels */
    size_t n_series[SE__METRICS];
    se__series *buckets[SE__METRIC_BUCKETS];
    int readers;      /* somebody stands on a series, without the lock */
    se__series *gone; /* forgotten meanwhile */

    se__mutex collect_lock; /* held while collectors run */
    se__collector *collectors;
};

/* metrics_series.c */
/* NULL: not to be counted, or out of memory. */
se__series *se__series_need_locked(se_metrics *metrics, se__metric metric,
                                   const char *const *labels);
/* Those whose last label has this value; there is a label. */
void se__series_forget_locked(se_metrics *metrics, se__metric metric,
                              const char *last_label);
/* Free those that are gone, unless somebody reads. */
void se__series_bury_locked(se_metrics *metrics);

/*
 * Who reads: called for each metric, then for each of its series with a copy
 * of what it held at one moment. No lock is held.
 */
typedef struct se__metric_reader {
    void (*metric)(void *user, const se__metric_row *row); /* optional */
    void (*series)(void *user, const se__metric_row *row,
                   const se__series *series);
    void *user;
} se__metric_reader;

/* Let the collectors set what is only known on looking, then read all. */
void se__metrics_read(se_metrics *metrics, const se__metric_reader *reader);

#endif
