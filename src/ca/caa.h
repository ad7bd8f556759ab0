/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * caa: whether the CAA records of a name let this CA issue for it (RFC 8659), with the parameters
 * accounturi and validationmethods (RFC 8657), as Boulder reads them. Pure; the look-up is in
 * ca/caa_lookup.h. It shares no code with the checks of the product.
 */
#include "base/arena.h"
#include "dns/resolver.h"

#define CA_CAA_PARAMETERS_MAX 16

/* What would be issued, and to whom. */
struct ca_caa_case {
    const char *issuer;  /* the domain that means this CA */
    const char *account; /* its URL */
    const char *method;  /* "http-01" */
    bool is_wildcard;    /* "*.shop.example" */
};

/*
 * `records` are all those at the name that has any (RFC 8659 section 3); none: true. A record that
 * is critical (flags 128, and 1 as some wrote it) with a tag that is not known forbids. issuemail,
 * issuevmc and iodef say nothing here. Without any "issue" (and "issuewild" for a wildcard) all may
 * issue. Else one record must name the issuer, with at most one accounturi, which is the account,
 * and at most one validationmethods, which has the method; a record that cannot be read, with
 * parameters that are no tag=value, permits nobody; so does one with a tab, which src/dns escapes.
 */
bool ca_caa_permits(struct arena *mem, const struct dns_record *records, size_t count,
                    const struct ca_caa_case *wanted);
