#include "base/hazard.h"

#include <stdlib.h>
#include <string.h>

/* What a reader gets for a slot when all are taken: it holds the lock. */
#define LOCKED (-1)

void se__hazard_init(se__hazard *hazard, void (*free)(void *object))
{
    memset(hazard, 0, sizeof(*hazard));
    hazard->free = free;
    atomic_init(&hazard->current, NULL);
    for (int i = 0; i < SE__HAZARD_SLOTS; i++) {
        atomic_init(&hazard->slots[i].object, NULL);
        atomic_init(&hazard->slots[i].taken, false);
    }
    se__mutex_init(&hazard->lock);
}

void se__hazard_fini(se__hazard *hazard)
{
    void *current = atomic_load(&hazard->current);

    for (size_t i = 0; i < hazard->n_retired; i++) {
        hazard->free(hazard->retired[i]);
    }
    if (current) {
        hazard->free(current);
    }
    free(hazard->retired);
    se__mutex_fini(&hazard->lock);
}

/* Threads begin their search apart, so that they do not share a cache line. */
static int first_slot(void)
{
    static atomic_int threads;
    static _Thread_local int mine = -1;

    if (mine < 0) {
        mine = atomic_fetch_add(&threads, 1) & (SE__HAZARD_SLOTS - 1);
    }
    return mine;
}

static int take_slot(se__hazard *hazard)
{
    int first = first_slot();

    for (int i = 0; i < SE__HAZARD_SLOTS; i++) {
        int slot = (first + i) & (SE__HAZARD_SLOTS - 1);

        if (!atomic_load(&hazard->slots[slot].taken) &&
            !atomic_exchange(&hazard->slots[slot].taken, true)) {
            return slot;
        }
    }
    return LOCKED;
}

void *se__hazard_acquire(se__hazard *hazard, int *slot)
{
    void *object;

    *slot = take_slot(hazard);
    if (*slot == LOCKED) {
        /* No writer can replace anything until release. */
        se__mutex_lock(&hazard->lock);
        return atomic_load(&hazard->current);
    }
    object = atomic_load(&hazard->current);
    for (;;) {
        void *again;

        atomic_store(&hazard->slots[*slot].object, object);
        again = atomic_load(&hazard->current);
        if (again == object) {
            return object;
        }
        object = again;
    }
}

void se__hazard_release(se__hazard *hazard, int slot)
{
    if (slot == LOCKED) {
        se__mutex_unlock(&hazard->lock);
        return;
    }
    atomic_store(&hazard->slots[slot].object, NULL);
    atomic_store(&hazard->slots[slot].taken, false);
}

static bool is_read(se__hazard *hazard, const void *object)
{
    for (int i = 0; i < SE__HAZARD_SLOTS; i++) {
        if (atomic_load(&hazard->slots[i].object) == object) {
            return true;
        }
    }
    return false;
}

static void free_unread_locked(se__hazard *hazard)
{
    size_t kept = 0;

    for (size_t i = 0; i < hazard->n_retired; i++) {
        void *object = hazard->retired[i];

        if (is_read(hazard, object)) {
            hazard->retired[kept++] = object;
        } else {
            hazard->free(object);
        }
    }
    hazard->n_retired = kept;
}

static bool make_room_locked(se__hazard *hazard)
{
    size_t capacity = hazard->cap_retired ? 2 * hazard->cap_retired : 8;
    void **grown;

    if (hazard->n_retired < hazard->cap_retired) {
        return true;
    }
    grown = realloc(hazard->retired, capacity * sizeof(*grown));
    if (!grown) {
        return false;
    }
    hazard->retired = grown;
    hazard->cap_retired = capacity;
    return true;
}

bool se__hazard_swap(se__hazard *hazard, void *object)
{
    bool swapped;
    void *old;

    se__mutex_lock(&hazard->lock);
    swapped = make_room_locked(hazard);
    if (swapped) {
        old = atomic_exchange(&hazard->current, object);
        if (old) {
            hazard->retired[hazard->n_retired++] = old;
        }
        free_unread_locked(hazard);
    }
    se__mutex_unlock(&hazard->lock);
    return swapped;
}
