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
#include <artstore/ingest.h>

SE_BEGIN_DECLS

typedef struct se_config se_config;

/* One setting; a view, valid during the call only. */
typedef struct se_setting {
    uint32_t size;           /* sizeof(se_setting) of the library */
    const char *name;        /* e.g. "CAPACITY_MONITOR_BASE_INTERVAL" */
    const char *value;       /* as text; a secret is "********" if it is set */
    const char *origin;      /* "default", "file PATH", "environment NAME",
                                "option NAME" */
    const char *description; /* a few words */
    const char *range;       /* what is allowed, e.g. "10 to 600" */
    bool secret;
    bool unused; /* accepted for the original's sake, without effect */
} se_setting;

/* Called once per setting, in the order of the table. */
typedef void (*se_setting_fn)(void *user, const se_setting *setting);

/*
 * Read settings from the environment and, if one is named, from a file: a JSON
 * object or NAME=value lines.
 *
 * @param[out] out  returns owned; close with se_config_close()
 * @param path      borrows; NULL: no file
 * @param[out] err  may be NULL; the first problem: name, value, what is allowed
 * @return  SE_E_CONFIG for an unknown name in the file or a value out of range
 *
 * Threads: one at a time (reads the environment). Blocks: disk. Since: 0.1.
 */
SE_API se_err se_config_open(se_config **out, const char *path, se_error *err);

/*
 * Set one, above all other origins.
 *
 * @param config    borrows
 * @param name      borrows; as in the table, any case
 * @param value     copies
 * @param origin    copies; e.g. "--deadline"; NULL: "program"
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
SE_API se_err se_config_options(se_config *config, se_options *options,
                                se_error *err);

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
