/*
 * topology show and accept: the storage elements in force, and a list that is
 * held back.
 */
#include "topology.h"

#include <inttypes.h>

#include "json.h"
#include "table.h"
#include "units.h"

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

static void json_topology(const se_topology *topology,
                          const se_registry_status *status)
{
    json_line line = json_begin(stdout, "topology");

    json_string(&line, "source", se_topology_source(topology));
    json_string(&line, "hash", se_topology_hash(topology));
    json_optional(&line, "timestamp", se_topology_timestamp(topology));
    json_int(&line, "version", se_topology_version(topology));
    json_bool(&line, "held", status->held);
    if (status->held) {
        json_string(&line, "held_hash", status->held_hash);
        json_string(&line, "held_reason", status->held_why);
        json_int(&line, "held_ms", status->held_ms);
    }
    json_bool(&line, "last_known_good", status->last_known_good);
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

void topology_note_held(const se_registry_status *status)
{
    char since[UNITS_SIZE];

    units_duration(since, status->held_ms);
    cli_message("another list is held back for %s: %s; its hash is %.12s; "
                "\"" CLI_NAME " topology accept\" puts it in force",
                since, status->held_why, status->held_hash);
}

static void report(const cli_session *session)
{
    const cli_options *options = session->options;
    se_registry *registry = se_ingest_registry(session->ingest);
    se_registry_status status = SE_REGISTRY_STATUS_INIT;
    se_topology *topology = se_registry_topology(registry);

    se_registry_get_status(registry, &status);
    if (options->json) {
        json_topology(topology, &status);
    } else if (!options->quiet) {
        print_topology(topology);
    }
    warn_rejected(topology);
    if (status.last_known_good) {
        cli_message("%sthis is the last list that was good",
                    status.held ? "" : "no source answers; ");
    }
    if (status.held) {
        topology_note_held(&status);
    }
    se_topology_unref(topology);
}

int topology_show(const cli_options *options)
{
    cli_session session;
    int code;

    if (options->n_arguments > 1) {
        return cli_usage("topology show takes no argument");
    }
    code = cli_session_open_with_list(&session, options);
    if (code != CLI_OK) {
        return code;
    }
    report(&session);
    cli_session_close(&session);
    return CLI_OK;
}

/* What is held back shows when the sources are asked; then it is let go. */
int topology_accept(const cli_options *options)
{
    cli_session session;
    se_error err = SE_ERROR_INIT;
    int code;

    if (options->n_arguments > 1) {
        return cli_usage("topology accept takes no argument");
    }
    code = cli_session_open_with_list(&session, options);
    if (code != CLI_OK) {
        return code;
    }
    if (se_registry_accept(se_ingest_registry(session.ingest), NULL, &err) ==
        SE_OK) {
        report(&session);
    } else {
        cli_message("%s", err.message);
        code = se_err_exit_code(err.code);
    }
    cli_session_close(&session);
    return code;
}
