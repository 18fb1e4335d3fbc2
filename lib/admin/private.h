/*
 * The inside of a handle; for lib/admin.
 *
 * Design notes. One loop thread, "se-admin", started by the first request. What
 * changes is under `lock`: the token, the request that is under way, who waits
 * for it. There is one request at a time, whoever needs it: uploads wait by
 * a link in `waiting` and are posted to, blocking callers wait for `changed`.
 * A request runs to its end even if all who waited for it have left. An Admin
 * Module that hangs must not hold up uploads, which may do without a token: for
 * one that is late, or has been silent the last time, only those wait on whom
 * an element has insisted.
 */
#ifndef SE_ADMIN_PRIVATE_H
#define SE_ADMIN_PRIVATE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "admin/admin.h"
#include "admin/token.h"
#include "admin/token_file.h"
#include "base/thread.h"
#include "observe/log.h"
#include "wire/http.h"
#include "wire/loop.h"

#define SE__ADMIN_WHO_SIZE (SE__URL_SIZE + 16)

/* The request for a token that is under way; loop thread, but for `task`. */
typedef struct se__token_request {
    se__task task;
    se__http_call call;
    se__timer late;
    bool repeated;         /* a connection died; once more on a fresh one */
    bool forced;           /* somebody was refused */
    se__token_state state; /* what there was before */
    int64_t began_ms;
} se__token_request;

struct se_admin {
    atomic_int refs;
    pid_t pid;
    char *url; /* normalised */
    char *who; /* "Admin Module URL" */
    char *token_url;
    char *credentials;    /* request body, secret; NULL: no account */
    se__token_file *file; /* NULL: none */
    int timeout_ms;
    int patience_ms; /* then a request is late */
    se__log log;
    se_metrics *metrics;
    se__loop *loop;
    se__http *http;
    se__task shutdown;
    se__token_request request;

    se__mutex lock;
    se__cond changed; /* a request or a question ended */
    se__token token;
    bool requesting;
    bool late; /* the request under way */
    se__token_wait *waiting;
    int64_t handed_out, from_cache; /* tokens */
};

/* SE_E_FORKED in a child process. */
se_err se__admin_check(const se_admin *admin, se_error *err);

/* stop.c: a thread that waits for answers, on its stack. */
typedef struct se__admin_wait {
    se_admin *admin;
    int64_t deadline_ms;
    bool stopped; /* under the lock, written by the loop */
    bool over;    /* under the lock: nothing watches any more */
    se__task begin, end;

    /* on the loop */
    se__watcher watcher;
    bool watches;
    se__http_call *call; /* under way */
} se__admin_wait;

/* Once stop_fd is readable (-1: none) all waiting ends with SE_E_CANCELED. */
void se__admin_wait_begin(se__admin_wait *wait, se_admin *admin, int stop_fd,
                          int64_t deadline_ms);
void se__admin_wait_end(se__admin_wait *wait);

/* As se__admin_token(), but waits. */
se__token_answer se__admin_await_token(se__admin_wait *wait, const char *stale,
                                       char **token, se_error *err);

/* GET a document below the base URL with a token, once again after a 401. On
 * success the body is the caller's. */
se_err se__admin_get(se__admin_wait *wait, const char *path, size_t max_reply,
                     se__buf *body, se_error *err);

/* metrics.c: each does nothing if nobody counts */
void se__admin_count_from_start(const se_admin *admin);
void se__admin_count_request(const se_admin *admin, se__token_state before,
                             const char *error_type, int64_t took_ms);
void se__admin_count_ttl_locked(const se_admin *admin, int64_t now_ms);
void se__admin_count_look_locked(const se_admin *admin, int64_t now_ms);
void se__admin_count_token_locked(se_admin *admin, bool from_cache);

#endif
