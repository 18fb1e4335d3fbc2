/*
 * The inside of a source; for lib/source and lib/registry.
 */
#ifndef SE_SOURCE_SOURCE_H
#define SE_SOURCE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <artstore/source.h>
#include <artstore/source_ops.h>

/* Where a word of a person is kept for all processes that read this source. */
#define SE__ACCEPTED_SIZE 65

/* What only sources of the library have; each member may be NULL. */
typedef struct se__source_extra {
    /* Once it is readable a fetch ends soon; before the first fetch. */
    void (*stop_by)(void *self, int fd);
    /* The hash that was accepted, "" if none was. Never beside fetch. */
    se_err (*accepted_get)(void *self, int timeout_ms,
                           char hash[SE__ACCEPTED_SIZE], se_error *err);
    /* Accept a hash for an hour. May run beside fetch and watch. */
    se_err (*accepted_set)(void *self, int timeout_ms, const char *hash,
                           se_error *err);
} se__source_extra;

struct se_source {
    se_source_ops ops;
    void *self;
    char *where; /* its place, without secrets; NULL: not known */
    se__source_extra extra;
    atomic_int_fast64_t failed_until_ms; /* kept by the chain; 0: not failed */
    se_error last_error;                 /* of the fetch that failed */
};

/*
 * Before the source is shared: say where it is, so that what is remembered of
 * it is not taken for another one's. Copied; false: out of memory.
 */
bool se__source_place(se_source *source, const char *where);
/* Likewise before. */
void se__source_extend(se_source *source, const se__source_extra *extra);

/* Name where a list is from; one that others hold as well is copied. */
se_err se__source_label(se_topology **topology, const char *name,
                        se_error *err);

/*
 * Call ops.fetch and hold it to its promises: what it returns is a list
 * labelled with the source's name, or a failure with an error that is filled
 * in. A list that others hold as well is copied before it is labelled. How long
 * it takes is in the hands of the source.
 */
se_err se__source_fetch(se_source *source, int timeout_ms, se_topology **out,
                        se_error *err);

#endif
