/*
 * What is counted of tokens (wire-contract 7.2), each request once.
 */
#include "admin/private.h"
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

void se__admin_count_ttl(const se_admin *admin, int64_t left_ms)
{
    se__metric_set(admin->metrics, SE__METRIC_TOKEN_TTL, NULL,
                   (double)left_ms / 1000);
}

void se__admin_count_look_locked(se_admin *admin, se__token_state state,
                                 bool from_cache)
{
    admin->looks++;
    admin->hits += from_cache;
    se__metric_add(admin->metrics, SE__METRIC_TOKEN_VALIDATION,
                   SE__LABELS(looks[state]), 1);
    se__metric_add(admin->metrics, SE__METRIC_TOKEN_SOURCE,
                   SE__LABELS(from_cache ? "cache" : "fresh_request"), 1);
    se__metric_set(admin->metrics, SE__METRIC_TOKEN_HIT_RATE, NULL,
                   (double)admin->hits / (double)admin->looks);
}
