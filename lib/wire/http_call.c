/*
 * The life of a call: how it starts and how it ends.
 *
 * Design notes. What has to wait until libcurl has returned (a cancel or a
 * resume from read_body) and the end of a call that could not be started stand
 * in a list that a task works off.
 */
#include "wire/http_private.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

/* ---- how a call ends ---- */

static void set_end(se__http_call *call, se__http_end end, const char *words,
                    va_list args) SE__PRINTF(3, 0);

static void set_end(se__http_call *call, se__http_end end, const char *words,
                    va_list args)
{
    call->end = end;
    vsnprintf(call->error, sizeof(call->error), words, args);
    for (char *c = call->error; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
}

void se__http_decide(se__transfer *transfer, se__http_end end,
                     const char *words, ...)
{
    va_list args;

    if (transfer->state.decided) {
        return;
    }
    transfer->state.decided = true;
    va_start(args, words);
    set_end(transfer->call, end, words, args);
    va_end(args);
}

void se__http_decide_ok(se__transfer *transfer)
{
    se__http_decide(transfer, SE__HTTP_OK, "%s", "");
}

static void forget_waiting(se__http_call *call)
{
    se__http *http = call->http;
    se__http_call **at = &http->waiting_head;
    se__http_call *before = NULL;

    if (!call->waits) {
        return;
    }
    while (*at != call) {
        before = *at;
        at = &before->next;
    }
    *at = call->next;
    if (http->waiting_tail == call) {
        http->waiting_tail = before;
    }
    call->next = NULL;
    call->waits = false;
    http->n_waiting--;
}

void se__http_wait(se__http_call *call)
{
    se__http *http = call->http;

    if (call->waits) {
        return;
    }
    call->waits = true;
    call->next = NULL;
    if (http->waiting_tail) {
        http->waiting_tail->next = call;
    } else {
        http->waiting_head = call;
    }
    http->waiting_tail = call;
    http->n_waiting++;
    se__loop_post(http->loop, &http->task);
}

void se__http_finish(se__http_call *call)
{
    se__http *http = call->http;
    se__transfer *transfer = call->transfer;

    forget_waiting(call);
    if (transfer) {
        http->depth++;
        curl_multi_remove_handle(http->multi, transfer->easy);
        http->depth--;
        se__timer_cancel(http->loop, &transfer->timer);
        se__transfer_release(transfer);
    }
    call->transfer = NULL;
    call->http = NULL;
    call->finished_ms = se__loop_now_ms(http->loop);
    call->done(call);
}

/* Works off what waits now; what is added meanwhile posts the task again. */
void se__http_on_task(se__task *task)
{
    se__http *http = SE__CONTAINER(task, se__http, task);

    for (size_t n = http->n_waiting; n > 0 && http->waiting_head; n--) {
        se__http_call *call = http->waiting_head;

        forget_waiting(call);
        if (call->transfer && !call->transfer->state.decided) {
            se__http_unpause(call->transfer);
        } else {
            se__http_finish(call);
        }
    }
}

/* ---- calls ---- */

static bool begin(se__http *http, se__http_call *call)
{
    se__transfer *transfer = se__transfer_take(http);
    CURLMcode code;

    if (!transfer) {
        return false;
    }
    transfer->call = call;
    call->transfer = transfer;
    if (!se__transfer_prepare(transfer)) {
        return true; /* decided */
    }
    if (!se__timer_set(http->loop, &http->timer, http->timer.at_ms) ||
        !se__http_watch(transfer)) {
        return false;
    }
    http->depth++;
    code = curl_multi_add_handle(http->multi, transfer->easy);
    http->depth--;
    return code == CURLM_OK;
}

static void give_up(se__http_call *call)
{
    static const char words[] = "out of memory for a request";

    if (call->transfer) {
        se__http_decide(call->transfer, SE__HTTP_INTERNAL, "%s", words);
    } else {
        call->end = SE__HTTP_INTERNAL;
        se__copy_text(call->error, sizeof(call->error), words);
    }
}

void se__http_start(se__http *http, se__http_call *call)
{
    call->http = http;
    call->started_ms = se__loop_now_ms(http->loop);
    call->retry_after_s = -1;
    if (http->timer.position == 0) {
        http->timer.at_ms = SE__NEVER;
    }
    if (!begin(http, call)) {
        give_up(call);
    }
    if (!call->transfer || call->transfer->state.decided) {
        se__http_wait(call);
    }
}

void se__http_cancel(se__http_call *call)
{
    se__http *http = call->http;

    if (!http) {
        return;
    }
    if (call->transfer) {
        se__http_decide(call->transfer, SE__HTTP_CANCELED, "canceled");
    }
    if (http->depth > 0) {
        se__http_wait(call);
    } else {
        se__http_finish(call);
    }
}

void se__http_resume(se__http_call *call)
{
    if (!call->http || !call->transfer || !call->transfer->state.paused) {
        return;
    }
    if (call->http->depth > 0) {
        se__http_wait(call);
    } else {
        se__http_unpause(call->transfer);
    }
}

void se__http_call_fini(se__http_call *call)
{
    se__buf_fini(&call->reply);
}
