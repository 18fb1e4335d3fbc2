/*
 * lib/observe while memory runs out: no metrics, or metrics that lack an event,
 * never a crash or a leak; a line of the log needs no memory at all.
 */
#include <stdlib.h>
#include <string.h>

#include "operation.h"

#include "base/mem.h"
#include "observe/log.h"
#include "observe/metrics.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

static void count(void *user, const se_metric_sample *sample)
{
    size_t *series = user;

    *series += sample->name[0] != '\0';
}

static void collect(void *user, se_metrics *metrics)
{
    se__metric_set(metrics, SE__METRIC_TOPOLOGY_AGE, NULL, 1);
    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS("a"), 1);
    *(bool *)user = true;
}

/* What is printed has every line that it began. */
static const char *check_text(const char *text, bool *ok)
{
    MUST(text[strlen(text) - 1] == '\n');
    MUST(strstr(text, "\ningester_topology_held 0.0\n"));
    *ok = *ok && strstr(text, "\ningester_se_suppressed{") &&
          strstr(text, "{reason=\"full\",storage_id=\"b\"} 1.0\n") &&
          strstr(text, "_seconds_count{source=\"redis\"} 1.0\n");
    return NULL;
}

static const char *use(se_metrics *metrics, bool *ok)
{
    se_error err = SE_ERROR_INIT;
    bool collected = false;
    size_t series = 0;
    char *text = NULL;
    const char *wrong = NULL;
    se_err rc;

    se__metrics_collect(metrics, collect, &collected);
    se__metric_add(metrics, SE__METRIC_LAZY_UPDATES, SE__LABELS("full", "b"),
                   1);
    se__metric_observe(metrics, SE__METRIC_RELOAD_SECONDS, SE__LABELS("redis"),
                       1);
    se__metric_forget(metrics, SE__METRIC_LAZY_UPDATES, "c");
    se_metrics_each(metrics, count, &series);
    rc = se_metrics_print(metrics, &text, &err);
    se__metrics_uncollect(metrics, collect, &collected);
    MUST(series > 40);
    MUST(rc == SE_OK || rc == SE_E_NOMEM);
    MUST((rc == SE_OK) == (text != NULL));
    MUST(err.code == rc);
    *ok = rc == SE_OK && collected;
    if (text != NULL) {
        wrong = check_text(text, ok);
    }
    free(text);
    return wrong;
}

static const char *metrics(bool *ok)
{
    se_metrics *made = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc = se_metrics_new(&made, &err);
    const char *wrong;

    *ok = rc == SE_OK;
    MUST(err.code == rc && (made != NULL) == *ok);
    if (!*ok) {
        MUST(rc == SE_E_NOMEM && err.message[0]);
        return NULL;
    }
    wrong = use(made, ok);
    se_metrics_unref(made);
    return wrong;
}

static void keep(void *user, const se_log_event *event)
{
    for (int format = SE_LOG_TEXT; format <= SE_LOG_FLAT; format++) {
        se_log_write(user, SE_LOG_LINE_SIZE, (se_log_format)format, event);
    }
}

static const char *lines(bool *ok)
{
    static const char *const ids[] = {"a", "token=SECRET_1"};
    static char line[SE_LOG_LINE_SIZE];
    se__log log = {keep, line};

    *ok = true;
    line[0] = '\0';
    SE__LOG(&log, SE_LOG_ERROR, "torture", "out of memory",
            SE__LOG_STR("url", "http://u:SECRET_2@h"),
            SE__LOG_LIST("ids", ids, 2), SE__LOG_DOUBLE("share", 0.25));
    MUST(strstr(line, "\"url\": \"http://********@h\", \"ids\": "
                      "[\"********\"], \"share\": 0.25, "));
    return NULL;
}

static const operation operations[] = {{"metrics", metrics}, {"lines", lines}};

int main(void)
{
    bool good = true;

    for (size_t i = 0; i < SE__COUNT(operations); i++) {
        good = operation_survives(&operations[i]) && good;
    }
    return !good;
}
