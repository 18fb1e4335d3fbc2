/*
 * What a value may be: one row per type.
 */
#include "config/config.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "config/number.h"
#include "wire/url.h"

#define TEXT_MAX ((size_t)8192)
#define SHOWN 80 /* bytes of a bad value that are shown */

/* ---- numbers: without memory, so that a default is always there ---- */

static bool bool_number(const se__setting_row *row, se__trimmed t, int64_t *out)
{
    static const char yes[] = "on|true|yes|y|t|1";
    static const char no[] = "off|false|no|n|f|0";

    (void)row;
    *out = se__word_position(t, yes) >= 0;
    return *out || se__word_position(t, no) >= 0;
}

static bool in_range(const se__setting_row *row, int64_t number)
{
    return number >= row->low && number <= row->high;
}

static bool int_number(const se__setting_row *row, se__trimmed t, int64_t *out)
{
    int64_t thousandths;

    if (!se__take_thousandths(t, &thousandths) || thousandths % 1000 != 0) {
        return false;
    }
    *out = thousandths / 1000;
    return in_range(row, *out);
}

static bool seconds_number(const se__setting_row *row, se__trimmed t,
                           int64_t *out)
{
    return se__take_thousandths(t, out) && in_range(row, *out);
}

static bool duration_number(const se__setting_row *row, se__trimmed t,
                            int64_t *out)
{
    static const se__unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

    return se__take_with_unit(t, units, SE__COUNT(units), out) &&
           in_range(row, *out);
}

static bool size_number(const se__setting_row *row, se__trimmed t, int64_t *out)
{
    static const se__unit units[] = {
        {"", 1},
        {"B", 1},
        {"k", 1000},
        {"K", 1000},
        {"M", 1000000},
        {"G", 1000000000},
        {"T", 1000000000000},
        {"Ki", INT64_C(1) << 10},
        {"Mi", INT64_C(1) << 20},
        {"Gi", INT64_C(1) << 30},
        {"Ti", INT64_C(1) << 40},
    };

    return se__take_with_unit(t, units, SE__COUNT(units), out) &&
           in_range(row, *out);
}

static bool choice_number(const se__setting_row *row, se__trimmed t,
                          int64_t *out)
{
    *out = se__word_position(t, row->words);
    return *out >= 0;
}

/* ---- texts: SE_E_CONFIG, not filled in, for "is not" ---- */

static se_err owned(char *copy, char **text)
{
    *text = copy;
    return copy ? SE_OK : SE_E_NOMEM;
}

static se_err bool_text(const se__setting_row *row, const char *value,
                        char **text, se_error *why)
{
    int64_t number = 0;

    (void)why;
    bool_number(row, se__trim(value), &number);
    return owned(se__strdup(number ? "on" : "off"), text);
}

static se_err number_text(const se__setting_row *row, const char *value,
                          char **text, se_error *why)
{
    char usual[SE__THOUSANDTHS_SIZE];
    int64_t thousandths = 0;

    (void)row;
    (void)why;
    se__take_thousandths(se__trim(value), &thousandths);
    se__print_thousandths(thousandths, usual);
    return owned(se__strdup(usual), text);
}

static se_err trimmed_text(const se__setting_row *row, const char *value,
                           char **text, se_error *why)
{
    se__trimmed t = se__trim(value);

    (void)row;
    (void)why;
    return owned(se__strndup(t.at, t.length), text);
}

static se_err choice_text(const se__setting_row *row, const char *value,
                          char **text, se_error *why)
{
    int position = se__word_position(se__trim(value), row->words);
    const char *word = row->words;

    (void)why;
    for (int i = 0; i < position; i++) {
        word += strcspn(word, "|") + 1;
    }
    return owned(se__strndup(word, strcspn(word, "|")), text);
}

/* As it stands; blanks may belong to it. */
static se_err plain_text(const se__setting_row *row, const char *value,
                         char **text, se_error *why)
{
    size_t length = strlen(value);

    (void)row;
    (void)why;
    if (length > TEXT_MAX || !se__text_is_clean(value, length) ||
        !se__utf8_valid(value, length)) {
        return SE_E_CONFIG;
    }
    return owned(se__strdup(value), text);
}

static se_err url_text(const se__setting_row *row, const char *value,
                       char **text, se_error *why)
{
    se__trimmed t = se__trim(value);
    char *copy = se__strndup(t.at, t.length);
    char url[SE__URL_SIZE];
    se_err rc = copy ? se__url_normalize(copy, url, why) : SE_E_NOMEM;

    (void)row;
    se__secret_free(copy);
    return rc == SE_OK ? owned(se__strdup(url), text) : rc;
}

static se_err list_text(const se__setting_row *row, const char *value,
                        char **text, se_error *why)
{
    (void)row;
    return se__list_parse(value, text, why);
}

static se_err sources_text(const se__setting_row *row, const char *value,
                           char **text, se_error *why)
{
    (void)row;
    return se__sources_parse(value, text, why);
}

static const struct type_row {
    bool (*number)(const se__setting_row *row, se__trimmed t, int64_t *out);
    se_err (*text)(const se__setting_row *row, const char *value, char **text,
                   se_error *why);
    const char *what; /* "is not ..." and the range */
    bool hidden;      /* the value is not shown: it may be a secret */
} types[] = {
    [SE__SETTING_BOOL] = {bool_number, bool_text, "", false},
    [SE__SETTING_INT] = {int_number, number_text, "a whole number from ",
                         false},
    [SE__SETTING_SECONDS] = {seconds_number, number_text, "a number from ",
                             false},
    [SE__SETTING_DURATION] = {duration_number, trimmed_text,
                              "a duration such as ", false},
    [SE__SETTING_SIZE] = {size_number, trimmed_text, "a size such as ", false},
    [SE__SETTING_CHOICE] = {choice_number, choice_text, "one of ", false},
    [SE__SETTING_TEXT] = {NULL, plain_text, "", false},
    [SE__SETTING_SECRET] = {NULL, plain_text, "", true},
    [SE__SETTING_URL] = {NULL, url_text, "", true},
    [SE__SETTING_LIST] = {NULL, list_text, "", true},
    [SE__SETTING_SOURCES] = {NULL, sources_text, "", true},
};

bool se__setting_number(const se__setting_row *row, const char *value,
                        int64_t *number)
{
    *number = 0;
    return !types[row->type].number ||
           types[row->type].number(row, se__trim(value), number);
}

/* ---- what people are told ---- */

static void words_range(const char *words, char out[SE__RANGE_SIZE])
{
    size_t n = 0;

    for (; *words && n + 3 < SE__RANGE_SIZE; words++) {
        if (*words == '|') {
            out[n++] = ',';
        }
        out[n++] = ' ';
        if (*words != '|') {
            out[n - 1] = *words;
        }
    }
    out[n] = '\0';
}

static void seconds_range(const se__setting_row *row, char out[SE__RANGE_SIZE])
{
    char low[SE__THOUSANDTHS_SIZE];
    char high[SE__THOUSANDTHS_SIZE];

    se__print_thousandths(row->low, low);
    se__print_thousandths(row->high, high);
    snprintf(out, SE__RANGE_SIZE, "%s to %s", low, high);
}

void se__setting_range(const se__setting_row *row, char out[SE__RANGE_SIZE])
{
    static const char *const plain[] = {
        [SE__SETTING_BOOL] = "on or off",
        [SE__SETTING_DURATION] = "500ms, 30s, 5m or 1h",
        [SE__SETTING_SIZE] = "1000, 10M or 10Mi",
        [SE__SETTING_TEXT] = "one line of text",
        [SE__SETTING_SECRET] = "one line of text",
        [SE__SETTING_URL] = "http://HOST or https://HOST",
        [SE__SETTING_LIST] = "[\"A\", \"B\"] or A, B",
        [SE__SETTING_SOURCES] =
            "redis://, rediss://, sentinel://, http://, https:// or file:",
    };

    switch (row->type) {
    case SE__SETTING_INT:
        snprintf(out, SE__RANGE_SIZE, "%lld to %lld", (long long)row->low,
                 (long long)row->high);
        break;
    case SE__SETTING_SECONDS:
        seconds_range(row, out);
        break;
    case SE__SETTING_CHOICE:
        words_range(row->words, out);
        break;
    default:
        snprintf(out, SE__RANGE_SIZE, "%s", plain[row->type]);
    }
}

/* The variable's name is not said twice. */
static const char *short_origin(const se__setting_row *row, const char *origin)
{
    static const char environment[] = "environment";
    size_t length = sizeof(environment) - 1;

    return strncmp(origin, environment, length) == 0 && origin[length] == ' ' &&
                   strcmp(origin + length + 1, row->name) == 0
               ? environment
               : origin;
}

static se_err refuse(const se__setting_row *row, const char *value,
                     const char *origin, const se_error *why, se_error *err)
{
    const struct type_row *type = &types[row->type];
    char range[SE__RANGE_SIZE];
    char shown[SHOWN];

    origin = short_origin(row, origin);
    if (why->message[0]) {
        return se__fail(err, SE_E_CONFIG, "%s (%s): %s", row->name, origin,
                        why->message);
    }
    se__setting_range(row, range);
    if (type->hidden) {
        return se__fail(err, SE_E_CONFIG, "%s: the value (%s) is not %s%s",
                        row->name, origin, type->what, range);
    }
    se__clean_copy(shown, sizeof(shown), value);
    return se__fail(err, SE_E_CONFIG, "%s: \"%s\" (%s) is not %s%s", row->name,
                    shown, origin, type->what, range);
}

se_err se__setting_parse(const se__setting_row *row, const char *value,
                         const char *origin, char **text, int64_t *number,
                         se_error *err)
{
    se_error why = SE_ERROR_INIT;
    char *usual = NULL;
    int64_t parsed;
    se_err rc = SE_E_CONFIG;

    if (se__setting_number(row, value, &parsed)) {
        rc = types[row->type].text(row, value, &usual, &why);
    }
    if (rc == SE_E_NOMEM) {
        return se__fail(err, rc, "out of memory for settings");
    }
    if (rc != SE_OK) {
        return refuse(row, value, origin, &why, err);
    }
    *text = usual;
    *number = parsed;
    return SE_OK;
}
