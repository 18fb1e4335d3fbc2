/*
 * The inside of a connection to Redis, for lib/wire/redis*.c.
 *
 * ARTSTORE_REDIS_TLS and ARTSTORE_HIREDIS_SIZE_T are what cmake found out about
 * the hiredis at hand.
 */
#ifndef SE_WIRE_REDIS_PRIVATE_H
#define SE_WIRE_REDIS_PRIVATE_H

#include <hiredis/hiredis.h>

#include "wire/redis.h"

/* The size of an array: int up to 0.14, size_t since 1.0. */
#ifdef ARTSTORE_HIREDIS_SIZE_T
typedef size_t se__redis_size;
#else
typedef int se__redis_size;
#endif

struct se__redis {
    redisContext *context;
    redisReplyObjectFunctions functions; /* with ours in front of its own */
    void *(*create_array)(const redisReadTask *task, se__redis_size n);
    void *(*create_string)(const redisReadTask *task, char *text, size_t n);
    char where[280]; /* host:port */
    int stop_fd;
    bool tls;
    bool broken;
    bool secret;           /* the command in flight holds a password */
    const char *refused;   /* what was wrong with a reply; NULL: nothing */
    se_err refused_as;     /* the code for that */
    size_t reply_bytes;    /* since the last complete reply */
    size_t reply_elements; /* likewise */
};

/* Put our bounds in front of the parser. */
void se__redis_bound(se__redis *redis);

/*
 * Wait for a descriptor: SE_OK, SE_E_TIMEOUT, SE_E_CANCELED (stop_fd, -1: none)
 * or SE_E_SYSTEM; the caller makes the error of it.
 */
se_err se__redis_poll(int fd, short events, int stop_fd, int64_t until_ms);
se_err se__redis_poll_failed(se_err rc, se_error *err);

/* A connected socket, non-blocking, closed on exec. */
se_err se__redis_dial(const char *host, int port, int stop_fd,
                      int64_t deadline_ms, int *out, se_error *err);

/* Takes the socket, which is connected and non-blocking, in any case; NULL: out
 * of memory. */
se__redis *se__redis_wrap(int fd, int stop_fd);

struct addrinfo;
/*
 * Resolve a name, on a thread of its own unless it is an address, so that a
 * slow name server holds nobody up. *out is freed with freeaddrinfo().
 */
se_err se__redis_resolve(const char *host, int port, int stop_fd,
                         int64_t deadline_ms, struct addrinfo **out,
                         se_error *err);

/* Shake hands, check the certificate against the host's name. */
se_err se__redis_start_tls(se__redis *redis, const se__redis_target *target,
                           int64_t deadline_ms, se_error *err);

#endif
