/*
 * The scan that goes before cJSON: one pass that takes exactly what RFC 8259
 * allows, within limits.
 */
#ifndef SE_WIRE_JSON_SCAN_H
#define SE_WIRE_JSON_SCAN_H

#include "base/buf.h"
#include "wire/json.h"

/* An array of the root object whose elements are reported one by one. */
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

/*
 * Check a document. `watch` may be NULL. *odd tells whether a number outside of
 * the watched array is not an integer that a double holds exactly.
 */
se_err se__json_scan(const char *text, size_t length,
                     const se__json_limits *limits, se__json_watch *watch,
                     bool *odd, se_error *err);

#endif
