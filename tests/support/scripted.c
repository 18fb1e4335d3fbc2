#include "scripted.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "topology/topology.h"

#define PATIENCE_MS 10000
#define UNRULY_MS 30000

static void fail(const scripted *script, se_error *err)
{
    err->code = script->code;
    err->http_status = 0;
    err->os_errno = 0;
    err->se_id[0] = '\0';
    snprintf(err->message, sizeof(err->message), "%s", script->message);
}

static bool wait_released_locked(scripted *script, int timeout_ms)
{
    int64_t began = se__now_ms();

    while (script->held) {
        int most_ms = script->unruly ? UNRULY_MS : timeout_ms;

        if (!se__cond_wait(&script->moved, &script->lock,
                           se__deadline(began, most_ms))) {
            return false;
        }
    }
    return true;
}

static void note_time(int64_t *times, int n)
{
    if (n < SCRIPTED_TIMES) {
        times[n] = se__now_ms();
    }
}

static se_err scripted_fetch(void *self, int timeout_ms, se_topology **out,
                             se_error *err)
{
    scripted *script = self;
    se_topology *list = NULL;
    se_err rc = SE_OK;

    se__mutex_lock(&script->lock);
    note_time(script->began_ms, script->fetches);
    script->fetches++;
    script->inside++;
    script->last_timeout_ms = timeout_ms;
    if (script->inside > script->most_inside) {
        script->most_inside = script->inside;
    }
    se__cond_broadcast(&script->moved);
    if (!wait_released_locked(script, timeout_ms)) {
        snprintf(err->message, sizeof(err->message), "no answer in %d ms",
                 timeout_ms);
        err->code = SE_E_TIMEOUT;
        rc = SE_E_TIMEOUT;
    } else if (script->list == NULL) {
        fail(script, err);
        rc = script->code;
    } else {
        list = se_topology_ref(script->list);
    }
    se__mutex_unlock(&script->lock);
    if (list != NULL) {
        /* A list of its own for everyone who asks, as a real source makes. */
        rc = se__topology_copy(list, out, err);
        if (rc == SE_OK && script->partial) {
            se__topology_set_partial(*out, true);
        }
        se_topology_unref(list);
    }
    se__mutex_lock(&script->lock);
    script->inside--;
    note_time(script->ended_ms, script->ended);
    script->ended++;
    se__cond_broadcast(&script->moved);
    se__mutex_unlock(&script->lock);
    return rc;
}

/* What is to be said now; false: the watch is lost. */
static bool say_next(scripted *script, se_watch *watch)
{
    se_topology *pushed;
    int messages;
    bool lost;

    se__mutex_lock(&script->lock);
    pushed = script->pushed;
    messages = script->messages;
    lost = script->lost;
    script->pushed = NULL;
    script->messages = 0;
    script->lost = false;
    se__mutex_unlock(&script->lock);
    if (pushed) {
        se_watch_publish(watch, pushed);
    }
    for (int i = 0; i < messages; i++) {
        se_watch_changed(watch);
    }
    return !lost;
}

static void set_watching(scripted *script, bool watching)
{
    se__mutex_lock(&script->lock);
    if (watching) {
        note_time(script->watch_began_ms, script->watches);
        script->watches++;
    }
    script->watching = watching && !script->deaf;
    se__cond_broadcast(&script->moved);
    se__mutex_unlock(&script->lock);
}

static bool is_deaf(scripted *script)
{
    bool deaf;

    se__mutex_lock(&script->lock);
    deaf = script->deaf;
    se__mutex_unlock(&script->lock);
    return deaf;
}

static se_err scripted_watch(void *self, se_watch *watch, se_error *err)
{
    scripted *script = self;
    struct pollfd fds[] = {{.fd = se_watch_fd(watch), .events = POLLIN},
                           {.fd = script->poke_fd, .events = POLLIN}};
    bool deaf = is_deaf(script);
    bool lost = deaf;

    if (!lost) {
        se_watch_ready(watch);
    }
    set_watching(script, true);
    while (!lost) {
        eventfd_t pokes;

        poll(fds, 2, -1);
        if (fds[0].revents) {
            set_watching(script, false);
            return SE_OK;
        }
        eventfd_read(script->poke_fd, &pokes);
        lost = !say_next(script, watch);
    }
    set_watching(script, false);
    err->code = deaf ? SE_E_AUTH : SE_E_CONNECT;
    snprintf(err->message, sizeof(err->message), "%s",
             deaf ? "watch refused" : "watch lost");
    return err->code;
}

static void scripted_free(void *self)
{
    scripted *script = self;

    se__mutex_lock(&script->lock);
    script->freed++;
    script->freed_inside |= script->inside > 0;
    se__mutex_unlock(&script->lock);
}

void scripted_init(scripted *script)
{
    memset(script, 0, sizeof(*script));
    se__mutex_init(&script->lock);
    se__cond_init(&script->moved);
    script->code = SE_E_SOURCE;
    script->poke_fd = eventfd(0, EFD_CLOEXEC);
    snprintf(script->message, sizeof(script->message), "no list yet");
}

void scripted_fini(scripted *script)
{
    se_topology_unref(script->list);
    se_topology_unref(script->pushed);
    close(script->poke_fd);
    se__cond_fini(&script->moved);
    se__mutex_fini(&script->lock);
}

se_source *scripted_source(scripted *script, const char *name)
{
    static const se_source_ops named[] = {
        {sizeof(se_source_ops), "redis", scripted_fetch, NULL, scripted_free},
        {sizeof(se_source_ops), "admin_module", scripted_fetch, NULL,
         scripted_free},
        {sizeof(se_source_ops), "script", scripted_fetch, NULL, scripted_free},
        {sizeof(se_source_ops), "watched", scripted_fetch, scripted_watch,
         scripted_free},
    };
    se_source *source = NULL;

    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (strcmp(named[i].name, name) == 0) {
            se_source_new(&named[i], script, &source, NULL);
        }
    }
    return source;
}

void scripted_give(scripted *script, se_topology *list)
{
    se__mutex_lock(&script->lock);
    se_topology_unref(script->list);
    script->list = list;
    se__mutex_unlock(&script->lock);
}

void scripted_fail(scripted *script, se_err code, const char *message)
{
    se__mutex_lock(&script->lock);
    se_topology_unref(script->list);
    script->list = NULL;
    script->code = code;
    snprintf(script->message, sizeof(script->message), "%s", message);
    se__mutex_unlock(&script->lock);
}

void scripted_hold(scripted *script, bool unruly)
{
    se__mutex_lock(&script->lock);
    script->held = true;
    script->unruly = unruly;
    se__mutex_unlock(&script->lock);
}

void scripted_release(scripted *script)
{
    se__mutex_lock(&script->lock);
    script->held = false;
    se__cond_broadcast(&script->moved);
    se__mutex_unlock(&script->lock);
}

void scripted_partial(scripted *script)
{
    se__mutex_lock(&script->lock);
    script->partial = true;
    se__mutex_unlock(&script->lock);
}

void scripted_say(scripted *script, int messages)
{
    se__mutex_lock(&script->lock);
    script->messages += messages;
    se__mutex_unlock(&script->lock);
    eventfd_write(script->poke_fd, 1);
}

void scripted_push(scripted *script, se_topology *list)
{
    se__mutex_lock(&script->lock);
    se_topology_unref(script->pushed);
    script->pushed = list;
    se__mutex_unlock(&script->lock);
    eventfd_write(script->poke_fd, 1);
}

void scripted_lose(scripted *script)
{
    se__mutex_lock(&script->lock);
    script->lost = true;
    se__mutex_unlock(&script->lock);
    eventfd_write(script->poke_fd, 1);
}

void scripted_deafen(scripted *script, bool deaf)
{
    se__mutex_lock(&script->lock);
    script->deaf = deaf;
    se__mutex_unlock(&script->lock);
}

int scripted_fetches(scripted *script)
{
    int n;

    se__mutex_lock(&script->lock);
    n = script->fetches;
    se__mutex_unlock(&script->lock);
    return n;
}

static bool wait_for(scripted *script, const int *count, int n)
{
    int64_t deadline = se__deadline(se__now_ms(), PATIENCE_MS);
    bool reached;

    se__mutex_lock(&script->lock);
    while (*count < n &&
           se__cond_wait(&script->moved, &script->lock, deadline)) {
    }
    reached = *count >= n;
    se__mutex_unlock(&script->lock);
    return reached;
}

bool scripted_wait_begun(scripted *script, int n)
{
    return wait_for(script, &script->fetches, n);
}

bool scripted_wait_ended(scripted *script, int n)
{
    return wait_for(script, &script->ended, n);
}

bool scripted_wait_watches(scripted *script, int n)
{
    return wait_for(script, &script->watches, n);
}

bool scripted_wait_watching(scripted *script, int n)
{
    return wait_for(script, &script->watching, n);
}
