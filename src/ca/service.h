/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* service: what the parts of a running CA share. Made and freed by ca_start() and ca_stop(); any
 * thread may use it. */
#include <libpsl.h>
#include <stdatomic.h>

#include "ca/ca.h"
#include "ca/fault.h"
#include "ca/key_cache.h"
#include "ca/limit.h"
#include "ca/nonce.h"
#include "ca/pool.h"
#include "ca/request_limit.h"
#include "ca/validator.h"
#include "db/db.h"

#define CA_ACCOUNT_PATH      "/acme/acct/"
#define CA_TERMS_PATH        "/terms"
#define CA_AGREEMENT_PATH    "/agreement"
#define CA_ISSUER_PATH       "/issuer"
#define CA_CRL_PATH          "/crl"
#define CA_EXPLANATION_PATH  "/renew-now"
#define CA_RENEWAL_INFO_PATH "/acme/renewal-info"
#define CA_LIMITS_PATH       "/limits"
#define CA_UNPAUSE_PATH      "/unpause"

struct ca {
    struct arena *mem; /* of the whole life */
    struct ca_options options;
    const char *plain_url; /* the public URL with http in place of https */
    struct ca_suffixes suffixes;
    struct ca_profiles profiles;
    struct ca_limits limits;
    psl_ctx_t *public_suffixes;
    struct ca_request_limits *requests;
    struct ca_faults *faults;
    struct db *db;
    _Atomic int64_t terms_version; /* ca/terms.h */
    struct ca_nonces *nonces;
    struct ca_key_cache *keys;
    struct ca_validator validator;
    struct ca_keeper *keeper;
    struct ca_tidy *tidy;
    struct ca_pool *validation, *issuing;
    struct http_server *server, *management;
};

/* "https://localhost:8445/acme/acct/1": the public URL and what follows. */
const char *ca_url(struct arena *mem, const struct ca *ca, const char *fmt, ...) PRINTF(3, 4);

/* Where the certificate of an intermediate is, and what the URLs of its CRLs begin with (ca/crl.h):
 * of plain HTTP, as relying parties need it. */
const char *ca_issuer_url(struct arena *mem, const struct ca *ca, const char *issuer_id);
const char *ca_crl_base(struct arena *mem, const char *plain_url, const char *issuer_id);

/* Work of the two pools (ca/pool.h); `arg` is the struct ca. */
bool ca_validate_challenge(void *arg, struct arena *mem, int64_t challenge_id, const void *hint);
/* The hint is a struct ca_subject_key (ca/csr.h). */
bool ca_issue_order(void *arg, struct arena *mem, int64_t order_id, const void *hint);
