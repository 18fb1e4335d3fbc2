#include "watcher.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/thread.h"
#include "source/source.h"
#include "source/watch.h"

struct watcher {
    struct se_watch watch; /* first: found by its address */
    se_source *source;
    se__thread thread;
    se__mutex lock;
    se__cond moved;
    int counts[WATCHER_COUNTS];
    char hash[65];
    int64_t began_ms;
    int64_t ended_ms;
    se_err rc;
    se_error err;
};

static void add(watcher *w, watcher_count count)
{
    se__mutex_lock(&w->lock);
    w->counts[count]++;
    se__cond_broadcast(&w->moved);
    se__mutex_unlock(&w->lock);
}

static void on_ready(se_watch *watch)
{
    add((watcher *)watch, WATCHER_READY);
}

static void on_changed(se_watch *watch)
{
    add((watcher *)watch, WATCHER_CHANGED);
}

static void on_publish(se_watch *watch, se_topology *topology)
{
    watcher *w = (watcher *)watch;

    se__mutex_lock(&w->lock);
    memcpy(w->hash, se_topology_hash(topology), sizeof(w->hash));
    se__mutex_unlock(&w->lock);
    se_topology_unref(topology);
    add(w, WATCHER_PUBLISHED);
}

static void run(void *argument)
{
    watcher *w = argument;

    w->rc = w->source->ops.watch(w->source->self, &w->watch, &w->err);
    w->ended_ms = se__now_ms();
    add(w, WATCHER_ENDED);
}

watcher *watcher_start(se_source *source)
{
    watcher *w = se__zalloc(sizeof(*w));

    if (!w) {
        abort();
    }
    w->source = source;
    w->err.size = sizeof(w->err);
    w->watch.fd = eventfd(0, EFD_CLOEXEC);
    w->watch.ready = on_ready;
    w->watch.changed = on_changed;
    w->watch.publish = on_publish;
    se__mutex_init(&w->lock);
    se__cond_init(&w->moved);
    w->began_ms = se__now_ms();
    if (w->watch.fd < 0 ||
        se__thread_start(&w->thread, "watcher", run, w, NULL) != SE_OK) {
        abort();
    }
    return w;
}

int watcher_get(watcher *w, watcher_count count)
{
    int value;

    se__mutex_lock(&w->lock);
    value = w->counts[count];
    se__mutex_unlock(&w->lock);
    return value;
}

bool watcher_wait(watcher *w, watcher_count count, int value)
{
    int64_t deadline = se__now_ms() + 10000;
    bool reached;

    se__mutex_lock(&w->lock);
    while (w->counts[count] < value &&
           se__cond_wait(&w->moved, &w->lock, deadline)) {
    }
    reached = w->counts[count] >= value;
    se__mutex_unlock(&w->lock);
    return reached;
}

const char *watcher_hash(watcher *w)
{
    return w->hash;
}

int64_t watcher_took_ms(watcher *w)
{
    return w->ended_ms - w->began_ms;
}

se_err watcher_stop(watcher *w, se_error *err)
{
    se_err rc;

    eventfd_write(w->watch.fd, 1);
    se__thread_join(&w->thread);
    rc = w->rc;
    if (err) {
        *err = w->err;
    }
    se__cond_fini(&w->moved);
    se__mutex_fini(&w->lock);
    close(w->watch.fd);
    free(w);
    return rc;
}
