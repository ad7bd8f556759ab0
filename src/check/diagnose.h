/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * diagnose: from what was seen of the names to what is wrong with them. Pure.
 *
 * The rule of the titles (R34, R35):
 *   "<www name> has issues"                    the apex (or the single name) does not reach us, or
 *                                              a name has a foreign AAAA or bad DNSSEC
 *   "<host> did not respond to <brand> check"  the apex is right, but www is missing or leads
 *                                              elsewhere; or DNS is right and HTTP fails
 * What cannot be asked is not wrong: the verdict is unknown, and it is asked again.
 */
#include "check/answerer.h"
#include "check/caa.h"
#include "check/registration.h"
#include "check/report.h"
#include "check/zone.h"
#include "dns/resolver.h"
#include "net/address.h"

#define CHECK_ADDRESSES_MAX 32   /* of one name, per family */
#define CHECK_RECORD_TTL    3600 /* seconds: what the records to set are advised to have */

/* Where a partner's names have to lead: the address set. */
struct check_expected {
    const struct address *ipv4, *ipv6; /* ipv6_count 0: the platform has no IPv6 */
    size_t ipv4_count, ipv6_count;
    const char *cname; /* a name of ours that www may be a CNAME of; NULL or "" = none */
};

/* The names of one order (model/name_set.h). A www name beside its base is judged as its www. */
struct check_names {
    const char *const *names;
    size_t count;
    const char *registered; /* their registered domain: host fields are written relative to it */
    const struct check_delegation *delegations; /* one for each name; NULL: none is proven in DNS */
};

/* Where `_acme-challenge` of a name that is proven in DNS has to lead. */
struct check_delegation {
    const char *name; /* "_acme-challenge.shop.example"; NULL: the name is not proven in DNS */
    const char *const *targets; /* any of them is right, the first is to be set; each is a label and
                                   a zone */
    size_t target_count;        /* with a name: at least 1 */
};

struct check_context {
    const char *brand;        /* of the partner */
    const char *resolver;     /* whom we asked, for evidence */
    uint16_t http_port;       /* of the platform's addresses */
    int64_t at;               /* of the report */
    int64_t retry_at;         /* when it is looked at again by itself; 0 = not */
    struct caa_wanted caa;    /* issuer NULL: CAA is not judged; is_wildcard is each name's own */
    int64_t needed_until;     /* how long the registration ought to last; 0 = not known */
    const struct prefix *own; /* reserved addresses that can be reached all the same */
    size_t own_count;
    bool is_offline; /* addresses of the documentation stand for those of the internet */
};

#define PROBES(X)                                                                                  \
    X(OK, "ok")                                                                                    \
    X(REFUSED, "refused")                                                                          \
    X(TIMEOUT, "timeout")                                                                          \
    X(UNREACHABLE, "unreachable")                                                                  \
    X(CUT, "cut") /* closed in the middle, or no HTTP */                                           \
    X(REDIRECTED, "redirected")                                                                    \
    X(LOOP, "redirect_loop")                                                                       \
    X(BAD_REDIRECT, "bad_redirect") /* that no certificate authority follows */                    \
    X(WRONG_ANSWER, "wrong_answer") /* another status or body than our edges give */

#define X(id, name) PROBE_##id,
enum probe_outcome { PROBES(X) PROBE_OUTCOME_COUNT };
#undef X

/* The check path, asked at one of our addresses. */
struct probe {
    struct address address;
    enum probe_outcome outcome;
    int status;           /* 0 without an answer */
    const char *location; /* host of the last Location, when redirected */
    const char *origin;   /* "https://shop.example", when what counts was said after redirects */
    uint16_t port;        /* with `origin`: where that was */
    const char *text;     /* the reason, for evidence */
    struct answerer who;  /* what the last answer is known for */
    int64_t took_ms;
};

struct observation {
    const char *name;
    /* Where all name servers agree, theirs, and not the resolver's; of a wildcard: of a name that
     * it stands for. */
    struct dns_answer a, aaaa;
    int64_t old_until;       /* the resolver may still say otherwise until then; 0 = it does not */
    struct dns_answer twice; /* A of the name with its domain once more behind it; query.name
                                NULL: not asked, or all names are answered */
    struct dns_answer star;  /* A of a name below the registered domain that nobody has set: what
                                "*.shop.example" says; no records: there is none */
    bool is_of_star; /* the name has no records of its own: they are the star's (RFC 4592) */
    const struct dns_answer *caa; /* of the name and each above it; caa_count 0: not asked */
    size_t caa_count;
    /* CNAME and TXT of `_acme-challenge`, and the CNAME with the domain added once more */
    struct dns_answer delegated, challenge_text, doubled;
    const struct probe *probes;    /* empty when nothing of ours was found */
    const struct probe *strangers; /* the same at addresses that are not of the set */
    size_t probe_count, stranger_count;
    bool is_looping; /* a stranger sends visitors from https to where they are */
};

/* What is known of the registered domain. */
struct registration_seen {
    struct registration said; /* by its registry */
    bool is_in_dns;           /* its parent zone has it, or could not be asked */
};

struct vantage_list;

struct check_seen {
    const struct observation *names;              /* names[i] is of the i-th name */
    const struct zone_seen *zone;                 /* NULL: its servers were not asked */
    const struct registration_seen *registration; /* NULL: not looked at */
    const struct vantage_list *vantages;          /* NULL: nobody was asked (check/vantage.h) */
};

/* `out` belongs to mem; took_ms is left to the caller. */
void diagnose(struct arena *mem, const struct check_names *names,
              const struct check_expected *expected, const struct check_context *context,
              const struct check_seen *seen, struct check_report *out);

/* Whether the address is of the set. */
bool check_is_ours(const struct check_expected *expected, const struct address *address);
const char *probe_outcome_name(enum probe_outcome outcome);
MUST_CHECK bool probe_outcome_parse(const char *name, enum probe_outcome *out);
