/*
 * The assembly: sources into a registry, a selector over it, an uploader that
 * uses both, and a monitor that knows how much room there is.
 */
#include "ingest/ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "admin/admin.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "source/redis_url.h"
#include "wire/url.h"

/* ---- what all parts share ---- */

static bool has_scheme(const char *url, const char *const *schemes)
{
    for (; url && *schemes; schemes++) {
        if (strncasecmp(url, *schemes, strlen(*schemes)) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_admin(const char *url)
{
    static const char *const schemes[] = {"http:", "https:", NULL};

    return has_scheme(url, schemes);
}

static bool is_redis(const char *url)
{
    static const char *const schemes[] = {
        "redis:", "rediss:", "sentinel:", NULL};

    return has_scheme(url, schemes);
}

static const char *first_source(const se_options *options,
                                bool (*matches)(const char *url))
{
    for (size_t i = 0; i < options->n_sources; i++) {
        if (matches(options->sources[i])) {
            return options->sources[i];
        }
    }
    return NULL;
}

static se_err name_instance(se_ingest *ingest, const se_options *options,
                            se_error *err)
{
    size_t length = options->instance_id ? strlen(options->instance_id) : 0;

    if (length >= sizeof(ingest->instance_id)) {
        return se__fail(err, SE_E_INVALID,
                        "the instance id is longer than %zu bytes",
                        sizeof(ingest->instance_id) - 1);
    }
    if (length > 0) {
        memcpy(ingest->instance_id, options->instance_id, length + 1);
    } else {
        snprintf(ingest->instance_id, sizeof(ingest->instance_id),
                 "ingester-%08" PRIx32, (uint32_t)se__random());
    }
    return SE_OK;
}

static se_err need_metrics(se_ingest *ingest, const se_options *options,
                           se_error *err)
{
    if (options->metrics) {
        ingest->metrics = se_metrics_ref(options->metrics);
        return SE_OK;
    }
    return se_metrics_new(&ingest->metrics, err);
}

/* ---- the Admin Module ---- */

static se_err open_admin(const se_ingest *ingest, const se_options *options,
                         const char *url, se_admin **out, se_error *err)
{
    se_admin_options sub = SE_ADMIN_OPTIONS_INIT;

    sub.url = url;
    sub.client_id = options->client_id;
    sub.client_secret = options->client_secret;
    sub.token_file = options->token_file;
    sub.timeout_ms = options->admin_timeout_ms;
    sub.ca_file = options->ca_file;
    sub.metrics = ingest->metrics;
    sub.log = options->log;
    sub.log_user = options->log_user;
    return se_admin_open(out, &sub, err);
}

/* The one that gives tokens: named, or the first among the sources. */
static se_err find_admin(se_ingest *ingest, const se_options *options,
                         se_error *err)
{
    const char *url = options->admin_url ? options->admin_url
                                         : first_source(options, is_admin);

    return url ? open_admin(ingest, options, url, &ingest->admin, err) : SE_OK;
}

/* ---- sources ---- */

/* However it is spelled: one handle, so one token. */
static bool is_shared_admin(const se_ingest *ingest, const char *url)
{
    char normal[SE__URL_SIZE];

    return ingest->admin && se__url_normalize(url, normal, NULL) == SE_OK &&
           strcmp(normal, se__admin_url(ingest->admin)) == 0;
}

static se_err open_admin_source(se_ingest *ingest, const se_options *options,
                                const char *url, se_source **out, se_error *err)
{
    se_admin *own = NULL;
    se_err rc;

    if (is_shared_admin(ingest, url)) {
        return se_source_admin(ingest->admin, out, err);
    }
    rc = open_admin(ingest, options, url, &own, err);
    if (rc == SE_OK) {
        rc = se_source_admin(own, out, err);
    }
    se_admin_close(own);
    return rc;
}

/* A URL that is not understood holds none: who opens it says so. */
static bool holds_password(const char *url)
{
    se__redis_url parsed;
    bool holds = false;

    if (url && se__redis_url_parse(url, &parsed, NULL) == SE_OK) {
        holds = parsed.password != NULL;
        se__redis_url_fini(&parsed);
    }
    return holds;
}

static se_redis_options redis_options(const se_options *options,
                                      const char *url)
{
    se_redis_options sub = SE_REDIS_OPTIONS_INIT;

    sub.url = url;
    sub.password = holds_password(url) ? NULL : options->redis_password;
    sub.updates_channel = options->redis_updates_channel;
    sub.events_channel = options->redis_events_channel;
    sub.ca_file = options->ca_file;
    return sub;
}

static se_err open_source(se_ingest *ingest, const se_options *options,
                          const char *url, se_source **out, se_error *err)
{
    se_redis_options redis = redis_options(options, url);

    if (is_redis(url)) {
        return se_source_redis(&redis, out, err);
    }
    if (is_admin(url)) {
        return open_admin_source(ingest, options, url, out, err);
    }
    return se_source_open(url, out, err);
}

static se_err add_sources(se_ingest *ingest, const se_options *options,
                          se_error *err)
{
    for (size_t i = 0; i < options->n_sources; i++) {
        se_source *source = NULL;
        se_err rc =
            open_source(ingest, options, options->sources[i], &source, err);

        if (rc == SE_OK) {
            rc = se_registry_add_source(ingest->registry, source, err);
            if (rc != SE_OK) {
                se_source_free(source);
            }
        }
        if (rc != SE_OK) {
            return rc;
        }
    }
    return SE_OK;
}

/* ---- parts ---- */

static se_err open_registry(se_ingest *ingest, const se_options *options,
                            se_error *err)
{
    se_registry_options sub = SE_REGISTRY_OPTIONS_INIT;
    se_err rc = SE_OK;

    if (options->registry) {
        rc = se__struct_copy(&sub, sizeof(sub), options->registry,
                             "se_registry_options", err);
    }
    if (!sub.log) {
        sub.log = options->log;
        sub.log_user = options->log_user;
    }
    sub.metrics = sub.metrics ? sub.metrics : ingest->metrics;
    sub.state_dir = sub.state_dir ? sub.state_dir : options->state_dir;
    sub.instance_id = sub.instance_id ? sub.instance_id : ingest->instance_id;
    return rc == SE_OK ? se_registry_open(&ingest->registry, &sub, err) : rc;
}

static se_err open_selector(se_ingest *ingest, const se_options *options,
                            se_error *err)
{
    se_selector_options sub = SE_SELECTOR_OPTIONS_INIT;
    se_err rc = SE_OK;

    if (options->selector) {
        rc = se__struct_copy(&sub, sizeof(sub), options->selector,
                             "se_selector_options", err);
    }
    sub.metrics = sub.metrics ? sub.metrics : ingest->metrics;
    return rc == SE_OK ? se_selector_open(ingest->registry, &sub,
                                          &ingest->selector, err)
                       : rc;
}

/* A token file of its own goes before an account. */
static se_err find_token(se_ingest *ingest, const se_options *options,
                         se_uploader_options *sub, se_error *err)
{
    se_err rc = SE_OK;

    if (sub->token) {
        return SE_OK;
    }
    if (options->token_file) {
        rc = se__token_file_new(options->token_file, &ingest->token_file, err);
        sub->token = se__token_file_get;
        sub->token_user = ingest->token_file;
    } else if (!sub->admin) {
        sub->admin = ingest->admin;
    }
    return rc;
}

static se_err open_uploader(se_ingest *ingest, const se_options *options,
                            se_error *err)
{
    se_uploader_options sub = SE_UPLOADER_OPTIONS_INIT;
    se_err rc = SE_OK;

    if (options->uploader) {
        rc = se__struct_copy(&sub, sizeof(sub), options->uploader,
                             "se_uploader_options", err);
    }
    if (rc == SE_OK) {
        rc = find_token(ingest, options, &sub, err);
    }
    if (!sub.log) {
        sub.log = options->log;
        sub.log_user = options->log_user;
    }
    sub.metrics = sub.metrics ? sub.metrics : ingest->metrics;
    sub.ca_file = sub.ca_file ? sub.ca_file : options->ca_file;
    return rc == SE_OK ? se_uploader_open(ingest->registry, ingest->selector,
                                          &sub, &ingest->uploader, err)
                       : rc;
}

/* Results are shared in the Redis that the list comes from. */
static se_err open_monitor(se_ingest *ingest, const se_options *options,
                           se_error *err)
{
    const char *url = first_source(options, is_redis);
    se_redis_options redis = redis_options(options, url);
    se_monitor_options sub = SE_MONITOR_OPTIONS_INIT;
    se_err rc = SE_OK;

    if (options->monitor) {
        rc = se__struct_copy(&sub, sizeof(sub), options->monitor,
                             "se_monitor_options", err);
    }
    if (!sub.redis && url) {
        sub.redis = &redis;
    }
    if (!sub.log) {
        sub.log = options->log;
        sub.log_user = options->log_user;
    }
    sub.admin = sub.admin ? sub.admin : ingest->admin;
    sub.ca_file = sub.ca_file ? sub.ca_file : options->ca_file;
    sub.metrics = sub.metrics ? sub.metrics : ingest->metrics;
    sub.instance_id = sub.instance_id ? sub.instance_id : ingest->instance_id;
    return rc == SE_OK
               ? se_monitor_open(ingest->registry, &sub, &ingest->monitor, err)
               : rc;
}

static se_err check(const se_options *options, se_error *err)
{
    if (options->n_sources > 0 && !options->sources) {
        return se__fail(err, SE_E_INVALID, "the sources are missing");
    }
    for (size_t i = 0; i < options->n_sources; i++) {
        if (!options->sources[i]) {
            return se__fail(err, SE_E_INVALID, "a source is NULL");
        }
    }
    return SE_OK;
}

static se_err assemble(se_ingest *ingest, const se_options *options,
                       se_error *err)
{
    /* Each uses those before it. */
    static se_err (*const steps[])(se_ingest *, const se_options *,
                                   se_error *) = {
        name_instance, need_metrics,  find_admin,    open_registry,
        add_sources,   open_selector, open_uploader, open_monitor,
    };
    se_err rc = check(options, err);

    for (size_t i = 0; rc == SE_OK && i < SE__COUNT(steps); i++) {
        rc = steps[i](ingest, options, err);
    }
    return rc;
}

se_err se_ingest_open(se_ingest **out, const se_options *options, se_error *err)
{
    se_options known;
    se_ingest *ingest = NULL;
    se_err rc =
        se__struct_copy(&known, sizeof(known), options, "se_options", err);

    if (rc != SE_OK) {
        return rc;
    }
    ingest = se__zalloc(sizeof(*ingest));
    if (!ingest) {
        return se__fail(err, SE_E_NOMEM, "out of memory");
    }
    rc = assemble(ingest, &known, err);
    if (rc != SE_OK) {
        se_ingest_close(ingest);
        return rc;
    }
    *out = ingest;
    return SE_OK;
}
