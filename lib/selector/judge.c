/*
 * Why would this element not take the file? The reasons in their order.
 */
#include "selector/selector.h"

#include <string.h>

se_mode se__mode_for(se_retention retention)
{
    return retention == SE_PERMANENT ? SE_MODE_RW : SE_MODE_EDIT;
}

static bool is_offline(const se_element *element, const se__endpoint *endpoint,
                       const se__query *query)
{
    return !element->available ||
           (!query->ignore_health &&
            se__endpoint_is_down(endpoint, query->now_ms)) ||
           (!query->take_degraded &&
            atomic_load(&endpoint->health) == SE_HEALTH_DEGRADED);
}

static bool on_probation(const se__endpoint *endpoint, const se__query *query)
{
    return !query->take_probation && atomic_load(&endpoint->probation);
}

bool se__selector_was_tried(const se__endpoint *endpoint,
                            const se__query *query)
{
    if (se__tried_has(query->tried, endpoint)) {
        return true;
    }
    for (size_t i = 0; i < query->n_exclude; i++) {
        if (strcmp(query->exclude[i], endpoint->id) == 0) {
            return true;
        }
    }
    return false;
}

bool se__selector_is_set_aside(const se__endpoint *endpoint,
                               const se__query *query)
{
    return query->now_ms < atomic_load(&endpoint->set_aside_until_ms);
}

static bool is_ejected(const se_element *element, const se__endpoint *endpoint,
                       const se__query *query)
{
    if (se__selector_is_set_aside(endpoint, query)) {
        return true;
    }
    return !query->ignore_ejections &&
           (!query->ejections_end || element < query->ejections_end) &&
           se__endpoint_is_ejected(endpoint, query->now_ms);
}

/* A figure whose age is not known, as that of a list, does not age. */
static bool is_stale(const se__endpoint *endpoint, const se__query *query)
{
    int64_t measured;

    if (query->stale_after_ms == 0 || query->take_stale) {
        return false;
    }
    measured = atomic_load(&endpoint->measured_ms);
    return measured != 0 && query->now_ms - measured > query->stale_after_ms;
}

se_reason se__selector_judge(const se_element *element,
                             const se__endpoint *endpoint,
                             const se__query *query)
{
    if (element->mode != se__mode_for(query->retention)) {
        return SE_REASON_MODE;
    }
    if (is_offline(element, endpoint, query)) {
        return SE_REASON_OFFLINE;
    }
    if (on_probation(endpoint, query)) {
        return SE_REASON_PROBATION;
    }
    if (se__selector_was_tried(endpoint, query)) {
        return SE_REASON_TRIED;
    }
    if (se__endpoint_is_full(endpoint, query->bytes, query->now_ms)) {
        return SE_REASON_FULL;
    }
    if (is_ejected(element, endpoint, query)) {
        return SE_REASON_EJECTED;
    }
    if (!se__endpoint_fits(endpoint, query->bytes, query->headroom_bytes)) {
        return SE_REASON_NO_FIT;
    }
    if (is_stale(endpoint, query)) {
        return SE_REASON_STALE;
    }
    return SE_REASON_NONE;
}
