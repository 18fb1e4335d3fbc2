/*
 * Taking Redis URLs apart.
 */
#include "source/redis_url.h"

#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#define REDIS_PORT 6379
#define SENTINEL_PORT 26379
#define HOST_MAX 253
#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME DIGITS LETTERS ".-_"
#define ADDRESS DIGITS "abcdefABCDEF.:"

void se__redis_url_fini(se__redis_url *url)
{
    free(url->user);
    se__secret_free(url->password);
    free(url->master);
    for (size_t i = 0; i < url->n_hosts; i++) {
        free(url->hosts[i].name);
    }
    memset(url, 0, sizeof(*url));
}

/* A piece of the text that is being taken apart. */
typedef struct piece {
    const char *at;
    size_t length;
} piece;

/* What stands before `end`, which is skipped; all of it if there is none. */
static piece cut(piece *rest, char end, bool *found)
{
    const char *at = memchr(rest->at, end, rest->length);
    piece head = *rest;

    *found = at != NULL;
    if (at) {
        head.length = (size_t)(at - rest->at);
        rest->at = at + 1;
        rest->length -= head.length + 1;
    } else {
        rest->at += rest->length;
        rest->length = 0;
    }
    return head;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* %41 becomes A, so that a password may hold @, : and /. */
static char *decode(piece text)
{
    char *out = se__zalloc(text.length + 1);
    size_t n = 0;

    for (size_t i = 0; out && i < text.length; i++) {
        int high = i + 2 < text.length ? hex_digit(text.at[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;

        if (text.at[i] == '%' && low >= 0 && (high | low) != 0) {
            out[n++] = (char)(high << 4 | low);
            i += 2;
        } else {
            out[n++] = text.at[i];
        }
    }
    return out;
}

static bool take_number(piece text, int64_t low, int64_t high, int *out)
{
    int64_t value;

    if (!se__parse_int64(text.at, text.length, &value) || value < low ||
        value > high) {
        return false;
    }
    *out = (int)value;
    return true;
}

static se_err take_user(se__redis_url *url, piece user, se_error *err)
{
    bool more;
    piece name = cut(&user, ':', &more);

    /* An empty one is what a template leaves of a variable that is not set. */
    if (name.length > 0) {
        url->user = decode(name);
    }
    if (user.length > 0) {
        url->password = decode(user);
    }
    if ((name.length > 0 && !url->user) ||
        (user.length > 0 && !url->password)) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a URL");
    }
    return SE_OK;
}

static bool consists_of(piece text, const char *characters)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.at[i] == '\0' || !strchr(characters, text.at[i])) {
            return false;
        }
    }
    return text.length > 0 && text.length <= HOST_MAX;
}

/* [::1]:port, name:port, name; what is in brackets is an address. */
static bool split_host(piece text, piece *name, piece *port)
{
    bool bracketed = text.length > 0 && text.at[0] == '[';
    bool found;

    if (bracketed) {
        text.at++;
        text.length--;
        *name = cut(&text, ']', &found);
        if (!found || (text.length > 0 && text.at[0] != ':')) {
            return false;
        }
        found = text.length > 0;
        text.at += found;
        text.length -= found;
    } else {
        *name = cut(&text, ':', &found);
    }
    *port = text;
    return (!found || text.length > 0) &&
           consists_of(*name, bracketed ? ADDRESS : NAME);
}

static se_err take_host(se__redis_url *url, piece text, se_error *err)
{
    se__redis_host *host = &url->hosts[url->n_hosts];
    piece name;
    piece port;

    if (url->n_hosts == SE__REDIS_HOSTS_MAX) {
        return se__fail(err, SE_E_CONFIG, "more than %d hosts in a URL",
                        SE__REDIS_HOSTS_MAX);
    }
    if (!split_host(text, &name, &port)) {
        return se__fail(err, SE_E_CONFIG,
                        "not a host, or a host and a port, where one should "
                        "stand");
    }
    host->port = url->sentinel ? SENTINEL_PORT : REDIS_PORT;
    if (port.length > 0 && !take_number(port, 1, 65535, &host->port)) {
        return se__fail(err, SE_E_CONFIG, "the port is not 1 to 65535");
    }
    host->name = se__strndup(name.at, name.length);
    if (!host->name) {
        return se__fail(err, SE_E_NOMEM, "out of memory for a URL");
    }
    url->n_hosts++;
    return SE_OK;
}

static se_err take_hosts(se__redis_url *url, piece hosts, se_error *err)
{
    bool more = true;
    se_err rc = SE_OK;

    while (rc == SE_OK && more) {
        piece host = cut(&hosts, ',', &more);

        rc = take_host(url, host, err);
    }
    if (rc == SE_OK && !url->sentinel && url->n_hosts > 1) {
        rc = se__fail(err, SE_E_CONFIG,
                      "several hosts are for sentinel:// only");
    }
    return rc;
}

static se_err take_path(se__redis_url *url, piece path, se_error *err)
{
    bool more;

    if (url->sentinel) {
        piece name = cut(&path, '/', &more);

        if (name.length == 0) {
            return se__fail(err, SE_E_CONFIG,
                            "sentinel:// needs the name of the master: "
                            "sentinel://host:port,host:port/name");
        }
        url->master = decode(name);
        if (!url->master) {
            return se__fail(err, SE_E_NOMEM, "out of memory for a URL");
        }
    }
    if (path.length > 0 && !take_number(path, 0, 65535, &url->database)) {
        return se__fail(err, SE_E_CONFIG,
                        "the database is not a number, e.g. "
                        "redis://127.0.0.1/0");
    }
    return SE_OK;
}

static bool take_scheme(se__redis_url *url, const char **rest)
{
    static const struct {
        const char *prefix;
        bool tls, sentinel;
    } schemes[] = {{"redis://", false, false},
                   {"rediss://", true, false},
                   {"sentinel://", false, true}};

    for (size_t i = 0; i < SE__COUNT(schemes); i++) {
        size_t length = strlen(schemes[i].prefix);

        if (strncasecmp(*rest, schemes[i].prefix, length) == 0) {
            url->tls = schemes[i].tls;
            url->sentinel = schemes[i].sentinel;
            *rest += length;
            return true;
        }
    }
    return false;
}

static se_err parse(se__redis_url *url, const char *text, se_error *err)
{
    piece rest;
    piece authority;
    const char *at;
    bool has_path;
    se_err rc = SE_OK;

    if (!take_scheme(url, &text)) {
        return se__fail(err, SE_E_CONFIG,
                        "not redis://, rediss:// or sentinel://");
    }
    rest = (piece){text, strlen(text)};
    /* The last @ ends the user: a password may hold one, or a slash. */
    at = memrchr(rest.at, '@', rest.length);
    if (at) {
        piece user = {rest.at, (size_t)(at - rest.at)};

        rest.length -= user.length + 1;
        rest.at = at + 1;
        rc = take_user(url, user, err);
    }
    authority = cut(&rest, '/', &has_path);
    if (rc == SE_OK) {
        rc = take_hosts(url, authority, err);
    }
    return rc == SE_OK ? take_path(url, rest, err) : rc;
}

se_err se__redis_url_parse(const char *url, se__redis_url *out, se_error *err)
{
    se__redis_url parsed;
    se_error why = SE_ERROR_INIT;
    se_err rc;

    memset(&parsed, 0, sizeof(parsed));
    rc = parse(&parsed, url, &why);
    if (rc != SE_OK) {
        se__redis_url_fini(&parsed);
        return se__fail(err, rc, "Redis URL: %s", why.message);
    }
    *out = parsed;
    return SE_OK;
}
