/* Lines of the log: exact, and still lines when what they say is hostile. */
#include "suite.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comma_locale.h"

#include "base/mem.h"
#include "base/text.h"
#include "observe/log.h"
#include "wire/json.h"

#define TIME_US INT64_C(1772356530000042) /* 2026-03-01T09:15:30.000042Z */

static const se_log_format formats[] = {SE_LOG_TEXT, SE_LOG_JSON, SE_LOG_FLAT};

static const char *const ids[] = {"se-1", "se 2", "\xd0\xa9"};

static const se_log_field all_types[] = {
    SE__LOG_STR("se_id", "se-04"),
    SE__LOG_STR("endpoint", "http://h:1"),
    SE__LOG_STR("empty", ""),
    SE__LOG_STR("none", NULL),
    SE__LOG_STR("words", "a \"b\" = c"),
    SE__LOG_STR("name", "\xc3\xa9"),
    SE__LOG_INT("least", INT64_MIN),
    SE__LOG_DOUBLE("share", 0.25),
    SE__LOG_DOUBLE("no_number", NAN),
    SE__LOG_BOOL("held", true),
    SE__LOG_BOOL("known", false),
    SE__LOG_LIST("added", ids, 3),
    SE__LOG_LIST("removed", NULL, 0),
};

static const char *const exact[] = {
    [SE_LOG_TEXT] =
        "2026-03-01T09:15:30.000042Z INFO registry: SE added se_id=se-04 "
        "endpoint=http://h:1 empty=\"\" none=null words=\"a \\\"b\\\" = c\" "
        "name=\xc3\xa9 least=-9223372036854775808 share=0.25 no_number=null "
        "held=true known=false added=[se-1,\"se 2\",\xd0\xa9] removed=[]\n",
    [SE_LOG_JSON] =
        "{\"timestamp\":\"2026-03-01T09:15:30.000042Z\",\"level\":\"INFO\","
        "\"message\":\"SE added\",\"extra\":{\"component\":\"registry\","
        "\"se_id\":\"se-04\",\"endpoint\":\"http://h:1\",\"empty\":\"\","
        "\"none\":null,\"words\":\"a \\\"b\\\" = c\",\"name\":\"\xc3\xa9\","
        "\"least\":-9223372036854775808,\"share\":0.25,\"no_number\":null,"
        "\"held\":true,\"known\":false,"
        "\"added\":[\"se-1\",\"se 2\",\"\xd0\xa9\"],\"removed\":[]}}\n",
    [SE_LOG_FLAT] =
        "{\"timestamp\": \"2026-03-01T09:15:30.000042Z\", \"level\": "
        "\"INFO\", \"name\": \"artstore.registry\", \"message\": \"SE added\", "
        "\"se_id\": \"se-04\", \"endpoint\": \"http://h:1\", \"empty\": \"\", "
        "\"none\": null, \"words\": \"a \\\"b\\\" = c\", \"name_\": "
        "\"\\u00e9\", \"least\": -9223372036854775808, \"share\": 0.25, "
        "\"no_number\": null, \"held\": true, \"known\": false, \"added\": "
        "[\"se-1\", \"se 2\", \"\\u0429\"], \"removed\": [], "
        "\"logger\": \"artstore.registry\", \"module\": \"registry\", "
        "\"function\": \"\", \"line\": 0, "
        "\"app_name\": \"artstore-ingester\", \"app_version\": \"0.1.0\"}\n",
};

static se_log_event event_of(const char *message, const se_log_field *fields,
                             size_t n_fields)
{
    return (se_log_event){
        .size = sizeof(se_log_event),
        .level = SE_LOG_INFO,
        .time_us = TIME_US,
        .component = "registry",
        .message = message,
        .fields = fields,
        .n_fields = n_fields,
    };
}

static void check_exact(se_log_format format)
{
    char line[SE_LOG_LINE_SIZE];
    se_log_event event = event_of("SE added", all_types, SE__COUNT(all_types));
    size_t length = se_log_write(line, sizeof(line), format, &event);

    ck_assert_str_eq(line, exact[format]);
    ck_assert_uint_eq(length, strlen(line));
}

START_TEST(line_is_exact)
{
    check_exact(formats[_i]);
}
END_TEST

/* ---- what readers of JSON and of terminals must not meet ---- */

/* One line, its end included, all of it UTF-8 and printable. */
static void check_line(const char *line, size_t length)
{
    ck_assert_uint_eq(strlen(line), length);
    ck_assert_uint_gt(length, 0);
    ck_assert_int_eq(line[length - 1], '\n');
    ck_assert(se__text_is_clean(line, length - 1));
    ck_assert(se__utf8_valid(line, length));
    ck_assert_ptr_null(strstr(line, "\xe2\x80\xa8"));
    ck_assert_ptr_null(strstr(line, "\xe2\x80\xa9"));
    ck_assert_ptr_null(strstr(line, "\xc2\x9b"));
}

/* The document, with no name twice; free it. */
static se__json *check_json(const char *line, size_t length)
{
    se__json *json = NULL;
    se_error err = SE_ERROR_INIT;

    check_line(line, length);
    ck_assert_msg(se__json_parse(line, length - 1, &se__json_document_limits,
                                 &json, &err) == SE_OK,
                  "%s: %s", err.message, line);
    return json;
}

static const se__json_value *extra_of(const se__json *json,
                                      se_log_format format)
{
    const se__json_value *root = se__json_root(json);

    return format == SE_LOG_JSON ? se__json_get(root, "extra") : root;
}

static void write_and_check(const se_log_event *event, char *line, size_t size)
{
    for (size_t i = 0; i < SE__COUNT(formats); i++) {
        size_t length = se_log_write(line, size, formats[i], event);

        if (formats[i] == SE_LOG_TEXT) {
            check_line(line, length);
        } else {
            se__json_free(check_json(line, length));
        }
    }
}

/* Every byte, and those that make trouble together, in every place. */
START_TEST(hostile_text_stays_a_line)
{
    static const char *const more[] = {
        "\xe2\x80\xa8\xe2\x80\xa9",
        "\x1b[2J\x1b]0;owned\x07",
        "\xc2\x9b[J",
        "\xed\xa0\x80\xed\xb0\x80",
        "\xf4\x90\x80\x80",
        "\xc0\x80",
        "\"}\n{\"level\":\"ERROR\"}",
        "\\",
        "\\u0000",
        "\r\n",
    };
    char line[SE_LOG_LINE_SIZE];

    for (size_t i = 1; i < 256 + SE__COUNT(more); i++) {
        char text[64] = {'a', (char)i, 'z', '\0'};
        const char *const list[] = {text, text};
        se_log_field fields[] = {
            SE__LOG_STR("error", text),
            SE__LOG_LIST("ids", list, 2),
            SE__LOG_INT(text, 1),
        };
        se_log_event event = event_of(text, fields, SE__COUNT(fields));

        if (i >= 256) {
            se__copy_text(text, sizeof(text), more[i - 256]);
        }
        event.component = text;
        write_and_check(&event, line, sizeof(line));
    }
}
END_TEST

/* What was written is what is read, of valid text. */
START_TEST(text_reads_back)
{
    static const char text[] = "a\x01\"\\\n\t\x7f\xc3\xa9\xe2\x80\xa8 z";
    se_log_format format = formats[1 + _i];
    se_log_field field = SE__LOG_STR("error", text);
    se_log_event event = event_of(text, &field, 1);
    char line[SE_LOG_LINE_SIZE];
    size_t length = se_log_write(line, sizeof(line), format, &event);
    se__json *json = check_json(line, length);

    ck_assert_str_eq(
        se__json_string(se__json_get(se__json_root(json), "message")), text);
    ck_assert_str_eq(
        se__json_string(se__json_get(extra_of(json, format), "error")), text);
    se__json_free(json);
}
END_TEST

/* ---- limits ---- */

START_TEST(long_text_is_cut)
{
    se_log_format format = formats[1 + _i];
    char text[3000] = "";
    se_log_field fields[] = {SE__LOG_STR("error", text),
                             SE__LOG_INT("after", 1)};
    se_log_event event = event_of("said", fields, 2);
    char line[SE_LOG_LINE_SIZE];
    const char *error;
    se__json *json;
    bool cut = false;

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text + 1023, "\xc3\xa9", 2); /* where it is cut */
    json = check_json(line, se_log_write(line, sizeof(line), format, &event));
    error = se__json_string(se__json_get(extra_of(json, format), "error"));
    ck_assert_uint_eq(strlen(error), 1023 + 3);
    ck_assert_str_eq(error + 1020, "aaa...");
    ck_assert(
        se__json_bool(se__json_get(extra_of(json, format), "truncated"), &cut));
    ck_assert(cut);
    ck_assert_ptr_nonnull(se__json_get(extra_of(json, format), "after"));
    se__json_free(json);
}
END_TEST

/* 1024 bytes are not too many. */
START_TEST(text_of_the_limit_is_whole)
{
    char text[1025] = "";
    se_log_field field = SE__LOG_STR("error", text);
    se_log_event event = event_of("said", &field, 1);
    char line[SE_LOG_LINE_SIZE];

    memset(text, 'a', 1024);
    text[1024] = '\0';
    se_log_write(line, sizeof(line), SE_LOG_JSON, &event);
    ck_assert_ptr_null(strstr(line, "truncated"));
    ck_assert_ptr_nonnull(strstr(line, text));
}
END_TEST

START_TEST(long_list_is_cut)
{
    se_log_format format = formats[1 + _i];
    const char *many[1000] = {NULL};
    se_log_field field = SE__LOG_LIST("added", many, 1000);
    se_log_event event = event_of("said", &field, 1);
    char line[SE_LOG_LINE_SIZE];
    se__json *json;

    for (size_t i = 0; i < SE__COUNT(many); i++) {
        many[i] = "storage-element";
    }
    json = check_json(line, se_log_write(line, sizeof(line), format, &event));
    ck_assert_uint_eq(
        se__json_count(se__json_get(extra_of(json, format), "added")), 64);
    ck_assert_ptr_nonnull(se__json_get(extra_of(json, format), "truncated"));
    se__json_free(json);
}
END_TEST

/* The worst of everything in every size: whole lines, within the size. */
START_TEST(any_size_gives_whole_lines)
{
    char text[200] = "";
    const char *list[80];
    se_log_field fields[] = {SE__LOG_STR("error", text),
                             SE__LOG_LIST("added", list, 80),
                             SE__LOG_STR("se_id", "se-1"), SE__LOG_INT("n", 5)};
    se_log_event event = event_of(text, fields, SE__COUNT(fields));
    size_t written = 0;

    event.component = text;
    memset(text, 1, sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (size_t i = 0; i < SE__COUNT(list); i++) {
        list[i] = text;
    }
    for (size_t size = 0; size < 9000; size += size < 300 ? 1 : 61) {
        char *line = malloc(size + 1);
        size_t length;

        line[size] = '#';
        length = se_log_write(line, size, formats[_i], &event);
        ck_assert_int_eq(line[size], '#');
        ck_assert_uint_lt(length, size + (size == 0));
        ck_assert(length > 0 || size == 0 || line[0] == '\0');
        ck_assert(length > 0 || written == 0);
        written = length;
        if (length > 0) {
            check_line(line, length);
        }
        if (length > 0 && formats[_i] != SE_LOG_TEXT) {
            se__json_free(check_json(line, length));
        }
        free(line);
    }
    ck_assert_uint_gt(written, 8000);
}
END_TEST

/* What is small and comes last is not lost for what was too big before. */
START_TEST(field_that_does_not_fit_is_left_out)
{
    char text[900] = "";
    se_log_field fields[] = {SE__LOG_STR("error", text),
                             SE__LOG_STR("se_id", "se-1")};
    se_log_event event = event_of("said", fields, 2);
    char line[600];

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    se_log_write(line, sizeof(line), SE_LOG_JSON, &event);
    ck_assert_str_eq(strstr(line, "\"extra\""),
                     "\"extra\":{\"component\":\"registry\","
                     "\"se_id\":\"se-1\",\"truncated\":true}}\n");
}
END_TEST

/* ---- odd events ---- */

START_TEST(nothing_is_needed_but_the_event)
{
    const char *const list[] = {NULL};
    se_log_field fields[] = {
        {.key = NULL}, SE__LOG_LIST("l", list, 1), {.key = "k", .type = 77}};
    se_log_event event = {.size = sizeof(event), .level = 9};
    char line[SE_LOG_LINE_SIZE];

    event.fields = fields;
    event.n_fields = SE__COUNT(fields);
    write_and_check(&event, line, sizeof(line));
    se_log_write(line, sizeof(line), (se_log_format)17, &event);
    ck_assert_str_eq(line,
                     "1970-01-01T00:00:00.000000Z ? ?:  l=[null] k=null\n");
}
END_TEST

START_TEST(names_of_the_line_are_not_given_twice)
{
    static const char *const names[] = {
        "timestamp", "level",       "name",     "message",  "extra",
        "component", "logger",      "module",   "function", "line",
        "app_name",  "app_version", "truncated"};
    se_log_field fields[SE__COUNT(names)] = {{NULL}};
    se_log_event event = event_of("said", fields, SE__COUNT(fields));
    char line[SE_LOG_LINE_SIZE];

    for (size_t i = 0; i < SE__COUNT(names); i++) {
        fields[i] = (se_log_field)SE__LOG_STR(names[i], "mine");
    }
    write_and_check(&event, line, sizeof(line)); /* refuses a name twice */
    se_log_write(line, sizeof(line), SE_LOG_FLAT, &event);
    ck_assert_ptr_nonnull(strstr(line, "\"message_\": \"mine\""));
    ck_assert_ptr_nonnull(strstr(line, "\"extra\": \"mine\""));
}
END_TEST

/* Events of the caller's own did not pass the library. */
START_TEST(secrets_are_masked)
{
    const char *const list[] = {"Bearer SECRET_1"};
    se_log_field fields[] = {
        SE__LOG_STR("url", "redis://:SECRET_2@h"), SE__LOG_LIST("l", list, 1),
        SE__LOG_STR("password", "SECRET_3"), SE__LOG_LIST("token", list, 1)};
    se_log_event event = event_of("token=SECRET_4", fields, 4);
    char line[SE_LOG_LINE_SIZE];

    se_log_write(line, sizeof(line), formats[_i], &event);
    ck_assert_msg(!strstr(line, "SECRET"), "%s", line);
    ck_assert_ptr_nonnull(strstr(line, "redis://********@h"));
}
END_TEST

START_TEST(decimal_comma_changes_nothing)
{
    if (comma_locale_set()) {
        for (size_t i = 0; i < SE__COUNT(formats); i++) {
            check_exact(formats[i]);
        }
    }
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {line_is_exact, SE__COUNT(formats)},
        {hostile_text_stays_a_line, 1},
        {text_reads_back, 2},
        {long_text_is_cut, 2},
        {text_of_the_limit_is_whole, 1},
        {long_list_is_cut, 2},
        {any_size_gives_whole_lines, SE__COUNT(formats)},
        {field_that_does_not_fit_is_left_out, 1},
        {nothing_is_needed_but_the_event, 1},
        {names_of_the_line_are_not_given_twice, 1},
        {secrets_are_masked, SE__COUNT(formats)},
        {decimal_comma_changes_nothing, 1},
    };

    return run_suite("log_write", rows, SE__COUNT(rows));
}
