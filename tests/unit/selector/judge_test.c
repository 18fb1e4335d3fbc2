/*
 * One element before one file: every reason, in its order.
 */
#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "kit.h"
#include "suite.h"

/* What can be wrong with an element, as bits. */
enum {
    WRONG_MODE = 1,
    UNAVAILABLE = 2,
    DOWN = 4,
    PROBATION = 8,
    TRIED = 16,
    EXCLUDED = 32,
    FULL = 64,
    USED_UP = 128,
    EJECTED = 256,
    SET_ASIDE = 512,
    NO_FIT = 1024,
    STALE = 2048,
    DEGRADED = 4096, /* and not down */
    ALL = 8191
};

#define BYTES 100

static se_element element = {.mode = SE_MODE_EDIT, .available = true};
static se__tried tried;
static const char *const excluded[] = {"se-00", "se-01"};

static se__endpoint *make(se__endpoint_table *table, int wrong)
{
    se__endpoint *endpoint = se__endpoint_get(table, "se-01");

    element.mode = wrong & WRONG_MODE ? SE_MODE_RW : SE_MODE_EDIT;
    element.available = !(wrong & UNAVAILABLE);
    atomic_store(&endpoint->available, wrong & NO_FIT ? BYTES - 1 : BYTES);
    if (wrong & DOWN) {
        se__endpoint_unanswered(endpoint, NOW);
    }
    if (wrong & DEGRADED && !(wrong & DOWN)) {
        atomic_store(&endpoint->health, SE_HEALTH_DEGRADED);
    }
    atomic_store(&endpoint->probation, (wrong & PROBATION) != 0);
    if (wrong & TRIED) {
        se__tried_add(&tried, endpoint, false);
    }
    if (wrong & FULL) {
        se__endpoint_mark_full(endpoint, BYTES, NOW);
    }
    if (wrong & USED_UP) {
        atomic_store(&endpoint->total, 100);
        atomic_store(&endpoint->used, 98);
    }
    for (int i = 0; i < 5 && wrong & EJECTED; i++) {
        se__endpoint_fault(endpoint, NOW, 0);
    }
    if (wrong & SET_ASIDE) {
        se__endpoint_set_aside(endpoint, NOW + 1);
    }
    if (wrong & STALE) {
        atomic_store(&endpoint->measured_ms, NOW - 101);
    }
    return endpoint;
}

static se_reason judge(int wrong, const se__query *more)
{
    se__endpoint_table *table = se__endpoint_table_new();
    se__endpoint *endpoint = make(table, wrong);
    se__query query = *more;
    se_reason reason;

    query.bytes = query.bytes ? query.bytes : BYTES;
    query.now_ms = query.now_ms ? query.now_ms : NOW;
    query.stale_after_ms = 100;
    query.tried = &tried;
    query.exclude = excluded;
    query.n_exclude = wrong & EXCLUDED ? 2 : 1;
    reason = se__selector_judge(&element, endpoint, &query);
    se__tried_fini(&tried);
    se__endpoint_unref(endpoint);
    se__endpoint_table_unref(table);
    return reason;
}

static const se__query none = {.bytes = 0};

static const struct {
    int wrong;
    se_reason reason;
} reasons[] = {
    {WRONG_MODE, SE_REASON_MODE},     {UNAVAILABLE, SE_REASON_OFFLINE},
    {DOWN, SE_REASON_OFFLINE},        {DEGRADED, SE_REASON_OFFLINE},
    {PROBATION, SE_REASON_PROBATION}, {TRIED, SE_REASON_TRIED},
    {EXCLUDED, SE_REASON_TRIED},      {FULL, SE_REASON_FULL},
    {USED_UP, SE_REASON_FULL},        {EJECTED, SE_REASON_EJECTED},
    {SET_ASIDE, SE_REASON_EJECTED},   {NO_FIT, SE_REASON_NO_FIT},
    {STALE, SE_REASON_STALE},
};

START_TEST(nothing_is_wrong)
{
    ck_assert_int_eq(judge(0, &none), SE_REASON_NONE);
}
END_TEST

START_TEST(each_reason)
{
    ck_assert_int_eq(judge(reasons[_i].wrong, &none), reasons[_i].reason);
}
END_TEST

/* Of any number of reasons the first in the order is given. */
START_TEST(order_of_reasons)
{
    for (int wrong = 0; wrong <= ALL; wrong++) {
        se_reason expected = SE_REASON_NONE;

        for (size_t i = SE__COUNT(reasons); i-- > 0;) {
            if (wrong & reasons[i].wrong) {
                expected = reasons[i].reason;
            }
        }
        ck_assert_msg(judge(wrong, &none) == expected, "%x", wrong);
    }
}
END_TEST

/* Each rule overlooks one reason, and nothing else. */
START_TEST(each_rule_overlooks_one_reason)
{
    static const struct {
        se__query query;
        int overlooked;
    } rules[] = {
        {{.ignore_health = true}, DOWN},
        {{.ignore_ejections = true}, EJECTED},
        {{.take_degraded = true}, DEGRADED},
        {{.take_probation = true}, PROBATION},
        {{.take_stale = true}, STALE},
    };

    for (size_t i = 0; i < SE__COUNT(rules); i++) {
        for (int wrong = 1; wrong <= ALL; wrong *= 2) {
            bool eligible = judge(wrong, &rules[i].query) == SE_REASON_NONE;

            ck_assert_msg(eligible == (wrong == rules[i].overlooked),
                          "rule %zu, %x", i, wrong);
        }
    }
}
END_TEST

/* Time heals. */
START_TEST(until_when)
{
    static const struct {
        int wrong;
        int64_t later;
        bool eligible;
    } rows[] = {
        {SET_ASIDE, 0, false},   {SET_ASIDE, 1, true},   {DOWN, 9999, false},
        {DOWN, 10000, true},     {FULL, 59999, false},   {FULL, 60000, true},
        {EJECTED, 26999, false}, {EJECTED, 33001, true},
    };

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se__query later = {.now_ms = NOW + rows[i].later};

        ck_assert_msg((judge(rows[i].wrong, &later) == SE_REASON_NONE) ==
                          rows[i].eligible,
                      "row %zu", i);
    }
}
END_TEST

START_TEST(room_and_headroom)
{
    static const struct {
        int64_t bytes, headroom;
        se_reason reason;
    } rows[] = {
        {BYTES, 0, SE_REASON_NONE},
        {BYTES + 1, 0, SE_REASON_NO_FIT},
        {1, BYTES - 1, SE_REASON_NONE},
        {1, BYTES, SE_REASON_NO_FIT},
        {-1, 0, SE_REASON_NONE},
        {-1, BYTES - 1, SE_REASON_NONE},
        {-1, BYTES, SE_REASON_NO_FIT},
        {INT64_MAX, INT64_MAX, SE_REASON_NO_FIT},
    };

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se__query query = {.bytes = rows[i].bytes,
                           .headroom_bytes = rows[i].headroom};

        ck_assert_msg(judge(0, &query) == rows[i].reason, "row %zu", i);
    }
}
END_TEST

START_TEST(small_files_go_where_large_ones_were_refused)
{
    se__query small = {.bytes = BYTES - 1};
    se__query unknown = {.bytes = -1};

    ck_assert_int_eq(judge(FULL, &small), SE_REASON_NONE);
    ck_assert_int_eq(judge(FULL, &unknown), SE_REASON_FULL);
    ck_assert_int_eq(judge(USED_UP, &small), SE_REASON_FULL);
}
END_TEST

START_TEST(modes)
{
    static const se_mode all[] = {SE_MODE_EDIT, SE_MODE_RW, SE_MODE_RO,
                                  SE_MODE_AR};

    for (size_t i = 0; i < SE__COUNT(all); i++) {
        se__endpoint_table *table = se__endpoint_table_new();
        se__endpoint *endpoint = make(table, 0);
        se__query query = {.bytes = 1, .now_ms = NOW};

        element.mode = all[i];
        ck_assert_int_eq(se__selector_judge(&element, endpoint, &query),
                         all[i] == SE_MODE_EDIT ? SE_REASON_NONE
                                                : SE_REASON_MODE);
        query.retention = SE_PERMANENT;
        ck_assert_int_eq(se__selector_judge(&element, endpoint, &query),
                         all[i] == SE_MODE_RW ? SE_REASON_NONE
                                              : SE_REASON_MODE);
        se__endpoint_unref(endpoint);
        se__endpoint_table_unref(table);
    }
}
END_TEST

/* ---- the tried ones ---- */

START_TEST(tried_ones)
{
    se__endpoint_table *table = se__endpoint_table_new();
    se__endpoint *a = se__endpoint_get(table, "a");
    se__endpoint *b = se__endpoint_get(table, "b");
    se__tried list = {.count = 0};

    ck_assert(!se__tried_has(NULL, a));
    ck_assert(!se__tried_lacks_room(NULL, a));
    ck_assert(!se__tried_has(&list, a));
    se__tried_add(&list, a, true);
    se__tried_add(&list, a, true);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_int_eq(atomic_load(&a->refs), 2);
    ck_assert(se__tried_has(&list, a));
    ck_assert(se__tried_lacks_room(&list, a));
    ck_assert(!se__tried_has(&list, b));
    ck_assert(!se__tried_lacks_room(&list, b));
    se__tried_add(&list, b, false);
    ck_assert(se__tried_has(&list, b));
    ck_assert(!se__tried_lacks_room(&list, b));
    /* The last word counts. */
    se__tried_add(&list, a, false);
    ck_assert(!se__tried_lacks_room(&list, a));
    se__tried_fini(&list);
    ck_assert_uint_eq(list.count, 0);
    ck_assert_int_eq(atomic_load(&a->refs), 1);
    ck_assert_int_eq(atomic_load(&b->refs), 1);
    se__endpoint_unref(a);
    se__endpoint_unref(b);
    se__endpoint_table_unref(table);
}
END_TEST

START_TEST(tried_ones_are_bounded)
{
    se__endpoint_table *table = se__endpoint_table_new();
    se__endpoint *all[SE__TRIED_MAX + 5];
    se__tried list = {.count = 0};

    for (size_t i = 0; i < SE__COUNT(all); i++) {
        char id[] = {(char)('A' + (char)(i / 26)), (char)('a' + (char)(i % 26)),
                     '\0'};

        all[i] = se__endpoint_get(table, id);
        se__tried_add(&list, all[i], true);
        ck_assert(se__tried_has(&list, all[i]) == (i < SE__TRIED_MAX));
    }
    ck_assert_uint_eq(list.count, SE__TRIED_MAX);
    se__tried_fini(&list);
    for (size_t i = 0; i < SE__COUNT(all); i++) {
        ck_assert_int_eq(atomic_load(&all[i]->refs), 1);
        se__endpoint_unref(all[i]);
    }
    se__endpoint_table_unref(table);
}
END_TEST

/* ---- names ---- */

START_TEST(names)
{
    static const char *const words[] = {"none",      "mode",   "offline",
                                        "probation", "tried",  "full",
                                        "ejected",   "no_fit", "stale"};

    for (size_t i = 0; i < SE__COUNT(words); i++) {
        ck_assert_str_eq(se_reason_name((se_reason)i), words[i]);
    }
    ck_assert_str_eq(se_reason_name((se_reason)9), "?");
    ck_assert_str_eq(se_reason_name((se_reason)-1), "?");
    ck_assert_str_eq(se_policy_name(SE_POLICY_SEQUENTIAL), "sequential");
    ck_assert_str_eq(se_policy_name(SE_POLICY_MOST_FREE), "most-free");
    ck_assert_str_eq(se_policy_name(SE_POLICY_WEIGHTED_FREE), "weighted-free");
    ck_assert_str_eq(se_policy_name(SE_POLICY_ROUND_ROBIN), "round-robin");
    ck_assert_str_eq(se_policy_name((se_policy)4), "?");
    ck_assert_str_eq(se_policy_name((se_policy)-1), "?");
    ck_assert_str_eq(se_outcome_name(SE_REJECTED), "rejected");
    ck_assert_str_eq(se_outcome_name(SE_STORED), "stored");
    ck_assert_str_eq(se_outcome_name(SE_UNKNOWN), "unknown");
    ck_assert_str_eq(se_outcome_name((se_outcome)3), "?");
    ck_assert_str_eq(se_outcome_name((se_outcome)-1), "?");
    ck_assert_str_eq(se_retention_name(SE_TEMPORARY), "temporary");
    ck_assert_str_eq(se_retention_name(SE_PERMANENT), "permanent");
    ck_assert_str_eq(se_retention_name((se_retention)2), "?");
    ck_assert_str_eq(se_retention_name((se_retention)-1), "?");
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {nothing_is_wrong, 1},
        {each_reason, SE__COUNT(reasons)},
        {order_of_reasons, 1},
        {each_rule_overlooks_one_reason, 1},
        {until_when, 1},
        {room_and_headroom, 1},
        {small_files_go_where_large_ones_were_refused, 1},
        {modes, 1},
        {tried_ones, 1},
        {tried_ones_are_bounded, 1},
        {names, 1},
    };

    return run_suite("judge", tests, SE__COUNT(tests));
}
