/*
 * Writing JSON: escapes, numbers that read back exactly, artStore's spelling,
 * and none of it changed by a locale with a decimal comma.
 */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comma_locale.h"

#include "base/mem.h"
#include "wire/json.h"

static se__json *parse(const char *text)
{
    se__json *json = NULL;

    ck_assert_int_eq(se__json_parse(text, strlen(text),
                                    &se__json_document_limits, &json, NULL),
                     SE_OK);
    return json;
}

static const struct {
    const char *text;
    const char *utf8;
    const char *ascii;
} strings[] = {
    {"", "\"\"", "\"\""},
    {"plain", "\"plain\"", "\"plain\""},
    {"a/b", "\"a/b\"", "\"a/b\""},
    {"\"\\", "\"\\\"\\\\\"", "\"\\\"\\\\\""},
    {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\""},
    {"\x01\x1b\x1f\x7f", "\"\\u0001\\u001b\\u001f\\u007f\"",
     "\"\\u0001\\u001b\\u001f\\u007f\""},
    {"\xc3\xa9", "\"\xc3\xa9\"", "\"\\u00e9\""},
    {"\xd0\x96\xe2\x82\xac", "\"\xd0\x96\xe2\x82\xac\"", "\"\\u0416\\u20ac\""},
    {"\xf0\x9f\x98\x80!", "\"\xf0\x9f\x98\x80!\"", "\"\\ud83d\\ude00!\""},
    {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"", "\"\\udbff\\udfff\""},
    {"a\xe2\x80\xa8z\xe2\x80\xa9", "\"a\\u2028z\\u2029\"",
     "\"a\\u2028z\\u2029\""},
    {"a\xffz", "\"a\\ufffdz\"", "\"a\\ufffdz\""},
    {"\xc3", "\"\\ufffd\"", "\"\\ufffd\""},
    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\\ufffd\""},
    {"\xc0\x80", "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\""},
    {NULL, "null", "null"},
};

START_TEST(writes_strings)
{
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = SE__JSON_WRITER(&buf);

    se__json_write_string(&w, strings[_i].text);
    ck_assert_str_eq(buf.data, strings[_i].utf8);
    se__buf_reset(&buf);
    w = (se__json_writer){.buf = &buf, .ascii = true};
    se__json_write_string(&w, strings[_i].text);
    ck_assert_str_eq(buf.data, strings[_i].ascii);
    se__buf_fini(&buf);
}
END_TEST

/* Each character that is valid comes back from both spellings. */
START_TEST(strings_read_back)
{
    char text[64 * 4 + 1];

    for (unsigned code = 1; code < 0x110000;) {
        size_t at = 0;

        for (int n = 0; n < 64; n++, code++) {
            if (code < 0x80) {
                text[at++] = (char)code;
            } else if (code < 0x800) {
                text[at++] = (char)(0xc0 | code >> 6);
                text[at++] = (char)(0x80 | (code & 0x3f));
            } else if (code < 0x10000 && code >> 11 != 0x1b) {
                text[at++] = (char)(0xe0 | code >> 12);
                text[at++] = (char)(0x80 | (code >> 6 & 0x3f));
                text[at++] = (char)(0x80 | (code & 0x3f));
            } else if (code >= 0x10000) {
                text[at++] = (char)(0xf0 | code >> 18);
                text[at++] = (char)(0x80 | (code >> 12 & 0x3f));
                text[at++] = (char)(0x80 | (code >> 6 & 0x3f));
                text[at++] = (char)(0x80 | (code & 0x3f));
            }
        }
        text[at] = '\0';
        for (int ascii = 0; ascii < 2; ascii++) {
            se__buf buf = SE__BUF_INIT;
            se__json_writer w = {.buf = &buf, .ascii = ascii};
            se__json *json;

            se__json_write_string(&w, text);
            json = parse(buf.data);
            ck_assert_str_eq(se__json_string(se__json_root(json)), text);
            se__json_free(json);
            se__buf_fini(&buf);
        }
        code += code > 0x1000 ? 997 : 0;
    }
}
END_TEST

static void write_sample(se__json_writer *w)
{
    se__json_begin_object(w);
    se__json_write_key(w, "a");
    se__json_begin_array(w);
    se__json_write_int(w, 1);
    se__json_begin_object(w);
    se__json_end_object(w);
    se__json_begin_array(w);
    se__json_end_array(w);
    se__json_write_null(w);
    se__json_end_array(w);
    se__json_write_key(w, "b\n");
    se__json_begin_object(w);
    se__json_write_key(w, "c");
    se__json_write_bool(w, true);
    se__json_write_key(w, "d");
    se__json_write_bool(w, false);
    se__json_end_object(w);
    se__json_write_key(w, "e");
    se__json_write_string(w, "\xc3\xa9");
    se__json_end_object(w);
}

static const struct {
    bool spaced, ascii;
    const char *text;
} samples[] = {
    {false, false,
     "{\"a\":[1,{},[],null],\"b\\n\":{\"c\":true,\"d\":false},"
     "\"e\":\"\xc3\xa9\"}"},
    {true, true,
     "{\"a\": [1, {}, [], null], \"b\\n\": {\"c\": true, \"d\": false}, "
     "\"e\": \"\\u00e9\"}"},
};

START_TEST(writes_containers)
{
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = {
        .buf = &buf, .spaced = samples[_i].spaced, .ascii = samples[_i].ascii};
    se__json *json;

    write_sample(&w);
    ck_assert_str_eq(buf.data, samples[_i].text);
    json = parse(buf.data);
    se__buf_reset(&buf);
    w = (se__json_writer){
        .buf = &buf, .spaced = samples[_i].spaced, .ascii = samples[_i].ascii};
    se__json_write_value(&w, se__json_root(json));
    ck_assert_str_eq(buf.data, samples[_i].text);
    se__json_free(json);
    se__buf_fini(&buf);
}
END_TEST

START_TEST(writes_what_is_not_there_as_null)
{
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = SE__JSON_WRITER(&buf);

    se__json_write_value(&w, NULL);
    ck_assert_str_eq(buf.data, "null");
    se__buf_fini(&buf);
}
END_TEST

START_TEST(writes_integers)
{
    static const struct {
        int64_t value;
        const char *text;
    } rows[] = {{0, "0"},
                {-1, "-1"},
                {9007199254740990, "9007199254740990"},
                {9007199254740991, "9007199254740991"},
                {9007199254740992, "9007199254740992"},
                {9007199254740993, "9007199254740993"},
                {9007199254740994, "9007199254740994"},
                {INT64_MAX, "9223372036854775807"},
                {INT64_MIN, "-9223372036854775808"}};

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se__buf buf = SE__BUF_INIT;
        se__json_writer w = SE__JSON_WRITER(&buf);
        se__json *json;
        int64_t again;

        se__json_write_int(&w, rows[i].value);
        ck_assert_str_eq(buf.data, rows[i].text);
        json = parse(buf.data);
        ck_assert(se__json_int64(se__json_root(json), &again));
        ck_assert_int_eq(again, rows[i].value);
        se__json_free(json);
        se__buf_fini(&buf);
    }
}
END_TEST

static const struct {
    double value;
    const char *text;
} doubles[] = {
    {0, "0"},
    {-0.0, "-0"},
    {1, "1"},
    {-1.5, "-1.5"},
    {0.1, "0.1"},
    {1.0 / 3, "0.3333333333333333"},
    {2.0 / 3, "0.6666666666666666"},
    {0.1 + 0.2, "0.30000000000000004"},
    {98.765, "98.765"},
    {1e15, "1e+15"},
    {123456789012345.0, "123456789012345"},
    {9007199254740993.0, "9007199254740992"},
    {1e21, "1e+21"},
    {1e-7, "1e-07"},
    {DBL_MAX, "1.7976931348623157e+308"},
    {DBL_MIN, "2.2250738585072014e-308"},
    {5e-324, "5e-324"},
    {HUGE_VAL, "null"},
    {-HUGE_VAL, "null"},
};

static void check_double(size_t i)
{
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = SE__JSON_WRITER(&buf);
    se__json *json;
    double again;

    se__json_write_double(&w, doubles[i].value);
    ck_assert_str_eq(buf.data, doubles[i].text);
    json = parse(buf.data);
    if (isfinite(doubles[i].value)) {
        ck_assert(se__json_double(se__json_root(json), &again));
        ck_assert(again == doubles[i].value);
    }
    se__json_free(json);
    se__buf_fini(&buf);
}

START_TEST(writes_doubles)
{
    check_double((size_t)_i);
}
END_TEST

START_TEST(writes_no_number_as_null)
{
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = SE__JSON_WRITER(&buf);

    se__json_write_double(&w, (double)NAN);
    ck_assert_str_eq(buf.data, "null");
    se__buf_fini(&buf);
}
END_TEST

/* A full buffer fails once, and nothing follows. */
START_TEST(failure_of_the_buffer_sticks)
{
    se__buf buf;
    se__json_writer w = SE__JSON_WRITER(&buf);

    se__buf_init(&buf, 10);
    write_sample(&w);
    ck_assert(buf.failed);
    ck_assert_uint_le(buf.length, 10);
    ck_assert_ptr_null(se__buf_take(&buf));
}
END_TEST

START_TEST(a_decimal_comma_changes_nothing)
{
    static const char text[] = "[1.5,-0.25,1e-3,2,9007199254740993]";
    se__json *json;
    const se__json_value *first;
    double number;
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = SE__JSON_WRITER(&buf);

    if (!comma_locale_set()) {
        return;
    }
    json = parse(text);
    first = se__json_next(se__json_root(json), NULL);
    ck_assert(se__json_double(first, &number));
    ck_assert(number == 1.5);
    se__json_write_value(&w, se__json_root(json));
    ck_assert_str_eq(buf.data, text);
    for (size_t i = 0; i < SE__COUNT(doubles); i++) {
        check_double(i);
    }
    ck_assert_int_eq(
        se__json_parse("[1,5e999]", 9, &se__json_document_limits, &json, NULL),
        SE_E_PARSE);
    se__json_free(json);
    se__buf_fini(&buf);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("json_write");
    TCase *text = tcase_create("text");
    TCase *values = tcase_create("numbers");
    TCase *locales = tcase_create("locales");

    tcase_add_loop_test(text, writes_strings, 0, SE__COUNT(strings));
    tcase_add_test(text, strings_read_back);
    tcase_add_loop_test(text, writes_containers, 0, SE__COUNT(samples));
    tcase_add_test(text, writes_what_is_not_there_as_null);
    tcase_add_test(text, failure_of_the_buffer_sticks);
    tcase_add_test(values, writes_integers);
    tcase_add_loop_test(values, writes_doubles, 0, SE__COUNT(doubles));
    tcase_add_test(values, writes_no_number_as_null);
    tcase_add_test(locales, a_decimal_comma_changes_nothing);
    tcase_set_timeout(locales, 60);
    suite_add_tcase(s, text);
    suite_add_tcase(s, values);
    suite_add_tcase(s, locales);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failures;

    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
