/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * signing: what the loader signs: ACME requests by an account's P-256 key (RFC 7515, ES256), and
 * certificate requests for names of one length by one key, which are patched, not built.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "tls/handle.h"

struct signing_key {
    EVP_PKEY *key; /* freed with the arena that it was made in */
    const char *jwk;
    const char *thumbprint; /* RFC 7638 */
};

MUST_CHECK bool signing_key_make(struct arena *mem, struct signing_key *out, struct err *err);

struct signing_header {
    const char *kid; /* NULL: the key itself */
    const char *nonce, *url;
};

/* A JWS in flattened JSON; `payload` "" is POST-as-GET. */
MUST_CHECK bool signing_jws(struct arena *mem, const struct signing_key *key,
                            const struct signing_header *header, const char *payload,
                            const char **out, struct err *err);

struct signing_csr {
    EVP_PKEY *key;
    struct slice unsigned_part; /* DER of CertificationRequestInfo (RFC 2986) */
    size_t name_at, name_len;
};

/* For names as long as `name`. */
MUST_CHECK bool signing_csr_prepare(struct arena *mem, const char *name, struct signing_csr *out,
                                    struct err *err);
/* Base64url, as `finalize` wants it. */
MUST_CHECK bool signing_csr_make(struct arena *mem, const struct signing_csr *csr, const char *name,
                                 const char **out, struct err *err);
