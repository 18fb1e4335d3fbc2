/*
 * Finding duplicate keys.
 *
 * Design notes. The keys of all objects that are open lie on one stack, each as
 * a hash of its decoded text and a pointer to it; when an object ends, its keys
 * are compared and popped. Few keys are compared pair by pair. Many are sorted
 * by (hash, decoded text), so that an object made to collide costs n log n like
 * any other. Memory: 16 bytes a key, only as many as are open at once.
 */
#ifndef SE_WIRE_JSON_KEYS_H
#define SE_WIRE_JSON_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SE__JSON_KEYS_INLINE 64 /* beyond them it allocates */

/* A hash of text that arrives in pieces; equal text, equal hash. */
typedef struct se__json_hash {
    uint64_t value;
    uint64_t tail; /* the last `fill` bytes, not yet mixed in */
    unsigned fill;
    size_t length;
} se__json_hash;

typedef struct se__json_key_entry {
    uint64_t hash;
    const char *at; /* behind the opening quote */
} se__json_key_entry;

typedef struct se__json_keys {
    se__json_key_entry *entries; /* few, or allocated */
    size_t count, capacity;
    se__json_key_entry few[SE__JSON_KEYS_INLINE];
} se__json_keys;

void se__json_hash_add(se__json_hash *hash, const char *text, size_t length);
uint64_t se__json_hash_finish(const se__json_hash *hash);

void se__json_keys_init(se__json_keys *keys);
void se__json_keys_fini(se__json_keys *keys);
/* `at` is the text of a valid key behind its opening quote; false: out of
 * memory. */
bool se__json_keys_push(se__json_keys *keys, uint64_t hash, const char *at);
/* The first key that repeats one before it among those from `first` on; NULL:
 * none. They are popped. */
const char *se__json_keys_pop(se__json_keys *keys, size_t first);

/* Is the valid key behind its opening quote `name`, decoded? */
bool se__json_key_is(const char *at, const char *name);

#endif
