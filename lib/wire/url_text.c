/*
 * What can be said about a URL before libcurl looks at it.
 */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "wire/url.h"
#include "wire/url_check.h"

/* Of a path, besides letters and digits: RFC 3986, 3.3, without '@', which
 * would look like a user name. */
static const char path_marks[] = "-._~!$&'()*+,;=:/%";

static const char *check_bytes(const char *url)
{
    for (const char *at = url; *at; at++) {
        unsigned char byte = (unsigned char)*at;

        if (se__url_is_alnum(*at)) {
            continue; /* most of them */
        }
        if (byte <= 0x20 || byte == 0x7f) {
            return "URL holds a space or a control character";
        }
        if (byte >= 0x80) {
            return "URL holds a character that is not ASCII (an international "
                   "host name is written in its xn-- form)";
        }
        if (byte == '\\') {
            return "URL holds a backslash";
        }
        if (byte == '#') {
            return "URL holds a fragment (#)";
        }
        if (byte == '?') {
            return "URL holds a query (?)";
        }
    }
    return NULL;
}

size_t se__url_scheme_length(const char *url)
{
    if (strncasecmp(url, "http://", 7) == 0) {
        return 7;
    }
    return strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
}

static const char *check_authority(const char *authority, size_t length)
{
    if (length == 0) {
        return "URL has no host";
    }
    if (memchr(authority, '@', length)) {
        return "URL holds a user name or password";
    }
    if (memchr(authority, '%', length)) {
        return "URL host holds a percent escape";
    }
    if (authority[length - 1] == ':') {
        return "URL has a colon but no port";
    }
    return NULL;
}

static int hex_value(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = strchr(digits, digit | 0x20);

    return digit && at ? (int)(at - digits) : -1;
}

/* One character of a path, decoded; -1: a broken escape. */
static int path_character(const char **at)
{
    int high, low;

    if (**at != '%') {
        return (unsigned char)*(*at)++;
    }
    high = hex_value((*at)[1]);
    low = high < 0 ? -1 : hex_value((*at)[2]);
    if (low < 0) {
        return -1;
    }
    *at += 3;
    return high * 16 + low;
}

static bool has_path_characters(const char *path)
{
    while (se__url_is_alnum(*path) || (*path && strchr(path_marks, *path))) {
        path++;
    }
    return *path == '\0';
}

/* Segments of dots alone climb, also when they are written with %2e. */
static const char *check_path(const char *path)
{
    int dots = 0; /* of a segment that has nothing else; -1: it has */
    bool ended;

    if (!has_path_characters(path)) {
        return "URL path holds a character that is not allowed";
    }
    do {
        int c = '/';

        ended = *path == '\0';
        if (!ended) {
            c = path_character(&path);
        }
        if (c < 0) {
            return "URL path holds a broken percent escape";
        }
        if (c < 0x20 || c == 0x7f) {
            return "URL path holds an escaped control character";
        }
        if (c != '/') {
            dots = c == '.' && dots >= 0 ? dots + 1 : -1;
        } else if (dots == 1 || dots == 2) {
            return "URL path holds a segment . or ..";
        } else {
            dots = 0;
        }
    } while (!ended);
    return NULL;
}

const char *se__url_check_text(const char *url)
{
    const char *authority, *wrong;
    size_t scheme, length;

    if (url == NULL || *url == '\0') {
        return "URL is empty";
    }
    if (strnlen(url, SE__URL_SIZE) >= SE__URL_SIZE) {
        return "URL is longer than 1023 bytes";
    }
    wrong = check_bytes(url);
    if (wrong) {
        return wrong;
    }
    scheme = se__url_scheme_length(url);
    if (scheme == 0) {
        return "URL does not begin with http:// or https://";
    }
    authority = url + scheme;
    length = strcspn(authority, "/");
    wrong = check_authority(authority, length);
    return wrong ? wrong : check_path(authority + length);
}
