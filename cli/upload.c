/*
 * upload FILE...: several files at once, each reported when it has ended.
 *
 * One thread, one poll(): the library's callbacks are dispatched here, signals
 * arrive through a descriptor.
 */
#include "upload.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "explain_report.h"
#include "progress.h"
#include "signals.h"

#define DEFAULT_JOBS 8

typedef struct run run;

/* One file on the command line. */
typedef struct upload_item {
    run *run;
    const char *path;
    bool under_way;
    _Atomic int64_t sent; /* by the attempt under way */
} upload_item;

struct run {
    const cli_options *options;
    cli_session session;
    upload_item *items;
    size_t count;
    size_t next; /* to be submitted */
    size_t under_way;
    size_t most; /* at once */
    upload_tally tally;
    progress progress;
    int64_t started_ms;
    int signal_fd;
    int signal; /* SIGINT, SIGTERM; 0: none came */
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- one file ---- */

static void on_progress(void *user, int64_t bytes)
{
    upload_item *item = user;

    atomic_store(&item->sent, bytes);
}

static void on_done(se_job *job, const se_result *result, void *user)
{
    upload_item *item = user;
    run *r = item->run;

    (void)job;
    item->under_way = false;
    r->under_way--;
    if (se_result_outcome(result) == SE_STORED) {
        upload_count_stored(&r->tally, result);
    } else {
        upload_count_failed(&r->tally, se_result_outcome(result),
                            se_result_error(result)->code);
    }
    progress_clear(&r->progress);
    upload_report_result(r->options, item->path, result);
}

static int time_left_ms(const run *r)
{
    int64_t left = r->options->deadline_ms - (now_ms() - r->started_ms);

    if (r->options->deadline_ms == 0) {
        return 0;
    }
    return left > 0 ? (int)left : 1;
}

static void submit(run *r, upload_item *item)
{
    const cli_options *options = r->options;
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;

    if (strcmp(item->path, "-") == 0) {
        upload.from_fd = true;
        upload.fd = STDIN_FILENO;
    } else {
        upload.path = item->path;
    }
    if (options->why) {
        progress_clear(&r->progress);
        upload_explain(&r->session, item->path);
    }
    upload.retention = (se_retention)options->retention;
    upload.ttl_days = (int)options->ttl_days;
    upload.name = options->name;
    upload.content_type = options->content_type;
    upload.description = options->description;
    upload.metadata = options->metadata;
    upload.file_id = options->file_id;
    upload.deadline_ms = time_left_ms(r);
    upload.done = on_done;
    upload.progress = on_progress;
    upload.user = item;
    if (se_uploader_submit(se_ingest_uploader(r->session.ingest), &upload, NULL,
                           &err) == SE_OK) {
        item->under_way = true;
        r->under_way++;
        return;
    }
    upload_count_failed(&r->tally, SE_REJECTED, err.code);
    progress_clear(&r->progress);
    upload_report_error(options, item->path, &err);
}

/* ---- all of them ---- */

static progress_state state_of(const run *r)
{
    progress_state state = {
        .files_done = r->tally.stored + r->tally.failed + r->tally.unknown,
        .files_failed = r->tally.failed + r->tally.unknown,
        .bytes = r->tally.bytes,
    };

    for (size_t i = 0; i < r->next; i++) {
        if (r->items[i].under_way) {
            state.bytes += atomic_load(&r->items[i].sent);
        }
    }
    return state;
}

static void show(run *r, bool now)
{
    if (now || progress_wait_ms(&r->progress) == 0) {
        progress_state state = state_of(r);

        progress_update(&r->progress, &state, now);
    }
}

/* The first signal lets uploads end in good order, the second does not wait. */
static void read_signal(run *r)
{
    int signal = signals_take(r->signal_fd);

    if (signal == 0) {
        return;
    }
    if (signal == SIGUSR1) {
        show(r, true);
        return;
    }
    if (r->signal) {
        _exit(128 + signal);
    }
    r->signal = signal;
    progress_clear(&r->progress);
    se_ingest_stop(r->session.ingest, 0);
}

static void wait_for_events(run *r)
{
    se_uploader *uploader = se_ingest_uploader(r->session.ingest);
    struct pollfd fds[] = {
        {.fd = se_uploader_fd(uploader), .events = POLLIN},
        {.fd = r->signal_fd, .events = POLLIN},
    };

    if (poll(fds, 2, progress_wait_ms(&r->progress)) < 0 && errno != EINTR) {
        cli_message("poll: %s", strerror(errno));
        r->signal = SIGTERM;
        return;
    }
    if (fds[1].revents) {
        read_signal(r);
    }
    se_uploader_dispatch(uploader);
}

static void upload_all(run *r)
{
    while (r->under_way > 0 || (r->next < r->count && !r->signal)) {
        while (r->next < r->count && r->under_way < r->most && !r->signal) {
            submit(r, &r->items[r->next++]);
        }
        if (r->under_way > 0) {
            wait_for_events(r);
        }
        show(r, false);
    }
    r->tally.skipped = r->count - r->next;
}

/* ---- before and after ---- */

static int check_arguments(const cli_options *options)
{
    size_t streams = 0;

    if (options->n_arguments == 0) {
        return cli_usage("upload which file? e.g. " CLI_NAME
                         " upload file.pdf");
    }
    for (size_t i = 0; i < options->n_arguments; i++) {
        streams += strcmp(options->arguments[i], "-") == 0;
    }
    if (streams > 1) {
        return cli_usage("standard input (-) can be uploaded only once");
    }
    if (options->n_arguments > 1 && (options->name || options->file_id)) {
        return cli_usage("--name and --file-id are for one file, not for %zu",
                         options->n_arguments);
    }
    if (options->retention == SE_PERMANENT && options->ttl_days > 0) {
        return cli_usage("--ttl-days is for temporary files; leave it out or "
                         "use --retention temporary");
    }
    return CLI_OK;
}

static int64_t total_size(const cli_options *options)
{
    int64_t total = 0;

    for (size_t i = 0; i < options->n_arguments; i++) {
        struct stat status;

        if (strcmp(options->arguments[i], "-") == 0) {
            return -1;
        }
        if (stat(options->arguments[i], &status) == 0 &&
            S_ISREG(status.st_mode)) {
            total += status.st_size;
        }
    }
    return total;
}

/* Files go out without a token then, which an element may refuse. */
static void warn_of_account(const cli_session *session)
{
    if (session->library.client_id && !se_ingest_admin(session->ingest) &&
        !session->options->quiet) {
        cli_message("warning: an account, but no Admin Module to ask for a "
                    "token; name it as a source or in "
                    "SERVICE_ACCOUNT_ADMIN_MODULE_URL");
    }
}

static int prepare(run *r, const cli_options *options)
{
    int code = check_arguments(options);

    if (code != CLI_OK) {
        return code;
    }
    r->signal_fd = signals_open();
    if (r->signal_fd < 0) {
        return CLI_FAILED;
    }
    r->options = options;
    r->count = options->n_arguments;
    r->most = options->jobs ? (size_t)options->jobs : DEFAULT_JOBS;
    r->tally.files = r->count;
    r->items = calloc(r->count, sizeof(*r->items));
    if (!r->items) {
        cli_message("out of memory");
        return CLI_FAILED;
    }
    for (size_t i = 0; i < r->count; i++) {
        r->items[i].run = r;
        r->items[i].path = options->arguments[i];
    }
    code = cli_session_open_with_list(&r->session, options);
    if (code == CLI_OK) {
        warn_of_account(&r->session);
    }
    return code;
}

/* By itself an upload asks only the element that it is about to use. */
static bool needs_figures(const cli_session *session)
{
    se_policy policy = session->library.selector->policy;

    return session->options->why || policy == SE_POLICY_MOST_FREE ||
           policy == SE_POLICY_WEIGHTED_FREE;
}

static int run_upload(run *r)
{
    if (r->options->dry_run) {
        return upload_plan(&r->session, &r->tally);
    }
    if (needs_figures(&r->session)) {
        int code = explain_ask_elements(&r->session);

        if (code != CLI_OK) {
            return code;
        }
    }
    progress_init(&r->progress, r->options, r->count, total_size(r->options));
    read_signal(r); /* one that came while the list was read */
    upload_all(r);
    progress_clear(&r->progress);
    upload_report_summary(r->options, &r->tally, now_ms() - r->started_ms);
    return r->signal ? 128 + r->signal : upload_exit_code(&r->tally);
}

int cli_upload(const cli_options *options)
{
    run r = {.signal_fd = -1, .started_ms = now_ms()};
    int code = prepare(&r, options);

    if (code == CLI_OK) {
        code = run_upload(&r);
    } else if (r.signal_fd >= 0) {
        code = signals_code(r.signal_fd, code);
    }
    cli_session_close(&r.session);
    free(r.items);
    signals_close(r.signal_fd);
    return code;
}
