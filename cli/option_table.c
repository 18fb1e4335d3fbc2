#include "option_table.h"

#include <string.h>

#include "entry.h"

#define AT(member) offsetof(cli_options, member)

#define OWN(name) "ARTSTORE_INGEST_" name

const option_spec cli_option_specs[] = {
    {"source", 0, SOURCE, 0, CLI_FOR_ALL, OWN("SOURCE"), "URL", 0, 0,
     "where the list of elements comes from: redis://HOST, rediss://HOST, "
     "sentinel://HOST:PORT,.../NAME, http://HOST or https://HOST (an Admin "
     "Module), file:PATH; repeatable, in order of preference"},
    {"token-file", 0, TEXT, 0, CLI_FOR_ALL, OWN("TOKEN_FILE"), "FILE", 0, 0,
     "bearer token for the elements and the Admin Module"},
    {"config", 0, TEXT, AT(config_file), CLI_FOR_ALL, OWN("CONFIG"), "FILE", 0,
     0, "file with settings: a JSON object, or NAME=value lines"},
    {"state-dir", 0, TEXT, 0, CLI_FOR_ALL, OWN("STATE_DIR"), "DIR", 0, 0,
     "what must survive a restart "
     "(${XDG_STATE_HOME:-~/.local/state}/artstore-ingest)"},
    {"json", 0, FLAG, AT(json), CLI_FOR_ALL, OWN("JSON"), NULL, 0, 0,
     "one JSON object per line on standard output"},
    {"log-level", 0, CHOICE, AT(log_level), CLI_FOR_ALL, "LOG_LEVEL",
     "debug|info|warning|error|critical", 0, 0,
     "what is logged on standard error (error)"},
    {"log-format", 0, CHOICE, AT(log_format), CLI_FOR_ALL, "LOG_FORMAT",
     "text|json|flat", 0, 0, "how it is logged (text)"},
    {"quiet", 'q', FLAG, AT(quiet), CLI_FOR_ALL, OWN("QUIET"), NULL, 0, 0,
     "no results for people, no progress; errors only"},
    {"verbose", 'v', FLAG, AT(verbose), CLI_FOR_ALL, OWN("VERBOSE"), NULL, 0, 0,
     "show every attempt; log warnings"},
    {"progress", 0, CHOICE, AT(progress), CLI_FOR_UPLOAD, OWN("PROGRESS"),
     "auto|bar|plain|json|none", 0, 0,
     "how progress is shown on standard error (auto)"},
    {"deadline", 0, DURATION, AT(deadline_ms), CLI_FOR_ALL, OWN("DEADLINE"),
     "DURATION", 0, 0, "give up after this long: 500ms 30s 5m 1h (never)"},
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
    {"why", 0, FLAG, AT(why), CLI_FOR_UPLOAD, NULL, NULL, 0, 0,
     "say before each file where it goes and why not elsewhere"},
    {"policy", 0, CHOICE, AT(policy), CLI_FOR_UPLOAD | CLI_FOR_EXPLAIN,
     OWN("POLICY"), "sequential|most-free|weighted-free|round-robin", 0, 0,
     "which of the elements that could take a file (sequential)"},
    {"size", 0, SIZE, AT(size_bytes), CLI_FOR_EXPLAIN, NULL, "BYTES", 0, 0,
     "size of the file: 1000, 10M, 10Mi"},
    {"origin", 0, FLAG, AT(origin), CLI_FOR_CONFIG, NULL, NULL, 0, 0,
     "show: where each setting comes from"},
    {"watch", 0, FLAG, AT(watch), CLI_FOR_CAPACITY, NULL, NULL, 0, 0,
     "stay and print changes, as one of those who keep watch"},
    {"redis", 0, TEXT, AT(redis), CLI_FOR_TOPOLOGY, NULL, "URL", 0, 0,
     "publish: where to (the first Redis source)"},
    {"channel", 0, TEXT, AT(channel), CLI_FOR_TOPOLOGY, NULL, "NAME", 0, 0,
     "publish: channel that carries the document (" SE_REDIS_UPDATES_CHANNEL
     ")"},
    {"event", 0, TEXT, AT(event), CLI_FOR_TOPOLOGY, NULL, "NAME", 0, 0,
     "publish: what the notification calls the change (manual)"},
};
const size_t cli_n_option_specs =
    sizeof(cli_option_specs) / sizeof(cli_option_specs[0]);

/* ---- values ---- */

/* Which of the words, separated by |, is it? -1: none. */
static int word_position(const char *words, const char *text)
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

int cli_set_value(cli_options *options, const option_spec *spec,
                  const char *origin, const char *value)
{
    char *at = (char *)options + spec->offset;
    char expected[80];
    int position;

    switch (spec->kind) {
    case FLAG:
        break;
    case TEXT:
        if (spec->offset > 0) {
            *(const char **)(void *)at = value;
        }
        return CLI_OK;
    case SOURCE:
        return CLI_OK;
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
        position = word_position(spec->argument, value);
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

/* ---- help ---- */

static void print_spec(FILE *out, const option_spec *spec)
{
    char left[80];

    snprintf(left, sizeof(left), "%s%c%s--%s%s%s", spec->letter ? "-" : "",
             spec->letter ? spec->letter : ' ', spec->letter ? ", " : "   ",
             spec->name, spec->argument ? " " : "",
             spec->argument ? spec->argument : "");
    entry_print(out, 26, left, spec->help);
}

void cli_options_help(FILE *out, unsigned command_bit)
{
    for (size_t i = 0; i < cli_n_option_specs; i++) {
        if (cli_option_specs[i].commands == command_bit ||
            (command_bit && (cli_option_specs[i].commands & command_bit))) {
            print_spec(out, &cli_option_specs[i]);
        }
    }
}
