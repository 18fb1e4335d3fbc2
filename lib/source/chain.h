/*
 * Sources in order of preference. One fetch at a time; the caller sees to it.
 */
#ifndef SE_SOURCE_CHAIN_H
#define SE_SOURCE_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "observe/log.h"
#include "source/source.h"

typedef struct se__chain {
    se_source **sources;
    size_t count;
    int64_t retry_ms; /* a failed source is left alone for this long */
    se__log log;
} se__chain;

void se__chain_init(se__chain *chain, int64_t retry_ms, se__log log);
void se__chain_fini(se__chain *chain); /* frees the sources */
se_err se__chain_add(se__chain *chain, se_source *source, se_error *err);

/*
 * Ask the sources in order until one gives a list with at least one valid
 * element; an empty one is a failure like any other. A source that failed less
 * than retry_ms ago is not waited for again, unless all would be skipped.
 * On failure SE_E_DISCOVERY, with every source and what it said in one line.
 */
se_err se__chain_fetch(se__chain *chain, int timeout_ms, se_topology **out,
                       se_error *err);

#endif
