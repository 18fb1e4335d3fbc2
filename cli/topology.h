/*
 * What the topology commands share; one file per command.
 */
#ifndef CLI_TOPOLOGY_H
#define CLI_TOPOLOGY_H

#include "cli.h"

/* A document, read and parsed; NULL: said why. */
se_topology *topology_read(const char *path);

int topology_check(const cli_options *options);
int topology_publish(const cli_options *options);

#endif
