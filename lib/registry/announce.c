/*
 * What a change looks like in the log.
 *
 * Source: wire-contract 8.3.
 */
#include "registry/state.h"

#include <string.h>

#include "base/mem.h"

#define COMPONENT "registry"

/* Is the list of invalid elements another one than before? */
static bool other_rejects(const se_topology *before, const se_topology *after)
{
    size_t count = se_topology_rejected_count(after);
    const char *id[2];
    const char *reason[2];

    if (before == NULL) {
        return count > 0;
    }
    if (count != se_topology_rejected_count(before)) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        se_topology_rejected_at(before, i, &id[0], &reason[0]);
        se_topology_rejected_at(after, i, &id[1], &reason[1]);
        if (strcmp(id[0], id[1]) != 0 || strcmp(reason[0], reason[1]) != 0) {
            return true;
        }
    }
    return false;
}

bool se__announcement_init(se__announcement *announcement, const se_diff *diff,
                           const se_topology *before)
{
    size_t n = 0;

    *announcement = (se__announcement){.diff = diff};
    announcement->rejected = other_rejects(before, se_diff_after(diff));
    for (int kind = SE_CHANGE_ADDED; kind <= SE_CHANGE_UPDATED; kind++) {
        n += se_diff_count(diff, (se_change_kind)kind);
    }
    if (n == 0) {
        return true;
    }
    announcement->ids = se__zalloc_array(n, sizeof(const char *));
    if (announcement->ids == NULL) {
        return false;
    }
    n = 0;
    for (int kind = SE_CHANGE_ADDED; kind <= SE_CHANGE_UPDATED; kind++) {
        for (size_t i = 0; i < se_diff_count(diff, (se_change_kind)kind); i++) {
            announcement->ids[n++] =
                se_change_id(se_diff_at(diff, (se_change_kind)kind, i));
        }
    }
    return true;
}

void se__announcement_fini(se__announcement *announcement)
{
    free(announcement->ids);
    announcement->ids = NULL;
}

static void log_summary(const se__announcement *announcement,
                        const se_registry *registry)
{
    const se_diff *diff = announcement->diff;
    size_t added = se_diff_count(diff, SE_CHANGE_ADDED);
    size_t removed = se_diff_count(diff, SE_CHANGE_REMOVED);
    size_t updated = se_diff_count(diff, SE_CHANGE_UPDATED);
    const char *const *ids = announcement->ids;
    size_t before;
    size_t after;

    se_diff_totals(diff, &before, &after);
    SE__LOG(&registry->log, SE_LOG_INFO, COMPONENT,
            "Storage endpoints configuration updated",
            SE__LOG_LIST("added", ids, added),
            SE__LOG_LIST("removed", ids + added, removed),
            SE__LOG_LIST("updated", ids + added + removed, updated),
            SE__LOG_INT("total_before", (int64_t)before),
            SE__LOG_INT("total_after", (int64_t)after),
            SE__LOG_STR("source", se_topology_source(se_diff_after(diff))),
            SE__LOG_STR("instance_id", registry->instance_id),
            SE__LOG_STR("role", atomic_load(&registry->role)));
}

static void log_added(const se__log *log, const se_change *change)
{
    const se_element *now = se_change_after(change);

    SE__LOG(log, SE_LOG_INFO, COMPONENT, "SE added",
            SE__LOG_STR("se_id", se_change_id(change)),
            SE__LOG_STR("endpoint", se_element_url(now)),
            SE__LOG_STR("mode", se_mode_name(se_element_mode(now))),
            SE__LOG_INT("priority", se_element_priority(now)),
            SE__LOG_BOOL("available", se_element_available(now)));
}

static void log_removed(const se__log *log, const se_change *change)
{
    const se_element *was = se_change_before(change);

    SE__LOG(log, SE_LOG_INFO, COMPONENT, "SE removed",
            SE__LOG_STR("se_id", se_change_id(change)),
            SE__LOG_STR("old_endpoint", se_element_url(was)));
}

static void log_updated(const se__log *log, const se_change *change)
{
    const se_element *was = se_change_before(change);
    const se_element *now = se_change_after(change);

    SE__LOG(log, SE_LOG_INFO, COMPONENT, "SE updated",
            SE__LOG_STR("se_id", se_change_id(change)),
            SE__LOG_STR("old_endpoint", se_element_url(was)),
            SE__LOG_STR("new_endpoint", se_element_url(now)),
            SE__LOG_STR("old_mode", se_mode_name(se_element_mode(was))),
            SE__LOG_STR("new_mode", se_mode_name(se_element_mode(now))),
            SE__LOG_INT("old_priority", se_element_priority(was)),
            SE__LOG_INT("new_priority", se_element_priority(now)),
            SE__LOG_BOOL("old_available", se_element_available(was)),
            SE__LOG_BOOL("new_available", se_element_available(now)));
}

static void log_rejected(const se__log *log, const se_change *change)
{
    SE__LOG(log, SE_LOG_WARNING, COMPONENT, "SE rejected",
            SE__LOG_STR("se_id", se_change_id(change)),
            SE__LOG_STR("reason", se_change_reason(change)));
}

static void log_each(const se_diff *diff, se_change_kind kind,
                     const se__log *log,
                     void (*say)(const se__log *, const se_change *))
{
    size_t count = se_diff_count(diff, kind);

    for (size_t i = 0; i < count; i++) {
        say(log, se_diff_at(diff, kind, i));
    }
}

void se__announcement_log(const se__announcement *announcement,
                          const se_registry *registry)
{
    const se_diff *diff = announcement->diff;
    const se__log *log = &registry->log;

    if (log->fn == NULL) {
        return;
    }
    if (announcement->ids != NULL) {
        log_summary(announcement, registry);
        log_each(diff, SE_CHANGE_ADDED, log, log_added);
        log_each(diff, SE_CHANGE_REMOVED, log, log_removed);
        log_each(diff, SE_CHANGE_UPDATED, log, log_updated);
    }
    if (announcement->rejected) {
        log_each(diff, SE_CHANGE_REJECTED, log, log_rejected);
    }
}
