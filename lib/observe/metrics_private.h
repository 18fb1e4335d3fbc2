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

typedef struct se__series {
    struct se__series *next;  /* of the same metric */
    struct se__series *chain; /* of the same bucket */
    se__metric metric;
    char *labels[SE__METRIC_LABELS_MAX];
    double value; /* a histogram's sum */
    uint64_t count;
    uint64_t *counts; /* not cumulative */
} se__series;

struct se_metrics {
    atomic_int refs;
    se__mutex lock; /* series */
    se__series *first[SE__METRICS];
    size_t n_series[SE__METRICS];
    se__series *buckets[SE__METRIC_BUCKETS];

    se__mutex collect_lock; /* held while collectors run */
    struct {
        se__collect_fn fn;
        void *user;
    } collectors[SE__METRIC_COLLECTORS];
    size_t n_collectors;
};

/* Let the collectors set what is only known on looking. */
void se__metrics_refresh(se_metrics *metrics);

#endif
