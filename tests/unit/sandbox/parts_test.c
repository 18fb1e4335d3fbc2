/* The small parts: text, identifiers, the table of files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "ident.h"
#include "table.h"
#include "text.h"

START_TEST(prints_json_strings)
{
    static const struct {
        const char *string, *json, *ascii;
    } rows[] = {
        {"", "\"\"", "\"\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""},
        {"\n\x01\x7f", "\"\\u000a\\u0001\\u007f\"",
         "\"\\u000a\\u0001\\u007f\""},
        {"\xc3\xa9", "\"\xc3\xa9\"", "\"\\u00e9\""},
        {"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\""},
        {"\xff"
         "a\xc3",
         "\"\\ufffda\\ufffd\"", "\"\\ufffda\\ufffd\""},
        {"\xc0\xaf", "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"",
         "\"\\ufffd\\ufffd\\ufffd\""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        sb_text text = {0};

        sb_text_json(&text, rows[i].string);
        ck_assert_str_eq(text.data, rows[i].json);
        sb_text_reset(&text);
        sb_text_json_ascii(&text, rows[i].string);
        ck_assert_str_eq(text.data, rows[i].ascii);
        sb_text_fini(&text);
    }
}
END_TEST

START_TEST(grows)
{
    sb_text text = {0};

    for (int i = 0; i < 10000; i++) {
        sb_text_printf(&text, "%04d,", i);
    }
    ck_assert(!text.failed);
    ck_assert_uint_eq(text.length, 50000);
    ck_assert_str_eq(text.data + 49990, "9998,9999,");
    sb_text_fini(&text);
}
END_TEST

START_TEST(reads_and_prints_uuids)
{
    static const char *const bad[] = {
        "",
        "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e1",
        "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e111",
        "0b54cd5f_6e0b-4c6c-9f3e-2a8b0c7d9e11",
        "0b54cd5g-6e0b-4c6c-9f3e-2a8b0c7d9e11",
        "0b54cd5f6-e0b-4c6c-9f3e-2a8b0c7d9e11",
    };
    uint8_t id[SB_UUID_BYTES], other[SB_UUID_BYTES];
    char text[SB_UUID_SIZE];

    ck_assert(sb_uuid_parse("0B54CD5F-6e0b-4c6c-9f3e-2a8b0c7d9e11", id));
    sb_uuid_print(id, text);
    ck_assert_str_eq(text, "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e11");
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        ck_assert(!sb_uuid_parse(bad[i], id));
    }
    ck_assert(sb_uuid_new(id));
    ck_assert(sb_uuid_new(other));
    ck_assert_mem_ne(id, other, sizeof(id));
    sb_uuid_print(id, text);
    ck_assert_int_eq(text[14], '4');
    ck_assert_ptr_nonnull(strchr("89ab", text[19]));
}
END_TEST

START_TEST(reads_numbers)
{
    static const struct {
        const char *text;
        int64_t value; /* -1: none */
    } rows[] = {
        {"0", 0},
        {"12", 12},
        {"", -1},
        {"-1", -1},
        {"1x", -1},
        {" 1", -1},
        {"0x1", -1},
        {"999999999999999999", 999999999999999999},
        {"99999999999999999999", -1},
    };
    int64_t value;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_int_eq(sb_number_parse(rows[i].text, &value),
                         rows[i].value >= 0);
        if (rows[i].value >= 0) {
            ck_assert_int_eq(value, rows[i].value);
        }
    }
}
END_TEST

START_TEST(prints_times)
{
    char time[SB_TIME_SIZE];

    sb_time_print(1772356530123456, time);
    ck_assert_str_eq(time, "2026-03-01T09:15:30.123456Z");
    sb_time_print(1772356530000007, time);
    ck_assert_str_eq(time, "2026-03-01T09:15:30.000007Z");
}
END_TEST

START_TEST(finds_files)
{
    sb_table table = {0};
    uint8_t id[SB_UUID_BYTES] = {0};

    ck_assert_ptr_null(sb_table_find(&table, id));
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            sb_file *file;

            memcpy(id, &i, sizeof(i));
            file = sb_table_put(&table, id);
            ck_assert_ptr_nonnull(file);
            ck_assert_int_eq(file->size, round * (int64_t)i);
            file->size = i;
        }
    }
    ck_assert_uint_eq(table.n_used, 5000);
    id[15] = 1;
    ck_assert_ptr_null(sb_table_find(&table, id));
    sb_table_fini(&table);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox parts");
    TCase *tcase = tcase_create("parts");
    SRunner *runner = srunner_create(suite);
    int failures;

    tcase_add_test(tcase, prints_json_strings);
    tcase_add_test(tcase, grows);
    tcase_add_test(tcase, reads_and_prints_uuids);
    tcase_add_test(tcase, reads_numbers);
    tcase_add_test(tcase, prints_times);
    tcase_add_test(tcase, finds_files);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
