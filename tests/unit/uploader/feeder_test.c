/* The feeder: whatever the descriptor is, its bytes, its end, its error. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kit.h"
#include "uploader/spool.h"

#define MIB ((int64_t)1 << 20)
/* Far from any timeout that a missing wake-up would run into. */
#define SOON_MS 1000

/* Every other read of anybody says that it is not the moment. */
static atomic_bool hiccups;
static atomic_int reads;
/* No poll works, for want of memory. */
static atomic_bool no_poll;

int poll(struct pollfd *fds, nfds_t n, int timeout_ms);

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    if (atomic_load(&no_poll)) {
        errno = ENOMEM;
        return -1;
    }
    return (int)syscall(SYS_poll, fds, n, timeout_ms);
}

ssize_t read(int fd, void *buffer, size_t n);

ssize_t read(int fd, void *buffer, size_t n)
{
    int nth = atomic_fetch_add(&reads, 1);

    if (atomic_load(&hiccups) && nth % 2 == 0) {
        errno = nth % 4 == 0 ? EAGAIN : EINTR;
        return -1;
    }
    return syscall(SYS_read, fd, buffer, n);
}

static folder dir;
static se__spool_pool *pool;
static se__spool *spool;
static sleeper listener;
static se__feeder *feeder;

static void set_up(int64_t quota)
{
    folder_make(&dir);
    sleeper_init(&listener);
    ck_assert_int_eq(se__spool_pool_open(&pool, dir.path, quota, NULL), SE_OK);
    ck_assert_int_eq(se__spool_new(pool, sleeper_wake, &listener, &spool, NULL),
                     SE_OK);
}

static void tear_down(void)
{
    se__feeder_stop(feeder);
    feeder = NULL;
    se__body_free(se__spool_body(spool));
    se__spool_pool_unref(pool);
    folder_remove(&dir);
    sleeper_fini(&listener);
}

static void start(int fd)
{
    ck_assert_int_eq(se__feeder_start(&feeder, spool, fd, NULL), SE_OK);
}

static int64_t read_back(unsigned seed)
{
    return read_all(se__spool_body(spool), &listener, seed, 50000);
}

/* ---- what is read ---- */

START_TEST(regular_file)
{
    static const size_t sizes[] = {0, 1, 65536, 65537, 262144, 3000001};
    size_t size = sizes[_i];
    char *data = pattern_new(4, size);
    char path[128];
    int fd;

    set_up(64 * MIB);
    folder_file(&dir, "input", data, size, path, sizeof(path));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    start(fd);
    ck_assert_int_eq(read_back(4), (int64_t)size);
    ck_assert_int_eq(se__spool_body(spool)->size, (int64_t)size);
    tear_down();
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC); /* still the caller's */
    close(fd);
    free(data);
}
END_TEST

START_TEST(file_is_read_from_where_it_stands)
{
    char *data = pattern_new(4, 200);
    char path[128];
    char first[100];
    int fd;

    set_up(MIB);
    folder_file(&dir, "input", data, 200, path, sizeof(path));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(read(fd, first, sizeof(first)), 100);
    start(fd);
    ck_assert(sleeper_wait(&listener, 1)); /* bytes, and the end */
    ck_assert_int_eq(se__spool_length(spool), 100);
    ck_assert_int_eq(se__body_read(se__spool_body(spool), 0, first, 100), 100);
    ck_assert(pattern_is(4, 100, first, 100));
    tear_down();
    close(fd);
    free(data);
}
END_TEST

typedef struct talker {
    se__thread thread;
    int fd;
    int64_t size;
    size_t chunk;
} talker;

static void write_whole(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);

        if (done < 0 && (errno == EAGAIN || errno == EINTR)) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};

            poll(&room, 1, PATIENCE_MS);
            continue;
        }
        ck_assert_int_gt(done, 0);
        data += done;
        n -= (size_t)done;
    }
}

static void talk(void *argument)
{
    talker *t = argument;
    char *data = malloc(t->chunk);

    for (int64_t at = 0; at < t->size;) {
        size_t n = (int64_t)t->chunk < t->size - at ? t->chunk
                                                    : (size_t)(t->size - at);

        pattern_fill(9, at, data, n);
        write_whole(t->fd, data, n);
        at += (int64_t)n;
    }
    close(t->fd);
    free(data);
}

static void listen_to(int in, int out, int64_t size, size_t chunk)
{
    talker t = {.fd = out, .size = size, .chunk = chunk};

    set_up(64 * MIB);
    start(in);
    ck_assert_int_eq(se__thread_start(&t.thread, "talker", talk, &t, NULL),
                     SE_OK);
    ck_assert_int_eq(read_back(9), size);
    se__thread_join(&t.thread);
    tear_down();
    close(in);
}

static const struct {
    int64_t size;
    size_t chunk;
} talks[] = {{0, 1}, {1, 1}, {5000, 7}, {65536, 4096}, {3 * MIB + 5, 100000}};

START_TEST(pipe_from_another_thread)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    listen_to(ends[0], ends[1], talks[_i].size, talks[_i].chunk);
}
END_TEST

/* The caller's flags are its own: a descriptor that never blocks is fine. */
START_TEST(pipe_that_does_not_block)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    listen_to(ends[0], ends[1], talks[_i].size, talks[_i].chunk);
}
END_TEST

START_TEST(socket_from_another_thread)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    listen_to(ends[0], ends[1], talks[_i].size, talks[_i].chunk);
}
END_TEST

START_TEST(readiness_that_was_none)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    atomic_store(&reads, 0);
    atomic_store(&hiccups, true);
    listen_to(ends[0], ends[1], 300000, 10000);
    atomic_store(&hiccups, false);
    ck_assert_int_ge(atomic_load(&reads), 4);
}
END_TEST

START_TEST(flags_of_the_descriptor_stay)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    set_up(MIB);
    start(ends[0]);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    ck_assert(sleeper_wait(&listener, 0));
    ck_assert_int_eq(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    tear_down();
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(nothing_at_all)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    set_up(MIB);
    start(fd);
    ck_assert_int_eq(read_back(1), 0);
    ck_assert_int_eq(se__spool_body(spool)->size, 0);
    tear_down();
    close(fd);
}
END_TEST

/* ---- what goes wrong ---- */

static void expect_failure(int fd, se_err code, int os_errno, const char *part)
{
    const se_error *why;

    start(fd);
    ck_assert_int_eq(read_back(1), SE__BODY_ERROR);
    why = &se__spool_body(spool)->error;
    ck_assert_int_eq(why->code, code);
    ck_assert_int_eq(why->os_errno, os_errno);
    ck_assert_msg(strstr(why->message, part) != NULL, "%s", why->message);
}

START_TEST(descriptor_that_cannot_be_read)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    set_up(MIB);
    expect_failure(fd, SE_E_FILE, EBADF, "descriptor");
    tear_down();
    close(fd);
}
END_TEST

START_TEST(descriptor_that_is_closed)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    set_up(MIB);
    close(fd);
    /* The next one that is made gets the number; so a high one is taken. */
    expect_failure(fd + 200, SE_E_FILE, EBADF, "descriptor");
    tear_down();
}
END_TEST

START_TEST(descriptor_that_cannot_be_waited_for)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    set_up(MIB);
    atomic_store(&no_poll, true);
    expect_failure(fd, SE_E_FILE, ENOMEM, "descriptor");
    atomic_store(&no_poll, false);
    tear_down();
    close(fd);
}
END_TEST

START_TEST(folder_as_a_descriptor)
{
    int fd;

    set_up(MIB);
    fd = open(dir.path, O_RDONLY | O_CLOEXEC);
    expect_failure(fd, SE_E_FILE, EISDIR, "descriptor");
    tear_down();
    close(fd);
}
END_TEST

START_TEST(standard_input_is_called_so)
{
    int before = dup(STDIN_FILENO);
    int fd = open("/", O_RDONLY | O_CLOEXEC);

    set_up(MIB);
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    expect_failure(STDIN_FILENO, SE_E_FILE, EISDIR, "standard input");
    tear_down();
    if (before >= 0) {
        dup2(before, STDIN_FILENO);
        close(before);
    } else {
        close(STDIN_FILENO);
    }
    close(fd);
}
END_TEST

START_TEST(quota_ends_an_endless_stream)
{
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    const se_error *why;
    char byte;

    set_up(2 * MIB);
    start(fd);
    for (uint64_t seen = 0;
         se__body_read(se__spool_body(spool), 0, &byte, 1) != SE__BODY_ERROR;
         seen++) {
        ck_assert(sleeper_wait(&listener, seen));
    }
    why = &se__spool_body(spool)->error;
    ck_assert_int_eq(why->code, SE_E_BUSY);
    ck_assert_int_le(se__spool_pool_used(pool), 2 * MIB);
    tear_down();
    close(fd);
}
END_TEST

START_TEST(peer_that_resets)
{
    int ends[2];
    char *data = pattern_new(1, 100);

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    set_up(MIB);
    /* What the peer leaves unread turns its close into a reset. */
    ck_assert_int_eq(write(ends[0], data, 100), 100);
    close(ends[1]);
    expect_failure(ends[0], SE_E_FILE, ECONNRESET, "descriptor");
    tear_down();
    close(ends[0]);
    free(data);
}
END_TEST

/* ---- the stop ---- */

static void stop_soon(void)
{
    int64_t started = se__now_ms();

    se__feeder_stop(feeder);
    feeder = NULL;
    ck_assert_int_lt(se__now_ms() - started, SOON_MS);
}

START_TEST(silence_can_be_stopped)
{
    int ends[2];
    int before;

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    set_up(MIB);
    before = open_descriptors();
    start(ends[0]);
    stop_soon();
    ck_assert_int_eq(open_descriptors(), before);
    /* Neither finished nor failed: that is for who stopped it to say. */
    ck_assert(!se__spool_ready(spool));
    tear_down();
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(silence_after_words_can_be_stopped)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    set_up(MIB);
    start(ends[0]);
    ck_assert_int_eq(write(ends[1], "words", 5), 5);
    ck_assert(sleeper_wait(&listener, 0));
    stop_soon();
    ck_assert_int_eq(se__spool_length(spool), 5);
    tear_down();
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(flood_can_be_stopped)
{
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    set_up((int64_t)1 << 32);
    start(fd);
    ck_assert(sleeper_wait(&listener, 3));
    stop_soon();
    tear_down();
    close(fd);
}
END_TEST

START_TEST(end_can_be_stopped)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    set_up(MIB);
    start(fd);
    ck_assert(sleeper_wait(&listener, 0));
    stop_soon();
    se__feeder_stop(NULL);
    tear_down();
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feeder");
    TCase *tc = tcase_create("feeder");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, regular_file, 0, 6);
    tcase_add_test(tc, file_is_read_from_where_it_stands);
    tcase_add_loop_test(tc, pipe_from_another_thread, 0, 5);
    tcase_add_loop_test(tc, pipe_that_does_not_block, 0, 5);
    tcase_add_loop_test(tc, socket_from_another_thread, 0, 5);
    tcase_add_test(tc, readiness_that_was_none);
    tcase_add_test(tc, flags_of_the_descriptor_stay);
    tcase_add_test(tc, nothing_at_all);
    tcase_add_test(tc, descriptor_that_cannot_be_read);
    tcase_add_test(tc, descriptor_that_is_closed);
    tcase_add_test(tc, descriptor_that_cannot_be_waited_for);
    tcase_add_test(tc, folder_as_a_descriptor);
    tcase_add_test(tc, standard_input_is_called_so);
    tcase_add_test(tc, quota_ends_an_endless_stream);
    tcase_add_test(tc, peer_that_resets);
    tcase_add_test(tc, silence_can_be_stopped);
    tcase_add_test(tc, silence_after_words_can_be_stopped);
    tcase_add_test(tc, flood_can_be_stopped);
    tcase_add_test(tc, end_can_be_stopped);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
