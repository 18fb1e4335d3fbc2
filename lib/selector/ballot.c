/*
 * The candidates of one choice.
 */
#include "selector/policy.h"

#include <string.h>

#include "base/mem.h"

bool se__ballot_init(se__ballot *ballot, const se__snapshot *snapshot)
{
    size_t most = snapshot->topology->count;

    ballot->snapshot = snapshot;
    ballot->count = 0;
    ballot->candidates = ballot->few;
    if (most > SE__BALLOT_FEW) {
        ballot->candidates = malloc(most * sizeof(*ballot->candidates));
    }
    return ballot->candidates != NULL;
}

void se__ballot_fini(se__ballot *ballot)
{
    if (ballot->candidates != ballot->few) {
        free(ballot->candidates);
    }
}

void se__ballot_add(se__ballot *ballot, size_t index)
{
    const se__endpoint *endpoint = ballot->snapshot->endpoints[index];
    int64_t room = se__endpoint_room(endpoint);

    if (room < 0) {
        room = 0; /* taken since it was judged */
    }
    ballot->candidates[ballot->count++] = (se_candidate){
        .size = sizeof(se_candidate),
        .element = &ballot->snapshot->topology->elements[index],
        .free_bytes = room == INT64_MAX ? -1 : room,
        .inflight_bytes = atomic_load(&endpoint->reserved),
        .in_flight = atomic_load(&endpoint->in_flight),
    };
}

void se__ballot_drop(se__ballot *ballot, size_t candidate)
{
    se_candidate *at = &ballot->candidates[candidate];

    ballot->count--;
    memmove(at, at + 1, (ballot->count - candidate) * sizeof(*at));
}

size_t se__ballot_index(const se__ballot *ballot, size_t candidate)
{
    return (size_t)(ballot->candidates[candidate].element -
                    ballot->snapshot->topology->elements);
}
