/* UUIDs and random numbers. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/thread.h"
#include "base/uuid.h"
#include "forked.h"

#define MANY 2000

static int by_text(const void *a, const void *b)
{
    return memcmp(a, b, SE__UUID_SIZE);
}

START_TEST(made_ones_are_valid_and_differ)
{
    static char made[MANY][SE__UUID_SIZE];
    static const char variants[] = "89ab";
    bool seen[4] = {false};

    for (size_t i = 0; i < MANY; i++) {
        const char *variant;

        ck_assert_int_eq(se__uuid_make(made[i], NULL), SE_OK);
        ck_assert(se__uuid_valid(made[i]));
        ck_assert_uint_eq(strspn(made[i], "0123456789abcdef-"), 36);
        ck_assert_int_eq(made[i][14], '4');
        variant = strchr(variants, made[i][19]);
        ck_assert_ptr_nonnull(variant);
        seen[variant - variants] = true;
    }
    ck_assert(seen[0] && seen[1] && seen[2] && seen[3]);
    qsort(made, MANY, SE__UUID_SIZE, by_text);
    for (size_t i = 1; i < MANY; i++) {
        ck_assert_str_ne(made[i - 1], made[i]);
    }
}
END_TEST

static const struct {
    const char *text;
    bool valid;
} texts[] = {
    {"00000000-0000-0000-0000-000000000000", true},
    {"01234567-89ab-cdef-ABCD-EF0123456789", true},
    {"01234567-89ab-cdef-ABCD-EF012345678", false},
    {"01234567-89ab-cdef-ABCD-EF01234567890", false},
    {"01234567089ab-cdef-ABCD-EF0123456789", false},
    {"01234567-89ab-cdef-ABCD-EF012345678g", false},
    {"{1234567-89ab-cdef-ABCD-EF012345678}", false},
    {"0123456-789ab-cdef-ABCD-EF0123456789", false},
    {"0123456789abcdefABCDEF0123456789", false},
    {"01234567-89ab-cdef-ABCD-EF0123456789\n", false},
    {"-", false},
    {"", false},
};

START_TEST(validity)
{
    char *text = se__strdup(texts[_i].text);

    ck_assert_int_eq(se__uuid_valid(text), texts[_i].valid);
    free(text);
}
END_TEST

START_TEST(numbers_are_spread)
{
    int ones[64] = {0};

    for (int i = 0; i < MANY; i++) {
        uint64_t drawn = se__random();

        for (int bit = 0; bit < 64; bit++) {
            ones[bit] += (int)(drawn >> bit & 1);
        }
    }
    /* More than ten standard deviations away would be no accident. */
    for (int bit = 0; bit < 64; bit++) {
        ck_assert_int_gt(ones[bit], MANY / 2 - 250);
        ck_assert_int_lt(ones[bit], MANY / 2 + 250);
    }
}
END_TEST

static void draw(void *out)
{
    *(uint64_t *)out = se__random();
}

START_TEST(threads_draw_apart)
{
    enum {
        THREADS = 4
    };
    se__thread threads[THREADS] = {{0}};
    uint64_t drawn[THREADS];

    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(
            se__thread_start(&threads[i], "draw", draw, &drawn[i], NULL),
            SE_OK);
    }
    for (int i = 0; i < THREADS; i++) {
        se__thread_join(&threads[i]);
        for (int k = 0; k < i; k++) {
            ck_assert_uint_ne(drawn[k], drawn[i]);
        }
    }
}
END_TEST

static int draw_in_child(void *pipe_end)
{
    uint64_t theirs = se__random();

    return write(*(int *)pipe_end, &theirs, sizeof(theirs)) != sizeof(theirs);
}

START_TEST(processes_draw_apart)
{
    uint64_t ours;
    uint64_t theirs = 0;
    int fds[2];

    se__random(); /* seeded before the fork */
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(forked(draw_in_child, &fds[1]), 0);
    ours = se__random();
    ck_assert_int_eq(read(fds[0], &theirs, sizeof(theirs)), sizeof(theirs));
    ck_assert_uint_ne(ours, theirs);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {made_ones_are_valid_and_differ, 1},
        {validity, SE__COUNT(texts)},
        {numbers_are_spread, 1},
        {threads_draw_apart, 1},
        {processes_draw_apart, 1},
    };

    return run_suite("uuid", rows, SE__COUNT(rows));
}
