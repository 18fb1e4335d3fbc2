/*
 * HTTP calls on a loop: the only place that knows libcurl's transfers.
 *
 * Design notes. One curl multi handle per loop, driven by
 * curl_multi_socket_action. Every call of the library follows one policy:
 * http and https only, no redirects, no proxy, no cookies, no decompression,
 * TLS verified, addresses checked in binary form, answers capped, HTTP/1.1
 * keep-alive.
 *
 * libcurl re-sends a POST by itself when a kept-alive connection dies. Three
 * things prevent that: `Expect: 100-continue` is forced on every call with a
 * body, there is no seek callback, so that it cannot rewind, and a second
 * request after a body byte was given is refused when it is about to be made.
 * What proves that no body byte left is `body_read`, counted by our read
 * callback; libcurl's own count is 0 also when a body was sent and lost. On 417
 * the transfer is stopped in the header callback: libcurl would repeat it for
 * ever.
 *
 * Time limits are ours (http_watch.c says how they are measured); libcurl only
 * limits connecting and the wait for 100 Continue.
 */
#ifndef SE_WIRE_HTTP_H
#define SE_WIRE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>

#include "base/buf.h"
#include "wire/loop.h"

typedef struct se__http se__http; /* a loop's connections */

/* How the exchange ended. Only SE__HTTP_OK means a complete answer. */
typedef enum se__http_end {
    SE__HTTP_OK = 0,
    SE__HTTP_RESOLVE, /* name not found */
    SE__HTTP_CONNECT, /* refused, no route, address not allowed */
    SE__HTTP_CONNECT_TIMEOUT,
    SE__HTTP_TLS,            /* handshake or certificate */
    SE__HTTP_LOST,           /* connection died; status may be known */
    SE__HTTP_IDLE,           /* too slow for too long */
    SE__HTTP_COMMIT_TIMEOUT, /* body complete, no answer */
    SE__HTTP_TIMEOUT,        /* the call's own total */
    SE__HTTP_TOO_LARGE,      /* answer beyond its cap */
    SE__HTTP_BODY_FAILED,    /* our body could not be read */
    SE__HTTP_CANCELED,       /* se__http_cancel() */
    SE__HTTP_INTERNAL        /* out of memory, library error */
} se__http_end;

enum {
    SE__HTTP_BODY_AGAIN = -1,
    SE__HTTP_BODY_ERROR = -2
};

/* Copied; all zero is fine. */
typedef struct se__http_policy {
    const char *ca_file; /* trust these alone; NULL: the system's */
    bool https_only;
    int connect_timeout_ms; /* name, TCP and TLS together; 0: 3000 */
    size_t max_connections; /* kept alive per loop; 0: 128 */
    const char *user_agent; /* NULL: "artstore-ingest/VERSION" */
} se__http_policy;

/*
 * One call: request, then answer. Embedded by who makes it, zeroed first; must
 * stay where it is until done() was called. Strings are borrowed for that long.
 */
typedef struct se__http_call {
    /* request */
    const char *method; /* "GET", "POST", "PUT", "DELETE" */
    const char *url;
    const char *authorization; /* whole header value, NULL: none; kept secret */
    const char *content_type;  /* with a body */
    const char *json_body;     /* small body from memory, else: */
    /*
     * Body: fill buffer, return bytes, 0 = end, BODY_AGAIN = nothing yet
     * (se__http_resume() continues), BODY_ERROR = give up. Loop thread. Ending
     * before body_size is BODY_ERROR as well; it is not asked for more.
     */
    int64_t (*read_body)(struct se__http_call *call, char *buffer, size_t n);
    int64_t body_size;     /* exact; -1: chunked */
    bool no_expect;        /* send an empty Expect instead (after a 417) */
    int expect_timeout_ms; /* wait for 100 Continue before sending anyway */
    int total_timeout_ms;  /* 0: none */
    int idle_timeout_ms;   /* under 1 KiB/s while sending; 0: none */
    int commit_timeout_ms; /* request sent to answer complete; 0: none */
    size_t upload_buffer;  /* bytes; 0: 64 KiB */
    size_t max_reply;      /* bytes of body kept and allowed; 0: 64 KiB */
    void (*done)(struct se__http_call *call); /* loop thread, once */

    /* answer, valid in and after done() until se__http_call_fini() */
    se__http_end end;
    int status;               /* final status, 0: none came */
    se__buf reply;            /* body, NUL-terminated when not empty */
    int64_t retry_after_s;    /* -1: none */
    char server[64];          /* Server header, "" if none */
    char content_type_in[64]; /* of the answer */
    int64_t body_read;        /* body bytes our callback gave to libcurl */
    bool body_complete;       /* the whole body, if any, was given */
    bool expect_ignored;      /* sent after waiting in vain for 100 */
    int64_t started_ms, first_body_ms, finished_ms; /* monotonic, 0: not */
    char error[256]; /* for people: "connection refused"; "" after OK */

    /* private to http*.c */
    struct se__http *http;         /* NULL: not under way */
    struct se__transfer *transfer; /* NULL: could not be started */
    struct se__http_call *next;    /* waits until libcurl has returned */
    bool waits;
} se__http_call;

/* Any thread, before calls are started. */
se_err se__http_open(se__http **out, se__loop *loop,
                     const se__http_policy *policy, se_error *err);
/*
 * No call may be under way, nor a done(); on the loop thread, or after the loop
 * closed.
 */
void se__http_close(se__http *http);

/* The rest: loop thread only. start never calls done() before it returns. */
void se__http_start(se__http *http, se__http_call *call);
/*
 * Ends with SE__HTTP_CANCELED through done(), before cancel returns; a call
 * that is not under way is left alone. Inside read_body, of any call of this
 * loop, libcurl may not be called: then done() follows in the loop's next
 * tasks, and no further read_body of that call comes before it.
 */
void se__http_cancel(se__http_call *call);
/* The body has more to give after BODY_AGAIN; else a no-op. */
void se__http_resume(se__http_call *call);
/* Free what the answer holds; to use the call again, zero it. */
void se__http_call_fini(se__http_call *call);

/* Global initialisation of libcurl, counted; called by se__http_open too. */
se_err se__http_global_init(se_error *err);
void se__http_global_fini(void);
/* e.g. "libcurl/7.88.1 OpenSSL/3.0.15" */
const char *se__http_version(void);

#endif
