#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/sha.h>

#define INPUT_MAX (4 << 20)

char *temp_dir_make(void)
{
    const char *base = getenv("TMPDIR");
    char *dir;

    if (asprintf(&dir, "%s/sandbox-test-XXXXXX", base ? base : "/tmp") < 0) {
        return NULL;
    }
    return mkdtemp(dir);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void temp_dir_remove(char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}

char *read_text(const char *dir, const char *name)
{
    char path[512];
    char *text = calloc(1, 1 << 20);
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "rb");
    if (!file) {
        free(text);
        return NULL;
    }
    if (fread(text, 1, (1 << 20) - 1, file) == 0) {
        text[0] = '\0';
    }
    fclose(file);
    return text;
}

bool client_open(client *c, const char *url)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *colon = strrchr(url, ':');

    memset(c, 0, sizeof(*c));
    c->wait_ms = 5000;
    c->input = malloc(INPUT_MAX);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)strtol(colon + 1, NULL, 10));
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(c->fd, (struct sockaddr *)&address, sizeof(address)) == 0;
}

void client_close(client *c)
{
    close(c->fd);
    free(c->input);
    c->input = NULL;
}

bool client_send(client *c, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t n = send(c->fd, at, length, MSG_NOSIGNAL);

        if (n <= 0) {
            c->end = CLIENT_RESET; /* unless an answer is there */
            return false;
        }
        at += n;
        length -= (size_t)n;
    }
    return true;
}

bool client_put(client *c, const char *text)
{
    return client_send(c, text, strlen(text));
}

/* More input; false: c->end says why there is none. */
static bool fill(client *c)
{
    struct pollfd fd = {.fd = c->fd, .events = POLLIN};
    ssize_t n;

    if (c->length == INPUT_MAX || poll(&fd, 1, c->wait_ms) <= 0) {
        c->end = CLIENT_SILENT;
        return false;
    }
    n = recv(c->fd, c->input + c->length, INPUT_MAX - c->length, 0);
    if (n <= 0) {
        c->end = n == 0 ? CLIENT_CLOSED : CLIENT_RESET;
        return false;
    }
    c->length += (size_t)n;
    return true;
}

static void use(client *c, size_t length)
{
    memmove(c->input, c->input + length, c->length - length);
    c->length -= length;
}

int client_answer(client *c)
{
    size_t want = 0;
    const char *length;
    char *end;
    size_t head;

    c->status = 0;
    c->body_length = 0;
    c->body[0] = '\0';
    while (!(end = memmem(c->input, c->length, "\r\n\r\n", 4))) {
        if (!fill(c)) {
            return 0;
        }
    }
    head = (size_t)(end + 4 - c->input);
    snprintf(c->head, sizeof(c->head), "%.*s", (int)head, c->input);
    use(c, head);
    length = strcasestr(c->head, "\r\ncontent-length:");
    want = length ? strtoul(length + 17, NULL, 10) : 0;
    while (c->length < want) {
        if (!fill(c)) {
            return 0;
        }
    }
    c->body_length = want;
    memcpy(c->body, c->input, want < sizeof(c->body) ? want : 0);
    c->body[want < sizeof(c->body) ? want : 0] = '\0';
    use(c, want);
    c->status = (int)strtol(c->head + 9, NULL, 10);
    c->saw_100 = c->saw_100 || c->status == 100;
    return c->status;
}

bool client_read(client *c, size_t length)
{
    while (c->length < length && fill(c)) {
    }
    return c->length >= length;
}

client_end client_end_of(client *c)
{
    c->end = CLIENT_OPEN;
    while (fill(c)) {
        c->length = 0;
    }
    return c->end;
}

int ask(const char *url, const char *method, const char *path, client *c)
{
    char request[1024];
    int status = 0;

    snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: x\r\n\r\n",
             method, path);
    if (client_open(c, url) && client_put(c, request)) {
        status = client_answer(c);
    }
    client_close(c);
    return status;
}

static char *print(size_t *length, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static char *print(size_t *length, const char *format, ...)
{
    va_list arguments;
    char *out = NULL;
    int n;

    va_start(arguments, format);
    n = vasprintf(&out, format, arguments);
    va_end(arguments);
    *length = n < 0 ? 0 : (size_t)n;
    return out;
}

char *form_body(const form *f, size_t *length)
{
    static const char after[] = "\r\n--" BOUNDARY "--\r\n";
    char *before, *body;
    size_t n;

    before = print(&n,
                   "--" BOUNDARY "\r\nContent-Disposition: form-data; "
                   "name=\"file_id\"\r\n\r\n%s\r\n%s--" BOUNDARY
                   "\r\nContent-Disposition: form-data; name=\"file\"; "
                   "filename=\"%s\"\r\nContent-Type: text/plain\r\n\r\n",
                   f->file_id ? f->file_id : "", f->extra ? f->extra : "",
                   f->name ? f->name : "a.txt");
    body = malloc(n + f->length + sizeof(after));
    memcpy(body, before, n);
    if (f->length > 0) {
        memcpy(body + n, f->bytes, f->length);
    }
    memcpy(body + n + f->length, after, sizeof(after) - 1);
    *length = n + f->length + sizeof(after) - 1;
    free(before);
    return body;
}

char *form_head(const form *f, size_t *length)
{
    size_t body;
    char framing[64];

    free(form_body(f, &body));
    snprintf(framing, sizeof(framing), "Content-Length: %zu", body);
    return print(length,
                 "POST /api/v1/files/upload HTTP/1.1\r\nHost: x\r\n"
                 "Content-Type: multipart/form-data; boundary=" BOUNDARY
                 "\r\n%s\r\n%s%s\r\n",
                 f->chunked ? "Transfer-Encoding: chunked" : framing,
                 f->expect ? "Expect: 100-continue\r\n" : "",
                 f->headers ? f->headers : "");
}

static bool send_chunked(client *c, const char *body, size_t length)
{
    char line[32];

    for (size_t at = 0; at < length;) {
        size_t n = length - at < 1000 ? length - at : 1000;

        snprintf(line, sizeof(line), "%zx;x=y\r\n", n);
        if (!client_put(c, line) || !client_send(c, body + at, n) ||
            !client_put(c, "\r\n")) {
            return false;
        }
        at += n;
    }
    return client_put(c, "0\r\nX-Trailer: 1\r\n\r\n");
}

bool client_upload(client *c, const form *f)
{
    size_t n_head, n_body;
    char *head = form_head(f, &n_head);
    char *body = form_body(f, &n_body);
    bool good = client_send(c, head, n_head);

    if (good && f->expect && client_answer(c) != 100) {
        good = false;
    }
    if (good) {
        good = f->chunked ? send_chunked(c, body, n_body)
                          : client_send(c, body, n_body);
    }
    free(head);
    free(body);
    return good;
}

int client_exchange(client *c, const form *f)
{
    c->status = 0;
    c->end = CLIENT_OPEN;
    if (client_upload(c, f)) {
        return client_answer(c);
    }
    if (c->end == CLIENT_RESET) {
        /* The error is told once; an answer may lie before it. */
        c->end = client_answer(c) ? CLIENT_OPEN : CLIENT_RESET;
    }
    return c->status; /* of an early answer */
}

int upload(const char *url, const form *f, client *c)
{
    int status = client_open(c, url) ? client_exchange(c, f) : 0;

    client_close(c);
    return status;
}

bool nothing_open(const sandbox_counts *counts)
{
    return counts->open_connections == 0;
}

static void pause_a_little(void)
{
    struct timespec pause = {.tv_nsec = 2000000};

    nanosleep(&pause, NULL);
}

bool wait_gone(sandbox *s, const char *id, int64_t connections)
{
    sandbox_counts counts;

    for (int i = 0; i < 2500; i++) {
        sandbox_counts_of(s, id, &counts);
        if (counts.connections >= connections && nothing_open(&counts)) {
            return true;
        }
        pause_a_little();
    }
    return false;
}

bool wait_counts(sandbox *s, const char *id,
                 bool (*good)(const sandbox_counts *counts))
{
    sandbox_counts counts;

    for (int i = 0; i < 2500; i++) {
        sandbox_counts_of(s, id, &counts);
        if (good(&counts)) {
            return true;
        }
        pause_a_little();
    }
    return false;
}

void sha256_hex(const void *bytes, size_t length, char hex[65])
{
    unsigned char sum[SHA256_DIGEST_LENGTH];

    SHA256(bytes, length, sum);
    for (size_t i = 0; i < sizeof(sum); i++) {
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    }
}
