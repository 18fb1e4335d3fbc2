/*
 * config.h - settings from the environment and a file, by one table.
 *
 * Every setting has a name, an environment variable, a type, a range and a
 * default. Precedence: se_config_set() > ARTSTORE_INGEST_* > the variables of
 * the original ingester (wire-contract 6) > the file > the default.
 */
#ifndef ARTSTORE_CONFIG_H
#define ARTSTORE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>

SE_BEGIN_DECLS

typedef struct se_config se_config;

struct se_options; /* ingest.h */

/* Who makes use of a setting. */
typedef enum se_setting_scope {
    SE_SETTING_LIBRARY = 0,
    SE_SETTING_COMMAND = 1, /* the command line only */
    SE_SETTING_SERVER = 2,  /* the server only */
    SE_SETTING_UNUSED = 3   /* nobody; accepted for the original's sake */
} se_setting_scope;

/* One setting; a view, valid during the call only. */
typedef struct se_setting {
    uint32_t size;           /* sizeof(se_setting) of the library */
    const char *name;        /* e.g. "CAPACITY_MONITOR_BASE_INTERVAL" */
    const char *environment; /* the variable of highest rank */
    const char *value;       /* as text, "" for none; a secret is "********"
                                if it is set, so is a password in a URL */
    const char *origin;      /* "default", "file PATH", "file PATH, line 3",
                                "environment NAME", or as it was set */
    const char *description; /* a few words */
    const char *range;       /* what is allowed, e.g. "10 to 600" */
    bool secret;
    bool unused; /* accepted for the original's sake, without effect */
    se_setting_scope scope;
    const char *default_value; /* as text, "" for none */
} se_setting;

/* Called once per setting, in the order of the table. */
typedef void (*se_setting_fn)(void *user, const se_setting *setting);

/* Something that is wrong; a view, valid during the call only. */
typedef struct se_problem {
    uint32_t size;       /* sizeof(se_problem) of the library */
    bool warning;        /* nothing ends because of it */
    const char *name;    /* of the setting, or of what was taken for one */
    const char *message; /* for people, with name, value and what is allowed */
} se_problem;

/* Called once per problem. */
typedef void (*se_problem_fn)(void *user, const se_problem *problem);

/*
 * Read settings from the environment and, if one is named, from a file: a JSON
 * object or NAME=value lines. Names are taken in any case; an empty value, in
 * JSON also null, counts as not given. Variables of the environment that are no
 * settings are nobody's business; names in a file must be known.
 *
 * @param[out] out  returns owned; close with se_config_close()
 * @param path      borrows; NULL: the one that ARTSTORE_INGEST_CONFIG names, if
 *                  it does; "": no file
 * @param[out] err  may be NULL; the first problem: name, value, what is allowed
 * @return  SE_E_CONFIG for an unknown name in the file or a value out of range
 *
 * Threads: one at a time (reads the environment). Blocks: disk. Since: 0.1.
 */
SE_API se_err se_config_open(se_config **out, const char *path, se_error *err);

/*
 * Likewise, but do not end at a problem: tell each one, also of variables that
 * look like settings and are none. A value that is wrong counts as not given.
 *
 * @param[out] out  returns owned; close with se_config_close()
 * @param path      borrows; as for se_config_open()
 * @param fn        called on this thread; may be NULL
 * @param user      handed to fn
 * @param[out] err  may be NULL
 * @return  SE_E_NOMEM; no problem of the settings is an error here
 *
 * Threads: one at a time (reads the environment). Blocks: disk. Since: 0.1.
 */
SE_API se_err se_config_check(se_config **out, const char *path,
                              se_problem_fn fn, void *user, se_error *err);

/*
 * Take the defaults of a service instead of those of a command: the original's
 * variables name sources also when they are not set (REDIS_HOST is localhost,
 * SERVICE_ACCOUNT_ADMIN_MODULE_URL its default), more is logged, as JSON.
 *
 * @param config  borrows
 *
 * Threads: one at a time per config. Blocks: never. Since: 0.1.
 */
SE_API void se_config_serve(se_config *config);

/*
 * Set one, above all other origins.
 *
 * @param config    borrows
 * @param name      borrows; as in the table, any case
 * @param value     copies
 * @param origin    copies; e.g. "option --deadline"; NULL: "program"
 * @param[out] err  may be NULL
 * @return  SE_E_CONFIG for an unknown name or a value out of range
 *
 * Threads: one at a time per config. Blocks: never. Since: 0.1.
 */
SE_API se_err se_config_set(se_config *config, const char *name,
                            const char *value, const char *origin,
                            se_error *err);

/*
 * Hand over every setting.
 *
 * @param config  borrows
 * @param fn      called on this thread
 * @param user    handed to fn
 *
 * Threads: one at a time per config. Blocks: never. Since: 0.1.
 */
SE_API void se_config_each(const se_config *config, se_setting_fn fn,
                           void *user);

/*
 * Tell of settings that contradict each other; those are what
 * se_config_options() refuses. What does not help is a warning.
 *
 * @param config    borrows
 * @param fn        called on this thread, once per contradiction; may be NULL
 * @param user      handed to fn
 * @param[out] err  may be NULL; the first one
 * @return  SE_E_CONFIG if there is one
 *
 * Threads: one at a time per config. Blocks: never. Since: 0.1.
 */
SE_API se_err se_config_verify(const se_config *config, se_problem_fn fn,
                               void *user, se_error *err);

/*
 * Give one as text, in its usual spelling: "on", "60", "info".
 *
 * @param config  borrows
 * @param name    borrows; any case
 * @return        returns view, valid until the next change of it; NULL if it
 *                has no value, or may hold a secret, or is unknown
 *
 * Threads: one at a time per config. Blocks: never. Since: 0.1.
 */
SE_API const char *se_config_value(const se_config *config, const char *name);

/*
 * Give the options that the settings come to, for se_ingest_open(). What is no
 * setting (functions, their users) is zero and may be filled in.
 *
 * @param config        borrows
 * @param[out] options  filled in; its pointers are views into config and are
 *                      valid until the next change of it
 * @param[out] err      may be NULL
 * @return  SE_E_CONFIG for settings that contradict each other
 *
 * Threads: one at a time per config. Blocks: never. Since: 0.1.
 */
SE_API se_err se_config_options(se_config *config, struct se_options *options,
                                se_error *err);

/*
 * Tell what se_ingest_start() is to start: SE_START_RELOAD, and
 * SE_START_MONITOR unless CAPACITY_MONITOR_ENABLED is off.
 *
 * @param config  borrows
 * @return        SE_START_* together
 *
 * Threads: one at a time per config. Blocks: never. Since: 0.1.
 */
SE_API unsigned se_config_start(const se_config *config);

/*
 * Free settings.
 *
 * @param config  takes; NULL is a no-op
 *
 * Threads: one at a time. Blocks: never. Since: 0.1.
 */
SE_API void se_config_close(se_config *config);

SE_END_DECLS

#endif
