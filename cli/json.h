/*
 * Writing one JSON object per line.
 *
 * Names, ids and answers come from outside: every byte that could break a line
 * or a terminal is escaped, invalid UTF-8 becomes U+FFFD.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct json_line {
    FILE *out;
    bool comma;
} json_line;

/* {"schema":1,"type":"TYPE" ... */
json_line json_begin(FILE *out, const char *type);
void json_end(json_line *line); /* } and newline */
void json_key(json_line *line, const char *key);
void json_string(json_line *line, const char *key, const char *value);
/* NULL or "": null */
void json_optional(json_line *line, const char *key, const char *value);
void json_int(json_line *line, const char *key, int64_t value);
void json_bool(json_line *line, const char *key, bool value);
/* One digit behind the point; below 0: null. */
void json_percent(json_line *line, const char *key, double value);
void json_open(json_line *line, const char *key, char bracket);
void json_close(json_line *line, char bracket);

#endif
