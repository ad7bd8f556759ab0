/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * chain: what a CA sent as a certificate chain (RFC 8555 section 9.1), leaf first, taken apart into
 * what the product stores. Everything lives in the arena, OpenSSL's objects of the certificates
 * too: to parse one takes longer than all else that is done with it, so it is done once.
 *
 * Not checked by chain_read(): times, signatures, names, key. Ask the functions below.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/slice.h"

struct issuers;
struct x509_st; /* OpenSSL's X509 */

#define CHAIN_CERT_MAX 10
#define CHAIN_PEM_MAX  65536 /* octets */

struct chain {
    size_t count;
    struct slice certs[CHAIN_CERT_MAX]; /* DER, [0] is the leaf */
    struct x509_st *parsed[CHAIN_CERT_MAX];
    const char *serial;       /* of the leaf, as all below; lower-case hex, no colons */
    const char *issuer;       /* RFC 2253 one-line text, UTF-8 */
    const char *fingerprint;  /* SHA-256 of the DER, lower-case hex */
    const char *const *names; /* dNSName entries of the SAN, lower case */
    size_t name_count;
    int64_t not_before, not_after; /* unix milliseconds */
    struct slice spki;             /* SubjectPublicKeyInfo, DER */
    uint16_t point_offset;         /* as chain_point_offset() */
};

/* Reads 1..CHAIN_CERT_MAX certificates from at most CHAIN_PEM_MAX octets of PEM. Text around the
 * blocks is passed over; a block that is not a certificate, or that has something after its DER, is
 * an error. ERR_BAD_CERT. */
MUST_CHECK bool chain_read(struct arena *mem, struct slice pem, struct chain *out, struct err *err);
/* The same; what is above the leaf is parsed only when it is not among `issuers`, and kept there.
 */
MUST_CHECK bool chain_read_with(struct arena *mem, struct slice pem, struct issuers *issuers,
                                struct chain *out, struct err *err);
/* The same from DER, leaf first; the octets are not copied. */
MUST_CHECK bool chain_from_der(struct arena *mem, const struct slice *certs, size_t count,
                               struct chain *out, struct err *err);
/* The same from certificates that OpenSSL has parsed already, whose references are the caller's. */
MUST_CHECK bool chain_from_parsed(struct arena *mem, struct x509_st *const *certs, size_t count,
                                  struct chain *out, struct err *err);
/* Only takes PEM text apart, as chain_read() does: of a chain that was read before it was stored.
 * *count is at most CHAIN_CERT_MAX. */
MUST_CHECK bool chain_split(struct arena *mem, struct slice pem, struct slice certs[CHAIN_CERT_MAX],
                            size_t *count, struct err *err);
/* The PEM text of all certificates, leaf first. */
const char *chain_pem(struct arena *mem, const struct chain *chain);

/* The common name of the issuer of the last certificate of a chain that was read: of the root that
 * it leads to, which CAs leave out. UTF-8; "" when there is none, or one with control characters.
 */
const char *chain_root_name(struct arena *mem, const struct chain *chain);

/* ERR_BAD_CERT unless each name is in the leaf's SAN: the same text in any case, or under a
 * wildcard that stands for exactly its first label (RFC 6125 section 6.4.3). */
MUST_CHECK bool chain_covers(const struct chain *chain, const char *const *names, size_t count,
                             struct err *err);
/* ERR_BAD_CERT unless the leaf's public key is this SubjectPublicKeyInfo. */
MUST_CHECK bool chain_has_key(const struct chain *chain, struct slice spki, struct err *err);

/* Where the 65 octets of an uncompressed P-256 point (0x04, x, y) begin in a certificate's DER,
 * found by walking the structure to the SubjectPublicKeyInfo; 0 when the key is not such a point.
 * ERR_BAD_CERT when the DER cannot be walked. */
MUST_CHECK bool chain_point_offset(struct slice der, uint16_t *out, struct err *err);

/* What the id of a certificate is made of (RFC 9773 section 4.1), found by walking the DER: the key
 * identifier of its issuer's key, empty when it has none, and the content octets of its serial
 * number. They are parts of `der`. ERR_BAD_CERT when the DER cannot be walked; what lies beside the
 * way is not checked. */
MUST_CHECK bool chain_id_parts(struct slice der, struct slice *key_id, struct slice *serial,
                               struct err *err);
