/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>

struct range {
    unsigned char octets[16];
    uint8_t bits;
    const char *what;
};

/* RFC 6890 section 2.2.2 and the IANA registry of 2025. The first that matches counts. */
/* clang-format off */
static const struct range ranges_v4[] = {
    {{0},            8,  "this network"},
    {{10},           8,  "private network"},
    {{100, 64},      10, "shared address space"},
    {{127},          8,  "loopback"},
    {{169, 254},     16, "link-local"},
    {{172, 16},      12, "private network"},
    {{192, 0, 0},    24, "protocol assignments"},
    {{192, 0, 2},    24, "documentation"},
    {{192, 88, 99},  24, "6to4 relay"},
    {{192, 168},     16, "private network"},
    {{198, 18},      15, "benchmarking"},
    {{198, 51, 100}, 24, "documentation"},
    {{203, 0, 113},  24, "documentation"},
    {{224},          4,  "multicast"},
    {{240},          4,  "reserved"},
};
/* clang-format on */

/* clang-format off */
static const struct range ranges_v6[] = {
    {{0},                                              128, "unspecified"},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"},
    {{0x00, 0x64, 0xff, 0x9b, 0, 1},                   48,  "local NAT64"},
    {{0x01},                                           64,  "discard only"},
    {{0x20, 0x01},                                     23,  "protocol assignments"},
    {{0x20, 0x01, 0x0d, 0xb8},                         32,  "documentation"},
    {{0x3f, 0xff},                                     20,  "documentation"},
    {{0xfc},                                           7,   "private network"},
    {{0xfe, 0x80},                                     10,  "link-local"},
    {{0xff},                                           8,   "multicast"},
    {{0x00},                                           3,   "not allocated"},
    {{0x40},                                           2,   "not allocated"},
    {{0x80},                                           1,   "not allocated"},
};
/* clang-format on */

/* IPv6 ranges that carry an IPv4 address, and where in the 16 octets. */
/* clang-format off */
static const struct {
    unsigned char octets[16];
    uint8_t bits, at;
} carriers[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12}, /* IPv4-mapped, RFC 4291 2.5.5.2 */
    {{0},                                        96, 12}, /* IPv4-compatible, 2.5.5.1 */
    {{0x00, 0x64, 0xff, 0x9b},                   96, 12}, /* NAT64, RFC 6052 */
    {{0x20, 0x02},                               16, 2}, /* 6to4, RFC 3056 */
};
/* clang-format on */

static bool has_prefix(const unsigned char *octets, const unsigned char *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(octets, prefix, whole) == 0 &&
           (rest == 0 || (octets[whole] ^ prefix[whole]) >> (8 - rest) == 0);
}

bool address_parse(const char *text, struct address *out, struct err *err)
{
    struct address found = {.is_v6 = strchr(text, ':') != NULL};

    if (inet_pton(found.is_v6 ? AF_INET6 : AF_INET, text, found.octets) != 1)
        return err_set(err, ERR_BAD_INPUT, "\"%.60s\" is not an IP address", text);
    *out = found;
    return true;
}

struct address address_from_octets(struct slice octets)
{
    struct address address = {.is_v6 = octets.len == 16};

    assert(octets.len == 4 || octets.len == 16);
    memcpy(address.octets, octets.data, octets.len);
    return address;
}

const char *address_text(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
    inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, address->octets, text, ADDRESS_TEXT_SIZE);
    return text;
}

const char *address_place(const struct address *address, uint16_t port,
                          char text[ADDRESS_PLACE_SIZE])
{
    char host[ADDRESS_TEXT_SIZE];

    address_text(address, host);
    snprintf(text, ADDRESS_PLACE_SIZE, address->is_v6 ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    return text;
}

bool address_eq(const struct address *a, const struct address *b)
{
    return a->is_v6 == b->is_v6 && memcmp(a->octets, b->octets, a->is_v6 ? 16 : 4) == 0;
}

static const char *first_match(const struct range *ranges, size_t count,
                               const unsigned char *octets)
{
    for (size_t i = 0; i < count; i++)
        if (has_prefix(octets, ranges[i].octets, ranges[i].bits))
            return ranges[i].what;
    return NULL;
}

static bool is_bare(const unsigned char octets[16])
{
    static const unsigned char zero[15];

    return memcmp(octets, zero, 15) == 0 && octets[15] <= 1;
}

const char *address_reserved_for(const struct address *address)
{
    if (!address->is_v6)
        return first_match(ranges_v4, ARRAY_LEN(ranges_v4), address->octets);
    /* :: and ::1 lie in the IPv4-compatible range, but carry nothing. */
    for (size_t i = 0; i < ARRAY_LEN(carriers) && !is_bare(address->octets); i++)
        if (has_prefix(address->octets, carriers[i].octets, carriers[i].bits))
            return first_match(ranges_v4, ARRAY_LEN(ranges_v4), address->octets + carriers[i].at);
    return first_match(ranges_v6, ARRAY_LEN(ranges_v6), address->octets);
}

bool address_from_sockaddr(const struct sockaddr *sa, struct address *out, uint16_t *port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (sa->sa_family == AF_INET) {
        memcpy(&v4, sa, sizeof(v4));
        *out = (struct address){0};
        memcpy(out->octets, &v4.sin_addr, 4);
        *port = ntohs(v4.sin_port);
        return true;
    }
    if (sa->sa_family != AF_INET6)
        return false;
    memcpy(&v6, sa, sizeof(v6));
    *out = (struct address){.is_v6 = true};
    memcpy(out->octets, &v6.sin6_addr, 16);
    *port = ntohs(v6.sin6_port);
    return true;
}

static bool is_zero_below(const struct prefix *prefix)
{
    unsigned width = prefix->address.is_v6 ? 128 : 32;

    for (unsigned bit = prefix->bits; bit < width; bit++)
        if (prefix->address.octets[bit / 8] & (0x80 >> bit % 8))
            return false;
    return true;
}

bool prefix_parse(const char *text, struct prefix *out, struct err *err)
{
    const char *slash = strchr(text, '/');
    char host[ADDRESS_TEXT_SIZE];
    struct prefix found;
    int64_t width, bits;

    if (snprintf(host, sizeof(host), "%.*s", slash ? (int)(slash - text) : 64, text) >=
            (int)sizeof(host) ||
        !address_parse(host, &found.address, err))
        return err_set(err, ERR_BAD_INPUT, "\"%.60s\" is not an address or a prefix", text);
    width = found.address.is_v6 ? 128 : 32;
    bits = width;
    if (slash && !slice_i64(slice_str(slash + 1), 0, width, &bits))
        return err_set(err, ERR_BAD_INPUT, "\"%.60s\": a prefix length is 0 to %d", text,
                       (int)width);
    found.bits = (uint8_t)bits;
    if (!is_zero_below(&found))
        return err_set(err, ERR_BAD_INPUT, "\"%.60s\" has bits set below its prefix length", text);
    *out = found;
    return true;
}

bool prefix_has(const struct prefix *prefix, const struct address *address)
{
    return prefix->address.is_v6 == address->is_v6 &&
           has_prefix(address->octets, prefix->address.octets, prefix->bits);
}

bool net_policy_check(const struct net_policy *policy, const struct address *address, uint16_t port,
                      struct err *err)
{
    const char *reserved = address_reserved_for(address);
    char place[ADDRESS_PLACE_SIZE];

    for (size_t i = 0; i < policy->allowed_count; i++)
        if (prefix_has(&policy->allowed[i].prefix, address) &&
            (policy->allowed[i].port == 0 || policy->allowed[i].port == port))
            return true;
    address_place(address, port, place);
    if (reserved)
        return err_set(err, ERR_FORBIDDEN, "%s is not connected to: the address is reserved (%s)",
                       place, reserved);
    if (policy->public_reach == NET_PUBLIC_NONE)
        return err_set(err, ERR_FORBIDDEN, "%s is not connected to: not an address of ours", place);
    if (policy->public_reach == NET_PUBLIC_WEB && port != 80 && port != 443)
        return err_set(err, ERR_FORBIDDEN, "%s is not connected to: only ports 80 and 443 are",
                       place);
    return true;
}
