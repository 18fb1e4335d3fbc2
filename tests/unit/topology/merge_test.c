/* A partial list, completed from the one in force. */
#include <check.h>

#include <string.h>

#include "base/mem.h"
#include "fleet.h"
#include "suite.h"
#include "topology/topology.h"

static const struct {
    const char *partial;
    const char *known; /* NULL: none */
    const char *merged;
} rows[] = {
    {"a edit 1 http://a", NULL, "a edit 1 http://a"},
    {"a edit 1 http://a", "a edit 1 http://a", "a edit 1 http://a"},
    /* what takes files and is not named is gone */
    {"a edit 1 http://a", "a edit 1 http://a; b rw 2 http://b",
     "a edit 1 http://a"},
    /* what takes none stays as it was */
    {"a edit 1 http://a",
     "b ro 2 http://b; c ar 3 http://c; d rw 4 http://d off; e rw 1 http://e",
     "a edit 1 http://a; b ro 2 http://b; c ar 3 http://c; "
     "d rw 4 http://d off"},
    /* unless it is named */
    {"b rw 5 http://z; d rw 4 http://d", "b ro 2 http://b; d rw 4 http://d off",
     "d rw 4 http://d; b rw 5 http://z"},
    {"", "b ro 2 http://b; c rw 1 http://c", "b ro 2 http://b"},
};

START_TEST(what_takes_no_files_stays)
{
    se_topology *partial = fleet(rows[_i].partial);
    se_topology *known = rows[_i].known ? fleet(rows[_i].known) : NULL;
    se_topology *expected = fleet(rows[_i].merged);
    se_topology *merged = NULL;

    se__topology_set_origin(partial, "admin_module", 77);
    se__topology_set_partial(partial, true);
    partial->version = 5;
    ck_assert_int_eq(se__topology_merge(partial, known, &merged, NULL), SE_OK);
    ck_assert_str_eq(se_topology_hash(merged), se_topology_hash(expected));
    ck_assert_str_eq(se_topology_source(merged), "admin_module");
    ck_assert_int_eq(se_topology_version(merged), 5);
    ck_assert_int_eq(merged->fetched_ms, 77);
    se_topology_unref(merged);
    se_topology_unref(expected);
    se_topology_unref(known);
    se_topology_unref(partial);
}
END_TEST

START_TEST(a_whole_list_is_what_it_says)
{
    se_topology *whole = fleet("a edit 1 http://a");
    se_topology *known = fleet("b ro 2 http://b");
    se_topology *merged = NULL;

    ck_assert_int_eq(se__topology_merge(whole, known, &merged, NULL), SE_OK);
    ck_assert_ptr_eq(merged, whole);
    se_topology_unref(merged);
    se_topology_unref(whole);
    se_topology_unref(known);
}
END_TEST

START_TEST(what_is_invalid_is_still_named)
{
    static const char text[] =
        "{\"storage_elements\":[{\"element_id\":\"a\",\"api_url\":\"ftp://a\","
        "\"mode\":\"rw\"}]}";
    se_topology *partial = NULL;
    se_topology *known = fleet("b ro 2 http://b");
    se_topology *merged = NULL;
    const char *id = NULL;

    ck_assert_int_eq(se_topology_parse(text, strlen(text), &partial, NULL),
                     SE_OK);
    se__topology_set_partial(partial, true);
    ck_assert_int_eq(se__topology_merge(partial, known, &merged, NULL), SE_OK);
    ck_assert_uint_eq(se_topology_rejected_count(merged), 1);
    ck_assert(se_topology_rejected_at(merged, 0, &id, NULL));
    ck_assert_str_eq(id, "a");
    se_topology_unref(merged);
    se_topology_unref(known);
    se_topology_unref(partial);
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {what_takes_no_files_stays, SE__COUNT(rows)},
        {a_whole_list_is_what_it_says, 1},
        {what_is_invalid_is_still_named, 1},
    };

    return run_suite("topology merge", tests, SE__COUNT(tests));
}
