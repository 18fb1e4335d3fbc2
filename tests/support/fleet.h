/*
 * Lists of storage elements for tests, written in one line.
 */
#ifndef TESTS_FLEET_H
#define TESTS_FLEET_H

#include <stddef.h>

#include <artstore/topology.h>

/*
 * "se-01 edit 100 http://a; se-02 rw 5 http://b off": id, mode, priority, URL,
 * and "off" for an element that is not available; "cap=1000/10" states size and
 * bytes in use. "" is a list without elements. Ends the test if it is nonsense.
 */
se_topology *fleet(const char *line);

/* The line of a list, elements in its order: what fleet() reads. */
void fleet_line(const se_topology *topology, char *out, size_t size);

/*
 * n elements "se-0000" ...: mode edit, URL http://h<generation>/<i>, priority
 * generation + i, so that a reader can tell whether they belong together.
 */
se_topology *fleet_of(size_t n, int generation);

#endif
