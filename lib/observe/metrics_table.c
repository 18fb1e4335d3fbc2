/*
 * Names, labels and buckets of all metrics.
 *
 * Source: wire-contract 7.2; ours is what begins with ingester_topology,
 * ingester_watch, ingester_placement, ingester_se_inflight, _suppressed.
 */
#include "observe/metrics_table.h"

#include <string.h>

#include "base/mem.h"

#define BOUNDS(name, ...)                                                      \
    static const double name[] = {__VA_ARGS__};                                \
    enum {                                                                     \
        n_##name = sizeof(name) / sizeof(double)                               \
    };                                                                         \
    _Static_assert(n_##name <= SE__METRIC_BOUNDS_MAX,                          \
                   "more than a reader copies")

BOUNDS(quick_bounds, .01, .025, .05, .1, .25, .5, 1, 2.5, 5);
BOUNDS(lock_bounds, .001, .005, .01, .025, .05, .1, .25, .5, 1);
BOUNDS(poll_bounds, .1, .25, .5, 1, 2.5, 5, 10, 15);
BOUNDS(upload_bounds, .1, .5, 1, 5, 10, 30, 60, 120, 300);
BOUNDS(reload_bounds, .01, .05, .1, .25, .5, 1, 2.5, 5);
BOUNDS(token_bounds, .1, .25, .5, 1, 2.5, 5, 10, 30);
BOUNDS(refresh_bounds, .1, .25, .5, 1, 2.5, 5, 10);
#define no_bounds NULL
enum {
    n_no_bounds = 0
};

typedef struct source_row {
    se_metric_kind kind;
    const char *name;
    const char *labels; /* names, separated by a space */
    const double *bounds;
    size_t n_bounds;
    const char *help;
} source_row;

static const source_row rows[] = {
#define ROW(symbol, kind, name, labels, bounds, help)                          \
    [SE__METRIC_##                                                             \
        symbol] = {SE_METRIC_##kind, name, labels, bounds, n_##bounds, help},
    SE__METRIC_MAP(ROW)
#undef ROW
};

/* Every name of a label, once: a row's text cannot be cut in place. */
static const struct {
    const char *name;
    bool open;
} label_names[] = {
    {"retention_policy", false},
    {"source", false},
    {"status", false},
    {"mode", false},
    {"reason", false},
    {"instance_id", true},
    {"transition_type", false},
    {"storage_element_id", true},
    {"result", false},
    {"storage_id", true},
    {"error_type", false},
    {"change_type", false},
    {"kind", false},
    {"trigger", false},
    {"admin_module_url", true},
};

static void set_label(se__metric_row *row, const char *text, size_t length)
{
    for (size_t i = 0; i < SE__COUNT(label_names); i++) {
        if (strlen(label_names[i].name) == length &&
            memcmp(label_names[i].name, text, length) == 0) {
            row->labels[row->n_labels] = label_names[i].name;
            row->open[row->n_labels] = label_names[i].open;
            row->n_labels++;
            return;
        }
    }
}

void se__metric_row_get(se__metric metric, se__metric_row *row)
{
    const source_row *from = &rows[metric];
    const char *at = from->labels;

    *row = (se__metric_row){
        .name = from->name,
        .help = from->help,
        .kind = from->kind,
        .bounds = from->bounds,
        .n_bounds = from->n_bounds,
    };
    while (*at) {
        size_t length = strcspn(at, " ");

        set_label(row, at, length);
        at += length + (at[length] == ' ');
    }
}

#define BY_STATUS(metric, label)                                               \
    {SE__METRIC_##metric, {label, "success"}},                                 \
        {SE__METRIC_##metric, {label, "failed"}},                              \
    {                                                                          \
        SE__METRIC_##metric,                                                   \
        {                                                                      \
            label, "error"                                                     \
        }                                                                      \
    }

const se__metric_first se__metrics_first[] = {
    BY_STATUS(RELOADS, "redis"),
    BY_STATUS(RELOADS, "admin_module"),
    BY_STATUS(RELOADS, "file"),
    BY_STATUS(RELOADS, "pubsub"),
    {SE__METRIC_RELOADS, {"none", "failed"}},
    BY_STATUS(LAZY_RELOADS, "insufficient_storage"),
    BY_STATUS(LAZY_RELOADS, "not_found"),
    BY_STATUS(LAZY_RELOADS, "connection_error"),
    BY_STATUS(LAZY_RELOADS, "manual"),
    {SE__METRIC_CHANGES, {"added"}},
    {SE__METRIC_CHANGES, {"removed"}},
    {SE__METRIC_CHANGES, {"updated"}},
    {SE__METRIC_SELECTION_SOURCE, {"adaptive_monitor", "success"}},
    {SE__METRIC_SELECTION_SOURCE, {"admin_module", "success"}},
    {SE__METRIC_SELECTION_SOURCE, {"none", "failed"}},
    {SE__METRIC_UNAVAILABLE, {"temporary"}},
    {SE__METRIC_UNAVAILABLE, {"permanent"}},
    {SE__METRIC_CACHE_HITS, {"hit"}},
    {SE__METRIC_CACHE_HITS, {"miss"}},
    {SE__METRIC_UPLOADS, {"temporary", "stored"}},
    {SE__METRIC_UPLOADS, {"temporary", "rejected"}},
    {SE__METRIC_UPLOADS, {"temporary", "unknown"}},
    {SE__METRIC_UPLOADS, {"permanent", "stored"}},
    {SE__METRIC_UPLOADS, {"permanent", "rejected"}},
    {SE__METRIC_UPLOADS, {"permanent", "unknown"}},
    {SE__METRIC_UPLOAD_BYTES, {"temporary"}},
    {SE__METRIC_UPLOAD_BYTES, {"permanent"}},
};
const size_t se__metrics_n_first = SE__COUNT(se__metrics_first);
