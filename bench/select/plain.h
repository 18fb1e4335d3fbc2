/*
 * The scan of a pick without any synchronisation: the same rules, over plain
 * variables that nobody else uses.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct plain_state {
    char head[96]; /* what an endpoint has in front of its figures */
    int64_t total, used, available, reserved, landed_total, landed_base;
    int health, in_flight;
    int64_t health_ms, full_until_ms, full_bytes, set_aside_until_ms;
    int64_t ejected_until_ms;
    bool probation;
} plain_state;

typedef struct plain_element {
    const char *id, *url;
    int mode, priority;
    bool available;
    plain_state *state;
} plain_element;

/* One has room; NULL: out of memory. */
plain_element *plain_fleet(size_t n, size_t with_room, int64_t room);
void plain_free(plain_element *all, size_t n);
/* The first that takes the file, with its bytes reserved; NULL: nobody. */
plain_element *plain_scan(plain_element *all, size_t n, int64_t bytes,
                          int64_t now);

#endif
