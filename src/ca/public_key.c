/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "base/buf.h"
#include "base/hash.h"

#define HASHED_MAX       ((size_t)2 * CA_RSA_BITS_MAX)
#define SMALL_FACTOR_MAX 752

static struct slice without_zeros(struct slice number)
{
    while (number.len && number.data[0] == 0)
        number = slice_of(number.data + 1, number.len - 1);
    return number;
}

const char *ca_key_hash_of(struct arena *mem, int bits, struct slice first, struct slice second)
{
    const struct slice numbers[] = {without_zeros(first), without_zeros(second)};
    struct buf text = buf_new(mem, HASHED_MAX);
    unsigned char digest[SHA256_SIZE];

    buf_printf(&text, "%d", bits);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        buf_u16(&text, (uint16_t)numbers[i].len);
        buf_slice(&text, numbers[i]);
    }
    hash_sha256(buf_view(&text), digest);
    return hex_encode(mem, slice_of(digest, sizeof(digest)));
}

static bool get_number(struct arena *mem, const EVP_PKEY *key, const char *name, struct slice *out)
{
    AUTO(BIGNUM_freep) BIGNUM *number = NULL;
    unsigned char *octets;

    if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
        return false;
    octets = arena_alloc(mem, (size_t)BN_num_bytes(number) + 1);
    *out = slice_of(octets, (size_t)BN_bn2bin(number, octets));
    return true;
}

const char *ca_key_hash(struct arena *mem, const EVP_PKEY *key)
{
    bool is_rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    struct slice first, second;

    if (!get_number(mem, key, is_rsa ? OSSL_PKEY_PARAM_RSA_N : OSSL_PKEY_PARAM_EC_PUB_X, &first) ||
        !get_number(mem, key, is_rsa ? OSSL_PKEY_PARAM_RSA_E : OSSL_PKEY_PARAM_EC_PUB_Y, &second))
        return NULL;
    return ca_key_hash_of(mem, EVP_PKEY_get_bits(key), first, second);
}

/* Whether a prime below SMALL_FACTOR_MAX divides it; that others are tried, too, does no harm. */
static bool has_small_factor(const BIGNUM *modulus)
{
    if (!BN_is_odd(modulus))
        return true;
    for (BN_ULONG factor = 3; factor < SMALL_FACTOR_MAX; factor += 2) {
        if (BN_mod_word(modulus, factor) == 0)
            return true;
    }
    return false;
}

static const char *rsa_refusal(struct arena *mem, const EVP_PKEY *key)
{
    AUTO(BIGNUM_freep) BIGNUM *modulus = NULL, *exponent = NULL;
    int bits = EVP_PKEY_get_bits(key);

    if (bits != 2048 && bits != 3072 && bits != CA_RSA_BITS_MAX)
        return arena_printf(mem, "key size not supported: %d", bits);
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1 ||
        !BN_is_word(exponent, 65537))
        return "key exponent must be 65537";
    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus) != 1 ||
        has_small_factor(modulus))
        return "key divisible by small prime";
    return "";
}

static const char *curve_refusal(struct arena *mem, EVP_PKEY *key)
{
    AUTO(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    char curve[32] = "";
    const char *name;
    int nid;

    if (EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL) != 1)
        return "ECDSA curve not allowed";
    nid = OBJ_txt2nid(curve);
    name = EC_curve_nid2nist(nid);
    if (nid != NID_X9_62_prime256v1 && nid != NID_secp384r1)
        return arena_printf(mem, "ECDSA curve %s not allowed", name ? name : curve);
    /* these curves have cofactor 1, so the quick check is the whole one */
    return ctx && EVP_PKEY_public_check_quick(ctx) == 1 ? "" : "key point is not on the curve";
}

const char *ca_key_refusal(struct arena *mem, EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
        return rsa_refusal(mem, key);
    case EVP_PKEY_EC:
        return curve_refusal(mem, key);
    default:
        return arena_printf(mem, "unsupported key type %s", OBJ_nid2ln(EVP_PKEY_get_id(key)));
    }
}
