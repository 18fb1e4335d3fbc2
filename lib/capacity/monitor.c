/*
 * The life of a monitor, and who tells it what.
 */
#include "capacity/monitor.h"

#include <limits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

/* ---- what the loops report ---- */

static void push(se_monitor *monitor, se__news_kind kind,
                 se__endpoint *endpoint, const se__probe *probe)
{
    se__news *news = NULL;

    if (monitor->has_redis || kind == SE__NEWS_LEFT) {
        news = se__news_new(kind, endpoint, probe);
    }
    if (news) {
        se__mutex_lock(&monitor->lock);
        if (monitor->news.count == 0) {
            monitor->news_since_ms = se__now_ms();
            se__cond_signal(&monitor->wake);
        }
        se__news_push(&monitor->news, news);
        se__mutex_unlock(&monitor->lock);
    }
}

/* Any loop: an element answered, whoever asked. */
static void probed(void *user, const se__probe *probe)
{
    push(user, SE__NEWS_FIGURE, probe->endpoint, probe);
}

static void element_down(void *user, const se__probe *probe,
                         se__endpoint *endpoint)
{
    push(user, SE__NEWS_DOWN, endpoint, probe);
}

static void element_left(void *user, se__endpoint *endpoint)
{
    push(user, SE__NEWS_LEFT, endpoint, NULL);
}

static void list_fetched(void *user, uint64_t serial, bool ok)
{
    se_monitor *monitor = user;

    (void)serial;
    if (ok) {
        se__roster_changed(&monitor->roster);
    }
}

/* ---- open, close ---- */

static void set_up(se_monitor *monitor)
{
    const se_monitor_options *o = &monitor->options;
    se__roster *roster = &monitor->roster;

    monitor->log = (se__log){o->log, o->log_user};
    monitor->metrics = se_metrics_ref(o->metrics);
    monitor->admin = se__admin_ref(o->admin);
    monitor->fetched.fn = list_fetched;
    monitor->fetched.user = monitor;
    se__roster_init(roster);
    roster->registry = monitor->registry;
    roster->schedule = (se__schedule){
        .base_ms = o->poll_base_ms,
        .min_ms = o->poll_min_ms,
        .max_ms = o->poll_max_ms,
        .suspect_ms = o->suspect_ms,
        .stability = o->stability_threshold,
        .change_pm = o->change_threshold_pm,
    };
    roster->hooks = (se__roster_hooks){
        .user = monitor, .down = element_down, .left = element_left};
    roster->timeout_ms = o->poll_timeout_ms;
    roster->parallel = o->parallel;
    roster->ca_file = o->ca_file;
    roster->https_only = o->https_only;
    roster->metrics = monitor->metrics;
    roster->log = monitor->log;
}

/* Series that alerts use are there from the start. */
static void show_first_series(se_monitor *monitor)
{
    static const char *const transitions[] = {"acquired", "renewed", "lost"};

    for (size_t i = 0; i < SE__COUNT(transitions); i++) {
        se__metric_add(monitor->metrics, SE__METRIC_LEADER_TRANSITIONS,
                       SE__LABELS(monitor->instance_id, transitions[i]), 0);
    }
    if (monitor->metrics) {
        se__metrics_collect(monitor->metrics, se__monitor_collect, monitor);
    }
}

se_err se_monitor_open(se_registry *registry, const se_monitor_options *options,
                       se_monitor **out, se_error *err)
{
    se_monitor *monitor;
    se_err rc;

    if (!registry || !out) {
        return se__fail(err, SE_E_INVALID, "a monitor needs a registry");
    }
    monitor = se__zalloc(sizeof(*monitor));
    if (!monitor) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a monitor");
    }
    rc = se__monitor_options_copy(monitor, options, err);
    if (rc != SE_OK) {
        se__monitor_options_fini(monitor);
        free(monitor);
        return rc;
    }
    monitor->pid = getpid();
    monitor->registry = se__registry_ref(registry);
    se__mutex_init(&monitor->life);
    se__mutex_init(&monitor->lock);
    se__cond_init(&monitor->wake);
    set_up(monitor);
    show_first_series(monitor);
    *out = monitor;
    return SE_OK;
}

void se_monitor_close(se_monitor *monitor)
{
    /* In the child of a fork threads and locks are the parent's. */
    if (!monitor || monitor->pid != getpid()) {
        return;
    }
    se_monitor_stop(monitor);
    if (monitor->metrics) {
        se__metrics_uncollect(monitor->metrics, se__monitor_collect, monitor);
    }
    se_metrics_unref(monitor->metrics);
    se__roster_fini(&monitor->roster);
    se__cond_fini(&monitor->wake);
    se__mutex_fini(&monitor->lock);
    se__mutex_fini(&monitor->life);
    se__registry_unref(monitor->registry);
    se__admin_unref(monitor->admin);
    se__monitor_options_fini(monitor);
    free(monitor);
}

/* ---- start, stop ---- */

/*
 * One that is down is asked again soon, or later if very many are; until then
 * it is news. What nobody speaks of any more is none: it is tried again after
 * as long as what is written of it lives.
 */
static int news_ms_of(const se_monitor_options *o)
{
    int64_t soon = 3 * ((int64_t)o->suspect_ms + o->poll_timeout_ms);
    int64_t life = (int64_t)o->health_ttl_s * 1000;
    int64_t most = soon > life ? soon : life;

    return most < INT_MAX ? (int)most : INT_MAX;
}

static se__health_rules rules_of(const se_monitor_options *o)
{
    return (se__health_rules){
        .failures = o->failure_threshold,
        .recoveries = o->recovery_threshold,
        .news_ms = news_ms_of(o),
    };
}

static void connect_parts(se_monitor *monitor)
{
    se__endpoint_table *table = se__registry_endpoints(monitor->registry);
    se__health_rules rules = rules_of(&monitor->options);

    se__endpoint_table_set_rules(table, &rules);
    se__endpoint_table_listen(table, probed, monitor);
    se__registry_listen(monitor->registry, &monitor->fetched);
    se__roster_changed(&monitor->roster);
}

static void disconnect_parts(se_monitor *monitor)
{
    se__endpoint_table *table = se__registry_endpoints(monitor->registry);

    se__registry_unlisten(monitor->registry, &monitor->fetched);
    se__endpoint_table_listen(table, NULL, NULL);
    se__endpoint_table_set_rules(table, &(se__health_rules){0, 0, 0});
    /* Last: from here on another monitor may start. */
    se__registry_set_prober(monitor->registry, false);
}

static se_err start_locked(se_monitor *monitor, se_error *err)
{
    se_err rc;

    if (se__registry_set_prober(monitor->registry, true)) {
        return se__fail(err, SE_E_BUSY,
                        "another monitor watches over this registry");
    }
    rc = se__roster_open(&monitor->roster, err);
    if (rc != SE_OK) {
        se__registry_set_prober(monitor->registry, false);
        return rc;
    }
    monitor->stopping = false;
    connect_parts(monitor);
    rc = se__thread_start(&monitor->thread, "se-monitor", se__monitor_run,
                          monitor, err);
    if (rc != SE_OK) {
        disconnect_parts(monitor);
        se__roster_close(&monitor->roster);
        return rc;
    }
    monitor->started = true;
    return SE_OK;
}

se_err se_monitor_start(se_monitor *monitor, se_error *err)
{
    se_err rc = SE_OK;

    if (!monitor) {
        return se__fail(err, SE_E_INVALID, "there is no monitor");
    }
    if (monitor->pid != getpid()) {
        return se__fail(err, SE_E_FORKED, "%s", se_err_text(SE_E_FORKED));
    }
    se__mutex_lock(&monitor->life);
    if (!monitor->started) {
        rc = start_locked(monitor, err);
    }
    se__mutex_unlock(&monitor->life);
    return rc;
}

static void stop_locked(se_monitor *monitor)
{
    disconnect_parts(monitor);
    se__mutex_lock(&monitor->lock);
    monitor->stopping = true;
    se__cond_signal(&monitor->wake);
    se__mutex_unlock(&monitor->lock);
    se__thread_join(&monitor->thread);
    se__roster_close(&monitor->roster);
    se__news_clear(&monitor->news);
    se__follower_fini(&monitor->follower);
    monitor->started = false;
}

void se_monitor_stop(se_monitor *monitor)
{
    if (!monitor || monitor->pid != getpid()) {
        return;
    }
    se__mutex_lock(&monitor->life);
    if (monitor->started) {
        stop_locked(monitor);
    }
    se__mutex_unlock(&monitor->life);
}
