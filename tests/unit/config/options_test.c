/*
 * The options that settings come to.
 */
#include "world.h"

#include "base/mem.h"

typedef struct setting {
    const char *name, *value;
} setting;

static se_config *config_of(const setting *settings, size_t n)
{
    se_config *config;

    clean_world();
    config = open_config("");
    for (size_t i = 0; i < n && settings[i].name; i++) {
        se_error err = SE_ERROR_INIT;

        ck_assert_msg(se_config_set(config, settings[i].name, settings[i].value,
                                    NULL, &err) == SE_OK,
                      "%s", err.message);
    }
    return config;
}

static se_options options_of(se_config *config)
{
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_config_options(config, &options, &err) == SE_OK, "%s",
                  err.message);
    return options;
}

/* What is not set is what semantics.md says. */
START_TEST(defaults)
{
    se_config *config = config_of(NULL, 0);
    se_options o = options_of(config);

    ck_assert_uint_eq(o.size, sizeof(o));
    ck_assert_uint_eq(o.n_sources, 0);
    ck_assert_ptr_null(o.token_file);
    ck_assert_ptr_null(o.state_dir);
    ck_assert_ptr_null(o.instance_id);
    ck_assert_ptr_null(o.redis_password);
    ck_assert_ptr_null(o.admin_url);
    ck_assert_ptr_null(o.client_id);
    ck_assert_ptr_null(o.ca_file);
    ck_assert(!o.log);
    ck_assert_ptr_null(o.metrics);
    ck_assert_int_eq(o.admin_timeout_ms, 10000);
    ck_assert_str_eq(o.redis_updates_channel, SE_REDIS_UPDATES_CHANNEL);
    ck_assert_str_eq(o.redis_events_channel, SE_REDIS_EVENTS_CHANNEL);
    ck_assert_int_eq(o.registry->reload_interval_ms, 60000);
    ck_assert_int_eq(o.registry->fetch_timeout_ms, 2000);
    ck_assert(!o.registry->no_watch);
    ck_assert_int_eq(o.selector->policy, SE_POLICY_SEQUENTIAL);
    ck_assert_int_eq(o.selector->headroom_bytes, 0);
    ck_assert_int_eq(o.uploader->connect_timeout_ms, 3000);
    ck_assert_int_eq(o.uploader->idle_timeout_ms, 30000);
    ck_assert_int_eq(o.uploader->commit_timeout_ms, 120000);
    ck_assert_str_eq(o.monitor->lock_key, "capacity_monitor:leader_lock");
    ck_assert_int_eq(o.monitor->lease_ttl_ms, 30000);
    ck_assert_int_eq(o.monitor->lease_renewal_ms, 10000);
    ck_assert_int_eq(o.monitor->poll_base_ms, 30000);
    ck_assert_int_eq(o.monitor->poll_min_ms, 10000);
    ck_assert_int_eq(o.monitor->poll_max_ms, 300000);
    ck_assert_int_eq(o.monitor->poll_timeout_ms, 5000);
    ck_assert_int_eq(o.monitor->suspect_ms, 5000);
    ck_assert_int_eq(o.monitor->cache_ttl_s, 600);
    ck_assert_int_eq(o.monitor->health_ttl_s, 600);
    ck_assert_uint_eq(se_config_start(config), SE_START_ALL);
    se_config_close(config);
}
END_TEST

/* Structures that came from here open everything. */
START_TEST(they_open)
{
    static const setting settings[] = {
        {"ARTSTORE_INGEST_SOURCE", "file:/nonexistent/list"}};
    se_config *config = config_of(settings, SE__COUNT(settings));
    se_options o = options_of(config);
    se_ingest *ingest = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_ingest_open(&ingest, &o, &err) == SE_OK, "%s",
                  err.message);
    se_config_close(config); /* strings are copied */
    se_ingest_close(ingest);
}
END_TEST

START_TEST(all_that_is_set)
{
    static const setting settings[] = {
        {"ARTSTORE_INGEST_STATE_DIR", "/state"},
        {"ARTSTORE_INGEST_INSTANCE_ID", "me"},
        {"ARTSTORE_INGEST_CA_FILE", "/ca.pem"},
        {"ARTSTORE_INGEST_POLICY", "round-robin"},
        {"ARTSTORE_INGEST_HEADROOM", "1Gi"},
        {"REDIS_PASSWORD", "pw"},
        {"SERVICE_ACCOUNT_CLIENT_ID", "id"},
        {"SERVICE_ACCOUNT_CLIENT_SECRET", "secret"},
        {"SERVICE_ACCOUNT_TIMEOUT", "2.5"},
        {"CAPACITY_MONITOR_PUBSUB_CHANNEL", "updates"},
        {"SERVICE_DISCOVERY_REDIS_CHANNEL", "events"},
        {"CAPACITY_MONITOR_CONFIG_RELOAD_INTERVAL", "600"},
        {"CAPACITY_MONITOR_PUBSUB_ENABLED", "off"},
        {"CAPACITY_MONITOR_ENABLED", "0"},
        {"CAPACITY_MONITOR_LEADER_LOCK_KEY", "lock"},
        {"CAPACITY_MONITOR_LEADER_TTL", "60"},
        {"CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL", "20"},
        {"CAPACITY_MONITOR_HTTP_TIMEOUT", "0.5"},
        {"CAPACITY_MONITOR_RETRY_BASE_DELAY", "2.0"},
        {"CAPACITY_MONITOR_CACHE_TTL", "100"},
        {"CAPACITY_MONITOR_HEALTH_TTL", "200"},
    };
    se_config *config = config_of(settings, SE__COUNT(settings));
    se_options o = options_of(config);

    ck_assert_str_eq(o.state_dir, "/state");
    ck_assert_str_eq(o.instance_id, "me");
    ck_assert_str_eq(o.ca_file, "/ca.pem");
    ck_assert_int_eq(o.selector->policy, SE_POLICY_ROUND_ROBIN);
    ck_assert_int_eq(o.selector->headroom_bytes, INT64_C(1) << 30);
    ck_assert_str_eq(o.redis_password, "pw");
    ck_assert_str_eq(o.client_id, "id");
    ck_assert_str_eq(o.client_secret, "secret");
    ck_assert_int_eq(o.admin_timeout_ms, 2500);
    ck_assert_str_eq(o.redis_updates_channel, "updates");
    ck_assert_str_eq(o.redis_events_channel, "events");
    ck_assert_int_eq(o.registry->reload_interval_ms, 600000);
    ck_assert(o.registry->no_watch);
    ck_assert_uint_eq(se_config_start(config), SE_START_RELOAD);
    ck_assert_str_eq(o.monitor->lock_key, "lock");
    ck_assert_int_eq(o.monitor->lease_ttl_ms, 60000);
    ck_assert_int_eq(o.monitor->lease_renewal_ms, 20000);
    ck_assert_int_eq(o.monitor->poll_timeout_ms, 500);
    ck_assert_int_eq(o.monitor->suspect_ms, 2000);
    ck_assert_int_eq(o.monitor->cache_ttl_s, 100);
    ck_assert_int_eq(o.monitor->health_ttl_s, 200);
    se_config_close(config);
}
END_TEST

/* ---- numbers that follow from each other ---- */

static const struct number_row {
    setting set;
    int fetch, connect, idle, commit;
    int renewal, min, base, max;
} numbers[] = {
    {{"REDIS_SOCKET_TIMEOUT", "0.5"},
     500,
     3000,
     30000,
     120000,
     10000,
     10000,
     30000,
     300000},
    {{"REDIS_SOCKET_CONNECT_TIMEOUT", "1"},
     1000,
     3000,
     30000,
     120000,
     10000,
     10000,
     30000,
     300000},
    {{"REDIS_SOCKET_TIMEOUT", "60"},
     2000,
     3000,
     30000,
     120000,
     10000,
     10000,
     30000,
     300000},
    {{"STORAGE_ELEMENT_TIMEOUT", "1"},
     2000,
     1000,
     1000,
     120000,
     10000,
     10000,
     30000,
     300000},
    {{"STORAGE_ELEMENT_TIMEOUT", "600"},
     2000,
     3000,
     600000,
     600000,
     10000,
     10000,
     30000,
     300000},
    {{"CAPACITY_MONITOR_LEADER_TTL", "3"},
     2000,
     3000,
     30000,
     120000,
     1000,
     10000,
     30000,
     300000},
    {{"CAPACITY_MONITOR_LEADER_TTL", "10"},
     2000,
     3000,
     30000,
     120000,
     4000,
     10000,
     30000,
     300000},
    {{"CAPACITY_MONITOR_LEADER_TTL", "300"},
     2000,
     3000,
     30000,
     120000,
     10000,
     10000,
     30000,
     300000},
    {{"CAPACITY_MONITOR_BASE_INTERVAL", "1"},
     2000,
     3000,
     30000,
     120000,
     10000,
     1000,
     1000,
     300000},
    {{"CAPACITY_MONITOR_BASE_INTERVAL", "3600"},
     2000,
     3000,
     30000,
     120000,
     10000,
     10000,
     3600000,
     3600000},
};

START_TEST(numbers_follow)
{
    const struct number_row *row = &numbers[_i];
    se_config *config = config_of(&row->set, 1);
    se_options o = options_of(config);

    ck_assert_int_eq(o.registry->fetch_timeout_ms, row->fetch);
    ck_assert_int_eq(o.uploader->connect_timeout_ms, row->connect);
    ck_assert_int_eq(o.uploader->idle_timeout_ms, row->idle);
    ck_assert_int_eq(o.uploader->commit_timeout_ms, row->commit);
    ck_assert_int_eq(o.monitor->lease_renewal_ms, row->renewal);
    ck_assert_int_eq(o.monitor->poll_min_ms, row->min);
    ck_assert_int_eq(o.monitor->poll_base_ms, row->base);
    ck_assert_int_eq(o.monitor->poll_max_ms, row->max);
    se_config_close(config);
}
END_TEST

/* All spellings of a boolean reach the option. */
START_TEST(reload_off)
{
    static const char *const no[] = {"off", "0", "FALSE", "no", " Off "};
    static const char *const yes[] = {"on", "1", "true", "YES"};

    for (size_t i = 0; i < SE__COUNT(no); i++) {
        setting s = {"CAPACITY_MONITOR_CONFIG_RELOAD_ENABLED", no[i]};
        se_config *config = config_of(&s, 1);

        ck_assert_int_eq(options_of(config).registry->reload_interval_ms, -1);
        se_config_close(config);
    }
    for (size_t i = 0; i < SE__COUNT(yes); i++) {
        setting s = {"CAPACITY_MONITOR_CONFIG_RELOAD_ENABLED", yes[i]};
        se_config *config = config_of(&s, 1);

        ck_assert_int_eq(options_of(config).registry->reload_interval_ms,
                         60000);
        se_config_close(config);
    }
}
END_TEST

/* ---- what unused settings come to: nothing ---- */

START_TEST(unused_without_effect)
{
    static const setting settings[] = {
        {"CAPACITY_MONITOR_MIN_INTERVAL", "3600"},
        {"CAPACITY_MONITOR_MAX_INTERVAL", "1"},
        {"CAPACITY_MONITOR_FAILURE_THRESHOLD", "9"},
        {"STORAGE_ELEMENT_MAX_RETRIES", "0"},
        {"REDIS_URL", "redis://other"},
        {"AUTH_ENABLED", "off"},
    };
    se_config *config = config_of(settings, SE__COUNT(settings));
    se_options o = options_of(config);

    ck_assert_int_eq(o.monitor->poll_min_ms, 10000);
    ck_assert_int_eq(o.monitor->poll_max_ms, 300000);
    ck_assert_int_eq(o.monitor->failure_threshold, 0);
    ck_assert_int_eq(o.uploader->max_attempts, 0);
    ck_assert_uint_eq(o.n_sources, 0);
    for (size_t i = 0; i < SE__COUNT(settings); i++) {
        ck_assert(look(config, settings[i].name).unused);
    }
    se_config_close(config);
}
END_TEST

/* ---- sources ---- */

static const struct source_row {
    setting set[4];
    bool service;
    const char *sources[3];
    const char *admin_url;
} sources[] = {
    {{{"REDIS_HOST", "redis"}}, false, {"redis://redis:6379/0"}, NULL},
    {{{"REDIS_PORT", "7000"}}, false, {"redis://localhost:7000/0"}, NULL},
    {{{"REDIS_DB", "3"}}, false, {"redis://localhost:6379/3"}, NULL},
    {{{"REDIS_HOST", "::1"}, {"REDIS_PORT", "7"}, {"REDIS_DB", "2"}},
     false,
     {"redis://[::1]:7/2"},
     NULL},
    {{{"REDIS_HOST", "[::1]"}}, false, {"redis://[::1]:6379/0"}, NULL},
    {{{"REDIS_PASSWORD", "x"}}, false, {NULL}, NULL},
    {{{"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "http://admin:1"}},
     false,
     {"http://admin:1"},
     NULL},
    {{{"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "http://admin:1"},
      {"REDIS_HOST", "r"}},
     false,
     {"redis://r:6379/0", "http://admin:1"},
     NULL},
    {{{"ARTSTORE_INGEST_SOURCE", "file:x"}, {"REDIS_HOST", "r"}},
     false,
     {"file:x"},
     NULL},
    {{{"ARTSTORE_INGEST_SOURCE", "redis://r"},
      {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "http://admin:1"}},
     false,
     {"redis://r"},
     "http://admin:1"},
    {{{"ARTSTORE_INGEST_SOURCE", "redis://r https://other"},
      {"SERVICE_ACCOUNT_ADMIN_MODULE_URL", "http://admin:1"}},
     false,
     {"redis://r", "https://other"},
     NULL},
    {{{NULL, NULL}}, false, {NULL}, NULL},
    {{{NULL, NULL}},
     true,
     {"redis://localhost:6379/0", "http://artstore_admin_module:8000"},
     NULL},
    {{{"REDIS_HOST", "r"}},
     true,
     {"redis://r:6379/0", "http://artstore_admin_module:8000"},
     NULL},
    {{{"ARTSTORE_INGEST_SOURCE", "file:x"}},
     true,
     {"file:x"},
     "http://artstore_admin_module:8000"},
};

START_TEST(sources_are_named)
{
    const struct source_row *row = &sources[_i];
    se_config *config = config_of(row->set, SE__COUNT(row->set));
    se_options o;
    size_t n = 0;

    if (row->service) {
        se_config_serve(config);
    }
    o = options_of(config);
    for (; n < SE__COUNT(row->sources) && row->sources[n]; n++) {
        ck_assert_uint_lt(n, o.n_sources);
        ck_assert_str_eq(o.sources[n], row->sources[n]);
    }
    ck_assert_uint_eq(o.n_sources, n);
    ck_assert_pstr_eq(o.admin_url, row->admin_url);
    se_config_close(config);
}
END_TEST

START_TEST(service_defaults)
{
    se_config *config = config_of(NULL, 0);

    expect(config, "LOG_LEVEL", "error", "default");
    expect(config, "LOG_FORMAT", "text", "default");
    expect(config, "REDIS_HOST", "", "default");
    se_config_serve(config);
    expect(config, "LOG_LEVEL", "info", "default");
    expect(config, "LOG_FORMAT", "json", "default");
    expect(config, "REDIS_HOST", "localhost", "default");
    se_config_close(config);
}
END_TEST

START_TEST(token_file_instead_of_account)
{
    static const setting settings[] = {
        {"ARTSTORE_INGEST_TOKEN_FILE", "/token"},
        {"SERVICE_ACCOUNT_CLIENT_ID", "id"},
    };
    se_config *config = config_of(settings, SE__COUNT(settings));
    se_options o = options_of(config);

    ck_assert_str_eq(o.token_file, "/token");
    ck_assert_ptr_null(o.client_id);
    ck_assert_ptr_null(o.client_secret);
    se_config_close(config);
}
END_TEST

/* ---- contradictions ---- */

static const struct contradiction {
    setting set[3];
    bool service;
    const char *says; /* NULL: none */
} contradictions[] = {
    {{{"CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL", "11"}},
     false,
     "CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL: 11 s is more than a third of "
     "CAPACITY_MONITOR_LEADER_TTL (30 s), rounded up: 1 to 10"},
    {{{"CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL", "2"},
      {"CAPACITY_MONITOR_LEADER_TTL", "3"}},
     false,
     "rounded up: 1 to 1"},
    {{{"CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL", "4"},
      {"CAPACITY_MONITOR_LEADER_TTL", "10"}},
     false,
     NULL},
    {{{"SERVICE_ACCOUNT_CLIENT_ID", "x"}},
     false,
     "SERVICE_ACCOUNT_CLIENT_SECRET is not"},
    {{{"SERVICE_ACCOUNT_CLIENT_SECRET", "planted"}},
     false,
     "SERVICE_ACCOUNT_CLIENT_ID is not"},
    {{{"REDIS_HOST", "user:planted@redis"}}, false, "REDIS_HOST: not a host"},
    {{{"REDIS_HOST", "a b"}}, false, "REDIS_HOST: not a host"},
    {{{"REDIS_HOST", "a/b"}}, false, "REDIS_HOST: not a host"},
    {{{"CORS_ALLOW_ORIGINS", "*"}}, false, NULL},
    {{{"CORS_ALLOW_ORIGINS", "*"}}, true, "CORS_ALLOW_CREDENTIALS is on"},
    {{{"CORS_ALLOW_ORIGINS", "*"}, {"CORS_ENABLED", "off"}}, true, NULL},
    {{{"CORS_ALLOW_ORIGINS", "*"}, {"CORS_ALLOW_CREDENTIALS", "off"}},
     true,
     NULL},
    {{{"CORS_ALLOW_ORIGINS", "*"},
      {"CORS_ALLOW_CREDENTIALS", "off"},
      {"ENVIRONMENT", "production"}},
     true,
     "ENVIRONMENT is production"},
};

START_TEST(contradictions_are_told)
{
    const struct contradiction *row = &contradictions[_i];
    se_config *config = config_of(row->set, SE__COUNT(row->set));
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;
    se_err rc;

    if (row->service) {
        se_config_serve(config);
    }
    options.state_dir = "untouched";
    rc = se_config_options(config, &options, &err);
    if (row->says) {
        ck_assert_int_eq(rc, SE_E_CONFIG);
        ck_assert_msg(strstr(err.message, row->says) != NULL, "%s",
                      err.message);
        ck_assert_ptr_null(strstr(err.message, "planted"));
        ck_assert_str_eq(options.state_dir, "untouched");
    } else {
        ck_assert_msg(rc == SE_OK, "%s", err.message);
    }
    se_config_close(config);
}
END_TEST

/* What is remembered of one fleet is not offered to another. */
START_TEST(a_folder_per_fleet)
{
    static const char *const same[] = {"redis://u:one@h/0",
                                       "redis://u:two@h/0"};
    static const char *const others[] = {"redis://u:one@h/1", "redis://h/0",
                                         "file:x", "redis://u:one@h/0 file:x"};
    static const setting settings[] = {{"ARTSTORE_INGEST_STATE_DIR", "/state"}};
    se_config *config = config_of(settings, SE__COUNT(settings));
    char first[128] = "";
    char here[4096];

    ck_assert_ptr_null(options_of(config).registry->state_dir);
    for (size_t i = 0; i < SE__COUNT(same); i++) {
        ck_assert_int_eq(se_config_set(config, "ARTSTORE_INGEST_SOURCE",
                                       same[i], NULL, NULL),
                         SE_OK);
        if (i > 0) {
            ck_assert_str_eq(options_of(config).registry->state_dir, first);
        }
        snprintf(first, sizeof(first), "%s",
                 options_of(config).registry->state_dir);
        ck_assert_int_eq(strncmp(first, "/state/fleet-", 13), 0);
        ck_assert_uint_eq(strlen(first), 13 + 16);
    }
    for (size_t i = 0; i < SE__COUNT(others); i++) {
        ck_assert_int_eq(se_config_set(config, "ARTSTORE_INGEST_SOURCE",
                                       others[i], NULL, NULL),
                         SE_OK);
        ck_assert_str_ne(options_of(config).registry->state_dir, first);
    }
    ck_assert_str_eq(options_of(config).state_dir, "/state");
    /* The last one names a file: it depends on where one is. */
    snprintf(first, sizeof(first), "%s",
             options_of(config).registry->state_dir);
    ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_str_ne(options_of(config).registry->state_dir, first);
    ck_assert_int_eq(chdir(here), 0);
    ck_assert_str_eq(options_of(config).registry->state_dir, first);
    se_config_close(config);
}
END_TEST

/* Options again after a change: the new ones. */
START_TEST(options_again)
{
    static const setting settings[] = {{"ARTSTORE_INGEST_SOURCE", "file:a"}};
    se_config *config = config_of(settings, SE__COUNT(settings));
    se_options o = options_of(config);

    ck_assert_str_eq(o.sources[0], "file:a");
    ck_assert_int_eq(se_config_set(config, "ARTSTORE_INGEST_SOURCE",
                                   "file:b file:c", NULL, NULL),
                     SE_OK);
    o = options_of(config);
    ck_assert_uint_eq(o.n_sources, 2);
    ck_assert_str_eq(o.sources[1], "file:c");
    se_config_close(config);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {defaults, 1},
        {they_open, 1},
        {all_that_is_set, 1},
        {numbers_follow, SE__COUNT(numbers)},
        {reload_off, 1},
        {unused_without_effect, 1},
        {sources_are_named, SE__COUNT(sources)},
        {service_defaults, 1},
        {token_file_instead_of_account, 1},
        {contradictions_are_told, SE__COUNT(contradictions)},
        {a_folder_per_fleet, 1},
        {options_again, 1},
    };

    return run_suite("config options", rows, SE__COUNT(rows));
}
