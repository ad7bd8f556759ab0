/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * problem: what a refusal of the CA means. RFC 8555 section 6.7 gives the types; real CAs put the
 * difference that matters into status, detail and subproblems. One table (problem.c) turns these
 * into: whose problem it is, whether it is final, who must act, what to do next.
 *
 * Failures without a problem document (the CA cannot be reached, its answer makes no sense) have
 * rows too, so that a caller decides by this record alone.
 */
#include "base/arena.h"
#include "base/err.h"

/* type, its name after "urn:ietf:params:acme:error:"; the first three are never sent by a CA */
#define ACME_PROBLEM_TYPES(X)                                                                      \
    X(UNREACHABLE, "unreachable") /* no answer: DNS, TCP, TLS or time-out */                       \
    X(NOT_ACME, "notAcme")        /* an answer that RFC 8555 does not allow */                     \
    X(UNKNOWN, "unknown")         /* a problem document of a type that is not listed here */       \
    X(AGREEMENT_REQUIRED, "agreementRequired") /* not of the RFC; old servers */                   \
    X(ACCOUNT_DOES_NOT_EXIST, "accountDoesNotExist")                                               \
    X(ALREADY_REPLACED, "alreadyReplaced")                                                         \
    X(ALREADY_REVOKED, "alreadyRevoked")                                                           \
    X(BAD_CSR, "badCSR")                                                                           \
    X(BAD_NONCE, "badNonce")                                                                       \
    X(BAD_PUBLIC_KEY, "badPublicKey")                                                              \
    X(BAD_REVOCATION_REASON, "badRevocationReason")                                                \
    X(BAD_SIGNATURE_ALGORITHM, "badSignatureAlgorithm")                                            \
    X(CAA, "caa")                                                                                  \
    X(COMPOUND, "compound")                                                                        \
    X(CONFLICT, "conflict")                                                                        \
    X(CONNECTION, "connection")                                                                    \
    X(DNS, "dns")                                                                                  \
    X(EXTERNAL_ACCOUNT_REQUIRED, "externalAccountRequired")                                        \
    X(INCORRECT_RESPONSE, "incorrectResponse")                                                     \
    X(INVALID_CONTACT, "invalidContact")                                                           \
    X(INVALID_PROFILE, "invalidProfile")                                                           \
    X(MALFORMED, "malformed")                                                                      \
    X(ORDER_NOT_READY, "orderNotReady")                                                            \
    X(RATE_LIMITED, "rateLimited")                                                                 \
    X(REJECTED_IDENTIFIER, "rejectedIdentifier")                                                   \
    X(SERVER_INTERNAL, "serverInternal")                                                           \
    X(TLS, "tls")                                                                                  \
    X(UNAUTHORIZED, "unauthorized")                                                                \
    X(UNSUPPORTED_CONTACT, "unsupportedContact")                                                   \
    X(UNSUPPORTED_IDENTIFIER, "unsupportedIdentifier")                                             \
    X(USER_ACTION_REQUIRED, "userActionRequired")

#define X(id, name) ACME_PROBLEM_##id,
enum acme_problem_type { ACME_PROBLEM_NONE, ACME_PROBLEM_TYPES(X) ACME_PROBLEM_COUNT };
#undef X

/* Where the document stood: in the answer to a request, to a newOrder with "replaces" (where a
 * refusal may mean the replacement alone), or in a challenge or order object. */
enum acme_problem_place { ACME_IN_ANSWER = 1, ACME_IN_OBJECT = 2, ACME_IN_REPLACING = 4 };

/* What it holds up: this name (or this set of names), everything of the account, the whole CA. */
enum acme_scope { ACME_SCOPE_NAME, ACME_SCOPE_ACCOUNT, ACME_SCOPE_CA };

enum acme_permanence {
    ACME_TRANSIENT,    /* goes by itself */
    ACME_UNTIL_CHANGE, /* stays until somebody changes something: see actor */
    ACME_FINAL,        /* the same request will always be refused */
};

enum acme_reaction {
    ACME_RETRY_NOW,       /* the same request at once (done by the library already) */
    ACME_RETRY_AT,        /* the same request at retry_at */
    ACME_BACK_OFF,        /* the same request on the caller's growing schedule */
    ACME_REREAD,          /* fetch the object again and go on from its state */
    ACME_NEW_ORDER,       /* the object is gone: start over with newOrder */
    ACME_NEW_KEY,         /* the same with another key: a new CSR, or another key for the account */
    ACME_REGISTER,        /* newAccount with the same key, then go on */
    ACME_DROP_NAME,       /* order without the names of the subproblems; without any: not at all */
    ACME_DROP_REPLACES,   /* resume the own order that replaces it, or order without "replaces" */
    ACME_DEFAULT_PROFILE, /* order without a profile; the directory is fetched again by itself */
    ACME_DROP_CONTACT,    /* newAccount without contact */
    ACME_IS_DONE,         /* what was asked for is so already */
    ACME_STOP,            /* nothing until the actor has acted */
};

/* Which of the CA's limits answered, as far as its detail says. */
enum acme_limit {
    ACME_LIMIT_NONE,
    ACME_LIMIT_ACCOUNTS_PER_ADDRESS,
    ACME_LIMIT_ORDERS_PER_ACCOUNT,
    ACME_LIMIT_FAILURES_PER_NAME,
    ACME_LIMIT_CERTIFICATES_PER_DOMAIN,
    ACME_LIMIT_CERTIFICATES_PER_SET,
    ACME_LIMIT_NAME_PAUSED, /* until a person visits `page` */
    ACME_LIMIT_REQUESTS,    /* load balancer or overload */
};

#define ACME_SUBPROBLEMS_MAX 100
#define ACME_ALGORITHMS_MAX  32

/* What is wrong with one name of several, judged by the same table. */
struct acme_subproblem {
    enum acme_problem_type type;
    const char *identifier; /* the name it is about, or "" */
    const char *detail;     /* printable, at most ACME_TEXT_MAX octets */
    enum acme_permanence permanence;
    enum acme_reaction reaction;
    enum err_actor actor;
    const char *meaning;
};

/* Filled for a call that failed; the texts live in the arena of that call. */
struct acme_problem {
    enum acme_problem_type type; /* ACME_PROBLEM_NONE: the failure was on this side (sign, input) */
    int status;                  /* HTTP status, 0 when there was none */
    const char *type_text;       /* as the CA wrote it, printable; "" when there is no document */
    const char *detail;          /* as the CA wrote it, printable; may hold a link for people */
    enum acme_scope scope;
    enum acme_permanence permanence;
    enum acme_reaction reaction;
    enum acme_limit limit;
    enum err_actor actor;
    enum err_code code;  /* of the struct err that goes with it */
    const char *meaning; /* for people: what it comes to, one clause, constant */
    int64_t retry_at;    /* unix ms on the movable clock: Retry-After, else the table's; 0 = none */
    const char *page;  /* URL for people, or NULL: where a paused name is released, where new terms
                          are agreed to, what explains a limit */
    const char *terms; /* URL of the terms of service that are in force, where it says so */
    const struct acme_subproblem *subproblems;
    size_t subproblem_count;
    const char *const *algorithms; /* of badSignatureAlgorithm: those that the CA takes */
    size_t algorithm_count;
};

const char *acme_problem_name(enum acme_problem_type type); /* "badNonce", "unreachable" */

/* Whether a subproblem is about this name. */
bool acme_problem_is_about(const struct acme_problem *problem, const char *name);
