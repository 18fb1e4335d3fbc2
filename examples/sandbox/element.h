/*
 * One storage element: what it holds, its faults, its counts.
 *
 * Files lie as `<dir>/<file_id>` beside `<file_id>.attr.json`; the attr.json
 * is what GET /api/v1/files/{id} answers. What is stored or deleted is a line
 * in the fleet's truth log before anybody can see it.
 */
#ifndef SANDBOX_ELEMENT_H
#define SANDBOX_ELEMENT_H

#include <pthread.h>
#include <stdatomic.h>

#include <openssl/evp.h>

#include "fault.h"
#include "ident.h"
#include "sandbox.h"
#include "table.h"
#include "text.h"
#include "tokens.h"

struct sb_connection;

/* What all elements share; fixed after the start. */
typedef struct sb_fleet {
    char *dir;
    char *token; /* NULL: any */
    bool discard;
    bool fixed; /* answer `fixed_sha256`, hash nothing */
    uint8_t fixed_sha256[SB_SHA_BYTES];
    int truth_fd;
    int idle_ms;
    atomic_int documents; /* versions of the fleet document */
    struct sandbox *owner;
    char *client_id; /* of the Admin Module; NULL: no account is needed */
    char *client_secret;
    int token_ttl_s;
    bool require_token;
    sb_tokens tokens;
} sb_fleet;

typedef struct sb_element {
    struct sb_element *next; /* in the order given */
    sb_fleet *fleet;
    char *id;
    char *dir;
    int number; /* from 1 */
    int priority;
    int64_t size_bytes;
    char url[40];
    bool is_admin;          /* no element, but the Admin Module */
    atomic_int temporaries; /* names given to files that are coming in */

    pthread_mutex_t lock;   /* guards what follows */
    pthread_cond_t changed; /* a connection is told to end, or ended */
    char mode[8];
    sb_table files;
    int64_t stored_bytes;
    int64_t n_files;
    int64_t used_override; /* -1: none */
    int full_status;
    sb_faults faults;
    sandbox_counts counts;
    struct sb_connection *open;     /* being served */
    struct sb_connection *finished; /* to be joined */

    pthread_mutex_t life; /* listening starts or ends; taken before `lock` */
    int port_fd;          /* keeps the port while nobody listens */
    int listen_fd;        /* -1: killed */
    int port;
    pthread_t acceptor;
    atomic_bool accepting;
} sb_element;

/* Makes its folder and reads what lies there. NULL: says why on stderr. */
sb_element *sb_element_new(sb_fleet *fleet, const sandbox_element *what,
                           int number);
/* The Admin Module, which keeps no files. */
sb_element *sb_element_new_admin(sb_fleet *fleet);
void sb_element_free(sb_element *element);

bool sb_mode_valid(const char *mode);
void sb_element_mode(sb_element *element, char mode[8]);
/* Bytes that still fit; used bytes into `used` unless NULL. */
int64_t sb_element_available(sb_element *element, int64_t *used);
/* False: not stored here (or deleted). */
bool sb_element_find(sb_element *element, const uint8_t *id, sb_file *out);

/* "<dir>/<file_id><suffix>", owned by the caller; NULL: out of memory. */
char *sb_element_path(const sb_element *element, const uint8_t *id,
                      const char *suffix);

/* False: it is not here. The files and the truth log tell it afterwards. */
bool sb_element_delete(sb_element *element, const uint8_t *id);

/* A file that comes in. */
typedef struct sb_incoming {
    sb_element *element;
    EVP_MD_CTX *digest; /* kept for the next one */
    char *path;         /* where it lies until it is complete */
    int fd;             /* -1: not on disk */
    int64_t size;
    bool corrupt; /* change one byte of what comes next */
    bool corrupted;
    bool failed;
    uint8_t sha256[SB_SHA_BYTES]; /* after sb_incoming_finish */
} sb_incoming;

typedef enum sb_commit {
    SB_COMMITTED = 0,
    SB_COMMIT_EXISTS,
    SB_COMMIT_NO_ROOM,
    SB_COMMIT_FAILED
} sb_commit;

void sb_incoming_init(sb_incoming *in, sb_element *element);
void sb_incoming_fini(sb_incoming *in);
/* A failure of open or write is told by finish. */
void sb_incoming_open(sb_incoming *in);
void sb_incoming_write(sb_incoming *in, char *bytes, size_t length);
/* All bytes came; false: they could not be kept. */
bool sb_incoming_finish(sb_incoming *in);
/* Store it: data, attr.json, truth log, table, in this order. */
sb_commit sb_incoming_commit(sb_incoming *in, const uint8_t *id,
                             const sb_text *attributes);
/* Forget it, if it was opened and not committed. */
void sb_incoming_drop(sb_incoming *in);

/* SHA-256 of a file; false: errno. */
bool sb_hash_file(const char *path, uint8_t sha256[SB_SHA_BYTES]);

#endif
