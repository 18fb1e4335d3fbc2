/*
 * topology: the storage elements in force, and documents compared.
 */
#include "topology.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "table.h"
#include "topology_diff.h"

/* ---- show ---- */

static void json_element(json_line *line, const se_element *element)
{
    json_open(line, NULL, '{');
    json_string(line, "id", se_element_id(element));
    json_string(line, "url", se_element_url(element));
    json_string(line, "mode", se_mode_name(se_element_mode(element)));
    json_int(line, "priority", se_element_priority(element));
    json_bool(line, "available", se_element_available(element));
    json_close(line, '}');
}

static void json_topology(const se_topology *topology)
{
    json_line line = json_begin(stdout, "topology");

    json_string(&line, "source", se_topology_source(topology));
    json_string(&line, "hash", se_topology_hash(topology));
    json_optional(&line, "timestamp", se_topology_timestamp(topology));
    json_int(&line, "version", se_topology_version(topology));
    json_bool(&line, "held", false);
    json_open(&line, "elements", '[');
    for (size_t i = 0; i < se_topology_count(topology); i++) {
        json_element(&line, se_topology_at(topology, i));
    }
    json_close(&line, ']');
    json_end(&line);
}

static void print_topology(const se_topology *topology)
{
    static const char *const heading[] = {"ID", "MODE", "PRIORITY", "AVAILABLE",
                                          "URL"};
    table *t = table_new(5, heading);

    for (size_t i = 0; i < se_topology_count(topology); i++) {
        const se_element *element = se_topology_at(topology, i);
        char priority[16];
        const char *const cells[] = {
            se_element_id(element), se_mode_name(se_element_mode(element)),
            priority, se_element_available(element) ? "yes" : "no",
            se_element_url(element)};

        snprintf(priority, sizeof(priority), "%" PRId32,
                 se_element_priority(element));
        table_row(t, cells);
    }
    table_print(t, stdout);
    printf("\nfrom %s, version %" PRId64 "%s%s, hash %.12s\n",
           se_topology_source(topology), se_topology_version(topology),
           se_topology_timestamp(topology)[0] ? ", published " : "",
           se_topology_timestamp(topology), se_topology_hash(topology));
}

static void warn_rejected(const se_topology *topology)
{
    const char *id;
    const char *reason;

    for (size_t i = 0; se_topology_rejected_at(topology, i, &id, &reason);
         i++) {
        cli_message("element %s is left out: %s", id, reason);
    }
}

static int show(const cli_options *options)
{
    cli_session session;
    se_topology *topology;
    int code;

    if (options->n_arguments > 1) {
        return cli_usage("topology show takes no argument");
    }
    code = cli_session_open_with_list(&session, options);
    if (code != CLI_OK) {
        return code;
    }
    topology = se_registry_topology(se_ingest_registry(session.ingest));
    if (options->json) {
        json_topology(topology);
    } else {
        print_topology(topology);
    }
    warn_rejected(topology);
    se_topology_unref(topology);
    cli_session_close(&session);
    return CLI_OK;
}

/* ---- diff ---- */

se_topology *topology_read(const char *path)
{
    se_topology *topology = NULL;
    se_error err = SE_ERROR_INIT;
    size_t length = 0;
    char *text = cli_read_document(path, &length);

    if (text && se_topology_parse(text, length, &topology, &err) != SE_OK) {
        cli_message("%s: %s", path, err.message);
    }
    free(text);
    return topology;
}

static int report_diff(const cli_options *options, const se_topology *before,
                       const se_topology *after)
{
    se_diff *diff = NULL;
    se_error err = SE_ERROR_INIT;

    if (se_diff_compute(before, after, &diff, &err) != SE_OK) {
        cli_message("%s", err.message);
        return se_err_exit_code(err.code);
    }
    if (options->json) {
        topology_diff_json(diff);
    } else {
        topology_diff_print(diff);
    }
    se_diff_free(diff);
    return CLI_OK;
}

static int topology_in_force(const cli_options *options, se_topology **out)
{
    cli_session session;
    int code = cli_session_open_with_list(&session, options);

    if (code == CLI_OK) {
        *out = se_registry_topology(se_ingest_registry(session.ingest));
        cli_session_close(&session);
    }
    return code;
}

/* One document: what would change if it came into force. */
static int diff(const cli_options *options)
{
    se_topology *before = NULL;
    se_topology *after = NULL;
    int code = CLI_OK;

    if (options->n_arguments < 2 || options->n_arguments > 3) {
        return cli_usage("topology diff needs one document or two: "
                         "topology diff A [B]");
    }
    if (options->n_arguments == 3) {
        before = topology_read(options->arguments[1]);
        code = before ? CLI_OK : CLI_USAGE;
    } else {
        code = topology_in_force(options, &before);
    }
    if (code == CLI_OK) {
        after = topology_read(options->arguments[options->n_arguments - 1]);
        code = after ? report_diff(options, before, after) : CLI_USAGE;
    }
    se_topology_unref(before);
    se_topology_unref(after);
    return code;
}

int cli_topology(const cli_options *options)
{
    static const struct {
        const char *name;
        int (*run)(const cli_options *options);
    } verbs[] = {{"show", show},
                 {"diff", diff},
                 {"check", topology_check},
                 {"publish", topology_publish}};
    const char *verb = options->n_arguments ? options->arguments[0] : "";

    if (strcmp(verb, "publish") != 0 &&
        (options->redis || options->channel || options->event)) {
        return cli_usage("--redis, --channel and --event are for topology "
                         "publish FILE");
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verb, verbs[i].name) == 0) {
            return verbs[i].run(options);
        }
    }
    return cli_usage("topology what? show, diff A [B], check FILE or publish "
                     "FILE");
}
