#include "wire/json_keys.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/json_string.h"

#define FEW 32 /* compared pair by pair */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 32);
}

/* Eight bytes as they would gather in a tail. */
static uint64_t load(const char *text)
{
    uint64_t word;

    memcpy(&word, text, sizeof(word));
    return le64toh(word);
}

/* Fewer than eight bytes likewise. */
static uint64_t load_few(const char *text, size_t length)
{
    uint64_t word = 0;
    uint32_t four;
    uint16_t two;
    unsigned at = 0;

    if (length & 4) {
        memcpy(&four, text, sizeof(four));
        word = le32toh(four);
        at = 4;
    }
    if (length & 2) {
        memcpy(&two, text + at, sizeof(two));
        word |= (uint64_t)le16toh(two) << (8 * at);
        at += 2;
    }
    if (length & 1) {
        word |= (uint64_t)(unsigned char)text[at] << (8 * at);
    }
    return word;
}

void se__json_hash_add(se__json_hash *hash, const char *text, size_t length)
{
    hash->length += length;
    while (hash->fill == 0 && length >= 8) {
        hash->value = mix(hash->value, load(text));
        text += 8;
        length -= 8;
    }
    if (hash->fill == 0) {
        hash->tail = load_few(text, length);
        hash->fill = (unsigned)length;
        return;
    }
    while (length > 0) {
        hash->tail |= (uint64_t)(unsigned char)*text++ << (8 * hash->fill++);
        length--;
        if (hash->fill == 8) {
            hash->value = mix(hash->value, hash->tail);
            hash->tail = 0;
            hash->fill = 0;
        }
    }
}

uint64_t se__json_hash_finish(const se__json_hash *hash)
{
    return mix(mix(hash->value, hash->tail), hash->length);
}

void se__json_keys_init(se__json_keys *keys)
{
    keys->entries = keys->few;
    keys->count = 0;
    keys->capacity = SE__JSON_KEYS_INLINE;
}

void se__json_keys_fini(se__json_keys *keys)
{
    if (keys->entries != keys->few) {
        free(keys->entries);
    }
}

static bool grow(se__json_keys *keys)
{
    bool is_inline = keys->entries == keys->few;
    size_t capacity = keys->capacity * 2;
    se__json_key_entry *grown =
        realloc(is_inline ? NULL : keys->entries, capacity * sizeof(*grown));

    if (grown == NULL) {
        return false;
    }
    if (is_inline) {
        memcpy(grown, keys->few, sizeof(keys->few));
    }
    keys->entries = grown;
    keys->capacity = capacity;
    return true;
}

bool se__json_keys_push(se__json_keys *keys, uint64_t hash, const char *at)
{
    if (keys->count == keys->capacity && !grow(keys)) {
        return false;
    }
    keys->entries[keys->count].hash = hash;
    keys->entries[keys->count++].at = at;
    return true;
}

/* The next character of a valid key; -1: its closing quote. */
static int32_t next_character(const char **at)
{
    /* What is valid ends where it says: no bound is needed. */
    static const size_t longest = sizeof("\\ud800\\udc00") - 1;

    if (**at == '"') {
        return -1;
    }
    if (**at == '\\') {
        return se__json_escape_read(at, longest);
    }
    return se__utf8_read(at);
}

static int compare_keys(const char *a, const char *b)
{
    int32_t left, right;

    do {
        left = next_character(&a);
        right = next_character(&b);
    } while (left == right && left >= 0);
    return (left > right) - (left < right);
}

bool se__json_key_is(const char *at, const char *name)
{
    int32_t code;

    do {
        code = next_character(&at);
        if (code < 0 || *name == '\0') {
            return code < 0 && *name == '\0';
        }
    } while (code == se__utf8_read(&name));
    return false;
}

static int compare_entries(const void *a, const void *b)
{
    const se__json_key_entry *left = a;
    const se__json_key_entry *right = b;
    int order;

    if (left->hash != right->hash) {
        return left->hash < right->hash ? -1 : 1;
    }
    order = compare_keys(left->at, right->at);
    return order ? order : (left->at > right->at) - (left->at < right->at);
}

static const char *find_among_few(const se__json_key_entry *entries,
                                  size_t count)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (entries[i].hash == entries[k].hash &&
                compare_keys(entries[i].at, entries[k].at) == 0) {
                return entries[i].at;
            }
        }
    }
    return NULL;
}

static const char *find_among_many(se__json_key_entry *entries, size_t count)
{
    const char *first = NULL;

    qsort(entries, count, sizeof(*entries), compare_entries);
    for (size_t i = 1; i < count; i++) {
        if (entries[i].hash == entries[i - 1].hash &&
            compare_keys(entries[i].at, entries[i - 1].at) == 0 &&
            (first == NULL || entries[i].at < first)) {
            first = entries[i].at;
        }
    }
    return first;
}

const char *se__json_keys_pop(se__json_keys *keys, size_t first)
{
    se__json_key_entry *entries = keys->entries + first;
    size_t count = keys->count - first;

    keys->count = first;
    return count <= FEW ? find_among_few(entries, count)
                        : find_among_many(entries, count);
}
