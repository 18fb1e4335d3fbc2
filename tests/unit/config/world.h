/*
 * What tests of settings share: a clean environment, settings as text, files.
 */
#ifndef TESTS_UNIT_CONFIG_WORLD_H
#define TESTS_UNIT_CONFIG_WORLD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <artstore/config.h>
#include <artstore/ingest.h>

#include "suite.h"

/* Nothing of the machine's environment is a setting here. */
static inline void clean_world(void)
{
    ck_assert_int_eq(clearenv(), 0);
}

static inline se_config *open_config(const char *path)
{
    se_config *config = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_config_open(&config, path, &err) == SE_OK, "%s",
                  err.message);
    return config;
}

/* One setting, looked up by se_config_each(). */
typedef struct shown {
    const char *name;
    char value[9000];
    char origin[600];
    char range[256];
    bool secret, unused;
    int times;
} shown;

static inline void keep_shown(void *user, const se_setting *setting)
{
    shown *s = user;

    if (strcmp(setting->name, s->name) == 0) {
        snprintf(s->value, sizeof(s->value), "%s", setting->value);
        snprintf(s->origin, sizeof(s->origin), "%s", setting->origin);
        snprintf(s->range, sizeof(s->range), "%s", setting->range);
        s->secret = setting->secret;
        s->unused = setting->unused;
        s->times++;
    }
}

static inline shown look(const se_config *config, const char *name)
{
    shown s = {.name = name};

    se_config_each(config, keep_shown, &s);
    ck_assert_msg(s.times == 1, "%s: %d times", name, s.times);
    return s;
}

static inline void expect(const se_config *config, const char *name,
                          const char *value, const char *origin)
{
    shown s = look(config, name);

    ck_assert_msg(strcmp(s.value, value) == 0, "%s is \"%s\", not \"%s\"", name,
                  s.value, value);
    if (origin) {
        ck_assert_msg(strcmp(s.origin, origin) == 0,
                      "%s comes from \"%s\", not \"%s\"", name, s.origin,
                      origin);
    }
}

/* A file of its own; removed by drop_file(). */
static inline void make_file(char path[64], const char *text, size_t length)
{
    int fd;

    snprintf(path, 64, "/tmp/artstore-config-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
    close(fd);
}

static inline void drop_file(const char *path)
{
    ck_assert_int_eq(unlink(path), 0);
}

/* Settings from a text in a file. */
static inline se_err open_text(const char *text, se_config **config,
                               se_error *err)
{
    char path[64];
    se_err rc;

    make_file(path, text, strlen(text));
    rc = se_config_open(config, path, err);
    drop_file(path);
    return rc;
}

#endif
