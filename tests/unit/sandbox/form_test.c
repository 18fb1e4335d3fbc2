/* The form parser, fed in every way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "multipart.h"
#include "text.h"

#define WINDOW 32768

/* A body that is handed out `step` bytes at a time, and what became of it. */
typedef struct feed {
    const char *body;
    size_t left, step;
    int stop_at; /* callbacks until one says stop; 0: never */
    sb_text seen;
} feed;

static bool goes_on(feed *f)
{
    return f->stop_at == 0 || --f->stop_at > 0;
}

static ssize_t feed_read(void *self, char *bytes, size_t capacity)
{
    feed *f = self;
    size_t n = f->left < f->step ? f->left : f->step;

    n = n < capacity ? n : capacity;
    memcpy(bytes, f->body, n);
    f->body += n;
    f->left -= n;
    return (ssize_t)n;
}

static bool feed_begin(void *self, const sb_part *part)
{
    feed *f = self;

    sb_text_printf(&f->seen, "<%s|%s|%s>", part->name,
                   part->filename ? part->filename : "-",
                   part->content_type ? part->content_type : "-");
    return goes_on(f);
}

static bool feed_data(void *self, char *bytes, size_t length)
{
    feed *f = self;

    sb_text_add(&f->seen, bytes, length);
    return goes_on(f);
}

static bool feed_end(void *self)
{
    feed *f = self;

    sb_text_put(&f->seen, "</>");
    return goes_on(f);
}

static const sb_form_ops ops = {feed_read, feed_begin, feed_data, feed_end};

static sb_form_result run(feed *f)
{
    char *window = malloc(WINDOW);
    sb_form_result result = sb_form_parse(&ops, f, "B", window, WINDOW);

    sb_text_put(&f->seen, "");
    free(window);
    return result;
}

#define PART(head, data) "--B\r\n" head "\r\n\r\n" data "\r\n"
#define NAMED(name) "Content-Disposition: form-data; name=\"" name "\""

static const struct {
    const char *body;
    sb_form_result result;
    const char *seen;
} rows[] = {
    {PART(NAMED("a"), "1") "--B--", SB_FORM_OK, "<a|-|->1</>"},
    {PART(NAMED("a"), "1") "--B--\r\nepilogue\r\n--B\r\n", SB_FORM_OK,
     "<a|-|->1</>"},
    {"preamble\r\n" PART(NAMED("a"), "1") PART(NAMED("b"), "") "--B--\r\n",
     SB_FORM_OK, "<a|-|->1</><b|-|-></>"},
    {"--B--", SB_FORM_OK, ""},
    {"--B \t\r\n" NAMED("a") "\r\n\r\nx\r\n--B--", SB_FORM_OK, "<a|-|->x</>"},
    {PART(NAMED("f") "; filename=\"x y.bin\"\r\nContent-Type:  a/b",
          "\r\n--\r\n-B\r\r\n") "--B--",
     SB_FORM_OK, "<f|x y.bin|a/b>\r\n--\r\n-B\r\r\n</>"},
    {PART("content-disposition: form-data; filename=f; name=n", "1") "--B--",
     SB_FORM_OK, "<n|f|->1</>"},
    {PART(NAMED("f") "; filename=\"a\\\"b\\\\c;d\\e\"", "1") "--B--",
     SB_FORM_OK, "<f|a\"b\\c;d\\e|->1</>"},
    {PART("Content-Disposition: form-data; x; name=\"n;filename=z\"; "
          "filename=\"\"",
          "1") "--B--",
     SB_FORM_OK, "<n;filename=z||->1</>"},
    {"--B\r\n\r\n1\r\n--B--", SB_FORM_OK, "<|-|->1</>"},
    {PART("X-Other: 1", "1") "--B--", SB_FORM_OK, "<|-|->1</>"},
    {"", SB_FORM_BAD, ""},
    {"--B", SB_FORM_BAD, ""},
    {"no delimiter at all", SB_FORM_BAD, ""},
    {PART(NAMED("a"), "1") "--B", SB_FORM_BAD, "<a|-|->1</>"},
    {PART(NAMED("a"), "1"), SB_FORM_BAD, NULL},
    {"--Bx\r\n\r\n1\r\n--B--", SB_FORM_BAD, ""},
    {"--B\r\n" NAMED("a"), SB_FORM_BAD, ""},
};

#define N_ROWS (int)(sizeof(rows) / sizeof(*rows))

START_TEST(reads_whatever_the_pieces)
{
    size_t length = strlen(rows[_i].body);

    for (size_t step = 1; step <= length + 1; step++) {
        feed f = {.body = rows[_i].body, .left = length, .step = step};

        ck_assert_int_eq(run(&f), rows[_i].result);
        ck_assert(f.left == 0 || rows[_i].result != SB_FORM_OK);
        if (rows[_i].seen) {
            ck_assert_str_eq(f.seen.data, rows[_i].seen);
        }
        sb_text_fini(&f.seen);
    }
}
END_TEST

START_TEST(stops_when_told)
{
    const char *body = PART(NAMED("a"), "1") "--B--";

    for (int at = 1; at <= 3; at++) {
        feed f = {
            .body = body, .left = strlen(body), .step = 1000, .stop_at = at};

        ck_assert_int_eq(run(&f), SB_FORM_STOPPED);
        sb_text_fini(&f.seen);
    }
}
END_TEST

/* Data many times the window, full of what looks like a delimiter. */
START_TEST(passes_on_what_is_larger_than_the_window)
{
    static const char begin[] = PART(NAMED("a"), "");
    size_t n_begin = sizeof(begin) - 3; /* without CR LF */
    size_t n_data = 10 * WINDOW + 123;
    char *body = malloc(n_begin + n_data + 10);
    feed f = {.body = body, .left = n_begin + n_data + 7, .step = 100000};

    memcpy(body, begin, n_begin);
    for (size_t i = 0; i < n_data; i++) {
        body[n_begin + i] = "\r\n--\r\n-"[i % 7];
    }
    memcpy(body + n_begin + n_data, "\r\n--B--", 8);
    ck_assert_int_eq(run(&f), SB_FORM_OK);
    ck_assert_uint_eq(f.seen.length, strlen("<a|-|-></>") + n_data);
    ck_assert_mem_eq(f.seen.data + 7, body + n_begin, n_data);
    sb_text_fini(&f.seen);
    free(body);
}
END_TEST

START_TEST(bounds_the_head_of_a_part)
{
    size_t n = 40000;
    char *body = malloc(n);
    feed f = {.body = body, .left = n, .step = 100000};

    memset(body, 'x', n);
    memcpy(body, "--B\r\n", 5);
    ck_assert_int_eq(run(&f), SB_FORM_BAD);
    sb_text_fini(&f.seen);
    free(body);
}
END_TEST

START_TEST(finds_the_boundary)
{
    static const struct {
        const char *type, *boundary;
    } types[] = {
        {"multipart/form-data; boundary=abc", "abc"},
        {"Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"; x=y", "a b"},
        {"multipart/form-data; boundary=abc ; x", "abc"},
        {"multipart/form-data", NULL},
        {"multipart/form-data; boundary=", NULL},
        {"multipart/form-data; boundary=\"abc", NULL},
        {"multipart/mixed; boundary=abc", NULL},
        {"multipart/form-data; boundary=0123456789012345678901234567890123456"
         "789012345678901234567890123456789x",
         NULL},
        {"text/plain", NULL},
        {NULL, NULL},
    };
    char boundary[SB_BOUNDARY_MAX + 1];

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        ck_assert_int_eq(sb_form_boundary(types[i].type, boundary),
                         types[i].boundary != NULL);
        if (types[i].boundary) {
            ck_assert_str_eq(boundary, types[i].boundary);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sandbox form");
    TCase *tcase = tcase_create("form");
    SRunner *runner = srunner_create(suite);
    int failures;

    tcase_add_loop_test(tcase, reads_whatever_the_pieces, 0, N_ROWS);
    tcase_add_test(tcase, stops_when_told);
    tcase_add_test(tcase, passes_on_what_is_larger_than_the_window);
    tcase_add_test(tcase, bounds_the_head_of_a_part);
    tcase_add_test(tcase, finds_the_boundary);
    suite_add_tcase(suite, tcase);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
