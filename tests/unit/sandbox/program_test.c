/* The program artstore-sandbox: its command line and its commands. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <check.h>

#include "client.h"
#include "program.h"

#define ID "0b54cd5f-6e0b-4c6c-9f3e-2a8b0c7d9e11"

static char *dir;
static char url[64]; /* of the first element */

/* The usual program, until it says that it is ready. */
static void run_usual(program *p, const char *more)
{
    const char *arguments[] = {"artstore-sandbox",
                               "--dir",
                               dir,
                               "--element",
                               "se-01:edit:100:10Mi",
                               "--element",
                               "se-02:rw:200",
                               more,
                               NULL};
    const char *line;

    program_run(p, SANDBOX_PROGRAM, arguments);
    line = program_line(p);
    ck_assert_int_eq(sscanf(line, "se-01 %63s edit 100", url), 1);
    ck_assert_int_eq(strncmp(program_line(p), "se-02 http://127.0.0.1:", 23),
                     0);
    ck_assert_str_eq(program_line(p), "ready");
}

static const char *command(program *p, const char *text)
{
    fprintf(p->in, "%s\n", text);
    fflush(p->in);
    return program_line(p);
}

static void setup(void)
{
    dir = temp_dir_make();
}

static void teardown(void)
{
    temp_dir_remove(dir);
}

static const form hello = {.file_id = ID, .bytes = "hello world", .length = 11};

START_TEST(refuses_wrong_usage)
{
    static const struct {
        const char *arguments[8];
        const char *says;
    } rows[] = {
        {{"x", NULL}, "--dir is missing"},
        {{"x", "--dir", "d", NULL}, "--element is missing"},
        {{"x", "--dir", NULL}, "--dir needs a value"},
        {{"x", "--nothing", NULL}, "unknown option --nothing"},
        {{"x", "--dir", "d", "more", NULL}, "unexpected argument more"},
        {{"x", "--element", "se-01", NULL}, "ID:MODE:PRIORITY"},
        {{"x", "--element", "se-01:edit:x", NULL}, "no priority 'x'"},
        {{"x", "--element", "se-01:edit:1:10X", NULL}, "no size '10X'"},
        {{"x", "--element", "se-01:edit:1:0", NULL}, "no size '0'"},
        {{"x", "--fixed-checksum", "12", NULL}, "64 hex digits"},
        {{"x", "--dir", "d", "--element", "a:rw:1", "--fixed-checksum",
          "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
          NULL},
         "needs --discard"},
        {{"x", "--token-file", "/nowhere", NULL}, "/nowhere: No such file"},
        {{"x", "--token-file", "/dev/null", NULL}, "no token"},
        {{"x", "--idle-ms", "0", NULL}, "--idle-ms takes"},
        {{"x", "--admin", "id", NULL}, "ID:SECRET[:SECONDS]"},
        {{"x", "--admin", "id:secret:0", NULL}, "ID:SECRET[:SECONDS]"},
        {{"x", "--dir", "d", "--element", "a:rw:1", "--require-token", NULL},
         "needs --admin"},
    };
    program p;
    const char *line;

    program_run(&p, SANDBOX_PROGRAM, rows[_i].arguments);
    line = program_line(&p);
    ck_assert_int_eq(strncmp(line, "artstore-sandbox: ", 18), 0);
    ck_assert_ptr_nonnull(strstr(line, rows[_i].says));
    ck_assert_str_eq(program_line(&p), "");
    ck_assert_int_eq(program_end(&p), 2);
}
END_TEST

START_TEST(cannot_start)
{
    const char *const bad_mode[] = {"x",         "--dir",  dir,
                                    "--element", "a:zz:1", NULL};
    const char *const bad_dir[] = {"x",         "--dir",  "/proc/no",
                                   "--element", "a:rw:1", NULL};
    const char *const bad_document[] = {"x",         "--dir",  dir,
                                        "--element", "a:rw:1", "--document",
                                        "/proc/no",  NULL};
    const char *const *rows[] = {bad_mode, bad_dir, bad_document};
    program p;

    for (size_t i = 0; i < 3; i++) {
        program_run(&p, SANDBOX_PROGRAM, rows[i]);
        ck_assert_str_ne(program_line(&p), "");
        ck_assert_int_eq(program_end(&p), 1);
    }
}
END_TEST

START_TEST(helps)
{
    const char *const arguments[] = {"x", "--help", NULL};
    program p;

    program_run(&p, SANDBOX_PROGRAM, arguments);
    ck_assert_int_eq(
        strncmp(program_line(&p), "usage: artstore-sandbox --dir", 29), 0);
    while (*program_line(&p) || !feof(p.out)) {
    }
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

START_TEST(runs_until_told_to_end)
{
    static const int signals[] = {SIGTERM, SIGINT};
    program p;
    client c;
    char *document;

    run_usual(&p, "--discard");
    document = read_text(dir, "fleet.json");
    ck_assert_ptr_nonnull(strstr(document, url));
    ck_assert_ptr_nonnull(strstr(document, "\"capacity_bytes\": 10485760"));
    free(document);
    ck_assert_int_eq(upload(url, &hello, &c), 201);
    ck_assert_int_eq(kill(p.pid, signals[_i]), 0);
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

START_TEST(ends_with_standard_input)
{
    program p;

    run_usual(&p, "--stdin-close");
    fputs("anything\n", p.in);
    fclose(p.in);
    p.in = NULL;
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

START_TEST(is_quiet)
{
    const char *const arguments[] = {
        "x",       "--dir",         dir, "--element", "a:rw:1",
        "--quiet", "--stdin-close", NULL};
    program p;

    program_run(&p, SANDBOX_PROGRAM, arguments);
    ck_assert_str_eq(program_line(&p), "ready");
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

START_TEST(asks_for_the_token_in_the_file)
{
    char path[512];
    const char *const arguments[] = {"x",         "--dir",     dir,
                                     "--element", "a:edit:1",  "--token-file",
                                     path,        "--control", NULL};
    FILE *file;
    form f = hello;
    program p;
    client c;

    snprintf(path, sizeof(path), "%s/token", dir);
    file = fopen(path, "w");
    fputs("secret\n", file);
    fclose(file);
    program_run(&p, SANDBOX_PROGRAM, arguments);
    ck_assert_int_eq(sscanf(program_line(&p), "a %63s edit 1", url), 1);
    ck_assert_str_eq(program_line(&p), "ready");
    ck_assert_int_eq(upload(url, &f, &c), 401);
    f.headers = "Authorization: Bearer secret\r\n";
    ck_assert_int_eq(upload(url, &f, &c), 201);
    ck_assert_str_eq(command(&p, "quit"), "ok");
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

START_TEST(obeys)
{
    static const struct {
        const char *command, *answer;
    } rows[] = {
        {"fault se-01 upload before-body close", "ok"},
        {"  fault\tse-01  any after-store slow bytes_per_s=10 times=1 ", "ok"},
        {"fault se-01 upload during-body status status=500 after_bytes=7 "
         "delay_ms=1 skip=2 times=3 body=\"a b\" header='X: y'",
         "ok"},
        {"clear se-01", "ok"},
        {"used se-01 100", "ok"},
        {"used se-01 -1", "ok"},
        {"full-status se-01 500", "ok"},
        {"mode se-02 ro", "ok"},
        {"kill se-02", "ok"},
        {"revive se-02", "ok"},
        {"revoke", "ok"},
        {"clear admin", "error: no element admin"},
        {"fault", "error: usage: fault ID ROUTE WHEN ACTION [key=value ...]"},
        {"fault se-09 upload before-body close", "error: no element se-09"},
        {"fault se-01 download before-body close",
         "error: unknown route: download"},
        {"fault se-01 upload later close", "error: unknown moment: later"},
        {"fault se-01 upload after-body burn", "error: unknown action: burn"},
        {"fault se-01 upload after-body close x", "error: no key=value: x"},
        {"fault se-01 upload after-body close x=1", "error: unknown key: x"},
        {"fault se-01 upload after-body close skip=-1",
         "error: skip: no number: -1"},
        {"fault se-01 upload after-body close times=9999999999",
         "error: times: no number: 9999999999"},
        {"fault se-01 upload after-body status",
         "error: status needs status=200 to 599"},
        {"fault se-01 upload after-body slow",
         "error: slow needs bytes_per_s="},
        {"clear 'se-01", "error: a quote is not closed"},
        {"used se-01 x", "error: no number: x"},
        {"mode se-01 rx", "error: unknown mode: rx"},
        {"full-status se-01 200", "error: no status: 200"},
        {"counts", "error: usage: counts ID"},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25",
         "error: too many words"},
        {"dance", "error: unknown command: dance"},
    };
    program p;

    run_usual(&p, "--control");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_str_eq(command(&p, rows[i].command), rows[i].answer);
    }
    ck_assert_str_eq(command(&p, "quit"), "ok");
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

/* What the commands ask for happens. */
START_TEST(does_what_it_says)
{
    char want[600];
    program p;
    client c;

    run_usual(&p, "--control");
    ck_assert_str_eq(command(&p, "fault se-01 upload before-body status "
                                 "status=507 body='{\"a\": 1}' "
                                 "header=\"X-Full: very much\" times=1"),
                     "ok");
    ck_assert_int_eq(upload(url, &hello, &c), 507);
    ck_assert_str_eq(c.body, "{\"a\": 1}");
    ck_assert_ptr_nonnull(strstr(c.head, "\r\nX-Full: very much\r\n"));
    ck_assert_int_eq(upload(url, &hello, &c), 201);
    ck_assert_ptr_nonnull(
        strstr(command(&p, "counts se-01"), "\"uploads\":2,\"body_bytes\":"));
    ck_assert_str_eq(command(&p, "used se-01 10485760"), "ok");
    ck_assert_int_eq(upload(url, &hello, &c), 507);
    ck_assert_str_eq(command(&p, "mode se-01 ro"), "ok");
    ck_assert_int_eq(upload(url, &hello, &c), 400);
    snprintf(want, sizeof(want), "%s/fleet.json", dir);
    ck_assert_int_eq(unlink(want), 0);
    ck_assert_str_eq(command(&p, "document"), want);
    ck_assert_int_eq(access(want, R_OK), 0);
    ck_assert_str_eq(command(&p, "kill se-01"), "ok");
    ck_assert(!client_open(&c, url));
    client_close(&c);
    ck_assert_str_eq(command(&p, "revive se-01"), "ok");
    ck_assert_int_eq(ask(url, "GET", "/health/live", &c), 200);
    /* Without standard input it goes on. */
    fclose(p.in);
    p.in = NULL;
    ck_assert_int_eq(ask(url, "GET", "/health/live", &c), 200);
    ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

START_TEST(is_an_admin_module_too)
{
    const char *arguments[] = {
        "artstore-sandbox", "--dir",   dir,        "--element",
        "se-01:edit:100",   "--admin", "id:a:b:9", "--require-token",
        "--control",        NULL};
    char admin[64];
    program p;
    client c;

    program_run(&p, SANDBOX_PROGRAM, arguments);
    ck_assert_int_eq(sscanf(program_line(&p), "se-01 %63s edit 100", url), 1);
    ck_assert_int_eq(sscanf(program_line(&p), "admin %63s", admin), 1);
    ck_assert_str_eq(program_line(&p), "ready");
    ck_assert_int_eq(ask(admin, "GET", "/health/live", &c), 200);
    ck_assert_int_eq(upload(url, &hello, &c), 401);
    ck_assert_str_eq(command(&p, "fault admin list before-body close"), "ok");
    ck_assert_str_eq(command(&p, "fault admin token any-time close"),
                     "error: unknown moment: any-time");
    ck_assert_ptr_nonnull(
        strstr(command(&p, "counts admin"), "\"token_requests\":0"));
    ck_assert_str_eq(command(&p, "kill admin"), "ok");
    ck_assert(!client_open(&c, admin));
    client_close(&c);
    ck_assert_str_eq(command(&p, "revive admin"), "ok");
    ck_assert_str_eq(command(&p, "quit"), "ok");
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

/* The limit it was started with is not the last word. */
START_TEST(takes_many_connections)
{
    struct rlimit before, few;
    client c[100];
    program p;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 60;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    run_usual(&p, "--stdin-close");
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < 100; i++) {
        ck_assert(client_open(&c[i], url));
        ck_assert(
            client_put(&c[i], "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"));
        ck_assert_int_eq(client_answer(&c[i]), 200);
    }
    for (int i = 0; i < 100; i++) {
        client_close(&c[i]);
    }
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

START_TEST(bounds_a_line)
{
    program p;

    run_usual(&p, "--control");
    for (int i = 0; i < 100000; i++) {
        fputc('x', p.in);
    }
    ck_assert_str_eq(command(&p, ""), "error: the line is too long");
    ck_assert_str_eq(command(&p, "clear se-01"), "ok");
    ck_assert_str_eq(command(&p, "quit"), "ok");
    ck_assert_int_eq(program_end(&p), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox program");
    TCase *tcase = tcase_create("program");
    SRunner *runner = srunner_create(suite);
    int failures;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, refuses_wrong_usage, 0, 17);
    tcase_add_test(tcase, cannot_start);
    tcase_add_test(tcase, helps);
    tcase_add_loop_test(tcase, runs_until_told_to_end, 0, 2);
    tcase_add_test(tcase, ends_with_standard_input);
    tcase_add_test(tcase, is_quiet);
    tcase_add_test(tcase, asks_for_the_token_in_the_file);
    tcase_add_test(tcase, obeys);
    tcase_add_test(tcase, does_what_it_says);
    tcase_add_test(tcase, is_an_admin_module_too);
    tcase_add_test(tcase, takes_many_connections);
    tcase_add_test(tcase, bounds_a_line);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
