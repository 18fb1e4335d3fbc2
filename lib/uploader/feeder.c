/*
 * A thread that reads a descriptor into a spool.
 *
 * Design notes. Both the descriptor and the stop descriptor are polled before
 * each read, so that a stop is seen also when nothing ever arrives. The
 * descriptor may be blocking and shared with other processes: its flags are
 * not touched. Only if such a process takes the bytes between poll and read
 * does the read wait for the next ones.
 */
#include "uploader/spool.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"

#define CHUNK ((size_t)256 * 1024)

struct se__feeder {
    se__thread thread;
    se__spool *spool;
    int fd;
    int stop_fd;
    char buffer[CHUNK];
};

typedef enum readiness {
    READABLE, /* or at its end, or broken, or closed: read tells */
    STOPPED,
    BROKEN
} readiness;

static readiness wait_readable(const se__feeder *feeder)
{
    struct pollfd wait[2] = {
        {.fd = feeder->fd, .events = POLLIN},
        {.fd = feeder->stop_fd, .events = POLLIN},
    };

    while (poll(wait, 2, -1) < 0) {
        if (errno != EINTR) {
            return BROKEN;
        }
    }
    return wait[1].revents != 0 ? STOPPED : READABLE;
}

static void fail_reading(se__feeder *feeder, int os_errno)
{
    se_error why = SE_ERROR_INIT;

    if (feeder->fd == STDIN_FILENO) {
        se__fail_errno(&why, SE_E_FILE, os_errno, "standard input");
    } else {
        se__fail_errno(&why, SE_E_FILE, os_errno, "descriptor %d", feeder->fd);
    }
    se__spool_fail(feeder->spool, &why);
}

/* One read; false: it was the last one. */
static bool feed(se__feeder *feeder)
{
    se_error why = SE_ERROR_INIT;
    ssize_t n = read(feeder->fd, feeder->buffer, CHUNK);

    if (n < 0) {
        if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) {
            return true;
        }
        fail_reading(feeder, errno);
        return false;
    }
    if (n == 0) {
        se__spool_finish(feeder->spool);
        return false;
    }
    if (se__spool_write(feeder->spool, feeder->buffer, (size_t)n, &why) !=
        SE_OK) {
        se__spool_fail(feeder->spool, &why);
        return false;
    }
    return true;
}

static void run(void *argument)
{
    se__feeder *feeder = argument;
    readiness ready;

    do {
        ready = wait_readable(feeder);
        if (ready == BROKEN) {
            fail_reading(feeder, errno);
        }
    } while (ready == READABLE && feed(feeder));
}

se_err se__feeder_start(se__feeder **out, se__spool *spool, int fd,
                        se_error *err)
{
    se__feeder *feeder = se__zalloc(sizeof(*feeder));
    se_err rc;

    if (!feeder) {
        return se__fail(err, SE_E_NOMEM, "out of memory for reading a stream");
    }
    feeder->spool = spool;
    feeder->fd = fd;
    feeder->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (feeder->stop_fd < 0) {
        rc = se__fail_errno(err, SE_E_SYSTEM, errno,
                            "no descriptor for reading a stream");
    } else {
        rc = se__thread_start(&feeder->thread, "se-feeder", run, feeder, err);
    }
    if (rc != SE_OK) {
        se__feeder_stop(feeder);
        return rc;
    }
    *out = feeder;
    return SE_OK;
}

void se__feeder_stop(se__feeder *feeder)
{
    if (!feeder) {
        return;
    }
    if (feeder->stop_fd >= 0) {
        eventfd_write(feeder->stop_fd, 1);
        se__thread_join(&feeder->thread);
        close(feeder->stop_fd);
    }
    free(feeder);
}
