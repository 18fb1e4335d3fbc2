/*
 * The request's body: the read callback, pausing and going on.
 *
 * Every body goes through here, also one from memory: what libcurl holds itself
 * it can send again. There is no seek callback, and a body is given once.
 */
#include "wire/http_private.h"

#include <string.h>

static int64_t read_memory(const se__http_call *call, char *buffer, size_t n)
{
    memcpy(buffer, call->json_body + call->body_read, n);
    return (int64_t)n;
}

static int64_t now_ms(const se__transfer *transfer)
{
    return se__loop_now_ms(transfer->http->loop);
}

static void note_complete(se__transfer *transfer)
{
    transfer->call->body_complete = true;
    transfer->state.given_ms = now_ms(transfer);
}

static void note_given(se__transfer *transfer, int64_t n)
{
    se__http_call *call = transfer->call;

    if (call->body_read == 0) {
        call->first_body_ms = now_ms(transfer);
        call->expect_ignored =
            !call->no_expect && !transfer->state.saw_continue;
        transfer->state.mark_ms = call->first_body_ms;
        transfer->state.out_ms = call->first_body_ms;
    }
    call->body_read += n;
    if (call->body_read == transfer->state.size) {
        note_complete(transfer);
    }
}

/* At most this many bytes: never more than were announced. */
static size_t room_for(const se__transfer *transfer, size_t n)
{
    int64_t left = transfer->state.size - transfer->call->body_read;

    return transfer->state.size >= 0 && left < (int64_t)n ? (size_t)left : n;
}

static size_t at_end(se__transfer *transfer)
{
    const se__http_call *call = transfer->call;

    if (transfer->state.size < 0) {
        note_complete(transfer);
        return 0;
    }
    se__http_decide(
        transfer, SE__HTTP_BODY_FAILED, "body ended after %lld of %lld bytes",
        (long long)call->body_read, (long long)transfer->state.size);
    return CURL_READFUNC_ABORT;
}

static size_t take(se__transfer *transfer, int64_t got, size_t room)
{
    if (transfer->state.decided) { /* canceled in read_body */
        return CURL_READFUNC_ABORT;
    }
    if (got == SE__HTTP_BODY_AGAIN) {
        transfer->state.paused = true;
        se__http_watch_pause(transfer);
        return CURL_READFUNC_PAUSE;
    }
    if (got < 0 || got > (int64_t)room) {
        se__http_decide(transfer, SE__HTTP_BODY_FAILED,
                        "body could not be read");
        return CURL_READFUNC_ABORT;
    }
    if (got == 0) {
        return at_end(transfer);
    }
    note_given(transfer, got);
    return (size_t)got;
}

size_t se__http_on_read(char *buffer, size_t size, size_t n, void *user)
{
    se__transfer *transfer = user;
    se__http_call *call = transfer->call;
    size_t room = room_for(transfer, size * n);
    int64_t got;

    if (transfer->state.decided) {
        return CURL_READFUNC_ABORT;
    }
    if (call->body_complete) {
        return 0;
    }
    got = call->json_body ? read_memory(call, buffer, room)
                          : call->read_body(call, buffer, room);
    return take(transfer, got, room);
}

void se__http_unpause(se__transfer *transfer)
{
    se__http *http = transfer->http;

    transfer->state.paused = false;
    se__http_watch_resume(transfer);
    http->depth++;
    curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    http->depth--;
}
