#include "capacity/follower.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define CLOCKS_DIFFER_MS 1000

void se__followed_note(se__followed *followed, int64_t now)
{
    se__note *note = &followed->notes[followed->next_note];

    note->at_ms = now;
    note->landed = se__endpoint_mark(followed->endpoint);
    followed->next_note = (followed->next_note + 1) % SE__NOTES;
}

int64_t se__followed_mark(const se__followed *followed, int64_t measured_ms)
{
    int64_t mark = 0;

    /* Landed bytes only grow: the latest note is the largest. */
    for (size_t i = 0; i < SE__NOTES; i++) {
        const se__note *note = &followed->notes[i];

        if (note->at_ms != 0 && note->at_ms <= measured_ms - CLOCKS_DIFFER_MS &&
            note->landed > mark) {
            mark = note->landed;
        }
    }
    return mark;
}

void se__follower_fini(se__follower *follower)
{
    for (size_t i = 0; i < follower->count; i++) {
        se__endpoint_unref(follower->elements[i].endpoint);
    }
    free(follower->elements);
    *follower = (se__follower){.elements = NULL};
}

static int compare(const void *a, const void *b)
{
    const se__followed *x = a;
    const se__followed *y = b;

    return strcmp(x->endpoint->id, y->endpoint->id);
}

static void take_over(se__followed *to, const se__follower *from)
{
    const se__followed key = {.endpoint = to->endpoint};
    const se__followed *before =
        from->count > 0
            ? bsearch(&key, from->elements, from->count, sizeof(key), compare)
            : NULL;

    /* The same object: an id that was gone for a while may be another. */
    if (before && before->endpoint == to->endpoint) {
        *to = *before;
    }
}

static bool make(const se__snapshot *snapshot, se__follower *made)
{
    const se_topology *topology = snapshot->topology;

    made->elements = se__zalloc_array(topology->count, sizeof(se__followed));
    if (!made->elements) {
        return false;
    }
    for (size_t i = 0; i < topology->count; i++) {
        made->elements[i].endpoint =
            se__endpoint_ref(snapshot->endpoints[topology->by_id[i]]);
        made->elements[i].believed = true;
    }
    made->count = topology->count;
    se__copy_text(made->hash, sizeof(made->hash), topology->hash);
    return true;
}

bool se__follower_refresh(se__follower *follower, se_registry *registry)
{
    int slot;
    const se__snapshot *snapshot = se__registry_enter(registry, &slot);
    se__follower made = {.elements = NULL};
    bool news =
        snapshot && strcmp(follower->hash, snapshot->topology->hash) != 0;
    bool ok = news && make(snapshot, &made);

    if (snapshot) {
        se__registry_leave(registry, slot);
    }
    if (ok) {
        for (size_t i = 0; i < made.count; i++) {
            take_over(&made.elements[i], follower);
        }
        se__follower_fini(follower);
        *follower = made;
    }
    return ok || !news;
}
