/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * problem: what the CA tells a client that it refuses (RFC 8555 section 6.7, RFC 7807), in Let's
 * Encrypt's types, statuses and wording. A handler either replies or fills a problem; a failure of
 * our own (`struct err`) becomes serverInternal, whose cause is logged and never shown.
 */
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

/* The type without its "urn:ietf:params:acme:error:", and the HTTP status that Boulder gives it. */
#define CA_PROBLEMS(X)                                                                             \
    X(ACCOUNT_DOES_NOT_EXIST, "accountDoesNotExist", 400)                                          \
    X(ALREADY_REPLACED, "alreadyReplaced", 409)                                                    \
    X(ALREADY_REVOKED, "alreadyRevoked", 400)                                                      \
    X(BAD_CSR, "badCSR", 400)                                                                      \
    X(BAD_NONCE, "badNonce", 400)                                                                  \
    X(BAD_PUBLIC_KEY, "badPublicKey", 400)                                                         \
    X(BAD_REVOCATION_REASON, "badRevocationReason", 400)                                           \
    X(BAD_SIGNATURE_ALGORITHM, "badSignatureAlgorithm", 400)                                       \
    X(CAA, "caa", 403)                                                                             \
    X(CONFLICT, "conflict", 409)                                                                   \
    X(CONNECTION, "connection", 400)                                                               \
    X(DNS, "dns", 400)                                                                             \
    X(EXTERNAL_ACCOUNT_REQUIRED, "externalAccountRequired", 403)                                   \
    X(INVALID_CONTACT, "invalidContact", 400)                                                      \
    X(INVALID_PROFILE, "invalidProfile", 400)                                                      \
    X(MALFORMED, "malformed", 400)                                                                 \
    X(ORDER_NOT_READY, "orderNotReady", 403)                                                       \
    X(RATE_LIMITED, "rateLimited", 429)                                                            \
    X(REJECTED_IDENTIFIER, "rejectedIdentifier", 400)                                              \
    X(SERVER_INTERNAL, "serverInternal", 500)                                                      \
    X(TLS, "tls", 400)                                                                             \
    X(UNAUTHORIZED, "unauthorized", 403)                                                           \
    X(UNSUPPORTED_CONTACT, "unsupportedContact", 400)                                              \
    X(UNSUPPORTED_IDENTIFIER, "unsupportedIdentifier", 400)                                        \
    X(USER_ACTION_REQUIRED, "userActionRequired", 403)

#define X(id, name, status) CA_PROBLEM_##id,
enum ca_problem_type { CA_PROBLEMS(X) CA_PROBLEM_COUNT };
#undef X

#define CA_DETAIL_MAX        1024
#define CA_SUBPROBLEMS_MAX   100
#define CA_PROBLEM_TEXT_MAX  65536
#define CA_PROBLEM_NAMESPACE "urn:ietf:params:acme:error:"

/* What is wrong with one identifier of several (RFC 8555 section 6.7.1). */
struct ca_subproblem {
    enum ca_problem_type type;
    const char *identifier; /* a DNS name */
    const char *detail;
};

/* Filled by whoever refuses; owned by the caller. `subs` lives in an arena of the caller. */
struct ca_problem {
    enum ca_problem_type type;
    int status; /* of the type, unless the refusal has one of its own (404, 405, 413, 415) */
    char detail[CA_DETAIL_MAX]; /* printable ASCII, cut at the limit */
    const struct ca_subproblem *subs;
    size_t sub_count;
    int64_t retry_at;     /* Retry-After; 0 = none with 429, a second with 503 */
    const char *help;     /* URL of a page about it (Link, rel="help"); NULL = none */
    const char *instance; /* URL that a person is to visit; NULL = none */
    struct err cause;     /* serverInternal: why, for the log alone */
};

/* All return false, so that a refusing path is one line. */
bool ca_refuse(struct ca_problem *problem, enum ca_problem_type type, const char *fmt, ...)
    PRINTF(3, 4);
bool ca_refuse_as(struct ca_problem *problem, int status, enum ca_problem_type type,
                  const char *fmt, ...) PRINTF(4, 5);
/* "what :: detail", as Boulder says what was refused, in `problem` and each of its subproblems. A
 * badNonce and a serverInternal stay as they are. */
bool ca_refuse_within(struct arena *mem, struct ca_problem *problem, const char *what);
/* serverInternal with Boulder's kind of sentence as detail; `err` goes to the log. */
bool ca_fail(struct ca_problem *problem, const struct err *err, const char *what);

const char *ca_problem_name(enum ca_problem_type type);
int ca_problem_status(enum ca_problem_type type);

/* A new object: type, detail, status, subproblems, instance, and the list of algorithms that
 * badSignatureAlgorithm must have (RFC 8555 section 6.2). */
json_t *ca_problem_json(const struct ca_problem *problem);
/* The same as text, to be stored with a challenge or an order. */
const char *ca_problem_text(struct arena *mem, const struct ca_problem *problem);
