/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * authority: the sandbox's own roots and intermediate (R45), made offline, in one folder:
 *
 *     root.pem             the present root; its key is thrown away once the intermediate is signed
 *     old-root.pem         a root that others may know longer; its key is thrown away, too
 *     root-cross.pem       the present root as the old one has signed it
 *     roots.pem            the present root first, the old one, then the former ones: what to trust
 *     roots-crl.pem        what these have revoked, which is nothing, for as long as they live
 *     intermediate.pem     issues everything, for as long as the root
 *     intermediate.key     0400
 *     former-ID.pem .key   replaced intermediates, until they expire: 0400, for their CRLs
 *     service.pem .key     chain and key (0400) for the nginx in front
 *
 * The latter is for localhost, 127.0.0.1, ::1 and the host of the CA's own URL, but for a name that
 * its roots may not certify. Roots and intermediate live 400 days and are replaced at half; also
 * when the list of permitted suffixes, or the address in the CA's own URL, is another one, or when
 * the files do not belong together (a first run that was killed). The service certificate is
 * replaced at two thirds of its 90 days, with the intermediate, and with the host of the URL.
 *
 * Validity begins an hour before the earlier of real and movable clock, because the TLS in front
 * runs on real time while everything issued follows the movable one.
 */
#include "ca/profile.h"

#define CA_ROOT_LIFE_MS (INT64_C(400) * 86400 * 1000)
#define CA_LEAF_LIFE_MS (INT64_C(90) * 86400 * 1000)
#define CA_BACKDATE_MS  (INT64_C(3600) * 1000)

/* Loaded and ready to sign; immutable, shared between threads. */
struct ca_authority {
    X509 *root, *intermediate;
    X509 *old_root, *cross;    /* NULL where an earlier version has made the files */
    EVP_PKEY *key;             /* of the intermediate */
    const char *id;            /* fingerprint of the intermediate: names it in the database */
    const char *issuer_pem;    /* the intermediate */
    const char *chain_pem;     /* what follows a leaf */
    const char *alternate_pem; /* what else may follow it (RFC 8555 section 7.4.2), or NULL */
    int64_t made_at, expires_at;
};

/* What ca_authority_init() did. */
struct ca_authority_report {
    bool is_root_new, is_service_new;
    const char *root_file, *roots_file, *service_file, *service_key_file;
};

/* Makes what is missing or due in `dir`, which it creates (0700). Safe to call at any time, also
 * beside a running CA, and to be killed in; two at once wait for each other. ERR_CONFIG when the
 * folder or a file cannot be used, ERR_CRYPTO. */
MUST_CHECK bool ca_authority_init(struct arena *mem, const char *dir,
                                  const struct ca_suffixes *permitted,
                                  struct ca_authority_report *out, struct err *err);

/* Reads what init made; handles are released with the arena. ERR_CONFIG. */
MUST_CHECK bool ca_authority_load(struct arena *mem, const char *dir,
                                  const struct ca_suffixes *permitted, struct ca_authority *out,
                                  struct err *err);

/* The same; *is_there: whether the files are there and belong together. */
MUST_CHECK bool ca_authority_read(struct arena *mem, const char *dir,
                                  const struct ca_suffixes *permitted, struct ca_authority *out,
                                  bool *is_there, struct err *err);

/* Whether half of its life is over at `at`. */
bool ca_authority_is_due(const struct ca_authority *authority, int64_t at);

struct ca_leaf_wish {
    const struct ca_profile *profile;
    const struct ca_names *names;
    const char *common_name; /* for a profile that has one; NULL: none */
    const X509_PUBKEY *key;
    const char *issuer_url, *crl_base; /* see ca/certificate.h */
    int64_t at;                        /* valid from somewhat before: ca_profile_backdate_ms() */
};

/* The caller owns *out. */
MUST_CHECK bool ca_authority_issue(const struct ca_authority *authority,
                                   const struct ca_leaf_wish *want, X509 **out, struct err *err);
