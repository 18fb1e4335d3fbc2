/*
 * The publishing half: what the Admin Module does, for programs and people
 * without one.
 */
#include <artstore/source.h>

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "source/redis_link.h"
#include "wire/json.h"

#define DEFAULT_TIMEOUT_MS 2000
#define KEEP_S "3600"
#define MAX_DOCUMENT ((size_t)8 << 20) /* of se_topology_parse() */

/* wire-contract 1.9: a notification, whose time has no Z. */
static char *print_event(const se_topology *topology, const char *action)
{
    se__buf text = SE__BUF_INIT;
    se__json_writer w = {.buf = &text, .spaced = true, .ascii = true};
    char now[SE__RFC3339_SIZE];

    se__format_rfc3339(now, sizeof(now), se__wall_us());
    now[strcspn(now, "Z")] = '\0';
    se__json_begin_object(&w);
    se__json_write_key(&w, "event");
    se__json_write_string(&w, "storage_element_config_updated");
    se__json_write_key(&w, "timestamp");
    se__json_write_string(&w, now);
    se__json_write_key(&w, "action");
    se__json_write_string(&w, action);
    se__json_write_key(&w, "version");
    se__json_write_int(&w, se_topology_version(topology));
    se__json_write_key(&w, "count");
    se__json_write_int(&w, (int64_t)se_topology_count(topology));
    se__json_end_object(&w);
    return se__buf_take(&text);
}

static se_err append_all(se__redis *redis, const se_redis_options *options,
                         const char *document, const char *event, se_error *err)
{
    const char *const multi[] = {"MULTI"};
    const char *const set[] = {"SET",
                               options->key ? options->key : SE_REDIS_KEY,
                               document, "EX", KEEP_S};
    const char *const update[] = {"PUBLISH",
                                  options->updates_channel
                                      ? options->updates_channel
                                      : SE_REDIS_UPDATES_CHANNEL,
                                  document};
    const char *const notify[] = {"PUBLISH",
                                  options->events_channel
                                      ? options->events_channel
                                      : SE_REDIS_EVENTS_CHANNEL,
                                  event};
    const char *const exec[] = {"EXEC"};
    const struct {
        int argc;
        const char *const *argv;
    } commands[] = {{1, multi}, {5, set}, {3, update}, {3, notify}, {1, exec}};
    se_err rc = SE_OK;

    for (size_t i = 0; i < SE__COUNT(commands) && rc == SE_OK; i++) {
        rc = se__redis_append(redis, commands[i].argc, commands[i].argv, NULL,
                              err);
    }
    return rc;
}

/* MULTI, three times QUEUED, then what EXEC says of the three. */
static se_err receive_all(se__redis *redis, int64_t deadline_ms,
                          int64_t *receivers, se_error *err)
{
    se__redis_reply *reply = NULL;
    se_err rc = SE_OK;
    int64_t update = 0;
    int64_t notify = 0;
    const char *refused = NULL;

    for (int i = 0; i < 5 && rc == SE_OK; i++) {
        se__redis_reply_free(reply);
        reply = NULL;
        rc = se__redis_receive(redis, deadline_ms, &reply, err);
    }
    for (size_t i = 0; rc == SE_OK && !refused && i < 3; i++) {
        refused = se__redis_error(se__redis_at(reply, i));
    }
    if (refused) {
        rc = se__fail(err, SE_E_PROTOCOL, "answers %s", refused);
    } else if (rc == SE_OK &&
               (!se__redis_integer(se__redis_at(reply, 1), &update) ||
                !se__redis_integer(se__redis_at(reply, 2), &notify))) {
        rc = se__fail(err, SE_E_PROTOCOL, "the transaction was not executed");
    }
    se__redis_reply_free(reply);
    *receivers = update + notify;
    return rc;
}

/* Which server it was; se__redis_link() says so itself. */
static se_err named(const se__redis_url *url, const se_error *why,
                    se_error *err)
{
    if (url->sentinel) {
        return se__fail(err, why->code, "master %s: %s", url->master,
                        why->message);
    }
    return se__fail(err, why->code, "%s:%d: %s", url->hosts[0].name,
                    url->hosts[0].port, why->message);
}

static se_err publish(const se__redis_url *url, const se_redis_options *options,
                      const char *document, const char *event, int timeout_ms,
                      int64_t *receivers, se_error *err)
{
    int64_t deadline = se__deadline(
        se__now_ms(), timeout_ms > 0 ? timeout_ms : DEFAULT_TIMEOUT_MS);
    se__redis *redis = NULL;
    se_error why = SE_ERROR_INIT;
    se_err rc = se__redis_link(url, options->password, options->ca_file, -1,
                               deadline, &redis, err);

    if (rc != SE_OK) {
        return rc;
    }
    rc = append_all(redis, options, document, event, &why);
    if (rc == SE_OK) {
        rc = receive_all(redis, deadline, receivers, &why);
    }
    se__redis_close(redis);
    return rc == SE_OK ? SE_OK : named(url, &why, err);
}

static se_err check(const se_redis_options *options, se_redis_options *known,
                    const se_topology *topology, se_error *err)
{
    se_err rc = se__struct_copy(known, sizeof(*known), options,
                                "se_redis_options", err);

    if (rc == SE_OK && !known->url) {
        rc = se__fail(err, SE_E_INVALID, "publishing needs a URL");
    }
    if (rc == SE_OK && (!topology || se_topology_count(topology) == 0)) {
        rc = se__fail(err, SE_E_INVALID,
                      "a list without elements is not published");
    }
    return rc;
}

se_err se_publish(const se_redis_options *options, const se_topology *topology,
                  const char *action, int timeout_ms, se_published *out,
                  se_error *err)
{
    se_redis_options known;
    se__redis_url url;
    char *document = NULL;
    char *event = NULL;
    int64_t receivers = 0;
    se_err rc = check(options, &known, topology, err);

    if (rc == SE_OK) {
        rc = se__redis_url_parse(known.url, &url, err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    rc = se_topology_print(topology, &document, err);
    if (rc == SE_OK && strlen(document) > MAX_DOCUMENT) {
        rc = se__fail(err, SE_E_LIMIT,
                      "the list is larger than the 8 MiB that are read");
    }
    if (rc == SE_OK) {
        event = print_event(topology, action ? action : "manual");
        rc = event ? publish(&url, &known, document, event, timeout_ms,
                             &receivers, err)
                   : se__fail(err, SE_E_NOMEM, "out of memory");
    }
    if (rc == SE_OK && out && out->size >= sizeof(*out)) {
        out->receivers = receivers;
    }
    free(event);
    se_free(document);
    se__redis_url_fini(&url);
    return rc;
}
