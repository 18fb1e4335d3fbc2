/*
 * Reading documents: what an element may look like, what costs it its place,
 * and what is not a document at all.
 */
#include <artstore/topology.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "suite.h"

#define ONE(members) "{\"storage_elements\":[{" members "}]}"
/* All that an element needs, but for what the test is about. */
#define ID "\"element_id\":\"se-01\""
#define URL "\"api_url\":\"http://se-01:8000\""
#define MODE "\"mode\":\"edit\""

static se_topology *parse(const char *text)
{
    se_topology *topology = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_topology_parse(text, strlen(text), &topology, &err) ==
                      SE_OK,
                  "%s: %s", text, err.message);
    ck_assert_str_eq(err.message, "");
    return topology;
}

/* The sample of the wire contract, with an element that takes no files. */
static const char sample[] =
    "{\"version\": 42, \"timestamp\": \"2026-03-01T09:15:30.123456Z\", "
    "\"count\": 2, \"storage_elements\": [\n"
    " {\"id\": 1, \"name\": \"SE \\u043e\\u0434\\u0438\\u043d\", "
    "\"api_url\": \"http://storage-element-01:8000\", \"mode\": \"edit\", "
    "\"storage_type\": \"s3\", \"status\": \"online\", \"base_path\": "
    "\"artstore-files/storage_element_01\", \"capacity_bytes\": 1073741824, "
    "\"used_bytes\": 1048576, \"file_count\": 3, \"retention_days\": null, "
    "\"priority\": 100, \"element_id\": \"se-01\", \"is_writable\": true, "
    "\"is_available\": true, \"last_health_check\": "
    "\"2026-03-01T09:15:00.000001+00:00\"},\n"
    " {\"id\": 3, \"name\": \"SE three\", \"api_url\": "
    "\"http://storage-element-03:8000\", \"mode\": \"ro\", \"storage_type\": "
    "\"local\", \"status\": \"offline\", \"base_path\": \"/data\", "
    "\"capacity_bytes\": null, \"used_bytes\": 0, \"file_count\": 0, "
    "\"retention_days\": 365, \"priority\": 300, \"element_id\": null, "
    "\"is_writable\": false, \"is_available\": false, "
    "\"last_health_check\": null}]}\n";

START_TEST(reads_what_artstore_writes)
{
    se_topology *topology = parse(sample);
    const se_element *first = se_topology_at(topology, 0);
    const se_element *second = se_topology_at(topology, 1);

    ck_assert_uint_eq(se_topology_count(topology), 2);
    ck_assert_uint_eq(se_topology_rejected_count(topology), 0);
    ck_assert_int_eq(se_topology_version(topology), 42);
    ck_assert_str_eq(se_topology_timestamp(topology),
                     "2026-03-01T09:15:30.123456Z");
    ck_assert_str_eq(se_topology_source(topology), "");
    ck_assert_str_eq(se_element_id(first), "se-01");
    ck_assert_str_eq(se_element_url(first), "http://storage-element-01:8000");
    ck_assert_int_eq(se_element_mode(first), SE_MODE_EDIT);
    ck_assert_int_eq(se_element_priority(first), 100);
    ck_assert(se_element_available(first));
    ck_assert_int_eq(se_element_capacity_bytes(first), 1073741824);
    ck_assert_int_eq(se_element_used_bytes(first), 1048576);
    ck_assert_str_eq(se_element_id(second), "3");
    ck_assert_int_eq(se_element_mode(second), SE_MODE_RO);
    ck_assert_int_eq(se_element_priority(second), 300);
    ck_assert(!se_element_available(second));
    ck_assert_int_eq(se_element_capacity_bytes(second), -1);
    ck_assert_int_eq(se_element_used_bytes(second), 0);
    ck_assert_ptr_null(se_topology_at(topology, 2));
    se_topology_unref(topology);
}
END_TEST

/* What the Admin Module answers: no timestamp, no version, no availability. */
START_TEST(reads_what_the_admin_module_answers)
{
    se_topology *topology =
        parse("{\"storage_elements\":[{\"id\":1,\"element_id\":\"se-01\","
              "\"name\":\"SE one\",\"mode\":\"rw\",\"priority\":7,\"api_url\":"
              "\"http://storage-element-01:8000/\",\"capacity_bytes\":"
              "1073741824,\"used_bytes\":1048576,\"health_status\":"
              "\"healthy\",\"capacity_status\":\"ok\"}],\"total\":1}");
    const se_element *element = se_topology_find(topology, "se-01");

    ck_assert_ptr_nonnull(element);
    ck_assert(se_element_available(element));
    ck_assert_int_eq(se_element_mode(element), SE_MODE_RW);
    ck_assert_int_eq(se_element_priority(element), 7);
    ck_assert_str_eq(se_element_url(element), "http://storage-element-01:8000");
    ck_assert_int_eq(se_topology_version(topology), 0);
    ck_assert_str_eq(se_topology_timestamp(topology), "");
    se_topology_unref(topology);
}
END_TEST

static const struct {
    const char *members;
    const char *id, *url;
    se_mode mode;
    int32_t priority;
    bool available;
    int64_t capacity, used;
} kept[] = {
#define REST "http://se-01:8000", SE_MODE_EDIT, 100, true
    /* id */
    {ID "," URL "," MODE, "se-01", REST, -1, -1},
    {"\"element_id\":null,\"id\":17," URL "," MODE, "17", REST, -1, -1},
    {"\"id\":9223372036854775807," URL "," MODE, "9223372036854775807", REST,
     -1, -1},
    {"\"id\":-5," URL "," MODE, "-5", REST, -1, -1},
    {ID ",\"id\":1.5," URL "," MODE, "se-01", REST, -1, -1},
    {"\"element_id\":\"A.z_0-9\"," URL "," MODE, "A.z_0-9", REST, -1, -1},
    {"\"element_id\":\"..\"," URL "," MODE, "..", REST, -1, -1},
    {"\"element_id\":\"0123456789012345678901234567890123456789012345678901234"
     "567890123\"," URL "," MODE,
     "0123456789012345678901234567890123456789012345678901234567890123", REST,
     -1, -1},
    /* unknown members, members of another kind of the same name elsewhere */
    {ID "," URL "," MODE ",\"status\":\"degraded\",\"x\":{\"mode\":1}", "se-01",
     REST, -1, -1},
    {ID "," URL "," MODE ",\"Mode\":\"rw\",\"PRIORITY\":5", "se-01", REST, -1,
     -1},
    {"\"element\\u005fid\":\"se-01\"," URL "," MODE, "se-01", REST, -1, -1},
    /* capacity */
    {ID "," URL "," MODE ",\"capacity_bytes\":10,\"used_bytes\":4", "se-01",
     REST, 10, 4},
    {ID "," URL "," MODE ",\"capacity_bytes\":10,\"used_bytes\":10", "se-01",
     REST, 10, 10},
    {ID "," URL "," MODE ",\"capacity_bytes\":10,\"used_bytes\":11", "se-01",
     REST, -1, -1},
    {ID "," URL "," MODE ",\"capacity_bytes\":0,\"used_bytes\":0", "se-01",
     REST, 0, 0},
    {ID "," URL "," MODE ",\"capacity_bytes\":null,\"used_bytes\":null",
     "se-01", REST, -1, -1},
    {ID "," URL "," MODE ",\"capacity_bytes\":7", "se-01", REST, 7, -1},
    {ID "," URL "," MODE ",\"used_bytes\":7", "se-01", REST, -1, 7},
    {ID "," URL "," MODE ",\"capacity_bytes\":9007199254740993,"
        "\"used_bytes\":9007199254740993",
     "se-01", REST, 9007199254740993, 9007199254740993},
    {ID "," URL "," MODE ",\"capacity_bytes\":9223372036854775807", "se-01",
     REST, INT64_MAX, -1},
#undef REST
    /* mode, priority, availability, URL */
    {ID "," URL ",\"mode\":\"rw\"", "se-01", "http://se-01:8000", SE_MODE_RW,
     100, true, -1, -1},
    {ID "," URL ",\"mode\":\"ro\"", "se-01", "http://se-01:8000", SE_MODE_RO,
     100, true, -1, -1},
    {ID "," URL ",\"mode\":\"ar\"", "se-01", "http://se-01:8000", SE_MODE_AR,
     100, true, -1, -1},
    {ID "," URL "," MODE ",\"priority\":-2147483648", "se-01",
     "http://se-01:8000", SE_MODE_EDIT, INT32_MIN, true, -1, -1},
    {ID "," URL "," MODE ",\"priority\":2147483647", "se-01",
     "http://se-01:8000", SE_MODE_EDIT, INT32_MAX, true, -1, -1},
    {ID "," URL "," MODE ",\"priority\":0", "se-01", "http://se-01:8000",
     SE_MODE_EDIT, 0, true, -1, -1},
    {ID "," URL "," MODE ",\"is_available\":false", "se-01",
     "http://se-01:8000", SE_MODE_EDIT, 100, false, -1, -1},
    {ID "," URL "," MODE ",\"is_available\":true,\"status\":\"offline\"",
     "se-01", "http://se-01:8000", SE_MODE_EDIT, 100, true, -1, -1},
    {ID ",\"api_url\":\"HTTPS://Host:443/a/\"," MODE, "se-01", "https://host/a",
     SE_MODE_EDIT, 100, true, -1, -1},
    {ID ",\"api_url\":\"http://127.1\"," MODE, "se-01", "http://127.0.0.1",
     SE_MODE_EDIT, 100, true, -1, -1},
};

START_TEST(keeps_what_is_valid)
{
    char text[1000];
    se_topology *topology;
    const se_element *element;

    snprintf(text, sizeof(text), ONE("%s"), kept[_i].members);
    topology = parse(text);
    ck_assert_uint_eq(se_topology_rejected_count(topology), 0);
    ck_assert_uint_eq(se_topology_count(topology), 1);
    element = se_topology_at(topology, 0);
    ck_assert_str_eq(se_element_id(element), kept[_i].id);
    ck_assert_str_eq(se_element_url(element), kept[_i].url);
    ck_assert_int_eq(se_element_mode(element), kept[_i].mode);
    ck_assert_int_eq(se_element_priority(element), kept[_i].priority);
    ck_assert_int_eq(se_element_available(element), kept[_i].available);
    ck_assert_int_eq(se_element_capacity_bytes(element), kept[_i].capacity);
    ck_assert_int_eq(se_element_used_bytes(element), kept[_i].used);
    se_topology_unref(topology);
}
END_TEST

#define BAD_ID "id holds a character that is not allowed"
#define NO_ID "neither element_id nor an integer id"
#define BAD_MODE "mode is none of edit, rw, ro, ar"
#define BAD_PRIORITY "priority is not an integer"
#define FAR_PRIORITY "priority is out of range"
#define BAD_AVAILABLE "is_available is not true or false"
#define BAD_CAPACITY "capacity_bytes is not a number of bytes"
#define BAD_USED "used_bytes is not a number of bytes"

static const struct {
    const char *element;
    const char *id;
    const char *reason;
} rejected[] = {
    {"1", "#1", "not an object"},
    {"null", "#1", "not an object"},
    {"\"se-01\"", "#1", "not an object"},
    {"[]", "#1", "not an object"},
    {"{}", "#1", NO_ID},
    /* id */
    {"{" URL "," MODE "}", "#1", NO_ID},
    {"{\"element_id\":null," URL "," MODE "}", "#1", NO_ID},
    {"{\"element_id\":null,\"id\":null," URL "," MODE "}", "#1", NO_ID},
    {"{\"id\":\"1\"," URL "," MODE "}", "#1", NO_ID},
    {"{\"id\":1.0," URL "," MODE "}", "#1", NO_ID},
    {"{\"id\":9223372036854775808," URL "," MODE "}", "#1", NO_ID},
    {"{\"element_id\":1,\"id\":1," URL "," MODE "}", "#1",
     "element_id is not a string"},
    {"{\"element_id\":true,\"id\":1," URL "," MODE "}", "#1",
     "element_id is not a string"},
    {"{\"element_id\":\"\",\"id\":1," URL "," MODE "}", "#1", "id is empty"},
    {"{\"element_id\":\"x\\r\\nFLUSHALL\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"x FLUSHALL\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"se:01\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"../etc\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"se{1}\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"se*\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"s\\u00e9\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"se\\u007f\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"%s%n\"," URL "," MODE "}", "#1", BAD_ID},
    {"{\"element_id\":\"0123456789012345678901234567890123456789012345678901234"
     "5678901234\"," URL "," MODE "}",
     "#1", "id is longer than 64 characters"},
    /* mode */
    {"{" ID "," URL "}", "se-01", "mode is missing"},
    {"{" ID "," URL ",\"mode\":null}", "se-01", BAD_MODE},
    {"{" ID "," URL ",\"mode\":1}", "se-01", BAD_MODE},
    {"{" ID "," URL ",\"mode\":\"\"}", "se-01", BAD_MODE},
    {"{" ID "," URL ",\"mode\":\"EDIT\"}", "se-01", BAD_MODE},
    {"{" ID "," URL ",\"mode\":\"edit \"}", "se-01", BAD_MODE},
    {"{" ID "," URL ",\"mode\":\"w\"}", "se-01", BAD_MODE},
    {"{" ID "," URL ",\"mode\":\"?\"}", "se-01", BAD_MODE},
    /* priority */
    {"{" ID "," URL "," MODE ",\"priority\":null}", "se-01", BAD_PRIORITY},
    {"{" ID "," URL "," MODE ",\"priority\":\"1\"}", "se-01", BAD_PRIORITY},
    {"{" ID "," URL "," MODE ",\"priority\":1.0}", "se-01", BAD_PRIORITY},
    {"{" ID "," URL "," MODE ",\"priority\":1e2}", "se-01", BAD_PRIORITY},
    {"{" ID "," URL "," MODE ",\"priority\":true}", "se-01", BAD_PRIORITY},
    {"{" ID "," URL "," MODE ",\"priority\":9223372036854775808}", "se-01",
     BAD_PRIORITY},
    {"{" ID "," URL "," MODE ",\"priority\":2147483648}", "se-01",
     FAR_PRIORITY},
    {"{" ID "," URL "," MODE ",\"priority\":-2147483649}", "se-01",
     FAR_PRIORITY},
    /* availability */
    {"{" ID "," URL "," MODE ",\"is_available\":null}", "se-01", BAD_AVAILABLE},
    {"{" ID "," URL "," MODE ",\"is_available\":1}", "se-01", BAD_AVAILABLE},
    {"{" ID "," URL "," MODE ",\"is_available\":\"true\"}", "se-01",
     BAD_AVAILABLE},
    /* capacity */
    {"{" ID "," URL "," MODE ",\"capacity_bytes\":-1}", "se-01", BAD_CAPACITY},
    {"{" ID "," URL "," MODE ",\"capacity_bytes\":1.5}", "se-01", BAD_CAPACITY},
    {"{" ID "," URL "," MODE ",\"capacity_bytes\":1e3}", "se-01", BAD_CAPACITY},
    {"{" ID "," URL "," MODE ",\"capacity_bytes\":\"1\"}", "se-01",
     BAD_CAPACITY},
    {"{" ID "," URL "," MODE ",\"capacity_bytes\":9223372036854775808}",
     "se-01", BAD_CAPACITY},
    {"{" ID "," URL "," MODE ",\"used_bytes\":-1}", "se-01", BAD_USED},
    {"{" ID "," URL "," MODE ",\"used_bytes\":false}", "se-01", BAD_USED},
    {"{" ID "," URL "," MODE ",\"used_bytes\":0.5}", "se-01", BAD_USED},
    /* URL */
    {"{" ID "," MODE "}", "se-01", "api_url is missing"},
    {"{" ID "," MODE ",\"api_url\":null}", "se-01", "api_url is missing"},
    {"{" ID "," MODE ",\"api_url\":1}", "se-01", "api_url is not a string"},
    {"{" ID "," MODE ",\"api_url\":\"\"}", "se-01", "URL is empty"},
    {"{" ID "," MODE ",\"api_url\":\"se-01:8000\"}", "se-01",
     "URL does not begin with http:// or https://"},
    {"{" ID "," MODE ",\"api_url\":\"file:///etc/passwd\"}", "se-01",
     "URL does not begin with http:// or https://"},
    {"{" ID "," MODE ",\"api_url\":\"http://169.254.169.254\"}", "se-01",
     "URL host is refused: link-local address"},
    {"{" ID "," MODE ",\"api_url\":\"http://u:p@se\"}", "se-01",
     "URL holds a user name or password"},
    {"{" ID "," MODE ",\"api_url\":\"http://se\\r\\nX: y\"}", "se-01",
     "URL holds a space or a control character"},
};

static void check_rejected(const se_topology *topology, size_t index,
                           const char *id, const char *reason)
{
    const char *said_id = NULL;
    const char *said_reason = NULL;

    ck_assert(se_topology_rejected_at(topology, index, &said_id, &said_reason));
    ck_assert_str_eq(said_id, id);
    ck_assert_str_eq(said_reason, reason);
}

/* With a good neighbour on each side, which stays. */
START_TEST(rejects_one_by_one)
{
    char text[2000];
    char id[80];
    se_topology *topology;

    snprintf(text, sizeof(text),
             "{\"storage_elements\":[{\"element_id\":\"a\"," URL "," MODE
             "},%s,{\"element_id\":\"z\"," URL "," MODE "}]}",
             rejected[_i].element);
    topology = parse(text);
    snprintf(id, sizeof(id), "%s",
             rejected[_i].id[0] == '#' ? "#2" : rejected[_i].id);
    ck_assert_uint_eq(se_topology_rejected_count(topology), 1);
    check_rejected(topology, 0, id, rejected[_i].reason);
    ck_assert_uint_eq(se_topology_count(topology), 2);
    ck_assert_ptr_nonnull(se_topology_find(topology, "a"));
    ck_assert_ptr_nonnull(se_topology_find(topology, "z"));
    se_topology_unref(topology);
}
END_TEST

START_TEST(rejects_alone)
{
    char text[1500];
    se_topology *topology;

    snprintf(text, sizeof(text), "{\"storage_elements\":[%s]}",
             rejected[_i].element);
    topology = parse(text);
    ck_assert_uint_eq(se_topology_count(topology), 0);
    check_rejected(topology, 0, rejected[_i].id, rejected[_i].reason);
    ck_assert(!se_topology_rejected_at(topology, 1, NULL, NULL));
    se_topology_unref(topology);
}
END_TEST

START_TEST(of_one_id_the_last_stays)
{
    static const char same[] = "an element further on has the same id";
    se_topology *topology =
        parse("{\"storage_elements\":["
              "{\"element_id\":\"b\",\"api_url\":\"http://one\"," MODE "},"
              "7,"
              "{\"element_id\":\"b\",\"api_url\":\"http://two\"," MODE "},"
              "{\"element_id\":\"5\",\"api_url\":\"http://three\"," MODE "},"
              "{\"element_id\":\"b\",\"api_url\":\"http://four\"," MODE "},"
              "{\"id\":5,\"api_url\":\"http://five\"," MODE "},"
              "{\"element_id\":\"b\",\"api_url\":\"\"," MODE "}]}");

    ck_assert_uint_eq(se_topology_count(topology), 2);
    ck_assert_str_eq(se_element_url(se_topology_find(topology, "b")),
                     "http://four");
    ck_assert_str_eq(se_element_url(se_topology_find(topology, "5")),
                     "http://five");
    /* In the order of the document. */
    ck_assert_uint_eq(se_topology_rejected_count(topology), 5);
    check_rejected(topology, 0, "b", same);
    check_rejected(topology, 1, "#2", "not an object");
    check_rejected(topology, 2, "b", same);
    check_rejected(topology, 3, "5", same);
    check_rejected(topology, 4, "b", "URL is empty");
    se_topology_unref(topology);
}
END_TEST

START_TEST(sorts_by_priority_then_id)
{
    static const char *const order[] = {"z", "B", "a", "b", "10", "9"};
    se_topology *topology =
        parse("{\"storage_elements\":["
              "{\"element_id\":\"b\",\"priority\":5," URL "," MODE "},"
              "{\"element_id\":\"9\"," URL "," MODE "},"
              "{\"element_id\":\"a\",\"priority\":5," URL "," MODE "},"
              "{\"element_id\":\"z\",\"priority\":-5," URL "," MODE "},"
              "{\"element_id\":\"10\"," URL "," MODE "},"
              "{\"element_id\":\"B\",\"priority\":5," URL "," MODE "}]}");

    ck_assert_uint_eq(se_topology_count(topology), SE__COUNT(order));
    for (size_t i = 0; i < SE__COUNT(order); i++) {
        ck_assert_str_eq(se_element_id(se_topology_at(topology, i)), order[i]);
        ck_assert_ptr_eq(se_topology_find(topology, order[i]),
                         se_topology_at(topology, i));
    }
    ck_assert_ptr_null(se_topology_find(topology, "A"));
    ck_assert_ptr_null(se_topology_find(topology, ""));
    ck_assert_ptr_null(se_topology_find(topology, "zz"));
    se_topology_unref(topology);
}
END_TEST

static const struct {
    const char *text;
    const char *timestamp;
    int64_t version;
} frames[] = {
    {"{\"storage_elements\":[]}", "", 0},
    {"{\"storage_elements\":[],\"version\":null,\"timestamp\":null}", "", 0},
    {"{\"storage_elements\":[],\"version\":\"7\",\"timestamp\":7}", "", 0},
    {"{\"storage_elements\":[],\"version\":7.0}", "", 0},
    {"{\"version\":-7,\"storage_elements\":[]}", "", -7},
    {"{\"version\":9223372036854775807,\"storage_elements\":[]}", "",
     INT64_MAX},
    {"{\"timestamp\":\"x\",\"storage_elements\":[],\"count\":99}", "x", 0},
    {"{\"timestamp\":\"a\\nb\\u007f\",\"storage_elements\":[]}", "a?b?", 0},
    {"{\"timestamp\":\"0123456789012345678901234567890123456789\","
     "\"storage_elements\":[]}",
     "012345678901234567890123456789012345678", 0},
    {"{\"timestamp\":\"01234567890123456789012345678901234567\\u00e9\","
     "\"storage_elements\":[]}",
     "01234567890123456789012345678901234567", 0},
};

START_TEST(reads_the_frame)
{
    se_topology *topology = parse(frames[_i].text);

    ck_assert_uint_eq(se_topology_count(topology), 0);
    ck_assert_str_eq(se_topology_timestamp(topology), frames[_i].timestamp);
    ck_assert_int_eq(se_topology_version(topology), frames[_i].version);
    ck_assert_ptr_null(se_topology_at(topology, 0));
    ck_assert_ptr_null(se_topology_find(topology, "se-01"));
    se_topology_unref(topology);
}
END_TEST

#define NO_LIST "the document is not an object with an array storage_elements"

static const struct {
    const char *text;
    const char *message;
} refused[] = {
    {"", "the document is empty"},
    {"null", NO_LIST},
    {"7", NO_LIST},
    {"[]", NO_LIST},
    {"[{\"storage_elements\":[]}]", NO_LIST},
    {"{}", NO_LIST},
    {"{\"storage_elements\":null}", NO_LIST},
    {"{\"storage_elements\":{}}", NO_LIST},
    {"{\"storage_elements\":\"[]\"}", NO_LIST},
    {"{\"Storage_Elements\":[]}", NO_LIST},
    {"{\"x\":{\"storage_elements\":[]}}", NO_LIST},
    {"{\"event\":\"storage_element_config_updated\",\"version\":42}", NO_LIST},
    {"{\"storage_elements\":[]", "the document ends too early at byte 23"},
    {"{\"storage_elements\":[],\"storage_elements\":[]}",
     "duplicate key \"storage_elements\" at byte 24"},
    {"{\"storage_elements\":[{" ID "," ID "," URL "," MODE "}]}",
     "duplicate key \"element_id\" at byte 44"},
    {"<html>", "a value is expected at byte 1"},
};

START_TEST(refuses_what_is_no_document)
{
    const char *text = refused[_i].text;
    se_topology *untouched = (se_topology *)&untouched;
    se_topology *topology = untouched;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se_topology_parse(text, strlen(text), &topology, &err),
                     SE_E_PARSE);
    ck_assert_int_eq(err.code, SE_E_PARSE);
    ck_assert_str_eq(err.message, refused[_i].message);
    ck_assert_ptr_eq(topology, untouched);
    ck_assert_int_eq(se_topology_parse(text, strlen(text), &topology, NULL),
                     SE_E_PARSE);
}
END_TEST

/* {"storage_elements":[x,x, ... ]} */
static char *list_of(size_t count, const char *element)
{
    se__buf buf = SE__BUF_INIT;

    se__buf_puts(&buf, "{\"storage_elements\":[");
    for (size_t i = 0; i < count; i++) {
        se__buf_printf(&buf, "%s%s", i ? "," : "", element);
    }
    se__buf_puts(&buf, "]}");
    return se__buf_take(&buf);
}

START_TEST(bounds_the_number_of_elements)
{
    char *fits = list_of(100000, "7");
    char *more = list_of(100001, "7");
    se_topology *topology = parse(fits);
    se_error err = SE_ERROR_INIT;

    ck_assert_uint_eq(se_topology_rejected_count(topology), 100000);
    check_rejected(topology, 99999, "#100000", "not an object");
    se_topology_unref(topology);
    ck_assert_int_eq(se_topology_parse(more, strlen(more), &topology, &err),
                     SE_E_LIMIT);
    ck_assert_str_eq(err.message, "more than 100000 storage elements");
    free(fits);
    free(more);
}
END_TEST

/* All of one id: each a rejected one, and no more time than others. */
START_TEST(bounds_the_cost_of_duplicates)
{
    char *text = list_of(40000, "{" ID "," URL "," MODE "}");
    se_topology *topology = parse(text);

    ck_assert_uint_eq(se_topology_count(topology), 1);
    ck_assert_uint_eq(se_topology_rejected_count(topology), 39999);
    check_rejected(topology, 39998, "se-01",
                   "an element further on has the same id");
    se_topology_unref(topology);
    free(text);
}
END_TEST

START_TEST(bounds_the_size)
{
    size_t size = (8 << 20) + 1;
    char *text = malloc(size);
    se_topology *topology;
    se_error err = SE_ERROR_INIT;

    ck_assert_ptr_nonnull(text);
    memset(text, ' ', size);
    memcpy(text, "{\"storage_elements\":[]}",
           strlen("{\"storage_elements\":[]}"));
    ck_assert_int_eq(se_topology_parse(text, size - 1, &topology, &err), SE_OK);
    se_topology_unref(topology);
    ck_assert_int_eq(se_topology_parse(text, size, &topology, &err),
                     SE_E_LIMIT);
    ck_assert_str_eq(err.message,
                     "a document of 8388609 bytes is larger than 8388608");
    free(text);
}
END_TEST

START_TEST(names_modes)
{
    ck_assert_str_eq(se_mode_name(SE_MODE_EDIT), "edit");
    ck_assert_str_eq(se_mode_name(SE_MODE_RW), "rw");
    ck_assert_str_eq(se_mode_name(SE_MODE_RO), "ro");
    ck_assert_str_eq(se_mode_name(SE_MODE_AR), "ar");
    ck_assert_str_eq(se_mode_name((se_mode)4), "?");
    ck_assert_str_eq(se_mode_name((se_mode)-1), "?");
}
END_TEST

int main(void)
{
    const test_row rows[] = {{reads_what_artstore_writes, 1},
                             {reads_what_the_admin_module_answers, 1},
                             {keeps_what_is_valid, SE__COUNT(kept)},
                             {rejects_one_by_one, SE__COUNT(rejected)},
                             {rejects_alone, SE__COUNT(rejected)},
                             {of_one_id_the_last_stays, 1},
                             {sorts_by_priority_then_id, 1},
                             {reads_the_frame, SE__COUNT(frames)},
                             {refuses_what_is_no_document, SE__COUNT(refused)},
                             {bounds_the_number_of_elements, 1},
                             {bounds_the_cost_of_duplicates, 1},
                             {bounds_the_size, 1},
                             {names_modes, 1}};

    return run_suite("topology_parse", rows, SE__COUNT(rows));
}
