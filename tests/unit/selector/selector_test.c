/*
 * The public face: options, picks, explanations.
 */
#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "fleet.h"
#include "kit.h"
#include "suite.h"

static kit k;

#define THREE                                                                  \
    "a edit 1 http://a/; b edit 2 http://b; r rw 1 http://r; "                 \
    "o ro 9 http://o; x edit 3 http://x off"

/* ---- open ---- */

START_TEST(options_are_checked)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;
    se_selector *selector = NULL;
    se_error err = SE_ERROR_INIT;

    kit_open(&k, THREE);
    options.headroom_bytes = -1;
    ck_assert_int_eq(se_selector_open(k.registry, &options, &selector, &err),
                     SE_E_INVALID);
    ck_assert_str_ne(err.message, "");
    options.headroom_bytes = 0;
    options.stale_after_ms = -1;
    ck_assert_int_eq(se_selector_open(k.registry, &options, &selector, &err),
                     SE_E_INVALID);
    options.stale_after_ms = 0;
    options.policy = (se_policy)4;
    ck_assert_int_eq(se_selector_open(k.registry, &options, &selector, &err),
                     SE_E_INVALID);
    ck_assert_str_eq(err.message, "there is no policy 4");
    options.policy = (se_policy)-1;
    ck_assert_int_eq(se_selector_open(k.registry, &options, &selector, &err),
                     SE_E_INVALID);
    options.policy = SE_POLICY_SEQUENTIAL;
    options.size = 0;
    ck_assert_int_eq(se_selector_open(k.registry, &options, &selector, &err),
                     SE_E_INVALID);
    ck_assert_int_eq(se_selector_open(NULL, NULL, &selector, &err),
                     SE_E_INVALID);
    ck_assert_ptr_null(selector);
    /* An older program, which knows of no headroom. */
    options.size = sizeof(options.size);
    options.headroom_bytes = 77;
    ck_assert_int_eq(se_selector_open(k.registry, &options, &selector, &err),
                     SE_OK);
    ck_assert_int_eq(selector->headroom_bytes, 0);
    se_selector_close(selector);
    se_selector_close(NULL);
    kit_close(&k);
}
END_TEST

START_TEST(headroom_is_kept)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;
    se_want want = SE_WANT_INIT;
    se_selector *selector = NULL;
    se_pick *pick = NULL;

    kit_open(&k, "a edit 1 http://a; b edit 2 http://b");
    kit_room(&k, "a", 100);
    options.headroom_bytes = 10;
    want.bytes = 91;
    ck_assert_int_eq(se_selector_open(k.registry, &options, &selector, NULL),
                     SE_OK);
    ck_assert_int_eq(selector->headroom_bytes, 10);
    ck_assert_int_eq(se_selector_pick(selector, &want, &pick, NULL), SE_OK);
    ck_assert_str_eq(se_pick_id(pick), "b");
    se_selector_release(selector, pick, SE_REJECTED);
    want.bytes = 90;
    ck_assert_int_eq(se_selector_pick(selector, &want, &pick, NULL), SE_OK);
    ck_assert_str_eq(se_pick_id(pick), "a");
    se_selector_release(selector, pick, SE_REJECTED);
    se_selector_close(selector);
    kit_close(&k);
}
END_TEST

START_TEST(outlives_the_registry_handle)
{
    se_want want = SE_WANT_INIT;
    se_pick *pick = NULL;

    kit_open(&k, THREE);
    se_registry_close(k.registry);
    ck_assert_int_eq(se_selector_pick(k.selector, &want, &pick, NULL), SE_OK);
    ck_assert_str_eq(se_pick_id(pick), "a");
    se_selector_release(k.selector, pick, SE_STORED);
    se_selector_close(k.selector);
}
END_TEST

/* ---- pick ---- */

START_TEST(pick_and_release)
{
    static const struct {
        se_outcome outcome;
        int64_t room;
    } rows[] = {{SE_REJECTED, 100}, {SE_STORED, 60}, {SE_UNKNOWN, 20}};

    kit_open(&k, THREE);
    kit_room(&k, "a", 100);
    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se_want want = SE_WANT_INIT;
        se_pick *pick = NULL;
        int64_t before = se__endpoint_room(kit_endpoint(&k, "a"));

        want.bytes = 40;
        ck_assert_int_eq(se_selector_pick(k.selector, &want, &pick, NULL),
                         SE_OK);
        ck_assert_str_eq(se_pick_id(pick), "a");
        ck_assert_str_eq(se_pick_url(pick), "http://a");
        ck_assert_int_eq(se__endpoint_room(kit_endpoint(&k, "a")), before - 40);
        se_selector_release(k.selector, pick, rows[i].outcome);
        ck_assert_int_eq(se__endpoint_room(kit_endpoint(&k, "a")),
                         rows[i].room);
    }
    se_selector_release(k.selector, NULL, SE_STORED);
    kit_close(&k);
}
END_TEST

START_TEST(pick_excludes_and_keeps_to_the_mode)
{
    static const char *const ids[] = {"b", "a", "nobody"};
    se_want want = SE_WANT_INIT;
    se_error err = SE_ERROR_INIT;
    se_pick *pick = NULL;

    kit_open(&k, THREE);
    want.exclude = ids + 1;
    want.n_exclude = 2;
    ck_assert_int_eq(se_selector_pick(k.selector, &want, &pick, &err), SE_OK);
    ck_assert_str_eq(se_pick_id(pick), "b");
    se_selector_release(k.selector, pick, SE_REJECTED);
    want.retention = SE_PERMANENT;
    ck_assert_int_eq(se_selector_pick(k.selector, &want, &pick, &err), SE_OK);
    ck_assert_str_eq(se_pick_id(pick), "r");
    se_selector_release(k.selector, pick, SE_REJECTED);
    ck_assert_int_eq(err.code, SE_OK);
    want.retention = SE_TEMPORARY;
    want.exclude = ids;
    want.n_exclude = 3;
    pick = NULL;
    ck_assert_int_eq(se_selector_pick(k.selector, &want, &pick, &err),
                     SE_E_UNAVAILABLE);
    ck_assert_str_eq(err.message,
                     "no storage element can take the file now: 3 elements of "
                     "mode edit: 1 offline, 2 tried");
    ck_assert_ptr_null(pick);
    kit_close(&k);
}
END_TEST

START_TEST(wants_are_checked)
{
    static const char *const holes[] = {"a", NULL};
    const se_want bad[] = {
        {.size = 0},
        {.size = sizeof(se_want), .retention = (se_retention)2, .bytes = 1},
        {.size = sizeof(se_want), .bytes = -2},
        {.size = sizeof(se_want), .bytes = INT64_MIN},
        {.size = sizeof(se_want), .bytes = 1, .n_exclude = 1},
        {.size = sizeof(se_want), .bytes = 1, .exclude = holes, .n_exclude = 2},
    };
    se_pick *pick = NULL;
    se_explanation *explanation = NULL;

    kit_open(&k, THREE);
    for (size_t i = 0; i < SE__COUNT(bad); i++) {
        se_error err = SE_ERROR_INIT;

        ck_assert_int_eq(se_selector_pick(k.selector, &bad[i], &pick, &err),
                         SE_E_INVALID);
        ck_assert_str_ne(err.message, "");
        ck_assert_int_eq(
            se_selector_explain(k.selector, &bad[i], &explanation, NULL),
            SE_E_INVALID);
    }
    ck_assert_int_eq(se_selector_pick(k.selector, NULL, &pick, NULL),
                     SE_E_INVALID);
    ck_assert_ptr_null(pick);
    ck_assert_ptr_null(explanation);
    kit_close(&k);
}
END_TEST

START_TEST(no_list_yet)
{
    se_want want = SE_WANT_INIT;
    se_pick *pick = NULL;
    se_explanation *explanation = NULL;
    se_error err = SE_ERROR_INIT;

    kit_open(&k, NULL);
    ck_assert_int_eq(se_selector_pick(k.selector, &want, &pick, &err),
                     SE_E_DISCOVERY);
    ck_assert_int_eq(err.code, SE_E_DISCOVERY);
    ck_assert_int_eq(se_selector_explain(k.selector, &want, &explanation, &err),
                     SE_E_DISCOVERY);
    ck_assert_ptr_null(pick);
    ck_assert_ptr_null(explanation);
    kit_close(&k);
}
END_TEST

/* ---- explain ---- */

START_TEST(explains_all)
{
    static const struct {
        const char *id;
        se_reason reason;
    } expected[] = {
        {"a", SE_REASON_NO_FIT},  {"r", SE_REASON_MODE}, {"b", SE_REASON_NONE},
        {"x", SE_REASON_OFFLINE}, {"o", SE_REASON_MODE},
    };
    se_want want = SE_WANT_INIT;
    se_explanation *explanation = NULL;
    const se_element *element = NULL;
    se_reason reason = SE_REASON_STALE;

    kit_open(&k, THREE);
    kit_room(&k, "a", 99);
    want.bytes = 100;
    ck_assert_int_eq(se_selector_explain(k.selector, &want, &explanation, NULL),
                     SE_OK);
    ck_assert_uint_eq(se_explanation_count(explanation), 5);
    ck_assert_int_eq(se_explanation_chosen(explanation), 2);
    ck_assert_int_eq(se_explanation_error(explanation), SE_OK);
    for (size_t i = 0; i < SE__COUNT(expected); i++) {
        ck_assert(se_explanation_at(explanation, i, &element, &reason));
        ck_assert_str_eq(se_element_id(element), expected[i].id);
        ck_assert_int_eq(reason, expected[i].reason);
        ck_assert(se_explanation_at(explanation, i, NULL, NULL));
    }
    ck_assert(!se_explanation_at(explanation, 5, &element, &reason));
    ck_assert_str_eq(se_element_id(element), "o");
    /* It reserves nothing ... */
    ck_assert_int_eq(atomic_load(&kit_endpoint(&k, "b")->reserved), 0);
    ck_assert_int_eq(atomic_load(&kit_endpoint(&k, "b")->in_flight), 0);
    /* ... and stays when the list is another. */
    kit_put(&k, fleet("z edit 1 http://z"));
    kit_close(&k);
    ck_assert(se_explanation_at(explanation, 0, &element, NULL));
    ck_assert_str_eq(se_element_url(element), "http://a");
    se_explanation_free(explanation);
    se_explanation_free(NULL);
}
END_TEST

START_TEST(explains_that_nobody_takes_it)
{
    se_want want = SE_WANT_INIT;
    se_explanation *explanation = NULL;

    kit_open(&k, THREE);
    kit_room(&k, "a", 0);
    kit_room(&k, "b", 0);
    want.bytes = 100;
    ck_assert_int_eq(se_selector_explain(k.selector, &want, &explanation, NULL),
                     SE_OK);
    ck_assert_int_eq(se_explanation_chosen(explanation), -1);
    ck_assert_int_eq(se_explanation_error(explanation), SE_E_NO_SPACE);
    se_explanation_free(explanation);
    kit_close(&k);
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {options_are_checked, 1},
        {headroom_is_kept, 1},
        {outlives_the_registry_handle, 1},
        {pick_and_release, 1},
        {pick_excludes_and_keeps_to_the_mode, 1},
        {wants_are_checked, 1},
        {no_list_yet, 1},
        {explains_all, 1},
        {explains_that_nobody_takes_it, 1},
    };

    return run_suite("selector", tests, SE__COUNT(tests));
}
