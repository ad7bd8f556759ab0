/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* certificate: fetching a chain and revoking a leaf (RFC 8555 sections 7.4.2, 7.6). */
#include "acme/client.h"
#include "tls/chain.h"

#define ACME_ALTERNATES_MAX 16

struct acme_certificate {
    struct slice pem;              /* as the CA sent it, at most CHAIN_PEM_MAX octets */
    struct chain chain;            /* the same, taken apart; only well-formed: see tls/chain.h */
    const char *const *alternates; /* URLs of other chains for the same leaf (Link: alternate) */
    size_t alternate_count;
    const char *root; /* common name of the issuer of its last certificate; "" when it has none */
};

/* RFC 5280 section 5.3.1, those that CAs accept from a subscriber. */
enum acme_revocation_reason {
    ACME_REVOKED_UNSPECIFIED = 0,
    ACME_REVOKED_KEY_COMPROMISE = 1,
    ACME_REVOKED_SUPERSEDED = 4,
    ACME_REVOKED_CESSATION_OF_OPERATION = 5,
};

/* May be repeated at any time. */
MUST_CHECK bool acme_certificate_get(struct arena *mem, const struct acme_call *call,
                                     const char *url, struct acme_certificate **out,
                                     struct err *err);
/* Of the chain that the CA offers first and its alternates, the first whose `root` is this one; the
 * first that it offers when none is. That out->root is another one then is for the caller to tell.
 * An alternate that cannot be had, or has another leaf, is passed over. */
MUST_CHECK bool acme_certificate_get_preferred(struct arena *mem, const struct acme_call *call,
                                               const char *url, const char *root,
                                               struct acme_certificate **out, struct err *err);
/* Signed by the account that ordered it, or, when call->account has no url, by the certificate's
 * own key (its jwk; what most CAs ask for with ACME_REVOKED_KEY_COMPROMISE). A certificate that is
 * revoked already is a success. */
MUST_CHECK bool acme_revoke(struct arena *mem, const struct acme_call *call, struct slice leaf_der,
                            enum acme_revocation_reason reason, struct err *err);
