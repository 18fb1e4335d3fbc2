/*
 * The table of options: what there is, for which commands, what a value may be
 * and which setting it stands above.
 */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include "cli.h"

typedef enum value_kind {
    FLAG,     /* bool */
    TEXT,     /* const char * */
    SOURCE,   /* repeatable; only a setting */
    NUMBER,   /* int64_t in low..high */
    SIZE,     /* int64_t, bytes; also sets size_given */
    DURATION, /* int64_t, milliseconds */
    CHOICE    /* int, position in the words of `argument` */
} value_kind;

typedef struct option_spec {
    const char *name;
    char letter;
    value_kind kind;
    size_t offset;        /* in cli_options; of TEXT 0: only a setting */
    unsigned commands;    /* CLI_FOR_ALL: every one */
    const char *setting;  /* what it sets, NULL: nothing but the option */
    const char *argument; /* how help calls it; of CHOICE: the words */
    int64_t low, high;
    const char *help;
} option_spec;

extern const option_spec cli_option_specs[];
extern const size_t cli_n_option_specs;

/* One that stands on the command line. */
typedef struct option_given {
    const option_spec *spec;
    const char *value;
} option_given;

/* Exit code. `origin` is how people gave it: "--jobs" */
int cli_set_value(cli_options *options, const option_spec *spec,
                  const char *origin, const char *value);

/* settings.c */
/*
 * Read the settings, put what is given on top of them, and what they say into
 * options. Exit code.
 */
int cli_settings_read(cli_options *options, const cli_command *command,
                      const option_given *given, size_t n);
void cli_settings_free(cli_options *options);

#endif
