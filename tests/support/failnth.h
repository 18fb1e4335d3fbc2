/*
 * Making allocations fail, one by one.
 *
 * Programs linked with `failnth` (artstore_torture() in CMake) allocate through
 * it. While armed it counts malloc, calloc, realloc and their relatives, in all
 * threads, also those inside libc and other libraries, and each start of a
 * thread as one (it fails with EAGAIN); number FAIL_NTH fails, with
 * FAIL_STICKY=1 all after it as well. tests/torture/run.sh runs a program once
 * for every number. From the environment:
 *
 *     FAIL_NTH=i       which one fails, from 1 on; 0 or unset: none
 *     FAIL_STICKY=1    and all after it
 *     FAIL_ARM=1       armed from the start; else by failnth_arm()
 *     FAIL_REPORT=file where to write, at exit, how many were counted
 *
 * An in-process loop needs no driver; `live` shows what a failure leaked:
 *
 *     for (unsigned long i = 1;; i++) {
 *         failnth_arm_at(i, false);
 *         ... what is to be tested; no ck_assert() here, it allocates ...
 *         if (failnth_disarm() < i) {
 *             break;
 *         }
 *     }
 */
#ifndef TESTS_FAILNTH_H
#define TESTS_FAILNTH_H

#include <stdbool.h>

/* Go on counting; what the environment says fails. */
void failnth_arm(void);
/* Count from 0; number nth (from 1 on; 0: none) fails. */
void failnth_arm_at(unsigned long nth, bool sticky);
/* Count no more; returns how many were counted, the failed ones too. */
unsigned long failnth_disarm(void);
/* Blocks allocated and not yet freed, counted always. */
long failnth_live(void);
/* False if a sanitizer keeps the allocations from being seen. */
bool failnth_works(void);

#endif
