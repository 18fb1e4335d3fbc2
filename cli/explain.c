/*
 * explain: which element would take a file of this size, and why not the
 * others.
 */
#include "cli.h"

#include <inttypes.h>

#include "json.h"
#include "table.h"
#include "units.h"

static const char *verdict_of(const se_explanation *explanation, size_t index,
                              se_reason reason)
{
    if ((int)index == se_explanation_chosen(explanation)) {
        return "chosen";
    }
    return reason == SE_REASON_NONE ? "eligible" : "rejected";
}

static const char *chosen_id(const se_explanation *explanation)
{
    int chosen = se_explanation_chosen(explanation);
    const se_element *element = NULL;

    return chosen >= 0 && se_explanation_at(explanation, (size_t)chosen,
                                            &element, NULL)
               ? se_element_id(element)
               : NULL;
}

static void print_json(const cli_options *options, const se_want *want,
                       const se_explanation *explanation)
{
    json_line line = json_begin(stdout, "explain");
    const se_element *element;
    se_reason reason;

    json_int(&line, "size", options->size_bytes);
    json_string(&line, "retention", se_retention_name(want->retention));
    json_string(&line, "policy", "sequential");
    json_optional(&line, "chosen", chosen_id(explanation));
    json_open(&line, "elements", '[');
    for (size_t i = 0; se_explanation_at(explanation, i, &element, &reason);
         i++) {
        json_open(&line, NULL, '{');
        json_string(&line, "id", se_element_id(element));
        json_string(&line, "verdict", verdict_of(explanation, i, reason));
        if (reason != SE_REASON_NONE) {
            json_string(&line, "reason", se_reason_name(reason));
        }
        json_close(&line, '}');
    }
    json_close(&line, ']');
    json_end(&line);
}

static void print_table(const cli_options *options, const se_want *want,
                        const se_explanation *explanation)
{
    static const char *const heading[] = {"ID", "MODE", "PRIORITY", "VERDICT",
                                          "REASON"};
    table *t = table_new(5, heading);
    const char *chosen = chosen_id(explanation);
    const se_element *element;
    se_reason reason;
    char size[UNITS_SIZE];

    for (size_t i = 0; se_explanation_at(explanation, i, &element, &reason);
         i++) {
        char priority[16];
        const char *const cells[] = {
            se_element_id(element), se_mode_name(se_element_mode(element)),
            priority, verdict_of(explanation, i, reason),
            reason == SE_REASON_NONE ? "" : se_reason_name(reason)};

        snprintf(priority, sizeof(priority), "%" PRId32,
                 se_element_priority(element));
        table_row(t, cells);
    }
    table_print(t);
    units_bytes(size, options->size_bytes);
    printf("\na %s file of %s goes to %s\n", se_retention_name(want->retention),
           size, chosen ? chosen : "none of them");
}

static void ignore(void *user, const se_capacity *capacity)
{
    (void)user;
    (void)capacity;
}

static int explain(cli_session *session)
{
    const cli_options *options = session->options;
    se_explanation *explanation = NULL;
    se_want want = SE_WANT_INIT;
    se_error err = SE_ERROR_INIT;
    int code;

    want.retention = (se_retention)options->retention;
    want.bytes = options->size_bytes;
    /* What the elements say now decides, as it would in an upload. */
    if (se_capacity_poll(se_ingest_uploader(session->ingest), 0, ignore, NULL,
                         &err) != SE_OK ||
        se_selector_explain(se_ingest_selector(session->ingest), &want,
                            &explanation, &err) != SE_OK) {
        cli_message("%s", err.message);
        return se_err_exit_code(err.code);
    }
    if (options->json) {
        print_json(options, &want, explanation);
    } else {
        print_table(options, &want, explanation);
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
