/*
 * Writing down what is new, many elements in one round trip.
 */
#include "capacity/monitor.h"

#include "base/clock.h"
#include "base/error.h"

#define BATCH 256

/* ---- what is worth writing ---- */

static bool is_ours_to_write(const se_monitor *monitor, const se__news *news)
{
    if (news->kind == SE__NEWS_FIGURE && !news->scheduled) {
        return true;
    }
    return se__lease_holds(&monitor->lease, se__now_ms());
}

/* The list may have changed since: what is in force counts. */
static bool still_applies(const se__news *news, const se_element *element)
{
    bool in_force = element && se__roster_takes_files(element);

    return news->kind == SE__NEWS_LEFT ? !in_force : in_force;
}

/* It answers but does not say how it feels: the original passes that over. */
static se_health health_of(const se__endpoint *endpoint)
{
    se_health health = (se_health)atomic_load(&endpoint->health);

    return health == SE_HEALTH_UNKNOWN ? SE_HEALTH_DEGRADED : health;
}

/* ---- one batch ---- */

static se_err append(se_monitor *monitor, const se__news *news,
                     const se_element *element, se_error *err)
{
    bool down = news->kind == SE__NEWS_DOWN;
    const se__cache_terms terms = {
        .lock_key = monitor->options.lock_key,
        .holder = news->kind == SE__NEWS_FIGURE && !news->scheduled
                      ? NULL
                      : monitor->instance_id,
        .cache_ttl_s = monitor->options.cache_ttl_s,
        .health_ttl_s = monitor->options.health_ttl_s,
    };
    se__cache_write write = {.id = news->endpoint->id};

    if (news->kind == SE__NEWS_LEFT) {
        return se__cache_append_forget(monitor->redis, write.id, &terms, err);
    }
    write.url = se_element_url(element);
    write.priority = se_element_priority(element);
    write.mode = se_element_mode(element);
    write.measured_us = se__redis_time_of(&monitor->time, news->began_ms);
    write.now_us = se__redis_time_of(&monitor->time, se__now_ms());
    write.health = down ? SE_HEALTH_UNHEALTHY : health_of(news->endpoint);
    write.reply = down ? NULL : &news->reply;
    write.problem = news->problem;
    return se__cache_append_write(monitor->redis, &write, &terms, err);
}

/* A refusal of one element is no reason to give up the others. */
static se_err receive(se_monitor *monitor, int64_t deadline_ms, bool *denied,
                      se_error *err)
{
    se__redis_reply *reply = NULL;
    int64_t answer = SE__CACHE_WRITTEN;
    se_error why = SE_ERROR_INIT;
    se_err rc = se__redis_receive(monitor->redis, deadline_ms, &reply, &why);

    if (rc != SE_OK && !se__redis_is_broken(monitor->redis)) {
        SE__LOG(&monitor->log, SE_LOG_WARNING, "monitor",
                "Capacity was not written", SE__LOG_STR("error", why.message));
        return SE_OK;
    }
    if (rc == SE_OK && se__redis_integer(reply, &answer)) {
        *denied = *denied || answer == SE__CACHE_NOT_HOLDER;
    }
    se__redis_reply_free(reply);
    return rc == SE_OK ? SE_OK : se__error_copy(err, &why);
}

/* *at is moved behind what was looked at. */
static se_err write_batch(se_monitor *monitor, const se_topology *topology,
                          const se__news **at, bool *denied, se_error *err)
{
    int64_t deadline = se__deadline(se__now_ms(), monitor->call_ms);
    int appended = 0;
    se_err rc = SE_OK;

    for (; rc == SE_OK && *at && appended < BATCH; *at = (*at)->next) {
        const se_element *element =
            se_topology_find(topology, (*at)->endpoint->id);

        if (still_applies(*at, element) && is_ours_to_write(monitor, *at)) {
            rc = append(monitor, *at, element, err);
            appended += rc == SE_OK;
        }
    }
    for (; rc == SE_OK && appended > 0; appended--) {
        rc = receive(monitor, deadline, denied, err);
    }
    return rc;
}

static void forget_series(se_monitor *monitor, const se_topology *topology,
                          const se__news_list *list)
{
    for (const se__news *at = list->head; at; at = at->next) {
        if (at->kind == SE__NEWS_LEFT &&
            !se_topology_find(topology, at->endpoint->id)) {
            se__monitor_forget_series(monitor, at->endpoint->id);
        }
    }
}

void se__monitor_share(se_monitor *monitor)
{
    se_topology *topology = NULL;
    se__news_list list;
    const se__news *at = NULL;
    se_error why = SE_ERROR_INIT;
    bool denied = false;
    se_err rc = SE_OK;

    se__mutex_lock(&monitor->lock);
    list = monitor->news;
    monitor->news = (se__news_list){.count = 0};
    se__mutex_unlock(&monitor->lock);
    if (list.count == 0) {
        return;
    }
    topology = se_registry_topology(monitor->registry);
    if (topology) {
        forget_series(monitor, topology, &list);
        at = list.head;
    }
    /* Without a connection it is lost; the next poll brings more. */
    while (rc == SE_OK && at && monitor->redis && monitor->time.known) {
        rc = write_batch(monitor, topology, &at, &denied, &why);
        se__monitor_tick(monitor);
    }
    if (rc != SE_OK) {
        se__monitor_redis_failed(monitor, &why);
    } else if (denied) {
        monitor->lease.next_ms = se__now_ms();
    }
    se__news_clear(&list);
    se_topology_unref(topology);
}
