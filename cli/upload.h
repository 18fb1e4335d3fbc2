/*
 * What the parts of the upload command share.
 */
#ifndef CLI_UPLOAD_H
#define CLI_UPLOAD_H

#include <stdatomic.h>

#include "cli.h"

typedef struct upload_tally {
    size_t files;
    size_t stored;
    size_t failed;
    size_t unknown;
    size_t skipped; /* never started: interrupted before */
    int64_t bytes;
    int common_code; /* exit code that all failures share; 0: none, -1: mixed */
    bool any_retryable;
} upload_tally;

/* upload_report.c: one file's end, in the form that was asked for */
void upload_report_result(const cli_options *options, const char *path,
                          const se_result *result);
/* A file that was never submitted. */
void upload_report_error(const cli_options *options, const char *path,
                         const se_error *error);
void upload_report_plan(const cli_options *options, const char *path,
                        int64_t size, const char *se_id, const se_error *error);
void upload_report_summary(const cli_options *options,
                           const upload_tally *tally, int64_t duration_ms);
void upload_count_stored(upload_tally *tally, const se_result *result);
void upload_count_failed(upload_tally *tally, se_outcome outcome, se_err code);
int upload_exit_code(const upload_tally *tally);

/* upload_plan.c: --dry-run, --why */
int upload_plan(cli_session *session, upload_tally *tally);
/* --why: said before the file is sent. */
void upload_explain(cli_session *session, const char *path);

#endif
