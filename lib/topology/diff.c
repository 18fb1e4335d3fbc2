/*
 * What changed between two topologies: one walk over both, in order of id.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "topology/topology.h"

#define KINDS 4

struct se_change {
    const char *id;
    const se_element *before, *after;
    const char *reason;
};

struct se_diff {
    se_topology *before, *after; /* references; NULL: empty */
    se_change *changes;          /* by kind, then by id */
    size_t first[KINDS];         /* where a kind begins */
    size_t count[KINDS];
};

/* The element at a place in the order of ids; NULL: past the end. */
static const se_element *at_id(const se_topology *topology, size_t place)
{
    return topology && place < topology->count
               ? &topology->elements[topology->by_id[place]]
               : NULL;
}

static bool is_same(const se_element *a, const se_element *b)
{
    return a->priority == b->priority && a->mode == b->mode &&
           a->available == b->available && strcmp(a->url, b->url) == 0;
}

/* Without room for it yet, it is only counted. */
static void note(se_diff *diff, se_change_kind kind, const se_change *change)
{
    size_t index = diff->count[kind]++;

    if (diff->changes) {
        diff->changes[diff->first[kind] + index] = *change;
    }
}

static void note_elements(se_diff *diff, const se_element *before,
                          const se_element *after)
{
    se_change change = {.before = before, .after = after, .reason = ""};

    if (before == NULL) {
        change.id = after->id;
        note(diff, SE_CHANGE_ADDED, &change);
        return;
    }
    change.id = before->id;
    if (after == NULL) {
        note(diff, SE_CHANGE_REMOVED, &change);
    } else if (!is_same(before, after)) {
        note(diff, SE_CHANGE_UPDATED, &change);
    }
}

/* Below zero: only in `before`; above: only in `after`. */
static int compare(const se_element *before, const se_element *after)
{
    if (before == NULL || after == NULL) {
        return before ? -1 : 1;
    }
    return strcmp(before->id, after->id);
}

static void walk_elements(se_diff *diff)
{
    size_t b = 0;
    size_t a = 0;

    for (;;) {
        const se_element *before = at_id(diff->before, b);
        const se_element *after = at_id(diff->after, a);
        int order;

        if (before == NULL && after == NULL) {
            return;
        }
        order = compare(before, after);
        note_elements(diff, order <= 0 ? before : NULL,
                      order >= 0 ? after : NULL);
        b += order <= 0;
        a += order >= 0;
    }
}

static void walk_rejected(se_diff *diff)
{
    const se_topology *after = diff->after;

    for (size_t i = 0; after && i < after->rejected_count; i++) {
        se_change change = {.id = after->rejected[i].id,
                            .reason = after->rejected[i].reason};

        note(diff, SE_CHANGE_REJECTED, &change);
    }
}

static bool has_same_content(const se_topology *before,
                             const se_topology *after)
{
    return before && after && strcmp(before->hash, after->hash) == 0;
}

static void walk(se_diff *diff)
{
    memset(diff->count, 0, sizeof(diff->count));
    if (!has_same_content(diff->before, diff->after)) {
        walk_elements(diff);
    }
    walk_rejected(diff);
}

static int compare_changes(const void *a, const void *b)
{
    const se_change *left = a;
    const se_change *right = b;
    int order = strcmp(left->id, right->id);

    /* One id several times: in the order of the document, as its texts are. */
    return order ? order : (left->id > right->id) - (left->id < right->id);
}

/* Once to count, once to note. */
static bool compute(se_diff *diff)
{
    size_t total = 0;

    walk(diff);
    for (int kind = 0; kind < KINDS; kind++) {
        diff->first[kind] = total;
        total += diff->count[kind];
    }
    if (total == 0) {
        return true;
    }
    diff->changes = se__zalloc_array(total, sizeof(*diff->changes));
    if (diff->changes == NULL) {
        return false;
    }
    walk(diff);
    qsort(diff->changes + diff->first[SE_CHANGE_REJECTED],
          diff->count[SE_CHANGE_REJECTED], sizeof(*diff->changes),
          compare_changes);
    return true;
}

se_err se_diff_compute(const se_topology *before, const se_topology *after,
                       se_diff **out, se_error *err)
{
    se_diff *diff = se__zalloc(sizeof(*diff));

    if (diff) {
        diff->before = se_topology_ref(before);
        diff->after = se_topology_ref(after);
    }
    if (diff == NULL || !compute(diff)) {
        se_diff_free(diff);
        return se__fail(err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
    }
    *out = diff;
    return SE_OK;
}

void se_diff_free(se_diff *diff)
{
    if (diff) {
        se_topology_unref(diff->before);
        se_topology_unref(diff->after);
        free(diff->changes);
        free(diff);
    }
}

bool se_diff_is_empty(const se_diff *diff)
{
    return diff->count[SE_CHANGE_ADDED] == 0 &&
           diff->count[SE_CHANGE_REMOVED] == 0 &&
           diff->count[SE_CHANGE_UPDATED] == 0;
}

size_t se_diff_count(const se_diff *diff, se_change_kind kind)
{
    return (size_t)kind < KINDS ? diff->count[kind] : 0;
}

const se_change *se_diff_at(const se_diff *diff, se_change_kind kind,
                            size_t index)
{
    return index < se_diff_count(diff, kind)
               ? &diff->changes[diff->first[kind] + index]
               : NULL;
}

void se_diff_totals(const se_diff *diff, size_t *before, size_t *after)
{
    if (before) {
        *before = diff->before ? diff->before->count : 0;
    }
    if (after) {
        *after = diff->after ? diff->after->count : 0;
    }
}

const se_topology *se_diff_after(const se_diff *diff)
{
    return diff->after;
}

const char *se_change_id(const se_change *change)
{
    return change->id;
}

const se_element *se_change_before(const se_change *change)
{
    return change->before;
}

const se_element *se_change_after(const se_change *change)
{
    return change->after;
}

const char *se_change_reason(const se_change *change)
{
    return change->reason;
}
