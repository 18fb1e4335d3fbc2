/*
 * Who may touch what. The writer alone: `memory` and `memory_size` until the
 * spool is ready, `file` until bytes of it are published, `why` until the
 * failure is published. Whoever has seen a length (acquire) may read all bytes
 * below it, for good. The reader alone: body.size and body.error.
 *
 * No wake-up is lost. The writer publishes first and wakes then; the reader
 * answers AGAIN only after it found nothing published. What wake() posts is
 * handled by the reader's own thread, either before that read, which then sees
 * the news, or after it, when the reader is known to wait.
 */
#include "uploader/spool.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "uploader/spool_pool.h"

#define FIRST_MEMORY ((size_t)4096)

typedef enum spool_state {
    OPEN,
    FINISHED,
    FAILED
} spool_state;

struct se__spool {
    se__body body;
    se__spool_pool *pool;
    void (*wake)(void *user);
    void *user;
    char *memory; /* the first bytes */
    size_t memory_size;
    se__spool_file *file; /* from SE__SPOOL_MEMORY on; NULL: not needed yet */
    atomic_int_fast64_t length;
    atomic_int state;
    se_error why;
};

/* ---- writer ---- */

static se_err grow_memory(se__spool *spool, size_t need, se_error *err)
{
    size_t size = spool->memory_size ? spool->memory_size : FIRST_MEMORY;
    char *grown;

    while (size < need) {
        size *= 2;
    }
    if (size == spool->memory_size) {
        return SE_OK;
    }
    grown = realloc(spool->memory, size);
    if (!grown) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a spool");
    }
    spool->memory = grown;
    spool->memory_size = size;
    return SE_OK;
}

/* As pwrite. A full disk is no end while old pages of ours are on it. */
static ssize_t write_some(se__spool *spool, int64_t at, const char *data,
                          size_t length)
{
    for (;;) {
        ssize_t n = pwrite(spool->file->fd, data, length, (off_t)at);
        int why = n < 0 ? errno : EIO;

        if (n > 0) {
            return n;
        }
        if (why != EINTR &&
            !(why == ENOSPC && se__spool_pool_relieve(spool->pool))) {
            errno = why;
            return -1;
        }
    }
}

static se_err write_file(se__spool *spool, int64_t at, const char *data,
                         size_t length, se_error *err)
{
    while (length > 0) {
        ssize_t n = write_some(spool, at, data, length);

        if (n < 0) {
            return se__fail_errno(err, SE_E_SYSTEM, errno, "spool in %s",
                                  se__spool_pool_dir(spool->pool));
        }
        data += n;
        at += n;
        length -= (size_t)n;
    }
    return SE_OK;
}

/* The part of a write that lies beyond memory; `at` counts in the file. */
static se_err spill(se__spool *spool, int64_t at, const char *data,
                    size_t length, se_error *err)
{
    se_err rc = SE_OK;

    if (!spool->file) {
        rc = se__spool_pool_take(spool->pool, &spool->file, err);
    }
    if (rc == SE_OK) {
        rc = se__spool_pool_reserve(spool->pool, spool->file,
                                    at + (int64_t)length, err);
    }
    return rc == SE_OK ? write_file(spool, at, data, length, err) : rc;
}

static size_t part_for_memory(int64_t at, size_t length)
{
    size_t room =
        at < SE__SPOOL_MEMORY ? SE__SPOOL_MEMORY - (size_t)at : (size_t)0;

    return length < room ? length : room;
}

/* All or nothing: what is not published is written over by the next try. */
se_err se__spool_write(se__spool *spool, const void *data, size_t length,
                       se_error *err)
{
    int64_t at = atomic_load(&spool->length);
    const char *bytes = data;
    size_t first = part_for_memory(at, length);
    se_err rc = SE_OK;

    if (length == 0) {
        return SE_OK;
    }
    if (first > 0) {
        rc = grow_memory(spool, (size_t)at + first, err);
        if (rc == SE_OK) {
            memcpy(spool->memory + at, bytes, first);
        }
    }
    if (rc == SE_OK && first < length) {
        rc = spill(spool, at + (int64_t)first - SE__SPOOL_MEMORY, bytes + first,
                   length - first, err);
    }
    if (rc == SE_OK) {
        atomic_store(&spool->length, at + (int64_t)length);
        spool->wake(spool->user);
    }
    return rc;
}

void se__spool_finish(se__spool *spool)
{
    atomic_store(&spool->state, FINISHED);
    spool->wake(spool->user);
}

void se__spool_fail(se__spool *spool, const se_error *why)
{
    se__error_copy(&spool->why, why);
    atomic_store(&spool->state, FAILED);
    spool->wake(spool->user);
}

/* ---- any thread ---- */

int64_t se__spool_length(const se__spool *spool)
{
    return atomic_load(&spool->length);
}

bool se__spool_ready(const se__spool *spool)
{
    return atomic_load(&spool->state) != OPEN ||
           atomic_load(&spool->length) > SE__SPOOL_MEMORY;
}

/* ---- reader ---- */

static int64_t read_file(se__spool *spool, int64_t at, char *buffer, size_t n)
{
    ssize_t got;

    do {
        got = pread(spool->file->fd, buffer, n, (off_t)at);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        /* All that was published is there, so an end is an error as well. */
        se__fail_errno(&spool->body.error, SE_E_SYSTEM, got < 0 ? errno : EIO,
                       "spool in %s", se__spool_pool_dir(spool->pool));
        return SE__BODY_ERROR;
    }
    return got;
}

static int64_t read_published(se__spool *spool, int64_t at, char *buffer,
                              size_t n)
{
    if (at < SE__SPOOL_MEMORY) {
        n = part_for_memory(at, n);
        memcpy(buffer, spool->memory + at, n);
        return (int64_t)n;
    }
    return read_file(spool, at - SE__SPOOL_MEMORY, buffer, n);
}

static int64_t failed(se__spool *spool)
{
    se__error_copy(&spool->body.error, &spool->why);
    return SE__BODY_ERROR;
}

static int64_t spool_read(se__body *body, int64_t at, char *buffer, size_t n)
{
    se__spool *spool = SE__CONTAINER(body, se__spool, body);
    /* In this order: a length that is loaded after the end is the last one. */
    int state = atomic_load(&spool->state);
    int64_t length = atomic_load(&spool->length);

    if (state == FAILED) {
        return failed(spool);
    }
    if (state == OPEN && length <= SE__SPOOL_MEMORY) {
        return SE__BODY_AGAIN;
    }
    if (at >= length) {
        if (state == FINISHED) {
            body->size = length;
        }
        return state == FINISHED ? 0 : SE__BODY_AGAIN;
    }
    if ((int64_t)n > length - at) {
        n = (size_t)(length - at);
    }
    return read_published(spool, at, buffer, n);
}

/* Before an attempt: what has ended meanwhile goes out with its length. */
static se_err spool_check(se__body *body, se_error *err)
{
    se__spool *spool = SE__CONTAINER(body, se__spool, body);
    int state = atomic_load(&spool->state);

    if (state == FAILED) {
        return se__error_copy(err, &spool->why);
    }
    if (state == FINISHED) {
        body->size = atomic_load(&spool->length);
    }
    return SE_OK;
}

/* ---- life ---- */

static void spool_free(se__body *body)
{
    se__spool *spool = SE__CONTAINER(body, se__spool, body);

    if (spool->file) {
        se__spool_pool_give(spool->pool, spool->file);
    }
    se__spool_pool_unref(spool->pool);
    free(spool->memory);
    free(spool);
}

se_err se__spool_new(se__spool_pool *pool, void (*wake)(void *user), void *user,
                     se__spool **out, se_error *err)
{
    static const se__body_ops ops = {spool_read, spool_check, NULL, spool_free};
    se__spool *spool = se__zalloc(sizeof(*spool));

    if (!spool) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a spool");
    }
    spool->body.ops = &ops;
    spool->body.size = -1;
    spool->body.error = (se_error)SE_ERROR_INIT;
    spool->why = (se_error)SE_ERROR_INIT;
    spool->pool = se__spool_pool_ref(pool);
    spool->wake = wake;
    spool->user = user;
    atomic_init(&spool->length, 0);
    atomic_init(&spool->state, OPEN);
    *out = spool;
    return SE_OK;
}

se__body *se__spool_body(se__spool *spool)
{
    return &spool->body;
}
