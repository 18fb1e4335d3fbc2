/*
 * Settings: those of the environment and of a file, with the options on top.
 *
 * What stands on the command line is believed first: a bad value below it is
 * not even complained about.
 */
#include <stdlib.h>
#include <string.h>

#include "option_table.h"

#define SOURCE_SETTING "ARTSTORE_INGEST_SOURCE"
#define CONFIG_SETTING "ARTSTORE_INGEST_CONFIG"
#define STATE_SETTING "ARTSTORE_INGEST_STATE_DIR"
#define STATE_NAME "artstore-ingest"

/* ---- problems ---- */

typedef struct reading {
    cli_options *options;
    const option_given *given;
    size_t n_given;
    cli_problem **end;
    bool out_of_memory;
} reading;

/* What is wrong with a file is no matter of which one is named. */
static bool is_given(const reading *r, const char *setting)
{
    for (size_t i = 0; i < r->n_given; i++) {
        const char *own = r->given[i].spec->setting;

        if (own && strcmp(own, setting) == 0) {
            return strcmp(own, CONFIG_SETTING) != 0;
        }
    }
    return false;
}

static void free_problem(cli_problem *problem)
{
    if (problem) {
        free(problem->name);
        free(problem->message);
        free(problem);
    }
}

static void keep_problem(void *user, const se_problem *problem)
{
    reading *r = user;
    cli_problem *kept;

    if (!problem->warning && is_given(r, problem->name)) {
        return;
    }
    kept = calloc(1, sizeof(*kept));
    if (kept) {
        kept->name = strdup(problem->name);
        kept->message = strdup(problem->message);
        kept->warning = problem->warning;
    }
    if (kept && kept->name && kept->message) {
        *r->end = kept;
        r->end = &kept->next;
    } else {
        r->out_of_memory = true;
        free_problem(kept);
    }
}

static int first_problem(const cli_options *options)
{
    for (const cli_problem *p = options->problems; p; p = p->next) {
        if (!p->warning) {
            return cli_usage("%s", p->message);
        }
    }
    return CLI_OK;
}

/* ---- options on top ---- */

static int put(cli_options *options, const option_spec *spec, const char *value)
{
    se_error err = SE_ERROR_INIT;
    char origin[48];

    snprintf(origin, sizeof(origin), "option --%s", spec->name);
    if (se_config_set(options->config, spec->setting, value, origin, &err) !=
        SE_OK) {
        return cli_usage("%s", err.message);
    }
    return CLI_OK;
}

/*
 * Several make one list, one per line, so that a path may hold blanks. What the
 * environment and files name does not count then.
 */
static int put_sources(const reading *r)
{
    const option_spec *spec = NULL;
    char *lines = NULL;
    size_t length = 0;
    size_t number = 0;
    FILE *out = open_memstream(&lines, &length);
    int code = CLI_OK;

    for (size_t i = 0; out && i < r->n_given && code == CLI_OK; i++) {
        if (r->given[i].spec->kind == SOURCE) {
            spec = r->given[i].spec;
            number++;
            fprintf(out, "%s\n", r->given[i].value);
            if (cli_has_password(r->given[i].value)) {
                code = cli_usage("--source %zu holds a password, which others "
                                 "could see; put it into REDIS_PASSWORD, or "
                                 "the URL into " SOURCE_SETTING,
                                 number);
            }
        }
    }
    if (!out || fclose(out) != 0) {
        code = cli_usage("out of memory");
    }
    if (code == CLI_OK && spec) {
        code = put(r->options, spec, lines);
    }
    free(lines);
    return code;
}

static int put_given(const reading *r)
{
    int code = put_sources(r);

    for (size_t i = 0; i < r->n_given && code == CLI_OK; i++) {
        const option_spec *spec = r->given[i].spec;

        if (spec->setting && spec->kind != SOURCE) {
            code = put(r->options, spec,
                       spec->kind == FLAG ? "on" : r->given[i].value);
        }
    }
    return code;
}

/* ---- settings that options stand for ---- */

static int take_settings(cli_options *options)
{
    int code = CLI_OK;

    for (size_t i = 0; i < cli_n_option_specs && code == CLI_OK; i++) {
        const option_spec *spec = &cli_option_specs[i];
        const char *value =
            spec->setting ? se_config_value(options->config, spec->setting)
                          : NULL;

        if (value && (spec->kind != FLAG || strcmp(value, "on") == 0)) {
            code = cli_set_value(options, spec, spec->setting, value);
        }
    }
    return code;
}

/* Where state lies unless somebody says otherwise (XDG base directories). */
static int put_state_dir(cli_options *options)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    char *path = NULL;
    int n = 0;
    int code = CLI_OK;

    if (se_config_value(options->config, STATE_SETTING)) {
        return CLI_OK;
    }
    if (state && state[0] == '/') {
        n = asprintf(&path, "%s/" STATE_NAME, state);
    } else if (home && home[0] == '/') {
        n = asprintf(&path, "%s/.local/state/" STATE_NAME, home);
    }
    if (n < 0) {
        return cli_usage("out of memory");
    }
    /* A path that is no text cannot be a setting: then there is none. */
    if (path) {
        se_config_set(options->config, STATE_SETTING, path, "default", NULL);
    }
    free(path);
    return code;
}

/* ---- all together ---- */

/* Whoever asks for help, or for the settings, gets it whatever they are. */
static bool bears_problems(const cli_options *options,
                           const cli_command *command)
{
    return options->help || command->bit == CLI_FOR_HELP ||
           command->bit == CLI_FOR_VERSION || command->bit == CLI_FOR_CONFIG;
}

int cli_settings_read(cli_options *options, const cli_command *command,
                      const option_given *given, size_t n)
{
    reading r = {options, given, n, &options->problems, false};
    se_error err = SE_ERROR_INIT;
    int code;

    if (se_config_check(&options->config, options->config_file, keep_problem,
                        &r, &err) != SE_OK) {
        return cli_usage("%s", err.message);
    }
    code = put_given(&r);
    if (code == CLI_OK) {
        code = put_state_dir(options);
    }
    if (code == CLI_OK && command->bit == CLI_FOR_CONFIG) {
        se_config_verify(options->config, keep_problem, &r, NULL);
    }
    if (code == CLI_OK && r.out_of_memory) {
        code = cli_usage("out of memory");
    }
    if (code == CLI_OK && !bears_problems(options, command)) {
        code = first_problem(options);
    }
    return code == CLI_OK ? take_settings(options) : code;
}

void cli_settings_free(cli_options *options)
{
    while (options->problems) {
        cli_problem *problem = options->problems;

        options->problems = problem->next;
        free_problem(problem);
    }
    se_config_close(options->config);
}
