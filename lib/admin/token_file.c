#include "admin/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"

#define TOKEN_MAX 8192

struct se__token_file {
    char *path;
    se__mutex lock;
    char *token; /* NULL: not read yet */
};

se_err se__token_file_new(const char *path, se__token_file **out, se_error *err)
{
    se__token_file *file = se__zalloc(sizeof(*file));

    if (file) {
        file->path = se__strdup(path);
    }
    if (!file || !file->path) {
        free(file);
        return se__fail(err, SE_E_NOMEM, "out of memory for a token file");
    }
    se__mutex_init(&file->lock);
    *out = file;
    return SE_OK;
}

void se__token_file_free(se__token_file *file)
{
    if (file) {
        se__secret_free(file->token);
        se__mutex_fini(&file->lock);
        free(file->path);
        free(file);
    }
}

static se_err open_token(const char *path, int *fd, se_error *err)
{
    struct stat status;

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0) {
        return se__fail_errno(err, SE_E_CONFIG, errno, "token file %s", path);
    }
    if (fstat(*fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return se__fail(err, SE_E_CONFIG, "token file %s is no regular file",
                        path);
    }
    if (status.st_mode & (S_IRWXG | S_IRWXO)) {
        return se__fail(err, SE_E_CONFIG,
                        "token file %s may be read by others; chmod 600 it",
                        path);
    }
    return SE_OK;
}

/* One line; what follows the first blank or line end is no part of it. */
static se_err take_token(se__token_file *file, char *text, size_t length,
                         se_error *err)
{
    size_t end = 0;
    char *token;

    while (end < length && (unsigned char)text[end] > ' ') {
        end++;
    }
    if (end == 0 || !se__text_is_clean(text, end)) {
        return se__fail(err, SE_E_CONFIG, "token file %s holds no token",
                        file->path);
    }
    token = se__strndup(text, end);
    if (!token) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a token");
    }
    se__secret_free(file->token);
    file->token = token;
    return SE_OK;
}

static se_err read_locked(se__token_file *file, se_error *err)
{
    char text[TOKEN_MAX];
    int fd = -1;
    ssize_t n;
    se_err rc = open_token(file->path, &fd, err);

    if (rc == SE_OK) {
        do {
            n = read(fd, text, sizeof(text));
        } while (n < 0 && errno == EINTR);
        if (n < 0) {
            rc = se__fail_errno(err, SE_E_CONFIG, errno, "token file %s",
                                file->path);
        } else if (n == (ssize_t)sizeof(text)) {
            rc = se__fail(err, SE_E_CONFIG, "token file %s is too long",
                          file->path);
        } else {
            rc = take_token(file, text, (size_t)n, err);
        }
        explicit_bzero(text, sizeof(text));
    }
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

se_err se__token_file_get(void *user, const char *stale, char *token,
                          size_t capacity, se_error *err)
{
    se__token_file *file = user;
    se_err rc = SE_OK;

    se__mutex_lock(&file->lock);
    if (!file->token || (stale && strcmp(stale, file->token) == 0)) {
        rc = read_locked(file, err);
    }
    if (rc == SE_OK && file->token && strlen(file->token) < capacity) {
        se__copy_text(token, capacity, file->token);
    } else if (rc == SE_OK) {
        rc =
            se__fail(err, SE_E_CONFIG, "token file %s is too long", file->path);
    }
    se__mutex_unlock(&file->lock);
    return rc;
}
