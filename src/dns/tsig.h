/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * tsig: transaction signatures of DNS messages (RFC 8945). The secret is not here: whoever holds
 * it computes the MAC, for the worker that is the signer. Time is the machine's own, for that is
 * what the server compares.
 */
#include "base/arena.h"
#include "dns/message.h"

#define TSIG_ALGORITHMS(X)                                                                         \
    X(SHA256, "hmac-sha256", 32)                                                                   \
    X(SHA512, "hmac-sha512", 64)

#define X(id, name, size) TSIG_##id,
enum tsig_algorithm { TSIG_ALGORITHMS(X) TSIG_ALGORITHM_COUNT };
#undef X

#define TSIG_FUDGE_S 300 /* how far the clocks may be apart: RFC 8945 section 10 */

enum { TSIG_BADSIG = 16, TSIG_BADKEY = 17, TSIG_BADTIME = 18, TSIG_BADTRUNC = 22 };

/* HMAC of `data` by the key, as the algorithm wants it, in `mem`. */
typedef bool (*tsig_mac_fn)(void *arg, struct arena *mem, struct slice data, struct slice *mac,
                            struct err *err);

struct tsig_key {
    const char *name; /* as the server knows it */
    enum tsig_algorithm algorithm;
    tsig_mac_fn mac;
    void *arg;
};

const char *tsig_algorithm_name(enum tsig_algorithm algorithm);
size_t tsig_mac_size(enum tsig_algorithm algorithm); /* octets */

/* Signs a message that has no TSIG yet: adds the record and counts it in the header. *mac is what
 * the answer's signature takes in. */
MUST_CHECK bool tsig_sign(struct arena *mem, const struct tsig_key *key, int64_t now_s,
                          struct buf *message, struct slice *mac, struct err *err);

#define TSIG_VERDICTS(X)                                                                           \
    X(VALID, "valid")                                                                              \
    X(UNSIGNED, "unsigned")                                                                        \
    X(OTHER_KEY, "other_key") /* of another key, or by another algorithm */                        \
    X(WRONG, "wrong")         /* the MAC is not right */                                           \
    X(OFF_TIME, "off_time")   /* the MAC is right, the time too far from ours */

#define X(id, name) TSIG_##id,
enum tsig_verdict { TSIG_VERDICTS(X) TSIG_VERDICT_COUNT };
#undef X

/* An answer as it came. */
struct tsig_answer {
    struct slice wire;
    const struct dns_message *message; /* read from `wire` */
    struct slice request_mac;
};

/* False only when the MAC could not be computed. */
MUST_CHECK bool tsig_verify(struct arena *mem, const struct tsig_key *key, int64_t now_s,
                            const struct tsig_answer *answer, enum tsig_verdict *out,
                            struct err *err);
