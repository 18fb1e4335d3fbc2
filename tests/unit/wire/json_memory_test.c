/*
 * What reading JSON costs on hostile input: memory and time are bounded, and
 * when memory runs out it says so and leaks nothing.
 *
 * The linker replaces the allocations of the library (--wrap) by those below.
 */
#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "base/mem.h"
#include "bulk.h"
#include "wire/json.h"
#include "wire/json_keys.h"

static size_t allocated;     /* bytes asked for */
static long held, most_held; /* bytes in use, and at most */
static long fail_at = -1;    /* the allocation that fails; -1: none */
static long allocations_begun;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *data);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *data);

static bool may_allocate(size_t size)
{
    allocated += size;
    return allocations_begun++ != fail_at;
}

static void *hold(void *data)
{
    held += (long)malloc_usable_size(data);
    most_held = held > most_held ? held : most_held;
    return data;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate(size) ? hold(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return may_allocate(n * size) ? hold(__real_calloc(n, size)) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    if (!may_allocate(size)) {
        return NULL;
    }
    held -= (long)malloc_usable_size(old);
    return hold(__real_realloc(old, size));
}

void __wrap_free(void *data)
{
    held -= (long)malloc_usable_size(data);
    __real_free(data);
}

/* From here on it counts; Check allocates as well, so end it before asserts. */
static void begin(long fail)
{
    allocated = 0;
    held = 0;
    most_held = 0;
    allocations_begun = 0;
    fail_at = fail;
}

/* The bytes asked for since begin(). */
static size_t end(void)
{
    fail_at = -1;
    return allocated;
}

static void hook_cjson(void)
{
    cJSON_Hooks hooks = {__wrap_malloc, __wrap_free};

    cJSON_InitHooks(&hooks);
}

static char *filled(size_t length, const char *pattern)
{
    char *text = __real_malloc(length + 1);
    size_t size = strlen(pattern);

    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < length; i++) {
        text[i] = pattern[i % size];
    }
    text[length] = '\0';
    return text;
}

static const struct {
    size_t length;
    const char *pattern;
    const char *message;
} floods[] = {
    {64 << 20, "[", "a document of 67108864 bytes is larger than 8388608"},
    {64 << 20,
     "{\"a\":", "a document of 67108864 bytes is larger than 8388608"},
    {8 << 20, "[", "more than 16 levels at byte 17"},
    {8 << 20, "{\"a\":", "more than 16 levels at byte 81"},
    {8 << 20, " ", "the document is empty"},
    {8 << 20, "\"", "text after the document at byte 3"},
    {8 << 20, "9", "number of more than 63 bytes at byte 1"},
};

START_TEST(refuses_floods_without_allocating)
{
    char *text = filled(floods[_i].length, floods[_i].pattern);
    se__json *json = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc;

    hook_cjson();
    begin(-1);
    rc = se__json_parse(text, floods[_i].length, &se__json_document_limits,
                        &json, &err);
    ck_assert_uint_eq(end(), 0);
    ck_assert_int_ne(rc, SE_OK);
    ck_assert_str_eq(err.message, floods[_i].message);
    free(text);
}
END_TEST

/* A list of values is refused before the tree of it is made. */
START_TEST(refuses_too_many_values_without_allocating)
{
    char *text = filled(8 << 20, "1,");
    se__json *json = NULL;
    se_error err = SE_ERROR_INIT;
    se_err rc;

    text[0] = '[';
    text[1] = ' ';
    hook_cjson();
    begin(-1);
    rc = se__json_parse(text, strlen(text), &se__json_document_limits, &json,
                        &err);
    ck_assert_uint_eq(end(), 0);
    ck_assert_int_eq(rc, SE_E_LIMIT);
    ck_assert_str_eq(err.message, "more than 400000 values at byte 800001");
    free(text);
}
END_TEST

/* {"k000000":0,"k000001":0, ...; the last repeats the key `again`, if any. */
static char *object_of(size_t keys, long again)
{
    se__buf buf = SE__BUF_INIT;

    se__buf_putc(&buf, '{');
    for (size_t i = 0; i < keys; i++) {
        bool last = i + 1 == keys;

        se__buf_printf(&buf, "\"k%06zu\":0%s",
                       last && again >= 0 ? (size_t)again : i,
                       last ? "}" : ",");
    }
    return se__buf_take(&buf);
}

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

START_TEST(finds_duplicates_among_many)
{
    static const struct {
        size_t keys;
        long again;
    } rows[] = {{2, 0},    {32, 30},     {33, 0},         {33, 31},
                {34, -1},  {65, 64},     {66, 20},        {1000, 500},
                {5000, 1}, {100000, -1}, {100000, 99998}, {100000, 0}};

    for (size_t i = 0; i < SE__COUNT(rows); i++) {
        if (rows[i].keys > 5000 && is_bulk_too_slow()) {
            continue;
        }
        char *text = object_of(rows[i].keys, rows[i].again);
        bool repeats =
            rows[i].again >= 0 && rows[i].again + 1 != (long)rows[i].keys;
        se__json *json = NULL;
        se_error err = SE_ERROR_INIT;
        char message[80];

        snprintf(message, sizeof(message),
                 "duplicate key \"k%06ld\" at byte %zu", rows[i].again,
                 12 * (rows[i].keys - 1) + 2);
        ck_assert_int_eq(se__json_parse(text, strlen(text),
                                        &se__json_document_limits, &json, &err),
                         repeats ? SE_E_PARSE : SE_OK);
        ck_assert_str_eq(err.message, repeats ? message : "");
        se__json_free(json);
        free(text);
    }
}
END_TEST

/* 16 bytes a key; the table doubles, so at most 64 were asked for. */
START_TEST(keys_cost_little_memory)
{
    char *text = object_of(100000, 0);
    se__json *json = NULL;
    se_err rc;

    hook_cjson();
    begin(-1);
    rc = se__json_parse(text, strlen(text), &se__json_document_limits, &json,
                        NULL);
    ck_assert_uint_le(end(), 100000 * 64);
    ck_assert_int_eq(rc, SE_E_PARSE);
    free(text);
}
END_TEST

static double scan_time(size_t keys)
{
    char *text = object_of(keys, -1);
    double start = seconds();
    se__json *json = NULL;

    ck_assert_int_eq(se__json_parse(text, strlen(text),
                                    &se__json_document_limits, &json, NULL),
                     SE_OK);
    se__json_free(json);
    free(text);
    return seconds() - start;
}

/* All keys made to have one hash; one of them repeats another. */
static double collision_time(size_t count)
{
    char *text = object_of(count, -1);
    size_t twin = 12 * (count / 2) + 2;
    double start = seconds();
    se__json_keys keys;

    se__json_keys_init(&keys);
    for (size_t i = 0; i < count; i++) {
        ck_assert(se__json_keys_push(&keys, 1, text + 2 + 12 * i));
    }
    ck_assert_ptr_null(se__json_keys_pop(&keys, 0));
    for (size_t i = 0; i < count; i++) {
        ck_assert(se__json_keys_push(&keys, 1, text + 2 + 12 * i));
    }
    memcpy(text + twin + 12, text + twin, 7);
    ck_assert_ptr_eq(se__json_keys_pop(&keys, 0), text + twin + 12);
    ck_assert_uint_eq(keys.count, 0);
    se__json_keys_fini(&keys);
    free(text);
    return seconds() - start;
}

/* 16 times as many: 256 times the time if it were quadratic. */
START_TEST(many_keys_take_no_quadratic_time)
{
    size_t scale = is_bulk_too_slow() ? 100 : 1;
    double few = scan_time(20000 / scale);

    ck_assert_double_lt(scan_time(320000 / scale), 100 * (few + 0.001));
}
END_TEST

START_TEST(colliding_keys_take_no_quadratic_time)
{
    size_t scale = is_bulk_too_slow() ? 100 : 1;
    double few = collision_time(10000 / scale);

    ck_assert_double_lt(collision_time(160000 / scale), 100 * (few + 0.001));
}
END_TEST

/* A collision alone is no duplicate, among few as among many. */
START_TEST(collisions_are_told_apart)
{
    static const char *const texts[] = {"a\"", "b\"", "ab\"", "\\u0061b\"",
                                        "b\""};
    se__json_keys keys;

    se__json_keys_init(&keys);
    for (size_t i = 0; i < 3; i++) {
        ck_assert(se__json_keys_push(&keys, 7, texts[i]));
    }
    ck_assert_ptr_null(se__json_keys_pop(&keys, 0));
    for (size_t i = 0; i < 5; i++) {
        ck_assert(se__json_keys_push(&keys, 7, texts[i]));
    }
    ck_assert_ptr_eq(se__json_keys_pop(&keys, 0), texts[3]);
    se__json_keys_fini(&keys);
}
END_TEST

/* However a text is cut into pieces, its hash is the same. */
START_TEST(hashes_do_not_depend_on_pieces)
{
    static const char text[] = "storage_elements and then some more";
    se__json_hash whole = {0};
    se__json_hash other = {0};

    se__json_hash_add(&whole, text, strlen(text));
    for (size_t first = 0; first <= strlen(text); first++) {
        for (size_t second = first; second <= strlen(text); second++) {
            se__json_hash cut = {0};

            se__json_hash_add(&cut, text, first);
            se__json_hash_add(&cut, text + first, second - first);
            se__json_hash_add(&cut, text + second, strlen(text) - second);
            ck_assert(se__json_hash_finish(&cut) ==
                      se__json_hash_finish(&whole));
        }
    }
    se__json_hash_add(&other, text, strlen(text) - 1);
    ck_assert(se__json_hash_finish(&other) != se__json_hash_finish(&whole));
}
END_TEST

static se_err count_element(void *user, const se__json_value *element,
                            se_error *err)
{
    (void)err;
    *(size_t *)user += element != NULL;
    return SE_OK;
}

/* The elements of a big list are never in memory at once. */
START_TEST(streaming_needs_memory_for_one_element)
{
    size_t elements = 40000;
    se__buf buf = SE__BUF_INIT;
    se__json *json = NULL;
    size_t count = 0;
    const se__json_list list = {"list", NULL, 0, count_element, &count};
    size_t used;
    long most, left;
    se_err rc;

    se__buf_puts(&buf, "{\"list\":[");
    for (size_t i = 0; i < elements; i++) {
        se__buf_puts(&buf, i ? ",{\"a\":1}" : "{\"a\":1}");
    }
    se__buf_puts(&buf, "],\"v\":1}");
    hook_cjson();
    begin(-1);
    rc = se__json_parse_list(buf.data, buf.length, &se__json_document_limits,
                             &list, &json, NULL);
    used = end();
    most = most_held;
    se__json_free(json);
    left = held;
    ck_assert_int_eq(rc, SE_OK);
    ck_assert_uint_eq(count, elements);
    ck_assert_uint_gt(used, 64 * elements);
    ck_assert_int_lt(most, 2000);
    ck_assert_int_eq(left, 0);
    se__buf_fini(&buf);
}
END_TEST

static const char document[] =
    "{\"v\":9007199254740993,\"list\":[{\"a\":\"x\",\"b\":[1.5,null]},7.25],"
    "\"t\":\"y\",\"k01\":1,\"k02\":1,\"k03\":1,\"k04\":1,\"k05\":1,\"k06\":1,"
    "\"k07\":1,\"k08\":1,\"k09\":1,\"k10\":1,\"k11\":1,\"k12\":1,\"k13\":1,"
    "\"k14\":1,\"k15\":1,\"k16\":1,\"k17\":1,\"k18\":1,\"k19\":1,\"k20\":1,"
    "\"k21\":1,\"k22\":1,\"k23\":1,\"k24\":1,\"k25\":1,\"k26\":1,\"k27\":1,"
    "\"k28\":1,\"k29\":1,\"k30\":1,\"k31\":1,\"k32\":1,\"k33\":1,\"k34\":1,"
    "\"k35\":1,\"k36\":1,\"k37\":1,\"k38\":1,\"k39\":1,\"k40\":1,\"k41\":1,"
    "\"k42\":1,\"k43\":1,\"k44\":1,\"k45\":1,\"k46\":1,\"k47\":1,\"k48\":1,"
    "\"k49\":1,\"k50\":1,\"k51\":1,\"k52\":1,\"k53\":1,\"k54\":1,\"k55\":1,"
    "\"k56\":1,\"k57\":1,\"k58\":1,\"k59\":1,\"k60\":1,\"k61\":1,\"k62\":1}";

static se_err read_document(bool streaming, se__json **out, se_error *err)
{
    static const char *const members[] = {"b", "c"};
    size_t count = 0;
    const se__json_list list = {"list", members, 2, count_element, &count};

    return streaming
               ? se__json_parse_list(document, strlen(document),
                                     &se__json_document_limits, &list, out, err)
               : se__json_parse(document, strlen(document),
                                &se__json_document_limits, out, err);
}

/* Every allocation fails once, those of cJSON as well. */
START_TEST(runs_out_of_memory_cleanly)
{
    long failed = 0;
    se_err rc;

    hook_cjson();
    do {
        se__json *json = NULL;
        se_error err = SE_ERROR_INIT;

        begin(failed);
        rc = read_document(_i == 1, &json, &err);
        end();
        if (rc != SE_OK) {
            ck_assert_int_eq(rc, SE_E_NOMEM);
            ck_assert_int_eq(err.code, SE_E_NOMEM);
            ck_assert_str_eq(err.message, "out of memory");
            ck_assert_ptr_null(json);
            failed++;
        }
        se__json_free(json);
    } while (rc != SE_OK);
    /* The tree's nodes and keys, the odd numbers, the table of keys. */
    ck_assert_int_gt(failed, 2 * 62);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("json_memory");
    TCase *floods_case = tcase_create("floods");
    TCase *keys = tcase_create("keys");
    TCase *memory = tcase_create("memory");

    tcase_add_loop_test(floods_case, refuses_floods_without_allocating, 0,
                        SE__COUNT(floods));
    tcase_add_test(floods_case, refuses_too_many_values_without_allocating);
    tcase_add_test(keys, finds_duplicates_among_many);
    tcase_add_test(keys, keys_cost_little_memory);
    tcase_add_test(keys, many_keys_take_no_quadratic_time);
    tcase_add_test(keys, colliding_keys_take_no_quadratic_time);
    tcase_add_test(keys, collisions_are_told_apart);
    tcase_add_test(keys, hashes_do_not_depend_on_pieces);
    tcase_add_test(memory, streaming_needs_memory_for_one_element);
    tcase_add_loop_test(memory, runs_out_of_memory_cleanly, 0, 2);
    tcase_set_timeout(floods_case, 60);
    tcase_set_timeout(keys, 60);
    tcase_set_timeout(memory, 60);
    suite_add_tcase(s, floods_case);
    suite_add_tcase(s, keys);
    suite_add_tcase(s, memory);
    return s;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    int failures;

    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
