/*
 * The timers of a loop, the next one on top.
 *
 * A timer knows its place in the heap, so that it can be moved and removed in
 * O(log n). Memory is needed only for one timer more than ever before.
 */
#ifndef SE_WIRE_TIMER_HEAP_H
#define SE_WIRE_TIMER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/loop.h"

typedef struct se__timer_heap {
    se__timer **timers; /* from 0; a timer's position is its index + 1 */
    size_t count;
    size_t capacity;
} se__timer_heap;

/* Add, or move one that is in it (never fails); false: out of memory. */
bool se__timer_heap_set(se__timer_heap *heap, se__timer *timer, int64_t at_ms);
void se__timer_heap_remove(se__timer_heap *heap, se__timer *timer);
/* Take out the next one if it is due at now_ms; NULL: none is. */
se__timer *se__timer_heap_due(se__timer_heap *heap, int64_t now_ms);
/* When the next one is due; INT64_MAX: there is none. */
int64_t se__timer_heap_next_ms(const se__timer_heap *heap);
void se__timer_heap_fini(se__timer_heap *heap);

#endif
