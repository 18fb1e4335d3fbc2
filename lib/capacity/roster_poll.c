/*
 * Lines, timers and questions.
 */
#include "capacity/roster_private.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/uuid.h"

/* ---- lines ---- */

void se__roster_enqueue(se__roster *roster, se__watched *watched, se__line line)
{
    watched->next = NULL;
    watched->line = line;
    if (roster->lines[line].tail) {
        roster->lines[line].tail->next = watched;
    } else {
        roster->lines[line].head = watched;
    }
    roster->lines[line].tail = watched;
}

static se__watched *take_first(se__roster *roster, se__line line)
{
    se__watched *watched = roster->lines[line].head;

    if (watched) {
        roster->lines[line].head = watched->next;
        if (!watched->next) {
            roster->lines[line].tail = NULL;
        }
        watched->next = NULL;
        watched->line = SE__LINE_NONE;
    }
    return watched;
}

void se__roster_leave_line(se__roster *roster, se__watched *watched)
{
    se__watched *before = NULL;
    se__watched *at;

    if (watched->line == SE__LINE_NONE) {
        return;
    }
    for (at = roster->lines[watched->line].head; at != watched; at = at->next) {
        before = at;
    }
    if (before) {
        before->next = watched->next;
    } else {
        roster->lines[watched->line].head = watched->next;
    }
    if (!watched->next) {
        roster->lines[watched->line].tail = before;
    }
    watched->next = NULL;
    watched->line = SE__LINE_NONE;
}

/* ---- timers ---- */

static void due(se__timer *timer)
{
    se__watched *watched = SE__CONTAINER(timer, se__watched, timer);
    se__roster *roster = watched->roster;

    /* Its place is kept; the answer says when. */
    se__timer_set(roster->loop, timer, SE__NEVER);
    if (!watched->poll && watched->line == SE__LINE_NONE) {
        se__roster_enqueue(roster, watched,
                           watched->suspect ? SE__LINE_SUSPECT : SE__LINE_DUE);
        se__roster_pump(roster);
    }
}

void se__roster_wind_up(se__roster *roster, se__watched *watched)
{
    int64_t now = se__loop_now_ms(roster->loop);

    if (!roster->polling || !watched->takes_files) {
        return;
    }
    watched->timer.fire = due;
    if (!se__timer_set(roster->loop, &watched->timer, now)) {
        atomic_store(&roster->starved, true);
    }
}

void se__roster_stand_down(se__roster *roster, se__watched *watched)
{
    se__timer_cancel(roster->loop, &watched->timer);
    if (watched->line != SE__LINE_ASKED) {
        se__roster_leave_line(roster, watched);
    }
}

static void set_next(se__roster *roster, se__watched *watched)
{
    const se__endpoint *endpoint = watched->endpoint;
    const se__poll_result result = {
        .suspect = watched->suspect,
        .total = atomic_load(&endpoint->total),
        .used = atomic_load(&endpoint->used),
    };
    int64_t pause =
        se__pace_next(&watched->pace, &roster->schedule, &result, se__random());

    if (watched->timer.position != 0) {
        se__timer_set(roster->loop, &watched->timer,
                      se__poll_time(se__loop_now_ms(roster->loop), pause));
    }
}

/* ---- counting ---- */

/* As the original counts: what it cannot make sense of is no HTTP error. */
static const char *error_type(const se__http_call *call)
{
    switch (call->end) {
    case SE__HTTP_TIMEOUT:
    case SE__HTTP_CONNECT_TIMEOUT:
    case SE__HTTP_IDLE:
    case SE__HTTP_COMMIT_TIMEOUT:
        return "timeout";
    case SE__HTTP_OK:
    case SE__HTTP_TOO_LARGE:
        return call->status >= 200 && call->status < 300 ? "connection_error"
                                                         : "http_error";
    default:
        return "connection_error";
    }
}

/* To the original a health that it does not know is no answer. */
static bool is_success(const se__probe *probe)
{
    return probe->understood &&
           (probe->asks_info || probe->reply.health != SE_HEALTH_UNKNOWN);
}

static const char *problem_of(const se__probe *probe)
{
    return probe->understood ? "does not say how it feels" : probe->problem;
}

static void count(const se__roster *roster, const se__poll *poll)
{
    const char *id = poll->watched->endpoint->id;
    double seconds = (double)(se__now_us() - poll->began_us) / 1e6;

    if (is_success(&poll->probe)) {
        se__metric_observe(roster->metrics, SE__METRIC_POLL_SECONDS,
                           SE__LABELS("success", id), seconds);
    } else {
        se__metric_add(roster->metrics, SE__METRIC_POLL_FAILURES,
                       SE__LABELS(error_type(&poll->probe.call), id), 1);
        SE__LOG(&roster->log, SE_LOG_DEBUG, "monitor", "Capacity poll failed",
                SE__LOG_STR("se_id", id),
                SE__LOG_STR("error", problem_of(&poll->probe)));
    }
}

/* The id of the list counts; a difference is worth a word, once. */
static void compare_id(const se__roster *roster, se__watched *watched,
                       const se__probe *probe)
{
    const char *said = probe->reply.storage_id;

    if (!probe->understood || watched->told_id || said[0] == '\0' ||
        strcmp(said, watched->endpoint->id) == 0) {
        return;
    }
    watched->told_id = true;
    SE__LOG(&roster->log, SE_LOG_WARNING, "monitor",
            "Storage element calls itself otherwise",
            SE__LOG_STR("se_id", watched->endpoint->id),
            SE__LOG_STR("storage_id", said));
}

/* ---- questions ---- */

static void give_back(se__roster *roster, se__poll *poll)
{
    se__watched *watched = poll->watched;

    watched->poll = NULL;
    if (watched->asked) {
        /* Asked for while it was under way: what it says is older. */
        se__roster_enqueue(roster, watched, SE__LINE_ASKED);
    }
    poll->watched = NULL;
    poll->next = roster->free_polls;
    roster->free_polls = poll;
}

/* It answers errors, which does not prove that it works. */
static bool is_failure(const se__probe *probe, bool answered)
{
    return !answered || probe->call.status >= 500;
}

static void take_end(se__roster *roster, se__poll *poll, bool answered)
{
    se__watched *watched = poll->watched;
    se__endpoint *endpoint = watched->endpoint;
    const se__probe *probe = &poll->probe;
    bool failed = is_failure(probe, answered);

    if (answered && failed) {
        se__endpoint_unanswered(endpoint, se__now_ms());
    }
    watched->suspect =
        failed || atomic_load(&endpoint->health) == SE_HEALTH_UNHEALTHY;
    count(roster, poll);
    compare_id(roster, watched, probe);
    if (failed && atomic_load(&endpoint->health) == SE_HEALTH_UNHEALTHY) {
        roster->hooks.down(roster->hooks.user, probe, endpoint);
    }
    set_next(roster, watched);
}

static void poll_done(se__probe *probe, bool answered)
{
    se__poll *poll = SE__CONTAINER(probe, se__poll, probe);
    se__watched *watched = poll->watched;
    se__roster *roster = watched->roster;
    bool canceled = probe->call.end == SE__HTTP_CANCELED;

    roster->suspects -= watched->line_of_poll == SE__LINE_SUSPECT;
    if (!canceled) {
        take_end(roster, poll, answered);
    }
    give_back(roster, poll);
    /* Who cancels takes the lines apart. */
    if (!canceled) {
        se__roster_pump(roster);
    }
}

static void start(se__roster *roster, se__watched *watched, se__line line)
{
    se__poll *poll = roster->free_polls;

    roster->free_polls = poll->next;
    poll->watched = watched;
    poll->began_us = se__now_us();
    watched->poll = poll;
    watched->line_of_poll = line;
    roster->suspects += line == SE__LINE_SUSPECT;
    memset(&poll->probe, 0, sizeof(poll->probe));
    poll->probe.scheduled = !watched->asked;
    watched->asked = false;
    poll->probe.done = poll_done;
    se__probe_start(&poll->probe, roster->http, watched->endpoint,
                    se_element_url(watched->element), roster->timeout_ms);
}

void se__roster_pump(se__roster *roster)
{
    while (roster->free_polls) {
        se__line line = SE__LINE_ASKED;
        se__watched *watched = take_first(roster, line);

        if (!watched) {
            line = SE__LINE_DUE;
            watched = take_first(roster, line);
        }
        if (!watched && roster->suspects * 2 < roster->parallel) {
            line = SE__LINE_SUSPECT;
            watched = take_first(roster, line);
        }
        if (!watched) {
            return;
        }
        start(roster, watched, line);
    }
}
