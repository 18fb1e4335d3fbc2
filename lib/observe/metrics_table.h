/*
 * The table of metrics, for lib/observe/metrics*.c.
 */
#ifndef SE_OBSERVE_METRICS_TABLE_H
#define SE_OBSERVE_METRICS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "observe/metrics.h"

#define SE__METRIC_BOUNDS_MAX 9

typedef struct se__metric_row {
    const char *name;
    const char *help;
    se_metric_kind kind;
    const char *labels[SE__METRIC_LABELS_MAX];
    bool open[SE__METRIC_LABELS_MAX]; /* its values come from outside */
    size_t n_labels;
    const double *bounds;
    size_t n_bounds;
} se__metric_row;

/* The row of a metric. */
void se__metric_row_get(se__metric metric, se__metric_row *row);

/* Series that are there from the start, at 0: what alerts ask for. */
typedef struct se__metric_first {
    se__metric metric;
    const char *labels[SE__METRIC_LABELS_MAX];
} se__metric_first;

extern const se__metric_first se__metrics_first[];
extern const size_t se__metrics_n_first;

#endif
