/*
 * The library, opened as the options describe it.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOCUMENT_MAX ((size_t)8 << 20)

static int no_source(void)
{
    return cli_usage(
        "no source of storage elements; name one with --source "
        "redis://HOST, http://HOST or file:PATH, in "
        "ARTSTORE_INGEST_SOURCE, or in a file with --config (see: " CLI_NAME
        " help env)");
}

/* In redis:// and sentinel:// a password may hold a slash. An empty one is what
 * a template leaves of a variable that is not set. */
bool cli_has_password(const char *url)
{
    const char *authority = strstr(url, "://");
    bool is_http = strncasecmp(url, "http", 4) == 0;
    const char *at;
    const char *colon;
    size_t end;

    if (!authority) {
        return false;
    }
    authority += 3;
    end = is_http ? strcspn(authority, "/?#") : strlen(authority);
    at = memrchr(authority, '@', end);
    colon = memchr(authority, ':', end);
    return at && colon && colon + 1 < at;
}

int cli_session_prepare(cli_session *session, const cli_options *options)
{
    union {
        const cli_options *from;
        void *to;
    } user = {options};
    se_error err = SE_ERROR_INIT;

    *session = (cli_session){.options = options};
    if (se_config_options(options->config, &session->library, &err) != SE_OK) {
        return cli_usage("%s", err.message);
    }
    session->uploader = *session->library.uploader;
    session->uploader.dispatch = SE_DISPATCH_CALLER;
    session->library.uploader = &session->uploader;
    session->library.log = cli_log;
    session->library.log_user = user.to;
    return CLI_OK;
}

/* ---- state ---- */

/* With the folders above it; only this user may look into what is new. */
static bool make_folders(const char *path)
{
    char *copy = strdup(path);
    bool made = copy != NULL;

    for (char *c = copy; made && (c = strchr(c + 1, '/')) != NULL;) {
        *c = '\0';
        made = mkdir(copy, 0700) == 0 || errno == EEXIST;
        *c = '/';
    }
    free(copy);
    return made && (mkdir(path, 0700) == 0 || errno == EEXIST);
}

static bool has_state_dir(const cli_session *session)
{
    const char *path = session->library.state_dir;
    struct stat status;

    if (!path) {
        return false;
    }
    if (make_folders(path) && stat(path, &status) == 0) {
        errno = S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
        if (errno == 0 && access(path, R_OK | W_OK | X_OK) == 0) {
            return true;
        }
    }
    if (!session->options->quiet) {
        cli_message("warning: nothing is remembered: state directory %s: %s",
                    path, strerror(errno));
    }
    return false;
}

int cli_session_open(cli_session *session, const cli_options *options)
{
    se_error err = SE_ERROR_INIT;
    int code = cli_session_prepare(session, options);
    se_options library = session->library;

    if (code != CLI_OK) {
        return code;
    }
    if (library.n_sources == 0) {
        return no_source();
    }
    if (!has_state_dir(session)) {
        library.state_dir = NULL;
    }
    if (se_ingest_open(&session->ingest, &library, &err) != SE_OK) {
        cli_message("%s", err.message);
        return se_err_exit_code(err.code);
    }
    return CLI_OK;
}

int cli_exit_code(const cli_options *options, se_err code)
{
    return se_err_exit_code(code == SE_E_TIMEOUT && options->deadline_ms > 0
                                ? SE_E_DEADLINE
                                : code);
}

int cli_session_open_with_list(cli_session *session, const cli_options *options)
{
    se_error err = SE_ERROR_INIT;
    int code = cli_session_open(session, options);

    if (code != CLI_OK) {
        return code;
    }
    if (se_registry_reload(se_ingest_registry(session->ingest),
                           SE_RELOAD_MANUAL, (int)options->deadline_ms, NULL,
                           &err) != SE_OK) {
        cli_message("%s", err.message);
        cli_session_close(session);
        return cli_exit_code(options, err.code);
    }
    return CLI_OK;
}

void cli_session_close(cli_session *session)
{
    se_ingest_close(session->ingest);
    session->ingest = NULL;
}

static char *read_all(int fd, const char *path, size_t *length)
{
    char *text = malloc(DOCUMENT_MAX + 1);
    size_t n = 0;

    while (text) {
        ssize_t got = read(fd, text + n, DOCUMENT_MAX + 1 - n);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            cli_message("%s: %s", path, strerror(errno));
            free(text);
            return NULL;
        }
        n += (size_t)got;
        if (n > DOCUMENT_MAX) {
            cli_message("%s: longer than 8 MiB", path);
            free(text);
            return NULL;
        }
        if (got == 0) {
            *length = n;
            return text;
        }
    }
    cli_message("%s: out of memory", path);
    return NULL;
}

char *cli_read_document(const char *path, size_t *length)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    char *text = NULL;

    if (fd < 0) {
        cli_message("%s: %s", path, strerror(errno));
        return NULL;
    }
    text = read_all(fd, path, length);
    if (!is_stdin) {
        close(fd);
    }
    return text;
}
