/*
 * What the Admin Module answers, row by row; and that no word of an answer to
 * a token request gets into a message.
 */
#include "admin/reply.h"

#include <stdio.h>
#include <string.h>

#include "admin/token.h"
#include "base/error.h"
#include "base/mem.h"
#include "suite.h"
#include "topology/topology.h"

#define WHO "Admin Module http://admin"

static se__http_call answer(int status, const char *body)
{
    se__http_call call = {.end = SE__HTTP_OK, .status = status};

    ck_assert(se__buf_puts(&call.reply, body));
    return call;
}

static void expect_words(const se_error *err, const char *words)
{
    ck_assert_msg(strncmp(err->message, WHO, strlen(WHO)) == 0, "%s",
                  err->message);
    ck_assert_msg(strstr(err->message, words) != NULL, "%s", err->message);
}

/* ---- credentials ---- */

START_TEST(credentials_are_exactly_two)
{
    char *plain = se__admin_credentials("sa_prod_a", "geheim");
    char *odd = se__admin_credentials("a\"b", "\\ \xc3\xa4\x7f\n");

    ck_assert_str_eq(plain, "{\"client_id\":\"sa_prod_a\","
                            "\"client_secret\":\"geheim\"}");
    ck_assert_str_eq(odd, "{\"client_id\":\"a\\\"b\",\"client_secret\":"
                          "\"\\\\ \xc3\xa4\\u007f\\n\"}");
    se__secret_free(plain);
    se__secret_free(odd);
}
END_TEST

/* ---- tokens ---- */

static const struct {
    const char *body;
    const char *text;
    int64_t life_s;
} grants[] = {
    {"{\"access_token\":\"abc\",\"refresh_token\":\"r\",\"token_type\":"
     "\"Bearer\",\"expires_in\":1800,\"issued_at\":\"2026-03-01T09:15:30Z\"}",
     "abc", 1800},
    {"{\"access_token\":\"a.b-c_d~/+=\"}", "a.b-c_d~/+=", SE__TOKEN_LIFE_S},
    {"{\"access_token\":\"a\",\"expires_in\":60}", "a", 60},
    {"{\"access_token\":\"a\",\"expires_in\":null}", "a", SE__TOKEN_LIFE_S},
    {"{\"access_token\":\"a\",\"expires_in\":0}", "a", SE__TOKEN_LIFE_S},
    {"{\"access_token\":\"a\",\"expires_in\":-5}", "a", SE__TOKEN_LIFE_S},
    {"{\"access_token\":\"a\",\"expires_in\":\"60\"}", "a", SE__TOKEN_LIFE_S},
    {"{\"access_token\":\"a\",\"expires_in\":9223372036854775807}", "a",
     SE__TOKEN_LIFE_MAX_S},
    {"{\"access_token\":\"a\",\"token_type\":\"bearer\"}", "a",
     SE__TOKEN_LIFE_S},
    {"{\"access_token\":\"a\",\"token_type\":null}", "a", SE__TOKEN_LIFE_S},
};

START_TEST(a_token_is_granted)
{
    se__http_call call = answer(200, grants[_i].body);
    se__grant grant = {0};
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se__admin_read_grant(WHO, &call, &grant, &err) == SE_OK,
                  "%s: %s", grants[_i].body, err.message);
    ck_assert_str_eq(grant.text, grants[_i].text);
    ck_assert_int_eq(grant.life_s, grants[_i].life_s);
    ck_assert_str_eq(grant.error_type, "");
    ck_assert_str_eq(err.message, "");
    se__secret_free(grant.text);
    se__http_call_fini(&call);
}
END_TEST

#define PLANTED "hunter2"

static const struct {
    int status;
    const char *body;
    se_err code;
    const char *error_type;
    const char *words;
} refusals[] = {
    {401, "{\"detail\":\"Invalid client_id or client_secret " PLANTED "\"}",
     SE_E_AUTH, "http_401", "client id or secret is wrong"},
    {403, PLANTED, SE_E_AUTH, "unknown", "HTTP 403"},
    {422, "{\"detail\":[{\"input\":\"" PLANTED "\"}]}", SE_E_AUTH, "unknown",
     "HTTP 422"},
    {400, PLANTED, SE_E_AUTH, "unknown", "HTTP 400"},
    {500, PLANTED, SE_E_PROTOCOL, "http_500", "HTTP 500"},
    {503, PLANTED, SE_E_PROTOCOL, "http_500", "HTTP 503"},
    {307, PLANTED, SE_E_PROTOCOL, "unknown", "redirect"},
    {404, PLANTED, SE_E_PROTOCOL, "unknown", "is this an Admin Module"},
    {429, PLANTED, SE_E_PROTOCOL, "unknown", "HTTP 429"},
    {204, "", SE_E_PROTOCOL, "unknown", "HTTP 204"},
    {200, "<html>" PLANTED "</html>", SE_E_PROTOCOL, "invalid_json",
     "not JSON"},
    {200, "", SE_E_PROTOCOL, "invalid_json", "not JSON"},
    {200, "{\"" PLANTED "\":1,\"" PLANTED "\":2}", SE_E_PROTOCOL,
     "invalid_json", "not JSON"},
    {200, "{\"access_token\":\"" PLANTED "\"", SE_E_PROTOCOL, "invalid_json",
     "not JSON"},
    {200, "[]", SE_E_PROTOCOL, "missing_token", "no bearer token"},
    {200, "{}", SE_E_PROTOCOL, "missing_token", "no bearer token"},
    {200, "{\"access_token\":\"\"}", SE_E_PROTOCOL, "missing_token",
     "no bearer token"},
    {200, "{\"access_token\":null}", SE_E_PROTOCOL, "missing_token",
     "no bearer token"},
    {200, "{\"access_token\":[\"" PLANTED "\"]}", SE_E_PROTOCOL,
     "missing_token", "no bearer token"},
    {200, "{\"access_token\":\"" PLANTED "\\r\\nX: y\"}", SE_E_PROTOCOL,
     "missing_token", "no bearer token"},
    {200, "{\"access_token\":\"two " PLANTED "\"}", SE_E_PROTOCOL,
     "missing_token", "no bearer token"},
    {200, "{\"access_token\":\"\xc3\xa4" PLANTED "\"}", SE_E_PROTOCOL,
     "missing_token", "no bearer token"},
    {200, "{\"access_token\":\"" PLANTED "\",\"token_type\":\"MAC\"}",
     SE_E_PROTOCOL, "missing_token", "no bearer token"},
};

START_TEST(no_token_is_granted)
{
    se__http_call call = answer(refusals[_i].status, refusals[_i].body);
    se__grant grant = {0};
    se_error err = SE_ERROR_INIT;
    int status = refusals[_i].status == 200 ? 0 : refusals[_i].status;

    ck_assert_int_eq(se__admin_read_grant(WHO, &call, &grant, &err),
                     refusals[_i].code);
    ck_assert_ptr_null(grant.text);
    ck_assert_str_eq(grant.error_type, refusals[_i].error_type);
    ck_assert_int_eq(err.http_status, status);
    expect_words(&err, refusals[_i].words);
    ck_assert_msg(strstr(err.message, PLANTED) == NULL, "%s", err.message);
    se__http_call_fini(&call);
}
END_TEST

START_TEST(a_token_has_a_greatest_length)
{
    static char body[SE__GRANT_MAX + 64];

    for (int more = 0; more < 2; more++) {
        se__grant grant = {0};
        se__http_call call;
        size_t length = (size_t)SE__GRANT_MAX + (size_t)more;
        size_t used = strlen("{\"access_token\":\"");

        memcpy(body, "{\"access_token\":\"", used);
        memset(body + used, 'x', length);
        memcpy(body + used + length, "\"}", 3);
        call = answer(200, body);
        ck_assert_int_eq(se__admin_read_grant(WHO, &call, &grant, NULL),
                         more ? SE_E_PROTOCOL : SE_OK);
        se__secret_free(grant.text);
        se__http_call_fini(&call);
    }
}
END_TEST

static const struct {
    se__http_end end;
    se_err code;
    const char *error_type;
} ends[] = {
    {SE__HTTP_RESOLVE, SE_E_CONNECT, "connection_error"},
    {SE__HTTP_CONNECT, SE_E_CONNECT, "connection_error"},
    {SE__HTTP_CONNECT_TIMEOUT, SE_E_TIMEOUT, "timeout"},
    {SE__HTTP_TLS, SE_E_CONNECT, "ssl_error"},
    {SE__HTTP_LOST, SE_E_CONNECT, "connection_error"},
    {SE__HTTP_IDLE, SE_E_TIMEOUT, "timeout"},
    {SE__HTTP_COMMIT_TIMEOUT, SE_E_TIMEOUT, "timeout"},
    {SE__HTTP_TIMEOUT, SE_E_TIMEOUT, "timeout"},
    {SE__HTTP_TOO_LARGE, SE_E_PROTOCOL, "unknown"},
    {SE__HTTP_CANCELED, SE_E_CANCELED, "unknown"},
    {SE__HTTP_BODY_FAILED, SE_E_NOMEM, "unknown"},
    {SE__HTTP_INTERNAL, SE_E_NOMEM, "unknown"},
};

START_TEST(no_answer_at_all)
{
    se__http_call call = {.end = ends[_i].end, .error = "as libcurl says"};
    se__grant grant = {0};
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se__admin_read_grant(WHO, &call, &grant, &err),
                     ends[_i].code);
    ck_assert_str_eq(grant.error_type, ends[_i].error_type);
    expect_words(&err, "as libcurl says");
    ck_assert_int_eq(se__admin_check_answer(WHO, &call, &err),
                     ends[_i].end == SE__HTTP_TOO_LARGE ? SE_E_LIMIT
                                                        : ends[_i].code);
    expect_words(&err, "as libcurl says");
}
END_TEST

/* ---- documents ---- */

static const struct {
    int status;
    const char *type;
    se_err code;
    const char *words;
} answers[] = {
    {200, "application/json", SE_OK, ""},
    {200, "", SE_OK, ""},
    {200, "text/html; charset=utf-8", SE_E_PROTOCOL, "page for people"},
    {401, "application/json", SE_E_AUTH, "HTTP 401"},
    {403, "application/json", SE_E_AUTH, "HTTP 403"},
    {404, "application/json", SE_E_NOT_FOUND, "HTTP 404"},
    {302, "text/html", SE_E_PROTOCOL, "redirect"},
    {500, "text/html", SE_E_PROTOCOL, "HTTP 500"},
    {503, "", SE_E_PROTOCOL, "HTTP 503"},
    {418, "", SE_E_PROTOCOL, "HTTP 418"},
    {201, "", SE_E_PROTOCOL, "HTTP 201"},
};

START_TEST(what_an_answer_means)
{
    se__http_call call = answer(answers[_i].status, PLANTED);
    se_error err = SE_ERROR_INIT;

    snprintf(call.content_type_in, sizeof(call.content_type_in), "%s",
             answers[_i].type);
    ck_assert_int_eq(se__admin_check_answer(WHO, &call, &err),
                     answers[_i].code);
    if (answers[_i].code != SE_OK) {
        expect_words(&err, answers[_i].words);
        ck_assert_msg(strstr(err.message, PLANTED) == NULL, "%s", err.message);
    }
    se__http_call_fini(&call);
}
END_TEST

/* The sample of the wire contract, and what else is met. */
static const char list_text[] =
    "{\"storage_elements\":["
    "{\"id\":1,\"element_id\":\"se-01\",\"name\":\"SE one\",\"mode\":\"edit\","
    "\"priority\":100,\"api_url\":\"http://storage-element-01:8000\","
    "\"capacity_bytes\":1073741824,\"used_bytes\":1048576,"
    "\"health_status\":\"healthy\",\"capacity_status\":\"ok\"},"
    "{\"id\":7,\"element_id\":null,\"name\":\"no id\",\"mode\":\"rw\","
    "\"priority\":50,\"api_url\":\"http://seven:8000/\","
    "\"capacity_bytes\":null,\"used_bytes\":0,"
    "\"health_status\":\"healthy\",\"capacity_status\":\"full\"},"
    "{\"id\":8,\"element_id\":\"se-08\",\"mode\":\"rw\","
    "\"api_url\":\"http://eight\"},"
    "{\"id\":9,\"element_id\":\"se-09\",\"mode\":\"rw\","
    "\"api_url\":\"ftp://nine\"},"
    "{\"element_id\":null,\"mode\":\"rw\",\"api_url\":\"http://ten\"},"
    "{\"id\":11,\"element_id\":\"se-01\",\"mode\":\"rw\",\"priority\":1,"
    "\"api_url\":\"http://again\"}],\"total\":6}";

START_TEST(the_list)
{
    se_topology *list = NULL;
    se_error err = SE_ERROR_INIT;
    const se_element *seven;

    ck_assert_msg(
        se__admin_read_list(list_text, strlen(list_text), &list, &err) == SE_OK,
        "%s", err.message);
    ck_assert(list->partial);
    ck_assert_uint_eq(se_topology_count(list), 3);
    ck_assert_uint_eq(se_topology_rejected_count(list), 3);
    seven = se_topology_find(list, "7");
    ck_assert_ptr_nonnull(seven);
    ck_assert_str_eq(se_element_url(seven), "http://seven:8000");
    ck_assert_int_eq(se_element_capacity_bytes(seven), -1);
    ck_assert_int_eq(se_element_used_bytes(seven), 0);
    ck_assert(se_element_available(seven));
    ck_assert_int_eq(se_element_priority(se_topology_find(list, "se-08")), 100);
    ck_assert_str_eq(se_element_url(se_topology_find(list, "se-01")),
                     "http://again");
    ck_assert_ptr_null(se_topology_find(list, "se-09"));
    se_topology_unref(list);
}
END_TEST

START_TEST(no_list)
{
    static const char *const texts[] = {
        "",     "[]", "{}",      "{\"items\":[]}",
        "null", "{1", "<html>x", "{\"storage_elements\":{}}",
    };

    for (size_t i = 0; i < SE__COUNT(texts); i++) {
        se_topology *list = NULL;
        se_error err = SE_ERROR_INIT;

        ck_assert_int_eq(
            se__admin_read_list(texts[i], strlen(texts[i]), &list, &err),
            SE_E_PARSE);
        ck_assert_ptr_null(list);
        ck_assert_str_ne(err.message, "");
    }
}
END_TEST

static const struct {
    const char *text;
    se_err code;
    int64_t total, used, available;
    bool healthy;
} figures[] = {
    {"{\"mode\":\"edit\",\"capacity_bytes\":100,\"used_bytes\":30,"
     "\"health_status\":\"healthy\"}",
     SE_OK, 100, 30, 70, true},
    {"{\"capacity_bytes\":null,\"used_bytes\":5,\"health_status\":"
     "\"unhealthy\"}",
     SE_OK, -1, 5, -1, false},
    {"{\"capacity_bytes\":100}", SE_OK, 100, -1, -1, true},
    {"{}", SE_OK, -1, -1, -1, true},
    {"{\"capacity_bytes\":0,\"used_bytes\":0}", SE_OK, 0, 0, 0, true},
    {"{\"capacity_bytes\":1,\"used_bytes\":2}", SE_E_PROTOCOL, 0, 0, 0, true},
    {"{\"capacity_bytes\":-1}", SE_E_PROTOCOL, 0, 0, 0, true},
    {"{\"capacity_bytes\":1.5}", SE_E_PROTOCOL, 0, 0, 0, true},
    {"{\"used_bytes\":\"1\"}", SE_E_PROTOCOL, 0, 0, 0, true},
    {"[]", SE_E_PROTOCOL, 0, 0, 0, true},
    {"<html>", SE_E_PROTOCOL, 0, 0, 0, true},
    {"", SE_E_PROTOCOL, 0, 0, 0, true},
};

START_TEST(the_figures_of_one)
{
    const char *text = figures[_i].text;
    se__admin_figures found = {.total = 77};
    se_error err = SE_ERROR_INIT;
    se_err rc = se__admin_read_figures(text, strlen(text), &found, &err);

    ck_assert_msg(rc == figures[_i].code, "%s: %s", text, err.message);
    if (rc != SE_OK) {
        ck_assert_int_eq(found.total, 77);
        ck_assert_int_eq(err.code, rc);
        return;
    }
    ck_assert_int_eq(found.total, figures[_i].total);
    ck_assert_int_eq(found.used, figures[_i].used);
    ck_assert_int_eq(found.available, figures[_i].available);
    ck_assert(found.healthy == figures[_i].healthy);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {credentials_are_exactly_two, 1},
        {a_token_is_granted, SE__COUNT(grants)},
        {no_token_is_granted, SE__COUNT(refusals)},
        {a_token_has_a_greatest_length, 1},
        {no_answer_at_all, SE__COUNT(ends)},
        {what_an_answer_means, SE__COUNT(answers)},
        {the_list, 1},
        {no_list, 1},
        {the_figures_of_one, SE__COUNT(figures)},
    };

    return run_suite("admin_reply", rows, SE__COUNT(rows));
}
