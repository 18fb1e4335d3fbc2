/*
 * Deliver files from an event loop: event_loop SOURCE FILE...
 *
 * With SE_DISPATCH_CALLER no callback runs on a thread of the library. It hands
 * out one descriptor, which is readable while callbacks wait; the loop polls it
 * beside its own and calls se_uploader_dispatch(). Everything below therefore
 * runs on one thread and needs no lock. Interrupt it (Ctrl-C) to see uploads
 * end as canceled.
 */
#include <artstore/ingest.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define AT_ONCE 8 /* uploads submitted and not ended */

typedef struct delivery {
    se_uploader *uploader;
    char **files; /* not submitted yet; ends with NULL */
    se_job *jobs[AT_ONCE];
    int under_way;
    se_err worst; /* SE_OK: all are stored */
} delivery;

/* What a callback needs to know of its upload. */
typedef struct file {
    delivery *all;
    const char *path;
    int slot; /* in all->jobs */
} file;

static void submit_more(delivery *d);

static void ended(se_job *job, const se_result *result, void *user)
{
    file *f = user;
    delivery *d = f->all;
    const se_error *err = se_result_error(result);

    if (se_result_outcome(result) == SE_STORED) {
        printf("%s: %s on %s\n", f->path, se_result_file_id(result),
               se_result_se_id(result));
    } else {
        fprintf(stderr, "%s: %s\n", f->path, err->message);
        d->worst = err->code;
    }
    d->jobs[f->slot] = NULL;
    d->under_way--;
    free(f);
    se_job_free(job);
    submit_more(d);
}

static int free_slot(const delivery *d)
{
    int slot = 0;

    while (slot < AT_ONCE && d->jobs[slot]) {
        slot++;
    }
    return slot;
}

static void submit(delivery *d, const char *path)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;
    file *f = malloc(sizeof(*f));

    if (!f) {
        d->worst = SE_E_NOMEM;
        return;
    }
    *f = (file){d, path, free_slot(d)};
    upload.path = path;
    upload.done = ended;
    upload.user = f;
    /* Never blocks, and never calls back before it has returned. */
    if (se_uploader_submit(d->uploader, &upload, &d->jobs[f->slot], &err) ==
        SE_OK) {
        d->under_way++;
    } else {
        fprintf(stderr, "%s: %s\n", path, err.message);
        d->worst = err.code;
        free(f);
    }
}

static void submit_more(delivery *d)
{
    while (*d->files && d->under_way < AT_ONCE) {
        submit(d, *d->files++);
    }
}

/* They still end through their callbacks. */
static void cancel_all(delivery *d)
{
    while (*d->files) {
        d->files++;
    }
    for (int i = 0; i < AT_ONCE; i++) {
        if (d->jobs[i]) {
            se_job_cancel(d->jobs[i]);
        }
    }
}

static void run(delivery *d, int interrupts)
{
    struct pollfd wait[2] = {
        {.fd = se_uploader_fd(d->uploader), .events = POLLIN},
        {.fd = interrupts, .events = POLLIN},
    };
    struct signalfd_siginfo info;

    submit_more(d);
    while (d->under_way > 0) {
        if (poll(wait, 2, -1) <= 0) {
            continue;
        }
        if (wait[0].revents) {
            se_uploader_dispatch(d->uploader);
        }
        if (wait[1].revents && read(interrupts, &info, sizeof(info)) > 0) {
            cancel_all(d);
        }
    }
}

int main(int argc, char **argv)
{
    se_options options = SE_OPTIONS_INIT;
    se_uploader_options how = SE_UPLOADER_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;
    se_ingest *ingest = NULL;
    delivery d = {.files = argv + 2, .worst = SE_OK};
    sigset_t interrupt;
    int interrupts;

    if (argc < 3) {
        fprintf(stderr, "usage: %s SOURCE FILE...\n", argv[0]);
        return 2;
    }
    how.dispatch = SE_DISPATCH_CALLER;
    options.sources = (const char *const *)&argv[1];
    options.n_sources = 1;
    options.uploader = &how;
    if (se_ingest_open(&ingest, &options, &err) != SE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return se_err_exit_code(err.code);
    }
    d.uploader = se_ingest_uploader(ingest);
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, NULL);
    interrupts = signalfd(-1, &interrupt, SFD_CLOEXEC | SFD_NONBLOCK);
    run(&d, interrupts);
    close(interrupts);
    se_ingest_close(ingest);
    return se_err_exit_code(d.worst);
}
