/*
 * A lane: one transfer thread, its slots, and who waits on it.
 *
 * All of it runs on the loop thread, except open and close.
 */
#include "uploader/uploader.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/*
 * A question for capacity that no job waits for. An element has one at a time:
 * who wants to know what has become of it meanwhile has it asked once more.
 */
struct se__detached {
    se__probe probe;
    se__lane *lane;
    se__detached *next;
    se__endpoint *endpoint; /* reference */
    char url[SE__URL_SIZE];
    bool again; /* the answer under way is older than what was wanted */
};

static void lane_fetched(se__task *task)
{
    se__lane *lane = SE__CONTAINER(task, se__lane, fetched);
    se_job *job = lane->waiting;

    lane->waiting = NULL;
    while (job) {
        se_job *next = job->next;

        job->next = NULL;
        job->waiting = false;
        se__job_fetched(job);
        job = next;
    }
}

static void lane_shutdown(se__task *task)
{
    se__lane *lane = SE__CONTAINER(task, se__lane, shutdown);

    while (lane->detached) {
        se__probe_cancel(&lane->detached->probe);
    }
    se__http_close(lane->http);
    lane->http = NULL;
}

se_err se__lane_open(se__lane *lane, se_uploader *uploader, se_error *err)
{
    se__http_policy policy = {
        .ca_file = uploader->options.ca_file,
        .https_only = uploader->options.https_only,
        .connect_timeout_ms = uploader->options.connect_timeout_ms,
        .max_connections = (size_t)uploader->options.jobs_per_thread * 2,
        .user_agent = NULL,
    };
    se_err rc;

    lane->uploader = uploader;
    lane->limit = uploader->options.jobs_per_thread;
    lane->fetched.run = lane_fetched;
    lane->shutdown.run = lane_shutdown;
    rc = se__loop_open(&lane->loop, "se-transfer", err);
    if (rc != SE_OK) {
        return rc;
    }
    rc = se__http_open(&lane->http, lane->loop, &policy, err);
    if (rc != SE_OK) {
        se__loop_close(lane->loop);
        lane->loop = NULL;
    }
    return rc;
}

void se__lane_close(se__lane *lane)
{
    if (!lane->loop) {
        return;
    }
    se__loop_post(lane->loop, &lane->shutdown);
    se__loop_close(lane->loop);
    lane->loop = NULL;
}

static void queue_push(se__lane *lane, se_job *job)
{
    job->next = NULL;
    if (lane->queue_tail) {
        lane->queue_tail->next = job;
    } else {
        lane->queue_head = job;
    }
    lane->queue_tail = job;
}

static se_job *queue_pop(se__lane *lane)
{
    se_job *job = lane->queue_head;

    if (job) {
        lane->queue_head = job->next;
        if (!lane->queue_head) {
            lane->queue_tail = NULL;
        }
        job->next = NULL;
    }
    return job;
}

static void take_slot(se__lane *lane, se_job *job)
{
    job->slot = true;
    lane->running++;
}

void se__lane_want_slot(se__lane *lane, se_job *job)
{
    if (job->slot) {
        se__job_pick(job);
    } else if (lane->running < lane->limit) {
        take_slot(lane, job);
        se__job_pick(job);
    } else {
        job->state = SE__JOB_QUEUED;
        queue_push(lane, job);
    }
}

/*
 * The next in the queue is started by a task, not from here: a job that ends
 * at once gives its slot back at once, and a long queue would become a deep
 * stack.
 */
static void start_next(se__lane *lane)
{
    while (lane->running < lane->limit) {
        se_job *next = queue_pop(lane);

        if (!next) {
            return;
        }
        take_slot(lane, next);
        se__job_post(next);
    }
}

void se__lane_give_slot(se__lane *lane, se_job *job)
{
    if (job->slot) {
        job->slot = false;
        lane->running--;
        start_next(lane);
    }
}

static bool list_remove(se_job **head, se_job *job)
{
    for (se_job **at = head; *at; at = &(*at)->next) {
        if (*at == job) {
            *at = job->next;
            job->next = NULL;
            return true;
        }
    }
    return false;
}

void se__lane_leave_queue(se__lane *lane, se_job *job)
{
    if (job->state != SE__JOB_QUEUED || !list_remove(&lane->queue_head, job)) {
        return;
    }
    lane->queue_tail = lane->queue_head;
    while (lane->queue_tail && lane->queue_tail->next) {
        lane->queue_tail = lane->queue_tail->next;
    }
}

void se__lane_wait_fetch(se__lane *lane, se_job *job)
{
    job->waiting = true;
    job->next = lane->waiting;
    lane->waiting = job;
}

void se__lane_leave_wait(se__lane *lane, se_job *job)
{
    if (job->waiting) {
        job->waiting = false;
        list_remove(&lane->waiting, job);
    }
}

void se__lane_slow_down(se__lane *lane)
{
    if (lane->limit > 1) {
        lane->limit /= 2;
    }
}

void se__lane_speed_up(se__lane *lane)
{
    if (lane->limit < lane->uploader->options.jobs_per_thread) {
        lane->limit++;
        start_next(lane);
    }
}

static se__detached *detached_find(se__lane *lane, const se__endpoint *endpoint)
{
    se__detached *at = lane->detached;

    while (at && at->endpoint != endpoint) {
        at = at->next;
    }
    return at;
}

static void detached_end(se__detached *detached)
{
    se__detached **at = &detached->lane->detached;

    while (*at != detached) {
        at = &(*at)->next;
    }
    *at = detached->next;
    se__endpoint_unref(detached->endpoint);
    free(detached);
}

static void detached_ask(se__detached *detached);

static void detached_done(se__probe *probe, bool answered)
{
    se__detached *detached = SE__CONTAINER(probe, se__detached, probe);

    (void)answered;
    if (detached->again && probe->call.end != SE__HTTP_CANCELED) {
        detached_ask(detached);
    } else {
        detached_end(detached);
    }
}

static void detached_ask(se__detached *detached)
{
    se__lane *lane = detached->lane;

    detached->again = false;
    memset(&detached->probe, 0, sizeof(detached->probe));
    detached->probe.done = detached_done;
    se__probe_start(&detached->probe, lane->http, detached->endpoint,
                    detached->url, lane->uploader->options.probe_timeout_ms);
}

void se__lane_probe(se__lane *lane, se__endpoint *endpoint, const char *url)
{
    se__detached *detached = detached_find(lane, endpoint);

    if (detached) {
        detached->again = true;
        return;
    }
    detached = se__zalloc(sizeof(*detached));
    if (!detached) {
        return; /* only a figure that arrives later */
    }
    detached->lane = lane;
    detached->endpoint = se__endpoint_ref(endpoint);
    se__copy_text(detached->url, sizeof(detached->url), url);
    detached->next = lane->detached;
    lane->detached = detached;
    detached_ask(detached);
}
