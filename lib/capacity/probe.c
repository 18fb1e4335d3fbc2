#include "capacity/probe.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "element/reply.h"

/* Semantics 3: down after three failures in a row, up after two successes. */
#define DOWN_AFTER 3
#define UP_AFTER 2

/*
 * answers > 0: so many in a row, < 0: so many failures in a row. An element
 * that was never down needs no proof that it is up.
 */
static void note_answer(se__endpoint *endpoint, se_health says)
{
    int answers = atomic_load(&endpoint->answers);
    int health = atomic_load(&endpoint->health);

    answers = answers > 0 ? answers + 1 : 1;
    atomic_store(&endpoint->answers, answers);
    if (says != SE_HEALTH_HEALTHY || health != SE_HEALTH_UNHEALTHY ||
        answers >= UP_AFTER) {
        atomic_store(&endpoint->health, (int)says);
    }
}

static void note_silence(se__endpoint *endpoint, int64_t began_ms)
{
    int answers = atomic_load(&endpoint->answers);

    answers = answers < 0 ? answers - 1 : -1;
    atomic_store(&endpoint->answers, answers);
    atomic_store(&endpoint->probe_failed_ms, began_ms);
    if (answers <= -DOWN_AFTER) {
        atomic_store(&endpoint->health, SE_HEALTH_UNHEALTHY);
    }
}

/*
 * An answer that is not understood, or an error (an element may have no such
 * route), proves that somebody is there and says nothing of the room.
 */
static void take_answer(se__probe *probe)
{
    se__capacity_reply reply;
    const se__http_call *call = &probe->call;

    if (call->status != 200 ||
        se__reply_capacity(call->reply.data, call->reply.length, &reply,
                           NULL) != SE_OK) {
        return;
    }
    probe->figure.total = reply.total;
    probe->figure.used = reply.used;
    probe->figure.available = reply.available;
    probe->figure.health = reply.health;
    se__endpoint_measured(probe->endpoint, &probe->figure);
    note_answer(probe->endpoint, reply.health);
}

static void call_done(se__http_call *call)
{
    se__probe *probe = SE__CONTAINER(call, se__probe, call);
    se__endpoint *endpoint = probe->endpoint;
    bool answered = call->end == SE__HTTP_OK;

    atomic_store(&endpoint->probing, false);
    if (answered) {
        take_answer(probe);
    } else if (call->end != SE__HTTP_CANCELED &&
               call->end != SE__HTTP_INTERNAL) {
        note_silence(endpoint, probe->figure.began_ms);
    }
    free(probe->url);
    probe->url = NULL;
    se__buf_fini(&call->reply);
    probe->endpoint = NULL;
    probe->done(probe, answered);
    se__endpoint_unref(endpoint);
}

void se__probe_start(se__probe *probe, se__http *http, se__endpoint *endpoint,
                     const char *base_url, int timeout_ms)
{
    se__http_call *call = &probe->call;

    probe->endpoint = se__endpoint_ref(endpoint);
    probe->url = se__element_capacity_url(base_url);
    probe->figure = (se__figure){
        .total = -1,
        .used = -1,
        .available = -1,
        .origin = SE_ORIGIN_POLL,
        .began_ms = se__now_ms(),
        .landed_mark = se__endpoint_mark(endpoint),
    };
    atomic_store(&endpoint->probing, true);
    atomic_store(&endpoint->asked_ms, probe->figure.began_ms);
    memset(call, 0, sizeof(*call));
    call->method = "GET";
    call->url = probe->url ? probe->url : ""; /* refused, through done() */
    call->total_timeout_ms = timeout_ms;
    call->done = call_done;
    se__http_start(http, call);
}

void se__probe_cancel(se__probe *probe)
{
    se__http_cancel(&probe->call);
}
