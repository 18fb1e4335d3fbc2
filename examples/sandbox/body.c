/* What comes in on a connection: heads and bodies, one behind the other. */
#include "connection.h"

#include <string.h>

#define MAX_CHUNK_LINE 1024

static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

/* More input behind what is there; false: no room or nothing comes. */
static bool input_fill(sb_connection *c)
{
    ssize_t n;

    if (c->start == c->end) {
        c->start = c->end = c->base;
    } else if (c->end == SB_HEAD_BUFFER) {
        memmove(c->input + c->base, c->input + c->start, c->end - c->start);
        c->end -= c->start - c->base;
        c->start = c->base;
    }
    if (c->end == SB_HEAD_BUFFER) {
        return false;
    }
    n = sb_receive(c, c->input + c->end, SB_HEAD_BUFFER - c->end);
    if (n <= 0) {
        return false;
    }
    c->end += (size_t)n;
    return true;
}

static void new_request(sb_connection *c)
{
    memmove(c->input, c->input + c->start, c->end - c->start);
    c->end -= c->start;
    c->start = c->base = 0;
    c->request = (sb_request){0};
    c->route = NULL;
    c->fate = SB_GO_ON;
    c->no_100 = c->corrupt = c->body_begun = c->body_done = false;
    c->chunk = SB_CHUNK_SIZE;
    c->body_left = c->body_bytes = 0;
    c->bytes_per_s = c->slow_bytes = 0;
    c->tried_offset = -1;
}

/* Lines that are empty may stand before a request (RFC 9112, 2.2). */
static void skip_empty_lines(sb_connection *c)
{
    while (c->end - c->start >= 2 &&
           memcmp(c->input + c->start, "\r\n", 2) == 0) {
        c->start += 2;
    }
}

/* The head's length with its empty line; 0: the connection is at its end. */
static size_t find_head(sb_connection *c)
{
    for (;;) {
        char *head, *end;
        size_t length;

        skip_empty_lines(c);
        head = c->input + c->start;
        end = memmem(head, c->end - c->start, "\r\n\r\n", 4);
        length = end ? (size_t)(end + 4 - head) : c->end - c->start;
        if (end && length <= SB_MAX_HEAD) {
            return length;
        }
        if (length > SB_MAX_HEAD) {
            sb_reply_detail(c, 431, "Request header fields too large");
            sb_send_reply(c);
            return 0;
        }
        if (!input_fill(c)) {
            return 0;
        }
    }
}

bool sb_read_head(sb_connection *c)
{
    size_t length;
    char *head;
    int status;

    new_request(c);
    length = find_head(c);
    if (length == 0) {
        return false;
    }
    head = c->input + c->start;
    c->start += length;
    c->base = c->start;
    status = sb_request_parse(&c->request, head, length);
    if (status != 0) {
        sb_reply_detail(c, status, "Invalid HTTP request");
        sb_send_reply(c);
        return false;
    }
    c->body_left = c->request.chunked ? 0 : c->request.content_length;
    c->body_done = !c->request.chunked && c->body_left == 0;
    return true;
}

static bool begin_body(sb_connection *c)
{
    c->body_begun = true;
    if (!c->request.expects_100 || c->no_100 || c->body_done ||
        c->start < c->end) {
        return true;
    }
    return sb_send(c, go_on, sizeof(go_on) - 1);
}

/* The next line, cut off without its end; NULL: there is none. */
static char *take_line(sb_connection *c)
{
    char *line, *end;

    for (;;) {
        line = c->input + c->start;
        end = memmem(line, c->end - c->start, "\r\n", 2);
        if (end) {
            break;
        }
        if (c->end - c->start > MAX_CHUNK_LINE || !input_fill(c)) {
            return NULL;
        }
    }
    *end = '\0';
    c->start += (size_t)(end + 2 - line);
    return line;
}

static bool parse_chunk_size(const char *line, int64_t *size)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    size_t length = strspn(line, digits);

    *size = 0;
    if (length == 0 || length > 15 ||
        (line[length] && !strchr("; \t", line[length]))) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        int value = (int)(strchr(digits, line[i]) - digits);

        *size = *size * 16 + (value > 15 ? value - 6 : value);
    }
    return true;
}

static bool skip_trailers(sb_connection *c)
{
    for (int i = 0; i < 64; i++) {
        const char *line = take_line(c);

        if (!line) {
            return false;
        }
        if (!*line) {
            return true;
        }
    }
    return false;
}

/* To the next chunk's data, or to the end of the body. */
static bool next_chunk(sb_connection *c)
{
    const char *line = take_line(c);

    if (c->chunk == SB_CHUNK_CRLF) {
        if (!line || *line) {
            return false;
        }
        line = take_line(c);
    }
    if (!line || !parse_chunk_size(line, &c->body_left)) {
        return false;
    }
    c->chunk = SB_CHUNK_DATA;
    if (c->body_left == 0) {
        c->body_done = skip_trailers(c);
        return c->body_done;
    }
    return true;
}

/* Bytes up to the next fault during the body; -1: one ended the request. */
static int64_t bytes_to_fault(sb_connection *c)
{
    sb_element *element = c->element;

    for (;;) {
        int64_t from = c->tried_offset < c->body_bytes ? c->body_bytes
                                                       : c->tried_offset + 1;
        int64_t offset;

        pthread_mutex_lock(&element->lock);
        offset =
            sb_faults_next_offset(&element->faults, sb_route_name(c), from);
        pthread_mutex_unlock(&element->lock);
        if (offset != c->body_bytes) {
            return offset - c->body_bytes;
        }
        c->tried_offset = offset;
        if (!sb_strike(c, SANDBOX_DURING_BODY)) {
            return -1;
        }
    }
}

/* Some bytes of the body from where they are. */
static ssize_t take_body(sb_connection *c, char *bytes, size_t capacity)
{
    size_t there = c->end - c->start;

    if (there == 0) {
        return sb_receive(c, bytes, capacity);
    }
    capacity = capacity < there ? capacity : there;
    memcpy(bytes, c->input + c->start, capacity);
    c->start += capacity;
    return (ssize_t)capacity;
}

static void account_body(sb_connection *c, ssize_t n)
{
    sb_element *element = c->element;

    c->body_bytes += n;
    c->body_left -= n;
    if (c->body_left == 0) {
        c->chunk = SB_CHUNK_CRLF;
        c->body_done = !c->request.chunked;
    }
    if (sb_is_upload(c)) {
        pthread_mutex_lock(&element->lock);
        element->counts.body_bytes += n;
        pthread_mutex_unlock(&element->lock);
    }
}

static ssize_t gone(sb_connection *c)
{
    c->fate = SB_CLOSE;
    return -1;
}

ssize_t sb_read_body(sb_connection *c, char *bytes, size_t capacity)
{
    int64_t limit;
    ssize_t n;

    if (!c->body_begun && !begin_body(c)) {
        return gone(c);
    }
    limit = bytes_to_fault(c);
    if (limit < 0) {
        return -1;
    }
    if (c->body_done) {
        return 0;
    }
    if (c->body_left == 0) {
        if (!next_chunk(c)) {
            return gone(c);
        }
        if (c->body_done) {
            return 0;
        }
    }
    limit = limit < c->body_left ? limit : c->body_left;
    capacity = (int64_t)capacity < limit ? capacity : (size_t)limit;
    n = take_body(c, bytes, sb_slow_step(c, capacity));
    if (n <= 0) {
        return gone(c);
    }
    account_body(c, n);
    sb_slow_down(c, n);
    return n;
}

bool sb_skip_body(sb_connection *c)
{
    char bytes[16384];
    ssize_t n;

    do {
        n = sb_read_body(c, bytes, sizeof(bytes));
    } while (n > 0);
    return n == 0;
}
