/*
 * Sources in order of preference. One fetch at a time; the caller sees to it.
 * Sources may be added meanwhile.
 */
#ifndef SE_SOURCE_CHAIN_H
#define SE_SOURCE_CHAIN_H

#include <stdatomic.h>
#include <stdbool.h>
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

/* What becomes of a list that a source gave. */
typedef enum se__tasted {
    SE__TAKEN,   /* the search is over */
    SE__REFUSED, /* the source failed, err says how: ask the next one */
    SE__HELD,    /* not now: what does the next one say? */
    SE__BROKEN   /* our own failure, err says what: the search is over */
} se__tasted;

/* Takes the list. */
typedef se__tasted (*se__taste_fn)(void *user, se_topology *topology,
                                   se_error *err);

/* What a search found. */
typedef struct se__search {
    bool first;    /* the list is from the first source, the preferred one */
    unsigned held; /* lists that were held */
} se__search;

/*
 * Ask the sources in order, until one gives a list that is taken. Each may take
 * timeout_ms. A source that failed less than retry_ms ago is not waited for
 * again, unless all would be skipped. On failure SE_E_DISCOVERY, with every
 * source and what it said in one line: "file: /x/y: No such file or directory;
 * redis: ...".
 */
se_err se__chain_search(se__chain *chain, int timeout_ms, se__taste_fn taste,
                        void *user, se__search *found, se_error *err);
/* The source lives: do not pass it over. Any thread. */
void se__chain_wake(se_source *source);

/* What a source whose list holds no valid element said. */
se_err se__chain_refuse_empty(const se_topology *topology, se_error *err);

#endif
