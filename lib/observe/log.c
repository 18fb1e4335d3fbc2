#include "observe/log.h"

#include "base/clock.h"
#include "base/mem.h"

const char *se_log_level_name(se_log_level level)
{
    static const char *const names[] = {
        [SE_LOG_DEBUG] = "DEBUG",
        [SE_LOG_INFO] = "INFO",
        [SE_LOG_WARNING] = "WARNING",
        [SE_LOG_ERROR] = "ERROR",
    };

    return (unsigned)level < SE__COUNT(names) ? names[level] : "?";
}

void se__log_event(const se__log *log, se_log_level level,
                   const char *component, const char *message,
                   const se_log_field *fields, size_t n_fields)
{
    se_log_event event = {
        .size = sizeof(event),
        .level = level,
        .component = component,
        .message = message,
        .fields = fields,
        .n_fields = n_fields,
    };

    if (log->fn) {
        event.time_us = se__wall_us();
        log->fn(log->user, &event);
    }
}
