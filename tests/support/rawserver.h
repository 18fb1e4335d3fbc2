/*
 * A TCP server that follows a script, byte for byte, and remembers what came.
 *
 * Each connection runs one script in a thread of its own: the first connection
 * the first one, and so on; the last script serves all further connections. A
 * step that fails because the peer is gone ends the connection.
 */
#ifndef RAWSERVER_H
#define RAWSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum rawserver_op {
    RAW_END = 0, /* close in good order; ends every script */
    RAW_HEAD,    /* read a request up to its blank line */
    RAW_BODY,    /* read the body as announced; n > 0: only n bytes of it;
                  * ms > 0: 1 KiB at a time with so long between */
    RAW_SEND,    /* send text; ms > 0: byte by byte with so long between */
    RAW_REPEAT,  /* send text n times (0: until the peer is gone), ms between */
    RAW_HOLD,    /* until rawserver_release() or stop */
    RAW_EOF,     /* read and drop until the peer closes */
    RAW_SLOW,    /* read n bytes at a time, ms between, until the peer closes */
    RAW_RESET,   /* close with a TCP reset */
    RAW_AGAIN    /* from the first step again */
} rawserver_op;

typedef struct rawserver_step {
    rawserver_op op;
    const char *text;
    int64_t n;
    int ms;
} rawserver_step;

typedef struct rawserver rawserver;

typedef struct rawserver_options {
    const rawserver_step *const *scripts;
    size_t n_scripts;
    int receive_buffer;   /* bytes of the kernel's buffer, 0: as it is */
    const char *tls_cert; /* PEM file with key and certificate, NULL: no TLS */
    bool tls_old;         /* TLS 1.1 at most */
    int stall;            /* accept no connection: the backlog only */
} rawserver_options;

rawserver *rawserver_start(const rawserver_options *options);
/* The same with nothing but scripts. */
rawserver *rawserver_run(const rawserver_step *const *scripts, size_t n);
void rawserver_stop(rawserver *server);

/* "http://127.0.0.1:PORT", "https://localhost:PORT" with TLS; view. */
const char *rawserver_url(const rawserver *server);
/* Let one RAW_HOLD go on, now or when it comes. */
void rawserver_release(rawserver *server);

/* What was seen, over all connections. */
typedef enum rawserver_count {
    RAW_CONNECTIONS,
    RAW_REQUESTS, /* heads that were read to the end */
    RAW_BODIES,   /* bodies that were read to the end: what would be stored */
    RAW_BYTES,    /* of bodies */
    RAW_HOLDING,  /* reached a RAW_HOLD, ever */
    RAW_CLOSED,   /* connections whose end by the peer was read */
    RAW_ENDED,    /* connections whose script is over */
    RAW_COUNTS
} rawserver_count;

int64_t rawserver_get(rawserver *server, rawserver_count count);
/* Wait until a count reaches a value; false: not within 10 s. */
bool rawserver_wait(rawserver *server, rawserver_count count, int64_t value);
/* The latest head; view until the next one comes. */
const char *rawserver_head(rawserver *server);
/* FNV-1a over the bytes of the latest body that was read to the end. */
uint64_t rawserver_body_hash(rawserver *server);
uint64_t rawserver_hash(uint64_t hash, const void *data, size_t length);
#define RAWSERVER_HASH_START 0xcbf29ce484222325u

/* Write a key and a self-signed certificate for `host` into a PEM file. */
bool rawserver_make_cert(const char *path, const char *host, long valid_s);

#endif
