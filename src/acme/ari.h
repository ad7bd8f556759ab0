/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ari: when the CA wants a certificate renewed (RFC 9773). The caller stores the certificate's id,
 * asks at `retry_at` and never sooner, picks one instant in the window, and stops asking once the
 * certificate is expired or replaced (section 4.3.3 forbids it). The order that replaces it names
 * the id: acme_order_request.replaces.
 */
#include "acme/client.h"

#define ACME_CERTIFICATE_ID_MAX 128 /* octets; 20 of key id and 20 of serial make 55 */
#define ACME_ARI_WAIT_MIN_S     60  /* what Retry-After is clamped to (section 4.3.2) */
#define ACME_ARI_WAIT_MAX_S     86400
#define ACME_ARI_WAIT_S         21600 /* after a long-term error (section 4.3.3) */
#define ACME_ARI_TRIES          6     /* temporary errors in a row that make a long-term one */
#define ACME_ARI_WINDOW_MAX_S   (400 * INT64_C(86400)) /* a longer window is none */

struct acme_renewal_info {
    int64_t start_at, end_at;    /* renew at one instant of [start_at, end_at); both may be past */
    const char *explanation_url; /* http or https, for people; NULL = none */
    int64_t retry_at;            /* when to ask again */
};

/* The id of a certificate, from its DER: base64url(authority key identifier) "." base64url(serial's
 * DER content, leading zero included) (section 4.1). ERR_BAD_CERT: no certificate, or one without
 * an authority key identifier, which has no id. */
MUST_CHECK bool acme_certificate_id(struct arena *mem, struct slice leaf_der, const char **out,
                                    struct err *err);

/* GET renewalInfo, unsigned; call->account may be NULL. *out = NULL: this CA has no such thing.
 * An answer without a Retry-After that can be read is a long-term error by section 4.3.3, but its
 * window is as good as any: it comes with retry_at in ACME_ARI_WAIT_S.
 * Failures fill call->problem, which must be given: acme_renewal_info_retry_at() reads it. */
MUST_CHECK bool acme_renewal_info_get(struct arena *mem, const struct acme_call *call,
                                      const char *certificate_id, struct acme_renewal_info **out,
                                      struct err *err);

/* When to ask again after the failure `problem`, the `failures`-th in a row (1 = the first), by
 * section 4.3.3: after a temporary one (time-out, 5xx) in 1, 2, 4, ... minutes; after a long-term
 * one (refused, no address, another status, an answer that makes no sense), and from the
 * ACME_ARI_TRIES-th on, in ACME_ARI_WAIT_S. A Retry-After that is later counts, up to a day. */
int64_t acme_renewal_info_retry_at(const struct acme_problem *problem, int failures, int64_t now);
