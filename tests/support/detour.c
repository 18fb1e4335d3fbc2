#include "detour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST 200
#define BLOCK 65536

/* A connection and where it leads; lost: it fell into the hole. */
typedef struct pair {
    int ends[2];
    bool lost;
} pair;

struct detour {
    int listener;
    int port; /* of the listener */
    int target;
    int wake; /* eventfd */
    pthread_t thread;
    pthread_mutex_t lock; /* held while bytes are moved */
    bool hole;
    bool stop;
    pair pairs[MOST]; /* the thread's */
    int n_pairs;
};

static void die(const char *what)
{
    fprintf(stderr, "detour: %s: %s\n", what, strerror(errno));
    exit(2);
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int new_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        die("socket");
    }
    return fd;
}

static void listen_somewhere(detour *d)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof(address);

    d->listener = new_socket();
    if (bind(d->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(d->listener, 64) != 0 ||
        getsockname(d->listener, (struct sockaddr *)&address, &length) != 0) {
        die("listen");
    }
    d->port = ntohs(address.sin_port);
}

static void no_delay(int fd)
{
    int yes = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

/* Where nobody listens it leads nowhere. */
static void take_connection(detour *d)
{
    struct sockaddr_in address = loopback(d->target);
    pair *p = &d->pairs[d->n_pairs];
    int fd = accept4(d->listener, NULL, NULL, SOCK_CLOEXEC);

    if (fd < 0) {
        return;
    }
    *p = (pair){{fd, new_socket()}, false};
    if (connect(p->ends[1], (struct sockaddr *)&address, sizeof(address)) !=
        0) {
        close(p->ends[1]);
        close(fd);
        return;
    }
    no_delay(p->ends[1]);
    no_delay(fd);
    d->n_pairs++;
}

static void drop(detour *d, int i)
{
    for (int end = 0; end < 2; end++) {
        if (d->pairs[i].ends[end] >= 0) {
            close(d->pairs[i].ends[end]);
        }
    }
    d->pairs[i] = d->pairs[--d->n_pairs];
}

/* What came at one end goes out at the other; false: that is over. */
static bool relay(const pair *p, int from)
{
    static char block[BLOCK]; /* the one thread's */
    ssize_t n = recv(p->ends[from], block, sizeof(block), 0);

    for (ssize_t at = 0; at < n;) {
        ssize_t sent =
            send(p->ends[1 - from], block + at, (size_t)(n - at), MSG_NOSIGNAL);

        if (sent <= 0) {
            return false;
        }
        at += sent;
    }
    return n > 0;
}

/* Ends of lost connections are looked at only to see the peer leave. */
static int prepare(const detour *d, struct pollfd *fds)
{
    int n = 0;

    fds[n++] = (struct pollfd){.fd = d->wake, .events = POLLIN};
    fds[n++] = (struct pollfd){
        .fd = !d->hole && d->n_pairs < MOST ? d->listener : -1,
        .events = POLLIN,
    };
    for (int i = 0; i < d->n_pairs; i++) {
        short events = d->pairs[i].lost ? POLLRDHUP : POLLIN;

        for (int end = 0; end < 2; end++) {
            fds[n++] =
                (struct pollfd){.fd = d->pairs[i].ends[end], .events = events};
        }
    }
    return n;
}

/* From the last one on: dropping moves the last into the gap. */
static void move_bytes(detour *d, const struct pollfd *fds)
{
    for (int i = d->n_pairs - 1; i >= 0; i--) {
        const struct pollfd *ends = &fds[2 + 2 * i];
        bool alive = true;

        for (int end = 0; end < 2 && alive; end++) {
            if (ends[end].revents != 0) {
                alive = !d->pairs[i].lost && relay(&d->pairs[i], end);
            }
        }
        if (!alive) {
            drop(d, i);
        }
    }
}

static void *run(void *self)
{
    struct pollfd fds[2 + 2 * MOST];
    detour *d = self;
    bool stop = false;

    while (!stop) {
        pthread_mutex_lock(&d->lock);
        int n = prepare(d, fds);
        pthread_mutex_unlock(&d->lock);

        if (poll(fds, (nfds_t)n, -1) < 0 && errno != EINTR) {
            die("poll");
        }
        pthread_mutex_lock(&d->lock);
        if (fds[0].revents != 0) {
            eventfd_t value;

            eventfd_read(d->wake, &value); /* what it saw may be old */
        } else {
            move_bytes(d, fds);
            if (fds[1].revents != 0 && !d->hole) {
                take_connection(d);
            }
        }
        stop = d->stop;
        pthread_mutex_unlock(&d->lock);
    }
    return NULL;
}

detour *detour_start(int port)
{
    detour *d = calloc(1, sizeof(*d));

    if (d == NULL) {
        die("start");
    }
    d->target = port;
    d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (d->wake < 0) {
        die("eventfd");
    }
    listen_somewhere(d);
    pthread_mutex_init(&d->lock, NULL);
    if (pthread_create(&d->thread, NULL, run, d) != 0) {
        die("thread");
    }
    return d;
}

void detour_stop(detour *d)
{
    if (d == NULL) {
        return;
    }
    pthread_mutex_lock(&d->lock);
    d->stop = true;
    pthread_mutex_unlock(&d->lock);
    eventfd_write(d->wake, 1);
    pthread_join(d->thread, NULL);
    while (d->n_pairs > 0) {
        drop(d, d->n_pairs - 1);
    }
    close(d->listener);
    close(d->wake);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

int detour_port(const detour *d)
{
    return d->port;
}

void detour_swallow(detour *d)
{
    pthread_mutex_lock(&d->lock);
    d->hole = true;
    for (int i = 0; i < d->n_pairs; i++) {
        d->pairs[i].lost = true;
    }
    pthread_mutex_unlock(&d->lock);
    eventfd_write(d->wake, 1);
}

void detour_restore(detour *d)
{
    pthread_mutex_lock(&d->lock);
    d->hole = false;
    pthread_mutex_unlock(&d->lock);
    eventfd_write(d->wake, 1);
}
