/*
 * What a reload looks like in the log and in figures.
 *
 * Source: wire-contract 8.3 for the messages; the names of the metrics are
 * those of dashboards that exist.
 */
#include "registry/state.h"

#include "base/clock.h"
#include "base/mem.h"

#define COMPONENT "registry"
#define US_PER_MS 1000
#define MS_PER_S 1e3

const char *se__reload_reason_name(se_reload_reason reason)
{
    static const char *const names[] = {
        [SE_RELOAD_MANUAL] = "manual",
        [SE_RELOAD_INSUFFICIENT_STORAGE] = "insufficient_storage",
        [SE_RELOAD_NOT_FOUND] = "not_found",
        [SE_RELOAD_CONNECTION_ERROR] = "connection_error",
    };

    return (size_t)reason < SE__COUNT(names) ? names[reason] : "?";
}

static bool speaks_as_lazy(const se__flight *flight)
{
    return flight->cause == SE__CAUSE_LAZY ||
           flight->reason != SE_RELOAD_MANUAL;
}

/* Who made it ask comes last, if there is somebody. */
static void log_as_lazy(const se_registry *registry, const se__flight *flight,
                        se_log_level level, const char *message,
                        se_log_field *fields, size_t n)
{
    if (flight->se_id[0] != '\0') {
        fields[n++] = (se_log_field)SE__LOG_STR("se_id", flight->se_id);
        fields[n++] =
            (se_log_field)SE__LOG_INT("status_code", flight->status_code);
    }
    se__log_event(&registry->log, level, COMPONENT, message, fields, n);
}

void se__report_begin(const se_registry *registry, const se__flight *flight)
{
    if (speaks_as_lazy(flight)) {
        se_log_field fields[1 + 2] = {
            SE__LOG_STR("reason", se__reload_reason_name(flight->reason))};

        log_as_lazy(registry, flight, SE_LOG_INFO,
                    "Triggering lazy SE config reload", fields, 1);
    }
}

/* Who answered: what is in force may be another's, while that is held back. */
static const char *source_of(const se__flight *flight)
{
    return flight->source[0] != '\0' ? flight->source
                                     : se_topology_source(flight->after);
}

static void log_success(const se_registry *registry, const se__flight *flight,
                        int64_t took_ms)
{
    const char *source = source_of(flight);
    int64_t count = (int64_t)se_topology_count(flight->after);

    if (speaks_as_lazy(flight)) {
        se_log_field fields[4 + 2] = {
            SE__LOG_STR("reason", se__reload_reason_name(flight->reason)),
            SE__LOG_STR("source", source), SE__LOG_INT("se_count", count),
            SE__LOG_INT("duration_ms", took_ms)};

        log_as_lazy(registry, flight, SE_LOG_INFO,
                    "Lazy SE config reload completed", fields, 4);
        return;
    }
    SE__LOG(&registry->log, SE_LOG_DEBUG, COMPONENT,
            "SE config reload completed", SE__LOG_STR("source", source),
            SE__LOG_INT("se_count", count),
            SE__LOG_INT("duration_ms", took_ms));
}

/* No source had a list, or we could not take it. */
static void log_failure(const se_registry *registry, const se__flight *flight,
                        int64_t took_ms)
{
    static const char *const words[2][2] = {
        {"No SE endpoints available from any source",
         "Failed to fetch SE config from all sources"},
        {"SE config reload task error",
         "Lazy SE config reload failed with exception"},
    };
    se_log_field fields[3 + 2] = {
        SE__LOG_STR("reason", se__reload_reason_name(flight->reason)),
        SE__LOG_STR("error", flight->error.message),
        SE__LOG_INT("duration_ms", took_ms)};
    bool lazy = speaks_as_lazy(flight);
    bool own = flight->error.code != SE_E_DISCOVERY;

    if (flight->error.code == SE_E_CANCELED) {
        return; /* by whoever closes the registry */
    }
    log_as_lazy(registry, flight, lazy || own ? SE_LOG_ERROR : SE_LOG_WARNING,
                words[own][lazy], fields, 3);
}

static void count(const se_registry *registry, const char *source,
                  const char *status, int64_t took_us)
{
    se__metric_add(registry->metrics, SE__METRIC_RELOADS,
                   SE__LABELS(source, status), 1);
    se__metric_observe(registry->metrics, SE__METRIC_RELOAD_SECONDS,
                       SE__LABELS(source), (double)took_us / 1e6);
}

static const char *status_of(const se__flight *flight)
{
    if (flight->error.code == SE_OK) {
        return "success";
    }
    return flight->error.code == SE_E_DISCOVERY ? "failed" : "error";
}

/* An explicit wish is a lazy reload like others, but not the first list. */
static bool counts_as_lazy(const se__flight *flight)
{
    return speaks_as_lazy(flight) ||
           (flight->cause == SE__CAUSE_ASKED && flight->began > 0);
}

/* What no source has confirmed, as the last good list, ages from when it came;
 * else it would look fresh for ever. 0: nothing is in force. */
static int64_t confirmed_at(se_registry *registry)
{
    int64_t at = se__registry_confirmed_ms(registry);
    const se__snapshot *snapshot;
    int slot;

    if (at == 0) {
        snapshot = se__registry_enter(registry, &slot);
        at = snapshot != NULL ? snapshot->topology->fetched_ms : 0;
        se__registry_leave(registry, slot);
    }
    return at;
}

void se__report_age(void *user, se_metrics *metrics)
{
    int64_t at = confirmed_at(user);

    if (at != 0) {
        se__metric_set(metrics, SE__METRIC_TOPOLOGY_AGE, NULL,
                       (double)(se__now_ms() - at) / MS_PER_S);
    }
}

/* With a list from disk the error is still that of the sources. */
void se__report_end(se_registry *registry, const se__flight *flight,
                    int64_t took_us)
{
    bool good = flight->error.code == SE_OK;

    atomic_fetch_add(good ? &registry->reloads : &registry->failures, 1);
    count(registry, good ? source_of(flight) : "none", status_of(flight),
          took_us);
    if (counts_as_lazy(flight)) {
        se__metric_add(registry->metrics, SE__METRIC_LAZY_RELOADS,
                       SE__LABELS(se__reload_reason_name(flight->reason),
                                  status_of(flight)),
                       1);
    }
    if (good) {
        log_success(registry, flight, took_us / US_PER_MS);
    } else {
        log_failure(registry, flight, took_us / US_PER_MS);
    }
    if (flight->from_disk) {
        SE__LOG(
            &registry->log, SE_LOG_WARNING, COMPONENT,
            "Last known good SE config is in force",
            SE__LOG_INT("se_count", (int64_t)se_topology_count(flight->after)));
    }
}

void se__report_pushed(se_registry *registry, const se__offer *offer,
                       int64_t took_us)
{
    atomic_fetch_add(&registry->reloads, 1);
    count(registry, se_topology_source(offer->after), "success", took_us);
    SE__LOG(&registry->log, SE_LOG_DEBUG, COMPONENT,
            "SE config reload completed",
            SE__LOG_STR("source", se_topology_source(offer->after)),
            SE__LOG_INT("se_count", (int64_t)se_topology_count(offer->after)),
            SE__LOG_INT("duration_ms", took_us / US_PER_MS));
}

void se__report_change(const se_registry *registry, const se_diff *diff)
{
    static const struct {
        se_change_kind kind;
        const char *name;
    } kinds[] = {
        {SE_CHANGE_ADDED, "added"},
        {SE_CHANGE_REMOVED, "removed"},
        {SE_CHANGE_UPDATED, "updated"},
    };
    size_t after;

    se_diff_totals(diff, NULL, &after);
    se__metric_set(registry->metrics, SE__METRIC_ENDPOINTS, NULL,
                   (double)after);
    for (size_t i = 0; i < SE__COUNT(kinds); i++) {
        size_t n = se_diff_count(diff, kinds[i].kind);

        if (n > 0) {
            se__metric_add(registry->metrics, SE__METRIC_CHANGES,
                           SE__LABELS(kinds[i].name), (double)n);
        }
    }
}
