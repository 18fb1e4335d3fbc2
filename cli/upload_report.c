/*
 * How an upload ended, for people and for programs, and the exit code of all.
 */
#include "upload.h"

#include <string.h>

#include "json.h"
#include "units.h"

static const char *registered_name(se_registered registered)
{
    static const char *const names[] = {
        [SE_REGISTERED_OFF] = "off",
        [SE_REGISTERED_YES] = "yes",
        [SE_REGISTERED_PENDING] = "pending",
    };

    return names[registered];
}

/* ---- JSON ---- */

static void json_error(json_line *line, const se_error *error)
{
    json_open(line, "error", '{');
    json_string(line, "code", se_err_name(error->code));
    if (error->http_status) {
        json_int(line, "http_status", error->http_status);
    }
    json_bool(line, "retryable", se_err_is_retryable(error->code));
    json_string(line, "message", error->message);
    json_close(line, '}');
}

static void json_attempts(json_line *line, const se_result *result)
{
    size_t n = se_result_attempt_count(result);

    json_open(line, "attempts", '[');
    for (size_t i = 0; i < n; i++) {
        const se_attempt *attempt = se_result_attempt(result, i);

        json_open(line, NULL, '{');
        json_string(line, "se_id", se_attempt_se_id(attempt));
        json_string(line, "outcome",
                    se_outcome_name(se_attempt_outcome(attempt)));
        if (se_attempt_http_status(attempt)) {
            json_int(line, "http_status", se_attempt_http_status(attempt));
        }
        if (se_attempt_error(attempt)[0]) {
            json_string(line, "error", se_attempt_error(attempt));
        }
        json_close(line, '}');
    }
    json_close(line, ']');
}

static void json_result(const char *path, const se_result *result)
{
    json_line line = json_begin(stdout, "result");
    bool stored = se_result_outcome(result) == SE_STORED;

    json_string(&line, "path", path);
    json_string(&line, "outcome", se_outcome_name(se_result_outcome(result)));
    json_string(&line, "file_id", se_result_file_id(result));
    json_optional(&line, "se_id", se_result_se_id(result));
    json_int(&line, "size", se_result_size(result));
    json_optional(&line, "sha256", se_result_sha256(result));
    json_string(&line, "registered",
                registered_name(se_result_registered(result)));
    json_attempts(&line, result);
    json_int(&line, "duration_ms", se_result_duration_ms(result));
    if (!stored) {
        json_error(&line, se_result_error(result));
    }
    json_end(&line);
}

/* ---- for people ---- */

static void print_attempts(const se_result *result)
{
    for (size_t i = 0; i < se_result_attempt_count(result); i++) {
        const se_attempt *attempt = se_result_attempt(result, i);

        printf("  %s: %s%s%s\n", se_attempt_se_id(attempt),
               se_outcome_name(se_attempt_outcome(attempt)),
               se_attempt_error(attempt)[0] ? ", " : "",
               se_attempt_error(attempt));
    }
}

static void print_result(const cli_options *options, const char *path,
                         const se_result *result)
{
    char size[UNITS_SIZE];
    char time[UNITS_SIZE];

    if (se_result_outcome(result) != SE_STORED) {
        cli_message("%s: %s", path, se_result_error(result)->message);
    } else if (!options->quiet) {
        units_bytes(size, se_result_size(result));
        units_duration(time, se_result_duration_ms(result));
        fputs("stored  ", stdout);
        cli_print(stdout, path);
        printf("  %s  on %s  as %s  sha256 %s  in %s\n", size,
               se_result_se_id(result), se_result_file_id(result),
               se_result_sha256(result), time);
    }
    if (options->verbose && !options->quiet) {
        print_attempts(result);
    }
    fflush(stdout);
}

void upload_report_result(const cli_options *options, const char *path,
                          const se_result *result)
{
    if (options->json) {
        json_result(path, result);
    } else {
        print_result(options, path, result);
    }
}

void upload_report_error(const cli_options *options, const char *path,
                         const se_error *error)
{
    json_line line;

    if (!options->json) {
        cli_message("%s: %s", path, error->message);
        return;
    }
    line = json_begin(stdout, "result");
    json_string(&line, "path", path);
    json_string(&line, "outcome", se_outcome_name(SE_REJECTED));
    json_optional(&line, "file_id", NULL);
    json_optional(&line, "se_id", NULL);
    json_int(&line, "size", -1);
    json_optional(&line, "sha256", NULL);
    json_string(&line, "registered", "off");
    json_open(&line, "attempts", '[');
    json_close(&line, ']');
    json_int(&line, "duration_ms", 0);
    json_error(&line, error);
    json_end(&line);
}

void upload_report_plan(const cli_options *options, const char *path,
                        int64_t size, const char *se_id, const se_error *error)
{
    json_line line;

    if (options->json) {
        line = json_begin(stdout, "plan");
        json_string(&line, "path", path);
        json_int(&line, "size", size);
        json_optional(&line, "se_id", se_id);
        if (error) {
            json_error(&line, error);
        }
        json_end(&line);
    } else if (error) {
        cli_message("%s: %s", path, error->message);
    } else if (!options->quiet) {
        printf("would go to %s  ", se_id);
        cli_print(stdout, path);
        putchar('\n');
    }
}

void upload_report_summary(const cli_options *options,
                           const upload_tally *tally, int64_t duration_ms)
{
    char bytes[UNITS_SIZE];
    char time[UNITS_SIZE];
    json_line line;

    if (options->json) {
        line = json_begin(stdout, "summary");
        json_int(&line, "files", (int64_t)tally->files);
        json_int(&line, "stored", (int64_t)tally->stored);
        json_int(&line, "failed", (int64_t)tally->failed);
        json_int(&line, "unknown", (int64_t)tally->unknown);
        json_int(&line, "skipped", (int64_t)tally->skipped);
        json_int(&line, "bytes", tally->bytes);
        json_int(&line, "duration_ms", duration_ms);
        json_end(&line);
        return;
    }
    if (options->quiet || tally->files < 2) {
        return;
    }
    units_bytes(bytes, tally->bytes);
    units_duration(time, duration_ms);
    printf("%zu files: %zu stored, %zu failed, %zu unknown", tally->files,
           tally->stored, tally->failed, tally->unknown);
    if (tally->skipped) {
        printf(", %zu not started", tally->skipped);
    }
    printf("; %s in %s\n", bytes, time);
}

/* ---- the exit code ---- */

void upload_count_stored(upload_tally *tally, const se_result *result)
{
    tally->stored++;
    tally->bytes += se_result_size(result);
}

void upload_count_failed(upload_tally *tally, se_outcome outcome, se_err code)
{
    int exit_code = se_err_exit_code(code);

    if (outcome == SE_UNKNOWN) {
        tally->unknown++;
        return;
    }
    tally->failed++;
    tally->any_retryable |= se_err_is_retryable(code);
    if (tally->common_code == 0) {
        tally->common_code = exit_code;
    } else if (tally->common_code != exit_code) {
        tally->common_code = -1;
    }
}

int upload_exit_code(const upload_tally *tally)
{
    if (tally->unknown > 0) {
        return CLI_UNKNOWN_OUTCOME;
    }
    if (tally->failed == 0) {
        return CLI_OK;
    }
    if (tally->stored > 0) {
        return CLI_SOME_FAILED;
    }
    if (tally->common_code > 0) {
        return tally->common_code;
    }
    return tally->any_retryable ? CLI_TEMPORARY : CLI_REFUSED;
}
