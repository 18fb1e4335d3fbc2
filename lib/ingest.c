/*
 * The assembly: sources into a registry, a selector over it, an uploader that
 * uses both.
 */
#include <artstore/ingest.h>

#include <string.h>
#include <unistd.h>

#include "admin/token_file.h"
#include "base/error.h"
#include "base/mem.h"

struct se_ingest {
    se_registry *registry;
    se_selector *selector;
    se_uploader *uploader;
    se__token_file *token_file;
};

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
    if (rc == SE_OK) {
        rc = se_registry_open(&ingest->registry, &sub, err);
    }
    return rc;
}

static se_err add_sources(se_ingest *ingest, const se_options *options,
                          se_error *err)
{
    if (options->n_sources > 0 && !options->sources) {
        return se__fail(err, SE_E_INVALID, "the sources are missing");
    }
    for (size_t i = 0; i < options->n_sources; i++) {
        se_source *source = NULL;
        se_err rc = se_source_open(options->sources[i], &source, err);

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

static se_err open_uploader(se_ingest *ingest, const se_options *options,
                            se_error *err)
{
    se_uploader_options sub = SE_UPLOADER_OPTIONS_INIT;
    se_err rc = SE_OK;

    if (options->uploader) {
        rc = se__struct_copy(&sub, sizeof(sub), options->uploader,
                             "se_uploader_options", err);
    }
    if (rc == SE_OK && options->token_file && !sub.token) {
        rc = se__token_file_new(options->token_file, &ingest->token_file, err);
        sub.token = se__token_file_get;
        sub.token_user = ingest->token_file;
    }
    if (!sub.log) {
        sub.log = options->log;
        sub.log_user = options->log_user;
    }
    if (rc == SE_OK) {
        rc = se_uploader_open(ingest->registry, ingest->selector, &sub,
                              &ingest->uploader, err);
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
    rc = open_registry(ingest, &known, err);
    if (rc == SE_OK) {
        rc = add_sources(ingest, &known, err);
    }
    if (rc == SE_OK) {
        rc = se_selector_open(ingest->registry, known.selector,
                              &ingest->selector, err);
    }
    if (rc == SE_OK) {
        rc = open_uploader(ingest, &known, err);
    }
    if (rc != SE_OK) {
        se_ingest_close(ingest);
        return rc;
    }
    *out = ingest;
    return SE_OK;
}

/* The first list is fetched by who needs it first. */
static se_err need_list(se_ingest *ingest, se_error *err)
{
    se_topology *topology = se_registry_topology(ingest->registry);
    bool known = topology != NULL;

    se_topology_unref(topology);
    return known ? SE_OK
                 : se_registry_reload(ingest->registry, SE_RELOAD_MANUAL, 0,
                                      NULL, err);
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

void se_ingest_stop(se_ingest *ingest, int drain_ms)
{
    se_uploader_stop(ingest->uploader, drain_ms);
}

void se_ingest_close(se_ingest *ingest)
{
    if (ingest) {
        se_uploader_close(ingest->uploader);
        se_selector_close(ingest->selector);
        se_registry_close(ingest->registry);
        se__token_file_free(ingest->token_file);
        free(ingest);
    }
}
