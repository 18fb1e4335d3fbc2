/*
 * What changed between two lists, for programs and for people.
 */
#ifndef CLI_TOPOLOGY_DIFF_H
#define CLI_TOPOLOGY_DIFF_H

#include <artstore/topology.h>

/* When it came into force; NULL: it did not. */
void topology_diff_json(const se_diff *diff, const char *applied_at);
void topology_diff_print(const se_diff *diff);
/* All of it in one line. */
void topology_diff_line(const se_diff *diff, const char *applied_at);

#endif
