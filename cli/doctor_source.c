/*
 * The doctor's look at sources: each by itself, then the list that they give
 * together.
 */
#include "doctor.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What helps depends on the kind of source. */
static const char *advice_for(const char *url)
{
    static const struct {
        const char *scheme;
        const char *advice;
    } rows[] = {
        {"file:", "check the path, and the document with \"" CLI_NAME
                  " topology check FILE\""},
        {"sentinel:", "do the sentinels answer from here, and do they know "
                      "that master? REDIS_PASSWORD holds a password"},
        {"redis", "is Redis up and reachable from here? REDIS_PASSWORD holds "
                  "its password; \"" CLI_NAME
                  " topology publish FILE\" writes a key that is missing"},
        {"http", "is the Admin Module up and reachable from here, and is the "
                 "service account of SERVICE_ACCOUNT_* right?"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncasecmp(url, rows[i].scheme, strlen(rows[i].scheme)) == 0) {
            return rows[i].advice;
        }
    }
    return "see \"" CLI_NAME " help env\"";
}

/* The URL may come from a place where a password is allowed. */
static void name_source(char *item, size_t size, const char *url)
{
    const char *user = strstr(url, "://");
    const char *at = user ? strrchr(user, '@') : NULL;
    const char *colon =
        at ? memchr(user + 3, ':', (size_t)(at - user - 3)) : NULL;

    if (colon && strncasecmp(url, "file:", 5) != 0) {
        snprintf(item, size, "source %.*s:********%s", (int)(colon - url), url,
                 at);
    } else {
        snprintf(item, size, "source %s", url);
    }
}

static void gave_a_list(doctor *d, const char *item, const se_topology *list)
{
    size_t count = se_topology_count(list);
    size_t bad = se_topology_rejected_count(list);
    const char *id = "";
    const char *reason = "";
    char message[SE_MESSAGE_SIZE];

    se_topology_rejected_at(list, 0, &id, &reason);
    if (bad == 0) {
        snprintf(message, sizeof(message), "%zu element%s", count,
                 count == 1 ? "" : "s");
    } else {
        snprintf(message, sizeof(message),
                 "%zu element%s, %zu left out, the first: %s: %.200s", count,
                 count == 1 ? "" : "s", bad, id, reason);
    }
    d->lists++;
    d->misconfigured |= !doctor_say(d, item, bad == 0, message,
                                    "correct these elements where the list is "
                                    "kept");
}

/* By itself, and without what an earlier run remembers. */
static void try_source(doctor *d, const char *url)
{
    se_options alone = d->session.library;
    se_ingest *ingest = NULL;
    se_topology *list = NULL;
    se_error err = SE_ERROR_INIT;
    char item[SE_MESSAGE_SIZE];

    alone.sources = &url;
    alone.n_sources = 1;
    alone.state_dir = NULL;
    name_source(item, sizeof(item), url);
    if (se_ingest_open(&ingest, &alone, &err) == SE_OK &&
        se_registry_reload(se_ingest_registry(ingest), SE_RELOAD_MANUAL,
                           (int)d->options->deadline_ms, NULL, &err) == SE_OK) {
        list = se_registry_topology(se_ingest_registry(ingest));
        gave_a_list(d, item, list);
    } else {
        d->is_down |= !doctor_say(d, item, false, err.message, advice_for(url));
    }
    se_topology_unref(list);
    se_ingest_close(ingest);
}

void doctor_sources(doctor *d)
{
    const se_options *library = &d->session.library;

    for (size_t i = 0; i < library->n_sources; i++) {
        try_source(d, library->sources[i]);
    }
}

/* What is in force, and what is not. */
static void say_list(doctor *d, const char *message)
{
    se_registry_status status = SE_REGISTRY_STATUS_INIT;
    char held[SE_MESSAGE_SIZE + sizeof(status.held_why) + 32];

    se_registry_get_status(se_ingest_registry(d->session.ingest), &status);
    if (status.held) {
        snprintf(held, sizeof(held), "%s; another is held back: %s", message,
                 status.held_why);
        d->misconfigured |=
            !doctor_say(d, "list", false, held,
                        "if it is right, \"" CLI_NAME " topology accept\"");
    } else if (status.last_known_good) {
        d->is_down |= !doctor_say(d, "list", false, message,
                                  "it is the last that was good, until a "
                                  "source answers again");
    } else {
        doctor_say(d, "list", true, message, NULL);
    }
}

bool doctor_list(doctor *d)
{
    se_registry *registry = se_ingest_registry(d->session.ingest);
    se_topology *list;
    se_error err = SE_ERROR_INIT;
    char message[SE_MESSAGE_SIZE];

    if (se_registry_reload(registry, SE_RELOAD_MANUAL,
                           (int)d->options->deadline_ms, NULL, &err) != SE_OK) {
        doctor_say(d, "list", false, err.message,
                   "nothing can be uploaded until a source gives one");
        return false;
    }
    list = se_registry_topology(registry);
    snprintf(d->timestamp, sizeof(d->timestamp), "%s",
             se_topology_timestamp(list));
    snprintf(message, sizeof(message), "%zu in force, from %s, hash %.12s",
             se_topology_count(list), se_topology_source(list),
             se_topology_hash(list));
    say_list(d, message);
    se_topology_unref(list);
    return true;
}
