/*
 * What metrics tell of choices.
 *
 * Source: wire-contract 7.2. A choice that found somebody is `success` from
 * adaptive_monitor if the element's figure is its own (a poll, or the shared
 * cache of polls), `fallback` from admin_module if it is the list's or the
 * Admin Module's, or there is none and the list alone decided.
 */
#include "selector/selector.h"

#include "base/mem.h"
#include "observe/metrics.h"

typedef struct words {
    const char *source;
    const char *status;        /* of storage_selection_total */
    const char *source_status; /* of storage_selection_source_total */
} words;

static const words by_origin[] = {
    [SE_ORIGIN_NONE] = {"admin_module", "fallback", "success"},
    [SE_ORIGIN_LIST] = {"admin_module", "fallback", "success"},
    [SE_ORIGIN_POLL] = {"adaptive_monitor", "success", "success"},
    [SE_ORIGIN_CACHE] = {"adaptive_monitor", "success", "success"},
    [SE_ORIGIN_ADMIN] = {"admin_module", "fallback", "success"},
};
static const words nobody = {"none", "failed", "failed"};

/* Why elements of the mode can be passed over. */
static bool is_refusal(se_reason reason)
{
    return reason != SE_REASON_NONE && reason != SE_REASON_MODE;
}

void se__selector_count_from_start(se_metrics *metrics)
{
    for (int i = SE_REASON_NONE; i <= SE_REASON_STALE; i++) {
        if (is_refusal((se_reason)i)) {
            se__metric_add(metrics, SE__METRIC_PLACEMENT_REJECTED,
                           SE__LABELS(se_reason_name((se_reason)i)), 0);
        }
    }
}

void se__selector_count_refused(se_metrics *metrics, se_reason reason,
                                size_t elements)
{
    if (is_refusal(reason) && elements > 0) {
        se__metric_add(metrics, SE__METRIC_PLACEMENT_REJECTED,
                       SE__LABELS(se_reason_name(reason)), (double)elements);
    }
}

static const words *words_for(const se__choice *choice)
{
    unsigned origin;

    if (!choice) {
        return &nobody;
    }
    origin = (unsigned)atomic_load(&choice->endpoint->origin);
    return &by_origin[origin < SE__COUNT(by_origin) ? origin : SE_ORIGIN_NONE];
}

void se__selector_count(const se_selector *selector, const se__query *query,
                        const se__choice *choice, int64_t took_us)
{
    const char *retention = se_retention_name(query->retention);
    const words *say = words_for(choice);
    se_metrics *metrics = selector->metrics;

    se__metric_observe(metrics, SE__METRIC_SELECTION_SECONDS,
                       SE__LABELS(retention), (double)took_us / 1e6);
    se__metric_add(metrics, SE__METRIC_SELECTION,
                   SE__LABELS(retention, say->source, say->status), 1);
    se__metric_add(metrics, SE__METRIC_SELECTION_SOURCE,
                   SE__LABELS(say->source, say->source_status), 1);
    if (!choice) {
        se__metric_add(metrics, SE__METRIC_UNAVAILABLE, SE__LABELS(retention),
                       1);
        return;
    }
    se__metric_add(metrics, SE__METRIC_SELECTED,
                   SE__LABELS(se_mode_name(se__mode_for(query->retention)),
                              choice->endpoint->id),
                   1);
}
