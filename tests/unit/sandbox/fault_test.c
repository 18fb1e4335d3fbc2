/* Each fault, at each moment where it makes sense. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "client.h"

#define ID "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e11"
#define BODY_BYTES 20000

static char *dir;
static sandbox *fleet;
static const char *url;
static char bytes[BODY_BYTES];
static const form file = {
    .file_id = ID, .bytes = bytes, .length = BODY_BYTES, .expect = true};

static void setup(void)
{
    static const sandbox_element element = {"se-01", "edit", 100, 0};
    sandbox_options options;

    dir = temp_dir_make();
    options =
        (sandbox_options){.dir = dir, .elements = &element, .n_elements = 1};
    fleet = sandbox_start(&options);
    ck_assert_ptr_nonnull(fleet);
    url = sandbox_url(fleet, "se-01");
    memset(bytes, 'x', sizeof(bytes));
}

static void teardown(void)
{
    sandbox_stop(fleet);
    temp_dir_remove(dir);
}

static void add(sandbox_fault fault)
{
    sandbox_add_fault(fleet, "se-01", &fault);
}

static sandbox_counts counts(void)
{
    sandbox_counts seen;

    sandbox_counts_of(fleet, "se-01", &seen);
    return seen;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t whole_body(void)
{
    size_t length;

    free(form_body(&file, &length));
    return length;
}

/* What ends a request, at each moment: how it looks to the client, how much
 * the element has read, and whether it has stored. */
static const struct {
    sandbox_when when;
    int64_t after; /* -1: all of the body */
    bool continued;
    int stored;
} moments[] = {
    {SANDBOX_BEFORE_BODY, 0, false, 0}, {SANDBOX_DURING_BODY, 0, true, 0},
    {SANDBOX_DURING_BODY, 1, true, 0},  {SANDBOX_DURING_BODY, 777, true, 0},
    {SANDBOX_DURING_BODY, -1, true, 0}, {SANDBOX_AFTER_BODY, -1, true, 0},
    {SANDBOX_AFTER_STORE, -1, true, 1},
};

static const struct {
    sandbox_action action;
    int status;
    client_end end;
} endings[] = {
    {SANDBOX_STATUS, 503, CLIENT_OPEN},
    {SANDBOX_CLOSE, 0, CLIENT_CLOSED},
    {SANDBOX_RESET, 0, CLIENT_RESET},
    {SANDBOX_STALL, 0, CLIENT_SILENT},
};

#define N_MOMENTS (int)(sizeof(moments) / sizeof(*moments))
#define N_ENDINGS (int)(sizeof(endings) / sizeof(*endings))

START_TEST(ends_a_request)
{
    int m = _i / N_ENDINGS, e = _i % N_ENDINGS;
    int64_t after =
        moments[m].after < 0 ? (int64_t)whole_body() : moments[m].after;
    int64_t began = now_ms();
    client c;

    add((sandbox_fault){.when = moments[m].when,
                        .action = endings[e].action,
                        .status = 503,
                        .after_bytes = after,
                        .times = 1});
    ck_assert(client_open(&c, url));
    c.wait_ms = endings[e].end == CLIENT_SILENT ? 150 : 5000;
    ck_assert_int_eq(client_exchange(&c, &file), endings[e].status);
    ck_assert_int_eq(c.end, endings[e].end);
    ck_assert_int_lt(now_ms() - began, 1500);
    ck_assert_int_eq(c.saw_100, moments[m].continued);
    if (endings[e].status) {
        ck_assert_str_eq(c.body, "{\"detail\":\"sandbox fault\"}");
    }
    ck_assert_int_eq(counts().body_bytes, after);
    ck_assert_int_eq(sandbox_copies(fleet, ID), moments[m].stored);
    client_close(&c);
    ck_assert(wait_counts(fleet, "se-01", nothing_open));
    if (!moments[m].continued) {
        ck_assert_int_eq(counts().unread_bytes, 0);
    }
    /* It struck once; the next upload is taken (or was there before). */
    ck_assert_int_eq(upload(url, &file, &c), moments[m].stored ? 500 : 201);
}
END_TEST

/* Without Expect the body comes along; what nobody looks at is counted. */
START_TEST(counts_what_it_does_not_read)
{
    form f = file;
    client c;

    f.expect = false;
    add((sandbox_fault){.action = endings[_i].action, .status = 503});
    ck_assert(client_open(&c, url));
    c.wait_ms = endings[_i].end == CLIENT_SILENT ? 150 : 5000;
    ck_assert_int_eq(client_exchange(&c, &f), endings[_i].status);
    client_close(&c);
    ck_assert(wait_counts(fleet, "se-01", nothing_open));
    ck_assert_int_eq(counts().body_bytes, 0);
    ck_assert_int_gt(counts().unread_bytes, 0);
    ck_assert_int_le(counts().unread_bytes, (int64_t)whole_body());
}
END_TEST

/* An answer before the body must arrive although the body is on its way. */
START_TEST(answers_while_the_body_comes)
{
    static char much[3000000];
    form f = {.file_id = ID, .bytes = much, .length = sizeof(much)};
    client c;

    add((sandbox_fault){.action = SANDBOX_STATUS,
                        .status = 507,
                        .body = "{\"full\":1}",
                        .header = "Retry-After: 7"});
    ck_assert_int_eq(upload(url, &f, &c), 507);
    ck_assert_str_eq(c.body, "{\"full\":1}");
    ck_assert_ptr_nonnull(strstr(c.head, "\r\nRetry-After: 7\r\n"));
    ck_assert_ptr_nonnull(strstr(c.head, "\r\nConnection: close\r\n"));
}
END_TEST

START_TEST(keeps_the_connection_after_a_status)
{
    client c;

    add((sandbox_fault){.when = SANDBOX_AFTER_BODY,
                        .action = SANDBOX_STATUS,
                        .status = 500,
                        .times = 1});
    ck_assert(client_open(&c, url));
    ck_assert_int_eq(client_exchange(&c, &file), 500);
    ck_assert_ptr_null(strstr(c.head, "Connection: close"));
    ck_assert_int_eq(client_exchange(&c, &file), 201);
    client_close(&c);
    ck_assert_int_eq(counts().connections, 1);
}
END_TEST

START_TEST(has_no_body_with_204)
{
    client c;

    add((sandbox_fault){
        .when = SANDBOX_AFTER_BODY, .action = SANDBOX_STATUS, .status = 204});
    ck_assert(client_open(&c, url));
    ck_assert_int_eq(client_exchange(&c, &file), 204);
    ck_assert_ptr_null(strstr(c.head, "Content-Length"));
    ck_assert_int_eq(client_exchange(&c, &file), 204);
    client_close(&c);
}
END_TEST

START_TEST(says_no_continue)
{
    char *head, *body;
    size_t n_head, n_body;
    client c;

    add((sandbox_fault){.when = SANDBOX_AFTER_STORE, .action = SANDBOX_NO_100});
    head = form_head(&file, &n_head);
    body = form_body(&file, &n_body);
    ck_assert(client_open(&c, url));
    c.wait_ms = 150;
    ck_assert(client_send(&c, head, n_head));
    ck_assert_int_eq(client_answer(&c), 0);
    ck_assert_int_eq(c.end, CLIENT_SILENT);
    c.wait_ms = 5000;
    ck_assert(client_send(&c, body, n_body));
    ck_assert_int_eq(client_answer(&c), 201);
    client_close(&c);
    free(head);
    free(body);
}
END_TEST

START_TEST(lies_about_the_checksum)
{
    char sha256[65];
    client c;

    add((sandbox_fault){.action = SANDBOX_WRONG_CHECKSUM, .times = 1});
    sha256_hex(bytes, BODY_BYTES, sha256);
    ck_assert_int_eq(upload(url, &file, &c), 201);
    ck_assert_ptr_nonnull(strstr(c.body, "\"checksum\":\""));
    ck_assert_ptr_null(strstr(c.body, sha256));
    ck_assert(sandbox_holds(fleet, "se-01", ID, sha256));
    add((sandbox_fault){
        .route = SANDBOX_FILE, .action = SANDBOX_WRONG_CHECKSUM, .times = 1});
    ck_assert_int_eq(ask(url, "GET", "/api/v1/files/" ID, &c), 200);
    ck_assert_ptr_null(strstr(c.body, sha256));
    ck_assert_int_eq(ask(url, "GET", "/api/v1/files/" ID, &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, sha256));
}
END_TEST

START_TEST(leaves_the_checksum_out)
{
    client c;

    add((sandbox_fault){.action = SANDBOX_NO_CHECKSUM});
    ck_assert_int_eq(upload(url, &file, &c), 201);
    ck_assert_str_eq(c.body,
                     "{\"file_id\":\"" ID "\",\"original_filename\":\"a.txt\","
                     "\"file_size\":20000,"
                     "\"message\":\"File uploaded successfully\"}");
    ck_assert_int_eq(sandbox_copies(fleet, ID), 1);
}
END_TEST

START_TEST(answers_garbage)
{
    client c;

    add((sandbox_fault){
        .when = SANDBOX_AFTER_BODY, .action = SANDBOX_GARBAGE, .times = 1});
    add((sandbox_fault){.action = SANDBOX_GARBAGE, .times = 1});
    ck_assert_int_eq(upload(url, &file, &c), 201);
    ck_assert_ptr_nonnull(strstr(c.body, "no JSON"));
    ck_assert_int_eq(sandbox_copies(fleet, ID), 0);
    ck_assert_int_eq(upload(url, &file, &c), 201);
    ck_assert_ptr_nonnull(strstr(c.body, "no JSON"));
    ck_assert_int_eq(sandbox_copies(fleet, ID), 1);
    add((sandbox_fault){.route = SANDBOX_CAPACITY, .action = SANDBOX_GARBAGE});
    ck_assert_int_eq(ask(url, "GET", "/api/v1/capacity", &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "no JSON"));
}
END_TEST

START_TEST(stores_other_bytes)
{
    char sent[65], stored[65];
    char other[BODY_BYTES];
    char *truth;
    client c;

    memcpy(other, bytes, sizeof(other));
    other[0] ^= 1;
    sha256_hex(bytes, BODY_BYTES, sent);
    sha256_hex(other, BODY_BYTES, stored);
    add((sandbox_fault){.when = SANDBOX_AFTER_STORE,
                        .action = SANDBOX_CORRUPT});
    ck_assert_int_eq(upload(url, &file, &c), 201);
    ck_assert_ptr_nonnull(strstr(c.body, stored));
    ck_assert(!sandbox_holds(fleet, "se-01", ID, sent));
    ck_assert(sandbox_holds(fleet, "se-01", ID, stored));
    truth = read_text(dir, "truth.jsonl");
    ck_assert_ptr_nonnull(strstr(truth, stored));
    free(truth);
}
END_TEST

/* More than a bounded client would take, and it goes on. */
START_TEST(never_ends_an_answer)
{
    static const struct {
        sandbox_action action;
        const char *says;
    } rows[] = {{SANDBOX_ENDLESS, "\r\n\r\n{\"file_id\":\"endless endless"},
                {SANDBOX_ENDLESS_HEADERS, "\r\nX-Endless: header\r\nX-End"}};
    client c;

    add((sandbox_fault){.when = SANDBOX_AFTER_STORE,
                        .action = rows[_i].action});
    ck_assert(client_open(&c, url));
    ck_assert(client_upload(&c, &file));
    ck_assert(client_read(&c, 3000000));
    c.input[3000000] = '\0';
    ck_assert_ptr_nonnull(strstr(c.input, "HTTP/1.1 201 Created\r\n"));
    ck_assert_ptr_nonnull(strstr(c.input, rows[_i].says));
    client_close(&c);
    ck_assert(wait_counts(fleet, "se-01", nothing_open));
    ck_assert_int_eq(sandbox_copies(fleet, ID), 1);
}
END_TEST

START_TEST(floods_with_interim_answers)
{
    char *head, *body;
    size_t n_head, n_body;
    client c;

    add((sandbox_fault){.action = SANDBOX_FLOOD_1XX});
    head = form_head(&file, &n_head);
    body = form_body(&file, &n_body);
    ck_assert(client_open(&c, url));
    ck_assert(client_send(&c, head, n_head));
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(client_answer(&c), 102);
    }
    ck_assert_int_eq(client_answer(&c), 100);
    ck_assert(client_send(&c, body, n_body));
    ck_assert_int_eq(client_answer(&c), 201);
    client_close(&c);
    free(head);
    free(body);
}
END_TEST

START_TEST(does_not_like_expect)
{
    form f = file;
    client c;

    add((sandbox_fault){
        .when = SANDBOX_AFTER_BODY, .action = SANDBOX_EXPECT_417, .times = 1});
    f.expect = false;
    ck_assert_int_eq(upload(url, &f, &c), 201);
    ck_assert_int_eq(upload(url, &file, &c), 417);
    ck_assert(!c.saw_100);
    ck_assert_int_eq(upload(url, &file, &c), 500); /* it is there already */
}
END_TEST

START_TEST(is_slow)
{
    form f = {.file_id = ID, .bytes = "0123456789", .length = 10};
    size_t length;
    int64_t began;
    client c;

    free(form_body(&f, &length));
    /* The whole body takes 500 ms, and its answer 250. */
    add((sandbox_fault){.action = SANDBOX_SLOW,
                        .bytes_per_s = (int64_t)length * 2,
                        .times = 1});
    began = now_ms();
    ck_assert(client_open(&c, url));
    ck_assert_int_eq(client_exchange(&c, &f), 201);
    ck_assert_int_ge(now_ms() - began, 600);
    began = now_ms();
    ck_assert_int_eq(client_exchange(&c, &f), 500);
    ck_assert_int_lt(now_ms() - began, 400);
    client_close(&c);
}
END_TEST

START_TEST(answers_slowly)
{
    int64_t began = now_ms();
    client c;

    add((sandbox_fault){.when = SANDBOX_AFTER_STORE,
                        .action = SANDBOX_SLOW,
                        .bytes_per_s = 500});
    ck_assert_int_eq(upload(url, &file, &c), 201);
    ck_assert_int_ge(now_ms() - began, 300);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 1);
}
END_TEST

/* Nothing is done that nobody can mean, and 500 is what nobody said. */
START_TEST(takes_faults_as_they_are_meant)
{
    client c;

    add((sandbox_fault){.action = (sandbox_action)99});
    add((sandbox_fault){.when = (sandbox_when)9, .action = SANDBOX_CLOSE});
    sandbox_add_fault(fleet, "se-09", &(sandbox_fault){.status = 1});
    add((sandbox_fault){.action = SANDBOX_STATUS, .skip = 1});
    ck_assert_int_eq(upload(url, &file, &c), 201);
    ck_assert_int_eq(upload(url, &file, &c), 500);
    ck_assert_str_eq(c.body, "{\"detail\":\"sandbox fault\"}");
}
END_TEST

START_TEST(waits_before_it_strikes)
{
    int64_t began = now_ms();
    client c;

    add((sandbox_fault){.when = SANDBOX_AFTER_STORE,
                        .action = SANDBOX_STATUS,
                        .status = 504,
                        .delay_ms = 200});
    ck_assert_int_eq(upload(url, &file, &c), 504);
    ck_assert_int_ge(now_ms() - began, 200);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 1);
    sandbox_clear_faults(fleet, "se-01");
    add((sandbox_fault){.route = SANDBOX_CAPACITY, .delay_ms = 200});
    began = now_ms();
    ck_assert_int_eq(ask(url, "GET", "/api/v1/capacity", &c), 200);
    ck_assert_int_ge(now_ms() - began, 200);
}
END_TEST

/* The status of upload after upload, each with another id. */
static void expect_statuses(const char *want)
{
    char got[64] = "", id[40];
    form f = file;
    client c;

    f.file_id = id;
    for (int i = 0; strlen(got) < strlen(want); i++) {
        snprintf(id, sizeof(id), "0b54cd5f-6e0b-4c6c-9f3e-%012d", i);
        snprintf(got + strlen(got), sizeof(got) - strlen(got), "%d ",
                 upload(url, &f, &c));
    }
    ck_assert_str_eq(got, want);
}

START_TEST(skips_and_counts)
{
    add((sandbox_fault){
        .action = SANDBOX_STATUS, .status = 503, .skip = 2, .times = 2});
    expect_statuses("201 201 503 503 201 201 ");
}
END_TEST

START_TEST(tries_faults_in_order)
{
    add((sandbox_fault){
        .action = SANDBOX_STATUS, .status = 501, .skip = 1, .times = 1});
    add((sandbox_fault){.action = SANDBOX_STATUS, .status = 502, .times = 2});
    add((sandbox_fault){.action = SANDBOX_STATUS, .status = 503, .times = 1});
    expect_statuses("502 501 502 503 201 ");
}
END_TEST

/* One lie at a time. */
START_TEST(lies_in_order)
{
    form f = file;
    client c;

    add((sandbox_fault){.action = SANDBOX_WRONG_CHECKSUM, .times = 1});
    add((sandbox_fault){.action = SANDBOX_NO_CHECKSUM, .times = 1});
    f.file_id = "";
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(upload(url, &f, &c), 201);
        ck_assert_int_eq(strstr(c.body, "checksum") != NULL, i != 1);
    }
}
END_TEST

/* What was not stored has no moment after it. */
START_TEST(waits_for_a_file_to_be_stored)
{
    client c;

    ck_assert_int_eq(upload(url, &file, &c), 201);
    add((sandbox_fault){.when = SANDBOX_AFTER_STORE,
                        .action = SANDBOX_STATUS,
                        .status = 503,
                        .times = 1});
    ck_assert_int_eq(upload(url, &file, &c), 500); /* it is there already */
    ck_assert_int_eq(ask(url, "DELETE", "/api/v1/files/" ID, &c), 204);
    ck_assert_int_eq(upload(url, &file, &c), 503);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 1);
}
END_TEST

START_TEST(tries_on_after_what_only_changes_the_way)
{
    client c;

    add((sandbox_fault){.action = SANDBOX_NO_100});
    add((sandbox_fault){.action = SANDBOX_FLOOD_1XX});
    add((sandbox_fault){.action = SANDBOX_STATUS, .status = 507});
    ck_assert(client_open(&c, url));
    ck_assert(!client_upload(&c, &file));
    for (int i = 1; i < 1000; i++) {
        ck_assert_int_eq(client_answer(&c), 102);
    }
    ck_assert_int_eq(client_answer(&c), 507);
    client_close(&c);
}
END_TEST

START_TEST(strikes_once_at_an_offset)
{
    add((sandbox_fault){.when = SANDBOX_DURING_BODY,
                        .action = SANDBOX_STATUS,
                        .status = 500,
                        .after_bytes = 100,
                        .skip = 1,
                        .times = 1});
    add((sandbox_fault){.when = SANDBOX_DURING_BODY,
                        .action = SANDBOX_STATUS,
                        .status = 502,
                        .after_bytes = 200,
                        .times = 1});
    add((sandbox_fault){.when = SANDBOX_DURING_BODY,
                        .action = SANDBOX_STATUS,
                        .status = 504,
                        .after_bytes = 100000000});
    expect_statuses("502 ");
    ck_assert_int_eq(counts().body_bytes, 200);
    expect_statuses("500 201 201 ");
    ck_assert_int_eq(counts().body_bytes, 300 + 2 * (int64_t)whole_body());
}
END_TEST

START_TEST(belongs_to_a_route)
{
    static const struct {
        sandbox_route route;
        const char *method, *path;
        int else_status;
    } rows[] = {
        {SANDBOX_CAPACITY, "GET", "/api/v1/capacity", 200},
        {SANDBOX_FILE, "GET", "/api/v1/files/" ID, 404},
        {SANDBOX_FILE, "GET", "/api/v1/files/" ID "/download", 404},
        {SANDBOX_DELETE_FILE, "DELETE", "/api/v1/files/" ID, 404},
        {SANDBOX_DELETE_GC, "DELETE", "/api/v1/gc/" ID, 200},
        {SANDBOX_ANY, "GET", "/health/live", 200},
    };
    size_t n = sizeof(rows) / sizeof(*rows);
    client c;

    for (size_t fault = 0; fault < n; fault++) {
        bool any = rows[fault].route == SANDBOX_ANY;

        sandbox_clear_faults(fleet, "se-01");
        ck_assert_int_eq(ask(url, "DELETE", "/api/v1/gc/" ID, &c), 200);
        add((sandbox_fault){.route = rows[fault].route,
                            .action = SANDBOX_STATUS,
                            .status = 503});
        for (size_t i = 0; i < n; i++) {
            bool struck = any || rows[fault].route == rows[i].route;

            ck_assert_int_eq(ask(url, rows[i].method, rows[i].path, &c),
                             struck ? 503 : rows[i].else_status);
        }
        ck_assert_int_eq(upload(url, &file, &c), any ? 503 : 201);
    }
}
END_TEST

/* A deletion that was done although the answer says something else. */
START_TEST(strikes_after_a_deletion)
{
    client c;

    ck_assert_int_eq(upload(url, &file, &c), 201);
    add((sandbox_fault){.route = SANDBOX_DELETE_FILE,
                        .when = SANDBOX_AFTER_BODY,
                        .action = SANDBOX_STATUS,
                        .status = 503,
                        .times = 1});
    add((sandbox_fault){.route = SANDBOX_DELETE_FILE,
                        .when = SANDBOX_AFTER_STORE,
                        .action = SANDBOX_RESET});
    ck_assert_int_eq(ask(url, "DELETE", "/api/v1/files/" ID, &c), 503);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 1);
    ck_assert_int_eq(ask(url, "DELETE", "/api/v1/files/" ID, &c), 0);
    ck_assert_int_eq(c.end, CLIENT_RESET);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 0);
}
END_TEST

START_TEST(stops_while_it_stalls)
{
    static const sandbox_fault rows[] = {
        {.action = SANDBOX_STALL},
        {.action = SANDBOX_STATUS, .status = 500, .delay_ms = 3600000},
        {.action = SANDBOX_SLOW, .bytes_per_s = 1},
        {.when = SANDBOX_AFTER_STORE, .action = SANDBOX_ENDLESS},
        {.when = SANDBOX_DURING_BODY,
         .after_bytes = 5,
         .action = SANDBOX_STALL},
    };
    client c[8];
    int64_t began;

    add(rows[_i]);
    for (int i = 0; i < 8; i++) {
        ck_assert(client_open(&c[i], url));
        c[i].wait_ms = 20;
        client_exchange(&c[i], &file);
    }
    began = now_ms();
    teardown();
    ck_assert_int_lt(now_ms() - began, 1000);
    for (int i = 0; i < 8; i++) {
        client_close(&c[i]);
    }
    setup();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox faults");
    TCase *tcase = tcase_create("faults");
    SRunner *runner = srunner_create(suite);
    int failures;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, ends_a_request, 0, N_MOMENTS * N_ENDINGS);
    tcase_add_loop_test(tcase, counts_what_it_does_not_read, 0, N_ENDINGS);
    tcase_add_test(tcase, answers_while_the_body_comes);
    tcase_add_test(tcase, keeps_the_connection_after_a_status);
    tcase_add_test(tcase, has_no_body_with_204);
    tcase_add_test(tcase, says_no_continue);
    tcase_add_test(tcase, lies_about_the_checksum);
    tcase_add_test(tcase, leaves_the_checksum_out);
    tcase_add_test(tcase, answers_garbage);
    tcase_add_test(tcase, stores_other_bytes);
    tcase_add_loop_test(tcase, never_ends_an_answer, 0, 2);
    tcase_add_test(tcase, floods_with_interim_answers);
    tcase_add_test(tcase, does_not_like_expect);
    tcase_add_test(tcase, is_slow);
    tcase_add_test(tcase, answers_slowly);
    tcase_add_test(tcase, takes_faults_as_they_are_meant);
    tcase_add_test(tcase, waits_before_it_strikes);
    tcase_add_test(tcase, skips_and_counts);
    tcase_add_test(tcase, tries_faults_in_order);
    tcase_add_test(tcase, lies_in_order);
    tcase_add_test(tcase, waits_for_a_file_to_be_stored);
    tcase_add_test(tcase, tries_on_after_what_only_changes_the_way);
    tcase_add_test(tcase, strikes_once_at_an_offset);
    tcase_add_test(tcase, belongs_to_a_route);
    tcase_add_test(tcase, strikes_after_a_deletion);
    tcase_add_loop_test(tcase, stops_while_it_stalls, 0, 5);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
