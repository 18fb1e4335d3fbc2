/* Error codes, filling in the caller's error, size-carrying structures. */
#include "suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

static const struct {
    se_err code;
    const char *name;
    const char *text;
    bool retryable;
    int exit_code;
} codes[] = {
    {SE_OK, "SE_OK", "success", false, 0},
    {SE_E_INVALID, "SE_E_INVALID", "invalid argument", false, 2},
    {SE_E_NOMEM, "SE_E_NOMEM", "out of memory", true, 1},
    {SE_E_BUSY, "SE_E_BUSY", "a limit is reached, try again later", true, 5},
    {SE_E_NO_SPACE, "SE_E_NO_SPACE", "no storage element has room", true, 6},
    {SE_E_REFUSED, "SE_E_REFUSED", "refused for good", false, 7},
    {SE_E_DISCOVERY, "SE_E_DISCOVERY", "no list of storage elements", true, 8},
    {SE_E_DEADLINE, "SE_E_DEADLINE", "deadline exceeded", true, 10},
    {SE_E_AUTH, "SE_E_AUTH", "not authenticated", false, 12},
    {SE_E_UNKNOWN_OUTCOME, "SE_E_UNKNOWN_OUTCOME", "outcome is unknown", false,
     13},
    {(se_err)-1, "SE_E_?", "unknown error", false, 1},
    {(se_err)9999, "SE_E_?", "unknown error", false, 1},
};

START_TEST(code_has_its_row)
{
    ck_assert_str_eq(se_err_name(codes[_i].code), codes[_i].name);
    ck_assert_str_eq(se_err_text(codes[_i].code), codes[_i].text);
    ck_assert_int_eq(se_err_is_retryable(codes[_i].code), codes[_i].retryable);
    ck_assert_int_eq(se_err_exit_code(codes[_i].code), codes[_i].exit_code);
}
END_TEST

START_TEST(table_has_no_gap)
{
    int next = 0;

#define CHECK_ROW(name, value, retryable, exit_code, text)                     \
    ck_assert_int_eq(value, next++);                                           \
    ck_assert_str_eq(se_err_name(SE_##name), "SE_" #name);                     \
    ck_assert_int_ge(se_err_exit_code(SE_##name), 0);                          \
    ck_assert_int_le(se_err_exit_code(SE_##name), 13);
    SE_ERROR_MAP(CHECK_ROW)
#undef CHECK_ROW
    ck_assert_str_eq(se_err_name((se_err)next), "SE_E_?");
}
END_TEST

START_TEST(fail_fills_in_everything)
{
    se_error err;

    memset(&err, 'x', sizeof(err));
    err.size = sizeof(err);
    ck_assert_int_eq(
        se__fail(&err, SE_E_NO_SPACE, "%s has %d bytes", "se-1", 7),
        SE_E_NO_SPACE);
    ck_assert_uint_eq(err.size, sizeof(err));
    ck_assert_int_eq(err.code, SE_E_NO_SPACE);
    ck_assert_int_eq(err.http_status, 0);
    ck_assert_int_eq(err.os_errno, 0);
    ck_assert_str_eq(err.se_id, "");
    ck_assert_str_eq(err.message, "se-1 has 7 bytes");
}
END_TEST

START_TEST(null_error_is_fine)
{
    const se_error from = SE_ERROR_INIT;

    ck_assert_int_eq(se__fail(NULL, SE_E_FILE, "no matter"), SE_E_FILE);
    ck_assert_int_eq(se__fail_errno(NULL, SE_E_FILE, ENOENT, "no matter"),
                     SE_E_FILE);
    ck_assert_int_eq(se__error_copy(NULL, &from), SE_OK);
}
END_TEST

static const struct {
    const char *in, *out;
} messages[] = {
    {"plain", "plain"},
    {"two\nlines\r\t\x1b[31m\x7f", "two?lines???[31m?"},
    {"\xd1\x84\xd0\xb0\xd0\xb9\xd0\xbb \xe2\x82\xac \xf0\x9f\x98\x80",
     "\xd1\x84\xd0\xb0\xd0\xb9\xd0\xbb \xe2\x82\xac \xf0\x9f\x98\x80"},
    {"a\xff\xfe"
     "b",
     "a??b"},
    {"over\xc0\xaflong", "over??long"},
    {"cut\xe2\x82", "cut??"},
    {"c1 \xc2\x9b"
     "31m",
     "c1 ?31m"},
    {"", ""},
};

START_TEST(message_is_one_clean_line)
{
    se_error err = SE_ERROR_INIT;

    se__fail(&err, SE_E_PARSE, "%s", messages[_i].in);
    ck_assert_str_eq(err.message, messages[_i].out);
}
END_TEST

/* Shifted by `_i`, so that every byte of a sequence meets the end once. */
START_TEST(long_message_ends_between_characters)
{
    static const char character[] = "\xf0\x9f\x98\x80";
    char text[3 * SE_MESSAGE_SIZE] = "";
    se_error err = SE_ERROR_INIT;
    size_t length;

    memset(text, 'a', (size_t)_i);
    for (size_t at = (size_t)_i; at + 5 < sizeof(text); at += 4) {
        memcpy(text + at, character, sizeof(character));
    }
    se__fail(&err, SE_E_PARSE, "%s", text);
    length = strlen(err.message);
    ck_assert_uint_lt(length, SE_MESSAGE_SIZE);
    ck_assert_uint_ge(length, SE_MESSAGE_SIZE - 4);
    ck_assert(se__utf8_valid(err.message, length));
    ck_assert_mem_eq(err.message, text, length);
}
END_TEST

START_TEST(message_may_quote_the_error_it_replaces)
{
    se_error err = SE_ERROR_INIT;

    se__fail(&err, SE_E_CONNECT, "refused");
    se__fail(&err, SE_E_SOURCE, "source: %s", err.message);
    ck_assert_str_eq(err.message, "source: refused");
}
END_TEST

START_TEST(errno_is_named_and_kept)
{
    se_error err = SE_ERROR_INIT;
    char text[SE_MESSAGE_SIZE + 10];
    char expected[200];

    snprintf(expected, sizeof(expected), "a.pdf: %s", strerror(ENOENT));
    ck_assert_int_eq(se__fail_errno(&err, SE_E_FILE, ENOENT, "%s", "a.pdf"),
                     SE_E_FILE);
    ck_assert_int_eq(err.os_errno, ENOENT);
    ck_assert_str_eq(err.message, expected);

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    se__fail_errno(&err, SE_E_FILE, EACCES, "%s", text);
    ck_assert_int_eq(err.os_errno, EACCES);
    ck_assert_uint_eq(strlen(err.message), SE_MESSAGE_SIZE - 1);
}
END_TEST

/* An se_error of another version of the header, with what lies behind it. */
typedef union any_error {
    se_error error;
    unsigned char bytes[sizeof(se_error) + 64];
} any_error;

static void fill(any_error *any, size_t size)
{
    memset(any, 0xee, sizeof(*any));
    any->error.size = (uint32_t)size;
}

static void expect_untouched(const any_error *any, size_t from)
{
    for (size_t i = from; i < sizeof(any->bytes); i++) {
        ck_assert_uint_eq(any->bytes[i], 0xee);
    }
}

static void expect_text(const any_error *any, size_t offset, size_t room,
                        const char *text, size_t size)
{
    const char *found = (const char *)any->bytes + offset;
    size_t length;

    if (size <= offset) {
        return;
    }
    room = size < offset + room ? size - offset : room;
    length = strnlen(found, room);
    ck_assert_uint_lt(length, room);
    ck_assert(se__utf8_valid(found, length));
    ck_assert_mem_eq(found, text, length);
    ck_assert(length == strlen(text) || length + 2 >= room);
}

START_TEST(shorter_error_gets_what_fits)
{
    const char *text = "\xd1\x84\xd0\xb0\xd0\xb9\xd0\xbb x \xd1\x84";
    const se_error plain = SE_ERROR_INIT;
    size_t size = (size_t)_i;
    se_error full = plain;
    any_error any;

    fill(&any, size);
    se__fail(&any.error, SE_E_FILE, "%s", text);
    ck_assert_uint_eq(any.error.size, size);
    expect_untouched(&any, size < 4 ? 4 : size);
    expect_text(&any, offsetof(se_error, message), SE_MESSAGE_SIZE, text, size);
    if (size >= offsetof(se_error, http_status)) {
        ck_assert_int_eq(any.error.code, SE_E_FILE);
    }

    full.code = SE_E_AUTH;
    se__copy_text(full.se_id, sizeof(full.se_id), text);
    fill(&any, size);
    ck_assert_int_eq(se__error_copy(&any.error, &full), SE_E_AUTH);
    expect_untouched(&any, size < 4 ? 4 : size);
    expect_text(&any, offsetof(se_error, se_id), SE_ID_SIZE, text, size);
}
END_TEST

START_TEST(longer_error_keeps_its_tail)
{
    any_error any;

    fill(&any, sizeof(any));
    se__fail(&any.error, SE_E_FILE, "here");
    ck_assert_uint_eq(any.error.size, sizeof(any));
    ck_assert_str_eq(any.error.message, "here");
    expect_untouched(&any, sizeof(se_error));
}
END_TEST

START_TEST(copy_is_full)
{
    se_error from = SE_ERROR_INIT;
    se_error to = SE_ERROR_INIT;

    se__fail_errno(&from, SE_E_CONNECT, ECONNREFUSED, "se-1");
    from.http_status = 503;
    se__copy_text(from.se_id, sizeof(from.se_id), "se-1");
    se__fail(&to, SE_E_AUTH, "much longer than what replaces it, %d", 1);
    ck_assert_int_eq(se__error_copy(&to, &from), SE_E_CONNECT);
    ck_assert_mem_eq(&to, &from, offsetof(se_error, message));
    ck_assert_str_eq(to.message, from.message);
    ck_assert_int_eq(se__error_copy(&to, &to), SE_E_CONNECT);
    ck_assert_str_eq(to.message, from.message);
}
END_TEST

START_TEST(copy_from_a_shorter_error_ends_there)
{
    se_error to = SE_ERROR_INIT;
    any_error from;

    fill(&from, offsetof(se_error, os_errno));
    from.error.code = SE_E_BUSY;
    from.error.http_status = 429;
    se__fail_errno(&to, SE_E_FILE, ENOENT, "old");
    ck_assert_int_eq(se__error_copy(&to, &from.error), SE_E_BUSY);
    ck_assert_int_eq(to.code, SE_E_BUSY);
    ck_assert_int_eq(to.http_status, 429);
    ck_assert_int_eq(to.os_errno, 0);
    ck_assert_str_eq(to.message, "");
}
END_TEST

typedef struct options {
    uint32_t size;
    int32_t first, second;
} options;

/* From a caller with another header; `tail` is the first byte behind ours. */
static const struct {
    uint32_t size;
    unsigned char tail;
    se_err code;
    int32_t first, second;
    const char *message;
} structs[] = {
    {sizeof(options), 0xee, SE_OK, 11, 22, ""},
    {8, 0xee, SE_OK, 11, 0, ""},
    {4, 0xee, SE_OK, 0, 0, ""},
    {sizeof(options) + 4, 0, SE_OK, 11, 22, ""},
    {sizeof(options) + 4, 1, SE_E_INVALID, -1, -1,
     "se_options is newer than this library and uses what it does not know"},
    {0, 0xee, SE_E_INVALID, -1, -1,
     "se_options has no size; start from its _INIT macro"},
    {3, 0xee, SE_E_INVALID, -1, -1,
     "se_options has no size; start from its _INIT macro"},
    {0xeeeeeeee, 0, SE_E_INVALID, -1, -1,
     "se_options has no size; start from its _INIT macro"},
};

START_TEST(struct_copy_takes_other_versions)
{
    struct {
        options known;
        unsigned char tail[4];
    } from = {.known = {structs[_i].size, 11, 22}};
    options to = {1, -1, -1};
    se_error err = SE_ERROR_INIT;
    se_err rc;

    from.tail[3] = structs[_i].tail;
    rc = se__struct_copy(&to, sizeof(to), &from, "se_options", &err);
    ck_assert_int_eq(rc, structs[_i].code);
    ck_assert_int_eq(err.code, structs[_i].code);
    ck_assert_str_eq(err.message, structs[_i].message);
    ck_assert_uint_eq(to.size, rc == SE_OK ? sizeof(to) : 1);
    ck_assert_int_eq(to.first, structs[_i].first);
    ck_assert_int_eq(to.second, structs[_i].second);
}
END_TEST

START_TEST(struct_copy_needs_a_struct)
{
    options to = {0};
    se_error err = SE_ERROR_INIT;

    ck_assert_int_eq(se__struct_copy(&to, sizeof(to), NULL, "se_options", &err),
                     SE_E_INVALID);
    ck_assert_str_eq(err.message, "se_options is missing");
}
END_TEST

int main(void)
{
    const test_row rows[] = {
        {code_has_its_row, SE__COUNT(codes)},
        {table_has_no_gap, 1},
        {fail_fills_in_everything, 1},
        {null_error_is_fine, 1},
        {message_is_one_clean_line, SE__COUNT(messages)},
        {long_message_ends_between_characters, 5},
        {message_may_quote_the_error_it_replaces, 1},
        {errno_is_named_and_kept, 1},
        {shorter_error_gets_what_fits, sizeof(se_error) + 1},
        {longer_error_keeps_its_tail, 1},
        {copy_is_full, 1},
        {copy_from_a_shorter_error_ends_there, 1},
        {struct_copy_takes_other_versions, SE__COUNT(structs)},
        {struct_copy_needs_a_struct, 1},
    };

    return run_suite("error", rows, SE__COUNT(rows));
}
