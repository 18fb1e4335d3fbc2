/*
 * HTTP calls: cancel, resume and start from wherever they may come.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "exchange.h"
#include "forked.h"
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

static rawserver *run(const rawserver_step *steps)
{
    static const rawserver_step *script[1];

    script[0] = steps;
    return rawserver_run(script, 1);
}

static const rawserver_step good[] = {{.op = RAW_HEAD},
                                      {.op = RAW_SEND, .text = CONTINUE},
                                      {.op = RAW_BODY},
                                      {.op = RAW_SEND, .text = CREATED},
                                      {.op = RAW_AGAIN}};

/* ---- at every stage ---- */

static const rawserver_step holds_connection[] = {{.op = RAW_HOLD},
                                                  {.op = RAW_END}};
static const rawserver_step holds_100[] = {
    {.op = RAW_HEAD}, {.op = RAW_HOLD}, {.op = RAW_EOF}};
static const rawserver_step holds_body[] = {{.op = RAW_HEAD},
                                            {.op = RAW_SEND, .text = CONTINUE},
                                            {.op = RAW_BODY, .n = 1000},
                                            {.op = RAW_HOLD},
                                            {.op = RAW_EOF}};
static const rawserver_step holds_answer[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY},
    {.op = RAW_HOLD},
    {.op = RAW_EOF}};
static const rawserver_step holds_within[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY},
    {.op = RAW_SEND, .text = "HTTP/1.1 201 Created\r\nContent-Length: 9\r\n"},
    {.op = RAW_HOLD},
    {.op = RAW_EOF}};

static const struct {
    const rawserver_step *steps;
    int64_t size;
} stages[] = {
    {holds_connection, 1000}, {holds_100, 1000},    {holds_body, 20000000},
    {holds_body, -1},         {holds_answer, 1000}, {holds_within, 1000},
};

static void cancel_and_look(exchange *x)
{
    se__http_cancel(&x->call);
    ck_assert_int_eq(x->calls_done, 1); /* before cancel has returned */
    ck_assert_int_eq(x->call.end, SE__HTTP_CANCELED);
    se__http_cancel(&x->call); /* it is over: nothing happens */
    se__http_resume(&x->call);
}

START_TEST(done_comes_before_cancel_returns)
{
    rawserver *server = run(stages[_i].steps);
    exchange x;
    exchange y;

    exchange_init(&x, &w, rawserver_url(server), stages[_i].size);
    exchange_start(&x);
    ck_assert(rawserver_wait(server, RAW_HOLDING, 1));
    exchange_do(&x, cancel_and_look);
    exchange_expect(&x, SE__HTTP_CANCELED, x.call.status);
    ck_assert_str_eq(x.call.error, "canceled");
    rawserver_release(server);
    if (stages[_i].steps != holds_connection) {
        ck_assert(rawserver_wait(server, RAW_CLOSED, 1));
    }
    exchange_fini(&x);
    rawserver_stop(server);

    /* The handle is as good as new. */
    server = run(good);
    exchange_init(&y, &w, rawserver_url(server), 1000);
    exchange_run(&y);
    exchange_expect(&y, SE__HTTP_OK, 201);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

static void start_and_cancel(exchange *x)
{
    se__http_start(x->http, &x->call);
    cancel_and_look(x);
}

START_TEST(canceled_before_anything_happened)
{
    rawserver *server = run(good);
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), 1000);
    exchange_do(&x, start_and_cancel);
    exchange_expect(&x, SE__HTTP_CANCELED, 0);
    ck_assert_int_eq(x.body.asked, 0);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static void never_started(exchange *x)
{
    se__http_cancel(&x->call);
    se__http_resume(&x->call);
}

START_TEST(what_was_not_started_is_left_alone)
{
    exchange x;

    exchange_init(&x, &w, "http://127.0.0.1:1", 1000);
    exchange_do(&x, never_started);
    ck_assert_int_eq(x.calls_done, 0);
    exchange_fini(&x);
}
END_TEST

static void start_bad_and_cancel(exchange *x)
{
    x->call.content_type = "a\nb";
    se__http_start(x->http, &x->call);
    ck_assert_int_eq(x->calls_done, 0);
    se__http_cancel(&x->call);
    ck_assert_int_eq(x->calls_done, 1);
}

START_TEST(what_could_not_be_started_can_be_canceled)
{
    exchange x;

    exchange_init(&x, &w, "http://127.0.0.1:1", 1000);
    exchange_do(&x, start_bad_and_cancel);
    exchange_expect(&x, SE__HTTP_INTERNAL, 0);
    exchange_fini(&x);
}
END_TEST

/* ---- from inside read_body ---- */

static exchange *other;

static void cancel_self(exchange *x)
{
    if (x->body.asked == 3) {
        se__http_cancel(&x->call);
        ck_assert_int_eq(x->calls_done, 0); /* libcurl is not to be called */
    }
}

START_TEST(a_body_may_cancel_its_call)
{
    rawserver *server = run(good);
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), _i == 0 ? 20000000 : -1);
    x.body.piece = 1000;
    x.in_read = cancel_self;
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_CANCELED, 0);
    ck_assert_int_eq(x.body.asked, 3);
    ck_assert_int_eq(x.call.body_read, 2000);
    ck_assert(rawserver_wait(server, RAW_ENDED, 1));
    ck_assert_int_eq(rawserver_get(server, RAW_BODIES), 0);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static void cancel_other(exchange *x)
{
    if (x->body.asked == 1) {
        se__http_cancel(&other->call);
        se__http_cancel(&other->call);
        ck_assert_int_eq(other->calls_done, 0);
    }
}

START_TEST(a_body_may_cancel_another_call)
{
    rawserver *server = run(good);
    exchange x;
    exchange y;

    exchange_init(&y, &w, rawserver_url(server), _i == 0 ? 20000000 : -1);
    y.body.pause_at = 5000;
    other = &y;
    exchange_start(&y);
    ck_assert(rawserver_wait(server, RAW_BYTES, 4000));
    exchange_init(&x, &w, rawserver_url(server), 1000);
    x.in_read = cancel_other;
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    exchange_wait(&y);
    exchange_expect(&y, SE__HTTP_CANCELED, 0);
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

static void resume_other(exchange *x)
{
    if (x->body.asked == 1) {
        other->body.pause_at = 0;
        se__http_resume(&other->call);
        se__http_resume(&other->call);
    }
}

static void resume_and_cancel_other(exchange *x)
{
    if (x->body.asked == 1) {
        other->body.pause_at = 0;
        se__http_resume(&other->call);
        se__http_cancel(&other->call);
    }
}

START_TEST(a_body_may_resume_another_call)
{
    rawserver *server = run(good);
    bool cancel = _i == 1;
    exchange x;
    exchange y;

    exchange_init(&y, &w, rawserver_url(server), 100000);
    y.body.pause_at = 50000;
    other = &y;
    exchange_start(&y);
    ck_assert(rawserver_wait(server, RAW_BYTES, 50000));
    exchange_init(&x, &w, rawserver_url(server), 1000);
    x.in_read = cancel ? resume_and_cancel_other : resume_other;
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    exchange_wait(&y);
    if (cancel) {
        exchange_expect(&y, SE__HTTP_CANCELED, 0);
    } else {
        exchange_expect(&y, SE__HTTP_OK, 201);
    }
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

/* ---- from inside done() ---- */

static void cancel_all(exchange *x)
{
    se__http_cancel(&x->call);
    se__http_cancel(&other->call);
    ck_assert_int_eq(other->calls_done, 1);
}

START_TEST(done_may_cancel_another_call)
{
    rawserver *server = run(good);
    exchange x;
    exchange y;

    exchange_init(&y, &w, rawserver_url(server), 100000);
    y.body.pause_at = 50000;
    other = &y;
    exchange_start(&y);
    ck_assert(rawserver_wait(server, RAW_BYTES, 50000));
    exchange_init(&x, &w, rawserver_url(server), 1000);
    x.in_done = cancel_all;
    exchange_run(&x);
    exchange_wait(&y);
    exchange_expect(&x, SE__HTTP_OK, 201);
    exchange_expect(&y, SE__HTTP_CANCELED, 0);
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

static void start_other(exchange *x)
{
    (void)x;
    se__http_start(other->http, &other->call);
    ck_assert_int_eq(other->calls_done, 0);
}

/* A good one, one that cannot start, one that is refused. */
START_TEST(done_may_start_another_call)
{
    rawserver *server = run(good);
    exchange x;
    exchange y;

    exchange_init(&y, &w,
                  _i == 2 ? "http://127.0.0.1:1" : rawserver_url(server), 1000);
    y.call.content_type = _i == 1 ? "a\rb" : NULL;
    other = &y;
    exchange_init(&x, &w, rawserver_url(server), 1000);
    x.in_done = start_other;
    exchange_run(&x);
    exchange_wait(&y);
    exchange_expect(&x, SE__HTTP_OK, 201);
    if (_i == 0) {
        exchange_expect(&y, SE__HTTP_OK, 201);
        ck_assert_int_eq(rawserver_get(server, RAW_CONNECTIONS), 1);
    } else {
        exchange_expect(&y, _i == 1 ? SE__HTTP_INTERNAL : SE__HTTP_CONNECT, 0);
    }
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

/* One that ends a moment later itself must end once. */
START_TEST(cancel_against_the_end)
{
    enum {
        ROUNDS = 200
    };
    rawserver *server = run(good);

    for (int i = 0; i < ROUNDS; i++) {
        exchange x;

        exchange_init(&x, &w, rawserver_url(server), i % 2 ? 1000 : -1);
        exchange_start(&x);
        for (int k = 0; k < i % 20; k++) {
            sched_yield();
        }
        exchange_cancel(&x);
        exchange_wait(&x);
        ck_assert_int_eq(x.calls_done, 1);
        ck_assert(x.call.end == SE__HTTP_OK || x.call.end == SE__HTTP_CANCELED);
        exchange_fini(&x);
    }
    rawserver_stop(server);
}
END_TEST

/* ---- life ---- */

typedef struct closing {
    se__task task;
    se__http *http;
} closing;

static void close_on_loop(se__task *task)
{
    se__http_close(SE__CONTAINER(task, closing, task)->http);
}

/* With connections that are kept, handles in the pool, and a queued task. */
START_TEST(close_on_the_loop)
{
    rawserver *server = run(good);
    closing c = {.task = {.run = close_on_loop}};
    wire own;
    exchange x;
    exchange y;

    wire_open(&own, NULL);
    exchange_init(&x, &own, rawserver_url(server), 1000);
    exchange_run(&x);
    exchange_init(&y, &own, rawserver_url(server), 1000);
    exchange_do(&y, start_bad_and_cancel); /* its task is still to come */
    c.http = own.http;
    se__loop_post(own.loop, &c.task);
    se__loop_close(own.loop);
    ck_assert(rawserver_wait(server, RAW_CLOSED, 1));
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

static int close_in_child(void *unused)
{
    (void)unused;
    se__http_close(w.http);
    return 0;
}

START_TEST(a_child_after_fork_leaves_the_connections_alone)
{
    rawserver *server = run(good);
    exchange x;
    exchange y;

    exchange_init(&x, &w, rawserver_url(server), 1000);
    exchange_run(&x);
    ck_assert_int_eq(forked(close_in_child, NULL), 0);
    exchange_init(&y, &w, rawserver_url(server), 1000);
    exchange_run(&y);
    exchange_expect(&y, SE__HTTP_OK, 201);
    ck_assert_int_eq(rawserver_get(server, RAW_CONNECTIONS), 1);
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

START_TEST(opened_and_closed_without_a_call)
{
    wire own;

    wire_open(&own, NULL);
    wire_close(&own);
    wire_open(&own, NULL);
    se__http_close(own.http); /* no thread was ever started */
    se__loop_close(own.loop);
    se__http_close(NULL);
}
END_TEST

START_TEST(without_descriptors_a_call_fails_and_the_next_works)
{
    rawserver *server = run(good);
    struct rlimit before;
    struct rlimit none;
    exchange x;
    exchange y;

    ck_assert_int_eq(se__loop_start(w.loop, NULL), SE_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    exchange_init(&x, &w, rawserver_url(server), 1000);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    exchange_run(&x);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    exchange_expect(&x, SE__HTTP_INTERNAL, 0);
    ck_assert_str_eq(x.call.error, "no socket: Too many open files");
    exchange_init(&y, &w, rawserver_url(server), 1000);
    exchange_run(&y);
    exchange_expect(&y, SE__HTTP_OK, 201);
    exchange_fini(&x);
    exchange_fini(&y);
    rawserver_stop(server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http, cancel");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_set_timeout(core, 60);
    tcase_add_loop_test(core, done_comes_before_cancel_returns, 0,
                        (int)SE__COUNT(stages));
    tcase_add_test(core, canceled_before_anything_happened);
    tcase_add_test(core, what_was_not_started_is_left_alone);
    tcase_add_test(core, what_could_not_be_started_can_be_canceled);
    tcase_add_loop_test(core, a_body_may_cancel_its_call, 0, 2);
    tcase_add_loop_test(core, a_body_may_cancel_another_call, 0, 2);
    tcase_add_loop_test(core, a_body_may_resume_another_call, 0, 2);
    tcase_add_test(core, done_may_cancel_another_call);
    tcase_add_loop_test(core, done_may_start_another_call, 0, 3);
    tcase_add_test(core, cancel_against_the_end);
    tcase_add_test(core, close_on_the_loop);
    tcase_add_test(core, a_child_after_fork_leaves_the_connections_alone);
    tcase_add_test(core, opened_and_closed_without_a_call);
    tcase_add_test(core, without_descriptors_a_call_fails_and_the_next_works);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
