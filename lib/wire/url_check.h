/*
 * The parts of the policy on URLs; for lib/wire/url.c.
 */
#ifndef SE_WIRE_URL_CHECK_H
#define SE_WIRE_URL_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include <artstore/error.h>

/* Room for a checked host and its terminator: 253 bytes (RFC 1035), the root's
 * dot. */
#define SE__URL_HOST_SIZE 255

/* A letter or a digit, whatever the locale. */
static inline bool se__url_is_alnum(char c)
{
    char lower = (char)(c | 0x20);

    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
}

/* "http://" or "https://", any case; the length, or 0. */
size_t se__url_scheme_length(const char *url);

/* What is wrong with the text as it stands; NULL: nothing. */
const char *se__url_check_text(const char *url);

/*
 * The host in one spelling: an address in its usual form, else lower case.
 * SE_E_INVALID for a host that is none or an address that is not allowed.
 */
se_err se__url_check_host(const char *host, char out[SE__URL_HOST_SIZE],
                          se_error *err);

#endif
