#include "uploader/spool_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"

#define MAX_SPARE 8

struct se__spool_pool {
    atomic_int refs;
    char *dir;
    int64_t quota;
    se__mutex lock;
    se__spool_file *active; /* in use by spools */
    se__spool_file *spare;  /* the one given back last comes first */
    int n_spare;
    int64_t used; /* reserved by the active ones */
    int64_t held; /* extents of all */
};

/* ---- life ---- */

static const char *default_dir(void)
{
    const char *dir = secure_getenv("TMPDIR");

    return dir && dir[0] ? dir : "/tmp";
}

se_err se__spool_pool_open(se__spool_pool **out, const char *dir,
                           int64_t quota_bytes, se_error *err)
{
    se__spool_pool *pool = se__zalloc(sizeof(*pool));

    if (pool) {
        pool->dir = se__strdup(dir ? dir : default_dir());
    }
    if (!pool || !pool->dir) {
        free(pool);
        return se__fail(err, SE_E_NOMEM, "out of memory for a spool");
    }
    atomic_init(&pool->refs, 1);
    pool->quota = quota_bytes;
    se__mutex_init(&pool->lock);
    *out = pool;
    return SE_OK;
}

se__spool_pool *se__spool_pool_ref(se__spool_pool *pool)
{
    atomic_fetch_add(&pool->refs, 1);
    return pool;
}

static void drop_spare_locked(se__spool_pool *pool)
{
    se__spool_file *file = pool->spare;

    pool->spare = file->next;
    pool->n_spare--;
    pool->held -= file->extent;
    close(file->fd);
    free(file);
}

void se__spool_pool_unref(se__spool_pool *pool)
{
    if (!pool || atomic_fetch_sub(&pool->refs, 1) != 1) {
        return;
    }
    while (pool->spare) {
        drop_spare_locked(pool); /* nobody else is left to lock out */
    }
    se__mutex_fini(&pool->lock);
    free(pool->dir);
    free(pool);
}

int64_t se__spool_pool_used(se__spool_pool *pool)
{
    int64_t used;

    se__mutex_lock(&pool->lock);
    used = pool->used;
    se__mutex_unlock(&pool->lock);
    return used;
}

const char *se__spool_pool_dir(const se__spool_pool *pool)
{
    return pool->dir;
}

/* ---- files ---- */

/* For file systems without O_TMPFILE: named for as long as a call takes. */
static int make_named(const char *dir)
{
    se__buf path = SE__BUF_INIT;
    int fd = -1;

    errno = ENOMEM;
    if (se__buf_puts(&path, dir) &&
        se__buf_puts(&path, "/artstore-spool-XXXXXX")) {
        fd = mkostemp(path.data, O_CLOEXEC);
    }
    if (fd >= 0 && unlink(path.data) != 0) {
        int why = errno;

        close(fd);
        errno = why;
        fd = -1;
    }
    se__buf_fini(&path);
    return fd;
}

static int make_unlinked(const char *dir)
{
    int fd =
        open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);

    /* What kernels and file systems say that do not know it. */
    if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        fd = make_named(dir);
    }
    return fd;
}

/* NULL: *rc and err say why. */
static se__spool_file *make_file(const se__spool_pool *pool, se_err *rc,
                                 se_error *err)
{
    se__spool_file *file = se__zalloc(sizeof(*file));

    if (!file) {
        *rc = se__fail(err, SE_E_NOMEM, "out of memory for a spool");
        return NULL;
    }
    file->fd = make_unlinked(pool->dir);
    if (file->fd < 0) {
        *rc = se__fail_errno(err, SE_E_SYSTEM, errno, "spool in %s", pool->dir);
        free(file);
        return NULL;
    }
    return file;
}

static void link_active_locked(se__spool_pool *pool, se__spool_file *file)
{
    file->prev = NULL;
    file->next = pool->active;
    if (file->next) {
        file->next->prev = file;
    }
    pool->active = file;
}

static void unlink_active_locked(se__spool_pool *pool, se__spool_file *file)
{
    if (file->prev) {
        file->prev->next = file->next;
    } else {
        pool->active = file->next;
    }
    if (file->next) {
        file->next->prev = file->prev;
    }
}

static se__spool_file *take_spare(se__spool_pool *pool)
{
    se__spool_file *file;

    se__mutex_lock(&pool->lock);
    file = pool->spare;
    if (file) {
        pool->spare = file->next;
        pool->n_spare--;
    }
    se__mutex_unlock(&pool->lock);
    return file;
}

se_err se__spool_pool_take(se__spool_pool *pool, se__spool_file **out,
                           se_error *err)
{
    se__spool_file *file = take_spare(pool);
    se_err rc = SE_OK;

    if (!file) {
        file = make_file(pool, &rc, err);
    }
    if (!file) {
        return rc;
    }
    se__mutex_lock(&pool->lock);
    link_active_locked(pool, file);
    se__mutex_unlock(&pool->lock);
    *out = file;
    return SE_OK;
}

void se__spool_pool_give(se__spool_pool *pool, se__spool_file *file)
{
    se__mutex_lock(&pool->lock);
    unlink_active_locked(pool, file);
    pool->used -= file->reserved;
    file->reserved = 0;
    file->next = pool->spare;
    pool->spare = file;
    if (++pool->n_spare > MAX_SPARE) {
        drop_spare_locked(pool);
    }
    se__mutex_unlock(&pool->lock);
}

/* ---- room ---- */

/*
 * Old pages go: those of spare files, then those behind what the others may
 * have written. A file's spool writes only what it reserved under this lock
 * before, so nothing of value is cut.
 */
static void shed_locked(se__spool_pool *pool, int64_t most)
{
    while (pool->held > most && pool->spare) {
        drop_spare_locked(pool);
    }
    for (se__spool_file *file = pool->active; file; file = file->next) {
        if (pool->held <= most) {
            return;
        }
        if (file->extent > file->reserved &&
            ftruncate(file->fd, (off_t)file->reserved) == 0) {
            pool->held -= file->extent - file->reserved;
            file->extent = file->reserved;
        }
    }
}

static void grow_locked(se__spool_pool *pool, se__spool_file *file,
                        int64_t bytes)
{
    pool->used += bytes - file->reserved;
    file->reserved = bytes;
    if (bytes > file->extent) {
        pool->held += bytes - file->extent;
        file->extent = bytes;
        shed_locked(pool, pool->quota);
    }
}

se_err se__spool_pool_reserve(se__spool_pool *pool, se__spool_file *file,
                              int64_t bytes, se_error *err)
{
    bool fits;

    se__mutex_lock(&pool->lock);
    fits = bytes <= file->reserved ||
           bytes - file->reserved <= pool->quota - pool->used;
    if (fits && bytes > file->reserved) {
        grow_locked(pool, file, bytes);
    }
    se__mutex_unlock(&pool->lock);
    if (!fits) {
        return se__fail(err, SE_E_BUSY,
                        "spool in %s: its quota of %lld bytes is used up",
                        pool->dir, (long long)pool->quota);
    }
    return SE_OK;
}

bool se__spool_pool_relieve(se__spool_pool *pool)
{
    int64_t before;
    int64_t after;

    se__mutex_lock(&pool->lock);
    before = pool->held;
    shed_locked(pool, pool->used);
    after = pool->held;
    se__mutex_unlock(&pool->lock);
    return after < before;
}
