/*
 * topology check: is the document good?
 */
#include "topology.h"

#include <stdlib.h>

#include "check_report.h"

static int check_document(const cli_options *options, const char *path,
                          const char *text, size_t length)
{
    se_topology *topology = NULL;
    se_error err = SE_ERROR_INIT;
    check_item item = {.ok = false};
    char message[80];
    size_t good;
    size_t bad;

    if (se_topology_parse(text, length, &topology, &err) != SE_OK) {
        item.item = path;
        item.message = err.message;
        check_report(options, &item);
        return CLI_USAGE;
    }
    for (size_t i = 0;
         se_topology_rejected_at(topology, i, &item.item, &item.message); i++) {
        check_report(options, &item);
    }
    good = se_topology_count(topology);
    bad = se_topology_rejected_count(topology);
    snprintf(message, sizeof(message), "%zu good elements, %zu bad", good, bad);
    item = (check_item){path, bad == 0 && good > 0, message, NULL};
    check_report(options, &item);
    se_topology_unref(topology);
    return item.ok ? CLI_OK : CLI_USAGE;
}

int topology_check(const cli_options *options)
{
    size_t length = 0;
    char *text;
    int code;

    if (options->n_arguments != 2) {
        return cli_usage("topology check needs one document: "
                         "topology check FILE");
    }
    text = cli_read_document(options->arguments[1], &length);
    code = text ? check_document(options, options->arguments[1], text, length)
                : CLI_USAGE;
    free(text);
    return code;
}
