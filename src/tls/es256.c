/* SPDX-License-Identifier: Apache-2.0 */

/* EC_KEY alone signs without a public point; OpenSSL 3 calls it deprecated, and has nothing in its
 * place. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "tls/es256.h"

#include <openssl/ecdsa.h>

#include "base/hash.h"

DEFINE_FREEP(EC_KEY, EC_KEY_free)
DEFINE_FREEP(ECDSA_SIG, ECDSA_SIG_free)

static bool is_in_range(const BIGNUM *number, const EC_GROUP *group)
{
    return !BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(group)) < 0;
}

static bool sign(const BIGNUM *number, const unsigned char digest[SHA256_SIZE],
                 unsigned char out[ES256_SIZE])
{
    AUTO(EC_KEY_freep) EC_KEY *key = EC_KEY_new();
    AUTO(ECDSA_SIG_freep) ECDSA_SIG *signature = NULL;

    if (!key || EC_KEY_set_group(key, key_group()) != 1 || EC_KEY_set_private_key(key, number) != 1)
        return false;
    signature = ECDSA_do_sign(digest, SHA256_SIZE, key);
    return signature &&
           BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, KEY_SCALAR_SIZE) == KEY_SCALAR_SIZE &&
           BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + KEY_SCALAR_SIZE, KEY_SCALAR_SIZE) ==
               KEY_SCALAR_SIZE;
}

bool es256_sign(const unsigned char scalar[KEY_SCALAR_SIZE], struct slice text,
                unsigned char out[ES256_SIZE], struct err *err)
{
    AUTO(BIGNUM_freep) BIGNUM *number = BN_secure_new();
    unsigned char digest[SHA256_SIZE];

    if (!number || !key_group() || !BN_bin2bn(scalar, KEY_SCALAR_SIZE, number))
        return tls_err(err, ERR_CRYPTO, "could not read a P-256 key");
    if (!is_in_range(number, key_group()))
        return err_set(err, ERR_CRYPTO, "not a P-256 private key");
    hash_sha256(text, digest);
    return sign(number, digest, out) || tls_err(err, ERR_CRYPTO, "could not sign with a P-256 key");
}
