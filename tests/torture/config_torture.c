/*
 * Settings while memory runs out: every call says so, the settings are as they
 * were, and the next call works.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <artstore/config.h>
#include <artstore/ingest.h>

#include "operation.h"

#include "base/mem.h"

#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

static char lines_path[] = P_tmpdir "/artstore-config-XXXXXX";
static char json_path[] = P_tmpdir "/artstore-config-XXXXXX";

static void count(void *user, const se_setting *setting)
{
    *(size_t *)user += strlen(setting->value) > 0;
}

/* Read, changed, shown, used. */
static const char *live(const char *path, bool *ok)
{
    se_config *config = NULL;
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;
    size_t shown = 0;
    se_err rc = se_config_open(&config, path, &err);

    *ok = false;
    if (rc != SE_OK) {
        MUST(rc == SE_E_NOMEM && !config && err.message[0]);
        return NULL;
    }
    rc = se_config_set(config, "REDIS_DB", "3", "test", &err);
    MUST(rc == SE_OK || rc == SE_E_NOMEM);
    MUST(strcmp(se_config_value(config, "REDIS_DB"), rc ? "2" : "3") == 0);
    *ok = rc == SE_OK;
    rc = se_config_options(config, &options, &err);
    MUST(rc == SE_OK || rc == SE_E_NOMEM);
    MUST(rc ? options.n_sources == 0 : options.n_sources == 2);
    *ok = *ok && rc == SE_OK;
    se_config_each(config, count, &shown);
    MUST(shown > 20);
    se_config_close(config);
    return NULL;
}

static const char *lines(bool *ok)
{
    return live(lines_path, ok);
}

static const char *json(bool *ok)
{
    return live(json_path, ok);
}

static const char *check(bool *ok)
{
    se_config *config = NULL;
    se_err rc = se_config_check(&config, lines_path, NULL, NULL, NULL);

    MUST(rc == SE_OK || rc == SE_E_NOMEM);
    MUST((rc == SE_OK) == (config != NULL));
    *ok = rc == SE_OK;
    se_config_close(config);
    return NULL;
}

static const operation operations[] = {
    {"lines", lines}, {"json", json}, {"check", check}};

static bool make_file(char *path, const char *text)
{
    int fd = mkstemp(path);
    size_t length = strlen(text);
    bool good = fd >= 0 && write(fd, text, length) == (ssize_t)length;

    close(fd);
    return good;
}

int main(void)
{
    bool good =
        make_file(lines_path, "REDIS_DB=2\nREDIS_PASSWORD='x'\n"
                              "ARTSTORE_INGEST_SOURCE=redis://u:p@a file:b\n"
                              "CORS_ALLOW_HEADERS=A, B\nREDIS_HOST=h\n") &&
        make_file(json_path, "{\"REDIS_DB\": 2, \"APP_NAME\": null,"
                             "\"ARTSTORE_INGEST_SOURCE\": [\"file:b\", "
                             "\"file:c\"], \"CORS_ALLOW_HEADERS\": [\"A\"]}");

    for (size_t i = 0; i < SE__COUNT(operations) && good; i++) {
        good = operation_survives(&operations[i]) && good;
    }
    unlink(lines_path);
    unlink(json_path);
    return !good;
}
