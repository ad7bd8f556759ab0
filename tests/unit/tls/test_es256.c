/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/ecdsa.h>

#include "base/hash.h"
#include "check.h"
#include "tls/es256.h"

/* RFC 6979 appendix A.2.5 */
#define SCALAR "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define ORDER  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define LAST   "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define ZERO   "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE    "0000000000000000000000000000000000000000000000000000000000000001"

static struct slice octets(struct arena *mem, const char *hex)
{
    struct slice out = {0};
    struct err err = {0};

    assert_true(hex_decode(mem, hex, &out, &err));
    return out;
}

/* By the public key, as whoever gets the signature checks it. */
static bool is_signed_by(EVP_PKEY *key, struct slice text, const unsigned char raw[ES256_SIZE])
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *der = NULL;
    bool is_good;
    int len;

    ECDSA_SIG_set0(signature, BN_bin2bn(raw, KEY_SCALAR_SIZE, NULL),
                   BN_bin2bn(raw + KEY_SCALAR_SIZE, KEY_SCALAR_SIZE, NULL));
    len = i2d_ECDSA_SIG(signature, &der);
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    is_good = EVP_DigestVerify(ctx, der, (size_t)len, text.data, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    ECDSA_SIG_free(signature);
    OPENSSL_free(der);
    return is_good;
}

static void test_signatures(void **state)
{
    static const char *const scalars[] = {SCALAR, ONE, LAST};
    static const char *const texts[] = {"", "sample", "eyJhbGciOiJFUzI1NiJ9.e30"};
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
        AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
        struct slice scalar = octets(mem, scalars[i]);
        struct err err = {0};

        assert_true(key_from_scalar(scalar.data, &key, &err));
        for (size_t j = 0; j < ARRAY_LEN(texts) * 100; j++) { /* r and s with leading zeros, too */
            struct slice text = slice_str(texts[j % ARRAY_LEN(texts)]);
            unsigned char raw[ES256_SIZE];

            ok(es256_sign(scalar.data, text, raw, &err) && is_signed_by(key, text, raw),
               "scalar %zu, text %zu: %s", i, j, err.text);
            ok(!is_signed_by(key, SLICE_LIT("another"), raw), "scalar %zu signs all texts", i);
        }
    }
    all_ok();
}

static void test_bad_scalars(void **state)
{
    static const char *const scalars[] = {ZERO, ORDER};
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
        unsigned char raw[ES256_SIZE];
        struct err err = {0};

        ok(!es256_sign(octets(mem, scalars[i]).data, SLICE_LIT("sample"), raw, &err) &&
               err.code == ERR_CRYPTO && strcmp(err.text, "not a P-256 private key") == 0,
           "%s: %s", scalars[i], err.text);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_bad_scalars),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
