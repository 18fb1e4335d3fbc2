/*
 * The lease, over Redis.
 *
 * One round trip: the time, SET NX unless the lease is ours, and a script that
 * extends it if it is. So a SET that was carried out though its answer was lost
 * is found out, and nobody else's lease is ever extended or deleted.
 */
#include "capacity/monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "source/redis_link.h"

static const char extend_script[] =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then"
    " return redis.call('PEXPIRE', KEYS[1], ARGV[2]) else return 0 end";

static const char release_script[] =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then"
    " return redis.call('DEL', KEYS[1]) else return 0 end";

/* ---- the connection ---- */

static void drop_link(se_monitor *monitor)
{
    se__redis_close(monitor->redis);
    monitor->redis = NULL;
}

static se_err need_link(se_monitor *monitor, int64_t deadline_ms, se_error *err)
{
    if (monitor->redis && se__redis_is_idle(monitor->redis)) {
        return SE_OK;
    }
    drop_link(monitor);
    /* It may be another server now, with a clock of its own. */
    monitor->time.known = false;
    return se__redis_link(&monitor->url, monitor->password,
                          monitor->redis_ca_file, -1, deadline_ms,
                          &monitor->redis, err);
}

/* ---- what it means ---- */

typedef struct event_row {
    const char *transition; /* label; NULL: none */
    se_log_level level;
    const char *message; /* NULL: nothing to say */
} event_row;

static const event_row events[] = {
    [SE__LEASE_SAME] = {NULL, SE_LOG_DEBUG, NULL},
    [SE__LEASE_ACQUIRED] = {"acquired", SE_LOG_INFO, "Leadership acquired"},
    [SE__LEASE_RENEWED] = {"renewed", SE_LOG_DEBUG, NULL},
    [SE__LEASE_LOST] = {"lost", SE_LOG_WARNING,
                        "Leadership lost to another instance"},
    [SE__LEASE_GIVEN_UP] = {"lost", SE_LOG_WARNING,
                            "Leadership given up, Redis did not confirm it"},
};

static void publish(se_monitor *monitor)
{
    se_role role = monitor->lease.role;

    atomic_store(&monitor->leads_until, se__lease_until_ms(&monitor->lease));
    atomic_store(&monitor->role, role);
    se__registry_set_role(monitor->registry, se_role_name(role));
    se__metric_set(monitor->metrics, SE__METRIC_LEADER_STATE,
                   SE__LABELS(monitor->instance_id), role == SE_ROLE_LEADER);
}

static void note(se_monitor *monitor, se__lease_event event)
{
    const event_row *row = &events[event];

    publish(monitor);
    monitor->sweep_due = monitor->sweep_due || event == SE__LEASE_ACQUIRED;
    if (row->transition) {
        se__metric_add(monitor->metrics, SE__METRIC_LEADER_TRANSITIONS,
                       SE__LABELS(monitor->instance_id, row->transition), 1);
    }
    if (row->message) {
        SE__LOG(&monitor->log, row->level, "monitor", row->message,
                SE__LOG_STR("instance_id", monitor->instance_id),
                SE__LOG_STR("lock_key", monitor->options.lock_key),
                SE__LOG_INT("ttl", monitor->options.lease_ttl_ms / 1000));
    }
}

void se__monitor_tick(se_monitor *monitor)
{
    se__lease_event event = se__lease_tick(&monitor->lease, se__now_ms());

    if (event != SE__LEASE_SAME) {
        note(monitor, event);
    }
}

void se__monitor_redis_failed(se_monitor *monitor, const se_error *why)
{
    int64_t now = se__now_ms();

    drop_link(monitor);
    if (monitor->lease.failures == 0) {
        SE__LOG(&monitor->log, SE_LOG_WARNING, "monitor",
                "Redis does not answer the capacity monitor",
                SE__LOG_STR("error", why->message));
    }
    note(monitor, se__lease_take(&monitor->lease, SE__LEASE_FAILED, now, now,
                                 se__random()));
}

/* ---- asking ---- */

typedef struct round_trip {
    int64_t asked_us, asked_ms;
    int64_t deadline_ms;
} round_trip;

static se_err append_request(se_monitor *monitor, bool held, se_error *err)
{
    const char *key = monitor->options.lock_key;
    char ttl[24];
    const char *const time[] = {"TIME"};
    const char *const set[] = {"SET", key,  monitor->instance_id,
                               "NX",  "PX", ttl};
    const char *const extend[] = {"EVAL", extend_script,        "1",
                                  key,    monitor->instance_id, ttl};
    se_err rc;

    snprintf(ttl, sizeof(ttl), "%d", monitor->options.lease_ttl_ms);
    rc = se__redis_append(monitor->redis, 1, time, NULL, err);
    if (rc == SE_OK && !held) {
        rc = se__redis_append(monitor->redis, 6, set, NULL, err);
    }
    return rc == SE_OK ? se__redis_append(monitor->redis, 6, extend, NULL, err)
                       : rc;
}

/* [seconds, microseconds], as texts */
static se_err hear_time(se_monitor *monitor, const round_trip *trip,
                        se_error *err)
{
    se__redis_reply *reply = NULL;
    int64_t value[2] = {0, 0};
    se_err rc =
        se__redis_receive(monitor->redis, trip->deadline_ms, &reply, err);

    for (size_t i = 0; rc == SE_OK && i < 2; i++) {
        const char *text = se__redis_string(se__redis_at(reply, i), NULL);

        if (!text || !se__parse_int64(text, strlen(text), &value[i]) ||
            value[i] < 0 || value[i] > INT64_MAX / 2000000) {
            rc = se__fail(err, SE_E_PROTOCOL, "does not tell the time");
        }
    }
    se__redis_reply_free(reply);
    if (rc == SE_OK) {
        se__redis_time_heard(&monitor->time, value[0] * 1000000 + value[1],
                             trip->asked_us, se__now_us());
    }
    return rc;
}

static se_err hear_yes(se_monitor *monitor, const round_trip *trip, bool *yes,
                       se_error *err)
{
    se__redis_reply *reply = NULL;
    int64_t number = 0;
    se_err rc =
        se__redis_receive(monitor->redis, trip->deadline_ms, &reply, err);

    if (rc == SE_OK) {
        *yes = *yes || se__redis_string(reply, NULL) != NULL ||
               (se__redis_integer(reply, &number) && number == 1);
    }
    se__redis_reply_free(reply);
    return rc;
}

static se_err ask(se_monitor *monitor, round_trip *trip, bool held, bool *yes,
                  se_error *err)
{
    se_err rc = need_link(monitor, trip->deadline_ms, err);

    if (rc != SE_OK) {
        return rc;
    }
    trip->asked_us = se__now_us();
    trip->asked_ms = se__now_ms();
    rc = append_request(monitor, held, err);
    if (rc == SE_OK) {
        rc = hear_time(monitor, trip, err);
    }
    if (rc == SE_OK && !held) {
        rc = hear_yes(monitor, trip, yes, err);
    }
    return rc == SE_OK ? hear_yes(monitor, trip, yes, err) : rc;
}

/* Without a script, as the original does it: nobody leads who needs one. */
static void delete_ours(se_monitor *monitor, int64_t deadline_ms)
{
    const char *key = monitor->options.lock_key;
    const char *const get[] = {"GET", key};
    const char *const del[] = {"DEL", key};
    se__redis_reply *value = NULL;
    se__redis_reply *deleted = NULL;
    const char *holder;

    if (se__redis_command(monitor->redis, 2, get, deadline_ms, &value, NULL) !=
        SE_OK) {
        return;
    }
    holder = se__redis_string(value, NULL);
    if (holder && strcmp(holder, monitor->instance_id) == 0) {
        se__redis_command(monitor->redis, 2, del, deadline_ms, &deleted, NULL);
    }
    se__redis_reply_free(value);
    se__redis_reply_free(deleted);
}

/*
 * Redis answered, and the last answer, that of the script, was an error: an ACL
 * forbids it. What SET may have taken would keep everybody else from leading.
 */
static void give_back_refused(se_monitor *monitor, const se_error *why)
{
    int64_t deadline_ms = se__deadline(se__now_ms(), monitor->call_ms);

    if (!monitor->redis || !se__redis_is_idle(monitor->redis)) {
        return;
    }
    delete_ours(monitor, deadline_ms);
    if (!monitor->told_refused) {
        monitor->told_refused = true;
        SE__LOG(&monitor->log, SE_LOG_WARNING, "monitor",
                "Redis refuses the script that leading needs, is EVAL allowed?",
                SE__LOG_STR("instance_id", monitor->instance_id),
                SE__LOG_STR("error", why->message));
    }
}

static void observe(se_monitor *monitor, const round_trip *trip, bool yes)
{
    se__metric_observe(monitor->metrics, SE__METRIC_LOCK_SECONDS,
                       SE__LABELS(yes ? "success" : "failed"),
                       (double)(se__now_us() - trip->asked_us) / 1e6);
}

void se__monitor_elect(se_monitor *monitor)
{
    int64_t now = se__now_ms();
    bool held = se__lease_holds(&monitor->lease, now);
    round_trip trip = {.deadline_ms = se__deadline(now, monitor->call_ms),
                       .asked_us = se__now_us()};
    se_error why = SE_ERROR_INIT;
    bool yes = false;
    se_err rc;

    if (held && se__lease_until_ms(&monitor->lease) < trip.deadline_ms) {
        trip.deadline_ms = se__lease_until_ms(&monitor->lease);
    }
    rc = ask(monitor, &trip, held, &yes, &why);
    if (!held) {
        observe(monitor, &trip, rc == SE_OK && yes);
    }
    if (rc != SE_OK) {
        if (!held) {
            give_back_refused(monitor, &why);
        }
        se__monitor_redis_failed(monitor, &why);
        return;
    }
    if (monitor->lease.failures > 0) {
        SE__LOG(&monitor->log, SE_LOG_INFO, "monitor",
                "Redis answers the capacity monitor again",
                SE__LOG_STR("instance_id", monitor->instance_id));
    }
    now = se__now_ms();
    /* Not when it came: what came too late must not silence who is alone. */
    monitor->heard_ms = trip.asked_ms;
    note(monitor, se__lease_take(&monitor->lease,
                                 yes ? SE__LEASE_GRANTED : SE__LEASE_DENIED,
                                 trip.asked_ms, now, se__random()));
}

/* ---- giving it back ---- */

void se__monitor_resign(se_monitor *monitor)
{
    const char *const release[] = {"EVAL", release_script, "1",
                                   monitor->options.lock_key,
                                   monitor->instance_id};
    int64_t now = se__now_ms();
    se__redis_reply *reply = NULL;

    if (se__lease_holds(&monitor->lease, now) && monitor->redis &&
        se__redis_command(monitor->redis, 5, release,
                          se__deadline(now, monitor->call_ms), &reply,
                          NULL) == SE_OK) {
        SE__LOG(&monitor->log, SE_LOG_INFO, "monitor", "Leadership released",
                SE__LOG_STR("instance_id", monitor->instance_id));
    }
    se__redis_reply_free(reply);
    se__lease_drop(&monitor->lease);
    publish(monitor);
    se__registry_set_role(monitor->registry, "");
    drop_link(monitor);
}
