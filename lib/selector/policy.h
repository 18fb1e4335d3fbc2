/*
 * Which of those that could take the file.
 *
 * Design notes. A policy chooses from a ballot: the candidates, in the order of
 * sequential fill, as the program's own policies see them. Reserving on the
 * chosen one may fail, for others choose at the same time; it then leaves the
 * ballot and the policy chooses again. A policy that keeps an account of its
 * choices claims one before it is used; when another thread was faster, it
 * chooses again among the same.
 */
#ifndef SE_SELECTOR_POLICY_H
#define SE_SELECTOR_POLICY_H

#include <artstore/selector.h>

#include "registry/registry.h"

/* So many candidates need no memory. */
#define SE__BALLOT_FEW 64

typedef struct se__ballot {
    const se__snapshot *snapshot;
    se_candidate *candidates;
    size_t count;
    se_candidate few[SE__BALLOT_FEW];
} se__ballot;

/* Room for all elements of a snapshot; false: out of memory. */
bool se__ballot_init(se__ballot *ballot, const se__snapshot *snapshot);
void se__ballot_fini(se__ballot *ballot);
/* The next in the order of the list. */
void se__ballot_add(se__ballot *ballot, size_t index);
void se__ballot_drop(se__ballot *ballot, size_t candidate);
/* The position in the list. */
size_t se__ballot_index(const se__ballot *ballot, size_t candidate);

typedef struct se__policy {
    bool takes_first; /* always: nobody behind it need be looked at */
    /* One of 0 to count - 1; count is at least 1. *seen is for claim. */
    size_t (*choose)(const se_selector *selector, const se__ballot *ballot,
                     int64_t bytes, uint64_t *seen);
    /* Optional. False: choose again. */
    bool (*claim)(se__endpoint *endpoint, uint64_t seen);
} se__policy;

/* NULL: there is none of this number. */
const se__policy *se__policy_of(se_policy policy);
/* Asks the program. */
extern const se__policy se__policy_own;

/*
 * The candidate at `random` 2^64ths of the sum of all rooms. A room that is not
 * known counts as the mean of those that are.
 */
size_t se__policy_weigh(const se_candidate *candidates, size_t count,
                        uint64_t random);

#endif
