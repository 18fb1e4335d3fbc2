/*
 * The inside of settings: one table, and what the world said about its rows.
 *
 * Design notes. A row says everything about a setting: its names, what a value
 * may be, its default and where in the options it lands. A value is checked
 * once, where it comes in, and kept in its usual spelling beside the number
 * that it stands for; what comes from a place of lower rank never replaces what
 * came from a higher one. Nothing that could be a secret is shown: texts of
 * type SECRET, and URLs, which may hold a password.
 */
#ifndef SE_CONFIG_CONFIG_H
#define SE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/config.h>
#include <artstore/ingest.h>

#include "base/buf.h"

#define SE__MASK "********"

/* Everything that settings come to; offsets in the table are into it. */
typedef struct se__config_parts {
    se_options options;
    se_registry_options registry;
    se_selector_options selector;
    se_uploader_options uploader;
    se_monitor_options monitor;
} se__config_parts;

typedef enum se__setting_type { /* what lies at the offset */
    SE__SETTING_BOOL,           /* bool */
    SE__SETTING_INT,            /* int; times `scale` */
    SE__SETTING_SECONDS,        /* int; milliseconds, as low and high are */
    SE__SETTING_DURATION,       /* int; milliseconds */
    SE__SETTING_SIZE,           /* int64_t; bytes */
    SE__SETTING_CHOICE,         /* int; which of the words */
    SE__SETTING_TEXT,           /* const char * */
    SE__SETTING_SECRET,         /* const char * */
    SE__SETTING_URL,            /* const char *; http or https */
    SE__SETTING_LIST,           /* nothing; kept as a JSON array */
    SE__SETTING_SOURCES         /* nothing; kept one per line */
} se__setting_type;

typedef enum se__setting_use {
    SE__USE_LIBRARY,
    SE__USE_COMMAND, /* of the command line only */
    SE__USE_SERVER,  /* of the server only */
    SE__USE_NONE     /* accepted for the original's sake */
} se__setting_use;

typedef struct se__setting_row {
    const char *name;  /* also of the variable; "X_*": all that begin so */
    const char *above; /* a variable of ours that stands above it, or NULL */
    se__setting_type type;
    se__setting_use use;
    int64_t low, high;   /* of numbers, in their unit; seconds: in ms */
    const char *words;   /* of a choice, separated by | */
    const char *value;   /* the default; NULL: none */
    const char *service; /* the default of a service; NULL: the same */
    size_t offset;       /* in se__config_parts; 0: nowhere */
    int scale;           /* of an int */
    const char *text;    /* for people */
} se__setting_row;

extern const se__setting_row se__settings[];
extern const size_t se__n_settings;

/* Position in the table; any case; -1: unknown. */
int se__setting_find(const char *name, size_t length);
/* The name in the table that is most alike; NULL: none is. */
const char *se__setting_nearest(const char *name);
/* SE_E_CONFIG that says which one may be meant. */
se_err se__unknown_setting(const char *name, const char *origin, se_error *err);

/* Who said it; a higher one wins. */
typedef enum se__rank {
    SE__RANK_DEFAULT,
    SE__RANK_FILE,
    SE__RANK_ENVIRONMENT, /* a variable of the original */
    SE__RANK_OWN,         /* ARTSTORE_INGEST_... */
    SE__RANK_SET
} se__rank;

typedef struct se__setting_value {
    char *text; /* in its usual spelling; NULL: not given */
    int64_t number;
    char *origin;
    se__rank rank;
    bool exact; /* the variable was spelled as in the table */
} se__setting_value;

struct se_config {
    bool service; /* defaults of a service */
    se__setting_value *values;
    se__config_parts parts; /* what se_config_options() gave last */
    char *source_lines;     /* what its sources lie in */
    const char **sources;
    char *fleet_dir; /* in the state directory */
};

/* ---- value.c, sources.c: what a value may be ---- */

#define SE__RANGE_SIZE 200

/* "10 to 600", "on or off": for people. */
void se__setting_range(const se__setting_row *row, char out[SE__RANGE_SIZE]);

/* What a text that is good stands for; false: it is not. Needs no memory. */
bool se__setting_number(const se__setting_row *row, const char *value,
                        int64_t *number);

/*
 * Check a value; its usual spelling and its number. SE_E_CONFIG with name,
 * value, origin and range, without secrets.
 */
se_err se__setting_parse(const se__setting_row *row, const char *value,
                         const char *origin, char **text, int64_t *number,
                         se_error *err);

/* URLs separated by blanks, or one per line: *lines holds one per line. */
se_err se__sources_parse(const char *value, char **lines, se_error *err);
/* Likewise ["a", "b"] or a, b: *json holds an array. */
se_err se__list_parse(const char *value, char **json, se_error *err);
/* Lines as people may see them: separated by blanks, without passwords. */
bool se__sources_show(const char *lines, se__buf *out);

/* ---- config.c: values and where they come from ---- */

/* Of a command or of a service; "" for none. */
const char *se__config_default(const se_config *config,
                               const se__setting_row *row);
/* What is given, else the default; NULL: neither. The row is there. */
const char *se__config_text(const se_config *config, const char *name);
int64_t se__config_number(const se_config *config, const char *name);
bool se__config_is_given(const se_config *config, const char *name);

/* Who reads, and what was wrong so far. */
typedef struct se__config_reader {
    se_config *config; /* NULL: what is told is not about a value */
    se_problem_fn fn;  /* may be NULL */
    void *user;
    se_error first; /* that is no warning */
    bool stop;      /* out of memory */
} se__config_reader;

/* One more problem; err may be one of memory, which ends it. */
void se__config_problem(se__config_reader *reader, const char *name,
                        bool warning, const se_error *err);
/* One value from outside; false: out of memory, stop. */
bool se__config_take(se__config_reader *reader, size_t row, const char *value,
                     se__rank rank, bool exact, const char *origin);

/* ---- file.c, lines.c ---- */

#define SE__CONFIG_FILE_MAX ((size_t)1 << 20)
#define SE__ORIGIN_SIZE 512

void se__config_read_file(se__config_reader *reader, const char *path);
/* text[length] is 0; the text is used up. */
void se__config_read_text(se__config_reader *reader, const char *path,
                          char *text, size_t length);
/* NAME=value lines. */
void se__config_read_lines(se__config_reader *reader, const char *path,
                           char *text);
/* "file PATH", "file PATH, line 3" */
void se__config_file_origin(char origin[SE__ORIGIN_SIZE], const char *path,
                            size_t line);
/* One name in a file; "" says nothing. False: out of memory, stop. */
bool se__config_take_named(se__config_reader *reader, const char *name,
                           const char *value, const char *origin);

/* ---- rules.c: settings that contradict each other ---- */

/* Seconds; what is not given fits what is. */
int64_t se__config_renewal_s(const se_config *config);
/* Is there a Redis that is named by REDIS_*? */
bool se__config_names_redis(const se_config *config);
/* Its URL, without password. */
void se__config_redis_url(const se_config *config, se__buf *out);

#endif
