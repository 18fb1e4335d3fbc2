#include "monitor_kit.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry/registry.h"

se_monitor_options monitor_fast(void)
{
    se_monitor_options options = SE_MONITOR_OPTIONS_INIT;

    options.lease_ttl_ms = 1500;
    options.lease_renewal_ms = 300;
    options.poll_base_ms = 150;
    options.poll_max_ms = 150;
    options.suspect_ms = 50;
    options.poll_timeout_ms = 2000;
    return options;
}

void rig_start_alone(rig *r, const sandbox_element *elements, size_t n)
{
    memset(r, 0, sizeof(*r));
    logbook_init(&r->book);
    fleet_start(&r->fleet, elements, n);
    ck_assert_int_eq(se_registry_open(&r->registry, NULL, NULL), SE_OK);
    ck_assert_int_eq(se_metrics_new(&r->metrics, NULL), SE_OK);
    rig_list(r, NULL);
}

void rig_start(rig *r, const sandbox_element *elements, size_t n)
{
    rig_start_alone(r, elements, n);
    r->redis = redis_server_start(NULL);
}

void rig_monitor(rig *r, const se_monitor_options *options)
{
    se_monitor_options known = options ? *options : monitor_fast();
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;

    if (r->redis) {
        redis.url = redis_server_url(r->redis);
        known.redis = &redis;
    }
    known.metrics = r->metrics;
    known.log = logbook_write;
    known.log_user = &r->book;
    ck_assert_msg(se_monitor_open(r->registry, &known, &r->monitor, &err) ==
                      SE_OK,
                  "%s", err.message);
    ck_assert_msg(se_monitor_start(r->monitor, &err) == SE_OK, "%s",
                  err.message);
}

void rig_stop(rig *r)
{
    se_monitor_close(r->monitor);
    se_registry_close(r->registry);
    se_metrics_unref(r->metrics);
    fleet_stop(&r->fleet);
    redis_server_stop(r->redis);
    logbook_fini(&r->book);
}

void rig_list(rig *r, const char *without)
{
    char *text = sandbox_document(r->fleet.sandbox);
    se_topology *all = NULL;
    se_topology *list = NULL;
    se_topology_builder *builder = NULL;

    ck_assert_int_eq(se_topology_parse(text, strlen(text), &all, NULL), SE_OK);
    ck_assert_int_eq(se_topology_builder_new(&builder, NULL), SE_OK);
    for (size_t i = 0; i < se_topology_count(all); i++) {
        const se_element *element = se_topology_at(all, i);
        se_element_spec spec = SE_ELEMENT_SPEC_INIT;

        spec.id = se_element_id(element);
        spec.url = se_element_url(element);
        spec.mode = se_element_mode(element);
        spec.priority = se_element_priority(element);
        if (!without || strcmp(without, spec.id) != 0) {
            ck_assert_int_eq(se_topology_builder_add(builder, &spec, NULL),
                             SE_OK);
        }
    }
    ck_assert_int_eq(se_topology_builder_build(builder, &list, NULL), SE_OK);
    ck_assert_int_eq(
        se_registry_reload_endpoints(r->registry, list, NULL, NULL), SE_OK);
    se_topology_builder_free(builder);
    se_topology_unref(list);
    se_topology_unref(all);
    free(text);
}

se__endpoint *rig_endpoint(rig *r, const char *id)
{
    se__endpoint_table *table = se__registry_endpoints(r->registry);
    se__endpoint *endpoint = se__endpoint_get(table, id);

    ck_assert_ptr_nonnull(endpoint);
    se__endpoint_unref(endpoint); /* the list holds it */
    return endpoint;
}

bool rig_is_down(rig *r, const char *id)
{
    return se__endpoint_is_down(rig_endpoint(r, id), se__now_ms());
}

se_health rig_health(rig *r, const char *id)
{
    return (se_health)atomic_load(&rig_endpoint(r, id)->health);
}

static struct {
    const char *id;
    se_capacity capacity;
    char error[512];
} wanted;

static void take_capacity(void *user, const se_capacity *capacity)
{
    (void)user;
    if (strcmp(capacity->id, wanted.id) == 0) {
        wanted.capacity = *capacity;
        snprintf(wanted.error, sizeof(wanted.error), "%s", capacity->error);
        wanted.capacity.error = wanted.error;
    }
}

const se_capacity *rig_capacity(rig *r, const char *id)
{
    memset(&wanted, 0, sizeof(wanted));
    wanted.id = id;
    ck_assert_int_eq(se_monitor_each(r->monitor, take_capacity, NULL, NULL),
                     SE_OK);
    ck_assert_msg(wanted.capacity.size > 0, "no %s", id);
    return &wanted.capacity;
}

int64_t rig_polls(rig *r, const char *id)
{
    return fleet_counts(&r->fleet, id).capacity_requests;
}

char *rig_field(rig *r, const char *id, const char *field)
{
    char key[96];

    snprintf(key, sizeof(key), "capacity:%s", id);
    return REDIS_ASK(r->redis, "HGET", key, field);
}

bool rig_field_is(rig *r, const char *id, const char *field, const char *text)
{
    char *value = rig_field(r, id, field);
    bool same = strcmp(value, text) == 0;

    free(value);
    return same;
}

double rig_metric(rig *r, const char *series)
{
    char *text = NULL;
    const char *at;
    double value = -1;

    ck_assert_int_eq(se_metrics_print(r->metrics, &text, NULL), SE_OK);
    at = strstr(text, series);
    if (at) {
        value = strtod(at + strlen(series), NULL);
    }
    se_free(text);
    return value;
}

bool rig_answers(rig *r, const char *text, const char *const *argv)
{
    char *answer = redis_server_ask(r->redis, argv);
    bool same = strcmp(answer, text) == 0;

    free(answer);
    return same;
}
