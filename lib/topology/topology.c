/*
 * A topology in memory: its references, its elements, its origin.
 */
#include "topology/topology.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

static const char *const mode_names[] = {"edit", "rw", "ro", "ar"};

const char *se_mode_name(se_mode mode)
{
    return (size_t)mode < SE__COUNT(mode_names) ? mode_names[mode] : "?";
}

/* The same object, to count its references. */
static se_topology *writable(const se_topology *topology)
{
    return (se_topology *)(uintptr_t)topology;
}

/* Where the parts lie in the block; false: it would be too large. */
static bool lay_out(size_t count, size_t rejected, size_t text_bytes,
                    size_t at[3], size_t *size)
{
    const struct {
        size_t n, size;
    } parts[] = {{count, sizeof(se_element)},
                 {count, sizeof(size_t)},
                 {rejected, sizeof(se__rejected)},
                 {text_bytes, 1}};
    size_t end = sizeof(se_topology);

    for (size_t i = 0; i < SE__COUNT(parts); i++) {
        size_t bytes;

        if (i < 3) {
            at[i] = end;
        }
        if (__builtin_mul_overflow(parts[i].n, parts[i].size, &bytes) ||
            __builtin_add_overflow(end, bytes, &end)) {
            return false;
        }
    }
    *size = end;
    return true;
}

static void point(se_topology *topology, const size_t at[3])
{
    char *block = (char *)topology;

    topology->elements = (void *)(block + at[0]);
    topology->by_id = (void *)(block + at[1]);
    topology->rejected = (void *)(block + at[2]);
}

se_topology *se__topology_new(size_t count, size_t rejected, size_t text_bytes,
                              char **texts)
{
    se_topology *topology;
    size_t at[3];
    size_t size;

    if (!lay_out(count, rejected, text_bytes, at, &size)) {
        return NULL;
    }
    topology = se__zalloc(size);
    if (topology == NULL) {
        return NULL;
    }
    atomic_init(&topology->refs, 1);
    topology->size = size;
    topology->count = count;
    topology->rejected_count = rejected;
    point(topology, at);
    *texts = (char *)topology + size - text_bytes;
    return topology;
}

/* From a pointer into one block to the same place in its copy. */
static char *moved(char *pointer, const se_topology *from, se_topology *to)
{
    return (char *)to + (pointer - (const char *)from);
}

se_err se__topology_copy(const se_topology *topology, se_topology **out,
                         se_error *err)
{
    size_t counted = offsetof(se_topology, size); /* not copied: refs */
    se_topology *copy = malloc(topology->size);

    if (copy == NULL) {
        return se__fail(err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
    }
    atomic_init(&copy->refs, 1);
    memcpy((char *)copy + counted, (const char *)topology + counted,
           topology->size - counted);
    copy->elements = (void *)moved((void *)topology->elements, topology, copy);
    copy->by_id = (void *)moved((void *)topology->by_id, topology, copy);
    copy->rejected = (void *)moved((void *)topology->rejected, topology, copy);
    for (size_t i = 0; i < copy->count; i++) {
        copy->elements[i].id = moved(copy->elements[i].id, topology, copy);
        copy->elements[i].url = moved(copy->elements[i].url, topology, copy);
    }
    for (size_t i = 0; i < copy->rejected_count; i++) {
        copy->rejected[i].id = moved(copy->rejected[i].id, topology, copy);
        copy->rejected[i].reason =
            moved(copy->rejected[i].reason, topology, copy);
    }
    *out = copy;
    return SE_OK;
}

se_topology *se_topology_ref(const se_topology *topology)
{
    se_topology *counted = writable(topology);

    if (counted) {
        atomic_fetch_add(&counted->refs, 1);
    }
    return counted;
}

void se_topology_unref(se_topology *topology)
{
    if (topology && atomic_fetch_sub(&topology->refs, 1) == 1) {
        free(topology);
    }
}

void se__topology_set_origin(se_topology *topology, const char *source,
                             int64_t fetched_ms)
{
    se__clean_copy(topology->source, sizeof(topology->source), source);
    topology->fetched_ms = fetched_ms;
}

void se__topology_set_partial(se_topology *topology, bool partial)
{
    topology->partial = partial;
}

size_t se_topology_count(const se_topology *topology)
{
    return topology->count;
}

const se_element *se_topology_at(const se_topology *topology, size_t index)
{
    return index < topology->count ? &topology->elements[index] : NULL;
}

const se_element *se_topology_find(const se_topology *topology, const char *id)
{
    size_t low = 0;
    size_t high = topology->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const se_element *element =
            &topology->elements[topology->by_id[middle]];
        int order = strcmp(id, element->id);

        if (order == 0) {
            return element;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

const char *se_topology_source(const se_topology *topology)
{
    return topology->source;
}

const char *se_topology_hash(const se_topology *topology)
{
    return topology->hash;
}

const char *se_topology_timestamp(const se_topology *topology)
{
    return topology->timestamp;
}

int64_t se_topology_version(const se_topology *topology)
{
    return topology->version;
}

size_t se_topology_rejected_count(const se_topology *topology)
{
    return topology->rejected_count;
}

bool se_topology_rejected_at(const se_topology *topology, size_t index,
                             const char **id, const char **reason)
{
    if (index >= topology->rejected_count) {
        return false;
    }
    if (id) {
        *id = topology->rejected[index].id;
    }
    if (reason) {
        *reason = topology->rejected[index].reason;
    }
    return true;
}

const char *se_element_id(const se_element *element)
{
    return element->id;
}

const char *se_element_url(const se_element *element)
{
    return element->url;
}

se_mode se_element_mode(const se_element *element)
{
    return element->mode;
}

int32_t se_element_priority(const se_element *element)
{
    return element->priority;
}

bool se_element_available(const se_element *element)
{
    return element->available;
}

int64_t se_element_capacity_bytes(const se_element *element)
{
    return element->capacity_bytes;
}

int64_t se_element_used_bytes(const se_element *element)
{
    return element->used_bytes;
}
