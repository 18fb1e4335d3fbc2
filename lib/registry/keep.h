/*
 * What a registry keeps in its state directory: the last list that was good,
 * what is held back, and what a person accepted. None of it holds a credential:
 * a list is ids, URLs without user and password, and figures.
 *
 * A directory that cannot be used is warned of once, and done without.
 */
#ifndef SE_REGISTRY_KEEP_H
#define SE_REGISTRY_KEEP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <artstore/topology.h>

#include "observe/log.h"
#include "registry/guard.h"

/* For so long a record of what is held or accepted counts. */
#define SE__KEEP_MS ((int64_t)3600 * 1000)

typedef struct se__keep {
    char *dir; /* NULL: nowhere */
    se__log log;
    atomic_bool warned;
} se__keep;

/* What is held; times are the wall clock's, for other processes. */
typedef struct se__keep_held {
    char hash[65];
    int64_t first_us; /* seen first */
    int64_t last_us;  /* noted last */
    int fetches;
    char why[SE__GUARD_WHY_SIZE]; /* for people */
} se__keep_held;

/* False: out of memory. */
bool se__keep_init(se__keep *keep, const char *dir, se__log log);
void se__keep_fini(se__keep *keep);
bool se__keep_exists(const se__keep *keep);

/*
 * lastgood.c: the list, one for every set of sources, of which `sources` is
 * made. NULL: there is none, or none that can be believed.
 */
#define SE__KEEP_SOURCES_SIZE 17
/* False: it could not be written. */
bool se__keep_list(se__keep *keep, const char *sources,
                   const se_topology *topology);
se_topology *se__keep_last_list(se__keep *keep, const char *sources);

/* held.c: likewise one note for every set of sources. */
void se__keep_held_set(se__keep *keep, const char *sources,
                       const se__keep_held *held);
/* Only if it is about this list. */
void se__keep_held_clear(se__keep *keep, const char *sources, const char *hash);
/* False: nothing is held, or the note is older than SE__KEEP_MS. */
bool se__keep_held_get(se__keep *keep, const char *sources, int64_t wall_us,
                       se__keep_held *held);
/* Is this list held, whatever sources gave it? */
bool se__keep_is_held(se__keep *keep, int64_t wall_us, const char *hash);
void se__keep_accepted_set(se__keep *keep, const char *hash, int64_t wall_us);
bool se__keep_accepted_get(se__keep *keep, int64_t wall_us, char hash[65]);

/* For these files: warn once that the directory cannot be used. */
void se__keep_warn(se__keep *keep, const se_error *why);

#endif
