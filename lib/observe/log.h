/*
 * Handing events to the caller's log function.
 */
#ifndef SE_OBSERVE_LOG_H
#define SE_OBSERVE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include <artstore/log.h>

/* Copied by value into every part that speaks; all zero is silent. */
typedef struct se__log {
    se_log_fn fn;
    void *user;
} se__log;

/* Fields, written as `(se_log_field[]){SE__LOG_STR("se_id", id), ...}`. */
#define SE__LOG_STR(k, v)                                                      \
    {                                                                          \
        .key = (k), .type = SE_LOG_STRING, .string = (v)                       \
    }
#define SE__LOG_INT(k, v)                                                      \
    {                                                                          \
        .key = (k), .type = SE_LOG_INT, .integer = (v)                         \
    }
#define SE__LOG_BOOL(k, v)                                                     \
    {                                                                          \
        .key = (k), .type = SE_LOG_BOOL, .integer = (v)                        \
    }
#define SE__LOG_DOUBLE(k, v)                                                   \
    {                                                                          \
        .key = (k), .type = SE_LOG_DOUBLE, .number = (v)                       \
    }
#define SE__LOG_LIST(k, v, n)                                                  \
    {                                                                          \
        .key = (k), .type = SE_LOG_STRINGS, .strings = (v), .count = (n)       \
    }

/* Say it; message is a constant, everything that varies is a field. */
void se__log_event(const se__log *log, se_log_level level,
                   const char *component, const char *message,
                   const se_log_field *fields, size_t n_fields);

#define SE__LOG(log, level, component, message, ...)                           \
    se__log_event(                                                             \
        log, level, component, message, (se_log_field[]){__VA_ARGS__},         \
        sizeof((se_log_field[]){__VA_ARGS__}) / sizeof(se_log_field))

#endif
