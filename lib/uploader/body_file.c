/*
 * A body from a regular file.
 *
 * Design notes. What the file was when the upload was submitted is remembered;
 * an attempt opens it anew and finds out whether it still is that. So a
 * thousand queued uploads hold no descriptor, and a file that was replaced
 * meanwhile is an error and not another upload.
 */
#include "uploader/body.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

/* A smaller one is in one or two reads anyway. */
#define LARGE_BYTES ((int64_t)1 << 20)

typedef struct file_body {
    se__body base;
    char *path;
    int fd; /* -1: not open */
    dev_t device;
    ino_t inode;
    struct timespec modified;
} file_body;

static int open_path(const char *path)
{
    /* O_NONBLOCK: a FIFO must not hold us up before it is refused. */
    return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

static bool is_same(const file_body *file, const struct stat *status)
{
    return status->st_dev == file->device && status->st_ino == file->inode &&
           status->st_size == file->base.size &&
           status->st_mtim.tv_sec == file->modified.tv_sec &&
           status->st_mtim.tv_nsec == file->modified.tv_nsec;
}

static se_err changed(const file_body *file, se_error *err)
{
    return se__fail(err, SE_E_FILE_CHANGED, "%s changed while it was uploaded",
                    file->path);
}

static se_err need_open(file_body *file, se_error *err)
{
    struct stat status;
    int fd;

    if (file->fd >= 0) {
        return SE_OK;
    }
    fd = open_path(file->path);
    if (fd < 0) {
        return se__fail_errno(err, SE_E_FILE, errno, "%s", file->path);
    }
    if (fstat(fd, &status) != 0 || !is_same(file, &status)) {
        close(fd);
        return changed(file, err);
    }
    if (file->base.size >= LARGE_BYTES) {
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    file->fd = fd;
    return SE_OK;
}

static int64_t file_read(se__body *body, int64_t at, char *buffer, size_t n)
{
    file_body *file = SE__CONTAINER(body, file_body, base);
    ssize_t got;

    if (need_open(file, &body->error) != SE_OK) {
        return SE__BODY_ERROR;
    }
    if (at >= body->size) {
        return 0;
    }
    if ((int64_t)n > body->size - at) {
        n = (size_t)(body->size - at); /* it may have grown */
    }
    do {
        got = pread(file->fd, buffer, n, (off_t)at);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        se__fail_errno(&body->error, SE_E_FILE, errno, "%s", file->path);
        return SE__BODY_ERROR;
    }
    if (got == 0) {
        changed(file, &body->error); /* shorter than it was */
        return SE__BODY_ERROR;
    }
    return got;
}

/* Between attempts it is closed: then its name is asked. */
static se_err file_check(se__body *body, se_error *err)
{
    file_body *file = SE__CONTAINER(body, file_body, base);
    struct stat status;
    bool same;

    if (file->fd >= 0) {
        same = fstat(file->fd, &status) == 0 && is_same(file, &status);
    } else if (stat(file->path, &status) != 0) {
        return se__fail_errno(err, SE_E_FILE, errno, "%s", file->path);
    } else {
        same = is_same(file, &status);
    }
    return same ? SE_OK : changed(file, err);
}

static void file_idle(se__body *body)
{
    file_body *file = SE__CONTAINER(body, file_body, base);

    if (file->fd >= 0) {
        close(file->fd);
        file->fd = -1;
    }
}

static void file_free(se__body *body)
{
    file_body *file = SE__CONTAINER(body, file_body, base);

    file_idle(body);
    free(file->path);
    free(file);
}

static const char *kind_of(mode_t mode)
{
    static const struct {
        mode_t mode;
        const char *words;
    } kinds[] = {
        {S_IFDIR, "a directory"},    {S_IFIFO, "a pipe"},
        {S_IFSOCK, "a socket"},      {S_IFCHR, "a character device"},
        {S_IFBLK, "a block device"},
    };

    for (size_t i = 0; i < SE__COUNT(kinds); i++) {
        if ((mode & S_IFMT) == kinds[i].mode) {
            return kinds[i].words;
        }
    }
    return "special";
}

static se_err not_regular(const file_body *file, mode_t mode, se_error *err)
{
    se_error why = SE_ERROR_INIT;

    se__fail(&why, SE_E_FILE, "%s is %s, not a regular file", file->path,
             kind_of(mode));
    why.os_errno = S_ISDIR(mode) ? EISDIR : EINVAL;
    return se__error_copy(err, &why);
}

static se_err learn(file_body *file, se_error *err)
{
    struct stat status;

    file->fd = open_path(file->path);
    if (file->fd < 0 || fstat(file->fd, &status) != 0) {
        return se__fail_errno(err, SE_E_FILE, errno, "%s", file->path);
    }
    if (!S_ISREG(status.st_mode)) {
        return not_regular(file, status.st_mode, err);
    }
    if (status.st_size == 0) {
        return se__fail(err, SE_E_REFUSED,
                        "%s is empty; an empty file cannot be stored",
                        file->path);
    }
    file->base.size = status.st_size;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->modified = status.st_mtim;
    return SE_OK;
}

se_err se__body_file(const char *path, se__body **out, se_error *err)
{
    static const se__body_ops ops = {file_read, file_check, file_idle,
                                     file_free};
    file_body *file = se__zalloc(sizeof(*file));
    se_err rc;

    if (!file) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a body");
    }
    file->base.ops = &ops;
    file->base.error = (se_error)SE_ERROR_INIT;
    file->fd = -1;
    file->path = se__strdup(path);
    rc = file->path ? learn(file, err)
                    : se__fail(err, SE_E_NOMEM, "out of memory for a body");
    if (rc != SE_OK) {
        file_free(&file->base);
        return rc;
    }
    file_idle(&file->base);
    *out = &file->base;
    return SE_OK;
}
