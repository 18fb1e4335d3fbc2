/*
 * Hazard pointers: readers of one shared pointer that never wait.
 *
 * Design notes. A reader announces in a slot which object it is about to use,
 * and looks again whether that is still the current one; a writer swaps the
 * pointer and frees what was replaced once no slot names it. All operations
 * are sequentially consistent: thread sanitizers do not model fences. A slot is
 * held for the length of a pick, so a small fixed number suffices; who finds
 * none free takes the lock instead. Retired objects wait in a list until the
 * next swap or until fini.
 */
#ifndef SE_BASE_HAZARD_H
#define SE_BASE_HAZARD_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/thread.h"

#define SE__HAZARD_SLOTS 64

typedef struct se__hazard_slot {
    _Alignas(64) _Atomic(void *) object; /* what is being read */
    atomic_bool taken;
} se__hazard_slot;

typedef struct se__hazard {
    _Atomic(void *) current;
    void (*free)(void *object);
    se__hazard_slot slots[SE__HAZARD_SLOTS];
    se__mutex lock; /* writers, and readers that found no slot */
    void **retired;
    size_t n_retired;
    size_t cap_retired;
} se__hazard;

void se__hazard_init(se__hazard *hazard, void (*free)(void *object));
/* No reader may be left. */
void se__hazard_fini(se__hazard *hazard);

/*
 * The current object (NULL: none), safe to use until release. *slot is to be
 * handed to release. Keep it short: what is replaced meanwhile stays allocated.
 */
void *se__hazard_acquire(se__hazard *hazard, int *slot);
void se__hazard_release(se__hazard *hazard, int slot);

/*
 * Put another object in force; the old one is freed when its last reader has
 * left. False (nothing changed) if memory ran out.
 */
bool se__hazard_swap(se__hazard *hazard, void *object);

#endif
