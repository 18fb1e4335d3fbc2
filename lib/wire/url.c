/*
 * Base URLs: what libcurl's parser reads, held to a policy that guesses
 * nothing.
 *
 * libcurl repairs much of what people write (a missing slash, an empty user,
 * escapes in the host); two programs that repair differently disagree on where
 * a request goes. So the text is checked first, then parsed, then the host that
 * libcurl found is checked again, as an address if it is one.
 */
#include "wire/url.h"

#include <curl/curl.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "wire/url_check.h"

/* What libcurl found, owned, and the port (0: the scheme's own). */
typedef struct url_parts {
    char *host;
    char *port;
    char *path;
} url_parts;

static const struct {
    CURLUcode code;
    const char *what;
} curl_complaints[] = {
    {CURLUE_BAD_PORT_NUMBER, "URL port is not a number from 1 to 65535"},
    {CURLUE_USER_NOT_ALLOWED, "URL holds a user name or password"},
    {CURLUE_NO_HOST, "URL has no host"},
    {CURLUE_BAD_HOSTNAME, "URL host holds a character that is not allowed"},
    {CURLUE_BAD_IPV6, "URL host is not an IPv6 address"},
};

static se_err curl_failed(CURLUcode code, se_error *err)
{
    if (code == CURLUE_OUT_OF_MEMORY) {
        return se__fail(err, SE_E_NOMEM, "%s", se_err_text(SE_E_NOMEM));
    }
    for (size_t i = 0; i < SE__COUNT(curl_complaints); i++) {
        if (curl_complaints[i].code == code) {
            return se__fail(err, SE_E_INVALID, "%s", curl_complaints[i].what);
        }
    }
    return se__fail(err, SE_E_INVALID, "URL is malformed: %s",
                    curl_url_strerror(code));
}

static void parts_fini(url_parts *parts)
{
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->path);
}

/* No guessing of schemes, no default port, the path as it stands. */
static se_err curl_parse(const char *url, url_parts *parts, se_error *err)
{
    CURLU *handle = curl_url();
    CURLUcode code = CURLUE_OUT_OF_MEMORY;

    if (handle == NULL) {
        return curl_failed(code, err);
    }
    code = curl_url_set(handle, CURLUPART_URL, url,
                        CURLU_DISALLOW_USER | CURLU_PATH_AS_IS);
    if (code == CURLUE_OK) {
        code = curl_url_get(handle, CURLUPART_HOST, &parts->host, 0);
    }
    if (code == CURLUE_OK) {
        code = curl_url_get(handle, CURLUPART_PATH, &parts->path, 0);
    }
    if (code == CURLUE_OK) {
        code = curl_url_get(handle, CURLUPART_PORT, &parts->port,
                            CURLU_NO_DEFAULT_PORT);
        code = code == CURLUE_NO_PORT ? CURLUE_OK : code;
    }
    curl_url_cleanup(handle);
    return code == CURLUE_OK ? SE_OK : curl_failed(code, err);
}

/* Append to a text in SE__URL_SIZE bytes; false: no room. */
static bool append(char *text, size_t *length, const char *more, size_t size)
{
    if (!more || size >= SE__URL_SIZE - *length) {
        return false;
    }
    memcpy(text + *length, more, size);
    *length += size;
    text[*length] = '\0';
    return true;
}

static bool append_text(char *text, size_t *length, const char *more)
{
    return append(text, length, more, more ? strlen(more) : 0);
}

static size_t path_length(const char *path)
{
    size_t length = path ? strlen(path) : 0;

    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    return length;
}

static se_err assemble(const url_parts *parts, bool tls, char out[SE__URL_SIZE],
                       se_error *err)
{
    char host[SE__URL_HOST_SIZE];
    const char *port = parts->port;
    se_err rc = se__url_check_host(parts->host, host, err);
    char text[SE__URL_SIZE];
    size_t length = 0;

    if (rc != SE_OK) {
        return rc;
    }
    if (port && strcmp(port, "0") == 0) {
        return curl_failed(CURLUE_BAD_PORT_NUMBER, err);
    }
    if (!append_text(text, &length, tls ? "https://" : "http://") ||
        !append_text(text, &length, host) ||
        (port && (!append_text(text, &length, ":") ||
                  !append_text(text, &length, port))) ||
        !append(text, &length, parts->path, path_length(parts->path))) {
        return se__fail(err, SE_E_INVALID, "URL is longer than 1023 bytes");
    }
    memcpy(out, text, length + 1);
    return SE_OK;
}

se_err se__url_normalize(const char *url, char out[SE__URL_SIZE], se_error *err)
{
    url_parts parts = {NULL, NULL, NULL};
    const char *wrong = se__url_check_text(url);
    se_err rc;

    if (wrong) {
        return se__fail(err, SE_E_INVALID, "%s", wrong);
    }
    rc = curl_parse(url, &parts, err);
    if (rc == SE_OK) {
        rc = assemble(&parts, se__url_scheme_length(url) == 8, out, err);
    }
    parts_fini(&parts);
    return rc;
}
