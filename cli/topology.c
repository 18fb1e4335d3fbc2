/*
 * topology: which of its commands is meant; documents compared.
 */
#include "topology.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "table.h"
#include "topology_diff.h"

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
        topology_diff_json(diff, NULL);
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
    } verbs[] = {{"show", topology_show},       {"diff", diff},
                 {"watch", topology_watch},     {"check", topology_check},
                 {"publish", topology_publish}, {"accept", topology_accept}};
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
    return cli_usage("topology what? show, diff A [B], watch, check FILE, "
                     "publish FILE or accept");
}
