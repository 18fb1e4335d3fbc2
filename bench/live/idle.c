/*
 * P11, P12: processor and memory of a program that only stays up to date: list,
 * watch, monitor.
 */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <artstore/ingest.h>

#define SETTLE_MS 4000

static bench_answer answer(void *user, const char *head)
{
    (void)user;
    (void)head;
    return bench_capacity_answer();
}

static int64_t cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static long rss_anon_kib(void)
{
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "re");

    while (status && fgets(line, sizeof(line), status)) {
        if (sscanf(line, "RssAnon: %ld", &kib) == 1) {
            break;
        }
    }
    if (status) {
        fclose(status);
    }
    return kib;
}

/* In a process of its own: nothing but the library is in it. */
static void stay(const bench_redis *redis, size_t n, int seconds)
{
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;
    se_ingest *ingest = NULL;
    const char *sources[] = {redis->url};
    long before = rss_anon_kib();
    int64_t began_us;
    int64_t began_cpu;

    options.sources = sources;
    options.n_sources = 1;
    if (se_ingest_open(&ingest, &options, &err) != SE_OK ||
        se_ingest_start(ingest, SE_START_ALL, &err) != SE_OK) {
        bench_die(err.message);
    }
    bench_pause_ms(SETTLE_MS);
    began_us = bench_now_us();
    began_cpu = cpu_us();
    bench_pause_ms(seconds * 1000);
    printf("  %zu elements: %.3f %% of a core over %d s, RssAnon %.1f MB (%.1f "
           "before the library was opened)\n",
           n,
           100.0 * (double)(cpu_us() - began_cpu) /
               (double)(bench_now_us() - began_us),
           seconds, (double)rss_anon_kib() / 1000, (double)before / 1000);
    se_ingest_close(ingest);
}

static void measure(const bench_redis *redis, const bench_http *server,
                    size_t n, int seconds)
{
    se__redis *connection = bench_connect(redis);
    char base[64];
    char *document;
    int status = 1;
    pid_t child;

    snprintf(base, sizeof(base), "http://127.0.0.1:%d",
             bench_http_port(server));
    document = bench_document(n, 1, base);
    {
        const char *const words[] = {"SET", "artstore:storage_elements",
                                     document};

        se__redis_reply_free(bench_ask(connection, 3, words));
    }
    free(document);
    se__redis_close(connection);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        char count[32];
        char time[32];

        snprintf(count, sizeof(count), "%zu", n);
        snprintf(time, sizeof(time), "%d", seconds);
        execl("/proc/self/exe", "live", "stay", redis->url, count, time,
              (char *)NULL);
        _exit(127);
    }
    if (waitpid(child, &status, 0) != child || status != 0) {
        bench_die("the idle process failed");
    }
}

int bench_stay(char **argv)
{
    bench_redis redis = {argv[2], 0};

    stay(&redis, (size_t)strtoul(argv[3], NULL, 10),
         (int)strtol(argv[4], NULL, 10));
    return 0;
}

int bench_idle(const bench_redis *redis, int rounds)
{
    bench_http *server = bench_http_start(answer, NULL);
    int seconds = rounds < 5 ? 5 : rounds;

    puts("P11, P12: idle, with list, watch and monitor");
    measure(redis, server, 100, seconds);
    measure(redis, server, 10000, seconds);
    return 0;
}
