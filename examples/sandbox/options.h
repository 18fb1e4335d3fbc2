/*
 * The command line of artstore-sandbox.
 */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include "sandbox.h"

typedef struct program_options {
    sandbox_options sandbox;
    sandbox_element *elements; /* what sandbox.elements shows */
    char **specs;              /* their strings */
    char *token;               /* what sandbox.token shows */
    char *account;             /* what sandbox.client_id and _secret show */
    char *document;            /* where the fleet document goes */
    bool control;
    bool stdin_close;
    bool quiet;
} program_options;

typedef enum parse_end {
    PARSE_RUN = 0,
    PARSE_HELP, /* printed */
    PARSE_BAD   /* said on stderr, in one line */
} parse_end;

/* Keeps views of the strings of argv. */
parse_end options_parse(program_options *options, int argc, char **argv);
void options_fini(program_options *options);

/* "4096", "10M" (10^6), "10Mi" (2^20); false: no size. */
bool size_parse(const char *text, int64_t *bytes);

#endif
