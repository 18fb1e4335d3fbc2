/*
 * What elements answer: believed only as far as it makes sense.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "element/reply.h"
#include "suite.h"

#define ID "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"
#define UPPER_ID "0A1B2C3D-4E5F-4071-8293-A4B5C6D7E8F9"
#define SUM "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define UPPER "00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"

/* ---- what is stored ---- */

typedef struct stored_row {
    const char *body;
    bool good;
    const char *checksum;
    int64_t size;
} stored_row;

static const stored_row stored_rows[] = {
    /* the Python element, the Go element, GET of a file */
    {"{\"file_id\":\"" ID "\",\"original_filename\":\"a.txt\",\"file_size\":11,"
     "\"checksum\":\"" SUM "\",\"message\":\"File uploaded successfully\"}",
     true, SUM, 11},
    {"{\"file_id\":\"" ID "\",\"size\":12,\"checksum\":\"" SUM
     "\",\"tags\":[\"a\"],\"status\":\"active\"}",
     true, SUM, 12},
    {" {\"file_id\" : \"" UPPER_ID "\", \"file_size\": 0, \"checksum\": "
     "\"" UPPER "\"} ",
     true, SUM, 0},
    {"{\"file_id\":\"" ID "\",\"file_size\":13,\"size\":14}", true, "", 13},
    {"{\"file_id\":\"" ID "\",\"file_size\":null,\"size\":14}", true, "", 14},
    /* exact beyond 2^53 */
    {"{\"file_id\":\"" ID "\",\"size\":9007199254740993}", true, "",
     INT64_C(9007199254740993)},
    {"{\"file_id\":\"" ID "\",\"size\":9223372036854775807}", true, "",
     INT64_MAX},
    /* sizes that are none */
    {"{\"file_id\":\"" ID "\",\"size\":9223372036854775808}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"size\":-1}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"size\":\"12\"}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"size\":1.5}", true, "", -1},
    {"{\"file_id\":\"" ID "\"}", true, "", -1},
    /* checksums that are none */
    {"{\"file_id\":\"" ID "\",\"checksum\":null}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"checksum\":\"\"}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"checksum\":12}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"checksum\":\"sha256:" SUM "\"}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"checksum\":\"" SUM "0\"}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"checksum\":\"0" SUM " \"}", true, "", -1},
    {"{\"file_id\":\"" ID "\",\"checksum\":\"g0112233445566778899aabbccddeeff"
     "00112233445566778899aabbccddeeff\"}",
     true, "", -1},
    /* the key is checksum, not CHECKSUM */
    {"{\"file_id\":\"" ID "\",\"Checksum\":\"" SUM "\"}", true, "", -1},
    /* not usable */
    {"{\"file_id\":\"0a1b2c3d\"}", false, NULL, 0},
    {"{\"file_id\":\"" ID "0\"}", false, NULL, 0},
    {"{\"file_id\":null,\"checksum\":\"" SUM "\"}", false, NULL, 0},
    {"{\"file_id\":1}", false, NULL, 0},
    {"{\"id\":\"" ID "\"}", false, NULL, 0},
    {"{}", false, NULL, 0},
    {"[{\"file_id\":\"" ID "\"}]", false, NULL, 0},
    {"\"" ID "\"", false, NULL, 0},
    {"null", false, NULL, 0},
    {"", false, NULL, 0},
    {"{\"file_id\":\"" ID "\"", false, NULL, 0},
    {"{\"file_id\":\"" ID "\"}x", false, NULL, 0},
    {"{\"file_id\":\"" ID "\",\"file_id\":\"" ID "\"}", false, NULL, 0},
    {"{\"file_id\":\"" ID "\",\"a\":\"\\u0000\"}", false, NULL, 0},
    {"{\"file_id\":\"" ID "\",\"a\":\"\xff\"}", false, NULL, 0},
    {"<html>201</html>", false, NULL, 0},
};

START_TEST(stored)
{
    const stored_row *row = &stored_rows[_i];
    se__stored out = {.size = 77};
    se_error err = SE_ERROR_INIT;
    se_err rc = se__reply_stored(row->body, strlen(row->body), &out, &err);

    ck_assert_msg((rc == SE_OK) == row->good, "%s: %s", row->body, err.message);
    if (row->good) {
        ck_assert_str_eq(out.file_id, ID);
        ck_assert_str_eq(out.checksum, row->checksum);
        ck_assert_int_eq(out.size, row->size);
        ck_assert_int_eq(err.code, SE_OK);
    } else {
        ck_assert_int_eq(rc, SE_E_PROTOCOL);
        ck_assert_int_eq(err.code, SE_E_PROTOCOL);
        ck_assert_int_eq(out.size, 77);
    }
}
END_TEST

/* ---- capacity ---- */

typedef struct capacity_row {
    const char *body;
    bool good;
    int64_t total, used, available;
    se_health health;
    const char *mode;
} capacity_row;

#define FIGURES(text) "{\"capacity\":{" text "}}"
#define HUGE_TEXT "9223372036854775807"
#define BAD false, 0, 0, 0, SE_HEALTH_UNKNOWN, ""
#define NO_WORDS SE_HEALTH_UNKNOWN, ""

static const capacity_row capacity_rows[] = {
    {"{\"storage_id\":\"se-01\",\"mode\":\"edit\",\"capacity\":{\"total\":"
     "1073741824,\"used\":1048576,\"available\":1072693248,\"percent_used\":"
     "0.1},\"health\":\"healthy\",\"last_update\":\"2026-03-01T09:15:30Z\","
     "\"backend\":\"s3\",\"location\":\"dc1\"}",
     true, 1073741824, 1048576, 1072693248, SE_HEALTH_HEALTHY, "edit"},
    /* what it says of percent is not looked at */
    {FIGURES(
         "\"total\":100,\"used\":1,\"available\":99,\"percent_used\":1e300"),
     true, 100, 1, 99, NO_WORDS},
    {FIGURES("\"total\":100,\"used\":1,\"available\":99,"
             "\"percent_used\":\"full\""),
     true, 100, 1, 99, NO_WORDS},
    /* not stated */
    {FIGURES(""), true, -1, -1, -1, NO_WORDS},
    {FIGURES("\"total\":null,\"available\":5"), true, -1, -1, 5, NO_WORDS},
    {FIGURES("\"total\":100"), true, 100, -1, -1, NO_WORDS},
    {FIGURES("\"total\":100,\"used\":30"), true, 100, 30, 70, NO_WORDS},
    /* exact, and to the end of the range */
    {FIGURES("\"total\":9007199254740992,\"used\":9007199254740991,"
             "\"available\":0"),
     true, INT64_C(9007199254740992), INT64_C(9007199254740991), 0, NO_WORDS},
    {FIGURES("\"total\":9007199254740993,\"used\":0,\"available\":0"), BAD},
    {FIGURES("\"total\":" HUGE_TEXT ",\"used\":0,\"available\":" HUGE_TEXT),
     BAD},
    {FIGURES("\"total\":0,\"used\":0,\"available\":0"), true, 0, 0, 0,
     NO_WORDS},
    /* lies */
    {FIGURES("\"total\":-1,\"used\":0,\"available\":0"), BAD},
    {FIGURES("\"total\":100,\"used\":-1,\"available\":0"), BAD},
    {FIGURES("\"total\":100,\"used\":0,\"available\":-5"), BAD},
    {FIGURES("\"total\":100,\"used\":101,\"available\":0"), BAD},
    {FIGURES("\"total\":100,\"used\":0,\"available\":101"), BAD},
    {FIGURES("\"total\":0,\"available\":1"), BAD},
    {FIGURES("\"total\":9223372036854775808"), BAD},
    {FIGURES("\"total\":1e30"), BAD},
    {FIGURES("\"total\":1e999"), BAD},
    {FIGURES("\"total\":NaN"), BAD},
    {FIGURES("\"total\":Infinity"), BAD},
    {FIGURES("\"total\":1.5"), BAD},
    {FIGURES("\"total\":\"100\""), BAD},
    {FIGURES("\"total\":true"), BAD},
    {FIGURES("\"total\":[100]"), BAD},
    {FIGURES("\"total\":1,\"total\":2"), BAD},
    {"{\"capacity\":null}", BAD},
    {"{\"capacity\":[]}", BAD},
    {"{\"capacity\":100}", BAD},
    {"{\"total\":100,\"used\":1,\"available\":99}", BAD},
    {"[]", BAD},
    {"", BAD},
    {"Internal Server Error", BAD},
    /* words */
    {"{\"capacity\":{},\"health\":\"degraded\",\"mode\":\"rw\"}", true, -1, -1,
     -1, SE_HEALTH_DEGRADED, "rw"},
    {"{\"capacity\":{},\"health\":\"unhealthy\",\"mode\":\"ar\"}", true, -1, -1,
     -1, SE_HEALTH_UNHEALTHY, "ar"},
    {"{\"capacity\":{},\"health\":\"Healthy\"}", true, -1, -1, -1, NO_WORDS},
    {"{\"capacity\":{},\"health\":\"unknown\"}", true, -1, -1, -1, NO_WORDS},
    {"{\"capacity\":{},\"health\":1,\"mode\":2}", true, -1, -1, -1, NO_WORDS},
    {"{\"capacity\":{},\"mode\":\"much too long\"}", true, -1, -1, -1,
     SE_HEALTH_UNKNOWN, "much to"},
    {"{\"capacity\":{},\"mode\":\"a\\nb\"}", true, -1, -1, -1,
     SE_HEALTH_UNKNOWN, "a?b"},
};

START_TEST(capacity)
{
    const capacity_row *row = &capacity_rows[_i];
    se__capacity_reply out = {.total = 77};
    se_error err = SE_ERROR_INIT;
    se_err rc = se__reply_capacity(row->body, strlen(row->body), &out, &err);

    ck_assert_msg((rc == SE_OK) == row->good, "%s: %s", row->body, err.message);
    if (row->good) {
        ck_assert_int_eq(out.total, row->total);
        ck_assert_int_eq(out.used, row->used);
        ck_assert_int_eq(out.available, row->available);
        ck_assert_int_eq(out.health, row->health);
        ck_assert_str_eq(out.mode, row->mode);
    } else {
        ck_assert_int_eq(rc, SE_E_PROTOCOL);
        ck_assert_int_eq(out.total, 77);
    }
}
END_TEST

START_TEST(capacity_words)
{
    const char *body = capacity_rows[0].body;
    se__capacity_reply out;

    ck_assert_int_eq(se__reply_capacity(body, strlen(body), &out, NULL), SE_OK);
    ck_assert_str_eq(out.storage_id, "se-01");
    ck_assert_str_eq(out.backend, "s3");
    ck_assert_str_eq(out.location, "dc1");
    ck_assert_str_eq(out.last_update, "2026-03-01T09:15:30Z");
    ck_assert(out.percent_used == 0.1);
    body = FIGURES("\"percent_used\":-1");
    ck_assert_int_eq(se__reply_capacity(body, strlen(body), &out, NULL), SE_OK);
    ck_assert(out.percent_used == -1);
    ck_assert_str_eq(out.storage_id, "");
}
END_TEST

/* ---- elements without that route ---- */

static const capacity_row info_rows[] = {
    {"{\"storage_id\":\"s\",\"mode\":\"rw\",\"status\":\"online\","
     "\"version\":\"1\",\"capacity\":{\"total_bytes\":100,"
     "\"used_bytes\":30,\"available_bytes\":60},\"role\":\"standalone\"}",
     true, 100, 30, 60, SE_HEALTH_HEALTHY, "rw"},
    {"{\"capacity\":{\"total_bytes\":5,\"used_bytes\":0,"
     "\"available_bytes\":null},\"status\":\"degraded\"}",
     true, 5, 0, 5, SE_HEALTH_DEGRADED, ""},
    {"{\"capacity\":{},\"status\":\"offline\"}", true, -1, -1, -1,
     SE_HEALTH_UNHEALTHY, ""},
    {"{\"capacity\":{},\"status\":\"maintenance\"}", true, -1, -1, -1,
     SE_HEALTH_UNHEALTHY, ""},
    {"{\"name\":\"n\",\"element_id\":\"s\",\"mode\":\"edit\","
     "\"storage_type\":\"local\",\"capacity_bytes\":100,\"used_bytes\":30,"
     "\"status\":\"operational\",\"timestamp\":\"t\"}",
     true, 100, 30, 70, SE_HEALTH_HEALTHY, "edit"},
    {"{\"capacity_bytes\":100,\"used_bytes\":30}", true, 100, 30, 70, NO_WORDS},
    {"{\"capacity_bytes\":null,\"used_bytes\":30}", true, -1, 30, -1, NO_WORDS},
    {"{\"capacity_bytes\":100,\"used_bytes\":130}", BAD},
    {"{\"capacity_bytes\":\"100\"}", BAD},
    {"{\"capacity\":{\"total_bytes\":-1}}", BAD},
    {"{\"capacity\":[]}", BAD},
    {"{\"name\":\"n\"}", BAD},
    {"not JSON", BAD},
};

START_TEST(info)
{
    const capacity_row *row = &info_rows[_i];
    se__capacity_reply out = {.total = 77};
    se_err rc = se__reply_info(row->body, strlen(row->body), &out, NULL);

    ck_assert_msg((rc == SE_OK) == row->good, "%s", row->body);
    if (row->good) {
        ck_assert_int_eq(out.total, row->total);
        ck_assert_int_eq(out.used, row->used);
        ck_assert_int_eq(out.available, row->available);
        ck_assert_int_eq(out.health, row->health);
        ck_assert_str_eq(out.mode, row->mode);
    } else {
        ck_assert_int_eq(rc, SE_E_PROTOCOL);
        ck_assert_int_eq(out.total, 77);
    }
}
END_TEST

/* ---- errors ---- */

typedef struct detail_row {
    const char *body, *detail, *code;
} detail_row;

static const detail_row detail_rows[] = {
    {"{\"detail\":\"File upload not allowed in ro mode\"}",
     "File upload not allowed in ro mode", ""},
    {"{\"detail\":[{\"loc\":[\"body\",\"file\"],\"msg\":\"Field required\","
     "\"type\":\"missing\"},{\"msg\":\"second\"}]}",
     "Field required", ""},
    {"{\"detail\":[\"just text\"]}", "just text", ""},
    {"{\"detail\":{\"msg\":\"in an object\"}}", "in an object", ""},
    {"{\"error\":{\"code\":\"MODE_NOT_ALLOWED\",\"message\":\"mode is ro\"}}",
     "mode is ro", "MODE_NOT_ALLOWED"},
    {"{\"error\":\"just text\"}", "just text", ""},
    {"{\"message\":\"just text\"}", "just text", ""},
    {"{\"detail\":null,\"error\":{\"message\":\"m\",\"code\":7}}", "m", ""},
    {"{\"detail\":\"d\",\"error\":{\"message\":\"m\",\"code\":\"C\"}}", "d",
     "C"},
    {"{\"detail\":[]}", "", ""},
    {"{\"detail\":12}", "", ""},
    {"{\"detail\":[[\"deeper\"]]}", "", ""},
    {"{}", "", ""},
    {"[]", "", ""},
    {"", "", ""},
    /* control characters never get through */
    {"{\"detail\":\"a\\r\\nb\\u001b[31mc\"}", "a??b?[31mc", ""},
    {"{\"error\":{\"code\":\"A\\nB\",\"message\":\"x\"}}", "x", "A?B"},
    /* text */
    {"Internal Server Error", "Internal Server Error", ""},
    {"upstream request timeout", "upstream request timeout", ""},
    {"\r\n  a\tb\r\n\r\n c  \x01 d \n", "a b c d", ""},
    {"bytes \xff\xfe here", "bytes ?? here", ""},
    {"   \r\n", "", ""},
    /* JSON that is broken is not for people */
    {"{\"detail\":\"cut sho", "", ""},
    {"[1,", "", ""},
    /* pages */
    {"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
     "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22"
     "</center>\r\n</body>\r\n</html>\r\n",
     "502 Bad Gateway", ""},
    {"<!DOCTYPE html><HTML><HEAD><TITLE>\n Not\n found </TITLE>", "Not found",
     ""},
    {"<h1>Too busy</h1><p>Come <b>back</b> later</p>",
     "Too busy Come back later", ""},
    {"<title>no end", "no end", ""},
    {"<title></title>", "", ""},
    {"<never closed", "", ""},
    {"<", "", ""},
    {"<>", "", ""},
    {"\n\n<p>x", "x", ""},
};

START_TEST(detail)
{
    const detail_row *row = &detail_rows[_i];
    char text[128] = "before";
    char code[64] = "before";

    se__reply_detail(row->body, strlen(row->body), text, sizeof(text));
    ck_assert_str_eq(text, row->detail);
    se__reply_code(row->body, strlen(row->body), code, sizeof(code));
    ck_assert_str_eq(code, row->code);
}
END_TEST

/* Cut to what there is room for, on a character's boundary. */
START_TEST(detail_is_cut)
{
    static const char *const bodies[] = {
        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
        "{\"detail\":\"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\"}",
        "<p>\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac</p>",
    };

    for (size_t i = 0; i < SE__COUNT(bodies); i++) {
        for (size_t size = 1; size < 12; size++) {
            char text[12];

            memset(text, 'x', sizeof(text));
            se__reply_detail(bodies[i], strlen(bodies[i]), text, size);
            ck_assert_uint_eq(strlen(text), (size - 1) / 3 * 3);
            ck_assert(size == 11 || text[size] == 'x');
        }
    }
}
END_TEST

START_TEST(no_body_at_all)
{
    se__stored stored_out;
    se__capacity_reply capacity_out;
    char text[8] = "before";

    ck_assert_int_eq(se__reply_stored(NULL, 0, &stored_out, NULL),
                     SE_E_PROTOCOL);
    ck_assert_int_eq(se__reply_capacity(NULL, 0, &capacity_out, NULL),
                     SE_E_PROTOCOL);
    se__reply_detail(NULL, 0, text, sizeof(text));
    ck_assert_str_eq(text, "");
    se__reply_code(NULL, 0, text, sizeof(text));
    ck_assert_str_eq(text, "");
}
END_TEST

/* The body is taken by its length: what lies behind it is not looked at. */
START_TEST(body_is_not_terminated)
{
    char body[] = "busyXXXX";
    char text[16];

    se__reply_detail(body, 4, text, sizeof(text));
    ck_assert_str_eq(text, "busy");
    se__reply_detail("a\0b", 3, text, sizeof(text));
    ck_assert_str_eq(text, "a b");
}
END_TEST

START_TEST(large_bodies_are_refused)
{
    size_t length = 100000;
    char *body = malloc(length);
    char text[16];
    se__stored out;

    memset(body, ' ', length);
    memcpy(body, "{", 1);
    body[length - 1] = '}';
    ck_assert_int_eq(se__reply_stored(body, length, &out, NULL), SE_E_PROTOCOL);
    memset(body, 'a', length);
    se__reply_detail(body, length, text, sizeof(text));
    ck_assert_str_eq(text, "aaaaaaaaaaaaaaa");
    free(body);
}
END_TEST

/* ---- where the routes lie ---- */

static void assert_url(char *url, const char *expected)
{
    ck_assert_ptr_nonnull(url);
    ck_assert_str_eq(url, expected);
    free(url);
}

START_TEST(urls)
{
    static const char base[] = "http://se-01:8000/prefix";

    assert_url(se__element_upload_url(base),
               "http://se-01:8000/prefix/api/v1/files/upload");
    assert_url(se__element_capacity_url(base),
               "http://se-01:8000/prefix/api/v1/capacity");
    assert_url(se__element_file_url(base, ID),
               "http://se-01:8000/prefix/api/v1/files/" ID);
    assert_url(se__element_gc_url(base, ID),
               "http://se-01:8000/prefix/api/v1/gc/" ID);
}
END_TEST

int main(void)
{
    const test_row tests[] = {{stored, SE__COUNT(stored_rows)},
                              {capacity, SE__COUNT(capacity_rows)},
                              {capacity_words, 1},
                              {info, SE__COUNT(info_rows)},
                              {detail, SE__COUNT(detail_rows)},
                              {detail_is_cut, 1},
                              {no_body_at_all, 1},
                              {body_is_not_terminated, 1},
                              {large_bodies_are_refused, 1},
                              {urls, 1}};

    return run_suite("reply", tests, SE__COUNT(tests));
}
