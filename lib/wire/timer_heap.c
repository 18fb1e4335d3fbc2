/*
 * A binary heap of timers that know their place in it.
 */
#include "wire/timer_heap.h"

#include <stdlib.h>

enum {
    FIRST_CAPACITY = 64
};

static void place(se__timer_heap *heap, size_t index, se__timer *timer)
{
    heap->timers[index] = timer;
    timer->position = index + 1;
}

static void sift_up(se__timer_heap *heap, size_t index, se__timer *timer)
{
    while (index > 0) {
        size_t parent = (index - 1) / 2;

        if (heap->timers[parent]->at_ms <= timer->at_ms) {
            break;
        }
        place(heap, index, heap->timers[parent]);
        index = parent;
    }
    place(heap, index, timer);
}

static void sift_down(se__timer_heap *heap, size_t index, se__timer *timer)
{
    for (;;) {
        size_t child = 2 * index + 1;

        if (child >= heap->count) {
            break;
        }
        if (child + 1 < heap->count &&
            heap->timers[child + 1]->at_ms < heap->timers[child]->at_ms) {
            child++;
        }
        if (timer->at_ms <= heap->timers[child]->at_ms) {
            break;
        }
        place(heap, index, heap->timers[child]);
        index = child;
    }
    place(heap, index, timer);
}

/* Put `timer` where it belongs, starting from a place that is free. */
static void settle(se__timer_heap *heap, size_t index, se__timer *timer)
{
    if (index > 0 && timer->at_ms < heap->timers[(index - 1) / 2]->at_ms) {
        sift_up(heap, index, timer);
    } else {
        sift_down(heap, index, timer);
    }
}

static bool grow(se__timer_heap *heap)
{
    size_t capacity = heap->capacity ? heap->capacity * 2 : FIRST_CAPACITY;
    se__timer **timers = realloc(heap->timers, capacity * sizeof(*timers));

    if (!timers) {
        return false;
    }
    heap->timers = timers;
    heap->capacity = capacity;
    return true;
}

bool se__timer_heap_set(se__timer_heap *heap, se__timer *timer, int64_t at_ms)
{
    if (timer->position > 0) {
        timer->at_ms = at_ms;
        settle(heap, timer->position - 1, timer);
        return true;
    }
    if (heap->count == heap->capacity && !grow(heap)) {
        return false;
    }
    timer->at_ms = at_ms;
    sift_up(heap, heap->count++, timer);
    return true;
}

void se__timer_heap_remove(se__timer_heap *heap, se__timer *timer)
{
    size_t index = timer->position - 1;
    se__timer *last;

    if (timer->position == 0) {
        return;
    }
    timer->position = 0;
    last = heap->timers[--heap->count];
    if (last != timer) {
        settle(heap, index, last);
    }
}

se__timer *se__timer_heap_due(se__timer_heap *heap, int64_t now_ms)
{
    se__timer *timer;

    if (heap->count == 0 || heap->timers[0]->at_ms > now_ms) {
        return NULL;
    }
    timer = heap->timers[0];
    se__timer_heap_remove(heap, timer);
    return timer;
}

int64_t se__timer_heap_next_ms(const se__timer_heap *heap)
{
    return heap->count > 0 ? heap->timers[0]->at_ms : INT64_MAX;
}

void se__timer_heap_fini(se__timer_heap *heap)
{
    free(heap->timers);
    heap->timers = NULL;
    heap->count = 0;
    heap->capacity = 0;
}
