/*
 * Sequential fill: the first of the list, which is sorted by priority and id,
 * that would take the file and on which its bytes can be reserved.
 *
 * Design notes. Three rules depend on the whole fleet, and each only matters
 * when something is wrong: ejections are ignored when they leave less than half
 * of a mode, health when nobody is healthy, probation when there is nobody
 * else. So a pick first walks the list as if none of them applied and ends at
 * the first element that is eligible. Only if it meets an element that is kept
 * away before that, or nobody, are the rules worked out, and the list walked
 * again. Both ways end at the same element: the rules cannot make one before it
 * eligible. Explaining always takes the second way.
 */
#include "selector/selector.h"

#include "base/error.h"
#include "base/text.h"

/* ---- the rules of the fleet ---- */

typedef struct fleet {
    size_t count; /* of the mode, in service by the list */
    size_t healthy;
    size_t in_use; /* of those, neither ejected nor set aside */
} fleet;

static fleet look_over(const se__snapshot *snapshot, const se__query *query)
{
    se_mode mode = se__mode_for(query->retention);
    fleet all = {0, 0, 0};

    for (size_t i = 0; i < snapshot->topology->count; i++) {
        const se_element *element = &snapshot->topology->elements[i];
        const se__endpoint *endpoint = snapshot->endpoints[i];

        if (element->mode != mode || !element->available) {
            continue;
        }
        all.count++;
        if (se__endpoint_is_down(endpoint, query->now_ms)) {
            continue;
        }
        all.healthy++;
        all.in_use += !se__endpoint_is_ejected(endpoint, query->now_ms) &&
                      !se__selector_is_set_aside(endpoint, query);
    }
    return all;
}

static bool is_anybody_eligible(const se__snapshot *snapshot,
                                const se__query *query)
{
    for (size_t i = 0; i < snapshot->topology->count; i++) {
        if (se__selector_judge(&snapshot->topology->elements[i],
                               snapshot->endpoints[i],
                               query) == SE_REASON_NONE) {
            return true;
        }
    }
    return false;
}

void se__selector_relax(const se__snapshot *snapshot, se__query *query)
{
    fleet all = look_over(snapshot, query);

    query->ignore_health = all.healthy == 0;
    query->ignore_ejections = all.in_use * 2 < all.count;
    query->take_probation = false;
    query->take_probation = !is_anybody_eligible(snapshot, query);
}

/* ---- taking one ---- */

static bool take(const se__snapshot *snapshot, size_t index,
                 const se__query *query, se__choice *out)
{
    se__endpoint *endpoint = snapshot->endpoints[index];

    if (!se__endpoint_reserve(endpoint, query->bytes, query->headroom_bytes)) {
        return false;
    }
    out->endpoint = se__endpoint_ref(endpoint);
    out->reserved = query->bytes > 0 ? query->bytes : 0;
    out->serial = snapshot->serial;
    se__copy_text(out->url, sizeof(out->url),
                  snapshot->topology->elements[index].url);
    return true;
}

typedef enum walk {
    TAKEN,
    NOBODY,
    OUTRUN,    /* somebody else took the room between judging and reserving */
    NEED_RULES /* it depends on the fleet */
} walk;

/* No rule makes these eligible: most of a long walk ends here. */
static bool is_out_of_question(const se_element *element,
                               const se__endpoint *endpoint,
                               const se__query *query)
{
    return element->mode != se__mode_for(query->retention) ||
           !se__endpoint_fits(endpoint, query->bytes, query->headroom_bytes);
}

static walk walk_list(const se__snapshot *snapshot, const se__query *query,
                      bool with_rules, se__choice *out)
{
    walk end = with_rules ? NOBODY : NEED_RULES;

    for (size_t i = 0; i < snapshot->topology->count; i++) {
        const se_element *element = &snapshot->topology->elements[i];
        const se__endpoint *endpoint = snapshot->endpoints[i];
        se_reason reason;

        if (is_out_of_question(element, endpoint, query)) {
            continue;
        }
        reason = se__selector_judge(element, endpoint, query);
        if (reason == SE_REASON_NONE) {
            if (take(snapshot, i, query, out)) {
                return TAKEN;
            }
            end = with_rules ? OUTRUN : NEED_RULES;
        } else if (reason == SE_REASON_EJECTED && !with_rules) {
            return NEED_RULES;
        }
    }
    return end;
}

static bool choose_from(const se__snapshot *snapshot, se__query *query,
                        se__choice *out)
{
    walk end = walk_list(snapshot, query, false, out);

    if (end == NEED_RULES) {
        se__selector_relax(snapshot, query);
        end = walk_list(snapshot, query, true, out);
    }
    if (end == OUTRUN) {
        se__selector_relax(snapshot, query);
        end = walk_list(snapshot, query, true, out);
    }
    return end == TAKEN;
}

se_err se__selector_choose(se_registry *registry, const se__query *query,
                           se__choice *out, uint64_t *serial,
                           int64_t *wait_until_ms, se_error *err)
{
    se__query relaxed = *query;
    se_err rc = SE_OK;
    int slot;
    const se__snapshot *snapshot = se__registry_enter(registry, &slot);

    if (serial) {
        *serial = snapshot ? snapshot->serial : 0;
    }
    if (!snapshot) {
        return se__fail(err, SE_E_DISCOVERY,
                        "no list of storage elements is known yet");
    }
    if (!choose_from(snapshot, &relaxed, out)) {
        rc = se__selector_refusal(snapshot, &relaxed, wait_until_ms, err);
    }
    se__registry_leave(registry, slot);
    return rc;
}

void se__choice_release(se__choice *choice, se_outcome outcome)
{
    if (choice->endpoint) {
        se__endpoint_release(choice->endpoint, choice->reserved,
                             outcome != SE_REJECTED);
        se__endpoint_unref(choice->endpoint);
        choice->endpoint = NULL;
    }
}
