/*
 * Asking sources in order.
 */
#include "source/chain.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

void se__chain_init(se__chain *chain, int64_t retry_ms, se__log log)
{
    atomic_init(&chain->count, 0);
    se__mutex_init(&chain->lock);
    chain->retry_ms = retry_ms;
    chain->log = log;
}

void se__chain_fini(se__chain *chain)
{
    size_t count = atomic_load(&chain->count);

    for (size_t i = 0; i < count; i++) {
        se_source_free(chain->sources[i]);
    }
    atomic_store(&chain->count, 0);
    se__mutex_fini(&chain->lock);
}

size_t se__chain_count(se__chain *chain)
{
    return atomic_load(&chain->count);
}

se_err se__chain_add(se__chain *chain, se_source *source, se_error *err)
{
    size_t count;
    bool full;

    se__mutex_lock(&chain->lock);
    count = atomic_load(&chain->count);
    full = count == SE__CHAIN_MAX;
    if (!full) {
        /* A fetch under way sees the source only once it is in its place. */
        chain->sources[count] = source;
        atomic_store(&chain->count, count + 1);
    }
    se__mutex_unlock(&chain->lock);
    if (full) {
        return se__fail(err, SE_E_LIMIT, "more than %d sources", SE__CHAIN_MAX);
    }
    return SE_OK;
}

void se__chain_names(se__chain *chain, char names[SE__CHAIN_NAMES_SIZE])
{
    size_t count = atomic_load(&chain->count);
    size_t used = 0;

    names[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char name[40];

        snprintf(name, sizeof(name), "%s%.30s", i > 0 ? ", " : "",
                 chain->sources[i]->ops.name);
        se__copy_text(names + used, SE__CHAIN_NAMES_SIZE - used, name);
        used += strlen(names + used);
    }
}

se_err se__chain_refuse_empty(const se_topology *topology, se_error *err)
{
    size_t rejected = se_topology_rejected_count(topology);
    const char *id = NULL;
    const char *reason = NULL;

    if (!se_topology_rejected_at(topology, 0, &id, &reason)) {
        return se__fail(err, SE_E_SOURCE, "the list is empty");
    }
    return se__fail(err, SE_E_SOURCE,
                    "none of %zu elements is valid, the first: %s: %s",
                    rejected, id, reason);
}

/* wire-contract 8.3: the messages of the sources that it knows. */
static const struct {
    const char *source;
    const char *fetched;
    const char *failed;
} words[] = {
    {"redis", "Fetched SE endpoints from Redis Service Discovery",
     "Failed to fetch SE endpoints from Redis"},
    {"admin_module", "Fetched SE endpoints from Admin Module",
     "Failed to fetch SE endpoints from Admin Module"},
    {"", "Fetched SE endpoints", "Failed to fetch SE endpoints"}, /* others */
};

static size_t words_of(const se_source *source)
{
    size_t i = 0;

    while (words[i].source[0] != '\0' &&
           strcmp(words[i].source, source->ops.name) != 0) {
        i++;
    }
    return i;
}

static void note_failure(const se__chain *chain, se_source *source)
{
    atomic_store(&source->failed_until_ms, se__now_ms() + chain->retry_ms);
    SE__LOG(&chain->log, SE_LOG_WARNING, "source",
            words[words_of(source)].failed,
            SE__LOG_STR("source", source->ops.name),
            SE__LOG_STR("error", source->last_error.message));
}

static void note_list(const se__chain *chain, se_source *source,
                      const se_topology *topology)
{
    atomic_store(&source->failed_until_ms, 0);
    source->last_error.code = SE_OK;
    SE__LOG(&chain->log, SE_LOG_DEBUG, "source",
            words[words_of(source)].fetched,
            SE__LOG_STR("source", source->ops.name),
            SE__LOG_INT("count", (int64_t)se_topology_count(topology)),
            SE__LOG_INT("config_version", se_topology_version(topology)));
}

/* Ask one; what it gives is tasted. */
static se__tasted ask(se__chain *chain, se_source *source, int timeout_ms,
                      se__taste_fn taste, void *user)
{
    se_topology *topology = NULL;
    se__tasted what = SE__REFUSED;

    if (se__source_fetch(source, timeout_ms, &topology, &source->last_error) ==
        SE_OK) {
        note_list(chain, source, topology);
        what = taste(user, topology, &source->last_error);
    }
    /* We told it to end: so does the search. */
    if (source->last_error.code == SE_E_CANCELED &&
        source->extra.stop_by != NULL) {
        return SE__BROKEN;
    }
    if (what == SE__REFUSED) {
        note_failure(chain, source);
    }
    return what;
}

void se__chain_wake(se_source *source)
{
    atomic_store(&source->failed_until_ms, 0);
}

static bool is_resting(se_source *source, int64_t now)
{
    return now < atomic_load(&source->failed_until_ms);
}

static bool all_resting(const se__chain *chain, size_t count, int64_t now)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_resting(chain->sources[i], now)) {
            return false;
        }
    }
    return true;
}

/* What each source said, in equal shares of the room that a message has. */
static se_err describe(const se__chain *chain, size_t count, se_error *err)
{
    char line[SE_MESSAGE_SIZE] = "";
    char said[SE_MESSAGE_SIZE + 64];
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        const se_source *source = chain->sources[i];
        size_t share = (sizeof(line) - used) / (count - i);

        snprintf(said, sizeof(said), "%s%.32s: %s", i > 0 ? "; " : "",
                 source->ops.name, source->last_error.message);
        se__copy_text(line + used, share, said);
        used += strlen(line + used);
    }
    return se__fail(err, SE_E_DISCOVERY, "%s", line);
}

se_err se__chain_search(se__chain *chain, int timeout_ms, se__taste_fn taste,
                        void *user, se__search *found, se_error *err)
{
    size_t count = atomic_load(&chain->count);
    int64_t now = se__now_ms();
    bool everyone = all_resting(chain, count, now);
    se__search search = {false, 0};
    se__tasted what = SE__REFUSED;
    size_t i;

    for (i = 0; i < count && what != SE__TAKEN && what != SE__BROKEN; i++) {
        se_source *source = chain->sources[i];

        if (!everyone && is_resting(source, now)) {
            continue;
        }
        what = ask(chain, source, timeout_ms, taste, user);
        search.held += what == SE__HELD;
    }
    search.first = what == SE__TAKEN && i == 1;
    *found = search;
    if (what == SE__TAKEN) {
        return SE_OK;
    }
    if (what == SE__BROKEN) {
        return se__error_copy(err, &chain->sources[i - 1]->last_error);
    }
    return count > 0 ? describe(chain, count, err)
                     : se__fail(err, SE_E_DISCOVERY,
                                "there is no source of storage elements to "
                                "ask");
}
