/*
 * topology watch: a line per change that comes into force, until interrupted.
 *
 * Lines are written by the thread that applies a change, so that none is
 * missed; the main thread writes to standard error only.
 */
#include "topology.h"

#include <signal.h>
#include <string.h>

#include "signals.h"
#include "stay.h"
#include "topology_diff.h"

typedef struct watch {
    const cli_options *options;
    cli_session session;
    char held_hash[65]; /* of the list that was last said to be held back */
} watch;

static void on_change(void *user, const se_diff *diff)
{
    const watch *w = user;
    char now[STAY_TIME_SIZE];
    size_t before;

    se_diff_totals(diff, &before, NULL);
    if (before == 0) {
        return; /* the first list, of which a note tells */
    }
    stay_time(now);
    if (w->options->json) {
        topology_diff_json(diff, now);
    } else {
        topology_diff_line(diff, now);
    }
    fflush(stdout);
}

static void note_list(const watch *w)
{
    se_topology *topology =
        se_registry_topology(se_ingest_registry(w->session.ingest));
    size_t count = se_topology_count(topology);

    cli_message("watching %zu element%s from %s, hash %.12s", count,
                count == 1 ? "" : "s", se_topology_source(topology),
                se_topology_hash(topology));
    se_topology_unref(topology);
}

/* Nothing comes into force, which is as worth knowing. */
static void look(void *user, bool asked)
{
    watch *w = user;
    se_registry_status status = SE_REGISTRY_STATUS_INIT;
    const char *hash;

    if (asked) {
        note_list(w);
    }
    se_registry_get_status(se_ingest_registry(w->session.ingest), &status);
    hash = status.held ? status.held_hash : "";
    if (strcmp(hash, w->held_hash) == 0 || w->options->quiet) {
        return;
    }
    if (status.held) {
        topology_note_held(&status);
    } else {
        cli_message("no list is held back any more");
    }
    snprintf(w->held_hash, sizeof(w->held_hash), "%s", hash);
}

static int begin(watch *w)
{
    se_registry *registry;
    se_error err = SE_ERROR_INIT;
    int code = cli_session_open(&w->session, w->options);

    if (code != CLI_OK) {
        return code;
    }
    registry = se_ingest_registry(w->session.ingest);
    if (se_registry_on_change(registry, on_change, w, &err) != SE_OK ||
        se_registry_reload(registry, SE_RELOAD_MANUAL,
                           (int)w->options->deadline_ms, NULL, &err) != SE_OK ||
        se_registry_start(registry, &err) != SE_OK) {
        cli_message("%s", err.message);
        return cli_exit_code(w->options, err.code);
    }
    if (!w->options->quiet) {
        note_list(w);
    }
    return CLI_OK;
}

int topology_watch(const cli_options *options)
{
    watch w = {.options = options};
    int signals;
    int code;

    if (options->n_arguments > 1) {
        return cli_usage("topology watch takes no argument");
    }
    signals = signals_open();
    if (signals < 0) {
        return CLI_FAILED;
    }
    code = begin(&w);
    if (code == CLI_OK) {
        code = stay(options, signals, look, &w);
    } else {
        code = signals_code(signals, code);
    }
    signals_close(signals);
    cli_session_close(&w.session);
    return code;
}
