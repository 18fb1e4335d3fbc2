/*
 * What changed between two lists: every case of a reload.
 */
#include <artstore/topology.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "suite.h"

/*
 * Lists are written short: elements with a space between, each
 * id:host:mode:priority, with '!' at the end if it is not available, or a bare
 * id, which is rejected. NULL is no list at all.
 */
static void write_element(se__buf *buf, const char *word, size_t length)
{
    char id[80], host[80], mode[80];
    char copy[80];
    int priority;
    bool available;

    ck_assert_uint_lt(length, sizeof(copy));
    memcpy(copy, word, length);
    copy[length] = '\0';
    available = copy[length - 1] != '!';
    if (sscanf(copy, "%79[^:]:%79[^:]:%79[^:]:%d", id, host, mode, &priority) !=
        4) {
        se__buf_printf(buf, "{\"element_id\":\"%s\"}", copy);
        return;
    }
    se__buf_printf(buf,
                   "{\"element_id\":\"%s\",\"api_url\":\"http://%s\","
                   "\"mode\":\"%s\",\"priority\":%d,\"is_available\":%s}",
                   id, host, mode, priority, available ? "true" : "false");
}

static se_topology *list(const char *words)
{
    se__buf buf = SE__BUF_INIT;
    se_topology *topology = NULL;
    const char *at = words;

    if (words == NULL) {
        return NULL;
    }
    se__buf_puts(&buf, "{\"storage_elements\":[");
    while (*at) {
        size_t length = strcspn(at, " ");

        if (at != words) {
            se__buf_putc(&buf, ',');
        }
        write_element(&buf, at, length);
        at += length + (at[length] == ' ');
    }
    se__buf_puts(&buf, "]}");
    ck_assert_int_eq(se_topology_parse(buf.data, buf.length, &topology, NULL),
                     SE_OK);
    se__buf_fini(&buf);
    return topology;
}

/* "+a -b *c ?d": added, removed, updated, rejected, in this order. */
static char *describe(const se_diff *diff)
{
    static const char marks[] = "+-*?";
    se__buf buf = SE__BUF_INIT;

    for (int kind = SE_CHANGE_ADDED; kind <= SE_CHANGE_REJECTED; kind++) {
        size_t count = se_diff_count(diff, (se_change_kind)kind);

        for (size_t i = 0; i < count; i++) {
            const se_change *change = se_diff_at(diff, (se_change_kind)kind, i);

            se__buf_printf(&buf, "%s%c%s", buf.length ? " " : "", marks[kind],
                           se_change_id(change));
        }
        ck_assert_ptr_null(se_diff_at(diff, (se_change_kind)kind, count));
    }
    return buf.data ? se__buf_take(&buf) : calloc(1, 1);
}

static const struct {
    const char *before, *after;
    const char *changes;
} cases[] = {
    /* nothing */
    {NULL, NULL, ""},
    {NULL, "", ""},
    {"", NULL, ""},
    {"", "", ""},
    {"a:h:edit:1", "a:h:edit:1", ""},
    {"a:h:edit:1 b:h:rw:2!", "b:h:rw:2! a:h:edit:1", ""},
    {"a:H:edit:1", "a:h:edit:1", ""},
    /* added */
    {NULL, "a:h:edit:1", "+a"},
    {"", "a:h:edit:1", "+a"},
    {"b:h:edit:1", "a:h:edit:1 b:h:edit:1", "+a"},
    {"b:h:edit:1", "b:h:edit:1 c:h:edit:1", "+c"},
    {"a:h:edit:1 c:h:edit:1", "a:h:edit:1 b:h:edit:1 c:h:edit:1", "+b"},
    {"b:h:rw:1", "z:h:rw:0 b:h:rw:1 a:h:ro:9 c:h:ar:9!", "+a +c +z"},
    /* removed */
    {"a:h:edit:1", NULL, "-a"},
    {"a:h:edit:1 b:h:edit:1", "b:h:edit:1", "-a"},
    {"a:h:edit:1 b:h:edit:1", "a:h:edit:1", "-b"},
    {"a:h:edit:1 b:h:edit:1 c:h:edit:1", "a:h:edit:1 c:h:edit:1", "-b"},
    /* all removed */
    {"z:h:edit:1 b:h:rw:2 a:h:ro:3!", "", "-a -b -z"},
    /* updated: URL, mode, priority, availability */
    {"a:h:edit:1 b:h:edit:1", "a:other:edit:1 b:h:edit:1", "*a"},
    {"a:h:edit:1 b:h:edit:1", "a:h:rw:1 b:h:edit:1", "*a"},
    {"a:h:edit:1 b:h:edit:1", "a:h:edit:2 b:h:edit:1", "*a"},
    {"a:h:edit:1 b:h:edit:1", "a:h:edit:-1 b:h:edit:1", "*a"},
    {"a:h:edit:1 b:h:edit:1", "a:h:edit:1! b:h:edit:1", "*a"},
    {"a:h:edit:1! b:h:edit:1", "a:h:edit:1 b:h:edit:1", "*a"},
    {"a:h:edit:1", "a:other:ar:9!", "*a"},
    /* priorities are exchanged: the order changes, and both are updated */
    {"a:h:edit:1 b:h:edit:2", "a:h:edit:2 b:h:edit:1", "*a *b"},
    /* another id is another element, whatever its case */
    {"a:h:edit:1", "A:h:edit:1", "+A -a"},
    {"a:h:edit:1", "a.:h:edit:1", "+a. -a"},
    /* all at once */
    {"e:h:edit:1 d:h:rw:2 c:h:ro:3 b:h:ar:4 a:h:edit:5",
     "a:h:edit:5 b:h:rw:4 d:h:rw:2 f:h:edit:1 0:h:edit:1 c:x:ro:3",
     "+0 +f -e *b *c"},
    {"a:h:edit:1 b:h:edit:1", "c:h:edit:1 d:h:edit:1", "+c +d -a -b"},
    /* rejected, beside the others or alone */
    {"a:h:edit:1", "a:h:edit:1 x", "?x"},
    {"a:h:edit:1 x:h:edit:1", "a:h:edit:1 x", "-x ?x"},
    {"", "x c b", "?b ?c ?x"},
    {"x", "a:h:edit:1", "+a"},
    {"x", "x", "?x"},
    {"a:h:edit:1", "a:g:edit:1 a:h:edit:1", "?a"},
    {"a:h:edit:1", "a:f:edit:1 b a:g:edit:1 a:i:edit:1", "*a ?a ?a ?b"},
    {"a:h:edit:1", "a:h:bad:1 b:h:edit:1", "+b -a ?a"},
};

START_TEST(finds_every_change)
{
    se_topology *before = list(cases[_i].before);
    se_topology *after = list(cases[_i].after);
    se_diff *diff = NULL;
    char *changes;
    size_t total_before, total_after;

    ck_assert_int_eq(se_diff_compute(before, after, &diff, NULL), SE_OK);
    changes = describe(diff);
    ck_assert_str_eq(changes, cases[_i].changes);
    ck_assert_int_eq(se_diff_is_empty(diff),
                     changes[0] == '\0' || changes[0] == '?');
    se_diff_totals(diff, &total_before, &total_after);
    ck_assert_uint_eq(total_before, before ? se_topology_count(before) : 0);
    ck_assert_uint_eq(total_after, after ? se_topology_count(after) : 0);
    se_diff_totals(diff, NULL, NULL);
    ck_assert_ptr_eq(se_diff_after(diff), after);
    free(changes);
    se_diff_free(diff);
    se_topology_unref(before);
    se_topology_unref(after);
}
END_TEST

/* Back again, added and removed change places, updates stay. */
START_TEST(is_symmetrical)
{
    se_topology *before = list(cases[_i].before);
    se_topology *after = list(cases[_i].after);
    se_diff *there = NULL;
    se_diff *back = NULL;

    ck_assert_int_eq(se_diff_compute(before, after, &there, NULL), SE_OK);
    ck_assert_int_eq(se_diff_compute(after, before, &back, NULL), SE_OK);
    ck_assert_uint_eq(se_diff_count(there, SE_CHANGE_ADDED),
                      se_diff_count(back, SE_CHANGE_REMOVED));
    ck_assert_uint_eq(se_diff_count(there, SE_CHANGE_REMOVED),
                      se_diff_count(back, SE_CHANGE_ADDED));
    ck_assert_uint_eq(se_diff_count(there, SE_CHANGE_UPDATED),
                      se_diff_count(back, SE_CHANGE_UPDATED));
    se_diff_free(there);
    se_diff_free(back);
    se_topology_unref(before);
    se_topology_unref(after);
}
END_TEST

/* The diff holds both lists; who made it may let go of them. */
START_TEST(shows_before_and_after)
{
    se_topology *before = list("a:one:edit:1 b:h:rw:2 c:h:rw:3");
    se_topology *after = list("a:two:edit:1 c:h:rw:3 d:h:ro:4! e");
    se_diff *diff = NULL;
    const se_change *change;

    ck_assert_int_eq(se_diff_compute(before, after, &diff, NULL), SE_OK);
    se_topology_unref(before);
    se_topology_unref(after);

    change = se_diff_at(diff, SE_CHANGE_UPDATED, 0);
    ck_assert_str_eq(se_change_id(change), "a");
    ck_assert_str_eq(se_element_url(se_change_before(change)), "http://one");
    ck_assert_str_eq(se_element_url(se_change_after(change)), "http://two");
    ck_assert_str_eq(se_change_reason(change), "");

    change = se_diff_at(diff, SE_CHANGE_REMOVED, 0);
    ck_assert_str_eq(se_change_id(change), "b");
    ck_assert_int_eq(se_element_mode(se_change_before(change)), SE_MODE_RW);
    ck_assert_ptr_null(se_change_after(change));
    ck_assert_str_eq(se_change_reason(change), "");

    change = se_diff_at(diff, SE_CHANGE_ADDED, 0);
    ck_assert_str_eq(se_change_id(change), "d");
    ck_assert_ptr_null(se_change_before(change));
    ck_assert(!se_element_available(se_change_after(change)));
    ck_assert_str_eq(se_change_reason(change), "");

    change = se_diff_at(diff, SE_CHANGE_REJECTED, 0);
    ck_assert_str_eq(se_change_id(change), "e");
    ck_assert_ptr_null(se_change_before(change));
    ck_assert_ptr_null(se_change_after(change));
    ck_assert_str_eq(se_change_reason(change), "mode is missing");

    ck_assert_uint_eq(se_topology_count(se_diff_after(diff)), 3);
    ck_assert_uint_eq(se_diff_count(diff, (se_change_kind)4), 0);
    ck_assert_ptr_null(se_diff_at(diff, (se_change_kind)4, 0));
    se_diff_free(diff);
}
END_TEST

START_TEST(of_a_list_with_itself_is_empty)
{
    se_topology *topology = list("a:one:edit:1 b:h:rw:2");
    se_diff *diff = NULL;

    ck_assert_int_eq(se_diff_compute(topology, topology, &diff, NULL), SE_OK);
    ck_assert(se_diff_is_empty(diff));
    se_topology_unref(topology);
    ck_assert_str_eq(se_topology_hash(se_diff_after(diff)),
                     se_topology_hash(topology));
    se_diff_free(diff);
    se_diff_free(NULL);
}
END_TEST

/* Capacity is no change; it is state, not configuration. */
START_TEST(does_not_look_at_capacity)
{
    static const char format[] =
        "{\"version\":%d,\"timestamp\":\"%d\",\"storage_elements\":["
        "{\"element_id\":\"a\",\"api_url\":\"http://h\",\"mode\":\"rw\","
        "\"capacity_bytes\":%d,\"used_bytes\":%d}]}";
    char text[2][300];
    se_topology *lists[2] = {NULL, NULL};
    se_diff *diff = NULL;

    for (int i = 0; i < 2; i++) {
        snprintf(text[i], sizeof(text[i]), format, i, i, 100 + i, i);
        ck_assert_int_eq(
            se_topology_parse(text[i], strlen(text[i]), &lists[i], NULL),
            SE_OK);
    }
    ck_assert_int_eq(se_diff_compute(lists[0], lists[1], &diff, NULL), SE_OK);
    ck_assert(se_diff_is_empty(diff));
    ck_assert_int_eq(
        se_element_used_bytes(se_topology_at(se_diff_after(diff), 0)), 1);
    se_diff_free(diff);
    se_topology_unref(lists[0]);
    se_topology_unref(lists[1]);
}
END_TEST

static se_topology *build_range(int from, int to, int changed)
{
    se_topology_builder *builder = NULL;
    se_topology *topology = NULL;

    ck_assert_int_eq(se_topology_builder_new(&builder, NULL), SE_OK);
    for (int i = from; i < to; i++) {
        se_element_spec spec = SE_ELEMENT_SPEC_INIT;
        char id[24];

        snprintf(id, sizeof(id), "se-%04d", i);
        spec.id = id;
        spec.url = "http://se";
        spec.priority = i % 7 + (i < changed);
        ck_assert_int_eq(se_topology_builder_add(builder, &spec, NULL), SE_OK);
    }
    ck_assert_int_eq(se_topology_builder_build(builder, &topology, NULL),
                     SE_OK);
    se_topology_builder_free(builder);
    return topology;
}

START_TEST(of_a_thousand_elements)
{
    static const struct {
        int from, to, changed;
        size_t added, removed, updated;
    } rows[] = {{0, 1000, 0, 0, 0, 0},       {0, 1000, 1000, 0, 0, 1000},
                {0, 0, 0, 0, 1000, 0},       {1000, 2000, 0, 1000, 1000, 0},
                {500, 1500, 0, 500, 500, 0}, {250, 1250, 300, 250, 250, 50},
                {1, 1000, 2, 0, 1, 1},       {0, 1001, 0, 1, 0, 0}};

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se_topology *before = build_range(0, 1000, 0);
        se_topology *after =
            build_range(rows[i].from, rows[i].to, rows[i].changed);
        se_diff *diff = NULL;

        ck_assert_int_eq(se_diff_compute(before, after, &diff, NULL), SE_OK);
        ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_ADDED), rows[i].added);
        ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_REMOVED),
                          rows[i].removed);
        ck_assert_uint_eq(se_diff_count(diff, SE_CHANGE_UPDATED),
                          rows[i].updated);
        for (int kind = 0; kind <= SE_CHANGE_UPDATED; kind++) {
            for (size_t k = 1; k < se_diff_count(diff, (se_change_kind)kind);
                 k++) {
                ck_assert_str_lt(
                    se_change_id(se_diff_at(diff, (se_change_kind)kind, k - 1)),
                    se_change_id(se_diff_at(diff, (se_change_kind)kind, k)));
            }
        }
        se_diff_free(diff);
        se_topology_unref(before);
        se_topology_unref(after);
    }
}
END_TEST

int main(void)
{
    const test_row rows[] = {{finds_every_change, SE__COUNT(cases)},
                             {is_symmetrical, SE__COUNT(cases)},
                             {shows_before_and_after, 1},
                             {of_a_list_with_itself_is_empty, 1},
                             {does_not_look_at_capacity, 1},
                             {of_a_thousand_elements, 1}};

    return run_suite("diff", rows, SE__COUNT(rows));
}
