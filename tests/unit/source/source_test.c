/* A source made of functions: what is asked of it, what is made of it. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "fleet.h"
#include "source/source.h"
#include "suite.h"
#include "topology/topology.h"

/* A source whose fetch does one thing. */
typedef struct puppet {
    se_topology *give; /* returned as it is, with a reference of its own */
    se_err code;
    const char *message; /* NULL: the error stays as it was */
    bool no_code;        /* the error's code does */
    int freed;
} puppet;

static se_err puppet_fetch(void *self, int timeout_ms, se_topology **out,
                           se_error *err)
{
    puppet *p = self;

    (void)timeout_ms;
    if (p->give != NULL) {
        *out = se_topology_ref(p->give);
    }
    if (p->message != NULL) {
        err->code = p->no_code ? SE_OK : p->code;
        snprintf(err->message, sizeof(err->message), "%s", p->message);
    }
    return p->code;
}

static void puppet_free(void *self)
{
    puppet *p = self;

    p->freed++;
}

static const se_source_ops puppet_ops = {
    .size = sizeof(se_source_ops),
    .name = "puppet",
    .fetch = puppet_fetch,
    .free = puppet_free,
};

static se_source *puppet_source(puppet *p)
{
    se_source *source = NULL;

    ck_assert_int_eq(se_source_new(&puppet_ops, p, &source, NULL), SE_OK);
    return source;
}

/* A structure of a later library, with a member that this one does not know. */
typedef struct later_ops {
    se_source_ops known;
    void (*more)(void);
} later_ops;

static void something(void)
{
}

START_TEST(required_members)
{
    static const struct {
        const char *lacks;
        se_source_ops ops;
    } rows[] = {
        {"name", {sizeof(se_source_ops), NULL, puppet_fetch, 0, puppet_free}},
        {"name", {sizeof(se_source_ops), "", puppet_fetch, 0, puppet_free}},
        {"fetch", {sizeof(se_source_ops), "x", NULL, 0, puppet_free}},
        {"free", {sizeof(se_source_ops), "x", puppet_fetch, 0, NULL}},
        {"free",
         {offsetof(se_source_ops, free), "x", puppet_fetch, 0, puppet_free}},
    };
    se_source *none = NULL;
    se_source *source = none;
    se_error err = SE_ERROR_INIT;
    puppet p = {0};

    ck_assert_int_eq(se_source_new(&rows[_i].ops, &p, &source, &err),
                     SE_E_INVALID);
    ck_assert_int_eq(err.code, SE_E_INVALID);
    ck_assert_msg(strstr(err.message, rows[_i].lacks) != NULL, "%s",
                  err.message);
    ck_assert_ptr_eq(source, none);
    ck_assert_int_eq(p.freed, 0);
}
END_TEST

START_TEST(ops_of_a_later_library)
{
    later_ops later = {.known = puppet_ops};
    se_source *source = NULL;
    puppet p = {0};

    later.known.size = sizeof(later);
    ck_assert_int_eq(se_source_new(&later.known, &p, &source, NULL), SE_OK);
    se_source_free(source);
    ck_assert_int_eq(p.freed, 1);

    source = NULL;
    later.more = something;
    ck_assert_int_eq(se_source_new(&later.known, &p, &source, NULL),
                     SE_E_INVALID);
    ck_assert_ptr_null(source);
    ck_assert_int_eq(p.freed, 1);
}
END_TEST

START_TEST(no_arguments)
{
    se_source *source = NULL;

    ck_assert_int_eq(se_source_new(NULL, NULL, &source, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_source_new(&puppet_ops, NULL, NULL, NULL),
                     SE_E_INVALID);
    se_source_free(NULL);
}
END_TEST

START_TEST(name_is_the_label)
{
    puppet p = {0};
    se_source *source = puppet_source(&p);

    ck_assert_str_eq(se_source_name(source), "puppet");
    se_source_free(source);
    ck_assert_int_eq(p.freed, 1);
}
END_TEST

START_TEST(a_list_of_its_own_is_labelled)
{
    puppet p = {.give = fleet("a edit 1 http://a")};
    se_source *source = puppet_source(&p);
    se_topology *mine = p.give;
    se_topology *out = NULL;

    /* The fetch hands over the last reference. */
    ck_assert_int_eq(se__source_fetch(source, 100, &out, NULL), SE_OK);
    ck_assert_str_eq(se_topology_source(out), "puppet");
    ck_assert_int_gt(out->fetched_ms, 0);
    se_topology_unref(out);
    se_topology_unref(mine);
    se_source_free(source);
}
END_TEST

/* Others may be reading it at this moment. */
START_TEST(a_shared_list_is_not_written_to)
{
    static const char document[] =
        "{\"version\":7,\"timestamp\":\"2026-01-01T00:00:00Z\","
        "\"storage_elements\":["
        "{\"element_id\":\"b\",\"api_url\":\"http://b\",\"mode\":\"rw\","
        "\"priority\":5,\"is_available\":false,\"capacity_bytes\":900,"
        "\"used_bytes\":30},"
        "{\"element_id\":\"a\",\"api_url\":\"http://a\",\"mode\":\"edit\","
        "\"priority\":9},"
        "{\"element_id\":\"bad\",\"api_url\":\"ftp://a\",\"mode\":\"rw\"}]}";
    puppet p = {0};
    se_source *source = puppet_source(&p);
    se_topology *out = NULL;
    const char *id;
    const char *reason;
    const se_element *b;

    ck_assert_int_eq(
        se_topology_parse(document, strlen(document), &p.give, NULL), SE_OK);
    ck_assert_int_eq(se__source_fetch(source, 100, &out, NULL), SE_OK);
    ck_assert_ptr_ne(out, p.give);
    ck_assert_str_eq(se_topology_source(p.give), "");
    ck_assert_int_eq(p.give->fetched_ms, 0);
    se_topology_unref(p.give);

    /* The copy is complete and lives on its own. */
    ck_assert_str_eq(se_topology_source(out), "puppet");
    ck_assert_int_eq(se_topology_version(out), 7);
    ck_assert_str_eq(se_topology_timestamp(out), "2026-01-01T00:00:00Z");
    ck_assert_uint_eq(se_topology_count(out), 2);
    ck_assert_str_eq(se_element_id(se_topology_at(out, 0)), "b");
    b = se_topology_find(out, "b");
    ck_assert_str_eq(se_element_url(b), "http://b");
    ck_assert_int_eq(se_element_mode(b), SE_MODE_RW);
    ck_assert(!se_element_available(b));
    ck_assert_int_eq(se_element_capacity_bytes(b), 900);
    ck_assert_int_eq(se_element_used_bytes(b), 30);
    ck_assert_ptr_nonnull(se_topology_find(out, "a"));
    ck_assert_uint_eq(se_topology_rejected_count(out), 1);
    ck_assert(se_topology_rejected_at(out, 0, &id, &reason));
    ck_assert_str_eq(id, "bad");
    ck_assert_str_ne(reason, "");
    se_topology_unref(out);
    se_source_free(source);
}
END_TEST

/* What a source leaves undone, and what a caller sees all the same. */
START_TEST(promises)
{
    static const struct {
        puppet does;
        se_err code;
        const char *message;
    } rows[] = {
        {{.code = SE_OK}, SE_E_SOURCE, "success was reported without a list"},
        {{.code = SE_E_TIMEOUT}, SE_E_TIMEOUT, "timed out"},
        {{.code = (se_err)4711}, SE_E_SOURCE, "unknown error"},
        {{.code = (se_err)-3}, SE_E_SOURCE, "unknown error"},
        {{.code = SE_E_PROTOCOL, .message = "HTML, not JSON"},
         SE_E_PROTOCOL,
         "HTML, not JSON"},
        {{.code = SE_E_PROTOCOL, .message = "HTML", .no_code = true},
         SE_E_PROTOCOL,
         "HTML"},
        {{.code = SE_E_PROTOCOL, .message = ""},
         SE_E_PROTOCOL,
         "unusable answer"},
    };
    puppet p = rows[_i].does;
    se_source *source = puppet_source(&p);
    se_topology *none = NULL;
    se_topology *out = none;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se__source_fetch(source, 100, &out, &err), rows[_i].code);
    ck_assert_int_eq(err.code, rows[_i].code);
    ck_assert_str_eq(err.message, rows[_i].message);
    ck_assert_ptr_eq(out, none);
    se_source_free(source);
}
END_TEST

START_TEST(memory_fails_until_it_is_set)
{
    se_source *source = NULL;
    se_topology *list = fleet("a edit 1 http://a");
    se_topology *out = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se_source_memory(&source, NULL), SE_OK);
    ck_assert_str_eq(se_source_name(source), "memory");
    ck_assert_int_eq(se__source_fetch(source, 100, &out, &err), SE_E_SOURCE);
    ck_assert_str_eq(err.message, "no list is set");

    ck_assert_int_eq(se_source_memory_set(source, list, NULL), SE_OK);
    ck_assert_int_eq(se__source_fetch(source, 100, &out, NULL), SE_OK);
    ck_assert_str_eq(se_topology_hash(out), se_topology_hash(list));
    ck_assert_str_eq(se_topology_source(out), "memory");
    se_topology_unref(out);
    out = NULL;

    ck_assert_int_eq(se_source_memory_set(source, NULL, NULL), SE_OK);
    ck_assert_int_eq(se__source_fetch(source, 100, &out, &err), SE_E_SOURCE);
    se_topology_unref(list);
    se_source_free(source);
}
END_TEST

START_TEST(memory_set_is_for_memory_sources)
{
    puppet p = {0};
    se_source *source = puppet_source(&p);

    ck_assert_int_eq(se_source_memory_set(source, NULL, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_source_memory_set(NULL, NULL, NULL), SE_E_INVALID);
    se_source_free(source);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {required_members, 5},
        {ops_of_a_later_library, 1},
        {no_arguments, 1},
        {name_is_the_label, 1},
        {a_list_of_its_own_is_labelled, 1},
        {a_shared_list_is_not_written_to, 1},
        {promises, 7},
        {memory_fails_until_it_is_set, 1},
        {memory_set_is_for_memory_sources, 1},
    };

    return run_suite("source", rows, SE__COUNT(rows));
}
