/* What a fault does to a request. */
#include "connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FLOOD 1000

typedef void act(sb_connection *c, const sandbox_fault *what);

static void act_none(sb_connection *c, const sandbox_fault *what)
{
    (void)c;
    (void)what;
}

static void act_status(sb_connection *c, const sandbox_fault *what)
{
    sb_text header = {0};

    if (what->header) {
        sb_text_put(&header, what->header);
        sb_text_put(&header, "\r\n");
    }
    sb_set_reply(c, what->status ? what->status : 500);
    c->reply.headers = header.data;
    sb_text_put(&c->reply.body,
                what->body ? what->body : "{\"detail\":\"sandbox fault\"}");
    sb_send_reply(c);
    c->reply.headers = NULL;
    sb_text_fini(&header);
}

static void act_close(sb_connection *c, const sandbox_fault *what)
{
    (void)what;
    c->fate = SB_CLOSE;
}

static void act_reset(sb_connection *c, const sandbox_fault *what)
{
    (void)what;
    c->fate = SB_RESET;
}

/* Else the system would take megabytes for us that nobody reads. */
static void take_little(sb_connection *c)
{
    int bytes = 4096;

    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static void act_stall(sb_connection *c, const sandbox_fault *what)
{
    (void)what;
    take_little(c);
    sb_wait_closed(c);
    c->fate = SB_RESET;
}

static void act_slow(sb_connection *c, const sandbox_fault *what)
{
    take_little(c);
    c->bytes_per_s = what->bytes_per_s;
}

static void act_no_100(sb_connection *c, const sandbox_fault *what)
{
    (void)what;
    c->no_100 = true;
}

static void act_corrupt(sb_connection *c, const sandbox_fault *what)
{
    (void)what;
    c->corrupt = true;
}

/* The checksum's digits in the answer, NULL if it has none. */
static char *find_checksum(sb_connection *c)
{
    static const char key[] = "\"checksum\":\"";
    char *found = c->reply.body.length ? strstr(c->reply.body.data, key) : NULL;

    return found ? found + sizeof(key) - 1 : NULL;
}

static void act_wrong_checksum(sb_connection *c, const sandbox_fault *what)
{
    char *digit = find_checksum(c);

    (void)what;
    if (digit) {
        *digit = *digit == '0' ? '1' : '0';
    }
}

static void act_no_checksum(sb_connection *c, const sandbox_fault *what)
{
    sb_text *body = &c->reply.body;
    char *digits = find_checksum(c);

    (void)what;
    if (digits) {
        char *from = digits - strlen("\"checksum\":\"");
        char *to = digits + SB_SHA_SIZE - 1 + strlen("\",");

        memmove(from, to, body->length - (size_t)(to - body->data) + 1);
        body->length -= (size_t)(to - from);
    }
}

static void act_garbage(sb_connection *c, const sandbox_fault *what)
{
    bool stored = what->when == SANDBOX_AFTER_STORE;
    int status = stored ? c->reply.status : sb_is_upload(c) ? 201 : 200;

    sb_set_reply(c, status);
    sb_text_put(&c->reply.body, "{\"file_id\": \"this is no JSON");
    sb_send_reply(c);
}

static void send_for_ever(sb_connection *c, const char *begin,
                          const char *again)
{
    sb_text block = {0};

    while (block.length < 8192 && !block.failed) {
        sb_text_put(&block, again);
    }
    if (!block.failed && sb_send(c, begin, strlen(begin))) {
        while (sb_send(c, block.data, block.length)) {
        }
    }
    sb_text_fini(&block);
    c->fate = SB_CLOSE;
}

static void act_endless(sb_connection *c, const sandbox_fault *what)
{
    static const char stored[] = "HTTP/1.1 201 Created\r\n"
                                 "Content-Type: application/json\r\n"
                                 "Connection: close\r\n\r\n{\"file_id\":\"";
    static const char found[] = "HTTP/1.1 200 OK\r\n"
                                "Content-Type: application/json\r\n"
                                "Connection: close\r\n\r\n{\"id\":\"";

    (void)what;
    send_for_ever(c, sb_is_upload(c) ? stored : found, "endless ");
}

static void act_endless_headers(sb_connection *c, const sandbox_fault *what)
{
    (void)what;
    send_for_ever(c, "HTTP/1.1 201 Created\r\n", "X-Endless: header\r\n");
}

static void act_flood(sb_connection *c, const sandbox_fault *what)
{
    sb_text flood = {0};

    (void)what;
    for (int i = 0; i < FLOOD; i++) {
        sb_text_put(&flood, "HTTP/1.1 102 Processing\r\n\r\n");
    }
    if (flood.failed || !sb_send(c, flood.data, flood.length)) {
        c->fate = SB_CLOSE;
    }
    sb_text_fini(&flood);
}

static void act_417(sb_connection *c, const sandbox_fault *what)
{
    (void)what;
    sb_reply_detail(c, 417, "Expectation Failed");
    sb_send_reply(c);
}

static const struct {
    act *act;
    bool goes_on; /* only the way changes: other faults are tried too */
} actions[] = {
    [SANDBOX_NO_FAULT] = {act_none, true},
    [SANDBOX_STATUS] = {act_status, false},
    [SANDBOX_CLOSE] = {act_close, false},
    [SANDBOX_RESET] = {act_reset, false},
    [SANDBOX_STALL] = {act_stall, false},
    [SANDBOX_SLOW] = {act_slow, true},
    [SANDBOX_NO_100] = {act_no_100, true},
    [SANDBOX_WRONG_CHECKSUM] = {act_wrong_checksum, false},
    [SANDBOX_NO_CHECKSUM] = {act_no_checksum, false},
    [SANDBOX_GARBAGE] = {act_garbage, false},
    [SANDBOX_CORRUPT] = {act_corrupt, true},
    [SANDBOX_ENDLESS] = {act_endless, false},
    [SANDBOX_ENDLESS_HEADERS] = {act_endless_headers, false},
    [SANDBOX_FLOOD_1XX] = {act_flood, true},
    [SANDBOX_EXPECT_417] = {act_417, false},
};

static sb_fault *take_fault(sb_connection *c, sandbox_when when,
                            uint64_t *cursor)
{
    sb_moment at = {.route = sb_route_name(c),
                    .when = when,
                    .body_bytes = c->body_bytes,
                    .expects_100 = c->request.expects_100};
    sb_fault *fault;

    pthread_mutex_lock(&c->element->lock);
    fault = sb_faults_take(&c->element->faults, &at, cursor);
    pthread_mutex_unlock(&c->element->lock);
    return fault;
}

bool sb_strike(sb_connection *c, sandbox_when when)
{
    uint64_t cursor = 0;
    bool goes_on = true;
    sb_fault *fault;

    while (goes_on && c->fate == SB_GO_ON &&
           (fault = take_fault(c, when, &cursor))) {
        if (fault->what.delay_ms > 0) {
            sb_pause(c, fault->what.delay_ms);
        }
        actions[fault->what.action].act(c, &fault->what);
        goes_on = actions[fault->what.action].goes_on;
        sb_fault_unref(fault);
    }
    if (atomic_load(&c->dying)) {
        c->fate = SB_RESET;
    }
    return c->fate == SB_GO_ON;
}
