/*
 * What the http*.c files share. Only they include this, and libcurl.
 */
#ifndef SE_WIRE_HTTP_PRIVATE_H
#define SE_WIRE_HTTP_PRIVATE_H

#include <curl/curl.h>

#include "wire/http.h"

typedef struct se__socket se__socket; /* http_socket.c */

struct se__http {
    se__loop *loop; /* reference */
    CURLM *multi;
    int depth;       /* inside libcurl, which may not be called then */
    se__timer timer; /* libcurl's; set from the first call on, for good */
    bool closed;

    char *ca_file;
    char *user_agent;
    bool https_only;
    long connect_timeout_ms;
    long max_connections;

    /* Calls that wait until libcurl has returned; the task sees to them. */
    se__http_call *waiting_head;
    se__http_call *waiting_tail;
    size_t n_waiting;
    se__task task;

    struct se__transfer *pool; /* handles without a call */
    size_t n_pool;
    se__socket **sockets; /* by descriptor */
    size_t n_sockets;
};

/* Where in the answers of one request the header callback is. */
typedef enum se__part {
    SE__PART_STATUS, /* a status line comes */
    SE__PART_INTERIM,
    SE__PART_FINAL,
    SE__PART_TRAILER
} se__part;

enum {
    SE__MAX_HEADERS = 3
};

/* A libcurl handle with all that a call needs beside it; kept for the next. */
typedef struct se__transfer {
    struct se__transfer *next; /* in the pool */
    se__http *http;
    se__http_call *call; /* NULL: in the pool */
    CURL *easy;
    struct curl_slist headers[SE__MAX_HEADERS];
    se__buf header_text;  /* what `headers` point into; holds secrets */
    size_t upload_buffer; /* as libcurl has it */
    char message[CURL_ERROR_SIZE]; /* libcurl's own words */
    se__timer timer;               /* http_watch.c */
    se__socket *socket;            /* the one used last, NULL: none yet */

    /* Of this call, zeroed for each. */
    struct {
        bool decided;        /* call->end is known, whatever libcurl says */
        const char *refused; /* why an address was */
        int socket_errno;    /* why there was no socket */

        bool tls;
        bool has_body;
        int64_t size; /* -1: chunked */
        bool paused;

        int64_t requested_ms; /* the request began, 0: not yet */
        se__part part;
        size_t header_bytes;
        int interim;
        bool saw_continue;
        int64_t status_ms; /* the final status came */

        int64_t given_ms;   /* the whole body was given */
        int64_t out_bytes;  /* taken by the peer's kernel, as last seen */
        int64_t out_ms;     /* when that last grew */
        int64_t mark_bytes; /* of the idle rule */
        int64_t mark_ms;
        int64_t paused_ms;
    } state;
} se__transfer;

/* ---- http_call.c: starting and ending calls ---- */

/*
 * Fix how the call will end, unless that is fixed already. `words` is a format
 * for call->error.
 */
void se__http_decide(se__transfer *transfer, se__http_end end,
                     const char *words, ...) SE__PRINTF(3, 4);
void se__http_decide_ok(se__transfer *transfer);
/* Take it from libcurl, then done(). Not inside libcurl. */
void se__http_finish(se__http_call *call);
/* See to it (finish or resume) as soon as libcurl has returned. */
void se__http_wait(se__http_call *call);
/* Works off what waits. */
void se__http_on_task(se__task *task);

/* ---- http.c: the multi handle ---- */

/* Let libcurl act on a descriptor or its timer, then finish what is done. */
void se__http_act(se__http *http, curl_socket_t fd, int events);

/* ---- http_transfer.c: handles and the policy ---- */

se__transfer *se__transfer_take(se__http *http); /* NULL: out of memory */
void se__transfer_release(se__transfer *transfer);
void se__transfer_free_pool(se__http *http);

/* ---- http_request.c: the options of one call ---- */

/* False: decided, with the reason. */
bool se__transfer_prepare(se__transfer *transfer);

/* ---- http_body.c: the request's body ---- */

size_t se__http_on_read(char *buffer, size_t size, size_t n, void *user);
void se__http_unpause(se__transfer *transfer);

/* ---- http_answer.c: what comes back ---- */

size_t se__http_on_header(char *line, size_t size, size_t n, void *user);
size_t se__http_on_write(char *data, size_t size, size_t n, void *user);

/* ---- http_late.c: an answer that libcurl did not wait for ---- */

void se__http_hear_late(se__transfer *transfer, curl_socket_t fd);

/* ---- http_socket.c: descriptors on the loop ---- */

curl_socket_t se__http_on_open(void *user, curlsocktype purpose,
                               struct curl_sockaddr *address);
int se__http_on_close(void *user, curl_socket_t fd);
int se__http_on_socket(CURL *easy, curl_socket_t fd, int what, void *user,
                       void *unused);
/*
 * The descriptor that a call uses, -1: none. (CURLINFO_ACTIVESOCKET knows it
 * only when the call is over.)
 */
int se__http_socket_fd(const se__transfer *transfer);
/* The call of this transfer is over. */
void se__http_leave_socket(se__transfer *transfer);
void se__http_free_sockets(se__http *http);

/* ---- http_watch.c: time limits ---- */

bool se__http_watch(se__transfer *transfer); /* false: out of memory */
void se__http_watch_pause(se__transfer *transfer);
void se__http_watch_resume(se__transfer *transfer);

/* ---- http_end.c: what libcurl's codes mean ---- */

void se__http_classify(se__transfer *transfer, CURLcode code);

#endif
