/*
 * What the topology commands share; one file per command.
 */
#ifndef CLI_TOPOLOGY_H
#define CLI_TOPOLOGY_H

#include "cli.h"

/* A document, read and parsed; NULL: said why. */
se_topology *topology_read(const char *path);

/* "a list is held back", for people, on stderr. */
void topology_note_held(const se_registry_status *status);

int topology_show(const cli_options *options);
int topology_accept(const cli_options *options);
int topology_watch(const cli_options *options);
int topology_check(const cli_options *options);
int topology_publish(const cli_options *options);

#endif
