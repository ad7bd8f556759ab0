/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * address: IP addresses, prefixes, and which of them may be connected to (R49). Pure.
 *
 * Reserved are the ranges of the IANA special-purpose registries (RFC 6890 and its updates) that
 * are not globally reachable, plus multicast. An IPv6 address that carries an IPv4 address
 * (IPv4-mapped ::ffff:0:0/96, IPv4-compatible ::/96, NAT64 64:ff9b::/96, 6to4 2002::/16) is judged
 * by the one it carries.
 */
#include "base/err.h"
#include "base/slice.h"

#define ADDRESS_TEXT_SIZE  46 /* INET6_ADDRSTRLEN */
#define ADDRESS_PLACE_SIZE 56 /* "[address]:port" */

struct address {
    bool is_v6;
    unsigned char octets[16]; /* network order; IPv4 uses the first four, the rest is 0 */
};

/* "192.0.2.1", "2001:db8::1"; no brackets, no zone, no port. ERR_BAD_INPUT. */
MUST_CHECK bool address_parse(const char *text, struct address *out, struct err *err);
/* 4 octets of an IPv4 address, or 16 of an IPv6 address, as A, AAAA and certificates have them. */
struct address address_from_octets(struct slice octets);
/* RFC 5952. */
const char *address_text(const struct address *address, char text[ADDRESS_TEXT_SIZE]);
/* "192.0.2.1:80", "[2001:db8::1]:80" */
const char *address_place(const struct address *address, uint16_t port,
                          char text[ADDRESS_PLACE_SIZE]);
bool address_eq(const struct address *a, const struct address *b);

/* What a reserved address is reserved for, in two or three words ("loopback", "private network");
 * NULL for one that is reachable on the internet. */
const char *address_reserved_for(const struct address *address);

struct sockaddr;
/* `sa` is a sockaddr_in or sockaddr_in6; false, `out` untouched, for another family. */
MUST_CHECK bool address_from_sockaddr(const struct sockaddr *sa, struct address *out,
                                      uint16_t *port);

struct prefix {
    struct address address;
    uint8_t bits;
};

/* "10.1.0.0/16", or an address alone, which is /32 or /128. Bits below the prefix must be 0.
 * ERR_BAD_INPUT. */
MUST_CHECK bool prefix_parse(const char *text, struct prefix *out, struct err *err);
/* The address as it is written: a mapped IPv4 address is in no IPv4 prefix. */
bool prefix_has(const struct prefix *prefix, const struct address *address);

/* Exactly this port of the addresses in the prefix; port 0 = any. */
struct net_allowed {
    struct prefix prefix;
    uint16_t port;
};

enum net_public {
    NET_PUBLIC_NONE, /* the allowed list only */
    NET_PUBLIC_WEB,  /* ports 80 and 443 of every address that is not reserved */
    NET_PUBLIC_ANY,  /* any port: only for places that the operator configured */
};

struct net_policy {
    enum net_public public_reach;
    const struct net_allowed *allowed; /* beyond that; may be reserved addresses */
    size_t allowed_count;
};

/* ERR_FORBIDDEN with the place and the reason. */
MUST_CHECK bool net_policy_check(const struct net_policy *policy, const struct address *address,
                                 uint16_t port, struct err *err);
