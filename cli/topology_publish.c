/*
 * topology publish: what the Admin Module does, for a person who has a
 * document and no Admin Module.
 */
#include "topology.h"

#include <string.h>

#include "check_report.h"
#include "json.h"

static bool is_redis(const char *url)
{
    static const char *const schemes[] = {"redis://", "rediss://",
                                          "sentinel://"};

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* What was named for it, else the first Redis source. */
static int choose_redis(const cli_session *session, const char **url)
{
    const se_options *library = &session->library;

    if (session->options->redis) {
        *url = session->options->redis;
        if (cli_has_password(*url)) {
            return cli_usage("--redis holds a password, which others could "
                             "see; put it into REDIS_PASSWORD");
        }
        return CLI_OK;
    }
    for (size_t i = 0; i < library->n_sources; i++) {
        if (is_redis(library->sources[i])) {
            *url = library->sources[i];
            return CLI_OK;
        }
    }
    return cli_usage("publish where? name a Redis with --redis redis://HOST, "
                     "or one with --source");
}

/* Whoever publishes a list means all of it. */
static bool is_good(const cli_options *options, const char *path,
                    const se_topology *topology)
{
    check_item item = {.ok = false};
    bool good = true;

    for (size_t i = 0;
         se_topology_rejected_at(topology, i, &item.item, &item.message); i++) {
        good = false;
        check_report(options, &item);
    }
    if (good && se_topology_count(topology) == 0) {
        cli_message("%s: a list without elements is not published", path);
        return false;
    }
    if (!good) {
        cli_message("%s: nothing was published", path);
    }
    return good;
}

static void report(const cli_options *options, const se_topology *topology,
                   const char *key, const se_published *published)
{
    size_t count = se_topology_count(topology);
    json_line line;

    if (options->json) {
        line = json_begin(stdout, "published");
        json_string(&line, "hash", se_topology_hash(topology));
        json_int(&line, "elements", (int64_t)count);
        json_int(&line, "receivers", published->receivers);
        json_string(&line, "key", key);
        json_end(&line);
    } else if (!options->quiet) {
        printf("published %zu element%s under %s, hash %.12s, %lld "
               "subscriber%s told\n",
               count, count == 1 ? "" : "s", key, se_topology_hash(topology),
               (long long)published->receivers,
               published->receivers == 1 ? "" : "s");
    }
}

static int publish(const cli_session *session, const char *url,
                   const char *path, const se_topology *topology)
{
    const cli_options *options = session->options;
    se_redis_options redis = SE_REDIS_OPTIONS_INIT;
    se_published published = SE_PUBLISHED_INIT;
    se_error err = SE_ERROR_INIT;

    if (!is_good(options, path, topology)) {
        return CLI_USAGE;
    }
    redis.url = url;
    redis.password =
        cli_has_password(url) ? NULL : session->library.redis_password;
    redis.ca_file = session->library.ca_file;
    redis.updates_channel = options->channel
                                ? options->channel
                                : session->library.redis_updates_channel;
    redis.events_channel = session->library.redis_events_channel;
    if (se_publish(&redis, topology, options->event, (int)options->deadline_ms,
                   &published, &err) != SE_OK) {
        cli_message("not published: %s", err.message);
        return cli_exit_code(options, err.code);
    }
    report(options, topology, SE_REDIS_KEY, &published);
    return CLI_OK;
}

int topology_publish(const cli_options *options)
{
    cli_session session;
    se_topology *topology;
    const char *url = NULL;
    int code;

    if (options->n_arguments != 2) {
        return cli_usage("topology publish needs one document: "
                         "topology publish FILE");
    }
    code = cli_session_prepare(&session, options);
    if (code == CLI_OK) {
        code = choose_redis(&session, &url);
    }
    if (code != CLI_OK) {
        return code;
    }
    topology = topology_read(options->arguments[1]);
    code = topology ? publish(&session, url, options->arguments[1], topology)
                    : CLI_USAGE;
    se_topology_unref(topology);
    return code;
}
