#include "connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)256 * 1024)
#define LINGER_MS 2000
#define LINGER_BYTES (16 << 20)

size_t sb_slow_step(const sb_connection *c, size_t length)
{
    size_t step = (size_t)c->bytes_per_s / 10 + 1;

    return c->bytes_per_s > 0 && step < length ? step : length;
}

void sb_slow_down(sb_connection *c, ssize_t bytes)
{
    int64_t ms;

    if (bytes <= 0 || c->bytes_per_s <= 0) {
        return;
    }
    c->slow_bytes += bytes;
    ms = c->slow_bytes * 1000 / c->bytes_per_s;
    if (ms > 0) {
        sb_pause(c, ms);
        c->slow_bytes -= ms * c->bytes_per_s / 1000;
    }
}

ssize_t sb_receive(sb_connection *c, char *bytes, size_t capacity)
{
    ssize_t n;

    do {
        if (atomic_load(&c->dying)) {
            return -1;
        }
        n = recv(c->fd, bytes, capacity, 0);
    } while (n < 0 && errno == EINTR);
    return n > 0 ? n : -1;
}

/*
 * Waits for `events`. The other side's half-close ends the wait too, and so
 * does the shutdown with which sb_connections_end wakes a thread.
 */
static void wait_for(sb_connection *c, short events)
{
    struct pollfd fd = {.fd = c->fd, .events = events};

    poll(&fd, 1, 100);
}

bool sb_send(sb_connection *c, const char *bytes, size_t length)
{
    while (length > 0 && !atomic_load(&c->dying)) {
        ssize_t n = send(c->fd, bytes, sb_slow_step(c, length),
                         MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN) {
            wait_for(c, POLLOUT);
        } else if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
            sb_slow_down(c, n);
        }
    }
    return length == 0;
}

void sb_pause(sb_connection *c, int64_t ms)
{
    sb_element *element = c->element;
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&element->lock);
    while (rc == 0 && !atomic_load(&c->dying)) {
        rc = pthread_cond_timedwait(&element->changed, &element->lock, &until);
    }
    pthread_mutex_unlock(&element->lock);
}

void sb_wait_closed(sb_connection *c)
{
    struct pollfd fd = {.fd = c->fd, .events = POLLRDHUP};

    while (!atomic_load(&c->dying) && poll(&fd, 1, -1) < 0 && errno == EINTR) {
    }
}

static void count_unread(sb_connection *c, int64_t bytes)
{
    pthread_mutex_lock(&c->element->lock);
    c->element->counts.unread_bytes += bytes;
    pthread_mutex_unlock(&c->element->lock);
}

static void set_reset(sb_connection *c)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/*
 * With unread bytes a plain close is a reset, which can destroy the answer on
 * its way: so say that nothing more comes, and let the peer finish.
 */
static int64_t linger(sb_connection *c)
{
    int64_t until = sb_monotonic_ms() + LINGER_MS;
    int64_t total = 0;

    shutdown(c->fd, SHUT_WR);
    while (total < LINGER_BYTES && !atomic_load(&c->dying)) {
        struct pollfd fd = {.fd = c->fd, .events = POLLIN};
        int64_t left = until - sb_monotonic_ms();
        ssize_t n;

        if (left <= 0 || poll(&fd, 1, (int)left) <= 0) {
            break;
        }
        n = recv(c->fd, c->input, SB_HEAD_BUFFER, MSG_DONTWAIT);
        if (n <= 0) {
            break;
        }
        total += n;
    }
    return total;
}

static void finish_socket(sb_connection *c)
{
    bool unread = c->request.method && !c->body_done;
    int64_t bytes = (int64_t)(c->end - c->start);
    int in_kernel = 0;

    if (c->fate == SB_RESET || atomic_load(&c->dying)) {
        if (ioctl(c->fd, FIONREAD, &in_kernel) == 0) {
            bytes += in_kernel;
        }
        set_reset(c);
    } else if (unread || bytes > 0) {
        bytes += linger(c);
    }
    if (unread && sb_is_upload(c)) {
        count_unread(c, bytes);
    }
}

static void unlink_open(sb_connection *c)
{
    sb_connection **link = &c->element->open;

    while (*link != c) {
        link = &(*link)->next;
    }
    *link = c->next;
}

/* Out of the list before the descriptor can mean another socket. */
static void leave(sb_connection *c)
{
    sb_element *element = c->element;

    pthread_mutex_lock(&element->lock);
    unlink_open(c);
    pthread_mutex_unlock(&element->lock);
    close(c->fd);
    pthread_mutex_lock(&element->lock);
    c->next = element->finished;
    element->finished = c;
    element->counts.open_connections--;
    pthread_cond_broadcast(&element->changed);
    pthread_mutex_unlock(&element->lock);
}

static void *serve_connection(void *argument)
{
    sb_connection *c = argument;

    while (sb_read_head(c)) {
        sb_serve(c);
        if (c->fate != SB_ANSWERED) {
            break;
        }
    }
    finish_socket(c);
    leave(c);
    return NULL;
}

static void connection_free(sb_connection *c)
{
    sb_upload_free(c->upload);
    sb_set_reply(c, 0); /* closes and frees what a reply holds */
    sb_text_fini(&c->reply.body);
    sb_text_fini(&c->received);
    sb_text_fini(&c->output);
    free(c->input);
    free(c);
}

static sb_connection *connection_new(sb_element *element, int fd)
{
    sb_connection *c = calloc(1, sizeof(*c));

    if (!c) {
        return NULL;
    }
    c->element = element;
    c->fd = fd;
    c->reply.file_fd = -1;
    atomic_init(&c->dying, false);
    c->input = malloc(SB_HEAD_BUFFER);
    if (!c->input) {
        connection_free(c);
        return NULL;
    }
    return c;
}

static void set_options(const sb_element *element, int fd)
{
    int idle_ms = element->fleet->idle_ms;
    struct timeval idle = {.tv_sec = idle_ms / 1000,
                           .tv_usec = idle_ms % 1000 * 1000L};
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
}

static int start_thread(sb_connection *c)
{
    pthread_attr_t attributes;
    int rc = pthread_attr_init(&attributes);

    if (rc == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        rc = pthread_create(&c->thread, &attributes, serve_connection, c);
        pthread_attr_destroy(&attributes);
    }
    return rc;
}

void sb_connection_start(sb_element *element, int fd)
{
    sb_connection *c = connection_new(element, fd);
    int rc;

    if (!c) {
        close(fd);
        return;
    }
    set_options(element, fd);
    /* The thread cannot end before it is in the list: it needs the lock. */
    pthread_mutex_lock(&element->lock);
    rc = start_thread(c);
    if (rc == 0) {
        c->next = element->open;
        element->open = c;
        element->counts.connections++;
        element->counts.open_connections++;
    }
    pthread_mutex_unlock(&element->lock);
    if (rc != 0) {
        close(fd);
        connection_free(c);
    }
}

void sb_connections_reap(sb_element *element)
{
    sb_connection *c;

    pthread_mutex_lock(&element->lock);
    c = element->finished;
    element->finished = NULL;
    pthread_mutex_unlock(&element->lock);
    while (c) {
        sb_connection *next = c->next;

        pthread_join(c->thread, NULL);
        connection_free(c);
        c = next;
    }
}

void sb_connections_end(sb_element *element)
{
    pthread_mutex_lock(&element->lock);
    for (sb_connection *c = element->open; c; c = c->next) {
        atomic_store(&c->dying, true);
        /* Wakes a thread that reads; sends nothing to the peer. */
        shutdown(c->fd, SHUT_RD);
    }
    pthread_cond_broadcast(&element->changed);
    while (element->counts.open_connections > 0) {
        pthread_cond_wait(&element->changed, &element->lock);
    }
    pthread_mutex_unlock(&element->lock);
    sb_connections_reap(element);
}
