/*
 * Which addresses a connection may go to: by the binary address, whatever way
 * it was written or resolved.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"
#include "wire/url.h"

/* A range that is refused. */
typedef struct ipv4_range {
    uint32_t prefix;
    int bits;
    const char *why;
} ipv4_range;

typedef struct ipv6_range {
    unsigned char prefix[16];
    int bits;
    const char *why;
} ipv6_range;

/* A range whose addresses stand for an IPv4 address. */
typedef struct ipv6_tunnel {
    unsigned char prefix[16];
    int bits;
    int at; /* the IPv4 address's first byte */
} ipv6_tunnel;

static const ipv4_range ipv4_refused[] = {
    {0x00000000, 8, "unspecified address"},
    {0xa9fe0000, 16, "link-local address"}, /* metadata of most clouds */
    {0xe0000000, 4, "multicast address"},
    {0xffffffff, 32, "broadcast address"},
    {0x646464c8, 32, "metadata address"}, /* 100.100.100.200 */
    {0xc00000c0, 32, "metadata address"}, /* 192.0.0.192 */
    {0xa83f8110, 32, "metadata address"}, /* 168.63.129.16 */
};

static const ipv6_range ipv6_refused[] = {
    {{0}, 128, "unspecified address"},
    {{0xfe, 0x80}, 10, "link-local address"},
    {{0xff}, 8, "multicast address"},
    /* fd00:ec2::254 and fd20:ce::254 */
    {{0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
     128,
     "metadata address"},
    {{0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},
     128,
     "metadata address"},
};

static const ipv6_range ipv6_loopback = {
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, NULL};

static const ipv6_tunnel ipv6_tunnels[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12}, /* mapped */
    {{0}, 96, 12},                                        /* compatible */
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12},       /* RFC 2765 */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12},                   /* NAT64 */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, 12},       /* RFC 8215 */
    {{0x20, 0x02}, 16, 2},                                /* 6to4 */
};

static bool has_prefix(const unsigned char *address, const unsigned char *with,
                       int bits)
{
    int whole = bits / 8;
    int rest = bits % 8;

    return memcmp(address, with, (size_t)whole) == 0 &&
           (rest == 0 || (address[whole] ^ with[whole]) >> (8 - rest) == 0);
}

/* NULL: allowed. */
static const char *ipv4_why(uint32_t address)
{
    for (size_t i = 0; i < SE__COUNT(ipv4_refused); i++) {
        const ipv4_range *range = &ipv4_refused[i];

        if ((address ^ range->prefix) >> (32 - range->bits) == 0) {
            return range->why;
        }
    }
    return NULL;
}

static uint32_t ipv4_of(const unsigned char *bytes)
{
    uint32_t address;

    memcpy(&address, bytes, sizeof(address));
    return ntohl(address);
}

static const char *ipv6_why(const unsigned char *address)
{
    if (has_prefix(address, ipv6_loopback.prefix, ipv6_loopback.bits)) {
        return NULL;
    }
    for (size_t i = 0; i < SE__COUNT(ipv6_refused); i++) {
        const ipv6_range *range = &ipv6_refused[i];

        if (has_prefix(address, range->prefix, range->bits)) {
            return range->why;
        }
    }
    for (size_t i = 0; i < SE__COUNT(ipv6_tunnels); i++) {
        const ipv6_tunnel *tunnel = &ipv6_tunnels[i];

        if (has_prefix(address, tunnel->prefix, tunnel->bits)) {
            return ipv4_why(ipv4_of(address + tunnel->at));
        }
    }
    return NULL;
}

bool se__address_allowed(const struct sockaddr *address, const char **why)
{
    const char *refused = "socket address that is not IP";

    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *ip = (const void *)address;

        refused = ipv4_why(ntohl(ip->sin_addr.s_addr));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *ip = (const void *)address;

        refused = ipv6_why(ip->sin6_addr.s6_addr);
    }
    if (refused && why) {
        *why = refused;
    }
    return refused == NULL;
}
