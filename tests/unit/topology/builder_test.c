/*
 * Building a topology element by element: what is refused and how, and that
 * the builder stays usable.
 */
#include <artstore/topology.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bulk.h"
#include "suite.h"

static se_topology_builder *start(void)
{
    se_topology_builder *builder = NULL;

    ck_assert_int_eq(se_topology_builder_new(&builder, NULL), SE_OK);
    ck_assert_ptr_nonnull(builder);
    return builder;
}

static se_err add(se_topology_builder *builder, const char *id, const char *url)
{
    se_element_spec spec = SE_ELEMENT_SPEC_INIT;

    spec.id = id;
    spec.url = url;
    return se_topology_builder_add(builder, &spec, NULL);
}

static se_topology *finish(se_topology_builder *builder)
{
    se_topology *topology = NULL;

    ck_assert_int_eq(se_topology_builder_build(builder, &topology, NULL),
                     SE_OK);
    return topology;
}

START_TEST(builds_what_was_described)
{
    se_topology_builder *builder = start();
    se_element_spec spec = SE_ELEMENT_SPEC_INIT;
    char id[] = "se-02";
    char url[] = "HTTP://Two:80/";
    se_topology *topology;
    const se_element *element;

    ck_assert_int_eq(add(builder, "se-10", "http://ten"), SE_OK);
    spec.id = id;
    spec.url = url;
    spec.mode = SE_MODE_AR;
    spec.priority = -7;
    spec.unavailable = true;
    spec.capacity_known = true;
    spec.capacity_bytes = INT64_MAX;
    spec.used_bytes = 9007199254740993;
    ck_assert_int_eq(se_topology_builder_add(builder, &spec, NULL), SE_OK);
    memset(id, 'x', sizeof(id) - 1);
    memset(url, 'x', sizeof(url) - 1);
    topology = finish(builder);
    se_topology_builder_free(builder);
    ck_assert_uint_eq(se_topology_count(topology), 2);
    element = se_topology_at(topology, 0);
    ck_assert_str_eq(se_element_id(element), "se-02");
    ck_assert_str_eq(se_element_url(element), "http://two");
    ck_assert_int_eq(se_element_mode(element), SE_MODE_AR);
    ck_assert_int_eq(se_element_priority(element), -7);
    ck_assert(!se_element_available(element));
    ck_assert_int_eq(se_element_capacity_bytes(element), INT64_MAX);
    ck_assert_int_eq(se_element_used_bytes(element), 9007199254740993);
    element = se_topology_at(topology, 1);
    ck_assert_str_eq(se_element_id(element), "se-10");
    ck_assert_int_eq(se_element_mode(element), SE_MODE_EDIT);
    ck_assert_int_eq(se_element_priority(element), 100);
    ck_assert(se_element_available(element));
    ck_assert_int_eq(se_element_capacity_bytes(element), -1);
    ck_assert_int_eq(se_element_used_bytes(element), -1);
    ck_assert_str_eq(se_topology_source(topology), "");
    ck_assert_str_eq(se_topology_timestamp(topology), "");
    ck_assert_int_eq(se_topology_version(topology), 0);
    ck_assert_uint_eq(se_topology_rejected_count(topology), 0);
    se_topology_unref(topology);
}
END_TEST

#define SPEC(...)                                                              \
    {                                                                          \
        .size = sizeof(se_element_spec), __VA_ARGS__                           \
    }

static const struct {
    se_element_spec spec;
    const char *message;
    const char *se_id;
} refused[] = {
    {SPEC(.url = "http://a"), "id is empty", ""},
    {SPEC(.id = "", .url = "http://a"), "id is empty", ""},
    {SPEC(.id = "x\r\nFLUSHALL", .url = "http://a"),
     "id holds a character that is not allowed", ""},
    {SPEC(.id = "a b", .url = "http://a"),
     "id holds a character that is not allowed", ""},
    {SPEC(.id = "0123456789012345678901234567890123456789012345678901234"
                "5678901234",
          .url = "http://a"),
     "id is longer than 64 characters", ""},
    {SPEC(.id = "a"), "a: URL is empty", "a"},
    {SPEC(.id = "a", .url = "a"),
     "a: URL does not begin with http:// or https://", "a"},
    {SPEC(.id = "a", .url = "http://u:SECRET@a"),
     "a: URL holds a user name or password", "a"},
    {SPEC(.id = "a", .url = "http://[::]"),
     "a: URL host is refused: unspecified address", "a"},
    {SPEC(.id = "a", .url = "http://a", .mode = (se_mode)4),
     "a: mode is none of edit, rw, ro, ar", "a"},
    {SPEC(.id = "a", .url = "http://a", .mode = (se_mode)-1),
     "a: mode is none of edit, rw, ro, ar", "a"},
    {SPEC(.id = "a", .url = "http://a", .capacity_known = true,
          .capacity_bytes = -1),
     "a: capacity_bytes or used_bytes is negative", "a"},
    {SPEC(.id = "a", .url = "http://a", .capacity_known = true,
          .capacity_bytes = 1, .used_bytes = -1),
     "a: capacity_bytes or used_bytes is negative", "a"},
    {SPEC(.id = "a", .url = "http://a", .capacity_known = true,
          .capacity_bytes = 1, .used_bytes = 2),
     "a: used_bytes is more than capacity_bytes", "a"},
    {SPEC(.id = "taken", .url = "http://a"),
     "taken: an element has this id already", "taken"},
};

START_TEST(refuses)
{
    se_topology_builder *builder = start();
    se_error err = SE_ERROR_INIT;
    se_topology *topology;

    ck_assert_int_eq(add(builder, "taken", "http://first"), SE_OK);
    ck_assert_int_eq(se_topology_builder_add(builder, &refused[_i].spec, &err),
                     SE_E_INVALID);
    ck_assert_int_eq(err.code, SE_E_INVALID);
    ck_assert_str_eq(err.message, refused[_i].message);
    ck_assert_str_eq(err.se_id, refused[_i].se_id);
    ck_assert_int_eq(se_topology_builder_add(builder, &refused[_i].spec, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(add(builder, "next", "http://next"), SE_OK);
    topology = finish(builder);
    ck_assert_uint_eq(se_topology_count(topology), 2);
    ck_assert_str_eq(se_element_url(se_topology_find(topology, "taken")),
                     "http://first");
    ck_assert_ptr_nonnull(se_topology_find(topology, "next"));
    se_topology_unref(topology);
    se_topology_builder_free(builder);
}
END_TEST

/* Figures that are not meant are not looked at. */
START_TEST(ignores_figures_that_are_not_known)
{
    se_topology_builder *builder = start();
    se_element_spec spec = SE_ELEMENT_SPEC_INIT;
    se_topology *topology;

    spec.id = "a";
    spec.url = "http://a";
    spec.capacity_bytes = -5;
    spec.used_bytes = 7;
    ck_assert_int_eq(se_topology_builder_add(builder, &spec, NULL), SE_OK);
    topology = finish(builder);
    ck_assert_int_eq(se_element_capacity_bytes(se_topology_at(topology, 0)),
                     -1);
    ck_assert_int_eq(se_element_used_bytes(se_topology_at(topology, 0)), -1);
    se_topology_unref(topology);
    se_topology_builder_free(builder);
}
END_TEST

/* A spec of an older or a newer header. */
START_TEST(takes_specs_of_other_versions)
{
    struct {
        se_element_spec spec;
        uint64_t newer;
    } wide = {.spec = SE_ELEMENT_SPEC_INIT};
    se_topology_builder *builder = start();
    se_topology *topology;

    wide.spec.size = sizeof(wide);
    wide.spec.id = "wide";
    wide.spec.url = "http://wide";
    ck_assert_int_eq(se_topology_builder_add(builder, &wide.spec, NULL), SE_OK);
    wide.newer = 1;
    wide.spec.id = "wider";
    ck_assert_int_ne(se_topology_builder_add(builder, &wide.spec, NULL), SE_OK);
    wide.spec.size = offsetof(se_element_spec, capacity_known);
    wide.spec.id = "short";
    wide.spec.capacity_known = true;
    wide.spec.capacity_bytes = -1;
    ck_assert_int_eq(se_topology_builder_add(builder, &wide.spec, NULL), SE_OK);
    topology = finish(builder);
    ck_assert_uint_eq(se_topology_count(topology), 2);
    ck_assert_ptr_nonnull(se_topology_find(topology, "wide"));
    ck_assert_ptr_nonnull(se_topology_find(topology, "short"));
    se_topology_unref(topology);
    se_topology_builder_free(builder);
}
END_TEST

START_TEST(is_empty_afterwards_and_usable_again)
{
    se_topology_builder *builder = start();
    se_topology *none = finish(builder);
    se_topology *first, *second;

    ck_assert_uint_eq(se_topology_count(none), 0);
    ck_assert_int_eq(add(builder, "a", "http://one"), SE_OK);
    first = finish(builder);
    ck_assert_int_eq(add(builder, "a", "http://two"), SE_OK);
    second = finish(builder);
    se_topology_builder_free(builder);
    ck_assert_str_eq(se_element_url(se_topology_at(first, 0)), "http://one");
    ck_assert_str_eq(se_element_url(se_topology_at(second, 0)), "http://two");
    ck_assert_uint_eq(se_topology_count(second), 1);
    se_topology_unref(none);
    se_topology_unref(first);
    se_topology_unref(second);
    se_topology_builder_free(NULL);
}
END_TEST

START_TEST(is_freed_with_what_it_holds)
{
    se_topology_builder *builder = start();

    ck_assert_int_eq(add(builder, "a", "http://one"), SE_OK);
    se_topology_builder_free(builder);
}
END_TEST

/* More than its table began with; each is found, none twice. */
START_TEST(builds_many)
{
    size_t count = 5000;
    se_topology_builder *builder = start();
    se_topology *topology;
    char id[24];

    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "se-%zu", i * 7919 % count);
        ck_assert_int_eq(add(builder, id, "http://se"), SE_OK);
    }
    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "se-%zu", i);
        ck_assert_int_eq(add(builder, id, "http://se"), SE_E_INVALID);
    }
    topology = finish(builder);
    ck_assert_uint_eq(se_topology_count(topology), count);
    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "se-%zu", i);
        ck_assert_str_eq(se_element_id(se_topology_find(topology, id)), id);
        ck_assert(i == 0 ||
                  strcmp(se_element_id(se_topology_at(topology, i - 1)),
                         se_element_id(se_topology_at(topology, i))) < 0);
    }
    se_topology_unref(topology);
    se_topology_builder_free(builder);
}
END_TEST

START_TEST(bounds_the_number_of_elements)
{
    se_topology_builder *builder = start();
    se_element_spec spec = SE_ELEMENT_SPEC_INIT;
    se_error err = SE_ERROR_INIT;
    se_topology *topology;
    char id[24];

    if (is_bulk_too_slow()) {
        se_topology_builder_free(builder);
        return;
    }
    spec.id = id;
    spec.url = "http://se";
    for (size_t i = 0; i < 100000; i++) {
        snprintf(id, sizeof(id), "%zu", i);
        ck_assert_int_eq(se_topology_builder_add(builder, &spec, &err), SE_OK);
    }
    snprintf(id, sizeof(id), "one-more");
    ck_assert_int_eq(se_topology_builder_add(builder, &spec, &err), SE_E_LIMIT);
    ck_assert_str_eq(err.message, "more than 100000 storage elements");
    topology = finish(builder);
    ck_assert_uint_eq(se_topology_count(topology), 100000);
    se_topology_unref(topology);
    se_topology_builder_free(builder);
}
END_TEST

int main(void)
{
    const test_row rows[] = {{builds_what_was_described, 1},
                             {refuses, SE__COUNT(refused)},
                             {ignores_figures_that_are_not_known, 1},
                             {takes_specs_of_other_versions, 1},
                             {is_empty_afterwards_and_usable_again, 1},
                             {is_freed_with_what_it_holds, 1},
                             {builds_many, 1},
                             {bounds_the_number_of_elements, 1}};

    return run_suite("topology_builder", rows, SE__COUNT(rows));
}
