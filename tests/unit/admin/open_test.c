/*
 * Opening a handle: what is refused, and that nothing is started.
 */
#include <artstore/admin.h>
#include <string.h>

#include "admin/private.h"
#include "base/mem.h"
#include "source/source.h"
#include "suite.h"

#define SECRET "s3cret"

static const struct {
    const char *url, *id, *secret;
    bool https_only;
    se_err code;
    const char *words;
} cases[] = {
    {"http://admin:8000", NULL, NULL, false, SE_OK, ""},
    {"https://admin:8000/", "id", SECRET, true, SE_OK, ""},
    {"http://admin", "", "", false, SE_OK, ""},
    {NULL, NULL, NULL, false, SE_E_CONFIG, "needs a URL"},
    {"", NULL, NULL, false, SE_E_CONFIG, "needs a URL"},
    {"admin:8000", NULL, NULL, false, SE_E_CONFIG, "URL"},
    {"ftp://admin", NULL, NULL, false, SE_E_CONFIG, "URL"},
    {"http://169.254.169.254", NULL, NULL, false, SE_E_CONFIG, "URL"},
    {"http://u:" SECRET "@admin", NULL, NULL, false, SE_E_CONFIG, "password"},
    {"http://admin", "id", NULL, false, SE_E_CONFIG, "the secret is missing"},
    {"http://admin", "", SECRET, false, SE_E_CONFIG, "the id is missing"},
    {"http://admin", "id", SECRET, true, SE_E_CONFIG, "not https"},
};

START_TEST(options_are_checked)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_admin *admin = NULL;
    se_error err = SE_ERROR_INIT;

    options.url = cases[_i].url;
    options.client_id = cases[_i].id;
    options.client_secret = cases[_i].secret;
    options.https_only = cases[_i].https_only;
    ck_assert_msg(se_admin_open(&admin, &options, &err) == cases[_i].code, "%s",
                  err.message);
    ck_assert((admin != NULL) == (cases[_i].code == SE_OK));
    ck_assert_msg(strstr(err.message, cases[_i].words) != NULL, "%s",
                  err.message);
    ck_assert_msg(strstr(err.message, SECRET) == NULL, "%s", err.message);
    se_admin_close(admin);
}
END_TEST

START_TEST(a_newer_structure_is_refused)
{
    struct {
        se_admin_options known;
        int unknown;
    } newer = {SE_ADMIN_OPTIONS_INIT, 1};
    se_admin *admin = NULL;

    newer.known.size = sizeof(newer);
    newer.known.url = "http://admin";
    ck_assert_int_eq(se_admin_open(&admin, &newer.known, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_admin_open(&admin, NULL, NULL), SE_E_INVALID);
}
END_TEST

START_TEST(a_source_keeps_what_it_needs)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_admin *admin = NULL;
    se_source *source = NULL;

    options.url = "http://127.0.0.1:1";
    ck_assert_int_eq(se_admin_open(&admin, &options, NULL), SE_OK);
    ck_assert_int_eq(se_source_admin(admin, &source, NULL), SE_OK);
    se_admin_close(admin);
    ck_assert_str_eq(se_source_name(source), "admin_module");
    ck_assert_int_eq(se_source_admin(NULL, &source, NULL), SE_E_INVALID);
    se_source_free(source);
    se_admin_close(NULL);
}
END_TEST

START_TEST(without_an_account_there_is_no_token)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_admin *admin = NULL;
    se_error err = SE_ERROR_INIT;
    se__token_wait wait = {0};
    char *token = NULL;

    options.url = "http://127.0.0.1:1";
    ck_assert_int_eq(se_admin_open(&admin, &options, NULL), SE_OK);
    ck_assert_int_eq(se_admin_check_token(admin, 0, &err), SE_E_NOT_FOUND);
    ck_assert_int_eq(se__admin_token(admin, NULL, &wait, &token, &err),
                     SE__TOKEN_NONE);
    ck_assert_int_eq(se_admin_check_token(NULL, 0, &err), SE_E_INVALID);
    se_admin_close(admin);
}
END_TEST

/* Nobody may listen there: it is said so, and remembered for a while. */
START_TEST(nobody_answers)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_admin *admin = NULL;
    se_error err = SE_ERROR_INIT;

    options.url = "http://127.0.0.1:1";
    options.client_id = "id";
    options.client_secret = SECRET;
    ck_assert_int_eq(se_admin_open(&admin, &options, NULL), SE_OK);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(se_admin_check_token(admin, 0, &err), SE_E_CONNECT);
        ck_assert_msg(
            strstr(err.message, "Admin Module http://127.0.0.1:1: ") ==
                err.message,
            "%s", err.message);
        ck_assert_uint_eq(admin->token.ended, 1);
    }
    se_admin_close(admin);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {options_are_checked, SE__COUNT(cases)},
        {a_newer_structure_is_refused, 1},
        {a_source_keeps_what_it_needs, 1},
        {without_an_account_there_is_no_token, 1},
        {nobody_answers, 1},
    };

    return run_suite("admin_open", rows, SE__COUNT(rows));
}
