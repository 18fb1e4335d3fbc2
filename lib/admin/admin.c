/*
 * A handle: options, life.
 */
#include <string.h>
#include <unistd.h>

#include "admin/private.h"
#include "base/error.h"
#include "base/mem.h"
#include "wire/url.h"

#define DEFAULT_TIMEOUT_MS 10000
#define CONNECT_TIMEOUT_MS 3000
#define PATIENCE_MS 2000
#define TOKEN_PATH "/api/v1/auth/token"

/* ---- options ---- */

static bool is_given(const char *text)
{
    return text != NULL && *text != '\0';
}

static se_err check_url(const se_admin_options *options, char url[SE__URL_SIZE],
                        se_error *err)
{
    se_error said = SE_ERROR_INIT;
    se_err rc;

    if (!is_given(options->url)) {
        return se__fail(err, SE_E_CONFIG, "an Admin Module needs a URL");
    }
    rc = se__url_normalize(options->url, url, &said);
    if (rc != SE_OK) {
        return se__fail(err, rc == SE_E_INVALID ? SE_E_CONFIG : rc,
                        "the Admin Module's URL: %s", said.message);
    }
    if (options->https_only && strncmp(url, "https:", 6) != 0) {
        return se__fail(err, SE_E_CONFIG,
                        "the Admin Module's URL %s is not https", url);
    }
    return SE_OK;
}

static se_err check_account(const se_admin_options *options, se_error *err)
{
    bool id = is_given(options->client_id);

    if (id != is_given(options->client_secret)) {
        return se__fail(err, SE_E_CONFIG,
                        "a service account needs client id and secret; the %s "
                        "is missing",
                        id ? "secret" : "id");
    }
    return SE_OK;
}

static char *join(const char *before, const char *behind)
{
    se__buf text = SE__BUF_INIT;

    se__buf_puts(&text, before);
    se__buf_puts(&text, behind);
    return se__buf_take(&text);
}

static bool own_strings(se_admin *admin, const se_admin_options *options,
                        const char *url)
{
    admin->url = se__strdup(url);
    admin->who = join("Admin Module ", url);
    admin->token_url = join(url, TOKEN_PATH);
    if (is_given(options->client_id)) {
        admin->credentials =
            se__admin_credentials(options->client_id, options->client_secret);
    }
    return admin->url && admin->who && admin->token_url &&
           (admin->credentials || !is_given(options->client_id));
}

/* ---- life ---- */

static void close_http(se__task *task)
{
    se_admin *admin = SE__CONTAINER(task, se_admin, shutdown);

    se__http_cancel(&admin->request.call); /* no-op if it is not under way */
    se__http_close(admin->http);
    admin->http = NULL;
}

static void close_loop(se_admin *admin)
{
    if (admin->http) {
        se__loop_post(admin->loop, &admin->shutdown);
    }
    if (admin->loop) {
        se__loop_close(admin->loop);
    }
}

static void admin_free(se_admin *admin)
{
    close_loop(admin);
    se__http_call_fini(&admin->request.call);
    se__token_fini(&admin->token);
    se__token_file_free(admin->file);
    se__secret_free(admin->credentials);
    se_metrics_unref(admin->metrics);
    se__cond_fini(&admin->changed);
    se__mutex_fini(&admin->lock);
    free(admin->token_url);
    free(admin->who);
    free(admin->url);
    free(admin);
}

static se_err set_up(se_admin *admin, const se_admin_options *options,
                     const char *url, se_error *err)
{
    const se__http_policy policy = {
        .ca_file = options->ca_file,
        .https_only = options->https_only,
        .connect_timeout_ms = admin->timeout_ms < CONNECT_TIMEOUT_MS
                                  ? admin->timeout_ms
                                  : CONNECT_TIMEOUT_MS,
    };
    se_err rc = SE_OK;

    if (!own_strings(admin, options, url)) {
        return se__fail(err, SE_E_NOMEM, "out of memory for an Admin Module");
    }
    if (is_given(options->token_file)) {
        rc = se__token_file_new(options->token_file, &admin->file, err);
    }
    if (rc == SE_OK) {
        rc = se__loop_open(&admin->loop, "se-admin", err);
    }
    if (rc == SE_OK) {
        rc = se__http_open(&admin->http, admin->loop, &policy, err);
    }
    return rc;
}

se_err se_admin_open(se_admin **out, const se_admin_options *options,
                     se_error *err)
{
    se_admin_options known;
    char url[SE__URL_SIZE];
    se_admin *admin;
    se_err rc = se__struct_copy(&known, sizeof(known), options,
                                "se_admin_options", err);

    if (rc == SE_OK) {
        rc = check_url(&known, url, err);
    }
    if (rc == SE_OK) {
        rc = check_account(&known, err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    admin = se__zalloc(sizeof(*admin));
    if (!admin) {
        return se__fail(err, SE_E_NOMEM, "out of memory for an Admin Module");
    }
    atomic_init(&admin->refs, 1);
    admin->pid = getpid();
    admin->timeout_ms =
        known.timeout_ms > 0 ? known.timeout_ms : DEFAULT_TIMEOUT_MS;
    admin->patience_ms = PATIENCE_MS;
    admin->log = (se__log){known.log, known.log_user};
    admin->metrics = se_metrics_ref(known.metrics);
    admin->shutdown.run = close_http;
    se__mutex_init(&admin->lock);
    se__cond_init(&admin->changed);
    se__token_init(&admin->token);
    rc = set_up(admin, &known, url, err);
    if (rc != SE_OK) {
        admin_free(admin);
        return rc;
    }
    se__admin_count_from_start(admin);
    *out = admin;
    return SE_OK;
}

const char *se__admin_url(const se_admin *admin)
{
    return admin->url;
}

se_admin *se__admin_ref(se_admin *admin)
{
    if (admin) {
        atomic_fetch_add(&admin->refs, 1);
    }
    return admin;
}

void se__admin_unref(se_admin *admin)
{
    if (!admin || getpid() != admin->pid) {
        return; /* the thread of a parent process cannot be joined */
    }
    if (atomic_fetch_sub(&admin->refs, 1) == 1) {
        admin_free(admin);
    }
}

void se_admin_close(se_admin *admin)
{
    se__admin_unref(admin);
}

se_err se__admin_check(const se_admin *admin, se_error *err)
{
    if (!admin) {
        return se__fail(err, SE_E_INVALID, "the Admin Module is missing");
    }
    if (getpid() != admin->pid) {
        return se__fail(err, SE_E_FORKED,
                        "the Admin Module's handle belongs to the parent "
                        "process; open one after fork");
    }
    return SE_OK;
}
