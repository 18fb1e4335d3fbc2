/* The failing allocator counts each allocation once and fails the right one. */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/thread.h"
#include "failnth.h"

/* The compiler must not see that nothing is done with it. */
static void *hide(void *memory)
{
    __asm__("" : "+r"(memory));
    return memory;
}

static bool use_malloc(void)
{
    void *memory = hide(malloc(3));

    free(memory);
    return memory != NULL;
}

static bool use_calloc(void)
{
    void *memory = hide(calloc(3, 3));

    free(memory);
    return memory != NULL;
}

static bool use_realloc_of_nothing(void)
{
    void *memory = hide(realloc(NULL, 3));

    free(memory);
    return memory != NULL;
}

static bool use_reallocarray(void)
{
    void *memory = hide(reallocarray(NULL, 3, 3));

    free(memory);
    return memory != NULL;
}

static bool use_strdup(void)
{
    char *copy = hide(strdup("text"));

    free(copy);
    return copy != NULL;
}

static bool use_strndup(void)
{
    char *copy = hide(strndup("text", 2));

    free(copy);
    return copy != NULL;
}

static bool use_aligned_alloc(void)
{
    void *memory = hide(aligned_alloc(64, 64));

    free(memory);
    return memory != NULL;
}

static bool use_posix_memalign(void)
{
    void *memory = NULL;
    int rc = posix_memalign(&memory, 64, 64);

    free(hide(memory));
    return rc == 0;
}

static const struct {
    const char *name;
    bool (*use)(void);
} functions[] = {
    {"malloc", use_malloc},
    {"calloc", use_calloc},
    {"realloc", use_realloc_of_nothing},
    {"reallocarray", use_reallocarray},
    {"strdup", use_strdup},
    {"strndup", use_strndup},
    {"aligned_alloc", use_aligned_alloc},
    {"posix_memalign", use_posix_memalign},
};

START_TEST(each_is_counted_once_and_fails)
{
    long live = failnth_live();
    unsigned long counted;
    bool good;

    failnth_arm_at(0, false);
    good = functions[_i].use();
    counted = failnth_disarm();
    ck_assert_msg(good && counted == 1, "%s: %lu", functions[_i].name, counted);

    failnth_arm_at(1, false);
    good = functions[_i].use();
    failnth_disarm();
    ck_assert_msg(!good, "%s did not fail", functions[_i].name);
    ck_assert_int_eq(failnth_live(), live);
}
END_TEST

/* A bit for each of six allocations that failed. */
static unsigned six(void)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < 6; i++) {
        failed |= use_malloc() ? 0 : 1U << i;
    }
    return failed;
}

static const struct {
    unsigned long nth;
    bool sticky;
    unsigned failed;
} patterns[] = {
    {0, false, 0}, {0, true, 0},  {1, false, 1}, {3, false, 4}, {6, false, 32},
    {7, false, 0}, {1, true, 63}, {3, true, 60}, {6, true, 32}, {7, true, 0},
};

START_TEST(right_one_fails)
{
    unsigned failed;
    unsigned long counted;

    failnth_arm_at(patterns[_i].nth, patterns[_i].sticky);
    failed = six();
    counted = failnth_disarm();
    ck_assert_uint_eq(failed, patterns[_i].failed);
    ck_assert_uint_eq(counted, 6);
    ck_assert_uint_eq(six(), 0); /* disarmed */
}
END_TEST

START_TEST(arm_goes_on_counting)
{
    unsigned failed;

    failnth_arm_at(8, false);
    six();
    failnth_disarm();
    six();
    failnth_arm();
    failed = six();
    ck_assert_uint_eq(failnth_disarm(), 12);
    ck_assert_uint_eq(failed, 2);
}
END_TEST

START_TEST(failure_sets_errno_and_keeps_the_old_block)
{
    char *memory = strdup("kept");
    char *old = hide(memory);
    char *grown;
    int seen;

    errno = 0;
    failnth_arm_at(1, false);
    grown = hide(realloc(memory, 4096));
    seen = errno;
    failnth_disarm();
    ck_assert_ptr_null(grown);
    ck_assert_int_eq(seen, ENOMEM);
    ck_assert_str_eq(old, "kept");
    free(old);
}
END_TEST

START_TEST(live_blocks_are_known)
{
    long live = failnth_live();
    char *memory = hide(malloc(1));

    ck_assert_int_eq(failnth_live(), live + 1);
    memory = hide(realloc(memory, 1000));
    ck_assert_int_eq(failnth_live(), live + 1);
    free(memory);
    ck_assert_int_eq(failnth_live(), live);
    free(NULL);
    ck_assert_int_eq(failnth_live(), live);
}
END_TEST

static void set(void *done)
{
    *(bool *)done = true;
}

START_TEST(start_of_a_thread_fails_too)
{
    se__thread thread = {.started = false};
    long live = failnth_live();
    se_error err = SE_ERROR_INIT;
    bool done = false;
    se_err rc;

    failnth_arm_at(2, false); /* the first: what the thread is told */
    rc = se__thread_start(&thread, "never", set, &done, &err);
    failnth_disarm();
    ck_assert_int_eq(rc, SE_E_SYSTEM);
    ck_assert_int_eq(err.os_errno, EAGAIN);
    ck_assert(!thread.started);
    se__thread_join(&thread);
    ck_assert(!done);
    ck_assert_int_eq(failnth_live(), live);
}
END_TEST

static void allocate_often(void *failed)
{
    for (int i = 0; i < 1000; i++) {
        *(int *)failed += !use_malloc();
    }
}

START_TEST(threads_count_together)
{
    se__thread threads[4] = {{0}};
    int failed[4] = {0};
    unsigned long counted;

    failnth_arm_at(2500, false);
    for (int i = 0; i < 4; i++) {
        se__thread_start(&threads[i], "allocate", allocate_often, &failed[i],
                         NULL);
    }
    for (int i = 0; i < 4; i++) {
        se__thread_join(&threads[i]);
    }
    counted = failnth_disarm();
    ck_assert_uint_ge(counted, 4000);
    ck_assert_int_le(failed[0] + failed[1] + failed[2] + failed[3], 1);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {each_is_counted_once_and_fails, SE__COUNT(functions)},
        {right_one_fails, SE__COUNT(patterns)},
        {arm_goes_on_counting, 1},
        {failure_sets_errno_and_keeps_the_old_block, 1},
        {live_blocks_are_known, 1},
        {start_of_a_thread_fails_too, 1},
        {threads_count_together, 1},
    };

    if (!failnth_works()) {
        puts("a sanitizer stands in front of it");
        return 77;
    }
    return run_suite("failnth", rows, SE__COUNT(rows));
}
