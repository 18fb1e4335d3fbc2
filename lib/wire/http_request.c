/*
 * The options of one call. All of them are set each time: a handle remembers
 * those of the call before.
 */
#include "wire/http_private.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

enum {
    DEFAULT_UPLOAD_BUFFER = 64 * 1024,
    LARGEST_UPLOAD_BUFFER = 2 * 1024 * 1024 /* libcurl's own limit */
};

static bool is_clean(const char *text)
{
    return !text || se__text_is_clean(text, strlen(text));
}

/* libcurl would send a line break as such, and with it another header. */
static bool check(se__transfer *transfer)
{
    const se__http_call *call = transfer->call;

    if (!is_clean(call->authorization)) {
        se__http_decide(transfer, SE__HTTP_INTERNAL,
                        "Authorization holds a control character");
        return false;
    }
    if (!is_clean(call->content_type)) {
        se__http_decide(transfer, SE__HTTP_INTERNAL,
                        "Content-Type holds a control character");
        return false;
    }
    if (!is_clean(call->url) || !is_clean(call->method)) {
        se__http_decide(transfer, SE__HTTP_INTERNAL,
                        "URL holds a control character");
        return false;
    }
    return true;
}

static void add_header(se__transfer *transfer, const char *name,
                       const char *value)
{
    se__buf *text = &transfer->header_text;

    se__buf_puts(text, name);
    se__buf_puts(text, value);
    se__buf_putc(text, '\0');
}

static const char *type_of(const se__http_call *call)
{
    if (call->content_type) {
        return call->content_type;
    }
    return call->json_body ? "application/json" : "application/octet-stream";
}

/* The lines one after the other in one buffer, and a list that points there. */
static struct curl_slist *make_headers(se__transfer *transfer)
{
    const se__http_call *call = transfer->call;
    char *text;
    size_t n = 0;

    se__buf_reset(&transfer->header_text);
    if (call->authorization) {
        add_header(transfer, "Authorization: ", call->authorization);
        n++;
    }
    if (transfer->state.has_body) {
        add_header(transfer, "Content-Type: ", type_of(call));
        add_header(transfer, "Expect:", call->no_expect ? "" : " 100-continue");
        n += 2;
    }
    text = transfer->header_text.data;
    for (size_t i = 0; i < n && !transfer->header_text.failed; i++) {
        transfer->headers[i].data = text;
        transfer->headers[i].next =
            i + 1 < n ? &transfer->headers[i + 1] : NULL;
        text += strlen(text) + 1;
    }
    return n > 0 ? &transfer->headers[0] : NULL;
}

static bool set_headers(se__transfer *transfer)
{
    struct curl_slist *headers = make_headers(transfer);

    return !transfer->header_text.failed &&
           curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, headers) ==
               CURLE_OK;
}

static bool set_method(se__transfer *transfer)
{
    const char *method = transfer->call->method;
    bool post = transfer->state.has_body || strcmp(method, "POST") == 0;
    bool plain = strcmp(method, post ? "POST" : "GET") == 0;
    CURL *easy = transfer->easy;

    return curl_easy_setopt(easy, post ? CURLOPT_POST : CURLOPT_HTTPGET, 1L) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                            plain ? NULL : method) == CURLE_OK;
}

/* Only when it changes: libcurl then frees the buffer that it has. */
static bool set_buffer(se__transfer *transfer)
{
    size_t size = transfer->call->upload_buffer;

    if (size == 0) {
        size = DEFAULT_UPLOAD_BUFFER;
    } else if (size > LARGEST_UPLOAD_BUFFER) {
        size = LARGEST_UPLOAD_BUFFER;
    }
    if (!transfer->state.has_body || size == transfer->upload_buffer) {
        return true;
    }
    transfer->upload_buffer = size;
    return curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD_BUFFERSIZE,
                            (long)size) == CURLE_OK;
}

static bool set_body(se__transfer *transfer)
{
    const se__http_call *call = transfer->call;

    return curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)transfer->state.size) == CURLE_OK &&
           curl_easy_setopt(transfer->easy, CURLOPT_EXPECT_100_TIMEOUT_MS,
                            (long)call->expect_timeout_ms) == CURLE_OK &&
           set_buffer(transfer);
}

static int64_t size_of(const se__http_call *call)
{
    if (call->json_body) {
        return (int64_t)strlen(call->json_body);
    }
    return call->read_body ? call->body_size : 0;
}

bool se__transfer_prepare(se__transfer *transfer)
{
    se__http_call *call = transfer->call;

    memset(&transfer->state, 0, sizeof(transfer->state));
    transfer->message[0] = '\0';
    transfer->state.size = size_of(call);
    transfer->state.has_body = transfer->state.size != 0;
    transfer->state.tls = strncasecmp(call->url, "https:", 6) == 0;
    if (!check(transfer)) {
        return false;
    }
    if (!set_method(transfer) || !set_headers(transfer) ||
        !set_body(transfer) ||
        curl_easy_setopt(transfer->easy, CURLOPT_URL, call->url) != CURLE_OK) {
        se__http_decide(transfer, SE__HTTP_INTERNAL,
                        "out of memory for a request");
        return false;
    }
    return true;
}
