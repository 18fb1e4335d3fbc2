/*
 * What the parts of the doctor share.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "check_report.h"
#include "cli.h"

/* What was found. */
typedef struct doctor {
    const cli_options *options;
    cli_session session;
    size_t tried;
    size_t wrong;
    size_t lists; /* sources that gave one */
    /* the kinds of what is wrong give the exit code */
    bool token_refused;
    bool is_down; /* a source, an element */
    bool misconfigured;
    char timestamp[48]; /* of the list, as its publisher wrote it */
} doctor;

/* One line about one item; returns ok. No advice for what is fine. */
bool doctor_say(doctor *d, const char *item, bool ok, const char *message,
                const char *advice);

/* doctor_source.c: each source by itself, then all of them as in an upload */
void doctor_sources(doctor *d);
bool doctor_list(doctor *d); /* false: there is none */
/* doctor_token.c: what uploads are authorised by */
void doctor_token(doctor *d);
/* doctor_machine.c: what this machine has to do with it */
void doctor_state_dir(doctor *d);
void doctor_clock(doctor *d);

#endif
