/*
 * A part of a test that runs in a child after fork().
 *
 * The child has none of the parent's threads, so what those alone pointed to
 * is lost there: a leak checker at its end complains of what is none. Under
 * valgrind the child ends without that check; what valgrind finds while it
 * runs still counts, and so does what the parent leaks.
 */
#ifndef TESTS_FORKED_H
#define TESTS_FORKED_H

/*
 * Runs the function in a child, waits for it (30 s at most, then the child is
 * killed) and returns its verdict, 0 to 63. Negative: the child did not end by
 * itself, or not well, which is said on standard error.
 *
 * The function must not use ck_assert: where Check does not fork, a failure
 * would go on with the parent's tests, in the child.
 */
int forked(int (*function)(void *argument), void *argument);

#endif
