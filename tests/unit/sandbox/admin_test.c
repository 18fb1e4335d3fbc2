/* The Admin Module of the sandbox, as the wire contract has it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "client.h"

#define LIST "/api/v1/internal/storage-elements/available"
#define ITEM "/api/v1/internal/storage-elements/"
#define ID "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e11"
#define ACCOUNT "{\"client_id\":\"id\",\"client_secret\":\"secret\"}"

static char *dir;
static sandbox *fleet;
static const char *url;

static void start(int ttl_s, bool account)
{
    static const sandbox_element elements[] = {{"se-01", "edit", 200, 1000},
                                               {"se-02", "rw", 100, 0},
                                               {"se-03", "ro", 1, 0}};
    sandbox_options options = {.elements = elements,
                               .n_elements = 3,
                               .admin = true,
                               .client_id = account ? "id" : NULL,
                               .client_secret = account ? "secret" : NULL,
                               .token_ttl_s = ttl_s,
                               .require_token = account};

    dir = temp_dir_make();
    options.dir = dir;
    fleet = sandbox_start(&options);
    ck_assert_ptr_nonnull(fleet);
    url = sandbox_url(fleet, "admin");
}

static void stop(void)
{
    sandbox_stop(fleet);
    temp_dir_remove(dir);
}

static int post(const char *body, const char *type, client *c)
{
    char request[1024];
    int status = 0;

    snprintf(request, sizeof(request),
             "POST /api/v1/auth/token HTTP/1.1\r\nHost: x\r\n"
             "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
             type, strlen(body), body);
    if (client_open(c, url) && client_put(c, request)) {
        status = client_answer(c);
    }
    client_close(c);
    return status;
}

static int get(const char *path, const char *token, client *c)
{
    char request[1024];
    int status = 0;

    snprintf(request, sizeof(request),
             "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
             path, token);
    if (client_open(c, url) && client_put(c, request)) {
        status = client_answer(c);
    }
    client_close(c);
    return status;
}

static void get_token(char token[64])
{
    client c;

    ck_assert_int_eq(post(ACCOUNT, "application/json", &c), 200);
    ck_assert_int_eq(sscanf(c.body, "{\"access_token\":\"%63[^\"]", token), 1);
    ck_assert_ptr_nonnull(strstr(c.body, "\"token_type\":\"Bearer\""));
}

START_TEST(gives_tokens_to_the_account)
{
    static const struct {
        const char *body, *type;
        int status;
    } rows[] = {
        {ACCOUNT, "application/json", 200},
        {"{\"client_id\":\"id\",\"client_secret\":\"other\"}",
         "application/json", 401},
        {"{\"client_id\":\"other\",\"client_secret\":\"secret\"}",
         "application/json", 401},
        {"{\"client_id\":\"id\"}", "application/json", 422},
        {"{\"client_id\":\"id\",\"client_secret\":\"secret\",\"x\":1}",
         "application/json", 422},
        {"", "application/json", 422},
        {"[]", "application/json", 422},
        {"client_id=id&client_secret=secret",
         "application/x-www-form-urlencoded", 422},
        {ACCOUNT, "text/plain", 422},
    };
    sandbox_counts seen;
    client c;

    start(0, true);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_msg(post(rows[i].body, rows[i].type, &c) == rows[i].status,
                      "%s: %d", rows[i].body, c.status);
    }
    sandbox_counts_of(fleet, "admin", &seen);
    ck_assert_int_eq(seen.token_requests, 9);
    stop();
}
END_TEST

START_TEST(lists_what_takes_files)
{
    char token[64];
    const char *one, *two;
    client c;

    start(0, true);
    get_token(token);
    ck_assert_int_eq(ask(url, "GET", LIST, &c), 403);
    ck_assert_int_eq(get(LIST, "wrong", &c), 401);
    sandbox_set_used(fleet, "se-01", 990);
    ck_assert_int_eq(get(LIST, token, &c), 200);
    one = strstr(c.body, "\"element_id\":\"se-01\"");
    two = strstr(c.body, "\"element_id\":\"se-02\"");
    ck_assert_ptr_nonnull(one);
    ck_assert_ptr_nonnull(two);
    ck_assert(two < one); /* by priority */
    ck_assert_ptr_null(strstr(c.body, "se-03"));
    ck_assert_ptr_nonnull(strstr(c.body, "\"total\":2}"));
    ck_assert_ptr_nonnull(strstr(c.body, "\"used_bytes\":990"));
    ck_assert_ptr_nonnull(strstr(c.body, "\"capacity_status\":\"full\""));
    ck_assert_int_eq(get(ITEM "se-03", token, &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "\"mode\":\"ro\""));
    ck_assert_int_eq(get(ITEM "se-09", token, &c), 404);
    ck_assert_int_eq(get(ITEM "admin", token, &c), 404);
    stop();
}
END_TEST

static int upload_with(const char *token)
{
    char header[128];
    form file = {.file_id = ID, .bytes = "x", .length = 1, .headers = header};
    client c;

    snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", token);
    return upload(sandbox_url(fleet, "se-01"), &file, &c);
}

START_TEST(elements_ask_for_its_tokens)
{
    char first[64], second[64];

    start(0, true);
    get_token(first);
    sandbox_revoke_tokens(fleet);
    get_token(second);
    ck_assert_int_eq(upload_with(first), 401);
    ck_assert_int_eq(upload_with(second), 201);
    stop();
}
END_TEST

START_TEST(tokens_come_to_their_end)
{
    char token[64];
    client c;
    int status, asked = 0;

    start(1, true);
    get_token(token);
    while ((status = get(LIST, token, &c)) == 200 && ++asked < 1000) {
        usleep(20000);
    }
    ck_assert_int_eq(status, 401);
    ck_assert_int_gt(asked, 0);
    stop();
}
END_TEST

START_TEST(without_an_account_everybody_reads)
{
    client c;

    start(0, false);
    ck_assert_int_eq(ask(url, "GET", LIST, &c), 200);
    ck_assert_int_eq(post(ACCOUNT, "application/json", &c), 401);
    ck_assert_int_eq(ask(url, "GET", "/api/v1/capacity", &c), 404);
    ck_assert_int_eq(ask(url, "GET", "/health/live", &c), 200);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox admin");
    TCase *tcase = tcase_create("admin");
    SRunner *runner = srunner_create(suite);
    int failures;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, gives_tokens_to_the_account);
    tcase_add_test(tcase, lists_what_takes_files);
    tcase_add_test(tcase, elements_ask_for_its_tokens);
    tcase_add_test(tcase, tokens_come_to_their_end);
    tcase_add_test(tcase, without_an_account_everybody_reads);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
