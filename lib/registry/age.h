/*
 * Which of two lists is newer? By the publisher's timestamps; a version is no
 * measure, it begins again with every start of the publisher.
 */
#ifndef SE_REGISTRY_AGE_H
#define SE_REGISTRY_AGE_H

#include <stdbool.h>

#include <artstore/topology.h>

/* Below 0: a is older than b; 0: neither, or one states no time. */
int se__age_compare(const se_topology *a, const se_topology *b);
/* `after` was published by a publisher that began anew. */
bool se__age_is_restart(const se_topology *before, const se_topology *after);

#endif
