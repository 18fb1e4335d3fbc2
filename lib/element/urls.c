/*
 * Where the routes of an element lie below its base URL.
 */
#include "base/buf.h"
#include "element/reply.h"

static char *join(const char *base, const char *path, const char *file_id)
{
    se__buf url = SE__BUF_INIT;

    se__buf_puts(&url, base);
    se__buf_puts(&url, path);
    se__buf_puts(&url, file_id);
    return se__buf_take(&url);
}

char *se__element_upload_url(const char *base)
{
    return join(base, "/api/v1/files/upload", "");
}

char *se__element_capacity_url(const char *base)
{
    return join(base, "/api/v1/capacity", "");
}

char *se__element_info_url(const char *base)
{
    return join(base, "/api/v1/info", "");
}

char *se__element_file_url(const char *base, const char *file_id)
{
    return join(base, "/api/v1/files/", file_id);
}

char *se__element_gc_url(const char *base, const char *file_id)
{
    return join(base, "/api/v1/gc/", file_id);
}
