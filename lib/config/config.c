/*
 * Settings: the values of the table's rows and where they come from.
 */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"

#define OWN_PREFIX "ARTSTORE_INGEST_"
#define MONITOR_PREFIX "CAPACITY_MONITOR_"
#define NAME_MAX_LENGTH 128

extern char **environ;

/* ---- values ---- */

static void free_value(se__setting_value *value)
{
    se__secret_free(value->text);
    free(value->origin);
    memset(value, 0, sizeof(*value));
}

/* Takes text and origin. */
static void put_value(se_config *config, size_t row, se__setting_value value)
{
    free_value(&config->values[row]);
    config->values[row] = value;
}

static size_t row_of(const char *name)
{
    int row = se__setting_find(name, strlen(name));

    return row >= 0 ? (size_t)row : 0;
}

static const char *default_of(const se_config *config, size_t row)
{
    const se__setting_row *r = &se__settings[row];

    return config->service && r->service ? r->service : r->value;
}

const char *se__config_default(const se_config *config,
                               const se__setting_row *row)
{
    const char *text = default_of(config, (size_t)(row - se__settings));

    return text ? text : "";
}

static const char *text_of(const se_config *config, size_t row)
{
    const char *text = config->values[row].text;

    return text ? text : default_of(config, row);
}

bool se__config_is_given(const se_config *config, const char *name)
{
    return config->values[row_of(name)].text != NULL;
}

/* A text that was set to "" is none. */
const char *se__config_text(const se_config *config, const char *name)
{
    const char *text = text_of(config, row_of(name));

    return text && text[0] ? text : NULL;
}

int64_t se__config_number(const se_config *config, const char *name)
{
    size_t row = row_of(name);
    const char *text = default_of(config, row);
    int64_t number = config->values[row].number;

    if (!config->values[row].text && text) {
        se__setting_number(&se__settings[row], text, &number);
    }
    return number;
}

/* ---- what comes in ---- */

void se__config_problem(se__config_reader *reader, const char *name,
                        bool warning, const se_error *err)
{
    se_problem problem = {sizeof(problem), warning, name, err->message};

    if (err->code == SE_E_NOMEM) {
        reader->stop = true;
    }
    if (!warning && reader->first.code == SE_OK) {
        se__error_copy(&reader->first, err);
    }
    if (reader->fn && !reader->stop) {
        reader->fn(reader->user, &problem);
    }
}

static bool is_outranked(const se__setting_value *now, se__rank rank,
                         bool exact)
{
    return now->text &&
           (now->rank > rank || (now->rank == rank && now->exact && !exact));
}

bool se__config_take(se__config_reader *reader, size_t row, const char *value,
                     se__rank rank, bool exact, const char *origin)
{
    se__setting_value fresh = {.rank = rank, .exact = exact};
    se_error err = SE_ERROR_INIT;
    se_err rc = se__setting_parse(&se__settings[row], value, origin,
                                  &fresh.text, &fresh.number, &err);

    if (rc == SE_OK) {
        fresh.origin = se__strdup(origin);
        if (!fresh.origin) {
            rc = se__fail(&err, SE_E_NOMEM, "out of memory for settings");
        }
    }
    if (rc != SE_OK) {
        free_value(&fresh);
        se__config_problem(reader, se__settings[row].name, false, &err);
    } else if (is_outranked(&reader->config->values[row], rank, exact)) {
        free_value(&fresh);
    } else {
        put_value(reader->config, row, fresh);
    }
    return !reader->stop;
}

/* ---- environment ---- */

static void warn_unknown(se__config_reader *reader, const char *name)
{
    const char *nearest = se__setting_nearest(name);
    se_error err = SE_ERROR_INIT;

    se__fail(&err, SE_E_CONFIG,
             "%s: the environment sets it, but no setting "
             "has that name%s%s",
             name, nearest ? "; nearest is " : "", nearest ? nearest : "");
    se__config_problem(reader, name, true, &err);
}

static bool take_variable(se__config_reader *reader, const char *name,
                          const char *value)
{
    int row = se__setting_find(name, strlen(name));
    char origin[NAME_MAX_LENGTH + 16];
    bool own = strncasecmp(name, OWN_PREFIX, strlen(OWN_PREFIX)) == 0;
    bool exact;

    if (row < 0) {
        if (own ||
            strncasecmp(name, MONITOR_PREFIX, strlen(MONITOR_PREFIX)) == 0) {
            warn_unknown(reader, name);
        }
        return !reader->stop;
    }
    if (value[0] == '\0') {
        return true; /* what a template leaves of a variable not set */
    }
    snprintf(origin, sizeof(origin), "environment %s", name);
    exact =
        strcmp(name, se__settings[row].name) == 0 ||
        (se__settings[row].above && strcmp(name, se__settings[row].above) == 0);
    return se__config_take(reader, (size_t)row, value,
                           own ? SE__RANK_OWN : SE__RANK_ENVIRONMENT, exact,
                           origin);
}

static void read_environment(se__config_reader *reader)
{
    bool going = !reader->stop;

    for (char **at = environ; at && *at && going; at++) {
        size_t length = strcspn(*at, "=");
        char name[NAME_MAX_LENGTH];

        if (length < sizeof(name) && (*at)[length] == '=') {
            memcpy(name, *at, length);
            name[length] = '\0';
            going = take_variable(reader, name, *at + length + 1);
        }
    }
}

/* ---- open ---- */

static se_config *new_config(void)
{
    se_config *config = se__zalloc(sizeof(*config));

    if (config) {
        config->values =
            se__zalloc_array(se__n_settings, sizeof(*config->values));
    }
    if (config && !config->values) {
        free(config);
        config = NULL;
    }
    return config;
}

static void read_all(se__config_reader *reader, const char *path)
{
    read_environment(reader);
    if (!path) {
        path = se__config_text(reader->config, OWN_PREFIX "CONFIG");
    }
    if (path && path[0] && !reader->stop) {
        se__config_read_file(reader, path);
    }
}

static se_err no_memory(se_error *err)
{
    return se__fail(err, SE_E_NOMEM, "out of memory for settings");
}

se_err se_config_open(se_config **out, const char *path, se_error *err)
{
    se__config_reader reader = {new_config(), NULL, NULL, SE_ERROR_INIT, false};

    if (!reader.config) {
        return no_memory(err);
    }
    read_all(&reader, path);
    if (reader.first.code != SE_OK) {
        se_config_close(reader.config);
        return se__error_copy(err, &reader.first);
    }
    *out = reader.config;
    return SE_OK;
}

se_err se_config_check(se_config **out, const char *path, se_problem_fn fn,
                       void *user, se_error *err)
{
    se__config_reader reader = {new_config(), fn, user, SE_ERROR_INIT, false};

    if (!reader.config) {
        return no_memory(err);
    }
    read_all(&reader, path);
    if (reader.stop) {
        se_config_close(reader.config);
        return no_memory(err);
    }
    *out = reader.config;
    return SE_OK;
}

void se_config_serve(se_config *config)
{
    config->service = true;
}

void se_config_close(se_config *config)
{
    if (!config) {
        return;
    }
    for (size_t i = 0; i < se__n_settings; i++) {
        free_value(&config->values[i]);
    }
    free(config->values);
    free(config->sources);
    free(config->fleet_dir);
    se__secret_free(config->source_lines);
    free(config);
}

se_err se_config_set(se_config *config, const char *name, const char *value,
                     const char *origin, se_error *err)
{
    se__config_reader reader = {config, NULL, NULL, SE_ERROR_INIT, false};
    int row;

    if (!config || !name || !value) {
        return se__fail(err, SE_E_INVALID,
                        "a setting needs a name and a "
                        "value");
    }
    row = se__setting_find(name, strlen(name));
    if (row < 0) {
        return se__unknown_setting(name, origin ? origin : "program", err);
    }
    se__config_take(&reader, (size_t)row, value, SE__RANK_SET, true,
                    origin ? origin : "program");
    return reader.first.code == SE_OK ? SE_OK
                                      : se__error_copy(err, &reader.first);
}
