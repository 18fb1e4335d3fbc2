/* Bodies from files and from memory. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "kit.h"

static folder dir;
static char path[128];

static void make(size_t size)
{
    char *data = pattern_new(1, size);

    folder_make(&dir);
    folder_file(&dir, "file.bin", data, size, path, sizeof(path));
    free(data);
}

static se__body *open_body(void)
{
    se__body *body = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_msg(se__body_file(path, &body, &err) == SE_OK, "%s", err.message);
    return body;
}

/* ---- reading ---- */

static const size_t sizes[] = {1, 2, 4095, 65536, 65537, 1000003, 3 << 20};

START_TEST(file_is_read_again_and_again)
{
    se__body *body;

    make(sizes[_i]);
    body = open_body();
    ck_assert_int_eq(body->size, (int64_t)sizes[_i]);
    for (int attempt = 0; attempt < 3; attempt++) {
        ck_assert_int_eq(se__body_check(body, NULL), SE_OK);
        ck_assert_int_eq(read_all(body, NULL, 1, 30000 + attempt),
                         (int64_t)sizes[_i]);
        ck_assert_int_eq(se__body_check(body, NULL), SE_OK);
        if (attempt == 1) {
            se__body_idle(body);
        }
    }
    se__body_free(body);
    folder_remove(&dir);
}
END_TEST

START_TEST(memory_is_read_again_and_again)
{
    char *data = pattern_new(2, sizes[_i]);
    se__body *body = NULL;
    char byte;

    ck_assert_int_eq(se__body_memory(data, sizes[_i], &body, NULL), SE_OK);
    ck_assert_int_eq(body->size, (int64_t)sizes[_i]);
    for (int attempt = 0; attempt < 2; attempt++) {
        ck_assert_int_eq(se__body_check(body, NULL), SE_OK);
        ck_assert_int_eq(read_all(body, NULL, 2, 30000), (int64_t)sizes[_i]);
        se__body_idle(body);
    }
    ck_assert_int_eq(se__body_read(body, body->size, &byte, 1), 0);
    ck_assert_int_eq(se__body_read(body, body->size + 9, &byte, 1), 0);
    se__body_free(body);
    se__body_free(NULL);
    free(data);
}
END_TEST

START_TEST(any_offset)
{
    static const int64_t offsets[] = {0, 99999, 5, 65536, 65535, 1};
    se__body *body;
    char buffer[100];

    make(100000);
    body = open_body();
    for (size_t i = 0; i < SE__COUNT(offsets); i++) {
        int64_t got = se__body_read(body, offsets[i], buffer, sizeof(buffer));
        int64_t left = 100000 - offsets[i];

        ck_assert_int_eq(got, left < 100 ? left : 100);
        ck_assert(pattern_is(1, offsets[i], buffer, (size_t)got));
    }
    ck_assert_int_eq(se__body_read(body, 100000, buffer, 1), 0);
    ck_assert_int_eq(se__body_read(body, 123456, buffer, 1), 0);
    se__body_free(body);
    folder_remove(&dir);
}
END_TEST

/* ---- descriptors ---- */

START_TEST(who_waits_holds_no_descriptor)
{
    int before = open_descriptors();
    se__body *bodies[50];
    char byte;

    make(1000);
    for (size_t i = 0; i < SE__COUNT(bodies); i++) {
        bodies[i] = open_body();
    }
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_int_eq(se__body_check(bodies[0], NULL), SE_OK);
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_int_eq(se__body_read(bodies[0], 0, &byte, 1), 1);
    ck_assert_int_eq(open_descriptors(), before + 1);
    se__body_idle(bodies[0]);
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_int_eq(se__body_read(bodies[0], 0, &byte, 1), 1);
    for (size_t i = 0; i < SE__COUNT(bodies); i++) {
        se__body_free(bodies[i]);
    }
    ck_assert_int_eq(open_descriptors(), before);
    folder_remove(&dir);
}
END_TEST

/* ---- what is no file that can be sent ---- */

static void expect_refusal(se_err code, int os_errno, const char *words)
{
    int before = open_descriptors();
    se_error err = SE_ERROR_INIT;
    se__body *body = (se__body *)&err; /* must stay what it was */

    ck_assert_int_eq(se__body_file(path, &body, &err), code);
    ck_assert_ptr_eq(body, (se__body *)&err);
    ck_assert_int_eq(err.code, code);
    ck_assert_int_eq(err.os_errno, os_errno);
    ck_assert_msg(strstr(err.message, words) != NULL, "%s", err.message);
    ck_assert_msg(strstr(err.message, path) != NULL, "%s", err.message);
    ck_assert_int_eq(open_descriptors(), before);
    ck_assert_int_eq(se__body_file(path, &body, NULL), code);
}

START_TEST(empty_file)
{
    make(0);
    expect_refusal(SE_E_REFUSED, 0, "empty file cannot be stored");
    folder_remove(&dir);
}
END_TEST

START_TEST(missing_file)
{
    make(1);
    unlink(path);
    expect_refusal(SE_E_FILE, ENOENT, "No such file");
    folder_remove(&dir);
}
END_TEST

START_TEST(directory)
{
    make(1);
    snprintf(path, sizeof(path), "%s", dir.path);
    expect_refusal(SE_E_FILE, EISDIR, "a directory, not a regular file");
    folder_remove(&dir);
}
END_TEST

/* Nobody writes to it: opening it must not wait for that. */
START_TEST(named_pipe)
{
    make(1);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_refusal(SE_E_FILE, EINVAL, "a pipe, not a regular file");
    folder_remove(&dir);
}
END_TEST

START_TEST(device)
{
    snprintf(path, sizeof(path), "/dev/null");
    expect_refusal(SE_E_FILE, EINVAL, "a character device");
}
END_TEST

START_TEST(socket_file)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    make(1);
    unlink(path);
    length = strlen(path);
    ck_assert_uint_lt(length, sizeof(address.sun_path));
    memcpy(address.sun_path, path, length);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    expect_refusal(SE_E_FILE, ENXIO, "No such device");
    close(fd);
    folder_remove(&dir);
}
END_TEST

START_TEST(file_without_permission)
{
    make(1);
    chmod(path, 0);
    if (geteuid() != 0) {
        expect_refusal(SE_E_FILE, EACCES, "Permission denied");
    } else if (seteuid(65534) == 0) {
        /* root may read everything, its guest may not even look */
        expect_refusal(SE_E_FILE, EACCES, "Permission denied");
        ck_assert_int_eq(seteuid(0), 0);
    }
    folder_remove(&dir);
}
END_TEST

/* ---- a file that changes ---- */

static void append(const char *text)
{
    FILE *file = fopen(path, "ae");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void grow(void)
{
    append("x");
}

static void shrink(void)
{
    ck_assert_int_eq(truncate(path, 50), 0);
}

static struct timespec modified(void)
{
    struct stat status;

    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mtim;
}

static void set_modified(struct timespec to)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, to};

    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* Only the seconds differ, then only the nanoseconds, then only the size. */
static void touch(void)
{
    struct timespec to = modified();

    to.tv_sec--;
    set_modified(to);
}

static void touch_a_little(void)
{
    struct timespec to = modified();

    to.tv_nsec ^= 1;
    set_modified(to);
}

static void grow_in_secret(void)
{
    struct timespec to = modified();

    append("x");
    set_modified(to);
}

/* Same size and time, another file under the name. */
static void replace(void)
{
    struct stat status;
    struct timespec times[2];
    char other[128];
    char *data = pattern_new(2, 100000);

    ck_assert_int_eq(stat(path, &status), 0);
    folder_file(&dir, "other.bin", data, 100000, other, sizeof(other));
    times[0] = status.st_atim;
    times[1] = status.st_mtim;
    ck_assert_int_eq(utimensat(AT_FDCWD, other, times, 0), 0);
    ck_assert_int_eq(rename(other, path), 0);
    free(data);
}

static void make_unreadable_kind(void)
{
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static const struct {
    void (*change)(void);
    bool seen_when_open; /* the file that is open is the one that changed */
} changes[] = {{grow, true},
               {shrink, true},
               {touch, true},
               {touch_a_little, true},
               {grow_in_secret, true},
               {replace, false},
               {make_unreadable_kind, false}};

static void expect_change(const se_error *err)
{
    ck_assert_int_eq(err->code, SE_E_FILE_CHANGED);
    ck_assert_msg(strstr(err->message, path) != NULL, "%s", err->message);
    ck_assert_msg(strstr(err->message, "changed") != NULL, "%s", err->message);
}

START_TEST(change_between_attempts_is_seen)
{
    int before = open_descriptors();
    se_error err = SE_ERROR_INIT;
    se__body *body;
    char buffer[10];

    make(100000);
    body = open_body();
    ck_assert_int_eq(read_all(body, NULL, 1, 4096), 100000);
    se__body_idle(body);
    changes[_i].change();
    ck_assert_int_eq(se__body_check(body, &err), SE_E_FILE_CHANGED);
    expect_change(&err);
    /* Not even by who does not ask, and not at the second try either. */
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(se__body_read(body, 0, buffer, 10), SE__BODY_ERROR);
        expect_change(&body->error);
    }
    ck_assert_int_eq(open_descriptors(), before);
    se__body_free(body);
    folder_remove(&dir);
}
END_TEST

START_TEST(change_in_an_attempt_is_seen_at_its_end)
{
    se_error err = SE_ERROR_INIT;
    se__body *body;
    char buffer[10];

    make(100000);
    body = open_body();
    ck_assert_int_eq(se__body_read(body, 0, buffer, 10), 10);
    changes[_i].change();
    if (changes[_i].seen_when_open) {
        ck_assert_int_eq(se__body_check(body, &err), SE_E_FILE_CHANGED);
        expect_change(&err);
    } else {
        /* The file that is being read is still what it was. */
        ck_assert_int_eq(read_all(body, NULL, 1, 4096), 100000);
        ck_assert_int_eq(se__body_check(body, &err), SE_OK);
    }
    se__body_free(body);
    folder_remove(&dir);
}
END_TEST

START_TEST(missing_bytes_are_a_change)
{
    se__body *body;
    char buffer[100];

    make(100000);
    body = open_body();
    ck_assert_int_eq(se__body_read(body, 0, buffer, 10), 10);
    shrink();
    ck_assert_int_eq(se__body_read(body, 10, buffer, 100), 40);
    ck_assert_int_eq(se__body_read(body, 50, buffer, 100), SE__BODY_ERROR);
    expect_change(&body->error);
    se__body_free(body);
    folder_remove(&dir);
}
END_TEST

/* What was added is not sent: the length was announced. */
START_TEST(added_bytes_are_not_read)
{
    se__body *body;
    char buffer[100];

    make(100);
    body = open_body();
    ck_assert_int_eq(se__body_read(body, 0, buffer, 10), 10);
    append("added");
    ck_assert_int_eq(se__body_read(body, 90, buffer, 100), 10);
    ck_assert_int_eq(se__body_read(body, 100, buffer, 100), 0);
    se__body_free(body);
    folder_remove(&dir);
}
END_TEST

START_TEST(vanished_file_is_unreadable)
{
    se_error err = SE_ERROR_INIT;
    se__body *body;
    char byte;

    make(100);
    body = open_body();
    unlink(path);
    ck_assert_int_eq(se__body_check(body, &err), SE_E_FILE);
    ck_assert_int_eq(err.os_errno, ENOENT);
    ck_assert_int_eq(se__body_read(body, 0, &byte, 1), SE__BODY_ERROR);
    ck_assert_int_eq(body->error.code, SE_E_FILE);
    ck_assert_int_eq(body->error.os_errno, ENOENT);
    se__body_free(body);
    folder_remove(&dir);
}
END_TEST

/* Access times and permissions are no content. */
START_TEST(looking_at_a_file_is_no_change)
{
    struct timespec times[2] = {{.tv_sec = 5}, {.tv_nsec = UTIME_OMIT}};
    se__body *body;
    char other[160];

    make(100);
    body = open_body();
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
    ck_assert_int_eq(chmod(path, 0640), 0);
    snprintf(other, sizeof(other), "%s.link", path);
    ck_assert_int_eq(link(path, other), 0);
    ck_assert_int_eq(se__body_check(body, NULL), SE_OK);
    ck_assert_int_eq(read_all(body, NULL, 1, 10), 100);
    se__body_free(body);
    folder_remove(&dir);
}
END_TEST

static void add_readers(TCase *tc)
{
    tcase_add_loop_test(tc, file_is_read_again_and_again, 0,
                        (int)SE__COUNT(sizes));
    tcase_add_loop_test(tc, memory_is_read_again_and_again, 0,
                        (int)SE__COUNT(sizes));
    tcase_add_test(tc, any_offset);
    tcase_add_test(tc, who_waits_holds_no_descriptor);
    tcase_add_test(tc, empty_file);
    tcase_add_test(tc, missing_file);
    tcase_add_test(tc, directory);
    tcase_add_test(tc, named_pipe);
    tcase_add_test(tc, device);
    tcase_add_test(tc, socket_file);
    tcase_add_test(tc, file_without_permission);
}

static void add_changes(TCase *tc)
{
    tcase_add_loop_test(tc, change_between_attempts_is_seen, 0,
                        (int)SE__COUNT(changes));
    tcase_add_loop_test(tc, change_in_an_attempt_is_seen_at_its_end, 0,
                        (int)SE__COUNT(changes));
    tcase_add_test(tc, missing_bytes_are_a_change);
    tcase_add_test(tc, added_bytes_are_not_read);
    tcase_add_test(tc, vanished_file_is_unreadable);
    tcase_add_test(tc, looking_at_a_file_is_no_change);
}

int main(void)
{
    Suite *suite = suite_create("body");
    TCase *tc = tcase_create("body");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 60);
    add_readers(tc);
    add_changes(tc);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
