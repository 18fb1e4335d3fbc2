/* The growing buffer: what it holds, its cap, its sticky error. */
#include "suite.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

START_TEST(pieces_add_up)
{
    se__buf buf = SE__BUF_INIT;

    ck_assert(se__buf_puts(&buf, "ab"));
    ck_assert(se__buf_putc(&buf, 'c'));
    ck_assert(se__buf_append(&buf, "d\0e", 3));
    ck_assert(se__buf_printf(&buf, "%s-%d", "f", 42));
    ck_assert_uint_eq(buf.length, 10);
    ck_assert_mem_eq(buf.data, "abcd\0ef-42", 11);
    ck_assert(!buf.failed);
    se__buf_fini(&buf);
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.length, 0);
}
END_TEST

START_TEST(growth_keeps_all)
{
    se__buf buf = SE__BUF_INIT;

    for (int i = 0; i < 20000; i++) {
        ck_assert(se__buf_printf(&buf, "%05d", i));
    }
    ck_assert_uint_eq(buf.length, 100000);
    for (int i = 0; i < 20000; i += 999) {
        char expected[16];

        snprintf(expected, sizeof(expected), "%05d", i);
        ck_assert_mem_eq(buf.data + 5 * i, expected, 5);
    }
    ck_assert_uint_lt(buf.capacity, 4 * buf.length);
    se__buf_fini(&buf);
}
END_TEST

/* printf must also get it right when the text just fits what is there. */
START_TEST(printf_of_every_length)
{
    se__buf buf = SE__BUF_INIT;
    char text[300];

    memset(text, 'x', sizeof(text));
    ck_assert(se__buf_printf(&buf, "%.*s", _i, text));
    ck_assert(se__buf_printf(&buf, "%s", "|"));
    ck_assert_uint_eq(buf.length, (size_t)_i + 1);
    ck_assert_mem_eq(buf.data, text, (size_t)_i);
    ck_assert_str_eq(buf.data + _i, "|");
    se__buf_fini(&buf);
}
END_TEST

START_TEST(nothing_appended_is_still_text)
{
    se__buf buf = SE__BUF_INIT;

    ck_assert(se__buf_append(&buf, NULL, 0));
    ck_assert_str_eq(buf.data, "");
    ck_assert(se__buf_puts(&buf, ""));
    ck_assert(se__buf_printf(&buf, "%s", ""));
    ck_assert_uint_eq(buf.length, 0);
    se__buf_fini(&buf);
}
END_TEST

START_TEST(cap_is_exact)
{
    se__buf buf;

    se__buf_init(&buf, 200);
    for (int i = 0; i < 200; i++) {
        ck_assert(se__buf_putc(&buf, 'x'));
    }
    ck_assert(se__buf_append(&buf, "", 0));
    ck_assert(!se__buf_putc(&buf, 'x'));
    ck_assert(buf.failed);
    ck_assert_uint_eq(buf.length, 200);
    se__buf_fini(&buf);
    ck_assert_uint_eq(buf.max, 200);
}
END_TEST

/* Each way to go over the cap fails, and from then on everything does. */
static bool over_by_append(se__buf *buf)
{
    return se__buf_append(buf, "123456", 6);
}

static bool over_by_printf(se__buf *buf)
{
    return se__buf_printf(buf, "%06d", 1);
}

static bool over_by_overflow(se__buf *buf)
{
    return se__buf_append(buf, "x", SIZE_MAX);
}

static bool over_by_terminator(se__buf *buf)
{
    return se__buf_append(buf, "x", SIZE_MAX - 1);
}

static const struct {
    size_t max;
    bool (*over)(se__buf *buf);
} overs[] = {
    {6, over_by_append},   {6, over_by_printf},     {6, over_by_overflow},
    {0, over_by_overflow}, {0, over_by_terminator},
};

START_TEST(errors_stick)
{
    se__buf buf;

    se__buf_init(&buf, overs[_i].max);
    ck_assert(se__buf_putc(&buf, 'a'));
    ck_assert(!overs[_i].over(&buf));
    ck_assert(buf.failed);
    ck_assert(!se__buf_putc(&buf, 'b'));
    ck_assert(!se__buf_printf(&buf, "b"));
    ck_assert_str_eq(buf.data, "a");

    se__buf_reset(&buf);
    ck_assert(!buf.failed);
    ck_assert_str_eq(buf.data, "");
    ck_assert(se__buf_puts(&buf, "again"));
    ck_assert_str_eq(buf.data, "again");
    se__buf_fini(&buf);
}
END_TEST

START_TEST(reset_keeps_memory)
{
    se__buf buf = SE__BUF_INIT;
    const char *data;

    ck_assert(se__buf_puts(&buf, "text"));
    data = buf.data;
    se__buf_reset(&buf);
    ck_assert_ptr_eq(buf.data, data);
    se__buf_fini(&buf);
    se__buf_reset(&buf);
    ck_assert_ptr_null(buf.data);
}
END_TEST

START_TEST(take_gives_the_text_away)
{
    se__buf buf = SE__BUF_INIT;
    char *text;

    ck_assert(se__buf_puts(&buf, "mine"));
    text = se__buf_take(&buf);
    ck_assert_str_eq(text, "mine");
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.length, 0);
    ck_assert_uint_eq(buf.capacity, 0);
    free(text);

    text = se__buf_take(&buf);
    ck_assert_str_eq(text, "");
    free(text);
}
END_TEST

START_TEST(take_of_a_failed_one_is_null)
{
    se__buf buf;

    se__buf_init(&buf, 3);
    ck_assert(se__buf_puts(&buf, "abc"));
    ck_assert(!se__buf_putc(&buf, 'd'));
    ck_assert_ptr_null(se__buf_take(&buf));
    ck_assert_ptr_null(buf.data);
    ck_assert(se__buf_puts(&buf, "abc"));
    ck_assert(!se__buf_putc(&buf, 'd'));
    se__buf_fini(&buf);
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {pieces_add_up, 1},
        {growth_keeps_all, 1},
        {printf_of_every_length, 300},
        {nothing_appended_is_still_text, 1},
        {cap_is_exact, 1},
        {errors_stick, SE__COUNT(overs)},
        {reset_keeps_memory, 1},
        {take_gives_the_text_away, 1},
        {take_of_a_failed_one_is_null, 1},
    };

    return run_suite("buf", rows, SE__COUNT(rows));
}
