/*
 * libcurl handles: the policy that all calls follow, the options of one call,
 * and the pool (a new handle for each call would halve the rate of small ones).
 */
#include "wire/http_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

enum {
    POOL_SIZE = 128,
    DEFAULT_UPLOAD_BUFFER = 64 * 1024,
    LARGEST_UPLOAD_BUFFER = 2 * 1024 * 1024 /* libcurl's own limit */
};

/* ---- the policy, once per handle ---- */

/* What is not here stays off: cookies, netrc, HSTS, alt-svc, decompression. */
static const struct {
    CURLoption option;
    long value;
} fixed_numbers[] = {
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_NETRC, CURL_NETRC_IGNORED},
    {CURLOPT_HTTP_CONTENT_DECODING, 0},
    {CURLOPT_HTTP09_ALLOWED, 0},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_TCP_NODELAY, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_TCP_KEEPIDLE, 30},
    {CURLOPT_TCP_KEEPINTVL, 10},
    {CURLOPT_MAXLIFETIME_CONN, 3600},
    {CURLOPT_DNS_CACHE_TIMEOUT, 60},
    {CURLOPT_NOPROGRESS, 1},
};

static bool set_fixed(CURL *easy)
{
    for (size_t i = 0; i < SE__COUNT(fixed_numbers); i++) {
        if (curl_easy_setopt(easy, fixed_numbers[i].option,
                             fixed_numbers[i].value) != CURLE_OK) {
            return false;
        }
    }
    return true;
}

static bool set_text(CURL *easy, CURLoption option, const char *text)
{
    return curl_easy_setopt(easy, option, text) == CURLE_OK;
}

static bool set_policy(se__transfer *transfer)
{
    const se__http *http = transfer->http;
    CURL *easy = transfer->easy;
    const char *protocols = http->https_only ? "https" : "http,https";

    return set_fixed(easy) &&
           set_text(easy, CURLOPT_PROTOCOLS_STR, protocols) &&
           set_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols) &&
           set_text(easy, CURLOPT_PROXY, "") &&
           set_text(easy, CURLOPT_NOPROXY, "*") &&
           set_text(easy, CURLOPT_USERAGENT, http->user_agent) &&
           /* A CA file of its own replaces the system's, not adds to it. */
           (!http->ca_file || (set_text(easy, CURLOPT_CAINFO, http->ca_file) &&
                               set_text(easy, CURLOPT_CAPATH, NULL))) &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            http->connect_timeout_ms) == CURLE_OK;
}

/*
 * libcurl is about to make a request, maybe not the first one: it tries again
 * when a kept-alive connection turns out to be dead. Once a body byte was given
 * or an answer came, that is not ours to allow.
 */
static int on_request(void *user, char *address, char *local_address, int port,
                      int local_port)
{
    se__transfer *transfer = user;

    (void)address;
    (void)local_address;
    (void)port;
    (void)local_port;
    if (transfer->call->body_read > 0 || transfer->call->status != 0) {
        se__http_decide(transfer, SE__HTTP_LOST,
                        "connection lost after the body was sent");
        return CURL_PREREQFUNC_ABORT;
    }
    transfer->state.part = SE__PART_STATUS;
    transfer->state.saw_continue = false;
    transfer->state.requested_ms = se__loop_now_ms(transfer->http->loop);
    if (!transfer->state.has_body) {
        transfer->call->body_complete = true;
    }
    return CURL_PREREQFUNC_OK;
}

static bool set_callbacks(se__transfer *transfer)
{
    CURL *easy = transfer->easy;
    CURLcode code = CURLE_OK;

    code |= curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    code |= curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message);
    code |= curl_easy_setopt(easy, CURLOPT_READFUNCTION, se__http_on_read);
    code |= curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
    code |= curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, se__http_on_header);
    code |= curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    code |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, se__http_on_write);
    code |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    code |= curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
    code |= curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
    code |=
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, se__http_on_open);
    code |= curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
    code |=
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, se__http_on_close);
    /* A connection outlives the handle that opened it. */
    code |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, transfer->http);
    return code == CURLE_OK;
}

/* ---- the pool ---- */

static void transfer_free(se__transfer *transfer)
{
    if (transfer->easy) {
        curl_easy_cleanup(transfer->easy);
    }
    se__buf_fini(&transfer->header_text);
    free(transfer);
}

static se__transfer *transfer_new(se__http *http)
{
    se__transfer *transfer = se__zalloc(sizeof(*transfer));

    if (!transfer) {
        return NULL;
    }
    transfer->http = http;
    transfer->easy = curl_easy_init();
    if (!transfer->easy || !set_policy(transfer) || !set_callbacks(transfer)) {
        transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

se__transfer *se__transfer_take(se__http *http)
{
    se__transfer *transfer = http->pool;

    if (!transfer) {
        return transfer_new(http);
    }
    http->pool = transfer->next;
    http->n_pool--;
    transfer->next = NULL;
    return transfer;
}

void se__transfer_release(se__transfer *transfer)
{
    se__http *http = transfer->http;

    se__http_leave_socket(transfer);
    transfer->call = NULL;
    if (transfer->header_text.data) {
        explicit_bzero(transfer->header_text.data,
                       transfer->header_text.capacity);
    }
    if (http->n_pool >= POOL_SIZE) {
        transfer_free(transfer);
        return;
    }
    transfer->next = http->pool;
    http->pool = transfer;
    http->n_pool++;
}

void se__transfer_free_pool(se__http *http)
{
    while (http->pool) {
        se__transfer *transfer = http->pool;

        http->pool = transfer->next;
        transfer_free(transfer);
    }
    http->n_pool = 0;
}
