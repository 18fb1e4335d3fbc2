/*
 * metrics.h - what the library counts, for Prometheus and for programs that
 * have metrics of their own.
 *
 * Names, labels and their values are a fixed table; labels come from closed
 * sets, except ids of storage elements and of this instance, whose number is
 * capped. Source: wire-contract 7.
 */
#ifndef ARTSTORE_METRICS_H
#define ARTSTORE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>

SE_BEGIN_DECLS

typedef struct se_metrics se_metrics;

typedef enum se_metric_kind {
    SE_METRIC_COUNTER = 0,
    SE_METRIC_GAUGE = 1,
    SE_METRIC_HISTOGRAM = 2
} se_metric_kind;

/* One series; a view, valid during the call only. */
typedef struct se_metric_sample {
    uint32_t size; /* sizeof(se_metric_sample) of the library */
    se_metric_kind kind;
    const char *name; /* as Prometheus sees it; a histogram's without _bucket */
    const char *help;
    const char *const *label_names;
    const char *const *label_values;
    size_t n_labels;
    double value;           /* of a counter or gauge; a histogram's sum */
    uint64_t count;         /* of a histogram */
    const double *bounds;   /* of a histogram's buckets, ascending, finite */
    const uint64_t *counts; /* n_bounds of them, not cumulative; what is above
                               the last bound is missing: count - their sum */
    size_t n_bounds;
} se_metric_sample;

/* Called once per series, those of a metric together, with no lock held. */
typedef void (*se_metric_fn)(void *user, const se_metric_sample *sample);

/*
 * Make a set of metrics, to be handed to the parts whose work it counts.
 *
 * @param[out] out  returns owned; drop with se_metrics_unref()
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_metrics_new(se_metrics **out, se_error *err);

/*
 * Take another reference.
 *
 * @param metrics  borrows; NULL is a no-op
 * @return         metrics
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_metrics *se_metrics_ref(se_metrics *metrics);

/*
 * Drop a reference; the last one frees.
 *
 * @param metrics  takes; NULL is a no-op
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_metrics_unref(se_metrics *metrics);

/*
 * Write all metrics in Prometheus' text format 0.0.4, to be answered as
 * `text/plain; version=0.0.4; charset=utf-8`.
 *
 * @param metrics   borrows
 * @param[out] out  returns owned text; free with se_free()
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_metrics_print(se_metrics *metrics, char **out, se_error *err);

/*
 * Hand over all metrics, series by series, for a program with metrics of its
 * own. Each series is as it was at one moment, not all at the same.
 *
 * @param metrics   borrows; NULL has none
 * @param fn        called on this thread, before the call returns
 * @param user      handed to fn
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_metrics_each(se_metrics *metrics, se_metric_fn fn, void *user);

SE_END_DECLS

#endif
