/*
 * artstore-ingest: the commands, and which one is meant.
 */
#include "cli.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

static const cli_detail topology_details[] = {
    {"show", "what is in force and where it came from"},
    {"diff A [B]", "from one document to another; one alone is compared with "
                   "what is in force"},
    {"watch", "a line per change that comes into force, until interrupted"},
    {"check FILE", "is the document good? exit code 2 if anything is wrong"},
    {"publish FILE", "stores the document in Redis for an hour and announces "
                     "it, as the Admin Module does"},
    {"accept", "puts a list in force that is held back"},
    {NULL, NULL},
};

static const cli_detail doctor_details[] = {
    {"exit code 0", "everything is fine"},
    {"8", "no source gives a list; else"},
    {"12", "the token is refused; else"},
    {"5", "a source or an element does not work, others do; else"},
    {"2", "something here is set up wrongly"},
    {NULL, NULL},
};

static const cli_detail config_details[] = {
    {"show", "every setting and its value; secrets are masked"},
    {"check", "all that is wrong with them, not only the first; exit code 2 if "
              "anything is"},
    {NULL, NULL},
};

static const cli_detail completion_details[] = {
    {"bash", "e.g. in ~/.bashrc: . <(" CLI_NAME " completion bash)"},
    {"zsh", "e.g. as _" CLI_NAME " in a folder of $fpath"},
    {"fish", "e.g. in ~/.config/fish/completions/" CLI_NAME ".fish"},
    {NULL, NULL},
};

const cli_command cli_commands[] = {
    {"upload", CLI_FOR_UPLOAD, "FILE...", "upload files; - is standard input",
     cli_upload, NULL},
    {"topology", CLI_FOR_TOPOLOGY, "VERB [FILE]",
     "the storage elements in force: show, diff, watch, check, publish, accept",
     cli_topology, topology_details},
    {"explain", CLI_FOR_EXPLAIN, "", "which element would take a file, and why",
     cli_explain, NULL},
    {"capacity", CLI_FOR_CAPACITY, "", "how much room every element has",
     cli_capacity, NULL},
    {"doctor", CLI_FOR_DOCTOR, "",
     "try everything that an upload needs, say what to do about what is wrong",
     cli_doctor, doctor_details},
    {"config", CLI_FOR_CONFIG, "VERB",
     "the settings of environment and file: show, check", cli_config,
     config_details},
    {"completion", CLI_FOR_COMPLETION, "SHELL",
     "what a shell needs to complete words: bash, zsh, fish", cli_completion,
     completion_details},
    {"version", CLI_FOR_VERSION, "", "this program and what it is built on",
     cli_version, NULL},
    {"help", CLI_FOR_HELP, "[COMMAND | TOPIC]",
     "how to use it; topics: exit-codes, env, json", cli_help, NULL},
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
