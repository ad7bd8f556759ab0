/* SPDX-License-Identifier: Apache-2.0 */
#include <jose/openssl.h>
#include <openssl/rsa.h>

#include "base/hash.h"
#include "ca/jwk.h"
#include "ca/public_key.h"
#include "check.h"
#include "jws_maker.h"
#include "tls/key.h"

/* RFC 7638 section 3.1 */
#define RFC7638_N                                                                                  \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"      \
    "BJECPeb"                                                                                      \
    "WKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"            \
    "FDW2QvzqY368Q"                                                                                \
    "QMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"                         \
    "bFTWhAI4vMQFh6WeZu0fM4lFd2"                                                                   \
    "NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"

#define P256_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define P256_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"

static const char *const invalid = "Invalid JWK in JWS header";

static const struct {
    const char *title, *jwk, *type, *detail;
} rows[] = {
    {"absent", NULL, "malformed", NULL},
    {"text", "\"key\"", "malformed", NULL},
    {"no kty", "{\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", "malformed", NULL},
    {"no crv", "{\"kty\":\"EC\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\"}", "badPublicKey",
     "JWK contains unsupported key type (expected RSA, or ECDSA P-256 or P-384)"},
    {"no y", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\"}", "malformed", NULL},
    {"x is a number", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":\"" P256_Y "\"}",
     "malformed", NULL},
    {"not on the curve",
     "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_X "\"}", "malformed",
     NULL},
    {"point at infinity", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}", "malformed",
     NULL},
    {"leading zero",
     "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AH_Nzidw9sRdQYPL7m_bS3tYBzM1e-nvE7rPbjx70VRF\","
     "\"y\":\"" P256_Y "\"}",
     "malformed", NULL},
    {"curve of 521 bits", "{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AA\",\"y\":\"AA\"}",
     "badPublicKey", "JWK contains unsupported key type (expected RSA, or ECDSA P-256 or P-384)"},
    {"Ed25519", "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}", "badPublicKey",
     "JWK contains unsupported key type (expected RSA, or ECDSA P-256 or P-384)"},
    {"symmetric", "{\"kty\":\"oct\",\"k\":\"AAAA\"}", "badPublicKey",
     "JWK contains unsupported key type (expected RSA, or ECDSA P-256 or P-384)"},
    {"private key",
     "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" P256_X "\",\"y\":\"" P256_Y "\",\"d\":\"AA\"}",
     "malformed", "Invalid JWK in JWS header: it contains a private key"},
    {"exponent 3", "{\"kty\":\"RSA\",\"n\":\"" RFC7638_N "\",\"e\":\"Aw\"}", "badPublicKey",
     "invalid request signing key: key exponent must be 65537"},
    {"tiny modulus", "{\"kty\":\"RSA\",\"n\":\"0vx7ag\",\"e\":\"AQAB\"}", "badPublicKey",
     "invalid request signing key: key size not supported: 32"},
    {"modulus zero", "{\"kty\":\"RSA\",\"n\":\"AA\",\"e\":\"AQAB\"}", "malformed", NULL},
    {"modulus with a leading zero", "{\"kty\":\"RSA\",\"n\":\"AA" RFC7638_N "\",\"e\":\"AQAB\"}",
     "malformed", NULL},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        json_t *json = rows[i].jwk ? json_loads(rows[i].jwk, JSON_DECODE_ANY, NULL) : NULL;
        const char *detail = rows[i].detail ? rows[i].detail : invalid;
        struct ca_problem problem = {.detail = ""};
        struct ca_jwk jwk;

        ca_json_keep(mem, json);
        if (!ok(!ca_jwk_read(mem, json, &jwk, &problem), "%s: accepted", rows[i].title))
            continue;
        ok(strcmp(ca_problem_name(problem.type), rows[i].type) == 0, "%s: type %s", rows[i].title,
           ca_problem_name(problem.type));
        ok(strcmp(problem.detail, detail) == 0, "%s: \"%s\"", rows[i].title, problem.detail);
    }
    all_ok();
}

static void test_rfc7638(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_t *json =
        ca_json_keep(mem, json_pack("{s:s, s:s, s:s, s:s, s:s}", "kty", "RSA", "n", RFC7638_N, "e",
                                    "AQAB", "alg", "RS256", "kid", "2011-04-29"));
    struct ca_problem problem;
    struct ca_jwk jwk, again;
    struct err err;

    (void)state;
    assert_true(ca_jwk_read(mem, json, &jwk, &problem));
    assert_string_equal(jwk.thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_int_equal(jwk.alg, CA_ALG_RS256);
    assert_int_equal(json_object_size(jwk.json), 3);
    assert_true(ca_jwk_parse(mem, ca_jwk_text(mem, &jwk), &again, &err));
    assert_string_equal(again.thumbprint, jwk.thumbprint);
    assert_true(json_equal(again.json, jwk.json));
}

static EVP_PKEY *rsa_key(unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);

    assert_non_null(key);
    return key;
}

/* Sizes at the limits, and just beside. */
static void test_rsa_sizes(void **state)
{
    static const struct {
        unsigned bits;
        const char *refusal;
    } sizes[] = {
        {2040, "key size not supported: 2040"},
        {2048, ""},
        {2056, "key size not supported: 2056"},
        {3072, ""},
        {4096, ""},
        {4104, "key size not supported: 4104"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        AUTO(EVP_PKEY_freep) EVP_PKEY *key = rsa_key(sizes[i].bits);

        ok(strcmp(ca_key_refusal(mem, key), sizes[i].refusal) == 0, "%u bits: \"%s\"",
           sizes[i].bits, ca_key_refusal(mem, key));
    }
    all_ok();
}

/* The hash of a JWK is that of the same key as OpenSSL has it, in a CSR. */
static void test_hash_is_that_of_the_key(void **state)
{
    static const char *const algs[] = {"ES256", "ES384", "RS256"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        AUTO(EVP_PKEY_freep) EVP_PKEY *legacy = NULL, *key = NULL;
        json_t *json = maker_public(mem, maker_key(mem, algs[i]));
        struct ca_problem problem;
        struct ca_jwk jwk;
        struct slice der;
        struct err err;

        assert_true(ca_jwk_read(mem, json, &jwk, &problem));
        legacy = jose_openssl_jwk_to_EVP_PKEY(NULL, json);
        assert_true(key_spki(mem, legacy, &der, &err));
        key = d2i_PUBKEY(NULL, &der.data, (long)der.len);
        ok(strcmp(jwk.key_hash, ca_key_hash(mem, key)) == 0, "%s", algs[i]);
    }
    all_ok();
}

static void test_stored_key_that_is_none(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_jwk jwk;
    struct err err;

    (void)state;
    assert_false(ca_jwk_parse(mem, "{}", &jwk, &err));
    assert_string_equal(err.text, "the stored account key is not a JWK");
    assert_false(ca_jwk_parse(mem, "{\"kty\":\"RSA\"}", &jwk, &err));
    assert_string_equal(err.text, "the stored account key has no thumbprint");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rfc7638),
        cmocka_unit_test(test_rsa_sizes),
        cmocka_unit_test(test_hash_is_that_of_the_key),
        cmocka_unit_test(test_stored_key_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
