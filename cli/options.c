/*
 * Options as they stand on the command line.
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

typedef struct scan {
    int argc;
    char **argv;
    int at;
    option_given *given;
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
    s->given[s->n_given++] = (option_given){spec, value};
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
        s->given[s->n_given++] = (option_given){spec, NULL};
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

/* ---- together ---- */

static int check_given(const scan *s, const cli_command *command)
{
    for (size_t i = 0; i < s->n_given; i++) {
        const option_spec *spec = s->given[i].spec;

        if (spec->commands && !(spec->commands & command->bit)) {
            return cli_usage("--%s is no option of %s; see: " CLI_NAME
                             " help %s",
                             spec->name, command->name, command->name);
        }
    }
    return CLI_OK;
}

static int apply_given(cli_options *options, const scan *s)
{
    int code = CLI_OK;
    char origin[40];

    for (size_t i = 0; i < s->n_given && code == CLI_OK; i++) {
        const option_spec *spec = s->given[i].spec;

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
            return *command ? CLI_OK : CLI_USAGE;
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
        code = check_given(s, *command);
    }
    if (code == CLI_OK) {
        code = apply_given(options, s);
    }
    if (code == CLI_OK) {
        code = cli_settings_read(options, *command, s->given, s->n_given);
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
    cli_settings_free(options);
}
