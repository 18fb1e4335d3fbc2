/*
 * libcurl's descriptors on the loop.
 *
 * Design notes. An upload over a kept-alive connection would cost several
 * epoll_ctl calls: libcurl lets go of the descriptor at the end of each call.
 * It therefore stays registered as it is, idle, until the next call wants it
 * in the same way, which is the rule, or libcurl closes it, which we see
 * because the open and close callbacks are ours. What libcurl opens by itself
 * (the resolver's wake-up pair) is removed at once.
 *
 * An idle connection on which something happens was closed by the peer, or
 * holds bytes that nobody asked for and that the next call would take for its
 * answer; it is shut down, so that libcurl finds it dead.
 */
#include "wire/http_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "wire/url.h"

struct se__socket {
    se__watcher watcher;
    se__http *http;
    se__transfer *transfer; /* that uses it, NULL: none */
    bool registered;
    bool wanted;
    bool ours; /* opened by se__http_on_open() */
};

static se__socket *find(const se__http *http, curl_socket_t fd)
{
    return (size_t)fd < http->n_sockets ? http->sockets[fd] : NULL;
}

/* ---- events ---- */

static void forget(se__socket *socket)
{
    if (socket->registered) {
        socket->registered = false;
        se__watcher_remove(socket->http->loop, &socket->watcher);
    }
}

static void on_idle(se__socket *socket)
{
    forget(socket);
    if (socket->ours) {
        shutdown(socket->watcher.fd, SHUT_RDWR);
    }
}

static void on_ready(se__watcher *watcher, uint32_t events)
{
    se__socket *socket = SE__CONTAINER(watcher, se__socket, watcher);
    int select = 0;

    if (!socket->wanted) {
        on_idle(socket);
        return;
    }
    /* An error shows itself to who reads or writes; reading comes first, so
     * that an answer that came before a reset is seen. After reading libcurl
     * may as well write: mostly it was waiting for 100 Continue. */
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        select |= CURL_CSELECT_IN | CURL_CSELECT_OUT;
    }
    if (events & EPOLLOUT) {
        select |= CURL_CSELECT_OUT;
    }
    se__http_act(socket->http, watcher->fd, select);
}

/* ---- what libcurl wants to know ---- */

static bool make_room(se__http *http, size_t fd)
{
    size_t n = http->n_sockets ? http->n_sockets : 64;
    se__socket **sockets;

    while (n <= fd) {
        n *= 2;
    }
    if (n == http->n_sockets) {
        return true;
    }
    sockets = realloc(http->sockets, n * sizeof(*sockets));
    if (!sockets) {
        return false;
    }
    for (size_t i = http->n_sockets; i < n; i++) {
        sockets[i] = NULL;
    }
    http->sockets = sockets;
    http->n_sockets = n;
    return true;
}

static se__socket *find_or_add(se__http *http, curl_socket_t fd)
{
    se__socket *socket = find(http, fd);

    if (socket || !make_room(http, (size_t)fd)) {
        return socket;
    }
    socket = se__zalloc(sizeof(*socket));
    if (socket) {
        socket->http = http;
        socket->watcher.fd = fd;
        socket->watcher.ready = on_ready;
        http->sockets[fd] = socket;
    }
    return socket;
}

static void join(se__socket *socket, se__transfer *transfer)
{
    if (transfer && transfer->socket != socket) {
        se__http_leave_socket(transfer);
        transfer->socket = socket;
        socket->transfer = transfer;
    }
}

int se__http_socket_fd(const se__transfer *transfer)
{
    return transfer->socket ? transfer->socket->watcher.fd : -1;
}

void se__http_leave_socket(se__transfer *transfer)
{
    if (transfer->socket && transfer->socket->transfer == transfer) {
        transfer->socket->transfer = NULL;
    }
    transfer->socket = NULL;
}

static bool want(se__socket *socket, uint32_t events)
{
    se__loop *loop = socket->http->loop;

    socket->wanted = true;
    if (socket->registered) {
        return socket->watcher.events == events ||
               se__watcher_modify(loop, &socket->watcher, events);
    }
    socket->watcher.events = events;
    socket->registered = se__watcher_add(loop, &socket->watcher);
    return socket->registered;
}

static void let_go(se__socket *socket)
{
    socket->wanted = false;
    if (!socket->ours || socket->watcher.events != EPOLLIN) {
        forget(socket);
    }
}

static uint32_t events_of(int what)
{
    return ((what & CURL_POLL_IN) ? (uint32_t)EPOLLIN : 0) |
           ((what & CURL_POLL_OUT) ? (uint32_t)EPOLLOUT : 0);
}

/*
 * Never answers -1: that would end all calls of the loop. A call whose
 * descriptor cannot be watched is ended alone.
 */
int se__http_on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                       void *unused)
{
    se__http *http = user;
    se__socket *socket;
    se__transfer *transfer = NULL;

    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        socket = find(http, fd);
        if (socket) {
            let_go(socket);
        }
        return 0;
    }
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
    socket = find_or_add(http, fd);
    if (socket && want(socket, events_of(what))) {
        join(socket, transfer);
        return 0;
    }
    if (transfer && transfer->call) {
        se__http_decide(transfer, SE__HTTP_INTERNAL,
                        "connection cannot be watched");
        se__http_wait(transfer->call);
    }
    return 0;
}

/* ---- opening and closing ---- */

curl_socket_t se__http_on_open(void *user, curlsocktype purpose,
                               struct curl_sockaddr *address)
{
    se__transfer *transfer = user;
    const char *why = "unknown";
    se__socket *entry;
    int fd;

    (void)purpose;
    if (!se__address_allowed(&address->addr, &why)) {
        transfer->state.refused = why;
        return CURL_SOCKET_BAD;
    }
    fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                address->protocol);
    entry = fd >= 0 ? find_or_add(transfer->http, fd) : NULL;
    if (!entry) {
        transfer->state.socket_errno = fd >= 0 ? ENOMEM : errno;
        if (fd >= 0) {
            close(fd);
        }
        return CURL_SOCKET_BAD;
    }
    entry->ours = true;
    entry->registered = false;
    return fd;
}

int se__http_on_close(void *user, curl_socket_t fd)
{
    se__socket *socket = find(user, fd);

    if (socket) {
        if (socket->transfer) {
            se__http_hear_late(socket->transfer, fd);
            se__http_leave_socket(socket->transfer);
        }
        forget(socket);
        socket->ours = false;
        socket->wanted = false;
    }
    return close(fd);
}

void se__http_free_sockets(se__http *http)
{
    for (size_t i = 0; i < http->n_sockets; i++) {
        free(http->sockets[i]);
    }
    free(http->sockets);
}
