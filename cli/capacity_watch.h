/*
 * capacity --watch: takes part in watching the elements.
 */
#ifndef CLI_CAPACITY_WATCH_H
#define CLI_CAPACITY_WATCH_H

#include "cli.h"

int capacity_watch(const cli_options *options);

/* capacity.c: one element, as a line of JSON */
void capacity_json(const se_capacity *capacity);

#endif
