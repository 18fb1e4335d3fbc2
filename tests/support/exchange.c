/*
 * HTTP calls from a test's thread.
 */
#include "exchange.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "rawserver.h"

enum {
    PATIENCE_MS = 20000,
    CHUNKED_SIZE = 100000
};

static char pattern(int64_t at)
{
    return (char)('a' + (at * 7 + at / 1000) % 26);
}

uint64_t exchange_hash(int64_t size)
{
    uint64_t hash = RAWSERVER_HASH_START;

    for (int64_t i = 0; i < size; i++) {
        char byte = pattern(i);

        hash = rawserver_hash(hash, &byte, 1);
    }
    return hash;
}

/* ---- the body ---- */

static int64_t give(exchange_body *body, char *buffer, size_t n)
{
    int64_t end = body->end_at > 0 ? body->end_at : body->size;

    if (body->too_much) {
        return (int64_t)n + 1;
    }
    if (body->held || (body->pause_at > 0 && body->at >= body->pause_at)) {
        body->paused = true;
        return SE__HTTP_BODY_AGAIN;
    }
    if (body->fail_at > 0 && body->at >= body->fail_at) {
        return SE__HTTP_BODY_ERROR;
    }
    if (body->pause_at > 0 && end > body->pause_at) {
        end = body->pause_at;
    }
    if (body->piece > 0 && n > body->piece) {
        n = body->piece;
    }
    if ((int64_t)n > end - body->at) {
        n = (size_t)(end - body->at);
    }
    for (size_t i = 0; i < n; i++) {
        buffer[i] = pattern(body->at + (int64_t)i);
    }
    body->at += (int64_t)n;
    return (int64_t)n;
}

static int64_t read_body(se__http_call *call, char *buffer, size_t n)
{
    exchange *x = SE__CONTAINER(call, exchange, call);

    x->body.asked++;
    if (x->in_read) {
        x->in_read(x);
    }
    return give(&x->body, buffer, n);
}

/* ---- on the loop ---- */

static void on_done(se__http_call *call)
{
    exchange *x = SE__CONTAINER(call, exchange, call);

    if (x->in_done) {
        x->in_done(x);
    }
    se__mutex_lock(&x->lock);
    x->calls_done++;
    x->done_on_loop = se__loop_is_self(x->loop);
    se__cond_broadcast(&x->changed);
    se__mutex_unlock(&x->lock);
}

static void on_task(se__task *task)
{
    exchange *x = SE__CONTAINER(task, exchange, task);

    x->act(x);
    se__mutex_lock(&x->lock);
    x->acted = true;
    se__cond_broadcast(&x->changed);
    se__mutex_unlock(&x->lock);
}

static void wait_for(exchange *x, const bool *flag, const int *number)
{
    int64_t deadline = se__now_ms() + PATIENCE_MS;
    bool in_time = true;

    se__mutex_lock(&x->lock);
    while ((flag ? !*flag : *number == 0) && in_time) {
        in_time = se__cond_wait(&x->changed, &x->lock, deadline);
    }
    se__mutex_unlock(&x->lock);
    ck_assert_msg(in_time, "no end of a call in time");
}

void exchange_do(exchange *x, void (*act)(exchange *x))
{
    x->acted = false;
    x->act = act;
    x->task.run = on_task;
    se__loop_post(x->loop, &x->task);
    wait_for(x, &x->acted, NULL);
}

static void act_start(exchange *x)
{
    int before = x->calls_done;

    se__http_start(x->http, &x->call);
    ck_assert_int_eq(x->calls_done, before); /* never inside start */
}

static void act_cancel(exchange *x)
{
    se__http_cancel(&x->call);
}

static void act_resume(exchange *x)
{
    x->body.held = false;
    x->body.pause_at = 0;
    x->body.paused = false;
    se__http_resume(&x->call);
}

/* ---- for tests ---- */

void wire_open(wire *w, const se__http_policy *policy)
{
    static const se__http_policy defaults = {0};

    ck_assert_int_eq(se__loop_open(&w->loop, "test-loop", NULL), SE_OK);
    ck_assert_int_eq(
        se__http_open(&w->http, w->loop, policy ? policy : &defaults, NULL),
        SE_OK);
}

void wire_close(wire *w)
{
    se__loop_close(w->loop);
    se__http_close(w->http);
}

void exchange_init(exchange *x, wire *w, const char *url, int64_t size)
{
    char *target = malloc(strlen(url) + 3);

    ck_assert_ptr_nonnull(target);
    memcpy(target, url, strlen(url));
    memcpy(target + strlen(url), "/x", 3);
    memset(x, 0, sizeof(*x));
    se__mutex_init(&x->lock);
    se__cond_init(&x->changed);
    x->loop = w->loop;
    x->http = w->http;
    x->body.size = size < 0 ? CHUNKED_SIZE : size;
    x->call.method = "POST";
    x->call.url = target;
    x->call.read_body = read_body;
    x->call.body_size = size;
    x->call.expect_timeout_ms = 5000;
    x->call.done = on_done;
}

void exchange_fini(exchange *x)
{
    char *target;

    memcpy(&target, &x->call.url, sizeof(target));
    free(target);
    se__http_call_fini(&x->call);
    se__cond_fini(&x->changed);
    se__mutex_fini(&x->lock);
}

void exchange_start(exchange *x)
{
    exchange_do(x, act_start);
}

void exchange_wait(exchange *x)
{
    wait_for(x, NULL, &x->calls_done);
    ck_assert(x->done_on_loop);
}

void exchange_run(exchange *x)
{
    exchange_start(x);
    exchange_wait(x);
}

void exchange_cancel(exchange *x)
{
    exchange_do(x, act_cancel);
}

void exchange_resume(exchange *x)
{
    exchange_do(x, act_resume);
}

void exchange_expect(const exchange *x, se__http_end end, int status)
{
    ck_assert_msg(x->call.end == end && x->call.status == status,
                  "end %d (wanted %d), status %d (wanted %d), \"%s\"",
                  (int)x->call.end, (int)end, x->call.status, status,
                  x->call.error);
    ck_assert_int_eq(x->calls_done, 1);
    ck_assert((x->call.error[0] == '\0') == (end == SE__HTTP_OK));
    ck_assert_int_gt(x->call.started_ms, 0);
    ck_assert_int_ge(x->call.finished_ms, x->call.started_ms);
}
