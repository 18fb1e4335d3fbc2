/*
 * Bodies, spools and feeders while memory runs out: every call says so, gives
 * back what it took, and works the next time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "operation.h"

#include "base/mem.h"
#include "base/thread.h"
#include "uploader/spool.h"

/* Each returns what is wrong, NULL: nothing; `ok` tells if memory sufficed. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

#define QUOTA ((int64_t)1 << 20)

static char path[64];
static char content[100000];

static bool is_shortage(const se_error *err)
{
    return err->code == SE_E_NOMEM || err->code == SE_E_SYSTEM;
}

static const char *file_body(bool *ok)
{
    se_error err = SE_ERROR_INIT;
    se__body *body = NULL;
    char buffer[16];

    *ok = se__body_file(path, &body, &err) == SE_OK;
    if (!*ok) {
        MUST(!body && is_shortage(&err));
        return NULL;
    }
    MUST(se__body_check(body, &err) == SE_OK);
    MUST(se__body_read(body, 99990, buffer, sizeof(buffer)) == 10);
    se__body_free(body);
    return NULL;
}

static const char *memory_body(bool *ok)
{
    se_error err = SE_ERROR_INIT;
    se__body *body = NULL;
    char buffer[16];

    *ok = se__body_memory("abc", 3, &body, &err) == SE_OK;
    if (!*ok) {
        MUST(!body && is_shortage(&err));
        return NULL;
    }
    MUST(se__body_read(body, 1, buffer, sizeof(buffer)) == 2);
    se__body_free(body);
    return NULL;
}

static void no_wake(void *user)
{
    (void)user;
}

static const char *open_spool(se__spool_pool **pool, se__spool **spool,
                              bool *ok)
{
    se_error err = SE_ERROR_INIT;

    *ok = se__spool_pool_open(pool, "/tmp", QUOTA, &err) == SE_OK;
    if (!*ok) {
        MUST(!*pool && is_shortage(&err));
        return NULL;
    }
    *ok = se__spool_new(*pool, no_wake, NULL, spool, &err) == SE_OK;
    if (!*ok) {
        MUST(!*spool && is_shortage(&err));
        se__spool_pool_unref(*pool);
    }
    return NULL;
}

static const char *close_spool(se__spool_pool *pool, se__spool *spool)
{
    se__body_free(se__spool_body(spool));
    MUST(se__spool_pool_used(pool) == 0);
    se__spool_pool_unref(pool);
    return NULL;
}

/* A write that fails is tried once more: by then only one thing has failed. */
static const char *write_part(se__spool *spool, size_t at, size_t n, bool *ok)
{
    se_error err = SE_ERROR_INIT;

    *ok = se__spool_write(spool, content + at, n, &err) == SE_OK;
    if (!*ok) {
        MUST(is_shortage(&err));
        MUST(se__spool_length(spool) == (int64_t)at);
        *ok = se__spool_write(spool, content + at, n, NULL) == SE_OK;
    }
    MUST(se__spool_length(spool) == (int64_t)(*ok ? at + n : at));
    return NULL;
}

static const char *fill_spool(se__spool *spool, bool *ok)
{
    static const size_t ends[] = {0, 1000, 9000, 65536, 70000, 100000};
    char buffer[64];

    for (size_t i = 0; i + 1 < SE__COUNT(ends) && *ok; i++) {
        const char *wrong =
            write_part(spool, ends[i], ends[i + 1] - ends[i], ok);

        MUST(!wrong);
    }
    se__spool_finish(spool);
    if (*ok) {
        MUST(se__body_read(se__spool_body(spool), 69980, buffer, 64) == 64);
        MUST(memcmp(buffer, content + 69980, 64) == 0);
    }
    return NULL;
}

static const char *spool(bool *ok)
{
    se__spool_pool *pool = NULL;
    se__spool *made = NULL;
    const char *wrong = open_spool(&pool, &made, ok);

    if (wrong || !*ok) {
        return wrong;
    }
    wrong = fill_spool(made, ok);
    return wrong ? wrong : close_spool(pool, made);
}

/* Until the feeder has said how it ended; it polls, the feeder never waits. */
static int64_t feed_and_wait(se__spool *spool, int fd, bool *ok, se_error *err)
{
    se__feeder *feeder = NULL;
    char byte;
    int64_t got = SE__BODY_AGAIN;

    *ok = se__feeder_start(&feeder, spool, fd, err) == SE_OK;
    while (*ok && got == SE__BODY_AGAIN) {
        got = se__body_read(se__spool_body(spool), 100000, &byte, 1);
    }
    se__feeder_stop(feeder);
    return got;
}

static const char *feeder(bool *ok)
{
    se__spool_pool *pool = NULL;
    se__spool *made = NULL;
    se_error err = SE_ERROR_INIT;
    const char *wrong = open_spool(&pool, &made, ok);
    int64_t got;
    int fd;

    if (wrong || !*ok) {
        return wrong;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    got = feed_and_wait(made, fd, ok, &err);
    close(fd);
    if (!*ok) {
        MUST(is_shortage(&err));
    } else if (got != 0) {
        *ok = false;
        MUST(got == SE__BODY_ERROR);
        MUST(is_shortage(&se__spool_body(made)->error));
    }
    return close_spool(pool, made);
}

static const operation operations[] = {
    {"file body", file_body},
    {"memory body", memory_body},
    {"spool", spool},
    {"feeder", feeder},
};

static bool make_file(void)
{
    int fd;
    bool made;

    snprintf(path, sizeof(path), "/tmp/artstore-torture-XXXXXX");
    for (size_t i = 0; i < sizeof(content); i++) {
        content[i] = (char)(i * 31 >> 3);
    }
    fd = mkostemp(path, O_CLOEXEC);
    made = fd >= 0 &&
           write(fd, content, sizeof(content)) == (ssize_t)sizeof(content);
    if (fd >= 0) {
        close(fd);
    }
    return made;
}

int main(void)
{
    bool good = make_file();

    for (size_t i = 0; good && i < SE__COUNT(operations); i++) {
        good = operation_survives(&operations[i]);
    }
    unlink(path);
    return !good;
}
