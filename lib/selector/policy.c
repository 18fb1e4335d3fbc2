/*
 * The policies.
 *
 * In turn means: the one that was not chosen for the longest time. A position
 * that moves on would do for files that any element takes; with large ones in
 * between, which only some take, it would favour these for small ones too.
 */
#include "selector/policy.h"

#include "base/mem.h"
#include "base/uuid.h"
#include "selector/selector.h"

/* ---- sequential ---- */

static size_t first(const se_selector *selector, const se__ballot *ballot,
                    int64_t bytes, uint64_t *seen)
{
    (void)selector;
    (void)ballot;
    (void)bytes;
    (void)seen;
    return 0;
}

/* ---- most-free ---- */

/* Of equals the first; a room that is not known is the smallest. */
static size_t most_free(const se_selector *selector, const se__ballot *ballot,
                        int64_t bytes, uint64_t *seen)
{
    const se_candidate *candidates = ballot->candidates;
    size_t best = 0;

    (void)selector;
    (void)bytes;
    (void)seen;
    for (size_t i = 1; i < ballot->count; i++) {
        if (candidates[i].free_bytes > candidates[best].free_bytes) {
            best = i;
        }
    }
    return best;
}

/* ---- weighted-free ---- */

#define TWO_TO_64 18446744073709551616.0

static double mean_room(const se_candidate *candidates, size_t count)
{
    double sum = 0;
    size_t known = 0;

    for (size_t i = 0; i < count; i++) {
        if (candidates[i].free_bytes >= 0) {
            sum += (double)candidates[i].free_bytes;
            known++;
        }
    }
    return known ? sum / (double)known : 1;
}

size_t se__policy_weigh(const se_candidate *candidates, size_t count,
                        uint64_t random)
{
    double mean = mean_room(candidates, count);
    double left = (double)random / TWO_TO_64 * mean * (double)count;
    size_t last = 0; /* with any room: where rounding ends */

    for (size_t i = 0; i < count; i++) {
        int64_t room = candidates[i].free_bytes;

        if (room == 0) {
            continue;
        }
        last = i;
        left -= room < 0 ? mean : (double)room;
        if (left < 0) {
            break;
        }
    }
    return last;
}

static size_t weighted_free(const se_selector *selector,
                            const se__ballot *ballot, int64_t bytes,
                            uint64_t *seen)
{
    (void)selector;
    (void)bytes;
    (void)seen;
    return se__policy_weigh(ballot->candidates, ballot->count, se__random());
}

/* ---- round-robin ---- */

static uint64_t turn_of(const se__ballot *ballot, size_t candidate)
{
    size_t index = se__ballot_index(ballot, candidate);

    return atomic_load(&ballot->snapshot->endpoints[index]->turn);
}

static size_t longest_waiting(const se_selector *selector,
                              const se__ballot *ballot, int64_t bytes,
                              uint64_t *seen)
{
    size_t best = 0;

    (void)selector;
    (void)bytes;
    *seen = turn_of(ballot, 0);
    for (size_t i = 1; i < ballot->count; i++) {
        uint64_t turn = turn_of(ballot, i);

        if (turn < *seen) {
            best = i;
            *seen = turn;
        }
    }
    return best;
}

/* ---- the program's own ---- */

static size_t ask_program(const se_selector *selector, const se__ballot *ballot,
                          int64_t bytes, uint64_t *seen)
{
    size_t chosen =
        selector->choose(selector->choose_user, bytes > 0 ? bytes : -1,
                         ballot->candidates, ballot->count);

    (void)seen;
    return chosen < ballot->count ? chosen : 0;
}

/* ---- the table ---- */

static const se__policy policies[] = {
    [SE_POLICY_SEQUENTIAL] = {.takes_first = true, .choose = first},
    [SE_POLICY_MOST_FREE] = {.choose = most_free},
    [SE_POLICY_WEIGHTED_FREE] = {.choose = weighted_free},
    [SE_POLICY_ROUND_ROBIN] = {.choose = longest_waiting,
                               .claim = se__endpoint_take_turn},
};

const se__policy se__policy_own = {.choose = ask_program};

const se__policy *se__policy_of(se_policy policy)
{
    return (unsigned)policy < SE__COUNT(policies) ? &policies[policy] : NULL;
}
