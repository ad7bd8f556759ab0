/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * crl: makes certificate revocation lists (RFC 5280 section 5) in Boulder's shape: version 2, with
 * a number, the identifier of the issuer's key and, critical, what the list is about. Pure.
 */
#include "base/slice.h"
#include "tls/handle.h"

/* Certificates of an issuer are spread over so many lists by the last octet of their serials;
 * divides 256. */
#define CA_CRL_SHARDS 128

/* Let's Encrypt's: how long a list is good, to the second, and for how long what has expired stays
 * in it. A list is signed again after CA_CRL_KEPT_MS, or after a revocation. */
#define CA_CRL_LIFE_MS     (INT64_C(9) * 86400 * 1000)
#define CA_CRL_LOOKBACK_MS (INT64_C(86400) * 1000)
#define CA_CRL_KEPT_MS     (INT64_C(6) * 3600 * 1000)

struct ca_crl_entry {
    const char *serial; /* hex */
    int64_t revoked_at;
    int64_t reason; /* RFC 5280 section 5.3.1; 0: is not said */
};

struct ca_crl_wish {
    X509 *issuer;
    EVP_PKEY *signer;
    int64_t number;                   /* greater than any before */
    int64_t this_update, next_update; /* unix milliseconds, cut to seconds */
    const char *const *urls; /* where it is, or was: of users' certificates that name one of them */
    size_t url_count;        /* 0: of those of CAs alone */
    const struct ca_crl_entry *entries;
    size_t count;
};

/* DER. ERR_CRYPTO. */
MUST_CHECK bool ca_crl_make(struct arena *mem, const struct ca_crl_wish *wish, struct slice *out,
                            struct err *err);

/* 1..CA_CRL_SHARDS: which list is about a serial with this last octet (what is left of it, plus
 * one, as at Boulder), and about one in hex. */
int64_t ca_crl_shard_of(unsigned char last);
int64_t ca_crl_shard(const char *serial);
/* Of a shard: "57.crl" behind `base`. */
const char *ca_crl_url(struct arena *mem, const char *base, int64_t shard);
/* The shard of "57.crl"; false: there is none. */
MUST_CHECK bool ca_crl_parse(const char *name, int64_t *shard);
