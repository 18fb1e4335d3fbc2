/*
 * Options as they stand on the command line and in the environment.
 */
#include "option_table.h"

#include <stdlib.h>
#include <string.h>

/* ---- command line ---- */

static const option_spec *find_long(const char *name, size_t length)
{
    for (size_t i = 0; i < cli_n_option_specs; i++) {
        if (strncmp(cli_option_specs[i].name, name, length) == 0 &&
            cli_option_specs[i].name[length] == '\0') {
            return &cli_option_specs[i];
        }
    }
    return NULL;
}

static const option_spec *find_letter(char letter)
{
    for (size_t i = 0; i < cli_n_option_specs; i++) {
        if (cli_option_specs[i].letter == letter) {
            return &cli_option_specs[i];
        }
    }
    return NULL;
}

/* The options that stand on the command line, in order. */
typedef struct given {
    const option_spec *spec;
    const char *value;
} given;

typedef struct scan {
    int argc;
    char **argv;
    int at;
    given *given;
    size_t n_given;
    const char **words;
    size_t n_words;
} scan;

static int scan_long(scan *s, const char *text)
{
    size_t length = strcspn(text, "=");
    const option_spec *spec = find_long(text, length);
    const char *value = text[length] == '=' ? text + length + 1 : NULL;

    if (!spec) {
        return cli_usage("unknown option --%.*s; see: " CLI_NAME " help",
                         (int)length, text);
    }
    if (spec->kind == FLAG && value) {
        return cli_usage("--%s takes no value", spec->name);
    }
    if (spec->kind != FLAG && !value) {
        if (s->at + 1 >= s->argc) {
            return cli_usage("--%s needs a value: %s", spec->name,
                             spec->argument);
        }
        value = s->argv[++s->at];
    }
    s->given[s->n_given++] = (given){spec, value};
    return CLI_OK;
}

static int scan_letters(scan *s, const char *letters)
{
    for (; *letters; letters++) {
        const option_spec *spec = find_letter(*letters);

        if (!spec) {
            return cli_usage("unknown option -%c; see: " CLI_NAME " help",
                             *letters);
        }
        s->given[s->n_given++] = (given){spec, NULL};
    }
    return CLI_OK;
}

static int scan_arguments(scan *s)
{
    bool only_words = false;
    int code = CLI_OK;

    for (s->at = 1; s->at < s->argc && code == CLI_OK; s->at++) {
        const char *text = s->argv[s->at];

        if (only_words || text[0] != '-' || text[1] == '\0') {
            s->words[s->n_words++] = text;
        } else if (strcmp(text, "--") == 0) {
            only_words = true;
        } else if (text[1] == '-') {
            code = scan_long(s, text + 2);
        } else {
            code = scan_letters(s, text + 1);
        }
    }
    return code;
}

/* ---- environment ---- */

static int sources_of_environment(cli_options *options, const char *value)
{
    char *url;
    int code = CLI_OK;

    options->source_text = strdup(value);
    if (!options->source_text) {
        return cli_usage("out of memory");
    }
    url = options->source_text;
    while (url && code == CLI_OK) {
        char *next = strchr(url, ' ');

        if (next) {
            *next++ = '\0';
        }
        if (*url) {
            code = cli_add_source(options, url);
        }
        url = next;
    }
    return code;
}

/* A flag in the environment: every usual spelling of yes and no. */
static int flag_of_environment(cli_options *options, const option_spec *spec,
                               const char *value)
{
    static const char yes[] = "1|true|on|yes|True|TRUE|ON|YES";
    static const char no[] = "0|false|off|no|False|FALSE|OFF|NO";

    if (cli_word_position(yes, value) >= 0) {
        return cli_set_value(options, spec, spec->environment, value);
    }
    if (cli_word_position(no, value) >= 0) {
        return CLI_OK;
    }
    return cli_bad_value(spec, spec->environment, value, "true or false");
}

static bool is_given(const scan *s, const option_spec *spec)
{
    for (size_t i = 0; i < s->n_given; i++) {
        if (s->given[i].spec == spec) {
            return true;
        }
    }
    return false;
}

/* What stands on the command line is not even looked at here. */
static int read_environment(cli_options *options, const scan *s)
{
    int code = CLI_OK;

    for (size_t i = 0; i < cli_n_option_specs && code == CLI_OK; i++) {
        const option_spec *spec = &cli_option_specs[i];
        const char *value =
            spec->environment ? getenv(spec->environment) : NULL;

        if (!value || value[0] == '\0' || is_given(s, spec)) {
            continue;
        }
        if (spec->kind == SOURCE) {
            code = sources_of_environment(options, value);
        } else if (spec->kind == FLAG) {
            code = flag_of_environment(options, spec, value);
        } else {
            code = cli_set_value(options, spec, spec->environment, value);
        }
    }
    return code;
}

/* ---- together ---- */

static int apply_given(cli_options *options, const scan *s,
                       const cli_command *command)
{
    int code = CLI_OK;
    char origin[40];

    for (size_t i = 0; i < s->n_given && code == CLI_OK; i++) {
        const option_spec *spec = s->given[i].spec;

        if (spec->commands && !(spec->commands & command->bit)) {
            return cli_usage("--%s is no option of %s; see: " CLI_NAME
                             " help %s",
                             spec->name, command->name, command->name);
        }
        snprintf(origin, sizeof(origin), "--%s", spec->name);
        code = cli_set_value(options, spec, origin, s->given[i].value);
    }
    return code;
}

static int choose_command(const scan *s, const cli_command **command)
{
    if (s->n_words > 0) {
        *command = cli_find_command(s->words[0]);
        return *command ? CLI_OK
                        : cli_usage("unknown command \"%.40s\"; see: " CLI_NAME
                                    " help",
                                    s->words[0]);
    }
    for (size_t i = 0; i < s->n_given; i++) {
        if (strcmp(s->given[i].spec->name, "help") == 0) {
            *command = cli_find_command("help");
            return CLI_OK;
        }
    }
    return cli_usage("which command? e.g. " CLI_NAME
                     " upload FILE; see: " CLI_NAME " help");
}

static void ask_for_help(cli_options *options, const cli_command **command)
{
    const cli_command *help = cli_find_command("help");

    if (options->help && *command && *command != help) {
        options->arguments[0] = (*command)->name;
        options->n_arguments = 1;
        *command = help;
    }
}

static int interpret(cli_options *options, const cli_command **command, scan *s)
{
    int code = scan_arguments(s);

    if (code == CLI_OK) {
        code = choose_command(s, command);
    }
    if (code == CLI_OK) {
        code = read_environment(options, s);
    }
    if (code == CLI_OK && *command) {
        code = apply_given(options, s, *command);
    }
    if (code == CLI_OK) {
        for (size_t i = 1; i < s->n_words; i++) {
            options->arguments[options->n_arguments++] = s->words[i];
        }
        ask_for_help(options, command);
    }
    return code;
}

int cli_options_parse(cli_options *options, const cli_command **command,
                      int argc, char **argv)
{
    size_t most = (size_t)argc + 1;
    size_t letters = 0;
    scan s = {.argc = argc, .argv = argv};
    int code;

    for (int i = 1; i < argc; i++) {
        letters += strlen(argv[i]) + 1;
    }
    s.given = calloc(letters + 1, sizeof(*s.given));
    s.words = calloc(most, sizeof(*s.words));
    options->arguments = calloc(most, sizeof(*options->arguments));
    options->log_level = SE_LOG_ERROR;
    if (s.given && s.words && options->arguments) {
        code = interpret(options, command, &s);
    } else {
        code = cli_usage("out of memory");
    }
    free(s.given);
    free(s.words);
    return code;
}

void cli_options_free(cli_options *options)
{
    free(options->arguments);
    free(options->source_text);
}
