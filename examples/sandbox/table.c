#include "table.h"

#include <stdlib.h>
#include <string.h>

void sb_table_fini(sb_table *table)
{
    free(table->slots);
    *table = (sb_table){0};
}

static size_t hash_id(const uint8_t *id)
{
    uint64_t a, b;

    memcpy(&a, id, sizeof(a));
    memcpy(&b, id + sizeof(a), sizeof(b));
    return (size_t)(((a ^ b) * UINT64_C(0x9e3779b97f4a7c15)) >> 17);
}

/* The slot of `id`, or the free one where it belongs. */
static sb_file *probe(const sb_table *table, const uint8_t *id)
{
    size_t mask = table->n_slots - 1;
    size_t i = hash_id(id) & mask;

    while (table->slots[i].state != SB_FREE &&
           memcmp(table->slots[i].id, id, SB_UUID_BYTES) != 0) {
        i = (i + 1) & mask;
    }
    return &table->slots[i];
}

sb_file *sb_table_find(const sb_table *table, const uint8_t *id)
{
    sb_file *file;

    if (table->n_slots == 0) {
        return NULL;
    }
    file = probe(table, id);
    return file->state == SB_FREE ? NULL : file;
}

static bool grow(sb_table *table)
{
    sb_table next = {.n_slots = table->n_slots ? table->n_slots * 2 : 64,
                     .n_used = table->n_used};

    next.slots = calloc(next.n_slots, sizeof(*next.slots));
    if (!next.slots) {
        return false;
    }
    for (size_t i = 0; i < table->n_slots; i++) {
        if (table->slots[i].state != SB_FREE) {
            *probe(&next, table->slots[i].id) = table->slots[i];
        }
    }
    free(table->slots);
    *table = next;
    return true;
}

sb_file *sb_table_put(sb_table *table, const uint8_t *id)
{
    sb_file *file = sb_table_find(table, id);

    if (file) {
        return file;
    }
    if (table->n_used * 4 >= table->n_slots * 3 && !grow(table)) {
        return NULL;
    }
    file = probe(table, id);
    *file = (sb_file){.state = SB_DELETED};
    memcpy(file->id, id, SB_UUID_BYTES);
    table->n_used++;
    return file;
}
