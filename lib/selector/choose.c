/*
 * Choosing and reserving.
 *
 * Design notes. Some rules depend on the whole fleet, and each only matters
 * when something is wrong (rules.c): ejections are ignored when they would keep
 * away more than half of a mode, health when nobody is healthy, stale figures,
 * degraded health and probation when there is nobody else. So a choice first
 * walks the list, which is sorted by priority and id, as if none of them
 * applied. Only if it meets an element that is ejected, or nobody, are the
 * rules worked out, and the list walked again. Both ways end at the same
 * element: no other rule makes anybody eligible as long as there is somebody.
 * Explaining always takes the second way.
 *
 * Sequential fill takes the first that it meets and walks no further; the other
 * policies choose among all that are eligible. A policy of the program's own is
 * called without any lock, within the reader's slot of the registry: what takes
 * long there keeps the list that it looks at in memory, and holds up nobody.
 */
#include "selector/selector.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

typedef struct attempt {
    const se_selector *selector;
    const se__snapshot *snapshot;
    se__query query;
    se__choice *out;
    bool outrun; /* somebody else took the room between judging and reserving */
    bool no_memory;
} attempt;

static bool take(attempt *a, size_t index)
{
    se__endpoint *endpoint = a->snapshot->endpoints[index];
    int64_t bytes = a->query.bytes;

    if (!se__endpoint_reserve(endpoint, bytes, a->query.headroom_bytes)) {
        a->outrun = true;
        return false;
    }
    a->out->endpoint = se__endpoint_ref(endpoint);
    a->out->reserved = bytes > 0 ? bytes : 0;
    a->out->serial = a->snapshot->serial;
    se__copy_text(a->out->url, sizeof(a->out->url),
                  a->snapshot->topology->elements[index].url);
    return true;
}

/* ---- walking the list ---- */

typedef enum walk {
    STOPPED,   /* by who was told of one that is eligible */
    ENDED,     /* at the end of the list */
    NEED_RULES /* it depends on the fleet */
} walk;

/* Told of each element that is eligible; true: no further. */
typedef bool (*found_fn)(attempt *a, se__ballot *ballot, size_t index);

static walk walk_list(attempt *a, found_fn found, se__ballot *ballot)
{
    const se__query *query = &a->query;
    const se_element *elements = a->snapshot->topology->elements;
    size_t count = a->snapshot->topology->count;
    int64_t needed = se__room_needed(query->bytes, query->headroom_bytes);
    se_mode mode = se__mode_for(query->retention);

    for (size_t i = 0; i < count; i++) {
        const se__endpoint *endpoint = a->snapshot->endpoints[i];
        se_reason reason;

        /* No rule makes these eligible: most of a long walk ends here. */
        if (elements[i].mode != mode ||
            !se__endpoint_may_fit(endpoint, needed)) {
            continue;
        }
        reason = se__selector_judge(&elements[i], endpoint, query);
        if (reason == SE_REASON_EJECTED && !query->relaxed) {
            return NEED_RULES;
        }
        if (reason == SE_REASON_NONE && found(a, ballot, i)) {
            return STOPPED;
        }
    }
    return ENDED;
}

/* ---- by the policy ---- */

static bool take_found(attempt *a, se__ballot *ballot, size_t index)
{
    (void)ballot;
    return take(a, index);
}

static bool add_found(attempt *a, se__ballot *ballot, size_t index)
{
    (void)a;
    se__ballot_add(ballot, index);
    return false;
}

static bool elect(attempt *a, se__ballot *ballot)
{
    const se__policy *policy = a->selector->policy;

    while (ballot->count > 0) {
        uint64_t seen = 0;
        size_t chosen =
            policy->choose(a->selector, ballot, a->query.bytes, &seen);
        size_t index = se__ballot_index(ballot, chosen);

        if (policy->claim &&
            !policy->claim(a->snapshot->endpoints[index], seen)) {
            continue;
        }
        if (take(a, index)) {
            return true;
        }
        se__ballot_drop(ballot, chosen);
    }
    return false;
}

static bool take_best(attempt *a)
{
    se__ballot ballot;
    bool taken;

    if (!se__ballot_init(&ballot, a->snapshot)) {
        a->no_memory = true;
        return false;
    }
    taken = walk_list(a, add_found, &ballot) == ENDED && elect(a, &ballot);
    se__ballot_fini(&ballot);
    return taken;
}

static bool take_one(attempt *a)
{
    a->outrun = false;
    return a->selector->policy->takes_first
               ? walk_list(a, take_found, NULL) == STOPPED
               : take_best(a);
}

/* Without the rules, by the rules, and once more if others were faster. */
static bool choose_from(attempt *a)
{
    if (take_one(a)) {
        return true;
    }
    se__selector_relax(a->snapshot, &a->query);
    if (take_one(a)) {
        return true;
    }
    if (!a->outrun) {
        return false;
    }
    se__selector_relax(a->snapshot, &a->query);
    return take_one(a);
}

static se_err choose_or_refuse(attempt *a, int64_t *wait_until_ms,
                               se_error *err)
{
    if (choose_from(a)) {
        return SE_OK;
    }
    if (a->no_memory) {
        return se__fail(err, SE_E_NOMEM,
                        "out of memory for choosing a storage element");
    }
    return se__selector_refusal(a->snapshot, &a->query, a->selector->metrics,
                                wait_until_ms, err);
}

se_err se__selector_choose(se_selector *selector, const se__query *query,
                           se__choice *out, uint64_t *serial,
                           int64_t *wait_until_ms, se_error *err)
{
    attempt a = {.selector = selector, .query = *query, .out = out};
    int64_t began = selector->metrics ? se__now_us() : 0;
    se_err rc;
    int slot;

    se__selector_limit(selector, &a.query);
    a.snapshot = se__registry_enter(selector->registry, &slot);
    if (serial) {
        *serial = a.snapshot ? a.snapshot->serial : 0;
    }
    if (a.snapshot) {
        rc = choose_or_refuse(&a, wait_until_ms, err);
        se__registry_leave(selector->registry, slot);
    } else {
        rc = se__fail(err, SE_E_DISCOVERY,
                      "no list of storage elements is known yet");
    }
    if (selector->metrics) {
        se__selector_count(selector, query, rc == SE_OK ? out : NULL,
                           se__now_us() - began);
    }
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
