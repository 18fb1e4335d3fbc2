/*
 * artstore-ingest: the commands, and which one is meant.
 */
#include "cli.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

const cli_command cli_commands[] = {
    {"upload", CLI_FOR_UPLOAD, "FILE...", "upload files; - is standard input",
     cli_upload},
    {"topology", CLI_FOR_TOPOLOGY,
     "show | diff A [B] | check FILE | publish FILE",
     "the storage elements in force, compared, checked, published",
     cli_topology},
    {"explain", CLI_FOR_EXPLAIN, "", "which element would take a file, and why",
     cli_explain},
    {"capacity", CLI_FOR_CAPACITY, "", "how much room every element has",
     cli_capacity},
    {"doctor", CLI_FOR_DOCTOR, "", "tries everything that an upload needs",
     cli_doctor},
    {"version", CLI_FOR_VERSION, "", "this program and what it is built on",
     cli_version},
    {"help", CLI_FOR_HELP, "[COMMAND | exit-codes | env | json]",
     "how to use it", cli_help},
};
const size_t cli_n_commands = sizeof(cli_commands) / sizeof(cli_commands[0]);

const cli_command *cli_find_command(const char *name)
{
    for (size_t i = 0; i < cli_n_commands; i++) {
        if (strcmp(cli_commands[i].name, name) == 0) {
            return &cli_commands[i];
        }
    }
    return NULL;
}

/* Results that nobody could read are not a success. */
static int flush_results(int code)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_message("results could not be written to standard output");
        return code == CLI_OK ? CLI_FAILED : code;
    }
    return code;
}

int main(int argc, char **argv)
{
    cli_options options = {0};
    const cli_command *command = NULL;
    int code;

    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_DUMPABLE, 0); /* a core would hold the token */
    code = cli_options_parse(&options, &command, argc, argv);
    if (code == CLI_OK) {
        code = flush_results(command->run(&options));
    }
    cli_options_free(&options);
    return code;
}
