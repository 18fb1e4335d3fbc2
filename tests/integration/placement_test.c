/*
 * Every file goes where it fits: uploads that start together, elements that
 * say 507, and elements that do not tell the truth about their room.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "sandbox_fleet.h"
#include "suite.h"

/* Every byte is hashed by both ends; sanitizers make that ten times slower. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEGA INT64_C(10000)
#else
#define MEGA INT64_C(100000)
#endif
#define SMALL_MEGA INT64_C(10000)
#define FILE_BYTES 100 /* of these */
/* Ten files and what their forms add: as a GiB has it beside 1000 MB. */
#define ELEMENT_BYTES 1073

#define TIB (INT64_C(1) << 40)
#define SIZE 100000

enum {
    ELEMENTS = 8,
    FILES = 64,
    FILES_EACH = 10 /* have room on one element */
};

/* ---- a fleet that throws bodies away, and a selector with options ---- */

static void start(fleet *f, const sandbox_element *elements, size_t n)
{
    sandbox_options options = {
        .elements = elements, .n_elements = n, .discard = true};

    fleet_start(f, elements, n);
    sandbox_stop(f->sandbox);
    options.dir = f->dir;
    f->sandbox = sandbox_start(&options);
    ck_assert_ptr_nonnull(f->sandbox);
    ck_assert(sandbox_write_document(f->sandbox, f->document));
}

static void open_with(fleet *f, const se_selector_options *selector)
{
    se_uploader_options uploader = fleet_fast;
    se_options options = SE_OPTIONS_INIT;
    const char *sources[] = {f->source};
    se_error err = SE_ERROR_INIT;

    uploader.idle_timeout_ms = 30000; /* 64 share two processors */
    uploader.commit_timeout_ms = 30000;
    uploader.expect_timeout_ms = 5000;
    uploader.probe_timeout_ms = 5000;
    options.sources = sources;
    options.n_sources = 1;
    options.uploader = &uploader;
    options.selector = selector;
    ck_assert_msg(se_ingest_open(&f->ingest, &options, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_msg(se_registry_reload(se_ingest_registry(f->ingest),
                                     SE_RELOAD_MANUAL, 0, NULL, &err) == SE_OK,
                  "%s", err.message);
}

static const sandbox_element *eight(int64_t mega)
{
    static sandbox_element elements[ELEMENTS];
    static char ids[ELEMENTS][16];

    for (int i = 0; i < ELEMENTS; i++) {
        snprintf(ids[i], sizeof(ids[i]), "se-%02d", i + 1);
        elements[i] =
            (sandbox_element){ids[i], "edit", i, ELEMENT_BYTES * mega};
    }
    return elements;
}

/* ---- all at once ---- */

/* Bytes that the truth log says an element stored, and how many files. */
static int64_t truth_of(const fleet *f, const char *id, int *files)
{
    char path[100];
    char line[600];
    char start_of_id[40];
    int64_t sum = 0;
    FILE *log;

    snprintf(path, sizeof(path), "%s/truth.jsonl", f->dir);
    snprintf(start_of_id, sizeof(start_of_id), "\"se_id\":\"%s\"", id);
    log = fopen(path, "r");
    ck_assert_ptr_nonnull(log);
    while (fgets(line, sizeof(line), log)) {
        const char *size = strstr(line, "\"size\":");

        ck_assert_ptr_nonnull(size);
        if (strstr(line, start_of_id) && strstr(line, "\"stored\"")) {
            sum += strtoll(size + strlen("\"size\":"), NULL, 10);
            ++*files;
        }
    }
    fclose(log);
    return sum;
}

static void submit_all(fleet *f, size_t bytes, se_job *jobs[FILES])
{
    se_upload upload = SE_UPLOAD_INIT;
    se_error err = SE_ERROR_INIT;

    upload.data = fleet_data(f, bytes);
    upload.data_length = bytes;
    for (int i = 0; i < FILES; i++) {
        ck_assert_msg(se_uploader_submit(se_ingest_uploader(f->ingest), &upload,
                                         &jobs[i], &err) == SE_OK,
                      "%s", err.message);
    }
}

/* Each was stored by the first element that it was sent to. */
static void assert_stored_at_once(se_job *job)
{
    const se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se_job_wait(job, -1, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_uint_eq(se_result_attempt_count(result), 1);
    se_job_free(job);
}

static const struct {
    se_policy policy;
    int64_t mega;
} parallel[] = {{SE_POLICY_SEQUENTIAL, MEGA},
                {SE_POLICY_MOST_FREE, SMALL_MEGA}};

START_TEST(parallel_uploads_fit)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;
    se_job *jobs[FILES] = {NULL};
    const int64_t mega = parallel[_i].mega;
    const sandbox_element *elements = eight(mega);
    int files = 0;
    fleet f;

    options.policy = parallel[_i].policy;
    start(&f, elements, ELEMENTS);
    open_with(&f, &options);
    submit_all(&f, (size_t)(FILE_BYTES * mega), jobs);
    for (int i = 0; i < FILES; i++) {
        assert_stored_at_once(jobs[i]);
    }
    for (int i = 0; i < ELEMENTS; i++) {
        int before = files;
        int64_t stored = truth_of(&f, elements[i].id, &files);
        /* by sequential fill six are as full as can be, and one has the rest */
        int expected = i < 6 ? FILES_EACH : i == 6 ? 4 : 0;

        ck_assert_int_le(stored, ELEMENT_BYTES * mega);
        ck_assert_int_eq(stored, (files - before) * FILE_BYTES * mega);
        ck_assert_int_eq(fleet_counts(&f, elements[i].id).uploads,
                         files - before);
        ck_assert_int_eq(files - before, options.policy == SE_POLICY_SEQUENTIAL
                                             ? expected
                                             : FILES / ELEMENTS);
    }
    ck_assert_int_eq(files, FILES);
    fleet_stop(&f);
}
END_TEST

static int pick_one(fleet *f, se_pick **pick)
{
    se_want want = SE_WANT_INIT;
    se_error err = SE_ERROR_INIT;

    want.bytes = FILE_BYTES * SMALL_MEGA;
    ck_assert_msg(se_selector_pick(se_ingest_selector(f->ingest), &want, pick,
                                   &err) == SE_OK,
                  "%s", err.message);
    return se_pick_id(*pick)[4] - '1';
}

/* What it is for: without a reservation all see the same room. */
START_TEST(without_reservations_they_would_not_fit)
{
    se_pick *picks[FILES];
    int reserved[ELEMENTS] = {0};
    int unreserved[ELEMENTS] = {0};
    fleet f;

    start(&f, eight(SMALL_MEGA), ELEMENTS);
    open_with(&f, NULL);
    for (int i = 0; i < FILES; i++) {
        reserved[pick_one(&f, &picks[i])]++;
    }
    for (int i = 0; i < FILES; i++) {
        se_selector_release(se_ingest_selector(f.ingest), picks[i],
                            SE_REJECTED);
    }
    for (int i = 0; i < FILES; i++) {
        unreserved[pick_one(&f, &picks[i])]++;
        se_selector_release(se_ingest_selector(f.ingest), picks[i],
                            SE_REJECTED);
    }
    for (int i = 0; i < ELEMENTS; i++) {
        ck_assert_int_le(reserved[i], FILES_EACH);
    }
    ck_assert_int_eq(unreserved[0], FILES);
    fleet_stop(&f);
}
END_TEST

/* ---- 507 ---- */

static se_reason reason_at(fleet *f, int64_t bytes, size_t index)
{
    se_want want = SE_WANT_INIT;
    se_explanation *explanation = NULL;
    se_reason reason = SE_REASON_NONE;

    want.bytes = bytes;
    ck_assert_int_eq(se_selector_explain(se_ingest_selector(f->ingest), &want,
                                         &explanation, NULL),
                     SE_OK);
    ck_assert(se_explanation_at(explanation, index, NULL, &reason));
    se_explanation_free(explanation);
    return reason;
}

static void assert_stored_at(fleet *f, const char *id, size_t attempts)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(fleet_upload(f, SIZE, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_result_se_id(result), id);
    ck_assert_uint_eq(se_result_attempt_count(result), attempts);
    se_result_free(result);
}

/* Of this size, and nothing in it; what is refused early is not read. */
static se_err upload_sparse(fleet *f, int64_t bytes, se_result **result)
{
    se_upload upload = SE_UPLOAD_INIT;
    char path[100];
    int fd;

    snprintf(path, sizeof(path), "%s/sparse", f->dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, bytes), 0);
    close(fd);
    upload.path = path;
    return se_ingest_upload(f->ingest, &upload, result, NULL);
}

static void ignore(void *user, const se_capacity *capacity)
{
    (void)user;
    (void)capacity;
}

static void poll_all(fleet *f)
{
    ck_assert_int_eq(se_capacity_poll(se_ingest_uploader(f->ingest), 5000,
                                      ignore, NULL, NULL),
                     SE_OK);
}

static const sandbox_element large[] = {{"se-01", "edit", 1, TIB},
                                        {"se-02", "edit", 2, TIB}};

/* Filled by others to the last GiB since it was asked: 507 to a large file. */
static void get_507(fleet *f, int64_t bytes)
{
    se_result *result = NULL;

    assert_stored_at(f, "se-01", 1);
    sandbox_set_used(f->sandbox, "se-01", TIB - TIB / 10);
    fleet_status(f, "se-02", SANDBOX_BEFORE_BODY, 403);
    ck_assert_int_eq(reason_at(f, bytes, 0), SE_REASON_NONE);
    ck_assert_int_eq(upload_sparse(f, bytes, &result), SE_E_REFUSED);
    ck_assert_uint_eq(se_result_attempt_count(result), 2);
    ck_assert_int_eq(se_attempt_http_status(se_result_attempt(result, 0)), 507);
    se_result_free(result);
    sandbox_clear_faults(f->sandbox, "se-02");
}

START_TEST(a_507_keeps_large_files_away)
{
    const int64_t much = TIB / 8;
    int64_t polls;
    fleet f;

    start(&f, large, 2);
    open_with(&f, NULL);
    get_507(&f, much);
    /* It was asked at once, and what it says does not lift the mark. */
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").capacity_requests >= 2);
    poll_all(&f);
    ck_assert_int_eq(reason_at(&f, much, 0), SE_REASON_FULL);
    ck_assert_int_eq(reason_at(&f, TIB / 2, 0), SE_REASON_FULL);
    ck_assert_int_eq(reason_at(&f, much - 1, 0), SE_REASON_NO_FIT);
    ck_assert_int_eq(reason_at(&f, TIB / 20, 0), SE_REASON_NONE);
    assert_stored_at(&f, "se-01", 1);
    /* A poll that shows room lifts it. */
    polls = fleet_counts(&f, "se-01").capacity_requests;
    sandbox_set_used(f.sandbox, "se-01", 0);
    ck_assert_int_eq(reason_at(&f, much, 0), SE_REASON_FULL);
    poll_all(&f);
    ck_assert_int_gt(fleet_counts(&f, "se-01").capacity_requests, polls);
    ck_assert_int_eq(reason_at(&f, much, 0), SE_REASON_NONE);
    fleet_stop(&f);
}
END_TEST

static void refused_by_the_first(fleet *f, size_t bytes)
{
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(fleet_upload(f, bytes, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_result_se_id(result), "se-02");
    ck_assert_uint_eq(se_result_attempt_count(result), 2);
    se_result_free(result);
}

/*
 * The answer to the question after the first 507 comes late, and is older than
 * the second: it does not lift the mark, and is asked for once more.
 */
START_TEST(a_507_while_it_is_asked)
{
    const sandbox_fault late = {.route = SANDBOX_CAPACITY,
                                .action = SANDBOX_NO_FAULT,
                                .delay_ms = 1000,
                                .times = 1};
    const sandbox_fault full = {.route = SANDBOX_UPLOAD,
                                .when = SANDBOX_BEFORE_BODY,
                                .action = SANDBOX_STATUS,
                                .status = 507,
                                .times = 2};
    fleet f;

    start(&f, large, 2);
    open_with(&f, NULL);
    assert_stored_at(&f, "se-01", 1);
    sandbox_add_fault(f.sandbox, "se-01", &late);
    sandbox_add_fault(f.sandbox, "se-01", &full);
    refused_by_the_first(&f, SIZE);
    refused_by_the_first(&f, SIZE / 2);
    FLEET_WAIT_FOR(reason_at(&f, SIZE, 0) == SE_REASON_NONE);
    ck_assert_int_ge(fleet_counts(&f, "se-01").capacity_requests, 3);
    fleet_stop(&f);
}
END_TEST

/* ---- streams ---- */

typedef struct stream {
    se_job *job;
    int in, out;
} stream;

#define STREAM_BYTES INT64_C(100000)

/* Write to the stream as fast as it is read. */
static void stream_write(stream *s, int64_t bytes)
{
    static const char zeros[1000];

    for (int64_t at = 0; at < bytes; at += (int64_t)sizeof(zeros)) {
        ck_assert_int_eq(write(s->in, zeros, sizeof(zeros)), sizeof(zeros));
    }
}

/* An upload whose end is not in sight. */
static void stream_begin(stream *s, fleet *f)
{
    se_upload upload = SE_UPLOAD_INIT;
    int fds[2];

    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    s->out = fds[0];
    s->in = fds[1];
    upload.from_fd = true;
    upload.fd = s->out;
    ck_assert_int_eq(se_uploader_submit(se_ingest_uploader(f->ingest), &upload,
                                        &s->job, NULL),
                     SE_OK);
    stream_write(s, STREAM_BYTES);
}

/* Its end, and where it was stored. */
static void stream_end(stream *s, const char *id, size_t attempts)
{
    const se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    close(s->in);
    ck_assert_msg(se_job_wait(s->job, -1, &result, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_str_eq(se_result_se_id(result), id);
    ck_assert_uint_eq(se_result_attempt_count(result), attempts);
    se_job_free(s->job);
    close(s->out);
}

/* What was read of it by then is what was refused, and not less. */
START_TEST(a_507_to_a_stream)
{
    /* What it says then, that it has room, lifts the mark. */
    const sandbox_fault late = {.route = SANDBOX_CAPACITY,
                                .action = SANDBOX_NO_FAULT,
                                .delay_ms = 2000};
    stream s;
    fleet f;

    start(&f, large, 2);
    open_with(&f, NULL);
    assert_stored_at(&f, "se-01", 1);
    fleet_status(&f, "se-01", SANDBOX_BEFORE_BODY, 507);
    sandbox_add_fault(f.sandbox, "se-01", &late);
    stream_begin(&s, &f);
    FLEET_WAIT_FOR(reason_at(&f, STREAM_BYTES, 0) == SE_REASON_FULL);
    ck_assert_int_eq(reason_at(&f, 1000, 0), SE_REASON_NONE);
    stream_end(&s, "se-02", 2);
    fleet_stop(&f);
}
END_TEST

static const sandbox_element little[] = {{"se-01", "edit", 1, 250000},
                                         {"se-02", "edit", 2, TIB}};
static const sandbox_element liar[] = {{"se-01", "edit", 1, 1000000},
                                       {"se-02", "edit", 2, TIB}};

/* It grows while the first element thinks about taking it. */
START_TEST(a_stream_that_grows_goes_elsewhere)
{
    const sandbox_fault slow = {.route = SANDBOX_UPLOAD,
                                .when = SANDBOX_BEFORE_BODY,
                                .action = SANDBOX_NO_FAULT,
                                .delay_ms = 1000};
    stream s;
    fleet f;

    start(&f, little, 2);
    open_with(&f, NULL);
    sandbox_add_fault(f.sandbox, "se-01", &slow);
    stream_begin(&s, &f);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").uploads == 1);
    stream_write(&s, 2 * STREAM_BYTES);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-02").uploads == 1);
    ck_assert_int_eq(fleet_counts(&f, "se-01").body_bytes, 0);
    stream_end(&s, "se-02", 2);
    fleet_stop(&f);
}
END_TEST

/*
 * Once bytes of it have left it goes on where it is: the element, which has
 * more room than it said, takes all of it.
 */
START_TEST(a_stream_that_has_begun_goes_on)
{
    stream s;
    fleet f;

    start(&f, liar, 2);
    open_with(&f, NULL);
    sandbox_set_used(f.sandbox, "se-01", 750000);
    poll_all(&f);
    sandbox_set_used(f.sandbox, "se-01", 0);
    stream_begin(&s, &f);
    FLEET_WAIT_FOR(fleet_counts(&f, "se-01").body_bytes > 0);
    stream_write(&s, 2 * STREAM_BYTES);
    stream_end(&s, "se-01", 1);
    fleet_stop(&f);
}
END_TEST

START_TEST(a_proxys_507_marks_nothing)
{
    sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                           .when = SANDBOX_BEFORE_BODY,
                           .action = SANDBOX_STATUS,
                           .status = 507,
                           .header = "Server: envoy",
                           .times = 1};
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;
    fleet f;

    start(&f, large, 2);
    open_with(&f, NULL);
    assert_stored_at(&f, "se-01", 1);
    sandbox_add_fault(f.sandbox, "se-01", &fault);
    ck_assert_int_ne(fleet_upload(&f, SIZE, &result, &err), SE_OK);
    ck_assert_uint_eq(se_result_attempt_count(result), 1);
    se_result_free(result);
    ck_assert_int_eq(reason_at(&f, SIZE, 0), SE_REASON_NONE);
    ck_assert_int_eq(reason_at(&f, TIB / 2, 0), SE_REASON_NONE);
    ck_assert_int_eq(fleet_counts(&f, "se-01").capacity_requests, 1);
    assert_stored_at(&f, "se-01", 1);
    fleet_stop(&f);
}
END_TEST

/* ---- lies ---- */

/*
 * It says that there is room and refuses all the same: each file that believes
 * it loses a request, and no byte of its body, before it goes elsewhere.
 */
START_TEST(an_element_that_says_it_has_room)
{
    fleet f;

    start(&f, large, 2);
    open_with(&f, NULL);
    fleet_status(&f, "se-01", SANDBOX_BEFORE_BODY, 507);
    for (int i = 0; i < 5; i++) {
        se_result *result = NULL;
        se_error err = SE_ERROR_INIT;

        ck_assert_msg(fleet_upload(&f, SIZE, &result, &err) == SE_OK, "%s",
                      err.message);
        ck_assert_str_eq(se_result_se_id(result), "se-02");
        ck_assert_uint_le(se_result_attempt_count(result), 2);
        se_result_free(result);
    }
    ck_assert_int_eq(fleet_counts(&f, "se-01").body_bytes, 0);
    ck_assert_int_eq(fleet_counts(&f, "se-01").unread_bytes, 0);
    ck_assert_int_eq(fleet_counts(&f, "se-02").stored, 5);
    fleet_stop(&f);
}
END_TEST

/* It says that it is full and is not: left alone until it says otherwise. */
START_TEST(an_element_that_says_it_is_full)
{
    fleet f;

    start(&f, large, 2);
    open_with(&f, NULL);
    sandbox_set_used(f.sandbox, "se-01", TIB);
    assert_stored_at(&f, "se-02", 1);
    ck_assert_int_eq(reason_at(&f, SIZE, 0), SE_REASON_FULL);
    assert_stored_at(&f, "se-02", 1);
    ck_assert_int_eq(fleet_counts(&f, "se-01").uploads, 0);
    sandbox_set_used(f.sandbox, "se-01", -1);
    poll_all(&f);
    assert_stored_at(&f, "se-01", 1);
    fleet_stop(&f);
}
END_TEST

/* ---- the uploader keeps to the selector's policy ---- */

static size_t last_one(void *user, int64_t bytes,
                       const se_candidate *candidates, size_t n)
{
    (void)candidates;
    *(int64_t *)user = bytes;
    return n - 1;
}

typedef struct tally {
    const char *id;
    double chosen;
} tally;

static void count_chosen(void *user, const se_metric_sample *sample)
{
    tally *t = user;

    if (strcmp(sample->name, "storage_element_selected_total") == 0 &&
        strcmp(sample->label_values[1], t->id) == 0) {
        t->chosen += sample->value;
    }
}

START_TEST(uploads_go_by_the_programs_policy)
{
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;
    tally t = {.id = "se-02"};
    int64_t bytes = 0;
    fleet f;

    ck_assert_int_eq(se_metrics_new(&options.metrics, NULL), SE_OK);
    options.choose = last_one;
    options.choose_user = &bytes;
    start(&f, large, 2);
    open_with(&f, &options);
    assert_stored_at(&f, "se-02", 1);
    ck_assert_int_eq(bytes, SIZE);
    fleet_status(&f, "se-02", SANDBOX_BEFORE_BODY, 503);
    assert_stored_at(&f, "se-01", 2);
    se_metrics_each(options.metrics, count_chosen, &t);
    ck_assert_int_eq((int)t.chosen, 2);
    fleet_stop(&f);
    se_metrics_unref(options.metrics);
}
END_TEST

START_TEST(uploads_go_in_turn)
{
    static const char *const expected[] = {"se-01", "se-02", "se-01", "se-02"};
    se_selector_options options = SE_SELECTOR_OPTIONS_INIT;
    fleet f;

    options.policy = SE_POLICY_ROUND_ROBIN;
    start(&f, large, 2);
    open_with(&f, &options);
    for (size_t i = 0; i < SE__COUNT(expected); i++) {
        assert_stored_at(&f, expected[i], 1);
    }
    fleet_stop(&f);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {parallel_uploads_fit, SE__COUNT(parallel)},
        {without_reservations_they_would_not_fit, 1},
        {a_507_keeps_large_files_away, 1},
        {a_507_while_it_is_asked, 1},
        {a_507_to_a_stream, 1},
        {a_stream_that_grows_goes_elsewhere, 1},
        {a_stream_that_has_begun_goes_on, 1},
        {a_proxys_507_marks_nothing, 1},
        {an_element_that_says_it_has_room, 1},
        {an_element_that_says_it_is_full, 1},
        {uploads_go_by_the_programs_policy, 1},
        {uploads_go_in_turn, 1},
    };

    return run_suite("placement", rows, SE__COUNT(rows));
}
