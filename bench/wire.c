/*
 * Uploads through lib/wire/http alone, to a sink in the same process.
 *
 *   wire BYTES PARALLEL SECONDS [hash]
 *
 * Prints uploads/s, MB/s and the processor time of the loop thread for each
 * upload, which is what depends least on who else uses the machine.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/thread.h"
#include "wire/http.h"

enum {
    MAX_CALLS = 1024,
    SINK_BUFFER = 256 * 1024
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- the sink: 100 Continue, swallow, 201 ---- */

typedef struct peer {
    int fd;
    int64_t left;   /* of the body */
    size_t matched; /* of the blank line */
    bool in_body;
    char head[1024];
    size_t head_length;
} peer;

static int64_t length_in(const char *head)
{
    const char *at = strcasestr(head, "\nContent-Length:");

    return at ? strtoll(at + 16, NULL, 10) : 0;
}

static void say(const peer *p, const char *text)
{
    if (send(p->fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
        die("send");
    }
}

static void end_head(peer *p)
{
    p->head[p->head_length] = '\0';
    p->left = length_in(p->head);
    p->head_length = 0;
    p->matched = 0;
    p->in_body = true;
    if (strcasestr(p->head, "100-continue")) {
        say(p, "HTTP/1.1 100 Continue\r\n\r\n");
    }
}

static void swallow(peer *p, const char *data, size_t n)
{
    static const char blank[] = "\r\n\r\n";

    while (n > 0) {
        if (p->in_body) {
            size_t part = (int64_t)n < p->left ? n : (size_t)p->left;

            p->left -= (int64_t)part;
            data += part;
            n -= part;
            if (p->left == 0) {
                p->in_body = false;
                say(p, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}");
            }
            continue;
        }
        if (p->head_length + 1 < sizeof(p->head)) {
            p->head[p->head_length++] = *data;
        }
        p->matched = *data == blank[p->matched] ? p->matched + 1
                                                : (size_t)(*data == '\r');
        data++;
        n--;
        if (p->matched == 4) {
            end_head(p);
        }
    }
}

static void serve(peer *p, int epoll_fd, char *buffer)
{
    ssize_t n = recv(p->fd, buffer, SINK_BUFFER, MSG_DONTWAIT);

    if (n > 0) {
        swallow(p, buffer, (size_t)n);
    } else if (n == 0 || errno != EAGAIN) {
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, p->fd, NULL);
        close(p->fd);
        free(p);
    }
}

static void add_peer(int epoll_fd, int fd)
{
    peer *p = se__zalloc(sizeof(*p));
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = p}};

    if (!p || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        die("sink");
    }
    p->fd = fd;
}

static void run_sink(void *argument)
{
    int listener = *(int *)argument;
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN};
    char *buffer = malloc(SINK_BUFFER);

    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll_fd, events, 64, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                serve(events[i].data.ptr, epoll_fd, buffer);
            } else {
                add_peer(epoll_fd, accept(listener, NULL, NULL));
            }
        }
    }
}

static int start_sink(char *url, size_t size)
{
    static int listener;
    static se__thread thread;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 ||
        listen(listener, MAX_CALLS) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
        se__thread_start(&thread, "sink", run_sink, &listener, NULL) != SE_OK) {
        die("sink");
    }
    snprintf(url, size, "http://127.0.0.1:%d/upload", ntohs(address.sin_port));
    return listener;
}

/* ---- the uploads ---- */

static char url[64];
static char content[1 << 20];
static int64_t size;
static bool hashing;
static se__loop *loop;
static se__http *http;
static int64_t stop_ms;
static int64_t finished;
static int64_t cpu_us;
static int running;
static atomic_bool over;

typedef struct upload {
    se__http_call call;
    se__sha256 sha;
} upload;

static upload uploads[MAX_CALLS];

static int64_t thread_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static int64_t read_body(se__http_call *call, char *buffer, size_t n)
{
    upload *u = SE__CONTAINER(call, upload, call);
    size_t part = n < sizeof(content) ? n : sizeof(content);

    memcpy(buffer, content, part);
    if (hashing) {
        se__sha256_update(&u->sha, buffer, part);
    }
    return (int64_t)part;
}

static void start(upload *u);

static void on_done(se__http_call *call)
{
    upload *u = SE__CONTAINER(call, upload, call);
    char hex[SE__SHA256_HEX_SIZE];

    if (call->end != SE__HTTP_OK || call->status != 201) {
        fprintf(stderr, "wire: %s\n", call->error);
        exit(1);
    }
    if (hashing) {
        se__sha256_finish(&u->sha, hex);
    }
    se__http_call_fini(call);
    finished++;
    if (se__loop_now_ms(loop) < stop_ms) {
        start(u);
    } else if (--running == 0) {
        cpu_us = thread_us() - cpu_us;
        atomic_store(&over, true);
    }
}

static void start(upload *u)
{
    memset(&u->call, 0, sizeof(u->call));
    if (hashing) {
        se__sha256_start(&u->sha, NULL);
    }
    u->call.method = "POST";
    u->call.url = url;
    u->call.authorization = "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl";
    u->call.content_type = "multipart/form-data; boundary=0123456789abcdef";
    u->call.read_body = read_body;
    u->call.body_size = size;
    u->call.expect_timeout_ms = 300;
    u->call.idle_timeout_ms = 30000;
    u->call.commit_timeout_ms = 120000;
    u->call.upload_buffer = size > (1 << 17) ? 512 * 1024 : 0;
    u->call.done = on_done;
    se__http_start(http, &u->call);
}

static void start_all(se__task *task)
{
    (void)task;
    cpu_us = thread_us();
    for (int i = 0; i < running; i++) {
        start(&uploads[i]);
    }
}

int main(int argc, char **argv)
{
    static const se__http_policy policy = {.max_connections = MAX_CALLS};
    se__task task = {.run = start_all};
    int64_t begin_us;
    double seconds;

    if (argc < 4) {
        fprintf(stderr, "usage: wire BYTES PARALLEL SECONDS [hash]\n");
        return 2;
    }
    size = strtoll(argv[1], NULL, 10);
    running = (int)strtol(argv[2], NULL, 10);
    seconds = strtod(argv[3], NULL);
    hashing = argc > 4;
    if (running < 1 || running > MAX_CALLS || size < 1 ||
        se__loop_open(&loop, "wire", NULL) != SE_OK ||
        se__http_open(&http, loop, &policy, NULL) != SE_OK) {
        die("wire");
    }
    start_sink(url, sizeof(url));
    begin_us = se__now_us();
    stop_ms = begin_us / 1000 + (int64_t)(seconds * 1000);
    se__loop_post(loop, &task);
    while (!atomic_load(&over)) {
        usleep(1000);
    }
    seconds = (double)(se__now_us() - begin_us) / 1e6;
    printf("%10.0f uploads/s %8.1f MB/s %8.2f us of processor each\n",
           (double)finished / seconds,
           (double)finished * (double)size / seconds / 1e6,
           (double)cpu_us / (double)finished);
    se__loop_close(loop);
    se__http_close(http);
    return 0;
}
