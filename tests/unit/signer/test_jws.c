/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/ecdsa.h>

#include "base/hash.h"
#include "check.h"
#include "signer/jws.h"
#include "tls/key.h"

/* RFC 7515 appendix A.3.1 */
#define RFC_D "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
#define RFC_JWK                                                                                    \
    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","     \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
/* RFC 7515 appendix A.1.1 */
#define RFC_K                                                                                      \
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

static EVP_PKEY *rfc_key(struct arena *mem)
{
    EVP_PKEY *key = NULL;
    struct slice scalar;
    struct err err = {0};

    assert_true(base64url_decode(mem, RFC_D, &scalar, &err) &&
                key_from_scalar(scalar.data, &key, &err));
    return key;
}

static struct slice part(struct arena *mem, const json_t *jws, const char *name)
{
    struct slice octets = {0};
    struct err err = {0};

    assert_true(
        base64url_decode(mem, json_string_value(json_object_get(jws, name)), &octets, &err));
    return octets;
}

static void test_public_jwk(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = rfc_key(mem);
    json_auto_t *jwk = NULL;
    struct err err = {0};
    char *text;

    (void)state;
    assert_true(jws_public_jwk(key, &jwk, &err));
    text = json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, RFC_JWK);
    free(text);
}

/* RFC 7638 section 3.1 */
static void test_thumbprint(void **state)
{
    static const char rsa[] =
        "{\"kty\":\"RSA\",\"n\":"
        "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1"
        "RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_"
        "RN5w6Cf0h"
        "4QyQ5v-65YGjQR0_"
        "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLy"
        "rdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
        "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}";
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *jwk = json_loads(rsa, 0, NULL);
    const char *thumbprint;
    struct err err = {0};

    (void)state;
    assert_true(jws_thumbprint(mem, jwk, &thumbprint, &err));
    assert_string_equal(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

/* The same by hand, for a key of ours: SHA-256 of the members in order (section 3.2). */
static void test_thumbprint_of_ec_key(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *jwk = json_loads(RFC_JWK, 0, NULL);
    unsigned char digest[SHA256_SIZE];
    const char *thumbprint;
    struct err err = {0};

    (void)state;
    hash_sha256(slice_str(RFC_JWK), digest);
    assert_true(jws_thumbprint(mem, jwk, &thumbprint, &err));
    assert_string_equal(thumbprint, base64url_encode(mem, slice_of(digest, sizeof(digest))));
}

/* Checked by OpenSSL alone: r and s of 32 octets over "protected.payload". */
static bool is_signed_by(struct arena *mem, const json_t *jws, EVP_PKEY *key)
{
    struct slice raw = part(mem, jws, "signature");
    ECDSA_SIG *signature = ECDSA_SIG_new();
    unsigned char *der = NULL;
    const char *text =
        arena_printf(mem, "%s.%s", json_string_value(json_object_get(jws, "protected")),
                     json_string_value(json_object_get(jws, "payload")));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool is_good;
    int len;

    assert_int_equal(raw.len, 64);
    ECDSA_SIG_set0(signature, BN_bin2bn(raw.data, 32, NULL), BN_bin2bn(raw.data + 32, 32, NULL));
    len = i2d_ECDSA_SIG(signature, &der);
    assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    is_good =
        EVP_DigestVerify(ctx, der, (size_t)len, (const unsigned char *)text, strlen(text)) == 1;
    EVP_MD_CTX_free(ctx);
    ECDSA_SIG_free(signature);
    OPENSSL_free(der);
    return is_good;
}

static void test_sign(void **state)
{
    static const char *const payloads[] = {"", "{}", "{\"iss\":\"joe\",\r\n \"exp\":1300819380}"};
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = rfc_key(mem);
    struct slice scalar;
    struct err err = {0};

    (void)state;
    assert_true(base64url_decode(mem, RFC_D, &scalar, &err));
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        json_auto_t *header = json_pack("{s:s, s:s}", "url", "https://ca.example/x", "nonce", "n");
        json_auto_t *jws = NULL, *protected = NULL;
        const char *text;

        assert_true(jws_sign(mem, scalar.data, header, slice_str(payloads[i]), &text, &err));
        jws = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        ok(json_object_size(jws) == 3, "%s", text);
        ok(is_signed_by(mem, jws, key), "the signature of %s does not fit", text);
        ok(slice_eq_str(part(mem, jws, "payload"), payloads[i]), "payload of %s", text);
        protected = json_loadb((const char *)part(mem, jws, "protected").data,
                               part(mem, jws, "protected").len, 0, NULL);
        ok(json_object_size(protected) == 3 &&
               strcmp(json_string_value(json_object_get(protected, "alg")), "ES256") == 0 &&
               strcmp(json_string_value(json_object_get(protected, "nonce")), "n") == 0 &&
               strcmp(json_string_value(json_object_get(protected, "url")),
                      "https://ca.example/x") == 0,
           "protected header of %s", text);
    }
    all_ok();
}

static void test_mac(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *header = json_pack("{s:s, s:s}", "kid", "eab-1", "url", "https://ca.example/x");
    json_auto_t *jws = NULL;
    unsigned char want[SHA256_SIZE];
    struct secret secret = {0};
    struct slice octets;
    struct err err = {0};
    const char *text;

    (void)state;
    assert_true(base64url_decode(mem, RFC_K, &octets, &err));
    memcpy(secret.data, octets.data, octets.len);
    secret.len = octets.len;
    assert_true(jws_mac(mem, &secret, header, SLICE_LIT(RFC_JWK), &text, &err));
    jws = json_loads(text, 0, NULL);
    hash_hmac_sha256(
        octets,
        slice_str(arena_printf(mem, "%s.%s", json_string_value(json_object_get(jws, "protected")),
                               json_string_value(json_object_get(jws, "payload")))),
        want);
    ok(slice_eq(part(mem, jws, "signature"), slice_of(want, sizeof(want))), "%s", text);
    ok(slice_eq_str(part(mem, jws, "payload"), RFC_JWK), "payload");
    ok(slice_eq_str(part(mem, jws, "protected"),
                    "{\"kid\":\"eab-1\",\"url\":\"https://ca.example/x\",\"alg\":\"HS256\"}") ||
           slice_eq_str(part(mem, jws, "protected"),
                        "{\"alg\":\"HS256\",\"kid\":\"eab-1\",\"url\":\"https://ca.example/x\"}"),
       "protected: %.*s", (int)part(mem, jws, "protected").len, part(mem, jws, "protected").data);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public_jwk),
        cmocka_unit_test(test_thumbprint),
        cmocka_unit_test(test_thumbprint_of_ec_key),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_mac),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
