/* What goes out on a connection. */
#include "connection.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void sb_set_reply(sb_connection *c, int status)
{
    sb_text_reset(&c->reply.body);
    c->reply.status = status;
    c->reply.headers = NULL;
    free(c->reply.own_headers);
    c->reply.own_headers = NULL;
    if (c->reply.file_fd >= 0) {
        close(c->reply.file_fd);
        c->reply.file_fd = -1;
    }
}

void sb_reply_detail(sb_connection *c, int status, const char *format, ...)
{
    char detail[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    sb_set_reply(c, status);
    sb_text_put(&c->reply.body, "{\"detail\":");
    sb_text_json(&c->reply.body, detail);
    sb_text_put(&c->reply.body, "}");
}

static bool has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

/* A body that was not read to its end cannot be told from a next request. */
static bool stays_open(const sb_connection *c)
{
    return c->request.keep_alive && c->body_done;
}

static void print_head(sb_connection *c, int64_t length)
{
    sb_text *out = &c->output;
    const sb_reply *reply = &c->reply;

    sb_text_reset(out);
    sb_text_printf(out, "HTTP/1.1 %d %s\r\n", reply->status,
                   sb_status_text(reply->status));
    if (reply->file_fd < 0 && length > 0 &&
        (!reply->headers || !strcasestr(reply->headers, "content-type:"))) {
        sb_text_put(out, "Content-Type: application/json\r\n");
    }
    if (has_body(reply->status)) {
        sb_text_printf(out, "Content-Length: %lld\r\n", (long long)length);
    }
    if (reply->headers) {
        sb_text_put(out, reply->headers);
    }
    sb_text_put(out, stays_open(c) ? "\r\n" : "Connection: close\r\n\r\n");
}

static bool send_file(sb_connection *c)
{
    char bytes[16384];
    int64_t left = c->reply.file_size;

    while (left > 0) {
        ssize_t n = read(c->reply.file_fd, bytes, sizeof(bytes));

        if (n <= 0 || !sb_send(c, bytes, (size_t)n)) {
            return false;
        }
        left -= n;
    }
    return true;
}

void sb_send_reply(sb_connection *c)
{
    sb_reply *reply = &c->reply;
    bool is_file = reply->file_fd >= 0;
    int64_t length = is_file ? reply->file_size : (int64_t)reply->body.length;
    bool good;

    print_head(c, length);
    if (!is_file && has_body(reply->status) && length > 0) {
        sb_text_add(&c->output, reply->body.data, reply->body.length);
    }
    good = !c->output.failed && !reply->body.failed &&
           sb_send(c, c->output.data, c->output.length) &&
           (!is_file || send_file(c));
    if (is_file) {
        close(reply->file_fd);
        reply->file_fd = -1;
    }
    c->fate = good && stays_open(c) ? SB_ANSWERED : SB_CLOSE;
}
