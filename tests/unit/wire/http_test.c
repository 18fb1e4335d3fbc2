/*
 * HTTP calls: requests as they leave, answers as they come, their limits.
 */
#include <artstore/version.h>

#include <check.h>
#include <stdio.h>
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

/* The script of a server must stay as long as it runs. */
static const rawserver_step *script[1];

static rawserver *run(const rawserver_step *steps)
{
    script[0] = steps;
    return rawserver_run(script, 1);
}

static const rawserver_step good[] = {{.op = RAW_HEAD},
                                      {.op = RAW_SEND, .text = CONTINUE},
                                      {.op = RAW_BODY},
                                      {.op = RAW_SEND, .text = CREATED},
                                      {.op = RAW_AGAIN}};

static void make_get(exchange *x, rawserver *server)
{
    exchange_init(x, &w, rawserver_url(server), 0);
    x->call.method = "GET";
    x->call.read_body = NULL;
}

static bool head_has(rawserver *server, const char *text)
{
    return strcasestr(rawserver_head(server), text) != NULL;
}

/* ---- requests ---- */

static const int64_t sizes[] = {1, 1000, 65536, 65537, 3000000, -1};

START_TEST(every_size_arrives_as_it_is)
{
    rawserver *server = run(good);
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), sizes[_i]);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    ck_assert_str_eq(x.call.reply.data, "ok");
    ck_assert_int_eq(x.call.body_read, x.body.size);
    ck_assert(x.call.body_complete);
    ck_assert(!x.call.expect_ignored);
    ck_assert_int_ge(x.call.first_body_ms, x.call.started_ms);
    ck_assert_uint_eq(rawserver_body_hash(server), exchange_hash(x.body.size));
    ck_assert(head_has(server, "Transfer-Encoding: chunked") ==
              (sizes[_i] < 0));
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static const char *const upload_lines[] = {
    "POST /x HTTP/1.1\r\n",
    "Host: 127.0.0.1:",
    "User-Agent: artstore-ingest/" SE_VERSION "\r\n",
    "Accept: */*\r\n",
    "Authorization: Bearer abc\r\n",
    "Content-Type: multipart/form-data; boundary=x\r\n",
    "Expect: 100-continue\r\n",
    "Content-Length: 10\r\n",
};

START_TEST(an_upload_says_what_it_should)
{
    rawserver *server = run(good);
    size_t lines = 0;
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), 10);
    x.call.authorization = "Bearer abc";
    x.call.content_type = "multipart/form-data; boundary=x";
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    for (const char *c = rawserver_head(server); *c; c++) {
        lines += *c == '\n';
    }
    ck_assert_uint_eq(lines, SE__COUNT(upload_lines) + 1); /* nothing else */
    for (size_t i = 0; i < SE__COUNT(upload_lines); i++) {
        ck_assert_msg(head_has(server, upload_lines[i]), "%s not in\n%s",
                      upload_lines[i], rawserver_head(server));
    }
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static const struct {
    const char *method;
    const char *json;
    const char *first_line;
    bool length;
} methods[] = {
    {"GET", NULL, "GET /x HTTP/1.1\r\n", false},
    {"DELETE", NULL, "DELETE /x HTTP/1.1\r\n", false},
    {"POST", NULL, "POST /x HTTP/1.1\r\n", true},
    {"POST", "", "POST /x HTTP/1.1\r\n", true},
    {"POST", "{\"a\":1}", "POST /x HTTP/1.1\r\n", true},
    {"PUT", "{\"a\":1}", "PUT /x HTTP/1.1\r\n", true},
    {"DELETE", "{\"a\":1}", "DELETE /x HTTP/1.1\r\n", true},
};

/* Over one connection and one handle: nothing of a call is left in the next. */
START_TEST(methods_follow_each_other)
{
    rawserver *server = run(good);
    exchange x;

    for (size_t i = 0; i < 2 * SE__COUNT(methods); i++) {
        size_t k = (i * 3) % SE__COUNT(methods);
        bool body = methods[k].json && methods[k].json[0];

        exchange_init(&x, &w, rawserver_url(server), 0);
        x.call.read_body = NULL;
        x.call.method = methods[k].method;
        x.call.json_body = methods[k].json;
        exchange_run(&x);
        exchange_expect(&x, SE__HTTP_OK, 201);
        ck_assert(x.call.body_complete);
        ck_assert(strncmp(rawserver_head(server), methods[k].first_line,
                          strlen(methods[k].first_line)) == 0);
        ck_assert(head_has(server, "Content-Length:") == methods[k].length);
        ck_assert(head_has(server, "Expect: 100-continue") == body);
        ck_assert(head_has(server, "Content-Type: application/json") == body);
        ck_assert(!head_has(server, "Authorization:"));
        if (body) {
            ck_assert_uint_eq(
                rawserver_body_hash(server),
                rawserver_hash(RAWSERVER_HASH_START, methods[k].json, 7));
        }
        exchange_fini(&x);
    }
    ck_assert_int_eq(rawserver_get(server, RAW_CONNECTIONS), 1);
    rawserver_stop(server);
}
END_TEST

START_TEST(the_body_may_come_in_pieces_with_pauses)
{
    rawserver *server = run(good);
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), _i == 0 ? 100000 : -1);
    x.body.pause_at = 50000;
    x.body.piece = 777;
    exchange_start(&x);
    /* Chunks are counted when they are complete. */
    ck_assert(rawserver_wait(server, RAW_BYTES, 49000));
    exchange_resume(&x);
    exchange_wait(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    ck_assert_uint_eq(rawserver_body_hash(server), exchange_hash(100000));
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static void resume_too_early(exchange *x)
{
    se__http_resume(&x->call);
}

START_TEST(a_pause_before_the_first_byte)
{
    rawserver *server = run(good);
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), 1000);
    x.body.held = true;
    exchange_start(&x);
    exchange_do(&x, resume_too_early);
    ck_assert(rawserver_wait(server, RAW_REQUESTS, 1));
    exchange_resume(&x); /* it has paused by now, or will not */
    exchange_wait(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

/* ---- bodies that fail ---- */

static const struct {
    int64_t size;
    exchange_body body;
    const char *words;
    int64_t read;
} bad_bodies[] = {
    {1000, {.fail_at = 500, .piece = 100}, "body could not be read", 500},
    {-1, {.fail_at = 500, .piece = 100}, "body could not be read", 500},
    {1000, {.end_at = 500}, "body ended after 500 of 1000 bytes", 500},
    {1000, {.too_much = true}, "body could not be read", 0},
    {-1, {.too_much = true}, "body could not be read", 0},
};

START_TEST(a_body_that_fails_is_never_complete_at_the_other_end)
{
    rawserver *server = run(good);
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), bad_bodies[_i].size);
    x.body.fail_at = bad_bodies[_i].body.fail_at;
    x.body.piece = bad_bodies[_i].body.piece;
    x.body.end_at = bad_bodies[_i].body.end_at;
    x.body.too_much = bad_bodies[_i].body.too_much;
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_BODY_FAILED, 0);
    ck_assert_str_eq(x.call.error, bad_bodies[_i].words);
    ck_assert_int_eq(x.call.body_read, bad_bodies[_i].read);
    ck_assert(!x.call.body_complete);
    ck_assert(rawserver_wait(server, RAW_ENDED, 1));
    ck_assert_int_eq(rawserver_get(server, RAW_BODIES), 0);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

START_TEST(a_body_is_not_asked_for_more_than_its_size)
{
    rawserver *server = run(good);
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), 1000);
    x.body.size = 5000; /* it has more */
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    ck_assert_int_eq(x.body.at, 1000);
    ck_assert_int_eq(x.call.body_read, 1000);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

/* ---- Expect ---- */

START_TEST(who_ignores_expect_gets_the_body_a_little_later)
{
    static const rawserver_step silent[] = {{.op = RAW_HEAD},
                                            {.op = RAW_BODY},
                                            {.op = RAW_SEND, .text = CREATED},
                                            {.op = RAW_AGAIN}};
    rawserver *server = run(silent);
    exchange x;

    exchange_init(&x, &w, rawserver_url(server), 1000);
    x.call.expect_timeout_ms = _i;
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    ck_assert(x.call.expect_ignored);
    ck_assert_int_ge(x.call.finished_ms - x.call.started_ms, _i);
    ck_assert_int_le(x.call.finished_ms - x.call.started_ms, _i + 900);
    ck_assert(head_has(server, "Expect: 100-continue"));
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static const rawserver_step early_507[] = {
    {.op = RAW_HEAD},
    {.op = RAW_SEND,
     .text = "HTTP/1.1 507 Insufficient Storage\r\nServer: go-se\r\n"
             "Content-Length: 4\r\n\r\nfull"},
    {.op = RAW_EOF}};

START_TEST(a_refusal_before_the_body_costs_no_byte)
{
    rawserver *server = run(early_507);
    exchange x;

    for (int i = 0; i < 3; i++) {
        exchange_init(&x, &w, rawserver_url(server), i == 1 ? -1 : 3000000);
        exchange_run(&x);
        exchange_expect(&x, SE__HTTP_OK, 507);
        ck_assert_int_eq(x.call.body_read, 0);
        ck_assert_int_eq(x.call.first_body_ms, 0);
        ck_assert_int_eq(x.body.asked, 0);
        ck_assert(!x.call.body_complete);
        ck_assert_str_eq(x.call.reply.data, "full");
        ck_assert_str_eq(x.call.server, "go-se");
        /* A connection on which a body is still owed is of no more use. */
        ck_assert(rawserver_wait(server, RAW_CLOSED, i + 1));
        exchange_fini(&x);
    }
    ck_assert_int_eq(rawserver_get(server, RAW_CONNECTIONS), 3);
    ck_assert_int_eq(rawserver_get(server, RAW_BYTES), 0);
    rawserver_stop(server);
}
END_TEST

/* The server reads some of the body, answers, and then does this. */
#define REFUSES(last)                                                          \
    {                                                                          \
        {.op = RAW_HEAD}, {.op = RAW_SEND, .text = CONTINUE},                  \
            {.op = RAW_BODY, .n = 100000},                                     \
            {.op = RAW_SEND,                                                   \
             .text =                                                           \
                 "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig"},    \
        {                                                                      \
            .op = last                                                         \
        }                                                                      \
    }

static const rawserver_step refuses[3][6] = {REFUSES(RAW_EOF), REFUSES(RAW_END),
                                             REFUSES(RAW_RESET)};

START_TEST(a_refusal_within_the_body_is_heard)
{
    rawserver *server = run(refuses[_i]);
    exchange x;

    for (int i = 0; i < 20; i++) {
        exchange_init(&x, &w, rawserver_url(server), 20000000);
        exchange_run(&x);
        ck_assert_msg(x.call.end == SE__HTTP_OK || x.call.end == SE__HTTP_LOST,
                      "end %d, \"%s\"", (int)x.call.end, x.call.error);
        ck_assert_msg(x.call.status == 413, "end %d, \"%s\"", (int)x.call.end,
                      x.call.error);
        ck_assert_int_gt(x.call.body_read, 0);
        ck_assert(!x.call.body_complete);
        if (x.call.end == SE__HTTP_OK) {
            ck_assert_str_eq(x.call.reply.data, "big");
        }
        exchange_fini(&x);
    }
    rawserver_stop(server);
}
END_TEST

/* ---- answers ---- */

static const struct {
    const char *name;
    const char *text;
    se__http_end end;
    int status;
    const char *reply; /* NULL: empty */
    const char *words;
} answers[] = {
    {"200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", SE__HTTP_OK, 200,
     "hi", ""},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", SE__HTTP_OK, 204, NULL, ""},
    {"no length", "HTTP/1.1 200 OK\r\n\r\nuntil the end", SE__HTTP_OK, 200,
     "until the end", ""},
    {"1.0", "HTTP/1.0 200 OK\r\n\r\nold", SE__HTTP_OK, 200, "old", ""},
    {"chunked",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "2\r\nhi\r\n0\r\nX-Trailer: 1\r\n\r\n",
     SE__HTTP_OK, 200, "hi", ""},
    {"interim",
     "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n"
     "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     SE__HTTP_OK, 200, "hi", ""},
    {"302",
     "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
     "Content-Length: 0\r\n\r\n",
     SE__HTTP_OK, 302, NULL, ""},
    {"401",
     "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n"
     "Content-Length: 0\r\n\r\n",
     SE__HTTP_OK, 401, NULL, ""},
    {"not decoded",
     "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
     "bomb",
     SE__HTTP_OK, 200, "bomb", ""},
    {"nothing", "", SE__HTTP_LOST, 0, NULL,
     "connection closed without an answer"},
    {"half a status line", "HTTP/1.1 20", SE__HTTP_LOST, 0, NULL, NULL},
    {"half the headers", "HTTP/1.1 200 OK\r\nContent-", SE__HTTP_LOST, 200,
     NULL, NULL},
    {"half the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
     SE__HTTP_LOST, 200, "half", "connection closed inside the answer"},
    {"half a chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
     SE__HTTP_LOST, 200, "half", "connection closed inside the answer"},
    {"bad chunk",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhalf",
     SE__HTTP_LOST, 200, NULL, NULL},
    {"only interim", "HTTP/1.1 102 Processing\r\n\r\n", SE__HTTP_LOST, 0, NULL,
     NULL},
    {"switching",
     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nraw bytes",
     SE__HTTP_LOST, 0, NULL, NULL},
    {"not HTTP", "220 mail.example ESMTP\r\n", SE__HTTP_LOST, 0, NULL,
     "answer is not HTTP"},
    {"status 99", "HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n", SE__HTTP_LOST,
     0, NULL, NULL},
    {"two lengths",
     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
     SE__HTTP_LOST, 200, NULL, NULL},
    {"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhi",
     SE__HTTP_LOST, 200, NULL, NULL},
};

static void check_answer(const exchange *x, size_t i)
{
    ck_assert_msg(x->call.end == answers[i].end &&
                      x->call.status == answers[i].status,
                  "%s: end %d, status %d, \"%s\"", answers[i].name,
                  (int)x->call.end, x->call.status, x->call.error);
    ck_assert_msg(!answers[i].reply ||
                      (x->call.reply.data &&
                       strcmp(x->call.reply.data, answers[i].reply) == 0),
                  "%s: \"%s\"", answers[i].name, x->call.reply.data);
    ck_assert_msg(!answers[i].words ||
                      strcmp(x->call.error, answers[i].words) == 0,
                  "%s: \"%s\"", answers[i].name, x->call.error);
}

START_TEST(answers_are_understood)
{
    const rawserver_step steps[] = {{.op = RAW_HEAD},
                                    {.op = RAW_SEND, .text = answers[_i].text},
                                    {.op = RAW_END}};
    rawserver *server = run(steps);
    exchange x;

    make_get(&x, server);
    exchange_run(&x);
    check_answer(&x, (size_t)_i);
    ck_assert(rawserver_wait(server, RAW_ENDED, 1));
    ck_assert_int_eq(rawserver_get(server, RAW_REQUESTS), 1);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

static const struct {
    const char *headers;
    int64_t retry_after_s;
    const char *server;
    const char *type;
} fields[] = {
    {"", -1, "", ""},
    {"Retry-After: 7\r\nServer: uvicorn\r\nContent-Type: text/html\r\n", 7,
     "uvicorn", "text/html"},
    {"retry-AFTER:0\r\nSERVER:\tenvoy \t\r\n", 0, "envoy", ""},
    {"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", 0, "", ""},
    {"Retry-After: -5\r\n", -1, "", ""},
    {"Retry-After: soon\r\n", -1, "", ""},
    {"Retry-After:\r\nServer:\r\n", -1, "", ""},
    {"Retry-After: 99999999999999999999\r\n", -1, "", ""},
    {"X-Server: a\r\nServers: b\r\n", -1, "", ""},
    {"Server: a\001b\177c\r\n", -1, "a?b?c", ""},
    {"Server: 123456789012345678901234567890123456789012345678901234567890"
     "12345678901234567890\r\n",
     -1, "123456789012345678901234567890123456789012345678901234567890123", ""},
};

START_TEST(the_headers_that_matter)
{
    char text[512];
    const rawserver_step steps[] = {
        {.op = RAW_HEAD}, {.op = RAW_SEND, .text = text}, {.op = RAW_AGAIN}};
    rawserver *server;
    exchange x;

    /* Those of interim answers do not count. */
    snprintf(text, sizeof(text),
             "HTTP/1.1 103 Early\r\nServer: early\r\nRetry-After: 99\r\n\r\n"
             "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n%s\r\n",
             fields[_i].headers);
    server = run(steps);
    make_get(&x, server);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 503);
    ck_assert_int_eq(x.call.retry_after_s, fields[_i].retry_after_s);
    ck_assert_str_eq(x.call.server, fields[_i].server);
    ck_assert_str_eq(x.call.content_type_in, fields[_i].type);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

START_TEST(a_date_in_the_future_is_counted_from_now)
{
    static const rawserver_step steps[] = {
        {.op = RAW_HEAD},
        {.op = RAW_SEND,
         .text = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n"
                 "Retry-After: Tue, 01 Jan 2036 00:00:00 GMT\r\n\r\n"},
        {.op = RAW_AGAIN}};
    rawserver *server = run(steps);
    exchange x;

    make_get(&x, server);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 503);
    ck_assert_int_gt(x.call.retry_after_s, 0);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

/* ---- answers without end ---- */

#define HUGE_1K                                                                \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *first;
    const char *rest; /* over and over */
    int status;
} endless[] = {
    {"HTTP/1.1 200 OK\r\n\r\n", HUGE_1K, 200},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nabcd\r\n",
     200},
    {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", HUGE_1K, 200},
    {"HTTP/1.1 200 OK\r\n", "X-Header: " HUGE_1K "\r\n", 200},
    {"HTTP/1.1 200 OK\r\nX-Header: ", HUGE_1K, 200},
    {"HTTP/1.1 200 OK\r\nX-Header: a\r\n", " " HUGE_1K "\r\n", 200},
    {"", "HTTP/1.1 102 Processing\r\n\r\n", 0},
    {"", "HTTP/1.1 100 Continue\r\n\r\n", 0},
    {"HTTP/1.1 103 Early\r\n", "X-Header: " HUGE_1K "\r\n", 0},
    {"HTTP/1.1 103 ", HUGE_1K, 0},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n",
     "X-Trailer: " HUGE_1K "\r\n", 200},
};

START_TEST(answers_without_end_are_ended)
{
    const rawserver_step steps[] = {
        {.op = RAW_HEAD},
        {.op = RAW_SEND, .text = endless[_i].first},
        {.op = RAW_REPEAT, .text = endless[_i].rest},
        {.op = RAW_END}};
    rawserver *server = run(steps);
    exchange x;

    make_get(&x, server);
    exchange_run(&x);
    ck_assert_msg(x.call.end == SE__HTTP_TOO_LARGE,
                  "%d: end %d, status %d, \"%s\"", _i, (int)x.call.end,
                  x.call.status, x.call.error);
    ck_assert_int_eq(x.call.status, endless[_i].status);
    ck_assert_uint_le(x.call.reply.length, 64 * 1024);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

START_TEST(the_cap_of_the_reply_is_exact)
{
    static const rawserver_step steps[] = {
        {.op = RAW_HEAD},
        {.op = RAW_SEND,
         .text = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"},
        {.op = RAW_AGAIN}};
    rawserver *server = run(steps);
    exchange x;

    for (size_t max = 9; max <= 11; max++) {
        make_get(&x, server);
        x.call.max_reply = max;
        exchange_run(&x);
        ck_assert_int_eq(x.call.end,
                         max < 10 ? SE__HTTP_TOO_LARGE : SE__HTTP_OK);
        ck_assert_int_eq(x.call.status, 200);
        exchange_fini(&x);
    }
    rawserver_stop(server);
}
END_TEST

START_TEST(some_interim_answers_are_fine)
{
    const rawserver_step steps[] = {
        {.op = RAW_HEAD},
        {.op = RAW_REPEAT, .text = "HTTP/1.1 102 P\r\n\r\n", .n = 32 + _i},
        {.op = RAW_SEND, .text = CREATED},
        {.op = RAW_END}};
    rawserver *server = run(steps);
    exchange x;

    make_get(&x, server);
    exchange_run(&x);
    ck_assert_int_eq(x.call.end, _i == 0 ? SE__HTTP_OK : SE__HTTP_TOO_LARGE);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

/* ---- many ---- */

START_TEST(many_at_once)
{
    enum {
        WIDTH = 64,
        ROUNDS = 5
    };
    static exchange x[WIDTH];
    rawserver *server = run(good);

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < WIDTH; i++) {
            exchange_init(&x[i], &w, rawserver_url(server), 4096);
            exchange_start(&x[i]);
        }
        for (int i = 0; i < WIDTH; i++) {
            exchange_wait(&x[i]);
            exchange_expect(&x[i], SE__HTTP_OK, 201);
            exchange_fini(&x[i]);
        }
    }
    ck_assert_int_eq(rawserver_get(server, RAW_BODIES), WIDTH * ROUNDS);
    ck_assert_int_le(rawserver_get(server, RAW_CONNECTIONS), WIDTH);
    rawserver_stop(server);
}
END_TEST

START_TEST(no_more_connections_are_kept_than_allowed)
{
    enum {
        WIDTH = 8
    };
    static const se__http_policy policy = {.max_connections = 2};
    static exchange x[WIDTH];
    rawserver *server = run(good);
    wire own;

    wire_open(&own, &policy);
    for (int i = 0; i < WIDTH; i++) {
        exchange_init(&x[i], &own, rawserver_url(server), 4096);
        x[i].body.pause_at = 1;
        exchange_start(&x[i]);
    }
    ck_assert(rawserver_wait(server, RAW_REQUESTS, WIDTH));
    for (int i = 0; i < WIDTH; i++) {
        exchange_resume(&x[i]);
    }
    for (int i = 0; i < WIDTH; i++) {
        exchange_wait(&x[i]);
        exchange_expect(&x[i], SE__HTTP_OK, 201);
        exchange_fini(&x[i]);
    }
    ck_assert(rawserver_wait(server, RAW_CLOSED, WIDTH - 2));
    wire_close(&own);
    rawserver_stop(server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_set_timeout(core, 60);
    tcase_add_loop_test(core, every_size_arrives_as_it_is, 0,
                        (int)SE__COUNT(sizes));
    tcase_add_test(core, an_upload_says_what_it_should);
    tcase_add_test(core, methods_follow_each_other);
    tcase_add_loop_test(core, the_body_may_come_in_pieces_with_pauses, 0, 2);
    tcase_add_test(core, a_pause_before_the_first_byte);
    tcase_add_loop_test(core,
                        a_body_that_fails_is_never_complete_at_the_other_end, 0,
                        (int)SE__COUNT(bad_bodies));
    tcase_add_test(core, a_body_is_not_asked_for_more_than_its_size);
    tcase_add_loop_test(core, who_ignores_expect_gets_the_body_a_little_later,
                        0, 1);
    tcase_add_loop_test(core, who_ignores_expect_gets_the_body_a_little_later,
                        100, 101);
    tcase_add_test(core, a_refusal_before_the_body_costs_no_byte);
    tcase_add_loop_test(core, a_refusal_within_the_body_is_heard, 0, 3);
    tcase_add_loop_test(core, answers_are_understood, 0,
                        (int)SE__COUNT(answers));
    tcase_add_loop_test(core, the_headers_that_matter, 0,
                        (int)SE__COUNT(fields));
    tcase_add_test(core, a_date_in_the_future_is_counted_from_now);
    tcase_add_loop_test(core, answers_without_end_are_ended, 0,
                        (int)SE__COUNT(endless));
    tcase_add_test(core, the_cap_of_the_reply_is_exact);
    tcase_add_loop_test(core, some_interim_answers_are_fine, 0, 2);
    tcase_add_test(core, many_at_once);
    tcase_add_test(core, no_more_connections_are_kept_than_allowed);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
