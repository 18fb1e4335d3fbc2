/*
 * What is counted of tokens (wire-contract 7.2), each request once.
 */
#include "admin/private.h"
#include "base/mem.h"
#include "observe/metrics.h"

static const char *const triggers[] = {
    [SE__TOKEN_VALID] = "manual", /* it was refused */
    [SE__TOKEN_EXPIRING] = "expiring_soon",
    [SE__TOKEN_EXPIRED] = "expired",
    [SE__TOKEN_MISSING] = "manual",
};

static const char *const looks[] = {
    [SE__TOKEN_VALID] = "valid",
    [SE__TOKEN_EXPIRING] = "expiring_soon",
    [SE__TOKEN_EXPIRED] = "expired",
    [SE__TOKEN_MISSING] = "missing",
};

/* As grant.c names them. */
static const char *const error_types[] = {
    "http_401",  "http_500",     "timeout",       "connection_error",
    "ssl_error", "invalid_json", "missing_token", "unknown",
};

void se__admin_count_request(const se_admin *admin, se__token_state before,
                             const char *error_type, int64_t took_ms)
{
    se_metrics *metrics = admin->metrics;
    bool good = *error_type == '\0';
    const char *status = good ? "success" : "failure";
    double seconds = (double)took_ms / 1000;

    se__metric_add(metrics, SE__METRIC_TOKEN_REQUESTS,
                   SE__LABELS(error_type, status), 1);
    se__metric_add(metrics, SE__METRIC_TOKEN_REFRESH,
                   SE__LABELS(status, triggers[before]), 1);
    se__metric_observe(metrics, SE__METRIC_TOKEN_SECONDS, NULL, seconds);
    se__metric_observe(metrics, SE__METRIC_TOKEN_REFRESH_SECONDS, NULL,
                       seconds);
    if (!good) {
        se__metric_add(metrics, SE__METRIC_AUTH_ERRORS,
                       SE__LABELS(admin->url, error_type), 1);
    }
}

/* How long it is still good. */
void se__admin_count_ttl_locked(const se_admin *admin, int64_t now_ms)
{
    const se__token *token = &admin->token;
    se__token_state state = se__token_look(token, now_ms);
    bool good = state == SE__TOKEN_VALID || state == SE__TOKEN_EXPIRING;
    int64_t left = good ? token->expires_ms - now_ms : 0;

    se__metric_set(admin->metrics, SE__METRIC_TOKEN_TTL, NULL,
                   (double)left / 1000);
}

void se__admin_count_look_locked(const se_admin *admin, int64_t now_ms)
{
    se__token_state state = se__token_look(&admin->token, now_ms);

    se__metric_add(admin->metrics, SE__METRIC_TOKEN_VALIDATION,
                   SE__LABELS(looks[state]), 1);
    se__admin_count_ttl_locked(admin, now_ms);
}

void se__admin_count_token_locked(se_admin *admin, bool from_cache)
{
    admin->handed_out++;
    admin->from_cache += from_cache;
    se__metric_add(admin->metrics, SE__METRIC_TOKEN_SOURCE,
                   SE__LABELS(from_cache ? "cache" : "fresh_request"), 1);
    se__metric_set(admin->metrics, SE__METRIC_TOKEN_HIT_RATE, NULL,
                   (double)admin->from_cache / (double)admin->handed_out);
}

/* So that a rate is 0 before it is something. */
void se__admin_count_from_start(const se_admin *admin)
{
    static const char *const sources[] = {"cache", "fresh_request"};

    if (!admin->credentials) {
        return;
    }
    for (size_t i = 0; i < SE__COUNT(sources); i++) {
        se__metric_add(admin->metrics, SE__METRIC_TOKEN_SOURCE,
                       SE__LABELS(sources[i]), 0);
    }
    se__metric_add(admin->metrics, SE__METRIC_TOKEN_REQUESTS,
                   SE__LABELS("", "success"), 0);
    for (size_t i = 0; i < SE__COUNT(error_types); i++) {
        se__metric_add(admin->metrics, SE__METRIC_TOKEN_REQUESTS,
                       SE__LABELS(error_types[i], "failure"), 0);
        se__metric_add(admin->metrics, SE__METRIC_AUTH_ERRORS,
                       SE__LABELS(admin->url, error_types[i]), 0);
    }
}
