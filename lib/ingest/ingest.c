/*
 * A whole ingester: its start and end, its uploads, its parts.
 */
#include "ingest/ingest.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

se_err se_ingest_start(se_ingest *ingest, unsigned what, se_error *err)
{
    se_err rc = SE_OK;

    if (!ingest || (what & ~(unsigned)SE_START_ALL)) {
        return se__fail(err, SE_E_INVALID,
                        "se_ingest_start starts SE_START_* of an se_ingest");
    }
    /* First, so that it sees the first list. */
    if (what & SE_START_MONITOR) {
        rc = se_monitor_start(ingest->monitor, err);
    }
    if (rc == SE_OK && (what & SE_START_RELOAD)) {
        rc = se_registry_start(ingest->registry, err);
    }
    return rc;
}

void se_ingest_stop(se_ingest *ingest, int drain_ms)
{
    se_uploader_stop(ingest->uploader, drain_ms);
    se_monitor_stop(ingest->monitor);
}

void se_ingest_close(se_ingest *ingest)
{
    if (ingest) {
        se_uploader_close(ingest->uploader);
        se_monitor_close(ingest->monitor);
        se_selector_close(ingest->selector);
        se_registry_close(ingest->registry);
        se_admin_close(ingest->admin);
        se__token_file_free(ingest->token_file);
        se_metrics_unref(ingest->metrics);
        free(ingest);
    }
}

/* ---- uploads ---- */

static bool has_list(se_ingest *ingest)
{
    se_topology *topology = se_registry_topology(ingest->registry);
    bool known = topology != NULL;

    se_topology_unref(topology);
    return known;
}

/*
 * The first list is fetched by who needs it first. A fetch that fails is no
 * obstacle if another one brought a list meanwhile, the last good one maybe.
 */
static se_err need_list(se_ingest *ingest, se_error *err)
{
    se_error why = SE_ERROR_INIT;

    if (has_list(ingest) ||
        se_registry_reload(ingest->registry, SE_RELOAD_MANUAL, 0, NULL, &why) ==
            SE_OK ||
        has_list(ingest)) {
        return SE_OK;
    }
    return se__error_copy(err, &why);
}

se_err se_ingest_upload(se_ingest *ingest, const se_upload *upload,
                        se_result **result, se_error *err)
{
    se_err rc;

    if (!ingest || !upload) {
        return se__fail(err, SE_E_INVALID, "%s is missing",
                        ingest ? "se_upload" : "se_ingest");
    }
    rc = need_list(ingest, err);
    if (rc != SE_OK) {
        return rc;
    }
    return se_uploader_upload(ingest->uploader, upload, result, err);
}

/* ---- views ---- */

se_registry *se_ingest_registry(se_ingest *ingest)
{
    return ingest->registry;
}

se_selector *se_ingest_selector(se_ingest *ingest)
{
    return ingest->selector;
}

se_uploader *se_ingest_uploader(se_ingest *ingest)
{
    return ingest->uploader;
}

se_monitor *se_ingest_monitor(se_ingest *ingest)
{
    return ingest->monitor;
}

se_admin *se_ingest_admin(se_ingest *ingest)
{
    return ingest->admin;
}

se_metrics *se_ingest_metrics(se_ingest *ingest)
{
    return ingest->metrics;
}
