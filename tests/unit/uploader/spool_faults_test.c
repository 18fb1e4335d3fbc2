/*
 * Spools on a disk that misbehaves: the calls of the library are answered here
 * first, as the test wants it.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "kit.h"
#include "uploader/spool.h"

#define KIB ((int64_t)1024)
#define MIB ((int64_t)1 << 20)

/* What the next calls answer. */
static struct {
    size_t most;   /* bytes of one pwrite or pread; 0: all */
    int interrupt; /* every so many calls EINTR; 0: never */
    int fail_at;   /* this call fails, and all after it; 0: none */
    int os_errno;  /* with this; 0: it answers 0 */
    bool no_tmpfile;
    bool no_unlink;
    int calls;
} disk;

static bool answered(ssize_t *answer)
{
    disk.calls++;
    if (disk.interrupt && disk.calls % disk.interrupt == 0) {
        errno = EINTR;
        *answer = -1;
        return true;
    }
    if (disk.fail_at && disk.calls >= disk.fail_at) {
        errno = disk.os_errno;
        *answer = disk.os_errno ? -1 : 0;
        return true;
    }
    return false;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at);
ssize_t pread(int fd, void *buffer, size_t n, off_t at);
int open(const char *path, int flags, ...);
int unlink(const char *path);

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
    ssize_t answer;

    if (answered(&answer)) {
        return answer;
    }
    if (disk.most && n > disk.most) {
        n = disk.most;
    }
    return syscall(SYS_pwrite64, fd, data, n, at);
}

ssize_t pread(int fd, void *buffer, size_t n, off_t at)
{
    ssize_t answer;

    if (answered(&answer)) {
        return answer;
    }
    if (disk.most && n > disk.most) {
        n = disk.most;
    }
    return syscall(SYS_pread64, fd, buffer, n, at);
}

int open(const char *path, int flags, ...)
{
    va_list args;
    unsigned mode;

    va_start(args, flags);
    mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, unsigned) : 0;
    va_end(args);
    if (disk.no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int unlink(const char *path)
{
    if (disk.no_unlink) {
        errno = EPERM;
        return -1;
    }
    return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static folder dir;
static se__spool_pool *pool;
static sleeper listener;

static void open_pool(int64_t quota)
{
    memset(&disk, 0, sizeof(disk));
    folder_make(&dir);
    sleeper_init(&listener);
    ck_assert_int_eq(se__spool_pool_open(&pool, dir.path, quota, NULL), SE_OK);
}

static void close_pool(void)
{
    memset(&disk, 0, sizeof(disk));
    se__spool_pool_unref(pool);
    folder_remove(&dir);
    sleeper_fini(&listener);
}

static se__spool *new_spool(void)
{
    se__spool *spool = NULL;

    ck_assert_int_eq(se__spool_new(pool, sleeper_wake, &listener, &spool, NULL),
                     SE_OK);
    return spool;
}

static se_err put(se__spool *spool, unsigned seed, size_t n, se_error *err)
{
    int64_t at = se__spool_length(spool);
    char *data = malloc(n);
    se_err rc;

    pattern_fill(seed, at, data, n);
    rc = se__spool_write(spool, data, n, err);
    free(data);
    return rc;
}

static int64_t read_back(se__spool *spool, unsigned seed)
{
    return read_all(se__spool_body(spool), &listener, seed, 50000);
}

static void free_spool(se__spool *spool)
{
    se__body_free(se__spool_body(spool));
}

/* ---- calls that do a part, or nothing yet ---- */

START_TEST(short_and_interrupted_calls)
{
    static const struct {
        size_t most;
        int interrupt;
    } cases[] = {{1000, 0}, {1, 0}, {0, 2}, {777, 3}, {65536, 2}};
    size_t size = cases[_i].most == 1 ? 2000 : 300000;
    se__spool *spool;

    open_pool(MIB);
    spool = new_spool();
    ck_assert_int_eq(put(spool, 1, SE__SPOOL_MEMORY, NULL), SE_OK);
    disk.most = cases[_i].most;
    disk.interrupt = cases[_i].interrupt;
    ck_assert_int_eq(put(spool, 1, size, NULL), SE_OK);
    ck_assert_int_eq(put(spool, 1, 5, NULL), SE_OK);
    se__spool_finish(spool);
    ck_assert_int_eq(read_back(spool, 1), SE__SPOOL_MEMORY + (int64_t)size + 5);
    ck_assert_int_gt(disk.calls, 4);
    free_spool(spool);
    close_pool();
}
END_TEST

/* ---- calls that fail ---- */

static const struct {
    int fail_at;
    size_t most;
    int os_errno; /* given */
    int told;     /* in the error */
    const char *words;
} failures[] = {
    {1, 0, ENOSPC, ENOSPC, "No space left"},
    {1, 0, EIO, EIO, "Input/output"},
    {1, 0, EDQUOT, EDQUOT, "quota"},
    {1, 0, 0, EIO, "Input/output"}, /* neither an error nor any byte */
    {7, 10000, ENOSPC, ENOSPC, "No space left"}, /* in the middle */
};

START_TEST(failed_write_writes_nothing)
{
    se_error err = SE_ERROR_INIT;
    uint64_t wakes;
    se__spool *spool;

    open_pool(MIB);
    spool = new_spool();
    ck_assert_int_eq(put(spool, 1, 100000, NULL), SE_OK);
    wakes = sleeper_wakes(&listener);
    disk.calls = 0;
    disk.fail_at = failures[_i].fail_at;
    disk.most = failures[_i].most;
    disk.os_errno = failures[_i].os_errno;
    ck_assert_int_eq(put(spool, 9, 200000, &err), SE_E_SYSTEM);
    ck_assert_int_eq(err.os_errno, failures[_i].told);
    ck_assert_msg(strstr(err.message, failures[_i].words) != NULL, "%s",
                  err.message);
    ck_assert_ptr_nonnull(strstr(err.message, "spool"));
    ck_assert_int_eq(se__spool_length(spool), 100000);
    ck_assert_uint_eq(sleeper_wakes(&listener), wakes);
    /* It goes on as if nothing had been, once the disk does. */
    memset(&disk, 0, sizeof(disk));
    ck_assert_int_eq(put(spool, 1, 200000, &err), SE_OK);
    se__spool_finish(spool);
    ck_assert_int_eq(read_back(spool, 1), 300000);
    free_spool(spool);
    ck_assert_int_eq(se__spool_pool_used(pool), 0);
    close_pool();
}
END_TEST

START_TEST(failed_write_across_the_edge_of_memory)
{
    se_error err = SE_ERROR_INIT;
    se__spool *spool;

    open_pool(MIB);
    spool = new_spool();
    ck_assert_int_eq(put(spool, 1, 60000, NULL), SE_OK);
    disk.fail_at = 1;
    disk.os_errno = ENOSPC;
    ck_assert_int_eq(put(spool, 9, 20000, &err), SE_E_SYSTEM);
    ck_assert_int_eq(se__spool_length(spool), 60000);
    ck_assert(!se__spool_ready(spool));
    /* What fits in memory needs no disk. */
    ck_assert_int_eq(put(spool, 1, 5536, &err), SE_OK);
    se__spool_finish(spool);
    ck_assert_int_eq(read_back(spool, 1), 65536);
    free_spool(spool);
    close_pool();
}
END_TEST

START_TEST(failed_read_is_an_error)
{
    static const struct {
        int os_errno, told;
    } cases[] = {{EIO, EIO}, {0, EIO}};
    se__spool *spool;
    se__body *body;
    char buffer[100];

    open_pool(MIB);
    spool = new_spool();
    body = se__spool_body(spool);
    ck_assert_int_eq(put(spool, 1, 100000, NULL), SE_OK);
    disk.calls = 0;
    disk.fail_at = 1;
    disk.os_errno = cases[_i].os_errno;
    ck_assert_int_eq(se__body_read(body, 0, buffer, 100), 100); /* memory */
    ck_assert_int_eq(se__body_read(body, 70000, buffer, 100), SE__BODY_ERROR);
    ck_assert_int_eq(body->error.code, SE_E_SYSTEM);
    ck_assert_int_eq(body->error.os_errno, cases[_i].told);
    ck_assert_ptr_nonnull(strstr(body->error.message, "spool"));
    free_spool(spool);
    close_pool();
}
END_TEST

/* ---- file systems that cannot make a file without a name ---- */

/* Open files without a name that nobody else may read. */
static int private_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 256; fd++) {
        struct stat status;

        n += fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
             status.st_nlink == 0 && (status.st_mode & 07777) == 0600 &&
             (fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    return n;
}

START_TEST(named_files_lose_their_name_at_once)
{
    int before = open_descriptors();
    se__spool *spools[2];

    open_pool(MIB);
    disk.no_tmpfile = true;
    for (unsigned i = 0; i < 2; i++) {
        spools[i] = new_spool();
        ck_assert_int_eq(put(spools[i], i, 200000, NULL), SE_OK);
        se__spool_finish(spools[i]);
    }
    ck_assert_int_eq(folder_count(&dir), 0);
    ck_assert_int_eq(open_descriptors(), before + 2);
    ck_assert_int_eq(private_files(), 2);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(read_back(spools[i], i), 200000);
        free_spool(spools[i]);
    }
    close_pool();
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

START_TEST(name_that_stays_is_an_error)
{
    int before = open_descriptors();
    se_error err = SE_ERROR_INIT;
    se__spool *spool;

    open_pool(MIB);
    disk.no_tmpfile = true;
    disk.no_unlink = true;
    spool = new_spool();
    ck_assert_int_eq(put(spool, 1, 65537, &err), SE_E_SYSTEM);
    ck_assert_int_eq(err.os_errno, EPERM);
    ck_assert_int_eq(open_descriptors(), before);
    free_spool(spool);
    close_pool();
}
END_TEST

/* ---- a disk that is really full ---- */

/* A small file system of this process alone; false: not permitted here. */
static bool mount_small(void)
{
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", dir.path, "tmpfs", 0, "size=1m") != 0) {
        printf("spool_faults: no mount here (%s), part of it is left out\n",
               strerror(errno));
        return false;
    }
    return true;
}

static void fill_disk(se__spool *spool)
{
    se_error err = SE_ERROR_INIT;
    se_err rc;

    do {
        rc = put(spool, 1, 65536, &err);
    } while (rc == SE_OK);
    ck_assert_int_eq(rc, SE_E_SYSTEM);
    ck_assert_int_eq(err.os_errno, ENOSPC);
}

START_TEST(full_disk)
{
    se_error err = SE_ERROR_INIT;
    se__spool *a;
    se__spool *b;

    open_pool(64 * MIB);
    if (mount_small()) {
        a = new_spool();
        fill_disk(a);
        ck_assert_int_eq(se__spool_length(a), MIB + 65536);
        se__spool_finish(a);
        ck_assert_int_eq(read_back(a, 1), MIB + 65536);
        free_spool(a);
        /* Its pages are still there, and make room for others. */
        a = new_spool();
        ck_assert_int_eq(put(a, 2, 65536 + 100 * KIB, &err), SE_OK);
        b = new_spool();
        ck_assert_msg(put(b, 3, 65536 + 800 * KIB, &err) == SE_OK, "%s",
                      err.message);
        se__spool_finish(a);
        se__spool_finish(b);
        ck_assert_int_eq(read_back(a, 2), 65536 + 100 * KIB);
        ck_assert_int_eq(read_back(b, 3), 65536 + 800 * KIB);
        free_spool(a);
        free_spool(b);
    }
    se__spool_pool_unref(pool);
    umount(dir.path);
    folder_remove(&dir);
    sleeper_fini(&listener);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spool_faults");
    TCase *tc = tcase_create("spool_faults");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, short_and_interrupted_calls, 0, 5);
    tcase_add_loop_test(tc, failed_write_writes_nothing, 0,
                        (int)SE__COUNT(failures));
    tcase_add_test(tc, failed_write_across_the_edge_of_memory);
    tcase_add_loop_test(tc, failed_read_is_an_error, 0, 2);
    tcase_add_test(tc, named_files_lose_their_name_at_once);
    tcase_add_test(tc, name_that_stays_is_an_error);
    tcase_add_test(tc, full_disk);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
