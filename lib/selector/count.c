/*
 * What metrics tell of choices.
 *
 * Source: wire-contract 7.2. A choice that found somebody is `success` from
 * adaptive_monitor if the element's figure is its own (a poll, or the shared
 * cache of polls), `fallback` from admin_module if it is the list's or the
 * Admin Module's, or there is none and the list alone decided.
 *
 * Design notes. A choice takes less time than counting it in four series would,
 * each under a lock. So it only adds to numbers of the selector, and when the
 * metrics are read they are told what was added since; each number is emptied
 * by that, and nobody needs to know what was told before. The duration of those
 * within the first bucket goes as their mean, so that buckets and sum are
 * exact.
 */
#include "selector/selector.h"

#include "base/mem.h"
#include "observe/metrics.h"

/* The first bucket of storage_selection_duration_seconds. */
#define QUICK_US 10000

typedef struct words {
    const char *source;
    const char *status;        /* of storage_selection_total */
    const char *source_status; /* of storage_selection_source_total */
} words;

static const words by_source[SE__CHOICE_SOURCES] = {
    [SE__FROM_ELEMENT] = {"adaptive_monitor", "success", "success"},
    [SE__FROM_LIST] = {"admin_module", "fallback", "success"},
    [SE__FROM_NOBODY] = {"none", "failed", "failed"},
};

static const se__choice_source by_origin[] = {
    [SE_ORIGIN_NONE] = SE__FROM_LIST,    [SE_ORIGIN_LIST] = SE__FROM_LIST,
    [SE_ORIGIN_POLL] = SE__FROM_ELEMENT, [SE_ORIGIN_CACHE] = SE__FROM_ELEMENT,
    [SE_ORIGIN_ADMIN] = SE__FROM_LIST,
};

/* ---- what failed ---- */

/* Why elements of the mode can be passed over. */
static bool is_refusal(se_reason reason)
{
    return reason != SE_REASON_NONE && reason != SE_REASON_MODE;
}

void se__selector_count_refused(se_metrics *metrics, se_reason reason,
                                size_t elements)
{
    if (is_refusal(reason) && elements > 0) {
        se__metric_add(metrics, SE__METRIC_PLACEMENT_REJECTED,
                       SE__LABELS(se_reason_name(reason)), (double)elements);
    }
}

/* ---- telling ---- */

static uint64_t take(atomic_uint_fast64_t *number)
{
    return atomic_load(number) == 0 ? 0 : atomic_exchange(number, 0);
}

static void tell_choices(se_metrics *metrics, const char *retention,
                         se__choice_source source, double n)
{
    const words *say = &by_source[source];

    se__metric_add(metrics, SE__METRIC_SELECTION,
                   SE__LABELS(retention, say->source, say->status), n);
    se__metric_add(metrics, SE__METRIC_SELECTION_SOURCE,
                   SE__LABELS(say->source, say->source_status), n);
    if (source == SE__FROM_NOBODY) {
        se__metric_add(metrics, SE__METRIC_UNAVAILABLE, SE__LABELS(retention),
                       n);
    }
}

static void tell(void *user, se_metrics *metrics)
{
    se__tally *tally = &((se_selector *)user)->tally;

    for (int r = 0; r < SE__RETENTIONS; r++) {
        const char *retention = se_retention_name((se_retention)r);
        uint64_t quick = take(&tally->quick[r]);

        for (int s = 0; s < SE__CHOICE_SOURCES; s++) {
            uint64_t n = take(&tally->choices[r][s]);

            if (n > 0) {
                tell_choices(metrics, retention, (se__choice_source)s,
                             (double)n);
            }
        }
        if (quick > 0) {
            double us = (double)take(&tally->quick_us[r]);

            se__metric_observe_many(metrics, SE__METRIC_SELECTION_SECONDS,
                                    SE__LABELS(retention),
                                    us / 1e6 / (double)quick, quick);
        }
    }
}

void se__selector_count_begin(se_selector *selector)
{
    for (int i = SE_REASON_NONE; selector->metrics && i <= SE_REASON_STALE;
         i++) {
        if (is_refusal((se_reason)i)) {
            se__metric_add(selector->metrics, SE__METRIC_PLACEMENT_REJECTED,
                           SE__LABELS(se_reason_name((se_reason)i)), 0);
        }
    }
    se__metrics_collect(selector->metrics, tell, selector);
}

void se__selector_count_end(se_selector *selector)
{
    if (selector->metrics) {
        se__metrics_uncollect(selector->metrics, tell, selector);
        tell(selector, selector->metrics);
    }
}

/* ---- counting ---- */

static se__choice_source source_of(const se__choice *choice)
{
    unsigned origin;

    if (!choice) {
        return SE__FROM_NOBODY;
    }
    origin = (unsigned)atomic_load(&choice->endpoint->origin);
    return origin < SE__COUNT(by_origin) ? by_origin[origin] : SE__FROM_LIST;
}

static void count_time(se_selector *selector, se_retention retention,
                       int64_t took_us)
{
    if (took_us < 0 || took_us > QUICK_US) {
        se__metric_observe(selector->metrics, SE__METRIC_SELECTION_SECONDS,
                           SE__LABELS(se_retention_name(retention)),
                           (double)took_us / 1e6);
        return;
    }
    if (took_us > 0) {
        atomic_fetch_add(&selector->tally.quick_us[retention],
                         (uint64_t)took_us);
    }
    atomic_fetch_add(&selector->tally.quick[retention], 1);
}

void se__selector_count(se_selector *selector, const se__query *query,
                        const se__choice *choice, int64_t took_us)
{
    count_time(selector, query->retention, took_us);
    atomic_fetch_add(
        &selector->tally.choices[query->retention][source_of(choice)], 1);
    if (choice) {
        se__metric_add(selector->metrics, SE__METRIC_SELECTED,
                       SE__LABELS(se_mode_name(se__mode_for(query->retention)),
                                  choice->endpoint->id),
                       1);
    }
}
