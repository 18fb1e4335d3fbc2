/*
 * Names of what is known about room and health.
 */
#include <artstore/capacity.h>

const char *se_health_name(se_health health)
{
    static const char *const names[] = {
        [SE_HEALTH_UNKNOWN] = "unknown",
        [SE_HEALTH_HEALTHY] = "healthy",
        [SE_HEALTH_DEGRADED] = "degraded",
        [SE_HEALTH_UNHEALTHY] = "unhealthy",
    };

    return (unsigned)health < sizeof(names) / sizeof(names[0]) ? names[health]
                                                               : "?";
}

const char *se_origin_name(se_origin origin)
{
    static const char *const names[] = {
        [SE_ORIGIN_NONE] = "none",   [SE_ORIGIN_LIST] = "list",
        [SE_ORIGIN_POLL] = "poll",   [SE_ORIGIN_CACHE] = "cache",
        [SE_ORIGIN_ADMIN] = "admin",
    };

    return (unsigned)origin < sizeof(names) / sizeof(names[0]) ? names[origin]
                                                               : "?";
}
