/*
 * Random fleets in random states: pick and explanation agree, and both agree
 * with a plain reading of the rules that knows no short cuts.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "fleet.h"
#include "kit.h"
#include "suite.h"

#define MOST 12
#define FLEETS 3000
#define FILES_EACH 4

static kit k;
static uint32_t state = 12345;

static uint32_t draw(uint32_t below)
{
    state = state * 1664525U + 1013904223U;
    return (state >> 8) % below;
}

static bool one_in(uint32_t n)
{
    return draw(n) == 0;
}

/* ---- a fleet ---- */

static se_topology *random_list(void)
{
    static const char *const modes[] = {"edit", "edit", "edit", "rw", "ro"};
    char line[2000] = "";
    size_t n = 1 + draw(MOST);
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(line + at, sizeof(line) - at,
                               "%sse-%02zu %s %u http://h/%zu%s", i ? "; " : "",
                               i, modes[draw(5)], draw(4), i,
                               one_in(8) ? " off" : "");
    }
    return fleet(line);
}

/* `bad`: one in so many has each trouble. */
static void random_trouble(se__endpoint *endpoint, uint32_t bad, int64_t now)
{
    se__figure figure = {.total = INT64_MAX,
                         .used = 0,
                         .available = (int64_t)draw(200),
                         .origin = SE_ORIGIN_POLL,
                         .began_ms = now};

    if (one_in(2)) {
        se__endpoint_measured(endpoint, &figure);
    }
    if (one_in(bad)) {
        se__endpoint_unanswered(endpoint, now);
    }
    for (int i = 0, n = one_in(bad) ? 5 : 0; i < n; i++) {
        se__endpoint_fault(endpoint, now, draw(1000));
    }
    if (one_in(bad)) {
        se__endpoint_mark_full(endpoint, (int64_t)draw(150), now);
    }
    if (one_in(bad)) {
        se__endpoint_set_aside(endpoint, now + 100000);
    }
    if (one_in(bad)) {
        atomic_store(&endpoint->total, 100);
        atomic_store(&endpoint->used, 95 + (int64_t)draw(6));
    }
    atomic_store(&endpoint->probation, one_in(bad));
}

static void trouble_all(int64_t now)
{
    uint32_t bad = 1 + draw(6);
    int slot;
    const se__snapshot *snapshot = se__registry_enter(k.registry, &slot);

    for (size_t i = 0; i < snapshot->topology->count; i++) {
        random_trouble(snapshot->endpoints[i], bad, now);
    }
    se__registry_leave(k.registry, slot);
}

/* ---- a plain reading ---- */

typedef struct view {
    bool candidate; /* right mode, in service, not tried, room, not aside */
    bool in_service, healthy, ejected, aside, probation;
} view;

static bool is_among(const char *id, const se_want *want)
{
    for (size_t i = 0; i < want->n_exclude; i++) {
        if (strcmp(want->exclude[i], id) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_room(const se__endpoint *e, const se_want *want, int64_t now)
{
    int64_t free_bytes =
        e->available - (e->landed_total - e->landed_base) - e->reserved;
    int64_t need = want->bytes > 0 ? want->bytes : 1;

    /* The fleet's totals are 100 or endless. */
    if (e->total == 100 && e->used >= 98) {
        return false;
    }
    if (now < e->full_until_ms &&
        (want->bytes < 1 || want->bytes >= e->full_bytes)) {
        return false;
    }
    return e->available < 0 || free_bytes >= need;
}

static view look(const se_element *element, const se__endpoint *e,
                 const se_want *want, int64_t now)
{
    view v = {.in_service = element->mode == (want->retention == SE_PERMANENT
                                                  ? SE_MODE_RW
                                                  : SE_MODE_EDIT) &&
                            element->available};

    v.healthy = e->health != SE_HEALTH_UNHEALTHY || now - e->health_ms >= 10000;
    v.ejected = now < e->ejected_until_ms;
    v.aside = now < e->set_aside_until_ms;
    v.probation = e->probation;
    v.candidate = v.in_service && !v.aside && !is_among(e->id, want) &&
                  has_room(e, want, now);
    return v;
}

/* Position of the one that should be chosen, or -1. */
static int expected_choice(const se__snapshot *snapshot, const se_want *want,
                           int64_t now)
{
    view all[MOST];
    size_t n = snapshot->topology->count;
    size_t in_service = 0, healthy = 0, in_use = 0;

    for (size_t i = 0; i < n; i++) {
        view v = look(&snapshot->topology->elements[i], snapshot->endpoints[i],
                      want, now);

        all[i] = v;
        in_service += v.in_service;
        healthy += v.in_service && v.healthy;
        in_use += v.in_service && v.healthy && !v.ejected && !v.aside;
    }
    for (int probation = 0; probation < 2; probation++) {
        for (size_t i = 0; i < n; i++) {
            if (all[i].candidate && (all[i].healthy || healthy == 0) &&
                (!all[i].ejected || 2 * in_use < in_service) &&
                (!all[i].probation || probation)) {
                return (int)i;
            }
        }
    }
    return -1;
}

/* ---- both ---- */

static void compare(const se_want *want)
{
    se_explanation *explanation = NULL;
    se_pick *pick = NULL;
    se_error err = SE_ERROR_INIT;
    const se_element *element = NULL;
    se_reason reason;
    int slot;
    const se__snapshot *snapshot = se__registry_enter(k.registry, &slot);
    int expected = expected_choice(snapshot, want, se__now_ms());
    se_err rc;
    int chosen;

    se__registry_leave(k.registry, slot);
    ck_assert_int_eq(se_selector_explain(k.selector, want, &explanation, NULL),
                     SE_OK);
    chosen = se_explanation_chosen(explanation);
    ck_assert_int_eq(chosen, expected);
    rc = se_selector_pick(k.selector, want, &pick, &err);
    ck_assert_int_eq(rc, se_explanation_error(explanation));
    if (rc == SE_OK) {
        ck_assert(
            se_explanation_at(explanation, (size_t)chosen, &element, &reason));
        ck_assert_int_eq(reason, SE_REASON_NONE);
        ck_assert_str_eq(se_pick_id(pick), se_element_id(element));
        ck_assert_str_eq(se_pick_url(pick), se_element_url(element));
        se_selector_release(k.selector, pick, (se_outcome)draw(3));
    } else {
        ck_assert_int_eq(chosen, -1);
        ck_assert_str_ne(err.message, "");
    }
    for (int i = 0; i < chosen; i++) {
        ck_assert(se_explanation_at(explanation, (size_t)i, NULL, &reason));
        ck_assert_int_ne(reason, SE_REASON_NONE);
    }
    se_explanation_free(explanation);
}

START_TEST(pick_explanation_and_rules_agree)
{
    static const char *const ids[] = {"se-00", "se-01", "se-05"};

    for (int i = 0; i < FLEETS; i++) {
        kit_open(&k, NULL);
        kit_put(&k, random_list());
        trouble_all(se__now_ms());
        for (int file = 0; file < FILES_EACH; file++) {
            se_want want = SE_WANT_INIT;

            want.retention = one_in(4) ? SE_PERMANENT : SE_TEMPORARY;
            want.bytes = one_in(6) ? -1 : (int64_t)draw(200);
            want.exclude = ids;
            want.n_exclude = draw(4);
            compare(&want);
        }
        kit_close(&k);
    }
}
END_TEST

int main(void)
{
    const test_row tests[] = {{pick_explanation_and_rules_agree, 1}};

    return run_suite("property", tests, SE__COUNT(tests));
}
