/* What the caller's log function is given. */
#include "suite.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "observe/log.h"

static const struct {
    int level;
    const char *name;
} levels[] = {
    {SE_LOG_DEBUG, "DEBUG"},
    {SE_LOG_INFO, "INFO"},
    {SE_LOG_WARNING, "WARNING"},
    {SE_LOG_ERROR, "ERROR"},
    {4, "?"},
    {-1, "?"},
    {1 << 30, "?"},
};

START_TEST(level_name)
{
    ck_assert_str_eq(se_log_level_name((se_log_level)levels[_i].level),
                     levels[_i].name);
}
END_TEST

/* A copy of the last event; its views end with the call. */
typedef struct heard {
    int calls;
    se_log_event event;
    se_log_field fields[8];
} heard;

static void hear(void *user, const se_log_event *event)
{
    heard *h = user;

    h->calls++;
    h->event = *event;
    ck_assert_uint_le(event->n_fields, SE__COUNT(h->fields));
    memcpy(h->fields, event->fields, event->n_fields * sizeof(h->fields[0]));
}

START_TEST(event_is_complete)
{
    static const char *const ids[] = {"se-1", "se-2"};
    heard h = {0};
    se__log log = {hear, &h};
    int64_t before = se__wall_us();

    SE__LOG(&log, SE_LOG_WARNING, "registry", "list held",
            SE__LOG_STR("source", "redis"), SE__LOG_INT("total", -3),
            SE__LOG_BOOL("held", true), SE__LOG_DOUBLE("share", 0.5),
            SE__LOG_LIST("removed", ids, 2));
    ck_assert_int_eq(h.calls, 1);
    ck_assert_uint_eq(h.event.size, sizeof(se_log_event));
    ck_assert_int_eq(h.event.level, SE_LOG_WARNING);
    ck_assert_int_ge(h.event.time_us, before);
    ck_assert_int_le(h.event.time_us, se__wall_us());
    ck_assert_str_eq(h.event.component, "registry");
    ck_assert_str_eq(h.event.message, "list held");
    ck_assert_uint_eq(h.event.n_fields, 5);

    ck_assert_str_eq(h.fields[0].key, "source");
    ck_assert_int_eq(h.fields[0].type, SE_LOG_STRING);
    ck_assert_str_eq(h.fields[0].string, "redis");
    ck_assert_int_eq(h.fields[1].type, SE_LOG_INT);
    ck_assert_int_eq(h.fields[1].integer, -3);
    ck_assert_int_eq(h.fields[2].type, SE_LOG_BOOL);
    ck_assert_int_eq(h.fields[2].integer, 1);
    ck_assert_int_eq(h.fields[3].type, SE_LOG_DOUBLE);
    ck_assert_double_eq(h.fields[3].number, 0.5);
    ck_assert_int_eq(h.fields[4].type, SE_LOG_STRINGS);
    ck_assert_ptr_eq(h.fields[4].strings, ids);
    ck_assert_uint_eq(h.fields[4].count, 2);
}
END_TEST

START_TEST(no_fields_are_fine)
{
    heard h = {0};
    se__log log = {hear, &h};

    se__log_event(&log, SE_LOG_INFO, "ingest", "opened", h.fields, 0);
    ck_assert_int_eq(h.calls, 1);
    ck_assert_uint_eq(h.event.n_fields, 0);
}
END_TEST

START_TEST(without_function_it_is_silent)
{
    se__log log = {0};

    SE__LOG(&log, SE_LOG_ERROR, "ingest", "unheard", SE__LOG_INT("n", 1));
}
END_TEST

/* ---- secrets ---- */

/* What was heard, as one text; the views are dead by then. */
static void write_down(void *user, const se_log_event *event)
{
    char *out = user;

    se_log_write(out, SE_LOG_LINE_SIZE, SE_LOG_TEXT, event);
    for (size_t i = 0; i < event->n_fields; i++) {
        const se_log_field *field = &event->fields[i];

        if (field->type == SE_LOG_STRING && field->string) {
            ck_assert_ptr_null(strstr(field->string, "SECRET"));
        }
        for (size_t j = 0; field->type == SE_LOG_STRINGS && j < field->count;
             j++) {
            ck_assert_ptr_null(strstr(field->strings[j], "SECRET"));
        }
    }
    ck_assert_ptr_null(strstr(event->message, "SECRET"));
}

START_TEST(secrets_are_masked)
{
    static const char *const good[] = {"se-1", "se-2"};
    static const char *const bad[] = {"se-1", "Bearer SECRET_1"};
    char text[SE_LOG_LINE_SIZE] = "";
    se__log log = {write_down, text};

    SE__LOG(&log, SE_LOG_INFO, "admin", "token=SECRET_0 refused",
            SE__LOG_STR("url", "http://u:SECRET_1@h:1/x"),
            SE__LOG_STR("password", "SECRET 2"),
            SE__LOG_STR("Authorization", "SECRET_3"),
            SE__LOG_STR("error", "{\"client_secret\":\"SECRET_4\"}"),
            SE__LOG_LIST("seen", bad, 2), SE__LOG_LIST("ids", good, 2),
            SE__LOG_STR("token", NULL), SE__LOG_STR("secret", ""),
            SE__LOG_BOOL("has_token", true), SE__LOG_INT("status_code", 401));
    ck_assert_str_eq(
        strchr(text, ' '),
        " INFO admin: token=******** refused url=http://********@h:1/x "
        "password=******** Authorization=******** "
        "error=\"{\\\"client_secret\\\":\\\"********\\\"}\" "
        "seen=[********] ids=[se-1,se-2] token=null secret=\"\" "
        "has_token=true status_code=401\n");
}
END_TEST

/* More secrets than there is room for: nothing but masks. */
START_TEST(many_secrets_are_masked)
{
    char value[900];
    char text[SE_LOG_LINE_SIZE] = "";
    se__log log = {write_down, text};
    se_log_field fields[40];

    memset(value, 'a', sizeof(value));
    memcpy(value + sizeof(value) - 16, " token=SECRET_1", 16);
    for (size_t i = 0; i < SE__COUNT(fields); i++) {
        fields[i] = (se_log_field)SE__LOG_STR("error", value);
    }
    se__log_event(&log, SE_LOG_INFO, "x", value, fields, SE__COUNT(fields));
    ck_assert_ptr_nonnull(strstr(text, "error=********"));
}
END_TEST

/* An event without a secret is not copied. */
START_TEST(clean_fields_are_handed_on)
{
    heard h = {0};
    se__log log = {hear, &h};
    static const char url[] = "http://h:1/x";

    SE__LOG(&log, SE_LOG_INFO, "x", "said", SE__LOG_STR("url", url));
    ck_assert_ptr_eq(h.fields[0].string, url);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {level_name, SE__COUNT(levels)}, {event_is_complete, 1},
        {no_fields_are_fine, 1},         {without_function_it_is_silent, 1},
        {secrets_are_masked, 1},         {many_secrets_are_masked, 1},
        {clean_fields_are_handed_on, 1},
    };

    return run_suite("log", rows, SE__COUNT(rows));
}
