/*
 * HTTP calls: time limits, and what must not run into them.
 */
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "exchange.h"
#include "rawserver.h"

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define CREATED "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
#define TEXT_50 "01234567890123456789012345678901234567890123456789"
#define TEXT_1000                                                              \
    TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50    \
        TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50 TEXT_50        \
            TEXT_50 TEXT_50 TEXT_50

enum {
    LIMIT_MS = 200,
    SLACK_MS = 2000
};

static wire w;

static void setup(void)
{
    wire_open(&w, NULL);
}

static void teardown(void)
{
    wire_close(&w);
}

/* A server that can take in little at a time. */
static rawserver *run(const rawserver_step *steps)
{
    static const rawserver_step *script[1];
    rawserver_options options = {
        .scripts = script, .n_scripts = 1, .receive_buffer = 4096};

    script[0] = steps;
    return rawserver_start(&options);
}

static int64_t took_ms(const exchange *x)
{
    return x->call.finished_ms - x->call.started_ms;
}

/* Time goes by: to show that something does not happen in it. */
static void let_pass(int ms)
{
    struct timespec time = {ms / 1000, (ms % 1000) * 1000000L};

    nanosleep(&time, NULL);
}

/* ---- what runs into a limit ---- */

static const rawserver_step silent[] = {
    {.op = RAW_HEAD}, {.op = RAW_HOLD}, {.op = RAW_END}};
static const rawserver_step never_reads[] = {{.op = RAW_HEAD},
                                             {.op = RAW_SEND, .text = CONTINUE},
                                             {.op = RAW_HOLD},
                                             {.op = RAW_END}};
/* 16 bytes every 50 ms. */
static const rawserver_step reads_slowly[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_SLOW, .n = 16, .ms = 50},
    {.op = RAW_END}};
static const rawserver_step never_answers[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY},
    {.op = RAW_HOLD},
    {.op = RAW_END}};
static const rawserver_step trickles_body[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY},
    {.op = RAW_SEND,
     .text = "HTTP/1.1 201 Created\r\nContent-Length: 999\r\n"
             "\r\n"},
    {.op = RAW_SEND, .text = TEXT_1000, .ms = 20},
    {.op = RAW_END}};
static const rawserver_step trickles_headers[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY},
    {.op = RAW_SEND, .text = "HTTP/1.1 201 Created\r\n"},
    {.op = RAW_SEND, .text = "X: " TEXT_1000, .ms = 20},
    {.op = RAW_END}};
static const rawserver_step trickles_status[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY},
    {.op = RAW_SEND, .text = "HTTP/1.1 201 " TEXT_1000, .ms = 20},
    {.op = RAW_END}};
static const rawserver_step refuses_slowly[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND,
     .text = "HTTP/1.1 507 Full\r\nContent-Length: 999\r\n\r\n"},
    {.op = RAW_SEND, .text = TEXT_1000, .ms = 20},
    {.op = RAW_END}};
static const rawserver_step refuses_within_slowly[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND, .text = CONTINUE},
    {.op = RAW_BODY, .n = 10000},
    {.op = RAW_SEND, .text = "HTTP/1.1 413 Big\r\nContent-Length: 999\r\n\r\n"},
    {.op = RAW_SEND, .text = TEXT_1000, .ms = 20},
    {.op = RAW_END}};
static const rawserver_step interim_for_ever[] = {
    {.op = RAW_HEAD},
    {.op = RAW_REPEAT, .text = "HTTP/1.1 102 P\r\n\r\n", .ms = 100},
    {.op = RAW_END}};

enum {
    TOTAL = 1,
    IDLE = 2,
    COMMIT = 4
};

static const struct {
    const char *name;
    const rawserver_step *steps;
    int64_t size; /* 0: GET */
    int limits;
    se__http_end end;
    int status;
    bool complete; /* the body was given */
} late[] = {
    {"total, GET", silent, 0, TOTAL, SE__HTTP_TIMEOUT, 0, true},
    {"total, waiting for 100", silent, 1000, TOTAL, SE__HTTP_TIMEOUT, 0, false},
    {"total, sending", never_reads, 20000000, TOTAL, SE__HTTP_TIMEOUT, 0,
     false},
    {"total, trickling", trickles_body, 1000, TOTAL, SE__HTTP_TIMEOUT, 201,
     true},
    {"idle, stalled", never_reads, 20000000, IDLE, SE__HTTP_IDLE, 0, false},
    {"idle, chunked", never_reads, -20000000, IDLE, SE__HTTP_IDLE, 0, false},
    {"idle, slow", reads_slowly, 20000000, IDLE | COMMIT, SE__HTTP_IDLE, 0,
     false},
    {"idle, all given but not taken", never_reads, 300000, IDLE | COMMIT,
     SE__HTTP_IDLE, 0, true},
    {"commit, all given but not taken", never_reads, 300000, COMMIT,
     SE__HTTP_COMMIT_TIMEOUT, 0, true},
    {"commit, silent", never_answers, 1000, COMMIT, SE__HTTP_COMMIT_TIMEOUT, 0,
     true},
    {"commit, silent, idle", never_answers, 1000, COMMIT | IDLE,
     SE__HTTP_COMMIT_TIMEOUT, 0, true},
    {"commit, chunked", never_answers, -1000, COMMIT, SE__HTTP_COMMIT_TIMEOUT,
     0, true},
    {"commit, body trickles", trickles_body, 1000, COMMIT,
     SE__HTTP_COMMIT_TIMEOUT, 201, true},
    {"commit, headers trickle", trickles_headers, 1000, COMMIT,
     SE__HTTP_COMMIT_TIMEOUT, 201, true},
    {"commit, status trickles", trickles_status, 1000, COMMIT,
     SE__HTTP_COMMIT_TIMEOUT, 0, true},
    {"commit, early refusal trickles", refuses_slowly, 1000, COMMIT | IDLE,
     SE__HTTP_COMMIT_TIMEOUT, 507, false},
    {"commit, refusal within trickles", refuses_within_slowly, 20000000,
     COMMIT | IDLE, SE__HTTP_COMMIT_TIMEOUT, 413, false},
    {"commit, GET", silent, 0, COMMIT, SE__HTTP_COMMIT_TIMEOUT, 0, true},
    {"commit, interim answers", interim_for_ever, 0, COMMIT,
     SE__HTTP_COMMIT_TIMEOUT, 0, true},
};

static void set_limits(exchange *x, int limits)
{
    x->call.total_timeout_ms = limits & TOTAL ? LIMIT_MS : 0;
    x->call.idle_timeout_ms = limits & IDLE ? LIMIT_MS : 0;
    x->call.commit_timeout_ms = limits & COMMIT ? LIMIT_MS : 0;
}

static void init_sized(exchange *x, rawserver *server, int64_t size)
{
    exchange_init(x, &w, rawserver_url(server), size < 0 ? -1 : size);
    x->body.size = size < 0 ? -size : size;
    if (size == 0) {
        x->call.method = "GET";
        x->call.read_body = NULL;
    }
}

START_TEST(limits_end_calls)
{
    rawserver *server = run(late[_i].steps);
    exchange x;

    init_sized(&x, server, late[_i].size);
    set_limits(&x, late[_i].limits);
    exchange_run(&x);
    ck_assert_msg(
        x.call.end == late[_i].end && x.call.status == late[_i].status &&
            x.call.body_complete == late[_i].complete,
        "%s: end %d, status %d, %d, \"%s\"", late[_i].name, (int)x.call.end,
        x.call.status, x.call.body_complete, x.call.error);
    ck_assert_msg(took_ms(&x) >= LIMIT_MS, "%s: %d ms", late[_i].name,
                  (int)took_ms(&x));
    ck_assert_msg(took_ms(&x) < LIMIT_MS + SLACK_MS, "%s: %d ms", late[_i].name,
                  (int)took_ms(&x));
    ck_assert_ptr_nonnull(strstr(x.call.error, "200 ms"));
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

/* ---- what does not ---- */

START_TEST(a_body_that_has_nothing_to_give_is_not_idle)
{
    static const rawserver_step good[] = {{.op = RAW_HEAD},
                                          {.op = RAW_SEND, .text = CONTINUE},
                                          {.op = RAW_BODY},
                                          {.op = RAW_SEND, .text = CREATED},
                                          {.op = RAW_END}};
    rawserver *server = run(good);
    exchange x;

    init_sized(&x, server, _i == 0 ? 1000 : -1000);
    x.body.pause_at = 500;
    set_limits(&x, IDLE | COMMIT);
    exchange_start(&x);
    let_pass(3 * LIMIT_MS);
    exchange_resume(&x);
    exchange_wait(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    ck_assert_int_ge(took_ms(&x), 3 * LIMIT_MS);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static void take_a_while(exchange *x)
{
    if (x->body.pause_at > 0) {
        let_pass(30);
    }
}

/*
 * The peer soon takes nothing more, then the body pauses: what was idle before
 * the pause counts, and what is after it, but not the pause.
 */
START_TEST(a_pause_stops_the_clock_of_idle)
{
    enum {
        IDLE_MS = 1000
    };
    rawserver *server = run(never_reads);
    int64_t resumed_ms;
    exchange x;

    init_sized(&x, server, 20000000);
    x.in_read = take_a_while;
    x.body.piece = 40000;
    x.body.pause_at = 320000;
    x.call.idle_timeout_ms = IDLE_MS;
    exchange_start(&x);
    let_pass(IDLE_MS + IDLE_MS / 2);
    resumed_ms = se__now_ms();
    exchange_resume(&x);
    exchange_wait(&x);
    exchange_expect(&x, SE__HTTP_IDLE, 0);
    ck_assert_int_ge(x.call.finished_ms - resumed_ms, IDLE_MS / 4);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static const rawserver_step thinks[] = {
    {.op = RAW_HEAD}, {.op = RAW_SEND, .text = CONTINUE}, {.op = RAW_BODY},
    {.op = RAW_HOLD}, {.op = RAW_SEND, .text = CREATED},  {.op = RAW_END}};

START_TEST(who_has_it_all_and_thinks_is_not_idle)
{
    rawserver *server = run(thinks);
    exchange x;

    init_sized(&x, server, 1000);
    set_limits(&x, IDLE);
    exchange_start(&x);
    ck_assert(rawserver_wait(server, RAW_HOLDING, 1));
    let_pass(3 * LIMIT_MS);
    rawserver_release(server);
    exchange_wait(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

/* Our callback has given it all at once; the peer takes a second for it. */
START_TEST(commit_waits_until_the_body_has_left)
{
    static const rawserver_step steady[] = {{.op = RAW_HEAD},
                                            {.op = RAW_SEND, .text = CONTINUE},
                                            {.op = RAW_BODY, .ms = 4},
                                            {.op = RAW_SEND, .text = CREATED},
                                            {.op = RAW_END}};
    rawserver *server = run(steady);
    exchange x;

    init_sized(&x, server, 250000);
    x.call.upload_buffer = 512 * 1024;
    set_limits(&x, IDLE | COMMIT);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    ck_assert_int_ge(took_ms(&x), 4 * LIMIT_MS); /* else it shows nothing */
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

START_TEST(without_limits_there_are_none)
{
    rawserver *server = run(thinks);
    exchange x;

    init_sized(&x, server, 1000);
    exchange_start(&x);
    ck_assert(rawserver_wait(server, RAW_HOLDING, 1));
    let_pass(LIMIT_MS);
    rawserver_release(server);
    exchange_wait(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

/* ---- connecting ---- */

/* Fills the queue of a server that accepts nothing. */
static int occupy(const rawserver *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *port = strrchr(rawserver_url(server), ':') + 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtol(port, NULL, 10));
    (void)connect(fd, (struct sockaddr *)&address, sizeof(address));
    return fd;
}

START_TEST(connecting_has_its_own_limit)
{
    static const rawserver_step *script[] = {silent};
    static const se__http_policy policy = {.connect_timeout_ms = LIMIT_MS};
    rawserver_options options = {
        .scripts = script, .n_scripts = 1, .stall = true};
    rawserver *server = rawserver_start(&options);
    int fds[4];
    wire own;
    exchange x;

    for (int i = 0; i < 4; i++) {
        fds[i] = occupy(server);
    }
    wire_open(&own, &policy);
    exchange_init(&x, &own, rawserver_url(server), 1000);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_CONNECT_TIMEOUT, 0);
    ck_assert_str_eq(x.call.error, "no connection in time");
    ck_assert_int_eq(x.call.body_read, 0);
    ck_assert_int_ge(took_ms(&x), LIMIT_MS - 1);
    ck_assert_int_lt(took_ms(&x), LIMIT_MS + SLACK_MS);
    exchange_fini(&x);
    wire_close(&own);
    for (int i = 0; i < 4; i++) {
        close(fds[i]);
    }
    rawserver_stop(server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http, time limits");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_set_timeout(core, 60);
    tcase_add_loop_test(core, limits_end_calls, 0, (int)SE__COUNT(late));
    tcase_add_loop_test(core, a_body_that_has_nothing_to_give_is_not_idle, 0,
                        2);
    tcase_add_test(core, a_pause_stops_the_clock_of_idle);
    tcase_add_test(core, who_has_it_all_and_thinks_is_not_idle);
    tcase_add_test(core, commit_waits_until_the_body_has_left);
    tcase_add_test(core, without_limits_there_are_none);
    tcase_add_test(core, connecting_has_its_own_limit);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
