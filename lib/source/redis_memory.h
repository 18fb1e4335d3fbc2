/*
 * The document that a source read last, and the list that it came to: the same
 * bytes again need no parsing.
 */
#ifndef SE_SOURCE_REDIS_MEMORY_H
#define SE_SOURCE_REDIS_MEMORY_H

#include <stddef.h>

#include <artstore/topology.h>

#include "base/sha256.h"

/* All zero is empty. Its text is known by its checksum, which costs a tenth of
 * parsing it and no memory. */
typedef struct se__redis_memory {
    se__sha256 sha;
    char hash[SE__SHA256_HEX_SIZE];
    se_topology *list; /* NULL: nothing is remembered */
} se__redis_memory;

/*
 * Parse a document, or give the list that it came to before. label: the
 * source's name; the list may be in use already and is not to be written to.
 */
se_err se__redis_memory_parse(se__redis_memory *memory, const char *text,
                              size_t length, const char *label,
                              se_topology **out, se_error *err);
void se__redis_memory_fini(se__redis_memory *memory);

#endif
