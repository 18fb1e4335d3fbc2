#include "sandbox_fleet.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const se_uploader_options fleet_fast = {
    .size = sizeof(se_uploader_options),
    .connect_timeout_ms = 1000,
    .idle_timeout_ms = 300,
    .commit_timeout_ms = 500,
    .expect_timeout_ms = 150,
    .probe_timeout_ms = 500,
    .control_timeout_ms = 500,
    .backoff_base_ms = 1,
    .backoff_max_ms = 5,
    .resolve_interval_ms = 10,
};

void fleet_start_with(fleet *f, sandbox_options options)
{
    const char *tmp = getenv("TMPDIR");

    memset(f, 0, sizeof(*f));
    snprintf(f->dir, sizeof(f->dir), "%.32s/artstore-test-XXXXXX",
             tmp ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    snprintf(f->document, sizeof(f->document), "%s/fleet.json", f->dir);
    snprintf(f->source, sizeof(f->source), "file:%s", f->document);
    options.dir = f->dir;
    f->sandbox = sandbox_start(&options);
    ck_assert_ptr_nonnull(f->sandbox);
    ck_assert(sandbox_write_document(f->sandbox, f->document));
}

void fleet_start(fleet *f, const sandbox_element *elements, size_t n)
{
    fleet_start_with(f,
                     (sandbox_options){.elements = elements, .n_elements = n});
}

static const sandbox_element standard[] = {
    {"se-01", "edit", 100, 0},
    {"se-02", "edit", 200, 0},
    {"se-03", "rw", 300, 0},
};

void fleet_start_standard(fleet *f)
{
    fleet_start(f, standard, 3);
}

void fleet_start_admin(fleet *f, bool require_token)
{
    fleet_start_with(f, (sandbox_options){
                            .elements = standard,
                            .n_elements = 3,
                            .admin = true,
                            .client_id = FLEET_ID,
                            .client_secret = FLEET_SECRET,
                            .require_token = require_token,
                        });
}

void fleet_open(fleet *f, const se_uploader_options *options)
{
    se_options ingest = SE_OPTIONS_INIT;
    const char *sources[] = {f->source};
    se_error err = SE_ERROR_INIT;

    ingest.sources = sources;
    ingest.n_sources = 1;
    ingest.uploader = options ? options : &fleet_fast;
    ingest.log = ingest.uploader->log;
    ingest.log_user = ingest.uploader->log_user;
    ck_assert_msg(se_ingest_open(&f->ingest, &ingest, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_msg(se_registry_reload(se_ingest_registry(f->ingest),
                                     SE_RELOAD_MANUAL, 0, NULL, &err) == SE_OK,
                  "%s", err.message);
}

static int remove_entry(const char *path, const struct stat *status, int type,
                        struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void fleet_stop(fleet *f)
{
    se_ingest_close(f->ingest);
    sandbox_stop(f->sandbox);
    nftw(f->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(f->data);
}

const char *fleet_data(fleet *f, size_t length)
{
    if (f->length != length) {
        uint64_t x = length * UINT64_C(0x9e3779b97f4a7c15) + 1;

        f->data = realloc(f->data, length);
        ck_assert_ptr_nonnull(f->data);
        for (size_t i = 0; i < length; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            f->data[i] = (char)x;
        }
        f->length = length;
    }
    return f->data;
}

const char *fleet_file(fleet *f, const char *name, size_t length)
{
    static char path[160];
    const char *data = fleet_data(f, length);
    int fd;

    snprintf(path, sizeof(path), "%s/%s", f->dir, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    for (size_t at = 0; at < length;) {
        ssize_t n = write(fd, data + at, length - at);

        ck_assert_int_gt(n, 0);
        at += (size_t)n;
    }
    close(fd);
    return path;
}

se_err fleet_upload(fleet *f, size_t length, se_result **result, se_error *err)
{
    se_upload upload = SE_UPLOAD_INIT;

    upload.data = fleet_data(f, length);
    upload.data_length = length;
    return se_ingest_upload(f->ingest, &upload, result, err);
}

sandbox_counts fleet_counts(fleet *f, const char *id)
{
    sandbox_counts counts;

    sandbox_counts_of(f->sandbox, id, &counts);
    return counts;
}

void fleet_fault(fleet *f, const char *id, sandbox_route route,
                 sandbox_when when, sandbox_action action)
{
    sandbox_fault fault = {.route = route, .when = when, .action = action};

    sandbox_add_fault(f->sandbox, id, &fault);
}

void fleet_status(fleet *f, const char *id, sandbox_when when, int status)
{
    sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                           .when = when,
                           .action = SANDBOX_STATUS,
                           .status = status};

    sandbox_add_fault(f->sandbox, id, &fault);
}

void fleet_pause(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

int64_t fleet_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
