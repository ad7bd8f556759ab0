/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * csr: a certification request (RFC 2986) for a list of DNS names, signed with SHA-256.
 *
 * Every name is in the subjectAltName. The common name is the first of them, in this order of
 * preference, that has at most 64 octets (RFC 5280 upper bound): neither "www." nor "*." in front;
 * with one of these. When every name is longer there is no common name. Country goes to C, state or
 * province to ST, city to L; what is NULL or empty is left out. Nothing else about a person: no
 * mail address, no organization (R52).
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "tls/handle.h"

#define CSR_NAME_MAX      100
#define CSR_CN_MAX        64
#define CSR_STATE_MAX     128 /* characters, as in RFC 5280: ub-state-name, ub-locality-name */
#define CSR_DNS_NAME_MAX  253
#define CSR_WILDCARD_TEXT "*."

struct csr_wish {
    const char *const *names; /* lower-case A-labels without final dot; "*." only in front */
    size_t name_count;        /* 1..CSR_NAME_MAX, no name twice */
    const char *country;      /* two capital letters (ISO 3166-1) */
    const char *state_or_province, *city;
};

/* ERR_BAD_INPUT with the field's name ("names", "country", "state_or_province", "city") when the
 * wish breaks a rule above. Whether a name is public, registered or allowed is not checked. */
MUST_CHECK bool csr_check(const struct csr_wish *wish, struct err *err);

/* DER in the arena, of a wish that passes csr_check(), signed with a P-256 key; otherwise its
 * error.
 */
MUST_CHECK bool csr_make(struct arena *mem, EVP_PKEY *key, const struct csr_wish *wish,
                         struct slice *out, struct err *err);

/* The PEM text of a request (RFC 7468 section 7). */
const char *csr_pem(struct arena *mem, struct slice der);
