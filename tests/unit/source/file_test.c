/* The file source: what it reads, what it refuses, and files that move. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fleet.h"
#include "source/source.h"

static char dir[64];
static char path[128];

/*
 * The source's read() is led through here (by the linker), so that something
 * can happen to the file between two looks at it.
 */
typedef void disturb_fn(void);

static int looks;        /* how often the file was read from its start */
static int disturbances; /* how many of them are disturbed */
static disturb_fn *disturb;

ssize_t __real_read(int fd, void *buf, size_t n);
ssize_t __wrap_read(int fd, void *buf, size_t n);
ssize_t __wrap___read_chk(int fd, void *buf, size_t n, size_t room);

ssize_t __wrap_read(int fd, void *buf, size_t n)
{
    bool first = lseek(fd, 0, SEEK_CUR) == 0;
    ssize_t got = __real_read(fd, buf, n);

    if (first && got > 0) {
        looks++;
        if (disturb != NULL && looks <= disturbances) {
            disturb();
        }
    }
    return got;
}

ssize_t __wrap___read_chk(int fd, void *buf, size_t n, size_t room)
{
    ck_assert_uint_le(n, room);
    return __wrap_read(fd, buf, n);
}

static void set_up(void)
{
    snprintf(dir, sizeof(dir), "/tmp/source-file-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/fleet.json", dir);
    disturb = NULL;
}

static void tear_down(void)
{
    unlink(path);
    rmdir(path);
    ck_assert_int_eq(rmdir(dir), 0);
}

static void write_file(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_fleet(const char *line)
{
    se_topology *list = fleet(line);
    char *text = NULL;

    ck_assert_int_eq(se_topology_print(list, &text, NULL), SE_OK);
    write_file(text, strlen(text));
    se_free(text);
    se_topology_unref(list);
}

static se_source *source_of_path(void)
{
    se_source *source = NULL;

    ck_assert_int_eq(se_source_file(path, &source, NULL), SE_OK);
    return source;
}

static void expect_failure(se_err code, const char *says)
{
    se_source *source = source_of_path();
    se_topology *none = NULL;
    se_topology *out = none;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se__source_fetch(source, 1000, &out, &err), code);
    ck_assert_msg(strncmp(err.message, path, strlen(path)) == 0,
                  "the message begins with the path: %s", err.message);
    ck_assert_msg(strstr(err.message, says) != NULL, "%s", err.message);
    ck_assert_ptr_eq(out, none);
    se_source_free(source);
}

START_TEST(reads_a_document)
{
    se_source *source = source_of_path();
    se_topology *out = NULL;
    char line[256];

    write_fleet("a edit 1 http://a; b rw 2 http://b off");
    ck_assert_int_eq(se__source_fetch(source, 1000, &out, NULL), SE_OK);
    fleet_line(out, line, sizeof(line));
    ck_assert_str_eq(line, "a edit 1 http://a; b rw 2 http://b off");
    ck_assert_str_eq(se_topology_source(out), "file");
    se_topology_unref(out);

    /* It is read anew every time. */
    write_fleet("c edit 3 http://c");
    ck_assert_int_eq(se__source_fetch(source, 1000, &out, NULL), SE_OK);
    fleet_line(out, line, sizeof(line));
    ck_assert_str_eq(line, "c edit 3 http://c");
    se_topology_unref(out);
    se_source_free(source);
}
END_TEST

START_TEST(follows_a_symbolic_link)
{
    char link_path[160];
    se_source *source = NULL;
    se_topology *out = NULL;

    snprintf(link_path, sizeof(link_path), "%s/link", dir);
    write_fleet("a edit 1 http://a");
    ck_assert_int_eq(symlink(path, link_path), 0);
    ck_assert_int_eq(se_source_file(link_path, &source, NULL), SE_OK);
    ck_assert_int_eq(se__source_fetch(source, 1000, &out, NULL), SE_OK);
    se_topology_unref(out);
    se_source_free(source);
    unlink(link_path);
}
END_TEST

START_TEST(missing)
{
    expect_failure(SE_E_SOURCE, "No such file or directory");
}
END_TEST

START_TEST(unreadable)
{
    if (geteuid() == 0) {
        return; /* root reads everything */
    }
    write_fleet("a edit 1 http://a");
    ck_assert_int_eq(chmod(path, 0), 0);
    expect_failure(SE_E_SOURCE, "Permission denied");
}
END_TEST

START_TEST(a_directory)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
    expect_failure(SE_E_SOURCE, "a directory, not a regular file");
}
END_TEST

/* Opening one for reading would wait for a writer. */
START_TEST(a_fifo)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    expect_failure(SE_E_SOURCE, "a FIFO, not a regular file");
}
END_TEST

START_TEST(a_socket)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    expect_failure(SE_E_SOURCE, "a socket, not a regular file");
    close(fd);
}
END_TEST

START_TEST(a_device)
{
    se_source *source = NULL;
    se_topology *out = NULL;
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se_source_file("/dev/zero", &source, NULL), SE_OK);
    ck_assert_int_eq(se__source_fetch(source, 1000, &out, &err), SE_E_SOURCE);
    ck_assert_str_eq(err.message,
                     "/dev/zero: a character device, not a regular file");
    se_source_free(source);
}
END_TEST

START_TEST(too_large)
{
    write_file("", 0);
    ck_assert_int_eq(truncate(path, 8 * 1024 * 1024 + 1), 0);
    expect_failure(SE_E_LIMIT, "8388609 bytes, more than 8388608");
    /* A gigabyte costs no memory and no time either. */
    ck_assert_int_eq(truncate(path, (off_t)1 << 30), 0);
    expect_failure(SE_E_LIMIT, "1073741824 bytes");
}
END_TEST

START_TEST(malformed)
{
    static const struct {
        const char *text;
        size_t length;
    } rows[] = {
        {"", 0},
        {"{", 1},
        {"[]", 2},
        {"{\"storage_elements\":[]", 22},
        {"{\"storage_elements\":[]}\0x", 25},
        {"{\"storage_elements\":\"\xff\"}", 24},
    };

    write_file(rows[_i].text, rows[_i].length);
    expect_failure(SE_E_PARSE, ": ");
}
END_TEST

START_TEST(no_time_left)
{
    se_source *source = source_of_path();
    se_topology *out = NULL;
    se_error err = SE_ERROR_INIT;

    write_fleet("a edit 1 http://a");
    ck_assert_int_eq(se__source_fetch(source, 0, &out, &err), SE_E_TIMEOUT);
    ck_assert_ptr_null(out);
    se_source_free(source);
}
END_TEST

START_TEST(leaves_no_descriptor_open)
{
    se_source *source = source_of_path();
    int before = dup(0);
    int after;

    close(before);
    for (int i = 0; i < 20; i++) {
        se_topology *out = NULL;

        write_file(i % 2 ? "{" : "{\"storage_elements\":[]}", i % 2 ? 1 : 23);
        if (se__source_fetch(source, 1000, &out, NULL) == SE_OK) {
            se_topology_unref(out);
        }
    }
    after = dup(0);
    close(after);
    ck_assert_int_eq(before, after);
    se_source_free(source);
}
END_TEST

/* ---- files that change while they are read ---- */

/* The last change lies so long back that another one shows in the time. */
static void wait_settled(void)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    while (se__wall_us() / 1000 - st.st_ctim.tv_sec * 1000 -
               st.st_ctim.tv_nsec / 1000000 <=
           50) {
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
}

static void overwrite(const char *text, off_t at)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(pwrite(fd, text, strlen(text), at), 0);
    close(fd);
}

static off_t size_now(void)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_size;
}

/* Nothing but the time of change tells: somebody sets the other one back. */
static void in_place(void)
{
    const struct timespec times[2] = {{1000000000, 0}, {1000000000, 0}};

    overwrite(" ", 0);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void grows(void)
{
    overwrite(" ", size_now());
}

static void shrinks(void)
{
    ck_assert_int_eq(truncate(path, size_now() - 1), 0);
}

static void is_replaced(void)
{
    char spare[160];
    FILE *file;

    snprintf(spare, sizeof(spare), "%s.new", path);
    file = fopen(spare, "w");
    ck_assert_ptr_nonnull(file);
    fputs("   {\"storage_elements\":[]}      ", file);
    fclose(file);
    ck_assert_int_eq(rename(spare, path), 0);
}

static void set_scene(disturb_fn *what, int times)
{
    /* Spaces before and behind, so that it stays a document. */
    static const char text[] = "   {\"storage_elements\":[]}      ";

    write_file(text, sizeof(text) - 1);
    wait_settled();
    looks = 0;
    disturb = what;
    disturbances = times;
}

static disturb_fn *const disturbing[] = {in_place, grows, shrinks, is_replaced};

START_TEST(read_again_after_a_change)
{
    disturb_fn *what = disturbing[_i % 4];
    int times = _i / 4; /* 0 to 3 */
    se_source *source = source_of_path();
    se_topology *out = NULL;
    se_error err = SE_ERROR_INIT;

    set_scene(what, times);
    ck_assert_msg(se__source_fetch(source, 10000, &out, &err) == SE_OK, "%s",
                  err.message);
    ck_assert_int_eq(looks, times + 1);
    se_topology_unref(out);
    se_source_free(source);
}
END_TEST

START_TEST(given_up_after_three_more)
{
    set_scene(disturbing[_i], 4);
    expect_failure(SE_E_SOURCE, "changes while it is read");
    ck_assert_int_eq(looks, 4);
}
END_TEST

static void is_removed(void)
{
    unlink(path);
}

START_TEST(removed_while_it_is_read)
{
    set_scene(is_removed, 1);
    expect_failure(SE_E_SOURCE, "No such file or directory");
}
END_TEST

/* Its time would look the same if it changed again at once. */
START_TEST(a_fresh_file_is_read_twice)
{
    se_source *source = source_of_path();
    se_topology *out = NULL;

    set_scene(NULL, 0);
    ck_assert_int_eq(se__source_fetch(source, 10000, &out, NULL), SE_OK);
    ck_assert_int_eq(looks, 1);
    se_topology_unref(out);
    /* Unless this test is held up in between: then once more. */
    for (int i = 0; i < 100 && looks != 2; i++) {
        looks = 0;
        overwrite(" ", 0);
        ck_assert_int_eq(se__source_fetch(source, 10000, &out, NULL), SE_OK);
        se_topology_unref(out);
    }
    ck_assert_int_eq(looks, 2);
    se_source_free(source);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source file");
    TCase *tc = tcase_create("file");
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_set_fork_status(runner, CK_NOFORK);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, reads_a_document);
    tcase_add_test(tc, follows_a_symbolic_link);
    tcase_add_test(tc, missing);
    tcase_add_test(tc, unreadable);
    tcase_add_test(tc, a_directory);
    tcase_add_test(tc, a_fifo);
    tcase_add_test(tc, a_socket);
    tcase_add_test(tc, a_device);
    tcase_add_test(tc, too_large);
    tcase_add_loop_test(tc, malformed, 0, 6);
    tcase_add_test(tc, no_time_left);
    tcase_add_test(tc, leaves_no_descriptor_open);
    tcase_add_loop_test(tc, read_again_after_a_change, 0, 16);
    tcase_add_loop_test(tc, given_up_after_three_more, 0, 4);
    tcase_add_test(tc, removed_while_it_is_read);
    tcase_add_test(tc, a_fresh_file_is_read_twice);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
