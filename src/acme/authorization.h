/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* authorization: the CA's question about one name, and its challenges (RFC 8555 sections 7.1.4,
 * 7.1.5, 7.5). */
#include "acme/client.h"

struct acme_problem;

#define ACME_CHALLENGES_MAX 16
#define ACME_TOKEN_MIN      22 /* 128 bits in base64url (RFC 8555 section 8) */
#define ACME_TOKEN_MAX      128

#define ACME_AUTHORIZATION_STATES(X)                                                               \
    X(PENDING, "pending")                                                                          \
    X(VALID, "valid")                                                                              \
    X(INVALID, "invalid")                                                                          \
    X(DEACTIVATED, "deactivated")                                                                  \
    X(EXPIRED, "expired")                                                                          \
    X(REVOKED, "revoked")

#define ACME_CHALLENGE_STATES(X)                                                                   \
    X(PENDING, "pending")                                                                          \
    X(PROCESSING, "processing")                                                                    \
    X(VALID, "valid")                                                                              \
    X(INVALID, "invalid")

/* A CA may offer types that are not listed: these are ACME_CHALLENGE_OTHER and have no token. */
#define ACME_CHALLENGE_TYPES(X)                                                                    \
    X(OTHER, "other")                                                                              \
    X(HTTP_01, "http-01")                                                                          \
    X(DNS_01, "dns-01")                                                                            \
    X(TLS_ALPN_01, "tls-alpn-01")

#define X(id, name) ACME_AUTHORIZATION_##id,
enum acme_authorization_status { ACME_AUTHORIZATION_STATES(X) ACME_AUTHORIZATION_STATUS_COUNT };
#undef X
#define X(id, name) ACME_CHALLENGE_##id,
enum acme_challenge_status { ACME_CHALLENGE_STATES(X) ACME_CHALLENGE_STATUS_COUNT };
#undef X
#define X(id, name) ACME_CHALLENGE_##id,
enum acme_challenge_type { ACME_CHALLENGE_TYPES(X) ACME_CHALLENGE_TYPE_COUNT };
#undef X

struct acme_challenge {
    enum acme_challenge_type type;
    enum acme_challenge_status status;
    const char *url;
    const char *token; /* [A-Za-z0-9_-]{22,128}: safe in a path or file name; NULL for OTHER */
    const struct acme_problem *error; /* what the CA met when it looked, or NULL */
};

struct acme_authorization {
    const char *url;
    const char *identifier; /* the DNS name, without "*." */
    bool is_wildcard;
    enum acme_authorization_status status;
    int64_t expires_at; /* 0 = not said */
    int64_t retry_at;   /* from Retry-After; 0 = the caller's own schedule */
    const struct acme_challenge *challenges;
    size_t challenge_count;
};

const char *acme_authorization_status_name(enum acme_authorization_status status);
const char *acme_challenge_status_name(enum acme_challenge_status status);
const char *acme_challenge_type_name(enum acme_challenge_type type);

/* newAuthz: asks for the proof of a name before any order (section 7.4.1), for CAs whose directory
 * has new_authz; no wildcard. ERR_CA_PROTOCOL where it has none. */
MUST_CHECK bool acme_authorization_new(struct arena *mem, const struct acme_call *call,
                                       const char *name, struct acme_authorization **out,
                                       struct err *err);
MUST_CHECK bool acme_authorization_get(struct arena *mem, const struct acme_call *call,
                                       const char *url, struct acme_authorization **out,
                                       struct err *err);
/* Gives the authorization up: the CA will ask again before it issues for this name, and its orders
 * that need it end. To be done for each that is pending or valid when a name leaves its owner. */
MUST_CHECK bool acme_authorization_deactivate(struct arena *mem, const struct acme_call *call,
                                              const char *url, struct acme_authorization **out,
                                              struct err *err);
/* The challenge of this type, or NULL when the CA offers none. */
const struct acme_challenge *acme_authorization_find(const struct acme_authorization *authorization,
                                                     enum acme_challenge_type type);

/* The name as it was ordered: the identifier, with "*." before it for a wildcard. */
const char *acme_authorization_name(struct arena *mem,
                                    const struct acme_authorization *authorization);

/* Tells the CA that the answer is in place. When the answer to this was lost: read the order, and
 * the authorization when the order is still pending; a second POST may be refused (conflict). */
MUST_CHECK bool acme_challenge_answer(struct arena *mem, const struct acme_call *call,
                                      const char *challenge_url, struct acme_challenge **out,
                                      struct err *err);
