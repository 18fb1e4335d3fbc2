/*
 * A body leaves once: what happens when connections die, and on 417.
 */
#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "exchange.h"
#include "rawserver.h"

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define CREATED "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"

static wire w;

static void setup(void)
{
    wire_open(&w, NULL);
}

static void teardown(void)
{
    wire_close(&w);
}

/* The scripts of a server must stay as long as it runs. */
static const rawserver_step *scripts[2];

static rawserver *run(const rawserver_step *first, const rawserver_step *second)
{
    scripts[0] = first;
    scripts[1] = second;
    return rawserver_run(scripts, 2);
}

/* A server that stores and answers as often as it is asked. */
static const rawserver_step good[] = {{.op = RAW_HEAD},
                                      {.op = RAW_SEND, .text = CONTINUE},
                                      {.op = RAW_BODY},
                                      {.op = RAW_SEND, .text = CREATED},
                                      {.op = RAW_AGAIN}};

/* ---- every kind of body ---- */

static const struct kind {
    const char *name;
    int64_t size; /* -1: chunked; 0: JSON */
    bool no_expect;
} kinds[] = {
    {"JSON", 0, false},
    {"1 KB", 1000, false},
    {"3 MB", 3000000, false},
    {"chunked", -1, false},
    {"JSON, no Expect", 0, true},
    {"1 KB, no Expect", 1000, true},
    {"3 MB, no Expect", 3000000, true},
    {"chunked, no Expect", -1, true},
};

static void init_kind(exchange *x, rawserver *server, const struct kind *kind)
{
    exchange_init(x, &w, rawserver_url(server), kind->size);
    x->call.no_expect = kind->no_expect;
    if (kind->size == 0) {
        x->call.read_body = NULL;
        x->call.json_body = "{\"a\": 1}";
    }
}

/* ---- F1: the connection dies after the whole body was read ---- */

#define DIES_AFTER_BODY(end)                                                   \
    {                                                                          \
        {.op = RAW_HEAD}, {.op = RAW_SEND, .text = CONTINUE},                  \
            {.op = RAW_BODY}, {.op = RAW_SEND, .text = CREATED},               \
            {.op = RAW_HEAD}, {.op = RAW_SEND, .text = CONTINUE},              \
            {.op = RAW_BODY},                                                  \
        {                                                                      \
            .op = end                                                          \
        }                                                                      \
    }

static const rawserver_step closes_after_body[] = DIES_AFTER_BODY(RAW_END);
static const rawserver_step resets_after_body[] = DIES_AFTER_BODY(RAW_RESET);
/* Never a word on this connection but the first answer. */
static const rawserver_step silent_after_body[] = {
    {.op = RAW_HEAD}, {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY}, {.op = RAW_SEND, .text = CREATED},
    {.op = RAW_HEAD}, {.op = RAW_BODY},
    {.op = RAW_END}};

static void stored_body_is_not_sent_again(const struct kind *kind,
                                          const rawserver_step *script)
{
    rawserver *server = run(script, good);
    exchange x;
    exchange y;

    init_kind(&x, server, kind);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    init_kind(&y, server, kind);
    y.call.expect_timeout_ms = 20;
    exchange_run(&y);
    ck_assert_msg(y.call.end == SE__HTTP_LOST, "%s: end %d, \"%s\"", kind->name,
                  (int)y.call.end, y.call.error);
    ck_assert_int_eq(y.call.status, 0);
    ck_assert_int_gt(y.call.body_read, 0);
    ck_assert(y.call.body_complete);
    /* libcurl may connect once more, but makes no request there. */
    ck_assert_int_eq(rawserver_get(server, RAW_REQUESTS), 2);
    ck_assert_int_eq(rawserver_get(server, RAW_BODIES), 2);
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}

START_TEST(stored_then_closed)
{
    stored_body_is_not_sent_again(&kinds[_i], closes_after_body);
}
END_TEST

START_TEST(stored_then_reset)
{
    stored_body_is_not_sent_again(&kinds[_i], resets_after_body);
}
END_TEST

START_TEST(stored_without_a_word_then_closed)
{
    stored_body_is_not_sent_again(&kinds[_i], silent_after_body);
}
END_TEST

/* ---- in the middle of the body ---- */

static const rawserver_step dies_in_body[] = {
    {.op = RAW_HEAD}, {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY}, {.op = RAW_SEND, .text = CREATED},
    {.op = RAW_HEAD}, {.op = RAW_BODY, .n = 1},
    {.op = RAW_RESET}};

START_TEST(a_body_that_was_begun_is_not_sent_again)
{
    rawserver *server = run(dies_in_body, good);
    exchange x;
    exchange y;

    init_kind(&x, server, &kinds[_i]);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    init_kind(&y, server, &kinds[_i]);
    y.call.expect_timeout_ms = 20;
    exchange_run(&y);
    ck_assert_int_eq(y.call.end, SE__HTTP_LOST);
    ck_assert_int_eq(y.call.status, 0);
    ck_assert_int_gt(y.call.body_read, 0);
    ck_assert_int_eq(rawserver_get(server, RAW_REQUESTS), 2);
    ck_assert_int_eq(rawserver_get(server, RAW_BODIES), 1);
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

/* ---- F04: the connection dies before a body byte ---- */

static const rawserver_step closes_idle[] = {{.op = RAW_HEAD},
                                             {.op = RAW_SEND, .text = CONTINUE},
                                             {.op = RAW_BODY},
                                             {.op = RAW_SEND, .text = CREATED},
                                             {.op = RAW_END}};

static const rawserver_step closes_after_head[] = {
    {.op = RAW_HEAD}, {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY}, {.op = RAW_SEND, .text = CREATED},
    {.op = RAW_HEAD}, {.op = RAW_END}};

static void stored_once_on_another(const struct kind *kind,
                                   const rawserver_step *script, bool wait)
{
    rawserver *server = run(script, good);
    exchange x;
    exchange y;

    init_kind(&x, server, kind);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    if (wait) {
        ck_assert(rawserver_wait(server, RAW_ENDED, 1));
    }
    init_kind(&y, server, kind);
    exchange_run(&y);
    exchange_expect(&y, SE__HTTP_OK, 201);
    ck_assert(y.call.body_complete);
    ck_assert(!y.call.expect_ignored);
    ck_assert_int_eq(rawserver_get(server, RAW_CONNECTIONS), 2);
    ck_assert_int_eq(rawserver_get(server, RAW_BODIES), 2);
    if (kind->size > 0) {
        ck_assert_int_eq(y.call.body_read, kind->size);
        ck_assert_uint_eq(rawserver_body_hash(server),
                          exchange_hash(kind->size));
    }
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}

START_TEST(an_idle_connection_that_was_closed_is_replaced)
{
    stored_once_on_another(&kinds[_i], closes_idle, true);
}
END_TEST

START_TEST(one_that_closes_before_the_body_is_replaced)
{
    stored_once_on_another(&kinds[_i], closes_after_head, false);
}
END_TEST

/* An answer that nobody asked for must not become that of the next call. */
static const rawserver_step speaks_up[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY},
    {.op = RAW_SEND, .text = CREATED},
    {.op = RAW_HOLD},
    {.op = RAW_SEND, .text = "HTTP/1.1 299 Stray\r\nContent-Length: 0\r\n\r\n"},
    {.op = RAW_EOF}};

START_TEST(a_stray_answer_is_not_taken)
{
    rawserver *server = run(speaks_up, good);
    exchange x;
    exchange y;

    init_kind(&x, server, &kinds[1]);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    rawserver_release(server);
    /* We close when it comes. */
    ck_assert(rawserver_wait(server, RAW_CLOSED, 1));
    init_kind(&y, server, &kinds[1]);
    exchange_run(&y);
    exchange_expect(&y, SE__HTTP_OK, 201);
    ck_assert_int_eq(rawserver_get(server, RAW_CONNECTIONS), 2);
    ck_assert_int_eq(rawserver_get(server, RAW_BODIES), 2);
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

/* ---- F17 ---- */

static const rawserver_step refuses_expect[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND,
     .text = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno"},
    {.op = RAW_AGAIN}};

START_TEST(on_417_there_is_one_request)
{
    rawserver *server = run(refuses_expect, good);
    exchange x;

    init_kind(&x, server, &kinds[_i]);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 417);
    ck_assert_int_eq(x.call.body_read, 0);
    ck_assert_int_eq(x.body.asked, 0);
    ck_assert(rawserver_wait(server, RAW_ENDED, 1));
    ck_assert_int_eq(rawserver_get(server, RAW_REQUESTS), 1);
    ck_assert_int_eq(rawserver_get(server, RAW_CONNECTIONS), 1);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

START_TEST(without_expect_417_is_like_any_other)
{
    static const rawserver_step script[] = {
        {.op = RAW_HEAD},
        {.op = RAW_BODY},
        {.op = RAW_SEND,
         .text = "HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno"},
        {.op = RAW_END}};
    rawserver *server = run(script, good);
    exchange x;

    init_kind(&x, server, &kinds[5]);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 417);
    ck_assert_str_eq(x.call.reply.data, "no");
    ck_assert(x.call.body_complete);
    ck_assert(!x.call.expect_ignored);
    ck_assert_ptr_null(strcasestr(rawserver_head(server), "\r\nExpect:"));
    ck_assert_int_eq(rawserver_get(server, RAW_REQUESTS), 1);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http, resending");
    TCase *core = tcase_create("core");
    int n = (int)SE__COUNT(kinds);
    int with_expect = 4;
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_set_timeout(core, 60);
    tcase_add_loop_test(core, stored_then_closed, 0, n);
    tcase_add_loop_test(core, stored_then_reset, 0, n);
    tcase_add_loop_test(core, stored_without_a_word_then_closed, 0, n);
    tcase_add_loop_test(core, a_body_that_was_begun_is_not_sent_again, 0, n);
    tcase_add_loop_test(core, an_idle_connection_that_was_closed_is_replaced, 0,
                        n);
    tcase_add_loop_test(core, one_that_closes_before_the_body_is_replaced, 0,
                        with_expect);
    tcase_add_test(core, a_stray_answer_is_not_taken);
    tcase_add_loop_test(core, on_417_there_is_one_request, 0, with_expect);
    tcase_add_test(core, without_expect_417_is_like_any_other);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
