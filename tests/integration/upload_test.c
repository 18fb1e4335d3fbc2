/*
 * An upload's life: bodies of every kind, cancelling, deadlines, callbacks,
 * many at once.
 */
#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sha256.h"
#include "forked.h"
#include "sandbox_fleet.h"

static void sha256_of(const char *data, size_t length, char hex[65])
{
    se__sha256 sha = {0};

    ck_assert_int_eq(se__sha256_start(&sha, NULL), SE_OK);
    se__sha256_update(&sha, data, length);
    se__sha256_finish(&sha, hex);
    se__sha256_fini(&sha);
}

/* Stored complete, once, with the checksum of what was meant. */
static void check_stored(fleet *f, const se_result *result, size_t length)
{
    char hex[65];

    sha256_of(fleet_data(f, length), length, hex);
    ck_assert_int_eq(se_result_outcome(result), SE_STORED);
    ck_assert_int_eq(se_result_size(result), (int64_t)length);
    ck_assert_str_eq(se_result_sha256(result), hex);
    ck_assert(sandbox_holds(f->sandbox, se_result_se_id(result),
                            se_result_file_id(result), hex));
    ck_assert_int_eq(sandbox_copies(f->sandbox, se_result_file_id(result)), 1);
}

/* Around every buffer's and spool's size. */
static const size_t sizes[] = {1,      2,      4096,   65535,  65536,  65537,
                               131072, 524287, 524288, 524289, 5000000};

START_TEST(file_body)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.path = fleet_file(&f, "file.pdf", sizes[_i]);
    ck_assert_msg(se_ingest_upload(f.ingest, &upload, &result, &err) == SE_OK,
                  "%s", err.message);
    check_stored(&f, result, sizes[_i]);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

START_TEST(memory_body)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    ck_assert_int_eq(fleet_upload(&f, sizes[_i], &result, &err), SE_OK);
    check_stored(&f, result, sizes[_i]);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* ---- streams ---- */

typedef struct writer {
    int fd;
    const char *data;
    size_t length;
    size_t step;
} writer;

static void *write_all(void *argument)
{
    writer *w = argument;

    for (size_t at = 0; at < w->length;) {
        size_t left = w->length - at;
        ssize_t n = write(w->fd, w->data + at, left < w->step ? left : w->step);

        if (n <= 0) {
            break;
        }
        at += (size_t)n;
    }
    close(w->fd);
    return NULL;
}

static se_err upload_stream(fleet *f, size_t length, se_result **result,
                            se_error *err)
{
    se_upload upload = SE_UPLOAD_INIT;
    pthread_t thread;
    int fds[2];
    writer w = {.data = fleet_data(f, length), .length = length, .step = 10000};
    se_err rc;

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    w.fd = fds[1];
    ck_assert_int_eq(pthread_create(&thread, NULL, write_all, &w), 0);
    upload.from_fd = true;
    upload.fd = fds[0];
    rc = se_ingest_upload(f->ingest, &upload, result, err);
    close(fds[0]);
    pthread_join(thread, NULL);
    return rc;
}

START_TEST(stream_body)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    ck_assert_msg(upload_stream(&f, sizes[_i], &result, &err) == SE_OK, "%s",
                  err.message);
    check_stored(&f, result, sizes[_i]);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* The first element fails in the middle of a stream: the spool replays it. */
START_TEST(stream_is_replayed)
{
    sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                           .when = SANDBOX_DURING_BODY,
                           .after_bytes = 300000,
                           .action = SANDBOX_RESET};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    sandbox_add_fault(f.sandbox, "se-01", &fault);
    ck_assert_msg(upload_stream(&f, 2000000, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_result_se_id(result), "se-02");
    check_stored(&f, result, 2000000);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

START_TEST(empty_stream_is_refused)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.from_fd = true;
    upload.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, &result, &err),
                     SE_E_REFUSED);
    ck_assert_int_eq(se_err_exit_code(err.code), 7);
    ck_assert_int_eq(fleet_counts(&f, "se-01").requests, 0);
    close(upload.fd);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* ---- files that are not what they should be ---- */

START_TEST(bad_files_are_refused_before_any_contact)
{
    static const struct {
        const char *name; /* below the fleet's directory */
        se_err code;
    } bad[] = {
        {"missing", SE_E_FILE}, {".", SE_E_FILE}, {"empty", SE_E_REFUSED}};
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;
    char path[128];
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    snprintf(path, sizeof(path), "%s/empty", f.dir);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", f.dir, bad[i].name);
        upload.path = path;
        ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, NULL, &err),
                         bad[i].code);
        ck_assert_ptr_nonnull(strstr(err.message, path));
    }
    ck_assert_int_eq(fleet_counts(&f, "se-01").requests, 0);
    fleet_stop(&f);
}
END_TEST

/* It grows between two attempts: an error, and nothing half of each. */
START_TEST(file_that_changes_is_an_error)
{
    sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                           .when = SANDBOX_AFTER_BODY,
                           .action = SANDBOX_STATUS,
                           .status = 507,
                           .delay_ms = 200};
    se_upload upload = SE_UPLOAD_INIT;
    const se_result *result = NULL;
    se_job *job = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;
    int fd;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    sandbox_add_fault(f.sandbox, "se-01", &fault);
    upload.path = fleet_file(&f, "growing", 100000);
    ck_assert_int_eq(
        se_uploader_submit(se_ingest_uploader(f.ingest), &upload, &job, &err),
        SE_OK);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").body_bytes > 100000);
    fd = open(upload.path, O_WRONLY | O_APPEND | O_CLOEXEC);
    ck_assert_int_eq(write(fd, "more", 4), 4);
    close(fd);
    ck_assert_int_eq(se_job_wait(job, 10000, &result, &err), SE_E_FILE_CHANGED);
    ck_assert_int_eq(se_err_exit_code(err.code), 4);
    ck_assert_int_eq(se_result_outcome(result), SE_REJECTED);
    ck_assert_int_eq(sandbox_copies(f.sandbox, se_result_file_id(result)), 0);
    se_job_free(job);
    fleet_stop(&f);
}
END_TEST

START_TEST(invalid_uploads)
{
    static const se_upload invalid[] = {
        {.size = sizeof(se_upload)},
        {.size = sizeof(se_upload),
         .data = "x",
         .data_length = 1,
         .path = "also"},
        {.size = sizeof(se_upload),
         .data = "x",
         .data_length = 1,
         .ttl_days = 366},
        {.size = sizeof(se_upload),
         .data = "x",
         .data_length = 1,
         .ttl_days = -1},
        {.size = sizeof(se_upload),
         .data = "x",
         .data_length = 1,
         .metadata = "[1]"},
        {.size = sizeof(se_upload),
         .data = "x",
         .data_length = 1,
         .metadata = "{"},
        {.size = sizeof(se_upload),
         .data = "x",
         .data_length = 1,
         .file_id = "no-uuid"},
        {.size = sizeof(se_upload),
         .data = "x",
         .data_length = 1,
         .content_type = "text/plain\r\nX: y"},
        {.size = 0, .data = "x", .data_length = 1},
    };
    se_error err = SE_ERROR_INIT;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        ck_assert_msg(se_ingest_upload(f.ingest, &invalid[i], NULL, &err) ==
                          SE_E_INVALID,
                      "%zu: %s", i, err.message);
        ck_assert_str_ne(err.message, "");
    }
    ck_assert_int_eq(fleet_counts(&f, "se-01").requests, 0);
    fleet_stop(&f);
}
END_TEST

/* ---- cancelling ---- */

static void submit(fleet *f, const se_upload *upload, se_job **job)
{
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_uploader_submit(se_ingest_uploader(f->ingest), upload, job,
                                     &err) == SE_OK,
                  "%s", err.message);
}

/* Where in its life a job is when it is cancelled. */
static const struct {
    sandbox_route route;
    sandbox_when when;
    sandbox_action action;
    se_outcome outcome;
} cancels[] = {
    {SANDBOX_CAPACITY, SANDBOX_BEFORE_BODY, SANDBOX_STALL, SE_REJECTED},
    {SANDBOX_UPLOAD, SANDBOX_BEFORE_BODY, SANDBOX_STALL, SE_REJECTED},
    {SANDBOX_UPLOAD, SANDBOX_DURING_BODY, SANDBOX_STALL, SE_UNKNOWN},
    {SANDBOX_UPLOAD, SANDBOX_AFTER_STORE, SANDBOX_STALL, SE_UNKNOWN},
};

START_TEST(cancel_returns_soon)
{
    se_uploader_options options = fleet_fast;
    sandbox_fault fault = {.route = cancels[_i].route,
                           .when = cancels[_i].when,
                           .action = cancels[_i].action,
                           .after_bytes = 1000};
    se_upload upload = SE_UPLOAD_INIT;
    const se_result *result = NULL;
    se_job *job = NULL;
    se_error err = SE_ERROR_INIT;
    int64_t started;
    fleet f;

    options.probe_timeout_ms = 30000;
    options.idle_timeout_ms = 30000;
    options.commit_timeout_ms = 30000;
    options.expect_timeout_ms = fault.when == SANDBOX_BEFORE_BODY ? 30000 : 150;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    sandbox_add_fault(f.sandbox, "se-01", &fault);
    upload.data = fleet_data(&f, 10000000);
    upload.data_length = 10000000;
    submit(&f, &upload, &job);
    if (fault.route == SANDBOX_CAPACITY) {
        FLEET_WAIT_FOR(fleet_counts(&f, "se-01").capacity_requests == 1);
    } else if (fault.when == SANDBOX_BEFORE_BODY) {
        FLEET_WAIT_FOR(fleet_counts(&f, "se-01").uploads == 1);
    } else if (fault.when == SANDBOX_DURING_BODY) {
        FLEET_WAIT_FOR(fleet_counts(&f, "se-01").body_bytes >= 1000);
    } else {
        FLEET_WAIT_FOR(fleet_counts(&f, "se-01").stored == 1);
    }
    started = fleet_now_ms();
    se_job_cancel(job);
    ck_assert_int_ne(se_job_wait(job, 10000, &result, &err), SE_E_TIMEOUT);
    ck_assert_int_le(fleet_now_ms() - started, 100);
    ck_assert_int_eq(se_result_outcome(result), cancels[_i].outcome);
    ck_assert_int_eq(err.code, cancels[_i].outcome == SE_UNKNOWN
                                   ? SE_E_UNKNOWN_OUTCOME
                                   : SE_E_CANCELED);
    se_job_free(job);
    fleet_stop(&f);
}
END_TEST

/* A stream that never says anything: neither the job nor the close hangs. */
START_TEST(cancel_of_a_silent_stream)
{
    se_upload upload = SE_UPLOAD_INIT;
    const se_result *result = NULL;
    se_job *job = NULL;
    se_error err = SE_ERROR_INIT;
    int64_t started;
    int fds[2];
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    upload.from_fd = true;
    upload.fd = fds[0];
    submit(&f, &upload, &job);
    started = fleet_now_ms();
    se_job_cancel(job);
    ck_assert_int_eq(se_job_wait(job, 10000, &result, &err), SE_E_CANCELED);
    ck_assert_int_le(fleet_now_ms() - started, 100);
    se_job_free(job);
    close(fds[0]);
    close(fds[1]);
    fleet_stop(&f);
}
END_TEST

START_TEST(deadline_covers_everything)
{
    se_uploader_options options = fleet_fast;
    se_upload upload = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    int64_t started;
    fleet f;

    options.expect_timeout_ms = 30000;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    fleet_fault(&f, "se-01", SANDBOX_UPLOAD, SANDBOX_BEFORE_BODY,
                SANDBOX_STALL);
    upload.data = fleet_data(&f, 100000);
    upload.data_length = 100000;
    upload.deadline_ms = 200;
    started = fleet_now_ms();
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, &result, &err),
                     SE_E_DEADLINE);
    ck_assert_int_ge(fleet_now_ms() - started, 190);
    ck_assert_int_le(fleet_now_ms() - started, 400);
    ck_assert_int_eq(se_err_exit_code(err.code), 10);
    ck_assert_int_eq(se_result_outcome(result), SE_REJECTED);
    se_result_free(result);
    fleet_stop(&f);
}
END_TEST

/* ---- callbacks, many at once ---- */

typedef struct tally {
    atomic_int done;
    atomic_int stored;
    pthread_t thread;     /* that submits */
    atomic_int on_thread; /* callbacks that ran on it */
} tally;

static void count(se_job *job, const se_result *result, void *user)
{
    tally *t = user;

    (void)job;
    if (pthread_equal(t->thread, pthread_self())) {
        atomic_fetch_add(&t->on_thread, 1);
    }
    if (se_result_outcome(result) == SE_STORED) {
        atomic_fetch_add(&t->stored, 1);
    }
    atomic_fetch_add(&t->done, 1);
}

START_TEST(many_at_once)
{
    static const int threads[] = {1, 3};
    se_uploader_options options = fleet_fast;
    se_upload upload = SE_UPLOAD_INIT;
    tally t = {.thread = pthread_self()};
    fleet f;

    options.transfer_threads = threads[_i];
    options.jobs_per_thread = 16; /* most of them queue */
    /* A slow machine is not to look like a slow element. */
    options.connect_timeout_ms = 30000;
    options.probe_timeout_ms = 30000;
    options.expect_timeout_ms = 30000;
    options.commit_timeout_ms = 30000;
    options.idle_timeout_ms = 30000;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    upload.data = fleet_data(&f, 5000);
    upload.data_length = 5000;
    upload.done = count;
    upload.user = &t;
    for (int i = 0; i < 300; i++) {
        submit(&f, &upload, NULL);
    }
    FLEET_WAIT_FOR(atomic_load(&t.done) == 300);
    ck_assert_int_eq(atomic_load(&t.stored), 300);
    ck_assert_int_eq(atomic_load(&t.on_thread), 0);
    ck_assert_int_eq(fleet_counts(&f, "se-01").stored, 300);
    fleet_stop(&f);
}
END_TEST

START_TEST(callbacks_in_the_callers_loop)
{
    se_uploader_options options = fleet_fast;
    se_upload upload = SE_UPLOAD_INIT;
    tally t = {.thread = pthread_self()};
    se_uploader *uploader;
    fleet f;

    options.dispatch = SE_DISPATCH_CALLER;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    uploader = se_ingest_uploader(f.ingest);
    upload.data = fleet_data(&f, 5000);
    upload.data_length = 5000;
    upload.done = count;
    upload.user = &t;
    for (int i = 0; i < 20; i++) {
        submit(&f, &upload, NULL);
    }
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").stored == 20);
    ck_assert_int_eq(atomic_load(&t.done), 0); /* nobody has dispatched */
    while (atomic_load(&t.done) < 20) {
        struct pollfd ready = {.fd = se_uploader_fd(uploader),
                               .events = POLLIN};

        ck_assert_int_eq(poll(&ready, 1, 10000), 1);
        ck_assert_uint_gt(se_uploader_dispatch(uploader), 0);
    }
    ck_assert_uint_eq(se_uploader_dispatch(uploader), 0);
    ck_assert_int_eq(atomic_load(&t.stored), 20);
    ck_assert_int_eq(atomic_load(&t.on_thread), 20);
    fleet_stop(&f);
}
END_TEST

typedef struct chain {
    fleet *f;
    atomic_int left;
    atomic_int ended;
} chain;

/* A callback may submit the next upload. */
static void submit_next(se_job *job, const se_result *result, void *user)
{
    chain *c = user;
    se_upload upload = SE_UPLOAD_INIT;

    (void)job;
    ck_assert_int_eq(se_result_outcome(result), SE_STORED);
    if (atomic_fetch_sub(&c->left, 1) > 0) {
        upload.data = "chained";
        upload.data_length = 7;
        upload.done = submit_next;
        upload.user = c;
        submit(c->f, &upload, NULL);
    } else {
        atomic_store(&c->ended, 1);
    }
}

START_TEST(callbacks_may_submit)
{
    se_upload upload = SE_UPLOAD_INIT;
    chain c = {.left = 20};
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    c.f = &f;
    upload.data = "chained";
    upload.data_length = 7;
    upload.done = submit_next;
    upload.user = &c;
    submit(&f, &upload, NULL);
    FLEET_WAIT_FOR(atomic_load(&c.ended) == 1);
    ck_assert_int_eq(fleet_counts(&f, "se-01").stored, 21);
    fleet_stop(&f);
}
END_TEST

/* Closing with uploads under way ends them and leaves no handle dangling. */
START_TEST(close_ends_what_is_under_way)
{
    se_uploader_options options = fleet_fast;
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;
    se_job *jobs[40];
    int64_t started;
    fleet f;

    options.commit_timeout_ms = 30000;
    options.idle_timeout_ms = 30000;
    options.jobs_per_thread = 8;
    fleet_start_standard(&f);
    fleet_open(&f, &options);
    fleet_fault(&f, "se-01", SANDBOX_UPLOAD, SANDBOX_DURING_BODY,
                SANDBOX_STALL);
    upload.data = fleet_data(&f, 100000);
    upload.data_length = 100000;
    for (size_t i = 0; i < 40; i++) {
        submit(&f, &upload, &jobs[i]);
    }
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").uploads >= 8);
    started = fleet_now_ms();
    se_ingest_close(f.ingest);
    f.ingest = NULL;
    ck_assert_int_le(fleet_now_ms() - started, 500);
    for (size_t i = 0; i < 40; i++) {
        se_err rc = se_job_wait(jobs[i], 0, NULL, &err);

        ck_assert(rc == SE_E_CANCELED || rc == SE_E_UNKNOWN_OUTCOME);
        se_job_cancel(jobs[i]); /* late, and harmless */
        se_job_free(jobs[i]);
    }
    fleet_stop(&f);
}
END_TEST

START_TEST(stop_drains_and_then_refuses)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;
    se_job *job = NULL;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.data = fleet_data(&f, 100000);
    upload.data_length = 100000;
    submit(&f, &upload, &job);
    se_ingest_stop(f.ingest, 10000);
    ck_assert_int_eq(se_job_wait(job, 0, NULL, &err), SE_OK);
    ck_assert_int_eq(
        se_uploader_submit(se_ingest_uploader(f.ingest), &upload, NULL, &err),
        SE_E_CLOSED);
    se_job_free(job);
    fleet_stop(&f);
}
END_TEST

static int submit_in_child(void *uploader)
{
    se_upload upload = SE_UPLOAD_INIT;

    upload.data = "x";
    upload.data_length = 1;
    return se_uploader_submit(uploader, &upload, NULL, NULL) != SE_E_FORKED;
}

START_TEST(fork_is_refused)
{
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    ck_assert_int_eq(forked(submit_in_child, se_ingest_uploader(f.ingest)), 0);
    fleet_stop(&f);
}
END_TEST

static void note_progress(void *user, int64_t bytes)
{
    _Atomic int64_t *last = user;

    atomic_store(last, bytes);
}

START_TEST(progress_reaches_the_size)
{
    se_upload upload = SE_UPLOAD_INIT;
    _Atomic int64_t last = 0;
    fleet f;

    fleet_start_standard(&f);
    fleet_open(&f, NULL);
    upload.data = fleet_data(&f, 3000000);
    upload.data_length = 3000000;
    upload.progress = note_progress;
    upload.user = &last;
    ck_assert_int_eq(se_ingest_upload(f.ingest, &upload, NULL, NULL), SE_OK);
    ck_assert_int_eq(atomic_load(&last), 3000000);
    fleet_stop(&f);
}
END_TEST

#define N_SIZES ((int)(sizeof(sizes) / sizeof(sizes[0])))

int main(void)
{
    Suite *suite = suite_create("upload");
    TCase *tc = tcase_create("upload");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, file_body, 0, N_SIZES);
    tcase_add_loop_test(tc, memory_body, 0, N_SIZES);
    tcase_add_loop_test(tc, stream_body, 0, N_SIZES);
    tcase_add_test(tc, stream_is_replayed);
    tcase_add_test(tc, empty_stream_is_refused);
    tcase_add_test(tc, bad_files_are_refused_before_any_contact);
    tcase_add_test(tc, file_that_changes_is_an_error);
    tcase_add_test(tc, invalid_uploads);
    tcase_add_loop_test(tc, cancel_returns_soon, 0, 4);
    tcase_add_test(tc, cancel_of_a_silent_stream);
    tcase_add_test(tc, deadline_covers_everything);
    tcase_add_loop_test(tc, many_at_once, 0, 2);
    tcase_add_test(tc, callbacks_in_the_callers_loop);
    tcase_add_test(tc, callbacks_may_submit);
    tcase_add_test(tc, close_ends_what_is_under_way);
    tcase_add_test(tc, stop_drains_and_then_refuses);
    tcase_add_test(tc, fork_is_refused);
    tcase_add_test(tc, progress_reaches_the_size);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
