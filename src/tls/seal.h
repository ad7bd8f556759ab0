/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * seal: a secret at rest. Blob: version 1, kid, 12 octets of nonce, ciphertext, 16 octets of tag;
 * AES-256-GCM with the associated data
 *
 *     latchkey-seal-1|<kind>|<owner id>|<kid in decimal>
 *
 * so that a blob opens only for the kind, owner and key that it was made for. Which family a kid
 * belongs to (edge or signer) follows from the kind: see seal_family().
 *
 * The nginx module links this file together with base/slice alone: buffers of the caller, no arena,
 * no assert, no abort. OpenSSL's error queue is left as it was found.
 */
#include "base/slice.h"

enum seal_kind { SEAL_CERTIFICATE_KEY, SEAL_ACCOUNT_KEY, SEAL_SECRET, SEAL_KIND_COUNT };
enum seal_family { SEAL_FAMILY_EDGE, SEAL_FAMILY_SIGNER, SEAL_FAMILY_COUNT };

enum seal_result {
    SEAL_OK,
    SEAL_BAD_BLOB,  /* too short, or of an unknown version */
    SEAL_WRONG_KID, /* made under another key than the one given */
    SEAL_REFUSED,   /* the tag does not fit: altered, or another kind, owner or key */
    SEAL_NO_ROOM,   /* the caller's buffer is too small, or the secret over SEAL_PLAIN_MAX */
    SEAL_BAD_OWNER, /* empty, over SEAL_OWNER_MAX, or other octets than [A-Za-z0-9._:-] */
    SEAL_NO_CRYPTO  /* OpenSSL could not encrypt or has no random octets */
};

#define SEAL_VERSION   1
#define SEAL_KEY_SIZE  32
#define SEAL_OWNER_MAX 64
#define SEAL_PLAIN_MAX 4096
#define SEAL_OVERHEAD  (1 + 1 + 12 + 16)

struct seal_key {
    uint8_t kid; /* 1..255 */
    unsigned char octets[SEAL_KEY_SIZE];
};

/* What a secret is sealed for. */
struct seal_label {
    enum seal_kind kind;
    struct slice owner; /* id of the owner: a certificate id for a certificate key */
};

/* Writes plain.len + SEAL_OVERHEAD octets to `out`; `*out_len` only when SEAL_OK. */
MUST_CHECK enum seal_result seal_close(const struct seal_key *key, const struct seal_label *label,
                                       struct slice plain, unsigned char *out, size_t room,
                                       size_t *out_len);

/* Writes blob.len - SEAL_OVERHEAD octets to `out`, which the caller wipes after use. When it is not
 * SEAL_OK, `out` holds no octet of the secret. */
MUST_CHECK enum seal_result seal_open(const struct seal_key *key, const struct seal_label *label,
                                      struct slice blob, unsigned char *out, size_t room,
                                      size_t *out_len);

/* The kid that a blob was made under; false when it is no blob of this version. */
MUST_CHECK bool seal_kid(struct slice blob, uint8_t *kid);

/* "certificate-key" belongs to the edge family, "account-key" and "secret" to the signer's. */
const char *seal_kind_name(enum seal_kind kind);
enum seal_family seal_family(enum seal_kind kind);
const char *seal_family_name(enum seal_family family); /* "edge", "signer" */
const char *seal_result_text(enum seal_result result);
