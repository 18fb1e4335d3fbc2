/*
 * log.h - where the library says what it does.
 *
 * The library never prints. It hands each event to the caller's function as a
 * message and named fields; what is done with it is the caller's affair.
 */
#ifndef ARTSTORE_LOG_H
#define ARTSTORE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <artstore/export.h>

SE_BEGIN_DECLS

typedef enum se_log_level {
    SE_LOG_DEBUG = 0,
    SE_LOG_INFO = 1,
    SE_LOG_WARNING = 2,
    SE_LOG_ERROR = 3
} se_log_level;

typedef enum se_log_type {
    SE_LOG_STRING = 0, /* `string` */
    SE_LOG_INT = 1,    /* `integer` */
    SE_LOG_DOUBLE = 2, /* `number` */
    SE_LOG_BOOL = 3,   /* `integer`, 0 or 1 */
    SE_LOG_STRINGS = 4 /* `strings`, `count` of them */
} se_log_type;

/* One named value of an event; a view, valid during the call only. */
typedef struct se_log_field {
    const char *key;
    se_log_type type;
    const char *string;
    int64_t integer;
    double number;
    const char *const *strings;
    size_t count;
} se_log_field;

/* One event; a view, valid during the call only. */
typedef struct se_log_event {
    uint32_t size; /* sizeof(se_log_event) of the library */
    se_log_level level;
    int64_t time_us;       /* wall clock, microseconds since 1970, UTC */
    const char *component; /* the part that speaks, e.g. "registry" */
    const char *message;   /* one line, never a secret */
    const se_log_field *fields;
    size_t n_fields;
} se_log_event;

/*
 * The caller's function. May be called by any thread of the library, also by
 * several at once, with no lock held; it must not call back into the handle
 * that it belongs to and should return soon.
 */
typedef void (*se_log_fn)(void *user, const se_log_event *event);

/*
 * Name a level: "DEBUG", "INFO", "WARNING" or "ERROR".
 *
 * @param level  any value
 * @return       view of a constant; "?" for a value that is no level
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API const char *se_log_level_name(se_log_level level);

SE_END_DECLS

#endif
