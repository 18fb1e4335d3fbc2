/*
 * What a Redis answers, through a socket as in life. Whatever it is, replies
 * keep the bounds of redis.h, a connection that failed stays broken, and what
 * was announced was not allocated (-malloc_limit_mb=64).
 *
 * The first byte says where the rest is cut in two: the parser meets its input
 * in pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/redis_private.h"

#define MAX_INPUT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool kept)
{
    if (!kept) {
        abort();
    }
}

/* Returns how many elements there are in all. */
static size_t walk(const se__redis_reply *reply, int depth)
{
    size_t count = se__redis_count(reply);
    size_t all = count;
    size_t length = 0;
    const char *text = se__redis_string(reply, &length);
    const char *error = se__redis_error(reply);
    int64_t number = 0;

    must(depth <= SE__REDIS_MAX_DEPTH + 1);
    must(!text || text[length] == '\0');
    must(!error || strlen(error) < MAX_INPUT);
    must((count > 0) + (text != NULL) + (error != NULL) +
             se__redis_integer(reply, &number) + se__redis_is_nil(reply) <=
         1);
    for (size_t i = 0; i < count; i++) {
        all += walk(se__redis_at(reply, i), depth + 1);
    }
    must(!se__redis_at(reply, count));
    return all;
}

/* Until there is nothing more to read for now; false: it broke. */
static bool read_all(se__redis *redis)
{
    for (;;) {
        se_error err = SE_ERROR_INIT;
        se__redis_reply *reply = NULL;
        se_err rc = se__redis_wait(redis, 0, &reply, &err);

        must((rc != SE_OK) == se__redis_is_broken(redis));
        if (rc != SE_OK) {
            must(!reply && err.code == rc && err.message[0] != '\0');
            must(!se__redis_is_idle(redis));
            return false;
        }
        if (!reply) {
            return true;
        }
        must(walk(reply, 1) <= SE__REDIS_MAX_ELEMENTS);
        se__redis_reply_free(reply);
    }
}

static void put(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

        if (n <= 0) {
            break;
        }
        data += n;
        size -= (size_t)n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    se__redis *redis;
    size_t first;

    if (size < 1 || size > MAX_INPUT ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                   ends) != 0) {
        return 0;
    }
    first = data[0] < size - 1 ? data[0] : size - 1;
    redis = se__redis_wrap(ends[0], -1);
    must(redis != NULL);
    put(ends[1], data + 1, first);
    if (read_all(redis)) {
        put(ends[1], data + 1 + first, size - 1 - first);
        if (read_all(redis)) {
            shutdown(ends[1], SHUT_WR);
            must(!read_all(redis));
        }
    }
    se__redis_close(redis);
    close(ends[1]);
    return 0;
}
