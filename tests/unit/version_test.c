/* Which library this is, and what it runs on. */
#include "suite.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include <artstore/version.h>

#include "base/mem.h"
#include "base/thread.h"

START_TEST(version_is_that_of_the_headers)
{
    char text[32];

    snprintf(text, sizeof(text), "%d.%d.%d", SE_VERSION_MAJOR, SE_VERSION_MINOR,
             SE_VERSION_PATCH);
    ck_assert_str_eq(SE_VERSION, text);
    ck_assert_str_eq(se_version(), SE_VERSION);
}
END_TEST

START_TEST(dependencies_are_named)
{
    const char *curl = curl_version();
    char expected[200];

    snprintf(expected, sizeof(expected), "%.*s cJSON/%s OpenSSL/%s",
             (int)strcspn(curl, " "), curl, cJSON_Version(),
             OpenSSL_version(OPENSSL_VERSION_STRING));
    ck_assert_str_eq(se_version_dependencies(), expected);
    ck_assert_ptr_eq(strstr(expected, "libcurl/"), expected);
}
END_TEST

static void ask(void *answer)
{
    *(const char **)answer = se_version_dependencies();
}

START_TEST(any_thread_may_ask)
{
    enum {
        THREADS = 4
    };
    se__thread threads[THREADS] = {{0}};
    const char *answers[THREADS];

    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(
            se__thread_start(&threads[i], "ask", ask, &answers[i], NULL),
            SE_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        se__thread_join(&threads[i]);
        ck_assert_ptr_eq(answers[i], se_version_dependencies());
    }
}
END_TEST

int main(void)
{
    /* Threads first: one of them is to make the text. */
    const test_row rows[] = {
        {any_thread_may_ask, 1},
        {version_is_that_of_the_headers, 1},
        {dependencies_are_named, 1},
    };

    return run_suite("version", rows, SE__COUNT(rows));
}
