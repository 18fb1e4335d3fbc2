/* Allocations: zeroed, checked, replaced. */
#include "suite.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

START_TEST(zalloc_is_zeroed)
{
    static const char zero[4096];
    char *dirty = malloc(sizeof(zero));
    char *memory;

    ck_assert_ptr_nonnull(dirty);
    memset(dirty, 'x', sizeof(zero));
    free(dirty);
    memory = se__zalloc(sizeof(zero));
    ck_assert_mem_eq(memory, zero, sizeof(zero));
    free(memory);
    memory = se__zalloc(0);
    ck_assert_ptr_nonnull(memory);
    free(memory);
}
END_TEST

START_TEST(zalloc_array_does_not_overflow)
{
    /* Not known to the compiler, which would warn of the product. */
    size_t many = SIZE_MAX / 2 + (size_t)_i + 1;
    int *items = se__zalloc_array(3, sizeof(*items));

    ck_assert_ptr_nonnull(items);
    ck_assert_int_eq(items[0] | items[1] | items[2], 0);
    free(items);
    ck_assert_ptr_null(se__zalloc_array(many, 2));
    ck_assert_ptr_null(se__zalloc_array(2, many));
    items = se__zalloc_array(0, sizeof(*items));
    ck_assert_ptr_nonnull(items);
    free(items);
}
END_TEST

START_TEST(copies_are_exact)
{
    static const char bytes[] = {'a', 0, 'b', 0x7f};
    char *copy = se__dup(bytes, sizeof(bytes));

    ck_assert_mem_eq(copy, bytes, sizeof(bytes));
    free(copy);
    copy = se__dup(NULL, 0);
    ck_assert_ptr_nonnull(copy);
    free(copy);
    copy = se__strndup("abcdef", 3);
    ck_assert_str_eq(copy, "abc");
    free(copy);
    copy = se__strndup(bytes, sizeof(bytes));
    ck_assert_mem_eq(copy, "a\0b\x7f", 5);
    free(copy);
    copy = se__strdup("text");
    ck_assert_str_eq(copy, "text");
    free(copy);
    ck_assert_ptr_null(se__strdup(NULL));
}
END_TEST

START_TEST(str_set_replaces)
{
    char *owned = NULL;

    ck_assert(se__str_set(&owned, "first"));
    ck_assert_str_eq(owned, "first");
    ck_assert(se__str_set(&owned, owned + 2));
    ck_assert_str_eq(owned, "rst");
    ck_assert(se__str_set(&owned, NULL));
    ck_assert_ptr_null(owned);
    ck_assert(se__str_set(&owned, NULL));
}
END_TEST

START_TEST(secret_free_takes_null)
{
    se__secret_free(NULL);
    se__secret_free(se__strdup("password"));
}
END_TEST

typedef struct outer {
    int before;
    short member;
} outer;

START_TEST(container_is_found)
{
    outer o;

    ck_assert_ptr_eq(SE__CONTAINER(&o.member, outer, member), &o);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {zalloc_is_zeroed, 1},       {zalloc_array_does_not_overflow, 2},
        {copies_are_exact, 1},       {str_set_replaces, 1},
        {secret_free_takes_null, 1}, {container_is_found, 1},
    };

    return run_suite("mem", rows, SE__COUNT(rows));
}
