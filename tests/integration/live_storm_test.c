/*
 * Thousands of uploads that all find full elements: the list is asked for by
 * one fetch at a time, and every file finds the element that has room.
 *
 * Each upload is refused by up to FULL elements one after the other, and asks
 * for a reload each time; the refusals are held back long enough for hundreds
 * of uploads to choose the same full element.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "sandbox_fleet.h"
#include "scripted.h"
#include "suite.h"

#define FULL 4
#define SIZE 16
#define MIN_MS 500
#define PATIENCE_MS 60000

static const sandbox_element elements[] = {
    {"se-01", "edit", 100, 0}, {"se-02", "edit", 200, 0},
    {"se-03", "edit", 300, 0}, {"se-04", "edit", 400, 0},
    {"se-05", "edit", 500, 0},
};
#define ROOM "se-05"

static fleet f;
static scripted source;

/* A connection has two ends here, and there are hundreds. */
static void allow_descriptors(void)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void give_list(void)
{
    char *text = sandbox_document(f.sandbox);
    se_topology *list = NULL;

    ck_assert_int_eq(se_topology_parse(text, strlen(text), &list, NULL), SE_OK);
    scripted_give(&source, list);
    free(text);
}

static void set_up(void)
{
    allow_descriptors();
    fleet_start_with(&f, (sandbox_options){
                             .elements = elements,
                             .n_elements = SE__COUNT(elements),
                             .discard = true,
                         });
    for (int i = 0; i < FULL; i++) {
        sandbox_fault full = {.route = SANDBOX_UPLOAD,
                              .when = SANDBOX_BEFORE_BODY,
                              .action = SANDBOX_STATUS,
                              .status = 507,
                              .delay_ms = 50};

        sandbox_add_fault(f.sandbox, elements[i].id, &full);
    }
    scripted_init(&source);
    give_list();
}

static void open_ingest(int parallel)
{
    se_registry_options registry = SE_REGISTRY_OPTIONS_INIT;
    se_uploader_options uploader = fleet_fast;
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;

    registry.lazy_min_interval_ms = MIN_MS;
    registry.lazy_max_interval_ms = MIN_MS; /* no slower for what is the same */
    uploader.transfer_threads = 4;
    uploader.jobs_per_thread = parallel / 4;
    /* No body is sent before the refusal, however late that comes: nothing
     * but a refusal makes an upload go elsewhere. */
    uploader.expect_timeout_ms = PATIENCE_MS;
    uploader.connect_timeout_ms = PATIENCE_MS;
    uploader.idle_timeout_ms = PATIENCE_MS;
    uploader.commit_timeout_ms = PATIENCE_MS;
    options.registry = &registry;
    options.uploader = &uploader;
    ck_assert_msg(se_ingest_open(&f.ingest, &options, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_int_eq(se_registry_add_source(se_ingest_registry(f.ingest),
                                            scripted_source(&source, "script"),
                                            NULL),
                     SE_OK);
    ck_assert_int_eq(se_registry_reload(se_ingest_registry(f.ingest),
                                        SE_RELOAD_MANUAL, 0, NULL, NULL),
                     SE_OK);
}

typedef struct tally {
    int stored;
    int retried;
    int retried_stored;
    int refusals;
    int failed;
} tally;

static void look_at(tally *t, se_job *job)
{
    const se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc = se_job_wait(job, PATIENCE_MS, &result, &err);
    size_t attempts;

    ck_assert_msg(rc != SE_E_TIMEOUT, "%s", err.message);
    attempts = se_result_attempt_count(result);
    if (rc != SE_OK && t->failed++ < 3) {
        fprintf(stderr, "after %zu attempts: %s\n", attempts, err.message);
    }
    t->stored += rc == SE_OK;
    t->retried += attempts > 1;
    t->retried_stored += attempts > 1 && rc == SE_OK;
    t->refusals += (int)attempts - (rc == SE_OK);
    se_job_free(job);
}

static tally upload_many(int n)
{
    se_job **jobs = calloc((size_t)n, sizeof(*jobs));
    se_upload upload = SE_UPLOAD_INIT;
    tally t = {0};

    ck_assert_ptr_nonnull(jobs);
    upload.data = fleet_data(&f, SIZE);
    upload.data_length = SIZE;
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(se_uploader_submit(se_ingest_uploader(f.ingest),
                                            &upload, &jobs[i], NULL),
                         SE_OK);
    }
    for (int i = 0; i < n; i++) {
        look_at(&t, jobs[i]);
    }
    free(jobs);
    return t;
}

static void check_fetches(int64_t took_ms)
{
    int fetches = scripted_fetches(&source);
    int known = fetches < SCRIPTED_TIMES ? fetches : SCRIPTED_TIMES;

    ck_assert_int_eq(source.most_inside, 1);
    ck_assert_int_ge(fetches, 2); /* the first one, and for a refusal */
    /* The first two are one by hand and one that has nothing to wait for. */
    ck_assert_int_le(fetches, 3 + took_ms / MIN_MS);
    for (int i = 2; i < known; i++) {
        ck_assert_int_ge(source.began_ms[i] - source.ended_ms[i - 1], MIN_MS);
    }
}

static void close_ingest(void)
{
    se_ingest_close(f.ingest); /* no fetch is under way behind this */
    f.ingest = NULL;
}

/* 10 000 with ARTSTORE_TEST_LONG. */
START_TEST(a_storm_of_refusals)
{
    int n = getenv("ARTSTORE_TEST_LONG") ? 10000 : 2000;
    int64_t began;
    tally t;

    set_up();
    open_ingest(400);
    began = se__now_ms();
    t = upload_many(n);
    close_ingest();
    printf("%d uploads, %d refused at first, %d refusals, %d fetches, %lld "
           "ms\n",
           n, t.retried, t.refusals, scripted_fetches(&source),
           (long long)(se__now_ms() - began));
    check_fetches(se__now_ms() - began);
    ck_assert_int_eq(t.stored, n);
    ck_assert_int_eq(fleet_counts(&f, ROOM).stored, n);
    ck_assert_int_ge(t.retried, 100); /* else it is no storm */
    ck_assert_int_le(t.retried - t.retried_stored, t.retried / 100);
    fleet_stop(&f);
    scripted_fini(&source);
}
END_TEST

/* The source is as slow as it may be: no upload waits for more than its share,
 * and no second fetch is begun. */
START_TEST(a_storm_before_a_source_that_hangs)
{
    tally t;

    set_up();
    open_ingest(200);
    scripted_hold(&source, true);
    t = upload_many(400);
    ck_assert_int_eq(scripted_fetches(&source), 2);
    scripted_release(&source);
    close_ingest();
    ck_assert_int_eq(source.most_inside, 1);
    ck_assert_int_eq(t.stored, 400);
    ck_assert_int_ge(t.retried, 20);
    fleet_stop(&f);
    scripted_fini(&source);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {a_storm_of_refusals, 1},
        {a_storm_before_a_source_that_hangs, 1},
    };

    return run_suite("live storm", rows, SE__COUNT(rows));
}
