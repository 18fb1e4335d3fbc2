/*
 * The files of an element, by id. Not locked: its element's lock guards it.
 */
#ifndef SANDBOX_TABLE_H
#define SANDBOX_TABLE_H

#include "ident.h"

typedef enum sb_state {
    SB_FREE = 0,
    SB_PENDING, /* its bytes are there, it is not yet said to be stored */
    SB_STORED,
    SB_DELETING,
    SB_DELETED
} sb_state;

typedef struct sb_file {
    uint8_t id[SB_UUID_BYTES];
    uint8_t sha256[SB_SHA_BYTES];
    int64_t size;
    int64_t stored_us;
    sb_state state;
} sb_file;

/* Zero is empty. */
typedef struct sb_table {
    sb_file *slots;
    size_t n_slots; /* a power of two */
    size_t n_used;
} sb_table;

void sb_table_fini(sb_table *table);
/* NULL: never seen. Good until the next sb_table_put. */
sb_file *sb_table_find(const sb_table *table, const uint8_t *id);
/* Find or add; NULL: out of memory. */
sb_file *sb_table_put(sb_table *table, const uint8_t *id);

#endif
