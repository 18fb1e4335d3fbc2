/*
 * Connecting a socket by a deadline. hiredis would do it, but for the first
 * address only, and its sockets would survive exec.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "wire/redis_private.h"

se_err se__redis_poll(int fd, short events, int stop_fd, int64_t until_ms)
{
    struct pollfd fds[] = {
        {.fd = fd, .events = events},
        {.fd = stop_fd, .events = POLLIN}, /* poll() skips a negative one */
    };

    for (;;) {
        int left = se__time_left(until_ms, se__now_ms());
        int n = poll(fds, SE__COUNT(fds), left);

        if (n > 0) {
            return fds[1].revents ? SE_E_CANCELED : SE_OK;
        }
        if (n < 0 && errno != EINTR) {
            return SE_E_SYSTEM;
        }
        if (n == 0 && se__now_ms() >= until_ms) {
            return SE_E_TIMEOUT;
        }
    }
}

se_err se__redis_poll_failed(se_err rc, se_error *err)
{
    return se__fail(err, rc, "%s",
                    rc == SE_E_TIMEOUT    ? "no answer in time"
                    : rc == SE_E_CANCELED ? "stopped"
                                          : "poll");
}

/* A subscription is silent for hours; the kernel then asks on its own. */
static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},   {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, 15}, {IPPROTO_TCP, TCP_KEEPINTVL, 5},
        {IPPROTO_TCP, TCP_KEEPCNT, 3},
    };

    for (size_t i = 0; i < SE__COUNT(options); i++) {
        setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                   sizeof(options[i].value));
    }
}

static se_err await_connection(int fd, int stop_fd, int64_t deadline_ms,
                               se_error *err)
{
    int problem = 0;
    socklen_t length = sizeof(problem);
    se_err rc = se__redis_poll(fd, POLLOUT, stop_fd, deadline_ms);

    if (rc != SE_OK) {
        return rc == SE_E_TIMEOUT ? se__fail(err, rc, "no connection in time")
                                  : se__redis_poll_failed(rc, err);
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &length) != 0) {
        problem = errno;
    }
    return problem == 0
               ? SE_OK
               : se__fail_errno(err, SE_E_CONNECT, problem, "no connection");
}

static se_err dial_one(const struct addrinfo *to, int stop_fd,
                       int64_t deadline_ms, int *out, se_error *err)
{
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    to->ai_protocol);
    se_err rc = SE_OK;

    if (fd < 0) {
        return se__fail_errno(err, SE_E_SYSTEM, errno, "socket");
    }
    set_options(fd);
    if (connect(fd, to->ai_addr, to->ai_addrlen) != 0) {
        rc = errno == EINPROGRESS
                 ? await_connection(fd, stop_fd, deadline_ms, err)
                 : se__fail_errno(err, SE_E_CONNECT, errno, "no connection");
    }
    if (rc != SE_OK) {
        close(fd);
        return rc;
    }
    *out = fd;
    return SE_OK;
}

static int count(const struct addrinfo *list)
{
    int n = 0;

    for (; list; list = list->ai_next) {
        n++;
    }
    return n;
}

/* A dead address gets no more than its share of the time. */
se_err se__redis_dial(const char *host, int port, int stop_fd,
                      int64_t deadline_ms, int *out, se_error *err)
{
    struct addrinfo *list = NULL;
    se_err rc = se__redis_resolve(host, port, stop_fd, deadline_ms, &list, err);

    if (rc != SE_OK) {
        return rc;
    }
    for (const struct addrinfo *to = list; to; to = to->ai_next) {
        int64_t now = se__now_ms();
        int left = se__time_left(deadline_ms, now);

        rc = dial_one(to, stop_fd, se__deadline(now, left / count(to)), out,
                      err);
        if (rc == SE_OK || rc == SE_E_CANCELED) {
            break;
        }
    }
    freeaddrinfo(list);
    return rc;
}
