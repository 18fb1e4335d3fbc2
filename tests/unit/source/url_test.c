/* Sources by URL. */
#include <string.h>

#include <artstore/source.h>

#include "base/mem.h"
#include "suite.h"

START_TEST(understood)
{
    static const char *const urls[] = {
        "file:/etc/fleet.json", "file:fleet.json", "file:///etc/fleet.json",
        "FILE:a b%20c",         "file:redis://x",
    };
    se_source *source = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_source_open(urls[_i], &source, &err) == SE_OK, "%s: %s",
                  urls[_i], err.message);
    ck_assert_str_eq(se_source_name(source), "file");
    se_source_free(source);
}
END_TEST

START_TEST(redis_is_understood)
{
    static const char *const urls[] = {
        "redis://host", "REDIS://u:s3cret@host:1/0", "sentinel://a,b:1/name"};
    se_source *source = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_source_open(urls[_i], &source, &err) == SE_OK, "%s: %s",
                  urls[_i], err.message);
    ck_assert_str_eq(se_source_name(source), "redis");
    se_source_free(source);
}
END_TEST

START_TEST(admin_by_url)
{
    static const char *const good[] = {"http://admin:8000", "HTTPS://admin/"};
    static const char *const bad[] = {"http://u:s3cret@admin", "https://",
                                      "http:s3cret"};
    se_source *source = NULL;
    se_error err = SE_ERROR_INIT;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(se_source_open(good[i], &source, &err) == SE_OK, "%s",
                      err.message);
        ck_assert_str_eq(se_source_name(source), "admin_module");
        se_source_free(source);
    }
    source = NULL;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_eq(se_source_open(bad[i], &source, &err), SE_E_CONFIG);
        ck_assert_msg(strstr(err.message, "s3cret") == NULL, "%s", err.message);
        ck_assert_ptr_null(source);
    }
}
END_TEST

START_TEST(not_understood)
{
    static const struct {
        const char *url;
        const char *says;
    } rows[] = {
        {"amqp://u:s3cret@host:1/0", "scheme amqp"},
        {"postgres://:s3cret@host", "scheme postgres"},
        {"s3cret", "without a known scheme"},
        {"s3cret:s3cret@host", "without a known scheme"},
        {"/etc/s3cret.json", "without a known scheme"},
        {"", "without a known scheme"},
        {"://s3cret", "without a known scheme"},
        {" file:/etc/s3cret", "without a known scheme"},
        {"file", "without a known scheme"},
        {"an-absurdly-long-scheme-that-is-a-s3cret-in-truth://x",
         "without a known scheme"},
    };
    se_source *none = NULL;
    se_source *source = none;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se_source_open(rows[_i].url, &source, &err), SE_E_CONFIG);
    ck_assert_int_eq(err.code, SE_E_CONFIG);
    ck_assert_msg(strstr(err.message, rows[_i].says) != NULL, "%s",
                  err.message);
    ck_assert_msg(strstr(err.message, "file:PATH") != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.message, "s3cret") == NULL, "%s", err.message);
    ck_assert_ptr_eq(source, none);
}
END_TEST

START_TEST(a_file_without_path)
{
    static const char *const urls[] = {
        "file:", "file://", "file://host/etc/fleet.json", "file://fleet.json"};
    se_source *source = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se_source_open(urls[_i], &source, &err), SE_E_CONFIG);
    ck_assert_msg(strstr(err.message, "file:PATH") != NULL, "%s", err.message);
    ck_assert_ptr_null(source);
}
END_TEST

START_TEST(no_arguments)
{
    se_source *source = NULL;

    ck_assert_int_eq(se_source_open(NULL, &source, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_source_open("file:x", NULL, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_source_file(NULL, &source, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_source_file("", &source, NULL), SE_E_INVALID);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {understood, 5},      {redis_is_understood, 3}, {admin_by_url, 1},
        {not_understood, 10}, {a_file_without_path, 4}, {no_arguments, 1},
    };

    return run_suite("source url", rows, SE__COUNT(rows));
}
