/*
 * From a target to a connection that knows who we are.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "wire/redis_private.h"
#include "wire/redis_signal.h"

/* A command whose reply says nothing. */
static se_err order(se__redis *redis, int argc, const char *const *argv,
                    int64_t deadline_ms, se_error *err)
{
    se__redis_reply *reply = NULL;
    se_err rc = se__redis_command(redis, argc, argv, deadline_ms, &reply, err);

    if (rc == SE_OK) {
        se__redis_reply_free(reply);
    }
    return rc;
}

static se_err authenticate(se__redis *redis, const se__redis_target *target,
                           int64_t deadline_ms, se_error *err)
{
    const char *password = target->password ? target->password : "";
    const char *const with_user[] = {"AUTH", target->user, password};
    const char *const alone[] = {"AUTH", password};
    se_err rc;

    if (!target->user && password[0] == '\0') {
        return SE_OK;
    }
    redis->secret = true;
    rc = target->user ? order(redis, 3, with_user, deadline_ms, err)
                      : order(redis, 2, alone, deadline_ms, err);
    redis->secret = false;
    return rc;
}

static se_err introduce(se__redis *redis, const se__redis_target *target,
                        int64_t deadline_ms, se_error *err)
{
    char database[16];
    const char *const words[] = {"SELECT", database};
    se_err rc = authenticate(redis, target, deadline_ms, err);

    if (rc == SE_OK && target->database != 0) {
        snprintf(database, sizeof(database), "%d", target->database);
        rc = order(redis, 2, words, deadline_ms, err);
    }
    return rc;
}

/* hiredis takes the socket for a blocking one. */
se__redis *se__redis_wrap(int fd, int stop_fd)
{
    se__redis *redis = se__zalloc(sizeof(*redis));

    if (redis) {
        redis->stop_fd = stop_fd;
        redis->context = redisConnectFd(fd);
    }
    if (!redis || !redis->context || redis->context->err) {
        bool taken = redis && redis->context;

        se__redis_close(redis);
        if (!taken) {
            close(fd);
        }
        return NULL;
    }
    redis->context->flags &= ~REDIS_BLOCK;
    se__redis_bound(redis);
    return redis;
}

se_err se__redis_connect(const se__redis_target *target, int64_t deadline_ms,
                         se__redis **out, se_error *err)
{
    se__redis *redis;
    int fd = -1;
    se_err rc;

    if (target->tls && !se__redis_has_tls()) {
        return se__fail(err, SE_E_UNSUPPORTED,
                        "TLS to Redis is not in this build: it needs "
                        "hiredis_ssl");
    }
    rc = se__redis_dial(target->host, target->port, target->stop_fd,
                        deadline_ms, &fd, err);
    if (rc != SE_OK) {
        return rc;
    }
    redis = se__redis_wrap(fd, target->stop_fd);
    if (!redis) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a connection");
    }
    snprintf(redis->where, sizeof(redis->where), "%s:%d", target->host,
             target->port);
    if (target->tls) {
        rc = se__redis_start_tls(redis, target, deadline_ms, err);
    }
    if (rc == SE_OK) {
        rc = introduce(redis, target, deadline_ms, err);
    }
    if (rc != SE_OK) {
        se__redis_close(redis);
        return rc;
    }
    *out = redis;
    return SE_OK;
}

const char *se__redis_where(const se__redis *redis)
{
    return redis->where;
}

void se__redis_close(se__redis *redis)
{
    se__sigpipe held;

    if (!redis) {
        return;
    }
    if (redis->context) {
        se__sigpipe_hold(&held);
        redisFree(redis->context);
        se__sigpipe_release(&held);
    }
    free(redis);
}

bool se__redis_is_broken(const se__redis *redis)
{
    return redis->broken;
}

bool se__redis_is_idle(const se__redis *redis)
{
    const redisReader *reader = redis->context->reader;
    struct pollfd look = {.fd = redis->context->fd, .events = POLLIN};

    if (redis->broken || reader->pos < reader->len) {
        return false;
    }
    /* Under TLS the peer may have sent what is for the other layer. */
    return redis->tls || poll(&look, 1, 0) == 0;
}

const char *se__redis_version(void)
{
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
    return "hiredis/" TEXT(HIREDIS_MAJOR) "." TEXT(HIREDIS_MINOR) "." TEXT(
        HIREDIS_PATCH);
#undef TEXT
#undef TEXT_OF
}
