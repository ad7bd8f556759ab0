/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * csr: what a client may ask to have signed (RFC 2986, RFC 8555 section 7.4). Refused as badCSR: no
 * PKCS#10 in DER, a bad signature or one by another algorithm than RSA or ECDSA with SHA-2, a key
 * that is neither P-256, P-384 nor RSA of 2048..4096 bits, names other than DNS names. Only the
 * key and the names of a CSR are ever used. Whether the names are those of the order and the key is
 * no account's is the caller's to check.
 */
#include <openssl/x509.h>

#include "base/slice.h"
#include "ca/identifier.h"
#include "ca/public_key.h"

#define CA_CSR_MAX 32768 /* octets of DER */

struct ca_csr {
    struct ca_names names; /* of the SAN and the common name */
    const char *key_hash;  /* as in struct ca_jwk */
    struct slice der;
    X509_REQ *request; /* released with the arena */
};

/* What of a CSR goes into the certificate. */
struct ca_subject_key {
    X509_PUBKEY *key;
    char hash[CA_KEY_HASH_LEN + 1];
};

MUST_CHECK bool ca_csr_parse(struct arena *mem, struct slice der, struct ca_csr *out,
                             struct ca_problem *problem);
/* `text`: base64url of the DER. */
MUST_CHECK bool ca_csr_read(struct arena *mem, const char *text, struct ca_csr *out,
                            struct ca_problem *problem);

/* The caller's to free. */
struct ca_subject_key *ca_csr_subject_key(const struct ca_csr *csr);
/* Of a CSR that was accepted before and that the store has kept: nothing is checked again.
 * ERR_STORE when it is none. */
MUST_CHECK bool ca_csr_reload(struct arena *mem, struct slice der, struct ca_subject_key **out,
                              struct err *err);
void ca_subject_key_free(void *key); /* NULL is fine */
static inline void ca_subject_key_freep(struct ca_subject_key **key)
{
    ca_subject_key_free(*key);
}
