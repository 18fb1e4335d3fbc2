/*
 * HTTP calls from a test's thread: start one on the loop, wait for its end.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/thread.h"
#include "wire/http.h"

/* A body of `size` bytes of a pattern, given in pieces. */
typedef struct exchange_body {
    int64_t size;
    int64_t at;
    size_t piece;     /* at most so many at once, 0: as many as fit */
    int64_t pause_at; /* answer AGAIN there until resumed; 0: never */
    bool held;        /* answer AGAIN from the start until resumed */
    bool paused;
    int64_t fail_at; /* BODY_ERROR there; 0: never */
    int64_t end_at;  /* claim the end there; 0: at size */
    bool too_much;   /* claim more than fits */
    int asked;       /* times the callback was called */
} exchange_body;

typedef struct exchange {
    se__http_call call;
    exchange_body body;
    se__http *http;
    se__loop *loop;
    se__task task;
    void (*act)(struct exchange *x);
    void (*in_read)(struct exchange *x); /* at each read, before it */
    void (*in_done)(struct exchange *x);
    int calls_done; /* how often done() came */
    bool done_on_loop;
    se__mutex lock;
    se__cond changed;
    bool acted;
} exchange;

/* The loop and its http, opened for each test. */
typedef struct wire {
    se__loop *loop;
    se__http *http;
} wire;

void wire_open(wire *w, const se__http_policy *policy);
void wire_close(wire *w);

/* A POST of a pattern of `size` bytes to url + "/x"; -1: 100 000, chunked. */
void exchange_init(exchange *x, wire *w, const char *url, int64_t size);
void exchange_fini(exchange *x);
void exchange_start(exchange *x);
/* Wait for done(); fails the test after 20 s. */
void exchange_wait(exchange *x);
/* Both. */
void exchange_run(exchange *x);
void exchange_cancel(exchange *x);
void exchange_resume(exchange *x);
/* Run on the loop thread and wait until it has. */
void exchange_do(exchange *x, void (*act)(exchange *x));

/* Hash of such a body as the scripted server computes it. */
uint64_t exchange_hash(int64_t size);
/* A call that ended OK with this status, or the test fails. */
void exchange_expect(const exchange *x, se__http_end end, int status);

#endif
