/*
 * Sequential fill: the first of the list, which is sorted by priority and id,
 * that would take the file and on which the bytes could be reserved.
 */
#include "selector/selector.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

struct se_selector {
    se_registry *registry;
    int64_t headroom_bytes;
};

struct se_pick {
    se__choice choice;
};

/* ---- which rules hold for this fleet now ---- */

typedef struct fleet_state {
    size_t of_mode;
    size_t healthy;
    size_t ejected;
} fleet_state;

static fleet_state look_over(const se__snapshot *snapshot,
                             const se__query *query)
{
    fleet_state state = {0, 0, 0};
    se__query plain = *query;

    plain.ignore_ejections = true;
    for (size_t i = 0; i < snapshot->topology->count; i++) {
        const se_element *element = &snapshot->topology->elements[i];
        const se__endpoint *endpoint = snapshot->endpoints[i];

        if (element->mode != se__mode_for(query->retention)) {
            continue;
        }
        state.of_mode++;
        if (se__selector_judge(element, endpoint, &plain) ==
            SE_REASON_OFFLINE) {
            continue;
        }
        if (se__endpoint_is_ejected(endpoint, query->now_ms)) {
            state.ejected++;
        } else {
            state.healthy++;
        }
    }
    return state;
}

/*
 * Ejection protects while it concerns a minority: with more than half of a
 * mode's elements ejected, or all that are left, it would only make things
 * worse.
 */
void se__selector_relax(const se__snapshot *snapshot, se__query *query)
{
    fleet_state state = look_over(snapshot, query);

    query->ignore_ejections =
        state.ejected > 0 &&
        (state.ejected * 2 > state.of_mode ||
         state.healthy * 2 < state.of_mode || state.healthy == 0);
}

/* ---- choosing ---- */

static bool take(const se__snapshot *snapshot, size_t index,
                 const se__query *query, se__choice *out)
{
    se__endpoint *endpoint = snapshot->endpoints[index];
    int64_t bytes = query->bytes > 0 ? query->bytes : 0;

    if (!se__endpoint_reserve(endpoint, bytes, query->headroom_bytes)) {
        return false;
    }
    atomic_fetch_add(&endpoint->in_flight, 1);
    out->endpoint = se__endpoint_ref(endpoint);
    out->reserved = bytes;
    out->serial = snapshot->serial;
    se__copy_text(out->url, sizeof(out->url),
                  snapshot->topology->elements[index].url);
    return true;
}

static bool take_first(const se__snapshot *snapshot, const se__query *query,
                       se__choice *out)
{
    for (size_t i = 0; i < snapshot->topology->count; i++) {
        if (se__selector_judge(&snapshot->topology->elements[i],
                               snapshot->endpoints[i],
                               query) == SE_REASON_NONE &&
            take(snapshot, i, query, out)) {
            return true;
        }
    }
    return false;
}

/* The usual way first; then with the rules relaxed that are for better days. */
static bool choose_from(const se__snapshot *snapshot, se__query *query,
                        se__choice *out)
{
    if (take_first(snapshot, query, out)) {
        return true;
    }
    se__selector_relax(snapshot, query);
    if (query->ignore_ejections && take_first(snapshot, query, out)) {
        return true;
    }
    query->take_probation = true;
    return take_first(snapshot, query, out);
}

/* ---- nobody ---- */

typedef struct refusals {
    size_t count[SE_REASON_STALE + 1];
    size_t of_mode;
    size_t lacking_room; /* also among those tried */
    size_t otherwise;    /* healthy, and kept away for another reason */
    int64_t wait_until_ms;
} refusals;

static void count_refusal(refusals *r, const se_element *element,
                          const se__endpoint *endpoint, const se__query *query)
{
    se_reason reason = se__selector_judge(element, endpoint, query);
    int64_t aside = atomic_load(&endpoint->set_aside_until_ms);
    bool lacks_room =
        reason == SE_REASON_FULL || reason == SE_REASON_NO_FIT ||
        (reason == SE_REASON_TRIED &&
         se__endpoint_is_full(endpoint, query->bytes > 0 ? query->bytes : 0,
                              query->now_ms));

    r->count[reason]++;
    if (reason == SE_REASON_MODE) {
        return;
    }
    r->of_mode++;
    if (lacks_room) {
        r->lacking_room++;
    } else if (reason == SE_REASON_EJECTED || reason == SE_REASON_PROBATION ||
               reason == SE_REASON_NONE) {
        r->otherwise++;
    }
    if (reason == SE_REASON_EJECTED && aside > query->now_ms &&
        (r->wait_until_ms == 0 || aside < r->wait_until_ms)) {
        r->wait_until_ms = aside;
    }
}

static refusals count_refusals(const se__snapshot *snapshot,
                               const se__query *query)
{
    refusals r;

    memset(&r, 0, sizeof(r));
    for (size_t i = 0; i < snapshot->topology->count; i++) {
        count_refusal(&r, &snapshot->topology->elements[i],
                      snapshot->endpoints[i], query);
    }
    return r;
}

static void say_refusals(const refusals *r, se_retention retention, char *out,
                         size_t size)
{
    size_t at = 0;

    if (r->of_mode == 0) {
        snprintf(out, size, "no storage element of mode %s is known",
                 se_mode_name(se__mode_for(retention)));
        return;
    }
    at += (size_t)snprintf(out, size, "of %zu storage element%s of mode %s",
                           r->of_mode, r->of_mode == 1 ? "" : "s",
                           se_mode_name(se__mode_for(retention)));
    for (int i = SE_REASON_OFFLINE; i <= SE_REASON_STALE && at < size; i++) {
        if (r->count[i] > 0) {
            at += (size_t)snprintf(out + at, size - at, ", %zu %s", r->count[i],
                                   se_reason_name((se_reason)i));
        }
    }
}

/* Six is for "no room" alone: every healthy element of the mode lacks it. */
static se_err code_of(const refusals *r)
{
    return r->lacking_room > 0 && r->otherwise == 0 ? SE_E_NO_SPACE
                                                    : SE_E_UNAVAILABLE;
}

se_err se__selector_refusal(const se__snapshot *snapshot,
                            const se__query *query, int64_t *wait_until_ms,
                            se_error *err)
{
    refusals r = count_refusals(snapshot, query);
    char words[200];

    if (wait_until_ms) {
        *wait_until_ms = r.wait_until_ms;
    }
    say_refusals(&r, query->retention, words, sizeof(words));
    return se__fail(err, code_of(&r), "%s: %s", se_err_text(code_of(&r)),
                    words);
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
        rc = se__fail(err, SE_E_DISCOVERY,
                      "no list of storage elements is known yet");
    } else if (!choose_from(snapshot, &relaxed, out)) {
        rc = se__selector_refusal(snapshot, &relaxed, wait_until_ms, err);
    }
    se__registry_leave(registry, slot);
    return rc;
}

void se__choice_release(se__choice *choice, se_outcome outcome)
{
    if (choice->endpoint) {
        atomic_fetch_sub(&choice->endpoint->in_flight, 1);
        se__endpoint_release(choice->endpoint, choice->reserved,
                             outcome != SE_REJECTED);
        se__endpoint_unref(choice->endpoint);
        choice->endpoint = NULL;
    }
}

/* ---- the public face ---- */

se_err se_selector_open(se_registry *registry,
                        const se_selector_options *options, se_selector **out,
                        se_error *err)
{
    static const se_selector_options none = SE_SELECTOR_OPTIONS_INIT;
    se_selector_options known;
    se_selector *selector;
    se_err rc =
        se__struct_copy(&known, sizeof(known), options ? options : &none,
                        "se_selector_options", err);

    if (rc == SE_OK && known.headroom_bytes < 0) {
        rc = se__fail(err, SE_E_INVALID, "headroom is below zero");
    }
    if (rc != SE_OK) {
        return rc;
    }
    selector = se__zalloc(sizeof(*selector));
    if (!selector) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a selector");
    }
    selector->registry = se__registry_ref(registry);
    selector->headroom_bytes = known.headroom_bytes;
    *out = selector;
    return SE_OK;
}

void se_selector_close(se_selector *selector)
{
    if (selector) {
        se__registry_unref(selector->registry);
        free(selector);
    }
}

int64_t se__selector_headroom(const se_selector *selector)
{
    return selector->headroom_bytes;
}

se_registry *se__selector_registry(const se_selector *selector)
{
    return selector->registry;
}

se_err se__selector_query(const se_selector *selector, const se_want *want,
                          se__query *query, se_error *err)
{
    se_want known;
    se_err rc = se__struct_copy(&known, sizeof(known), want, "se_want", err);

    if (rc == SE_OK) {
        memset(query, 0, sizeof(*query));
        query->retention = known.retention;
        query->bytes = known.bytes;
        query->exclude = known.exclude;
        query->n_exclude = known.n_exclude;
        query->headroom_bytes = selector->headroom_bytes;
        query->now_ms = se__now_ms();
    }
    return rc;
}

se_err se_selector_pick(se_selector *selector, const se_want *want,
                        se_pick **out, se_error *err)
{
    se__query query;
    se_pick *pick;
    se_err rc = se__selector_query(selector, want, &query, err);

    if (rc != SE_OK) {
        return rc;
    }
    pick = se__zalloc(sizeof(*pick));
    if (!pick) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a pick");
    }
    rc = se__selector_choose(selector->registry, &query, &pick->choice, NULL,
                             NULL, err);
    if (rc != SE_OK) {
        free(pick);
        return rc;
    }
    *out = pick;
    return SE_OK;
}

const char *se_pick_id(const se_pick *pick)
{
    return pick->choice.endpoint->id;
}

const char *se_pick_url(const se_pick *pick)
{
    return pick->choice.url;
}

void se_selector_release(se_selector *selector, se_pick *pick,
                         se_outcome outcome)
{
    (void)selector;
    if (pick) {
        se__choice_release(&pick->choice, outcome);
        free(pick);
    }
}
