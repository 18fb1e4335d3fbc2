/*
 * Metrics as Prometheus reads them.
 *
 * Source: Prometheus text format 0.0.4; wire-contract 7.1 for the order of
 * labels and the spelling of values.
 */
#include "observe/metrics_private.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"

/* ---- pull by callback ---- */

typedef struct receiver {
    se_metric_fn fn;
    void *user;
} receiver;

static void hand_on(void *user, const se__metric_row *row,
                    const se__series *series)
{
    const receiver *to = user;
    se_metric_sample sample = {
        .size = sizeof(sample),
        .kind = row->kind,
        .name = row->name,
        .help = row->help,
        .label_names = row->labels,
        .label_values = series->labels,
        .n_labels = row->n_labels,
        .value = series->value,
        .count = series->count,
        .bounds = row->bounds,
        .counts = series->counts,
        .n_bounds = row->n_bounds,
    };

    to->fn(to->user, &sample);
}

void se_metrics_each(se_metrics *metrics, se_metric_fn fn, void *user)
{
    receiver to = {fn, user};

    if (metrics != NULL) {
        se__metrics_read(metrics,
                         &(se__metric_reader){.series = hand_on, .user = &to});
    }
}

/* ---- pull as text ---- */

/* 1 as "1.0", 0.01 as "0.01". */
static void print_value(se__buf *buf, double value)
{
    char text[SE__DOUBLE_SIZE];

    if (!isfinite(value)) {
        se__buf_puts(buf, isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        return;
    }
    se__double_print(value, text);
    se__buf_puts(buf, text);
    if (strpbrk(text, ".e") == NULL) {
        se__buf_puts(buf, ".0");
    }
}

/* HELP may hold a quote as it is, a label's value may not. */
static void print_escaped(se__buf *buf, const char *text, const char *special)
{
    for (; *text; text++) {
        if (strchr(special, *text) != NULL) {
            se__buf_putc(buf, '\\');
        }
        se__buf_putc(buf, (char)(*text == '\n' ? 'n' : *text));
    }
}

static void print_label(se__buf *buf, const char *name, const char *value)
{
    se__buf_puts(buf, name);
    se__buf_puts(buf, "=\"");
    print_escaped(buf, value, "\n\"\\");
    se__buf_putc(buf, '"');
}

typedef struct label {
    const char *name;
    const char *value;
} label;

/* Into its place among n that are sorted. */
static void insert_label(label *labels, size_t n, label new_one)
{
    for (; n > 0 && strcmp(labels[n - 1].name, new_one.name) > 0; n--) {
        labels[n] = labels[n - 1];
    }
    labels[n] = new_one;
}

/* Labels in alphabetical order; `le` (NULL: none) takes its place there. */
static void print_labels(se__buf *buf, const se__series *series,
                         const se__metric_row *row, const char *le)
{
    label labels[SE__METRIC_LABELS_MAX + 1] = {{NULL, NULL}};
    size_t n = 0;

    for (; n < row->n_labels; n++) {
        insert_label(labels, n, (label){row->labels[n], series->labels[n]});
    }
    if (le != NULL) {
        insert_label(labels, n++, (label){"le", le});
    }
    for (size_t i = 0; i < n; i++) {
        se__buf_putc(buf, i == 0 ? '{' : ',');
        print_label(buf, labels[i].name, labels[i].value);
    }
    se__buf_puts(buf, n > 0 ? "} " : " ");
}

static void print_line(se__buf *buf, const se__series *series,
                       const se__metric_row *row, const char *suffix,
                       const char *le, double value)
{
    se__buf_puts(buf, row->name);
    se__buf_puts(buf, suffix);
    print_labels(buf, series, row, le);
    print_value(buf, value);
    se__buf_putc(buf, '\n');
}

static void print_histogram(se__buf *buf, const se__series *series,
                            const se__metric_row *row)
{
    uint64_t below = 0;

    for (size_t i = 0; i < row->n_bounds; i++) {
        se__buf le = SE__BUF_INIT;

        below += series->counts[i];
        print_value(&le, row->bounds[i]);
        if (le.data != NULL) {
            print_line(buf, series, row, "_bucket", le.data, (double)below);
        }
        buf->failed = buf->failed || le.failed;
        se__buf_fini(&le);
    }
    print_line(buf, series, row, "_bucket", "+Inf", (double)series->count);
    print_line(buf, series, row, "_count", NULL, (double)series->count);
    print_line(buf, series, row, "_sum", NULL, series->value);
}

static void print_series(void *user, const se__metric_row *row,
                         const se__series *series)
{
    se__buf *buf = user;

    if (row->kind == SE_METRIC_HISTOGRAM) {
        print_histogram(buf, series, row);
    } else {
        print_line(buf, series, row, "", NULL, series->value);
    }
}

static void print_metric(void *user, const se__metric_row *row)
{
    static const char *const kinds[] = {
        [SE_METRIC_COUNTER] = "counter",
        [SE_METRIC_GAUGE] = "gauge",
        [SE_METRIC_HISTOGRAM] = "histogram",
    };
    se__buf *buf = user;

    se__buf_printf(buf, "# HELP %s ", row->name);
    print_escaped(buf, row->help, "\n\\");
    se__buf_printf(buf, "\n# TYPE %s %s\n", row->name, kinds[row->kind]);
}

se_err se_metrics_print(se_metrics *metrics, char **out, se_error *err)
{
    se__buf buf = SE__BUF_INIT;
    char *text;

    if (metrics == NULL || out == NULL) {
        return se__fail(err, SE_E_INVALID, "there are no metrics to print");
    }
    se__metrics_read(metrics, &(se__metric_reader){.metric = print_metric,
                                                   .series = print_series,
                                                   .user = &buf});
    text = se__buf_take(&buf);
    if (text == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for metrics");
    }
    *out = text;
    return SE_OK;
}
