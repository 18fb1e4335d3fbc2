/*
 * A registry with a list in force, and a look at its endpoints.
 */
#ifndef SELECTOR_TEST_KIT_H
#define SELECTOR_TEST_KIT_H

#include "selector/selector.h"

/* The moment that queries speak of, ms. */
#define NOW 1000000

typedef struct kit {
    se_registry *registry;
    se_selector *selector;
} kit;

/* `line` as for fleet(); NULL: no list yet. */
void kit_open(kit *k, const char *line);
/* Another selector, with options. */
void kit_reopen(kit *k, const se_selector_options *options);
void kit_close(kit *k);
void kit_put(kit *k, se_topology *list); /* takes the list */

/* Borrowed from the snapshot in force. */
se__endpoint *kit_endpoint(kit *k, const char *id);
/* As if it had just been asked; -1: room not known. */
void kit_room(kit *k, const char *id, int64_t available);
void kit_down(kit *k, const char *id, int64_t now);
void kit_eject(kit *k, const char *id, int64_t now);

se__query kit_query(int64_t bytes);
/* The id that takes it, or the error and its message; releases the choice. */
const char *kit_choose(kit *k, const se__query *query);
se_err kit_error(kit *k, const se__query *query, char *message, size_t size,
                 int64_t *wait_until_ms);

#endif
