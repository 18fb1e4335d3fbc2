/*
 * uploader.h - deliver a file to one storage element, whatever it takes.
 *
 * An upload is a job: it picks an element, streams the body with a checksum,
 * compares the checksum with the answer, and goes to the next element when one
 * is full, gone or dead. Jobs run on a few transfer threads of the uploader.
 * The outcome of a job is one of three (se_outcome in selector.h): stored,
 * rejected (proof that nothing is stored), or unknown.
 *
 * Source: wire-contract 3, semantics 1 and 5.
 */
#ifndef ARTSTORE_UPLOADER_H
#define ARTSTORE_UPLOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/admin.h>
#include <artstore/error.h>
#include <artstore/export.h>
#include <artstore/log.h>
#include <artstore/metrics.h>
#include <artstore/registry.h>
#include <artstore/selector.h>

SE_BEGIN_DECLS

typedef struct se_uploader se_uploader;
typedef struct se_job se_job;
typedef struct se_result se_result;
typedef struct se_attempt se_attempt;

/* Where callbacks run. */
typedef enum se_dispatch {
    SE_DISPATCH_THREAD = 0, /* on a transfer thread; keep them short */
    SE_DISPATCH_CALLER = 1  /* inside se_uploader_dispatch() */
} se_dispatch;

/* Is the file known to the Admin Module? */
typedef enum se_registered {
    SE_REGISTERED_OFF = 0,
    SE_REGISTERED_YES = 1,
    SE_REGISTERED_PENDING = 2
} se_registered;

/*
 * Give a bearer token. Called by a transfer thread: answers from memory or
 * from a small file.
 *
 * @param user   as given in the options
 * @param stale  the token that an element refused, NULL at first
 * @param[out] token     the token, NUL-terminated; "" for none
 * @param      capacity  room in token
 * @param[out] err       what went wrong
 */
typedef se_err (*se_token_fn)(void *user, const char *stale, char *token,
                              size_t capacity, se_error *err);

/* Options of an uploader; zero means default. Strings are copied. */
typedef struct se_uploader_options {
    uint32_t size;        /* sizeof(se_uploader_options) */
    int transfer_threads; /* default min(cores, 4) */
    int jobs_per_thread;  /* running at once; default 64 */
    se_dispatch dispatch;
    int connect_timeout_ms;    /* default 3000 */
    int idle_timeout_ms;       /* under 1 KiB/s for this long; 30000 */
    int commit_timeout_ms;     /* last byte to answer; default 120000 */
    int expect_timeout_ms;     /* wait for 100 Continue; default 300 */
    int probe_timeout_ms;      /* one capacity answer; default 1000 */
    int probe_max_age_ms;      /* a fresher answer is believed; 10000 */
    int control_timeout_ms;    /* one answer about a file; default 5000 */
    int reload_wait_ms;        /* wait for a lazy reload; default 200 */
    int max_attempts;          /* that cost something; default 4 */
    int max_elements;          /* contacted for one upload; default 16 */
    int backoff_base_ms;       /* default 50 */
    int backoff_max_ms;        /* default 2000 */
    int resolve_interval_ms;   /* between questions for an id; 1000 */
    int64_t spool_quota_bytes; /* of all streams together; default 16 GiB */
    const char *spool_dir;     /* default $TMPDIR, else /tmp */
    const char *ca_file;       /* PEM; default the system's */
    bool https_only;
    const char *stale_mode_text; /* in a 400: the list is stale; default
                                    "not allowed in" */
    se_token_fn token;           /* NULL: no Authorization is sent */
    void *token_user;
    se_log_fn log; /* NULL: silent */
    void *log_user;
    se_admin *admin;     /* keeps what it needs: gives tokens if there is no
                            token function; NULL: none */
    se_metrics *metrics; /* keeps a reference; NULL: nobody counts */
} se_uploader_options;

#define SE_UPLOADER_OPTIONS_INIT                                               \
    {                                                                          \
        sizeof(se_uploader_options), 0, 0, SE_DISPATCH_THREAD, 0, 0, 0, 0, 0,  \
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, 0, 0, 0, 0, 0, 0, 0        \
    }

/*
 * Called once when a job has ended. It may submit and cancel jobs, but not
 * wait or close.
 *
 * @param job     returns view
 * @param result  returns view, valid during the call
 * @param user    as given with the upload
 */
typedef void (*se_upload_fn)(se_job *job, const se_result *result, void *user);

/*
 * Called now and then while a job sends, on a transfer thread. `bytes` is how
 * much of the file the attempt under way has sent; it falls back when another
 * attempt starts.
 */
typedef void (*se_progress_fn)(void *user, int64_t bytes);

/*
 * One file to deliver; start from SE_UPLOAD_INIT. Exactly one body: path,
 * data, or from_fd with fd.
 */
typedef struct se_upload {
    uint32_t size;      /* sizeof(se_upload) */
    const char *path;   /* a regular file; opened again for each attempt */
    const void *data;   /* borrowed until the job has ended */
    size_t data_length; /* bytes of data */
    bool from_fd;       /* read fd to its end */
    int fd;             /* borrowed until the job has ended */
    se_retention retention;
    int ttl_days;               /* 1 to 365; 0: 30; unused if permanent */
    const char *name;           /* file name; default the last part of path,
                                 else "unknown"; at most 500 characters */
    const char *content_type;   /* default application/octet-stream */
    const char *description;    /* at most 1000 characters */
    const char *metadata;       /* a JSON object */
    const char *file_id;        /* UUID; default a new one */
    const char *uploaded_by;    /* user name, sent along */
    const char *uploaded_by_id; /* and its id */
    int deadline_ms;            /* for everything; 0: none */
    se_upload_fn done;          /* may be NULL */
    se_progress_fn progress;    /* may be NULL */
    void *user;                 /* handed to done and progress */
} se_upload;

#define SE_UPLOAD_INIT                                                         \
    {                                                                          \
        sizeof(se_upload), 0, 0, 0, false, 0, SE_TEMPORARY, 0, 0, 0, 0, 0, 0,  \
            0, 0, 0, 0, 0, 0                                                   \
    }

/*
 * Open an uploader. Starts no thread and contacts nothing.
 *
 * @param registry  keeps what it needs of it
 * @param selector  keeps what it needs of it
 * @param options   copies; NULL for defaults
 * @param[out] out  returns owned; close with se_uploader_close()
 * @param[out] err  may be NULL
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_uploader_open(se_registry *registry, se_selector *selector,
                               const se_uploader_options *options,
                               se_uploader **out, se_error *err);

/*
 * Hand over one upload. Everything that can be checked without contact is
 * checked here.
 *
 * @param uploader  borrows
 * @param upload    copies, except where said otherwise above
 * @param[out] job  returns owned, free with se_job_free(); NULL if only the
 *                  callback is wanted
 * @param[out] err  may be NULL
 * @return  SE_E_INVALID, SE_E_FILE (unreadable), SE_E_REFUSED (empty),
 *          SE_E_CLOSED, SE_E_FORKED
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_err se_uploader_submit(se_uploader *uploader, const se_upload *upload,
                                 se_job **job, se_error *err);

/*
 * Deliver one file and wait for the end.
 *
 * @param uploader     borrows
 * @param upload       borrows; its `done` is not called
 * @param[out] result  returns owned, free with se_result_free(); written
 *                     whenever the upload was valid, also on failure
 * @param[out] err     may be NULL
 * @return  SE_OK only if stored
 *
 * Threads: any but callbacks. Blocks: until the end. Since: 0.1.
 */
SE_API se_err se_uploader_upload(se_uploader *uploader, const se_upload *upload,
                                 se_result **result, se_error *err);

/*
 * Give a descriptor that is readable while callbacks wait to be dispatched.
 *
 * @param uploader  borrows; one with SE_DISPATCH_CALLER
 * @return          returns view; -1 otherwise
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int se_uploader_fd(const se_uploader *uploader);

/*
 * Run the callbacks that wait.
 *
 * @param uploader  borrows; one with SE_DISPATCH_CALLER
 * @return          how many ran
 *
 * Threads: any. Blocks: never by itself. Since: 0.1.
 */
SE_API size_t se_uploader_dispatch(se_uploader *uploader);

/*
 * Take no new uploads, wait for those under way, then cancel the rest.
 *
 * @param uploader  borrows
 * @param drain_ms  how long to wait; 0: not at all
 *
 * Threads: any but callbacks. Blocks: drain_ms and the time to cancel.
 * Since: 0.1.
 */
SE_API void se_uploader_stop(se_uploader *uploader, int drain_ms);

/*
 * Close an uploader: se_uploader_stop(uploader, 0), end its threads, free it.
 * Jobs not freed yet stay valid and have ended.
 *
 * @param uploader  takes; NULL is a no-op
 *
 * Threads: one at a time, no callback. Blocks: as stop. Since: 0.1.
 */
SE_API void se_uploader_close(se_uploader *uploader);

/*
 * Cancel a job. It ends soon with SE_E_CANCELED, or as it would have ended if
 * that was decided already. A body cut off in the middle is an unknown outcome
 * and stays one.
 *
 * @param job  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_job_cancel(se_job *job);

/*
 * Wait for a job to end.
 *
 * @param job          borrows
 * @param timeout_ms   at most this long; -1: as long as it takes
 * @param[out] result  returns view, valid until se_job_free(); may be NULL
 * @param[out] err     may be NULL
 * @return  SE_OK if stored; the job's error if it ended otherwise (the result
 *          is written in both cases); SE_E_TIMEOUT if it has not ended,
 *          SE_E_FORKED in a child process
 *
 * Threads: any but callbacks. Blocks: up to timeout_ms. Since: 0.1.
 */
SE_API se_err se_job_wait(se_job *job, int timeout_ms, const se_result **result,
                          se_error *err);

/*
 * Give the file id of a job: chosen once, the same over all attempts.
 *
 * @param job  borrows
 * @return     returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_job_file_id(const se_job *job);

/*
 * Give a job's handle back. Does not cancel it.
 *
 * @param job  takes; NULL is a no-op
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_job_free(se_job *job);

/*
 * Give the outcome of an upload.
 *
 * @param result  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_outcome se_result_outcome(const se_result *result);

/*
 * Give the error of an upload that is not stored.
 *
 * @param result  borrows
 * @return        returns view; its code is SE_OK if the file is stored
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const se_error *se_result_error(const se_result *result);

/*
 * Give the file id that was used.
 *
 * @param result  borrows
 * @return        returns view; a UUID
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_result_file_id(const se_result *result);

/*
 * Give the element that stored the file, or may have if the outcome is
 * unknown.
 *
 * @param result  borrows
 * @return        returns view; "" if none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_result_se_id(const se_result *result);

/*
 * Give the base URL of that element.
 *
 * @param result  borrows
 * @return        returns view; "" if none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_result_se_url(const se_result *result);

/*
 * Give the size of the file.
 *
 * @param result  borrows
 * @return        bytes; -1 if its end was never reached
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int64_t se_result_size(const se_result *result);

/*
 * Give the SHA-256 of the file.
 *
 * @param result  borrows
 * @return        returns view; 64 hex digits, "" if its end was never reached
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_result_sha256(const se_result *result);

/*
 * Tell whether the file is registered with the Admin Module.
 *
 * @param result  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_registered se_result_registered(const se_result *result);

/*
 * Give the time from submit to the end.
 *
 * @param result  borrows
 * @return        milliseconds
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int64_t se_result_duration_ms(const se_result *result);

/*
 * Count the attempts, in order of time.
 *
 * @param result  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API size_t se_result_attempt_count(const se_result *result);

/*
 * Look at one attempt.
 *
 * @param result  borrows
 * @param index   0 to count - 1
 * @return        returns view, valid as long as the result; NULL past the end
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const se_attempt *se_result_attempt(const se_result *result,
                                           size_t index);

/*
 * Free a result that was returned as owned.
 *
 * @param result  takes; NULL is a no-op
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API void se_result_free(se_result *result);

/*
 * Give the element of an attempt.
 *
 * @param attempt  borrows
 * @return         returns view
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_attempt_se_id(const se_attempt *attempt);

/*
 * Give the outcome of an attempt.
 *
 * @param attempt  borrows
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API se_outcome se_attempt_outcome(const se_attempt *attempt);

/*
 * Give the status of the element's final answer.
 *
 * @param attempt  borrows
 * @return         0 if there was none
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int se_attempt_http_status(const se_attempt *attempt);

/*
 * Say what went wrong in an attempt.
 *
 * @param attempt  borrows
 * @return         returns view; "" if it stored the file
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_attempt_error(const se_attempt *attempt);

/*
 * Give how many bytes of the request's body left in an attempt.
 *
 * @param attempt  borrows
 * @return         bytes, form included; 0 proves that nothing was stored
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int64_t se_attempt_bytes_sent(const se_attempt *attempt);

/*
 * Give how long an attempt took.
 *
 * @param attempt  borrows
 * @return         milliseconds
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int64_t se_attempt_duration_ms(const se_attempt *attempt);

SE_END_DECLS

#endif
