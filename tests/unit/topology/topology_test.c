/*
 * A topology in memory: its hash, its references from many threads, a copy of
 * it; and its document, which reads back as the same topology.
 */
#include "topology/topology.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/thread.h"
#include "bulk.h"
#include "suite.h"

#define A "{\"element_id\":\"a\",\"api_url\":\"http://one\",\"mode\":\"edit\""
#define B "{\"element_id\":\"b\",\"api_url\":\"http://two\",\"mode\":\"rw\""

static se_topology *parse(const char *text)
{
    se_topology *topology = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_topology_parse(text, strlen(text), &topology, &err) ==
                      SE_OK,
                  "%s: %s", text, err.message);
    return topology;
}

static se_topology *parse_list(const char *elements)
{
    char text[2000];

    snprintf(text, sizeof(text), "{\"storage_elements\":[%s]}", elements);
    return parse(text);
}

/* What belongs to the content, and what does not. */
static const struct {
    const char *elements;
    bool is_same; /* as A, B */
} hashes[] = {
    {A "}," B "}", true},
    {B "}," A "}", true},
    {A ",\"priority\":100}," B ",\"is_available\":true}", true},
    {A ",\"capacity_bytes\":5,\"used_bytes\":3,\"name\":\"x\"}," B "}", true},
    {A "},7," B "}", true},
    {"{\"element_id\":\"a\",\"api_url\":\"HTTP://ONE:80/"
     "\",\"mode\":\"edit\"}," B "}",
     true},
    {A "}", false},
    {"", false},
    {A "}," B ",\"priority\":101}", false},
    {A "}," B ",\"priority\":-100}", false},
    {A "}," B ",\"is_available\":false}", false},
    {"{\"element_id\":\"a\",\"api_url\":\"http://one\",\"mode\":\"rw\"}," B "}",
     false},
    {"{\"element_id\":\"a\",\"api_url\":\"http://onf\",\"mode\":\"edit\"}," B
     "}",
     false},
    {"{\"element_id\":\"A\",\"api_url\":\"http://one\",\"mode\":\"edit\"}," B
     "}",
     false},
    {A "}," B "},{\"element_id\":\"c\",\"api_url\":\"http://c\",\"mode\":"
       "\"ar\"}",
     false},
};

START_TEST(hash_covers_what_counts)
{
    se_topology *first = parse_list(A "}," B "}");
    se_topology *other = parse_list(hashes[_i].elements);
    const char *hash = se_topology_hash(other);

    ck_assert_uint_eq(strlen(hash), 64);
    ck_assert_uint_eq(strspn(hash, "0123456789abcdef"), 64);
    ck_assert_int_eq(strcmp(se_topology_hash(first), hash) == 0,
                     hashes[_i].is_same);
    se_topology_unref(first);
    se_topology_unref(other);
}
END_TEST

/* It is kept on disk and in Redis and must not change with a release; these
 * were computed by another program. */
START_TEST(hash_is_as_it_was)
{
    se_topology *empty = parse_list("");
    se_topology *both = parse_list(A "}," B ",\"priority\":-1}");

    ck_assert_str_eq(
        se_topology_hash(empty),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ck_assert_str_eq(
        se_topology_hash(both),
        "ac96ce10b08ce7fef5c9bccd6131ff57f1ce22083c5cf6f41c6b47a46be5bfae");
    se_topology_unref(empty);
    se_topology_unref(both);
}
END_TEST

static void count_references(void *argument)
{
    se_topology *topology = argument;

    for (int i = 0; i < 20000; i++) {
        se_topology *mine = se_topology_ref(topology);

        if (se_topology_count(mine) != 2) {
            return;
        }
        se_topology_unref(mine);
    }
    se_topology_unref(topology);
}

/* The last of many threads frees it, no one before. */
START_TEST(references_are_counted_by_threads)
{
    enum {
        THREADS = 4
    };
    se_topology *topology = parse_list(A "}," B "}");
    se__thread threads[THREADS] = {{.started = false}};

    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(se__thread_start(&threads[i], "test", count_references,
                                          se_topology_ref(topology), NULL),
                         SE_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        se__thread_join(&threads[i]);
    }
    ck_assert_int_eq(atomic_load(&topology->refs), 1);
    se_topology_unref(topology);
    ck_assert_ptr_null(se_topology_ref(NULL));
    se_topology_unref(NULL);
}
END_TEST

START_TEST(origin_is_noted)
{
    se_topology *topology = parse_list("");

    ck_assert_str_eq(se_topology_source(topology), "");
    se__topology_set_origin(topology, "redis", 12345);
    ck_assert_str_eq(se_topology_source(topology), "redis");
    ck_assert_int_eq(topology->fetched_ms, 12345);
    se__topology_set_origin(topology, "a name that is longer than its field is",
                            1);
    ck_assert_str_eq(se_topology_source(topology),
                     "a name that is longer than its ");
    se_topology_unref(topology);
}
END_TEST

static void check_same(const se_topology *a, const se_topology *b)
{
    ck_assert_uint_eq(se_topology_count(a), se_topology_count(b));
    ck_assert_str_eq(se_topology_hash(a), se_topology_hash(b));
    ck_assert_str_eq(se_topology_timestamp(a), se_topology_timestamp(b));
    ck_assert_int_eq(se_topology_version(a), se_topology_version(b));
    for (size_t i = 0; i < se_topology_count(a); i++) {
        const se_element *one = se_topology_at(a, i);
        const se_element *two = se_topology_at(b, i);

        ck_assert_str_eq(se_element_id(one), se_element_id(two));
        ck_assert_str_eq(se_element_url(one), se_element_url(two));
        ck_assert_int_eq(se_element_mode(one), se_element_mode(two));
        ck_assert_int_eq(se_element_priority(one), se_element_priority(two));
        ck_assert_int_eq(se_element_available(one), se_element_available(two));
        ck_assert_int_eq(se_element_capacity_bytes(one),
                         se_element_capacity_bytes(two));
        ck_assert_int_eq(se_element_used_bytes(one),
                         se_element_used_bytes(two));
    }
}

/* The original may go; what the copy shows is its own. */
START_TEST(copy_stands_alone)
{
    static const char text[] =
        "{\"version\":3,\"timestamp\":\"t\",\"storage_elements\":[" B "},7," A
        ",\"capacity_bytes\":9},{\"element_id\":\"b\"}]}";
    se_topology *topology = parse(text);
    se_topology *again = parse(text);
    se_topology *copy = NULL;
    const char *id, *reason;

    se__topology_set_origin(topology, "file", 7);
    ck_assert_int_eq(se__topology_copy(topology, &copy, NULL), SE_OK);
    se__topology_set_origin(topology, "gone", 8);
    se_topology_unref(topology);
    ck_assert_int_eq(atomic_load(&copy->refs), 1);
    ck_assert_str_eq(se_topology_source(copy), "file");
    ck_assert_int_eq(copy->fetched_ms, 7);
    check_same(copy, again);
    ck_assert_str_eq(se_element_url(se_topology_find(copy, "a")), "http://one");
    ck_assert_uint_eq(se_topology_rejected_count(copy), 2);
    ck_assert(se_topology_rejected_at(copy, 0, &id, &reason));
    ck_assert_str_eq(id, "#2");
    ck_assert_str_eq(reason, "not an object");
    ck_assert(se_topology_rejected_at(copy, 1, &id, NULL));
    ck_assert_str_eq(id, "b");
    ck_assert(se_topology_rejected_at(copy, 1, NULL, &reason));
    ck_assert_str_eq(reason, "mode is missing");
    se_topology_unref(copy);
    se_topology_unref(again);
}
END_TEST

static char *print(const se_topology *topology)
{
    char *text = NULL;

    ck_assert_int_eq(se_topology_print(topology, &text, NULL), SE_OK);
    return text;
}

START_TEST(prints_as_artstore_does)
{
    se_topology *topology =
        parse("{\"version\":42,\"timestamp\":\"2026-03-01T09:15:30Z\","
              "\"storage_elements\":[" A ",\"capacity_bytes\":"
              "9007199254740993,\"used_bytes\":0},{\"id\":2,\"api_url\":"
              "\"https://two:8443/se\",\"mode\":\"ro\",\"priority\":-5},"
              "{\"element_id\":\"off\",\"api_url\":\"http://off\",\"mode\":"
              "\"rw\",\"is_available\":false},7]}");
    char *text = print(topology);

    ck_assert_str_eq(
        text, "{\"version\": 42, \"timestamp\": \"2026-03-01T09:15:30Z\", "
              "\"count\": 3, \"storage_elements\": ["
              "{\"element_id\": \"2\", \"api_url\": \"https://two:8443/se\", "
              "\"mode\": \"ro\", \"priority\": -5, \"status\": \"online\", "
              "\"is_available\": true, \"is_writable\": false, "
              "\"capacity_bytes\": null, \"used_bytes\": null}, "
              "{\"element_id\": \"a\", \"api_url\": \"http://one\", "
              "\"mode\": \"edit\", \"priority\": 100, \"status\": \"online\", "
              "\"is_available\": true, \"is_writable\": true, "
              "\"capacity_bytes\": 9007199254740993, \"used_bytes\": 0}, "
              "{\"element_id\": \"off\", \"api_url\": \"http://off\", "
              "\"mode\": \"rw\", \"priority\": 100, \"status\": \"offline\", "
              "\"is_available\": false, \"is_writable\": false, "
              "\"capacity_bytes\": null, \"used_bytes\": null}]}");
    se_free(text);
    se_topology_unref(topology);
}
END_TEST

START_TEST(prints_nothing_as_an_empty_list)
{
    se_topology *topology = parse_list("7");
    char *text = print(topology);

    ck_assert_str_eq(text, "{\"version\": 0, \"timestamp\": null, "
                           "\"count\": 0, \"storage_elements\": []}");
    se_free(text);
    se_free(NULL);
    se_topology_unref(topology);
}
END_TEST

/* A small generator of its own, so that a failure can be repeated. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static void describe(se_element_spec *spec, char *id, char *url, size_t size,
                     uint32_t *random)
{
    static const char *const hosts[] = {"se", "10.0.0.7", "[::1]", "a.b-c_d"};
    static const char *const paths[] = {"", "/x", "/x/%41/;y=z", "/~"};
    uint32_t number = next_random(random);

    *spec = (se_element_spec)SE_ELEMENT_SPEC_INIT;
    snprintf(id, size, "%x%s", number, number % 2 ? "_.-" : "");
    snprintf(url, size, "%s://%s:%u%s", number % 3 ? "http" : "https",
             hosts[number % 4], 1 + next_random(random) % 65535,
             paths[next_random(random) % 4]);
    spec->id = id;
    spec->url = url;
    spec->mode = (se_mode)(next_random(random) % 4);
    spec->priority = (int32_t)(next_random(random) << 8);
    spec->unavailable = next_random(random) % 2;
    spec->capacity_known = next_random(random) % 2;
    spec->used_bytes = next_random(random);
    spec->capacity_bytes = spec->used_bytes * (1 + next_random(random));
}

static se_topology *build_any(size_t count, uint32_t random)
{
    se_topology_builder *builder = NULL;
    se_topology *topology = NULL;

    ck_assert_int_eq(se_topology_builder_new(&builder, NULL), SE_OK);
    for (size_t i = 0; i < count; i++) {
        se_element_spec spec;
        char id[100], url[100];

        describe(&spec, id, url, sizeof(id), &random);
        se_topology_builder_add(builder, &spec, NULL);
    }
    ck_assert_int_eq(se_topology_builder_build(builder, &topology, NULL),
                     SE_OK);
    ck_assert_uint_ge(se_topology_count(topology) + count / 100 + 1, count);
    se_topology_builder_free(builder);
    return topology;
}

/* Any topology reads back from its document, and prints as the same text. */
START_TEST(round_trip)
{
    se_topology *topology = build_any((size_t)_i * _i, (uint32_t)_i);
    char *text = print(topology);
    se_topology *again = parse(text);
    char *text_again = print(again);

    ck_assert_uint_eq(se_topology_rejected_count(again), 0);
    check_same(topology, again);
    ck_assert_str_eq(text, text_again);
    se_free(text);
    se_free(text_again);
    se_topology_unref(topology);
    se_topology_unref(again);
}
END_TEST

/* What could not be read again is not printed: too many values, or bytes. */
START_TEST(prints_only_what_can_be_read)
{
    static const struct {
        size_t count;
        bool has_long_urls;
    } rows[] = {{39999, false}, {40000, false}, {8000, true}};

    for (size_t i = 0; i < SE__COUNT(rows) && !is_bulk_too_slow(); i++) {
        se_topology_builder *builder = NULL;
        se_topology *topology = NULL;
        se_element_spec spec = SE_ELEMENT_SPEC_INIT;
        char id[24];
        char url[1024] = "http://se/";
        char *text = NULL;
        se_error err = SE_ERROR_INIT;

        memset(url + strlen(url), rows[i].has_long_urls ? 'x' : '\0',
               sizeof(url) - 1 - strlen(url));
        spec.id = id;
        spec.url = url;
        ck_assert_int_eq(se_topology_builder_new(&builder, NULL), SE_OK);
        for (size_t n = 0; n < rows[i].count; n++) {
            snprintf(id, sizeof(id), "%zu", n);
            ck_assert_int_eq(se_topology_builder_add(builder, &spec, NULL),
                             SE_OK);
        }
        ck_assert_int_eq(se_topology_builder_build(builder, &topology, NULL),
                         SE_OK);
        se_topology_builder_free(builder);
        if (i == 0) {
            text = print(topology);
            se_topology_unref(parse(text));
        } else {
            ck_assert_int_eq(se_topology_print(topology, &text, &err),
                             SE_E_LIMIT);
            snprintf(url, sizeof(url),
                     "a document of %zu storage elements is too large",
                     rows[i].count);
            ck_assert_str_eq(err.message, url);
            ck_assert_ptr_null(text);
        }
        se_free(text);
        se_topology_unref(topology);
    }
}
END_TEST

int main(void)
{
    const test_row rows[] = {{hash_covers_what_counts, SE__COUNT(hashes)},
                             {hash_is_as_it_was, 1},
                             {references_are_counted_by_threads, 1},
                             {origin_is_noted, 1},
                             {copy_stands_alone, 1},
                             {prints_as_artstore_does, 1},
                             {prints_nothing_as_an_empty_list, 1},
                             {round_trip, 30},
                             {prints_only_what_can_be_read, 1}};

    return run_suite("topology", rows, SE__COUNT(rows));
}
