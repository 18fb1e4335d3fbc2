/* A fleet's life: many at once, killed, revived, stopped, started again. */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <check.h>
#include <cjson/cJSON.h>

#include "client.h"

#define ID "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e11"
#define N_THREADS 32
#define N_UPLOADS 20

static char *dir;
static sandbox *fleet;

static const sandbox_element elements[] = {
    {"se-01", "edit", 100, 0},
    {"se-02", "rw", 200, 1000000},
};

static void start(void)
{
    sandbox_options options = {
        .dir = dir, .elements = elements, .n_elements = 2};

    fleet = sandbox_start(&options);
    ck_assert_ptr_nonnull(fleet);
}

static void setup(void)
{
    dir = temp_dir_make();
    start();
}

static void teardown(void)
{
    sandbox_stop(fleet);
    temp_dir_remove(dir);
}

static const form hello = {.file_id = ID, .bytes = "hello world", .length = 11};

static void nth_id(int n, char id[40])
{
    snprintf(id, 40, "0b54cd5f-6e0b-4c6c-9f3e-%012d", n);
}

/* Uploads of one thread; every fourth id is also another thread's. */
static void *upload_some(void *argument)
{
    int number = *(int *)argument;
    char bytes[3000], id[40];
    intptr_t stored = 0;
    client c;
    form f = {.file_id = id, .bytes = bytes};

    ck_assert(client_open(&c, sandbox_url(fleet, "se-01")));
    for (int i = 0; i < N_UPLOADS; i++) {
        int which = number * N_UPLOADS + i;
        int status;

        nth_id(i % 4 == 0 ? i : which, id);
        memset(bytes, which, sizeof(bytes));
        f.length = (size_t)(which * 7 % 2999 + 1);
        f.chunked = which & 1;
        status = client_exchange(&c, &f);
        ck_assert(status == 201 || (status == 500 && i % 4 == 0));
        stored += status == 201;
    }
    client_close(&c);
    return (void *)stored;
}

static const char *member(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

/* Every line of the truth log is true of what lies on disk, and no more. */
static int check_truth(void)
{
    char *truth = read_text(dir, "truth.jsonl");
    char *rest = truth;
    char *line;
    int lines = 0;

    while ((line = strsep(&rest, "\n")) && *line) {
        cJSON *json = cJSON_Parse(line);
        const char *id, *event;

        ck_assert_ptr_nonnull(json);
        id = member(json, "file_id");
        event = member(json, "event");
        ck_assert_str_eq(event, "stored");
        ck_assert(sandbox_holds(fleet, "se-01", id, member(json, "sha256")));
        cJSON_Delete(json);
        lines++;
    }
    free(truth);
    return lines;
}

static int files_in(const char *name)
{
    char path[512];
    struct dirent *entry;
    int n = 0;
    DIR *open;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    open = opendir(path);
    while ((entry = readdir(open))) {
        n += entry->d_name[0] != '.';
    }
    closedir(open);
    return n;
}

START_TEST(stores_many_at_once)
{
    pthread_t threads[N_THREADS];
    int numbers[N_THREADS];
    sandbox_counts counts;
    int64_t stored = 0;
    /* Ids that all threads share are stored once. */
    int64_t want = N_THREADS * N_UPLOADS - (N_THREADS - 1) * N_UPLOADS / 4;

    for (int i = 0; i < N_THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, upload_some, &numbers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        void *result;

        pthread_join(threads[i], &result);
        stored += (intptr_t)result;
    }
    ck_assert_int_eq(stored, want);
    ck_assert_int_eq(check_truth(), want);
    ck_assert_int_eq(files_in("se-01"), 2 * want);
    ck_assert(wait_counts(fleet, "se-01", nothing_open));
    sandbox_counts_of(fleet, "se-01", &counts);
    ck_assert_int_eq(counts.stored, want);
    ck_assert_int_eq(counts.uploads, N_THREADS * N_UPLOADS);
    ck_assert_int_eq(counts.connections, N_THREADS);
}
END_TEST

static void *upload_to_full(void *argument)
{
    static const char bytes[30000];
    char id[40];
    form f = {.file_id = id, .bytes = bytes, .length = sizeof(bytes)};
    client c;
    int status;

    nth_id(*(int *)argument, id);
    status = upload(sandbox_url(fleet, "se-02"), &f, &c);
    ck_assert(status == 201 || status == 507);
    return (void *)(intptr_t)(status == 201);
}

/* However many come at once, no more is taken than there is room. */
START_TEST(is_never_overfull)
{
    pthread_t threads[64];
    int numbers[64];
    intptr_t stored = 0;
    client c;

    for (int i = 0; i < 64; i++) {
        numbers[i] = i;
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, upload_to_full, &numbers[i]), 0);
    }
    for (int i = 0; i < 64; i++) {
        void *result;

        pthread_join(threads[i], &result);
        stored += (intptr_t)result;
    }
    /* 33 would fit; the form around the last one may not. */
    ck_assert_int_ge(stored, 32);
    ck_assert_int_le(stored, 33);
    ck_assert_int_eq(
        ask(sandbox_url(fleet, "se-02"), "GET", "/api/v1/capacity", &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "\"total\":1000000,\"used\":9"));
}
END_TEST

/* Could somebody else take the port? */
static bool is_free(const char *url)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool taken;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtol(strrchr(url, ':') + 1, NULL, 10));
    taken = bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0;
    close(fd);
    return !taken;
}

START_TEST(is_killed_and_revived)
{
    char url[40];
    client idle, busy, c;

    snprintf(url, sizeof(url), "%s", sandbox_url(fleet, "se-01"));
    for (int round = 0; round < 3; round++) {
        form f = hello;
        char id[40];

        nth_id(round, id);
        f.file_id = id;
        ck_assert(client_open(&idle, url));
        ck_assert_int_eq(client_exchange(&idle, &f), 201);
        ck_assert(client_open(&busy, url));
        ck_assert(client_put(&busy, "POST /api/v1/files/upload HTTP/1.1\r\n"));
        sandbox_kill(fleet, "se-01");
        sandbox_kill(fleet, "se-01"); /* does nothing */
        ck_assert_int_eq(client_end_of(&idle), CLIENT_RESET);
        ck_assert_int_eq(client_end_of(&busy), CLIENT_RESET);
        client_close(&idle);
        client_close(&busy);
        ck_assert(!client_open(&c, url));
        client_close(&c);
        ck_assert(!is_free(url));
        ck_assert(sandbox_revive(fleet, "se-01"));
        ck_assert(sandbox_revive(fleet, "se-01"));
        ck_assert_str_eq(sandbox_url(fleet, "se-01"), url);
        ck_assert_int_eq(sandbox_copies(fleet, id), 1);
        ck_assert_int_eq(ask(url, "GET", "/api/v1/capacity", &c), 200);
    }
}
END_TEST

START_TEST(remembers_after_a_restart)
{
    char sha256[65], path[512];
    FILE *left;
    client c;

    sha256_hex("hello world", 11, sha256);
    ck_assert_int_eq(upload(sandbox_url(fleet, "se-01"), &hello, &c), 201);
    sandbox_stop(fleet);
    /* What a killed process leaves is swept, what is no file passed by. */
    snprintf(path, sizeof(path), "%s/se-01/.incoming-7", dir);
    left = fopen(path, "w");
    fclose(left);
    snprintf(path, sizeof(path), "%s/se-01/other.attr.json", dir);
    left = fopen(path, "w");
    fputs("{\"file_id\":7", left);
    fclose(left);
    start();
    snprintf(path, sizeof(path), "%s/se-01/.incoming-7", dir);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert(sandbox_holds(fleet, "se-01", ID, sha256));
    ck_assert_int_eq(upload(sandbox_url(fleet, "se-01"), &hello, &c), 500);
    ck_assert_int_eq(
        ask(sandbox_url(fleet, "se-01"), "GET", "/api/v1/capacity", &c), 200);
    ck_assert_ptr_nonnull(strstr(c.body, "\"used\":11,"));
    ck_assert_int_eq(
        ask(sandbox_url(fleet, "se-01"), "DELETE", "/api/v1/files/" ID, &c),
        204);
}
END_TEST

/* What lies on disk is asked, not what was noted. */
START_TEST(sees_a_file_that_was_changed)
{
    char sha256[65], path[512];
    FILE *file;
    client c;

    sha256_hex("hello world", 11, sha256);
    ck_assert_int_eq(upload(sandbox_url(fleet, "se-01"), &hello, &c), 201);
    ck_assert(sandbox_holds(fleet, "se-01", ID, sha256));
    ck_assert(!sandbox_holds(fleet, "se-02", ID, sha256));
    snprintf(path, sizeof(path), "%s/se-01/" ID, dir);
    file = fopen(path, "w");
    fputs("hello World", file);
    fclose(file);
    ck_assert(!sandbox_holds(fleet, "se-01", ID, sha256));
}
END_TEST

START_TEST(prints_the_document)
{
    char *document = sandbox_document(fleet);
    char path[512], want[512];
    char *written;

    snprintf(want, sizeof(want),
             "{\"id\": 2, \"name\": \"Sandbox se-02\", \"api_url\": \"%s\", "
             "\"mode\": \"rw\", \"storage_type\": \"local\", \"status\": "
             "\"online\"",
             sandbox_url(fleet, "se-02"));
    ck_assert_ptr_nonnull(strstr(document, want));
    ck_assert_ptr_nonnull(strstr(document, "{\"version\": 1, \"timestamp\""));
    ck_assert_ptr_nonnull(strstr(document, "\"count\": 2, "));
    ck_assert_ptr_nonnull(
        strstr(document, "\"capacity_bytes\": 1000000, \"used_bytes\": 0, "
                         "\"file_count\": 0, \"retention_days\": null, "
                         "\"priority\": 200, \"element_id\": \"se-02\", "
                         "\"is_writable\": true, \"is_available\": true, "));
    free(document);
    sandbox_set_mode(fleet, "se-02", "ar");
    snprintf(path, sizeof(path), "%s/fleet.json", dir);
    ck_assert(sandbox_write_document(fleet, path));
    written = read_text(dir, "fleet.json");
    ck_assert_ptr_nonnull(strstr(written, "{\"version\": 2, "));
    ck_assert_ptr_nonnull(strstr(written, "\"mode\": \"ar\""));
    ck_assert_ptr_nonnull(strstr(written, "\"is_writable\": false"));
    free(written);
    ck_assert(!sandbox_write_document(fleet, "/nowhere/at/all"));
}
END_TEST

START_TEST(refuses_a_bad_fleet)
{
    static const sandbox_element bad[][2] = {
        {{"", "rw", 1, 0}, {"b", "rw", 1, 0}},
        {{"a", "rw", 1, 0}, {"a", "rw", 1, 0}},
        {{"a", "rw", 1, 0}, {"../b", "rw", 1, 0}},
        {{"a", "rw", 1, 0}, {"b", "wr", 1, 0}},
        {{"a", "rw", 1, -1}, {"b", "rw", 1, 0}},
    };
    sandbox_options options = {.dir = dir, .n_elements = 2};

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        options.elements = bad[i];
        ck_assert_ptr_null(sandbox_start(&options));
    }
    options.elements = elements;
    options.dir = "/proc/nowhere";
    ck_assert_ptr_null(sandbox_start(&options));
}
END_TEST

static int entries(const char *path)
{
    DIR *open = opendir(path);
    int n = 0;

    while (readdir(open)) {
        n++;
    }
    closedir(open);
    return n;
}

/* A thread that was joined may be listed a moment longer. */
static bool falls_to(const char *path, int n)
{
    for (int left = 10000; left > 0; left--) {
        if (entries(path) <= n) {
            return true;
        }
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return false;
}

START_TEST(leaves_no_thread_and_no_descriptor)
{
    int fds, threads;
    client c[50];

    sandbox_stop(fleet);
    fds = entries("/proc/self/fd");
    threads = entries("/proc/self/task");
    for (int round = 0; round < 5; round++) {
        start();
        for (int i = 0; i < 50; i++) {
            ck_assert(client_open(&c[i], sandbox_url(fleet, "se-01")));
            if (i % 2) {
                ck_assert_int_ne(client_exchange(&c[i], &hello), 0);
            }
        }
        sandbox_stop(fleet);
        for (int i = 0; i < 50; i++) {
            client_close(&c[i]);
        }
        ck_assert_int_eq(entries("/proc/self/fd"), fds);
        ck_assert(falls_to("/proc/self/task", threads));
    }
    start();
}
END_TEST

static int maps(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    int lines = 0, c;

    while ((c = fgetc(file)) != EOF) {
        lines += c == '\n';
    }
    fclose(file);
    return lines;
}

/* Threads that have ended are joined while it runs: their stacks go. */
START_TEST(gives_back_what_is_done)
{
    int before = maps();
    client c;

    for (int i = 0; i < 400; i++) {
        ck_assert_int_eq(
            ask(sandbox_url(fleet, "se-01"), "GET", "/health/live", &c), 200);
    }
    ck_assert_int_lt(maps() - before, 300);
}
END_TEST

/* With no descriptor left it waits for one, and stops all the same. */
START_TEST(does_without_descriptors)
{
    struct rlimit before, few;
    client c[40];
    int opened = 0;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t)entries("/proc/self/fd") + 30;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (int i = 0; i < 40; i++) {
        if (client_open(&c[i], sandbox_url(fleet, "se-01"))) {
            opened++;
        } else {
            free(c[i].input);
            break;
        }
    }
    ck_assert_int_lt(opened, 40);
    sandbox_stop(fleet);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < opened; i++) {
        client_close(&c[i]);
    }
    start();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox life");
    TCase *tcase = tcase_create("life");
    SRunner *runner = srunner_create(suite);
    int failures;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, stores_many_at_once);
    tcase_add_test(tcase, is_never_overfull);
    tcase_add_test(tcase, is_killed_and_revived);
    tcase_add_test(tcase, remembers_after_a_restart);
    tcase_add_test(tcase, sees_a_file_that_was_changed);
    tcase_add_test(tcase, prints_the_document);
    tcase_add_test(tcase, refuses_a_bad_fleet);
    tcase_add_test(tcase, gives_back_what_is_done);
    tcase_add_test(tcase, does_without_descriptors);
    tcase_add_test(tcase, leaves_no_thread_and_no_descriptor);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
