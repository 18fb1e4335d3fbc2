/*
 * A monitor's options: defaults filled in, contradictions refused, strings
 * owned.
 */
#include "capacity/monitor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/uuid.h"

#define LOCK_KEY "capacity_monitor:leader_lock"
#define CALL_MOST_MS 2000
#define CALL_LEAST_MS 100
#define CALL_PART 6 /* of the lease's TTL */
#define PARALLEL_MOST 1024

static void set_default(int *option, int value)
{
    if (*option <= 0) {
        *option = value;
    }
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void fill_defaults(se_monitor_options *o)
{
    set_default(&o->lease_ttl_ms, 30000);
    set_default(&o->lease_renewal_ms,
                smaller(10000, larger(o->lease_ttl_ms / 3, 1)));
    set_default(&o->poll_base_ms, 30000);
    set_default(&o->poll_min_ms, smaller(10000, o->poll_base_ms));
    set_default(&o->poll_max_ms, larger(300000, o->poll_base_ms));
    set_default(&o->suspect_ms, smaller(5000, o->poll_base_ms));
    set_default(&o->poll_timeout_ms, 5000);
    set_default(&o->parallel, 32);
    set_default(&o->cache_ttl_s, 600);
    set_default(&o->health_ttl_s, 600);
    set_default(&o->failure_threshold, 3);
    set_default(&o->recovery_threshold, 2);
    set_default(&o->stability_threshold, 5);
    set_default(&o->change_threshold_pm, 50);
    o->parallel = smaller(o->parallel, PARALLEL_MOST);
    o->change_threshold_pm = smaller(o->change_threshold_pm, 1000);
}

static se_err check(const se_monitor_options *o, se_error *err)
{
    if (o->lease_renewal_ms > o->lease_ttl_ms / 3 + 1) {
        return se__fail(err, SE_E_INVALID,
                        "a lease of %d ms is renewed every %d ms: at most "
                        "every third of it",
                        o->lease_ttl_ms, o->lease_renewal_ms);
    }
    if (o->poll_min_ms > o->poll_base_ms || o->poll_base_ms > o->poll_max_ms) {
        return se__fail(err, SE_E_INVALID,
                        "elements are polled every %d ms, which is not between "
                        "%d and %d",
                        o->poll_base_ms, o->poll_min_ms, o->poll_max_ms);
    }
    return SE_OK;
}

static bool own(const char **text, const char *otherwise)
{
    const char *from = *text && **text ? *text : otherwise;

    *text = se__strdup(from);
    return *text || !from;
}

static void free_text(const char *text)
{
    union {
        const char *borrowed;
        char *owned;
    } u = {text};

    free(u.owned);
}

static se_err own_strings(se_monitor *monitor, se_error *err)
{
    se_monitor_options *o = &monitor->options;
    bool key = own(&o->lock_key, LOCK_KEY);
    bool ca = own(&o->ca_file, NULL);

    o->instance_id = monitor->instance_id;
    return key && ca ? SE_OK
                     : se__fail(err, SE_E_NOMEM, "out of memory for options");
}

static se_err name_instance(se_monitor *monitor, const char *given,
                            se_error *err)
{
    if (!given || given[0] == '\0') {
        snprintf(monitor->instance_id, sizeof(monitor->instance_id),
                 "ingester-%08" PRIx32, (uint32_t)se__random());
        return SE_OK;
    }
    if (strlen(given) >= sizeof(monitor->instance_id)) {
        return se__fail(err, SE_E_INVALID,
                        "the instance id is longer than %zu bytes",
                        sizeof(monitor->instance_id) - 1);
    }
    memcpy(monitor->instance_id, given, strlen(given) + 1);
    return SE_OK;
}

static se_err take_redis(se_monitor *monitor, const se_redis_options *from,
                         se_error *err)
{
    se_redis_options redis;
    se_err rc;

    monitor->options.redis = NULL;
    if (!from) {
        return SE_OK;
    }
    rc = se__struct_copy(&redis, sizeof(redis), from, "se_redis_options", err);
    if (rc != SE_OK) {
        return rc;
    }
    if (!redis.url) {
        return se__fail(err, SE_E_CONFIG,
                        "the Redis of the monitor has no URL");
    }
    rc = se__redis_url_parse(redis.url, &monitor->url, err);
    if (rc != SE_OK) {
        return rc;
    }
    monitor->has_redis = true;
    monitor->password = se__strdup(redis.password);
    monitor->redis_ca_file = se__strdup(redis.ca_file);
    if ((redis.password && !monitor->password) ||
        (redis.ca_file && !monitor->redis_ca_file)) {
        return se__fail(err, SE_E_NOMEM, "out of memory for options");
    }
    return SE_OK;
}

se_err se__monitor_options_copy(se_monitor *monitor,
                                const se_monitor_options *from, se_error *err)
{
    static const se_monitor_options none = SE_MONITOR_OPTIONS_INIT;
    se_monitor_options given;
    se_err rc = se__struct_copy(&given, sizeof(given), from ? from : &none,
                                "se_monitor_options", err);

    if (rc != SE_OK) {
        return rc;
    }
    fill_defaults(&given);
    rc = check(&given, err);
    if (rc == SE_OK) {
        rc = name_instance(monitor, given.instance_id, err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    monitor->options = given;
    rc = own_strings(monitor, err);
    monitor->call_ms = smaller(
        CALL_MOST_MS, larger(CALL_LEAST_MS, given.lease_ttl_ms / CALL_PART));
    return rc == SE_OK ? take_redis(monitor, given.redis, err) : rc;
}

void se__monitor_options_fini(se_monitor *monitor)
{
    free_text(monitor->options.lock_key);
    free_text(monitor->options.ca_file);
    se__secret_free(monitor->password);
    free(monitor->redis_ca_file);
    if (monitor->has_redis) {
        se__redis_url_fini(&monitor->url);
    }
}
