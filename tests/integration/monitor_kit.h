/*
 * A monitor over a sandbox fleet and a Redis of its own, for tests.
 */
#ifndef TEST_MONITOR_KIT_H
#define TEST_MONITOR_KIT_H

#include <artstore/metrics.h>
#include <artstore/monitor.h>
#include <artstore/registry.h>

#include "logbook.h"
#include "redis_server.h"
#include "sandbox_fleet.h"
#include "topology/endpoint.h"

#define LOCK "capacity_monitor:leader_lock"

typedef struct rig {
    redis_server *redis; /* NULL: none */
    fleet fleet;         /* its sandbox; the ingest is opened by the test */
    se_registry *registry;
    se_metrics *metrics;
    se_monitor *monitor;
    logbook book;
} rig;

/* Times that do not keep a test waiting: a lease of 1.5 s, polls every 150 ms,
 * suspects every 50 ms. */
se_monitor_options monitor_fast(void);

/* Starts Redis and the sandbox, puts its list in force. */
void rig_start(rig *r, const sandbox_element *elements, size_t n);
void rig_start_alone(rig *r, const sandbox_element *elements, size_t n);
/* Opens and starts the monitor; options NULL: monitor_fast(). */
void rig_monitor(rig *r, const se_monitor_options *options);
void rig_stop(rig *r);

/* Put the sandbox's list in force, without one of them; NULL: all. */
void rig_list(rig *r, const char *without);
/* The state beside the list; valid while the list is in force. */
se__endpoint *rig_endpoint(rig *r, const char *id);
bool rig_is_down(rig *r, const char *id);
se_health rig_health(rig *r, const char *id);
/* What se_monitor_each says of it; static until the next call. */
const se_capacity *rig_capacity(rig *r, const char *id);
int64_t rig_polls(rig *r, const char *id); /* capacity requests so far */
/* One field of its hash; owned text. */
char *rig_field(rig *r, const char *id, const char *field);
bool rig_field_is(rig *r, const char *id, const char *field, const char *text);
/* A series by the text that stands before its value; -1: there is none. */
double rig_metric(rig *r, const char *series);
bool rig_answers(rig *r, const char *text, const char *const *argv);
#define RIG_SAYS(r, text, ...)                                                 \
    rig_answers(r, text, (const char *const[]){__VA_ARGS__, NULL})

#endif
