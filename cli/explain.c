/*
 * explain: which element would take a file of this size, and why not the
 * others.
 */
#include "cli.h"

#include "explain_report.h"

static int explain(cli_session *session)
{
    const cli_options *options = session->options;
    se_explanation *explanation = NULL;
    se_want want = SE_WANT_INIT;
    explain_question question = {.want = &want,
                                 .policy = session->library.selector->policy};
    se_error err = SE_ERROR_INIT;
    int code = explain_ask_elements(session);

    want.retention = (se_retention)options->retention;
    want.bytes = options->size_bytes;
    if (code != CLI_OK) {
        return code;
    }
    if (se_selector_explain(se_ingest_selector(session->ingest), &want,
                            &explanation, &err) != SE_OK) {
        cli_message("%s", err.message);
        return se_err_exit_code(err.code);
    }
    if (options->json) {
        explain_report_json(&question, explanation);
    } else {
        explain_report_table(&question, explanation, stdout);
    }
    code = se_err_exit_code(se_explanation_error(explanation));
    se_explanation_free(explanation);
    return code;
}

int cli_explain(const cli_options *options)
{
    cli_session session;
    int code;

    if (!options->size_given) {
        return cli_usage("explain needs --size BYTES, e.g. --size 10M");
    }
    if (options->n_arguments > 0) {
        return cli_usage("explain takes no argument; give --size BYTES");
    }
    code = cli_session_open_with_list(&session, options);
    if (code == CLI_OK) {
        code = explain(&session);
        cli_session_close(&session);
    }
    return code;
}
