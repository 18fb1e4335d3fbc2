/*
 * Why would this element not take the file? One function per reason, in one
 * table, asked in order.
 */
#include "selector/selector.h"

#include <string.h>

const char *se_reason_name(se_reason reason)
{
    static const char *const names[] = {
#define SE_REASON_NAME(name, text) text,
        SE_REASON_MAP(SE_REASON_NAME)
#undef SE_REASON_NAME
    };

    return (unsigned)reason < sizeof(names) / sizeof(names[0]) ? names[reason]
                                                               : "?";
}

const char *se_outcome_name(se_outcome outcome)
{
    static const char *const names[] = {
        [SE_REJECTED] = "rejected",
        [SE_STORED] = "stored",
        [SE_UNKNOWN] = "unknown",
    };

    return (unsigned)outcome < sizeof(names) / sizeof(names[0]) ? names[outcome]
                                                                : "?";
}

const char *se_retention_name(se_retention retention)
{
    static const char *const names[] = {
        [SE_TEMPORARY] = "temporary",
        [SE_PERMANENT] = "permanent",
    };

    return (unsigned)retention < sizeof(names) / sizeof(names[0])
               ? names[retention]
               : "?";
}

typedef bool (*objection)(const se_element *element,
                          const se__endpoint *endpoint, const se__query *query);

se_mode se__mode_for(se_retention retention)
{
    return retention == SE_PERMANENT ? SE_MODE_RW : SE_MODE_EDIT;
}

static bool wrong_mode(const se_element *element, const se__endpoint *endpoint,
                       const se__query *query)
{
    (void)endpoint;
    return element->mode != se__mode_for(query->retention);
}

/*
 * What an element said of its health counts while it is fresh: without a
 * monitor nobody would ever ask one again that is passed by.
 */
static bool is_offline(const se_element *element, const se__endpoint *endpoint,
                       const se__query *query)
{
    return !element->available ||
           (atomic_load(&endpoint->health) == SE_HEALTH_UNHEALTHY &&
            query->now_ms - atomic_load(&endpoint->asked_ms) <
                SE__HEALTH_TRUSTED_MS);
}

static bool on_probation(const se_element *element,
                         const se__endpoint *endpoint, const se__query *query)
{
    (void)element;
    return atomic_load(&endpoint->probation) && !query->take_probation;
}

static bool is_excluded(const char *id, const se__query *query)
{
    for (size_t i = 0; i < query->n_exclude; i++) {
        if (strcmp(query->exclude[i], id) == 0) {
            return true;
        }
    }
    return false;
}

static bool was_tried(const se_element *element, const se__endpoint *endpoint,
                      const se__query *query)
{
    return se__tried_has(query->tried, endpoint) ||
           is_excluded(element->id, query);
}

static int64_t known_bytes(const se__query *query)
{
    return query->bytes > 0 ? query->bytes : 0;
}

static bool is_full(const se_element *element, const se__endpoint *endpoint,
                    const se__query *query)
{
    (void)element;
    return se__endpoint_is_full(endpoint, known_bytes(query), query->now_ms);
}

static bool keeps_away(const se_element *element, const se__endpoint *endpoint,
                       const se__query *query)
{
    (void)element;
    return atomic_load(&endpoint->set_aside_until_ms) > query->now_ms ||
           (!query->ignore_ejections &&
            se__endpoint_is_ejected(endpoint, query->now_ms));
}

static bool has_no_room(const se_element *element, const se__endpoint *endpoint,
                        const se__query *query)
{
    int64_t need;

    (void)element;
    if (__builtin_add_overflow(known_bytes(query), query->headroom_bytes,
                               &need)) {
        return true;
    }
    /* Of unknown size: one byte at least. */
    return se__endpoint_room(endpoint) < (need > 0 ? need : 1);
}

se_reason se__selector_judge(const se_element *element,
                             const se__endpoint *endpoint,
                             const se__query *query)
{
    static const struct {
        se_reason reason;
        objection object;
    } objections[] = {
        {SE_REASON_MODE, wrong_mode},    {SE_REASON_OFFLINE, is_offline},
        {SE_REASON_TRIED, was_tried},    {SE_REASON_PROBATION, on_probation},
        {SE_REASON_FULL, is_full},       {SE_REASON_EJECTED, keeps_away},
        {SE_REASON_NO_FIT, has_no_room},
    };

    for (size_t i = 0; i < sizeof(objections) / sizeof(objections[0]); i++) {
        if (objections[i].object(element, endpoint, query)) {
            return objections[i].reason;
        }
    }
    return SE_REASON_NONE;
}
