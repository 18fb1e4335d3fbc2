#include "explain_report.h"

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

void explain_report_json(const explain_question *question,
                         const se_explanation *explanation)
{
    json_line line = json_begin(stdout, "explain");
    const se_element *element;
    se_reason reason;

    if (question->path) {
        json_string(&line, "path", question->path);
    }
    json_int(&line, "size", question->want->bytes);
    json_string(&line, "retention",
                se_retention_name(question->want->retention));
    json_string(&line, "policy", se_policy_name(question->policy));
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

static void print_decision(const explain_question *question, const char *chosen,
                           FILE *out)
{
    const se_want *want = question->want;
    char size[UNITS_SIZE];

    units_bytes(size, want->bytes);
    if (question->path) {
        cli_print(out, question->path);
        fputs(": ", out);
    }
    fprintf(out, "a %s file of %s goes to %s (%s)\n",
            se_retention_name(want->retention),
            want->bytes < 0 ? "unknown size" : size,
            chosen ? chosen : "none of them", se_policy_name(question->policy));
}

void explain_report_table(const explain_question *question,
                          const se_explanation *explanation, FILE *out)
{
    static const char *const heading[] = {"ID", "MODE", "PRIORITY", "VERDICT",
                                          "REASON"};
    table *t = table_new(5, heading);
    const se_element *element;
    se_reason reason;

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
    table_print(t, out);
    fputc('\n', out);
    print_decision(question, chosen_id(explanation), out);
}

static void ignore(void *user, const se_capacity *capacity)
{
    (void)user;
    (void)capacity;
}

int explain_ask_elements(cli_session *session)
{
    se_error err = SE_ERROR_INIT;

    if (se_capacity_poll(se_ingest_uploader(session->ingest), 0, ignore, NULL,
                         &err) != SE_OK) {
        cli_message("%s", err.message);
        return se_err_exit_code(err.code);
    }
    return CLI_OK;
}

void explain_file(cli_session *session, const char *path, const se_want *want)
{
    const cli_options *options = session->options;
    explain_question question = {.path = path,
                                 .want = want,
                                 .policy = session->library.selector->policy};
    se_explanation *explanation = NULL;
    se_error err = SE_ERROR_INIT;

    if (se_selector_explain(se_ingest_selector(session->ingest), want,
                            &explanation, &err) != SE_OK) {
        cli_message("%s", err.message);
    } else if (options->json) {
        explain_report_json(&question, explanation);
    } else {
        explain_report_table(&question, explanation, stderr);
    }
    se_explanation_free(explanation);
}
