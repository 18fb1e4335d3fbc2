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

int main(void)
{
    const test_row rows[] = {
        {level_name, SE__COUNT(levels)},
        {event_is_complete, 1},
        {no_fields_are_fine, 1},
        {without_function_it_is_silent, 1},
    };

    return run_suite("log", rows, SE__COUNT(rows));
}
