/*
 * The rules that depend on the whole fleet: what is overlooked when too many
 * elements are kept away.
 */
#include "selector/selector.h"

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

/*
 * What is taken when nobody better is left: first what was not heard of for
 * long, then what is new, then both.
 */
static void relax_for_want(const se__snapshot *snapshot, se__query *query)
{
    for (int step = 0; step < 4; step++) {
        query->take_stale = step & 1;
        query->take_probation = step & 2;
        if (is_anybody_eligible(snapshot, query)) {
            break;
        }
    }
}

void se__selector_relax(const se__snapshot *snapshot, se__query *query)
{
    fleet all = look_over(snapshot, query);

    query->relaxed = true;
    query->ignore_health = all.healthy == 0;
    query->ignore_ejections = all.in_use * 2 < all.count;
    relax_for_want(snapshot, query);
}
