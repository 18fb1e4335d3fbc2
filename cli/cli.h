/*
 * What the files of the command share. It sees nothing of the library but its
 * public headers.
 */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <artstore/config.h>
#include <artstore/ingest.h>

#define CLI_NAME "artstore-ingest"

enum {
    CLI_OK = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
    CLI_SOME_FAILED = 3,
    CLI_TEMPORARY = 5,
    CLI_NO_SPACE = 6,
    CLI_REFUSED = 7,
    CLI_UNKNOWN_OUTCOME = 13
};

typedef enum cli_progress_mode {
    CLI_PROGRESS_AUTO,
    CLI_PROGRESS_BAR,
    CLI_PROGRESS_PLAIN,
    CLI_PROGRESS_JSON,
    CLI_PROGRESS_NONE
} cli_progress_mode;

/* Something that is wrong with the settings. */
typedef struct cli_problem {
    struct cli_problem *next;
    char *name;
    char *message;
    bool warning;
} cli_problem;

/* Everything that options can say; zero means not given. */
typedef struct cli_options {
    /* global */
    se_config *config;     /* all settings, those of the options on top */
    cli_problem *problems; /* for the command that asks for them */
    const char *config_file;
    const char *token_file;
    bool json;
    bool quiet;
    bool verbose;
    int log_level;  /* se_log_level; one more: nothing */
    int log_format; /* se_log_format */
    int progress;   /* cli_progress_mode */
    int64_t deadline_ms;
    bool help;

    /* upload, explain */
    int retention; /* se_retention */
    int64_t ttl_days;
    const char *description;
    const char *metadata;
    const char *content_type;
    const char *name;
    const char *file_id;
    int64_t jobs;
    bool dry_run;
    bool why;
    int policy; /* se_policy */
    int64_t size_bytes;
    bool size_given;

    /* capacity */
    bool watch;

    /* topology publish */
    const char *redis;
    const char *channel;
    const char *event;

    /* config */
    bool origin;

    /* what is left: the command's arguments */
    const char **arguments;
    size_t n_arguments;
} cli_options;

/* A word of a command and its meaning, for help. */
typedef struct cli_detail {
    const char *word; /* NULL: the end */
    const char *meaning;
} cli_detail;

typedef struct cli_command {
    const char *name;
    unsigned bit; /* in cli_option_spec.commands */
    const char *arguments;
    const char *summary;
    int (*run)(const cli_options *options);
    const cli_detail *details; /* NULL: there are none */
} cli_command;

enum {
    CLI_FOR_ALL = 0,
    CLI_FOR_UPLOAD = 1 << 0,
    CLI_FOR_TOPOLOGY = 1 << 1,
    CLI_FOR_EXPLAIN = 1 << 2,
    CLI_FOR_CAPACITY = 1 << 3,
    CLI_FOR_VERSION = 1 << 4,
    CLI_FOR_HELP = 1 << 5,
    CLI_FOR_DOCTOR = 1 << 6,
    CLI_FOR_CONFIG = 1 << 7,
    CLI_FOR_COMPLETION = 1 << 8
};

extern const cli_command cli_commands[];
extern const size_t cli_n_commands;
const cli_command *cli_find_command(const char *name);

/* options.c */
/* Exit code; CLI_OK: go on. Says what is wrong on stderr. */
int cli_options_parse(cli_options *options, const cli_command **command,
                      int argc, char **argv);
void cli_options_free(cli_options *options);
void cli_options_help(FILE *out, unsigned command_bit);

/* values.c */
bool cli_parse_number(const char *text, int64_t low, int64_t high,
                      int64_t *out);
bool cli_parse_size(const char *text, int64_t *bytes);  /* 10M, 10Mi */
bool cli_parse_duration(const char *text, int64_t *ms); /* 500ms 30s 5m 1h */

/* message.c */
/* Text from outside: control characters become '?'. */
void cli_print(FILE *out, const char *text);
/* "artstore-ingest: ..." on stderr, one line. */
void cli_message(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, and the exit code for usage. */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_log(void *user, const se_log_event *event); /* user: cli_options */

/* session.c: the library as options describe it */
typedef struct cli_session {
    se_ingest *ingest;
    const cli_options *options;
    se_options library; /* what the options come to; views */
    se_uploader_options uploader;
    se_registry_options registry;
    const char *fleet_dir; /* what the registry remembers */
} cli_session;

/* Exit code; CLI_OK: `library` is filled in, nothing is open. */
int cli_session_prepare(cli_session *session, const cli_options *options);
/* Likewise, and there is at least one source, and `ingest` is open. */
int cli_session_open(cli_session *session, const cli_options *options);
/* Likewise, and the list of elements was read. */
int cli_session_open_with_list(cli_session *session,
                               const cli_options *options);
void cli_session_close(cli_session *session);
/* Of an error; what timed out under --deadline has met the deadline. */
int cli_exit_code(const cli_options *options, se_err code);
/* Does it hold a password? That is for everybody to see who lists processes. */
bool cli_has_password(const char *url);
/* A whole file, or standard input for "-"; NULL: said why. */
char *cli_read_document(const char *path, size_t *length);

/* commands */
int cli_upload(const cli_options *options);
int cli_topology(const cli_options *options);
int cli_explain(const cli_options *options);
int cli_capacity(const cli_options *options);
int cli_doctor(const cli_options *options);
int cli_config(const cli_options *options);
int cli_completion(const cli_options *options);
int cli_version(const cli_options *options);
int cli_help(const cli_options *options);

#endif
