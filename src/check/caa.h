/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * caa: whether CAA records (RFC 8659, RFC 8657) let a certificate authority issue for a name, as
 * Let's Encrypt reads them. Pure; the sandbox CA has a reading of its own (ca/caa.h).
 *
 * The set of the lowest name that has any counts; a CNAME is followed, so that it may be the
 * target's. Within it: a record with a critical flag (128, or 1 as Let's Encrypt has it) and a tag
 * that is not known forbids all; for a wildcard issuewild counts instead of issue where there is
 * one; iodef, issuemail and issuevmc forbid nothing. A look-up that fails on the way forbids.
 */
#include "base/arena.h"
#include "dns/resolver.h"

#define CAA_LEVELS_MAX 12 /* names of a climb: ten labels are the most a name may have */

struct caa_wanted {
    const char *issuer;  /* "letsencrypt.org" */
    const char *account; /* URL of the ACME account; NULL = not known */
    const char *method;  /* "http-01"; NULL = any */
    bool is_wildcard;
};

enum caa_fault {
    CAA_PERMITTED,
    CAA_ACCOUNT_UNKNOWN, /* permitted, if the account is the one that the record names */
    CAA_FORBIDDEN,       /* no record names the issuer */
    CAA_MALFORMED,       /* one does, with parameters that cannot be read */
    CAA_WRONG_ACCOUNT,   /* one does, for another account */
    CAA_WRONG_METHOD,    /* one does, for other ways of validation */
    CAA_CRITICAL,        /* a critical record that is not understood */
    CAA_UNSEEN,          /* a look-up failed */
};

struct caa_judgement {
    enum caa_fault fault;
    const struct dns_answer *answer; /* that decides; NULL: no name has any CAA */
    const struct dns_record *record; /* that is at fault; NULL: none alone */
    const char *tag;                 /* "issue" or "issuewild": what counts */
};

/* levels[0] is the answer of the name itself (without "*."), each further one of its parent. */
void caa_judge(const struct dns_answer *levels, size_t count, const struct caa_wanted *wanted,
               struct caa_judgement *out);
/* The value that lets `wanted` issue: the record's own parameters, but for those that do not fit.
 */
const char *caa_value(struct arena *mem, const struct caa_judgement *judgement,
                      const struct caa_wanted *wanted);
