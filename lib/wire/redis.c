/*
 * Commands and replies on a connection.
 */
#include <poll.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "wire/redis_private.h"
#include "wire/redis_signal.h"

/* ---- failing ---- */

static se_err broken(se__redis *redis, se_err code, const char *what,
                     se_error *err)
{
    redis->broken = true;
    return se__fail(err, code, "%s", what);
}

static se_err context_failed(se__redis *redis, se_error *err)
{
    const redisContext *context = redis->context;

    if (redis->refused) {
        return broken(redis, redis->refused_as, redis->refused, err);
    }
    return broken(redis,
                  context->err == REDIS_ERR_PROTOCOL ? SE_E_PROTOCOL
                  : context->err == REDIS_ERR_OOM    ? SE_E_NOMEM
                                                     : SE_E_CONNECT,
                  context->errstr[0] ? context->errstr : "connection lost",
                  err);
}

static se_err wait_failed(se__redis *redis, se_err rc, se_error *err)
{
    redis->broken = true;
    return se__redis_poll_failed(rc, err);
}

static se_err was_broken(se_error *err)
{
    return se__fail(err, SE_E_CONNECT, "connection lost");
}

/* ---- input and output, never blocking ---- */

static int held_write(redisContext *context, int *done)
{
    se__sigpipe held;
    int rc;

    se__sigpipe_hold(&held);
    rc = redisBufferWrite(context, done);
    se__sigpipe_release(&held);
    return rc;
}

static int held_read(redisContext *context)
{
    se__sigpipe held;
    int rc;

    se__sigpipe_hold(&held);
    rc = redisBufferRead(context);
    se__sigpipe_release(&held);
    return rc;
}

static se_err flush(se__redis *redis, int64_t deadline_ms, se_error *err)
{
    int done = 0;

    for (;;) {
        se_err rc;

        if (held_write(redis->context, &done) != REDIS_OK) {
            return context_failed(redis, err);
        }
        if (done) {
            return SE_OK;
        }
        rc = se__redis_poll(redis->context->fd, POLLOUT, redis->stop_fd,
                            deadline_ms);
        if (rc != SE_OK) {
            return wait_failed(redis, rc, err);
        }
    }
}

static se_err read_some(se__redis *redis, se_error *err)
{
    size_t before = redis->context->reader->len;

    if (held_read(redis->context) != REDIS_OK) {
        return context_failed(redis, err);
    }
    redis->reply_bytes += redis->context->reader->len - before;
    if (redis->reply_bytes > SE__REDIS_MAX_REPLY) {
        return broken(redis, SE_E_LIMIT, "the reply is too large", err);
    }
    return SE_OK;
}

/* *reply stays NULL as long as it is not complete. */
static se_err parse(se__redis *redis, redisReply **reply, se_error *err)
{
    const redisReader *reader = redis->context->reader;
    void *got = NULL;

    if (redisGetReplyFromReader(redis->context, &got) != REDIS_OK) {
        return context_failed(redis, err);
    }
    if (got) {
        redis->reply_bytes = reader->len - reader->pos;
        redis->reply_elements = 0;
    }
    *reply = got;
    return SE_OK;
}

se_err se__redis_wait(se__redis *redis, int64_t until_ms, se__redis_reply **out,
                      se_error *err)
{
    redisReply *reply = NULL;
    se_err rc;

    if (redis->broken) {
        return was_broken(err);
    }
    rc = flush(redis, until_ms, err);
    while (rc == SE_OK) {
        rc = parse(redis, &reply, err);
        if (rc != SE_OK || reply) {
            break;
        }
        rc = se__redis_poll(redis->context->fd, POLLIN, redis->stop_fd,
                            until_ms);
        if (rc == SE_E_TIMEOUT) {
            rc = SE_OK;
            break;
        }
        rc = rc == SE_OK ? read_some(redis, err) : wait_failed(redis, rc, err);
    }
    if (rc == SE_OK) {
        *out = (se__redis_reply *)reply;
    }
    return rc;
}

/* ---- commands ---- */

se_err se__redis_append(se__redis *redis, int argc, const char *const *argv,
                        const size_t *lengths, se_error *err)
{
    /* hiredis reads them only; its prototype came before const. */
    union {
        const char *const *ours;
        const char **theirs;
    } arguments = {argv};

    if (redis->broken) {
        return was_broken(err);
    }
    if (redisAppendCommandArgv(redis->context, argc, arguments.theirs,
                               lengths) != REDIS_OK) {
        return broken(redis, SE_E_NOMEM, "out of memory for a command", err);
    }
    return SE_OK;
}

static bool begins_with(const char *text, const char *word)
{
    return strncasecmp(text, word, strlen(word)) == 0;
}

static se_err code_of(const char *text)
{
    static const char *const authentication[] = {"NOAUTH",
                                                 "WRONGPASS",
                                                 "NOPERM",
                                                 "ERR AUTH",
                                                 "ERR invalid password",
                                                 "ERR Client sent AUTH"};

    for (size_t i = 0; i < SE__COUNT(authentication); i++) {
        if (begins_with(text, authentication[i])) {
            return SE_E_AUTH;
        }
    }
    return SE_E_PROTOCOL;
}

/* A server that does not know a command repeats its arguments. */
static se_err secret_error(const char *text, se_error *err)
{
    static const char *const known[] = {"WRONGPASS", "NOAUTH", "NOPERM",
                                        "LOADING",   "DENIED", "ERR"};

    for (size_t i = 0; i < SE__COUNT(known); i++) {
        if (begins_with(text, known[i])) {
            return se__fail(err, code_of(text), "answers %s to AUTH", known[i]);
        }
    }
    return se__fail(err, SE_E_PROTOCOL, "answers an error to AUTH");
}

static se_err error_reply(const se__redis *redis, const char *text,
                          se_error *err)
{
    return redis->secret ? secret_error(text, err)
                         : se__fail(err, code_of(text), "answers %s", text);
}

se_err se__redis_receive(se__redis *redis, int64_t deadline_ms,
                         se__redis_reply **out, se_error *err)
{
    se__redis_reply *reply = NULL;
    se_err rc = se__redis_wait(redis, deadline_ms, &reply, err);

    if (rc != SE_OK) {
        return rc;
    }
    if (!reply) {
        return wait_failed(redis, SE_E_TIMEOUT, err);
    }
    if (se__redis_error(reply)) {
        rc = error_reply(redis, se__redis_error(reply), err);
        se__redis_reply_free(reply);
        return rc;
    }
    *out = reply;
    return SE_OK;
}

se_err se__redis_command(se__redis *redis, int argc, const char *const *argv,
                         int64_t deadline_ms, se__redis_reply **out,
                         se_error *err)
{
    se_err rc = se__redis_append(redis, argc, argv, NULL, err);

    return rc == SE_OK ? se__redis_receive(redis, deadline_ms, out, err) : rc;
}
