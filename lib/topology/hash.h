/*
 * The content hash: what makes two topologies equal.
 */
#ifndef SE_TOPOLOGY_HASH_H
#define SE_TOPOLOGY_HASH_H

#include "topology/topology.h"

/* Over id, URL, mode, priority and availability of the elements in order. */
se_err se__topology_make_hash(se_topology *topology, se_error *err);

#endif
