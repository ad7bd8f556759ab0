/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * proof: what visitors are served, seen on the wire (DESIGN section 2, "live"): a TLS handshake
 * with one address for one name, then `GET /` over the same connection. It holds when the leaf has
 * the expected serial and every expected name, the chain leads to one of the given roots at the
 * given time, and the site answers with any final status but 421, 502 and 504. A target with an
 * `sni` of its own is proven by the handshake alone: what it shows is not served to visitors yet.
 *
 * All targets of a call are proven at the same time, in one thread. The time of certificates is
 * explicit (clock_now()); deadlines are real time.
 */
#include "base/arena.h"
#include "base/err.h"
#include "net/address.h"
#include "tls/verify.h"

#define PROOF_TARGETS_MAX 256
#define PROOF_TIMEOUT_MS  10000

/* code, wire name, holds, text for people */
#define PROOF_CODES(X)                                                                             \
    X(OK, "ok", true)                                                                              \
    X(SHOWN, "shown", true)               /* by the handshake alone */                             \
    X(ORIGIN_ERROR, "origin_error", true) /* live, but the site answers 5xx: a warning */          \
    X(FORBIDDEN, "forbidden", false)      /* the policy has not this address and port */           \
    X(REFUSED, "refused", false)                                                                   \
    X(UNREACHABLE, "unreachable", false)                                                           \
    X(TIMEOUT, "timeout", false)                                                                   \
    X(TLS, "tls", false) /* no handshake: also when the name is unknown there */                   \
    X(OTHER_CERTIFICATE, "other_certificate", false)                                               \
    X(NAME_MISSING, "name_missing", false)                                                         \
    X(CHAIN_REFUSED, "chain_refused", false) /* expired, bad signature, constraints */             \
    X(UNKNOWN_ROOT, "unknown_root", false)                                                         \
    X(CUT, "cut", false)                         /* the connection ended before an answer */       \
    X(NOT_HTTP, "not_http", false)               /* something else than HTTP/1.x came */           \
    X(MISDIRECTED, "misdirected", false)         /* 421 */                                         \
    X(BAD_GATEWAY, "bad_gateway", false)         /* 502: the edge does not reach the origin */     \
    X(GATEWAY_TIMEOUT, "gateway_timeout", false) /* 504 */

#define X(id, name, holds) PROOF_##id,
enum proof_code { PROOF_CODES(X) PROOF_CODE_COUNT };
#undef X

struct proof_target {
    struct address address;
    uint16_t port;
    const char *name;         /* SNI and Host; "*." and such: of any name that it stands for */
    const char *sni;          /* NULL: the name; else shown under this SNI, and nothing is asked */
    const char *serial;       /* expected: lower-case hex, as chain.serial (tls/chain.h) */
    const char *const *names; /* all in the leaf's SAN */
    size_t name_count;
};

struct proof_options {
    const struct net_policy *policy;
    const struct verify_roots *roots; /* of the CA: the chain must end in one of them */
    const struct verify_roots
        *trust;     /* the operator's trust store; NULL = is_trusted stays false */
    int64_t at;     /* when the chain must be valid: clock_now() */
    int timeout_ms; /* of all together; 0 = PROOF_TIMEOUT_MS */
};

struct proof {
    bool is_ok;
    enum proof_code code;
    const char *text;   /* one sentence: what was seen, where */
    const char *serial; /* that was served; NULL without a handshake */
    const char *root;   /* subject of the root that the chain leads to, or NULL */
    bool is_trusted;    /* it leads to a root of the trust store, too */
    int status;         /* HTTP, 0 = none */
    int64_t took_ms;
};

/* proofs[i] is of targets[i]. All texts belong to mem. */
void proof_run(struct arena *mem, const struct proof_options *options,
               const struct proof_target *targets, size_t count, struct proof *proofs);

const char *proof_code_name(enum proof_code code);
MUST_CHECK bool proof_code_parse(const char *name, enum proof_code *out);
