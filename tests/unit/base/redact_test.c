/* Secrets that were planted in text are gone from it, and words are left. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/redact.h"

#define JWT                                                                    \
    "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl_-8"

static const struct {
    const char *text;
    const char *masked;
} masks[] = {
    /* in a URL */
    {"redis://user:hunter2@10.0.0.1:6379/0: refused",
     "redis://********@10.0.0.1:6379/0: refused"},
    {"redis://:pa/ss@w0rd@host", "redis://********@host"},
    {"a http://u@h/x and https://v:w@i/y",
     "a http://********@h/x and https://********@i/y"},
    {"sentinel://one,two:26379/mymaster?password=hunter2&db=1",
     "sentinel://one,two:26379/mymaster?password=********&db=1"},
    {"GET http://h/a?token=abc123&x=1 HTTP/1.1",
     "GET http://h/a?token=********&x=1 HTTP/1.1"},
    {"http://h/?client_secret=s", "http://h/?client_secret=********"},
    {"http://h/x?X-Amz-Signature=00ff&n=1",
     "http://h/x?X-Amz-Signature=********&n=1"},
    /* in a header */
    {"Authorization: Bearer abc.def", "Authorization: ********"},
    {"authorization:Basic dXNlcjpwYXNz", "authorization:********"},
    {"sent \"Authorization: Digest username=x, response=y\" to it",
     "sent \"Authorization: ********\" to it"},
    {"Set-Cookie: session=1; path=/\r\nServer: x",
     "Set-Cookie: ********\r\nServer: x"},
    {"X-Api-Key: 17", "X-Api-Key: ********"},
    {"was sent Bearer SECRET_1 by it", "was sent Bearer ******** by it"},
    {"bearer  0123456789abcdef", "bearer  ********"},
    {"Basic dXNlcjpwYXNz", "Basic ********"},
    {"token " JWT " expired", "token ******** expired"},
    {"(" JWT ")", "(********)"},
    {"cut eyJhbGciOiJSUzI1NiIsInR5", "cut ********"},
    /* in a form */
    {"client_id=me&client_secret=SECRET_1&grant_type=x",
     "client_id=me&client_secret=********&grant_type=x"},
    {"CAPACITY_REDIS_PASSWORD=hunter2 is set",
     "CAPACITY_REDIS_PASSWORD=******** is set"},
    {"password = hunter2", "password = ********"},
    {"PASSWD:x", "PASSWD:********"},
    /* in JSON, and in what Python prints */
    {"{\"access_token\":\"abc\",\"token_type\":\"bearer\"}",
     "{\"access_token\":\"********\",\"token_type\":\"bearer\"}"},
    {"{\"client_secret\" : \"a\\\"b c\", \"n\": 1}",
     "{\"client_secret\" : \"********\", \"n\": 1}"},
    {"{'password': 'a b', 'n': 1}", "{'password': '********', 'n': 1}"},
    {"\"{\\\"password\\\":\\\"a b\\\",\\\"n\\\":1}\"",
     "\"{\\\"password\\\":\\\"********\\\",\\\"n\\\":1}\""},
    {"{\"api_key\":12345}", "{\"api_key\":********}"},
    {"{\"refresh_token\":\"never ends", "{\"refresh_token\":\"********"},
    /* said in passing */
    {"password: hunter2 is wrong", "password: ******** is wrong"},
    {"token: abcdefghijklmnopqrstuvwxyz", "token: ********"},
    {"ERR unknown command 'AUTH', with args beginning with: 'u' 'hunter2' ",
     "ERR unknown command 'AUTH', with args beginning with: ********"},
    /* several, and one that was masked before */
    {"a token=1, password=2; secret=3",
     "a token=********, password=********; secret=********"},
    {"token=******** and secret=s", "token=******** and secret=********"},
};

START_TEST(secret_is_masked)
{
    const char *text = masks[_i].text;
    /* Exactly as long: a sanitizer sees each byte too many. */
    char *copy = se__strdup(text);
    char out[256];

    ck_assert(se__has_secret(copy));
    se__redact(out, sizeof(out), copy);
    ck_assert_str_eq(out, masks[_i].masked);
    ck_assert(!se__has_secret(out));
    free(copy);
}
END_TEST

static const char *const innocent[] = {
    "",
    "http://10.0.0.1:8010/api/v1/files/upload",
    "file:///srv/a@b/list.json: no such file",
    "redis://localhost:6379/0",
    "no bearer token was given",
    "Bearer authentication is needed",
    "WWW-Authenticate: Bearer realm=\"artstore\"",
    "Basic checks passed",
    "invalid token.",
    "token: connection refused",
    "token: HTTP 401",
    "http://admin:8000/api/v1/auth/token: HTTP 503",
    "no token from http://admin:8000/api/v1/auth/token: timed out",
    "the token: http://admin:8000/x",
    "{\"token_type\":\"bearer\",\"expires_in\":1800}",
    "{\"access_token\":null}",
    "{\"token\":\"\"}",
    "token_file=/run/secrets/token",
    "CAPACITY_REDIS_PASSWORD: must not be empty",
    "password: wrong",
    "key eyJ is short",
    "a=b c:d e",
    "://@",
    "tokens: 12",
    "args beginning with:",
};

START_TEST(words_are_left)
{
    char out[256];

    ck_assert_msg(!se__has_secret(innocent[_i]), "%s", innocent[_i]);
    se__redact(out, sizeof(out), innocent[_i]);
    ck_assert_str_eq(out, innocent[_i]);
}
END_TEST

START_TEST(names)
{
    ck_assert(se__is_secret_name("password"));
    ck_assert(se__is_secret_name("CAPACITY_REDIS_PASSWORD"));
    ck_assert(se__is_secret_name("access_token"));
    ck_assert(se__is_secret_name("Proxy-Authorization"));
    ck_assert(se__is_secret_name("client_secret"));
    ck_assert(!se__is_secret_name("token_file"));
    ck_assert(!se__is_secret_name("se_id"));
    ck_assert(!se__is_secret_name(""));
}
END_TEST

START_TEST(copy_is_cut_with_its_terminator)
{
    static const char text[] = "token=abcdef and more";
    static const char whole[] = "token=******** and more";
    char out[sizeof(whole) + 1];

    for (size_t size = 0; size <= sizeof(out); size++) {
        size_t length = size > sizeof(whole) ? sizeof(whole) - 1 : size - 1;

        memset(out, '#', sizeof(out));
        se__redact(out, size, text);
        if (size > 0) {
            ck_assert_uint_eq(strlen(out), length);
            ck_assert_int_eq(strncmp(out, whole, length), 0);
        }
        for (size_t i = size; i < sizeof(out); i++) {
            ck_assert_int_eq(out[i], '#');
        }
    }
}
END_TEST

/* A peer that sends this must not keep us busy. */
START_TEST(long_text_takes_little_time)
{
    static const char *const pieces[] = {
        "://", "eyJ.", "token:", "bearer ", "=", "'\\", "e", ": ", "b"};
    size_t size = (size_t)1 << 20;
    size_t length = strlen(pieces[_i]);
    char *text = malloc(size);
    char *out = malloc(size);

    ck_assert(text && out);
    for (size_t at = 0; at < size; at++) {
        text[at] = pieces[_i][at % length];
    }
    text[size - 1] = '\0';
    se__redact(out, size, text);
    ck_assert_uint_lt(strlen(out), size);
    free(text);
    free(out);
}
END_TEST

START_TEST(errors_keep_no_secret)
{
    se_error err = SE_ERROR_INIT;

    se__fail(&err, SE_E_AUTH, "%s answered %s", "http://u:p@h/x",
             "{\"client_secret\":\"SECRET_1\"}");
    ck_assert_str_eq(err.message, "http://********@h/x answered "
                                  "{\"client_secret\":\"********\"}");
    se__fail_errno(&err, SE_E_FILE, 2, "%s", "token=SECRET_1");
    ck_assert_ptr_null(strstr(err.message, "SECRET"));
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {secret_is_masked, SE__COUNT(masks)},
        {words_are_left, SE__COUNT(innocent)},
        {names, 1},
        {copy_is_cut_with_its_terminator, 1},
        {long_text_takes_little_time, 9},
        {errors_keep_no_secret, 1},
    };

    return run_suite("redact", rows, SE__COUNT(rows));
}
