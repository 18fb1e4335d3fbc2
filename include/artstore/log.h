/*
 * log.h - where the library says what it does.
 *
 * The library never prints. It hands each event to the caller's function as a
 * message and named fields; what is done with it is the caller's affair. What
 * looks like a secret (an Authorization, a JWT, a password in a URL or behind
 * "password=") was replaced by "********" before. For the caller who just wants
 * lines, se_log_write() makes one of an event.
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
    const char *message;   /* one line */
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

typedef enum se_log_format {
    /* 2026-03-01T09:15:30.000000Z INFO registry: SE added se_id=se-04 */
    SE_LOG_TEXT = 0,
    /* {"timestamp":"...Z","level":"INFO","message":"SE added",
     *  "extra":{"component":"registry","se_id":"se-04"}} */
    SE_LOG_JSON = 1,
    /* As artStore's ingester in Python: {"timestamp": "...Z", "level": "INFO",
     * "name": "artstore.registry", "message": "SE added", "se_id": "se-04",
     * "logger": "artstore.registry", "module": "registry", "function": "",
     * "line": 0, "app_name": "artstore-ingester", "app_version": "0.1.0"} */
    SE_LOG_FLAT = 2
} se_log_format;

/* Room for any message, and for as many fields as the library uses. */
#define SE_LOG_LINE_SIZE 8192

/*
 * Write an event as one line, its end included, with nothing in it that could
 * end a line or move a cursor, whatever ids and messages hold. Of a text beyond
 * 1 KiB its beginning is written; of a list beyond 64 entries, these; a field
 * that does not fit is left out. The line then says "truncated". A field that
 * has the name of a part of the line gets an underscore ("message_"). Nothing
 * is allocated.
 *
 * @param[out] out  the line with a terminator; SE_LOG_LINE_SIZE is a good size
 * @param size      of out; 512 is the least that makes sense
 * @param format    se_log_format; anything else is SE_LOG_TEXT
 * @param event     borrows; may also be the caller's own
 * @return          bytes without the terminator; 0 and "" if not even the
 *                  beginning of the line fits
 *
 * Threads: any. Blocks: never. Since: 0.1.
 */
SE_API size_t se_log_write(char *out, size_t size, se_log_format format,
                           const se_log_event *event);

SE_END_DECLS

#endif
