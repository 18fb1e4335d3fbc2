/*
 * A monitor while memory runs out: it says so or tries again, nothing leaks,
 * and as soon as there is memory it does its work.
 *
 * What fails, one by one, are the allocations of this library alone, by the
 * linker's --wrap: hiredis 0.14 and libcurl 7.88 do not bear it of their own.
 * The elements run in a child process, where memory suffices.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <artstore/monitor.h>

#include "redis_server.h"
#include "sandbox.h"

#include "base/clock.h"
#include "base/mem.h"
#include "registry/registry.h"

#define PATIENCE_MS 10000
#define LOCK "capacity_monitor:leader_lock"

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

static void arm(long at, bool sticky)
{
    atomic_store(&and_after, sticky);
    atomic_store(&counted, 0);
    atomic_store(&fail_at, at);
}

/* ---- the world ---- */

static const sandbox_element elements[] = {
    {"se-01", "edit", 100, 1000000},
    {"se-02", "rw", 200, 1000000},
};

static char dir[64];
static char *document;
static redis_server *server;

/* In a child: nothing of it is counted. Never returns. */
static void be_elements(int ready, int until)
{
    sandbox_options options = {
        .dir = dir, .elements = elements, .n_elements = SE__COUNT(elements)};
    sandbox *box = sandbox_start(&options);
    char path[96];
    char byte = 'r';

    snprintf(path, sizeof(path), "%s/fleet.json", dir);
    if (!box || !sandbox_write_document(box, path)) {
        _exit(1);
    }
    if (write(ready, &byte, 1) == 1) {
        (void)!read(until, &byte, 1);
    }
    sandbox_stop(box);
    _exit(0);
}

static bool read_document(void)
{
    char path[96];
    FILE *file;
    size_t n = 0;

    snprintf(path, sizeof(path), "%s/fleet.json", dir);
    file = fopen(path, "r");
    document = calloc(1, 65536);
    if (file && document) {
        n = fread(document, 1, 65535, file);
    }
    if (file) {
        fclose(file);
    }
    return n > 0;
}

static pid_t start_elements(int *until)
{
    int ready[2];
    int hold[2];
    char byte;
    pid_t child;

    if (!mkdtemp(dir) || pipe2(ready, O_CLOEXEC) != 0 ||
        pipe2(hold, O_CLOEXEC) != 0) {
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
    if (read(ready[0], &byte, 1) != 1 || !read_document()) {
        return -1;
    }
    close(ready[0]);
    return child;
}

/* ---- one life ---- */

typedef struct life {
    se_registry *registry;
    se_monitor *monitor;
    bool leads;
} life;

static bool open_registry(life *l)
{
    se_topology *list = NULL;
    bool good =
        se_registry_open(&l->registry, NULL, NULL) == SE_OK &&
        se_topology_parse(document, strlen(document), &list, NULL) == SE_OK &&
        se_registry_reload_endpoints(l->registry, list, NULL, NULL) == SE_OK;

    se_topology_unref(list);
    return good;
}

static se_err open_monitor(life *l)
{
    se_monitor_options options = SE_MONITOR_OPTIONS_INIT;
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;
    se_err rc;

    redis.url = redis_server_url(server);
    options.redis = &redis;
    options.lease_ttl_ms = 3000;
    options.lease_renewal_ms = 5;
    options.poll_base_ms = 10;
    options.poll_max_ms = 10;
    rc = se_monitor_open(l->registry, &options, &l->monitor, NULL);
    return rc == SE_OK ? se_monitor_start(l->monitor, NULL) : rc;
}

static bool knows(const life *l, const char *id)
{
    se__endpoint *endpoint =
        se__endpoint_get(se__registry_endpoints(l->registry), id);
    int origin = atomic_load(&endpoint->origin);

    se__endpoint_unref(endpoint);
    /* A follower that cannot reach Redis asks for itself. */
    return origin == SE_ORIGIN_POLL || (!l->leads && origin == SE_ORIGIN_CACHE);
}

static bool is_done(const life *l)
{
    return knows(l, "se-01") && knows(l, "se-02");
}

static bool wait_until_done(const life *l)
{
    int64_t deadline = se__now_ms() + PATIENCE_MS;

    while (!is_done(l) && se__now_ms() < deadline) {
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    return is_done(l);
}

static void ignore(void *user, const se_capacity *capacity)
{
    (void)user;
    (void)capacity;
}

/* The questions that a caller asks; false: they lie. */
static bool ask(const life *l)
{
    se_err rc = se_monitor_each(l->monitor, ignore, NULL, NULL);
    se_err polled = se_monitor_poll(l->monitor, "se-01", NULL);

    return (rc == SE_OK || rc == SE_E_NOMEM) &&
           (polled == SE_OK || polled == SE_E_NOMEM);
}

static void prepare(bool leads)
{
    char moment[SE__RFC3339_OFFSET_SIZE];

    REDIS_ORDER(server, "FLUSHALL");
    if (leads) {
        return;
    }
    se__format_rfc3339_offset(moment, sizeof(moment), se__wall_us() - 1000000);
    REDIS_ORDER(server, "SET", LOCK, "ingester-0a1b2c3d");
    for (size_t i = 0; i < SE__COUNT(elements); i++) {
        char key[64];

        snprintf(key, sizeof(key), "capacity:%s", elements[i].id);
        REDIS_ORDER(server, "HSET", key, "total", "10", "used", "3",
                    "available", "7", "health", "healthy", "last_poll", moment);
    }
}

/* *more: the allocation that should fail came. */
static const char *live(bool leads, long at, bool sticky, bool *more)
{
    life l = {.leads = leads};
    const char *wrong = NULL;
    se_err rc;

    prepare(leads);
    if (!open_registry(&l)) {
        return "no registry";
    }
    arm(at, sticky);
    rc = open_monitor(&l);
    if (rc == SE_OK) {
        if (sticky) {
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
            wrong = ask(&l) ? NULL : "wrong answers";
            arm(0, false);
        }
        /* Memory is back: it does what it is for. */
        wrong = wait_until_done(&l) ? wrong : "never knew the elements";
        wrong = sticky || ask(&l) ? wrong : "wrong answers";
    } else if (rc != SE_E_NOMEM && rc != SE_E_SYSTEM) {
        wrong = "another error than of memory";
    }
    *more = atomic_load(&counted) >= at || sticky;
    se_monitor_close(l.monitor);
    arm(0, false);
    se_registry_close(l.registry);
    return wrong;
}

static bool torture(bool leads, bool sticky, long most)
{
    bool more = true;
    long at = 1;

    for (; more && at <= most; at++) {
        const char *wrong = live(leads, at, sticky, &more);

        if (wrong) {
            fprintf(stderr, "%s, %ld%s: %s\n", leads ? "leader" : "follower",
                    at, sticky ? " and after" : "", wrong);
            return false;
        }
    }
    printf("%s%s: %ld allocations\n", leads ? "leader" : "follower",
           sticky ? ", sticky" : "", at - 1);
    return at > 10;
}

int main(void)
{
    const char *const remove[] = {"rm", "-rf", "--", dir, NULL};
    int until = -1;
    pid_t child;
    bool good;

    snprintf(dir, sizeof(dir), "/tmp/artstore-torture-XXXXXX");
    child = start_elements(&until);
    server = redis_server_start(NULL);
    good = child > 0 && torture(true, false, 150) &&
           torture(false, false, 150) && torture(true, true, 60) &&
           torture(false, true, 60);
    redis_server_stop(server);
    free(document);
    if (child > 0) {
        close(until);
        waitpid(child, NULL, 0);
    }
    child = fork();
    if (child == 0) {
        execvp(remove[0], (char *const *)(uintptr_t)remove);
        _exit(97);
    }
    waitpid(child, NULL, 0);
    return !good;
}
