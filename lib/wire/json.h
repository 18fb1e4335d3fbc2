/*
 * JSON, bounded and strict, on cJSON.
 *
 * Design notes. cJSON accepts what JSON forbids and needs many times the text
 * in memory, so a scan of our own goes first: size, depth, number of values,
 * UTF-8, control characters, U+0000, number syntax, duplicate keys. What
 * passes is parsed by cJSON; integers that its double cannot hold exactly are
 * taken from the text. Keys are compared case-sensitively.
 */
#ifndef SE_WIRE_JSON_H
#define SE_WIRE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <artstore/error.h>

#include "base/buf.h"

typedef struct se__json se__json;             /* a parsed document */
typedef struct se__json_value se__json_value; /* a view into it */

typedef struct se__json_limits {
    size_t max_bytes;
    int max_depth;
    size_t max_values;
} se__json_limits;

/* Documents of storage elements; replies of elements and of the Admin
 * Module. */
extern const se__json_limits se__json_document_limits; /* 8 MiB, 16, 400000 */
extern const se__json_limits se__json_reply_limits;    /* 64 KiB, 16, 4096 */

/*
 * SE_E_LIMIT beyond the limits, SE_E_PARSE otherwise; the message says what is
 * wrong at which byte (from 1), e.g. "duplicate key \"id\" at byte 42". Nothing
 * beyond the limits is allocated.
 */
se_err se__json_parse(const char *text, size_t length,
                      const se__json_limits *limits, se__json **out,
                      se_error *err);

/*
 * Likewise, for a document whose root has a big array as member `key`: its
 * elements are handed over one by one, each as soon as it is checked, and freed
 * again; *out is the rest, with that array empty. So memory is needed for one
 * element, not for all. Of objects only the `members` are handed over, the
 * others are checked and left out. A failure of `each` ends it; on any failure
 * forget what `each` was given, the document is worth nothing.
 */
#define SE__JSON_LIST_MEMBERS 16 /* at most */
typedef struct se__json_list {
    const char *key;
    const char *const *members;
    size_t n_members; /* 0: all of them */
    se_err (*each)(void *user, const se__json_value *element, se_error *err);
    void *user;
} se__json_list;
se_err se__json_parse_list(const char *text, size_t length,
                           const se__json_limits *limits,
                           const se__json_list *list, se__json **out,
                           se_error *err);
void se__json_free(se__json *json);
const se__json_value *se__json_root(const se__json *json);

/* All getters take NULL for "not there" and then answer NULL or false. */
bool se__json_is_object(const se__json_value *value);
bool se__json_is_array(const se__json_value *value);
bool se__json_is_null(const se__json_value *value);
const se__json_value *se__json_get(const se__json_value *object,
                                   const char *key);
const char *se__json_string(const se__json_value *value); /* view, or NULL */
/* Only what is written as an integer and fits: not 1.0, not 1e3. */
bool se__json_int64(const se__json_value *value, int64_t *out);
bool se__json_double(const se__json_value *value, double *out);
bool se__json_bool(const se__json_value *value, bool *out);
/* Iterate an array or an object: NULL starts, NULL ends. */
const se__json_value *se__json_next(const se__json_value *container,
                                    const se__json_value *previous);
const char *se__json_key(const se__json_value *member);
size_t se__json_count(const se__json_value *container);

/*
 * Writing: appends to a se__buf; commas are ours. Strings are escaped so that a
 * line stays a line: < 0x20, 0x7f, U+2028, U+2029, and invalid UTF-8 as U+FFFD.
 */
typedef struct se__json_writer {
    se__buf *buf;
    bool comma;  /* a value stands before on this level */
    bool spaced; /* ", " and ": " as artStore's Python writes them */
    bool ascii;  /* non-ASCII as \uXXXX */
} se__json_writer;

#define SE__JSON_WRITER(b)                                                     \
    {                                                                          \
        .buf = (b)                                                             \
    }

void se__json_begin_object(se__json_writer *w);
void se__json_end_object(se__json_writer *w);
void se__json_begin_array(se__json_writer *w);
void se__json_end_array(se__json_writer *w);
void se__json_write_key(se__json_writer *w, const char *key);
/* NULL is written as null. */
void se__json_write_string(se__json_writer *w, const char *text);
void se__json_write_int(se__json_writer *w, int64_t value);
/* The shortest text that reads back exactly; null if it is not finite. */
void se__json_write_double(se__json_writer *w, double value);
void se__json_write_bool(se__json_writer *w, bool value);
void se__json_write_null(se__json_writer *w);
/* A parsed value again, e.g. to re-print metadata in artStore's spelling;
 * numbers as they were written. */
void se__json_write_value(se__json_writer *w, const se__json_value *value);

/* Of the cJSON that runs, e.g. "1.7.15". Not by two threads at once. */
const char *se__json_version(void);

#endif
