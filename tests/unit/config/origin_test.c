/*
 * Where a value comes from, and who wins.
 */
#include "world.h"

#include "base/mem.h"

#define LEVEL "LOG_LEVEL"
#define OWN_LEVEL "ARTSTORE_INGEST_LOG_LEVEL"

/* Each place says something else; the highest that speaks wins. */
enum {
    FILE_SAYS = 1,
    ORIGINAL_SAYS = 2,
    OWN_SAYS = 4,
    SET_SAYS = 8
};

START_TEST(highest_wins)
{
    const int says = _i;
    se_config *config = NULL;
    se_error err = SE_ERROR_INIT;
    char path[64];
    char origin[128];
    const char *text = says & FILE_SAYS ? "LOG_LEVEL=debug\n" : "";

    clean_world();
    make_file(path, text, strlen(text));
    if (says & ORIGINAL_SAYS) {
        setenv(LEVEL, "INFO", 1);
    }
    if (says & OWN_SAYS) {
        setenv(OWN_LEVEL, "warning", 1);
    }
    ck_assert_int_eq(se_config_open(&config, path, &err), SE_OK);
    if (says & SET_SAYS) {
        ck_assert_int_eq(se_config_set(config, OWN_LEVEL, "critical",
                                       "option --log-level", &err),
                         SE_OK);
        expect(config, LEVEL, "critical", "option --log-level");
    } else if (says & OWN_SAYS) {
        expect(config, LEVEL, "warning", "environment " OWN_LEVEL);
    } else if (says & ORIGINAL_SAYS) {
        expect(config, LEVEL, "info", "environment LOG_LEVEL");
    } else if (says & FILE_SAYS) {
        snprintf(origin, sizeof(origin), "file %s, line 1", path);
        expect(config, LEVEL, "debug", origin);
    } else {
        expect(config, LEVEL, "error", "default");
    }
    se_config_close(config);
    drop_file(path);
}
END_TEST

START_TEST(last_set_wins)
{
    se_config *config;

    clean_world();
    config = open_config("");
    ck_assert_int_eq(se_config_set(config, LEVEL, "info", "one", NULL), SE_OK);
    ck_assert_int_eq(se_config_set(config, LEVEL, "debug", "two", NULL), SE_OK);
    expect(config, LEVEL, "debug", "two");
    ck_assert_str_eq(se_config_value(config, "log_level"), "debug");
    se_config_close(config);
}
END_TEST

/* Names in any case; the usual spelling counts first. */
START_TEST(case_of_names)
{
    se_config *config;

    clean_world();
    setenv("redis_host", "lower", 1);
    config = open_config("");
    expect(config, "REDIS_HOST", "lower", "environment redis_host");
    se_config_close(config);
    setenv("REDIS_HOST", "upper", 1);
    setenv("Redis_Host", "mixed", 1);
    config = open_config("");
    expect(config, "REDIS_HOST", "upper", "environment REDIS_HOST");
    se_config_close(config);
}
END_TEST

START_TEST(empty_is_not_given)
{
    se_config *config;

    clean_world();
    setenv("LOG_FILE", "", 1);
    setenv("APP_DEBUG", "", 1);
    setenv("REDIS_PORT", "", 1);
    setenv("ARTSTORE_INGEST_SOURCE", "", 1);
    config = open_config("");
    expect(config, "LOG_FILE", "", "default");
    expect(config, "REDIS_PORT", "6379", "default");
    expect(config, "ARTSTORE_INGEST_SOURCE", "", "default");
    ck_assert_ptr_null(se_config_value(config, "LOG_FILE"));
    se_config_close(config);
}
END_TEST

/* A drop-in starts with all that the original's environment holds. */
START_TEST(environment_of_the_original)
{
    static const char *const variables[][2] = {
        {"APP_NAME", "artstore-ingester-module"},
        {"APP_DEBUG", "off"},
        {"MAX_FILE_SIZE_MB", "whatever"},
        {"MAX_BATCH_FILES", "x"},
        {"CHUNK_SIZE_MB", "1"},
        {"COMPRESSION_MIN_SIZE_MB", "?"},
        {"COMPRESSION_LEVEL", "6"},
        {"REDIS_URL", "redis://:p@redis:6379/0"},
        {"REDIS_MAX_CONNECTIONS", "-"},
        {"SERVICE_DISCOVERY_CHANNEL", "x"},
        {"CIRCUIT_BREAKER_ENABLED", "maybe"},
        {"CIRCUIT_BREAKER_FAILURE_THRESHOLD", "x"},
        {"JWT_PUBLIC_KEY_PATH", "/x"},
        {"JWT_ALGORITHM", "?"},
        {"REDIS_FAILURE_THRESHOLD", "5"},
        {"STORAGE_ELEMENT_MAX_RETRIES", "3"},
        {"CAPACITY_MONITOR_ENABLED", "on"},
        {"CAPACITY_MONITOR_PUBSUB_ENABLED", "on"},
        {"CORS_ALLOW_ORIGINS", "[\"http://localhost:4200\"]"},
        {"PATH", "/bin"},
        {"APP", "{\"debug\": 1}"},
    };
    se_config *config;

    clean_world();
    for (size_t i = 0; i < SE__COUNT(variables); i++) {
        setenv(variables[i][0], variables[i][1], 1);
    }
    config = open_config("");
    expect(config, "APP_NAME", "artstore-ingester-module",
           "environment APP_NAME");
    ck_assert(look(config, "MAX_BATCH_FILES").unused);
    ck_assert(look(config, "COMPRESSION_LEVEL").unused);
    ck_assert(!look(config, "APP_NAME").unused);
    se_config_close(config);
}
END_TEST

START_TEST(bad_variable_is_named)
{
    static const char *const bad[] = {"9", "601", "x"};
    se_config *config = NULL;
    se_error err = SE_ERROR_INIT;
    char expected[200];

    clean_world();
    for (size_t i = 0; i < SE__COUNT(bad); i++) {
        setenv("CAPACITY_MONITOR_CONFIG_RELOAD_INTERVAL", bad[i], 1);
        ck_assert_int_eq(se_config_open(&config, "", &err), SE_E_CONFIG);
        ck_assert_ptr_null(config);
        snprintf(expected, sizeof(expected),
                 "CAPACITY_MONITOR_CONFIG_RELOAD_INTERVAL: \"%s\" "
                 "(environment) is not a whole number from 10 to 600",
                 bad[i]);
        ck_assert_str_eq(err.message, expected);
    }
}
END_TEST

/* ---- every problem ---- */

typedef struct problems {
    int wrong, warnings;
    char text[4096];
} problems;

static void keep_problem(void *user, const se_problem *problem)
{
    problems *p = user;
    size_t used = strlen(p->text);

    ck_assert_uint_eq(problem->size, sizeof(*problem));
    p->wrong += !problem->warning;
    p->warnings += problem->warning;
    snprintf(p->text + used, sizeof(p->text) - used, "%s|%s\n", problem->name,
             problem->message);
}

START_TEST(check_tells_all)
{
    static const char text[] = "REDIS_PORT=0\n"
                               "REDIS_HSOT=x\n"
                               "no line\n"
                               "REDIS_DB=1\n";
    static const char *const told[] = {
        "APP_PORT|",
        "REDIS_PORT|",
        "nearest is REDIS_HOST",
        "line 3: not NAME=value",
        "CAPACITY_MONITOR_BASE_INTERVALL|",
        "CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL: 20 s",
        "SERVICE_ACCOUNT_CLIENT_ID is set and"};
    problems p = {0, 0, ""};
    se_config *config = NULL;
    char path[64];

    clean_world();
    setenv("APP_PORT", "many", 1);
    setenv("APP_HOST", "::", 1);
    setenv("CAPACITY_MONITOR_BASE_INTERVALL", "1", 1);
    setenv("ARTSTORE_INGEST_NONSENSE", "1", 1);
    setenv("CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL", "20", 1);
    setenv("SERVICE_ACCOUNT_CLIENT_ID", "me", 1);
    setenv("UNRELATED", "1", 1);
    make_file(path, text, strlen(text));
    ck_assert_int_eq(se_config_check(&config, path, keep_problem, &p, NULL),
                     SE_OK);
    ck_assert_int_eq(se_config_verify(config, keep_problem, &p, NULL),
                     SE_E_CONFIG);
    for (size_t i = 0; i < SE__COUNT(told); i++) {
        ck_assert_msg(strstr(p.text, told[i]) != NULL, "no %s in %s", told[i],
                      p.text);
    }
    ck_assert_int_eq(p.wrong, 6);
    ck_assert_int_eq(p.warnings, 2);
    /* What was good is there, what was not counts as not given. */
    expect(config, "REDIS_DB", "1", NULL);
    expect(config, "REDIS_PORT", "6379", "default");
    expect(config, "APP_PORT", "8020", "default");
    se_config_close(config);
    drop_file(path);
}
END_TEST

/* Nobody to ask for a token: a warning, and no reason to refuse it. */
static const struct {
    const char *name, *value;
    int warnings;
} askable[] = {
    {"REDIS_HOST", "redis", 1},
    {"ARTSTORE_INGEST_SOURCE", "redis://redis file:/http://x", 1},
    {"ARTSTORE_INGEST_SOURCE", "redis://redis HTTP://admin", 0},
    {"ARTSTORE_INGEST_TOKEN_FILE", "/token", 0},
    {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "http://admin", 0},
};

START_TEST(an_account_without_an_admin_module)
{
    problems p = {0, 0, ""};
    se_options options = SE_OPTIONS_INIT;
    se_config *config = NULL;

    clean_world();
    setenv("SERVICE_ACCOUNT_CLIENT_ID", "me", 1);
    setenv("SERVICE_ACCOUNT_CLIENT_SECRET", "pl4nted", 1);
    setenv(askable[_i].name, askable[_i].value, 1);
    ck_assert_int_eq(se_config_check(&config, NULL, keep_problem, &p, NULL),
                     SE_OK);
    ck_assert_int_eq(se_config_verify(config, keep_problem, &p, NULL), SE_OK);
    ck_assert_int_eq(p.warnings, askable[_i].warnings);
    ck_assert_int_eq(p.wrong, 0);
    ck_assert((strstr(p.text, "SERVICE_ACCOUNT_ADMIN_MODULE_URL|"
                              "SERVICE_ACCOUNT_CLIENT_ID is set and no Admin "
                              "Module") != NULL) == (p.warnings > 0));
    ck_assert_int_eq(se_config_options(config, &options, NULL), SE_OK);
    se_config_close(config);
}
END_TEST

START_TEST(nothing_to_tell)
{
    problems p = {0, 0, ""};
    se_config *config = NULL;

    clean_world();
    ck_assert_int_eq(se_config_check(&config, NULL, keep_problem, &p, NULL),
                     SE_OK);
    ck_assert_str_eq(p.text, "");
    se_config_close(config);
}
END_TEST

/* A private file with a secret is fine, one that others may read is told of. */
START_TEST(readers_of_secrets)
{
    static const char text[] = "REDIS_PASSWORD=x\n";
    problems p = {0, 0, ""};
    se_config *config = NULL;
    char path[64];

    clean_world();
    make_file(path, text, strlen(text));
    ck_assert_int_eq(se_config_check(&config, path, keep_problem, &p, NULL),
                     SE_OK);
    ck_assert_str_eq(p.text, "");
    se_config_close(config);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(se_config_check(&config, path, keep_problem, &p, NULL),
                     SE_OK);
    ck_assert_int_eq(p.warnings, 1);
    ck_assert_ptr_nonnull(strstr(p.text, "chmod 600"));
    se_config_close(config);
    /* It is no reason to refuse it. */
    config = open_config(path);
    se_config_close(config);
    drop_file(path);
}
END_TEST

/* ---- which file ---- */

START_TEST(file_by_environment)
{
    static const char text[] = "REDIS_DB=7\n";
    char path[64];
    se_config *config;

    clean_world();
    make_file(path, text, strlen(text));
    setenv("ARTSTORE_INGEST_CONFIG", path, 1);
    config = open_config(NULL);
    expect(config, "REDIS_DB", "7", NULL);
    se_config_close(config);
    config = open_config("");
    expect(config, "REDIS_DB", "0", "default");
    se_config_close(config);
    drop_file(path);
}
END_TEST

START_TEST(missing_arguments)
{
    se_config *config;
    se_options options;

    clean_world();
    config = open_config("");
    ck_assert_int_eq(se_config_set(config, NULL, "1", NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(se_config_set(config, LEVEL, NULL, NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(se_config_set(NULL, LEVEL, "info", NULL, NULL),
                     SE_E_INVALID);
    ck_assert_int_eq(se_config_options(config, NULL, NULL), SE_E_INVALID);
    ck_assert_int_eq(se_config_options(NULL, &options, NULL), SE_E_INVALID);
    ck_assert_ptr_null(se_config_value(config, NULL));
    ck_assert_ptr_null(se_config_value(config, "NONSENSE"));
    se_config_close(config);
    se_config_close(NULL);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {highest_wins, 16},
        {last_set_wins, 1},
        {case_of_names, 1},
        {empty_is_not_given, 1},
        {environment_of_the_original, 1},
        {bad_variable_is_named, 1},
        {check_tells_all, 1},
        {an_account_without_an_admin_module, SE__COUNT(askable)},
        {nothing_to_tell, 1},
        {readers_of_secrets, 1},
        {file_by_environment, 1},
        {missing_arguments, 1},
    };

    return run_suite("config origin", rows, SE__COUNT(rows));
}
