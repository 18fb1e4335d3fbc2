/*
 * Whole uploads while memory runs out: each ends with an outcome that is true,
 * and the next one works. The elements run in a child process, where memory
 * suffices.
 *
 * What fails, one by one, are the allocations of this library alone, by the
 * linker's --wrap: libcurl 7.88 crashes (SIGFPE) or loses a transfer when some
 * of its own fail inside curl_multi_socket_action().
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <artstore/ingest.h>

#include "sandbox.h"

#include "admin/admin.h"
#include "base/mem.h"

/* Each returns what is wrong, NULL: nothing; `ok` tells if memory sufficed. */
#define MUST(condition)                                                        \
    do {                                                                       \
        if (!(condition)) {                                                    \
            return #condition;                                                 \
        }                                                                      \
    } while (0)

/* ---- allocations ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static atomic_long counted;
static atomic_long fail_at; /* 0: none */
static atomic_bool and_after;

static bool must_fail(void)
{
    long number = atomic_fetch_add(&counted, 1) + 1;
    long at = atomic_load(&fail_at);

    if (at == 0 || number < at || (number > at && !atomic_load(&and_after))) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return must_fail() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return must_fail() ? NULL : __real_realloc(old, size);
}

/* ---- what is delivered ---- */

static char dir[64];
static char source[128];
static char path[128];
static char admin_url[64]; /* of the Admin Module beside the elements */
static char content[100000];

static const se_uploader_options fast = {
    .size = sizeof(se_uploader_options),
    .transfer_threads = 1,
    .connect_timeout_ms = 1000,
    .idle_timeout_ms = 1000,
    .commit_timeout_ms = 1000,
    .backoff_base_ms = 1,
    .backoff_max_ms = 5,
    .resolve_interval_ms = 1,
    .spool_dir = dir,
};

/* ---- the elements ---- */

/*
 * For temporary files one that works; for permanent ones one that answers 500
 * after the body, and one that works.
 */
static const sandbox_element elements[] = {
    {"se-01", "edit", 100, 0},
    {"se-02", "rw", 100, 0},
    {"se-03", "rw", 200, 0},
};

/* Never returns; until `until` is closed. */
static void be_elements(int ready, int until)
{
    sandbox_options options = {.dir = dir,
                               .elements = elements,
                               .n_elements = SE__COUNT(elements),
                               .admin = true,
                               .client_id = "id",
                               .client_secret = "secret"};
    sandbox_fault fault = {.route = SANDBOX_UPLOAD,
                           .when = SANDBOX_AFTER_BODY,
                           .action = SANDBOX_STATUS,
                           .status = 500};
    sandbox *box = sandbox_start(&options);
    char byte;

    if (!box || !sandbox_write_document(box, source + strlen("file:"))) {
        _exit(1);
    }
    sandbox_add_fault(box, "se-02", &fault);
    snprintf(admin_url, sizeof(admin_url), "%s", sandbox_url(box, "admin"));
    if (write(ready, admin_url, sizeof(admin_url)) == sizeof(admin_url)) {
        (void)!read(until, &byte, 1);
    }
    sandbox_stop(box);
    _exit(0);
}

static pid_t start_elements(int *until)
{
    int ready[2];
    int hold[2];
    pid_t child;

    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(hold, O_CLOEXEC) != 0) {
        return -1;
    }
    child = fork();
    if (child == 0) {
        close(hold[1]);
        be_elements(ready[1], hold[0]);
    }
    close(ready[1]);
    close(hold[0]);
    *until = hold[1];
    if (child > 0 &&
        read(ready[0], admin_url, sizeof(admin_url)) != sizeof(admin_url)) {
        close(hold[1]);
        waitpid(child, NULL, 0);
        child = -1;
    }
    close(ready[0]);
    return child;
}

/* Is the file on this element? */
static bool holds(const char *id, const char *file_id)
{
    char name[160];

    snprintf(name, sizeof(name), "%s/%s/%s", dir, id, file_id);
    return access(name, F_OK) == 0;
}

/* ---- uploads ---- */

static se_err open_ingest(se_ingest **ingest,
                          const se_uploader_options *uploader, se_error *err)
{
    const char *sources[] = {source};
    se_options options = SE_OPTIONS_INIT;

    options.sources = sources;
    options.n_sources = 1;
    options.uploader = uploader;
    return se_ingest_open(ingest, &options, err);
}

static const char *check_outcome(se_err rc, const se_error *err,
                                 const se_result *result)
{
    size_t copies = 0;

    MUST(rc == err->code && (rc == SE_OK || err->message[0] != '\0'));
    if (!result) {
        MUST(rc != SE_OK);
        return NULL;
    }
    for (size_t i = 0; i < SE__COUNT(elements); i++) {
        copies += holds(elements[i].id, se_result_file_id(result));
    }
    MUST(copies <= 1);
    MUST((rc == SE_OK) == (se_result_outcome(result) == SE_STORED));
    if (se_result_outcome(result) == SE_STORED) {
        MUST(holds(se_result_se_id(result), se_result_file_id(result)));
    } else if (se_result_outcome(result) == SE_REJECTED) {
        MUST(copies == 0);
    } else {
        MUST(se_result_se_id(result)[0] != '\0');
    }
    return NULL;
}

static const char *deliver_with(const se_upload *upload,
                                const se_uploader_options *options, bool *ok)
{
    se_error err = SE_ERROR_INIT;
    se_ingest *ingest = NULL;
    se_result *result = NULL;
    const char *wrong;
    se_err rc = open_ingest(&ingest, options, &err);

    if (rc == SE_OK) {
        rc = se_ingest_upload(ingest, upload, &result, &err);
    } else if (ingest) {
        return "ingest left alone";
    }
    wrong = check_outcome(rc, &err, result);
    *ok = rc == SE_OK;
    se_result_free(result);
    se_ingest_close(ingest);
    return wrong;
}

static const char *deliver(const se_upload *upload, bool *ok)
{
    return deliver_with(upload, &fast, ok);
}

static const char *from_memory(bool *ok)
{
    se_upload upload = SE_UPLOAD_INIT;

    upload.data = content;
    upload.data_length = sizeof(content);
    return deliver(&upload, ok);
}

static const char *from_stream(bool *ok)
{
    se_upload upload = SE_UPLOAD_INIT;
    const char *wrong;

    upload.from_fd = true;
    upload.fd = open(path, O_RDONLY | O_CLOEXEC);
    wrong = deliver(&upload, ok);
    close(upload.fd);
    return wrong;
}

static const char *failover(bool *ok)
{
    se_upload upload = SE_UPLOAD_INIT;

    upload.path = path;
    upload.retention = SE_PERMANENT;
    return deliver(&upload, ok);
}

static void count_capacity(void *user, const se_capacity *capacity)
{
    size_t *healthy = user;

    *healthy += capacity->health == SE_HEALTH_HEALTHY;
}

static const char *poll_all(bool *ok)
{
    se_error err = SE_ERROR_INIT;
    se_ingest *ingest = NULL;
    size_t healthy = 0;
    se_err rc = open_ingest(&ingest, &fast, &err);

    if (rc == SE_OK) {
        rc = se_registry_reload(se_ingest_registry(ingest), SE_RELOAD_MANUAL, 0,
                                NULL, &err);
    }
    if (rc == SE_OK) {
        rc = se_capacity_poll(se_ingest_uploader(ingest), 0, count_capacity,
                              &healthy, &err);
    }
    MUST(rc == err.code && (rc == SE_OK || err.message[0] != '\0'));
    *ok = rc == SE_OK && healthy == SE__COUNT(elements);
    se_ingest_close(ingest);
    return NULL;
}

/* ---- with an Admin Module: list, figures, a token for the upload ---- */

static se_err open_admin(se_admin **admin, se_error *err)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;

    options.url = admin_url;
    options.client_id = "id";
    options.client_secret = "secret";
    return se_admin_open(admin, &options, err);
}

static const char *from_admin(bool *ok)
{
    se__admin_figures found = {.total = -7};
    se_error err = SE_ERROR_INIT;
    se_topology *list = NULL;
    se_source *from = NULL;
    se_admin *admin = NULL;
    se_err rc = open_admin(&admin, &err);

    MUST((rc == SE_OK) == (admin != NULL));
    if (rc == SE_OK) {
        rc = se__admin_list(admin, 5000, -1, &list, &err);
        MUST((rc == SE_OK) == (list != NULL));
    }
    if (rc == SE_OK) {
        rc = se__admin_capacity(admin, "se-01", 5000, &found, &err);
        MUST((rc == SE_OK) == (found.total != -7));
    }
    if (rc == SE_OK) {
        rc = se_source_admin(admin, &from, &err);
        MUST((rc == SE_OK) == (from != NULL));
    }
    MUST(rc == err.code && (rc == SE_OK || err.message[0] != '\0'));
    *ok = rc == SE_OK;
    se_topology_unref(list);
    se_source_free(from);
    se_admin_close(admin);
    return NULL;
}

static const char *with_token(bool *ok)
{
    se_upload upload = SE_UPLOAD_INIT;
    se_uploader_options options = fast;
    se_error err = SE_ERROR_INIT;
    const char *wrong = NULL;

    *ok = false;
    if (open_admin(&options.admin, &err) == SE_OK) {
        upload.data = content;
        upload.data_length = sizeof(content);
        wrong = deliver_with(&upload, &options, ok);
    }
    se_admin_close(options.admin);
    return wrong;
}

static const struct {
    const char *name;
    const char *(*run)(bool *ok);
} operations[] = {
    {"memory", from_memory}, {"stream", from_stream}, {"failover", failover},
    {"capacity", poll_all},  {"admin", from_admin},   {"token", with_token},
};

/* True: as it should be. */
static bool judge(const char *name, const char *wrong, const char *when)
{
    if (wrong) {
        fprintf(stderr, "%s, %s: not %s\n", name, when, wrong);
    }
    return !wrong;
}

/* Let number `at` fail; *more: there was one. */
static bool once(size_t i, long at, bool sticky, bool *more)
{
    char when[64];
    const char *wrong;
    bool ok = false;

    atomic_store(&counted, 0);
    atomic_store(&and_after, sticky);
    atomic_store(&fail_at, at);
    wrong = operations[i].run(&ok);
    atomic_store(&fail_at, 0);
    *more = at > 0 && atomic_load(&counted) >= at;
    snprintf(when, sizeof(when), "allocation %ld%s", at,
             sticky ? " and all after" : "");
    if (!wrong && !*more && !ok) {
        wrong = "successful";
    }
    return judge(operations[i].name, wrong, when);
}

static bool torture(size_t i, bool sticky)
{
    bool more = true;
    bool none = false;
    bool good = true;
    long at;

    for (at = 1; good && more; at++) {
        good = once(i, at, sticky, &more);
    }
    good = good && once(i, 0, false, &none);
    printf("%s%s: %ld allocations\n", operations[i].name,
           sticky ? ", sticky" : "", at - 2);
    return good && at > 20;
}

/* ---- around it ---- */

static bool make_files(void)
{
    int fd;
    bool made;

    snprintf(dir, sizeof(dir), "/tmp/artstore-torture-XXXXXX");
    if (!mkdtemp(dir)) {
        return false;
    }
    snprintf(source, sizeof(source), "file:%s/fleet.json", dir);
    snprintf(path, sizeof(path), "%s/file.bin", dir);
    for (size_t i = 0; i < sizeof(content); i++) {
        content[i] = (char)(i * 31 >> 3);
    }
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    made = fd >= 0 &&
           write(fd, content, sizeof(content)) == (ssize_t)sizeof(content);
    if (fd >= 0) {
        close(fd);
    }
    return made;
}

static int remove_entry(const char *name, const struct stat *status, int type,
                        struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(name);
}

int main(void)
{
    int until = -1;
    pid_t child;
    bool good;

    if (!make_files()) {
        return 1;
    }
    child = start_elements(&until);
    good = child > 0;
    for (size_t i = 0; good && i < SE__COUNT(operations); i++) {
        good = torture(i, false) && torture(i, true);
    }
    if (child > 0) {
        close(until);
        waitpid(child, NULL, 0);
    }
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return !good;
}
