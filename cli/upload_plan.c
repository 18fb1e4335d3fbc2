/*
 * upload --dry-run and --why: where would each file go, and why?
 */
#include "upload.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "explain_report.h"

static void set_error(se_error *err, se_err code, const char *message)
{
    err->code = code;
    snprintf(err->message, sizeof(err->message), "%s", message);
}

static se_err size_of(const char *path, int64_t *size, se_error *err)
{
    struct stat status;

    if (strcmp(path, "-") == 0) {
        *size = -1;
        return SE_OK;
    }
    if (stat(path, &status) != 0) {
        set_error(err, SE_E_FILE, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        set_error(err, SE_E_FILE, "not a regular file");
    } else if (status.st_size == 0) {
        set_error(err, SE_E_REFUSED, "an empty file cannot be stored");
    } else {
        *size = status.st_size;
        return SE_OK;
    }
    return err->code;
}

static void plan_one(cli_session *session, const char *path,
                     upload_tally *tally)
{
    se_selector *selector = se_ingest_selector(session->ingest);
    se_want want = SE_WANT_INIT;
    se_error err = SE_ERROR_INIT;
    se_pick *pick = NULL;
    se_err rc;

    want.retention = (se_retention)session->options->retention;
    rc = size_of(path, &want.bytes, &err);
    if (rc == SE_OK && session->options->why) {
        explain_file(session, path, &want);
    }
    if (rc == SE_OK) {
        rc = se_selector_pick(selector, &want, &pick, &err);
    }
    if (rc == SE_OK) {
        tally->stored++;
        upload_report_plan(session->options, path, want.bytes, se_pick_id(pick),
                           NULL);
        /* Counted as landed, so that the next file sees the room it takes. */
        se_selector_release(selector, pick, SE_STORED);
    } else {
        upload_count_failed(tally, SE_REJECTED, rc);
        upload_report_plan(session->options, path, want.bytes, NULL, &err);
    }
}

void upload_explain(cli_session *session, const char *path)
{
    se_want want = SE_WANT_INIT;
    se_error err = SE_ERROR_INIT;

    want.retention = (se_retention)session->options->retention;
    /* What is wrong with a file is said when it is sent. */
    if (size_of(path, &want.bytes, &err) == SE_OK) {
        explain_file(session, path, &want);
    }
}

int upload_plan(cli_session *session, upload_tally *tally)
{
    const cli_options *options = session->options;
    int code = explain_ask_elements(session);

    for (size_t i = 0; i < options->n_arguments && code == CLI_OK; i++) {
        plan_one(session, options->arguments[i], tally);
    }
    return code == CLI_OK ? upload_exit_code(tally) : code;
}
