/*
 * A connection to Redis against a server that follows a script: what a real one
 * would never send.
 */
#include "wire/redis.h"

#include <netdb.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rawserver.h"
#include "redis_server.h"
#include "suite.h"

#define MINUTE 60000
/* With a line end of its own it ends what rawserver takes for a head. */
#define KEY "k\r\n"
#define TEN "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const char *const get[] = {"GET", KEY};

static int port_of(const rawserver *server)
{
    return (int)strtol(strrchr(rawserver_url(server), ':') + 1, NULL, 10);
}

static se_err connect_to(int port, int ms, se__redis **out, se_error *err)
{
    se__redis_target target = SE__REDIS_TARGET_INIT;

    target.host = "127.0.0.1";
    target.port = port;
    return se__redis_connect(&target, se__deadline(se__now_ms(), ms), out, err);
}

/* GET from a server with one script for every connection. */
typedef struct exchange {
    const rawserver_step *script; /* the server reads it */
    rawserver *server;
    se__redis *redis;
    se__redis_reply *reply;
    se_error err;
    int64_t took_ms;
} exchange;

static se_err talk(exchange *x, const rawserver_step *script, int timeout_ms)
{
    int64_t start;
    se_err rc;

    memset(x, 0, sizeof(*x));
    x->err.size = sizeof(x->err);
    x->script = script;
    x->server = rawserver_run(&x->script, 1);
    ck_assert_ptr_nonnull(x->server);
    rc = connect_to(port_of(x->server), MINUTE, &x->redis, &x->err);
    ck_assert_msg(rc == SE_OK, "%s", x->err.message);
    start = se__now_ms();
    rc = se__redis_command(x->redis, 2, get, se__deadline(start, timeout_ms),
                           &x->reply, &x->err);
    x->took_ms = se__now_ms() - start;
    return rc;
}

static void finish(exchange *x)
{
    se__redis_reply_free(x->reply);
    se__redis_close(x->redis);
    rawserver_stop(x->server);
}

/* ---- replies ---- */

static const struct {
    const char *reply;
    se_err rc;
    const char *says;
    bool usable; /* the connection, afterwards */
} refused[] = {
    /* errors of the server */
    {"-NOAUTH Authentication required.\r\n", SE_E_AUTH, "answers NOAUTH", true},
    {"-WRONGPASS invalid username\r\n", SE_E_AUTH, "answers WRONGPASS", true},
    {"-NOPERM this user has no permissions\r\n", SE_E_AUTH, "NOPERM", true},
    {"-LOADING Redis is loading\r\n", SE_E_PROTOCOL, "answers LOADING", true},
    {"-OOM command not allowed\r\n", SE_E_PROTOCOL, "answers OOM", true},
    {"-MOVED 866 10.0.0.1:6379\r\n", SE_E_PROTOCOL, "answers MOVED", true},
    {"-READONLY You can't write\r\n", SE_E_PROTOCOL, "READONLY", true},
    {"-WRONGTYPE Operation against\r\n", SE_E_PROTOCOL, "WRONGTYPE", true},
    {"-\r\n", SE_E_PROTOCOL, "answers ", true},
    /* counts */
    {"*100000000\r\n", SE_E_LIMIT, "too many elements", false},
    {"*100001\r\n", SE_E_LIMIT, "too many elements", false},
    {"*2\r\n*60000\r\n", SE_E_CONNECT, "losed", false},
    {"*2\r\n*100000\r\n", SE_E_LIMIT, "too many elements", false},
    {"*9223372036854775807\r\n", SE_E_PROTOCOL, "out of range", false},
    {"*99999999999999999999999\r\n", SE_E_PROTOCOL, "ulti-bulk", false},
    {"*-2\r\n", SE_E_PROTOCOL, "out of range", false},
    {"*-2147483648\r\n", SE_E_PROTOCOL, "out of range", false},
    {"*x\r\n", SE_E_PROTOCOL, "ulti-bulk", false},
    {"$-2\r\n", SE_E_PROTOCOL, "out of range", false},
    {"$x\r\n", SE_E_PROTOCOL, "ulk string", false},
    /* depth */
    {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", SE_E_LIMIT, "too deeply", false},
    {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", SE_E_LIMIT,
     "too deeply", false},
    /* no protocol at all */
    {"$3\r\nabcXX", SE_E_PROTOCOL, "does not end where it says", false},
    {"$3\r\nabcd\r\n", SE_E_PROTOCOL, "does not end where it says", false},
    {"HTTP/1.1 400 Bad Request\r\n\r\n", SE_E_PROTOCOL, "rotocol", false},
    {"\x15\x03\x01\x02\x02", SE_E_PROTOCOL, "rotocol", false},
    /* half of it, then nothing more */
    {"", SE_E_CONNECT, "losed", false},
    {"$", SE_E_CONNECT, "losed", false},
    {"$10\r\nabc", SE_E_CONNECT, "losed", false},
    {"*2\r\n:1\r\n", SE_E_CONNECT, "losed", false},
    {"*2\r\n*3\r\n:1\r\n", SE_E_CONNECT, "losed", false},
};

START_TEST(reply_is_refused)
{
    const rawserver_step script[] = {
        {RAW_HEAD}, {RAW_SEND, refused[_i].reply}, {RAW_END}};
    exchange x;
    se_err rc = talk(&x, script, MINUTE);

    ck_assert_msg(rc == refused[_i].rc, "%d: %s %s", _i, se_err_name(rc),
                  x.err.message);
    ck_assert_msg(strstr(x.err.message, refused[_i].says), "%d: %s", _i,
                  x.err.message);
    ck_assert_ptr_null(x.reply);
    ck_assert_int_eq(se__redis_is_broken(x.redis), !refused[_i].usable);
    finish(&x);
}
END_TEST

/* A status, one that fits exactly, and nested as deep as allowed. */
static void check_value(const se__redis_reply *reply, const char *text)
{
    size_t length = 0;
    const char *value = se__redis_string(reply, &length);

    ck_assert_ptr_nonnull(value);
    ck_assert_str_eq(value, text);
    ck_assert_uint_eq(length, strlen(text));
}

START_TEST(replies_are_read)
{
    const rawserver_step script[] = {
        {RAW_HEAD},
        {RAW_SEND, "*7\r\n$3\r\nabc\r\n+fine\r\n:-7\r\n$-1\r\n*-1\r\n"
                   "-ERR no\r\n*1\r\n*1\r\n*1\r\n:9223372036854775807\r\n"},
        {RAW_EOF},
        {RAW_END}};
    exchange x;
    int64_t number = 0;
    const se__redis_reply *deep;

    ck_assert_int_eq(talk(&x, script, MINUTE), SE_OK);
    ck_assert_uint_eq(se__redis_count(x.reply), 7);
    check_value(se__redis_at(x.reply, 0), "abc");
    check_value(se__redis_at(x.reply, 1), "fine");
    ck_assert(se__redis_integer(se__redis_at(x.reply, 2), &number));
    ck_assert_int_eq(number, -7);
    ck_assert(se__redis_is_nil(se__redis_at(x.reply, 3)));
    ck_assert(se__redis_is_nil(se__redis_at(x.reply, 4)));
    ck_assert_str_eq(se__redis_error(se__redis_at(x.reply, 5)), "ERR no");
    deep = se__redis_at(
        se__redis_at(se__redis_at(se__redis_at(x.reply, 6), 0), 0), 0);
    ck_assert(se__redis_integer(deep, &number));
    ck_assert_int_eq(number, INT64_MAX);
    /* Asked for what it is not. */
    ck_assert_ptr_null(se__redis_at(x.reply, 7));
    ck_assert_ptr_null(se__redis_at(deep, 0));
    ck_assert_uint_eq(se__redis_count(deep), 0);
    ck_assert_ptr_null(se__redis_string(deep, NULL));
    ck_assert_ptr_null(se__redis_string(NULL, NULL));
    ck_assert(!se__redis_integer(se__redis_at(x.reply, 0), &number));
    ck_assert_ptr_null(se__redis_error(se__redis_at(x.reply, 0)));
    ck_assert(!se__redis_is_nil(deep));
    ck_assert(se__redis_is_idle(x.redis));
    finish(&x);
}
END_TEST

START_TEST(byte_by_byte)
{
    const rawserver_step script[] = {
        {RAW_HEAD},
        {RAW_SEND, "*2\r\n$3\r\nabc\r\n:12\r\n", 0, 2},
        {RAW_EOF},
        {RAW_END}};
    exchange x;

    ck_assert_int_eq(talk(&x, script, MINUTE), SE_OK);
    check_value(se__redis_at(x.reply, 0), "abc");
    finish(&x);
}
END_TEST

/* ---- sizes ---- */

static long peak_kb(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[128];
    long peak = -1;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "VmPeak:", 7) == 0) {
            peak = strtol(line + 7, NULL, 10);
        }
    }
    fclose(file);
    return peak;
}

START_TEST(memory_stays_flat)
{
    const rawserver_step script[] = {
        {RAW_HEAD}, {RAW_SEND, "*100000000\r\n"}, {RAW_EOF}, {RAW_END}};
    const rawserver_step usual[] = {
        {RAW_HEAD}, {RAW_SEND, "*100\r\n"}, {RAW_END}};
    exchange x;
    long before;

    talk(&x, usual, MINUTE); /* threads and stacks are there now */
    finish(&x);
    before = peak_kb();
    ck_assert_int_eq(talk(&x, script, MINUTE), SE_E_LIMIT);
    finish(&x);
    ck_assert_msg(peak_kb() - before < 100000, "%ld kB", peak_kb() - before);
}
END_TEST

START_TEST(too_large_a_string)
{
    static char block[65537];
    rawserver_step script[] = {{RAW_HEAD},
                               {RAW_SEND, "$67108864\r\n"},
                               {RAW_REPEAT, block, 1024, 0},
                               {RAW_END}};
    exchange x;
    long before = peak_kb();

    memset(block, 'x', sizeof(block) - 1);
    ck_assert_int_eq(talk(&x, script, MINUTE), SE_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(x.err.message, "too large"));
    ck_assert(se__redis_is_broken(x.redis));
    ck_assert_int_lt(peak_kb() - before, 100000);
    finish(&x);
}
END_TEST

/* Without end, each of its elements small. */
START_TEST(many_small_arrays)
{
    const rawserver_step script[] = {{RAW_HEAD},
                                     {RAW_SEND, "*90000\r\n"},
                                     {RAW_REPEAT, "*10\r\n", 90000, 0},
                                     {RAW_END}};
    exchange x;

    ck_assert_int_eq(talk(&x, script, MINUTE), SE_E_LIMIT);
    finish(&x);
}
END_TEST

START_TEST(large_ones_in_a_row)
{
    /* The bound is for one reply, not for the connection. */
    static char text[6000001];
    rawserver_step script[] = {{RAW_HEAD},
                               {RAW_SEND, "$6000000\r\n"},
                               {RAW_SEND, text},
                               {RAW_SEND, "\r\n*60000\r\n"},
                               {RAW_REPEAT, ":1\r\n", 60000, 0},
                               {RAW_SEND, "*60000\r\n"},
                               {RAW_REPEAT, ":1\r\n", 60000, 0},
                               {RAW_SEND, "$6000000\r\n"},
                               {RAW_SEND, text},
                               {RAW_SEND, "\r\n"},
                               {RAW_EOF},
                               {RAW_END}};
    exchange x;
    size_t length = 0;

    memset(text, 'x', sizeof(text) - 1);
    ck_assert_int_eq(talk(&x, script, MINUTE), SE_OK);
    for (int i = 0; i < 3; i++) {
        se__redis_reply_free(x.reply);
        x.reply = NULL;
        ck_assert_int_eq(se__redis_receive(x.redis,
                                           se__deadline(se__now_ms(), MINUTE),
                                           &x.reply, &x.err),
                         SE_OK);
        ck_assert_uint_eq(se__redis_count(x.reply), i < 2 ? 60000 : 0);
    }
    ck_assert_ptr_nonnull(se__redis_string(x.reply, &length));
    ck_assert_uint_eq(length, 6000000);
    finish(&x);
}
END_TEST

/* ---- time ---- */

static void check_took(int64_t took_ms, int64_t wanted_ms)
{
    ck_assert_msg(took_ms >= wanted_ms - 1 && took_ms <= wanted_ms + 50,
                  "%lld ms", (long long)took_ms);
}

static const rawserver_step hang[] = {{RAW_HEAD}, {RAW_EOF}, {RAW_END}};
static const rawserver_step hang_in_the_middle[] = {
    {RAW_HEAD}, {RAW_SEND, "*2\r\n:1\r\n$5\r\nab"}, {RAW_EOF}, {RAW_END}};
static const rawserver_step dribble[] = {
    {RAW_HEAD}, {RAW_SEND, "$99\r\n" HUNDRED HUNDRED, 0, 20}, {RAW_END}};
static const rawserver_step *const slow[] = {hang, hang_in_the_middle, dribble};

START_TEST(ends_at_the_deadline)
{
    exchange x;
    se__redis_reply *reply = NULL;

    ck_assert_int_eq(talk(&x, slow[_i], 200), SE_E_TIMEOUT);
    check_took(x.took_ms, 200);
    ck_assert_str_eq(x.err.message, "no answer in time");
    /* What comes later is nobody's answer: it is of no use any more. */
    ck_assert(se__redis_is_broken(x.redis));
    ck_assert(!se__redis_is_idle(x.redis));
    ck_assert_int_eq(
        se__redis_command(x.redis, 2, get, SE__NEVER, &reply, &x.err),
        SE_E_CONNECT);
    ck_assert_int_eq(se__redis_wait(x.redis, SE__NEVER, &reply, &x.err),
                     SE_E_CONNECT);
    finish(&x);
}
END_TEST

START_TEST(nobody_listens)
{
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;
    int64_t start = se__now_ms();

    ck_assert_int_eq(connect_to(redis_server_free_port(), MINUTE, &redis, &err),
                     SE_E_CONNECT);
    ck_assert_ptr_nonnull(strstr(err.message, "Connection refused"));
    ck_assert_int_lt(se__now_ms() - start, 1000);
    ck_assert_ptr_null(redis);
}
END_TEST

/* A listening socket whose backlog is full takes no connection. */
static int black_hole(int *port, int filler[], size_t n)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char url[32];

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(listen(fd, 0), 0); /* binds to a free port */
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    for (size_t i = 0; i < n; i++) {
        filler[i] =
            socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(filler[i], (struct sockaddr *)&address, length);
    }
    memcpy(url, (const char *)&address + 2, 2);
    *port = (unsigned char)url[0] << 8 | (unsigned char)url[1];
    return fd;
}

START_TEST(connecting_ends_at_the_deadline)
{
    int filler[8];
    int port = 0;
    int fd = black_hole(&port, filler, SE__COUNT(filler));
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;
    int64_t start = se__now_ms();

    ck_assert_int_eq(connect_to(port, 200, &redis, &err), SE_E_TIMEOUT);
    check_took(se__now_ms() - start, 200);
    ck_assert_str_eq(err.message, "no connection in time");
    for (size_t i = 0; i < SE__COUNT(filler); i++) {
        close(filler[i]);
    }
    close(fd);
}
END_TEST

START_TEST(stop_ends_every_wait)
{
    const rawserver_step *scripts[] = {hang};
    rawserver *server = rawserver_run(scripts, 1);
    se__redis_target target = SE__REDIS_TARGET_INIT;
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;
    se__redis_reply *reply = NULL;
    int filler[8];
    int port = 0;
    int fd = black_hole(&port, filler, SE__COUNT(filler));

    target.host = "127.0.0.1";
    target.port = port_of(server);
    target.stop_fd = eventfd(0, EFD_CLOEXEC);
    ck_assert_int_eq(se__redis_connect(&target, SE__NEVER, &redis, &err),
                     SE_OK);
    eventfd_write(target.stop_fd, 1);
    ck_assert_int_eq(se__redis_command(redis, 2, get, SE__NEVER, &reply, &err),
                     SE_E_CANCELED);
    se__redis_close(redis);
    redis = NULL;
    target.port = port;
    ck_assert_int_eq(se__redis_connect(&target, SE__NEVER, &redis, &err),
                     SE_E_CANCELED);
    target.host = "name.invalid";
    ck_assert_int_eq(se__redis_connect(&target, SE__NEVER, &redis, &err),
                     SE_E_CANCELED);
    close(target.stop_fd);
    for (size_t i = 0; i < SE__COUNT(filler); i++) {
        close(filler[i]);
    }
    close(fd);
    rawserver_stop(server);
}
END_TEST

START_TEST(waiting_without_an_answer)
{
    const rawserver_step script[] = {{RAW_HEAD},
                                     {RAW_HOLD},
                                     {RAW_SEND, "+one\r\n-ERR two\r\n"},
                                     {RAW_EOF},
                                     {RAW_END}};
    const rawserver_step *scripts[] = {script};
    rawserver *server = rawserver_run(scripts, 1);
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;
    se__redis_reply *reply = NULL;
    int64_t start;

    ck_assert_int_eq(connect_to(port_of(server), MINUTE, &redis, &err), SE_OK);
    ck_assert_int_eq(se__redis_append(redis, 2, get, NULL, &err), SE_OK);
    start = se__now_ms();
    ck_assert_int_eq(se__redis_wait(redis, start + 100, &reply, &err), SE_OK);
    check_took(se__now_ms() - start, 100);
    ck_assert_ptr_null(reply);
    ck_assert(!se__redis_is_broken(redis));
    rawserver_release(server);
    ck_assert_int_eq(se__redis_wait(redis, SE__NEVER, &reply, &err), SE_OK);
    check_value(reply, "one");
    ck_assert(!se__redis_is_idle(redis)); /* one more is there */
    se__redis_reply_free(reply);
    ck_assert_int_eq(se__redis_wait(redis, SE__NEVER, &reply, &err), SE_OK);
    ck_assert_str_eq(se__redis_error(reply), "ERR two");
    ck_assert(se__redis_is_idle(redis));
    se__redis_reply_free(reply);
    se__redis_close(redis);
    rawserver_stop(server);
}
END_TEST

/* ---- a peer that goes away ---- */

START_TEST(idle_no_more)
{
    const rawserver_step script[] = {
        {RAW_HEAD}, {RAW_SEND, "+one\r\n"}, {RAW_HOLD}, {RAW_END}};
    exchange x;
    int64_t until = se__now_ms() + 10000;

    ck_assert_int_eq(talk(&x, script, MINUTE), SE_OK);
    ck_assert(se__redis_is_idle(x.redis));
    rawserver_release(x.server);
    while (se__redis_is_idle(x.redis) && se__now_ms() < until) {
        usleep(1000);
    }
    ck_assert(!se__redis_is_idle(x.redis));
    finish(&x);
}
END_TEST

/* Two writes after the peer's reset: EPIPE, and no SIGPIPE. */
START_TEST(no_sigpipe)
{
    const rawserver_step script[] = {
        {RAW_HEAD}, {RAW_SEND, "+one\r\n"}, {RAW_RESET}, {RAW_END}};
    exchange x;
    se__redis_reply *reply = NULL;
    struct sigaction before;
    struct sigaction fatal = {.sa_handler = SIG_DFL};
    sigset_t pending;

    ck_assert_int_eq(talk(&x, script, MINUTE), SE_OK);
    sigaction(SIGPIPE, &fatal, &before); /* the server ignores it */
    ck_assert(rawserver_wait(x.server, RAW_ENDED, 1));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(
            se__redis_command(x.redis, 2, get, SE__NEVER, &reply, &x.err),
            SE_E_CONNECT);
    }
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, SIGPIPE), 0);
    sigaction(SIGPIPE, &before, NULL);
    finish(&x);
}
END_TEST

START_TEST(a_pipe_signal_of_others_stays)
{
    const rawserver_step script[] = {{RAW_HEAD}, {RAW_SEND, "+one\r\n"},
                                     {RAW_HEAD}, {RAW_SEND, "+two\r\n"},
                                     {RAW_EOF},  {RAW_END}};
    se__redis_reply *reply = NULL;
    exchange x;
    sigset_t pipe_only;
    sigset_t before;
    sigset_t pending;
    int got = 0;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    ck_assert_int_eq(talk(&x, script, MINUTE), SE_OK);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    raise(SIGPIPE);
    ck_assert_int_eq(
        se__redis_command(x.redis, 2, get, SE__NEVER, &reply, &x.err), SE_OK);
    se__redis_reply_free(reply);
    sigpending(&pending);
    ck_assert_int_eq(sigismember(&pending, SIGPIPE), 1);
    sigwait(&pipe_only, &got);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    finish(&x);
}
END_TEST

/* ---- names and secrets ---- */

/* Stands before the real one: "slow.example" waits, "two.example" has a first
 * address that is dead. */
int __real_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **out);
int __wrap_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **out);
static sem_t go_on;
static sem_t gone;

static int two_addresses(const char *port, const struct addrinfo *hints,
                         struct addrinfo **out)
{
    struct addrinfo *second = NULL;
    int rc = __real_getaddrinfo("::1", port, hints, out);

    if (rc == 0) {
        rc = __real_getaddrinfo("127.0.0.1", port, hints, &second);
        (*out)->ai_next = second;
    }
    return rc;
}

int __wrap_getaddrinfo(const char *host, const char *port,
                       const struct addrinfo *hints, struct addrinfo **out)
{
    bool numeric = hints->ai_flags & AI_NUMERICHOST;

    if (!numeric && strcmp(host, "two.example") == 0) {
        return two_addresses(port, hints, out);
    }
    if (!numeric && strcmp(host, "slow.example") == 0) {
        int rc;

        sem_wait(&go_on);
        rc = __real_getaddrinfo("127.0.0.1", port, hints, out);
        sem_post(&gone);
        return rc;
    }
    return __real_getaddrinfo(host, port, hints, out);
}

START_TEST(a_slow_name_server)
{
    se__redis_target target = SE__REDIS_TARGET_INIT;
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;
    int64_t start = se__now_ms();

    sem_init(&go_on, 0, 0);
    sem_init(&gone, 0, 0);
    target.host = "slow.example";
    target.port = 1;
    ck_assert_int_eq(se__redis_connect(&target, start + 100, &redis, &err),
                     SE_E_TIMEOUT);
    check_took(se__now_ms() - start, 100);
    /* The thread that was left behind frees what it finds. */
    sem_post(&go_on);
    sem_wait(&gone);
    sem_post(&go_on);
    ck_assert_int_eq(
        se__redis_connect(&target, se__now_ms() + MINUTE, &redis, &err),
        SE_E_CONNECT);
    ck_assert_ptr_nonnull(strstr(err.message, "Connection refused"));
}
END_TEST

START_TEST(the_second_address)
{
    const rawserver_step *scripts[] = {hang};
    rawserver *server = rawserver_run(scripts, 1);
    se__redis_target target = SE__REDIS_TARGET_INIT;
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;

    target.host = "two.example";
    target.port = port_of(server);
    ck_assert_msg(se__redis_connect(&target, se__now_ms() + MINUTE, &redis,
                                    &err) == SE_OK,
                  "%s", err.message);
    se__redis_close(redis);
    rawserver_stop(server);
}
END_TEST

START_TEST(names_are_resolved)
{
    const rawserver_step script[] = {
        {RAW_HEAD}, {RAW_SEND, "+one\r\n"}, {RAW_EOF}, {RAW_END}};
    const rawserver_step *scripts[] = {script};
    rawserver *server = rawserver_run(scripts, 1);
    se__redis_target target = SE__REDIS_TARGET_INIT;
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;

    /* Also where ::1 comes first and nobody listens there. */
    target.host = "localhost";
    target.port = port_of(server);
    ck_assert_int_eq(
        se__redis_connect(&target, se__now_ms() + MINUTE, &redis, &err), SE_OK);
    se__redis_close(redis);
    redis = NULL;
    target.host = "no host has spaces";
    ck_assert_int_eq(
        se__redis_connect(&target, se__now_ms() + MINUTE, &redis, &err),
        SE_E_CONNECT);
    ck_assert_ptr_nonnull(strstr(err.message, "host no host has spaces: "));
    ck_assert_ptr_null(redis);
    rawserver_stop(server);
}
END_TEST

static const struct {
    const char *reply;
    se_err rc;
    const char *says;
} to_auth[] = {
    {"-ERR unknown command `AUTH`, with args: `secret\r\n\r\n`\r\n",
     SE_E_PROTOCOL, "answers ERR to AUTH"},
    {"-WRONGPASS invalid username-password pair secret\r\n", SE_E_AUTH,
     "answers WRONGPASS to AUTH"},
    {"-ERR invalid password\r\n", SE_E_AUTH, "answers ERR to AUTH"},
    {"-ERR max number of clients reached\r\n", SE_E_PROTOCOL, "answers ERR"},
    {"-secret\r\n", SE_E_PROTOCOL, "answers an error to AUTH"},
};

START_TEST(auth_is_refused_without_a_word)
{
    const rawserver_step script[] = {
        {RAW_HEAD}, {RAW_SEND, to_auth[_i].reply}, {RAW_EOF}, {RAW_END}};
    const rawserver_step *scripts[] = {script};
    rawserver *server = rawserver_run(scripts, 1);
    se__redis_target target = SE__REDIS_TARGET_INIT;
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;

    target.host = "127.0.0.1";
    target.port = port_of(server);
    target.password = "secret\r\n";
    ck_assert_int_eq(
        se__redis_connect(&target, se__now_ms() + MINUTE, &redis, &err),
        to_auth[_i].rc);
    ck_assert_ptr_nonnull(strstr(err.message, to_auth[_i].says));
    ck_assert_ptr_null(strstr(err.message, "secret"));
    rawserver_stop(server);
}
END_TEST

START_TEST(tls_or_not)
{
    const rawserver_step *scripts[] = {hang};
    rawserver *server = rawserver_run(scripts, 1);
    se__redis_target target = SE__REDIS_TARGET_INIT;
    se_error err = SE_ERROR_INIT;
    se__redis *redis = NULL;
    se_err rc;

    target.host = "127.0.0.1";
    target.port = port_of(server);
    target.tls = true;
    rc = se__redis_connect(&target, se__now_ms() + 200, &redis, &err);
    ck_assert_int_eq(rc, se__redis_has_tls() ? SE_E_TIMEOUT : SE_E_UNSUPPORTED);
    ck_assert_int_eq(strncmp(se__redis_version(), "hiredis/", 8), 0);
    rawserver_stop(server);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {reply_is_refused, SE__COUNT(refused)},
        {replies_are_read, 1},
        {byte_by_byte, 1},
        {memory_stays_flat, 1},
        {too_large_a_string, 1},
        {many_small_arrays, 1},
        {large_ones_in_a_row, 1},
        {ends_at_the_deadline, SE__COUNT(slow)},
        {nobody_listens, 1},
        {connecting_ends_at_the_deadline, 1},
        {stop_ends_every_wait, 1},
        {waiting_without_an_answer, 1},
        {idle_no_more, 1},
        {no_sigpipe, 1},
        {a_pipe_signal_of_others_stays, 1},
        {names_are_resolved, 1},
        {a_slow_name_server, 1},
        {the_second_address, 1},
        {auth_is_refused_without_a_word, SE__COUNT(to_auth)},
        {tls_or_not, 1},
    };

    return run_suite("redis", rows, SE__COUNT(rows));
}
