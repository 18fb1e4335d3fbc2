/*
 * help and version.
 */
#include "cli.h"

#include <string.h>

#include "entry.h"
#include "help_env.h"
#include "json.h"

static void help_all(void)
{
    printf("usage: " CLI_NAME " [options] COMMAND [options] [--] "
           "[arguments]\n\ncommands:\n");
    for (size_t i = 0; i < cli_n_commands; i++) {
        char left[80];

        snprintf(left, sizeof(left), "%s %s", cli_commands[i].name,
                 cli_commands[i].arguments);
        entry_print(stdout, 26, left, cli_commands[i].summary);
    }
    printf("\noptions of every command:\n");
    cli_options_help(stdout, CLI_FOR_ALL);
    printf("\nmore: " CLI_NAME " help COMMAND, help exit-codes, help env, "
           "help json\n");
}

static void help_exit_codes(const cli_options *options)
{
    static const struct {
        const char *codes;
        const char *meaning;
    } rows[] = {
        {"0", "all stored"},
        {"1", "unclassified"},
        {"2", "usage or configuration"},
        {"3", "some files failed, others were stored"},
        {"4", "a source file is unreadable, or changed while it was read"},
        {"5", "temporary, a retry may help"},
        {"6", "no storage element has room"},
        {"7", "refused for good"},
        {"8", "no list of storage elements"},
        {"10", "deadline"},
        {"11", "integrity: stored content differs from what was sent"},
        {"12", "authentication"},
        {"13", "an unknown outcome remains"},
        {"130, 143", "interrupted by SIGINT, SIGTERM"},
    };

    (void)options;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        entry_print(stdout, 9, rows[i].codes, rows[i].meaning);
    }
    puts("\nOf several files: an interruption counts first, then an unknown "
         "outcome, then 3\nif some were stored and some not, then the code "
         "that all failures share, then 5\nif any may succeed on a retry, "
         "else 7.");
}

static void help_json(const cli_options *options)
{
    static const struct {
        const char *type;
        const char *meaning;
    } rows[] = {
        {"result", "one file of upload: path, outcome (stored, rejected, "
                   "unknown), file_id, se_id, size, sha256, registered, "
                   "attempts, duration_ms, error if not stored"},
        {"summary", "after the last file: files, stored, failed, unknown, "
                    "skipped, bytes"},
        {"plan", "one file of upload --dry-run: path, size, se_id"},
        {"topology", "topology show, accept: source, hash, timestamp, version, "
                     "held (then also held_hash, held_reason, held_ms), "
                     "last_known_good, elements"},
        {"diff", "topology diff, watch: source, applied_at, added, removed, "
                 "updated, rejected, total_before, total_after"},
        {"published", "topology publish: hash, elements, receivers, key"},
        {"check",
         "topology check, config check, doctor: item, ok, message, advice"},
        {"explain", "explain, upload --why (with path): size, retention, "
                    "policy, chosen, elements with verdict and reason"},
        {"capacity", "one element: mode, total, used, available, "
                     "percent_used, health, age_ms, origin"},
        {"role", "capacity --watch: instance_id, role (leader, follower, "
                 "unknown)"},
        {"setting", "config show: name, value, origin; with --origin also "
                    "range, description"},
        {"version", "this program and its libraries"},
    };

    (void)options;
    puts("With --json each line of standard output is one object with "
         "\"schema\":1 and a \"type\":");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        entry_print(stdout, 9, rows[i].type, rows[i].meaning);
    }
    puts("Sizes are bytes, times UTC. A size that is not known is -1.");
}

static int help_command(const char *name)
{
    const cli_command *command = cli_find_command(name);

    if (!command) {
        return cli_usage("no help on \"%.40s\"; see: " CLI_NAME " help", name);
    }
    printf("usage: " CLI_NAME " %s [options]%s%s\n\n%s\n", command->name,
           command->arguments[0] ? " " : "", command->arguments,
           command->summary);
    for (size_t i = 0; command->details && command->details[i].word; i++) {
        fputs(i == 0 ? "\n" : "", stdout);
        entry_print(stdout, 14, command->details[i].word,
                    command->details[i].meaning);
    }
    printf("\noptions:\n");
    cli_options_help(stdout, command->bit);
    cli_options_help(stdout, CLI_FOR_ALL);
    return CLI_OK;
}

int cli_help(const cli_options *options)
{
    static const struct {
        const char *name;
        void (*print)(const cli_options *options);
    } topics[] = {{"exit-codes", help_exit_codes},
                  {"env", help_environment},
                  {"json", help_json}};
    const char *name = options->n_arguments ? options->arguments[0] : NULL;

    if (!name) {
        help_all();
        return CLI_OK;
    }
    for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
        if (strcmp(name, topics[i].name) == 0) {
            topics[i].print(options);
            return CLI_OK;
        }
    }
    return help_command(name);
}

int cli_version(const cli_options *options)
{
    json_line line;

    if (options->json) {
        line = json_begin(stdout, "version");
        json_string(&line, "version", se_version());
        json_string(&line, "libraries", se_version_dependencies());
        json_end(&line);
    } else {
        printf(CLI_NAME " %s\n%s\n", se_version(), se_version_dependencies());
    }
    return CLI_OK;
}
