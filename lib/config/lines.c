/*
 * NAME=value lines, as shells and containers write them.
 *
 *     # a comment
 *     export REDIS_HOST=127.0.0.1   # another one, behind a blank
 *     REDIS_PASSWORD='as it stands # also this'
 *     APP_NAME="with \"escapes\" of \\ \" \$ \` \n \t"
 */
#include "config/config.h"

#include <string.h>

#include "base/error.h"

#define BLANKS " \t\r"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"

/* What must not follow a value; NULL: it is complete. */
static const char *rest_of_line(const char *rest)
{
    rest += strspn(rest, BLANKS);
    return *rest == '\0' || *rest == '#' ? NULL
                                         : "text behind the closing quote";
}

/* Each returns what is wrong, NULL: nothing. *value is ended by 0 in place. */
static const char *take_single(char **value)
{
    char *end = strchr(*value + 1, '\'');

    if (!end) {
        return "a quote is not closed";
    }
    *end = '\0';
    *value += 1;
    return rest_of_line(end + 1);
}

static char unescaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    default:
        return c;
    }
}

static const char *take_double(char **value)
{
    char *from = *value + 1;
    char *to = *value;

    for (; *from != '"'; from++) {
        if (*from == '\0') {
            return "a quote is not closed";
        }
        if (*from == '\\' && from[1] && strchr("\\\"$`nt", from[1])) {
            from++;
            *to++ = unescaped(*from);
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return rest_of_line(from + 1);
}

/* A # behind a blank begins a comment: a password may hold one. */
static const char *take_plain(char **value)
{
    char *end = *value;

    for (char *c = *value; *c; c++) {
        if (*c == '#' && (c == *value || strchr(BLANKS, c[-1]))) {
            break;
        }
        if (!strchr(BLANKS, *c)) {
            end = c + 1;
        }
    }
    *end = '\0';
    return NULL;
}

static const char *take_value(char **value)
{
    *value += strspn(*value, BLANKS);
    if (**value == '\'') {
        return take_single(value);
    }
    return **value == '"' ? take_double(value) : take_plain(value);
}

static char *skip_export(char *line)
{
    static const char word[] = "export";
    size_t length = sizeof(word) - 1;

    if (strncmp(line, word, length) == 0 && strchr(BLANKS, line[length]) &&
        line[length]) {
        line += length;
    }
    return line + strspn(line, BLANKS);
}

static const char *take_line(char *line, char **name, char **value)
{
    size_t length;
    char *equals;

    *name = skip_export(line);
    length = strspn(*name, LETTERS "0123456789");
    equals = *name + length + strspn(*name + length, BLANKS);
    if (length == 0 || strchr("0123456789", **name) || *equals != '=') {
        return "not NAME=value";
    }
    (*name)[length] = '\0';
    *value = equals + 1;
    return take_value(value);
}

static void read_line(se__config_reader *reader, const char *origin, char *line)
{
    se_error err = SE_ERROR_INIT;
    char *name = NULL;
    char *value = NULL;
    const char *wrong;

    line += strspn(line, BLANKS);
    if (*line == '\0' || *line == '#') {
        return;
    }
    wrong = take_line(line, &name, &value);
    if (wrong) {
        se__fail(&err, SE_E_CONFIG, "%s: %s", origin, wrong);
        se__config_problem(reader, "ARTSTORE_INGEST_CONFIG", false, &err);
    } else {
        se__config_take_named(reader, name, value, origin);
    }
}

void se__config_read_lines(se__config_reader *reader, const char *path,
                           char *text)
{
    char origin[SE__ORIGIN_SIZE];

    for (size_t number = 1; text && !reader->stop; number++) {
        char *line = text;

        text = strchr(text, '\n');
        if (text) {
            *text++ = '\0';
        }
        se__config_file_origin(origin, path, number);
        read_line(reader, origin, line);
    }
}
