/*
 * Reading what the leader wrote: all elements, many in one round trip.
 *
 * A hash that says what cannot be costs its own element only: the figure from
 * before stays, and the reason is kept with the element. The word of health is
 * read as well, because the original writes there what it leaves out of the
 * hash.
 */
#include "capacity/monitor.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"

#define BATCH 200

/* ---- one element ---- */

static void take_figure(se_monitor *monitor, se__followed *followed,
                        const se__cache_entry *entry, int64_t now)
{
    int64_t measured = se__redis_time_back(&monitor->time, entry->measured_us);
    se__figure figure = {
        .total = entry->total,
        .used = entry->used,
        .available = entry->available,
        .health = SE_HEALTH_UNKNOWN,
        .origin = SE_ORIGIN_CACHE,
        .began_ms = measured < now ? measured : now,
    };

    if (entry->measured_us == followed->seen_us || entry->total < 0) {
        return;
    }
    followed->seen_us = entry->measured_us;
    figure.landed_mark = se__followed_mark(followed, figure.began_ms);
    se__endpoint_figure(followed->endpoint, &figure);
}

static void doubt(se_monitor *monitor, se__followed *followed,
                  const se_error *why)
{
    se__endpoint_set_problem(followed->endpoint, why->message);
    if (followed->believed) {
        SE__LOG(&monitor->log, SE_LOG_WARNING, "monitor",
                "Cached capacity is not believed",
                SE__LOG_STR("se_id", followed->endpoint->id),
                SE__LOG_STR("error", why->message));
    }
    followed->believed = false;
}

/* We asked it ourselves since then, for an upload, and it did not answer. */
static bool know_better(const se_monitor *monitor, const se__endpoint *endpoint,
                        const se__cache_entry *entry)
{
    return atomic_load(&endpoint->misses) > 0 &&
           atomic_load(&endpoint->asked_ms) >
               se__redis_time_back(&monitor->time, entry->measured_us);
}

static void take_health(se_monitor *monitor, se__endpoint *endpoint,
                        const se__cache_entry *entry, const char *word,
                        int64_t now)
{
    if (se__cache_is_unhealthy(word)) {
        se__endpoint_reported(endpoint, SE_HEALTH_UNHEALTHY, now);
        se__endpoint_set_problem(endpoint, word);
    } else if (!know_better(monitor, endpoint, entry)) {
        se__endpoint_reported(endpoint, entry->health, now);
        se__endpoint_set_problem(endpoint, NULL);
    }
}

/*
 * No hash, or none to be believed: the word stands by itself. So it is where
 * the original leads, of an element that is down for longer than a hash lives,
 * or was so from the beginning.
 */
static void take_word(se__endpoint *endpoint, const char *word, bool has_hash,
                      int64_t now)
{
    if (se__cache_is_unhealthy(word)) {
        se__endpoint_reported(endpoint, SE_HEALTH_UNHEALTHY, now);
        if (!has_hash) {
            se__endpoint_set_problem(endpoint, word);
        }
    }
}

static void take(se_monitor *monitor, se__followed *followed,
                 const se__redis_reply *hash, const char *word)
{
    int64_t now = se__now_ms();
    se__cache_entry entry;
    se_error why = SE_ERROR_INIT;
    se_err rc = se__cache_read(hash, &entry, &why);

    if (rc == SE_OK) {
        take_figure(monitor, followed, &entry, now);
        take_health(monitor, followed->endpoint, &entry, word, now);
        followed->believed = true;
    } else {
        bool has_hash = rc != SE_E_NOT_FOUND;

        if (has_hash) {
            doubt(monitor, followed, &why);
        }
        take_word(followed->endpoint, word, has_hash, now);
    }
    se__metric_add(monitor->metrics, SE__METRIC_CACHE_HITS,
                   SE__LABELS(rc == SE_OK ? "hit" : "miss"), 1);
    se__followed_note(followed, now);
}

/* ---- one batch ---- */

static se_err append(se_monitor *monitor, const se__followed *followed,
                     se_error *err)
{
    char hash[SE__CACHE_KEY_SIZE];
    char word[SE__CACHE_KEY_SIZE];
    const char *const get_hash[] = {"HGETALL", hash};
    const char *const get_word[] = {"GET", word};
    se_err rc;

    snprintf(hash, sizeof(hash), SE__CACHE_PREFIX "%s", followed->endpoint->id);
    snprintf(word, sizeof(word), SE__HEALTH_PREFIX "%s",
             followed->endpoint->id);
    rc = se__redis_append(monitor->redis, 2, get_hash, NULL, err);
    return rc == SE_OK
               ? se__redis_append(monitor->redis, 2, get_word, NULL, err)
               : rc;
}

/* An error is a reply like any other: it costs one element. */
static se_err receive(se_monitor *monitor, se__followed *followed,
                      int64_t deadline_ms, se_error *err)
{
    se__redis_reply *hash = NULL;
    se__redis_reply *word = NULL;
    se_err rc = se__redis_wait(monitor->redis, deadline_ms, &hash, err);

    if (rc == SE_OK && hash) {
        rc = se__redis_wait(monitor->redis, deadline_ms, &word, err);
    }
    if (rc == SE_OK && !word) {
        rc = se__fail(err, SE_E_TIMEOUT, "no answer in time");
    }
    if (rc == SE_OK) {
        const char *text =
            se__redis_error(word) ? NULL : se__redis_string(word, NULL);

        take(monitor, followed, hash, text);
    }
    se__redis_reply_free(hash);
    se__redis_reply_free(word);
    return rc;
}

static se_err read_batch(se_monitor *monitor, size_t first, size_t end,
                         se_error *err)
{
    se__followed *elements = monitor->follower.elements;
    int64_t deadline = se__deadline(se__now_ms(), monitor->call_ms);
    se_err rc = SE_OK;

    for (size_t i = first; rc == SE_OK && i < end; i++) {
        rc = append(monitor, &elements[i], err);
    }
    for (size_t i = first; rc == SE_OK && i < end; i++) {
        rc = receive(monitor, &elements[i], deadline, err);
    }
    return rc;
}

void se__monitor_follow(se_monitor *monitor)
{
    se_error why = SE_ERROR_INIT;
    size_t count;
    se_err rc = SE_OK;

    if (!monitor->redis || !monitor->time.known) {
        return;
    }
    /* Short of memory: the elements of the list before are read. */
    se__follower_refresh(&monitor->follower, monitor->registry);
    count = monitor->follower.count;
    for (size_t at = 0; rc == SE_OK && at < count; at += BATCH) {
        rc = read_batch(monitor, at, at + BATCH < count ? at + BATCH : count,
                        &why);
    }
    if (rc != SE_OK) {
        se__monitor_redis_failed(monitor, &why);
    }
}
