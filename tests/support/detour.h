/*
 * A relay between a program and a server on 127.0.0.1 that can turn into a
 * black hole: what it holds then is silent for good, what comes then waits.
 * What cannot be had ends the test program with a message.
 */
#ifndef TESTS_DETOUR_H
#define TESTS_DETOUR_H

typedef struct detour detour;

/* Relays to this port. */
detour *detour_start(int port);
void detour_stop(detour *d); /* NULL is a no-op */

int detour_port(const detour *d);
/* Returns when not another byte comes through. */
void detour_swallow(detour *d);
/* Connections that came since are relayed, if they still wait; those that it
 * held when it swallowed them stay silent. */
void detour_restore(detour *d);

#endif
