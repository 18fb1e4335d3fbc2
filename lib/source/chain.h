/*
 * Sources in order of preference. One fetch at a time; the caller sees to it.
 * Sources may be added meanwhile.
 */
#ifndef SE_SOURCE_CHAIN_H
#define SE_SOURCE_CHAIN_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/thread.h"
#include "observe/log.h"
#include "source/source.h"

/* So many that a message still has room for what each of them said. */
#define SE__CHAIN_MAX 16

typedef struct se__chain {
    se_source *sources[SE__CHAIN_MAX];
    atomic_size_t count; /* grows only; what lies below it does not change */
    se__mutex lock;      /* who adds */
    int64_t retry_ms;    /* a failed source is left alone for this long */
    se__log log;
} se__chain;

void se__chain_init(se__chain *chain, int64_t retry_ms, se__log log);
void se__chain_fini(se__chain *chain); /* frees the sources */
/* SE_E_LIMIT for one more than SE__CHAIN_MAX. */
se_err se__chain_add(se__chain *chain, se_source *source, se_error *err);
size_t se__chain_count(se__chain *chain);
/* "redis, file": in the order in which they are asked. */
#define SE__CHAIN_NAMES_SIZE 512
void se__chain_names(se__chain *chain, char names[SE__CHAIN_NAMES_SIZE]);

/*
 * Ask the sources in order until one gives a list with at least one valid
 * element; an empty one is a failure like any other. Each may take timeout_ms.
 * A source that failed less than retry_ms ago is not waited for again, unless
 * all would be skipped. On failure SE_E_DISCOVERY, with every source and what
 * it said in one line: "file: /x/y: No such file or directory; redis: ...".
 */
se_err se__chain_fetch(se__chain *chain, int timeout_ms, se_topology **out,
                       se_error *err);

#endif
