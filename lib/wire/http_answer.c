/*
 * What comes back: status, the headers that matter, the body, and their caps.
 */
#include "wire/http_private.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    MAX_HEADER_BYTES = 64 * 1024, /* of all answers to one request */
    MAX_INTERIM = 32,
    DEFAULT_MAX_REPLY = 64 * 1024
};

/* ---- header fields ---- */

static void copy_clean(char *out, size_t size, const char *value, size_t length)
{
    size_t n = length < size ? length : size - 1;

    memcpy(out, value, n);
    out[n] = '\0';
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)out[i] < 0x20 || out[i] == 0x7f) {
            out[i] = '?';
        }
    }
}

static void take_server(se__http_call *call, const char *value, size_t length)
{
    copy_clean(call->server, sizeof(call->server), value, length);
}

static void take_type(se__http_call *call, const char *value, size_t length)
{
    copy_clean(call->content_type_in, sizeof(call->content_type_in), value,
               length);
}

/* Seconds or a date (RFC 9110 10.2.3); anything else is as if absent. */
static void take_retry(se__http_call *call, const char *value, size_t length)
{
    char date[64];
    time_t at;

    if (se__parse_int64(value, length, &call->retry_after_s)) {
        if (call->retry_after_s < 0) {
            call->retry_after_s = -1;
        }
        return;
    }
    call->retry_after_s = -1;
    copy_clean(date, sizeof(date), value, length);
    at = curl_getdate(date, NULL);
    if (at >= 0) {
        int64_t left = (int64_t)at - se__wall_us() / 1000000;

        call->retry_after_s = left > 0 ? left : 0;
    }
}

static const struct {
    const char *name;
    void (*take)(se__http_call *call, const char *value, size_t length);
} fields[] = {
    {"server:", take_server},
    {"content-type:", take_type},
    {"retry-after:", take_retry},
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void take_field(se__http_call *call, const char *line, size_t length)
{
    for (size_t i = 0; i < SE__COUNT(fields); i++) {
        size_t name = strlen(fields[i].name);

        if (length < name || strncasecmp(line, fields[i].name, name) != 0) {
            continue;
        }
        line += name;
        length -= name;
        while (length > 0 && is_blank(*line)) {
            line++;
            length--;
        }
        while (length > 0 && is_blank(line[length - 1])) {
            length--;
        }
        fields[i].take(call, line, length);
        return;
    }
}

/* ---- header lines ---- */

/* "HTTP/1.1 201 Created"; libcurl has refused what is no status line. */
static int parse_status(const char *line, size_t length)
{
    const char *space = memchr(line, ' ', length);
    int64_t status = 0;

    if (!space || length - (size_t)(space - line) < 4 ||
        !se__parse_int64(space + 1, 3, &status)) {
        return 0;
    }
    return (int)status;
}

static bool take_status(se__transfer *transfer, int status)
{
    se__http_call *call = transfer->call;

    if (status < 200) {
        transfer->state.part = SE__PART_INTERIM;
        transfer->state.saw_continue |= status == 100;
        if (++transfer->state.interim > MAX_INTERIM) {
            se__http_decide(transfer, SE__HTTP_TOO_LARGE,
                            "more than %d interim answers", MAX_INTERIM);
            return false;
        }
        return true;
    }
    transfer->state.part = SE__PART_FINAL;
    transfer->state.status_ms = se__loop_now_ms(transfer->http->loop);
    call->status = status;
    if (status == 417 && transfer->state.has_body && !call->no_expect) {
        /* libcurl would drop the answer and repeat the request for ever. */
        se__http_decide_ok(transfer);
        return false;
    }
    return true;
}

static bool take_line(se__transfer *transfer, const char *line, size_t length)
{
    bool empty = length > 0 && (line[0] == '\r' || line[0] == '\n');

    switch (transfer->state.part) {
    case SE__PART_STATUS:
        return take_status(transfer, parse_status(line, length));
    case SE__PART_INTERIM:
        if (empty) {
            transfer->state.part = SE__PART_STATUS;
        }
        return true;
    case SE__PART_FINAL:
        if (empty) {
            transfer->state.part = SE__PART_TRAILER;
        } else {
            take_field(transfer->call, line, length);
        }
        return true;
    case SE__PART_TRAILER:
        break;
    }
    return true;
}

size_t se__http_on_header(char *line, size_t size, size_t n, void *user)
{
    se__transfer *transfer = user;
    size_t length = size * n;

    transfer->state.header_bytes += length;
    if (transfer->state.header_bytes > MAX_HEADER_BYTES) {
        se__http_decide(transfer, SE__HTTP_TOO_LARGE,
                        "more than %d bytes of headers", MAX_HEADER_BYTES);
        return 0;
    }
    return take_line(transfer, line, length) ? length : 0;
}

/* ---- body ---- */

size_t se__http_on_write(char *data, size_t size, size_t n, void *user)
{
    se__transfer *transfer = user;
    se__http_call *call = transfer->call;
    size_t length = size * n;
    size_t max = call->max_reply > 0 ? call->max_reply : DEFAULT_MAX_REPLY;

    if (length > max - call->reply.length) {
        se__http_decide(transfer, SE__HTTP_TOO_LARGE,
                        "answer is larger than %zu bytes", max);
        return 0;
    }
    if (!se__buf_append(&call->reply, data, length)) {
        se__http_decide(transfer, SE__HTTP_INTERNAL,
                        "out of memory for the answer");
        return 0;
    }
    return length;
}
