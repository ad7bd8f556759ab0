/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * resolver: DNS look-ups with DNSSEC, over libunbound. Look-ups go to the one forwarder, or, when
 * there is none, down from the root. May be used by many threads at once.
 *
 * That a name does not exist, or that its servers do not answer, is an answer, not an error.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#define DNS_TYPES(X)                                                                               \
    X(A, 1)                                                                                        \
    X(NS, 2)                                                                                       \
    X(CNAME, 5)                                                                                    \
    X(SOA, 6)                                                                                      \
    X(TXT, 16)                                                                                     \
    X(AAAA, 28)                                                                                    \
    X(DS, 43)                                                                                      \
    X(CAA, 257)

#define X(id, number) DNS_TYPE_##id = (number),
enum dns_type { DNS_TYPES(X) };
#undef X

/* What came of a look-up. */
#define DNS_REPLIES(X)                                                                             \
    X(RECORDS, "records")                                                                          \
    X(NODATA, "nodata")     /* the name is there, this type is not */                              \
    X(NXDOMAIN, "nxdomain") /* the name is not there */                                            \
    X(BOGUS, "bogus")       /* DNSSEC validation failed: see why_bogus */                          \
    X(LOOP, "loop")         /* a chain of CNAMEs that comes back to itself, or is too long */      \
    X(SERVFAIL, "servfail") /* or any other rcode */                                               \
    X(TIMEOUT, "timeout")

#define X(id, name) DNS_REPLY_##id,
enum dns_reply { DNS_REPLIES(X) DNS_REPLY_COUNT };
#undef X

enum dns_security { DNS_INSECURE, DNS_SECURE };

struct dns_record {
    enum dns_type type;
    const char *owner;       /* lower case, no final dot, as every name here */
    uint32_t ttl;            /* seconds */
    const char *text;        /* rdata in presentation form; an address or name alone for A, NS... */
    struct slice address;    /* A: 4 octets, AAAA: 16 */
    const char *name;        /* CNAME, NS: the target. SOA: the primary server */
    uint8_t flags;           /* CAA */
    const char *tag, *value; /* CAA; the tag in lower case. TXT: value, its strings joined, with
                                backslashes as in a zone file */
    uint32_t minimum, serial; /* SOA */
};

struct dns_query {
    const char *name; /* A-labels, with or without a final dot */
    enum dns_type type;
};

struct dns_answer {
    struct dns_query query;
    enum dns_reply reply;
    int rcode; /* RFC 1035; -1 when there was no answer at all */
    enum dns_security security;
    const char *why_bogus; /* with DNS_REPLY_BOGUS: the validator's own words */
    uint32_t ttl;          /* of the whole answer: the least of its records, or the negative TTL */
    const struct dns_record *chain; /* CNAMEs from the name asked for, in order */
    size_t chain_count;
    const struct dns_record *records; /* of the type asked for, at the end of the chain */
    size_t record_count;
    int64_t took_ms;
};

struct resolver;

struct resolver_options {
    const char *forwarder;         /* "127.0.0.1@8053"; NULL or "" = down from the root */
    const char *trust_anchor_file; /* DS or DNSKEY lines, as root.key; NULL or "" = none */
    const char *trust_anchor;      /* one such line; NULL = none */
    bool is_offline;               /* refuse to work without a forwarder */
    int64_t timeout_ms;            /* of a batch; 0 = RESOLVER_TIMEOUT_MS */
};

#define RESOLVER_TIMEOUT_MS 5000
#define RESOLVER_BATCH_MAX  64
#define RESOLVER_CHAIN_MAX  10  /* CNAMEs followed, as the edge of what CAs and CDNs do */
#define RESOLVER_RECORD_MAX 100 /* read of one answer; the rest is left out */

/* ERR_CONFIG: a bad address or file; no forwarder though `is_offline`, or LATCHKEY_OFFLINE, is
 * set: nothing may be asked outside this machine then. */
MUST_CHECK bool resolver_new(const struct resolver_options *options, struct resolver **out,
                             struct err *err);
/* No look-up may be under way. */
void resolver_free(struct resolver *resolver);
static inline void resolver_freep(struct resolver **resolver)
{
    if (*resolver)
        resolver_free(*resolver);
}

enum dns_age {
    DNS_FRESH,  /* nothing that we had learnt more than RESOLVER_FRESH_MS before: for checks */
    DNS_RECENT, /* at most RESOLVER_RECENT_S old: for places we connect to often */
    DNS_AGE_COUNT
};
#define RESOLVER_FRESH_MS 1000
#define RESOLVER_RECENT_S 60

/* Queries that are asked at the same time; answers[i] is filled from queries[i]. */
struct dns_batch {
    enum dns_age age;
    size_t count; /* of both; at most RESOLVER_BATCH_MAX */
    const struct dns_query *queries;
    struct dns_answer *answers;
};

/* Returns false only for failures of our own (ERR_DNS, ERR_BAD_INPUT for a name that is none). */
MUST_CHECK bool resolver_ask(struct arena *mem, struct resolver *resolver,
                             const struct dns_batch *batch, struct err *err);

/* The forwarder, or "recursion": what evidence says was asked. */
const char *resolver_name(const struct resolver *resolver);

const char *dns_type_name(enum dns_type type);
const char *dns_reply_name(enum dns_reply reply);
/* "NOERROR", "NXDOMAIN", ...; "no answer" for -1. */
const char *dns_rcode_name(int rcode);
