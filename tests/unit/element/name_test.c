/*
 * File names as they go over the wire: ordinary ones as they are, nasty ones
 * made harmless.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "element/upload_form.h"
#include "suite.h"

typedef struct name_row {
    const char *from, *to;
} name_row;

static const name_row rows[] = {
    /* as they are */
    {"a.txt", "a.txt"},
    {"no extension", "no extension"},
    {".hidden", ".hidden"},
    {"..a", "..a"},
    {"a..", "a.."},
    {"a b.txt", "a b.txt"},
    {" a ", " a "},
    {"-rf", "-rf"},
    {"~", "~"},
    {"$(id)", "$(id)"},
    {"`id`", "`id`"},
    {"%s%n", "%s%n"},
    {"%2e%2e%2f", "%2e%2e%2f"},
    {"a;b=c", "a;b=c"},
    {"'\"quoted\"'", "'\"quoted\"'"},
    {"CON", "CON"},
    {"a:b", "a:b"},
    {"<script>", "<script>"},
    {"*?|", "*?|"},
    {"\xd0\xa4\xd0\xb0\xd0\xb9\xd0\xbb.pdf",
     "\xd0\xa4\xd0\xb0\xd0\xb9\xd0\xbb.pdf"},
    {"\xe6\x96\x87\xe4\xbb\xb6.txt", "\xe6\x96\x87\xe4\xbb\xb6.txt"},
    {"\xf0\x9f\x93\x84.txt", "\xf0\x9f\x93\x84.txt"},
    {"e\xcc\x81.txt", "e\xcc\x81.txt"},
    {"\xd9\x85\xd9\x84\xd9\x81.txt", "\xd9\x85\xd9\x84\xd9\x81.txt"},
    {"\xc2\xa0.txt", "\xc2\xa0.txt"},
    {"\xe2\x80\x90.txt", "\xe2\x80\x90.txt"},
    /* the last component */
    {"/etc/passwd", "passwd"},
    {"../../etc/passwd", "passwd"},
    {"..\\..\\boot.ini", "boot.ini"},
    {"C:\\a\\b.txt", "b.txt"},
    {"a/b\\c/d.txt", "d.txt"},
    {"//host/share/a", "a"},
    {"a//b", "b"},
    {"./a", "a"},
    /* nothing left */
    {"", "unknown"},
    {"/", "unknown"},
    {"a/", "unknown"},
    {"a\\", "unknown"},
    {".", "unknown"},
    {"..", "unknown"},
    {"...", "unknown"},
    {"a/..", "unknown"},
    {" ", "unknown"},
    {". .", "unknown"},
    {"\x01\x02", "unknown"},
    {"\xff\xfe", "unknown"},
    {"\xe2\x80\xae", "unknown"},
    /* controls */
    {"a\r\nb.txt", "ab.txt"},
    {"a\r\nX-Evil: 1\r\n\r\nb", "aX-Evil: 1b"},
    {"a\nb", "ab"},
    {"\ta\x1b[31m", "a[31m"},
    {"a\x7f.txt", "a.txt"},
    {"a\xc2\x80\xc2\x85\xc2\x9f.txt", "a.txt"},
    /* what turns the direction: "txt.exe" must not look like "exe.txt" */
    {"photo\xe2\x80\xaegpj.exe", "photogpj.exe"},
    {"\xe2\x80\x8e\xe2\x80\x8f"
     "a",
     "a"},
    {"\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad"
     "a",
     "a"},
    {"\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"
     "a",
     "a"},
    {"\xd8\x9c"
     "a",
     "a"},
    {"a\xe2\x80\xa8"
     "b\xe2\x80\xa9"
     "c",
     "abc"},
    /* the neighbours of those stay */
    {"\xe2\x80\x8d\xe2\x80\x90", "\xe2\x80\x8d\xe2\x80\x90"},
    {"\xe2\x80\xa7\xe2\x80\xaf", "\xe2\x80\xa7\xe2\x80\xaf"},
    {"\xe2\x81\xa5\xe2\x81\xaa", "\xe2\x81\xa5\xe2\x81\xaa"},
    {"\xd8\x9b\xd8\x9d", "\xd8\x9b\xd8\x9d"},
    /* not UTF-8 */
    {"a\xff"
     "b",
     "ab"},
    {"a\xc3", "a"},
    {"\xc0\xaf"
     "etc",
     "etc"},
    {"\xed\xa0\x80"
     "a",
     "a"},
    {"\xf4\x90\x80\x80"
     "a",
     "a"},
    {"a\xe2\x82", "a"},
    {"\x80\x80"
     "a",
     "a"},
};

START_TEST(one_name)
{
    char *name = se__upload_name(rows[_i].from);

    ck_assert_ptr_nonnull(name);
    ck_assert_str_eq(name, rows[_i].to);
    free(name);
}
END_TEST

/* ---- long names ---- */

static char *long_name(size_t stem, const char *piece, const char *extension)
{
    size_t length = strlen(piece);
    char *name = malloc(stem * length + strlen(extension) + 1);

    for (size_t i = 0; i < stem; i++) {
        memcpy(name + i * length, piece, length);
    }
    memcpy(name + stem * length, extension, strlen(extension) + 1);
    return name;
}

typedef struct long_row {
    size_t stem;
    const char *piece, *extension;
    size_t length;          /* expected, bytes */
    const char *expect_end; /* of the name */
} long_row;

static const long_row long_rows[] = {
    {251, "a", ".txt", 255, "aa.txt"},
    {255, "a", "", 255, "aa"},
    {256, "a", "", 255, "aa"},
    {252, "a", ".txt", 255, "aa.txt"},
    {5000, "a", ".tar.gz", 255, "aa.gz"},
    {5000, "a", ".fifteenletters!", 255, "a.fifteenletters!"},
    {5000, "a", ".sixteen_letters!", 255, "aaaa"},
    {200, "\xe2\x82\xac", ".pdf", 253, "\xe2\x82\xac.pdf"},
    {200, "\xe2\x82\xac", "", 255, "\xe2\x82\xac"},
    {200, "\xf0\x9f\x93\x84", "", 252, "\xf0\x9f\x93\x84"},
    {200, "\xf0\x9f\x93\x84", ".\xd1\x82\xd1\x85\xd1\x82", 255,
     "\xf0\x9f\x93\x84.\xd1\x82\xd1\x85\xd1\x82"},
    {300, ".", "aaaaaaaaaaaaaaaaaaaaaaaa", 7, "unknown"},
    {300, " ", ".txt", 255, "  .txt"},
};

START_TEST(long_names_keep_their_extension)
{
    const long_row *row = &long_rows[_i];
    char *from = long_name(row->stem, row->piece, row->extension);
    char *name = se__upload_name(from);
    size_t tail = strlen(row->expect_end);

    ck_assert_uint_eq(strlen(name), row->length);
    ck_assert_str_eq(name + strlen(name) - tail, row->expect_end);
    ck_assert(se__utf8_valid(name, strlen(name)));
    free(name);
    free(from);
}
END_TEST

/* ---- whatever the name ---- */

static void assert_harmless(const char *from)
{
    se__upload_fields fields = {
        .file_id = "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9", .ttl_days = 30};
    se__upload_form form;
    char *name = se__upload_name(from);
    char *again = se__upload_name(name);
    const char *line;
    const char *end;

    ck_assert_str_eq(name, again);
    ck_assert(name[0] != '\0');
    ck_assert_uint_le(strlen(name), 255);
    ck_assert(se__utf8_valid(name, strlen(name)));
    ck_assert(se__text_is_clean(name, strlen(name)));
    ck_assert_ptr_null(strpbrk(name, "/\\"));
    ck_assert_str_ne(name, ".");
    ck_assert_str_ne(name, "..");

    /* In the form: one line, one file name, and nothing behind it. */
    fields.name = name;
    ck_assert_int_eq(se__upload_form_build(&fields, &form, NULL), SE_OK);
    line = strstr(form.before, "name=\"file\"; filename=\"");
    ck_assert_ptr_nonnull(line);
    line += strlen("name=\"file\"; filename=\"");
    end = strchr(line, '"');
    ck_assert_int_eq(strncmp(end, "\"\r\nContent-Type: application/octet-", 35),
                     0);
    ck_assert_ptr_null(strstr(line, "filename=\""));
    se__upload_form_fini(&form);
    free(again);
    free(name);
}

/* Every byte, alone and inside a name; every pair around a slash. */
START_TEST(every_byte_is_harmless)
{
    for (int c = 1; c < 256; c++) {
        char alone[] = {(char)c, '\0'};
        char inside[] = {'a', (char)c, 'b', '.', 't', '\0'};
        char doubled[] = {(char)c, (char)c, '/', (char)c, '"', '\0'};

        assert_harmless(alone);
        assert_harmless(inside);
        assert_harmless(doubled);
    }
}
END_TEST

START_TEST(every_row_is_harmless)
{
    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        assert_harmless(rows[i].from);
    }
    for (size_t i = 0; i < SE__COUNT(long_rows); i++) {
        char *from = long_name(long_rows[i].stem, long_rows[i].piece,
                               long_rows[i].extension);

        assert_harmless(from);
        free(from);
    }
}
END_TEST

/* Two hundred names made of nasty pieces, always the same ones. */
START_TEST(mixtures_are_harmless)
{
    static const char *const pieces[] = {
        "..", "/",  "\\",           "\"",  "\r\n",         "\xe2\x80\xae",
        "a",  ".",  "\xd0\x96",     "%22", "\xf0\x9f\x93", "\xff",
        "; ", "=",  "filename=\"x", " ",   "\xc2\x85",     "--",
        "\t", "\n", "\x7f",         "'",   "\xe2\x82\xac", ".tar.gz",
    };
    uint32_t state = 1;

    for (int i = 0; i < 200; i++) {
        char from[2000] = "";
        size_t at = 0;
        int n = 1 + i % 90;

        for (int k = 0; k < n; k++) {
            const char *piece;

            state = state * 1664525U + 1013904223U;
            piece = pieces[(state >> 16) % SE__COUNT(pieces)];
            memcpy(from + at, piece, strlen(piece) + 1);
            at += strlen(piece);
        }
        assert_harmless(from);
    }
}
END_TEST

int main(void)
{
    const test_row tests[] = {
        {one_name, SE__COUNT(rows)},
        {long_names_keep_their_extension, SE__COUNT(long_rows)},
        {every_byte_is_harmless, 1},
        {every_row_is_harmless, 1},
        {mixtures_are_harmless, 1}};

    return run_suite("upload name", tests, SE__COUNT(tests));
}
