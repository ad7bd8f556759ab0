/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * csr: what a client may ask to have signed (RFC 2986, RFC 8555 section 7.4), by Boulder's rules.
 * malformed: no PKCS#10 in DER. badCSR: a key that ca/public_key.h does not accept, a bad signature
 * or one by another algorithm than RSA or ECDSA with SHA-2, mail addresses and URIs, an IP address
 * as the common name, no name at all. unauthorized: OCSP must-staple. IP addresses are names like
 * others, and so not those of any order here; further kinds of names are passed over. Only the key
 * and the names of a CSR are ever used. Whether the names are those of the order and the key is no
 * account's is the caller's to check.
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
    X509_REQ
    *request; /* released with the arena, as its key is, which OpenSSL may not find in it */
    EVP_PKEY *key;
};

/* What of a CSR goes into the certificate. */
struct ca_subject_key {
    X509_PUBKEY *key;
    char hash[CA_KEY_HASH_LEN + 1];
    /* That of the CSR; without one the first of its DNS names that fits. "": none, also when the
     * CSR has a longer one. */
    char common_name[CA_COMMON_NAME_MAX + 1];
};

MUST_CHECK bool ca_csr_parse(struct arena *mem, struct slice der, struct ca_csr *out,
                             struct ca_problem *problem);
/* `text`: base64url of the DER. */
MUST_CHECK bool ca_csr_read(struct arena *mem, const char *text, struct ca_csr *out,
                            struct ca_problem *problem);

/* The caller's to free. */
struct ca_subject_key *ca_csr_subject_key(struct arena *mem, const struct ca_csr *csr);
/* Of a CSR that was accepted before and that the store has kept: nothing is checked again.
 * ERR_STORE when it is none. */
MUST_CHECK bool ca_csr_reload(struct arena *mem, struct slice der, struct ca_subject_key **out,
                              struct err *err);
void ca_subject_key_free(void *key); /* NULL is fine */
static inline void ca_subject_key_freep(struct ca_subject_key **key)
{
    ca_subject_key_free(*key);
}
