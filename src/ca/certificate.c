/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/slice.h"
#include "ca/crl.h"
#include "ca/extension.h"
#include "ca/name_constraint.h"

DEFINE_FREEP(ASN1_BIT_STRING, ASN1_BIT_STRING_free)
DEFINE_FREEP(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
DEFINE_FREEP(AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free)
DEFINE_FREEP(AUTHORITY_KEYID, AUTHORITY_KEYID_free)
DEFINE_FREEP(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free)
DEFINE_FREEP(CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free)
DEFINE_FREEP(CRL_DIST_POINTS, CRL_DIST_POINTS_free)
DEFINE_FREEP(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)
DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)
DEFINE_FREEP(NAME_CONSTRAINTS, NAME_CONSTRAINTS_free)
DEFINE_FREEP(POLICYINFO, POLICYINFO_free)

#define DOMAIN_VALIDATED "2.23.140.1.2.1" /* CA/Browser Forum */
#define SERIAL_PREFIX    0x05             /* positive, and the same length for all */

static const struct profile {
    bool is_ca;
    int path_length;           /* of a CA; -1 = no limit */
    int key_usage;             /* KU_... */
    bool has_key_encipherment; /* with an RSA key */
    bool has_subject_key_id;
    bool has_server_auth;
    bool has_policy;
} profiles[CA_CERT_KIND_COUNT] = {
    [CA_CERT_ROOT] = {.is_ca = true,
                      .path_length = -1,
                      .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN,
                      .has_subject_key_id = true},
    [CA_CERT_CROSS] = {.is_ca = true,
                       .path_length = -1,
                       .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN,
                       .has_subject_key_id = true},
    [CA_CERT_ISSUER] = {.is_ca = true,
                        .key_usage = KU_KEY_CERT_SIGN | KU_CRL_SIGN | KU_DIGITAL_SIGNATURE,
                        .has_subject_key_id = true,
                        .has_server_auth = true,
                        .has_policy = true},
    [CA_CERT_LEAF] = {.key_usage = KU_DIGITAL_SIGNATURE,
                      .has_key_encipherment = true,
                      .has_subject_key_id = true,
                      .has_server_auth = true,
                      .has_policy = true},
    [CA_CERT_SLIM_LEAF] = {.key_usage = KU_DIGITAL_SIGNATURE,
                           .has_server_auth = true,
                           .has_policy = true},
};

static bool add(X509 *cert, int nid, void *value, int is_critical)
{
    return value && X509_add1_ext_i2d(cert, nid, value, is_critical, X509V3_ADD_APPEND) == 1;
}

static bool add_basic_constraints(X509 *cert, const struct profile *profile)
{
    AUTO(BASIC_CONSTRAINTS_freep) BASIC_CONSTRAINTS *basic = BASIC_CONSTRAINTS_new();

    if (!basic)
        return false;
    basic->ca = profile->is_ca ? 0xff : 0;
    if (profile->is_ca && profile->path_length >= 0) {
        basic->pathlen = ASN1_INTEGER_new();
        if (!basic->pathlen || ASN1_INTEGER_set(basic->pathlen, profile->path_length) != 1)
            return false;
    }
    return add(cert, NID_basic_constraints, basic, 1);
}

static bool has_rsa_key(const X509 *cert)
{
    ASN1_OBJECT *kind;

    return X509_PUBKEY_get0_param(&kind, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert)) == 1 &&
           OBJ_obj2nid(kind) == NID_rsaEncryption;
}

static bool add_key_usage(X509 *cert, const struct profile *profile)
{
    AUTO(ASN1_BIT_STRING_freep) ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    int bits = profile->key_usage;

    if (profile->has_key_encipherment && has_rsa_key(cert))
        bits |= KU_KEY_ENCIPHERMENT;
    if (!usage)
        return false;
    for (int i = 0; i < 8; i++) {
        if ((bits & (0x80 >> i)) && ASN1_BIT_STRING_set_bit(usage, i, 1) != 1)
            return false;
    }
    return add(cert, NID_key_usage, usage, 1);
}

static bool add_server_auth(X509 *cert)
{
    AUTO(EXTENDED_KEY_USAGE_freep) EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();

    return usage && sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_server_auth)) > 0 &&
           add(cert, NID_ext_key_usage, usage, 0);
}

static bool add_policy(X509 *cert)
{
    AUTO(CERTIFICATEPOLICIES_freep) CERTIFICATEPOLICIES *policies = CERTIFICATEPOLICIES_new();
    AUTO(POLICYINFO_freep) POLICYINFO *policy = POLICYINFO_new();

    if (!policies || !policy)
        return false;
    policy->policyid = OBJ_txt2obj(DOMAIN_VALIDATED, 1);
    if (!policy->policyid || sk_POLICYINFO_push(policies, policy) <= 0)
        return false;
    policy = NULL;
    return add(cert, NID_certificate_policies, policies, 0);
}

/* RFC 5280 section 4.2.1.2, method 1. */
static bool add_subject_key_id(X509 *cert)
{
    AUTO(ASN1_OCTET_STRING_freep) ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    return id && X509_pubkey_digest(cert, EVP_sha1(), digest, &len) == 1 &&
           ASN1_OCTET_STRING_set(id, digest, (int)len) == 1 &&
           add(cert, NID_subject_key_identifier, id, 0);
}

static bool add_authority_key_id(X509 *cert, const X509 *issuer)
{
    AUTO(AUTHORITY_KEYID_freep) AUTHORITY_KEYID *id = ca_authority_key_id_make(issuer);

    return add(cert, NID_authority_key_identifier, id, 0);
}

static bool add_issuer_access(X509 *cert, const char *url)
{
    AUTO(AUTHORITY_INFO_ACCESS_freep) AUTHORITY_INFO_ACCESS *access = ca_issuer_access_make(url);

    return add(cert, NID_info_access, access, 0);
}

static bool add_crl_point(X509 *cert, const char *base)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
    unsigned char last = ASN1_STRING_get0_data(serial)[ASN1_STRING_length(serial) - 1];
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(CRL_DIST_POINTS_freep)
    CRL_DIST_POINTS *points = ca_crl_points_make(ca_crl_url(mem, base, ca_crl_shard_of(last)));

    return add(cert, NID_crl_distribution_points, points, 0);
}

static bool push_dns(GENERAL_NAMES *names, const char *text)
{
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();

    if (string && ASN1_STRING_set(string, text, -1) != 1) {
        ASN1_IA5STRING_free(string);
        return false;
    }
    return ca_general_name_push(names, GEN_DNS, string);
}

static bool add_subject_names(X509 *cert, const struct ca_cert_wish *wish)
{
    AUTO(GENERAL_NAMES_freep) GENERAL_NAMES *names = GENERAL_NAMES_new();

    if (!names)
        return false;
    for (size_t i = 0; wish->names && i < wish->names->count; i++) {
        if (!push_dns(names, wish->names->items[i]))
            return false;
    }
    for (size_t i = 0; i < wish->address_count; i++) {
        if (!ca_general_name_push(names, GEN_IPADD, a2i_IPADDRESS(wish->addresses[i])))
            return false;
    }
    return add(cert, NID_subject_alt_name, names, wish->common_name ? 0 : 1);
}

static bool add_constraints(X509 *cert, const struct ca_suffixes *permitted)
{
    AUTO(NAME_CONSTRAINTS_freep)
    NAME_CONSTRAINTS *constraints = ca_name_constraints_make(permitted);

    return add(cert, NID_name_constraints, constraints, 1);
}

static bool add_extensions(X509 *cert, const struct ca_cert_wish *wish)
{
    const struct profile *profile = &profiles[wish->kind];

    return add_basic_constraints(cert, profile) && add_key_usage(cert, profile) &&
           (!profile->has_server_auth || add_server_auth(cert)) &&
           (!profile->has_subject_key_id || add_subject_key_id(cert)) &&
           add_authority_key_id(cert, wish->issuer ? wish->issuer : cert) &&
           (!profile->has_policy || add_policy(cert)) &&
           (!wish->issuer_url || add_issuer_access(cert, wish->issuer_url)) &&
           (!wish->crl_base || add_crl_point(cert, wish->crl_base)) &&
           (profile->is_ca ? add_constraints(cert, wish->permitted)
                           : add_subject_names(cert, wish));
}

static bool set_serial(X509 *cert)
{
    AUTO(BIGNUM_freep) BIGNUM *number = NULL;
    unsigned char octets[CA_SERIAL_OCTETS];

    random_bytes(octets, sizeof(octets));
    octets[0] = SERIAL_PREFIX;
    number = BN_bin2bn(octets, sizeof(octets), NULL);
    return number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
}

static bool set_subject(X509 *cert, const char *common_name)
{
    X509_NAME *subject = X509_get_subject_name(cert);

    return !common_name ||
           X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)common_name, -1, -1, 0) == 1;
}

/* Without the detour over a key that X509_set_pubkey() makes. */
static bool copy_key(X509 *cert, const X509_PUBKEY *from)
{
    ASN1_OBJECT *kind;
    const unsigned char *octets;
    const void *value;
    X509_ALGOR *algorithm;
    int type, len;

    if (X509_PUBKEY_get0_param(&kind, &octets, &len, &algorithm, from) != 1)
        return false;
    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    if (type != V_ASN1_OBJECT && type != V_ASN1_NULL)
        return false; /* neither a curve (RFC 5480) nor RSA (RFC 3279) */
    return X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(cert), OBJ_dup(kind), type,
                                  type == V_ASN1_OBJECT ? OBJ_dup(value) : NULL,
                                  OPENSSL_memdup(octets, (size_t)len), len) == 1;
}

static bool set_key(X509 *cert, const struct ca_cert_wish *wish)
{
    return wish->encoded_key ? copy_key(cert, wish->encoded_key)
                             : X509_set_pubkey(cert, wish->key) == 1;
}

static bool set_times(X509 *cert, const struct ca_cert_wish *wish)
{
    return ASN1_TIME_set(X509_getm_notBefore(cert), wish->not_before / 1000) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), wish->not_after / 1000);
}

bool ca_certificate_make(const struct ca_cert_wish *wish, X509 **out, struct err *err)
{
    AUTO(X509_freep) X509 *cert = X509_new();
    const X509 *issuer = wish->issuer ? wish->issuer : cert;

    if (!cert || X509_set_version(cert, X509_VERSION_3) != 1 || !set_serial(cert) ||
        !set_subject(cert, wish->common_name) || !set_times(cert, wish) ||
        X509_set_issuer_name(cert, X509_get_subject_name(issuer)) != 1 || !set_key(cert, wish) ||
        !add_extensions(cert, wish))
        return tls_err(err, ERR_CRYPTO, "could not make a certificate");
    if (X509_sign(cert, wish->signer, EVP_sha256()) == 0)
        return tls_err(err, ERR_CRYPTO, "could not sign a certificate");
    *out = cert;
    cert = NULL;
    return true;
}

const char *ca_certificate_serial(struct arena *mem, const X509 *cert)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);

    return hex_encode(mem,
                      slice_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)));
}

const char *ca_certificate_fingerprint(struct arena *mem, const X509 *cert)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (X509_digest(cert, EVP_sha256(), digest, &len) != 1)
        abort();
    return hex_encode(mem, slice_of(digest, len));
}

bool ca_certificate_der(struct arena *mem, X509 *cert, struct slice *out, struct err *err)
{
    unsigned char *der = NULL;
    int len = i2d_X509(cert, &der);

    if (len <= 0)
        return tls_err(err, ERR_CRYPTO, "could not encode a certificate");
    *out = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    return true;
}

bool ca_der_pem(struct arena *mem, struct slice der, const char **out, struct err *err)
{
    AUTO(BIO_freep) BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len;

    if (!bio || PEM_write_bio(bio, PEM_STRING_X509, "", der.data, (long)der.len) <= 0)
        return tls_err(err, ERR_CRYPTO, "could not write a certificate as PEM");
    len = BIO_get_mem_data(bio, &text);
    *out = arena_strndup(mem, text, (size_t)len);
    return true;
}

static void release(void *cert)
{
    X509_free(cert);
}

X509 *ca_cert_keep(struct arena *mem, X509 *cert)
{
    arena_defer(mem, release, cert);
    return cert;
}

bool ca_pem_read(struct arena *mem, const char *pem, X509 **out, struct err *err)
{
    AUTO(BIO_freep) BIO *bio = BIO_new_mem_buf(pem, -1);

    *out = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (!*out)
        return tls_err(err, ERR_CRYPTO, "could not read a certificate in PEM");
    (void)ca_cert_keep(mem, *out);
    return true;
}

bool ca_certificate_pem(struct arena *mem, X509 *cert, const char **out, struct err *err)
{
    struct slice der;

    return ca_certificate_der(mem, cert, &der, err) && ca_der_pem(mem, der, out, err);
}

static int64_t instant(const ASN1_TIME *time)
{
    struct tm tm;

    return ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : 0;
}

int64_t ca_certificate_not_before(const X509 *cert)
{
    return instant(X509_get0_notBefore(cert));
}

int64_t ca_certificate_not_after(const X509 *cert)
{
    return instant(X509_get0_notAfter(cert));
}
