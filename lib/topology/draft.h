/*
 * A topology being made: elements in any order, and what was left out.
 */
#ifndef SE_TOPOLOGY_DRAFT_H
#define SE_TOPOLOGY_DRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "topology/topology.h"

/* More are refused. */
#define SE__TOPOLOGY_MAX 100000

/* An element, or the reason why there is none. */
typedef struct se__draft_item {
    se_element element; /* its id and url are set at the end */
    size_t id, text;    /* where its id and its URL or reason begin */
    size_t position;    /* in the document, from 1 */
    size_t rank;        /* in the topology */
} se__draft_item;

typedef struct se__draft_items {
    se__draft_item *items;
    size_t count, capacity;
} se__draft_items;

typedef struct se__draft {
    se__draft_items kept, rejected;
    se__buf texts;
    char timestamp[40];
    int64_t version;
} se__draft;

void se__draft_init(se__draft *draft);
void se__draft_fini(se__draft *draft);

/* What is wrong with an id, in words for people; NULL: nothing. */
const char *se__draft_check_id(const char *id);

/*
 * Add an element; `figures` holds all of it but its texts, which are checked
 * already and copied. SE_E_NOMEM is the only error of these three; after it the
 * draft is as before.
 */
se_err se__draft_add(se__draft *draft, const se_element *figures,
                     const char *id, const char *url, size_t position,
                     se_error *err);
/* Note that an element was left out. */
se_err se__draft_reject(se__draft *draft, const char *id, const char *reason,
                        size_t position, se_error *err);

/* Make the topology: sorted, hashed; of elements with one id the last stays,
 * the others are rejected. */
se_err se__draft_finish(se__draft *draft, se_topology **out, se_error *err);

#endif
