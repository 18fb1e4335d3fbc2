/*
 * error.h - error codes, and the error that says what happened to what.
 *
 * Every function that can fail in the outside world takes, as its last
 * parameter, an `se_error *` that belongs to the caller and may be NULL. It is
 * filled in completely on failure and untouched on success. On failure no out
 * parameter is written and nothing is consumed.
 */
#ifndef ARTSTORE_ERROR_H
#define ARTSTORE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include <artstore/export.h>

SE_BEGIN_DECLS

/*
 * The one table of errors: name, value, may a retry succeed, exit code of a
 * command that ends with it, text. Values are stable; new ones go to the end.
 */
#define SE_ERROR_MAP(X)                                                        \
    X(OK, 0, false, 0, "success")                                              \
    X(E_INVALID, 1, false, 2, "invalid argument")                              \
    X(E_CONFIG, 2, false, 2, "invalid configuration")                          \
    X(E_PARSE, 3, false, 2, "malformed document")                              \
    X(E_LIMIT, 4, false, 2, "input exceeds a limit")                           \
    X(E_UNSUPPORTED, 5, false, 2, "not supported by this build")               \
    X(E_NOMEM, 6, true, 1, "out of memory")                                    \
    X(E_SYSTEM, 7, false, 1, "system call failed")                             \
    X(E_CLOSED, 8, false, 1, "handle is closing")                              \
    X(E_FORKED, 9, false, 1, "handle belongs to the parent process")           \
    X(E_NOT_FOUND, 10, false, 1, "not found")                                  \
    X(E_CANCELED, 11, false, 1, "canceled")                                    \
    X(E_BUSY, 12, true, 5, "a limit is reached, try again later")              \
    X(E_TIMEOUT, 13, true, 5, "timed out")                                     \
    X(E_CONNECT, 14, true, 5, "no connection")                                 \
    X(E_PROTOCOL, 15, true, 5, "unusable answer")                              \
    X(E_DEADLINE, 16, true, 10, "deadline exceeded")                           \
    X(E_SOURCE, 17, true, 8, "source of storage elements failed")              \
    X(E_DISCOVERY, 18, true, 8, "no list of storage elements")                 \
    X(E_NO_SPACE, 19, true, 6, "no storage element has room")                  \
    X(E_UNAVAILABLE, 20, true, 5, "no storage element took the file")          \
    X(E_THROTTLED, 21, true, 5, "storage elements ask to slow down")           \
    X(E_RETRY_BUDGET, 22, true, 5, "retry budget empty")                       \
    X(E_REFUSED, 23, false, 7, "refused for good")                             \
    X(E_CONFLICT, 24, false, 7, "file id is taken by other content")           \
    X(E_MISCONFIGURED, 25, true, 5, "storage element is misconfigured")        \
    X(E_AUTH, 26, false, 12, "not authenticated")                              \
    X(E_INTEGRITY, 27, false, 11, "stored content differs from what was sent") \
    X(E_UNKNOWN_OUTCOME, 28, false, 13, "outcome is unknown")                  \
    X(E_FILE, 29, false, 4, "source file is unreadable")                       \
    X(E_FILE_CHANGED, 30, false, 4, "source file changed while it was read")

/* Result of every call that can fail. */
typedef enum se_err {
#define SE_ERROR_ENUM(name, value, retryable, exit_code, text)                 \
    SE_##name = value,
    SE_ERROR_MAP(SE_ERROR_ENUM)
#undef SE_ERROR_ENUM
} se_err;

/* Room for an SE id (at most 64 bytes) and its terminator. */
#define SE_ID_SIZE 65
/* Room for one message and its terminator. */
#define SE_MESSAGE_SIZE 1024

/*
 * What happened. The caller's; start from SE_ERROR_INIT. `message` is one line
 * for people: what happened to what, without secrets.
 */
typedef struct se_error {
    uint32_t size;          /* sizeof(se_error), by SE_ERROR_INIT */
    se_err code;            /* what kind of failure */
    int http_status;        /* of the answer that caused it, else 0 */
    int os_errno;           /* of the system call that caused it, else 0 */
    char se_id[SE_ID_SIZE]; /* storage element concerned, else "" */
    char message[SE_MESSAGE_SIZE];
} se_error;

#define SE_ERROR_INIT                                                          \
    {                                                                          \
        sizeof(se_error), SE_OK, 0, 0, "", ""                                  \
    }

/*
 * Name an error code as programs see it, e.g. "SE_E_NO_SPACE".
 *
 * @param code  any value
 * @return      view of a constant; "SE_E_?" for a value that is no code
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_err_name(se_err code);

/*
 * Describe an error code in a few words for people.
 *
 * @param code  any value
 * @return      view of a constant; "unknown error" for a value that is no code
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_err_text(se_err code);

/*
 * Tell whether the same call may succeed later without any change to it.
 *
 * @param code  any value
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API bool se_err_is_retryable(se_err code);

/*
 * Give the exit code of a command that ends with this error.
 *
 * @param code  any value
 * @return      0 to 13; 1 for a value that is no code
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API int se_err_exit_code(se_err code);

SE_END_DECLS

#endif
