/*
 * The multi handle on its loop: libcurl's timer, what it has done, life.
 *
 * Design notes. libcurl must not be called from inside its own callbacks; of
 * what is ours only read_body runs there. `depth` counts that. done() is called
 * outside of libcurl, as the last thing about a call: it may start, cancel and
 * free.
 */
#include "wire/http_private.h"

#include <artstore/version.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    DEFAULT_CONNECT_TIMEOUT_MS = 3000,
    DEFAULT_CONNECTIONS = 128
};

/* ---- libcurl ---- */

static void collect(se__http *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left))) {
        se__transfer *transfer = NULL;
        CURLcode code = message->data.result;

        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                          (char **)&transfer);
        se__http_classify(transfer, code);
        se__http_finish(transfer->call);
    }
}

void se__http_act(se__http *http, curl_socket_t fd, int events)
{
    int running;

    http->depth++;
    curl_multi_socket_action(http->multi, fd, events, &running);
    http->depth--;
    collect(http);
}

static void on_timer(se__timer *timer)
{
    se__http *http = SE__CONTAINER(timer, se__http, timer);

    /* It keeps its place among the timers: setting it must never fail. */
    (void)se__timer_set(http->loop, timer, SE__NEVER);
    se__http_act(http, CURL_SOCKET_TIMEOUT, 0);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *user)
{
    se__http *http = user;

    (void)multi;
    if (!http->closed) {
        (void)se__timer_set(http->loop, &http->timer,
                            timeout_ms < 0 ? SE__NEVER
                                           : se__now_ms() + timeout_ms);
    }
    return 0;
}

/* ---- life ---- */

static bool copy_policy(se__http *http, const se__http_policy *policy)
{
    http->ca_file = se__strdup(policy->ca_file);
    http->user_agent =
        se__strdup(policy->user_agent ? policy->user_agent
                                      : "artstore-ingest/" SE_VERSION);
    http->https_only = policy->https_only;
    http->connect_timeout_ms = policy->connect_timeout_ms > 0
                                   ? policy->connect_timeout_ms
                                   : DEFAULT_CONNECT_TIMEOUT_MS;
    http->max_connections = policy->max_connections > 0
                                ? (long)policy->max_connections
                                : DEFAULT_CONNECTIONS;
    return http->user_agent && (!policy->ca_file || http->ca_file);
}

static bool set_multi(se__http *http)
{
    CURLM *multi = http->multi;

    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION,
                             se__http_on_socket) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, http) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_curl_timer) ==
               CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERDATA, http) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                             http->max_connections) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_PIPELINING,
                             (long)CURLPIPE_NOTHING) == CURLM_OK;
}

static void http_free(se__http *http)
{
    http->closed = true;
    se__transfer_free_pool(http);
    if (http->multi) {
        curl_multi_cleanup(http->multi);
    }
    se__http_free_sockets(http);
    free(http->ca_file);
    free(http->user_agent);
    se__loop_unref(http->loop);
    free(http);
    se__http_global_fini();
}

se_err se__http_open(se__http **out, se__loop *loop,
                     const se__http_policy *policy, se_error *err)
{
    se__http *http;
    se_err rc;

    if (policy->user_agent &&
        !se__text_is_clean(policy->user_agent, strlen(policy->user_agent))) {
        return se__fail(err, SE_E_INVALID,
                        "user agent holds a control character");
    }
    rc = se__http_global_init(err);
    if (rc != SE_OK) {
        return rc;
    }
    http = se__zalloc(sizeof(*http));
    if (!http) {
        se__http_global_fini();
        return se__fail(err, SE_E_NOMEM, "out of memory for HTTP");
    }
    se__loop_ref(loop);
    http->loop = loop;
    http->timer.fire = on_timer;
    http->task.run = se__http_on_task;
    http->multi = curl_multi_init();
    if (!http->multi || !copy_policy(http, policy) || !set_multi(http)) {
        http_free(http);
        return se__fail(err, SE_E_NOMEM, "out of memory for HTTP");
    }
    *out = http;
    return SE_OK;
}

/*
 * Closing a TLS connection writes to it, and OpenSSL cannot be told to write
 * without SIGPIPE: keep that from a thread that does not block it.
 */
static void free_without_sigpipe(se__http *http)
{
    static const struct timespec at_once = {0, 0};
    sigset_t pipe_only;
    sigset_t before;
    sigset_t pending;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    http_free(http);
    if (!sigismember(&pending, SIGPIPE)) {
        while (sigtimedwait(&pipe_only, NULL, &at_once) == SIGPIPE) {
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void close_task(se__task *task)
{
    free_without_sigpipe(SE__CONTAINER(task, se__http, task));
}

void se__http_close(se__http *http)
{
    if (!http || se__loop_is_forked(http->loop)) {
        return; /* in a child: the connections are the parent's */
    }
    se__timer_cancel(http->loop, &http->timer);
    if (atomic_load(&http->task.queued)) {
        http->task.run = close_task; /* it is in the inbox: let it come out */
        return;
    }
    free_without_sigpipe(http);
}

se_err se__http_global_init(se_error *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return se__fail(err, SE_E_NOMEM, "libcurl cannot be initialised");
    }
    return SE_OK;
}

void se__http_global_fini(void)
{
    curl_global_cleanup();
}

const char *se__http_version(void)
{
    return curl_version();
}
