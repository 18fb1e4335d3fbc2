/*
 * admin.h - the Admin Module: who may do what, and which elements there are.
 *
 * One handle speaks to one Admin Module. It gets a token by client credentials
 * and keeps it fresh for everybody who uses the handle: the source of the list
 * of storage elements, and uploads, which the same token authorises.
 * Source: wire-contract 2.
 */
#ifndef ARTSTORE_ADMIN_H
#define ARTSTORE_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/log.h>
#include <artstore/metrics.h>
#include <artstore/source.h>

SE_BEGIN_DECLS

typedef struct se_admin se_admin;

/* Options; zero means default. Strings are copied. */
typedef struct se_admin_options {
    uint32_t size;             /* sizeof(se_admin_options) */
    const char *url;           /* base URL, http:// or https:// */
    const char *client_id;     /* service account; NULL: no token */
    const char *client_secret; /* of that account */
    const char *token_file;    /* bearer token instead of an account */
    int timeout_ms;            /* one answer; default 10000 */
    const char *ca_file;       /* PEM; default the system's */
    bool https_only;
    se_metrics *metrics; /* keeps a reference; NULL: nobody counts */
    se_log_fn log;       /* NULL: silent */
    void *log_user;
} se_admin_options;

#define SE_ADMIN_OPTIONS_INIT                                                  \
    {                                                                          \
        sizeof(se_admin_options), 0, 0, 0, 0, 0, 0, false, 0, 0, 0             \
    }

/*
 * Open a handle. Contacts nothing, starts nothing.
 *
 * @param[out] out  returns owned; close with se_admin_close()
 * @param options   copies
 * @param[out] err  may be NULL
 * @return  SE_E_CONFIG for a URL that is not understood or half an account
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_admin_open(se_admin **out, const se_admin_options *options,
                            se_error *err);

/*
 * Make a source that reads the list of storage elements from the Admin Module.
 * It names only elements that take files; what it does not name and is in force
 * as `ro`, `ar` or unavailable stays as it was.
 *
 * @param admin     keeps what it needs of it
 * @param[out] out  returns owned
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_source_admin(se_admin *admin, se_source **out, se_error *err);

/*
 * Get a token, for trying whether one is to be had.
 *
 * @param admin       borrows
 * @param timeout_ms  at most this long; 0: the option's
 * @param[out] err    may be NULL
 * @return  SE_E_AUTH if it is refused, SE_E_CONNECT, SE_E_TIMEOUT or
 *          SE_E_PROTOCOL if nobody answers as expected; SE_E_NOT_FOUND without
 *          an account
 *
 * Threads: any but callbacks. Blocks: up to timeout_ms. Since: 0.1.
 */
SE_API se_err se_admin_check_token(se_admin *admin, int timeout_ms,
                                   se_error *err);

/*
 * Close a handle; sources and uploaders that use it keep what they need.
 *
 * @param admin  takes; NULL is a no-op
 *
 * Threads: one at a time. Blocks: never. Since: 0.1.
 */
SE_API void se_admin_close(se_admin *admin);

SE_END_DECLS

#endif
