/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* order: the CA's order object (RFC 8555 sections 7.1.3, 7.4). */
#include "acme/client.h"

struct acme_problem;

#define ACME_ORDER_STATES(X)                                                                       \
    X(PENDING, "pending")                                                                          \
    X(READY, "ready")                                                                              \
    X(PROCESSING, "processing")                                                                    \
    X(VALID, "valid")                                                                              \
    X(INVALID, "invalid")

#define X(id, name) ACME_ORDER_##id,
enum acme_order_status { ACME_ORDER_STATES(X) ACME_ORDER_STATUS_COUNT };
#undef X

struct acme_order {
    const char *url; /* to be stored before anything else is done with the order */
    enum acme_order_status status;
    const char *const *names; /* its DNS identifiers as the CA repeats them */
    size_t name_count;
    const char *const *authorizations; /* URLs */
    size_t authorization_count;
    const char *finalize;
    const char *certificate;          /* URL; NULL until status is valid */
    const char *profile;              /* that it is issued by; NULL = not said */
    const char *replaces;             /* ARI certificate id that it replaces; NULL = not said */
    int64_t not_before_at;            /* that the certificate is to have; 0 = not said */
    int64_t not_after_at;             /* the same */
    int64_t expires_at;               /* 0 = not said */
    int64_t retry_at;                 /* from Retry-After; 0 = the caller's own schedule */
    const struct acme_problem *error; /* why it is invalid, or NULL */
};

struct acme_order_request {
    const char *const *names; /* lower-case A-labels without final dot, or "*." and such */
    size_t name_count;        /* 1..ACME_NAMES_MAX */
    const char *profile;      /* a name in the directory's profiles, or NULL */
    const char *replaces;     /* of acme_certificate_id() (RFC 9773 section 5), or NULL */
    int64_t not_before_at, not_after_at; /* 0 = the CA's choice; many CAs refuse anything else */
};

const char *acme_order_status_name(enum acme_order_status status);

/* newOrder. `profile` and `replaces` are sent as they are, whether the directory has such things or
 * not: a CA without ARI may refuse an order with "replaces". A refusal that may be due to
 * `replaces` has the reaction ACME_DROP_REPLACES, one due to `profile` ACME_DEFAULT_PROFILE. May be
 * repeated when the answer was lost: some CAs return the same pending order, others make a second
 * one, and the first expires by itself. */
MUST_CHECK bool acme_order_new(struct arena *mem, const struct acme_call *call,
                               const struct acme_order_request *want, struct acme_order **out,
                               struct err *err);

/* What an order that was refused is worth asking for again without. */
enum acme_left_out { ACME_LEFT_NOTHING, ACME_LEFT_REPLACES, ACME_LEFT_PROFILE };

/* Takes that out of *want, of which each can be left out once: so a loop around acme_order_new()
 * that ends with ACME_LEFT_NOTHING is the whole fallback of RFC 9773 section 5 and of profiles. Who
 * has ordered the replacement already, under ACME_LEFT_REPLACES, goes on with that order instead.
 */
enum acme_left_out acme_order_leave_out(const struct acme_problem *problem,
                                        struct acme_order_request *want);

MUST_CHECK bool acme_order_get(struct arena *mem, const struct acme_call *call, const char *url,
                               struct acme_order **out, struct err *err);

struct acme_finalize_request {
    const char *order_url;
    const char *finalize_url;
    struct slice csr; /* DER, PKCS#10, signed by the certificate's key */
};

/* Sends the CSR. The order comes back as processing or already valid. When the answer was lost, do
 * not repeat: acme_order_get() shows how far the CA is. */
MUST_CHECK bool acme_order_finalize(struct arena *mem, const struct acme_call *call,
                                    const struct acme_finalize_request *want,
                                    struct acme_order **out, struct err *err);
