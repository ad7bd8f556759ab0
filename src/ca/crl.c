/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/crl.h"

#include <openssl/x509v3.h>

#include "base/hash.h"
#include "ca/extension.h"

DEFINE_FREEP(ASN1_ENUMERATED, ASN1_ENUMERATED_free)
DEFINE_FREEP(ASN1_INTEGER, ASN1_INTEGER_free)
DEFINE_FREEP(ASN1_TIME, ASN1_TIME_free)
DEFINE_FREEP(AUTHORITY_KEYID, AUTHORITY_KEYID_free)
DEFINE_FREEP(ISSUING_DIST_POINT, ISSUING_DIST_POINT_free)
DEFINE_FREEP(X509_CRL, X509_CRL_free)
DEFINE_FREEP(X509_REVOKED, X509_REVOKED_free)

#define SUFFIX ".crl"

_Static_assert(256 % CA_CRL_SHARDS == 0, "the last octet of a serial decides its shard");

int64_t ca_crl_shard_of(unsigned char last)
{
    return last % CA_CRL_SHARDS + 1;
}

int64_t ca_crl_shard(const char *serial)
{
    const char *end = serial + strlen(serial);

    return ca_crl_shard_of((unsigned char)(16 * hex_digit((unsigned char)end[-2]) +
                                           hex_digit((unsigned char)end[-1])));
}

const char *ca_crl_url(struct arena *mem, const char *base, int64_t shard)
{
    return arena_printf(mem, "%s%lld" SUFFIX, base, (long long)shard);
}

bool ca_crl_parse(const char *name, int64_t *shard)
{
    size_t len = strlen(name), tail = sizeof(SUFFIX) - 1;

    return len > tail && strcmp(name + len - tail, SUFFIX) == 0 &&
           slice_i64(slice_of(name, len - tail), 1, CA_CRL_SHARDS, shard);
}

static bool add(X509_CRL *crl, int nid, void *value, int is_critical)
{
    return value && X509_CRL_add1_ext_i2d(crl, nid, value, is_critical, X509V3_ADD_APPEND) == 1;
}

static bool add_extensions(X509_CRL *crl, const struct ca_crl_wish *wish)
{
    AUTO(AUTHORITY_KEYID_freep) AUTHORITY_KEYID *key = ca_authority_key_id_make(wish->issuer);
    AUTO(ASN1_INTEGER_freep) ASN1_INTEGER *number = ASN1_INTEGER_new();
    AUTO(ISSUING_DIST_POINT_freep)
    ISSUING_DIST_POINT *point = ca_issuing_point_make(wish->urls, wish->url_count);

    return number && ASN1_INTEGER_set_int64(number, wish->number) == 1 &&
           add(crl, NID_authority_key_identifier, key, 0) && add(crl, NID_crl_number, number, 0) &&
           add(crl, NID_issuing_distribution_point, point, 1);
}

static bool set_times(X509_CRL *crl, const struct ca_crl_wish *wish)
{
    AUTO(ASN1_TIME_freep) ASN1_TIME *this_update = ASN1_TIME_set(NULL, wish->this_update / 1000);
    AUTO(ASN1_TIME_freep) ASN1_TIME *next_update = ASN1_TIME_set(NULL, wish->next_update / 1000);

    return this_update && next_update && X509_CRL_set1_lastUpdate(crl, this_update) == 1 &&
           X509_CRL_set1_nextUpdate(crl, next_update) == 1;
}

static bool set_serial(X509_REVOKED *revoked, const char *serial)
{
    AUTO(BIGNUM_freep) BIGNUM *number = NULL;
    AUTO(ASN1_INTEGER_freep) ASN1_INTEGER *encoded = NULL;

    if (!BN_hex2bn(&number, serial))
        return false;
    encoded = BN_to_ASN1_INTEGER(number, NULL);
    return encoded && X509_REVOKED_set_serialNumber(revoked, encoded) == 1;
}

static bool set_reason(X509_REVOKED *revoked, int64_t reason)
{
    AUTO(ASN1_ENUMERATED_freep) ASN1_ENUMERATED *code = ASN1_ENUMERATED_new();

    return code && ASN1_ENUMERATED_set_int64(code, reason) == 1 &&
           X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, code, 0, X509V3_ADD_APPEND) == 1;
}

static bool add_entry(X509_CRL *crl, const struct ca_crl_entry *entry)
{
    AUTO(X509_REVOKED_freep) X509_REVOKED *revoked = X509_REVOKED_new();
    AUTO(ASN1_TIME_freep) ASN1_TIME *at = ASN1_TIME_set(NULL, entry->revoked_at / 1000);

    if (!revoked || !at || !set_serial(revoked, entry->serial) ||
        X509_REVOKED_set_revocationDate(revoked, at) != 1 ||
        (entry->reason && !set_reason(revoked, entry->reason)) ||
        X509_CRL_add0_revoked(crl, revoked) != 1)
        return false;
    revoked = NULL;
    return true;
}

static bool add_entries(X509_CRL *crl, const struct ca_crl_wish *wish)
{
    for (size_t i = 0; i < wish->count; i++) {
        if (!add_entry(crl, &wish->entries[i]))
            return false;
    }
    return true;
}

static bool encode(struct arena *mem, X509_CRL *crl, struct slice *out)
{
    unsigned char *der = NULL;
    int len = i2d_X509_CRL(crl, &der);

    if (len <= 0)
        return false;
    *out = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    return true;
}

bool ca_crl_make(struct arena *mem, const struct ca_crl_wish *wish, struct slice *out,
                 struct err *err)
{
    AUTO(X509_CRL_freep) X509_CRL *crl = X509_CRL_new();

    if (!crl || X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
        X509_CRL_set_issuer_name(crl, X509_get_subject_name(wish->issuer)) != 1 ||
        !set_times(crl, wish) || !add_entries(crl, wish) || !add_extensions(crl, wish) ||
        X509_CRL_sort(crl) != 1)
        return tls_err(err, ERR_CRYPTO, "could not make a CRL");
    if (X509_CRL_sign(crl, wish->signer, EVP_sha256()) == 0 || !encode(mem, crl, out))
        return tls_err(err, ERR_CRYPTO, "could not sign a CRL");
    return true;
}
