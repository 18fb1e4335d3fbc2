/*
 * The threads of the library in this process: those named "se-...".
 */
#ifndef TESTS_THREADS_H
#define TESTS_THREADS_H

#include <stdbool.h>

int threads_count(void);
/* Until there are so many; one that was joined may be listed a moment longer.
 * False: not within 10 s. */
bool threads_become(int n);

#endif
