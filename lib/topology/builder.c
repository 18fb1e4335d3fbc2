/*
 * Builds a topology from what a program describes. Unlike a document, an
 * element that is not valid is the program's mistake and refused at once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "topology/draft.h"
#include "wire/url.h"

#define FIRST_SLOTS 64

/* Ids are found by open addressing; at most half of the slots are in use. */
struct se_topology_builder {
    se__draft draft;
    size_t *slots; /* 0: free, else the element's place in the draft + 1 */
    size_t slot_count;
};

static se_err out_of_memory(se_error *err)
{
    return se__fail(err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
}

/* FNV-1a: the ids are the program's own. */
static uint64_t hash_id(const char *id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    while (*id) {
        hash = (hash ^ (unsigned char)*id++) * UINT64_C(0x100000001b3);
    }
    return hash ^ (hash >> 32);
}

/* Where the id is, or where it would go. */
static size_t *find_slot(const se_topology_builder *builder, const char *id)
{
    size_t mask = builder->slot_count - 1;
    size_t at = (size_t)hash_id(id) & mask;

    while (builder->slots[at] != 0) {
        const se__draft_item *item =
            &builder->draft.kept.items[builder->slots[at] - 1];

        if (strcmp(builder->draft.texts.data + item->id, id) == 0) {
            break;
        }
        at = (at + 1) & mask;
    }
    return &builder->slots[at];
}

/* Room for one more id. */
static bool grow(se_topology_builder *builder)
{
    size_t count = builder->draft.kept.count;
    size_t slots = builder->slot_count ? builder->slot_count : FIRST_SLOTS;
    size_t *table;

    while (slots < 2 * (count + 1)) {
        slots *= 2;
    }
    if (slots == builder->slot_count) {
        return true;
    }
    table = se__zalloc_array(slots, sizeof(*table));
    if (table == NULL) {
        return false;
    }
    free(builder->slots);
    builder->slots = table;
    builder->slot_count = slots;
    for (size_t i = 0; i < count; i++) {
        size_t at = builder->draft.kept.items[i].id;

        *find_slot(builder, builder->draft.texts.data + at) = i + 1;
    }
    return true;
}

static void clear(se_topology_builder *builder)
{
    se__draft_fini(&builder->draft);
    free(builder->slots);
    builder->slots = NULL;
    builder->slot_count = 0;
}

se_err se_topology_builder_new(se_topology_builder **out, se_error *err)
{
    se_topology_builder *builder = se__zalloc(sizeof(*builder));

    if (builder == NULL) {
        return out_of_memory(err);
    }
    se__draft_init(&builder->draft);
    *out = builder;
    return SE_OK;
}

void se_topology_builder_free(se_topology_builder *builder)
{
    if (builder) {
        clear(builder);
        free(builder);
    }
}

/* What is wrong with the figures; NULL: nothing. */
static const char *check_figures(const se_element_spec *spec)
{
    if ((unsigned)spec->mode > SE_MODE_AR) {
        return "mode is none of edit, rw, ro, ar";
    }
    if (!spec->capacity_known) {
        return NULL;
    }
    if (spec->capacity_bytes < 0 || spec->used_bytes < 0) {
        return "capacity_bytes or used_bytes is negative";
    }
    if (spec->used_bytes > spec->capacity_bytes) {
        return "used_bytes is more than capacity_bytes";
    }
    return NULL;
}

/* "se-01: what is wrong"; the id is valid. */
static se_err refuse(const se_element_spec *spec, se_err code, const char *why,
                     se_error *err)
{
    se_error said = SE_ERROR_INIT;

    se__fail(&said, code, "%s: %s", spec->id, why);
    se__copy_text(said.se_id, sizeof(said.se_id), spec->id);
    return se__error_copy(err, &said);
}

static se_err check(const se_topology_builder *builder,
                    const se_element_spec *spec, char url[SE__URL_SIZE],
                    se_error *err)
{
    const char *wrong = se__draft_check_id(spec->id);
    se_error said = SE_ERROR_INIT;
    se_err rc;

    if (wrong) {
        return se__fail(err, SE_E_INVALID, "%s", wrong);
    }
    if (builder->draft.kept.count >= SE__TOPOLOGY_MAX) {
        return se__fail(err, SE_E_LIMIT, "more than %d storage elements",
                        SE__TOPOLOGY_MAX);
    }
    wrong = check_figures(spec);
    if (wrong) {
        return refuse(spec, SE_E_INVALID, wrong, err);
    }
    rc = se__url_normalize(spec->url, url, &said);
    return rc == SE_OK ? SE_OK : refuse(spec, rc, said.message, err);
}

se_err se_topology_builder_add(se_topology_builder *builder,
                               const se_element_spec *spec, se_error *err)
{
    se_element_spec known;
    char url[SE__URL_SIZE];
    se_element element = {.capacity_bytes = -1, .used_bytes = -1};
    size_t count = builder->draft.kept.count;
    se_err rc;

    rc = se__struct_copy(&known, sizeof(known), spec, "se_element_spec", err);
    if (rc == SE_OK) {
        rc = check(builder, &known, url, err);
    }
    if (rc != SE_OK) {
        return rc;
    }
    if (!grow(builder)) {
        return out_of_memory(err);
    }
    if (*find_slot(builder, known.id) != 0) {
        return refuse(&known, SE_E_INVALID, "an element has this id already",
                      err);
    }
    element.mode = known.mode;
    element.priority = known.priority;
    element.available = !known.unavailable;
    if (known.capacity_known) {
        element.capacity_bytes = known.capacity_bytes;
        element.used_bytes = known.used_bytes;
    }
    rc =
        se__draft_add(&builder->draft, &element, known.id, url, count + 1, err);
    if (rc == SE_OK) {
        /* After it was added: the slot's search reads what stands there. */
        *find_slot(builder, known.id) = count + 1;
    }
    return rc;
}

se_err se_topology_builder_build(se_topology_builder *builder,
                                 se_topology **out, se_error *err)
{
    se_err rc = se__draft_finish(&builder->draft, out, err);

    if (rc == SE_OK) {
        clear(builder);
    }
    return rc;
}
