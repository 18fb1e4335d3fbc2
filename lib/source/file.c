/*
 * A source that reads a document from a file.
 *
 * Design notes. Whoever replaces the document should rename a new one into
 * place; then one open reads one version. A file that is written in place is
 * noticed by its size and times, before against after. Times move in steps of
 * the kernel's tick, so a file that changed within the last tick may have
 * changed again without a trace; it is read once more a little later. What
 * nobody can notice is a writer that stands still in the middle.
 */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#define MAX_BYTES ((int64_t)8 * 1024 * 1024)
#define READS 4
#define TICK_MS 20  /* longer than the tick of any kernel */
#define PAUSE_MS 25 /* longer than that, so that one pause settles it */

typedef struct file_source {
    char *path;
} file_source;

/* One version of the file's content. */
typedef struct content {
    char *text;
    size_t length;
    struct stat before;
} content;

static const char *kind_name(mode_t mode)
{
    static const struct {
        mode_t type;
        const char *name;
    } kinds[] = {
        {S_IFDIR, "a directory"},    {S_IFIFO, "a FIFO"},
        {S_IFSOCK, "a socket"},      {S_IFCHR, "a character device"},
        {S_IFBLK, "a block device"},
    };

    for (size_t i = 0; i < SE__COUNT(kinds); i++) {
        if ((mode & S_IFMT) == kinds[i].type) {
            return kinds[i].name;
        }
    }
    return "something else";
}

static se_err check_kind(const char *path, const struct stat *st, se_error *err)
{
    if (!S_ISREG(st->st_mode)) {
        return se__fail(err, SE_E_SOURCE, "%s: %s, not a regular file", path,
                        kind_name(st->st_mode));
    }
    if (st->st_size > MAX_BYTES) {
        return se__fail(err, SE_E_LIMIT, "%s: %lld bytes, more than %lld", path,
                        (long long)st->st_size, (long long)MAX_BYTES);
    }
    return SE_OK;
}

/* Looked at before it is opened as well: opening a device may do something. */
static se_err open_regular(const char *path, int *fd, struct stat *st,
                           se_error *err)
{
    se_err rc;

    if (stat(path, st) != 0) {
        return se__fail_errno(err, SE_E_SOURCE, errno, "%s", path);
    }
    rc = check_kind(path, st, err);
    if (rc != SE_OK) {
        return rc;
    }
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0 || fstat(*fd, st) != 0) {
        return se__fail_errno(err, SE_E_SOURCE, errno, "%s", path);
    }
    return check_kind(path, st, err);
}

/* Reads to the end, at most size bytes. */
static se_err read_all(const char *path, int fd, char *text, size_t size,
                       size_t *length, se_error *err)
{
    size_t used = 0;

    while (used < size) {
        ssize_t n = read(fd, text + used, size - used);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return se__fail_errno(err, SE_E_SOURCE, errno, "%s", path);
        }
        if (n == 0) {
            break;
        }
        used += (size_t)n;
    }
    *length = used;
    return SE_OK;
}

/* On success out->text is owned by the caller. */
static se_err read_once(const char *path, content *out, se_error *err)
{
    char *text = NULL;
    size_t size;
    int fd = -1;
    se_err rc;

    rc = open_regular(path, &fd, &out->before, err);
    if (rc != SE_OK) {
        goto done;
    }
    /* One byte more, so that a file that grows is noticed. */
    size = (size_t)out->before.st_size + 1;
    text = malloc(size);
    if (text == NULL) {
        rc = se__fail(err, SE_E_NOMEM, "%s: out of memory", path);
        goto done;
    }
    rc = read_all(path, fd, text, size, &out->length, err);
    if (rc == SE_OK) {
        out->text = text;
        text = NULL;
    }
done:
    free(text);
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_unchanged(const char *path, const content *read)
{
    const struct stat *before = &read->before;
    struct stat after;

    return stat(path, &after) == 0 && after.st_dev == before->st_dev &&
           after.st_ino == before->st_ino && after.st_size == before->st_size &&
           (size_t)after.st_size == read->length &&
           same_time(after.st_mtim, before->st_mtim) &&
           same_time(after.st_ctim, before->st_ctim);
}

/* Every change sets ctime. One in the future is another clock's. */
static bool is_settled(const content *read)
{
    struct timespec time = read->before.st_ctim;
    int64_t changed_ms = (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
    int64_t age_ms = se__wall_us() / 1000 - changed_ms;

    return age_ms < 0 || age_ms > TICK_MS;
}

static void pause_ms(int ms)
{
    struct timespec time = {0, (long)ms * 1000000};

    nanosleep(&time, NULL);
}

/* Reads until two looks at the file agree. */
static se_err read_stable(const char *path, int64_t deadline_ms, content *out,
                          se_error *err)
{
    for (int i = 0; i < READS; i++) {
        content read = {0};
        se_err rc;

        if (i > 0) {
            pause_ms(PAUSE_MS);
        }
        if (se__now_ms() >= deadline_ms) {
            return se__fail(err, SE_E_TIMEOUT, "%s: no time left to read it",
                            path);
        }
        rc = read_once(path, &read, err);
        if (rc != SE_OK) {
            return rc;
        }
        if (is_unchanged(path, &read) && is_settled(&read)) {
            *out = read;
            return SE_OK;
        }
        free(read.text);
    }
    return se__fail(err, SE_E_SOURCE, "%s: changes while it is read", path);
}

/* The parser's complaint, with the path in front. */
static se_err parse(const char *path, const content *read, se_topology **out,
                    se_error *err)
{
    se_error said = SE_ERROR_INIT;
    se_err rc = se_topology_parse(read->text, read->length, out, &said);

    if (rc != SE_OK) {
        return se__fail(err, rc, "%s: %s", path, said.message);
    }
    return SE_OK;
}

static se_err file_fetch(void *self, int timeout_ms, se_topology **out,
                         se_error *err)
{
    const file_source *file = self;
    content read = {0};
    se_err rc;

    rc = read_stable(file->path, se__deadline(se__now_ms(), timeout_ms), &read,
                     err);
    if (rc == SE_OK) {
        rc = parse(file->path, &read, out, err);
    }
    free(read.text);
    return rc;
}

static void file_free(void *self)
{
    file_source *file = self;

    free(file->path);
    free(file);
}

static const se_source_ops file_ops = {
    .size = sizeof(se_source_ops),
    .name = "file",
    .fetch = file_fetch,
    .free = file_free,
};

/* The same relative path is another file in another folder. */
static bool place(se_source *source, const char *path)
{
    char folder[PATH_MAX];
    se__buf text = SE__BUF_INIT;
    char *where;
    bool good;

    if (path[0] != '/' && getcwd(folder, sizeof(folder)) != NULL) {
        se__buf_printf(&text, "%s/", folder);
    }
    se__buf_puts(&text, path);
    where = se__buf_take(&text);
    good = where != NULL && se__source_place(source, where);
    free(where);
    return good;
}

se_err se_source_file(const char *path, se_source **out, se_error *err)
{
    se_source *source = NULL;
    file_source *file;
    se_err rc;

    if (path == NULL || path[0] == '\0') {
        return se__fail(err, SE_E_INVALID, "a file source needs a path");
    }
    file = se__zalloc(sizeof(*file));
    if (file == NULL || (file->path = se__strdup(path)) == NULL) {
        free(file);
        return se__fail(err, SE_E_NOMEM, "out of memory for a file source");
    }
    rc = se_source_new(&file_ops, file, &source, err);
    if (rc != SE_OK) {
        file_free(file);
        return rc;
    }
    if (!place(source, path)) {
        se_source_free(source);
        return se__fail(err, SE_E_NOMEM, "out of memory for a file source");
    }
    *out = source;
    return SE_OK;
}
