/*
 * Hazard pointers: readers of one shared pointer that never wait.
 *
 * Design notes. A reader announces in a slot which object it is about to use,
 * and looks again whether that is still the current one; a writer swaps the
 * pointer and frees what was replaced once no slot names it. One of the two
 * sees the other: either the reader's second look finds the new object, or its
 * announcement came before the swap and the writer finds it. That needs one
 * order of all these operations, so all are sequentially consistent (not
 * fences: thread sanitizers do not model them).
 *
 * A slot is held for the length of a pick, so a small fixed number suffices.
 * Who finds none free takes the lock for a moment instead and is counted as a
 * guest of the current object, which a writer frees only without guests.
 *
 * Replaced objects that are still read wait in a list until the next swap or
 * until fini. After a swap it holds at most one object per reader: one that
 * stalls keeps what it reads and nothing else.
 */
#ifndef SE_BASE_HAZARD_H
#define SE_BASE_HAZARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/thread.h"

#define SE__HAZARD_SLOTS 64
#define SE__HAZARD_LINE 64 /* bytes of a cache line */

/*
 * Slots lie a cache line apart, so that readers do not slow each other down;
 * padding rather than alignment, for malloc knows no more than 16 bytes.
 */
typedef struct se__hazard_slot {
    _Atomic(void *) object; /* what is being read; NULL: the slot is free */
    char apart[SE__HAZARD_LINE - sizeof(void *)];
} se__hazard_slot;

typedef struct se__hazard_retired se__hazard_retired;

typedef struct se__hazard {
    _Atomic(void *) current;
    void (*free)(void *object);
    char apart[SE__HAZARD_LINE - 2 * sizeof(void *)];
    se__hazard_slot slots[SE__HAZARD_SLOTS];
    se__mutex lock;              /* for all that follows */
    int serial;                  /* of the current object: counts the swaps */
    size_t guests;               /* of the current object */
    se__hazard_retired *retired; /* replaced, perhaps still read */
    size_t n_retired;
} se__hazard;

/* `free` is called by the writer, with no lock held, never with NULL. */
void se__hazard_init(se__hazard *hazard, void (*free)(void *object));
/* Frees the current object too. No reader may be left. */
void se__hazard_fini(se__hazard *hazard);

/*
 * The current object (NULL: none), safe to use until release, also by another
 * thread. *slot is to be handed to release, also after NULL. Keep it short:
 * what is replaced meanwhile stays allocated. One thread may hold several.
 */
void *se__hazard_acquire(se__hazard *hazard, int *slot);
void se__hazard_release(se__hazard *hazard, int slot);

/*
 * Put another object (NULL: none) in force and take it over; the old one is
 * freed when its last reader has left, at the earliest here, at the latest by
 * fini. An object must not be put in force twice. False (nothing changed, the
 * object stays the caller's) if memory ran out.
 */
bool se__hazard_swap(se__hazard *hazard, void *object);

#endif
