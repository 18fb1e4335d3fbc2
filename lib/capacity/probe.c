#include "capacity/probe.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "element/reply.h"

/* Did some answer come, whatever it said? */
static bool is_answer(const se__http_call *call)
{
    return call->end == SE__HTTP_OK ||
           (call->end == SE__HTTP_TOO_LARGE && call->status > 0);
}

/* Nobody was asked, or not until the end. */
static bool is_our_doing(const se__http_call *call)
{
    return call->end == SE__HTTP_CANCELED || call->end == SE__HTTP_INTERNAL;
}

static bool is_success(const se__http_call *call)
{
    return call->end == SE__HTTP_OK && call->status >= 200 &&
           call->status < 300;
}

/*
 * What it answers is its figure, or proves at least that it is there: elements
 * may lack the route (404), and one that contradicts itself is not believed.
 * 5xx proves neither.
 */
static void take_answer(se__probe *probe)
{
    const se__http_call *call = &probe->call;
    se__endpoint *endpoint = probe->endpoint;
    se__figure *figure = &probe->figure;
    se__capacity_reply reply;

    if (is_success(call) &&
        se__reply_capacity(call->reply.data, call->reply.length, &reply,
                           NULL) == SE_OK) {
        figure->total = reply.total;
        figure->used = reply.used;
        figure->available = reply.available;
        figure->health = reply.health;
        se__endpoint_measured(endpoint, figure);
    } else if (call->status < 500) {
        se__endpoint_answered(endpoint, SE_HEALTH_UNKNOWN, figure->began_ms);
    }
}

static void call_done(se__http_call *call)
{
    se__probe *probe = SE__CONTAINER(call, se__probe, call);
    se__endpoint *endpoint = probe->endpoint;
    bool answered = is_answer(call);

    atomic_store(&endpoint->probing, false);
    if (answered) {
        take_answer(probe);
    } else if (!is_our_doing(call)) {
        se__endpoint_unanswered(endpoint, se__now_ms());
    }
    se__http_call_fini(call);
    call->url = NULL;
    free(probe->url);
    probe->url = NULL;
    probe->endpoint = NULL;
    /* The probe may be gone after this. */
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
