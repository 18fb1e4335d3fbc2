/*
 * One connection, served by one thread with blocking reads.
 *
 * connection.c: its life and its socket; body.c: what comes in, in order;
 * reply.c: what goes out; strike.c: the faults; routes.c and upload.c: what
 * the requests do.
 */
#ifndef SANDBOX_CONNECTION_H
#define SANDBOX_CONNECTION_H

#include <sys/types.h>

#include "element.h"
#include "http.h"

#define SB_MAX_HEAD ((size_t)16384)
#define SB_HEAD_BUFFER (2 * SB_MAX_HEAD)
#define SB_WINDOW ((size_t)256 * 1024)

/* How a connection goes on after a request. */
typedef enum sb_fate {
    SB_GO_ON = 0, /* the request, or the next one */
    SB_ANSWERED,  /* this request has its answer */
    SB_CLOSE,     /* in good order */
    SB_RESET
} sb_fate;

typedef struct sb_reply {
    int status;
    const char *headers; /* further header lines, each with CR LF; view */
    char *own_headers;   /* freed with the next reply */
    sb_text body;
    int file_fd; /* -1: none; else its bytes are the body */
    int64_t file_size;
} sb_reply;

typedef enum sb_chunk {
    SB_CHUNK_SIZE = 0, /* a size line comes next */
    SB_CHUNK_DATA,
    SB_CHUNK_CRLF, /* what ends the data comes next */
} sb_chunk;

struct sb_route;
struct sb_upload;

typedef struct sb_connection {
    sb_element *element;
    struct sb_connection *next;
    pthread_t thread;
    int fd;
    atomic_bool dying; /* set under the element's lock */

    /* What was received and not used; the request's head lies before `base`
     * and stays until the request is answered. */
    char *input;
    size_t base, start, end;
    sb_text output;

    sb_request request;
    const struct sb_route *route;
    uint8_t id[SB_UUID_BYTES]; /* from the path */
    sb_reply reply;
    sb_fate fate;
    bool no_100;
    bool corrupt;
    bool body_begun;
    bool body_done;
    sb_chunk chunk;
    int64_t body_left; /* of the body, or of the chunk */
    int64_t body_bytes;
    int64_t tried_offset;     /* faults during the body up to here were tried */
    int64_t bytes_per_s;      /* 0: as fast as it goes */
    int64_t slow_bytes;       /* not yet waited for */
    struct sb_upload *upload; /* made at first need */
    sb_text received;         /* body of a token request */
} sb_connection;

/* Starts the thread that serves `fd`; takes `fd` in any case. */
void sb_connection_start(sb_element *element, int fd);
/* Joins what has ended. */
void sb_connections_reap(sb_element *element);
/* Resets all, and waits until they have ended. */
void sb_connections_end(sb_element *element);

/* The socket. All return early when the connection is told to end. */
ssize_t sb_receive(sb_connection *c, char *bytes, size_t capacity);
bool sb_send(sb_connection *c, const char *bytes, size_t length);
void sb_pause(sb_connection *c, int64_t ms);
/* SANDBOX_SLOW: how much at once, and the pause after it. */
size_t sb_slow_step(const sb_connection *c, size_t length);
void sb_slow_down(sb_connection *c, ssize_t bytes);
/* Until the peer closes. */
void sb_wait_closed(sb_connection *c);

/* The next head into c->request; false: the connection is at its end. */
bool sb_read_head(sb_connection *c);
/* As read(2): 0 at the end, -1: c->fate says how the request ends. */
ssize_t sb_read_body(sb_connection *c, char *bytes, size_t capacity);
/* The rest of the body, unlooked at; false: c->fate says how it ends. */
bool sb_skip_body(sb_connection *c);

/* Sends c->reply as it stands. */
void sb_send_reply(sb_connection *c);
void sb_set_reply(sb_connection *c, int status);
void sb_reply_detail(sb_connection *c, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Tries the faults of this point; false: c->fate says how the request ends. */
bool sb_strike(sb_connection *c, sandbox_when when);

/* One request, from behind its head. */
void sb_serve(sb_connection *c);
/* SANDBOX_ANY for one without a name. */
sandbox_route sb_route_name(const sb_connection *c);
bool sb_is_upload(const sb_connection *c);

/*
 * The steps of a route, in this order; between them faults strike.
 * check: true, or a reply is set and the body is not read.
 * body:  true once it was read; else a reply is set, or c->fate.
 * act:   sets the reply; true: done as asked.
 */
bool sb_upload_check(sb_connection *c);
bool sb_upload_body(sb_connection *c);
bool sb_upload_act(sb_connection *c);
/* Forgets what the request left behind. */
void sb_upload_reset(struct sb_upload *upload);
void sb_upload_free(struct sb_upload *upload);

bool sb_token_body(sb_connection *c);
bool sb_token_act(sb_connection *c);
bool sb_list_act(sb_connection *c);
bool sb_item_act(sb_connection *c);

bool sb_file_get(sb_connection *c);
bool sb_file_download(sb_connection *c);
bool sb_file_delete(sb_connection *c);
bool sb_gc_body(sb_connection *c);
bool sb_gc_delete(sb_connection *c);
bool sb_gc_exists(sb_connection *c);

#endif
