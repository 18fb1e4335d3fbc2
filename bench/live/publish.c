/*
 * P7: from PUBLISH to a pick that sees it, against PUBLISH to a plain
 * subscriber.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <artstore/ingest.h>

#include "base/clock.h"
#include "base/thread.h"

#define PLAIN "bench:plain"
/* Longer than changes that follow each other are put together. */
#define GAP_MS 70
#define ELEMENTS 10

typedef struct arrival {
    se__mutex lock;
    se__cond moved;
    int64_t at_us;
    int count;
} arrival;

static void arrived(arrival *a)
{
    int64_t now = bench_now_us();

    se__mutex_lock(&a->lock);
    a->at_us = now;
    a->count++;
    se__cond_broadcast(&a->moved);
    se__mutex_unlock(&a->lock);
}

static int64_t await(arrival *a, int count)
{
    int64_t deadline = se__now_ms() + 10000;
    int64_t at;

    se__mutex_lock(&a->lock);
    while (a->count < count) {
        if (!se__cond_wait(&a->moved, &a->lock, deadline)) {
            bench_die("a change did not arrive within 10 s");
        }
    }
    at = a->at_us;
    se__mutex_unlock(&a->lock);
    return at;
}

/* ---- ours ---- */

typedef struct ours {
    arrival change;
    se_ingest *ingest;
} ours;

/* What a pick says now is what counts. */
static void on_change(void *user, const se_diff *diff)
{
    ours *o = user;
    se_want want = SE_WANT_INIT;
    se_pick *pick = NULL;

    (void)diff;
    if (se_selector_pick(se_ingest_selector(o->ingest), &want, &pick, NULL) ==
        SE_OK) {
        se_selector_release(se_ingest_selector(o->ingest), pick, SE_REJECTED);
        arrived(&o->change);
    }
}

static void open_ours(ours *o, const bench_redis *redis)
{
    se_options options = SE_OPTIONS_INIT;
    se_error err = SE_ERROR_INIT;
    const char *sources[] = {redis->url};

    options.sources = sources;
    options.n_sources = 1;
    if (se_ingest_open(&o->ingest, &options, &err) != SE_OK ||
        se_registry_on_change(se_ingest_registry(o->ingest), on_change, o,
                              &err) != SE_OK ||
        se_ingest_start(o->ingest, SE_START_RELOAD, &err) != SE_OK) {
        bench_die(err.message);
    }
}

/* ---- theirs ---- */

typedef struct plain {
    arrival message;
    se__redis *redis;
} plain;

static void subscriber(void *argument)
{
    plain *p = argument;

    for (;;) {
        se__redis_reply *reply = NULL;

        if (se__redis_wait(p->redis, SE__NEVER, &reply, NULL) != SE_OK) {
            return;
        }
        if (reply) {
            arrived(&p->message);
        }
        se__redis_reply_free(reply);
    }
}

static void open_plain(plain *p, const bench_redis *redis, se__thread *thread)
{
    const char *const words[] = {"SUBSCRIBE", PLAIN};

    p->redis = bench_connect(redis);
    if (se__redis_append(p->redis, 2, words, NULL, NULL) != SE_OK ||
        se__thread_start(thread, "subscriber", subscriber, p, NULL) != SE_OK) {
        bench_die("no subscriber");
    }
    await(&p->message, 1); /* the confirmation */
}

/* ---- rounds ---- */

/* As artStore does: the key first, then the channel, in one transaction. */
static int64_t publish(se__redis *redis, const char *channel,
                       const char *message, const char *document)
{
    const char *const multi[] = {"MULTI"};
    const char *const set[] = {"SET", "artstore:storage_elements", document,
                               "EX", "3600"};
    const char *const tell[] = {"PUBLISH", channel, message};
    const char *const exec[] = {"EXEC"};
    int64_t began;

    se__redis_reply_free(bench_ask(redis, 1, multi));
    se__redis_reply_free(bench_ask(redis, 5, set));
    se__redis_reply_free(bench_ask(redis, 3, tell));
    began = bench_now_us();
    se__redis_reply_free(bench_ask(redis, 1, exec));
    return began;
}

static void measure(const char *what, const char *channel, bool whole, ours *o,
                    plain *p, se__redis *redis, int rounds, int *generation)
{
    static const char event[] =
        "{\"event\": \"storage_element_config_updated\", \"timestamp\": "
        "\"2026-03-01T09:15:30.123456\", \"action\": \"updated\", "
        "\"version\": 42, \"count\": 10}";
    bench_times a = {0};
    bench_times b = {0};

    for (int i = 0; i < rounds; i++) {
        char *document = bench_document(ELEMENTS, ++*generation, NULL);
        const char *message = whole ? document : event;
        int seen = o->change.count + 1;
        int64_t began = publish(redis, channel, message, document);

        bench_add(&a, await(&o->change, seen) - began);
        bench_pause_ms(GAP_MS);
        seen = p->message.count + 1;
        began = publish(redis, PLAIN, message, document);
        bench_add(&b, await(&p->message, seen) - began);
        free(document);
    }
    bench_report(what, &a, &b);
}

int bench_publish(const bench_redis *redis, int rounds)
{
    static ours o;
    static plain p;
    static se__thread thread;
    se__redis *publisher = bench_connect(redis);
    int generation = 0;
    char *document = bench_document(ELEMENTS, generation, NULL);

    se__mutex_init(&o.change.lock);
    se__cond_init(&o.change.moved);
    se__mutex_init(&p.message.lock);
    se__cond_init(&p.message.moved);
    publish(publisher, PLAIN, document, document);
    free(document);
    open_ours(&o, redis);
    await(&o.change, 1);
    open_plain(&p, redis, &thread);
    bench_pause_ms(500); /* subscribed, and read once more */
    puts("P7: PUBLISH to a pick that sees it, against a plain subscriber");
    measure("whole document", SE_REDIS_UPDATES_CHANNEL, true, &o, &p, publisher,
            rounds, &generation);
    measure("notification", SE_REDIS_EVENTS_CHANNEL, false, &o, &p, publisher,
            rounds, &generation);
    se_ingest_close(o.ingest);
    return 0;
}
