/*
 * What libcurl's codes mean, and the words for people.
 */
#include "wire/http_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

typedef struct meaning {
    CURLcode code;
    se__http_end end;
    const char *words; /* NULL: see describe() */
} meaning;

static const meaning meanings[] = {
    {CURLE_COULDNT_RESOLVE_HOST, SE__HTTP_RESOLVE, "name not resolved"},
    {CURLE_COULDNT_CONNECT, SE__HTTP_CONNECT, NULL},
    /* The only time limits that libcurl has are those of connecting. */
    {CURLE_OPERATION_TIMEDOUT, SE__HTTP_CONNECT_TIMEOUT,
     "no connection in time"},

    {CURLE_SSL_CONNECT_ERROR, SE__HTTP_TLS, NULL},
    {CURLE_PEER_FAILED_VERIFICATION, SE__HTTP_TLS, NULL},
    {CURLE_SSL_CACERT_BADFILE, SE__HTTP_TLS, NULL},
    {CURLE_SSL_CERTPROBLEM, SE__HTTP_TLS, NULL},
    {CURLE_SSL_CIPHER, SE__HTTP_TLS, NULL},
    {CURLE_SSL_ISSUER_ERROR, SE__HTTP_TLS, NULL},
    {CURLE_SSL_CRL_BADFILE, SE__HTTP_TLS, NULL},
    {CURLE_SSL_INVALIDCERTSTATUS, SE__HTTP_TLS, NULL},
    {CURLE_SSL_ENGINE_INITFAILED, SE__HTTP_TLS, NULL},
    {CURLE_USE_SSL_FAILED, SE__HTTP_TLS, NULL},

    {CURLE_GOT_NOTHING, SE__HTTP_LOST, "connection closed without an answer"},
    {CURLE_PARTIAL_FILE, SE__HTTP_LOST, "connection closed inside the answer"},
    {CURLE_SEND_ERROR, SE__HTTP_LOST, "connection lost while sending"},
    {CURLE_RECV_ERROR, SE__HTTP_LOST, "connection lost while receiving"},
    {CURLE_SEND_FAIL_REWIND, SE__HTTP_LOST,
     "connection closed without an answer"},
    {CURLE_UPLOAD_FAILED, SE__HTTP_LOST,
     "peer speaks HTTP/1.0, which has no chunked uploads"},
    {CURLE_WEIRD_SERVER_REPLY, SE__HTTP_LOST, "answer is not HTTP"},
    {CURLE_UNSUPPORTED_PROTOCOL, SE__HTTP_LOST, "answer is not HTTP"},
    {CURLE_BAD_CONTENT_ENCODING, SE__HTTP_LOST, "answer is malformed"},
    {CURLE_WRITE_ERROR, SE__HTTP_LOST, "answer is malformed"},
    {CURLE_FILESIZE_EXCEEDED, SE__HTTP_TOO_LARGE, "answer is too large"},
#if LIBCURL_VERSION_NUM >= 0x080600
    {CURLE_TOO_LARGE, SE__HTTP_TOO_LARGE, "answer has too long a header line"},
#endif

    {CURLE_URL_MALFORMAT, SE__HTTP_INTERNAL, "URL is malformed"},
    {CURLE_LOGIN_DENIED, SE__HTTP_INTERNAL, "URL holds a user name"},
    {CURLE_OUT_OF_MEMORY, SE__HTTP_INTERNAL, "out of memory"},
};

static const meaning *find(CURLcode code)
{
    for (size_t i = 0; i < SE__COUNT(meanings); i++) {
        if (meanings[i].code == code) {
            return &meanings[i];
        }
    }
    return NULL;
}

static const struct {
    int os_errno;
    const char *words;
} connect_words[] = {
    {ECONNREFUSED, "connection refused"},
    {ECONNRESET, "connection reset"},
    {EHOSTUNREACH, "no route to host"},
    {ENETUNREACH, "network is unreachable"},
    {ETIMEDOUT, "no connection in time"},
    {EADDRNOTAVAIL, "no local port is free"},
    {EACCES, "connecting is not permitted"},
};

static const char *words_for(long os_errno)
{
    for (size_t i = 0; i < SE__COUNT(connect_words); i++) {
        if (connect_words[i].os_errno == os_errno) {
            return connect_words[i].words;
        }
    }
    return "no connection";
}

static void decide_connect(se__transfer *transfer)
{
    char text[64];
    long os_errno = 0;

    if (transfer->state.refused) {
        se__http_decide(transfer, SE__HTTP_CONNECT, "address not allowed: %s",
                        transfer->state.refused);
        return;
    }
    if (transfer->state.socket_errno != 0) {
        se__http_decide(
            transfer, SE__HTTP_INTERNAL, "no socket: %s",
            strerror_r(transfer->state.socket_errno, text, sizeof(text)));
        return;
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_errno);
    se__http_decide(transfer, SE__HTTP_CONNECT, "%s", words_for(os_errno));
}

/* libcurl names host and reason there, but never a URL or a header. */
static void decide_tls(se__transfer *transfer, CURLcode code)
{
    static const char prefix[] = "SSL certificate problem: ";
    const char *text = transfer->message;

    if (text[0] == '\0') {
        text = curl_easy_strerror(code);
    }
    if (strncmp(text, prefix, sizeof(prefix) - 1) == 0) {
        se__http_decide(transfer, SE__HTTP_TLS, "certificate: %s",
                        text + sizeof(prefix) - 1);
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        se__http_decide(transfer, SE__HTTP_TLS, "certificate: %s", text);
    } else {
        se__http_decide(transfer, SE__HTTP_TLS, "TLS: %s", text);
    }
}

/* libcurl has no code of its own for these. */
static bool decide_special(se__transfer *transfer, CURLcode code)
{
    if (code == CURLE_UNSUPPORTED_PROTOCOL &&
        transfer->state.requested_ms == 0) {
        se__http_decide(transfer, SE__HTTP_INTERNAL,
                        transfer->http->https_only
                            ? "URL is not https, the only one allowed"
                            : "URL is neither http nor https");
        return true;
    }
    if (code == CURLE_OK && transfer->call->status == 0) {
        se__http_decide(transfer, SE__HTTP_LOST, "no final answer");
        return true;
    }
    if (code == CURLE_OK && transfer->state.part != SE__PART_TRAILER) {
        se__http_decide(transfer, SE__HTTP_LOST,
                        "connection closed inside the answer");
        return true;
    }
    if (code == CURLE_OUT_OF_MEMORY && transfer->call->body_complete &&
        transfer->state.part != SE__PART_TRAILER) {
        /* What libcurl says of a header line beyond 100 KB, before 8.6. */
        se__http_decide(transfer, SE__HTTP_TOO_LARGE,
                        "answer has too long a header line, or out of memory");
        return true;
    }
    return false;
}

void se__http_classify(se__transfer *transfer, CURLcode code)
{
    const meaning *found = find(code);

    if (transfer->state.decided || decide_special(transfer, code)) {
        return;
    }
    if (code == CURLE_OK) {
        se__http_decide_ok(transfer);
    } else if (!found) {
        se__http_decide(transfer, SE__HTTP_INTERNAL, "libcurl: %s",
                        curl_easy_strerror(code));
    } else if (found->words) {
        se__http_decide(transfer, found->end, "%s", found->words);
    } else if (found->end == SE__HTTP_TLS) {
        decide_tls(transfer, code);
    } else {
        decide_connect(transfer);
    }
}
