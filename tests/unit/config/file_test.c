/*
 * Settings in files: lines and JSON.
 */
#include "world.h"

#include "base/mem.h"

/* ---- lines ---- */

static const struct line_row {
    const char *line;
    const char *value; /* of APP_NAME; NULL: refused */
    const char *says;  /* in the message */
} lines[] = {
    {"APP_NAME=plain", "plain", NULL},
    {"  APP_NAME = spaced  ", "spaced", NULL},
    {"export APP_NAME=exported", "exported", NULL},
    {"export\tAPP_NAME=exported", "exported", NULL},
    {"app_name=lower", "lower", NULL},
    {"APP_NAME=two words", "two words", NULL},
    {"APP_NAME=a#b", "a#b", NULL},
    {"APP_NAME=a # comment", "a", NULL},
    {"APP_NAME=# comment", "artstore-ingester", NULL},
    {"APP_NAME=", "artstore-ingester", NULL},
    {"APP_NAME=''", "artstore-ingester", NULL},
    {"# APP_NAME=comment", "artstore-ingester", NULL},
    {"", "artstore-ingester", NULL},
    {"\r", "artstore-ingester", NULL},
    {"APP_NAME=crlf\r", "crlf", NULL},
    {"APP_NAME='single # \\n $x'", "single # \\n $x", NULL},
    {"APP_NAME='single' # comment", "single", NULL},
    {"APP_NAME=\"double \\\"quoted\\\" \\\\ \\$x \\z\"",
     "double \"quoted\" \\ $x \\z", NULL},
    {"APP_NAME=\" kept \"", " kept ", NULL},
    {"APP_NAME=a=b", "a=b", NULL},
    {"APP_NAME=first\nAPP_NAME=second", "second", NULL},
    {"APP_NAME=don't", "don't", NULL},
    {"\xef\xbb\xbf"
     "APP_NAME=marked",
     "marked", NULL},
    {"exportAPP_NAME=x", NULL, "no setting has the name exportAPP_NAME"},
    {"APP_NAME", NULL, "line 1: not NAME=value"},
    {"=x", NULL, "line 1: not NAME=value"},
    {"\n\nAPP NAME=x", NULL, "line 3: not NAME=value"},
    {"1APP=x", NULL, "not NAME=value"},
    {"APP_NAME='open", NULL, "a quote is not closed"},
    {"APP_NAME=\"open\\\"", NULL, "a quote is not closed"},
    {"APP_NAME='a' b", NULL, "text behind the closing quote"},
    {"APP_NAME=\"a\"b", NULL, "text behind the closing quote"},
    {"APP_NAME=\"a\\nb\"", NULL, "is not one line of text"},
    {"APP_NAME=\x1b[31m", NULL, "APP_NAME: \"?[31m\" (file "},
    {"APP_PORT=0", NULL, ", line 1) is not a whole number from 1 to 65535"},
    {"APP_NAME=x\nARTSTORE_INGEST_CONFIG=y", NULL,
     "a file names no other file"},
    {"CAPACITY_MONITOR_BASE_INTERVAL_=1", NULL,
     "nearest is CAPACITY_MONITOR_BASE_INTERVAL"},
};

static void expect_text(const char *text, const char *value, const char *says)
{
    se_config *config = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc;

    clean_world();
    rc = open_text(text, &config, &err);
    if (value) {
        ck_assert_msg(rc == SE_OK, "%s: %s", text, err.message);
        expect(config, "APP_NAME", value, NULL);
        se_config_close(config);
    } else {
        ck_assert_msg(rc == SE_E_CONFIG, "%s is taken", text);
        ck_assert_ptr_null(config);
        ck_assert_msg(strstr(err.message, says) != NULL, "%s: %s", text,
                      err.message);
        ck_assert_ptr_null(strchr(err.message, '\n'));
    }
}

START_TEST(a_line)
{
    expect_text(lines[_i].line, lines[_i].value, lines[_i].says);
}
END_TEST

/* ---- JSON ---- */

static const struct line_row objects[] = {
    {"{\"APP_NAME\": \"json\"}", "json", NULL},
    {" \n\t{\"app_name\": \"json\"}\n", "json", NULL},
    {"{\"APP_NAME\": 12.50}", "12.50", NULL},
    {"{\"APP_NAME\": true}", "true", NULL},
    {"{\"APP_NAME\": null}", "artstore-ingester", NULL},
    {"{\"APP_NAME\": \"\"}", "artstore-ingester", NULL},
    {"{}", "artstore-ingester", NULL},
    {"{\"APP_PORT\": 8021, \"APP_DEBUG\": false, \"APP_NAME\": \"x\"}", "x",
     NULL},
    {"{\"APP_NAME\": [\"a\"]}", NULL, "not a text, number or boolean"},
    {"{\"APP_NAME\": {\"a\": 1}}", NULL, "not a text, number or boolean"},
    {"{\"ARTSTORE_INGEST_SOURCE\": [1]}", NULL,
     "not a text, number or boolean"},
    {"{\"APP_NAME\": \"a\\nb\"}", NULL, "is not one line of text"},
    {"{\"APP_NAME\": \"a\\u0000b\"}", NULL, "byte"},
    {"{\"APP_NAME\": \"a\", \"APP_NAME\": \"b\"}", NULL, "duplicate key"},
    {"{\"APP_NAME\": ", NULL, "byte"},
    {"{\"APP_NAEM\": 1}", NULL, "nearest is APP_NAME"},
    {"{\"APP_PORT\": \"x\"}", NULL, ") is not a whole number"},
    {"{\"APP_PORT\": 65536}", NULL, "APP_PORT: \"65536\" (file "},
    {"{\"APP_DEBUG\": 2}", NULL, "is not on or off"},
    {"{\"CORS_ALLOW_ORIGINS\": [1]}", NULL, "CORS_ALLOW_ORIGINS (file "},
    {"{\"ARTSTORE_INGEST_CONFIG\": \"x\"}", NULL, "names no other file"},
};

START_TEST(an_object)
{
    expect_text(objects[_i].line, objects[_i].value, objects[_i].says);
}
END_TEST

START_TEST(arrays)
{
    se_config *config = NULL;
    se_error err = SE_ERROR_INIT;
    se_options options = SE_OPTIONS_INIT;

    clean_world();
    ck_assert_int_eq(
        open_text("{\"ARTSTORE_INGEST_SOURCE\": [\"redis://a\", \"file:b c\"],"
                  "\"CORS_ALLOW_METHODS\": [\"GET\",\"PUT\"]}",
                  &config, &err),
        SE_OK);
    expect(config, "CORS_ALLOW_METHODS", "[\"GET\", \"PUT\"]", NULL);
    ck_assert_int_eq(se_config_options(config, &options, &err), SE_OK);
    ck_assert_uint_eq(options.n_sources, 2);
    ck_assert_str_eq(options.sources[0], "redis://a");
    ck_assert_str_eq(options.sources[1], "file:b c");
    se_config_close(config);
}
END_TEST

/* ---- files that are none ---- */

static void expect_no_file(const char *path, const char *says)
{
    se_config *config = NULL;
    se_error err = SE_ERROR_INIT;

    clean_world();
    ck_assert_int_eq(se_config_open(&config, path, &err), SE_E_CONFIG);
    ck_assert_ptr_null(config);
    ck_assert_msg(strstr(err.message, says) != NULL, "%s", err.message);
}

START_TEST(no_file)
{
    expect_no_file("/nonexistent/settings", "/nonexistent/settings: No such");
    expect_no_file("/", "Is a directory");
}
END_TEST

START_TEST(not_text)
{
    static const char text[] = "APP_NAME=a\0b\n";
    char path[64];

    make_file(path, text, sizeof(text) - 1);
    expect_no_file(path, "it holds a byte 0");
    drop_file(path);
}
END_TEST

START_TEST(too_long)
{
    size_t length = ((size_t)1 << 20) + 1;
    char *text = malloc(length);
    char path[64];

    memset(text, '\n', length);
    make_file(path, text, length);
    expect_no_file(path, "longer than 1 MiB");
    drop_file(path);
    make_file(path, text, length - 1);
    se_config_close(open_config(path));
    drop_file(path);
    free(text);
}
END_TEST

/* As <(decrypt settings) gives it. */
START_TEST(from_a_pipe)
{
    static const char text[] = "APP_NAME=piped";
    int fds[2];
    char path[64];
    se_config *config;

    clean_world();
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
    close(fds[1]);
    snprintf(path, sizeof(path), "/dev/fd/%d", fds[0]);
    config = open_config(path);
    expect(config, "APP_NAME", "piped", NULL);
    se_config_close(config);
    close(fds[0]);
}
END_TEST

/* Messages of a file with a secret show the line, not what stands in it. */
START_TEST(secrets_in_bad_lines)
{
    static const char *const texts[] = {
        "REDIS_PASSWORD='planted",
        "REDIS_PASSWORD planted",
        "REDIS_PASSWORD='a' planted",
        "REDIS_PASSWORD=\"planted\\n\"",
        "{\"REDIS_PASSWORD\": {\"planted\": 1}}",
        "{\"REDIS_PASSWORD\": \"planted\\n\"}",
        "{\"REDIS_PASSWORD\": \"planted\" \"planted\"}"};

    clean_world();
    for (size_t i = 0; i < SE__COUNT(texts); i++) {
        se_config *config = NULL;
        se_error err = SE_ERROR_INIT;

        ck_assert_int_eq(open_text(texts[i], &config, &err), SE_E_CONFIG);
        ck_assert_msg(!strstr(err.message, "planted"), "%s", err.message);
    }
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {a_line, SE__COUNT(lines)},
        {an_object, SE__COUNT(objects)},
        {arrays, 1},
        {no_file, 1},
        {not_text, 1},
        {too_long, 1},
        {from_a_pipe, 1},
        {secrets_in_bad_lines, 1},
    };

    return run_suite("config file", rows, SE__COUNT(rows));
}
