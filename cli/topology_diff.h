/*
 * What changed between two lists, for programs and for people.
 */
#ifndef CLI_TOPOLOGY_DIFF_H
#define CLI_TOPOLOGY_DIFF_H

#include <artstore/topology.h>

void topology_diff_json(const se_diff *diff);
void topology_diff_print(const se_diff *diff);

#endif
