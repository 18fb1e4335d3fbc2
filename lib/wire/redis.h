/*
 * One connection to Redis: the only place that knows hiredis.
 *
 * Design notes. Connections are non-blocking inside and every call has a
 * deadline: hiredis only encodes, decodes and reads; resolving, connecting and
 * waiting are ours. A reply is bounded before anything is allocated for it:
 * bytes, elements (of all its arrays together) and depth. After any failure
 * other than an error reply the connection is broken and stays so: it is freed
 * and another one is made, never reconnected in place. Commands are lists of
 * arguments, never text that is put together. Writing to a dead connection
 * raises SIGPIPE, which is held off around each call.
 *
 * Replies are hiredis' own objects behind our accessors.
 *
 * Known limit: hiredis 0.14 does not look at every allocation of its own; when
 * memory runs out inside it, a few of them end the process. 1.0 and later
 * return an error.
 */
#ifndef SE_WIRE_REDIS_H
#define SE_WIRE_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>

typedef struct se__redis se__redis;
typedef struct se__redis_reply se__redis_reply;

/* One reply: a document of 8 MiB, and a message around it. */
#define SE__REDIS_MAX_REPLY (((size_t)8 << 20) + 4096)
#define SE__REDIS_MAX_ELEMENTS 100000
#define SE__REDIS_MAX_DEPTH 4

/* Where and as whom; strings are borrowed during the call. */
typedef struct se__redis_target {
    const char *host;
    int port;
    int database;
    const char *user;     /* NULL: the default user */
    const char *password; /* NULL: no AUTH, or with a user an empty one */
    bool tls;
    const char *ca_file; /* NULL: the system's */
    int stop_fd;         /* readable: all waiting ends; kept; -1: none */
} se__redis_target;

#define SE__REDIS_TARGET_INIT                                                  \
    {                                                                          \
        NULL, 0, 0, NULL, NULL, false, NULL, -1                                \
    }

/*
 * Connect, authenticate, select the database. SE_E_CONNECT, SE_E_TIMEOUT,
 * SE_E_CANCELED (stop_fd), SE_E_AUTH, SE_E_PROTOCOL, SE_E_UNSUPPORTED (TLS in
 * a build without it). The message repeats no password, whatever the server
 * answers.
 */
se_err se__redis_connect(const se__redis_target *target, int64_t deadline_ms,
                         se__redis **out, se_error *err);
void se__redis_close(se__redis *redis); /* NULL is a no-op */
/* "host:port", for people. */
const char *se__redis_where(const se__redis *redis);
bool se__redis_is_broken(const se__redis *redis);
/*
 * Fit for another command: not broken, nothing unread, not closed by the peer
 * as far as one look tells.
 */
bool se__redis_is_idle(const se__redis *redis);
/* rediss:// works in this build. */
bool se__redis_has_tls(void);

/* One command, one reply; an error reply is SE_E_PROTOCOL with its text, or
 * SE_E_AUTH for NOAUTH, WRONGPASS and NOPERM; the connection stays usable. */
se_err se__redis_command(se__redis *redis, int argc, const char *const *argv,
                         int64_t deadline_ms, se__redis_reply **out,
                         se_error *err);

/* Pipelining: append some, then receive as many. Binary-safe with lengths. */
se_err se__redis_append(se__redis *redis, int argc, const char *const *argv,
                        const size_t *lengths, se_error *err);
se_err se__redis_receive(se__redis *redis, int64_t deadline_ms,
                         se__redis_reply **out, se_error *err);

/*
 * Like receive, but an error is a reply like any other, and when the time is up
 * *out is NULL with SE_OK: for a subscriber.
 */
se_err se__redis_wait(se__redis *redis, int64_t until_ms, se__redis_reply **out,
                      se_error *err);

void se__redis_reply_free(se__redis_reply *reply); /* NULL is a no-op */
bool se__redis_is_nil(const se__redis_reply *reply);
/* A string or a status; NULL if it is neither. Terminated. */
const char *se__redis_string(const se__redis_reply *reply, size_t *length);
bool se__redis_integer(const se__redis_reply *reply, int64_t *value);
/* Elements of an array; 0 and NULL if it is none. */
size_t se__redis_count(const se__redis_reply *reply);
const se__redis_reply *se__redis_at(const se__redis_reply *reply, size_t index);
/* The text of an error reply inside an array; NULL if it is none. */
const char *se__redis_error(const se__redis_reply *reply);

/* e.g. "hiredis/0.14.1" */
const char *se__redis_version(void);

#endif
