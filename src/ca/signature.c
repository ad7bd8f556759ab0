/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/signature.h"

#include <assert.h>
#include <openssl/err.h>

#define NUMBER_MAX 48 /* octets of r and of s: P-384 */
#define DER_MAX    (2 * (NUMBER_MAX + 3) + 3)

DEFINE_FREEP(ECDSA_SIG, ECDSA_SIG_free)
DEFINE_FREEP(EVP_MD_CTX, EVP_MD_CTX_free)

/* RFC 7518 sections 3.3 and 3.4 */
static const struct {
    const EVP_MD *(*digest)(void);
    size_t number; /* octets of r and of s; 0: the signature is taken as it is */
} kinds[CA_ALG_COUNT] = {
    [CA_ALG_RS256] = {EVP_sha256, 0},
    [CA_ALG_ES256] = {EVP_sha256, 32},
    [CA_ALG_ES384] = {EVP_sha384, NUMBER_MAX},
};

/* As OpenSSL has it; 0 when it is no signature. */
static size_t der_of(struct slice raw, size_t number, unsigned char out[DER_MAX])
{
    AUTO(ECDSA_SIG_freep) ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.data, (int)number, NULL);
    BIGNUM *s = BN_bin2bn(raw.data + number, (int)number, NULL);
    int len;

    assert(signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1);
    len = i2d_ECDSA_SIG(signature, &out);
    return len > 0 ? (size_t)len : 0;
}

static bool verify(EVP_PKEY *key, const EVP_MD *digest, const struct slice texts[2],
                   struct slice signature)
{
    AUTO(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    return ctx && EVP_DigestVerifyInit(ctx, NULL, digest, NULL, key) == 1 &&
           EVP_DigestVerifyUpdate(ctx, texts[0].data, texts[0].len) == 1 &&
           EVP_DigestVerifyUpdate(ctx, ".", 1) == 1 &&
           EVP_DigestVerifyUpdate(ctx, texts[1].data, texts[1].len) == 1 &&
           EVP_DigestVerifyFinal(ctx, signature.data, signature.len) == 1;
}

bool ca_signature_is_good(EVP_PKEY *key, enum ca_alg alg, const struct slice texts[2],
                          struct slice signature)
{
    unsigned char der[DER_MAX];
    size_t number = kinds[alg].number;
    bool is_good;

    if (number && signature.len != 2 * number)
        return false;
    if (number)
        signature = slice_of(der, der_of(signature, number, der));
    is_good = verify(key, kinds[alg].digest(), texts, signature);
    ERR_clear_error();
    return is_good;
}
