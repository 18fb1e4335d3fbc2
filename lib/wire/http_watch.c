/*
 * The time limits of a call, looked at by a timer of its own.
 *
 * Design notes. What counts as sent is what the peer's kernel has taken: the
 * bytes that libcurl wrote, less those that our kernel still holds (SIOCOUTQ).
 * Our read callback runs ahead of that by libcurl's upload buffer and by
 * megabytes of socket buffer.
 *
 * - total: from the start, absolute.
 * - idle: while sending, from the first body byte until the peer has taken the
 *   last one: less than 1 KiB/s over a whole idle_timeout_ms. Time in which the
 *   body had nothing to give does not count: that is not the peer's fault.
 * - commit: from when sending last got ahead after the whole body was given (a
 *   call without a body: from when the request was made) until the answer is
 *   complete. It is absolute: an answer that trickles is not spared. A refusal
 *   that ends the sending early starts it too.
 *
 * - begin: libcurl limits connecting and the wait for 100 Continue, but when it
 *   runs out of memory inside curl_multi_socket_action() it forgets what it
 *   waits for. If no body byte was asked for long after those limits, the call
 *   is ended like an idle one.
 *
 * Progress is looked at in steps of an eighth of the shorter limit, which is
 * how late idle and commit may fire.
 */
#include "wire/http_private.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/mem.h"

enum {
    SLOWEST_BYTES_PER_S = 1024,
    STEPS_PER_LIMIT = 8,
    SHORTEST_STEP_MS = 10,
    LONGEST_STEP_MS = 1000
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t step_ms(const se__http_call *call)
{
    int64_t limit = (int64_t)LONGEST_STEP_MS * STEPS_PER_LIMIT;

    if (call->idle_timeout_ms > 0) {
        limit = earlier(limit, call->idle_timeout_ms);
    }
    if (call->commit_timeout_ms > 0) {
        limit = earlier(limit, call->commit_timeout_ms);
    }
    return later(limit / STEPS_PER_LIMIT, SHORTEST_STEP_MS);
}

/* ---- progress ---- */

/* Bytes that our kernel holds for the peer. */
static int64_t held_by_kernel(const se__transfer *transfer)
{
    int fd = se__http_socket_fd(transfer);
    int held = 0;

    return fd >= 0 && ioctl(fd, SIOCOUTQ, &held) == 0 ? held : 0;
}

/* Looks how far sending is; true: the peer has taken the whole body. */
static bool look(se__transfer *transfer, int64_t now_ms)
{
    const se__http_call *call = transfer->call;
    curl_off_t written = 0;
    int64_t held = held_by_kernel(transfer);

    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &written);
    if (written - held > transfer->state.out_bytes) {
        transfer->state.out_bytes = written - held;
        transfer->state.out_ms = now_ms;
    }
    return call->body_complete && written >= call->body_read && held == 0;
}

/* ---- the limits ---- */

static bool is_idle(se__transfer *transfer, int64_t now_ms)
{
    int64_t limit_ms = transfer->call->idle_timeout_ms;
    int64_t out = transfer->state.out_bytes - transfer->state.mark_bytes;

    if (out >= SLOWEST_BYTES_PER_S * limit_ms / 1000) {
        transfer->state.mark_bytes = transfer->state.out_bytes;
        transfer->state.mark_ms = now_ms;
    }
    return now_ms - transfer->state.mark_ms >= limit_ms;
}

/* When the wait for the answer began; SE__NEVER: it has not. */
static int64_t sent_ms(const se__transfer *transfer)
{
    const se__http_call *call = transfer->call;

    if (!transfer->state.has_body) {
        return transfer->state.requested_ms > 0 ? transfer->state.requested_ms
                                                : SE__NEVER;
    }
    if (call->body_complete) {
        return later(transfer->state.given_ms, transfer->state.out_ms);
    }
    /* libcurl stops sending when it sees such a status. */
    return call->status >= 300 ? transfer->state.status_ms : SE__NEVER;
}

static int64_t total_deadline(const se__http_call *call)
{
    return call->total_timeout_ms > 0
               ? call->started_ms + call->total_timeout_ms
               : SE__NEVER;
}

static int64_t commit_deadline(const se__transfer *transfer)
{
    int limit_ms = transfer->call->commit_timeout_ms;
    int64_t from_ms = limit_ms > 0 ? sent_ms(transfer) : SE__NEVER;

    return from_ms == SE__NEVER ? SE__NEVER : from_ms + limit_ms;
}

/* Is it beyond all limits of libcurl, with nothing sent or heard? */
static bool is_forgotten(const se__transfer *transfer, int64_t now_ms)
{
    const se__http_call *call = transfer->call;

    return transfer->state.has_body && call->idle_timeout_ms > 0 &&
           call->body_read == 0 && call->status == 0 &&
           !transfer->state.paused &&
           now_ms - call->started_ms >=
               (int64_t)transfer->http->connect_timeout_ms +
                   call->expect_timeout_ms + call->idle_timeout_ms;
}

/* Decides if a limit is reached. */
static void judge(se__transfer *transfer, int64_t now_ms)
{
    const se__http_call *call = transfer->call;
    bool sending =
        call->body_read > 0 && !look(transfer, now_ms) && call->status < 300;

    if (now_ms >= total_deadline(call)) {
        se__http_decide(transfer, SE__HTTP_TIMEOUT, "not done within %d ms",
                        call->total_timeout_ms);
    } else if (sending && call->idle_timeout_ms > 0 &&
               !transfer->state.paused && is_idle(transfer, now_ms)) {
        se__http_decide(transfer, SE__HTTP_IDLE,
                        "peer took less than 1 KiB/s for %d ms",
                        call->idle_timeout_ms);
    } else if (is_forgotten(transfer, now_ms)) {
        se__http_decide(transfer, SE__HTTP_IDLE,
                        "the request did not get under way");
    } else if (now_ms >= commit_deadline(transfer)) {
        se__http_decide(transfer, SE__HTTP_COMMIT_TIMEOUT,
                        "no complete answer within %d ms after the request",
                        call->commit_timeout_ms);
    }
}

/* ---- the timer ---- */

static bool set_timer(se__transfer *transfer, int64_t now_ms)
{
    const se__http_call *call = transfer->call;
    int64_t at_ms = earlier(total_deadline(call), commit_deadline(transfer));

    if (call->idle_timeout_ms > 0 || call->commit_timeout_ms > 0) {
        at_ms = earlier(at_ms, now_ms + step_ms(call));
    }
    return at_ms == SE__NEVER ||
           se__timer_set(transfer->http->loop, &transfer->timer, at_ms);
}

static void on_timer(se__timer *timer)
{
    se__transfer *transfer = SE__CONTAINER(timer, se__transfer, timer);
    int64_t now_ms = se__loop_now_ms(transfer->http->loop);

    judge(transfer, now_ms);
    if (transfer->state.decided) {
        se__http_finish(transfer->call);
        return;
    }
    (void)set_timer(transfer, now_ms); /* its place is still free */
}

bool se__http_watch(se__transfer *transfer)
{
    transfer->timer.fire = on_timer;
    return set_timer(transfer, se__loop_now_ms(transfer->http->loop));
}

void se__http_watch_pause(se__transfer *transfer)
{
    transfer->state.paused_ms = se__loop_now_ms(transfer->http->loop);
}

void se__http_watch_resume(se__transfer *transfer)
{
    transfer->state.mark_ms +=
        se__loop_now_ms(transfer->http->loop) - transfer->state.paused_ms;
}
