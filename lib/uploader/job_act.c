/*
 * Acting on a verdict: the marks it leaves on the element, the step that comes
 * first, and where the job goes from there.
 */
#include "uploader/uploader.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "element/reply.h"

#define RETRY_AFTER_DEFAULT_S 1
#define RETRY_AFTER_MAX_S 60

/* ---- marks ---- */

static void set_aside(se_job *job)
{
    int64_t seconds = job->call.retry_after_s;

    if (seconds < 0) {
        seconds = RETRY_AFTER_DEFAULT_S;
    } else if (seconds > RETRY_AFTER_MAX_S) {
        seconds = RETRY_AFTER_MAX_S;
    }
    se__endpoint_set_aside(job->choice.endpoint, se__now_ms() + seconds * 1000);
}

static void leave_marks(se_job *job, const se__verdict *verdict)
{
    se__endpoint *endpoint = job->choice.endpoint;
    int64_t now = se__now_ms();

    if (verdict->outcome == SE_STORED) {
        se__endpoint_success(endpoint);
        se__lane_speed_up(job->lane);
    }
    if (verdict->counts_fault) {
        se__endpoint_fault(endpoint, now, se__random());
    }
    if (verdict->marks_full) {
        se__endpoint_mark_full(endpoint, se__job_bytes(job), now);
        se__job_report_lazy_capacity(job);
    }
    if (verdict->marks_full || verdict->step == SE__STEP_ASK_CAPACITY) {
        se__lane_probe(job->lane, endpoint, job->choice.url);
    }
    if (verdict->sets_aside) {
        set_aside(job);
    }
    if (verdict->slows_down) {
        se__lane_slow_down(job->lane);
    }
}

/* ---- the ends ---- */

void se__job_stored(se_job *job)
{
    se_attempt *attempt = se__result_last(job->result);

    attempt->outcome = SE_STORED;
    attempt->code = SE_OK;
    attempt->error[0] = '\0';
    se__job_finish(job, SE_STORED, NULL);
}

/* The upload ends, but the next one should see what the list says now. */
void se__job_want_reload(se_job *job, const se__verdict *verdict)
{
    if (verdict->reload >= 0) {
        se__job_report_lazy_reload(job, (se_reload_reason)verdict->reload);
        se__job_want_list(job, (se_reload_reason)verdict->reload,
                          job->chosen_serial);
    }
}

/* This row ends the upload, whatever other elements there are. */
static void end_here(se_job *job, const se__verdict *verdict)
{
    const se_attempt *attempt = se__result_last(job->result);

    se__job_want_reload(job, verdict);
    if (job->call.end == SE__HTTP_BODY_FAILED) {
        se__job_finish(job, verdict->outcome, &job->body->error);
        return;
    }
    se__job_fail(job, verdict->outcome, attempt->code, "%s: %s", attempt->se_id,
                 attempt->error);
}

/* ---- once more at the same element ---- */

static bool again_without_expect(se_job *job)
{
    if (job->no_expect) {
        return false;
    }
    job->no_expect = true;
    job->elements--;
    se__job_send(job);
    return true;
}

/* True: the same element is tried again, or the job has ended. */
static bool try_same_again(se_job *job, const se__verdict *verdict)
{
    switch (verdict->again) {
    case SE__AGAIN_FRESH_TOKEN:
        return se__job_again_with_token(job);
    case SE__AGAIN_NO_EXPECT:
        return again_without_expect(job);
    case SE__AGAIN_LAST_RESORT:
    case SE__AGAIN_NO:
        break;
    }
    return false;
}

/* ---- acting ---- */

void se__job_act(se_job *job, const se__verdict *verdict,
                 const se__facts *facts)
{
    se__job_report_attempt(job);
    leave_marks(job, verdict);
    if (verdict->outcome == SE_STORED) {
        se__job_stored(job);
        return;
    }
    if (se__job_interrupted(job, verdict->outcome)) {
        return;
    }
    if (verdict->step == SE__STEP_ASK_ID) {
        se__job_ask_id(job, verdict);
    } else if (verdict->step == SE__STEP_DELETE) {
        se__job_delete(job, verdict);
    } else if (!try_same_again(job, verdict)) {
        if (verdict->other == SE__OTHER_NO) {
            end_here(job, verdict);
        } else {
            se__job_again_elsewhere(job, verdict, facts->body_left);
        }
    }
}
