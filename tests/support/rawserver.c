/*
 * The scripted server: accepting, scripts, counts.
 */
#include "rawserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HEAD_SIZE = 16 * 1024,
    DATA_SIZE = 64 * 1024,
    PACED_SIZE = 1024,
    MAX_CONNECTIONS = 1024
};

typedef struct connection {
    rawserver *server;
    const rawserver_step *steps;
    pthread_t thread;
    int fd;
    SSL *ssl;
    char *data; /* read and not used yet: [at, end) */
    size_t at;
    size_t end;
    bool chunked;
    int64_t length;
    int pace_ms; /* of reading bodies */
} connection;

struct rawserver {
    rawserver_options options;
    SSL_CTX *tls;
    int listener;
    pthread_t acceptor;
    char url[64];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
    int64_t released;
    int64_t counts[RAW_COUNTS];
    char head[HEAD_SIZE];
    uint64_t hash;
    connection *connections[MAX_CONNECTIONS];
    size_t n_connections;
};

static void add(rawserver *server, rawserver_count count, int64_t n)
{
    pthread_mutex_lock(&server->lock);
    server->counts[count] += n;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static void pause_ms(int ms)
{
    struct timespec time = {ms / 1000, (ms % 1000) * 1000000L};

    if (ms == 0) {
        return;
    }
    nanosleep(&time, NULL);
}

uint64_t rawserver_hash(uint64_t hash, const void *data, size_t length)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    }
    return hash;
}

/* ---- bytes ---- */

static ssize_t receive(connection *c, char *data, size_t size)
{
    ssize_t n =
        c->ssl ? SSL_read(c->ssl, data, (int)size) : recv(c->fd, data, size, 0);

    if (n <= 0) {
        add(c->server, RAW_CLOSED, 1);
    }
    return n;
}

static bool transmit(connection *c, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t n = c->ssl ? SSL_write(c->ssl, data, (int)length)
                           : send(c->fd, data, length, MSG_NOSIGNAL);

        if (n <= 0) {
            return false;
        }
        data += n;
        length -= (size_t)n;
    }
    return true;
}

static bool fill(connection *c)
{
    ssize_t n;

    if (c->at < c->end) {
        return true;
    }
    n = receive(c, c->data, c->pace_ms > 0 ? PACED_SIZE : DATA_SIZE);
    c->at = 0;
    c->end = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static int next_byte(connection *c)
{
    return fill(c) ? (unsigned char)c->data[c->at++] : -1;
}

/* ---- requests ---- */

static void parse_head(connection *c, const char *head)
{
    const char *length = strcasestr(head, "\r\nContent-Length:");

    c->chunked = strcasestr(head, "\r\nTransfer-Encoding: chunked") != NULL;
    c->length = length ? strtoll(length + 17, NULL, 10) : 0;
}

static bool read_head(connection *c)
{
    char *head = malloc(HEAD_SIZE);
    size_t n = 0;
    bool ok = false;

    while (head && n + 1 < HEAD_SIZE) {
        int byte = next_byte(c);

        if (byte < 0) {
            break;
        }
        head[n++] = (char)byte;
        head[n] = '\0';
        if (n >= 4 && memcmp(head + n - 4, "\r\n\r\n", 4) == 0) {
            ok = true;
            break;
        }
    }
    if (ok) {
        parse_head(c, head);
        pthread_mutex_lock(&c->server->lock);
        memcpy(c->server->head, head, n + 1);
        pthread_mutex_unlock(&c->server->lock);
        add(c->server, RAW_REQUESTS, 1);
    }
    free(head);
    return ok;
}

/* Reads n bytes of the body into the counts and the hash. */
static bool read_plain(connection *c, int64_t n, uint64_t *hash)
{
    while (n > 0) {
        size_t part;

        if (!fill(c)) {
            return false;
        }
        part = c->end - c->at;
        if (c->pace_ms > 0 && part > PACED_SIZE) {
            part = PACED_SIZE;
        }
        if ((int64_t)part > n) {
            part = (size_t)n;
        }
        pause_ms(c->pace_ms);
        *hash = rawserver_hash(*hash, c->data + c->at, part);
        c->at += part;
        n -= (int64_t)part;
        add(c->server, RAW_BYTES, (int64_t)part);
    }
    return true;
}

static int64_t read_chunk_size(connection *c)
{
    char line[32];
    size_t n = 0;
    int byte;

    while ((byte = next_byte(c)) >= 0 && byte != '\n') {
        if (n + 1 < sizeof(line)) {
            line[n++] = (char)byte;
        }
    }
    line[n] = '\0';
    return byte < 0 ? -1 : strtoll(line, NULL, 16);
}

static bool read_chunks(connection *c, int64_t limit, uint64_t *hash)
{
    int64_t size;

    while ((size = read_chunk_size(c)) >= 0) {
        if (limit > 0 && size > limit) {
            return read_plain(c, limit, hash);
        }
        if (!read_plain(c, size, hash) || next_byte(c) < 0 ||
            next_byte(c) < 0) {
            return false;
        }
        if (size == 0 || (limit > 0 && size == limit)) {
            return true;
        }
        limit -= limit > 0 ? size : 0;
    }
    return false;
}

static bool read_body(connection *c, int64_t limit)
{
    uint64_t hash = RAWSERVER_HASH_START;
    bool ok;

    if (c->chunked) {
        ok = read_chunks(c, limit, &hash);
    } else {
        ok = read_plain(c, limit > 0 ? limit : c->length, &hash);
    }
    if (ok && limit == 0) {
        pthread_mutex_lock(&c->server->lock);
        c->server->hash = hash;
        pthread_mutex_unlock(&c->server->lock);
        add(c->server, RAW_BODIES, 1);
    }
    return ok;
}

/* ---- steps ---- */

static bool send_text(connection *c, const rawserver_step *step)
{
    size_t length = strlen(step->text);

    if (step->ms == 0) {
        return transmit(c, step->text, length);
    }
    for (size_t i = 0; i < length; i++) {
        if (!transmit(c, step->text + i, 1)) {
            return false;
        }
        pause_ms(step->ms);
    }
    return true;
}

static bool repeat(connection *c, const rawserver_step *step)
{
    for (int64_t i = 0; step->n == 0 || i < step->n; i++) {
        if (!transmit(c, step->text, strlen(step->text))) {
            return false;
        }
        if (step->ms > 0) {
            pause_ms(step->ms);
        }
    }
    return true;
}

static bool hold(rawserver *server)
{
    bool ok;

    add(server, RAW_HOLDING, 1);
    pthread_mutex_lock(&server->lock);
    while (server->released == 0 && !server->stopping) {
        pthread_cond_wait(&server->changed, &server->lock);
    }
    ok = !server->stopping;
    server->released -= ok ? 1 : 0;
    pthread_mutex_unlock(&server->lock);
    return ok;
}

static bool drop_until_eof(connection *c)
{
    c->at = 0;
    while (receive(c, c->data, DATA_SIZE) > 0) {
    }
    return false;
}

static bool is_stopping(rawserver *server)
{
    bool stopping;

    pthread_mutex_lock(&server->lock);
    stopping = server->stopping;
    pthread_mutex_unlock(&server->lock);
    return stopping;
}

static bool drop_slowly(connection *c, const rawserver_step *step)
{
    size_t n = (size_t)step->n < DATA_SIZE ? (size_t)step->n : DATA_SIZE;

    while (!is_stopping(c->server) && receive(c, c->data, n) > 0) {
        add(c->server, RAW_BYTES, (int64_t)n);
        pause_ms(step->ms);
    }
    return false;
}

static bool reset(connection *c)
{
    struct linger at_once = {1, 0};

    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    return false;
}

static bool run_step(connection *c, const rawserver_step *step)
{
    switch (step->op) {
    case RAW_HEAD:
        return read_head(c);
    case RAW_BODY:
        c->pace_ms = step->ms;
        return read_body(c, step->n);
    case RAW_SEND:
        return send_text(c, step);
    case RAW_REPEAT:
        return repeat(c, step);
    case RAW_HOLD:
        return hold(c->server);
    case RAW_EOF:
        return drop_until_eof(c);
    case RAW_SLOW:
        return drop_slowly(c, step);
    case RAW_RESET:
        return reset(c);
    case RAW_END:
    case RAW_AGAIN:
        break;
    }
    return false;
}

static bool start_tls(connection *c)
{
    if (!c->server->tls) {
        return true;
    }
    c->ssl = SSL_new(c->server->tls);
    return c->ssl && SSL_set_fd(c->ssl, c->fd) == 1 && SSL_accept(c->ssl) == 1;
}

static void *serve(void *argument)
{
    connection *c = argument;
    const rawserver_step *step = c->steps;

    if (start_tls(c)) {
        while (step->op == RAW_AGAIN || run_step(c, step)) {
            step = step->op == RAW_AGAIN ? c->steps : step + 1;
        }
        if (c->ssl && step->op != RAW_RESET) {
            SSL_shutdown(c->ssl);
        }
    }
    if (c->ssl) {
        SSL_free(c->ssl);
    }
    pthread_mutex_lock(&c->server->lock);
    close(c->fd);
    c->fd = -1;
    pthread_mutex_unlock(&c->server->lock);
    add(c->server, RAW_ENDED, 1);
    return NULL;
}

/* ---- life ---- */

static void start_connection(rawserver *server, int fd)
{
    size_t i = server->n_connections;
    connection *c = i < MAX_CONNECTIONS ? calloc(1, sizeof(*c)) : NULL;

    if (!c || !(c->data = malloc(DATA_SIZE))) {
        free(c);
        close(fd);
        return;
    }
    c->server = server;
    c->fd = fd;
    c->steps = server->options.scripts[i < server->options.n_scripts
                                           ? i
                                           : server->options.n_scripts - 1];
    pthread_mutex_lock(&server->lock);
    server->connections[server->n_connections++] = c;
    pthread_mutex_unlock(&server->lock);
    add(server, RAW_CONNECTIONS, 1);
    if (pthread_create(&c->thread, NULL, serve, c) != 0) {
        abort();
    }
}

static void *accept_all(void *argument)
{
    rawserver *server = argument;

    for (;;) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0) {
            start_connection(server, fd);
        } else if (errno == EMFILE) {
            pause_ms(1);
        } else {
            return NULL;
        }
    }
}

static bool listen_on(rawserver *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);
    int size = server->options.receive_buffer;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (size > 0) {
        setsockopt(server->listener, SOL_SOCKET, SO_RCVBUF, &size,
                   sizeof(size));
    }
    if (bind(server->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(server->listener, server->options.stall ? 0 : 256) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &length) !=
            0) {
        return false;
    }
    snprintf(server->url, sizeof(server->url), "%s:%d",
             server->tls ? "https://localhost" : "http://127.0.0.1",
             ntohs(address.sin_port));
    return true;
}

static SSL_CTX *make_tls(const rawserver_options *options)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

    if (!tls ||
        SSL_CTX_use_certificate_file(tls, options->tls_cert,
                                     SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, options->tls_cert, SSL_FILETYPE_PEM) !=
            1) {
        abort();
    }
    if (options->tls_old) {
        SSL_CTX_set_security_level(tls, 0);
        SSL_CTX_set_max_proto_version(tls, TLS1_1_VERSION);
    }
    return tls;
}

rawserver *rawserver_start(const rawserver_options *options)
{
    rawserver *server = calloc(1, sizeof(*server));

    if (!server) {
        abort();
    }
    signal(SIGPIPE, SIG_IGN); /* SSL_write */
    server->options = *options;
    server->tls = options->tls_cert ? make_tls(options) : NULL;
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    if (!listen_on(server) ||
        (!options->stall &&
         pthread_create(&server->acceptor, NULL, accept_all, server) != 0)) {
        abort();
    }
    return server;
}

rawserver *rawserver_run(const rawserver_step *const *scripts, size_t n)
{
    rawserver_options options = {.scripts = scripts, .n_scripts = n};

    return rawserver_start(&options);
}

void rawserver_stop(rawserver *server)
{
    shutdown(server->listener, SHUT_RDWR);
    if (!server->options.stall) {
        pthread_join(server->acceptor, NULL);
    }
    close(server->listener);
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->changed);
    for (size_t i = 0; i < server->n_connections; i++) {
        if (server->connections[i]->fd >= 0) {
            shutdown(server->connections[i]->fd, SHUT_RDWR);
        }
    }
    pthread_mutex_unlock(&server->lock);
    for (size_t i = 0; i < server->n_connections; i++) {
        pthread_join(server->connections[i]->thread, NULL);
        free(server->connections[i]->data);
        free(server->connections[i]);
    }
    SSL_CTX_free(server->tls);
    pthread_mutex_destroy(&server->lock);
    pthread_cond_destroy(&server->changed);
    free(server);
}

const char *rawserver_url(const rawserver *server)
{
    return server->url;
}

void rawserver_release(rawserver *server)
{
    pthread_mutex_lock(&server->lock);
    server->released++;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

int64_t rawserver_get(rawserver *server, rawserver_count count)
{
    int64_t value;

    pthread_mutex_lock(&server->lock);
    value = server->counts[count];
    pthread_mutex_unlock(&server->lock);
    return value;
}

bool rawserver_wait(rawserver *server, rawserver_count count, int64_t value)
{
    struct timespec until;
    bool reached;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&server->lock);
    while (server->counts[count] < value &&
           pthread_cond_timedwait(&server->changed, &server->lock, &until) !=
               ETIMEDOUT) {
    }
    reached = server->counts[count] >= value;
    pthread_mutex_unlock(&server->lock);
    return reached;
}

const char *rawserver_head(rawserver *server)
{
    return server->head;
}

uint64_t rawserver_body_hash(rawserver *server)
{
    uint64_t hash;

    pthread_mutex_lock(&server->lock);
    hash = server->hash;
    pthread_mutex_unlock(&server->lock);
    return hash;
}
