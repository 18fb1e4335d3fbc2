/* The protocol: what a connection takes, keeps and refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "client.h"
#include "program.h"

#define ID "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e11"
#define LIVE "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"

static char *dir;
static sandbox *fleet;
static const char *url;

static void start(int idle_ms)
{
    static const sandbox_element element = {"se-01", "edit", 100, 0};
    sandbox_options options = {
        .dir = dir, .elements = &element, .n_elements = 1, .idle_ms = idle_ms};

    fleet = sandbox_start(&options);
    ck_assert_ptr_nonnull(fleet);
    url = sandbox_url(fleet, "se-01");
}

static void setup(void)
{
    dir = temp_dir_make();
    start(0);
}

static void teardown(void)
{
    sandbox_stop(fleet);
    temp_dir_remove(dir);
}

static sandbox_counts counts(void)
{
    sandbox_counts seen;

    sandbox_counts_of(fleet, "se-01", &seen);
    return seen;
}

START_TEST(refuses_what_is_no_request)
{
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"hello\r\n\r\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: x\r\nX: a\x01"
         "b\r\n\r\n",
         400},
        {"GET / HTTP/1.1\nHost: x\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
        {"GET / HTTP/1.11\r\nHost: x\r\n\r\n", 400},
        {"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999"
         "\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
         "Content-Length: 1\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
         "Transfer-Encoding: chunked\r\n\r\n",
         400},
        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\nHost: x\r\nExpect: cake\r\n\r\n", 417},
    };
    client c;

    ck_assert(client_open(&c, url));
    ck_assert(client_put(&c, rows[_i].request));
    ck_assert_int_eq(client_answer(&c), rows[_i].status);
    ck_assert_ptr_nonnull(strstr(c.head, "\r\nConnection: close\r\n"));
    ck_assert_int_eq(client_end_of(&c), CLIENT_CLOSED);
    client_close(&c);
}
END_TEST

START_TEST(bounds_the_head)
{
    char *head = malloc(40000);
    client c;

    for (int big = 0; big < 2; big++) {
        size_t n = big ? 20000 : 12000;

        memset(head, 'x', n);
        memcpy(head, "GET /health/live HTTP/1.1\r\nHost: x\r\nX: ", 39);
        memcpy(head + n, "\r\n\r\n", 5);
        ck_assert(client_open(&c, url));
        ck_assert(client_put(&c, head));
        ck_assert_int_eq(client_answer(&c), big ? 431 : 200);
        client_close(&c);
    }
    free(head);
}
END_TEST

START_TEST(answers_pipelined_requests_in_order)
{
    client c;

    ck_assert(client_open(&c, url));
    ck_assert(client_put(&c, LIVE "\r\n" LIVE
                                  "GET /no HTTP/1.1\r\nHost: x\r\n\r\n" LIVE
                                  "garbage\r\n\r\n" LIVE));
    ck_assert_int_eq(client_answer(&c), 200);
    ck_assert_int_eq(client_answer(&c), 200);
    ck_assert_int_eq(client_answer(&c), 404);
    ck_assert_int_eq(client_answer(&c), 200);
    ck_assert_int_eq(client_answer(&c), 400);
    ck_assert_int_eq(client_answer(&c), 0);
    ck_assert_int_eq(c.end, CLIENT_CLOSED);
    client_close(&c);
    ck_assert_int_eq(counts().requests, 4);
    ck_assert_int_eq(counts().connections, 1);
}
END_TEST

START_TEST(keeps_a_connection_as_asked)
{
    static const struct {
        const char *request;
        client_end end;
    } rows[] = {
        {"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", CLIENT_SILENT},
        {"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n",
         CLIENT_CLOSED},
        {"GET /health/live HTTP/1.0\r\n\r\n", CLIENT_CLOSED},
        {"GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
         CLIENT_SILENT},
    };
    client c;

    ck_assert(client_open(&c, url));
    ck_assert(client_put(&c, rows[_i].request));
    ck_assert_int_eq(client_answer(&c), 200);
    c.wait_ms = 100;
    ck_assert_int_eq(client_end_of(&c), rows[_i].end);
    client_close(&c);
}
END_TEST

START_TEST(closes_idle_connections)
{
    client c;

    sandbox_stop(fleet);
    start(100);
    ck_assert(client_open(&c, url));
    ck_assert(client_put(&c, LIVE));
    ck_assert_int_eq(client_answer(&c), 200);
    ck_assert_int_eq(client_end_of(&c), CLIENT_CLOSED);
    client_close(&c);
    ck_assert(wait_counts(fleet, "se-01", nothing_open));
}
END_TEST

START_TEST(takes_every_framing)
{
    char bytes[5000];
    char sha256[65];
    char id[40];
    client c;
    form f = {.file_id = id, .bytes = bytes, .length = sizeof(bytes)};

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 7 + i / 256);
    }
    sha256_hex(bytes, sizeof(bytes), sha256);
    ck_assert(client_open(&c, url));
    for (int i = 0; i < 8; i++) {
        snprintf(id, sizeof(id), "0b54cd5f-6e0b-4c6c-9f3e-%012d", i);
        f.chunked = i & 1;
        f.expect = i & 2;
        c.saw_100 = false;
        ck_assert_int_eq(client_exchange(&c, &f), 201);
        ck_assert_int_eq(c.saw_100, f.expect);
        ck_assert(sandbox_holds(fleet, "se-01", id, sha256));
    }
    client_close(&c);
    ck_assert_int_eq(counts().connections, 1);
    ck_assert_int_eq(counts().uploads, 8);
    ck_assert_int_eq(counts().stored, 8);
}
END_TEST

START_TEST(takes_a_body_byte_by_byte)
{
    form f = {.file_id = ID,
              .bytes = "\r\n------test012",
              .length = 15,
              .chunked = true};
    size_t n_head, n_body;
    char *head, *body;
    char chunk[16];
    client c;

    head = form_head(&f, &n_head);
    body = form_body(&f, &n_body);
    ck_assert(client_open(&c, url));
    for (size_t i = 0; i < n_head; i++) {
        ck_assert(client_send(&c, head + i, 1));
    }
    for (size_t i = 0; i < n_body; i++) {
        snprintf(chunk, sizeof(chunk), "1\r\n%c\r\n", body[i]);
        ck_assert(client_send(&c, chunk, 6));
    }
    ck_assert(client_put(&c, "0\r\n\r\n"));
    ck_assert_int_eq(client_answer(&c), 201);
    ck_assert_ptr_nonnull(strstr(c.body, "\"file_size\":15,"));
    client_close(&c);
    ck_assert_int_eq(counts().body_bytes, (int64_t)n_body);
    free(head);
    free(body);
}
END_TEST

START_TEST(refuses_bad_chunks)
{
    static const char *const bodies[] = {
        "x\r\n",
        "\r\n",
        "-1\r\nx\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "1\r\nab\r\n",
        "1 z\r\n?",
        "0\r\nbad",
        "1\nx\r\n0\r\n\r\n",
        "1z\r\nx\r\n0\r\n\r\n",
    };
    client c;

    ck_assert(client_open(&c, url));
    ck_assert(client_put(&c, "POST /api/v1/files/upload HTTP/1.1\r\nHost: x\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n"));
    ck_assert(client_put(&c, bodies[_i]));
    shutdown(c.fd, SHUT_WR);
    ck_assert_int_eq(client_answer(&c), 0);
    client_close(&c);
    ck_assert(wait_counts(fleet, "se-01", nothing_open));
    ck_assert_int_eq(counts().stored, 0);
}
END_TEST

/* An upload that breaks off leaves nothing behind, wherever it does. */
START_TEST(stores_nothing_of_a_broken_upload)
{
    form f = {.file_id = ID, .bytes = "hello world", .length = 11};
    size_t n_head, n_body;
    char *head = form_head(&f, &n_head);
    char *body = form_body(&f, &n_body);
    char folder[600];
    int64_t n = 0;
    client c;

    for (size_t cut = 0; cut < n_body; cut += 13, n++) {
        ck_assert(client_open(&c, url));
        ck_assert(client_send(&c, head, n_head));
        ck_assert(client_send(&c, body, cut));
        client_close(&c);
    }
    ck_assert(wait_gone(fleet, "se-01", n));
    ck_assert_int_eq(counts().stored, 0);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 0);
    /* Only an empty folder can be removed. */
    snprintf(folder, sizeof(folder), "%s/se-01", dir);
    ck_assert_int_eq(rmdir(folder), 0);
    free(head);
    free(body);
}
END_TEST

/* Who sends the body at once needs no 100 Continue. */
START_TEST(does_not_ask_for_what_it_has)
{
    form f = {
        .file_id = ID, .bytes = "hello world", .length = 11, .expect = true};
    size_t n_head, n_body;
    char *head = form_head(&f, &n_head);
    char *body = form_body(&f, &n_body);
    char all[4096];
    client c;

    memcpy(all, head, n_head);
    memcpy(all + n_head, body, n_body);
    ck_assert(client_open(&c, url));
    ck_assert(client_send(&c, all, n_head + n_body));
    ck_assert_int_eq(client_answer(&c), 201);
    client_close(&c);
    free(head);
    free(body);
}
END_TEST

/* What comes behind an upload in the same packet is the next request. */
START_TEST(ends_a_body_where_it_ends)
{
    form f = {.file_id = ID, .bytes = "hello world", .length = 11};
    size_t n_head, n_body;
    char *head = form_head(&f, &n_head);
    char *body = form_body(&f, &n_body);
    char all[4096];
    client c;

    memcpy(all, head, n_head);
    memcpy(all + n_head, body, n_body);
    memcpy(all + n_head + n_body, LIVE, sizeof(LIVE));
    ck_assert(client_open(&c, url));
    ck_assert(client_put(&c, all));
    ck_assert_int_eq(client_answer(&c), 201);
    ck_assert_int_eq(client_answer(&c), 200);
    client_close(&c);
    ck_assert_int_eq(counts().body_bytes, (int64_t)n_body);
    free(head);
    free(body);
}
END_TEST

static FILE *create(const char *name, char path[512])
{
    FILE *file;

    snprintf(path, 512, "%s/%s", dir, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    return file;
}

/* Length, chunks, and Expect on one kept connection. */
START_TEST(is_driven_by_curl)
{
    static const char *const ways[] = {
        "", "header = \"Transfer-Encoding: chunked\"\n",
        "header = \"Expect: 100-continue\"\n"};
    char big[512], config[512];
    const char *const arguments[] = {"curl", "-K", config, NULL};
    FILE *file = create("big", big);
    program curl;

    for (int i = 0; i < 300000; i++) {
        fprintf(file, "%d\n", i);
    }
    fclose(file);
    file = create("config", config);
    for (int i = 0; i < 3; i++) {
        fprintf(file,
                "%ssilent\nurl = %s/api/v1/files/upload\noutput = /dev/null\n"
                "form = file=@%s\nwrite-out = \"%%{http_code} "
                "%%{num_connects}\\n\"\n%s",
                i > 0 ? "next\n" : "", url, big, ways[i]);
    }
    fclose(file);
    program_run(&curl, "curl", arguments);
    ck_assert_str_eq(program_line(&curl), "201 1");
    ck_assert_str_eq(program_line(&curl), "201 0");
    ck_assert_str_eq(program_line(&curl), "201 0");
    ck_assert_int_eq(program_end(&curl), 0);
    ck_assert_int_eq(counts().stored, 3);
    ck_assert_int_eq(counts().connections, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox http");
    TCase *tcase = tcase_create("http");
    SRunner *runner = srunner_create(suite);
    int failures;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, refuses_what_is_no_request, 0, 20);
    tcase_add_test(tcase, bounds_the_head);
    tcase_add_test(tcase, answers_pipelined_requests_in_order);
    tcase_add_loop_test(tcase, keeps_a_connection_as_asked, 0, 4);
    tcase_add_test(tcase, closes_idle_connections);
    tcase_add_test(tcase, takes_every_framing);
    tcase_add_test(tcase, takes_a_body_byte_by_byte);
    tcase_add_loop_test(tcase, refuses_bad_chunks, 0, 9);
    tcase_add_test(tcase, stores_nothing_of_a_broken_upload);
    tcase_add_test(tcase, does_not_ask_for_what_it_has);
    tcase_add_test(tcase, ends_a_body_where_it_ends);
    tcase_add_test(tcase, is_driven_by_curl);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
