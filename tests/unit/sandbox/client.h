/*
 * A raw HTTP client for the tests of the sandbox: it sends what it is told,
 * byte for byte, and reads one answer at a time.
 */
#ifndef SANDBOX_TEST_CLIENT_H
#define SANDBOX_TEST_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sandbox.h"

#define BOUNDARY "----test0123456789"

typedef enum client_end {
    CLIENT_OPEN = 0,
    CLIENT_CLOSED, /* in good order */
    CLIENT_RESET,
    CLIENT_SILENT /* nothing came for the time given */
} client_end;

typedef struct client {
    int fd;
    int wait_ms; /* for an answer; 5000 */
    client_end end;
    bool saw_100;
    char *input; /* received, not used */
    size_t length;
    /* The last answer. */
    int status;
    char head[4096];
    char body[65536];
    size_t body_length;
} client;

/* A new directory below $TMPDIR or /tmp; removed by temp_dir_remove. */
char *temp_dir_make(void);
void temp_dir_remove(char *dir);
char *read_text(const char *dir, const char *name);

bool client_open(client *c, const char *url);
void client_close(client *c);
bool client_send(client *c, const void *bytes, size_t length);
bool client_put(client *c, const char *text);
/* The next answer, interim ones too; its status, 0: none, see c->end. */
int client_answer(client *c);
/* Until `length` bytes are in c->input; false: see c->end. */
bool client_read(client *c, size_t length);
/* How the connection ends when nothing more is sent. */
client_end client_end_of(client *c);

/* One request without a body, on a connection of its own. */
int ask(const char *url, const char *method, const char *path, client *c);

/* What an upload may say; zero: left out. */
typedef struct form {
    const char *file_id;
    const char *name;    /* "a.txt" */
    const char *extra;   /* further parts, before the file */
    const char *headers; /* further header lines */
    const void *bytes;
    size_t length;
    bool expect;
    bool chunked;
} form;

/* The request's bytes; owned by the caller. */
char *form_head(const form *f, size_t *length);
char *form_body(const form *f, size_t *length);
bool client_upload(client *c, const form *f);
/* The same, and its answer; the status, 0: none, see c->end. */
int client_exchange(client *c, const form *f);
/* An upload on a connection of its own; its status. */
int upload(const char *url, const form *f, client *c);

/* True as soon as it is, false after five seconds. */
bool wait_counts(sandbox *s, const char *id,
                 bool (*good)(const sandbox_counts *counts));
bool nothing_open(const sandbox_counts *counts);
/* Until so many connections have come and gone. */
bool wait_gone(sandbox *s, const char *id, int64_t connections);

void sha256_hex(const void *bytes, size_t length, char hex[65]);

#endif
