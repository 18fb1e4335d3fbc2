/*
 * Base URLs of storage elements: one policy for all of them.
 *
 * Parsed and normalised only by libcurl's own URL parser, so that what is
 * checked is what is used.
 */
#ifndef SE_WIRE_URL_H
#define SE_WIRE_URL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include <artstore/error.h>

#define SE__URL_SIZE 1024 /* longer ones are refused */

/*
 * Normalise a base URL: scheme http or https, a host, no user, password, query
 * or fragment, port 1-65535, no control characters or spaces, no trailing
 * slash; a literal address must pass se__address_allowed(). SE_E_INVALID says
 * what is wrong in words for people ("holds a password" never shows it).
 */
se_err se__url_normalize(const char *url, char out[SE__URL_SIZE],
                         se_error *err);

/*
 * May a connection go to this binary address? Refused: link-local and metadata,
 * unspecified, multicast, broadcast, and IPv4 of that kind mapped into IPv6 or
 * behind NAT64. Loopback and private addresses are allowed. *why (may be NULL)
 * is a constant such as "link-local address".
 */
bool se__address_allowed(const struct sockaddr *address, const char **why);

#endif
