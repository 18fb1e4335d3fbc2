#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"

#define BACKLOG 4096

/* A socket at 127.0.0.1; port 0: a free one. -1: errno. */
static int bind_port(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0) {
        return -1;
    }
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/*
 * Two sockets hold the port: one never listens and keeps it from being given
 * to somebody else while the element is killed.
 */
bool sb_listener_bind(sb_element *element)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof(address);

    element->port_fd = bind_port(0);
    if (element->port_fd < 0 ||
        getsockname(element->port_fd, (struct sockaddr *)&address, &length)) {
        return false;
    }
    element->port = ntohs(address.sin_port);
    snprintf(element->url, sizeof(element->url), "http://127.0.0.1:%d",
             element->port);
    return true;
}

/* Out of descriptors or memory: some may be given back soon. */
static bool accept_again(int error)
{
    static const int passing[] = {EINTR,  ECONNABORTED, EMFILE,
                                  ENFILE, ENOBUFS,      ENOMEM};

    for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++) {
        if (error == passing[i]) {
            usleep(1000);
            return true;
        }
    }
    return false;
}

static void *accept_connections(void *argument)
{
    sb_element *element = argument;

    for (;;) {
        int fd = accept4(element->listen_fd, NULL, NULL, SOCK_CLOEXEC);

        if (fd < 0 &&
            (!accept_again(errno) || !atomic_load(&element->accepting))) {
            return NULL; /* shut down */
        }
        sb_connections_reap(element);
        if (fd >= 0) {
            sb_connection_start(element, fd);
        }
    }
}

static bool start_locked(sb_element *element)
{
    int rc;

    element->listen_fd = bind_port(element->port);
    if (element->listen_fd < 0) {
        return false;
    }
    rc = listen(element->listen_fd, BACKLOG) == 0 ? 0 : errno;
    if (rc == 0) {
        atomic_store(&element->accepting, true);
        rc = pthread_create(&element->acceptor, NULL, accept_connections,
                            element);
    }
    if (rc != 0) {
        close(element->listen_fd);
        element->listen_fd = -1;
        errno = rc;
    }
    return rc == 0;
}

bool sb_listener_start(sb_element *element)
{
    bool good;

    pthread_mutex_lock(&element->life);
    good = element->listen_fd >= 0 || start_locked(element);
    pthread_mutex_unlock(&element->life);
    return good;
}

void sb_listener_stop(sb_element *element)
{
    pthread_mutex_lock(&element->life);
    if (element->listen_fd >= 0) {
        atomic_store(&element->accepting, false);
        shutdown(element->listen_fd, SHUT_RDWR);
        pthread_join(element->acceptor, NULL);
        close(element->listen_fd);
        element->listen_fd = -1;
        sb_connections_end(element);
    }
    pthread_mutex_unlock(&element->life);
}
