/*
 * P10: from the last byte of a 507 to the first byte at the next element, with
 * the reload in between, against one Redis GET and one TCP connect.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <artstore/ingest.h>

#include "base/sha256.h"

#define FILE_ID "7b0b5a5e-6a0e-4f0e-9d0c-5d9b3f6a1c11"

static atomic_int_fast64_t refused_us;
static atomic_int_fast64_t reached_us;
static char stored[512]; /* what the second element answers */

static bool is_upload(const char *head)
{
    return strncmp(head, "POST", 4) == 0;
}

static bench_answer full(void *user, const char *head)
{
    static const char answer[] =
        "HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 18\r\n"
        "Content-Type: application/json\r\n\r\n{\"detail\":\"full.\"}";

    (void)user;
    if (!is_upload(head)) {
        return bench_capacity_answer();
    }
    atomic_store(&refused_us, bench_now_us());
    return (bench_answer){answer, NULL};
}

static bench_answer roomy(void *user, const char *head)
{
    (void)user;
    if (!is_upload(head)) {
        return bench_capacity_answer();
    }
    atomic_store(&reached_us, bench_now_us());
    return (bench_answer){"HTTP/1.1 100 Continue\r\n\r\n", stored};
}

static void make_stored(const char *data, size_t length)
{
    char hex[SE__SHA256_HEX_SIZE];
    char body[256];
    se__sha256 sha = {0};

    if (se__sha256_start(&sha, NULL) != SE_OK) {
        bench_die("no SHA-256");
    }
    se__sha256_update(&sha, data, length);
    se__sha256_finish(&sha, hex);
    se__sha256_fini(&sha);
    snprintf(body, sizeof(body),
             "{\"file_id\":\"" FILE_ID "\",\"original_filename\":\"f\","
             "\"file_size\":%zu,\"checksum\":\"%s\",\"message\":\"ok\"}",
             length, hex);
    snprintf(stored, sizeof(stored),
             "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             strlen(body), body);
}

static int64_t upload(se_ingest *ingest, const char *data, size_t length)
{
    se_upload up = SE_UPLOAD_INIT;
    se_result *result = NULL;
    se_error err = SE_ERROR_INIT;

    make_stored(data, length);
    up.data = data;
    up.data_length = length;
    up.name = "f";
    up.file_id = FILE_ID;
    atomic_store(&refused_us, 0);
    if (se_ingest_upload(ingest, &up, &result, &err) != SE_OK) {
        bench_die(err.message);
    }
    se_result_free(result);
    return atomic_load(&refused_us) == 0
               ? -1
               : atomic_load(&reached_us) - atomic_load(&refused_us);
}

static int64_t get_and_connect(se__redis *redis, int port)
{
    const char *const words[] = {"GET", "artstore:storage_elements"};
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr = {htonl(INADDR_LOOPBACK)},
    };
    int64_t began = bench_now_us();
    int64_t took;
    int fd;

    se__redis_reply_free(bench_ask(redis, 2, words));
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        bench_die("connect");
    }
    took = bench_now_us() - began;
    close(fd);
    return took;
}

static se_ingest *open_ingest(const bench_redis *redis)
{
    se_options options = SE_OPTIONS_INIT;
    se_registry_options registry = SE_REGISTRY_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;
    se_ingest *ingest = NULL;
    const char *sources[] = {redis->url};

    registry.lazy_min_interval_ms = 1; /* or there is one a second to measure */
    registry.lazy_max_interval_ms = 1;
    options.registry = &registry;
    options.sources = sources;
    options.n_sources = 1;
    if (se_ingest_open(&ingest, &options, &err) != SE_OK) {
        bench_die(err.message);
    }
    return ingest;
}

static void put_list(se__redis *redis, const bench_http *a, const bench_http *b)
{
    char document[512];
    const char *const words[] = {"SET", "artstore:storage_elements", document};

    snprintf(document, sizeof(document),
             "{\"version\":1,\"timestamp\":\"2026-03-01T09:15:30Z\","
             "\"storage_elements\":["
             "{\"id\":1,\"element_id\":\"se-01\",\"mode\":\"edit\","
             "\"priority\":1,\"api_url\":\"http://127.0.0.1:%d\"},"
             "{\"id\":2,\"element_id\":\"se-02\",\"mode\":\"edit\","
             "\"priority\":2,\"api_url\":\"http://127.0.0.1:%d\"}]}",
             bench_http_port(a), bench_http_port(b));
    se__redis_reply_free(bench_ask(redis, 3, words));
}

int bench_lazy(const bench_redis *redis, int rounds)
{
    static char data[4096];
    bench_http *a = bench_http_start(full, NULL);
    bench_http *b = bench_http_start(roomy, NULL);
    se__redis *connection = bench_connect(redis);
    se_ingest *ingest;
    bench_times ours = {0};
    bench_times theirs = {0};

    if ((size_t)rounds > sizeof(data)) {
        rounds = sizeof(data);
    }
    put_list(connection, a, b);
    ingest = open_ingest(redis);
    puts("P10: last byte of a 507 to the first byte at the next element, "
         "against one GET and one connect");
    for (int i = 0; i < rounds; i++) {
        /* Smaller each time: what is marked as full is so for larger ones. */
        int64_t us = upload(ingest, data, sizeof(data) - (size_t)i);

        if (us >= 0) {
            bench_add(&ours, us);
        }
        bench_add(&theirs, get_and_connect(connection, bench_http_port(b)));
        bench_pause_ms(3);
    }
    bench_report("lazy reload", &ours, &theirs);
    se_ingest_close(ingest);
    se__redis_close(connection);
    return 0;
}
