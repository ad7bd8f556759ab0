/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * protocol: what client and server of the signer say to each other. AF_UNIX, SOCK_SEQPACKET; one
 * JSON object a datagram, at most SIGNER_DATAGRAM_MAX octets.
 *
 *     request   {"id": 17, "op": "make_key", "owner": "caa_..."}
 *     reply     {"id": 17, "ok": true, "sealed": "AQF...", ...}
 *               {"id": 17, "ok": false, "code": "bad_input", "field": "owner", "text": "..."}
 *
 * id: a number of the client's; 0 in the reply to what could not be read. Octets are base64url.
 * code: a name of base/err.h. The fields of each request are the table in protocol.c; a missing, an
 * unknown or a wrongly typed one is refused.
 */
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

/* A chain record at the limits of tls/chain.h fits. */
#define SIGNER_DATAGRAM_MAX  98304
#define SIGNER_MAC_BATCH_MAX 256 /* records in one datagram */

#define SIGNER_OPS(X)                                                                              \
    X(MAKE_KEY, "make_key")                                                                        \
    X(CSR, "csr")                                                                                  \
    X(JWS, "jws")                                                                                  \
    X(JWS_EAB, "jws_eab")                                                                          \
    X(JWS_ROLLOVER, "jws_rollover")                                                                \
    X(PUBLIC_JWK, "public_jwk")                                                                    \
    X(RESEAL, "reseal")                                                                            \
    X(MAC, "mac")                                                                                  \
    X(TSIG, "tsig")

#define X(id, name) SIGNER_OP_##id,
enum signer_op { SIGNER_OPS(X) SIGNER_OP_COUNT };
#undef X

const char *signer_op_name(enum signer_op op);

/* The request of a datagram: an object of a known op with exactly its fields. `*id` is set as soon
 * as it is known, also when the rest is refused. */
MUST_CHECK bool signer_request_read(struct slice datagram, json_t **out, enum signer_op *op,
                                    json_int_t *id, struct err *err);

/* Fields of a request that has been read; NULL when an optional one is not there. */
const char *signer_text(const json_t *request, const char *field);
MUST_CHECK bool signer_octets(struct arena *mem, const json_t *request, const char *field,
                              struct slice *out, struct err *err);

/* Puts base64url text into an object. */
void signer_put_octets(struct arena *mem, json_t *object, const char *field, struct slice octets);
