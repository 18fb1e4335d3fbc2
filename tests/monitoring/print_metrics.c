/*
 * Prints every metric with every label, as a program that has done everything
 * would: what the queries of examples/monitoring are held against.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "observe/metrics_table.h"

#define MOST_VALUES 4

/* The values that queries ask for; of ids any. */
static const struct {
    const char *label;
    const char *values[MOST_VALUES];
} labels[] = {
    {"retention_policy", {"temporary", "permanent"}},
    {"source", {"redis", "admin_module", "file", "pubsub"}},
    {"status", {"success", "failed", "error"}},
    {"mode", {"edit", "rw"}},
    {"reason", {"insufficient_storage", "not_found", "connection_error"}},
    {"instance_id", {"ingester-1"}},
    {"transition_type", {"acquired", "renewed", "lost"}},
    {"storage_element_id", {"se-01"}},
    {"result", {"success", "failed", "hit", "miss"}},
    {"storage_id", {"se-01"}},
    {"error_type", {"timeout", "http_error", "connection_error"}},
    {"change_type", {"added", "removed", "updated"}},
    {"kind", {"event", "document", "ready"}},
    {"trigger", {"manual", "expired", "expiring_soon"}},
    {"admin_module_url", {"http://admin:8000"}},
};

static const char *value_of(const char *label, size_t n)
{
    for (size_t i = 0; i < SE__COUNT(labels); i++) {
        if (strcmp(labels[i].label, label) == 0) {
            const char *value = labels[i].values[n];

            return value ? value : labels[i].values[0];
        }
    }
    fprintf(stderr, "label %s has no values here\n", label);
    exit(1);
}

static void touch(se_metrics *metrics, se__metric metric)
{
    se__metric_row row;

    se__metric_row_get(metric, &row);
    for (size_t n = 0; n < MOST_VALUES; n++) {
        const char *values[SE__METRIC_LABELS_MAX] = {NULL};

        for (size_t i = 0; i < row.n_labels; i++) {
            values[i] = value_of(row.labels[i], n);
        }
        if (row.kind == SE_METRIC_HISTOGRAM) {
            se__metric_observe(metrics, metric, values, 0.3);
        } else {
            se__metric_add(metrics, metric, values, 1);
        }
    }
}

int main(void)
{
    se_metrics *metrics = NULL;
    char *text = NULL;

    if (se_metrics_new(&metrics, NULL) != SE_OK) {
        return 1;
    }
    for (int i = 0; i < SE__METRICS; i++) {
        touch(metrics, (se__metric)i);
    }
    if (se_metrics_print(metrics, &text, NULL) == SE_OK) {
        fputs(text, stdout);
    }
    free(text);
    se_metrics_unref(metrics);
    return text == NULL;
}
