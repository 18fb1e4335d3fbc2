/*
 * A small HTTP server for peers of the library: one thread, epoll, keep-alive.
 */
#include "bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"

enum {
    HEAD_SIZE = 4096,
    BACKLOG = 1024
};

typedef struct peer {
    int fd;
    int64_t body_left;
    const char *after;
    size_t length;
    char head[HEAD_SIZE];
} peer;

struct bench_http {
    int listener;
    int port;
    int epoll_fd;
    bench_http_fn fn;
    void *user;
    se__thread thread;
};

static void say(const peer *p, const char *text)
{
    size_t length = text ? strlen(text) : 0;

    if (length && send(p->fd, text, length, MSG_NOSIGNAL) < 0) {
        shutdown(p->fd, SHUT_RDWR);
    }
}

static void end_head(const bench_http *server, peer *p)
{
    const char *length = strcasestr(p->head, "\nContent-Length:");
    bench_answer answer = server->fn(server->user, p->head);

    say(p, answer.first);
    p->body_left = answer.after && length ? strtoll(length + 16, NULL, 10) : 0;
    p->after = answer.after;
}

static void take(const bench_http *server, peer *p, const char *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p->body_left > 0) {
            size_t part =
                n - i < (size_t)p->body_left ? n - i : (size_t)p->body_left;

            p->body_left -= (int64_t)part;
            i += part - 1;
            if (p->body_left == 0) {
                say(p, p->after);
            }
            continue;
        }
        if (p->length + 1 == HEAD_SIZE) {
            bench_die("a request head is too long");
        }
        p->head[p->length++] = data[i];
        p->head[p->length] = '\0';
        if (p->length >= 4 &&
            strcmp(p->head + p->length - 4, "\r\n\r\n") == 0) {
            end_head(server, p);
            p->length = 0;
        }
    }
}

static void serve(const bench_http *server, peer *p)
{
    char buffer[65536];
    ssize_t n = recv(p->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

    if (n > 0) {
        take(server, p, buffer, (size_t)n);
    } else if (n == 0 || errno != EAGAIN) {
        close(p->fd);
        free(p);
    }
}

static void accept_peer(const bench_http *server)
{
    peer *p = se__zalloc(sizeof(*p));
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = p}};

    if (!p) {
        bench_die("out of memory");
    }
    p->fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (p->fd < 0 ||
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, p->fd, &event) != 0) {
        bench_die("accept");
    }
}

static void run(void *argument)
{
    bench_http *server = argument;
    struct epoll_event event = {.events = EPOLLIN};

    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->listener, &event);
    for (;;) {
        struct epoll_event events[64];
        int n = epoll_wait(server->epoll_fd, events, 64, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                serve(server, events[i].data.ptr);
            } else {
                accept_peer(server);
            }
        }
    }
}

bench_http *bench_http_start(bench_http_fn fn, void *user)
{
    bench_http *server = se__zalloc(sizeof(*server));
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!server) {
        bench_die("out of memory");
    }
    server->fn = fn;
    server->user = user;
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(server->listener, BACKLOG) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) !=
            0 ||
        se__thread_start(&server->thread, "peer", run, server, NULL) != SE_OK) {
        bench_die("a server could not be started");
    }
    server->port = ntohs(address.sin_port);
    return server;
}

int bench_http_port(const bench_http *server)
{
    return server->port;
}

bench_answer bench_capacity_answer(void)
{
#define CAPACITY                                                               \
    "{\"storage_id\":\"se\",\"mode\":\"edit\",\"capacity\":{\"total\":"        \
    "1099511627776,\"used\":1048576,\"available\":1099510579200,"              \
    "\"percent_used\":0.0},\"health\":\"healthy\",\"last_update\":"            \
    "\"2026-03-01T09:15:30Z\",\"backend\":\"s3\",\"location\":\"dc1\"}"
    static char text[512];

    if (!text[0]) {
        snprintf(text, sizeof(text),
                 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 strlen(CAPACITY), CAPACITY);
    }
    return (bench_answer){text, NULL};
}
