/*
 * A redis-server of one's own. The client in here speaks the protocol itself:
 * what is tested must not vouch for itself.
 */
#include "redis_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64
#define PATIENCE_MS 20000

struct redis_server {
    pid_t pid; /* 0: not running */
    int port;
    bool sentinel;
    char *password;
    char dir[64];
    char url[64];
    const char *const *arguments;
};

static void give_up(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

static void give_up(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("redis_server: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n", stderr);
    va_end(args);
    exit(99);
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void nap(void)
{
    const struct timespec pause = {0, 5000000};

    nanosleep(&pause, NULL);
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };

    return address;
}

int redis_server_free_port(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        give_up("no port: %s", strerror(errno));
    }
    close(fd);
    return ntohs(address.sin_port);
}

/* ---- the client ---- */

typedef struct reader {
    int fd;
    bool failed;
    char *out; /* what the reply says */
    size_t length;
} reader;

static void say(reader *r, const char *text, size_t length)
{
    char *grown = realloc(r->out, r->length + length + 1);

    if (!grown) {
        give_up("out of memory");
        return;
    }
    r->out = grown;
    memcpy(r->out + r->length, text, length);
    r->length += length;
    r->out[r->length] = '\0';
}

static void read_exactly(reader *r, char *to, size_t n)
{
    while (n > 0 && !r->failed) {
        ssize_t got = recv(r->fd, to, n, 0);

        if (got > 0) {
            to += got;
            n -= (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            r->failed = true;
        }
    }
}

static void read_line(reader *r, char *line, size_t size)
{
    size_t n = 0;

    while (!r->failed && n + 1 < size) {
        read_exactly(r, &line[n], 1);
        if (!r->failed && line[n] == '\n') {
            break;
        }
        n++;
    }
    line[n > 0 ? n - 1 : 0] = '\0';
}

static void read_bulk(reader *r, long length)
{
    char *text = length >= 0 ? malloc((size_t)length + 2) : NULL;

    if (!text) {
        say(r, "(nil)", 5);
        return;
    }
    read_exactly(r, text, (size_t)length + 2);
    say(r, text, (size_t)length);
    free(text);
}

static void read_reply(reader *r)
{
    char line[1024] = "";
    long n;

    read_line(r, line, sizeof(line));
    if (r->failed) {
        return;
    }
    n = strtol(line + 1, NULL, 10);
    switch (line[0]) {
    case '$':
        read_bulk(r, n);
        break;
    case '*':
        for (long i = 0; i < n && !r->failed; i++) {
            read_reply(r);
            say(r, "\n", 1);
        }
        break;
    case '-':
        say(r, line, strlen(line));
        break;
    default:
        say(r, line + 1, strlen(line + 1));
        break;
    }
}

static bool send_all(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

        if (sent <= 0) {
            return false;
        }
        text += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool send_command(int fd, const char *const *argv)
{
    char head[32];
    int argc = 0;
    bool ok;

    while (argv[argc]) {
        argc++;
    }
    snprintf(head, sizeof(head), "*%d\r\n", argc);
    ok = send_all(fd, head, strlen(head));
    for (int i = 0; ok && i < argc; i++) {
        snprintf(head, sizeof(head), "$%zu\r\n", strlen(argv[i]));
        ok = send_all(fd, head, strlen(head)) &&
             send_all(fd, argv[i], strlen(argv[i])) && send_all(fd, "\r\n", 2);
    }
    return ok;
}

static int dial(int port)
{
    const struct timeval patience = {PATIENCE_MS / 1000, 0};
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        give_up("socket: %s", strerror(errno));
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* NULL: no connection, or it was lost. */
static char *try_ask(const redis_server *server, const char *const *argv)
{
    const char *const auth[] = {"AUTH", server->password, NULL};
    reader r = {.fd = dial(server->port)};

    if (r.fd < 0) {
        return NULL;
    }
    say(&r, "", 0);
    if (server->password) {
        r.failed = !send_command(r.fd, auth);
        read_reply(&r);
        r.length = 0;
        r.out[0] = '\0';
    }
    if (!r.failed && send_command(r.fd, argv)) {
        read_reply(&r);
    } else {
        r.failed = true;
    }
    close(r.fd);
    if (r.failed) {
        free(r.out);
        return NULL;
    }
    return r.out;
}

char *redis_server_ask(const redis_server *server, const char *const *argv)
{
    char *answer = try_ask(server, argv);

    if (!answer) {
        give_up("%s: no answer from port %d", argv[0], server->port);
    }
    return answer;
}

void redis_server_order(const redis_server *server, const char *const *argv)
{
    char *answer = redis_server_ask(server, argv);

    if (answer[0] == '-') {
        give_up("%s: %s", argv[0], answer);
    }
    free(answer);
}

bool redis_server_await(const redis_server *server, const char *const *argv,
                        const char *text)
{
    long until = now_ms() + 10000;

    for (;;) {
        char *answer = try_ask(server, argv);
        bool found = answer && strstr(answer, text);

        free(answer);
        if (found || now_ms() >= until) {
            return found;
        }
        nap();
    }
}

/* ---- the process ---- */

static void run(const char *program, const char *const *argv)
{
    /* exec changes nothing; its prototype came before const. */
    union {
        const char *const *ours;
        char *const *theirs;
    } arguments = {argv};

    execvp(program, arguments.theirs);
}

static void become(const redis_server *server)
{
    char port[16];
    const char *argv[ARGUMENTS_MAX] = {
        server->sentinel ? "redis-sentinel" : "redis-server",
        server->sentinel ? "sentinel.conf" : "redis.conf",
        "--port",
        port,
        "--bind",
        "127.0.0.1",
        "--logfile",
        "log"};
    size_t n = 8;
    int devnull = open("/dev/null", O_RDWR | O_CLOEXEC);

    snprintf(port, sizeof(port), "%d", server->port);
    for (size_t i = 0; server->arguments && server->arguments[i]; i++) {
        if (n + 1 < ARGUMENTS_MAX) {
            argv[n++] = server->arguments[i];
        }
    }
    if (devnull < 0 || chdir(server->dir) != 0) {
        _exit(98);
    }
    for (int fd = 0; fd <= 2; fd++) {
        dup2(devnull, fd);
    }
    /* One program under several names, told apart by argv[0]. */
    run("redis-server", argv);
    run("redis-check-rdb", argv);
    _exit(97);
}

static void launch(redis_server *server)
{
    pid_t parent = getpid();
    sigset_t none;

    server->pid = fork();
    if (server->pid < 0) {
        give_up("fork: %s", strerror(errno));
    }
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        if (getppid() == parent) {
            become(server);
        }
        _exit(96);
    }
}

/* False: it has ended, e.g. because somebody else was quicker with the port. */
static bool answers(redis_server *server)
{
    const char *const ping[] = {"PING", NULL};
    long until = now_ms() + PATIENCE_MS;

    while (now_ms() < until) {
        char *answer = try_ask(server, ping);
        bool ok = answer && strcmp(answer, "PONG") == 0;

        free(answer);
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            server->pid = 0;
            return false;
        }
        if (ok) {
            return true;
        }
        nap();
    }
    give_up("no answer to PING");
}

static void write_file(const redis_server *server, const char *name,
                       const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", server->dir, name);
    file = fopen(path, "we");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        give_up("%s: %s", path, strerror(errno));
    }
}

static void configure(redis_server *server)
{
    char text[512];

    snprintf(text, sizeof(text),
             "save \"\"\nappendonly no\ndaemonize no\n"
             "repl-diskless-sync-delay 0\n%s%s%s",
             server->password ? "requirepass \"" : "",
             server->password ? server->password : "",
             server->password ? "\"\n" : "");
    write_file(server, "redis.conf", text);
    write_file(server, "sentinel.conf", "");
}

redis_server *redis_server_start(const redis_server_options *options)
{
    redis_server *server = calloc(1, sizeof(*server));

    if (!server) {
        give_up("out of memory");
    }
    if (options) {
        server->arguments = options->arguments;
        server->sentinel = options->sentinel;
        server->password = options->password ? strdup(options->password) : NULL;
    }
    snprintf(server->dir, sizeof(server->dir), "/tmp/artstore-redis.XXXXXX");
    if (!mkdtemp(server->dir)) {
        give_up("%s: %s", server->dir, strerror(errno));
    }
    configure(server);
    for (int i = 0; i < 10; i++) {
        server->port = redis_server_free_port();
        launch(server);
        if (answers(server)) {
            snprintf(server->url, sizeof(server->url), "redis://127.0.0.1:%d",
                     server->port);
            return server;
        }
    }
    give_up("it does not start; see %s/log", server->dir);
}

void redis_server_kill(redis_server *server)
{
    if (server->pid > 0) {
        kill(server->pid, SIGKILL);
        while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        server->pid = 0;
    }
}

void redis_server_revive(redis_server *server)
{
    for (int i = 0; i < 10; i++) {
        launch(server);
        if (answers(server)) {
            return;
        }
    }
    give_up("it does not start again; see %s/log", server->dir);
}

void redis_server_freeze(redis_server *server)
{
    kill(server->pid, SIGSTOP);
}

void redis_server_thaw(redis_server *server)
{
    kill(server->pid, SIGCONT);
}

static void remove_dir(const char *dir)
{
    const char *const argv[] = {"rm", "-rf", "--", dir, NULL};
    pid_t pid = fork();

    if (pid == 0) {
        run(argv[0], argv);
        _exit(97);
    }
    if (pid > 0) {
        waitpid(pid, NULL, 0);
    }
}

void redis_server_stop(redis_server *server)
{
    if (!server) {
        return;
    }
    redis_server_kill(server);
    remove_dir(server->dir);
    free(server->password);
    free(server);
}

int redis_server_port(const redis_server *server)
{
    return server->port;
}

const char *redis_server_url(const redis_server *server)
{
    return server->url;
}

const char *redis_server_dir(const redis_server *server)
{
    return server->dir;
}
