/*
 * The rules that depend on the whole fleet: what is overlooked when too many
 * elements are kept away.
 */
#include "selector/selector.h"

/* Of the mode, and in service by the list. */
typedef struct fleet {
    size_t count;
    size_t healthy;
    size_t ejected; /* of the healthy ones, and not set aside */
    size_t in_use;  /* neither of them */
} fleet;

/* True: healthy, of the mode, in service, and asks for no patience. */
static bool is_fit_for_use(const se_element *element,
                           const se__endpoint *endpoint, const se__query *query)
{
    return element->mode == se__mode_for(query->retention) &&
           element->available &&
           !se__endpoint_is_down(endpoint, query->now_ms) &&
           !se__selector_is_set_aside(endpoint, query);
}

static fleet look_over(const se__snapshot *snapshot, const se__query *query)
{
    se_mode mode = se__mode_for(query->retention);
    fleet all = {.count = 0};

    for (size_t i = 0; i < snapshot->topology->count; i++) {
        const se_element *element = &snapshot->topology->elements[i];
        const se__endpoint *endpoint = snapshot->endpoints[i];
        bool ejected = se__endpoint_is_ejected(endpoint, query->now_ms);

        if (element->mode != mode || !element->available) {
            continue;
        }
        all.count++;
        all.healthy += !se__endpoint_is_down(endpoint, query->now_ms);
        if (is_fit_for_use(element, endpoint, query)) {
            all.ejected += ejected;
            all.in_use += !ejected;
        }
    }
    return all;
}

/* The ejection of so many holds; the first of the list that is beyond. */
static const se_element *end_of_ejections(const se__snapshot *snapshot,
                                          const se__query *query, size_t most)
{
    const se_element *elements = snapshot->topology->elements;

    for (size_t i = 0; i < snapshot->topology->count; i++) {
        const se__endpoint *endpoint = snapshot->endpoints[i];

        if (is_fit_for_use(&elements[i], endpoint, query) &&
            se__endpoint_is_ejected(endpoint, query->now_ms) && most-- == 0) {
            return &elements[i];
        }
    }
    return NULL;
}

static void limit_ejections(const se__snapshot *snapshot, se__query *query,
                            const fleet *all)
{
    size_t most = all->count / 2;

    query->ignore_ejections = all->healthy * 2 < all->count;
    query->ejections_end = NULL;
    if (all->ejected > most) {
        query->ejections_end = end_of_ejections(snapshot, query, most);
    } else if (all->in_use == 0) {
        query->ignore_ejections = true;
    }
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
 * long, then what says that it is degraded, then what is new; each with those
 * before it only if it is not enough without.
 */
static void relax_for_want(const se__snapshot *snapshot, se__query *query)
{
    for (int step = 0; step < 8; step++) {
        query->take_stale = step & 1;
        query->take_degraded = step & 2;
        query->take_probation = step & 4;
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
    limit_ejections(snapshot, query, &all);
    relax_for_want(snapshot, query);
}
