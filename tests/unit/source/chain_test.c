/* Sources in order. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet.h"
#include "logbook.h"
#include "scripted.h"
#include "source/chain.h"
#include "suite.h"
#include "topology/topology.h"

static scripted first;
static scripted second;
static logbook book;
static se__chain chain;

static void open_chain(int64_t retry_ms)
{
    scripted_init(&first);
    scripted_init(&second);
    logbook_init(&book);
    se__chain_init(&chain, retry_ms, (se__log){logbook_write, &book});
    ck_assert_int_eq(
        se__chain_add(&chain, scripted_source(&first, "redis"), NULL), SE_OK);
    ck_assert_int_eq(
        se__chain_add(&chain, scripted_source(&second, "admin_module"), NULL),
        SE_OK);
}

static void close_chain(void)
{
    se__chain_fini(&chain);
    ck_assert_int_eq(first.freed, 1);
    ck_assert_int_eq(second.freed, 1);
    scripted_fini(&first);
    scripted_fini(&second);
    logbook_fini(&book);
}

static se__search found;
static se__tasted verdicts[2]; /* of lists with elements, by source */

/* Takes what the test says; keeps what it takes. */
static se__tasted taste(void *user, se_topology *topology, se_error *err)
{
    se_topology **out = user;
    bool is_first = strcmp(se_topology_source(topology), "redis") == 0;
    se__tasted what = verdicts[is_first ? 0 : 1];

    if (se_topology_count(topology) == 0) {
        se__chain_refuse_empty(topology, err);
        what = SE__REFUSED;
    } else if (what != SE__TAKEN) {
        se__fail(err, what == SE__BROKEN ? SE_E_NOMEM : SE_E_SOURCE,
                 "tastes bad");
    } else {
        *out = se_topology_ref(topology);
    }
    se_topology_unref(topology);
    return what;
}

static void judge(se__tasted redis, se__tasted admin)
{
    verdicts[0] = redis;
    verdicts[1] = admin;
}

/* The ids of what a search brought, or what it said. */
static se_err fetch(char *line, size_t size)
{
    se_topology *out = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc = se__chain_search(&chain, 50, taste, &out, &found, &err);

    if (rc == SE_OK) {
        snprintf(line, size, "%s:%s", se_topology_source(out),
                 se_element_id(se_topology_at(out, 0)));
        se_topology_unref(out);
    } else {
        ck_assert_ptr_null(out);
        ck_assert_int_eq(err.code, rc);
        snprintf(line, size, "%s", err.message);
    }
    return rc;
}

START_TEST(the_first_that_answers)
{
    char line[SE_MESSAGE_SIZE];

    open_chain(60000);
    scripted_give(&first, fleet("a edit 1 http://a"));
    scripted_give(&second, fleet("b edit 1 http://b"));
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    ck_assert_str_eq(line, "redis:a");
    ck_assert_int_eq(first.last_timeout_ms, 50);
    ck_assert_int_eq(second.fetches, 0);
    close_chain();
}
END_TEST

START_TEST(failures_lead_to_the_next)
{
    static const struct {
        se_err code; /* SE_OK: an empty list */
        bool held;   /* no answer at all */
        const char *says;
    } rows[] = {
        {SE_E_SOURCE, false, "key does not exist"},
        {SE_E_TIMEOUT, false, "no answer"},
        {SE_E_PROTOCOL, false, "HTTP 500"},
        {SE_E_PARSE, false, "not JSON"},
        {SE_E_NOMEM, false, "out of memory"},
        {SE_OK, false, "the list is empty"},
        {SE_E_TIMEOUT, true, "no answer in 50 ms"},
    };
    char line[SE_MESSAGE_SIZE];

    open_chain(60000);
    if (rows[_i].code == SE_OK) {
        scripted_give(&first, fleet(""));
    } else {
        scripted_fail(&first, rows[_i].code, rows[_i].says);
    }
    if (rows[_i].held) {
        scripted_hold(&first, false);
    }
    scripted_give(&second, fleet("b edit 1 http://b"));
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    ck_assert_str_eq(line, "admin_module:b");
    snprintf(line, sizeof(line),
             "WARNING source: Failed to fetch SE endpoints from Redis "
             "| source=redis error=%s",
             rows[_i].says);
    ck_assert_int_eq(logbook_count(&book, line), 1);
    close_chain();
}
END_TEST

START_TEST(all_fail_and_each_is_named)
{
    char line[SE_MESSAGE_SIZE];

    open_chain(60000);
    scripted_fail(&first, SE_E_CONNECT, "127.0.0.1:6379: Connection refused");
    scripted_fail(&second, SE_E_PROTOCOL, "HTTP 503");
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_E_DISCOVERY);
    ck_assert_str_eq(line, "redis: 127.0.0.1:6379: Connection refused; "
                           "admin_module: HTTP 503");
    close_chain();
}
END_TEST

/* A source that talks much does not silence the others. */
START_TEST(long_messages_share_the_room)
{
    char long_words[256];
    char line[SE_MESSAGE_SIZE];
    size_t others = SE__CHAIN_MAX - 2;
    scripted more[SE__CHAIN_MAX];
    se_source *one_more;
    se_error err = SE_ERROR_INIT;

    memset(long_words, 'x', sizeof(long_words) - 1);
    long_words[sizeof(long_words) - 1] = '\0';
    open_chain(60000);
    scripted_fail(&first, SE_E_SOURCE, long_words);
    scripted_fail(&second, SE_E_SOURCE, long_words);
    for (size_t i = 0; i < others; i++) {
        scripted_init(&more[i]);
        scripted_fail(&more[i], SE_E_SOURCE, long_words);
        ck_assert_int_eq(
            se__chain_add(&chain, scripted_source(&more[i], "script"), NULL),
            SE_OK);
    }
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_E_DISCOVERY);
    for (const char *at = line; others > 0; others--) {
        at = strstr(at, "; script: xxx");
        ck_assert_msg(at != NULL, "%zu are not named: %s", others, line);
        at++;
    }

    one_more = scripted_source(&first, "redis");
    ck_assert_int_eq(se__chain_add(&chain, one_more, &err), SE_E_LIMIT);
    ck_assert_int_eq(err.code, SE_E_LIMIT);
    se_source_free(one_more);
    first.freed = 0;
    close_chain();
    for (size_t i = 0; i < SE__CHAIN_MAX - 2; i++) {
        scripted_fini(&more[i]);
    }
}
END_TEST

START_TEST(invalid_elements_explain_an_empty_list)
{
    static const char document[] =
        "{\"storage_elements\":[{\"element_id\":\"a\",\"api_url\":\"ftp://a\","
        "\"mode\":\"rw\"}]}";
    se_source *memory = NULL;
    se_topology *list = NULL;
    se_topology *out = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se_topology_parse(document, strlen(document), &list, NULL),
                     SE_OK);
    ck_assert_int_eq(se_source_memory(&memory, NULL), SE_OK);
    ck_assert_int_eq(se_source_memory_set(memory, list, NULL), SE_OK);
    se__chain_init(&chain, 1, (se__log){0});
    ck_assert_int_eq(se__chain_add(&chain, memory, NULL), SE_OK);
    ck_assert_int_eq(se__chain_search(&chain, 50, taste, &out, &found, &err),
                     SE_E_DISCOVERY);
    ck_assert_msg(
        strncmp(err.message,
                "memory: none of 1 elements is valid, the first: a: ", 51) == 0,
        "%s", err.message);
    se__chain_fini(&chain);
    se_topology_unref(list);
}
END_TEST

START_TEST(a_failed_source_rests)
{
    char line[SE_MESSAGE_SIZE];

    open_chain(60000);
    scripted_give(&second, fleet("b edit 1 http://b"));
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    scripted_give(&first, fleet("a edit 1 http://a"));
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    ck_assert_str_eq(line, "admin_module:b");
    ck_assert_int_eq(first.fetches, 1);
    close_chain();
}
END_TEST

START_TEST(a_source_that_rests_is_still_named)
{
    char line[SE_MESSAGE_SIZE];

    open_chain(60000);
    scripted_fail(&first, SE_E_CONNECT, "refused");
    scripted_give(&second, fleet("b edit 1 http://b"));
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    scripted_fail(&second, SE_E_PROTOCOL, "HTTP 503");
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_E_DISCOVERY);
    ck_assert_str_eq(line, "redis: refused; admin_module: HTTP 503");
    ck_assert_int_eq(first.fetches, 1);
    close_chain();
}
END_TEST

START_TEST(all_that_rest_are_asked_after_all)
{
    char line[SE_MESSAGE_SIZE];

    open_chain(60000);
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_E_DISCOVERY);
    scripted_give(&second, fleet("b edit 1 http://b"));
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    ck_assert_str_eq(line, "admin_module:b");
    ck_assert_int_eq(first.fetches, 2);
    ck_assert_int_eq(second.fetches, 2);
    /* The one that answered does not rest any more; the other does. */
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    ck_assert_int_eq(first.fetches, 2);
    ck_assert_int_eq(second.fetches, 3);
    close_chain();
}
END_TEST

START_TEST(rest_ends)
{
    int64_t began = se__now_ms();
    char line[SE_MESSAGE_SIZE];

    open_chain(30);
    scripted_give(&second, fleet("b edit 1 http://b"));
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    scripted_give(&first, fleet("a edit 1 http://a"));
    do {
        ck_assert_int_lt(se__now_ms() - began, 60000);
        ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    } while (strcmp(line, "redis:a") != 0);
    ck_assert_int_ge(first.began_ms[1] - first.ended_ms[0], 30);
    ck_assert_int_eq(first.fetches, 2);

    /* Success forgets the failure. */
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    ck_assert_str_eq(line, "redis:a");
    close_chain();
}
END_TEST

START_TEST(nobody_to_ask)
{
    se_topology *out = NULL;
    se_error err = SE_ERROR_INIT;

    se__chain_init(&chain, 1, (se__log){0});
    ck_assert_int_eq(se__chain_search(&chain, 50, taste, &out, &found, &err),
                     SE_E_DISCOVERY);
    ck_assert_str_eq(err.message,
                     "there is no source of storage elements to ask");
    se__chain_fini(&chain);
}
END_TEST

static const struct {
    se__tasted verdicts[2];
    se_err rc;
    const char *line; /* as fetch() says it */
    bool is_first;
    unsigned held;
    int asked_second;
} tastes[] = {
    {{SE__TAKEN, SE__TAKEN}, SE_OK, "redis:a", true, 0, 0},
    {{SE__REFUSED, SE__TAKEN}, SE_OK, "admin_module:b", false, 0, 1},
    {{SE__HELD, SE__TAKEN}, SE_OK, "admin_module:b", false, 1, 1},
    {{SE__HELD, SE__HELD},
     SE_E_DISCOVERY,
     "redis: tastes bad; admin_module: tastes bad",
     false,
     2,
     1},
    {{SE__REFUSED, SE__HELD},
     SE_E_DISCOVERY,
     "redis: tastes bad; admin_module: tastes bad",
     false,
     1,
     1},
    {{SE__BROKEN, SE__TAKEN}, SE_E_NOMEM, "tastes bad", false, 0, 0},
};

START_TEST(what_it_tastes_of_decides)
{
    char line[SE_MESSAGE_SIZE];

    open_chain(60000);
    scripted_give(&first, fleet("a edit 1 http://a"));
    scripted_give(&second, fleet("b edit 1 http://b"));
    judge(tastes[_i].verdicts[0], tastes[_i].verdicts[1]);
    ck_assert_int_eq(fetch(line, sizeof(line)), tastes[_i].rc);
    ck_assert_str_eq(line, tastes[_i].line);
    ck_assert_int_eq(found.first, tastes[_i].is_first);
    ck_assert_uint_eq(found.held, tastes[_i].held);
    ck_assert_int_eq(second.fetches, tastes[_i].asked_second);
    judge(SE__TAKEN, SE__TAKEN);
    close_chain();
}
END_TEST

START_TEST(a_source_that_is_woken_does_not_rest)
{
    char line[SE_MESSAGE_SIZE];

    open_chain(60000);
    scripted_give(&second, fleet("b edit 1 http://b"));
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    scripted_give(&first, fleet("a edit 1 http://a"));
    se__chain_wake(chain.sources[0]);
    ck_assert_int_eq(fetch(line, sizeof(line)), SE_OK);
    ck_assert_str_eq(line, "redis:a");
    close_chain();
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {the_first_that_answers, 1},
        {failures_lead_to_the_next, 7},
        {all_fail_and_each_is_named, 1},
        {long_messages_share_the_room, 1},
        {invalid_elements_explain_an_empty_list, 1},
        {a_failed_source_rests, 1},
        {a_source_that_rests_is_still_named, 1},
        {all_that_rest_are_asked_after_all, 1},
        {rest_ends, 1},
        {nobody_to_ask, 1},
        {what_it_tastes_of_decides, SE__COUNT(tastes)},
        {a_source_that_is_woken_does_not_rest, 1},
    };

    return run_suite("source chain", rows, SE__COUNT(rows));
}
