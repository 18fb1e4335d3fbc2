#include "base/hazard.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/uuid.h"

/*
 * What acquire hands out: the number of a slot, NO_SLOT when there is nothing
 * to protect, FIRST_GUEST minus the object's serial for a guest.
 */
#define NO_SLOT (-1)
#define FIRST_GUEST (-2)
/* Serials come round after 2^30 swaps, long after their guests have left. */
#define SERIAL_MASK 0x3fffffff

struct se__hazard_retired {
    se__hazard_retired *next;
    void *object;
    int serial;
    size_t guests;
};

void se__hazard_init(se__hazard *hazard, void (*free)(void *object))
{
    memset(hazard, 0, sizeof(*hazard));
    hazard->free = free;
    atomic_init(&hazard->current, NULL);
    for (size_t i = 0; i < SE__HAZARD_SLOTS; i++) {
        atomic_init(&hazard->slots[i].object, NULL);
    }
    se__mutex_init(&hazard->lock);
}

static void free_all(se__hazard *hazard, se__hazard_retired *list)
{
    while (list) {
        se__hazard_retired *next = list->next;

        if (list->object) {
            hazard->free(list->object);
        }
        free(list);
        list = next;
    }
}

void se__hazard_fini(se__hazard *hazard)
{
    void *current = atomic_load(&hazard->current);

    free_all(hazard, hazard->retired);
    if (current) {
        hazard->free(current);
    }
    se__mutex_fini(&hazard->lock);
}

/*
 * Announce `object` in a free slot. A thread begins its search at the slot that
 * it had last, so that threads which met at one part and stay apart.
 */
static int take_slot(se__hazard *hazard, void *object)
{
    static _Thread_local int last = NO_SLOT;

    if (last == NO_SLOT) {
        last = (int)(se__random() % SE__HAZARD_SLOTS);
    }
    for (int i = 0; i < SE__HAZARD_SLOTS; i++) {
        int slot = (last + i) % SE__HAZARD_SLOTS;
        void *none = NULL;

        if (!atomic_load(&hazard->slots[slot].object) &&
            atomic_compare_exchange_strong(&hazard->slots[slot].object, &none,
                                           object)) {
            last = slot;
            return slot;
        }
    }
    return NO_SLOT;
}

/* Nothing is swapped under the lock: what is current there is not yet freed. */
static void *read_as_guest(se__hazard *hazard, int *slot)
{
    void *object;

    se__mutex_lock(&hazard->lock);
    object = atomic_load(&hazard->current);
    if (object) {
        hazard->guests++;
        *slot = FIRST_GUEST - hazard->serial;
    }
    se__mutex_unlock(&hazard->lock);
    return object;
}

void *se__hazard_acquire(se__hazard *hazard, int *slot)
{
    void *object = atomic_load(&hazard->current);

    *slot = NO_SLOT;
    if (!object) {
        return NULL;
    }
    *slot = take_slot(hazard, object);
    if (*slot == NO_SLOT) {
        return read_as_guest(hazard, slot);
    }
    for (;;) {
        void *again = atomic_load(&hazard->current);

        if (again == object) {
            return object;
        }
        /* It may be freed already; NULL gives the slot back. */
        object = again;
        atomic_store(&hazard->slots[*slot].object, object);
        if (!object) {
            *slot = NO_SLOT;
            return NULL;
        }
    }
}

static void guest_leaves_locked(se__hazard *hazard, int serial)
{
    se__hazard_retired *r = hazard->retired;

    if (serial == hazard->serial) {
        hazard->guests--;
        return;
    }
    while (r->serial != serial) {
        r = r->next;
    }
    r->guests--;
}

void se__hazard_release(se__hazard *hazard, int slot)
{
    if (slot >= 0) {
        atomic_store(&hazard->slots[slot].object, NULL);
    } else if (slot != NO_SLOT) {
        se__mutex_lock(&hazard->lock);
        guest_leaves_locked(hazard, FIRST_GUEST - slot);
        se__mutex_unlock(&hazard->lock);
    }
}

static bool is_read_locked(se__hazard *hazard, const se__hazard_retired *r)
{
    bool found = r->guests > 0;

    for (size_t i = 0; i < SE__HAZARD_SLOTS && r->object && !found; i++) {
        found = atomic_load(&hazard->slots[i].object) == r->object;
    }
    return found;
}

/* Unlink what nobody reads. */
static se__hazard_retired *take_unread_locked(se__hazard *hazard)
{
    se__hazard_retired **at = &hazard->retired;
    se__hazard_retired *unread = NULL;

    while (*at) {
        se__hazard_retired *r = *at;

        if (is_read_locked(hazard, r)) {
            at = &r->next;
        } else {
            *at = r->next;
            r->next = unread;
            unread = r;
            hazard->n_retired--;
        }
    }
    return unread;
}

bool se__hazard_swap(se__hazard *hazard, void *object)
{
    se__hazard_retired *old = se__zalloc(sizeof(*old));
    se__hazard_retired *unread;

    if (!old) {
        return false;
    }
    se__mutex_lock(&hazard->lock);
    old->object = atomic_exchange(&hazard->current, object);
    old->serial = hazard->serial;
    old->guests = hazard->guests;
    old->next = hazard->retired;
    hazard->retired = old;
    hazard->n_retired++;
    hazard->serial = (hazard->serial + 1) & SERIAL_MASK;
    hazard->guests = 0;
    unread = take_unread_locked(hazard);
    se__mutex_unlock(&hazard->lock);
    /* Outside the lock: freeing may take long, and guests need it. */
    free_all(hazard, unread);
    return true;
}
