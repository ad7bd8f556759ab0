/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/hash.h"
#include "tls/key.h"

const char *ca_key_hash(struct arena *mem, const EVP_PKEY *key)
{
    unsigned char digest[SHA256_SIZE];
    struct slice spki;
    struct err err;

    if (!key_spki(mem, key, &spki, &err))
        return NULL;
    hash_sha256(spki, digest);
    return hex_encode(mem, slice_of(digest, sizeof(digest)));
}

static const char *rsa_refusal(struct arena *mem, const EVP_PKEY *key)
{
    AUTO(BIGNUM_freep) BIGNUM *exponent = NULL;
    int bits = EVP_PKEY_get_bits(key);

    if (bits < CA_RSA_BITS_MIN)
        return arena_printf(mem, "key too small: %d", bits);
    if (bits > CA_RSA_BITS_MAX)
        return arena_printf(mem, "key too large: %d > %d", bits, CA_RSA_BITS_MAX);
    if (bits % 8)
        return arena_printf(mem, "key length wasn't a multiple of 8: %d", bits);
    if (EVP_PKEY_get_bn_param(key, "e", &exponent) != 1 || !BN_is_word(exponent, 65537))
        return "key exponent must be 65537";
    return "";
}

static const char *curve_refusal(EVP_PKEY *key)
{
    AUTO(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    char curve[32] = "";

    if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) != 1)
        return "invalid public key in CSR";
    if (strcmp(curve, SN_X9_62_prime256v1) != 0 && strcmp(curve, SN_secp384r1) != 0)
        return "ECDSA curve is not allowed";
    return ctx && EVP_PKEY_public_check(ctx) == 1 ? "" : "point is not on the curve";
}

const char *ca_key_refusal(struct arena *mem, EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return rsa_refusal(mem, key);
    case EVP_PKEY_EC:
        return curve_refusal(key);
    default:
        return "unknown key type";
    }
}
