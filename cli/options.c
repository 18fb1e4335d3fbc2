/*
 * Options: one table says what there is, for which commands, what a value may
 * be and which variable of the environment gives it.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

typedef enum value_kind {
    FLAG,     /* bool */
    TEXT,     /* const char * */
    SOURCE,   /* repeatable */
    NUMBER,   /* int64_t in low..high */
    SIZE,     /* int64_t, bytes; also sets size_given */
    DURATION, /* int64_t, milliseconds */
    CHOICE    /* int, position in words + low */
} value_kind;

typedef struct option_spec {
    const char *name;
    char letter;
    value_kind kind;
    size_t offset;
    unsigned commands; /* CLI_FOR_ALL: every one */
    const char *environment;
    const char *argument; /* how help calls it; of CHOICE: the words */
    int64_t low, high;
    const char *help;
} option_spec;

#define AT(member) offsetof(cli_options, member)

static const option_spec specs[] = {
    {"source", 0, SOURCE, 0, CLI_FOR_ALL, "ARTSTORE_INGEST_SOURCE", "URL", 0, 0,
     "where the list of elements comes from, e.g. file:PATH; repeatable, in "
     "order of preference"},
    {"token-file", 0, TEXT, AT(token_file), CLI_FOR_ALL,
     "ARTSTORE_INGEST_TOKEN_FILE", "FILE", 0, 0,
     "bearer token for the elements"},
    {"json", 0, FLAG, AT(json), CLI_FOR_ALL, "ARTSTORE_INGEST_JSON", NULL, 0, 0,
     "one JSON object per line on standard output"},
    {"log-level", 0, CHOICE, AT(log_level), CLI_FOR_ALL,
     "ARTSTORE_INGEST_LOG_LEVEL", "debug|info|warning|error", 0, 0,
     "what is logged on standard error (error)"},
    {"quiet", 'q', FLAG, AT(quiet), CLI_FOR_ALL, "ARTSTORE_INGEST_QUIET", NULL,
     0, 0, "no results for people, no progress; errors only"},
    {"verbose", 'v', FLAG, AT(verbose), CLI_FOR_ALL, "ARTSTORE_INGEST_VERBOSE",
     NULL, 0, 0, "show every attempt; log warnings"},
    {"progress", 0, CHOICE, AT(progress), CLI_FOR_UPLOAD,
     "ARTSTORE_INGEST_PROGRESS", "auto|bar|plain|json|none", 0, 0,
     "how progress is shown on standard error (auto)"},
    {"deadline", 0, DURATION, AT(deadline_ms), CLI_FOR_ALL,
     "ARTSTORE_INGEST_DEADLINE", "DURATION", 0, 0,
     "give up after this long: 500ms 30s 5m 1h (never)"},
    {"help", 'h', FLAG, AT(help), CLI_FOR_ALL, NULL, NULL, 0, 0,
     "how to use the command"},
    {"retention", 0, CHOICE, AT(retention), CLI_FOR_UPLOAD | CLI_FOR_EXPLAIN,
     NULL, "temporary|permanent", 0, 0, "how long files are kept (temporary)"},
    {"ttl-days", 0, NUMBER, AT(ttl_days), CLI_FOR_UPLOAD, NULL, "N", 1, 365,
     "days that a temporary file is kept (30)"},
    {"description", 0, TEXT, AT(description), CLI_FOR_UPLOAD, NULL, "TEXT", 0,
     0, "stored with the file, at most 1000 characters"},
    {"metadata", 0, TEXT, AT(metadata), CLI_FOR_UPLOAD, NULL, "JSON", 0, 0,
     "a JSON object that goes with the file"},
    {"content-type", 0, TEXT, AT(content_type), CLI_FOR_UPLOAD, NULL, "TYPE", 0,
     0, "of the file (application/octet-stream)"},
    {"name", 0, TEXT, AT(name), CLI_FOR_UPLOAD, NULL, "NAME", 0, 0,
     "file name to store under, for one file or -"},
    {"file-id", 0, TEXT, AT(file_id), CLI_FOR_UPLOAD, NULL, "UUID", 0, 0,
     "id to store under, for one file (a new one)"},
    {"jobs", 0, NUMBER, AT(jobs), CLI_FOR_UPLOAD, NULL, "N", 1, 4096,
     "files under way at once (8)"},
    {"dry-run", 0, FLAG, AT(dry_run), CLI_FOR_UPLOAD, NULL, NULL, 0, 0,
     "say where each file would go, send nothing"},
    {"size", 0, SIZE, AT(size_bytes), CLI_FOR_EXPLAIN, NULL, "BYTES", 0, 0,
     "size of the file: 1000, 10M, 10Mi"},
};
static const size_t n_specs = sizeof(specs) / sizeof(specs[0]);

/* ---- values ---- */

static int position_in(const char *words, const char *text)
{
    size_t length = strlen(text);

    for (int i = 0; words; i++) {
        if (strncmp(words, text, length) == 0 &&
            (words[length] == '|' || words[length] == '\0') && length > 0) {
            return i;
        }
        words = strchr(words, '|');
        words = words ? words + 1 : NULL;
    }
    return -1;
}

static int bad_value(const option_spec *spec, const char *origin,
                     const char *value, const char *expected)
{
    return cli_usage("%s: \"%.80s\" is not %s; %s", origin, value, expected,
                     spec->help);
}

static int add_source(cli_options *options, const char *url)
{
    if (options->n_sources == CLI_MAX_SOURCES) {
        return cli_usage("--source: at most %d", CLI_MAX_SOURCES);
    }
    options->sources[options->n_sources++] = url;
    return CLI_OK;
}

static int set_value(cli_options *options, const option_spec *spec,
                     const char *origin, const char *value)
{
    char *at = (char *)options + spec->offset;
    char expected[80];
    int position;

    switch (spec->kind) {
    case FLAG:
        break;
    case TEXT:
        *(const char **)(void *)at = value;
        return CLI_OK;
    case SOURCE:
        return add_source(options, value);
    case NUMBER:
        if (!cli_parse_number(value, spec->low, spec->high,
                              (int64_t *)(void *)at)) {
            snprintf(expected, sizeof(expected), "a number from %lld to %lld",
                     (long long)spec->low, (long long)spec->high);
            return bad_value(spec, origin, value, expected);
        }
        return CLI_OK;
    case SIZE:
        if (!cli_parse_size(value, (int64_t *)(void *)at)) {
            return bad_value(spec, origin, value, "a size");
        }
        options->size_given = true;
        return CLI_OK;
    case DURATION:
        if (!cli_parse_duration(value, (int64_t *)(void *)at) ||
            *(int64_t *)(void *)at <= 0 || *(int64_t *)(void *)at > INT32_MAX) {
            return bad_value(spec, origin, value, "a duration");
        }
        return CLI_OK;
    case CHOICE:
        position = position_in(spec->argument, value);
        if (position < 0) {
            snprintf(expected, sizeof(expected), "one of %s", spec->argument);
            return bad_value(spec, origin, value, expected);
        }
        *(int *)(void *)at = position;
        return CLI_OK;
    }
    *(bool *)(void *)at = true;
    return CLI_OK;
}

/* ---- command line ---- */

static const option_spec *find_long(const char *name, size_t length)
{
    for (size_t i = 0; i < n_specs; i++) {
        if (strncmp(specs[i].name, name, length) == 0 &&
            specs[i].name[length] == '\0') {
            return &specs[i];
        }
    }
    return NULL;
}

static const option_spec *find_letter(char letter)
{
    for (size_t i = 0; i < n_specs; i++) {
        if (specs[i].letter == letter) {
            return &specs[i];
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
            code = add_source(options, url);
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

    if (position_in(yes, value) >= 0) {
        return set_value(options, spec, spec->environment, value);
    }
    if (position_in(no, value) >= 0) {
        return CLI_OK;
    }
    return bad_value(spec, spec->environment, value, "true or false");
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

    for (size_t i = 0; i < n_specs && code == CLI_OK; i++) {
        const option_spec *spec = &specs[i];
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
            code = set_value(options, spec, spec->environment, value);
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
        code = set_value(options, spec, origin, s->given[i].value);
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
        if (s->given[i].spec->offset == AT(help) &&
            s->given[i].spec->kind == FLAG) {
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

    if (options->help && *command != help) {
        options->arguments[0] = (*command)->name;
        options->n_arguments = 1;
        *command = help;
    }
}

int cli_options_parse(cli_options *options, const cli_command **command,
                      int argc, char **argv)
{
    size_t most = (size_t)argc + 1;
    size_t letters = 0;
    scan s = {.argc = argc, .argv = argv};
    int code = CLI_OK;

    for (int i = 1; i < argc; i++) {
        letters += strlen(argv[i]) + 1;
    }
    s.given = calloc(letters + 1, sizeof(*s.given));
    s.words = calloc(most, sizeof(*s.words));
    options->arguments = calloc(most, sizeof(*options->arguments));
    options->log_level = SE_LOG_ERROR;
    if (!s.given || !s.words || !options->arguments) {
        code = cli_usage("out of memory");
    }
    if (code == CLI_OK) {
        code = scan_arguments(&s);
    }
    if (code == CLI_OK) {
        code = choose_command(&s, command);
    }
    if (code == CLI_OK) {
        code = read_environment(options, &s);
    }
    if (code == CLI_OK) {
        code = apply_given(options, &s, *command);
    }
    if (code == CLI_OK) {
        for (size_t i = 1; i < s.n_words; i++) {
            options->arguments[options->n_arguments++] = s.words[i];
        }
        ask_for_help(options, command);
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

/* ---- help ---- */

static void print_spec(FILE *out, const option_spec *spec)
{
    char left[64];

    snprintf(left, sizeof(left), "%s%c%s--%s%s%s", spec->letter ? "-" : "",
             spec->letter ? spec->letter : ' ', spec->letter ? ", " : "   ",
             spec->name, spec->argument ? " " : "",
             spec->argument ? spec->argument : "");
    fprintf(out, "  %-36s %s\n", left, spec->help);
}

void cli_options_help(FILE *out, unsigned command_bit)
{
    for (size_t i = 0; i < n_specs; i++) {
        if (specs[i].commands == command_bit ||
            (command_bit && (specs[i].commands & command_bit))) {
            print_spec(out, &specs[i]);
        }
    }
}

void cli_options_environment(FILE *out)
{
    for (size_t i = 0; i < n_specs; i++) {
        if (specs[i].environment) {
            fprintf(out, "  %-30s like --%s\n", specs[i].environment,
                    specs[i].name);
        }
    }
}
