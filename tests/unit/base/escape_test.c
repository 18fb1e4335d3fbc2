/* What stands in a JSON string as it is, and what does not. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"

static const struct {
    const char *text;
    size_t length, plain, ascii;
} beginnings[] = {
    {"", 0, 0, 0},
    {"a", 1, 1, 1},
    {"abc\ndef", 7, 3, 3},
    {"ab\"", 3, 2, 2},
    {"ab\\", 3, 2, 2},
    {"a\x1fz", 3, 1, 1},
    {"a\x7fz", 3, 1, 1},
    {"a\0z", 3, 1, 1},
    {"\xc3\xa9.", 3, 3, 0},         /* U+00E9 */
    {"\xc2\x80", 2, 0, 0},          /* U+0080 */
    {"\xc2\x9f", 2, 0, 0},          /* U+009F */
    {"\xc2\xa0", 2, 2, 0},          /* U+00A0 */
    {"\xe2\x80\xa7", 3, 3, 0},      /* U+2027 */
    {"\xe2\x80\xa8", 3, 0, 0},      /* U+2028 */
    {"\xe2\x80\xa9", 3, 0, 0},      /* U+2029 */
    {"\xf0\x9f\x98\x80!", 5, 5, 0}, /* U+1F600 */
    {"a\xff", 2, 1, 1},
    {"a\xe2\x82", 3, 1, 1}, /* cut */
};

START_TEST(plain_ends_before_what_is_not)
{
    size_t n = beginnings[_i].length;
    char *text = se__dup(beginnings[_i].text, n);

    ck_assert_uint_eq(se__escape_plain(text, n, false), beginnings[_i].plain);
    ck_assert_uint_eq(se__escape_plain(text, n, true), beginnings[_i].ascii);
    free(text);
}
END_TEST

static const struct {
    const char *text;
    size_t length, taken;
    const char *escape;
} escapes[] = {
    {"\0", 1, 1, "\\u0000"},
    {"\n", 1, 1, "\\n"},
    {"\r", 1, 1, "\\r"},
    {"\t", 1, 1, "\\t"},
    {"\b", 1, 1, "\\b"},
    {"\f", 1, 1, "\\f"},
    {"\"", 1, 1, "\\\""},
    {"\\", 1, 1, "\\\\"},
    {"\x1b[2J", 4, 1, "\\u001b"},
    {"\x7f", 1, 1, "\\u007f"},
    {"\xc2\x9b", 2, 2, "\\u009b"}, /* a terminal's CSI */
    {"\xe2\x80\xa8", 3, 3, "\\u2028"},
    {"\xc3\xa9", 2, 2, "\\u00e9"},
    {"\xf0\x9f\x98\x80", 4, 4, "\\ud83d\\ude00"},
    {"\xf4\x8f\xbf\xbf", 4, 4, "\\udbff\\udfff"},
    {"\xff", 1, 1, "\\ufffd"},
    {"\xe2\x82", 2, 1, "\\ufffd"},
    {"\xed\xa0\x80", 3, 1, "\\ufffd"},
};

START_TEST(escape_of_the_next_character)
{
    size_t n = escapes[_i].length;
    char *text = se__dup(escapes[_i].text, n);
    char out[SE__ESCAPE_SIZE] = "";

    ck_assert_uint_eq(se__escape_next(text, n, out), escapes[_i].taken);
    ck_assert_str_eq(out, escapes[_i].escape);
    free(text);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {plain_ends_before_what_is_not, SE__COUNT(beginnings)},
        {escape_of_the_next_character, SE__COUNT(escapes)},
    };

    return run_suite("escape", rows, SE__COUNT(rows));
}
