/*
 * HTTP calls: where they may go, what they may say, whom they trust.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "exchange.h"
#include "rawserver.h"

#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define CREATED "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"

/*
 * Before the first handshake libcurl reads all certificates of the system; on a
 * busy machine and under valgrind that takes longer than connecting may.
 */
#define CONNECT_MS 30000

static wire w;

static void setup(void)
{
    static const se__http_policy policy = {.connect_timeout_ms = CONNECT_MS};

    wire_open(&w, &policy);
}

static void teardown(void)
{
    wire_close(&w);
}

static const rawserver_step good[] = {{.op = RAW_HEAD},
                                      {.op = RAW_SEND, .text = CONTINUE},
                                      {.op = RAW_BODY},
                                      {.op = RAW_SEND, .text = CREATED},
                                      {.op = RAW_AGAIN}};

static const rawserver_step *script[1];

static rawserver *run(const rawserver_step *steps)
{
    script[0] = steps;
    return rawserver_run(script, 1);
}

/* ---- header values ---- */

static const struct {
    const char *authorization;
    const char *content_type;
    const char *suffix; /* of the URL */
    const char *words;
} injections[] = {
    {"Bearer a\r\nInjected: yes", NULL, NULL,
     "Authorization holds a control character"},
    {"Bearer a\nInjected: yes", NULL, NULL,
     "Authorization holds a control character"},
    {"Bearer a\r", NULL, NULL, "Authorization holds a control character"},
    {"Bearer \177", NULL, NULL, "Authorization holds a control character"},
    {"Bearer \001", NULL, NULL, "Authorization holds a control character"},
    {"Bearer\ta", NULL, NULL, "Authorization holds a control character"},
    {NULL, "text/plain\r\nInjected: yes", NULL,
     "Content-Type holds a control character"},
    {NULL, "text/plain\n", NULL, "Content-Type holds a control character"},
    {NULL, NULL, "/x\r\nInjected: yes", "URL holds a control character"},
    {NULL, NULL, "/x\n", "URL holds a control character"},
};

START_TEST(control_characters_are_refused_before_contact)
{
    rawserver *server = run(good);
    char url[256];
    exchange x;
    const char *target;

    exchange_init(&x, &w, rawserver_url(server), 1000);
    target = x.call.url;
    x.call.authorization = injections[_i].authorization;
    x.call.content_type = injections[_i].content_type;
    if (injections[_i].suffix) {
        snprintf(url, sizeof(url), "%s%s", rawserver_url(server),
                 injections[_i].suffix);
        x.call.url = url;
    }
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_INTERNAL, 0);
    ck_assert_str_eq(x.call.error, injections[_i].words);
    ck_assert_int_eq(rawserver_get(server, RAW_CONNECTIONS), 0);
    x.call.url = target;
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

START_TEST(the_user_agent_is_checked_and_sent)
{
    se__http_policy policy = {.user_agent = "a\r\nb"};
    rawserver *server = run(good);
    se_error err = SE_ERROR_INIT;
    se__http *none = NULL;
    wire own;
    exchange x;

    ck_assert_int_eq(se__http_open(&none, w.loop, &policy, &err), SE_E_INVALID);
    ck_assert_ptr_null(none);
    ck_assert_str_eq(err.message, "user agent holds a control character");
    policy.user_agent = "gateway/1.0";
    wire_open(&own, &policy);
    exchange_init(&x, &own, rawserver_url(server), 1000);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 201);
    ck_assert_ptr_nonnull(
        strstr(rawserver_head(server), "\r\nUser-Agent: gateway/1.0\r\n"));
    exchange_fini(&x);
    wire_close(&own);
    rawserver_stop(server);
}
END_TEST

/* ---- where to ---- */

static const struct {
    const char *url;
    bool https_only;
    se__http_end end;
    const char *words;
} targets[] = {
    {"ftp://127.0.0.1:1", false, SE__HTTP_INTERNAL,
     "URL is neither http nor https"},
    {"file:///etc/passwd", false, SE__HTTP_INTERNAL,
     "URL is neither http nor https"},
    {"gopher://127.0.0.1:1", false, SE__HTTP_INTERNAL,
     "URL is neither http nor https"},
    {"http://127.0.0.1:1", true, SE__HTTP_INTERNAL,
     "URL is not https, the only one allowed"},
    {"http://user:secret@127.0.0.1:1", false, SE__HTTP_INTERNAL,
     "URL holds a user name"},
    {"http://:80", false, SE__HTTP_INTERNAL, "URL is malformed"},
    {"http://127.0.0.1:99999", false, SE__HTTP_INTERNAL, "URL is malformed"},
    {"http://127.0.0.1:1", false, SE__HTTP_CONNECT, "connection refused"},
    {"https://127.0.0.1:1", true, SE__HTTP_CONNECT, "connection refused"},
    {"http://169.254.169.254", false, SE__HTTP_CONNECT,
     "address not allowed: "},
    {"http://0xa9fea9fe", false, SE__HTTP_CONNECT, "address not allowed: "},
    {"http://[::ffff:169.254.169.254]", false, SE__HTTP_CONNECT,
     "address not allowed: "},
    {"http://0.0.0.0:1", false, SE__HTTP_CONNECT, "address not allowed: "},
    {"http://name.invalid", false, SE__HTTP_RESOLVE, "name not resolved"},
};

START_TEST(only_some_targets_are_allowed)
{
    se__http_policy policy = {.https_only = targets[_i].https_only};
    wire own;
    exchange x;

    wire_open(&own, &policy);
    exchange_init(&x, &own, targets[_i].url, 1000);
    exchange_run(&x);
    exchange_expect(&x, targets[_i].end, 0);
    ck_assert_msg(strncmp(x.call.error, targets[_i].words,
                          strlen(targets[_i].words)) == 0,
                  "%s: %s", targets[_i].url, x.call.error);
    ck_assert_ptr_null(strstr(x.call.error, "secret"));
    ck_assert_int_eq(x.call.body_read, 0);
    ck_assert_int_eq(x.body.asked, 0);
    exchange_fini(&x);
    wire_close(&own);
}
END_TEST

/* ---- what others would have us do ---- */

START_TEST(a_redirect_is_not_followed)
{
    rawserver *target = run(good);
    char text[256];
    const rawserver_step steps[] = {
        {.op = RAW_HEAD}, {.op = RAW_SEND, .text = text}, {.op = RAW_AGAIN}};
    static const rawserver_step *other[1];
    rawserver *server;
    exchange x;

    other[0] = steps;
    snprintf(text, sizeof(text),
             "HTTP/1.1 307 Elsewhere\r\nLocation: %s/y\r\n"
             "Content-Length: 0\r\n\r\n",
             rawserver_url(target));
    server = rawserver_run(other, 1);
    exchange_init(&x, &w, rawserver_url(server), 1000);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_OK, 307);
    ck_assert_int_eq(x.call.body_read, 0);
    ck_assert_int_eq(rawserver_get(server, RAW_REQUESTS), 1);
    ck_assert_int_eq(rawserver_get(target, RAW_CONNECTIONS), 0);
    exchange_fini(&x);
    rawserver_stop(server);
    rawserver_stop(target);
}
END_TEST

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void remove_file(const char *dir, const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    unlink(path);
}

/* Proxies, .netrc and cookies are for people who browse. */
START_TEST(the_environment_has_no_say)
{
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy",
                                        "ALL_PROXY", "https_proxy"};
    static const rawserver_step cookies[] = {
        {.op = RAW_HEAD},
        {.op = RAW_SEND, .text = CONTINUE},
        {.op = RAW_BODY},
        {.op = RAW_SEND,
         .text = "HTTP/1.1 201 Created\r\nSet-Cookie: a=b\r\n"
                 "Content-Length: 0\r\n\r\n"},
        {.op = RAW_AGAIN}};
    char dir[] = "/tmp/http_policy_XXXXXX";
    rawserver *server = run(cookies);
    exchange x;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    write_file(dir, ".netrc",
               "machine 127.0.0.1 login a password secret\n"
               "default login a password secret\n");
    write_file(dir, ".curlrc", "proxy = http://127.0.0.1:1\n");
    setenv("HOME", dir, 1);
    for (size_t i = 0; i < SE__COUNT(names); i++) {
        setenv(names[i], "http://127.0.0.1:1", 1);
    }
    for (int i = 0; i < 2; i++) {
        exchange_init(&x, &w, rawserver_url(server), 1000);
        exchange_run(&x);
        exchange_expect(&x, SE__HTTP_OK, 201);
        ck_assert_ptr_null(strcasestr(rawserver_head(server), "Authorization"));
        ck_assert_ptr_null(strcasestr(rawserver_head(server), "Cookie"));
        ck_assert(strncmp(rawserver_head(server), "POST /x ", 8) == 0);
        exchange_fini(&x);
    }
    for (size_t i = 0; i < SE__COUNT(names); i++) {
        unsetenv(names[i]);
    }
    remove_file(dir, ".netrc");
    remove_file(dir, ".curlrc");
    rmdir(dir);
    rawserver_stop(server);
}
END_TEST

/* ---- TLS ---- */

static char pem[64];
static char other_pem[64];

static void make_certs(void)
{
    snprintf(pem, sizeof(pem), "/tmp/http_policy_%d.pem", (int)getpid());
    snprintf(other_pem, sizeof(other_pem), "/tmp/http_policy_%d_2.pem",
             (int)getpid());
}

static rawserver *run_tls(const char *host, long valid_s, bool old)
{
    rawserver_options options = {
        .scripts = script, .n_scripts = 1, .tls_cert = pem, .tls_old = old};

    script[0] = good;
    ck_assert(rawserver_make_cert(pem, host, valid_s));
    return rawserver_start(&options);
}

static const struct {
    const char *name;
    const char *host;
    long valid_s;
    bool trusted;
    bool old;
    bool other_file; /* trust another one */
    se__http_end end;
    const char *words; /* how the error begins */
} certs[] = {
    {"good", "localhost", 3600, true, false, false, SE__HTTP_OK, ""},
    {"unknown", "localhost", 3600, false, false, false, SE__HTTP_TLS,
     "certificate: self-signed certificate"},
    {"another", "localhost", 3600, true, false, true, SE__HTTP_TLS,
     "certificate: "},
    {"wrong host", "example.com", 3600, true, false, false, SE__HTTP_TLS,
     "certificate: SSL: no alternative certificate subject name"},
    {"expired", "localhost", -3600, true, false, false, SE__HTTP_TLS,
     "certificate: certificate has expired"},
    {"TLS 1.1", "localhost", 3600, true, true, false, SE__HTTP_TLS, "TLS: "},
};

START_TEST(certificates_are_checked)
{
    rawserver *server =
        run_tls(certs[_i].host, certs[_i].valid_s, certs[_i].old);
    se__http_policy policy = {.https_only = true,
                              .connect_timeout_ms = CONNECT_MS};
    wire own;
    exchange x;

    if (certs[_i].trusted) {
        policy.ca_file = certs[_i].other_file ? other_pem : pem;
    }
    ck_assert(rawserver_make_cert(other_pem, "localhost", 3600));
    wire_open(&own, &policy);
    for (int i = 0; i < 2; i++) {
        exchange_init(&x, &own, rawserver_url(server), 3000000);
        exchange_run(&x);
        ck_assert_msg(x.call.end == certs[_i].end &&
                          strncmp(x.call.error, certs[_i].words,
                                  strlen(certs[_i].words)) == 0,
                      "%s: end %d, \"%s\"", certs[_i].name, (int)x.call.end,
                      x.call.error);
        if (x.call.end == SE__HTTP_OK) {
            ck_assert_int_eq(x.call.status, 201);
            ck_assert_uint_eq(rawserver_body_hash(server),
                              exchange_hash(3000000));
        } else {
            ck_assert_int_eq(x.body.asked, 0);
        }
        exchange_fini(&x);
    }
    ck_assert_int_eq(rawserver_get(server, RAW_BODIES),
                     certs[_i].end == SE__HTTP_OK ? 2 : 0);
    wire_close(&own);
    rawserver_stop(server);
    unlink(pem);
    unlink(other_pem);
}
END_TEST

START_TEST(a_ca_file_that_is_not_there)
{
    rawserver *server = run_tls("localhost", 3600, false);
    se__http_policy policy = {.ca_file = "/nonexistent.pem"};
    wire own;
    exchange x;

    wire_open(&own, &policy);
    exchange_init(&x, &own, rawserver_url(server), 1000);
    exchange_run(&x);
    exchange_expect(&x, SE__HTTP_TLS, 0);
    exchange_fini(&x);
    wire_close(&own);
    rawserver_stop(server);
    unlink(pem);
}
END_TEST

START_TEST(who_does_not_speak_tls)
{
    rawserver *server = run(good);
    char url[64];
    exchange x;

    snprintf(url, sizeof(url), "https%s", rawserver_url(server) + 4);
    exchange_init(&x, &w, url, 1000);
    /* It waits for the end of a head: let it see ours as that. */
    x.call.total_timeout_ms = 300;
    exchange_run(&x);
    ck_assert(x.call.end == SE__HTTP_TLS || x.call.end == SE__HTTP_TIMEOUT);
    ck_assert_int_eq(x.call.body_read, 0);
    exchange_fini(&x);
    rawserver_stop(server);
}
END_TEST

START_TEST(the_version_names_libcurl_and_its_tls)
{
    ck_assert(strncmp(se__http_version(), "libcurl/", 8) == 0);
    ck_assert_ptr_nonnull(strstr(se__http_version(), "OpenSSL/"));
    ck_assert_int_eq(se__http_global_init(NULL), SE_OK);
    se__http_global_fini();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http, policy");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    make_certs();
    tcase_add_checked_fixture(core, setup, teardown);
    tcase_set_timeout(core, 60);
    tcase_add_loop_test(core, control_characters_are_refused_before_contact, 0,
                        (int)SE__COUNT(injections));
    tcase_add_test(core, the_user_agent_is_checked_and_sent);
    tcase_add_loop_test(core, only_some_targets_are_allowed, 0,
                        (int)SE__COUNT(targets));
    tcase_add_test(core, a_redirect_is_not_followed);
    tcase_add_test(core, the_environment_has_no_say);
    tcase_add_loop_test(core, certificates_are_checked, 0,
                        (int)SE__COUNT(certs));
    tcase_add_test(core, a_ca_file_that_is_not_there);
    tcase_add_test(core, who_does_not_speak_tls);
    tcase_add_test(core, the_version_names_libcurl_and_its_tls);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
