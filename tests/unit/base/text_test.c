/* UTF-8, numbers, hex, bounded copies, ids. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* One sequence: how many bytes of it are one character, 0 if none are. */
static const struct {
    const char *bytes;
    size_t n, taken;
} sequences[] = {
    {"", 0, 0},
    {"\x00", 1, 1},
    {"a", 1, 1},
    {"\x7f", 1, 1},
    {"\x80", 1, 0},
    {"\xbf", 1, 0},
    {"\xc2\x80", 2, 2},
    {"\xdf\xbf", 2, 2},
    {"\xc2", 1, 0},
    {"\xc2\x7f", 2, 0},
    {"\xc2\xc0", 2, 0},
    {"\xc0\xaf", 2, 0},             /* overlong '/' */
    {"\xc1\xbf", 2, 0},             /* overlong */
    {"\xe0\xa0\x80", 3, 3},         /* U+0800 */
    {"\xe0\x9f\xbf", 3, 0},         /* overlong */
    {"\xe2\x82\xac", 3, 3},         /* U+20AC */
    {"\xe2\x82", 2, 0},             /* cut */
    {"\xe2\x82\x20", 3, 0},         /* third is no tail */
    {"\xed\x9f\xbf", 3, 3},         /* U+D7FF */
    {"\xed\xa0\x80", 3, 0},         /* U+D800, surrogate */
    {"\xed\xbf\xbf", 3, 0},         /* U+DFFF, surrogate */
    {"\xee\x80\x80", 3, 3},         /* U+E000 */
    {"\xef\xbf\xbf", 3, 3},         /* U+FFFF */
    {"\xf0\x90\x80\x80", 4, 4},     /* U+10000 */
    {"\xf0\x8f\xbf\xbf", 4, 0},     /* overlong */
    {"\xf4\x8f\xbf\xbf", 4, 4},     /* U+10FFFF */
    {"\xf4\x90\x80\x80", 4, 0},     /* U+110000 */
    {"\xf0\x9f\x98\x80", 4, 4},     /* U+1F600 */
    {"\xf0\x9f\x98", 3, 0},         /* cut */
    {"\xf0\x9f\x98\xc0", 4, 0},     /* fourth is no tail */
    {"\xf5\x80\x80\x80", 4, 0},     /* no first byte */
    {"\xf8\x88\x80\x80\x80", 5, 0}, /* five bytes */
    {"\xff", 1, 0},
    {"\xfe", 1, 0},
};

START_TEST(sequence_is_strict)
{
    size_t n = sequences[_i].n;
    size_t taken = sequences[_i].taken;
    /* On the heap, exactly as long: a sanitizer sees each byte too many. */
    char *bytes = se__dup(sequences[_i].bytes, n);

    ck_assert_uint_eq(se__utf8_sequence(bytes, n), taken);
    ck_assert_int_eq(se__utf8_valid(bytes, n), taken > 0 || n == 0);
    free(bytes);
}
END_TEST

/* The table above at every place of a word of eight bytes. */
START_TEST(validity_holds_at_every_offset)
{
    size_t n = sequences[_i].n;
    bool valid = sequences[_i].taken > 0 || n == 0;

    for (size_t before = 0; before < 20; before++) {
        for (size_t after = 0; after < 12; after++) {
            size_t length = before + n + after;
            char *text = malloc(length + 1);

            ck_assert_ptr_nonnull(text);
            memset(text, 'a', length);
            memcpy(text + before, sequences[_i].bytes, n);
            ck_assert_int_eq(se__utf8_valid(text, length), valid);
            free(text);
        }
    }
}
END_TEST

/* Every code point there is, and none of the surrogates. */
START_TEST(every_code_point)
{
    for (unsigned c = 0x800; c < 0x110000; c++) {
        bool wide = c >= 0x10000;
        unsigned char text[4] = {
            (unsigned char)(wide ? 0xf0 | c >> 18 : 0xe0 | c >> 12),
            (unsigned char)(0x80 | (wide ? c >> 12 & 63 : c >> 6 & 63)),
            (unsigned char)(0x80 | (wide ? c >> 6 & 63 : c & 63)),
            (unsigned char)(0x80 | (c & 63)),
        };
        size_t n = wide ? 4 : 3;
        bool surrogate = c >= 0xd800 && c < 0xe000;

        if (se__utf8_sequence((char *)text, n) != (surrogate ? 0 : n)) {
            ck_abort_msg("U+%X", c);
        }
    }
}
END_TEST

START_TEST(length_counts_characters)
{
    static const char text[] = "a\xd1\x84\xe2\x82\xac\xf0\x9f\x98\x80z";

    ck_assert_uint_eq(se__utf8_length(text, sizeof(text) - 1), 5);
    ck_assert_uint_eq(se__utf8_length("", 0), 0);
}
END_TEST

START_TEST(clean_means_no_control_character)
{
    for (int c = 0; c < 256; c++) {
        char text[3] = {'a', (char)c, 'b'};
        bool control = c < 0x20 || c == 0x7f;

        ck_assert_int_eq(se__text_is_clean(text, 3), !control);
        ck_assert_int_eq(se__text_is_clean(text + 1, 1), !control);
    }
    ck_assert(se__text_is_clean("\n", 0));
}
END_TEST

static const struct {
    const char *text;
    bool good;
    int64_t value;
} numbers[] = {
    {"0", true, 0},
    {"-0", true, 0},
    {"7", true, 7},
    {"-12", true, -12},
    {"007", true, 7},
    {"9007199254740993", true, INT64_C(9007199254740993)},
    {"9223372036854775807", true, INT64_MAX},
    {"-9223372036854775807", true, -INT64_MAX},
    {"-9223372036854775808", true, INT64_MIN},
    {"9223372036854775808", false, 0},
    {"-9223372036854775809", false, 0},
    {"92233720368547758070", false, 0},
    {"18446744073709551616", false, 0},
    {"18446744073709551617", false, 0},
    {"", false, 0},
    {"-", false, 0},
    {"--1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1.0", false, 0},
    {"1e3", false, 0},
    {"0x10", false, 0},
    {"1/", false, 0},
    {"1:", false, 0},
    {"\xd9\xa1", false, 0},
};

START_TEST(int64_is_exact)
{
    int64_t value = 99;
    size_t length = strlen(numbers[_i].text);
    char *text = se__dup(numbers[_i].text, length);

    ck_assert_int_eq(se__parse_int64(text, length, &value), numbers[_i].good);
    ck_assert_int_eq(value, numbers[_i].good ? numbers[_i].value : 99);
    free(text);
}
END_TEST

START_TEST(int64_ends_at_its_length)
{
    int64_t value = 0;

    ck_assert(se__parse_int64("1234", 2, &value));
    ck_assert_int_eq(value, 12);
    ck_assert(!se__parse_int64("1\0", 2, &value));
}
END_TEST

START_TEST(hex_is_lower_case)
{
    static const uint8_t bytes[] = {0x00, 0x01, 0x9a, 0xff};
    char out[9];

    se__hex(out, bytes, sizeof(bytes));
    ck_assert_str_eq(out, "00019aff");
    se__hex(out, bytes, 0);
    ck_assert_str_eq(out, "");
}
END_TEST

static const struct {
    size_t size;
    const char *in, *copied, *cleaned;
} copies[] = {
    {8, "short", "short", "short"},
    {6, "short", "short", "short"},
    {5, "short", "shor", "shor"},
    {1, "short", "", ""},
    {4, "a\xd1\x84\xd0\xb0", "a\xd1\x84", "a\xd1\x84"},
    {3, "a\xd1\x84\xd0\xb0", "a", "a"},
    {4, "\xe2\x82\xac", "\xe2\x82\xac", "\xe2\x82\xac"},
    {3, "\xe2\x82\xac", "", ""},
    {6, "a\xf0\x9f\x98\x80z", "a\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80"},
    {5, "a\xf0\x9f\x98\x80z", "a", "a"},
    {4, "a\xf0\x9f\x98\x80z", "a", "a"},
    {3, "a\xf0\x9f\x98\x80z", "a", "a"},
    /* no UTF-8: cut where it must be, not at the beginning */
    {7, "a\xbf\xbf\xbf\xbf\xbf\xbf\xbf", "a\xbf\xbf\xbf\xbf\xbf", "a?????"},
    {9, "a\nb\x01\x7f", "a\nb\x01\x7f", "a?b??"},
    {9, "\xed\xa0\x80", "\xed\xa0\x80", "???"},
    {9, "\xc2\x80\xc2\x9f\xc2\xa0", "\xc2\x80\xc2\x9f\xc2\xa0", "??\xc2\xa0"},
    {2, "\xc2\x80z", "", "?"},
};

START_TEST(copies_end_between_characters)
{
    size_t size = copies[_i].size;
    char *out = malloc(size);

    ck_assert_ptr_nonnull(out);
    memset(out, 'x', size);
    se__copy_text(out, size, copies[_i].in);
    ck_assert_str_eq(out, copies[_i].copied);
    ck_assert_uint_eq(se__text_fit(copies[_i].in, size),
                      strlen(copies[_i].copied));
    memset(out, 'x', size);
    se__clean_copy(out, size, copies[_i].in);
    ck_assert_str_eq(out, copies[_i].cleaned);
    free(out);
}
END_TEST

START_TEST(copies_into_nothing)
{
    char untouched = 'x';

    se__copy_text(&untouched, 0, "text");
    se__clean_copy(&untouched, 0, "text");
    ck_assert_int_eq(untouched, 'x');
    ck_assert_uint_eq(se__text_fit("text", 0), 0);
}
END_TEST

#define SIXTY "123456789012345678901234567890123456789012345678901234567890"

static const struct {
    const char *id;
    bool valid;
} ids[] = {
    {"se-1", true},       {"A.b_c-9", true},      {".", true},
    {SIXTY "1234", true}, {SIXTY "12345", false}, {"", false},
    {"a b", false},       {"a/b", false},         {"a:b", false},
    {"a{b}", false},      {"a\n", false},         {"\xd1\x84", false},
    {"a\"", false},       {"a*", false},          {"a@", false},
    {"a[", false},        {"a`", false},          {"a,", false},
};

START_TEST(id_is_safe)
{
    ck_assert_int_eq(se__id_valid(ids[_i].id), ids[_i].valid);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {sequence_is_strict, SE__COUNT(sequences)},
        {validity_holds_at_every_offset, SE__COUNT(sequences)},
        {every_code_point, 1},
        {length_counts_characters, 1},
        {clean_means_no_control_character, 1},
        {int64_is_exact, SE__COUNT(numbers)},
        {int64_ends_at_its_length, 1},
        {hex_is_lower_case, 1},
        {copies_end_between_characters, SE__COUNT(copies)},
        {copies_into_nothing, 1},
        {id_is_safe, SE__COUNT(ids)},
    };

    return run_suite("text", rows, SE__COUNT(rows));
}
