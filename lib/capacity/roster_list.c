/*
 * The roster follows the list in force.
 */
#include "capacity/roster_private.h"

#include <string.h>

#include "base/mem.h"

bool se__roster_takes_files(const se_element *element)
{
    se_mode mode = se_element_mode(element);

    return se_element_available(element) &&
           (mode == SE_MODE_EDIT || mode == SE_MODE_RW);
}

se__watched *se__roster_find(const se__roster *roster, const char *id)
{
    size_t low = 0;
    size_t high = roster->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(roster->by_id[middle]->endpoint->id, id);

        if (order == 0) {
            return roster->by_id[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static void forget(se__roster *roster, se__watched *watched)
{
    if (watched->poll) {
        se__probe_cancel(&watched->poll->probe);
    }
    se__roster_leave_line(roster, watched);
    se__timer_cancel(roster->loop, &watched->timer);
    se__endpoint_unref(watched->endpoint);
    free(watched);
}

void se__roster_forget_all(se__roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        forget(roster, roster->by_id[i]);
    }
    free(roster->by_id);
    roster->by_id = NULL;
    roster->count = 0;
    se_topology_unref(roster->topology);
    roster->topology = NULL;
}

/* ---- a new list ---- */

/* In the making: what is new is made, what stays is not touched yet. */
typedef struct draft {
    se_topology *topology;
    se__watched **by_id;
    size_t count;
} draft;

static se__watched *watch(se__roster *roster, se__endpoint *endpoint)
{
    se__watched *watched = se__zalloc(sizeof(*watched));

    if (watched) {
        watched->roster = roster;
        watched->endpoint = se__endpoint_ref(endpoint);
        watched->line = SE__LINE_NONE;
    }
    return watched;
}

static void drop_draft(draft *made)
{
    for (size_t i = 0; i < made->count; i++) {
        /* Only the new ones have no element yet. */
        if (made->by_id[i] && !made->by_id[i]->element) {
            se__endpoint_unref(made->by_id[i]->endpoint);
            free(made->by_id[i]);
        }
    }
    free(made->by_id);
    se_topology_unref(made->topology);
}

static bool make_draft(se__roster *roster, const se__snapshot *snapshot,
                       draft *made)
{
    const se_topology *topology = snapshot->topology;

    made->topology = se_topology_ref(topology);
    made->by_id = se__zalloc_array(topology->count, sizeof(se__watched *));
    if (!made->by_id) {
        return false;
    }
    for (size_t i = 0; i < topology->count; i++) {
        se__endpoint *endpoint = snapshot->endpoints[topology->by_id[i]];
        se__watched *watched = se__roster_find(roster, endpoint->id);

        if (!watched) {
            watched = watch(roster, endpoint);
        }
        if (!watched) {
            return false;
        }
        made->by_id[made->count++] = watched;
    }
    return true;
}

/* Those that take no files any more; those that are gone are freed. */
static void say_goodbye(se__roster *roster, const draft *made)
{
    for (size_t i = 0; i < roster->count; i++) {
        se__watched *watched = roster->by_id[i];
        const se_element *element =
            se_topology_find(made->topology, watched->endpoint->id);

        if (watched->takes_files &&
            (!element || !se__roster_takes_files(element))) {
            roster->hooks.left(roster->hooks.user, watched->endpoint);
        }
        if (!element) {
            forget(roster, watched);
        }
    }
}

/* Another address, or another kind of files: another element, in effect. */
static bool is_other(const se_element *before, const se_element *after)
{
    return !before || se_element_mode(before) != se_element_mode(after) ||
           strcmp(se_element_url(before), se_element_url(after)) != 0;
}

/* What it is asked at the old address says nothing of the new one. */
static void break_off(se__watched *watched)
{
    se__poll *poll = watched->poll;

    if (poll) {
        watched->asked = watched->asked || !poll->probe.scheduled;
        se__probe_cancel(&poll->probe);
    }
}

static void update(se__roster *roster, se__watched *watched,
                   const se_element *element)
{
    bool took = watched->takes_files;
    bool other = is_other(watched->element, element);

    watched->element = element;
    watched->takes_files = se__roster_takes_files(element);
    if (other) {
        break_off(watched);
    }
    if (!watched->takes_files) {
        se__roster_stand_down(roster, watched);
    } else if (!took || other) {
        watched->pace = (se__pace){0};
        watched->suspect = false;
        se__roster_wind_up(roster, watched);
    }
}

static void adopt(se__roster *roster, draft *made)
{
    se_topology *before = roster->topology;

    say_goodbye(roster, made);
    free(roster->by_id);
    roster->by_id = made->by_id;
    roster->count = made->count;
    roster->topology = made->topology;
    for (size_t i = 0; i < made->count; i++) {
        const se_topology *topology = made->topology;

        update(roster, made->by_id[i],
               se_topology_at(topology, topology->by_id[i]));
    }
    se_topology_unref(before);
}

static bool is_news(const se__roster *roster, const se_topology *topology)
{
    return !roster->topology || strcmp(se_topology_hash(roster->topology),
                                       se_topology_hash(topology)) != 0;
}

bool se__roster_refresh(se__roster *roster)
{
    int slot;
    const se__snapshot *snapshot = se__registry_enter(roster->registry, &slot);
    draft made = {0};
    bool news = snapshot && is_news(roster, snapshot->topology);
    bool ok = news && make_draft(roster, snapshot, &made);

    if (snapshot) {
        se__registry_leave(roster->registry, slot);
    }
    if (ok) {
        adopt(roster, &made);
    } else if (news) {
        drop_draft(&made);
    }
    return ok || !news;
}
