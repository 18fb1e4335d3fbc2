/*
 * A list that names only elements that take files, completed from the one in
 * force.
 */
#include <string.h>

#include "topology/draft.h"

static bool takes_files(const se_element *element)
{
    return element->available &&
           (element->mode == SE_MODE_EDIT || element->mode == SE_MODE_RW);
}

static bool stays(const se_topology *partial, const se_element *element)
{
    return !takes_files(element) &&
           se_topology_find(partial, element->id) == NULL;
}

static bool nothing_stays(const se_topology *partial, const se_topology *known)
{
    for (size_t i = 0; i < known->count; i++) {
        if (stays(partial, &known->elements[i])) {
            return false;
        }
    }
    return true;
}

static se_err add(se__draft *draft, const se_element *element, se_error *err)
{
    return se__draft_add(draft, element, element->id, element->url,
                         draft->kept.count + 1, err);
}

static se_err fill(se__draft *draft, const se_topology *partial,
                   const se_topology *known, se_error *err)
{
    se_err rc = SE_OK;

    for (size_t i = 0; rc == SE_OK && i < partial->count; i++) {
        rc = add(draft, &partial->elements[i], err);
    }
    for (size_t i = 0; rc == SE_OK && i < known->count; i++) {
        if (stays(partial, &known->elements[i])) {
            rc = add(draft, &known->elements[i], err);
        }
    }
    for (size_t i = 0; rc == SE_OK && i < partial->rejected_count; i++) {
        rc = se__draft_reject(draft, partial->rejected[i].id,
                              partial->rejected[i].reason, i + 1, err);
    }
    memcpy(draft->timestamp, partial->timestamp, sizeof(draft->timestamp));
    draft->version = partial->version;
    return rc;
}

se_err se__topology_merge(se_topology *partial, const se_topology *known,
                          se_topology **out, se_error *err)
{
    se_topology *merged = NULL;
    se__draft draft;
    se_err rc;

    if (known == NULL || !partial->partial || nothing_stays(partial, known)) {
        *out = se_topology_ref(partial);
        return SE_OK;
    }
    se__draft_init(&draft);
    rc = fill(&draft, partial, known, err);
    if (rc == SE_OK) {
        rc = se__draft_finish(&draft, &merged, err);
    }
    se__draft_fini(&draft);
    if (rc == SE_OK) {
        se__topology_set_origin(merged, partial->source, partial->fetched_ms);
        *out = merged;
    }
    return rc;
}
