/*
 * An uploader's options: defaults filled in, strings owned.
 */
#include "uploader/uploader.h"

#include "base/error.h"
#include "base/mem.h"

#define DEFAULT_MAX_LANES 4

static void set_default(int *option, int value)
{
    if (*option <= 0) {
        *option = value;
    }
}

static void fill_defaults(se_uploader_options *options)
{
    int cores = se__cpu_count();

    set_default(&options->transfer_threads,
                cores < DEFAULT_MAX_LANES ? cores : DEFAULT_MAX_LANES);
    if (options->transfer_threads > SE__MAX_LANES) {
        options->transfer_threads = SE__MAX_LANES;
    }
    set_default(&options->jobs_per_thread, 64);
    set_default(&options->connect_timeout_ms, 3000);
    set_default(&options->idle_timeout_ms, 30000);
    set_default(&options->commit_timeout_ms, 120000);
    set_default(&options->expect_timeout_ms, 300);
    set_default(&options->probe_timeout_ms, 1000);
    set_default(&options->probe_max_age_ms, 10000);
    set_default(&options->control_timeout_ms, 5000);
    set_default(&options->reload_wait_ms, 200);
    set_default(&options->max_attempts, 4);
    set_default(&options->max_elements, 16);
    set_default(&options->backoff_base_ms, 50);
    set_default(&options->backoff_max_ms, 2000);
    set_default(&options->resolve_interval_ms, 1000);
    if (options->spool_quota_bytes <= 0) {
        options->spool_quota_bytes = (int64_t)16 << 30;
    }
}

static bool own(const char **text, const char *otherwise)
{
    const char *from = *text ? *text : otherwise;

    *text = se__strdup(from);
    return *text || !from;
}

static bool own_strings(se_uploader_options *options)
{
    bool spool = own(&options->spool_dir, NULL);
    bool ca = own(&options->ca_file, NULL);
    bool stale = own(&options->stale_mode_text, "not allowed in");

    return spool && ca && stale;
}

static void free_text(const char *text)
{
    union {
        const char *borrowed;
        char *owned;
    } u = {text};

    free(u.owned);
}

se_err se__uploader_options_copy(se_uploader_options *to,
                                 const se_uploader_options *from, se_error *err)
{
    static const se_uploader_options none = SE_UPLOADER_OPTIONS_INIT;
    se_uploader_options copy;
    se_err rc = se__struct_copy(&copy, sizeof(copy), from ? from : &none,
                                "se_uploader_options", err);

    if (rc != SE_OK) {
        return rc;
    }
    se__admin_ref(copy.admin);
    if (!own_strings(&copy)) {
        copy.metrics = NULL; /* not ours yet */
        se__uploader_options_fini(&copy);
        return se__fail(err, SE_E_NOMEM, "out of memory for options");
    }
    fill_defaults(&copy);
    se_metrics_ref(copy.metrics);
    *to = copy;
    return SE_OK;
}

void se__uploader_options_fini(se_uploader_options *options)
{
    se__admin_unref(options->admin);
    free_text(options->spool_dir);
    free_text(options->ca_file);
    free_text(options->stale_mode_text);
    se_metrics_unref(options->metrics);
}
