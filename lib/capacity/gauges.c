/*
 * What is only known on looking: gauges of elements and of this process.
 */
#include "capacity/monitor.h"

#include "base/clock.h"
#include "base/mem.h"

static const se_mode modes[] = {SE_MODE_EDIT, SE_MODE_RW};

/* Would it take some file? */
static bool is_open(const se_element *element, const se__endpoint *endpoint,
                    int64_t now)
{
    return se_element_available(element) &&
           !se__endpoint_is_down(endpoint, now) &&
           atomic_load(&endpoint->health) != SE_HEALTH_DEGRADED &&
           !atomic_load(&endpoint->probation) &&
           !se__endpoint_is_ejected(endpoint, now) &&
           /* of one byte: only what is full for every file */
           !se__endpoint_is_full(endpoint, 1, now) &&
           se__endpoint_fits(endpoint, 1, 0);
}

static bool is_suppressed(const se__endpoint *endpoint, int64_t now)
{
    return se__endpoint_is_ejected(endpoint, now) ||
           se__endpoint_is_full(endpoint, INT64_MAX, now);
}

static void set_element(se_metrics *metrics, const se__endpoint *endpoint,
                        int64_t now)
{
    se__metric_set(metrics, SE__METRIC_INFLIGHT_BYTES, SE__LABELS(endpoint->id),
                   (double)atomic_load(&endpoint->reserved));
    se__metric_set(metrics, SE__METRIC_SUPPRESSED, SE__LABELS(endpoint->id),
                   is_suppressed(endpoint, now));
}

static void set_all(se_metrics *metrics, const se__snapshot *snapshot)
{
    size_t available[SE__COUNT(modes)] = {0};
    size_t count = se_topology_count(snapshot->topology);
    int64_t now = se__now_ms();

    for (size_t i = 0; i < count; i++) {
        const se_element *element = se_topology_at(snapshot->topology, i);
        const se__endpoint *endpoint = snapshot->endpoints[i];

        set_element(metrics, endpoint, now);
        for (size_t m = 0; m < SE__COUNT(modes); m++) {
            available[m] += se_element_mode(element) == modes[m] &&
                            is_open(element, endpoint, now);
        }
    }
    for (size_t m = 0; m < SE__COUNT(modes); m++) {
        se__metric_set(metrics, SE__METRIC_ELEMENTS_AVAILABLE,
                       SE__LABELS(se_mode_name(modes[m])),
                       (double)available[m]);
    }
}

void se__monitor_collect(void *user, se_metrics *metrics)
{
    se_monitor *monitor = user;
    int slot;
    const se__snapshot *snapshot = se__registry_enter(monitor->registry, &slot);

    if (snapshot) {
        set_all(metrics, snapshot);
        se__registry_leave(monitor->registry, slot);
    }
    se__metric_set(metrics, SE__METRIC_LEADER_STATE,
                   SE__LABELS(monitor->instance_id),
                   se_monitor_role(monitor) == SE_ROLE_LEADER);
}

void se__monitor_forget_series(se_monitor *monitor, const char *id)
{
    static const se__metric per_element[] = {
        SE__METRIC_INFLIGHT_BYTES, SE__METRIC_SUPPRESSED,
        SE__METRIC_POLL_SECONDS,   SE__METRIC_POLL_FAILURES,
        SE__METRIC_SELECTED,       SE__METRIC_LAZY_UPDATES};

    for (size_t i = 0; i < SE__COUNT(per_element); i++) {
        se__metric_forget(monitor->metrics, per_element[i], id);
    }
}
