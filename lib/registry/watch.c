/*
 * Sources that tell of changes, each on a thread of its own.
 *
 * Design notes. The source's watch returns when its connection is lost; then it
 * is called again after a random time that doubles from call to call, until one
 * is ready. Ready means: a message that is published from now on arrives; what
 * was published before is read, always. A whole list that is pushed is offered
 * on this thread, without a fetch. All threads end by the same descriptor.
 */
#include "registry/state.h"

#include <poll.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/uuid.h"

#define COMPONENT "registry"
#define PUSHED "pubsub" /* the source of a list that was pushed */

static void count(const se__watcher *w, const char *kind)
{
    se__metric_add(w->registry->metrics, SE__METRIC_WATCH_MESSAGES,
                   SE__LABELS(w->source->ops.name, kind), 1);
}

static void set_connected(const se__watcher *w, bool connected)
{
    se__metric_set(w->registry->metrics, SE__METRIC_WATCH_CONNECTED,
                   SE__LABELS(w->source->ops.name), connected);
}

/* ---- what the source says ---- */

static void on_ready(se_watch *watch)
{
    se__watcher *w = SE__CONTAINER(watch, se__watcher, watch);

    w->failures = 0;
    atomic_store(&w->ready, true);
    set_connected(w, true);
    count(w, "ready");
    SE__LOG(&w->registry->log, SE_LOG_INFO, COMPONENT,
            "Watching for SE config changes",
            SE__LOG_STR("source", w->source->ops.name));
    se__chain_wake(w->source);
    se__reload_hurry(w->registry);
}

static void on_changed(se_watch *watch)
{
    se__watcher *w = SE__CONTAINER(watch, se__watcher, watch);

    count(w, "event");
    se__chain_wake(w->source);
    se__reload_message(w->registry);
}

/* What does not come into force as it is makes the library read the list. */
static void on_publish(se_watch *watch, se_topology *topology)
{
    se__watcher *w = SE__CONTAINER(watch, se__watcher, watch);
    int64_t began = se__now_us();
    se__offer offer = {.pushed = true};

    count(w, "document");
    if (se__source_label(&topology, PUSHED, NULL) != SE_OK) {
        se_topology_unref(topology);
        se__reload_hurry(w->registry);
        return;
    }
    if (se__registry_offer(w->registry, &offer, topology, NULL) == SE__TAKEN) {
        se__report_pushed(w->registry, &offer, se__now_us() - began);
        se__reload_tell(w->registry, true);
        se__reload_save(w->registry);
    } else {
        if (offer.held != NULL) {
            se__hold_note(w->registry, &offer);
        }
        se__chain_wake(w->source);
        se__reload_message(w->registry);
    }
    se__offer_fini(&offer);
}

/* ---- the thread ---- */

/* True: to end, at the latest by then. */
static bool is_stopped(const se__watcher *w, int64_t ms)
{
    struct pollfd stop = {.fd = w->watch.fd, .events = POLLIN};

    return poll(&stop, 1, (int)ms) > 0;
}

static void note_loss(se__watcher *w, se_err rc, const se_error *err)
{
    bool was_ready = atomic_exchange(&w->ready, false);
    const char *why = rc == SE_OK ? "the source ended it" : err->message;

    set_connected(w, false);
    /* Of many attempts that fail alike the first is worth a line. */
    if (was_ready || w->failures == 0 || rc != w->failed_with) {
        SE__LOG(&w->registry->log, SE_LOG_WARNING, COMPONENT,
                was_ready ? "Watch for SE config changes was lost"
                          : "Watch for SE config changes cannot be had",
                SE__LOG_STR("source", w->source->ops.name),
                SE__LOG_STR("error", why));
    }
    w->failed_with = rc;
    w->failures += w->failures < UINT32_MAX;
}

static void watch_main(void *argument)
{
    se__watcher *w = argument;
    const se_registry *registry = w->registry;

    while (!is_stopped(w, 0)) {
        se_error err = SE_ERROR_INIT;
        se_err rc = w->source->ops.watch(w->source->self, &w->watch, &err);
        int64_t pause;

        if (is_stopped(w, 0)) {
            break;
        }
        note_loss(w, rc, &err);
        pause = se__backoff_ms(registry->watch_retry_ms,
                               registry->watch_retry_max_ms, w->failures,
                               se__random());
        if (is_stopped(w, pause)) {
            break;
        }
    }
    atomic_store(&w->ready, false);
    set_connected(w, false);
}

/* ---- life ---- */

static se_err start_one_locked(se_registry *registry, se_source *source,
                               se__watcher **out, se_error *err)
{
    se__watcher *w = se__zalloc(sizeof(*w));
    se_err rc;

    if (w == NULL) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a watch");
    }
    w->watch.fd = registry->reload.stop_fd;
    w->watch.ready = on_ready;
    w->watch.changed = on_changed;
    w->watch.publish = on_publish;
    w->registry = registry;
    w->source = source;
    atomic_init(&w->ready, false);
    /* In its place first: the thread may be quick. */
    *out = w;
    rc = se__thread_start(&w->thread, "se-watch", watch_main, w, err);
    if (rc != SE_OK) {
        *out = NULL;
        free(w);
    }
    return rc;
}

se_err se__watchers_start_locked(se_registry *registry, se_error *err)
{
    se__reload *reload = &registry->reload;
    size_t count = se__chain_count(&registry->chain);
    se_err rc = SE_OK;

    while (rc == SE_OK && reload->n_watchers < count) {
        size_t i = reload->n_watchers;
        se_source *source = registry->chain.sources[i];

        if (source->ops.watch != NULL) {
            rc = start_one_locked(registry, source, &reload->watchers[i], err);
        }
        reload->n_watchers += rc == SE_OK;
    }
    return rc;
}

void se__watchers_join(se_registry *registry)
{
    se__reload *reload = &registry->reload;

    for (size_t i = 0; i < reload->n_watchers; i++) {
        if (reload->watchers[i] != NULL) {
            se__thread_join(&reload->watchers[i]->thread);
            free(reload->watchers[i]);
            reload->watchers[i] = NULL;
        }
    }
    reload->n_watchers = 0;
}

size_t se__watchers_ready(se_registry *registry)
{
    se__reload *reload = &registry->reload;
    size_t ready = 0;

    se__mutex_lock(&reload->lock);
    for (size_t i = 0; i < reload->n_watchers; i++) {
        ready += reload->watchers[i] != NULL &&
                 atomic_load(&reload->watchers[i]->ready);
    }
    se__mutex_unlock(&reload->lock);
    return ready;
}
