/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * zone: what the name servers of a domain say themselves, each asked by its address: who they are
 * according to the parent (the delegation) and according to themselves, whether each answers for
 * the zone, and what each has of the names. Open records.
 */
#include "dns/ask.h"
#include "net/address.h"

#define ZONE_SERVERS_MAX 8  /* name servers of a zone that are asked */
#define ZONE_PLACES_MAX  12 /* addresses of them together */
#define ZONE_PARENTS_MAX 2  /* servers of the parent that are kept */
#define ZONE_NAMES_MAX   4  /* names of a check that they are asked for */

/* A name server as a name. */
struct zone_server {
    const char *name;
    bool is_delegated; /* the parent names it */
    bool is_listed;    /* the zone names it */
    bool has_address;  /* one that may be asked */
    bool is_hidden;    /* it has addresses, and none may be asked */
    bool is_nowhere;   /* it has no address: DNS says so, or it is below the zone and the parent has
                          none of it (glue, RFC 1034 section 4.2.1), so that nobody can find it */
};

/* What one address of one server said. */
struct zone_place {
    size_t server; /* index */
    struct address address;
    struct dns_told soa;
    struct dns_told a[ZONE_NAMES_MAX], aaaa[ZONE_NAMES_MAX];
    struct dns_told
        caa[ZONE_NAMES_MAX]; /* of a wildcard: of what it is below; only where CAA counts */
};

struct zone_seen {
    const char *zone; /* NULL: nothing was asked */
    bool has_parent_said, has_zone_said;
    struct zone_server servers[ZONE_SERVERS_MAX];
    size_t server_count;
    struct zone_place places[ZONE_PLACES_MAX];
    size_t place_count;
    struct address parents[ZONE_PARENTS_MAX]; /* that have answered for the delegation */
    size_t parent_count;
    struct dns_answer ds; /* of the zone, where DNSSEC fails at it; query.name NULL: not asked */
    size_t name_count;    /* of the check's names, in order, that were asked for */
};

/* What is wrong with a place, from its answer for the SOA (RFC 8499: a lame delegation). */
#define ZONE_FAULTS(X)                                                                             \
    X(NONE, "")                                                                                    \
    X(SILENT, "does not answer")                                                                   \
    X(CLOSED, "refuses connections")                                                               \
    X(REFUSED, "refuses to answer for it")                                                         \
    X(FAILED, "answers with an error")                                                             \
    X(LAME, "does not have it")                                                                    \
    X(UNSEEN, "could not be asked") /* no way to it: may be our own network */

#define X(id, text) ZONE_##id,
enum zone_fault { ZONE_FAULTS(X) ZONE_FAULT_COUNT };
#undef X

enum zone_fault zone_place_fault(const struct zone_place *place);
const char *zone_fault_text(enum zone_fault fault);
/* What all servers that have the zone say of a name; NULL when there are none, or they differ.
 * `type` is A, AAAA or CAA. */
const struct dns_answer *zone_says(const struct zone_seen *zone, size_t name, enum dns_type type);
/* Whether two servers say the same of a name: the same CNAME, or the same addresses. */
bool zone_is_same(const struct dns_answer *a, const struct dns_answer *b);
