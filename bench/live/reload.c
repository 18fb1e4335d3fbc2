/*
 * P8: a reload that changes nothing, against GET and cJSON of the same
 * document.
 */
#include "bench.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <artstore/ingest.h>

static void put(se__redis *redis, const char *document)
{
    const char *const words[] = {"SET", "artstore:storage_elements", document};

    se__redis_reply_free(bench_ask(redis, 3, words));
}

static int64_t get_and_parse(se__redis *redis)
{
    const char *const words[] = {"GET", "artstore:storage_elements"};
    int64_t began = bench_now_us();
    se__redis_reply *reply = bench_ask(redis, 2, words);
    size_t length = 0;
    const char *text = se__redis_string(reply, &length);
    cJSON *parsed = cJSON_ParseWithLength(text, length);
    int64_t took = bench_now_us() - began;

    if (!parsed) {
        bench_die("cJSON does not parse the document");
    }
    cJSON_Delete(parsed);
    se__redis_reply_free(reply);
    return took;
}

static int64_t reload(se_ingest *ingest)
{
    se_error err = SE_ERROR_INIT;
    int64_t began = bench_now_us();

    if (se_registry_reload(se_ingest_registry(ingest), SE_RELOAD_MANUAL, 0,
                           NULL, &err) != SE_OK) {
        bench_die(err.message);
    }
    return bench_now_us() - began;
}

static void measure(const bench_redis *redis, size_t n, int rounds)
{
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;
    se_ingest *ingest = NULL;
    const char *sources[] = {redis->url};
    se__redis *connection = bench_connect(redis);
    char *document = bench_document(n, 1, NULL);
    bench_times a = {0};
    bench_times b = {0};
    char what[64];

    options.sources = sources;
    options.n_sources = 1;
    put(connection, document);
    if (se_ingest_open(&ingest, &options, &err) != SE_OK) {
        bench_die(err.message);
    }
    reload(ingest);
    for (int i = 0; i < rounds; i++) {
        bench_add(&a, reload(ingest));
        bench_add(&b, get_and_parse(connection));
    }
    snprintf(what, sizeof(what), "%zu elements", n);
    bench_report(what, &a, &b);
    se_ingest_close(ingest);
    se__redis_close(connection);
    free(document);
}

int bench_reload(const bench_redis *redis, int rounds)
{
    puts("P8: reload, nothing changed, against GET and cJSON");
    measure(redis, 100, 10 * rounds);
    measure(redis, 10000, rounds);
    return 0;
}
