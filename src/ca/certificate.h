/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * certificate: makes one X.509 certificate (RFC 5280) of one of a few kinds. What each carries is a
 * table; serials are one fixed octet and 128 random bits. Keys and times are the caller's.
 */
#include "base/slice.h"
#include "ca/identifier.h"
#include "tls/handle.h"

enum ca_cert_kind {
    CA_CERT_ROOT,      /* self-signed, name-constrained */
    CA_CERT_CROSS,     /* of a root's key, signed by another root */
    CA_CERT_ISSUER,    /* path length 0, name-constrained like its root */
    CA_CERT_LEAF,      /* serverAuth, domain validated */
    CA_CERT_SLIM_LEAF, /* without subject key identifier and key encipherment */
    CA_CERT_KIND_COUNT
};

#define CA_SERIAL_OCTETS 17
#define CA_SERIAL_LEN    (2 * CA_SERIAL_OCTETS)

struct ca_cert_wish {
    enum ca_cert_kind kind;
    const char *common_name;      /* NULL: none, and then the SAN is critical */
    const struct ca_names *names; /* leaf */
    const char *const *addresses; /* leaf: IPv4 and IPv6 as text */
    size_t address_count;
    const char *issuer_url; /* of the issuer's certificate; NULL: is not said */
    const char *crl_base;   /* what the URL of its CRL begins with: see ca_crl_url(); or NULL */
    const struct ca_suffixes *permitted; /* root, issuer: with 127.0.0.0/8 and ::1 */
    EVP_PKEY *key;                       /* the subject's; its public part is used */
    const X509_PUBKEY *encoded_key;      /* in its place, copied as it is; or NULL */
    int64_t not_before, not_after;       /* unix milliseconds, cut to seconds */
    X509 *issuer;                        /* NULL: self-signed with `signer` */
    EVP_PKEY *signer;
};

/* ERR_CRYPTO. The caller owns *out. */
MUST_CHECK bool ca_certificate_make(const struct ca_cert_wish *wish, X509 **out, struct err *err);

const char *ca_certificate_serial(struct arena *mem, const X509 *cert);      /* lower-case hex */
const char *ca_certificate_fingerprint(struct arena *mem, const X509 *cert); /* SHA-256 hex */
MUST_CHECK bool ca_certificate_der(struct arena *mem, X509 *cert, struct slice *out,
                                   struct err *err);
/* One PEM block; of the octets, which are not looked at, or of the certificate. */
MUST_CHECK bool ca_der_pem(struct arena *mem, struct slice der, const char **out, struct err *err);
/* Back: the first certificate of a PEM text; released with the arena. */
MUST_CHECK bool ca_pem_read(struct arena *mem, const char *pem, X509 **out, struct err *err);
MUST_CHECK bool ca_certificate_pem(struct arena *mem, X509 *cert, const char **out,
                                   struct err *err);
/* Released with the arena from now on. */
X509 *ca_cert_keep(struct arena *mem, X509 *cert);
int64_t ca_certificate_not_before(const X509 *cert); /* unix milliseconds */
int64_t ca_certificate_not_after(const X509 *cert);
