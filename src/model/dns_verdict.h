/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * dns_verdict: what the last check says about one name. "Could not ask" (unknown) is not "is
 * wrong".
 */
#include "base/base.h"

#define DNS_VERDICTS(X)                                                                            \
    X(OK, "ok")                                                                                    \
    X(UNCHECKED, "unchecked")                                                                      \
    X(UNKNOWN, "unknown")           /* could not tell: timeout, SERVFAIL without a reason */       \
    X(PARTIAL, "partial")           /* some addresses are ours, some are not */                    \
    X(WRONG_TARGET, "wrong_target") /* points elsewhere */                                         \
    X(MISSING, "missing")           /* no address record, or NXDOMAIN */                           \
    X(UNREACHABLE, "unreachable")   /* right in DNS, our check path does not answer */             \
    X(DNSSEC_BOGUS, "dnssec_bogus")                                                                \
    X(CAA_FORBIDDEN, "caa_forbidden")                                                              \
    X(PROXIED, "proxied")   /* another CDN in front */                                             \
    X(CONFLICT, "conflict") /* another tenant holds the name */

#define X(id, name) DNS_##id,
enum dns_verdict { DNS_VERDICTS(X) DNS_VERDICT_COUNT };
#undef X

const char *dns_verdict_name(enum dns_verdict verdict);
MUST_CHECK bool dns_verdict_parse(const char *name, enum dns_verdict *out);
