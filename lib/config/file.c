/*
 * Settings in a file: a JSON object, or NAME=value lines.
 */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "wire/json.h"

#define CONFIG_NAME "ARTSTORE_INGEST_CONFIG"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static const se__json_limits limits = {SE__CONFIG_FILE_MAX, 4, 4096};

void se__config_file_origin(char origin[SE__ORIGIN_SIZE], const char *path,
                            size_t line)
{
    char number[32] = "";

    if (line > 0) {
        snprintf(number, sizeof(number), ", line %zu", line);
    }
    snprintf(origin, SE__ORIGIN_SIZE, "file %.400s%s", path, number);
}

static bool says_nothing(const char *value)
{
    return value[0] == '\0';
}

bool se__config_take_named(se__config_reader *reader, const char *name,
                           const char *value, const char *origin)
{
    int row = se__setting_find(name, strlen(name));
    se_error err = SE_ERROR_INIT;

    if (row < 0) {
        se__unknown_setting(name, origin, &err);
        se__config_problem(reader, name, false, &err);
        return !reader->stop;
    }
    if (strcmp(se__settings[row].name, CONFIG_NAME) == 0) {
        se__fail(&err, SE_E_CONFIG, "%s (%s): a file names no other file",
                 CONFIG_NAME, origin);
        se__config_problem(reader, CONFIG_NAME, false, &err);
        return !reader->stop;
    }
    return says_nothing(value) || se__config_take(reader, (size_t)row, value,
                                                  SE__RANK_FILE, true, origin);
}

/* ---- JSON ---- */

/* Several sources stand one per line, so that a path may hold blanks. */
static bool print_sources(const se__json_value *array, se__buf *out)
{
    const se__json_value *item = NULL;

    while ((item = se__json_next(array, item)) != NULL) {
        const char *url = se__json_string(item);

        if (!url) {
            return false;
        }
        se__buf_puts(out, url);
        se__buf_putc(out, '\n');
    }
    return true;
}

/* As text, the way that a variable of the environment holds it. */
static bool print_value(const se__setting_row *row, const se__json_value *value,
                        se__buf *out)
{
    se__json_writer w = SE__JSON_WRITER(out);
    const char *text = se__json_string(value);

    if (se__json_is_null(value)) {
        return true;
    }
    if (text) {
        se__buf_puts(out, text);
        return true;
    }
    if (se__json_is_object(value)) {
        return false;
    }
    if (se__json_is_array(value) && row && row->type != SE__SETTING_LIST) {
        return row->type == SE__SETTING_SOURCES && print_sources(value, out);
    }
    se__json_write_value(&w, value);
    return true;
}

static void take_member(se__config_reader *reader, const char *origin,
                        const se__json_value *member)
{
    const char *name = se__json_key(member);
    int row = se__setting_find(name, strlen(name));
    se__buf text = SE__BUF_INIT;
    se_error err = SE_ERROR_INIT;

    if (!print_value(row >= 0 ? &se__settings[row] : NULL, member, &text)) {
        se__fail(&err, SE_E_CONFIG, "%.64s (%s): not a text, number or boolean",
                 name, origin);
        se__config_problem(reader, name, false, &err);
    } else if (text.failed) {
        se__fail(&err, SE_E_NOMEM, "out of memory for settings");
        se__config_problem(reader, name, false, &err);
    } else {
        se__config_take_named(reader, name, text.data ? text.data : "", origin);
    }
    se__secret_free(se__buf_take(&text));
    se__buf_fini(&text);
}

static void file_problem(se__config_reader *reader, const se_error *err)
{
    se__config_problem(reader, CONFIG_NAME, false, err);
}

static void read_json(se__config_reader *reader, const char *path,
                      const char *text, size_t length)
{
    char origin[SE__ORIGIN_SIZE];
    const se__json_value *member = NULL;
    se__json *json = NULL;
    se_error why = SE_ERROR_INIT;
    se_error err = SE_ERROR_INIT;
    se_err rc = se__json_parse(text, length, &limits, &json, &why);

    if (rc != SE_OK) {
        se__fail(&err, rc == SE_E_NOMEM ? rc : SE_E_CONFIG, "%s: %s", path,
                 why.message);
        file_problem(reader, &err);
        return;
    }
    se__config_file_origin(origin, path, 0);
    while (!reader->stop &&
           (member = se__json_next(se__json_root(json), member)) != NULL) {
        take_member(reader, origin, member);
    }
    se__json_free(json);
}

/* ---- either ---- */

void se__config_read_text(se__config_reader *reader, const char *path,
                          char *text, size_t length)
{
    se_error err = SE_ERROR_INIT;
    size_t mark = strlen(BYTE_ORDER_MARK);
    size_t blanks;

    if (strncmp(text, BYTE_ORDER_MARK, mark) == 0) {
        text += mark;
        length -= mark;
    }
    blanks = strspn(text, " \t\r\n");
    if (memchr(text, '\0', length)) {
        se__fail(&err, SE_E_CONFIG, "%s: no text: it holds a byte 0", path);
        file_problem(reader, &err);
    } else if (text[blanks] == '{') {
        read_json(reader, path, text, length);
    } else {
        se__config_read_lines(reader, path, text);
    }
}

/* Also from a pipe: <(decrypt settings). NULL: err says why. */
static char *read_all(int fd, const char *path, size_t *length, se_error *err)
{
    char *text = malloc(SE__CONFIG_FILE_MAX + 1);
    size_t n = 0;
    ssize_t got = 1;

    if (!text) {
        se__fail(err, SE_E_NOMEM, "out of memory for settings");
        return NULL;
    }
    while (n <= SE__CONFIG_FILE_MAX && got != 0) {
        got = read(fd, text + n, SE__CONFIG_FILE_MAX + 1 - n);
        if (got < 0 && errno != EINTR) {
            se__fail_errno(err, SE_E_CONFIG, errno, "%s", path);
            free(text);
            return NULL;
        }
        n += got > 0 ? (size_t)got : 0;
    }
    if (n > SE__CONFIG_FILE_MAX) {
        se__fail(err, SE_E_CONFIG, "%s: longer than 1 MiB", path);
        free(text);
        return NULL;
    }
    text[n] = '\0';
    *length = n;
    return text;
}

static bool holds_secret(const se_config *config)
{
    for (size_t i = 0; i < se__n_settings; i++) {
        const se__setting_value *value = &config->values[i];

        if (value->rank == SE__RANK_FILE && value->text &&
            se__settings[i].type == SE__SETTING_SECRET) {
            return true;
        }
    }
    return false;
}

static void warn_of_readers(se__config_reader *reader, const char *path,
                            const struct stat *st)
{
    se_error err = SE_ERROR_INIT;

    if (S_ISREG(st->st_mode) && (st->st_mode & (S_IRGRP | S_IROTH)) &&
        holds_secret(reader->config)) {
        se__fail(&err, SE_E_CONFIG,
                 "%s: holds a secret, and others may read it; chmod 600 makes "
                 "it private",
                 path);
        se__config_problem(reader, CONFIG_NAME, true, &err);
    }
}

static void read_open_file(se__config_reader *reader, const char *path, int fd,
                           const struct stat *st)
{
    se_error err = SE_ERROR_INIT;
    size_t length = 0;
    char *text = read_all(fd, path, &length, &err);

    if (!text) {
        file_problem(reader, &err);
        return;
    }
    se__config_read_text(reader, path, text, length);
    explicit_bzero(text, length);
    free(text);
    if (!reader->stop) {
        warn_of_readers(reader, path, st);
    }
}

void se__config_read_file(se__config_reader *reader, const char *path)
{
    se_error err = SE_ERROR_INIT;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0) {
        se__fail_errno(&err, SE_E_CONFIG, errno, "%s", path);
        file_problem(reader, &err);
    } else {
        read_open_file(reader, path, fd, &st);
    }
    if (fd >= 0) {
        close(fd);
    }
}
