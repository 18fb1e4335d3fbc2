/*
 * Tests of bulk: limits that are only reached by megabytes, and time that must
 * not grow with the square. Valgrind takes minutes for them and finds nothing
 * in the last hundred thousand turns of a loop that it did not in the first;
 * the address sanitizer runs them in full.
 */
#ifndef TESTS_BULK_H
#define TESTS_BULK_H

#include <stdbool.h>

bool is_bulk_too_slow(void); /* under valgrind: leave it out */

#endif
