/*
 * What the Admin Module answers (wire-contract 2): parsers, bounded and strict.
 *
 * No message holds a word of an answer to a token request: it may repeat the
 * secret that was sent, or hold a token.
 */
#ifndef SE_ADMIN_REPLY_H
#define SE_ADMIN_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>
#include <artstore/topology.h>

#include "wire/http.h"

/* How a token request ended, as the metrics name it (wire-contract 7.2);
 * "" after success. */
typedef struct se__grant {
    char *text; /* secret, owned by the caller */
    int64_t life_s;
    const char *error_type;
} se__grant;

#define SE__GRANT_MAX 8191 /* bytes of a token */

/* {"client_id":"...","client_secret":"..."}; secret, owned by the caller;
 * NULL: out of memory. */
char *se__admin_credentials(const char *client_id, const char *client_secret);

/*
 * POST /api/v1/auth/token. SE_E_AUTH if it is refused; SE_E_CONNECT,
 * SE_E_TIMEOUT, SE_E_PROTOCOL if nobody answers as expected; SE_E_NOMEM. On
 * failure only error_type is written; messages begin with `who`.
 */
se_err se__admin_read_grant(const char *who, const se__http_call *call,
                            se__grant *out, se_error *err);

/* How a GET ended that should have brought a document; SE_OK for 200. */
se_err se__admin_check_answer(const char *who, const se__http_call *call,
                              se_error *err);

/* GET /api/v1/internal/storage-elements/available. */
se_err se__admin_read_list(const char *text, size_t length, se_topology **out,
                           se_error *err);

/* GET /api/v1/internal/storage-elements/{element_id}. */
typedef struct se__admin_figures {
    int64_t total, used, available; /* -1: not known */
    bool healthy;
    char mode[8];
} se__admin_figures;

/* SE_E_PROTOCOL for figures that are none, or contradict each other. */
se_err se__admin_read_figures(const char *text, size_t length,
                              se__admin_figures *out, se_error *err);

#endif
