/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * signer: the worker's side of the process that holds the private keys. One request, one reply,
 * each a JSON object in one datagram (signer/protocol.h). A `struct signer` is shared by all
 * threads of a process; a call has one of its connections for one round trip.
 *
 * Every call fails with ERR_SIGNER ("may work later") when no reply comes within
 * SIGNER_DEADLINE_MS, waiting for the turn included; with the signer's own code and text when it
 * refuses. Every request may be repeated: the signer keeps nothing.
 *
 * Sealed blobs are for the store; `owner` must be the same at every use (see tls/seal.h).
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "tls/csr.h"
#include "tls/key.h"
#include "tls/seal.h"

struct signer;

#define SIGNER_DEADLINE_MS 5000
#define SIGNER_LINES_MAX   4

/* Over an inherited SOCK_SEQPACKET connection, which is taken over (closed by signer_free). */
struct signer *signer_new_fd(int fd);
/* Over up to SIGNER_LINES_MAX connections to the socket at `path`, as many as calls go on at once:
 * each is made at its first call, and again when the signer was replaced. ERR_CONFIG when the path
 * is longer than a socket's may be (107 octets). */
MUST_CHECK bool signer_new_path(const char *path, struct signer **out, struct err *err);
void signer_free(struct signer *signer);

struct signer_key {
    enum key_type type;
    struct slice sealed;
    struct slice spki; /* SubjectPublicKeyInfo, DER */
};

/* The key of an account. owner: CA account id (caa_...). */
MUST_CHECK bool signer_make_key(struct arena *mem, struct signer *signer, const char *owner,
                                struct signer_key *out, struct err *err);

struct signer_csr {
    struct signer_key key;
    struct slice der; /* PKCS #10 (RFC 2986), signed by the key */
};

/* A certificate key and a request for these names with it. owner: certificate id (crt_...). */
MUST_CHECK bool signer_make_csr(struct arena *mem, struct signer *signer, const char *owner,
                                const struct csr_wish *wish, struct signer_csr *out,
                                struct err *err);

/* A private key as the store has it. */
struct signer_sealed {
    const char *owner;
    struct slice blob;
};

struct signer_jws_wish {
    const struct signer_sealed *account; /* or a certificate, see is_of_certificate */
    const char *header;     /* protected, JSON text: alg, url, nonce, kid or jwk (RFC 8555 6.2) */
    struct slice payload;   /* JSON text; empty for POST-as-GET */
    bool is_of_certificate; /* by a certificate's key: only its own revocation, with its jwk */
};

/* Flattened JWS (RFC 7515 section 7.2.2) with ES256, which alg must be. ERR_FORBIDDEN for a url
 * whose scheme, host and port are not those of the directory of a configured CA, for a jwk of
 * another key, and for anything but the revocation of its certificate by a certificate's key. */
MUST_CHECK bool signer_jws(struct arena *mem, struct signer *signer,
                           const struct signer_jws_wish *wish, const char **out, struct err *err);

struct signer_eab_wish {
    const struct signer_sealed *account;
    const char *ca;  /* its id */
    const char *url; /* newAccount */
};

/* The externalAccountBinding of newAccount (RFC 8555 section 7.3.4) with the configured EAB key of
 * the CA. ERR_CONFIG when it has none. */
MUST_CHECK bool signer_jws_eab(struct arena *mem, struct signer *signer,
                               const struct signer_eab_wish *wish, const char **out,
                               struct err *err);

struct signer_rollover {
    struct signer_sealed old_key, new_key;
    const char *account_url, *url; /* url: keyChange */
};

/* The inner JWS of keyChange (RFC 8555 section 7.3.5): the payload of a signer_jws by the old key.
 */
MUST_CHECK bool signer_jws_rollover(struct arena *mem, struct signer *signer,
                                    const struct signer_rollover *in, const char **out,
                                    struct err *err);

struct signer_jwk {
    const char *json;       /* the public JWK: crv, kty, x, y and nothing else */
    const char *thumbprint; /* RFC 7638, SHA-256, base64url */
};

MUST_CHECK bool signer_public_jwk(struct arena *mem, struct signer *signer,
                                  const struct signer_sealed *account, struct signer_jwk *out,
                                  struct err *err);

/* The same secret under the newest key of its family; `kind` is a seal_kind of tls/seal.h. */
MUST_CHECK bool signer_reseal(struct arena *mem, struct signer *signer, enum seal_kind kind,
                              const struct signer_sealed *in, struct slice *out, struct err *err);

/* HMAC of octets by the TSIG key of a zone (dns.update), with its algorithm: of a signed update or
 * of the answer to it. ERR_CONFIG when the zone has none. */
MUST_CHECK bool signer_tsig(struct arena *mem, struct signer *signer, const char *zone,
                            struct slice octets, struct slice *out, struct err *err);

#define SIGNER_MAC_SIZE 32

/* An edge record to be authenticated. kid and mac are filled. */
struct signer_record {
    const char *group;   /* of edges: [a-z0-9-], at most 32 octets */
    struct slice octets; /* the record from its version to the end of its body: no kid, no MAC */
    uint8_t kid;
    unsigned char mac[SIGNER_MAC_SIZE];
};

/* MAC = HMAC-SHA-256(newest feed key of the group, "latchkey-feed-1" | 0 | u8 length of group |
 * group | octets | kid). Any number of records: they are sent in as few datagrams as they fit in.
 * When it fails, no record has been changed. */
MUST_CHECK bool signer_mac(struct signer *signer, struct signer_record *records, size_t count,
                           struct err *err);
