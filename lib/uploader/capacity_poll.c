/*
 * Asking all elements for their room, for people who want to see it, and for
 * choices among all of them.
 *
 * So many at once as a process has sockets for, and as are answered in time:
 * when one has answered, the next is asked.
 */
#include "uploader/uploader.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "capacity/report.h"

#define AT_ONCE 64

typedef struct poll_round poll_round;

typedef struct question {
    se__probe probe;
    poll_round *round;
    se__endpoint *endpoint; /* reference */
    const se_element *element;
    int timeout_ms;
    bool answered;
} question;

struct poll_round {
    se__lane *lane;
    se__task start;
    size_t next; /* to be asked; loop thread */
    se__mutex lock;
    se__cond done;
    size_t left;
    question *questions;
    size_t count;
    se_topology *topology;
};

static void ask_next(poll_round *round);

static void question_done(se__probe *probe, bool answered)
{
    question *asked = SE__CONTAINER(probe, question, probe);
    poll_round *round = asked->round;

    asked->answered = answered;
    if (round->next < round->count) {
        ask_next(round);
    }
    /* With the last one the round is gone. */
    se__mutex_lock(&round->lock);
    if (--round->left == 0) {
        se__cond_signal(&round->done);
    }
    se__mutex_unlock(&round->lock);
}

static void ask_next(poll_round *round)
{
    question *asked = &round->questions[round->next++];

    asked->probe.done = question_done;
    se__probe_start(&asked->probe, round->lane->http, asked->endpoint,
                    se_element_url(asked->element), asked->timeout_ms);
}

static void round_start(se__task *task)
{
    poll_round *round = SE__CONTAINER(task, poll_round, start);
    size_t first = round->count < AT_ONCE ? round->count : AT_ONCE;

    while (round->next < first) {
        ask_next(round);
    }
}

static se_err prepare(poll_round *round, se_uploader *uploader, int timeout_ms,
                      se_error *err)
{
    int slot;
    const se__snapshot *snapshot =
        se__registry_enter(uploader->registry, &slot);
    se_err rc = SE_OK;

    if (!snapshot) {
        rc = se__fail(err, SE_E_DISCOVERY, "no list of storage elements yet");
        goto done;
    }
    round->topology = se_topology_ref(snapshot->topology);
    round->count = se_topology_count(round->topology);
    round->questions = se__zalloc_array(round->count, sizeof(question));
    if (!round->questions) {
        round->count = 0;
        rc = se__fail(err, SE_E_NOMEM, "out of memory for questions");
        goto done;
    }
    for (size_t i = 0; i < round->count; i++) {
        question *asked = &round->questions[i];

        asked->round = round;
        asked->element = se_topology_at(round->topology, i);
        asked->endpoint = se__endpoint_ref(snapshot->endpoints[i]);
        asked->timeout_ms = timeout_ms;
    }
done:
    if (snapshot) {
        se__registry_leave(uploader->registry, slot);
    }
    return rc;
}

static void ask_all(poll_round *round)
{
    if (round->count == 0) {
        return;
    }
    round->left = round->count;
    round->start.run = round_start;
    se__loop_post(round->lane->loop, &round->start);
    se__mutex_lock(&round->lock);
    while (round->left > 0) {
        se__cond_wait(&round->done, &round->lock, SE__NEVER);
    }
    se__mutex_unlock(&round->lock);
}

static void report(const question *asked, se_capacity_fn fn, void *user)
{
    se_capacity capacity;

    se__capacity_report(asked->element, asked->endpoint, asked->probe.problem,
                        se__now_ms(), &capacity);
    if (!asked->answered) {
        capacity.health = SE_HEALTH_UNHEALTHY;
    }
    fn(user, &capacity);
}

static void round_fini(poll_round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        se__endpoint_unref(round->questions[i].endpoint);
    }
    free(round->questions);
    se_topology_unref(round->topology);
    se__cond_fini(&round->done);
    se__mutex_fini(&round->lock);
}

se_err se_capacity_poll(se_uploader *uploader, int timeout_ms,
                        se_capacity_fn fn, void *user, se_error *err)
{
    poll_round round = {0};
    se_err rc = se__uploader_check(uploader, err);

    if (rc != SE_OK) {
        return rc;
    }
    if (!fn) {
        return se__fail(err, SE_E_INVALID, "there is nobody to tell");
    }
    round.lane = &uploader->lanes[0];
    se__mutex_init(&round.lock);
    se__cond_init(&round.done);
    rc = prepare(
        &round, uploader,
        timeout_ms > 0 ? timeout_ms : uploader->options.probe_timeout_ms, err);
    if (rc == SE_OK) {
        rc = se__loop_start(round.lane->loop, err);
    }
    if (rc == SE_OK) {
        ask_all(&round);
        for (size_t i = 0; i < round.count; i++) {
            report(&round.questions[i], fn, user);
        }
    }
    round_fini(&round);
    return rc;
}
