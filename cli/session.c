/*
 * The library, opened as the options describe it.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOCUMENT_MAX ((size_t)8 << 20)

static int no_source(void)
{
    return cli_usage(
        "no source of storage elements; name one with --source file:PATH or "
        "in ARTSTORE_INGEST_SOURCE (see: " CLI_NAME " help env)");
}

bool cli_has_password(const char *url)
{
    const char *authority = strstr(url, "://");
    const char *at;
    const char *colon;
    size_t end;

    if (!authority) {
        return false;
    }
    authority += 3;
    end = strcspn(authority, "/?#");
    at = memchr(authority, '@', end);
    colon = memchr(authority, ':', end);
    return at && colon && colon < at;
}

int cli_session_prepare(cli_session *session, const cli_options *options)
{
    union {
        const cli_options *from;
        void *to;
    } user = {options};

    *session = (cli_session){
        .options = options,
        .library = SE_OPTIONS_INIT,
        .uploader = SE_UPLOADER_OPTIONS_INIT,
        .selector = SE_SELECTOR_OPTIONS_INIT,
    };
    for (size_t i = 0; i < options->n_sources && !options->source_text; i++) {
        if (cli_has_password(options->sources[i])) {
            return cli_usage("--source %zu holds a password, which others "
                             "could see; put it into ARTSTORE_INGEST_SOURCE "
                             "or the source's own variable",
                             i + 1);
        }
    }
    session->uploader.dispatch = SE_DISPATCH_CALLER;
    session->selector.policy = (se_policy)options->policy;
    session->library.sources = options->sources;
    session->library.n_sources = options->n_sources;
    session->library.token_file = options->token_file;
    session->library.redis_password = getenv("REDIS_PASSWORD");
    session->library.uploader = &session->uploader;
    session->library.selector = &session->selector;
    session->library.log = cli_log;
    session->library.log_user = user.to;
    return CLI_OK;
}

int cli_session_open(cli_session *session, const cli_options *options)
{
    se_error err = SE_ERROR_INIT;
    int code = cli_session_prepare(session, options);

    if (code != CLI_OK) {
        return code;
    }
    if (options->n_sources == 0) {
        return no_source();
    }
    if (se_ingest_open(&session->ingest, &session->library, &err) != SE_OK) {
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
