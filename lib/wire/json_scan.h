/*
 * The scan that goes before cJSON: one pass that takes exactly what RFC 8259
 * allows, within limits.
 */
#ifndef SE_WIRE_JSON_SCAN_H
#define SE_WIRE_JSON_SCAN_H

#include "wire/json.h"
#include "wire/json_watch.h"

/*
 * Check a document. `watch` may be NULL. *odd tells whether a number outside of
 * the watched array is not an integer that a double holds exactly.
 */
se_err se__json_scan(const char *text, size_t length,
                     const se__json_limits *limits, se__json_watch *watch,
                     bool *odd, se_error *err);

#endif
