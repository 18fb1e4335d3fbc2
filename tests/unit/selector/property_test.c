/*
 * Random fleets in random states, for every policy: pick and explanation agree,
 * and both agree with a plain reading of the rules that knows no short cuts:
 * in the choice, and in the reason of every other element.
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
#define FLEETS 1000
#define FILES_EACH 4
#define STALE_AFTER_MS 50000

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
                         .began_ms = now - (one_in(bad) ? 100000 : 0)};

    if (one_in(2)) {
        se__endpoint_measured(endpoint, &figure);
    }
    if (one_in(bad)) {
        se__endpoint_unanswered(endpoint, now);
    } else if (one_in(bad)) {
        atomic_store(&endpoint->health, SE_HEALTH_DEGRADED);
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
    if (one_in(2)) {
        se__endpoint_take_turn(endpoint, endpoint->turn);
    }
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

static se_selector_options options;

typedef struct view {
    bool mode, listed, down, degraded, probation, tried, full, aside, ejected,
        room;
    bool stale;
} view;

typedef struct rules {
    bool no_health, stale, degraded, probation;
} rules;

static bool is_among(const char *id, const se_want *want)
{
    for (size_t i = 0; i < want->n_exclude; i++) {
        if (strcmp(want->exclude[i], id) == 0) {
            return true;
        }
    }
    return false;
}

static int64_t free_of(const se__endpoint *e)
{
    return e->available < 0
               ? INT64_MAX
               : e->available - (e->landed_total - e->landed_base) -
                     e->reserved;
}

static view look(const se_element *element, const se__endpoint *e,
                 const se_want *want, int64_t now)
{
    int64_t need = (want->bytes > 0 ? want->bytes : 1) + options.headroom_bytes;

    return (view){
        .mode = element->mode ==
                (want->retention == SE_PERMANENT ? SE_MODE_RW : SE_MODE_EDIT),
        .listed = element->available,
        .down = e->health == SE_HEALTH_UNHEALTHY && now - e->health_ms < 10000,
        .degraded = e->health == SE_HEALTH_DEGRADED,
        .probation = e->probation,
        .tried = is_among(e->id, want),
        /* The fleet's totals are 100 or endless. */
        .full = (e->total == 100 && e->used >= 98) ||
                (now < e->full_until_ms &&
                 (want->bytes < 1 || want->bytes >= e->full_bytes)),
        .aside = now < e->set_aside_until_ms,
        .ejected = (now < e->ejected_until_ms),
        .room = free_of(e) >= need,
        .stale = options.stale_after_ms && e->measured_ms &&
                 now - e->measured_ms > options.stale_after_ms,
    };
}

/* The order of the reasons. */
static se_reason reason_of(const view *v, const rules *r)
{
    return !v->mode                        ? SE_REASON_MODE
           : !v->listed                    ? SE_REASON_OFFLINE
           : v->down && !r->no_health      ? SE_REASON_OFFLINE
           : v->degraded && !r->degraded   ? SE_REASON_OFFLINE
           : v->probation && !r->probation ? SE_REASON_PROBATION
           : v->tried                      ? SE_REASON_TRIED
           : v->full                       ? SE_REASON_FULL
           : v->aside                      ? SE_REASON_EJECTED
           : v->ejected                    ? SE_REASON_EJECTED
           : !v->room                      ? SE_REASON_NO_FIT
           : v->stale && !r->stale         ? SE_REASON_STALE
                                           : SE_REASON_NONE;
}

/* Half of the mode, not the last one, and none when few are healthy. */
static void spare_ejected(view *all, size_t n, size_t listed, size_t healthy)
{
    size_t holds = 2 * healthy < listed ? 0 : listed / 2;
    size_t ejected = 0, in_use = 0;

    for (size_t i = 0; i < n; i++) {
        bool of_use =
            all[i].mode && all[i].listed && !all[i].down && !all[i].aside;

        all[i].ejected = all[i].ejected && of_use;
        ejected += all[i].ejected;
        in_use += of_use && !all[i].ejected;
    }
    if (in_use == 0 && ejected <= listed / 2) {
        holds = 0;
    }
    for (size_t i = 0; i < n; i++) {
        all[i].ejected = all[i].ejected && holds > 0;
        holds -= all[i].ejected;
    }
}

/* Which rules hold; true: somebody is eligible. */
static bool find_rules(view *all, size_t n, rules *r)
{
    size_t listed = 0, healthy = 0;

    for (size_t i = 0; i < n; i++) {
        listed += all[i].mode && all[i].listed;
        healthy += all[i].mode && all[i].listed && !all[i].down;
    }
    spare_ejected(all, n, listed, healthy);
    for (int step = 0; step < 8; step++) {
        *r = (rules){healthy == 0, step % 2, step / 2 % 2, step / 4};
        for (size_t i = 0; i < n; i++) {
            if (reason_of(&all[i], r) == SE_REASON_NONE) {
                return true;
            }
        }
    }
    return false;
}

/* Is `a` to be chosen rather than `b`, which stands before it? */
static bool is_better(const se__endpoint *a, const se__endpoint *b)
{
    int64_t free_a = free_of(a) == INT64_MAX ? -1 : free_of(a);
    int64_t free_b = free_of(b) == INT64_MAX ? -1 : free_of(b);

    return options.policy == SE_POLICY_MOST_FREE     ? free_a > free_b
           : options.policy == SE_POLICY_ROUND_ROBIN ? a->turn < b->turn
                                                     : false;
}

typedef struct expectation {
    int chosen; /* position; -1: nobody */
    se_reason reasons[MOST];
    size_t n;
} expectation;

static expectation expect(const se__snapshot *snapshot, const se_want *want)
{
    expectation e = {.chosen = -1, .n = snapshot->topology->count};
    int64_t now = se__now_ms();
    view all[MOST];
    rules r;

    for (size_t i = 0; i < e.n; i++) {
        all[i] = look(&snapshot->topology->elements[i], snapshot->endpoints[i],
                      want, now);
    }
    find_rules(all, e.n, &r);
    for (size_t i = 0; i < e.n; i++) {
        e.reasons[i] = reason_of(&all[i], &r);
        if (e.reasons[i] == SE_REASON_NONE &&
            (e.chosen < 0 || is_better(snapshot->endpoints[i],
                                       snapshot->endpoints[e.chosen]))) {
            e.chosen = (int)i;
        }
    }
    return e;
}

/* ---- both ---- */

static void compare_reasons(const se_explanation *explanation,
                            const expectation *e)
{
    se_reason reason;
    size_t i = 0;

    for (; se_explanation_at(explanation, i, NULL, &reason); i++) {
        ck_assert_msg(reason == e->reasons[i], "%zu: %s, not %s", i,
                      se_reason_name(reason), se_reason_name(e->reasons[i]));
    }
    ck_assert_uint_eq(i, e->n);
}

/* At random it is one of those that are eligible. */
static void compare_choice(int chosen, const expectation *e)
{
    if (options.policy == SE_POLICY_WEIGHTED_FREE && e->chosen >= 0) {
        ck_assert_int_ge(chosen, 0);
        ck_assert_int_eq(e->reasons[chosen], SE_REASON_NONE);
    } else {
        ck_assert_int_eq(chosen, e->chosen);
    }
}

static int position_of(const se_explanation *explanation, const se_pick *pick)
{
    const se_element *element = NULL;
    size_t i = 0;

    while (se_explanation_at(explanation, i, &element, NULL) &&
           strcmp(se_element_id(element), se_pick_id(pick)) != 0) {
        i++;
    }
    ck_assert_str_eq(se_pick_url(pick), se_element_url(element));
    return (int)i;
}

static void compare(const se_want *want)
{
    se_explanation *explanation = NULL;
    se_pick *pick = NULL;
    se_error err = SE_ERROR_INIT;
    int slot;
    const se__snapshot *snapshot = se__registry_enter(k.registry, &slot);
    expectation e = expect(snapshot, want);
    se_err rc;

    se__registry_leave(k.registry, slot);
    ck_assert_int_eq(se_selector_explain(k.selector, want, &explanation, NULL),
                     SE_OK);
    compare_choice(se_explanation_chosen(explanation), &e);
    compare_reasons(explanation, &e);
    rc = se_selector_pick(k.selector, want, &pick, &err);
    ck_assert_int_eq(rc, se_explanation_error(explanation));
    if (rc == SE_OK) {
        compare_choice(position_of(explanation, pick), &e);
        se_selector_release(k.selector, pick, (se_outcome)draw(3));
    } else {
        ck_assert_int_eq(e.chosen, -1);
        ck_assert_str_ne(err.message, "");
    }
    se_explanation_free(explanation);
}

static void random_options(se_policy policy)
{
    options = (se_selector_options)SE_SELECTOR_OPTIONS_INIT;
    options.policy = policy;
    options.headroom_bytes = one_in(3) ? (int64_t)draw(50) : 0;
    options.stale_after_ms = one_in(2) ? STALE_AFTER_MS : 0;
}

START_TEST(pick_explanation_and_rules_agree)
{
    static const char *const ids[] = {"se-00", "se-01", "se-05"};

    for (int i = 0; i < FLEETS; i++) {
        random_options((se_policy)_i);
        kit_open(&k, NULL);
        kit_reopen(&k, &options);
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
    const test_row tests[] = {{pick_explanation_and_rules_agree, 4}};

    return run_suite("property", tests, SE__COUNT(tests));
}
