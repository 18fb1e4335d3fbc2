/*
 * Why a file goes where it goes, for programs and for people.
 */
#ifndef CLI_EXPLAIN_REPORT_H
#define CLI_EXPLAIN_REPORT_H

#include "cli.h"

/* What was asked; `path` is NULL where no file is meant. */
typedef struct explain_question {
    const char *path;
    const se_want *want;
    se_policy policy;
} explain_question;

void explain_report_json(const explain_question *question,
                         const se_explanation *explanation);
void explain_report_table(const explain_question *question,
                          const se_explanation *explanation, FILE *out);
/*
 * What the elements say now is to decide, as it does in an upload: asks all of
 * them. Exit code.
 */
int explain_ask_elements(cli_session *session);
/* The explanation of one file before it is sent; on stderr for people. */
void explain_file(cli_session *session, const char *path, const se_want *want);

#endif
