/*
 * The inside of a topology; for lib/topology, lib/registry and lib/selector.
 */
#ifndef SE_TOPOLOGY_TOPOLOGY_H
#define SE_TOPOLOGY_TOPOLOGY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/topology.h>

#include "topology/endpoint.h"

struct se_element {
    char *id;
    char *url; /* normalised, no trailing slash */
    se_mode mode;
    int32_t priority;
    bool available;
    int64_t capacity_bytes, used_bytes; /* -1: not stated */
};

typedef struct se__rejected {
    char *id;
    char *reason;
} se__rejected;

/* One block of memory: this, then what the pointers show, then all texts. */
struct se_topology {
    atomic_int refs;
    size_t size;          /* of the block */
    se_element *elements; /* sorted by (priority, id) */
    size_t count;
    size_t *by_id; /* positions, sorted by id */
    se__rejected *rejected;
    size_t rejected_count;
    char source[32];
    char timestamp[40];
    char hash[65];
    bool partial; /* names only elements that take files */
    int64_t version;
    int64_t fetched_ms; /* monotonic; set by who fetched */
};

/*
 * Room for so many elements and rejected ones and the bytes of their texts,
 * zeroed, with one reference; *texts is where the texts go. NULL: out of
 * memory.
 */
se_topology *se__topology_new(size_t count, size_t rejected, size_t text_bytes,
                              char **texts);

/* A copy of its own, e.g. to give it another origin. */
se_err se__topology_copy(const se_topology *topology, se_topology **out,
                         se_error *err);

/* Set once, before the topology is shared. */
void se__topology_set_origin(se_topology *topology, const char *source,
                             int64_t fetched_ms);
/*
 * Set once, before the topology is shared, by a source that names only elements
 * that take files: what it leaves out and is in force as ro, ar or unavailable
 * stays as it was.
 */
void se__topology_set_partial(se_topology *topology, bool partial);
/*
 * A partial list with what it leaves out and stays; the list itself if that is
 * nothing, if it is not partial or nothing is known. *out: owned. SE_E_NOMEM.
 */
se_err se__topology_merge(se_topology *partial, const se_topology *known,
                          se_topology **out, se_error *err);

#endif
