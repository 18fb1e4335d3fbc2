#include "capacity/roster_private.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define CONNECT_TIMEOUT_MS 3000

struct se__request {
    se__request *next;
    char id[SE_ID_SIZE];
};

/* ---- what may have changed ---- */

static se__request *take_requests(se__roster *roster)
{
    se__request *requests;

    se__mutex_lock(&roster->lock);
    requests = roster->requests;
    roster->requests = NULL;
    se__mutex_unlock(&roster->lock);
    return requests;
}

static void free_requests(se__request *requests)
{
    while (requests) {
        se__request *next = requests->next;

        free(requests);
        requests = next;
    }
}

static void ask(se__roster *roster, se__watched *watched)
{
    watched->asked = true;
    if (!watched->poll && watched->line != SE__LINE_ASKED) {
        se__roster_leave_line(roster, watched);
        se__roster_enqueue(roster, watched, SE__LINE_ASKED);
    }
}

static void answer_requests(se__roster *roster)
{
    se__request *requests = take_requests(roster);

    for (se__request *at = requests; at; at = at->next) {
        se__watched *watched = se__roster_find(roster, at->id);

        if (watched) {
            ask(roster, watched);
        }
    }
    free_requests(requests);
}

static void switch_polling(se__roster *roster, bool on)
{
    if (roster->polling == on) {
        return;
    }
    roster->polling = on;
    for (size_t i = 0; i < roster->count; i++) {
        if (on) {
            se__roster_wind_up(roster, roster->by_id[i]);
        } else {
            se__roster_stand_down(roster, roster->by_id[i]);
        }
    }
}

/* Whoever found no place for a timer gets one now. */
static void wind_up_again(se__roster *roster)
{
    for (size_t i = 0; roster->polling && i < roster->count; i++) {
        if (roster->by_id[i]->timer.position == 0) {
            se__roster_wind_up(roster, roster->by_id[i]);
        }
    }
}

static void adjust(se__task *task)
{
    se__roster *roster = SE__CONTAINER(task, se__roster, adjust);
    bool starved = atomic_exchange(&roster->starved, false);

    switch_polling(roster, atomic_load(&roster->wanted));
    if (starved) {
        wind_up_again(roster);
    }
    if (!se__roster_refresh(roster)) {
        atomic_store(&roster->starved, true);
    }
    answer_requests(roster);
    se__roster_pump(roster);
}

/* ---- life ---- */

static void shut_down(se__task *task)
{
    se__roster *roster = SE__CONTAINER(task, se__roster, shutdown);

    roster->polling = false;
    for (int i = 0; i < roster->parallel; i++) {
        if (roster->polls[i].watched) {
            se__probe_cancel(&roster->polls[i].probe);
        }
    }
    se__roster_forget_all(roster);
    se__http_close(roster->http);
    roster->http = NULL;
}

void se__roster_init(se__roster *roster)
{
    se__mutex_init(&roster->lock);
    atomic_init(&roster->wanted, false);
    atomic_init(&roster->starved, false);
    roster->adjust.run = adjust;
    roster->shutdown.run = shut_down;
}

void se__roster_fini(se__roster *roster)
{
    se__mutex_fini(&roster->lock);
}

static se_err open_http(se__roster *roster, se_error *err)
{
    const se__http_policy policy = {
        .ca_file = roster->ca_file,
        .https_only = roster->https_only,
        .connect_timeout_ms = roster->timeout_ms < CONNECT_TIMEOUT_MS
                                  ? roster->timeout_ms
                                  : CONNECT_TIMEOUT_MS,
    };

    return se__http_open(&roster->http, roster->loop, &policy, err);
}

static void close_loop(se__roster *roster)
{
    se__loop_close(roster->loop);
    roster->loop = NULL;
    free(roster->polls);
    roster->polls = NULL;
    roster->free_polls = NULL;
}

se_err se__roster_open(se__roster *roster, se_error *err)
{
    se_err rc;

    roster->polls =
        se__zalloc_array((size_t)roster->parallel, sizeof(se__poll));
    if (!roster->polls) {
        return se__fail(err, SE_E_NOMEM, "out of memory for polls");
    }
    for (int i = 0; i < roster->parallel; i++) {
        roster->polls[i].next = roster->free_polls;
        roster->free_polls = &roster->polls[i];
    }
    rc = se__loop_open(&roster->loop, "se-poll", err);
    if (rc != SE_OK) {
        free(roster->polls);
        roster->polls = NULL;
        return rc;
    }
    rc = open_http(roster, err);
    if (rc == SE_OK) {
        rc = se__loop_start(roster->loop, err);
    }
    if (rc != SE_OK) {
        se__http_close(roster->http);
        roster->http = NULL;
        close_loop(roster);
    }
    return rc;
}

void se__roster_close(se__roster *roster)
{
    if (!roster->loop) {
        return;
    }
    se__loop_post(roster->loop, &roster->shutdown);
    close_loop(roster);
    free_requests(take_requests(roster));
    atomic_store(&roster->wanted, false);
}

/* ---- from other threads ---- */

void se__roster_changed(se__roster *roster)
{
    se__loop_post(roster->loop, &roster->adjust);
}

void se__roster_poll(se__roster *roster, bool on)
{
    if (atomic_exchange(&roster->wanted, on) != on) {
        se__loop_post(roster->loop, &roster->adjust);
    }
}

bool se__roster_is_starved(const se__roster *roster)
{
    return atomic_load(&roster->starved);
}

se_err se__roster_ask(se__roster *roster, const char *id, se_error *err)
{
    se__request *request = se__zalloc(sizeof(*request));

    if (!request) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a question");
    }
    se__copy_text(request->id, sizeof(request->id), id);
    se__mutex_lock(&roster->lock);
    request->next = roster->requests;
    roster->requests = request;
    se__mutex_unlock(&roster->lock);
    se__loop_post(roster->loop, &roster->adjust);
    return SE_OK;
}
