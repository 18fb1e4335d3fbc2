/*
 * What uploads leave in the log and in the metrics.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logbook.h"
#include "sandbox_fleet.h"
#include "suite.h"

#include "base/mem.h"

#define SIZE 100000
#define SECRET "SECRET_0f3a9c77"

static logbook book;

static void open_fleet(fleet *f)
{
    se_uploader_options options = fleet_fast;

    logbook_init(&book);
    options.log = logbook_write;
    options.log_user = &book;
    fleet_start_standard(f);
    fleet_open(f, &options);
}

static void close_fleet(fleet *f)
{
    fleet_stop(f);
    logbook_fini(&book);
}

/* The value of a series as printed, e.g. `a_total{x="1"}`. */
static double value_of(fleet *f, const char *series)
{
    char *text = NULL;
    char line[200];
    const char *at;
    double value;

    snprintf(line, sizeof(line), "\n%s ", series);
    ck_assert_int_eq(
        se_metrics_print(se_ingest_metrics(f->ingest), &text, NULL), SE_OK);
    at = strstr(text, line);
    value = at ? strtod(at + strlen(line), NULL) : -1;
    free(text);
    return value;
}

static void check_value(fleet *f, const char *series, double expected)
{
    ck_assert_msg(value_of(f, series) == expected, "%s is %g, not %g", series,
                  value_of(f, series), expected);
}

#define UPLOADS(status)                                                        \
    "ingester_upload_total{retention_policy=\"temporary\",status=\"" status    \
    "\"}"
#define TEMPORARY "{retention_policy=\"temporary\"}"

static void upload(fleet *f, se_err expected)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(fleet_upload(f, SIZE, &result, &err) == expected, "%s",
                  err.message);
    ck_assert_ptr_null(strstr(err.message, SECRET));
    for (size_t i = 0; i < se_result_attempt_count(result); i++) {
        ck_assert_ptr_null(
            strstr(se_attempt_error(se_result_attempt(result, i)), SECRET));
    }
    se_result_free(result);
}

/* Line n, from 0 on, of those that hold the text. */
static const char *line(const char *text, int n)
{
    const char *found = NULL;

    se__mutex_lock(&book.lock); /* a reload may still be going on */
    for (int i = 0; i < book.count && !found; i++) {
        if (strstr(book.lines[i], text) && n-- == 0) {
            found = book.lines[i];
        }
    }
    se__mutex_unlock(&book.lock);
    ck_assert_msg(found != NULL, "not logged: %s", text);
    return found;
}

static void check_has(const char *said, const char *part)
{
    ck_assert_msg(strstr(said, part) != NULL, "no %s in: %s", part, said);
}

START_TEST(stored)
{
    fleet f;

    open_fleet(&f);
    check_value(&f, UPLOADS("stored"), 0);
    upload(&f, SE_OK);
    upload(&f, SE_OK);
    check_value(&f, UPLOADS("stored"), 2);
    check_value(&f, UPLOADS("rejected"), 0);
    check_value(&f, UPLOADS("unknown"), 0);
    check_value(&f, "ingester_upload_bytes_total" TEMPORARY, 2 * SIZE);
    check_value(&f, "ingester_upload_duration_seconds_count" TEMPORARY, 2);
    check_value(&f,
                "ingester_upload_bytes_total"
                "{retention_policy=\"permanent\"}",
                0);

    ck_assert_int_eq(logbook_count(&book, "WARNING"), 0);
    check_has(line("INFO uploader: Storage Element selected", 0),
              " se_id=se-01 endpoint=http://127.0.0.1:");
    check_has(line("Storage Element selected", 0), " mode=edit ");
    check_has(line("DEBUG uploader: File stored", 0),
              " se_id=se-01 file_size=100000 attempts=1 ");
    close_fleet(&f);
}
END_TEST

START_TEST(full)
{
    fleet f;

    open_fleet(&f);
    fleet_status(&f, "se-01", SANDBOX_BEFORE_BODY, 507);
    upload(&f, SE_OK);
    check_value(&f,
                "lazy_update_triggers_total{reason="
                "\"insufficient_storage\",storage_id=\"se-01\"}",
                1);
    check_value(&f, UPLOADS("stored"), 1);
    check_value(&f, "ingester_upload_bytes_total" TEMPORARY, SIZE);

    check_has(line("WARNING uploader: Storage Element returned 507 "
                   "Insufficient Storage",
                   0),
              " se_id=se-01 status_code=507 reason=insufficient_storage "
              "attempt=1 max_retries=4 excluded_se_ids=[] file_size=100000");
    check_has(line("INFO uploader: Triggering lazy capacity update", 0),
              " se_id=se-01 status_code=507 reason=insufficient_storage "
              "triggered_by=upload role=");
    check_has(line("INFO uploader: Upload asks for a lazy SE config reload", 0),
              " se_id=se-01 status_code=507 reason=insufficient_storage");
    FLEET_WAIT_FOR(logbook_count(&book, "Lazy SE config reload completed") ==
                   1);
    check_has(line("INFO registry: Triggering lazy SE config reload", 0),
              " reason=insufficient_storage se_id=se-01 status_code=507");
    check_has(line("INFO registry: Lazy SE config reload completed", 0),
              " se_id=se-01 status_code=507");
    check_has(line("INFO uploader: Retrying upload with different Storage "
                   "Element",
                   0),
              " se_id=se-02 attempt=2 excluded_se_ids=[se-01]");
    check_has(line("Storage Element selected", 1), " se_id=se-02 ");
    close_fleet(&f);
}
END_TEST

START_TEST(no_connection)
{
    fleet f;

    open_fleet(&f);
    sandbox_kill(f.sandbox, "se-01");
    upload(&f, SE_OK);
    check_has(line("WARNING uploader: Storage Element connection error", 0),
              " storage_element_id=se-01 storage_element_url=http://127.");
    check_has(line("Upload asks for a lazy SE config reload", 0),
              " se_id=se-01 status_code=0 reason=connection_error");
    close_fleet(&f);
}
END_TEST

START_TEST(rejected)
{
    fleet f;

    open_fleet(&f);
    fleet_status(&f, "se-01", SANDBOX_BEFORE_BODY, 413);
    upload(&f, SE_E_REFUSED);
    check_value(&f, UPLOADS("rejected"), 1);
    check_value(&f, UPLOADS("stored"), 0);
    check_value(&f, "ingester_upload_bytes_total" TEMPORARY, 0);
    check_value(&f, "ingester_upload_duration_seconds_count" TEMPORARY, 1);
    check_has(line("WARNING uploader: Storage Element HTTP error", 0),
              " storage_element_id=se-01 ");
    check_has(line("Storage Element HTTP error", 0),
              " status_code=413 outcome=rejected error=HTTP 413");
    close_fleet(&f);
}
END_TEST

/* Cut after the body, and never to be asked: nobody knows. */
START_TEST(unknown)
{
    sandbox_fault cut = {.when = SANDBOX_AFTER_STORE, .action = SANDBOX_RESET};
    sandbox_fault mute = {.route = SANDBOX_FILE,
                          .when = SANDBOX_BEFORE_BODY,
                          .action = SANDBOX_RESET};
    fleet f;

    open_fleet(&f);
    sandbox_add_fault(f.sandbox, "se-01", &cut);
    sandbox_add_fault(f.sandbox, "se-01", &mute);
    upload(&f, SE_E_UNKNOWN_OUTCOME);
    check_value(&f, UPLOADS("unknown"), 1);
    check_value(&f, "ingester_upload_bytes_total" TEMPORARY, 0);
    check_has(line("WARNING uploader: Upload outcome is unknown", 0),
              " se_id=se-01 endpoint=http://127.0.0.1:");
    close_fleet(&f);
}
END_TEST

/* An element that quotes what it was sent. */
START_TEST(secrets_of_answers_are_masked)
{
    static const char *const bodies[] = {
        "{\"detail\":\"bad Authorization: Bearer " SECRET "\"}",
        "{\"detail\":\"no access for Bearer " SECRET "\"}",
        "{\"detail\":\"see http://me:" SECRET "@host/x?token=" SECRET "\"}",
        "{\"error\":{\"code\":\"X\",\"message\":\"client_secret=" SECRET "\"}}",
    };
    sandbox_fault quote = {.when = SANDBOX_BEFORE_BODY,
                           .action = SANDBOX_STATUS,
                           .status = 413,
                           .body = bodies[_i]};
    fleet f;

    open_fleet(&f);
    sandbox_add_fault(f.sandbox, "se-01", &quote);
    upload(&f, SE_E_REFUSED);
    check_has(line("Storage Element HTTP error", 0), "********");
    ck_assert_int_eq(logbook_count(&book, SECRET), 0);
    close_fleet(&f);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {stored, 1},   {full, 1},    {no_connection, 1},
        {rejected, 1}, {unknown, 1}, {secrets_of_answers_are_masked, 4},
    };

    return run_suite("upload_report", rows, SE__COUNT(rows));
}
