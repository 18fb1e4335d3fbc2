/*
 * The host of a URL, as libcurl found it: a name, or an address that is judged
 * by its binary form.
 */
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "wire/url.h"
#include "wire/url_check.h"

#define LABEL_MAX 63 /* RFC 1035 */

static const char *check_labels(const char *host)
{
    size_t length = strlen(host);

    if (length > 0 && host[length - 1] == '.') {
        length--; /* the root's */
    }
    if (length == 0 || length > SE__URL_HOST_SIZE - 2) {
        return "URL host is empty or too long";
    }
    for (const char *at = host; at <= host + length; at++) {
        size_t label = 0;

        while (se__url_is_alnum(*at) || *at == '-' || *at == '_') {
            at++;
            label++;
        }
        if (*at != '.' && *at != '\0') {
            return "URL host holds a character that is not allowed";
        }
        if (label == 0 || label > LABEL_MAX) {
            return "URL host holds an empty or too long label";
        }
    }
    return NULL;
}

static bool is_digit(char c, bool hex)
{
    char lower = (char)(c | 0x20);

    return (c >= '0' && c <= '9') || (hex && lower >= 'a' && lower <= 'f');
}

/* Does the last label look like a number? Resolvers take such a host for an
 * address, each in its own way. */
static bool looks_like_ipv4(const char *host)
{
    const char *end = host + strlen(host);
    const char *at;
    bool hex;

    if (end > host && end[-1] == '.') {
        end--;
    }
    for (at = end; at > host && at[-1] != '.';) {
        at--;
    }
    hex = end - at >= 2 && at[0] == '0' && (at[1] | 0x20) == 'x';
    for (at += hex ? 2 : 0; at < end; at++) {
        if (!is_digit(*at, hex)) {
            return false;
        }
    }
    return true;
}

static se_err refuse_address(const char *why, se_error *err)
{
    return se__fail(err, SE_E_INVALID, "URL host is refused: %s", why);
}

static se_err check_ipv6(const char *host, char *out, se_error *err)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    char text[INET6_ADDRSTRLEN];
    size_t length = strlen(host);
    const char *why;

    if (length < 2 || length - 2 >= sizeof(text) || host[length - 1] != ']') {
        return se__fail(err, SE_E_INVALID, "URL host is not an IPv6 address");
    }
    memcpy(text, host + 1, length - 2);
    text[length - 2] = '\0';
    if (inet_pton(AF_INET6, text, &address.sin6_addr) != 1) {
        return se__fail(err, SE_E_INVALID, "URL host is not an IPv6 address");
    }
    if (!se__address_allowed((const struct sockaddr *)&address, &why)) {
        return refuse_address(why, err);
    }
    inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof(text));
    snprintf(out, SE__URL_HOST_SIZE, "[%s]", text);
    return SE_OK;
}

static se_err check_ipv4(const char *host, char *out, se_error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *why;

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) {
        return se__fail(err, SE_E_INVALID,
                        "URL host looks like an IPv4 address but is none");
    }
    if (!se__address_allowed((const struct sockaddr *)&address, &why)) {
        return refuse_address(why, err);
    }
    memcpy(out, host, strlen(host) + 1); /* at most 15 bytes */
    return SE_OK;
}

se_err se__url_check_host(const char *host, char out[SE__URL_HOST_SIZE],
                          se_error *err)
{
    const char *wrong;
    size_t i;

    if (host[0] == '[') {
        return check_ipv6(host, out, err);
    }
    wrong = check_labels(host);
    if (wrong) {
        return se__fail(err, SE_E_INVALID, "%s", wrong);
    }
    if (looks_like_ipv4(host)) {
        return check_ipv4(host, out, err);
    }
    for (i = 0; host[i] && i + 1 < SE__URL_HOST_SIZE; i++) {
        bool capital = host[i] >= 'A' && host[i] <= 'Z';

        out[i] = (char)(capital ? host[i] | 0x20 : host[i]);
    }
    out[i] = '\0';
    return SE_OK;
}
