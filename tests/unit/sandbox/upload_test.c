/* Each route of an element, as wire-contract 3 says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "client.h"

#define ID "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e11"
#define HELLO_SHA                                                              \
    "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"

static char *dir;
static sandbox *fleet;
static const char *edit, *rw, *ro;

static const sandbox_element elements[] = {
    {"se-01", "edit", 100, 100000},
    {"se-02", "rw", 200, 0},
    {"se-03", "ro", 300, 0},
};

static void start(bool discard, const char *token)
{
    sandbox_options options = {.dir = dir,
                               .discard = discard,
                               .token = token,
                               .elements = elements,
                               .n_elements = 3};

    fleet = sandbox_start(&options);
    ck_assert_ptr_nonnull(fleet);
    edit = sandbox_url(fleet, "se-01");
    rw = sandbox_url(fleet, "se-02");
    ro = sandbox_url(fleet, "se-03");
}

static void setup(void)
{
    dir = temp_dir_make();
    start(false, NULL);
}

static void teardown(void)
{
    sandbox_stop(fleet);
    temp_dir_remove(dir);
}

static const form hello = {.file_id = ID, .bytes = "hello world", .length = 11};

START_TEST(stores_and_tells)
{
    client c;
    char *truth;

    ck_assert_int_eq(upload(edit, &hello, &c), 201);
    ck_assert_str_eq(c.body,
                     "{\"file_id\":\"" ID "\",\"original_filename\":\"a.txt\","
                     "\"file_size\":11,\"checksum\":\"" HELLO_SHA "\","
                     "\"message\":\"File uploaded successfully\"}");
    ck_assert(sandbox_holds(fleet, "se-01", ID, HELLO_SHA));
    ck_assert_int_eq(sandbox_copies(fleet, ID), 1);
    truth = read_text(dir, "truth.jsonl");
    ck_assert_ptr_nonnull(strstr(
        truth, "\"se_id\":\"se-01\",\"event\":\"stored\",\"file_id\":\"" ID
               "\",\"size\":11,\"sha256\":\"" HELLO_SHA "\"}\n"));
    free(truth);
}
END_TEST

START_TEST(keeps_bytes_and_attributes)
{
    form f = hello;
    client c;
    char *text;

    f.name = "\xc3\xa9t\xc3\xa9 \\\"1\\\".pdf";
    f.extra = "--" BOUNDARY "\r\nContent-Disposition: form-data; "
              "name=\"description\"\r\n\r\nfor \"me\"\r\n";
    ck_assert_int_eq(upload(edit, &f, &c), 201);
    text = read_text(dir, "se-01/" ID);
    ck_assert_str_eq(text, "hello world");
    free(text);
    text = read_text(dir, "se-01/" ID ".attr.json");
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID, &c), 200);
    ck_assert_str_eq(text, c.body);
    ck_assert_ptr_nonnull(strstr(
        text, "\"original_filename\":\"\xc3\xa9t\xc3\xa9 \\\"1\\\".pdf\""));
    ck_assert_ptr_nonnull(strstr(text, "\"content_type\":\"text/plain\""));
    ck_assert_ptr_nonnull(strstr(text, "\"description\":\"for \\\"me\\\"\""));
    ck_assert_ptr_nonnull(strstr(text, "\"checksum\":\"" HELLO_SHA "\""));
    ck_assert_ptr_nonnull(strstr(text, "\"form\":{\"file_id\":\"" ID "\""));
    free(text);
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID "/download", &c),
                     200);
    ck_assert_str_eq(c.body, "hello world");
    ck_assert_ptr_nonnull(strstr(c.head, "filename=\"\xe9t\xe9 \"1\".pdf\""));
}
END_TEST

START_TEST(refuses_by_mode)
{
    client c;

    ck_assert_int_eq(upload(ro, &hello, &c), 400);
    ck_assert_str_eq(c.body,
                     "{\"detail\":\"File upload not allowed in ro mode\"}");
    ck_assert_int_eq(upload(rw, &hello, &c), 201);
    ck_assert_int_eq(ask(rw, "DELETE", "/api/v1/files/" ID, &c), 400);
    ck_assert_ptr_nonnull(strstr(c.body, "not allowed in rw mode. Only EDIT"));
    sandbox_set_mode(fleet, "se-02", "edit");
    ck_assert_int_eq(ask(rw, "DELETE", "/api/v1/files/" ID, &c), 204);
}
END_TEST

START_TEST(refuses_bad_forms)
{
    static const struct {
        const char *file_id, *extra;
        const char *bytes;
        int status;
        const char *detail;
    } rows[] = {
        {"not-a-uuid", NULL, "x", 400, "Invalid file_id format: not-a-uuid"},
        {ID, NULL, "", 500, "Failed to upload file"},
        {ID,
         "--" BOUNDARY "\r\nContent-Disposition: form-data; "
         "name=\"finalize_transaction_id\"\r\n\r\nx\r\n",
         "x", 500, "Failed to upload file"},
        {ID, "--" BOUNDARY "junk\r\n\r\n\r\n", "x", 400, "parsing the body"},
        {ID,
         "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; "
         "filename=\"b\"\r\n\r\nx\r\n",
         "x", 400, "parsing the body"},
    };
    client c;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        form f = {.file_id = rows[i].file_id,
                  .extra = rows[i].extra,
                  .bytes = rows[i].bytes,
                  .length = strlen(rows[i].bytes)};

        ck_assert_int_eq(upload(edit, &f, &c), rows[i].status);
        ck_assert_ptr_nonnull(strstr(c.body, rows[i].detail));
        ck_assert_int_eq(sandbox_copies(fleet, ID), 0);
    }
}
END_TEST

START_TEST(needs_a_file_part)
{
    static const char *const bodies[] = {
        "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"\r\n"
        "\r\ntext\r\n--" BOUNDARY "--\r\n",
        "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"other\"; "
        "filename=\"f\"\r\n\r\ntext\r\n--" BOUNDARY "--\r\n",
        "--" BOUNDARY "--\r\n",
        "{\"json\":true}",
    };
    char request[1024];
    client c;

    for (size_t i = 0; i < 4; i++) {
        snprintf(request, sizeof(request),
                 "POST /api/v1/files/upload HTTP/1.1\r\nHost: x\r\n"
                 "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
                 i == 3 ? "application/json"
                        : "multipart/form-data; boundary=\"" BOUNDARY "\"",
                 strlen(bodies[i]), bodies[i]);
        ck_assert(client_open(&c, edit));
        ck_assert(client_put(&c, request));
        ck_assert_int_eq(client_answer(&c), 422);
        ck_assert_ptr_nonnull(strstr(c.body, "\"loc\":[\"body\",\"file\"]"));
        client_close(&c);
    }
}
END_TEST

START_TEST(refuses_an_id_twice)
{
    client c;

    ck_assert_int_eq(upload(edit, &hello, &c), 201);
    ck_assert_int_eq(upload(edit, &hello, &c), 500);
    ck_assert_str_eq(c.body,
                     "{\"detail\":\"File with ID " ID " already exists\"}");
    ck_assert_int_eq(upload(rw, &hello, &c), 201);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 2);
}
END_TEST

START_TEST(makes_an_id)
{
    form f = hello;
    char id[40] = "";
    client c;

    f.file_id = "";
    ck_assert_int_eq(upload(edit, &f, &c), 201);
    ck_assert_int_eq(sscanf(c.body, "{\"file_id\":\"%36[0-9a-f-]\"", id), 1);
    ck_assert_uint_eq(strlen(id), 36);
    ck_assert_int_eq(id[14], '4');
    ck_assert(sandbox_holds(fleet, "se-01", id, HELLO_SHA));
}
END_TEST

START_TEST(deletes)
{
    client c;
    char *truth;

    ck_assert_int_eq(upload(edit, &hello, &c), 201);
    ck_assert_int_eq(ask(edit, "DELETE", "/api/v1/files/" ID, &c), 204);
    ck_assert_int_eq(ask(edit, "DELETE", "/api/v1/files/" ID, &c), 404);
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID, &c), 404);
    ck_assert_str_eq(c.body, "{\"detail\":\"File " ID " not found\"}");
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID "/download", &c),
                     404);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 0);
    ck_assert_ptr_null(read_text(dir, "se-01/" ID));
    ck_assert_ptr_null(read_text(dir, "se-01/" ID ".attr.json"));
    truth = read_text(dir, "truth.jsonl");
    ck_assert_ptr_nonnull(strstr(truth, "\"event\":\"deleted\""));
    free(truth);
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/capacity", &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "\"used\":0,"));
    ck_assert_int_eq(upload(edit, &hello, &c), 201);
}
END_TEST

/* As the original: the name must fit a header of Latin-1. */
START_TEST(cannot_name_every_download)
{
    form f = hello;
    client c;

    f.name = "\xd1\x84.txt";
    ck_assert_int_eq(upload(edit, &f, &c), 201);
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID "/download", &c),
                     500);
    ck_assert_str_eq(c.body, "{\"detail\":\"Failed to download file\"}");
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID, &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, f.name));
}
END_TEST

START_TEST(collects_garbage)
{
    client c;

    ck_assert_int_eq(upload(rw, &hello, &c), 201);
    ck_assert_int_eq(ask(rw, "GET", "/api/v1/gc/" ID "/exists", &c), 200);
    ck_assert_str_eq(c.body, "{\"exists\":true,\"file_id\":\"" ID "\"}");
    ck_assert(client_open(&c, rw));
    ck_assert(client_put(&c, "DELETE /api/v1/gc/" ID
                             " HTTP/1.1\r\nHost: x\r\nContent-Length: "
                             "20\r\n\r\n{\"reason\":\"surplus\"}"));
    ck_assert_int_eq(client_answer(&c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "{\"status\":\"deleted\","));
    ck_assert_ptr_nonnull(strstr(c.body, "\"reason\":\"surplus\"}"));
    client_close(&c);
    ck_assert_int_eq(ask(rw, "DELETE", "/api/v1/gc/" ID, &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "\"already_deleted\""));
    ck_assert_int_eq(ask(rw, "GET", "/api/v1/gc/" ID "/exists", &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "{\"exists\":false"));
}
END_TEST

START_TEST(answers_capacity)
{
    client c;

    ck_assert_int_eq(upload(edit, &hello, &c), 201);
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/capacity", &c), 200);
    ck_assert_ptr_nonnull(strstr(
        c.body, "{\"storage_id\":\"se-01\",\"mode\":\"edit\",\"capacity\":{"
                "\"total\":100000,\"used\":11,\"available\":99989,"
                "\"percent_used\":0.01},\"health\":\"healthy\""));
    sandbox_set_used(fleet, "se-01", 98000);
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/capacity?x=1", &c), 200);
    ck_assert_ptr_nonnull(strstr(
        c.body, "\"used\":98000,\"available\":2000,\"percent_used\":98"));
    sandbox_set_used(fleet, "se-01", -1);
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/capacity", &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "\"used\":11,"));
}
END_TEST

START_TEST(answers_the_rest)
{
    static const struct {
        const char *method, *path;
        int status;
        const char *says;
    } rows[] = {
        {"GET", "/health/live", 200, "{\"status\":\"ok\",\"timestamp\":\"20"},
        {"GET", "/health/ready", 200, "{\"status\":\"ready\""},
        {"GET", "/api/v1/info", 200, "\"element_id\":\"se-01\""},
        {"GET", "/nowhere", 404, "{\"detail\":\"Not Found\"}"},
        {"POST", "/api/v1/capacity", 404, "{\"detail\":\"Not Found\"}"},
        {"GET", "/api/v1/files/upload", 422, "uuid_parsing"},
        {"GET", "/api/v1/files/", 404, "Not Found"},
        {"DELETE", "/api/v1/gc/x", 422, "uuid_parsing"},
        {"GET", "/api/v1/files/" ID "/other", 404, "Not Found"},
        {"GET", "/api/v1/files/../" ID, 404, "Not Found"},
    };
    client c;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_int_eq(ask(edit, rows[i].method, rows[i].path, &c),
                         rows[i].status);
        ck_assert_ptr_nonnull(strstr(c.body, rows[i].says));
    }
}
END_TEST

START_TEST(asks_for_a_token)
{
    static const struct {
        const char *header;
        int status;
        const char *detail;
        bool challenge;
    } rows[] = {
        {"", 401, "Not authenticated", true},
        {"Authorization: Basic secret\r\n", 403,
         "Invalid authentication credentials", false},
        {"Authorization: Bearer secreT\r\n", 401, "Invalid or expired token",
         true},
        {"Authorization: Bearer secret\r\n", 201, "checksum", false},
    };
    client c;

    sandbox_stop(fleet);
    start(false, "secret");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        form f = hello;

        f.headers = rows[i].header;
        ck_assert_int_eq(upload(edit, &f, &c), rows[i].status);
        ck_assert_ptr_nonnull(strstr(c.body, rows[i].detail));
        ck_assert_int_eq(strstr(c.head, "\r\nWWW-Authenticate: Bearer\r\n") !=
                             NULL,
                         rows[i].challenge);
    }
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/capacity", &c), 200);
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID, &c), 401);
    ck_assert_int_eq(ask(edit, "DELETE", "/api/v1/gc/" ID, &c), 401);
}
END_TEST

START_TEST(is_full_before_the_body)
{
    form f = {.file_id = ID, .expect = true, .length = 100000};
    char *bytes = calloc(1, f.length);
    sandbox_counts counts;
    client c;

    f.bytes = bytes;
    ck_assert_int_eq(upload(edit, &f, &c), 507);
    ck_assert(wait_counts(fleet, "se-01", nothing_open));
    sandbox_counts_of(fleet, "se-01", &counts);
    ck_assert_int_eq(counts.body_bytes, 0);
    ck_assert_int_eq(counts.unread_bytes, 0);
    f.chunked = true; /* the length is not known: in the middle */
    f.expect = false;
    f.length = 200000;
    free(bytes);
    f.bytes = bytes = calloc(1, f.length);
    ck_assert_int_eq(upload(edit, &f, &c), 507);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 0);
    ck_assert(wait_counts(fleet, "se-01", nothing_open));
    sandbox_counts_of(fleet, "se-01", &counts);
    ck_assert_int_ge(counts.body_bytes, 99000);
    ck_assert_int_lt(counts.body_bytes, 200000);
    sandbox_set_full_status(fleet, "se-01", 500);
    ck_assert_int_eq(upload(edit, &f, &c), 500);
    ck_assert_str_eq(c.body, "{\"detail\":\"Failed to create file\"}");
    sandbox_set_used(fleet, "se-01", 0);
    f.length = 100000;
    ck_assert_int_eq(upload(edit, &f, &c), 201);
    ck_assert_int_eq(upload(edit, &hello, &c), 500);
    free(bytes);
}
END_TEST

START_TEST(discards)
{
    client c;

    sandbox_stop(fleet);
    start(true, NULL);
    ck_assert_int_eq(upload(edit, &hello, &c), 201);
    ck_assert_ptr_nonnull(strstr(c.body, HELLO_SHA));
    ck_assert(sandbox_holds(fleet, "se-01", ID, HELLO_SHA));
    ck_assert_ptr_null(read_text(dir, "se-01/" ID));
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID, &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "\"file_size\":11,"));
    ck_assert_ptr_nonnull(strstr(c.body, HELLO_SHA));
    ck_assert_int_eq(ask(edit, "GET", "/api/v1/files/" ID "/download", &c),
                     500);
    ck_assert_int_eq(ask(edit, "DELETE", "/api/v1/files/" ID, &c), 204);
    ck_assert_int_eq(sandbox_copies(fleet, ID), 0);
}
END_TEST

START_TEST(answers_a_fixed_checksum)
{
    sandbox_options options = {.dir = dir,
                               .discard = true,
                               .fixed_checksum = HELLO_SHA,
                               .elements = elements,
                               .n_elements = 1};
    form f = {.file_id = ID, .bytes = "other", .length = 5};
    client c;

    sandbox_stop(fleet);
    fleet = sandbox_start(&options);
    ck_assert_ptr_nonnull(fleet);
    ck_assert_int_eq(upload(sandbox_url(fleet, "se-01"), &f, &c), 201);
    ck_assert_ptr_nonnull(strstr(c.body, HELLO_SHA));
    ck_assert(sandbox_holds(fleet, "se-01", ID, HELLO_SHA));
    options.discard = false;
    ck_assert_ptr_null(sandbox_start(&options));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox upload");
    TCase *tcase = tcase_create("routes");
    SRunner *runner = srunner_create(suite);
    int failures;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, stores_and_tells);
    tcase_add_test(tcase, keeps_bytes_and_attributes);
    tcase_add_test(tcase, refuses_by_mode);
    tcase_add_test(tcase, refuses_bad_forms);
    tcase_add_test(tcase, needs_a_file_part);
    tcase_add_test(tcase, refuses_an_id_twice);
    tcase_add_test(tcase, makes_an_id);
    tcase_add_test(tcase, deletes);
    tcase_add_test(tcase, cannot_name_every_download);
    tcase_add_test(tcase, collects_garbage);
    tcase_add_test(tcase, answers_capacity);
    tcase_add_test(tcase, answers_the_rest);
    tcase_add_test(tcase, asks_for_a_token);
    tcase_add_test(tcase, is_full_before_the_body);
    tcase_add_test(tcase, discards);
    tcase_add_test(tcase, answers_a_fixed_checksum);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
