/*
 * Which element next, and when: PICK, PROBE, WAIT_RELOAD, BACKOFF.
 */
#include "uploader/uploader.h"

#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

/* With no candidate left, the next allowed fetch is worth this much. */
#define LAST_RELOAD_WAIT_MS 1200
/* What an element asked for with Retry-After is honoured up to this. */
#define MAX_SET_ASIDE_MS 60000
#define THROTTLED_BASE_MS 1000
#define THROTTLED_MAX_MS 20000

int64_t se__job_bytes(const se_job *job)
{
    int64_t bytes = job->body->size;

    if (bytes < 0) {
        bytes = job->spool ? se__spool_length(job->spool) : 0;
        bytes = bytes > job->sending.in_body ? bytes : job->sending.in_body;
        bytes = bytes > 0 ? bytes : 1;
    }
    return bytes;
}

/* ---- PROBE ---- */

static void probe_done(se__probe *probe, bool answered)
{
    se_job *job = SE__CONTAINER(probe, se_job, probe);
    int64_t now = se__now_ms();

    job->probe_active = false;
    if (se__job_interrupted(job, SE_REJECTED)) {
        return;
    }
    if (!answered) {
        se__job_unanswered(job, &probe->call);
    } else if (se__endpoint_room(job->choice.endpoint) <
                   job->uploader->selector->headroom_bytes ||
               se__endpoint_is_full(job->choice.endpoint, se__job_bytes(job),
                                    now)) {
        /* What is now known of it lets the next pick pass it by. */
        se__job_drop_choice(job, SE_REJECTED);
        se__job_pick(job);
    } else {
        se__job_send(job);
    }
}

/* A monitor asks all of them; until it has, and without one, we do. */
static bool needs_probe(const se_job *job, int64_t now)
{
    se__endpoint *endpoint = job->choice.endpoint;
    int64_t asked = atomic_load(&endpoint->asked_ms);

    if (se__registry_has_prober(job->uploader->registry) &&
        atomic_load(&endpoint->measured_ms) != 0) {
        return false;
    }
    return (asked == 0 ||
            now - asked >= job->uploader->options.probe_max_age_ms) &&
           !atomic_load(&endpoint->probing);
}

static void probe(se_job *job)
{
    job->state = SE__JOB_PROBE;
    memset(&job->probe, 0, sizeof(job->probe));
    job->probe.done = probe_done;
    job->probe_active = true;
    se__probe_start(&job->probe, job->lane->http, job->choice.endpoint,
                    job->choice.url, job->uploader->options.probe_timeout_ms);
}

/* ---- nobody left ---- */

static void pick_again(se__timer *timer)
{
    se_job *job = SE__CONTAINER(timer, se_job, timer);

    se__lane_leave_wait(job->lane, job);
    if (!se__job_interrupted(job, SE_REJECTED)) {
        se__lane_want_slot(job->lane, job);
    }
}

void se__job_fetched(se_job *job)
{
    se__timer_cancel(job->lane->loop, &job->timer);
    if (!se__job_interrupted(job, SE_REJECTED)) {
        se__lane_want_slot(job->lane, job);
    }
}

static void wait_for_fetch(se_job *job, int64_t at_most_ms)
{
    job->state = SE__JOB_WAIT_RELOAD;
    se__lane_give_slot(job->lane, job);
    se__lane_wait_fetch(job->lane, job);
    se__job_timer(job, at_most_ms, pick_again);
}

static void back_off(se_job *job, int64_t delay_ms)
{
    job->state = SE__JOB_BACKOFF;
    se__lane_give_slot(job->lane, job);
    se__job_timer(job, delay_ms, pick_again);
}

/*
 * A list newer than the one that the last choice was made from has been looked
 * at already: another fetch would not tell more.
 */
static bool is_worth_a_fetch(const se_job *job, se_err why)
{
    if (job->last_wait) {
        return false;
    }
    return why == SE_E_DISCOVERY ||
           (job->reload_reason >= 0 && job->serial <= job->chosen_serial);
}

static void nobody_left(se_job *job, const se_error *why, int64_t wait_until)
{
    int64_t now = se__now_ms();

    if (is_worth_a_fetch(job, why->code)) {
        se_reload_reason reason = job->reload_reason < 0
                                      ? SE_RELOAD_MANUAL
                                      : (se_reload_reason)job->reload_reason;

        job->last_wait = true;
        if (se__job_want_list(job, reason, job->serial)) {
            se__job_pick(job);
        } else {
            wait_for_fetch(job, LAST_RELOAD_WAIT_MS);
        }
        return;
    }
    if (wait_until > 0 && se__job_take_retry(job, false)) {
        int64_t delay = wait_until > now ? wait_until - now : 1;

        back_off(job, delay < MAX_SET_ASIDE_MS ? delay : MAX_SET_ASIDE_MS);
        return;
    }
    se__job_give_up(job, why);
}

/*
 * One code for the whole story: what needs a person's attention first, then
 * what the selector says of the room, then what all attempts agree on.
 */
static se_err code_of_story(const se_result *result, se_err selected)
{
    static const se_err first[] = {SE_E_INTEGRITY, SE_E_AUTH};
    se_err common = SE_OK;

    for (size_t k = 0; k < SE__COUNT(first); k++) {
        for (size_t i = 0; i < result->n_attempts; i++) {
            if (result->attempts[i].code == first[k]) {
                return first[k];
            }
        }
    }
    if (selected == SE_E_NO_SPACE || selected == SE_E_RETRY_BUDGET) {
        return selected;
    }
    for (size_t i = 0; i < result->n_attempts; i++) {
        se_err code = result->attempts[i].code;

        if (common != SE_OK && common != code) {
            return SE_E_UNAVAILABLE;
        }
        common = code;
    }
    return common == SE_E_THROTTLED || common == SE_E_MISCONFIGURED
               ? common
               : SE_E_UNAVAILABLE;
}

void se__job_give_up(se_job *job, const se_error *why)
{
    char story[SE_MESSAGE_SIZE - 200];

    if (job->result->n_attempts == 0) {
        se__job_finish(job, SE_REJECTED, why);
        return;
    }
    se__result_story(job->result, story, sizeof(story));
    se__job_fail(job, SE_REJECTED, code_of_story(job->result, why->code),
                 "%s: %s", why->message, story);
}

/* ---- PICK ---- */

void se__job_pick(se_job *job)
{
    se_error err = SE_ERROR_INIT;
    int64_t wait_until = 0;
    se__query query = {
        .retention = job->retention,
        .bytes = se__job_bytes(job),
        .tried = &job->tried,
        .now_ms = se__now_ms(),
    };

    job->state = SE__JOB_PICK;
    if (se__job_interrupted(job, SE_REJECTED)) {
        return;
    }
    if (job->elements >= job->uploader->options.max_elements) {
        se__fail(&err, SE_E_UNAVAILABLE,
                 "%d storage elements were tried, none took the file",
                 job->elements);
        se__job_give_up(job, &err);
        return;
    }
    if (se__selector_choose(job->uploader->selector, &query, &job->choice,
                            &job->serial, &wait_until, &err) != SE_OK) {
        nobody_left(job, &err, wait_until);
        return;
    }
    job->chosen = true;
    job->chosen_serial = job->choice.serial;
    if (!se__job_authorize(job)) {
        return;
    }
    se__job_report_chosen(job);
    if (needs_probe(job, query.now_ms)) {
        probe(job);
    } else {
        se__job_send(job);
    }
}

/* ---- going on elsewhere ---- */

bool se__job_take_retry(se_job *job, bool after_timeout)
{
    se_uploader *uploader = job->uploader;

    job->costly++;
    if (job->costly >= uploader->options.max_attempts) {
        return false;
    }
    if (job->retry_cost) {
        se__budget_retry_done(&uploader->budget);
        job->retry_cost = 0;
    }
    job->retry_cost = se__budget_take(&uploader->budget, after_timeout);
    job->budget_empty = job->retry_cost == 0;
    return !job->budget_empty;
}

static int64_t backoff_delay(const se_job *job, bool throttled)
{
    const se_uploader_options *options = &job->uploader->options;

    return se__backoff_ms(
        throttled ? THROTTLED_BASE_MS : options->backoff_base_ms,
        throttled ? THROTTLED_MAX_MS : options->backoff_max_ms,
        (unsigned)job->costly, se__random());
}

/* The retry budget is empty: still back off, then fail. */
static void fail_after_backoff(se__timer *timer)
{
    se_job *job = SE__CONTAINER(timer, se_job, timer);
    se_error err = SE_ERROR_INIT;

    se__fail(&err, SE_E_RETRY_BUDGET, "retry budget empty");
    se__job_give_up(job, &err);
}

static void no_retry_left(se_job *job)
{
    se_error err = SE_ERROR_INIT;

    if (job->budget_empty) {
        job->state = SE__JOB_BACKOFF;
        se__lane_give_slot(job->lane, job);
        se__job_timer(job, backoff_delay(job, false), fail_after_backoff);
        return;
    }
    se__fail(&err, SE_E_UNAVAILABLE, "gave up after %d attempts", job->costly);
    se__job_give_up(job, &err);
}

/* Is a fetch on its way that the next pick should see? */
static bool waits_for_fetch(se_job *job, const se__verdict *verdict)
{
    se_registry *registry = job->uploader->registry;
    int64_t soon = se__now_ms() + job->uploader->options.reload_wait_ms;

    if (verdict->reload < 0) {
        return false;
    }
    job->reload_reason = verdict->reload;
    se__job_report_lazy_reload(job, (se_reload_reason)verdict->reload);
    if (se__job_want_list(job, (se_reload_reason)verdict->reload,
                          job->chosen_serial)) {
        return false;
    }
    if (verdict->reload == SE_RELOAD_CONNECTION_ERROR && !job->failed_over) {
        return false; /* the first failover costs no wait */
    }
    return se__registry_next_fetch_ms(registry) <= soon;
}

void se__job_again_elsewhere(se_job *job, const se__verdict *verdict,
                             bool body_left)
{
    bool free_of_charge = verdict->outcome == SE_REJECTED && !body_left &&
                          verdict->other == SE__OTHER_AT_ONCE;
    bool wait;

    if (verdict->again != SE__AGAIN_LAST_RESORT) {
        const se_attempt *attempt = se__result_last(job->result);

        se__tried_add(&job->tried, job->choice.endpoint,
                      attempt && attempt->code == SE_E_NO_SPACE);
    }
    wait = waits_for_fetch(job, verdict);
    se__job_drop_choice(job, verdict->outcome);
    job->no_expect = false; /* the next one may know it */
    job->failed_over = true;
    if (!free_of_charge && !se__job_take_retry(job, job->timed_out)) {
        no_retry_left(job);
    } else if (!free_of_charge) {
        back_off(job, backoff_delay(job, verdict->slows_down));
    } else if (wait) {
        wait_for_fetch(job, job->uploader->options.reload_wait_ms);
    } else {
        se__lane_want_slot(job->lane, job);
    }
}
