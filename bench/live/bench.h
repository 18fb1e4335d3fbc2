/*
 * What the measurements of live topology share.
 */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/redis.h"

typedef struct bench_redis {
    const char *url; /* redis://127.0.0.1:PORT */
    int port;
} bench_redis;

void bench_die(const char *what) __attribute__((noreturn));
int64_t bench_now_us(void);
void bench_pause_ms(int ms);

/* Times of one side, in microseconds. */
typedef struct bench_times {
    double *us;
    size_t n;
    size_t capacity;
} bench_times;

void bench_add(bench_times *times, int64_t us);
double bench_quantile(bench_times *times, double q); /* sorts */
/* "what: ours p50 .. p99 .., theirs ..., ratio of p99 .."; frees both. */
void bench_report(const char *what, bench_times *ours, bench_times *theirs);

/* A connection past the registry; and one command, which must succeed. */
se__redis *bench_connect(const bench_redis *redis);
se__redis_reply *bench_ask(se__redis *redis, int argc, const char *const *argv);

/* The document of n elements; generation becomes the first one's priority,
 * base (NULL: closed ports) the beginning of every URL. Owned. */
char *bench_document(size_t n, int generation, const char *base);

/* A server that answers capacities with room for everything. */
typedef struct bench_http bench_http;
/* head: a whole request head; returns what is sent at once; body bytes are
 * swallowed and then `after` is sent, if it is set. */
typedef struct bench_answer {
    const char *first;
    const char *after;
} bench_answer;
typedef bench_answer (*bench_http_fn)(void *user, const char *head);
bench_http *bench_http_start(bench_http_fn fn, void *user);
int bench_http_port(const bench_http *server);
bench_answer bench_capacity_answer(void);

int bench_publish(const bench_redis *redis, int rounds); /* P7 */
int bench_reload(const bench_redis *redis, int rounds);  /* P8 */
int bench_lazy(const bench_redis *redis, int rounds);    /* P10 */
int bench_idle(const bench_redis *redis, int rounds);    /* P11, P12 */
int bench_stay(char **argv); /* live stay URL ELEMENTS SECONDS, by idle */

#endif
