/*
 * Names to addresses, by a deadline. getaddrinfo() has none: whoever gives up
 * leaves the thread behind, which frees what it found when it ends.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "wire/redis_private.h"

#define PORT_SIZE 12

typedef struct lookup {
    se__mutex mutex;
    int references; /* the thread and who asked */
    char *host;
    char port[PORT_SIZE];
    int done_fd;
    int rc;
    struct addrinfo *found;
    se__thread thread;
} lookup;

static int find(const char *host, const char *port, int flags,
                struct addrinfo **out)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = flags | AI_NUMERICSERV,
    };

    return getaddrinfo(host, port, &hints, out);
}

static void drop(lookup *it)
{
    bool last;

    se__mutex_lock(&it->mutex);
    last = --it->references == 0;
    se__mutex_unlock(&it->mutex);
    if (!last) {
        return;
    }
    if (it->found) {
        freeaddrinfo(it->found);
    }
    if (it->done_fd >= 0) {
        close(it->done_fd);
    }
    se__mutex_fini(&it->mutex);
    free(it->host);
    free(it);
}

static void run(void *argument)
{
    const uint64_t one = 1;
    lookup *it = argument;
    struct addrinfo *found = NULL;
    int rc = find(it->host, it->port, 0, &found);

    se__mutex_lock(&it->mutex);
    it->rc = rc;
    it->found = rc == 0 ? found : NULL;
    se__mutex_unlock(&it->mutex);
    while (write(it->done_fd, &one, sizeof(one)) < 0 && errno == EINTR) {
        /* again */
    }
    drop(it);
}

static lookup *new_lookup(const char *host, const char *port)
{
    lookup *it = se__zalloc(sizeof(*it));

    if (!it) {
        return NULL;
    }
    se__mutex_init(&it->mutex);
    it->references = 1;
    snprintf(it->port, sizeof(it->port), "%s", port);
    it->host = se__strdup(host);
    it->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!it->host || it->done_fd < 0) {
        drop(it);
        return NULL;
    }
    return it;
}

static se_err start(lookup *it, se_error *err)
{
    se_err rc;

    it->references = 2;
    rc = se__thread_start(&it->thread, "se-resolve", run, it, err);
    if (rc == SE_OK) {
        pthread_detach(it->thread.native);
    } else {
        it->references = 1;
    }
    return rc;
}

static se_err unknown(const char *host, int rc, se_error *err)
{
    return se__fail(err, rc == EAI_MEMORY ? SE_E_NOMEM : SE_E_CONNECT,
                    "host %s: %s", host, gai_strerror(rc));
}

static se_err take(lookup *it, struct addrinfo **out, se_error *err)
{
    se_err rc = SE_OK;

    se__mutex_lock(&it->mutex);
    if (it->rc == 0) {
        *out = it->found;
        it->found = NULL;
    } else {
        rc = unknown(it->host, it->rc, err);
    }
    se__mutex_unlock(&it->mutex);
    return rc;
}

se_err se__redis_resolve(const char *host, int port, int stop_fd,
                         int64_t deadline_ms, struct addrinfo **out,
                         se_error *err)
{
    char text[PORT_SIZE];
    lookup *it;
    se_err rc;
    int found;

    snprintf(text, sizeof(text), "%d", port);
    found = find(host, text, AI_NUMERICHOST, out);
    if (found == 0) {
        return SE_OK;
    }
    if (found != EAI_NONAME) {
        return unknown(host, found, err);
    }
    it = new_lookup(host, text);
    if (!it) {
        return se__fail(err, SE_E_NOMEM, "no room to resolve %s", host);
    }
    rc = start(it, err);
    if (rc == SE_OK) {
        rc = se__redis_poll(it->done_fd, POLLIN, stop_fd, deadline_ms);
        rc = rc == SE_OK ? take(it, out, err) : se__redis_poll_failed(rc, err);
    }
    drop(it);
    return rc;
}
