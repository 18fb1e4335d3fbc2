#include "registry/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/sha256.h"

#define FORMAT "artstore-ingest state 1 "
#define HEAD_SIZE (sizeof(FORMAT) - 1 + SE__SHA256_HEX_SIZE)
#define MAX_BYTES ((size_t)32 << 20)

static char *path_of(const char *dir, const char *name, const char *ending)
{
    se__buf path = SE__BUF_INIT;

    se__buf_printf(&path, "%s/%s%s", dir, name, ending);
    return se__buf_take(&path);
}

static se_err hash_of(const char *text, size_t length,
                      char hash[SE__SHA256_HEX_SIZE], se_error *err)
{
    se__sha256 sha = {0};
    se_err rc = se__sha256_start(&sha, err);

    if (rc == SE_OK) {
        se__sha256_update(&sha, text, length);
        se__sha256_finish(&sha, hash);
    }
    se__sha256_fini(&sha);
    return rc;
}

/* ---- write ---- */

static bool write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, data, length);

        if (n < 0 && errno != EINTR) {
            return false;
        }
        if (n > 0) {
            data += n;
            length -= (size_t)n;
        }
    }
    return true;
}

/* Head, text, to the disk. */
static bool fill(int fd, const char *hash, const char *text, size_t length)
{
    char head[HEAD_SIZE + 1];

    snprintf(head, sizeof(head), "%s%s\n", FORMAT, hash);
    return fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
           write_all(fd, head, HEAD_SIZE) && write_all(fd, text, length) &&
           fsync(fd) == 0;
}

/* The name itself is safe once the directory is. */
static void sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static se_err replace(const char *dir, const char *path, char *temporary,
                      const char *hash, const char *text, size_t length,
                      se_error *err)
{
    int fd = mkostemp(temporary, O_CLOEXEC);
    bool good;
    int why;

    if (fd < 0) {
        return se__fail_errno(err, SE_E_SYSTEM, errno, "%s", temporary);
    }
    good = fill(fd, hash, text, length);
    why = errno;
    if (close(fd) != 0 && good) {
        good = false;
        why = errno;
    }
    if (good && rename(temporary, path) != 0) {
        good = false;
        why = errno;
    }
    if (!good) {
        unlink(temporary);
        return se__fail_errno(err, SE_E_SYSTEM, why, "%s", path);
    }
    sync_dir(dir);
    return SE_OK;
}

se_err se__statefile_write(const char *dir, const char *name, const char *text,
                           size_t length, se_error *err)
{
    char hash[SE__SHA256_HEX_SIZE];
    char *path = path_of(dir, name, "");
    char *temporary = path_of(dir, name, ".XXXXXX");
    se_err rc;

    if (path == NULL || temporary == NULL) {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for a state file");
        goto done;
    }
    rc = hash_of(text, length, hash, err);
    if (rc != SE_OK) {
        goto done;
    }
    if (mkdir(dir, S_IRWXU) != 0 && errno != EEXIST) {
        rc = se__fail_errno(err, SE_E_SYSTEM, errno, "%s", dir);
        goto done;
    }
    rc = replace(dir, path, temporary, hash, text, length, err);
done:
    free(path);
    free(temporary);
    return rc;
}

/* ---- read ---- */

static se_err read_whole(const char *path, int fd, size_t size, char *data,
                         size_t *length, se_error *err)
{
    size_t used = 0;
    ssize_t n = 1;

    while (used < size && n != 0) {
        n = read(fd, data + used, size - used);
        if (n < 0 && errno != EINTR) {
            return se__fail_errno(err, SE_E_SYSTEM, errno, "%s", path);
        }
        used += n > 0 ? (size_t)n : 0;
    }
    data[used] = '\0';
    *length = used;
    return SE_OK;
}

/* Is it ours and whole? Then *text is where its text begins. */
static bool is_whole(const char *data, size_t length, const char **text)
{
    char hash[SE__SHA256_HEX_SIZE];

    if (length < HEAD_SIZE || data[HEAD_SIZE - 1] != '\n' ||
        strncmp(data, FORMAT, sizeof(FORMAT) - 1) != 0) {
        return false;
    }
    *text = data + HEAD_SIZE;
    return hash_of(*text, length - HEAD_SIZE, hash, NULL) == SE_OK &&
           strncmp(hash, data + sizeof(FORMAT) - 1, sizeof(hash) - 1) == 0;
}

static se_err read_open(const char *path, int fd, char **text, size_t *length,
                        se_error *err)
{
    struct stat st;
    char *data;
    const char *begin;
    size_t size;
    se_err rc;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return se__fail(err, SE_E_SYSTEM, "%s: not a regular file", path);
    }
    if ((size_t)st.st_size > MAX_BYTES) {
        return se__fail(err, SE_E_LIMIT, "%s: too large", path);
    }
    size = (size_t)st.st_size;
    data = malloc(size + 1);
    if (data == NULL) {
        return se__fail(err, SE_E_NOMEM, "%s: out of memory", path);
    }
    rc = read_whole(path, fd, size, data, &size, err);
    if (rc == SE_OK && !is_whole(data, size, &begin)) {
        rc = se__fail(err, SE_E_PARSE, "%s: broken, or of another version",
                      path);
    }
    if (rc == SE_OK) {
        *length = size - HEAD_SIZE;
        memmove(data, begin, *length + 1);
        *text = data;
        data = NULL;
    }
    free(data);
    return rc;
}

se_err se__statefile_read(const char *dir, const char *name, char **text,
                          size_t *length, se_error *err)
{
    char *path = path_of(dir, name, "");
    se_err rc;
    int fd;

    if (path == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a state file");
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) {
        rc = se__fail_errno(err, errno == ENOENT ? SE_E_NOT_FOUND : SE_E_SYSTEM,
                            errno, "%s", path);
    } else {
        rc = read_open(path, fd, text, length, err);
        close(fd);
    }
    free(path);
    return rc;
}

void se__statefile_remove(const char *dir, const char *name)
{
    char *path = path_of(dir, name, "");

    if (path != NULL) {
        unlink(path);
    }
    free(path);
}
