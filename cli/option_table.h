/*
 * The table of options: what there is, for which commands, what a value may be
 * and which variable of the environment gives it.
 */
#ifndef CLI_OPTION_TABLE_H
#define CLI_OPTION_TABLE_H

#include "cli.h"

typedef enum value_kind {
    FLAG,     /* bool */
    TEXT,     /* const char * */
    SOURCE,   /* repeatable */
    NUMBER,   /* int64_t in low..high */
    SIZE,     /* int64_t, bytes; also sets size_given */
    DURATION, /* int64_t, milliseconds */
    CHOICE    /* int, position in the words of `argument` */
} value_kind;

typedef struct option_spec {
    const char *name;
    char letter;
    value_kind kind;
    size_t offset;     /* in cli_options */
    unsigned commands; /* CLI_FOR_ALL: every one */
    const char *environment;
    const char *argument; /* how help calls it; of CHOICE: the words */
    int64_t low, high;
    const char *help;
} option_spec;

extern const option_spec cli_option_specs[];
extern const size_t cli_n_option_specs;

/* Exit code. `origin` is how people gave it: "--jobs", "ARTSTORE_..." */
int cli_set_value(cli_options *options, const option_spec *spec,
                  const char *origin, const char *value);
int cli_add_source(cli_options *options, const char *url);
int cli_bad_value(const option_spec *spec, const char *origin,
                  const char *value, const char *expected);
/* Which of the words, separated by |, is it? -1: none. */
int cli_word_position(const char *words, const char *text);

#endif
