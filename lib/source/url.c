/*
 * Sources by URL: one row per scheme.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <artstore/admin.h>
#include <artstore/source.h>

#include "base/error.h"
#include "base/mem.h"

typedef struct scheme {
    const char *name; /* with the colon */
    const char *form; /* as people are told to write it */
    /* rest: what stands behind the name */
    se_err (*open)(const char *url, const char *rest, se_source **out,
                   se_error *err);
} scheme;

/* `rest` is PATH or ///PATH; it is taken as it stands, nothing is decoded. */
static se_err open_file(const char *url, const char *rest, se_source **out,
                        se_error *err)
{
    const char *path = rest;

    (void)url;
    if (strncmp(rest, "//", 2) == 0) {
        path = rest + 2;
        if (path[0] != '/') {
            return se__fail(err, SE_E_CONFIG,
                            "a file URL names no host: "
                            "write file:PATH or file:///PATH");
        }
    }
    if (path[0] == '\0') {
        return se__fail(err, SE_E_CONFIG,
                        "the source file: names no path: write file:PATH");
    }
    return se_source_file(path, out, err);
}

static se_err open_redis(const char *url, const char *rest, se_source **out,
                         se_error *err)
{
    se_redis_options options = SE_REDIS_OPTIONS_INIT;

    (void)rest;
    options.url = url;
    return se_source_redis(&options, out, err);
}

/* An Admin Module without an account: it may let everybody read. */
static se_err open_admin(const char *url, const char *rest, se_source **out,
                         se_error *err)
{
    se_admin_options options = SE_ADMIN_OPTIONS_INIT;
    se_admin *admin = NULL;
    se_err rc;

    (void)rest;
    options.url = url;
    rc = se_admin_open(&admin, &options, err);
    if (rc == SE_OK) {
        rc = se_source_admin(admin, out, err);
        se_admin_close(admin); /* the source keeps what it needs */
    }
    return rc;
}

static const scheme schemes[] = {
    {"file:", "file:PATH", open_file},
    {"redis:", "redis://HOST[:PORT][/DATABASE]", open_redis},
    {"rediss:", "rediss://HOST...", open_redis},
    {"sentinel:", "sentinel://HOST:PORT,.../MASTER[/DATABASE]", open_redis},
    {"http:", "http://HOST[:PORT]", open_admin},
    {"https:", "https://HOST...", open_admin},
};

/* Only the scheme is shown: anything behind it may hold a password. */
static se_err not_understood(const char *url, se_error *err)
{
    size_t length = strspn(url, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    char forms[256] = "";
    size_t used = 0;

    for (size_t i = 0; i < SE__COUNT(schemes); i++) {
        int n = snprintf(forms + used, sizeof(forms) - used, "%s%s",
                         i > 0 ? ", " : "", schemes[i].form);
        used += n > 0 && (size_t)n < sizeof(forms) - used ? (size_t)n : 0;
    }
    if (length > 0 && length <= 32 && strncmp(url + length, "://", 3) == 0) {
        return se__fail(err, SE_E_CONFIG,
                        "a source of scheme %.*s is not understood; write %s",
                        (int)length, url, forms);
    }
    return se__fail(err, SE_E_CONFIG,
                    "a source without a known scheme is not understood; "
                    "write %s",
                    forms);
}

se_err se_source_open(const char *url, se_source **out, se_error *err)
{
    if (url == NULL || out == NULL) {
        return se__fail(err, SE_E_INVALID, "a source needs a URL");
    }
    for (size_t i = 0; i < SE__COUNT(schemes); i++) {
        size_t length = strlen(schemes[i].name);

        if (strncasecmp(url, schemes[i].name, length) == 0) {
            return schemes[i].open(url, url + length, out, err);
        }
    }
    return not_understood(url, err);
}
