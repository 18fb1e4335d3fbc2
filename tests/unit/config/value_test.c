/*
 * What values may be: every row of the table at its edges, every spelling.
 */
#include "world.h"

#include "base/mem.h"
#include "config/config.h"

static void expect_set(se_config *config, const char *name, const char *value,
                       const char *usual)
{
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_config_set(config, name, value, "test", &err) == SE_OK,
                  "%s: %s", name, err.message);
    expect(config, name, usual, "test");
}

static void expect_refused(se_config *config, const char *name,
                           const char *value, const char *words)
{
    shown before = look(config, name);
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_config_set(config, name, value, "test", &err) ==
                      SE_E_CONFIG,
                  "%s: \"%s\" is taken", name, value);
    ck_assert_int_eq(err.code, SE_E_CONFIG);
    ck_assert_msg(strncmp(err.message, name, strlen(name)) == 0, "no name: %s",
                  err.message);
    ck_assert_msg(strstr(err.message, "(test)") != NULL, "no origin: %s",
                  err.message);
    ck_assert_msg(strstr(err.message, words) != NULL, "no \"%s\": %s", words,
                  err.message);
    expect(config, name, before.value, before.origin);
}

/* ---- as semantics.md, mission.md and wire-contract.md have it ---- */

static const struct range_row {
    const char *name;
    const char *otherwise; /* the default */
    const char *low, *high;
    const char *below, *above;
    const char *range; /* in the message */
} ranges[] = {
    {"CAPACITY_MONITOR_CONFIG_RELOAD_INTERVAL", "60", "10", "600", "9", "601",
     "a whole number from 10 to 600"},
    {"CAPACITY_MONITOR_LEADER_TTL", "30", "3", "300", "2", "301",
     "a whole number from 3 to 300"},
    {"CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL", "10", "1", "100", "0", "101",
     "a whole number from 1 to 100"},
    {"CAPACITY_MONITOR_BASE_INTERVAL", "30", "1", "3600", "0", "3601",
     "a whole number from 1 to 3600"},
    {"CAPACITY_MONITOR_MAX_INTERVAL", "300", "1", "3600", "0", "3601",
     "a whole number from 1 to 3600"},
    {"CAPACITY_MONITOR_MIN_INTERVAL", "10", "1", "3600", "0", "3601",
     "a whole number from 1 to 3600"},
    {"CAPACITY_MONITOR_HTTP_TIMEOUT", "5", "0.1", "600", "0.09", "600.001",
     "a number from 0.1 to 600"},
    {"CAPACITY_MONITOR_RETRY_BASE_DELAY", "5", "0.1", "600", "0", "601",
     "a number from 0.1 to 600"},
    {"CAPACITY_MONITOR_CACHE_TTL", "600", "10", "86400", "9", "86401",
     "a whole number from 10 to 86400"},
    {"CAPACITY_MONITOR_HEALTH_TTL", "600", "10", "86400", "9", "86401",
     "a whole number from 10 to 86400"},
    {"CAPACITY_MONITOR_CHANGE_THRESHOLD", "5", "0", "100", "-1", "100.5",
     "a number from 0 to 100"},
    {"REDIS_PORT", "6379", "1", "65535", "0", "65536",
     "a whole number from 1 to 65535"},
    {"REDIS_DB", "0", "0", "65535", "-1", "65536",
     "a whole number from 0 to 65535"},
    {"REDIS_SOCKET_TIMEOUT", "5", "0.1", "600", "0.0999", "601",
     "a number from 0.1 to 600"},
    {"REDIS_SOCKET_CONNECT_TIMEOUT", "5", "0.1", "600", "0", "601",
     "a number from 0.1 to 600"},
    {"SERVICE_ACCOUNT_TIMEOUT", "10", "0.1", "600", "0", "601",
     "a number from 0.1 to 600"},
    {"STORAGE_ELEMENT_TIMEOUT", "30", "0.1", "600", "0", "601",
     "a number from 0.1 to 600"},
    {"APP_PORT", "8020", "1", "65535", "0", "65536",
     "a whole number from 1 to 65535"},
    {"CORS_MAX_AGE", "600", "0", "86400", "-1", "86401",
     "a whole number from 0 to 86400"},
};

START_TEST(numbers_have_edges)
{
    const struct range_row *row = &ranges[_i];
    se_config *config;
    char quoted[64];

    clean_world();
    config = open_config("");
    expect(config, row->name, row->otherwise, "default");
    expect_set(config, row->name, row->low, row->low);
    expect_set(config, row->name, row->high, row->high);
    expect_refused(config, row->name, row->below, row->range);
    expect_refused(config, row->name, row->above, row->range);
    expect_refused(config, row->name, "x", row->range);
    expect_refused(config, row->name, "", row->range);
    expect_refused(config, row->name, "1e1", row->range);
    expect_refused(config, row->name, "99999999999999999999", row->range);
    snprintf(quoted, sizeof(quoted), "\"%s\"", row->above);
    expect_refused(config, row->name, row->above, quoted);
    se_config_close(config);
}
END_TEST

/* ---- every row of the table, whatever it is ---- */

START_TEST(defaults_are_good)
{
    const se__setting_row *row = &se__settings[_i];
    const char *const defaults[] = {row->value, row->service};

    for (size_t i = 0; i < SE__COUNT(defaults); i++) {
        char *text = NULL;
        int64_t number;
        se_error err = SE_ERROR_INIT;

        if (defaults[i]) {
            ck_assert_msg(se__setting_parse(row, defaults[i], "default", &text,
                                            &number, &err) == SE_OK,
                          "%s", err.message);
            ck_assert_str_eq(text, defaults[i]);
            free(text);
        }
    }
    ck_assert(row->text[0] != '\0');
    ck_assert_int_eq(se__setting_find(row->name, strlen(row->name)), _i);
    ck_assert_int_le(row->low, row->high);
    ck_assert((row->type == SE__SETTING_CHOICE) == (row->words != NULL));
    if (row->above) {
        ck_assert_int_eq(se__setting_find(row->above, strlen(row->above)), _i);
    }
}
END_TEST

/* No row takes what would break a line or a header. */
START_TEST(no_row_takes_garbage)
{
    static const char *const garbage[] = {"\x01", "a\x7f", "\xff\xfe",
                                          "a\tb\x1b[31m"};
    const se__setting_row *row = &se__settings[_i];

    for (size_t i = 0; i < SE__COUNT(garbage); i++) {
        char *text = NULL;
        int64_t number;
        se_error err = SE_ERROR_INIT;

        ck_assert_msg(se__setting_parse(row, garbage[i], "test", &text, &number,
                                        &err) == SE_E_CONFIG,
                      "%s takes garbage %zu", row->name, i);
        for (const char *c = err.message; *c; c++) {
            ck_assert(*c >= 0x20 && *c < 0x7f);
        }
    }
}
END_TEST

/* ---- spellings ---- */

static const struct spelling {
    const char *name, *value, *usual; /* NULL: refused */
} spellings[] = {
    {"APP_DEBUG", "true", "on"},
    {"APP_DEBUG", "TRUE", "on"},
    {"APP_DEBUG", "on", "on"},
    {"APP_DEBUG", "On", "on"},
    {"APP_DEBUG", "1", "on"},
    {"APP_DEBUG", "YES", "on"},
    {"APP_DEBUG", "yes", "on"},
    {"APP_DEBUG", "y", "on"},
    {"APP_DEBUG", "T", "on"},
    {"APP_DEBUG", "  true\t", "on"},
    {"AUTH_ENABLED", "false", "off"},
    {"AUTH_ENABLED", "False", "off"},
    {"AUTH_ENABLED", "off", "off"},
    {"AUTH_ENABLED", "OFF", "off"},
    {"AUTH_ENABLED", "0", "off"},
    {"AUTH_ENABLED", "no", "off"},
    {"AUTH_ENABLED", "N", "off"},
    {"AUTH_ENABLED", "f", "off"},
    {"AUTH_ENABLED", " off ", "off"},
    {"AUTH_ENABLED", "", NULL},
    {"AUTH_ENABLED", "2", NULL},
    {"AUTH_ENABLED", "tru", NULL},
    {"AUTH_ENABLED", "truee", NULL},
    {"AUTH_ENABLED", "o n", NULL},
    {"AUTH_ENABLED", "on|true", NULL},
    {"REDIS_PORT", " 60 ", "60"},
    {"REDIS_PORT", "60.0", "60"},
    {"REDIS_PORT", "60.000000000000000000000", "60"},
    {"REDIS_PORT", "0060", "60"},
    {"REDIS_PORT", "60.5", NULL},
    {"REDIS_PORT", "60.", NULL},
    {"REDIS_PORT", ".5", NULL},
    {"REDIS_PORT", "+60", NULL},
    {"REDIS_PORT", "0x3c", NULL},
    {"REDIS_PORT", "6 0", NULL},
    {"REDIS_PORT", "60s", NULL},
    {"REDIS_SOCKET_TIMEOUT", "1.5", "1.5"},
    {"REDIS_SOCKET_TIMEOUT", "0.125", "0.125"},
    {"REDIS_SOCKET_TIMEOUT", "2.50", "2.5"},
    {"REDIS_SOCKET_TIMEOUT", "0.1255", NULL},
    {"REDIS_SOCKET_TIMEOUT", "1,5", NULL},
    {"REDIS_SOCKET_TIMEOUT", "-1", NULL},
    {"REDIS_SOCKET_TIMEOUT", "nan", NULL},
    {"LOG_LEVEL", "INFO", "info"},
    {"LOG_LEVEL", "debug", "debug"},
    {"LOG_LEVEL", " Warning ", "warning"},
    {"LOG_LEVEL", "CRITICAL", "critical"},
    {"LOG_LEVEL", "loud", NULL},
    {"LOG_LEVEL", "info|debug", NULL},
    {"LOG_FORMAT", "JSON", "json"},
    {"LOG_FORMAT", "flat", "flat"},
    {"LOG_FORMAT", "text", "text"},
    {"LOG_FORMAT", "xml", NULL},
    {"ARTSTORE_INGEST_DEADLINE", "500ms", "500ms"},
    {"ARTSTORE_INGEST_DEADLINE", "30s", "30s"},
    {"ARTSTORE_INGEST_DEADLINE", " 1h ", "1h"},
    {"ARTSTORE_INGEST_DEADLINE", "30", NULL},
    {"ARTSTORE_INGEST_DEADLINE", "0s", NULL},
    {"ARTSTORE_INGEST_DEADLINE", "s", NULL},
    {"ARTSTORE_INGEST_DEADLINE", "1d", NULL},
    {"ARTSTORE_INGEST_DEADLINE", "9999999999h", NULL},
    {"ARTSTORE_INGEST_HEADROOM", "10M", "10M"},
    {"ARTSTORE_INGEST_HEADROOM", "10Mi", "10Mi"},
    {"ARTSTORE_INGEST_HEADROOM", "0", "0"},
    {"ARTSTORE_INGEST_HEADROOM", "10m", NULL},
    {"ARTSTORE_INGEST_HEADROOM", "99999999999T", NULL},
    {"ARTSTORE_INGEST_POLICY", "most-free", "most-free"},
    {"ARTSTORE_INGEST_POLICY", "fullest", NULL},
    {"AUTH_ALGORITHM", "rs256", "RS256"},
    {"AUTH_ALGORITHM", "none", NULL},
    {"APP_NAME", "two  words ", "two  words "},
    {"CORS_ALLOW_ORIGINS", "[\"http://a\",\"http://b\"]",
     "[\"http://a\", \"http://b\"]"},
    {"CORS_ALLOW_ORIGINS", "http://a , http://b",
     "[\"http://a\", \"http://b\"]"},
    {"CORS_ALLOW_ORIGINS", " [ \"*\" ]\n", "[\"*\"]"},
    {"CORS_ALLOW_ORIGINS", "[]", "[]"},
    {"CORS_ALLOW_ORIGINS", "[1]", NULL},
    {"CORS_ALLOW_ORIGINS", "[\"a\"", NULL},
    {"CORS_ALLOW_ORIGINS", "[\"\"]", NULL},
    {"CORS_ALLOW_ORIGINS", "a,,b", NULL},
    {"CORS_ALLOW_ORIGINS", "a,", NULL},
    {"CORS_ALLOW_ORIGINS", "", NULL},
    {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", " https://Admin:8000/ ",
     "https://admin:8000"},
    {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "ftp://admin", NULL},
    {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "admin", NULL},
    {"ARTSTORE_INGEST_SOURCE", "redis://127.0.0.1", "redis://127.0.0.1"},
    {"ARTSTORE_INGEST_SOURCE", " redis://a\t http://b  file:/c ",
     "redis://a http://b file:/c"},
    {"ARTSTORE_INGEST_SOURCE", "file:/with blanks/list\n",
     "file:/with blanks/list"},
    {"ARTSTORE_INGEST_SOURCE", "redis://a\nfile:/b c\r\n",
     "redis://a file:/b c"},
    {"ARTSTORE_INGEST_SOURCE", "sentinel://a:1,b:2/name",
     "sentinel://a:1,b:2/name"},
    {"ARTSTORE_INGEST_SOURCE", " ", NULL},
    {"ARTSTORE_INGEST_SOURCE", "nonsense:x", NULL},
    {"ARTSTORE_INGEST_SOURCE", "redis://", NULL},
    {"ARTSTORE_INGEST_SOURCE", "file:", NULL},
    {"ARTSTORE_INGEST_SOURCE", "http://", NULL},
    {"ARTSTORE_INGEST_SOURCE",
     "file:1 file:2 file:3 file:4 file:5 file:6 file:7 file:8 file:9 file:10 "
     "file:11 file:12 file:13 file:14 file:15 file:16 file:17",
     NULL},
};

START_TEST(spelling_is_free)
{
    const struct spelling *row = &spellings[_i];
    se_config *config;

    clean_world();
    config = open_config("");
    if (row->usual) {
        expect_set(config, row->name, row->value, row->usual);
    } else {
        expect_refused(config, row->name, row->value, "");
    }
    se_config_close(config);
}
END_TEST

/* ---- names ---- */

START_TEST(names_are_found)
{
    static const struct {
        const char *name;
        const char *nearest; /* NULL: nothing is alike */
    } rows[] = {
        {"REDIS_HSOT", "REDIS_HOST"},
        {"redis_prot", "REDIS_PORT"},
        {"CAPACITY_MONITOR_BASE_INTERVALL", "CAPACITY_MONITOR_BASE_INTERVAL"},
        {"ARTSTORE_INGEST_LOGLEVEL", "ARTSTORE_INGEST_LOG_LEVEL"},
        {"SOMETHING_ELSE_ALTOGETHER", NULL},
        {"", NULL},
    };
    se_config *config;

    clean_world();
    config = open_config("");
    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        se_error err = SE_ERROR_INIT;

        ck_assert_int_eq(se_config_set(config, rows[i].name, "1", "test", &err),
                         SE_E_CONFIG);
        ck_assert_msg((strstr(err.message, "nearest is ") != NULL) ==
                          (rows[i].nearest != NULL),
                      "%s", err.message);
        ck_assert_ptr_nonnull(
            strstr(err.message, rows[i].nearest ? rows[i].nearest : ""));
    }
    ck_assert_int_eq(se_config_set(config, "redis_Host", "a", NULL, NULL),
                     SE_OK);
    expect(config, "REDIS_HOST", "a", "program");
    ck_assert_int_eq(
        se_config_set(config, "CIRCUIT_BREAKER_WHATEVER", "a", NULL, NULL),
        SE_OK);
    se_config_close(config);
}
END_TEST

/* ---- secrets ---- */

#define PLANTED "s3cret-planted"

static const struct {
    const char *name, *value;
    const char *shown; /* NULL: refused */
} secrets[] = {
    {"REDIS_PASSWORD", PLANTED, "********"},
    {"SERVICE_ACCOUNT_CLIENT_SECRET", PLANTED, "********"},
    {"REDIS_URL", "redis://:" PLANTED "@h", "********"},
    {"ARTSTORE_INGEST_SOURCE", "redis://user:" PLANTED "@h:1/0",
     "redis://user:********@h:1/0"},
    {"ARTSTORE_INGEST_SOURCE", "redis://:" PLANTED "@h file:x",
     "redis://:********@h file:x"},
    {"ARTSTORE_INGEST_SOURCE", "redis://u:a/b@" PLANTED "@h",
     "redis://u:********@h"},
    {"ARTSTORE_INGEST_SOURCE", "redis://user@h", "redis://user@h"},
    {"REDIS_PASSWORD", PLANTED "\x01", NULL},
    {"SERVICE_ACCOUNT_CLIENT_SECRET", PLANTED "\n", NULL},
    {"ARTSTORE_INGEST_SOURCE", "http://user:" PLANTED "@h", NULL},
    {"ARTSTORE_INGEST_SOURCE", "redis://user:" PLANTED "@h:port", NULL},
    {"ARTSTORE_INGEST_SOURCE", "other://user:" PLANTED "@h", NULL},
    {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "http://user:" PLANTED "@h", NULL},
    {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "http://h?token=" PLANTED, NULL},
    {"AUTH_ADMIN_MODULE_URL", PLANTED, NULL},
};

static void no_secret(void *user, const se_setting *setting)
{
    (void)user;
    ck_assert_msg(!strstr(setting->value, PLANTED), "%s", setting->name);
    ck_assert(!strstr(setting->origin, PLANTED));
}

START_TEST(secrets_stay_inside)
{
    const char *name = secrets[_i].name;
    se_config *config;
    se_error err = SE_ERROR_INIT;

    clean_world();
    config = open_config("");
    if (secrets[_i].shown) {
        expect_set(config, name, secrets[_i].value, secrets[_i].shown);
        ck_assert_ptr_null(se_config_value(config, name));
    } else {
        ck_assert_int_eq(
            se_config_set(config, name, secrets[_i].value, "test", &err),
            SE_E_CONFIG);
        ck_assert_msg(!strstr(err.message, PLANTED), "%s", err.message);
        ck_assert_msg(strncmp(err.message, name, strlen(name)) == 0, "%s",
                      err.message);
    }
    se_config_each(config, no_secret, NULL);
    se_config_close(config);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {numbers_have_edges, SE__COUNT(ranges)},
        {defaults_are_good, se__n_settings},
        {no_row_takes_garbage, se__n_settings},
        {spelling_is_free, SE__COUNT(spellings)},
        {names_are_found, 1},
        {secrets_stay_inside, SE__COUNT(secrets)},
    };

    return run_suite("config value", rows, SE__COUNT(rows));
}
