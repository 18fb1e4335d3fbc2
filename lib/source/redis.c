/*
 * The list in Redis: read from its key, watched through two channels
 * (wire-contract 1.3, 1.9).
 *
 * Design notes. The connection for reading is kept between fetches; one that
 * turns out to be dead is replaced once. The watch has a connection of its
 * own. It subscribes first and reads then, so nothing falls between. A message
 * is a wake-up; one that is a whole document is handed over as such. Silence
 * is no proof of life: it sends PING, and a connection without any reply for
 * twice that time is given up.
 */
#include <artstore/source.h>

#include <poll.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "source/redis_link.h"
#include "source/redis_memory.h"
#include "source/source.h"
#include "source/watch.h"

#define NAME "redis"
#define CONNECT_FOR_WATCH_MS 5000
#define ACCEPTED_KEY "artstore:ingest:accepted"
#define ACCEPTED_SECONDS "3600"
/* The notification of wire-contract 1.9, as far as it is needed. */
#define ACCEPTED_EVENT                                                         \
    "{\"event\": \"storage_element_config_updated\", \"action\": "             \
    "\"accepted\"}"

typedef struct redis_source {
    se__redis_url url;
    char *password;
    char *key;
    char *updates_channel;
    char *events_channel;
    char *ca_file;
    int ping_ms;
    atomic_int stop_fd; /* of who fetches; -1: none */
    se__redis *link;    /* for fetches; NULL: none yet */
    int link_stop_fd;   /* that it knows */
    se__redis_memory memory;
} redis_source;

/* ---- fetch ---- */

static void drop_link(redis_source *source)
{
    se__redis_close(source->link);
    source->link = NULL;
}

/* Kept from before, and as good as a new one. */
static bool is_link_usable(const redis_source *source)
{
    return source->link &&
           source->link_stop_fd == atomic_load(&source->stop_fd) &&
           se__redis_is_idle(source->link);
}

static se_err need_link(redis_source *source, int64_t deadline_ms,
                        se_error *err)
{
    if (is_link_usable(source)) {
        return SE_OK;
    }
    drop_link(source);
    source->link_stop_fd = atomic_load(&source->stop_fd);
    return se__redis_link(&source->url, source->password, source->ca_file,
                          source->link_stop_fd, deadline_ms, &source->link,
                          err);
}

/* What a server that was reached did wrong, by name: there may be several. */
static se_err blame(const redis_source *source, se_err rc, const char *what,
                    se_error *err)
{
    return se__fail(err, rc, "key %s: %s: %s", source->key,
                    se__redis_where(source->link), what);
}

static se_err ask_for_key(redis_source *source, int64_t deadline_ms,
                          se__redis_reply **out, se_error *err)
{
    const char *const get[] = {"GET", source->key};
    se_error why = SE_ERROR_INIT;
    se_err rc = need_link(source, deadline_ms, &why);

    if (rc != SE_OK) {
        return se__fail(err, rc, "key %s: %s", source->key, why.message);
    }
    rc = se__redis_command(source->link, 2, get, deadline_ms, out, &why);
    return rc == SE_OK ? SE_OK : blame(source, rc, why.message, err);
}

static se_err get_key(redis_source *source, int64_t deadline_ms,
                      se__redis_reply **out, se_error *err)
{
    bool kept = is_link_usable(source);
    se_err rc = ask_for_key(source, deadline_ms, out, err);

    if (rc == SE_E_CONNECT && kept) {
        /* Kept from before, and dead since: that says nothing of the server. */
        drop_link(source);
        rc = ask_for_key(source, deadline_ms, out, err);
    }
    return rc;
}

static se_err parse_document(redis_source *source, const se__redis_reply *reply,
                             se_topology **out, se_error *err)
{
    size_t length = 0;
    const char *text = se__redis_string(reply, &length);
    se_error why = SE_ERROR_INIT;
    se_err rc;

    /* It expires while its publisher is away: no list, not an empty one. */
    if (se__redis_is_nil(reply)) {
        return blame(source, SE_E_SOURCE, "does not exist", err);
    }
    if (!text) {
        return blame(source, SE_E_SOURCE, "holds no text", err);
    }
    rc = se__redis_memory_parse(&source->memory, text, length, NAME, out, &why);
    return rc == SE_OK ? SE_OK : blame(source, rc, why.message, err);
}

static se_err redis_fetch(void *self, int timeout_ms, se_topology **out,
                          se_error *err)
{
    redis_source *source = self;
    int64_t deadline = se__deadline(se__now_ms(), timeout_ms);
    se__redis_reply *reply = NULL;
    se_err rc = get_key(source, deadline, &reply, err);

    if (rc == SE_OK) {
        rc = parse_document(source, reply, out, err);
    }
    se__redis_reply_free(reply);
    if (rc != SE_OK && source->link && se__redis_is_broken(source->link)) {
        drop_link(source);
    }
    return rc;
}

/* ---- what a person accepted ---- */

static se_err redis_accepted_get(void *self, int timeout_ms,
                                 char hash[SE__ACCEPTED_SIZE], se_error *err)
{
    const char *const get[] = {"GET", ACCEPTED_KEY};
    redis_source *source = self;
    int64_t deadline = se__deadline(se__now_ms(), timeout_ms);
    se__redis_reply *reply = NULL;
    se_err rc = need_link(source, deadline, err);

    if (rc == SE_OK) {
        rc = se__redis_command(source->link, 2, get, deadline, &reply, err);
    }
    if (rc == SE_OK) {
        const char *text = se__redis_string(reply, NULL);

        se__copy_text(hash, SE__ACCEPTED_SIZE, text ? text : "");
    }
    se__redis_reply_free(reply);
    if (rc != SE_OK && source->link && se__redis_is_broken(source->link)) {
        drop_link(source);
    }
    return rc;
}

/*
 * A connection of its own: a fetch may be under way. Who holds the list looks
 * again at once if it can be told, else with its next fetch.
 */
static se_err redis_accepted_set(void *self, int timeout_ms, const char *hash,
                                 se_error *err)
{
    const char *const set[] = {"SET", ACCEPTED_KEY, hash, "EX",
                               ACCEPTED_SECONDS};
    const redis_source *source = self;
    const char *const wake[] = {"PUBLISH", source->events_channel,
                                ACCEPTED_EVENT};
    int64_t deadline = se__deadline(se__now_ms(), timeout_ms);
    se__redis_reply *reply = NULL;
    se__redis *redis = NULL;
    se_err rc = se__redis_link(&source->url, source->password, source->ca_file,
                               -1, deadline, &redis, err);

    if (rc == SE_OK) {
        rc = se__redis_command(redis, 5, set, deadline, &reply, err);
    }
    se__redis_reply_free(reply);
    reply = NULL;
    if (rc == SE_OK) {
        se__redis_command(redis, 3, wake, deadline, &reply, NULL);
    }
    se__redis_reply_free(reply);
    se__redis_close(redis);
    return rc;
}

/* ---- watch ---- */

static bool is_word(const se__redis_reply *reply, const char *word)
{
    const char *text = se__redis_string(reply, NULL);

    return text && strcmp(text, word) == 0;
}

/* A whole document on the channel for those; else a wake-up. */
static void take_message(redis_source *source, se_watch *watch,
                         const se__redis_reply *message)
{
    const se__redis_reply *payload = se__redis_at(message, 2);
    se_topology *topology = NULL;
    size_t length = 0;
    const char *text = se__redis_string(payload, &length);

    if (text && is_word(se__redis_at(message, 1), source->updates_channel) &&
        se_topology_parse(text, length, &topology, NULL) == SE_OK) {
        se_watch_publish(watch, topology);
    } else {
        se_watch_changed(watch);
    }
}

static se_err subscribe(redis_source *source, se__redis *redis,
                        int64_t deadline_ms, se_error *err)
{
    const char *const words[] = {"SUBSCRIBE", source->updates_channel,
                                 source->events_channel};
    se_err rc = se__redis_append(redis, 3, words, NULL, err);

    for (int i = 0; rc == SE_OK && i < 2; i++) {
        se__redis_reply *reply = NULL;

        rc = se__redis_receive(redis, deadline_ms, &reply, err);
        if (rc == SE_OK && !is_word(se__redis_at(reply, 0), "subscribe")) {
            rc = se__fail(err, SE_E_PROTOCOL, "does not subscribe");
        }
        se__redis_reply_free(reply);
    }
    return rc;
}

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};

    return poll(&ready, 1, 0) > 0;
}

static se_err ping(se__redis *redis, se_error *err)
{
    const char *const words[] = {"PING"};

    return se__redis_append(redis, 1, words, NULL, err);
}

static se_err listen_on(redis_source *source, se__redis *redis, se_watch *watch,
                        se_error *err)
{
    int64_t heard = se__now_ms();
    int64_t next_ping = heard + source->ping_ms;
    se_err rc = SE_OK;

    while (rc == SE_OK) {
        se__redis_reply *reply = NULL;
        int64_t now;

        rc = se__redis_wait(redis, next_ping, &reply, err);
        if (rc == SE_OK && is_readable(watch->fd)) {
            se__redis_reply_free(reply);
            return SE_OK;
        }
        now = se__now_ms();
        if (reply) {
            heard = now;
            if (is_word(se__redis_at(reply, 0), "message")) {
                take_message(source, watch, reply);
            }
        }
        se__redis_reply_free(reply);
        if (rc == SE_OK && now - heard >= 2 * (int64_t)source->ping_ms) {
            rc = se__fail(err, SE_E_TIMEOUT, "no sign of life for %d ms",
                          2 * source->ping_ms);
        } else if (rc == SE_OK && now >= next_ping) {
            next_ping = now + source->ping_ms;
            rc = ping(redis, err);
        }
    }
    return rc;
}

static se_err redis_watch(void *self, se_watch *watch, se_error *err)
{
    redis_source *source = self;
    int64_t deadline = se__deadline(se__now_ms(), CONNECT_FOR_WATCH_MS);
    se__redis *redis = NULL;
    se_err rc = se__redis_link(&source->url, source->password, source->ca_file,
                               watch->fd, deadline, &redis, err);

    if (rc == SE_OK) {
        rc = subscribe(source, redis, deadline, err);
    }
    if (rc == SE_OK) {
        se_watch_ready(watch);
        rc = listen_on(source, redis, watch, err);
    }
    se__redis_close(redis);
    return rc == SE_E_CANCELED ? SE_OK : rc; /* as we were told */
}

/* ---- life ---- */

static void redis_stop_by(void *self, int fd)
{
    redis_source *source = self;

    atomic_store(&source->stop_fd, fd);
}

static void redis_free(void *self)
{
    redis_source *source = self;

    drop_link(source);
    se__redis_memory_fini(&source->memory);
    se__redis_url_fini(&source->url);
    se__secret_free(source->password);
    free(source->key);
    free(source->updates_channel);
    free(source->events_channel);
    free(source->ca_file);
    free(source);
}

static bool own(char **to, const char *from, const char *otherwise)
{
    const char *text = from ? from : otherwise;

    *to = se__strdup(text);
    return *to || !text;
}

static se_err fill(redis_source *source, const se_redis_options *options,
                   se_error *err)
{
    se_err rc = se__redis_url_parse(options->url, &source->url, err);

    if (rc != SE_OK) {
        return rc;
    }
    if (source->url.tls && !se__redis_has_tls()) {
        return se__fail(err, SE_E_UNSUPPORTED,
                        "rediss:// is not in this build: it needs hiredis_ssl");
    }
    source->ping_ms = options->ping_ms > 0 ? options->ping_ms : 15000;
    if (!own(&source->password, options->password, NULL) ||
        !own(&source->key, options->key, SE_REDIS_KEY) ||
        !own(&source->updates_channel, options->updates_channel,
             SE_REDIS_UPDATES_CHANNEL) ||
        !own(&source->events_channel, options->events_channel,
             SE_REDIS_EVENTS_CHANNEL) ||
        !own(&source->ca_file, options->ca_file, NULL)) {
        rc = se__fail(err, SE_E_NOMEM, "out of memory for a source");
    }
    return rc;
}

/* Hosts, database, key; who asks is no matter. */
static bool place(se_source *made, const redis_source *source)
{
    const se__redis_url *url = &source->url;
    se__buf text = SE__BUF_INIT;
    bool good = true;
    char *where;

    for (size_t i = 0; i < url->n_hosts; i++) {
        se__buf_printf(&text, "%s:%d ", url->hosts[i].name, url->hosts[i].port);
    }
    se__buf_printf(&text, "%s %d %s", url->master ? url->master : "",
                   url->database, source->key);
    where = se__buf_take(&text);
    good = where != NULL && se__source_place(made, where);
    free(where);
    return good;
}

se_err se_source_redis(const se_redis_options *options, se_source **out,
                       se_error *err)
{
    static const se_source_ops ops = {sizeof(ops), NAME, redis_fetch,
                                      redis_watch, redis_free};
    static const se__source_extra extra = {redis_stop_by, redis_accepted_get,
                                           redis_accepted_set};
    se_redis_options known;
    se_source *made = NULL;
    redis_source *source;
    se_err rc = se__struct_copy(&known, sizeof(known), options,
                                "se_redis_options", err);

    if (rc == SE_OK && !known.url) {
        rc = se__fail(err, SE_E_INVALID, "a Redis source needs a URL");
    }
    if (rc != SE_OK) {
        return rc;
    }
    source = se__zalloc(sizeof(*source));
    if (!source) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a source");
    }
    atomic_init(&source->stop_fd, -1);
    rc = fill(source, &known, err);
    if (rc == SE_OK) {
        rc = se_source_new(&ops, source, &made, err);
    }
    if (rc != SE_OK) {
        redis_free(source);
        return rc;
    }
    se__source_extend(made, &extra);
    if (!place(made, source)) {
        se_source_free(made);
        return se__fail(err, SE_E_NOMEM, "out of memory for a source");
    }
    *out = made;
    return SE_OK;
}
