#include "capacity/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

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

static se_err read_reply(se__probe *probe, se_error *err)
{
    const se__buf *body = &probe->call.reply;

    return probe->asks_info
               ? se__reply_info(body->data, body->length, &probe->reply, err)
               : se__reply_capacity(body->data, body->length, &probe->reply,
                                    err);
}

static void understand(se__probe *probe)
{
    const se__http_call *call = &probe->call;
    se_error why = SE_ERROR_INIT;

    if (!is_success(call)) {
        snprintf(probe->problem, sizeof(probe->problem),
                 "answers %d when asked for its capacity", call->status);
    } else if (read_reply(probe, &why) == SE_OK) {
        probe->understood = true;
        probe->figure.total = probe->reply.total;
        probe->figure.used = probe->reply.used;
        probe->figure.available = probe->reply.available;
        probe->figure.health = probe->reply.health;
    } else {
        se__copy_text(probe->problem, sizeof(probe->problem), why.message);
    }
}

/*
 * What it answers is its figure, or proves at least that it is there: elements
 * may lack the route (404), and one that contradicts itself is not believed.
 * 5xx proves neither.
 */
static void take_answer(se__probe *probe)
{
    se__endpoint *endpoint = probe->endpoint;

    understand(probe);
    if (probe->understood) {
        se__endpoint_measured(endpoint, &probe->figure);
        atomic_store(&endpoint->info_only, probe->asks_info);
    } else if (probe->call.status < 500) {
        se__endpoint_answered(endpoint, SE_HEALTH_UNKNOWN,
                              probe->figure.began_ms);
    }
}

static void finish(se__probe *probe)
{
    se__http_call *call = &probe->call;
    se__endpoint *endpoint = probe->endpoint;
    bool answered = is_answer(call);

    atomic_store(&endpoint->probing, false);
    if (answered) {
        take_answer(probe);
    } else {
        se__copy_text(probe->problem, sizeof(probe->problem), call->error);
    }
    if (!answered && !is_our_doing(call)) {
        se__endpoint_unanswered(endpoint, se__now_ms());
    }
    if (!is_our_doing(call)) {
        se__endpoint_set_problem(endpoint, probe->problem);
    }
    if (probe->understood) {
        se__endpoint_table_tell(endpoint->table, probe);
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

static void call_done(se__http_call *call);

static void ask(se__probe *probe, se__http *http)
{
    se__http_call *call = &probe->call;
    int left = se__time_left(probe->deadline_ms, se__now_ms());

    memset(call, 0, sizeof(*call));
    call->method = "GET";
    call->url = probe->url ? probe->url : ""; /* refused, through done() */
    call->total_timeout_ms = left > 0 ? left : 1;
    call->done = call_done;
    se__http_start(http, call);
}

/* The route is not there: it may be an element of the other kind. */
static bool ask_the_other_way(se__probe *probe, se__http *http)
{
    char *url;

    if (!is_answer(&probe->call) || probe->call.status != 404 ||
        probe->asks_info || probe->base_length == 0) {
        return false;
    }
    probe->url[probe->base_length] = '\0';
    url = se__element_info_url(probe->url);
    if (!url) {
        return false;
    }
    free(probe->url);
    probe->url = url;
    probe->asks_info = true;
    se__http_call_fini(&probe->call);
    ask(probe, http);
    return true;
}

static void call_done(se__http_call *call)
{
    se__probe *probe = SE__CONTAINER(call, se__probe, call);

    if (!ask_the_other_way(probe, probe->http)) {
        finish(probe);
    }
}

void se__probe_start(se__probe *probe, se__http *http, se__endpoint *endpoint,
                     const char *base_url, int timeout_ms)
{
    int64_t now = se__now_ms();

    probe->endpoint = se__endpoint_ref(endpoint);
    probe->http = http;
    probe->asks_info = atomic_load(&endpoint->info_only);
    probe->url = probe->asks_info ? se__element_info_url(base_url)
                                  : se__element_capacity_url(base_url);
    probe->base_length = probe->url ? strlen(base_url) : 0;
    probe->deadline_ms = se__deadline(now, timeout_ms);
    probe->understood = false;
    probe->problem[0] = '\0';
    probe->figure = (se__figure){
        .total = -1,
        .used = -1,
        .available = -1,
        .origin = SE_ORIGIN_POLL,
        .began_ms = now,
        .landed_mark = se__endpoint_mark(endpoint),
    };
    atomic_store(&endpoint->probing, true);
    atomic_store(&endpoint->asked_ms, now);
    ask(probe, http);
}

void se__probe_cancel(se__probe *probe)
{
    se__http_cancel(&probe->call);
}
