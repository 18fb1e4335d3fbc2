/*
 * Settings that contradict each other.
 */
#include "config/config.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "source/redis_url.h"

#define TTL "CAPACITY_MONITOR_LEADER_TTL"
#define RENEWAL "CAPACITY_MONITOR_LEADER_RENEWAL_INTERVAL"
#define CLIENT_ID "SERVICE_ACCOUNT_CLIENT_ID"
#define CLIENT_SECRET "SERVICE_ACCOUNT_CLIENT_SECRET"
#define TOKEN_FILE "ARTSTORE_INGEST_TOKEN_FILE"
#define ADMIN_URL "SERVICE_ACCOUNT_ADMIN_MODULE_URL"
#define ORIGINS "CORS_ALLOW_ORIGINS"

static int64_t longest_renewal_s(const se_config *config)
{
    return (se__config_number(config, TTL) + 2) / 3;
}

int64_t se__config_renewal_s(const se_config *config)
{
    int64_t renewal = se__config_number(config, RENEWAL);
    int64_t most = longest_renewal_s(config);

    return se__config_is_given(config, RENEWAL) || renewal < most ? renewal
                                                                  : most;
}

static se_err check_lease(const se_config *config, se_error *err)
{
    int64_t renewal = se__config_renewal_s(config);
    int64_t most = longest_renewal_s(config);

    if (renewal > most) {
        return se__fail(err, SE_E_CONFIG,
                        "%s: %lld s is more than a third of " TTL
                        " (%lld s), rounded up: 1 to %lld",
                        RENEWAL, (long long)renewal,
                        (long long)se__config_number(config, TTL),
                        (long long)most);
    }
    return SE_OK;
}

static se_err check_account(const se_config *config, se_error *err)
{
    bool id = se__config_text(config, CLIENT_ID) != NULL;
    bool secret = se__config_text(config, CLIENT_SECRET) != NULL;

    if (id != secret && !se__config_text(config, TOKEN_FILE)) {
        return se__fail(err, SE_E_CONFIG, "%s is set and %s is not",
                        id ? CLIENT_ID : CLIENT_SECRET,
                        id ? CLIENT_SECRET : CLIENT_ID);
    }
    return SE_OK;
}

/* As sources are kept: one per line. */
static bool is_http_among(const char *sources)
{
    while (sources) {
        if (strncasecmp(sources, "http://", 7) == 0 ||
            strncasecmp(sources, "https://", 8) == 0) {
            return true;
        }
        sources = strchr(sources, '\n');
        sources += sources != NULL;
    }
    return false;
}

/* Files would go out without a token. */
static se_err check_admin(const se_config *config, se_error *err)
{
    if (!se__config_text(config, CLIENT_ID) ||
        !se__config_text(config, CLIENT_SECRET) ||
        se__config_text(config, TOKEN_FILE) ||
        se__config_text(config, ADMIN_URL) ||
        is_http_among(se__config_text(config, "ARTSTORE_INGEST_SOURCE"))) {
        return SE_OK;
    }
    return se__fail(err, SE_E_CONFIG,
                    "%s is set and no Admin Module that knows the account: "
                    "name it in %s or as a source",
                    CLIENT_ID, ADMIN_URL);
}

bool se__config_names_redis(const se_config *config)
{
    return se__config_text(config, "REDIS_HOST") ||
           se__config_is_given(config, "REDIS_PORT") ||
           se__config_is_given(config, "REDIS_DB");
}

void se__config_redis_url(const se_config *config, se__buf *out)
{
    const char *host = se__config_text(config, "REDIS_HOST");
    bool bare_v6 = host && host[0] != '[' && strchr(host, ':');

    se__buf_printf(out, "redis://%s%s%s:%lld/%lld", bare_v6 ? "[" : "",
                   host ? host : "localhost", bare_v6 ? "]" : "",
                   (long long)se__config_number(config, "REDIS_PORT"),
                   (long long)se__config_number(config, "REDIS_DB"));
}

/* A whole URL in its place would be read as one: nothing of it may be. */
static se_err check_redis(const se_config *config, se_error *err)
{
    const char *host = se__config_text(config, "REDIS_HOST");
    se__buf text = SE__BUF_INIT;
    se__redis_url url;
    se_err rc = SE_OK;

    if (!host) {
        return SE_OK;
    }
    se__config_redis_url(config, &text);
    if (text.failed) {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for settings");
    } else if (strpbrk(host, "@/,?#%")) {
        rc = se__fail(err, SE_E_CONFIG, "REDIS_HOST: not a host name");
    } else {
        rc = se__redis_url_parse(text.data, &url, NULL);
        if (rc == SE_OK) {
            se__redis_url_fini(&url);
        } else if (rc == SE_E_NOMEM) {
            rc = se__fail(err, rc, "out of memory for settings");
        } else {
            rc = se__fail(err, SE_E_CONFIG, "REDIS_HOST: not a host name");
        }
    }
    se__secret_free(se__buf_take(&text));
    return rc;
}

/* Every origin and credentials: any page could act for who looks at it. */
static se_err check_origins(const se_config *config, se_error *err)
{
    bool any = strstr(se__config_text(config, ORIGINS), "\"*\"") != NULL;
    const char *environment = se__config_text(config, "ENVIRONMENT");

    if (!config->service || !any ||
        !se__config_number(config, "CORS_ENABLED")) {
        return SE_OK;
    }
    if (se__config_number(config, "CORS_ALLOW_CREDENTIALS")) {
        return se__fail(err, SE_E_CONFIG,
                        "%s: no * while CORS_ALLOW_CREDENTIALS is on", ORIGINS);
    }
    if (environment && strcmp(environment, "production") == 0) {
        return se__fail(err, SE_E_CONFIG,
                        "%s: no * while ENVIRONMENT is production", ORIGINS);
    }
    return SE_OK;
}

static const struct {
    const char *name; /* of the setting that is to be changed */
    bool warning;
    se_err (*check)(const se_config *config, se_error *err);
} rules[] = {
    {RENEWAL, false, check_lease},   {CLIENT_SECRET, false, check_account},
    {ADMIN_URL, true, check_admin},  {"REDIS_HOST", false, check_redis},
    {ORIGINS, false, check_origins},
};

se_err se_config_verify(const se_config *config, se_problem_fn fn, void *user,
                        se_error *err)
{
    se__config_reader reader = {NULL, fn, user, SE_ERROR_INIT, false};

    for (size_t i = 0; i < SE__COUNT(rules) && !reader.stop; i++) {
        se_error why = SE_ERROR_INIT;

        if (rules[i].check(config, &why) != SE_OK) {
            se__config_problem(&reader, rules[i].name, rules[i].warning, &why);
        }
    }
    return reader.first.code == SE_OK ? SE_OK
                                      : se__error_copy(err, &reader.first);
}
