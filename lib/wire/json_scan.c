/*
 * A recursive descent over the text; the depth is bounded by the limits. Each
 * function stands on the first byte of what it reads and leaves behind its
 * last; false: the scan has failed, and says why.
 */
#include "wire/json_scan.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "wire/json_keys.h"
#include "wire/json_number.h"
#include "wire/json_string.h"

/* Depth of the members of the watched array's elements: root, array, object. */
#define ELEMENT_LEVEL 3

typedef struct scanner {
    const char *text, *at, *end;
    const se__json_limits *limits;
    se__json_watch *watch;
    size_t values;
    int depth;
    bool odd;        /* a number was */
    bool in_element; /* of the watched array */
    se__json_keys keys;
    se_err rc;
    se_error *err;
} scanner;

static bool scan_value(scanner *s);

/* "what at byte N"; N counts from 1. */
static bool fail_at(scanner *s, se_err code, const char *at, const char *what)
{
    s->rc = se__fail(s->err, code, "%s at byte %zu", what,
                     (size_t)(at - s->text) + 1);
    return false;
}

static bool malformed(scanner *s, const char *what)
{
    return fail_at(s, SE_E_PARSE, s->at,
                   s->at == s->end ? "the document ends too early" : what);
}

static bool out_of_memory(scanner *s)
{
    s->rc = se__fail(s->err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
    return false;
}

static char peek(const scanner *s)
{
    if (s->at == s->end) {
        return '\0';
    }
    return *s->at;
}

static void skip_space(scanner *s)
{
    const char *at = s->at;

    while (at < s->end &&
           (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) {
        at++;
    }
    s->at = at;
}

/* Take this byte, or nothing. */
static bool take(scanner *s, char c)
{
    if (peek(s) != c) {
        return false;
    }
    s->at++;
    return true;
}

/* hash: of the decoded text; NULL: not wanted. */
static bool scan_string(scanner *s, se__json_hash *hash)
{
    const char *wrong = se__json_string_skip(&s->at, s->end, hash);

    return wrong == NULL || malformed(s, wrong);
}

static bool scan_number(scanner *s)
{
    bool odd;
    const char *behind = se__json_number_end(s->at, s->end, &odd);

    if (behind == NULL) {
        return malformed(s, "malformed number");
    }
    if (behind - s->at > SE__JSON_NUMBER_MAX) {
        return fail_at(s, SE_E_LIMIT, s->at, "number of more than 63 bytes");
    }
    if (odd && !se__json_number_fits(s->at, (size_t)(behind - s->at))) {
        return fail_at(s, SE_E_PARSE, s->at, "number out of range");
    }
    s->odd |= odd;
    s->at = behind;
    return true;
}

static bool scan_word(scanner *s)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t left = (size_t)(s->end - s->at);

    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);

        if (left >= length && memcmp(s->at, words[i], length) == 0) {
            s->at += length;
            return true;
        }
    }
    return malformed(s, "a value is expected");
}

static bool count_value(scanner *s)
{
    if (++s->values > s->limits->max_values) {
        s->rc = se__fail(s->err, SE_E_LIMIT, "more than %zu values at byte %zu",
                         s->limits->max_values, (size_t)(s->at - s->text) + 1);
        return false;
    }
    return true;
}

static bool enter(scanner *s)
{
    if (s->depth == s->limits->max_depth) {
        s->rc = se__fail(s->err, SE_E_LIMIT, "more than %d levels at byte %zu",
                         s->depth, (size_t)(s->at - s->text) + 1);
        return false;
    }
    s->depth++;
    s->at++;
    skip_space(s);
    return true;
}

static bool scan_key(scanner *s, const char **key, uint64_t *hashed)
{
    se__json_hash hash = {0};

    if (peek(s) != '"') {
        return malformed(s, "a key is expected");
    }
    *key = s->at + 1;
    if (!scan_string(s, &hash)) {
        return false;
    }
    *hashed = se__json_hash_finish(&hash);
    if (!se__json_keys_push(&s->keys, *hashed, *key)) {
        return out_of_memory(s);
    }
    skip_space(s);
    if (!take(s, ':')) {
        return malformed(s, "a colon is expected");
    }
    skip_space(s);
    return true;
}

static bool check_duplicates(scanner *s, size_t first)
{
    const char *key = se__json_keys_pop(&s->keys, first);
    char start[41], shown[41];
    size_t length = 0;

    if (key == NULL) {
        return true;
    }
    while (length < sizeof(start) - 1 && key[length] != '"') {
        start[length] = key[length];
        length++;
    }
    start[length] = '\0';
    se__clean_copy(shown, sizeof(shown), start);
    s->rc = se__fail(s->err, SE_E_PARSE, "duplicate key \"%s\" at byte %zu",
                     shown, (size_t)(key - s->text));
    return false;
}

static bool scan_watched_element(scanner *s)
{
    const char *start = s->at;
    bool odd_before = s->odd;

    s->odd = false;
    s->in_element = true;
    if (!scan_value(s)) {
        return false;
    }
    s->rc = se__json_watch_element(s->watch, start, (size_t)(s->at - start),
                                   s->odd, s->err);
    s->odd = odd_before;
    s->in_element = false;
    return s->rc == SE_OK;
}

static bool scan_array(scanner *s, bool watched)
{
    const char *begin = s->at + 1;

    if (!enter(s)) {
        return false;
    }
    if (peek(s) != ']') {
        do {
            skip_space(s);
            if (!(watched ? scan_watched_element(s) : scan_value(s))) {
                return false;
            }
            skip_space(s);
        } while (take(s, ','));
    }
    if (watched) {
        s->watch->begin = begin;
        s->watch->end = s->at;
    }
    s->depth--;
    return take(s, ']') || malformed(s, "a comma or ] is expected");
}

static bool scan_member(scanner *s)
{
    const char *start = s->at;
    const char *key = NULL; /* some compilers do not see that they */
    uint64_t hash = 0;      /* are set */

    if (!scan_key(s, &key, &hash)) {
        return false;
    }
    if (s->in_element) {
        return scan_value(s) &&
               (s->depth != ELEMENT_LEVEL ||
                se__json_watch_member(s->watch, hash, start,
                                      (size_t)(s->at - start)) ||
                out_of_memory(s));
    }
    if (s->watch && s->depth == 1 && peek(s) == '[' &&
        se__json_key_is(key, s->watch->list->key)) {
        return count_value(s) && scan_array(s, true);
    }
    return scan_value(s);
}

static bool scan_object(scanner *s)
{
    size_t first = s->keys.count;

    if (!enter(s)) {
        return false;
    }
    if (peek(s) != '}') {
        do {
            skip_space(s);
            if (!scan_member(s)) {
                return false;
            }
            skip_space(s);
        } while (take(s, ','));
    }
    s->depth--;
    if (!take(s, '}')) {
        return malformed(s, "a comma or } is expected");
    }
    return check_duplicates(s, first);
}

static bool scan_value(scanner *s)
{
    char first = peek(s);

    if (!count_value(s)) {
        return false;
    }
    switch (first) {
    case '{':
        return scan_object(s);
    case '[':
        return scan_array(s, false);
    case '"':
        return scan_string(s, NULL);
    default:
        return first == '-' || (first >= '0' && first <= '9') ? scan_number(s)
                                                              : scan_word(s);
    }
}

static bool scan_document(scanner *s)
{
    if (s->end - s->text >= 3 && memcmp(s->text, "\xef\xbb\xbf", 3) == 0) {
        return malformed(s, "byte order mark");
    }
    skip_space(s);
    if (s->at == s->end) {
        s->rc = se__fail(s->err, SE_E_PARSE, "the document is empty");
        return false;
    }
    if (!scan_value(s)) {
        return false;
    }
    skip_space(s);
    return s->at == s->end || malformed(s, "text after the document");
}

se_err se__json_scan(const char *text, size_t length,
                     const se__json_limits *limits, se__json_watch *watch,
                     bool *odd, se_error *err)
{
    scanner s;

    if (length > limits->max_bytes) {
        return se__fail(err, SE_E_LIMIT,
                        "a document of %zu bytes is larger than %zu", length,
                        limits->max_bytes);
    }
    s.text = s.at = text ? text : "";
    s.end = s.text + length;
    s.limits = limits;
    s.watch = watch;
    s.values = 0;
    s.depth = 0;
    s.odd = false;
    s.in_element = false;
    s.rc = SE_OK;
    s.err = err;
    se__json_keys_init(&s.keys);
    scan_document(&s);
    se__json_keys_fini(&s.keys);
    if (s.rc == SE_OK) {
        *odd = s.odd;
    }
    return s.rc;
}
