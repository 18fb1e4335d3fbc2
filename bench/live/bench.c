/*
 * Times, connections and documents for the measurements.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

void bench_die(const char *what)
{
    fprintf(stderr, "live: %s\n", what);
    exit(1);
}

int64_t bench_now_us(void)
{
    return se__now_us();
}

void bench_pause_ms(int ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&pause, NULL);
}

/* ---- times ---- */

void bench_add(bench_times *times, int64_t us)
{
    if (times->n == times->capacity) {
        size_t capacity = times->capacity ? 2 * times->capacity : 256;
        double *grown = realloc(times->us, capacity * sizeof(double));

        if (!grown) {
            bench_die("out of memory");
        }
        times->us = grown;
        times->capacity = capacity;
    }
    times->us[times->n++] = (double)us;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_quantile(bench_times *times, double q)
{
    if (times->n == 0) {
        bench_die("nothing was measured");
    }
    qsort(times->us, times->n, sizeof(double), compare);
    return times->us[(size_t)(q * (double)(times->n - 1))];
}

void bench_report(const char *what, bench_times *ours, bench_times *theirs)
{
    double a50 = bench_quantile(ours, 0.5);
    double a99 = bench_quantile(ours, 0.99);
    double b50 = bench_quantile(theirs, 0.5);
    double b99 = bench_quantile(theirs, 0.99);

    printf("  %s: ours p50 %.0f us p99 %.0f us, theirs p50 %.0f us p99 %.0f "
           "us over %zu rounds\n"
           "  ratio of p99 %.2f, of p50 %.2f\n",
           what, a50, a99, b50, b99, ours->n, a99 / b99, a50 / b50);
    free(ours->us);
    free(theirs->us);
    *ours = (bench_times){0};
    *theirs = (bench_times){0};
}

/* ---- Redis ---- */

se__redis *bench_connect(const bench_redis *redis)
{
    se__redis_target target = SE__REDIS_TARGET_INIT;
    se__redis *connection = NULL;
    se_error err = SE_ERROR_INIT;

    target.host = "127.0.0.1";
    target.port = redis->port;
    if (se__redis_connect(&target, se__now_ms() + 5000, &connection, &err) !=
        SE_OK) {
        bench_die(err.message);
    }
    return connection;
}

se__redis_reply *bench_ask(se__redis *redis, int argc, const char *const *argv)
{
    se__redis_reply *reply = NULL;
    se_error err = SE_ERROR_INIT;

    if (se__redis_command(redis, argc, argv, se__now_ms() + 10000, &reply,
                          &err) != SE_OK) {
        bench_die(err.message);
    }
    return reply;
}

char *bench_document(size_t n, int generation, const char *base)
{
    se__buf buf = SE__BUF_INIT;
    char *text;

    se__buf_printf(&buf,
                   "{\"version\": %d, \"timestamp\": "
                   "\"2026-03-01T09:%02d:%02d.%06dZ\", \"count\": %zu, "
                   "\"storage_elements\": [",
                   generation, generation / 60000 % 60, generation / 1000 % 60,
                   generation % 1000, n);
    for (size_t i = 0; i < n; i++) {
        se__buf_printf(
            &buf,
            "%s{\"id\": %zu, \"name\": \"SE %zu\", \"api_url\": \"%s/e%zu\", "
            "\"mode\": \"%s\", \"storage_type\": \"s3\", \"status\": "
            "\"online\", \"base_path\": \"artstore-files/%zu\", "
            "\"capacity_bytes\": 1099511627776, \"used_bytes\": 1048576, "
            "\"file_count\": 3, \"retention_days\": null, \"priority\": %d, "
            "\"element_id\": \"se-%05zu\", \"is_writable\": true, "
            "\"is_available\": true, \"last_health_check\": null}",
            i ? ", " : "", i + 1, i, base ? base : "http://127.0.0.1:9", i,
            i % 2 ? "rw" : "edit", i, i ? 1000 + (int)i : 1 + generation % 900,
            i);
    }
    se__buf_puts(&buf, "]}");
    text = se__buf_take(&buf);
    if (!text) {
        bench_die("out of memory");
    }
    return text;
}
