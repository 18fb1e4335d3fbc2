/*
 * The inside of a source; for lib/source and lib/registry.
 */
#ifndef SE_SOURCE_SOURCE_H
#define SE_SOURCE_SOURCE_H

#include <stdint.h>

#include <artstore/source.h>
#include <artstore/source_ops.h>

struct se_source {
    se_source_ops ops;
    void *self;
    int64_t failed_until_ms; /* kept by the chain; 0: not failed */
    se_error last_error;     /* of the fetch that failed */
};

/*
 * Call ops.fetch and hold it to its promises: what it returns is a list
 * labelled with the source's name, or a failure with an error that is filled
 * in. A list that others hold as well is copied before it is labelled. How long
 * it takes is in the hands of the source.
 */
se_err se__source_fetch(se_source *source, int timeout_ms, se_topology **out,
                        se_error *err);

#endif
