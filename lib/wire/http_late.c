/*
 * An answer that came just before a send failed.
 *
 * Design notes. A peer that refuses a body half-way answers and closes, and
 * what we are still sending makes that a reset. libcurl gives up as soon as a
 * send fails, although the answer lies readable in our kernel: it is read here,
 * from the descriptor that libcurl is about to close. Only a plain connection
 * can be read so, and only an answer that begins there.
 */
#include "wire/http_private.h"

#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/text.h"

enum {
    LATE_SIZE = 8 * 1024
};

/* The length of the first line with its end; 0: it is not complete. */
static size_t line_length(const char *data, size_t length)
{
    const char *end = memchr(data, '\n', length);

    return end ? (size_t)(end - data) + 1 : 0;
}

static void take_body(se__transfer *transfer, const char *data, size_t length)
{
    size_t max = transfer->call->max_reply;

    if (max == 0 || length <= max) {
        (void)se__buf_append(&transfer->call->reply, data, length);
    }
}

static void take_answer(se__transfer *transfer, char *data, size_t length)
{
    bool chunked = false;

    while (transfer->state.part != SE__PART_TRAILER) {
        size_t line = line_length(data, length);

        if (line == 0 || (transfer->state.part == SE__PART_STATUS &&
                          strncmp(data, "HTTP/1.", 7) != 0)) {
            return;
        }
        chunked |= strncasecmp(data, "Transfer-Encoding:", 18) == 0;
        if (se__http_on_header(data, 1, line, transfer) != line) {
            return;
        }
        data += line;
        length -= line;
    }
    if (!chunked) {
        take_body(transfer, data, length);
    }
}

void se__http_hear_late(se__transfer *transfer, curl_socket_t fd)
{
    const se__http_call *call = transfer->call;
    char data[LATE_SIZE + 1];
    ssize_t n;

    if (transfer->state.decided || call->body_read == 0 || call->status != 0 ||
        transfer->state.part != SE__PART_STATUS || transfer->state.tls) {
        return;
    }
    n = recv(fd, data, LATE_SIZE, MSG_DONTWAIT);
    if (n > 0) {
        data[n] = '\0'; /* lines are compared as text */
        take_answer(transfer, data, (size_t)n);
    }
}
