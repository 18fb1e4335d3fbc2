/*
 * The options that settings come to.
 */
#include "config/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/sha256.h"

#define ADMIN_URL "SERVICE_ACCOUNT_ADMIN_MODULE_URL"
#define SOURCE_MS 2000    /* one source, in all */
#define CONNECT_MS 3000   /* to an element */
#define COMMIT_MS 120000  /* last byte to answer */
#define POLL_MIN_MS 10000 /* the schedule of the monitor */
#define POLL_MAX_MS 300000

static int at_most(int64_t value, int64_t most)
{
    return (int)(value < most ? value : most);
}

static int at_least(int64_t value, int64_t least)
{
    return (int)(value > least ? value : least);
}

/* ---- what the table says ---- */

static void put(se__config_parts *parts, const se_config *config,
                const se__setting_row *row)
{
    void *at = (char *)parts + row->offset;
    int64_t number = se__config_number(config, row->name);

    switch (row->type) {
    case SE__SETTING_BOOL:
        *(bool *)at = number != 0;
        break;
    case SE__SETTING_SIZE:
        *(int64_t *)at = number;
        break;
    case SE__SETTING_INT:
    case SE__SETTING_SECONDS:
    case SE__SETTING_DURATION:
    case SE__SETTING_CHOICE:
        *(int *)at = (int)number * row->scale;
        break;
    default:
        *(const char **)at = se__config_text(config, row->name);
    }
}

static void put_table(se__config_parts *parts, const se_config *config)
{
    for (size_t i = 0; i < se__n_settings; i++) {
        if (se__settings[i].offset > 0) {
            put(parts, config, &se__settings[i]);
        }
    }
}

/* ---- what needs more than one row ---- */

static void put_reload(se__config_parts *parts, const se_config *config)
{
    int64_t answer = se__config_number(config, "REDIS_SOCKET_TIMEOUT");
    int64_t connect = se__config_number(config, "REDIS_SOCKET_CONNECT_TIMEOUT");

    if (!se__config_number(config, "CAPACITY_MONITOR_CONFIG_RELOAD_ENABLED")) {
        parts->registry.reload_interval_ms = -1;
    }
    parts->registry.no_watch =
        !se__config_number(config, "CAPACITY_MONITOR_PUBSUB_ENABLED");
    parts->registry.fetch_timeout_ms =
        at_most(answer < connect ? answer : connect, SOURCE_MS);
}

static void put_transfer(se__config_parts *parts, const se_config *config)
{
    int64_t still = se__config_number(config, "STORAGE_ELEMENT_TIMEOUT");

    parts->uploader.idle_timeout_ms = (int)still;
    parts->uploader.connect_timeout_ms = at_most(still, CONNECT_MS);
    parts->uploader.commit_timeout_ms = at_least(still, COMMIT_MS);
}

static void put_monitor(se__config_parts *parts, const se_config *config)
{
    int base_ms = parts->monitor.poll_base_ms;

    parts->monitor.lease_renewal_ms =
        (int)(se__config_renewal_s(config) * 1000);
    parts->monitor.poll_min_ms = at_most(base_ms, POLL_MIN_MS);
    parts->monitor.poll_max_ms = at_least(base_ms, POLL_MAX_MS);
}

/* A token file stands for the account. */
static void put_account(se__config_parts *parts, const se_config *config)
{
    if (parts->options.token_file) {
        parts->options.client_id = NULL;
        parts->options.client_secret = NULL;
    }
    (void)config;
}

/* ---- sources ---- */

static bool is_http(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0 ||
           strncasecmp(url, "https://", 8) == 0;
}

/* One per line: those that are named, else those of the original. */
static char *source_lines(const se_config *config)
{
    const char *named = se__config_text(config, "ARTSTORE_INGEST_SOURCE");
    const char *admin = se__config_text(config, ADMIN_URL);
    se__buf lines = SE__BUF_INIT;

    if (named) {
        se__buf_puts(&lines, named);
    } else {
        if (se__config_names_redis(config)) {
            se__config_redis_url(config, &lines);
            se__buf_putc(&lines, '\n');
        }
        if (admin) {
            se__buf_puts(&lines, admin);
            se__buf_putc(&lines, '\n');
        }
    }
    return se__buf_take(&lines);
}

static size_t count_lines(const char *lines)
{
    size_t n = 0;

    for (; *lines; lines++) {
        n += *lines == '\n';
    }
    return n;
}

/* Cuts the lines in place. */
static void cut_lines(char *lines, const char **sources)
{
    while (*lines) {
        char *end = strchr(lines, '\n');

        *end = '\0';
        *sources++ = lines;
        lines = end + 1;
    }
}

/* What `put_sources` makes; config takes it all or nothing. */
typedef struct named {
    char *lines;
    const char **sources;
    char *fleet_dir;
} named;

static void free_named(named *n)
{
    se__secret_free(n->lines);
    free(n->sources);
    free(n->fleet_dir);
}

/* The same words name another list in another folder. */
static void add_folder(se__sha256 *sha, const char *lines)
{
    char folder[PATH_MAX];

    for (; *lines; lines += strcspn(lines, "\n") + 1) {
        if (strncasecmp(lines, "file:", 5) == 0 && lines[5] != '/' &&
            getcwd(folder, sizeof(folder))) {
            se__sha256_update(sha, folder, strlen(folder));
            break;
        }
    }
}

/*
 * What is remembered of one fleet is of no use to another: a folder per list of
 * sources, whatever passwords they are asked with.
 */
static se_err name_fleet_dir(const char *state_dir, const char *lines,
                             char **out, se_error *err)
{
    char hash[SE__SHA256_HEX_SIZE];
    se__sha256 sha = {NULL};
    se__buf shown = SE__BUF_INIT;
    se__buf path = SE__BUF_INIT;
    se_err rc = se__sha256_start(&sha, err);

    if (rc == SE_OK && se__sources_show(lines, &shown)) {
        se__sha256_update(&sha, shown.data, shown.length);
        add_folder(&sha, lines);
        se__sha256_finish(&sha, hash);
        se__buf_printf(&path, "%s/fleet-%.16s", state_dir, hash);
        *out = se__buf_take(&path);
    }
    if (rc == SE_OK && !*out) {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for settings");
    }
    se__sha256_fini(&sha);
    se__buf_fini(&shown);
    se__buf_fini(&path);
    return rc;
}

static se_err make_named(const se_config *config, const char *state_dir,
                         named *n, size_t *count, se_error *err)
{
    se_err rc = SE_OK;

    n->lines = source_lines(config);
    *count = n->lines ? count_lines(n->lines) : 0;
    n->sources =
        n->lines ? se__zalloc_array(*count + 1, sizeof(*n->sources)) : NULL;
    if (!n->sources) {
        return se__fail(err, SE_E_NOMEM, "out of memory for settings");
    }
    if (state_dir && *count > 0) {
        rc = name_fleet_dir(state_dir, n->lines, &n->fleet_dir, err);
    }
    if (rc == SE_OK) {
        cut_lines(n->lines, n->sources);
    }
    return rc;
}

static se_err put_sources(se__config_parts *parts, se_config *config,
                          se_error *err)
{
    named fresh = {NULL, NULL, NULL};
    bool has_admin = false;
    size_t n = 0;
    se_err rc = make_named(config, parts->options.state_dir, &fresh, &n, err);

    if (rc != SE_OK) {
        free_named(&fresh);
        return rc;
    }
    for (size_t i = 0; i < n; i++) {
        has_admin = has_admin || is_http(fresh.sources[i]);
    }
    free_named(
        &(named){config->source_lines, config->sources, config->fleet_dir});
    config->source_lines = fresh.lines;
    config->sources = fresh.sources;
    config->fleet_dir = fresh.fleet_dir;
    parts->options.sources = fresh.sources;
    parts->options.n_sources = n;
    parts->options.admin_url =
        has_admin ? NULL : se__config_text(config, ADMIN_URL);
    parts->registry.state_dir = fresh.fleet_dir;
    return SE_OK;
}

/* ---- together ---- */

static se__config_parts no_parts(void)
{
    se__config_parts parts = {
        SE_OPTIONS_INIT, SE_REGISTRY_OPTIONS_INIT, SE_SELECTOR_OPTIONS_INIT,
        SE_UPLOADER_OPTIONS_INIT, SE_MONITOR_OPTIONS_INIT};

    return parts;
}

se_err se_config_options(se_config *config, se_options *options, se_error *err)
{
    se__config_parts parts = no_parts();
    se_err rc;

    if (!config || !options) {
        return se__fail(err, SE_E_INVALID, "%s is missing",
                        config ? "se_options" : "se_config");
    }
    rc = se_config_verify(config, NULL, NULL, err);
    if (rc != SE_OK) {
        return rc;
    }
    put_table(&parts, config);
    put_reload(&parts, config);
    put_transfer(&parts, config);
    put_monitor(&parts, config);
    put_account(&parts, config);
    rc = put_sources(&parts, config, err);
    if (rc != SE_OK) {
        return rc;
    }
    config->parts = parts;
    config->parts.options.registry = &config->parts.registry;
    config->parts.options.selector = &config->parts.selector;
    config->parts.options.uploader = &config->parts.uploader;
    config->parts.options.monitor = &config->parts.monitor;
    *options = config->parts.options;
    return SE_OK;
}

unsigned se_config_start(const se_config *config)
{
    return SE_START_RELOAD |
           (se__config_number(config, "CAPACITY_MONITOR_ENABLED")
                ? SE_START_MONITOR
                : 0);
}
