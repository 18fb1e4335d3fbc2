/*
 * The upload form, byte by byte, and what is refused before it is built.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "element/upload_form.h"
#include "suite.h"

#define ID "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"
#define BOUNDARY "00112233445566778899aabbccddeeff"
#define PART "--" BOUNDARY "\r\nContent-Disposition: form-data; name="
/* 2026-03-01T09:15:30.123456Z */
#define NOW INT64_C(1772356530123456)

/* ---- the bytes ---- */

static const se__upload_fields plain = {
    .file_id = ID,
    .name = "report.pdf",
    .retention = SE_TEMPORARY,
    .ttl_days = 30,
    .now_wall_us = NOW,
};

static const char plain_text[] =
    PART "\"file_id\"\r\n\r\n" ID "\r\n" PART "\"description\"\r\n\r\n\r\n" PART
         "\"uploaded_by_username\"\r\n\r\n\r\n" PART
         "\"uploaded_by_id\"\r\n\r\n\r\n" PART
         "\"retention_policy\"\r\n\r\ntemporary\r\n" PART
         "\"ttl_days\"\r\n\r\n30\r\n" PART
         "\"ttl_expires_at\"\r\n\r\n2026-03-31T09:15:30.123456+00:00\r\n" PART
         "\"file\"; filename=\"report.pdf\"\r\n"
         "Content-Type: application/octet-stream\r\n\r\n";

static const se__upload_fields rich = {
    .file_id = ID,
    .name = "\xd0\x9e\xd1\x82\xd1\x87\xd1\x91\xd1\x82 \"1\".pdf",
    .content_type = "application/pdf",
    .description = "two\r\nlines \xe2\x82\xac",
    .uploaded_by = "anna",
    .uploaded_by_id = "42",
    .metadata = "{\"b\":1,\"a\":[true,null,\"\xc3\xa9\"],\"c\":{\"d\":1.5}}",
    .retention = SE_PERMANENT,
    .ttl_days = 7,
    .now_wall_us = NOW,
};

static const char rich_text[] = PART
    "\"file_id\"\r\n\r\n" ID "\r\n" PART
    "\"description\"\r\n\r\ntwo\r\nlines \xe2\x82\xac\r\n" PART
    "\"uploaded_by_username\"\r\n\r\nanna\r\n" PART
    "\"uploaded_by_id\"\r\n\r\n42\r\n" PART
    "\"retention_policy\"\r\n\r\npermanent\r\n" PART
    "\"ttl_days\"\r\n\r\n\r\n" PART "\"ttl_expires_at\"\r\n\r\n\r\n" PART
    "\"metadata\"\r\n\r\n"
    "{\"b\": 1, \"a\": [true, null, \"\\u00e9\"], \"c\": {\"d\": 1.5}}\r\n" PART
    "\"file\"; filename=\""
    "\xd0\x9e\xd1\x82\xd1\x87\xd1\x91\xd1\x82 %221%22.pdf\"\r\n"
    "Content-Type: application/pdf\r\n\r\n";

static void assert_form(const se__upload_fields *fields, const char *expected)
{
    se__upload_form form;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se__upload_form_build_with(fields, BOUNDARY, &form, &err) ==
                      SE_OK,
                  "%s", err.message);
    ck_assert_str_eq(form.before, expected);
    ck_assert_uint_eq(form.before_length, strlen(expected));
    ck_assert_str_eq(form.after, "\r\n--" BOUNDARY "--\r\n");
    ck_assert_uint_eq(form.after_length, strlen(form.after));
    ck_assert_str_eq(form.content_type,
                     "multipart/form-data; boundary=" BOUNDARY);
    se__upload_form_fini(&form);
    ck_assert_ptr_null(form.before);
    ck_assert_ptr_null(form.after);
}

START_TEST(golden)
{
    assert_form(&plain, plain_text);
    assert_form(&rich, rich_text);
}
END_TEST

/* No metadata, no part. */
START_TEST(empty_metadata_is_left_out)
{
    static const char *const empty[] = {"", "{}", " { } "};

    for (size_t i = 0; i < SE__COUNT(empty); i++) {
        se__upload_fields fields = plain;

        fields.metadata = empty[i];
        fields.content_type = "";
        assert_form(&fields, plain_text);
    }
}
END_TEST

/* The time to live counts whole days, over leap days and at the longest. */
START_TEST(expiry)
{
    static const struct {
        int days;
        int64_t now;
        const char *text;
    } rows[] = {
        {1, NOW, "2026-03-02T09:15:30.123456+00:00"},
        {365, NOW, "2027-03-01T09:15:30.123456+00:00"},
        {1, INT64_C(1709078400) * 1000000, "2024-02-29T00:00:00+00:00"},
        {30, INT64_C(1709164800) * 1000000, "2024-03-30T00:00:00+00:00"},
    };

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se__upload_fields fields = plain;
        se__upload_form form;
        char expected[200];

        fields.ttl_days = rows[i].days;
        fields.now_wall_us = rows[i].now;
        ck_assert_int_eq(se__upload_form_build(&fields, &form, NULL), SE_OK);
        snprintf(expected, sizeof(expected),
                 "name=\"ttl_expires_at\"\r\n\r\n%s\r\n--", rows[i].text);
        ck_assert_msg(strstr(form.before, expected) != NULL, "%s in %s",
                      rows[i].text, form.before);
        se__upload_form_fini(&form);
    }
}
END_TEST

/* What is not to be sent as it is cannot end the header line. */
START_TEST(no_name_ends_the_header)
{
    se__upload_fields fields = plain;
    se__upload_form form;
    const char *line;

    fields.name = "a\r\nX-Evil: 1\r\n\r\n\"b\t\x7f.txt";
    ck_assert_int_eq(se__upload_form_build(&fields, &form, NULL), SE_OK);
    line = strstr(form.before, "filename=");
    ck_assert_int_eq(strncmp(line,
                             "filename=\"aX-Evil: 1%22b.txt\"\r\n"
                             "Content-Type: ",
                             43),
                     0);
    se__upload_form_fini(&form);
    fields.name = "";
    ck_assert_int_eq(se__upload_form_build(&fields, &form, NULL), SE_OK);
    ck_assert_ptr_nonnull(strstr(form.before, "filename=\"unknown\"\r\n"));
    se__upload_form_fini(&form);
}
END_TEST

/* ---- the boundary ---- */

START_TEST(boundary_is_random_hex)
{
    char seen[50][SE__BOUNDARY_SIZE];

    for (size_t i = 0; i < SE__COUNT(seen); i++) {
        se__upload_form form;
        const char *at;

        ck_assert_int_eq(se__upload_form_build(&plain, &form, NULL), SE_OK);
        at = strstr(form.content_type, "boundary=") + strlen("boundary=");
        ck_assert_uint_eq(strlen(at), 32);
        ck_assert_uint_eq(strspn(at, "0123456789abcdef"), 32);
        ck_assert_int_eq(strncmp(form.before + 2, at, 32), 0);
        se__copy_text(seen[i], sizeof(seen[i]), at);
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(seen[i], seen[k]);
        }
        se__upload_form_fini(&form);
    }
}
END_TEST

/* Nowhere may it occur, also not spelt with escapes. */
START_TEST(boundary_that_occurs_is_refused)
{
    se__upload_fields holding[6];
    se__upload_form form = {.before = NULL};

    for (size_t i = 0; i < SE__COUNT(holding); i++) {
        holding[i] = plain;
    }
    holding[0].description = "x\r\n--" BOUNDARY "--\r\n";
    holding[1].uploaded_by = BOUNDARY;
    holding[2].uploaded_by_id = "1" BOUNDARY;
    holding[3].metadata = "{\"k\":\"" BOUNDARY "\"}";
    holding[4].metadata = "{\"k\":\"\\u00300112233445566778899aabbccddeeff\"}";
    holding[5].name = BOUNDARY;
    for (size_t i = 0; i < SE__COUNT(holding); i++) {
        ck_assert_int_eq(
            se__upload_form_build_with(&holding[i], BOUNDARY, &form, NULL),
            SE_E_CONFLICT);
        ck_assert_ptr_null(form.before);
        ck_assert_int_eq(se__upload_form_build(&holding[i], &form, NULL),
                         SE_OK);
        se__upload_form_fini(&form);
    }
}
END_TEST

/* ---- what is refused ---- */

static char *repeat(const char *piece, size_t times)
{
    size_t length = strlen(piece);
    char *text = malloc(length * times + 1);

    for (size_t i = 0; i < times; i++) {
        memcpy(text + i * length, piece, length);
    }
    text[length * times] = '\0';
    return text;
}

static void assert_refused(const se__upload_fields *fields, const char *words)
{
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se__upload_check(fields, &err), SE_E_INVALID);
    ck_assert_int_eq(err.code, SE_E_INVALID);
    ck_assert_msg(strstr(err.message, words) != NULL, "%s", err.message);
    ck_assert_int_eq(se__upload_check(fields, NULL), SE_E_INVALID);
}

static void assert_accepted(const se__upload_fields *fields)
{
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se__upload_check(fields, &err) == SE_OK, "%s", err.message);
}

/* Limits count characters, not bytes. */
START_TEST(lengths)
{
    static const struct {
        size_t offset, most;
        const char *words;
    } rows[] = {
        {offsetof(se__upload_fields, name), 500,
         "name is longer than 500 characters"},
        {offsetof(se__upload_fields, description), 1000,
         "description is longer than 1000 characters"},
        {offsetof(se__upload_fields, content_type), 255,
         "content type is longer than 255 characters"},
        {offsetof(se__upload_fields, uploaded_by), 1000,
         "user name is longer than 1000 characters"},
        {offsetof(se__upload_fields, uploaded_by_id), 1000,
         "user id is longer than 1000 characters"},
    };

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se__upload_fields fields = plain;
        char *most = repeat("\xe2\x82\xac", rows[i].most);
        char *more = repeat("\xe2\x82\xac", rows[i].most + 1);

        memcpy((char *)&fields + rows[i].offset, &most, sizeof(most));
        assert_accepted(&fields);
        memcpy((char *)&fields + rows[i].offset, &more, sizeof(more));
        assert_refused(&fields, rows[i].words);
        free(most);
        free(more);
    }
}
END_TEST

typedef struct refusal {
    se__upload_fields fields;
    const char *words; /* NULL: accepted */
} refusal;

#define FIELDS(...)                                                            \
    {                                                                          \
        .file_id = ID, .name = "a", .retention = SE_TEMPORARY, .ttl_days = 30, \
        __VA_ARGS__                                                            \
    }

static const refusal refusals[] = {
    {{.retention = SE_TEMPORARY, .ttl_days = 30}, NULL},
    {{.retention = SE_TEMPORARY, .ttl_days = 1}, NULL},
    {{.retention = SE_TEMPORARY, .ttl_days = 365}, NULL},
    {{.retention = SE_TEMPORARY, .ttl_days = 0}, "0 days; 1 to 365"},
    {{.retention = SE_TEMPORARY, .ttl_days = 366}, "366 days; 1 to 365"},
    {{.retention = SE_TEMPORARY, .ttl_days = -1}, "-1 days; 1 to 365"},
    {{.retention = SE_PERMANENT, .ttl_days = -1}, NULL},
    {{.retention = (se_retention)2, .ttl_days = 30}, "neither temporary"},
    {FIELDS(.description = "any\r\ncontrol\x01is fine"), NULL},
    {FIELDS(.description = "\xff"), "description is not valid UTF-8"},
    {{.name = "\xc0\xaf", .ttl_days = 30}, "name is not valid UTF-8"},
    {{.name = "a\r\nb", .ttl_days = 30}, NULL},
    {FIELDS(.content_type = "a/b\r\nX: y"), "content type holds a control"},
    {FIELDS(.content_type = "a/b\x7f"), "content type holds a control"},
    {FIELDS(.content_type = "text/plain; charset=utf-8"), NULL},
    {FIELDS(.uploaded_by = "a\nb"), "user name holds a control"},
    {FIELDS(.uploaded_by_id = "a\tb"), "user id holds a control"},
    {FIELDS(.metadata = ""), NULL},
    {FIELDS(.metadata = "{}"), NULL},
    {FIELDS(.metadata = "{\"a\":1}"), NULL},
    {FIELDS(.metadata = "[]"), "metadata is not a JSON object"},
    {FIELDS(.metadata = "1"), "metadata is not a JSON object"},
    {FIELDS(.metadata = "null"), "metadata is not a JSON object"},
    {FIELDS(.metadata = "{\"a\":1"), "metadata: "},
    {FIELDS(.metadata = "{\"a\":1,\"a\":2}"), "duplicate key"},
    {FIELDS(.metadata = "{\"a\":NaN}"), "metadata: "},
    {FIELDS(.metadata = " "), "metadata: "},
    {{.file_id = "", .ttl_days = 30}, "file id is not a UUID"},
    {{.file_id = "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8fg", .ttl_days = 30},
     "file id is not a UUID"},
    {{.file_id = "0a1b2c3d4e5f40718293a4b5c6d7e8f9", .ttl_days = 30},
     "file id is not a UUID"},
    {{.file_id = ID "\r\n", .ttl_days = 30}, "file id is not a UUID"},
    {{.file_id = "0A1B2C3D-4E5F-4071-8293-A4B5C6D7E8F9", .ttl_days = 30}, NULL},
};

START_TEST(refuses_what_an_element_would)
{
    if (refusals[_i].words) {
        assert_refused(&refusals[_i].fields, refusals[_i].words);
    } else {
        assert_accepted(&refusals[_i].fields);
    }
}
END_TEST

START_TEST(metadata_is_bounded)
{
    se__upload_fields fields = plain;
    char *long_text = repeat("0123456789abcdef", 65536 / 16);
    char *text = malloc(strlen(long_text) + 20);

    snprintf(text, strlen(long_text) + 20, "{\"k\":\"%s\"}", long_text);
    fields.metadata = text;
    assert_refused(&fields, "metadata: ");
    free(long_text);
    free(text);
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {golden, 1},
        {empty_metadata_is_left_out, 1},
        {expiry, 1},
        {no_name_ends_the_header, 1},
        {boundary_is_random_hex, 1},
        {boundary_that_occurs_is_refused, 1},
        {lengths, 1},
        {refuses_what_an_element_would, SE__COUNT(refusals)},
        {metadata_is_bounded, 1}};

    return run_suite("upload form", tests, SE__COUNT(tests));
}
