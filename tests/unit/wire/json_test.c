/*
 * Reading JSON: what is taken, what is refused where and why, and what the
 * getters make of it.
 */
#include "wire/json.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DEEP16 "[[[[[[[[[[[[[[[["
#define END16 "]]]]]]]]]]]]]]]]"
#define DIGITS63                                                               \
    "123456789012345678901234567890123456789012345678901234567890123"

/* `text` is a constant, so that U+0000 may stand in it. */
#define TEXT(text) (text), sizeof(text) - 1

static const struct {
    const char *text;
    size_t length;
    const char *printed; /* again, without spaces */
} accepted[] = {
    {TEXT("null"), "null"},
    {TEXT(" true "), "true"},
    {TEXT("\t\r\n false\n"), "false"},
    {TEXT("0"), "0"},
    {TEXT("-1"), "-1"},
    {TEXT("\"\""), "\"\""},
    {TEXT("\"a\""), "\"a\""},
    {TEXT("[]"), "[]"},
    {TEXT("{}"), "{}"},
    {TEXT("[ ]"), "[]"},
    {TEXT("{ }"), "{}"},
    {TEXT("[[],{},[{}]]"), "[[],{},[{}]]"},
    {TEXT("[1,2 , 3]"), "[1,2,3]"},
    {TEXT("{ \"a\" : 1 , \"b\" : [ ] }"), "{\"a\":1,\"b\":[]}"},
    {TEXT(DEEP16 END16), DEEP16 END16},
    /* keys that only look alike */
    {TEXT("{\"a\":1,\"A\":2}"), "{\"a\":1,\"A\":2}"},
    {TEXT("{\"a\":1,\"a \":2,\"\":3}"), "{\"a\":1,\"a \":2,\"\":3}"},
    {TEXT("{\"a\":{\"a\":{\"a\":1}}}"), "{\"a\":{\"a\":{\"a\":1}}}"},
    {TEXT("[{\"a\":1},{\"a\":1}]"), "[{\"a\":1},{\"a\":1}]"},
    /* strings */
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {TEXT("\"\\u0001\\u001f\\u007F\""), "\"\\u0001\\u001f\\u007f\""},
    {TEXT("\"\\u00e9\\u20AC\""), "\"\xc3\xa9\xe2\x82\xac\""},
    {TEXT("\"\\ud83d\\ude00\""), "\"\xf0\x9f\x98\x80\""},
    {TEXT("\"\\uDBFF\\uDFFF\\uE000\""), "\"\xf4\x8f\xbf\xbf\xee\x80\x80\""},
    {TEXT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""),
     "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
    {TEXT("\"\x7f\""), "\"\\u007f\""},
    {TEXT("\"\\\\u0000\""), "\"\\\\u0000\""},
    {TEXT("\"a long run of plain bytes, then \\u0041\""),
     "\"a long run of plain bytes, then A\""},
    /* numbers, with their text */
    {TEXT("[-0,0.0,-0.0]"), "[-0,0.0,-0.0]"},
    {TEXT("[1.0,1.50,1e2,1E+2,1e-2]"), "[1.0,1.50,1e2,1E+2,1e-2]"},
    {TEXT("[9007199254740993,-9007199254740993]"),
     "[9007199254740993,-9007199254740993]"},
    {TEXT("[9223372036854775807,-9223372036854775808]"),
     "[9223372036854775807,-9223372036854775808]"},
    {TEXT("[9223372036854775808]"), "[9223372036854775808]"},
    {TEXT("[999999999999999,-999999999999999]"),
     "[999999999999999,-999999999999999]"},
    {TEXT("[1e308,1e-400,2.2250738585072011e-308]"),
     "[1e308,1e-400,2.2250738585072011e-308]"},
    {TEXT(DIGITS63), DIGITS63},
    {TEXT("[\"-1.5\",{\"2.5\":\"\\\"3.5\",\"a\":4.5},5.5]"),
     "[\"-1.5\",{\"2.5\":\"\\\"3.5\",\"a\":4.5},5.5]"},
};

static const struct {
    const char *text;
    size_t length;
    se_err code;
    const char *message;
} refused[] = {
    {TEXT(""), SE_E_PARSE, "the document is empty"},
    {TEXT(" \n"), SE_E_PARSE, "the document is empty"},
    {TEXT("\xef\xbb\xbf{}"), SE_E_PARSE, "byte order mark at byte 1"},
    {TEXT("{} {}"), SE_E_PARSE, "text after the document at byte 4"},
    {TEXT("1 2"), SE_E_PARSE, "text after the document at byte 3"},
    {TEXT("null\0"), SE_E_PARSE, "text after the document at byte 5"},
    {TEXT("{}\0"), SE_E_PARSE, "text after the document at byte 3"},
    {TEXT("{}x"), SE_E_PARSE, "text after the document at byte 3"},
    {TEXT("\0"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("nul"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("True"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("NaN"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("Infinity"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("'a'"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("// a\n1"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("\v1"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("\xc2\xa0"
          "1"),
     SE_E_PARSE, "a value is expected at byte 1"},
    /* arrays and objects */
    {TEXT("["), SE_E_PARSE, "the document ends too early at byte 2"},
    {TEXT("[1"), SE_E_PARSE, "the document ends too early at byte 3"},
    {TEXT("[1,"), SE_E_PARSE, "the document ends too early at byte 4"},
    {TEXT("[1,]"), SE_E_PARSE, "a value is expected at byte 4"},
    {TEXT("[,1]"), SE_E_PARSE, "a value is expected at byte 2"},
    {TEXT("[1 2]"), SE_E_PARSE, "a comma or ] is expected at byte 4"},
    {TEXT("[1}"), SE_E_PARSE, "a comma or ] is expected at byte 3"},
    {TEXT("]"), SE_E_PARSE, "a value is expected at byte 1"},
    {TEXT("{"), SE_E_PARSE, "the document ends too early at byte 2"},
    {TEXT("{\"a\""), SE_E_PARSE, "the document ends too early at byte 5"},
    {TEXT("{\"a\":"), SE_E_PARSE, "the document ends too early at byte 6"},
    {TEXT("{\"a\":1"), SE_E_PARSE, "the document ends too early at byte 7"},
    {TEXT("{\"a\":1,"), SE_E_PARSE, "the document ends too early at byte 8"},
    {TEXT("{\"a\":1,}"), SE_E_PARSE, "a key is expected at byte 8"},
    {TEXT("{a:1}"), SE_E_PARSE, "a key is expected at byte 2"},
    {TEXT("{1:1}"), SE_E_PARSE, "a key is expected at byte 2"},
    {TEXT("{\"a\" 1}"), SE_E_PARSE, "a colon is expected at byte 6"},
    {TEXT("{\"a\":}"), SE_E_PARSE, "a value is expected at byte 6"},
    {TEXT("{\"a\":1]"), SE_E_PARSE, "a comma or } is expected at byte 7"},
    {TEXT("{\"a\":1 \"b\":2}"), SE_E_PARSE,
     "a comma or } is expected at byte 8"},
    /* duplicate keys, also in other spellings */
    {TEXT("{\"a\":1,\"a\":2}"), SE_E_PARSE, "duplicate key \"a\" at byte 8"},
    {TEXT("{\"a\":1,\"b\":2,\"\\u0061\":3}"), SE_E_PARSE,
     "duplicate key \"\\u0061\" at byte 14"},
    {TEXT("{\"\xc3\xa9\":1,\"\\u00E9\":2}"), SE_E_PARSE,
     "duplicate key \"\\u00E9\" at byte 9"},
    {TEXT("{\"\xf0\x9f\x98\x80\":1,\"\\uD83D\\uDE00\":2}"), SE_E_PARSE,
     "duplicate key \"\\uD83D\\uDE00\" at byte 11"},
    {TEXT("{\"\\/\":1,\"/\":2}"), SE_E_PARSE, "duplicate key \"/\" at byte 9"},
    {TEXT("{\"storage_elements_x\":1,\"storage\\u005felements_x\":2}"),
     SE_E_PARSE, "duplicate key \"storage\\u005felements_x\" at byte 25"},
    {TEXT("{\"\":1,\"\":2}"), SE_E_PARSE, "duplicate key \"\" at byte 7"},
    {TEXT("[{\"x\":{\"a\":1,\"b\":[{\"c\":1}],\"a\":1}}]"), SE_E_PARSE,
     "duplicate key \"a\" at byte 28"},
    {TEXT("{\"\x7f\xc3\xa9\":1,\"\x7f\xc3\xa9\":1}"), SE_E_PARSE,
     "duplicate key \"?\xc3\xa9\" at byte 10"},
    {TEXT("{\"0123456789012345678901234567890123456789abc\":1,"
          "\"0123456789012345678901234567890123456789abc\":1}"),
     SE_E_PARSE,
     "duplicate key \"0123456789012345678901234567890123456789\" at byte 50"},
    /* strings */
    {TEXT("\""), SE_E_PARSE, "the document ends too early at byte 2"},
    {TEXT("\"abcdefghijklmnop"), SE_E_PARSE,
     "the document ends too early at byte 18"},
    {TEXT("\"a\\\""), SE_E_PARSE, "the document ends too early at byte 5"},
    {TEXT("\"a\\u0000b\""), SE_E_PARSE, "U+0000 in a string at byte 3"},
    {TEXT("{\"a\\u0000b\":1}"), SE_E_PARSE, "U+0000 in a string at byte 4"},
    {TEXT("\"a\0b\""), SE_E_PARSE, "control character in a string at byte 3"},
    {TEXT("\"a\nb\""), SE_E_PARSE, "control character in a string at byte 3"},
    {TEXT("\"0123456789\tb\""), SE_E_PARSE,
     "control character in a string at byte 12"},
    {TEXT("\"\x1f\""), SE_E_PARSE, "control character in a string at byte 2"},
    {TEXT("\"\\x\""), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\'\""), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\\0\""), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\"), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\u12\""), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\u12"), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\u00g0\""), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\u-001\""), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\ud800\""), SE_E_PARSE, "half a surrogate pair at byte 2"},
    {TEXT("\"\\ud800"), SE_E_PARSE, "half a surrogate pair at byte 2"},
    {TEXT("\"\\ud800\\n\""), SE_E_PARSE, "half a surrogate pair at byte 2"},
    {TEXT("\"\\ud800\\u0041\""), SE_E_PARSE, "half a surrogate pair at byte 2"},
    {TEXT("\"\\ud800\\ud800\""), SE_E_PARSE, "half a surrogate pair at byte 2"},
    {TEXT("\"\\ud800\\u00"), SE_E_PARSE, "invalid escape at byte 2"},
    {TEXT("\"\\udc00\\ud800\""), SE_E_PARSE, "half a surrogate pair at byte 2"},
    /* bad UTF-8 */
    {TEXT("\"\x80\""), SE_E_PARSE, "invalid UTF-8 at byte 2"},
    {TEXT("\"\xc3\""), SE_E_PARSE, "invalid UTF-8 at byte 2"},
    {TEXT("\"\xc3"), SE_E_PARSE, "invalid UTF-8 at byte 2"},
    {TEXT("\"\xc0\x80\""), SE_E_PARSE, "invalid UTF-8 at byte 2"},
    {TEXT("\"\xe0\x80\x80\""), SE_E_PARSE, "invalid UTF-8 at byte 2"},
    {TEXT("\"\xed\xa0\x80\""), SE_E_PARSE, "invalid UTF-8 at byte 2"},
    {TEXT("\"\xf4\x90\x80\x80\""), SE_E_PARSE, "invalid UTF-8 at byte 2"},
    {TEXT("\"\xff\""), SE_E_PARSE, "invalid UTF-8 at byte 2"},
    {TEXT("\"0123456789\xe9\""), SE_E_PARSE, "invalid UTF-8 at byte 12"},
    {TEXT("{\"\xe9\":1}"), SE_E_PARSE, "invalid UTF-8 at byte 3"},
    /* numbers */
    {TEXT("[01]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[00]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[-01]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[-]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[--1]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[+1]"), SE_E_PARSE, "a value is expected at byte 2"},
    {TEXT("[.5]"), SE_E_PARSE, "a value is expected at byte 2"},
    {TEXT("[1.]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[1.e5]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[1e]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[1e+]"), SE_E_PARSE, "malformed number at byte 2"},
    {TEXT("[1.5,01]"), SE_E_PARSE, "malformed number at byte 6"},
    {TEXT("[0x10]"), SE_E_PARSE, "a comma or ] is expected at byte 3"},
    {TEXT("[1,5.5.5]"), SE_E_PARSE, "a comma or ] is expected at byte 7"},
    {TEXT("[1_000]"), SE_E_PARSE, "a comma or ] is expected at byte 3"},
    {TEXT("[1e999]"), SE_E_PARSE, "number out of range at byte 2"},
    {TEXT("[-1e999]"), SE_E_PARSE, "number out of range at byte 2"},
    {TEXT("[1.8e308]"), SE_E_PARSE, "number out of range at byte 2"},
    {TEXT(DIGITS63 "4"), SE_E_LIMIT, "number of more than 63 bytes at byte 1"},
    {TEXT("0." DIGITS63), SE_E_LIMIT, "number of more than 63 bytes at byte 1"},
    /* depth */
    {TEXT(DEEP16 "[" END16 "]"), SE_E_LIMIT, "more than 16 levels at byte 17"},
    {TEXT(DEEP16 "{}" END16), SE_E_LIMIT, "more than 16 levels at byte 17"},
};

static se__json *parse(const char *text)
{
    se__json *json = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se__json_parse(text, strlen(text), &se__json_document_limits,
                                 &json, &err) == SE_OK,
                  "%s: %s", text, err.message);
    return json;
}

/* In memory of its exact size, so that a sanitizer sees a read beyond it. */
static se_err parse_exactly(const char *text, size_t length, se__json **out,
                            se_error *err)
{
    char *exact = malloc(length ? length : 1);
    se_err rc;

    ck_assert_ptr_nonnull(exact);
    memcpy(exact, text, length);
    rc = se__json_parse(exact, length, &se__json_document_limits, out, err);
    free(exact);
    return rc;
}

static char *print(const se__json *json)
{
    se__buf buf = SE__BUF_INIT;
    se__json_writer w = SE__JSON_WRITER(&buf);
    char *text;

    se__json_write_value(&w, se__json_root(json));
    text = se__buf_take(&buf);
    ck_assert_ptr_nonnull(text);
    return text;
}

START_TEST(accepts)
{
    se__json *json = NULL;
    se_error err = SE_ERROR_INIT;
    char *printed;

    ck_assert_msg(parse_exactly(accepted[_i].text, accepted[_i].length, &json,
                                &err) == SE_OK,
                  "%s: %s", accepted[_i].text, err.message);
    ck_assert_str_eq(err.message, "");
    printed = print(json);
    ck_assert_str_eq(printed, accepted[_i].printed);
    free(printed);
    se__json_free(json);
}
END_TEST

START_TEST(refuses)
{
    se__json *untouched = (se__json *)&untouched;
    se__json *json = untouched;
    se_error err = SE_ERROR_INIT;
    se_err rc =
        parse_exactly(refused[_i].text, refused[_i].length, &json, &err);

    ck_assert_msg(rc == refused[_i].code, "%s", refused[_i].text);
    ck_assert_int_eq(err.code, rc);
    ck_assert_str_eq(err.message, refused[_i].message);
    ck_assert_ptr_eq(json, untouched);
}
END_TEST

/* Every document that was cut short is refused, wherever it was cut. */
START_TEST(refuses_every_beginning)
{
    const char *text = accepted[_i].text;
    se__json *json;

    if (*text != '{' && *text != '[' && *text != '"') {
        return;
    }
    for (size_t length = 0; length < accepted[_i].length; length++) {
        ck_assert_int_ne(parse_exactly(text, length, &json, NULL), SE_OK);
    }
}
END_TEST

START_TEST(needs_no_text_for_nothing)
{
    se__json *json;

    ck_assert_int_eq(
        se__json_parse(NULL, 0, &se__json_document_limits, &json, NULL),
        SE_E_PARSE);
}
END_TEST

static const struct {
    const char *text;
    bool is_integer;
    int64_t integer;
    bool is_double;
    double number;
} numbers[] = {
    {"0", true, 0, true, 0},
    {"-0", true, 0, true, -0.0},
    {"1", true, 1, true, 1},
    {"-1", true, -1, true, -1},
    {"999999999999999", true, 999999999999999, true, 999999999999999.0},
    {"1000000000000000", true, 1000000000000000, true, 1e15},
    {"9007199254740990", true, 9007199254740990, true, 9007199254740990.0},
    {"9007199254740991", true, 9007199254740991, true, 9007199254740991.0},
    {"9007199254740992", true, 9007199254740992, true, 9007199254740992.0},
    {"9007199254740993", true, 9007199254740993, true, 9007199254740992.0},
    {"9007199254740994", true, 9007199254740994, true, 9007199254740994.0},
    {"-9007199254740993", true, -9007199254740993, true, -9007199254740992.0},
    {"9223372036854775807", true, INT64_MAX, true, 9223372036854775808.0},
    {"-9223372036854775808", true, INT64_MIN, true, -9223372036854775808.0},
    {"9223372036854775808", false, 0, true, 9223372036854775808.0},
    {"-9223372036854775809", false, 0, true, -9223372036854775808.0},
    {"99999999999999999999", false, 0, true, 1e20},
    {"1.0", false, 0, true, 1},
    {"1e3", false, 0, true, 1000},
    {"1E0", false, 0, true, 1},
    {"0.1", false, 0, true, 0.1},
    {"-1.5e-3", false, 0, true, -1.5e-3},
    {"1.7976931348623157e308", false, 0, true, DBL_MAX},
    {"5e-324", false, 0, true, 4.9406564584124654e-324},
    {"1e-400", false, 0, true, 0},
    {"\"1\"", false, 0, false, 0},
    {"true", false, 0, false, 0},
    {"null", false, 0, false, 0},
    {"[1]", false, 0, false, 0},
};

START_TEST(reads_numbers)
{
    se__json *json = parse(numbers[_i].text);
    const se__json_value *value = se__json_root(json);
    int64_t integer = 77;
    double number = 77;
    bool is_integer = se__json_int64(value, &integer);
    bool is_double = se__json_double(value, &number);

    ck_assert_msg(is_integer == numbers[_i].is_integer, "%s", numbers[_i].text);
    ck_assert_int_eq(integer, is_integer ? numbers[_i].integer : 77);
    ck_assert_int_eq(is_double, numbers[_i].is_double);
    if (is_double) {
        ck_assert(number == numbers[_i].number);
        ck_assert(signbit(number) == signbit(numbers[_i].number));
    } else {
        ck_assert_double_eq(number, 77);
    }
    se__json_free(json);
}
END_TEST

/* Each odd number keeps the text that stood at its place. */
START_TEST(keeps_numbers_apart)
{
    static const char text[] =
        "{\"a-1.5\":[\"2.5\",3.25,{\"b\":-0.5,\"c\":7}],\"d\":"
        "9223372036854775807,\"e\":\"\\\\\",\"f\":[[[1e1]]],\"g\":8}";
    se__json *json = parse(text);
    const se__json_value *root = se__json_root(json);
    const se__json_value *list = se__json_get(root, "a-1.5");
    const se__json_value *second =
        se__json_next(list, se__json_next(list, NULL));
    const se__json_value *third = se__json_next(list, second);
    double number;
    int64_t integer;
    char *printed;

    ck_assert(se__json_double(second, &number) && number == 3.25);
    ck_assert(se__json_double(se__json_get(third, "b"), &number));
    ck_assert_double_eq(number, -0.5);
    ck_assert(se__json_int64(se__json_get(third, "c"), &integer));
    ck_assert_int_eq(integer, 7);
    ck_assert(se__json_int64(se__json_get(root, "d"), &integer));
    ck_assert_int_eq(integer, INT64_MAX);
    ck_assert(se__json_int64(se__json_get(root, "g"), &integer));
    ck_assert_int_eq(integer, 8);
    printed = print(json);
    ck_assert_str_eq(printed, text);
    free(printed);
    se__json_free(json);
}
END_TEST

START_TEST(getters_know_types)
{
    se__json *json = parse("{\"o\":{},\"a\":[1,\"x\"],\"s\":\"t\",\"n\":null,"
                           "\"t\":true,\"f\":false,\"i\":1}");
    const se__json_value *root = se__json_root(json);
    const se__json_value *at = NULL;
    static const char *const keys[] = {"o", "a", "s", "n", "t", "f", "i"};
    bool truth = false;

    ck_assert(se__json_is_object(root) && !se__json_is_array(root));
    ck_assert(se__json_is_object(se__json_get(root, "o")));
    ck_assert(se__json_is_array(se__json_get(root, "a")));
    ck_assert(!se__json_is_object(se__json_get(root, "a")));
    ck_assert(se__json_is_null(se__json_get(root, "n")));
    ck_assert(!se__json_is_null(se__json_get(root, "f")));
    ck_assert_str_eq(se__json_string(se__json_get(root, "s")), "t");
    ck_assert_ptr_null(se__json_string(se__json_get(root, "i")));
    ck_assert_ptr_null(se__json_string(root));
    ck_assert(se__json_bool(se__json_get(root, "t"), &truth) && truth);
    ck_assert(se__json_bool(se__json_get(root, "f"), &truth) && !truth);
    ck_assert(!se__json_bool(se__json_get(root, "i"), &truth));
    ck_assert(!se__json_bool(se__json_get(root, "n"), &truth));
    ck_assert_uint_eq(se__json_count(root), SE__COUNT(keys));
    ck_assert_uint_eq(se__json_count(se__json_get(root, "a")), 2);
    ck_assert_uint_eq(se__json_count(se__json_get(root, "o")), 0);
    for (size_t i = 0; i < SE__COUNT(keys); i++) {
        at = se__json_next(root, at);
        ck_assert_str_eq(se__json_key(at), keys[i]);
        ck_assert_ptr_eq(se__json_get(root, keys[i]), at);
    }
    ck_assert_ptr_null(se__json_next(root, at));
    ck_assert_ptr_null(se__json_key(root));
    se__json_free(json);
}
END_TEST

START_TEST(getters_take_what_is_not_there)
{
    se__json *json = parse("[1]");
    const se__json_value *nothing = se__json_get(se__json_root(json), "a");
    int64_t integer;
    double number;
    bool truth;

    ck_assert_ptr_null(nothing);
    ck_assert_ptr_null(se__json_get(NULL, "a"));
    ck_assert_ptr_null(se__json_string(NULL));
    ck_assert_ptr_null(se__json_next(NULL, NULL));
    ck_assert_ptr_null(se__json_key(NULL));
    ck_assert_uint_eq(se__json_count(NULL), 0);
    ck_assert(!se__json_is_object(NULL));
    ck_assert(!se__json_is_array(NULL));
    ck_assert(!se__json_is_null(NULL));
    ck_assert(!se__json_int64(NULL, &integer));
    ck_assert(!se__json_double(NULL, &number));
    ck_assert(!se__json_bool(NULL, &truth));
    se__json_free(json);
    se__json_free(NULL);
}
END_TEST

START_TEST(keys_are_case_sensitive)
{
    se__json *json = parse("{\"Mode\":\"a\",\"MODE\":\"b\",\"mode\":\"c\"}");
    const se__json_value *root = se__json_root(json);

    ck_assert_str_eq(se__json_string(se__json_get(root, "mode")), "c");
    ck_assert_str_eq(se__json_string(se__json_get(root, "Mode")), "a");
    ck_assert_str_eq(se__json_string(se__json_get(root, "MODE")), "b");
    ck_assert_ptr_null(se__json_get(root, "mODE"));
    se__json_free(json);
}
END_TEST

START_TEST(limits_hold_exactly)
{
    static const se__json_limits limits = {20, 2, 5};
    static const struct {
        const char *text;
        se_err rc;
        const char *message;
    } rows[] = {
        {"[1,2,3,4]           ", SE_OK, ""},
        {"[1,2,3,4]            ", SE_E_LIMIT,
         "a document of 21 bytes is larger than 20"},
        {"[1,2,3,4,5]", SE_E_LIMIT, "more than 5 values at byte 10"},
        {"{\"a\":[1,2],\"b\":3}", SE_OK, ""},
        {"[[1],[2],3]", SE_E_LIMIT, "more than 5 values at byte 10"},
        {"[[1]]", SE_OK, ""},
        {"[[[1]]]", SE_E_LIMIT, "more than 2 levels at byte 3"},
        {"[{\"a\":{}}]", SE_E_LIMIT, "more than 2 levels at byte 7"},
    };

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se__json *json = NULL;
        se_error err = SE_ERROR_INIT;

        ck_assert_int_eq(se__json_parse(rows[i].text, strlen(rows[i].text),
                                        &limits, &json, &err),
                         rows[i].rc);
        ck_assert_str_eq(err.message, rows[i].message);
        se__json_free(json);
    }
}
END_TEST

START_TEST(limits_are_as_promised)
{
    ck_assert_uint_eq(se__json_document_limits.max_bytes, 8388608);
    ck_assert_int_eq(se__json_document_limits.max_depth, 16);
    ck_assert_uint_eq(se__json_document_limits.max_values, 400000);
    ck_assert_uint_eq(se__json_reply_limits.max_bytes, 65536);
    ck_assert_int_eq(se__json_reply_limits.max_depth, 16);
    ck_assert_uint_eq(se__json_reply_limits.max_values, 4096);
}
END_TEST

/* What se__json_parse_list() hands over, printed, with a bar behind. */
typedef struct gathered {
    se__buf buf;
    int left; /* fail after so many; negative: never */
} gathered;

static se_err gather(void *user, const se__json_value *element, se_error *err)
{
    gathered *all = user;
    se__json_writer w = SE__JSON_WRITER(&all->buf);

    if (all->left-- == 0) {
        if (err) {
            err->code = SE_E_CANCELED;
        }
        return SE_E_CANCELED;
    }
    se__json_write_value(&w, element);
    se__buf_putc(&all->buf, '|');
    return SE_OK;
}

static const char *const wanted[] = {"a", "odd", "\xc3\xa9"};

static const struct {
    const char *text;
    const char *elements;
    const char *rest; /* NULL: refused */
    size_t n_members;
} streams[] = {
    {"{\"list\":[1,{\"a\":2.50},\"x\",[3]],\"v\":4}",
     "1|{\"a\":2.50}|\"x\"|[3]|", "{\"list\":[],\"v\":4}", 0},
    {"{\"v\":1.50,\"list\":[ 2.50 , 3 ],\"w\":4.50}", "2.50|3|",
     "{\"v\":1.50,\"list\":[],\"w\":4.50}", 0},
    {"{\"list\":[]}", "", "{\"list\":[]}", 0},
    {"{\"list\":[ ]}", "", "{\"list\":[]}", 0},
    {"{\"l\\u0069st\":[7]}", "7|", "{\"list\":[]}", 0},
    {"{\"lists\":[7],\"lis\":[8]}", "", "{\"lists\":[7],\"lis\":[8]}", 0},
    {"{\"list\":{\"list\":[7]}}", "", "{\"list\":{\"list\":[7]}}", 0},
    {"{\"a\":{\"list\":[7]},\"list\":[8]}", "8|",
     "{\"a\":{\"list\":[7]},\"list\":[]}", 0},
    {"{\"list\":7}", "", "{\"list\":7}", 0},
    {"{\"list\":null}", "", "{\"list\":null}", 0},
    {"[{\"list\":[7]}]", "", "[{\"list\":[7]}]", 0},
    {"[7]", "", "[7]", 0},
    {"7", "", "7", 0},
    {"{\"list\":[1,2", "1|2|", NULL, 0},
    {"{\"list\":[1,2],\"list\":[3]}", "1|2|3|", NULL, 0},
    {"{\"list\":[1,{\"a\":1,\"a\":2}]}", "1|", NULL, 0},
    {"{\"list\":[1],}", "1|", NULL, 0},
    /* only some members */
    {"{\"list\":[{\"a\":1,\"b\":2,\"odd\":3.50},{\"b\":[2.5]},{}]}",
     "{\"a\":1,\"odd\":3.50}|{}|{}|", "{\"list\":[]}", 3},
    {"{\"list\":[{\"b\":1.5,\"odd\":2.50,\"c\":{\"a\":3.5},\"a\":4}]}",
     "{\"odd\":2.50,\"a\":4}|", "{\"list\":[]}", 3},
    {"{\"list\":[{\"a\":{\"b\":[{\"c\":1}],\"a\":2}}, 7, [{\"b\":1}]]}",
     "{\"a\":{\"b\":[{\"c\":1}],\"a\":2}}|7|[{\"b\":1}]|", "{\"list\":[]}", 3},
    {"{\"list\":[{\"\\u0061\":1,\"\\u00e9\" : 2}]}",
     "{\"a\":1,\"\xc3\xa9\":2}|", "{\"list\":[]}", 3},
    {"{\"b\":1,\"list\":[{\"b\":1}],\"c\":{\"b\":[{\"b\":2}]}}", "{}|",
     "{\"b\":1,\"list\":[],\"c\":{\"b\":[{\"b\":2}]}}", 3},
    {"{\"list\":[{\"a\":1,\"b\":01}]}", "", NULL, 3},
    {"{\"list\":[{\"a\":1,\"b\":1,\"b\":2}]}", "", NULL, 3},
};

static se_err parse_list(const char *text, size_t n_members,
                         const se__json_limits *limits, gathered *all,
                         se__json **rest, se_error *err)
{
    const se__json_list list = {"list", wanted, n_members, gather, all};

    return se__json_parse_list(text, strlen(text), limits, &list, rest, err);
}

START_TEST(hands_over_elements)
{
    gathered all = {SE__BUF_INIT, -1};
    se__json *rest = NULL;
    se_err rc = parse_list(streams[_i].text, streams[_i].n_members,
                           &se__json_document_limits, &all, &rest, NULL);
    char *printed;

    ck_assert_str_eq(all.buf.data ? all.buf.data : "", streams[_i].elements);
    ck_assert_int_eq(rc, streams[_i].rest ? SE_OK : SE_E_PARSE);
    if (streams[_i].rest) {
        printed = print(rest);
        ck_assert_str_eq(printed, streams[_i].rest);
        free(printed);
        se__json_free(rest);
    }
    se__buf_fini(&all.buf);
}
END_TEST

START_TEST(hands_over_until_told_to_stop)
{
    gathered all = {SE__BUF_INIT, 2};
    se__json *rest;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(parse_list("{\"list\":[1,2,3]}", 0,
                                &se__json_document_limits, &all, &rest, &err),
                     SE_E_CANCELED);
    ck_assert_int_eq(err.code, SE_E_CANCELED);
    ck_assert_str_eq(all.buf.data, "1|2|");
    se__buf_fini(&all.buf);
}
END_TEST

/* The limits are those of the whole document, not of an element. */
START_TEST(hands_over_within_limits)
{
    static const se__json_limits limits = {100, 3, 6};
    static const char *const texts[] = {
        "{\"list\":[1,2,3,4]}",   "{\"list\":[1,2,3,4,5]}",
        "{\"list\":[[1],[2]]}",   "{\"list\":[[[1]]]}",
        "{\"list\":[{\"b\":1}]}", "{\"list\":[{\"b\":[1]}]}",
        "[1,2,3,{\"list\":7}]",   "[1,2,3,{\"list\":[]},4]"};

    for (size_t i = 0; i < SE__COUNT(texts); i++) {
        gathered all = {SE__BUF_INIT, -1};
        se__json *rest = NULL;

        ck_assert_int_eq(parse_list(texts[i], 1, &limits, &all, &rest, NULL),
                         i % 2 ? SE_E_LIMIT : SE_OK);
        se__json_free(rest);
        se__buf_fini(&all.buf);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("json");
    TCase *text = tcase_create("text");
    TCase *values = tcase_create("values");
    TCase *limits = tcase_create("limits");
    TCase *each = tcase_create("each");

    tcase_add_loop_test(text, accepts, 0, SE__COUNT(accepted));
    tcase_add_loop_test(text, refuses, 0, SE__COUNT(refused));
    tcase_add_loop_test(text, refuses_every_beginning, 0, SE__COUNT(accepted));
    tcase_add_test(text, needs_no_text_for_nothing);
    tcase_add_loop_test(values, reads_numbers, 0, SE__COUNT(numbers));
    tcase_add_test(values, keeps_numbers_apart);
    tcase_add_test(values, getters_know_types);
    tcase_add_test(values, getters_take_what_is_not_there);
    tcase_add_test(values, keys_are_case_sensitive);
    tcase_add_test(limits, limits_hold_exactly);
    tcase_add_test(limits, limits_are_as_promised);
    tcase_add_loop_test(each, hands_over_elements, 0, SE__COUNT(streams));
    tcase_add_test(each, hands_over_until_told_to_stop);
    tcase_add_test(each, hands_over_within_limits);
    suite_add_tcase(s, text);
    suite_add_tcase(s, values);
    suite_add_tcase(s, limits);
    suite_add_tcase(s, each);
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
