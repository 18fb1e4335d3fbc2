/*
 * ingest.h - everything assembled: sources, registry, selector, uploader.
 *
 * The one header that most programs need.
 */
#ifndef ARTSTORE_INGEST_H
#define ARTSTORE_INGEST_H

#include <stddef.h>
#include <stdint.h>

#include <artstore/admin.h>
#include <artstore/capacity.h>
#include <artstore/config.h>
#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/log.h>
#include <artstore/metrics.h>
#include <artstore/monitor.h>
#include <artstore/registry.h>
#include <artstore/selector.h>
#include <artstore/source.h>
#include <artstore/topology.h>
#include <artstore/uploader.h>
#include <artstore/version.h>

SE_BEGIN_DECLS

typedef struct se_ingest se_ingest;

/* Options; zero means default. Strings are copied. */
typedef struct se_options {
    uint32_t size;              /* sizeof(se_options) */
    const char *const *sources; /* URLs, in order of preference */
    size_t n_sources;
    const char *token_file; /* bearer token for elements; read when needed
                               and again when one refuses it */
    const se_registry_options *registry; /* copied; NULL: defaults */
    const se_selector_options *selector; /* copied; NULL: defaults */
    const se_uploader_options *uploader; /* copied; NULL: defaults */
    se_log_fn log; /* for every part without one of its own */
    void *log_user;
    se_metrics *metrics;        /* keeps a reference; NULL: one of its own */
    const char *state_dir;      /* what must survive a restart; NULL: nowhere */
    const char *instance_id;    /* default "ingester-" and 8 hex digits */
    const char *redis_password; /* for Redis sources whose URL holds none */
    const char *redis_updates_channel; /* default SE_REDIS_UPDATES_CHANNEL */
    const char *redis_events_channel;  /* default SE_REDIS_EVENTS_CHANNEL */
    const char *admin_url; /* for tokens; default the first http(s) source */
    const char *client_id; /* service account at the Admin Module */
    const char *client_secret; /* of that account */
    int admin_timeout_ms;      /* default 10000 */
    const char *ca_file;       /* PEM, for Redis, Admin and elements; default
                                  the system's */
    const se_monitor_options *monitor; /* copied; NULL: defaults; its redis is
                                          the first Redis source unless set */
} se_options;

#define SE_OPTIONS_INIT                                                        \
    {                                                                          \
        sizeof(se_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
            0, 0, 0                                                            \
    }

/* What se_ingest_start() starts. */
enum {
    SE_START_RELOAD = 1 << 0,  /* periodic reload and watches */
    SE_START_MONITOR = 1 << 1, /* capacity monitor, with its election */
    SE_START_ALL = SE_START_RELOAD | SE_START_MONITOR
};

/*
 * Open everything. Reads nothing, contacts nothing, starts nothing: that
 * happens at first need.
 *
 * @param[out] out  returns owned; close with se_ingest_close()
 * @param options   copies
 * @param[out] err  may be NULL
 * @return  SE_E_CONFIG for a source URL that is not understood
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_ingest_open(se_ingest **out, const se_options *options,
                             se_error *err);

/*
 * Deliver one file and wait for the end. The list of storage elements is read
 * first if there is none yet.
 *
 * @param ingest       borrows
 * @param upload       borrows; its `done` is not called
 * @param[out] result  returns owned, free with se_result_free(); written
 *                     whenever the upload was valid and a list was there
 * @param[out] err     may be NULL
 * @return  SE_OK only if stored; SE_E_DISCOVERY if no source gave a list
 *
 * Threads: any but callbacks. Blocks: until the end. Since: 0.1.
 */
SE_API se_err se_ingest_upload(se_ingest *ingest, const se_upload *upload,
                               se_result **result, se_error *err);

/*
 * Start what runs in the background, for programs that stay. Idempotent.
 *
 * @param ingest    borrows
 * @param what      SE_START_* together
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_ingest_start(se_ingest *ingest, unsigned what, se_error *err);

/*
 * Give the registry inside.
 *
 * @param ingest  borrows
 * @return        returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_registry *se_ingest_registry(se_ingest *ingest);

/*
 * Give the selector inside.
 *
 * @param ingest  borrows
 * @return        returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_selector *se_ingest_selector(se_ingest *ingest);

/*
 * Give the uploader inside.
 *
 * @param ingest  borrows
 * @return        returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_uploader *se_ingest_uploader(se_ingest *ingest);

/*
 * Give the capacity monitor inside.
 *
 * @param ingest  borrows
 * @return        returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_monitor *se_ingest_monitor(se_ingest *ingest);

/*
 * Give the handle of the Admin Module inside.
 *
 * @param ingest  borrows
 * @return        returns view; NULL if no URL of one is known
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_admin *se_ingest_admin(se_ingest *ingest);

/*
 * Give the metrics that all parts count into.
 *
 * @param ingest  borrows
 * @return        returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_metrics *se_ingest_metrics(se_ingest *ingest);

/*
 * Take no new work, wait for what is under way, then cancel the rest.
 *
 * @param ingest    borrows
 * @param drain_ms  how long to wait; 0: not at all
 *
 * Threads: any but callbacks. Blocks: drain_ms and the time to cancel.
 * Since: 0.1.
 */
SE_API void se_ingest_stop(se_ingest *ingest, int drain_ms);

/*
 * Close everything: se_ingest_stop(ingest, 0), end all threads, free.
 *
 * @param ingest  takes; NULL is a no-op
 *
 * Threads: one at a time, no callback. Blocks: as stop. Since: 0.1.
 */
SE_API void se_ingest_close(se_ingest *ingest);

SE_END_DECLS

#endif
