/*
 * Watching one array of a document while it is scanned: each element is
 * reported when it has passed, objects with their wanted members only.
 */
#ifndef SE_WIRE_JSON_WATCH_H
#define SE_WIRE_JSON_WATCH_H

#include "base/buf.h"
#include "wire/json.h"

typedef struct se__json_watch {
    const se__json_list *list;
    /* An element has passed; `odd`: it holds an odd number. SE_OK: go on. */
    se_err (*report)(const se__json_list *list, const char *text, size_t length,
                     bool odd, se_error *err);
    /* Found: what lies between its brackets; NULL: no such array. */
    const char *begin, *end;
    se__buf kept; /* wanted members of the element that is being read */
    uint64_t wanted[SE__JSON_LIST_MEMBERS]; /* hashes of their keys */
} se__json_watch;

void se__json_watch_init(se__json_watch *watch, const se__json_list *list);
void se__json_watch_fini(se__json_watch *watch);

/* A member of the element that is being read has passed; `hash` is its key's.
 * False: out of memory. */
bool se__json_watch_member(se__json_watch *watch, uint64_t hash,
                           const char *member, size_t length);
/* The element has passed; what `report` said. */
se_err se__json_watch_element(se__json_watch *watch, const char *element,
                              size_t length, bool odd, se_error *err);

#endif
