/*
 * Counting what happens. The names are one table, metrics_table.c.
 *
 * Every call takes NULL for "nobody counts" and then does nothing. Label values
 * stand in the order of the table's label names; NULL is "", and what
 * Prometheus cannot read is replaced. Beyond SE__METRIC_SERIES_MAX series of a
 * counter or histogram ids are counted as "other", and a gauge gets no further
 * series: a peer's ids cannot fill the memory.
 */
#ifndef SE_OBSERVE_METRICS_H
#define SE_OBSERVE_METRICS_H

#include <stdint.h>

#include <artstore/metrics.h>

#define SE__METRIC_LABELS_MAX 3
#define SE__METRIC_SERIES_MAX 2048

/* One line per metric: symbol, kind, name, labels, buckets, help. */
#define SE__METRIC_MAP(X)                                                      \
    X(SELECTION_SECONDS, HISTOGRAM, "storage_selection_duration_seconds",      \
      "retention_policy", quick_bounds, "Time to choose a storage element")    \
    X(SELECTION, COUNTER, "storage_selection_total",                           \
      "retention_policy source status", no_bounds,                             \
      "Choices of a storage element")                                          \
    X(SELECTION_SOURCE, COUNTER, "storage_selection_source_total",             \
      "source status", no_bounds, "Choices by where capacities came from")     \
    X(UNAVAILABLE, COUNTER, "storage_unavailable_total", "retention_policy",   \
      no_bounds, "Choices that found no storage element")                      \
    X(SELECTED, COUNTER, "storage_element_selected_total",                     \
      "mode storage_element_id", no_bounds, "Choices of each element")         \
    X(PLACEMENT_REJECTED, COUNTER, "ingester_placement_rejected_total",        \
      "reason", no_bounds, "Elements passed over by a choice that failed")     \
    X(INFLIGHT_BYTES, GAUGE, "ingester_se_inflight_bytes",                     \
      "storage_element_id", no_bounds, "Bytes of uploads under way")           \
    X(SUPPRESSED, GAUGE, "ingester_se_suppressed", "storage_element_id",       \
      no_bounds, "1 while an element is kept away from as full or ejected")    \
    X(ELEMENTS_AVAILABLE, GAUGE, "storage_elements_available", "mode",         \
      no_bounds, "Elements that would take a file")                            \
    X(LEADER_STATE, GAUGE, "capacity_monitor_leader_state", "instance_id",     \
      no_bounds, "1 leader, 0 follower or unknown")                            \
    X(LEADER_TRANSITIONS, COUNTER,                                             \
      "capacity_monitor_leader_transitions_total",                             \
      "instance_id transition_type", no_bounds,                                \
      "Leases acquired, renewed, "                                             \
      "lost")                                                                  \
    X(LOCK_SECONDS, HISTOGRAM, "leader_lock_acquisition_duration_seconds",     \
      "result", lock_bounds, "Time to ask for the lease")                      \
    X(POLL_SECONDS, HISTOGRAM, "capacity_poll_duration_seconds",               \
      "status storage_id", poll_bounds, "Time of a capacity poll")             \
    X(POLL_FAILURES, COUNTER, "capacity_poll_failures_total",                  \
      "error_type storage_id", no_bounds, "Capacity polls without an answer")  \
    X(LAZY_UPDATES, COUNTER, "lazy_update_triggers_total",                     \
      "reason storage_id", no_bounds, "Elements polled because of an upload")  \
    X(CACHE_HITS, COUNTER, "capacity_cache_hits_total", "result", no_bounds,   \
      "Capacities read from the shared cache")                                 \
    X(UPLOADS, COUNTER, "ingester_upload_total", "retention_policy status",    \
      no_bounds, "Uploads that ended")                                         \
    X(UPLOAD_BYTES, COUNTER, "ingester_upload_bytes_total",                    \
      "retention_policy", no_bounds, "Bytes of files that were stored")        \
    X(UPLOAD_SECONDS, HISTOGRAM, "ingester_upload_duration_seconds",           \
      "retention_policy", upload_bounds, "Time of uploads from submit to end") \
    X(RELOADS, COUNTER, "ingester_se_config_reload_total", "source status",    \
      no_bounds, "Reloads of the list of storage elements")                    \
    X(RELOAD_SECONDS, HISTOGRAM, "ingester_se_config_reload_duration_seconds", \
      "source", reload_bounds, "Time of reloads")                              \
    X(ENDPOINTS, GAUGE, "ingester_se_endpoints_count", "", no_bounds,          \
      "Storage elements in force")                                             \
    X(CHANGES, COUNTER, "ingester_se_config_changes_total", "change_type",     \
      no_bounds, "Elements added, removed, updated")                           \
    X(LAZY_RELOADS, COUNTER, "ingester_lazy_se_config_reload_total",           \
      "reason status", no_bounds, "Reloads that failed uploads asked for")     \
    X(TOPOLOGY_HELD, GAUGE, "ingester_topology_held", "", no_bounds,           \
      "1 while a suspicious list is held back")                                \
    X(TOPOLOGY_AGE, GAUGE, "ingester_topology_age_seconds", "", no_bounds,     \
      "Time since the list in force was confirmed by a source")                \
    X(PUBLISHER_RESTARTS, COUNTER,                                             \
      "ingester_topology_publisher_restarts_total", "", no_bounds,             \
      "Lists with a lower version and a newer timestamp")                      \
    X(WATCH_CONNECTED, GAUGE, "ingester_watch_connected", "source", no_bounds, \
      "1 while changes are pushed")                                            \
    X(WATCH_MESSAGES, COUNTER, "ingester_watch_messages_total", "source kind", \
      no_bounds, "Pushed messages: event, document, ready")                    \
    X(TOKEN_REQUESTS, COUNTER, "auth_token_requests_total",                    \
      "error_type status", no_bounds, "Token requests that were sent")         \
    X(TOKEN_SECONDS, HISTOGRAM, "auth_token_acquisition_duration_seconds", "", \
      token_bounds, "Time to get a token")                                     \
    X(TOKEN_SOURCE, COUNTER, "auth_token_source_total", "source", no_bounds,   \
      "Tokens handed out, from the cache or by a request")                     \
    X(TOKEN_REFRESH, COUNTER, "auth_token_refresh_total", "status trigger",    \
      no_bounds, "Token refreshes")                                            \
    X(TOKEN_REFRESH_SECONDS, HISTOGRAM, "auth_token_refresh_duration_seconds", \
      "", refresh_bounds, "Time of token refreshes")                           \
    X(TOKEN_TTL, GAUGE, "auth_token_ttl_seconds", "", no_bounds,               \
      "Time that the token in use is still valid")                             \
    X(TOKEN_VALIDATION, COUNTER, "auth_token_validation_total", "result",      \
      no_bounds, "Looks at the token in the cache")                            \
    X(TOKEN_HIT_RATE, GAUGE, "auth_token_cache_hit_rate", "", no_bounds,       \
      "Share of tokens that came from the cache")                              \
    X(AUTH_ERRORS, COUNTER, "auth_errors_total",                               \
      "admin_module_url error_type", no_bounds, "Token requests that failed")

typedef enum se__metric {
#define SE__METRIC_ENUM(symbol, kind, name, labels, bounds, help)              \
    SE__METRIC_##symbol,
    SE__METRIC_MAP(SE__METRIC_ENUM)
#undef SE__METRIC_ENUM
    SE__METRICS
} se__metric;

/* Values of the labels, in order; NULL for a metric without. */
#define SE__LABELS(...) ((const char *const[]){__VA_ARGS__})

void se__metric_add(se_metrics *metrics, se__metric metric,
                    const char *const *labels, double by);
void se__metric_set(se_metrics *metrics, se__metric metric,
                    const char *const *labels, double value);
void se__metric_observe(se_metrics *metrics, se__metric metric,
                        const char *const *labels, double value);
/* So many observations of the same value. */
void se__metric_observe_many(se_metrics *metrics, se__metric metric,
                             const char *const *labels, double value,
                             uint64_t times);
/* Its element is gone: drop every series with this value of its last label. */
void se__metric_forget(se_metrics *metrics, se__metric metric,
                       const char *last_label);

/*
 * Called before metrics are read, one after another, to set what is only known
 * on looking; may take locks, but not call these two. Once uncollect returns,
 * fn is not called any more: call it without a lock that fn takes.
 */
typedef void (*se__collect_fn)(void *user, se_metrics *metrics);
void se__metrics_collect(se_metrics *metrics, se__collect_fn fn, void *user);
void se__metrics_uncollect(se_metrics *metrics, se__collect_fn fn, void *user);

#endif
