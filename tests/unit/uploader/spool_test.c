/* Spools: one writes, another reads behind it, as often as needed. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "kit.h"
#include "uploader/spool.h"

#define KIB ((int64_t)1024)
#define MIB ((int64_t)1 << 20)

static folder dir;
static se__spool_pool *pool;
static sleeper listener;

static void open_pool(int64_t quota)
{
    folder_make(&dir);
    sleeper_init(&listener);
    ck_assert_int_eq(se__spool_pool_open(&pool, dir.path, quota, NULL), SE_OK);
}

static void close_pool(void)
{
    se__spool_pool_unref(pool);
    ck_assert_int_eq(folder_count(&dir), 0);
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

/* Append bytes of the stream up to `end`, `chunk` at a time. */
static se_err fill(se__spool *spool, unsigned seed, int64_t end, size_t chunk,
                   se_error *err)
{
    char *data = malloc(chunk);
    se_err rc = SE_OK;

    ck_assert_ptr_nonnull(data);
    while (rc == SE_OK && se__spool_length(spool) < end) {
        int64_t at = se__spool_length(spool);
        size_t n = (int64_t)chunk < end - at ? chunk : (size_t)(end - at);

        pattern_fill(seed, at, data, n);
        rc = se__spool_write(spool, data, n, err);
    }
    free(data);
    return rc;
}

static se__spool *full_spool(unsigned seed, int64_t size)
{
    se__spool *spool = new_spool();

    ck_assert_int_eq(fill(spool, seed, size, 300000, NULL), SE_OK);
    se__spool_finish(spool);
    return spool;
}

static void free_spool(se__spool *spool)
{
    se__body_free(se__spool_body(spool));
}

/* ---- what goes in comes out ---- */

static const struct {
    int64_t size;
    size_t chunk;
} shapes[] = {
    {0, 1},           {1, 1},           {4095, 100},    {4096, 4096},
    {4097, 4096},     {65535, 65535},   {65536, 65536}, {65536, 1000},
    {65537, 65537},   {65537, 65536},   {65537, 999},   {131072, 65536},
    {200000, 200000}, {MIB + 3, 70000}, {MIB, 4096},    {5 * MIB, MIB},
};

START_TEST(what_was_written_is_read)
{
    static const size_t reads[] = {1000, 65536, 512 * 1024};
    int64_t size = shapes[_i].size;
    se__spool *spool;

    open_pool(64 * MIB);
    spool = new_spool();
    ck_assert_int_eq(fill(spool, 7, size, shapes[_i].chunk, NULL), SE_OK);
    ck_assert_int_eq(se__spool_length(spool), size);
    se__spool_finish(spool);
    ck_assert(se__spool_ready(spool));
    for (size_t i = 0; i < SE__COUNT(reads); i++) {
        ck_assert_int_eq(
            read_all(se__spool_body(spool), &listener, 7, reads[i]), size);
        ck_assert_int_eq(se__spool_body(spool)->size, size);
    }
    free_spool(spool);
    close_pool();
}
END_TEST

START_TEST(any_offset_can_be_read)
{
    static const int64_t offsets[] = {0,     1,     65535, 65536, 65537,
                                      99999, 65000, 3,     100000};
    se__spool *spool;
    char buffer[4000];

    open_pool(MIB);
    spool = full_spool(3, 100001);
    for (size_t i = 0; i < SE__COUNT(offsets); i++) {
        int64_t got = se__body_read(se__spool_body(spool), offsets[i], buffer,
                                    sizeof(buffer));

        ck_assert_int_gt(got, 0);
        ck_assert_int_le(offsets[i] + got, 100001);
        ck_assert(pattern_is(3, offsets[i], buffer, (size_t)got));
    }
    ck_assert_int_eq(se__body_read(se__spool_body(spool), 100001, buffer, 1),
                     0);
    ck_assert_int_eq(se__body_read(se__spool_body(spool), 200000, buffer, 1),
                     0);
    free_spool(spool);
    close_pool();
}
END_TEST

/* ---- when it is offered ---- */

START_TEST(short_body_is_offered_when_complete)
{
    se__spool *spool;
    se__body *body;
    char buffer[16];

    open_pool(MIB);
    spool = new_spool();
    body = se__spool_body(spool);
    ck_assert_int_eq(body->size, -1);
    ck_assert(!se__spool_ready(spool));
    ck_assert_int_eq(se__body_read(body, 0, buffer, 16), SE__BODY_AGAIN);
    ck_assert_int_eq(fill(spool, 1, 65536, 65536, NULL), SE_OK);
    ck_assert(!se__spool_ready(spool));
    ck_assert_int_eq(se__body_read(body, 0, buffer, 16), SE__BODY_AGAIN);
    ck_assert_int_eq(se__body_check(body, NULL), SE_OK);
    ck_assert_int_eq(body->size, -1);
    se__spool_finish(spool);
    ck_assert(se__spool_ready(spool));
    ck_assert_int_eq(se__body_check(body, NULL), SE_OK);
    ck_assert_int_eq(body->size, 65536);
    ck_assert_int_eq(se__body_read(body, 0, buffer, 16), 16);
    /* Nothing of it ever came near a disk. */
    ck_assert_int_eq(se__spool_pool_used(pool), 0);
    free_spool(spool);
    close_pool();
}
END_TEST

START_TEST(long_body_is_offered_while_it_grows)
{
    se__spool *spool;
    se__body *body;
    char buffer[16];

    open_pool(MIB);
    spool = new_spool();
    body = se__spool_body(spool);
    ck_assert_int_eq(fill(spool, 1, 65537, 60000, NULL), SE_OK);
    ck_assert(se__spool_ready(spool));
    ck_assert_int_eq(se__body_read(body, 0, buffer, 16), 16);
    ck_assert_int_eq(se__body_read(body, 65536, buffer, 16), 1);
    ck_assert_int_eq(buffer[0], pattern(1, 65536));
    ck_assert_int_eq(se__body_read(body, 65537, buffer, 16), SE__BODY_AGAIN);
    ck_assert_int_eq(body->size, -1);
    ck_assert_int_eq(se__spool_pool_used(pool), 1);
    se__spool_finish(spool);
    /* Its size appears at the end, not in the middle of an attempt. */
    ck_assert_int_eq(se__body_read(body, 0, buffer, 16), 16);
    ck_assert_int_eq(body->size, -1);
    ck_assert_int_eq(se__body_read(body, 65537, buffer, 16), 0);
    ck_assert_int_eq(body->size, 65537);
    free_spool(spool);
    close_pool();
}
END_TEST

START_TEST(every_change_wakes)
{
    se_error why = SE_ERROR_INIT;
    se__spool *spool;

    open_pool(MIB);
    spool = new_spool();
    ck_assert_uint_eq(sleeper_wakes(&listener), 0);
    ck_assert_int_eq(se__spool_write(spool, "a", 1, NULL), SE_OK);
    ck_assert_uint_eq(sleeper_wakes(&listener), 1);
    ck_assert_int_eq(fill(spool, 1, 200000, 100000, NULL), SE_OK);
    ck_assert_uint_eq(sleeper_wakes(&listener), 3);
    se__spool_finish(spool);
    ck_assert_uint_eq(sleeper_wakes(&listener), 4);
    free_spool(spool);
    spool = new_spool();
    se__spool_fail(spool, &why);
    ck_assert_uint_eq(sleeper_wakes(&listener), 5);
    free_spool(spool);
    close_pool();
}
END_TEST

/* ---- failure ---- */

START_TEST(failure_reaches_the_reader)
{
    static const int64_t sizes[] = {0, 10, 100000};
    se_error why = SE_ERROR_INIT;
    se_error err = SE_ERROR_INIT;
    se__spool *spool;
    char byte;

    open_pool(MIB);
    spool = new_spool();
    ck_assert_int_eq(fill(spool, 1, sizes[_i], 30000, NULL), SE_OK);
    se__fail_errno(&why, SE_E_FILE, EIO, "standard input");
    se__spool_fail(spool, &why);
    ck_assert(se__spool_ready(spool));
    ck_assert_int_eq(se__body_read(se__spool_body(spool), 0, &byte, 1),
                     SE__BODY_ERROR);
    ck_assert_int_eq(se__spool_body(spool)->error.code, SE_E_FILE);
    ck_assert_int_eq(se__spool_body(spool)->error.os_errno, EIO);
    ck_assert_str_eq(se__spool_body(spool)->error.message, why.message);
    /* Another attempt does not even begin. */
    ck_assert_int_eq(se__body_check(se__spool_body(spool), &err), SE_E_FILE);
    ck_assert_str_eq(err.message, why.message);
    free_spool(spool);
    close_pool();
}
END_TEST

START_TEST(no_folder_is_an_error_only_when_it_is_needed)
{
    se_error err = SE_ERROR_INIT;
    se__spool *spool;

    sleeper_init(&listener);
    ck_assert_int_eq(
        se__spool_pool_open(&pool, "/nonexistent/spools", MIB, NULL), SE_OK);
    spool = new_spool();
    ck_assert_int_eq(fill(spool, 1, 65536, 65536, &err), SE_OK);
    ck_assert_int_eq(se__spool_write(spool, "x", 1, &err), SE_E_SYSTEM);
    ck_assert_int_eq(err.os_errno, ENOENT);
    ck_assert_ptr_nonnull(strstr(err.message, "spool"));
    ck_assert_ptr_nonnull(strstr(err.message, "/nonexistent/spools"));
    ck_assert_int_eq(se__spool_length(spool), 65536);
    se__spool_finish(spool);
    ck_assert_int_eq(read_all(se__spool_body(spool), &listener, 1, 1000),
                     65536);
    free_spool(spool);
    se__spool_pool_unref(pool);
    sleeper_fini(&listener);
}
END_TEST

START_TEST(folder_comes_from_the_environment)
{
    se_error err = SE_ERROR_INIT;
    se__spool *spool;

    sleeper_init(&listener);
    ck_assert_int_eq(setenv("TMPDIR", "/nonexistent/tmp", 1), 0);
    ck_assert_int_eq(se__spool_pool_open(&pool, NULL, MIB, NULL), SE_OK);
    unsetenv("TMPDIR");
    spool = new_spool();
    ck_assert_int_eq(fill(spool, 1, 65537, 65537, &err), SE_E_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err.message, "/nonexistent/tmp"));
    free_spool(spool);
    se__spool_pool_unref(pool);
    ck_assert_int_eq(se__spool_pool_open(&pool, NULL, MIB, NULL), SE_OK);
    spool = new_spool();
    ck_assert_int_eq(fill(spool, 1, 65537, 65537, &err), SE_OK);
    free_spool(spool);
    se__spool_pool_unref(pool);
    sleeper_fini(&listener);
}
END_TEST

/* A file may not become larger: a real refusal in the middle of a write. */
START_TEST(refused_write_leaves_the_spool_as_it_was)
{
    struct rlimit before;
    struct rlimit tight;
    se_error err = SE_ERROR_INIT;
    se__spool *spool;

    signal(SIGXFSZ, SIG_IGN);
    open_pool(64 * MIB);
    spool = new_spool();
    ck_assert_int_eq(fill(spool, 5, 150000, 50000, NULL), SE_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = 150000; /* in the file: the part beyond memory */
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    ck_assert_int_eq(fill(spool, 5, 400000, 250000, &err), SE_E_SYSTEM);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(err.os_errno, EFBIG);
    ck_assert_ptr_nonnull(strstr(err.message, "spool"));
    ck_assert_int_eq(se__spool_length(spool), 150000);
    /* The same once more, now that it may. */
    ck_assert_int_eq(fill(spool, 5, 400000, 250000, &err), SE_OK);
    se__spool_finish(spool);
    ck_assert_int_eq(read_all(se__spool_body(spool), &listener, 5, 70000),
                     400000);
    free_spool(spool);
    close_pool();
}
END_TEST

/* ---- the files ---- */

/* Bytes on disk of all files of the folder that are open, and how many. */
static int64_t on_disk(int *n)
{
    int64_t bytes = 0;

    *n = 0;
    for (int fd = 0; fd < 256; fd++) {
        char link[64];
        char target[256];
        struct stat status;
        ssize_t length;

        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        length = readlink(link, target, sizeof(target) - 1);
        if (length <= 0) {
            continue;
        }
        target[length] = '\0';
        if (strncmp(target, dir.path, strlen(dir.path)) != 0) {
            continue;
        }
        ck_assert_int_eq(fstat(fd, &status), 0);
        ck_assert_int_eq(status.st_mode & 07777, 0600);
        ck_assert_int_eq(status.st_nlink, 0);
        ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
        bytes += (int64_t)status.st_blocks * 512;
        (*n)++;
    }
    return bytes;
}

START_TEST(files_have_no_name_and_are_private)
{
    se__spool *spool;
    int n;

    open_pool(64 * MIB);
    spool = full_spool(1, MIB);
    ck_assert_int_eq(folder_count(&dir), 0);
    ck_assert_int_gt(on_disk(&n), 0);
    ck_assert_int_eq(n, 1);
    free_spool(spool);
    close_pool();
    on_disk(&n);
    ck_assert_int_eq(n, 0);
}
END_TEST

START_TEST(files_are_recycled_without_their_content)
{
    int64_t before;
    se__spool *spool;
    int n;

    open_pool(64 * MIB);
    free_spool(full_spool(1, 4 * MIB));
    before = on_disk(&n);
    ck_assert_int_eq(n, 1);
    ck_assert_int_ge(before, 3 * MIB); /* not truncated */
    spool = new_spool();
    ck_assert_int_eq(fill(spool, 2, 100000, 1000, NULL), SE_OK);
    ck_assert_int_eq(on_disk(&n), before);
    ck_assert_int_eq(n, 1); /* the same file again */
    ck_assert_int_eq(se__spool_pool_used(pool), 100000 - 65536);
    se__spool_finish(spool);
    ck_assert_int_eq(read_all(se__spool_body(spool), &listener, 2, MIB),
                     100000);
    free_spool(spool);
    ck_assert_int_eq(se__spool_pool_used(pool), 0);
    close_pool();
}
END_TEST

START_TEST(few_spare_files_are_kept)
{
    se__spool *spools[20];
    int before;
    int n;

    open_pool(64 * MIB);
    before = open_descriptors();
    for (size_t i = 0; i < SE__COUNT(spools); i++) {
        spools[i] = full_spool((unsigned)i, 70000);
    }
    ck_assert_int_eq(open_descriptors(), before + 20);
    for (size_t i = 0; i < SE__COUNT(spools); i++) {
        ck_assert_int_eq(
            read_all(se__spool_body(spools[i]), &listener, (unsigned)i, 9999),
            70000);
        free_spool(spools[i]);
    }
    on_disk(&n);
    ck_assert_int_eq(n, 8);
    close_pool();
    ck_assert_int_eq(open_descriptors(), before);
}
END_TEST

/* ---- the quota ---- */

START_TEST(quota_bounds_all_spools_together)
{
    se_error err = SE_ERROR_INIT;
    se__spool *a;
    se__spool *b;

    open_pool(MIB);
    a = full_spool(1, 65536 + 600 * KIB);
    b = new_spool();
    ck_assert_int_eq(fill(b, 2, 65536 + 424 * KIB, 1000, &err), SE_OK);
    ck_assert_int_eq(se__spool_pool_used(pool), MIB);
    ck_assert_int_eq(se__spool_write(b, "x", 1, &err), SE_E_BUSY);
    ck_assert_ptr_nonnull(strstr(err.message, "1048576"));
    ck_assert_ptr_nonnull(strstr(err.message, "spool"));
    ck_assert_int_eq(se__spool_length(b), 65536 + 424 * KIB);
    /* Memory costs nothing. */
    free_spool(full_spool(3, 65536));
    free_spool(a);
    ck_assert_int_eq(fill(b, 2, 65536 + MIB, 60000, &err), SE_OK);
    ck_assert_int_eq(se__spool_write(b, "x", 1, &err), SE_E_BUSY);
    se__spool_finish(b);
    ck_assert_int_eq(read_all(se__spool_body(b), &listener, 2, 60000),
                     65536 + MIB);
    free_spool(b);
    ck_assert_int_eq(se__spool_pool_used(pool), 0);
    close_pool();
}
END_TEST

/* Old pages never stand in the way of new bytes, nor pass the quota. */
START_TEST(old_pages_make_room)
{
    se__spool *a;
    se__spool *b;
    se__spool *c;
    int n;

    open_pool(8 * MIB);
    a = full_spool(1, 65536 + 5 * MIB);
    b = full_spool(2, 65536 + 3 * MIB);
    free_spool(b);
    free_spool(a);                  /* two spare files, 8 MiB */
    a = full_spool(3, 65536 + MIB); /* in the larger one of both */
    b = full_spool(4, 65536 + 4 * MIB);
    c = full_spool(5, 65536 + 3 * MIB);
    ck_assert_int_eq(se__spool_pool_used(pool), 8 * MIB);
    ck_assert_int_le(on_disk(&n), 8 * MIB + 64 * KIB);
    ck_assert_int_eq(n, 3);
    ck_assert_int_eq(read_all(se__spool_body(a), &listener, 3, 60000),
                     65536 + MIB);
    ck_assert_int_eq(read_all(se__spool_body(b), &listener, 4, 60000),
                     65536 + 4 * MIB);
    ck_assert_int_eq(read_all(se__spool_body(c), &listener, 5, 60000),
                     65536 + 3 * MIB);
    free_spool(a);
    free_spool(b);
    free_spool(c);
    close_pool();
}
END_TEST

/* A file that nobody uses goes first; then it counts no more. */
START_TEST(spare_files_make_room)
{
    int64_t before;
    se__spool *a;
    se__spool *b;
    int n;

    open_pool(8 * MIB);
    a = full_spool(1, 65536 + 5 * MIB);
    b = full_spool(2, 65536 + 3 * MIB);
    free_spool(b);
    free_spool(a);
    a = full_spool(3, 65536 + 7 * MIB); /* in the larger; the other goes */
    before = on_disk(&n);
    ck_assert_int_eq(n, 1);
    ck_assert_int_le(before, 7 * MIB + 64 * KIB);
    free_spool(a);
    a = full_spool(4, 65536 + MIB);
    b = full_spool(5, 65536 + MIB); /* 8 MiB with the old pages: they stay */
    ck_assert_int_ge(on_disk(&n), 8 * MIB);
    ck_assert_int_eq(n, 2);
    free_spool(a);
    free_spool(b);
    close_pool();
}
END_TEST

START_TEST(pool_outlives_its_owner)
{
    se__spool *spool;

    open_pool(MIB);
    spool = new_spool();
    se__spool_pool_unref(pool); /* the spool still holds it */
    ck_assert_int_eq(fill(spool, 1, 200000, 30000, NULL), SE_OK);
    se__spool_finish(spool);
    ck_assert_int_eq(read_all(se__spool_body(spool), &listener, 1, 4096),
                     200000);
    free_spool(spool);
    folder_remove(&dir);
    sleeper_fini(&listener);
    se__spool_pool_unref(NULL);
}
END_TEST

/* ---- two threads ---- */

typedef struct writer {
    se__thread thread;
    se__spool *spool;
    unsigned seed;
    int64_t size;
    size_t chunk;
    se_err rc;
} writer;

static void write_all(void *argument)
{
    writer *w = argument;

    w->rc = fill(w->spool, w->seed, w->size, w->chunk, NULL);
    se__spool_finish(w->spool);
}

static void start_writer(writer *w)
{
    w->spool = new_spool();
    ck_assert_int_eq(se__thread_start(&w->thread, "writer", write_all, w, NULL),
                     SE_OK);
}

static void end_writer(writer *w)
{
    se__thread_join(&w->thread);
    ck_assert_int_eq(w->rc, SE_OK);
    free_spool(w->spool);
}

/* The reader sleeps whenever it is told to: a lost wake-up would show. */
START_TEST(reader_keeps_up_with_the_writer)
{
    writer w = {.seed = 11, .size = 6 * MIB + 17, .chunk = 30000};

    open_pool(64 * MIB);
    start_writer(&w);
    ck_assert_int_eq(read_all(se__spool_body(w.spool), &listener, 11, 50000),
                     w.size);
    ck_assert_int_eq(read_all(se__spool_body(w.spool), &listener, 11, MIB),
                     w.size);
    end_writer(&w);
    close_pool();
}
END_TEST

START_TEST(many_short_races)
{
    static const int64_t sizes[] = {0,     1,     1000,  65535,
                                    65536, 65537, 70000, 131072};

    open_pool(64 * MIB);
    for (unsigned i = 0; i < 400; i++) {
        writer w = {
            .seed = i, .size = sizes[i % SE__COUNT(sizes)], .chunk = 20000 + i};

        start_writer(&w);
        ck_assert_int_eq(read_all(se__spool_body(w.spool), &listener, i, 40000),
                         w.size);
        end_writer(&w);
    }
    close_pool();
}
END_TEST

START_TEST(many_writers_share_a_pool)
{
    writer writers[6];
    int n;

    open_pool(10 * MIB);
    for (unsigned round = 0; round < 5; round++) {
        for (unsigned i = 0; i < SE__COUNT(writers); i++) {
            writers[i] = (writer){.seed = i + round,
                                  .size = 65536 + MIB + i * 100000,
                                  .chunk = 40000};
            start_writer(&writers[i]);
        }
        for (unsigned i = 0; i < SE__COUNT(writers); i++) {
            ck_assert_int_eq(read_all(se__spool_body(writers[i].spool),
                                      &listener, i + round, 80000),
                             writers[i].size);
            end_writer(&writers[i]);
        }
    }
    ck_assert_int_eq(se__spool_pool_used(pool), 0);
    ck_assert_int_le(on_disk(&n), 10 * MIB + 64 * KIB);
    close_pool();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spool");
    TCase *tc = tcase_create("spool");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, what_was_written_is_read, 0,
                        (int)SE__COUNT(shapes));
    tcase_add_test(tc, any_offset_can_be_read);
    tcase_add_test(tc, short_body_is_offered_when_complete);
    tcase_add_test(tc, long_body_is_offered_while_it_grows);
    tcase_add_test(tc, every_change_wakes);
    tcase_add_loop_test(tc, failure_reaches_the_reader, 0, 3);
    tcase_add_test(tc, no_folder_is_an_error_only_when_it_is_needed);
    tcase_add_test(tc, folder_comes_from_the_environment);
    tcase_add_test(tc, refused_write_leaves_the_spool_as_it_was);
    tcase_add_test(tc, files_have_no_name_and_are_private);
    tcase_add_test(tc, files_are_recycled_without_their_content);
    tcase_add_test(tc, few_spare_files_are_kept);
    tcase_add_test(tc, quota_bounds_all_spools_together);
    tcase_add_test(tc, old_pages_make_room);
    tcase_add_test(tc, spare_files_make_room);
    tcase_add_test(tc, pool_outlives_its_owner);
    tcase_add_test(tc, reader_keeps_up_with_the_writer);
    tcase_add_test(tc, many_short_races);
    tcase_add_test(tc, many_writers_share_a_pool);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
