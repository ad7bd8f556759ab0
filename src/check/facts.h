/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* facts: what an observation says about one name, sorted out for the rules of diagnose.c. Pure. */
#include "check/diagnose.h"

enum name_role {
    ROLE_SINGLE,   /* a name that stands alone */
    ROLE_BASE,     /* the name that a www name of the same order follows */
    ROLE_WWW,      /* www of a base in the same order */
    ROLE_WILDCARD, /* is proven by its delegation alone; the addresses are for advice */
};

struct facts {
    const struct check_names *names;
    const struct check_expected *expected;
    const struct check_context *context;
    const struct observation *seen;
    const struct zone_seen *zone;                 /* NULL: not asked */
    const struct registration_seen *registration; /* NULL: its registry is not known to say
                                                     anything */
    const struct vantage_list *vantages;          /* NULL: nobody was asked */
    size_t index;                                 /* of the name in names */
    const char *name;
    enum name_role role;
    const struct facts *base;                  /* of ROLE_WWW */
    const struct check_delegation *delegation; /* NULL: as if it had no name */
    const char *www;                           /* the name that "... has issues" is said of */
    enum dns_verdict verdict; /* filled by the rules; that of the base is known first */
    struct address ours[2][CHECK_ADDRESSES_MAX], foreign[2][CHECK_ADDRESSES_MAX];
    size_t ours_count[2], foreign_count[2]; /* [0] IPv4, [1] IPv6 */
    /* Beside ours, those that cannot be reached from the internet, of both families: certificate
     * authorities pass over them (Boulder, bdns/dns.go). They are not among the foreign ones. */
    struct address dead[2 * CHECK_ADDRESSES_MAX];
    size_t dead_count;
    const struct dns_record *chain; /* CNAMEs from the name on */
    size_t chain_count;
    bool is_via_base;   /* a CNAME chain to or through the base */
    bool is_via_target; /* a CNAME chain to or through the set's cname */
    bool has_caa;       /* CAA was asked for */
    struct caa_judgement caa;
    size_t probes_bad;
    const struct probe *bad; /* the first that is not PROBE_OK, or NULL */
};

enum { FACTS_V4, FACTS_V6 };

/* all[i] is of names->names[i]; `all` points into itself, so it stays where it is. */
void facts_collect(struct arena *mem, const struct check_names *names,
                   const struct check_expected *expected, const struct check_context *context,
                   const struct check_seen *seen, struct facts *all);

/* Why nobody on the internet can reach it; NULL: it can be reached. */
const char *facts_unreachable_for(const struct facts *f, const struct address *address);
/* Whether it is one of the set's addresses. */
bool facts_is_ours(const struct facts *f, const struct dns_record *record);

static inline size_t facts_ours(const struct facts *f)
{
    return f->ours_count[FACTS_V4] + f->ours_count[FACTS_V6];
}

static inline size_t facts_foreign(const struct facts *f)
{
    return f->foreign_count[FACTS_V4] + f->foreign_count[FACTS_V6];
}
