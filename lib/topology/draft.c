/*
 * Gathers elements in the order in which they come and lays them out, sorted,
 * in one block. Lists come sorted more often than not; then sorting is one
 * look at each.
 */
#include "topology/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "topology/hash.h"

#define FIRST_CAPACITY 16

/* While a draft is finished: what stays, in two orders. */
typedef struct orders {
    se__draft_item **by_id;
    se__draft_item **by_rank;
    size_t count;
} orders;

static const char duplicate[] = "an element further on has the same id";

static se_err out_of_memory(se_error *err)
{
    return se__fail(err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
}

void se__draft_init(se__draft *draft)
{
    memset(draft, 0, sizeof(*draft));
    se__buf_init(&draft->texts, 0);
}

void se__draft_fini(se__draft *draft)
{
    free(draft->kept.items);
    free(draft->rejected.items);
    se__buf_fini(&draft->texts);
    se__draft_init(draft);
}

/* A new item at the end; NULL: out of memory. */
static se__draft_item *append(se__draft_items *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
        se__draft_item *grown = realloc(list->items, capacity * sizeof(*grown));

        if (grown == NULL) {
            return NULL;
        }
        list->items = grown;
        list->capacity = capacity;
    }
    return &list->items[list->count++];
}

/* *at: where the text begins in the draft's. */
static bool append_text(se__draft *draft, const char *text, size_t *at)
{
    *at = draft->texts.length;
    if (se__buf_append(&draft->texts, text, strlen(text) + 1)) {
        return true;
    }
    draft->texts.failed = false; /* may be tried again */
    return false;
}

/* Take back what was begun. */
static se_err undo(se__draft *draft, se__draft_items *list, size_t texts,
                   se_error *err)
{
    list->count--;
    draft->texts.length = texts;
    return out_of_memory(err);
}

const char *se__draft_check_id(const char *id)
{
    if (id == NULL || *id == '\0') {
        return "id is empty";
    }
    if (strnlen(id, SE_ID_SIZE) >= SE_ID_SIZE) {
        return "id is longer than 64 characters";
    }
    return se__id_valid(id) ? NULL : "id holds a character that is not allowed";
}

se_err se__draft_add(se__draft *draft, const se_element *figures,
                     const char *id, const char *url, size_t position,
                     se_error *err)
{
    size_t texts = draft->texts.length;
    se__draft_item *item = append(&draft->kept);

    if (item == NULL) {
        return out_of_memory(err);
    }
    item->element = *figures;
    item->position = position;
    if (!append_text(draft, id, &item->id) ||
        !append_text(draft, url, &item->text)) {
        return undo(draft, &draft->kept, texts, err);
    }
    return SE_OK;
}

/* Hostile lists are wrong in the same way many times: one text for all. */
static bool share_reason(se__draft *draft, const char *reason, size_t *at)
{
    size_t count = draft->rejected.count - 1; /* before the new one */

    if (count > 0) {
        *at = draft->rejected.items[count - 1].text;
        if (strcmp(draft->texts.data + *at, reason) == 0) {
            return true;
        }
    }
    return append_text(draft, reason, at);
}

se_err se__draft_reject(se__draft *draft, const char *id, const char *reason,
                        size_t position, se_error *err)
{
    size_t texts = draft->texts.length;
    se__draft_item *item = append(&draft->rejected);

    if (item == NULL) {
        return out_of_memory(err);
    }
    item->position = position;
    if (!share_reason(draft, reason, &item->text) ||
        !append_text(draft, id, &item->id)) {
        return undo(draft, &draft->rejected, texts, err);
    }
    return SE_OK;
}

static int compare_ids(const void *a, const void *b)
{
    const se__draft_item *left = *(se__draft_item *const *)a;
    const se__draft_item *right = *(se__draft_item *const *)b;
    int order = strcmp(left->element.id, right->element.id);

    return order ? order
                 : (left->position > right->position) -
                       (left->position < right->position);
}

static int compare_ranks(const void *a, const void *b)
{
    const se_element *left = &(*(se__draft_item *const *)a)->element;
    const se_element *right = &(*(se__draft_item *const *)b)->element;

    if (left->priority != right->priority) {
        return left->priority < right->priority ? -1 : 1;
    }
    return strcmp(left->id, right->id);
}

static int compare_positions(const void *a, const void *b)
{
    const se__draft_item *left = a;
    const se__draft_item *right = b;

    return (left->position > right->position) -
           (left->position < right->position);
}

static void sort(se__draft_item **items, size_t count,
                 int (*compare)(const void *, const void *))
{
    for (size_t i = 1; i < count; i++) {
        if (compare(&items[i - 1], &items[i]) > 0) {
            qsort(items, count, sizeof(*items), compare);
            return;
        }
    }
}

/* Of elements with one id the last stays; the others are rejected. */
static bool drop_duplicates(se__draft *draft, orders *sorted, size_t reason)
{
    size_t count = 0;

    for (size_t i = 0; i < sorted->count; i++) {
        se__draft_item *item = sorted->by_id[i];
        se__draft_item *rejected;

        if (i + 1 == sorted->count ||
            strcmp(item->element.id, sorted->by_id[i + 1]->element.id) != 0) {
            sorted->by_id[count++] = item;
            continue;
        }
        rejected = append(&draft->rejected);
        if (rejected == NULL) {
            return false;
        }
        rejected->position = item->position;
        rejected->id = item->id;
        rejected->text = reason;
    }
    sorted->count = count;
    return true;
}

/* Both orders, without duplicates; false: out of memory. */
static bool put_in_order(se__draft *draft, orders *sorted)
{
    size_t count = draft->kept.count;
    size_t reason;

    sorted->count = count;
    sorted->by_id = se__zalloc_array(2 * count, sizeof(*sorted->by_id));
    if (sorted->by_id == NULL || !append_text(draft, duplicate, &reason)) {
        return false;
    }
    sorted->by_rank = sorted->by_id + count;
    for (size_t i = 0; i < count; i++) {
        se__draft_item *item = &draft->kept.items[i];

        item->element.id = draft->texts.data + item->id;
        sorted->by_id[i] = item;
    }
    sort(sorted->by_id, count, compare_ids);
    if (!drop_duplicates(draft, sorted, reason)) {
        return false;
    }
    count = sorted->count;
    memcpy(sorted->by_rank, sorted->by_id, count * sizeof(*sorted->by_rank));
    sort(sorted->by_rank, count, compare_ranks);
    if (draft->rejected.count > 1) {
        qsort(draft->rejected.items, draft->rejected.count,
              sizeof(*draft->rejected.items), compare_positions);
    }
    return true;
}

static void fill(se_topology *topology, char *texts, const se__draft *draft,
                 const orders *sorted)
{
    memcpy(texts, draft->texts.data, draft->texts.length);
    for (size_t i = 0; i < sorted->count; i++) {
        se__draft_item *item = sorted->by_rank[i];
        se_element *element = &topology->elements[i];

        *element = item->element;
        element->id = texts + item->id;
        element->url = texts + item->text;
        item->rank = i;
    }
    for (size_t i = 0; i < sorted->count; i++) {
        topology->by_id[i] = sorted->by_id[i]->rank;
    }
    for (size_t i = 0; i < draft->rejected.count; i++) {
        const se__draft_item *item = &draft->rejected.items[i];

        topology->rejected[i].id = texts + item->id;
        topology->rejected[i].reason = texts + item->text;
    }
    memcpy(topology->timestamp, draft->timestamp, sizeof(draft->timestamp));
    topology->version = draft->version;
}

se_err se__draft_finish(se__draft *draft, se_topology **out, se_error *err)
{
    orders sorted = {NULL, NULL, 0};
    se_topology *topology = NULL;
    se_err rc = SE_E_NOMEM;
    char *texts;

    if (put_in_order(draft, &sorted)) {
        topology = se__topology_new(sorted.count, draft->rejected.count,
                                    draft->texts.length, &texts);
    }
    if (topology == NULL) {
        out_of_memory(err);
        goto done;
    }
    fill(topology, texts, draft, &sorted);
    rc = se__topology_make_hash(topology, err);
    if (rc == SE_OK) {
        *out = topology;
        topology = NULL;
    }
done:
    se_topology_unref(topology);
    free(sorted.by_id);
    return rc;
}
