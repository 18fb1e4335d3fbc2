/*
 * A small fleet of storage elements in one process, on disk, with faults.
 *
 * It speaks wire-contract 3 (upload, capacity, file, download, delete, gc,
 * info, health) on one loopback port per element, keeps each stored file as
 * `<dir>/<id>/<file_id>` beside `<file_id>.attr.json`, and writes every body
 * that it stored to an append-only truth log, `<dir>/truth.jsonl`, before it
 * answers: what is lost or doubled can be told from it alone.
 *
 * Used by tests in their own process, and by the program artstore-sandbox.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sandbox sandbox;

typedef struct sandbox_element {
    const char *id;
    const char *mode; /* "edit", "rw", "ro", "ar" */
    int priority;
    int64_t size_bytes; /* capacity; 0: 1 TiB. Counts stored bytes, not disk */
} sandbox_element;

typedef struct sandbox_options {
    const char *dir;   /* made if missing */
    bool discard;      /* hash and count bodies, keep no bytes */
    const char *token; /* bearer token that requests must carry; NULL: any */
    const sandbox_element *elements;
    size_t n_elements;
    /* With `discard` only: answer this checksum (64 hex digits), hash nothing
     * and log nothing: a sink that costs as little as possible. NULL: hash. */
    const char *fixed_checksum;
    int idle_ms; /* close a connection that says nothing; 0: 60 s */

    /*
     * An Admin Module (wire-contract 2.1 to 2.3, 2.7) beside the elements: in
     * the functions below it goes by the id "admin". With an account it gives
     * tokens for it and asks for one of them; without, everybody may read.
     */
    bool admin;
    const char *client_id;
    const char *client_secret;
    int token_ttl_s;    /* 0: 1800 */
    bool require_token; /* elements ask for a token that it gave out */
} sandbox_options;

/* Where in a request a fault strikes. */
typedef enum sandbox_when {
    SANDBOX_BEFORE_BODY = 0, /* headers read, no 100 Continue sent */
    SANDBOX_DURING_BODY,     /* after `after_bytes` of the request body */
    SANDBOX_AFTER_BODY,      /* body read; the file is NOT stored */
    SANDBOX_AFTER_STORE      /* the file is stored; the answer is affected */
} sandbox_when;

/*
 * A request ends at the first fault that strikes, but SLOW, NO_100, FLOOD_1XX
 * and CORRUPT only change its way, and the faults behind them are tried too.
 * Where `when` makes no sense for an action it is set right: NO_100 and
 * EXPECT_417 strike before the body, CORRUPT there or during it,
 * WRONG_CHECKSUM and NO_CHECKSUM after the file is stored, GARBAGE there or
 * after the body.
 */

typedef enum sandbox_action {
    SANDBOX_NO_FAULT = 0,
    SANDBOX_STATUS,         /* answer `status` with `body` and `header` */
    SANDBOX_CLOSE,          /* close the connection in good order */
    SANDBOX_RESET,          /* close it with a TCP reset */
    SANDBOX_STALL,          /* read and write nothing until closed */
    SANDBOX_SLOW,           /* from here on `bytes_per_s`, both ways */
    SANDBOX_NO_100,         /* never send 100 Continue, else behave */
    SANDBOX_WRONG_CHECKSUM, /* 201 with another checksum (AFTER_STORE) */
    SANDBOX_NO_CHECKSUM,    /* 201 without one */
    SANDBOX_GARBAGE,        /* 201 with a body that is no JSON */
    SANDBOX_CORRUPT,        /* store another byte than was sent, and say so:
                             * checksum and truth log are of what is stored */
    SANDBOX_ENDLESS,        /* an answer body that never ends */
    SANDBOX_ENDLESS_HEADERS,
    SANDBOX_FLOOD_1XX, /* 1000 interim answers first */
    SANDBOX_EXPECT_417 /* 417 if `Expect: 100-continue` was sent */
} sandbox_action;

/* Which requests: uploads, or GET capacity, GET file (also its download),
 * DELETE; of the Admin Module POST token, GET the list, GET one element. ANY:
 * these and all others. */
typedef enum sandbox_route {
    SANDBOX_UPLOAD = 0,
    SANDBOX_CAPACITY,
    SANDBOX_FILE,
    SANDBOX_DELETE_FILE,
    SANDBOX_DELETE_GC,
    SANDBOX_TOKEN,
    SANDBOX_LIST,
    SANDBOX_ITEM,
    SANDBOX_ANY
} sandbox_route;

typedef struct sandbox_fault {
    sandbox_route route;
    sandbox_when when;
    sandbox_action action;
    int status;          /* SANDBOX_STATUS; 0: 500 */
    const char *body;    /* copied; NULL: {"detail":"sandbox fault"} */
    const char *header;  /* copied; one extra header line, NULL: none */
    int64_t after_bytes; /* SANDBOX_DURING_BODY */
    int64_t bytes_per_s; /* SANDBOX_SLOW */
    int delay_ms;        /* wait this long before it strikes */
    int skip;            /* let this many matching requests pass first */
    int times;           /* strike this often; 0: until cleared */
} sandbox_fault;

/* What an element has seen; a consistent copy. */
typedef struct sandbox_counts {
    int64_t connections; /* accepted */
    int64_t requests;    /* of any route */
    int64_t uploads;     /* upload requests whose headers came */
    int64_t body_bytes;  /* bytes of upload request bodies looked at */
    int64_t stored;      /* files stored, ever */
    int64_t deleted;
    int64_t capacity_requests;
    int64_t file_requests;
    int64_t open_connections;
    /* Bytes of upload request bodies that came although the element had
     * answered or closed before it looked at them. With body_bytes 0 and this
     * 0, no body byte has left the client. */
    int64_t unread_bytes;
    int64_t token_requests; /* these two of the Admin Module */
    int64_t list_requests;
} sandbox_counts;

/* Start all elements, each on a free port. NULL: says why on stderr. */
sandbox *sandbox_start(const sandbox_options *options);
void sandbox_stop(sandbox *sandbox); /* closes everything; files stay */

/* "http://127.0.0.1:PORT"; view. NULL: no such element. "admin": the Admin
 * Module. */
const char *sandbox_url(const sandbox *sandbox, const char *id);
/* The fleet document (wire-contract 1.3), owned by the caller: free(). */
char *sandbox_document(const sandbox *sandbox);
/* The same into a file, atomically replaced. False: errno. */
bool sandbox_write_document(const sandbox *sandbox, const char *path);

/* Faults of one element are tried in the order added. */
void sandbox_add_fault(sandbox *sandbox, const char *id,
                       const sandbox_fault *fault);
void sandbox_clear_faults(sandbox *sandbox, const char *id);
/* Stop listening and reset every connection; files stay. */
void sandbox_kill(sandbox *sandbox, const char *id);
/* Listen again, on the same port. */
bool sandbox_revive(sandbox *sandbox, const char *id);
/* Answer capacity, and take uploads, as if this much were in use; -1: the
 * truth. */
void sandbox_set_used(sandbox *sandbox, const char *id, int64_t used_bytes);
/* How a full element answers: 507 before the body (the default, as the Go
 * element does) or 500 after it (as the Python element does). */
void sandbox_set_full_status(sandbox *sandbox, const char *id, int status);
void sandbox_set_mode(sandbox *sandbox, const char *id, const char *mode);
/* No token that was given out so far is accepted any more. */
void sandbox_revoke_tokens(sandbox *sandbox);
void sandbox_counts_of(sandbox *sandbox, const char *id, sandbox_counts *out);

/* Stored and not deleted: copies of a file over all elements. */
int sandbox_copies(sandbox *sandbox, const char *file_id);
/* Does an element hold this file with this SHA-256 (64 hex digits)? */
bool sandbox_holds(sandbox *sandbox, const char *id, const char *file_id,
                   const char *sha256);

#endif
