/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "certs.h"
#include "check.h"
#include "tls/cert.h"
#include "tls/chain.h"
#include "tls/key.h"

#define FROM  INT64_C(1795478400000) /* 2026-11-24T00:00:00Z */
#define UNTIL (FROM + INT64_C(86400000))

static struct slice make(struct arena *mem, EVP_PKEY *key)
{
    return test_cert_make(mem, &(struct test_cert_wish){.cn = "a.example",
                                                        .key = key,
                                                        .not_before = FROM,
                                                        .not_after = UNTIL})
        ->der;
}

static EVP_PKEY *compressed(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                                    "compressed"),
                     1);
    return key;
}

/* A certificate's DER with an octet of its point changed. */
static struct slice off_the_curve(struct arena *mem, struct slice der)
{
    unsigned char *copy = arena_memdup(mem, der.data, der.len);
    uint16_t offset = 0;
    struct err err;

    assert_true(chain_point_offset(der, &offset, &err) && offset > 0);
    copy[offset + 1] ^= 1;
    return slice_of(copy, der.len);
}

/* Its octets are two parts of a BIT STRING as BER allows it, too: of 4 and of 58. */
static void make_point_of_parts(unsigned char point[KEY_POINT_SIZE])
{
    AUTO(EC_POINT_freep) EC_POINT *of = EC_POINT_new(key_group());
    unsigned char x[1 + KEY_SCALAR_SIZE] = {POINT_CONVERSION_COMPRESSED, [5] = 0x04, [6] = 58};

    while (EC_POINT_oct2point(key_group(), of, x, sizeof(x), NULL) != 1)
        x[sizeof(x) - 1]++;
    ERR_clear_error();
    assert_int_equal(EC_POINT_point2oct(key_group(), of, POINT_CONVERSION_UNCOMPRESSED, point,
                                        KEY_POINT_SIZE, NULL),
                     KEY_POINT_SIZE);
}

/* A certificate's DER, but for the key: that OpenSSL puts together of parts, and it is none, though
 * the octets at its place are a point. */
static struct slice in_parts(struct arena *mem, struct slice der)
{
    unsigned char *copy = arena_memdup(mem, der.data, der.len);
    uint16_t offset = 0;
    struct err err;

    assert_true(chain_point_offset(der, &offset, &err) && offset > 0);
    copy[offset - 3] |= V_ASN1_CONSTRUCTED;
    make_point_of_parts(copy + offset);
    return slice_of(copy, der.len);
}

static bool has_same_key(const X509 *a, const X509 *b)
{
    const EVP_PKEY *own = X509_get0_pubkey(a), *other = X509_get0_pubkey(b);

    if (!own || !other)
        return own == other;
    return EVP_PKEY_eq(own, other) == 1 &&
           EVP_PKEY_get_security_bits(own) == EVP_PKEY_get_security_bits(other);
}

static bool is_encoded_as(const X509 *cert, struct slice der)
{
    unsigned char *own = NULL;
    int len = i2d_X509(cert, &own);
    bool is_same = len > 0 && slice_eq(slice_of(own, (size_t)len), der);

    OPENSSL_free(own);
    return is_same;
}

/* Signed by its own key: whatever OpenSSL does with the certificate works as before. */
static bool is_as_plain(struct slice der)
{
    const unsigned char *at = der.data;
    AUTO(X509_freep) X509 *plain = d2i_X509(NULL, &at, (long)der.len);
    AUTO(X509_freep) X509 *cert = cert_parse(der);
    bool is_same;

    assert_non_null(plain);
    is_same =
        cert && has_same_key(cert, plain) && is_encoded_as(cert, der) &&
        X509_verify(cert, X509_get0_pubkey(cert)) == X509_verify(plain, X509_get0_pubkey(plain)) &&
        X509_get_extension_flags(cert) == X509_get_extension_flags(plain);
    ERR_clear_error();
    return is_same;
}

static void test_is_what_openssl_makes_of_it(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct slice p256 = make(mem, EVP_EC_gen("P-256"));
    const struct {
        const char *what;
        struct slice der;
        bool has_key;
    } rows[] = {
        {"P-256", p256, true},
        {"RSA", make(mem, EVP_RSA_gen(2048)), true},
        {"P-384", make(mem, EVP_EC_gen("P-384")), true},
        {"compressed P-256", make(mem, compressed()), true},
        {"off the curve", off_the_curve(mem, p256), false},
        {"in parts", in_parts(mem, p256), false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(X509_freep) X509 *cert = cert_parse(rows[i].der);

        ok(ERR_peek_error() == 0, "%s: an error is left", rows[i].what);
        ok(is_as_plain(rows[i].der), "%s: not as OpenSSL's", rows[i].what);
        ok(cert && (X509_get0_pubkey(cert) != NULL) == rows[i].has_key, "%s: key", rows[i].what);
        ERR_clear_error();
    }
    all_ok();
}

static void test_what_cannot_be_read(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct slice der = make(mem, EVP_EC_gen("P-256"));
    unsigned char *longer = arena_alloc(mem, der.len + 1);

    (void)state;
    memcpy(longer, der.data, der.len);
    longer[der.len] = 0;
    for (size_t len = 0; len < der.len; len++) {
        AUTO(X509_freep) X509 *cert = cert_parse(slice_of(arena_memdup(mem, der.data, len), len));

        ok(!cert, "the first %zu octets of %zu", len, der.len);
    }
    ok(!cert_parse(slice_of(longer, der.len + 1)), "an octet more");
    ok(ERR_peek_error() == 0, "an error is left");
    all_ok();
}

static void free_key(void *key)
{
    EVP_PKEY_free(key);
}

/* A request for the key's certificate, signed by it; the key lives as long as the arena. */
static struct slice request_for(struct arena *mem, EVP_PKEY *key)
{
    AUTO(X509_REQ_freep) X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;
    struct slice out;
    int len;

    arena_defer(mem, free_key, key);
    assert_true(request && X509_REQ_set_pubkey(request, key) == 1 &&
                X509_REQ_sign(request, key, EVP_sha256()) > 0);
    len = i2d_X509_REQ(request, &der);
    assert_true(len > 0);
    out = slice_of(arena_memdup(mem, der, (size_t)len), (size_t)len);
    OPENSSL_free(der);
    return out;
}

/* An octet of its point is changed. */
static struct slice request_off_the_curve(struct arena *mem)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct slice der = request_for(mem, key);
    unsigned char *copy = arena_memdup(mem, der.data, der.len), *at, point[KEY_POINT_SIZE];
    struct err err;

    assert_true(key_point(key, point, &err));
    at = memmem(copy, der.len, point, sizeof(point));
    assert_non_null(at);
    at[1] ^= 1;
    return slice_of(copy, der.len);
}

static void test_requests(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct {
        const char *what;
        struct slice der;
        bool has_key;
    } rows[] = {
        {"P-256", request_for(mem, EVP_EC_gen("P-256")), true},
        {"RSA", request_for(mem, EVP_RSA_gen(2048)), true},
        {"P-384", request_for(mem, EVP_EC_gen("P-384")), true},
        {"compressed P-256", request_for(mem, compressed()), true},
        {"off the curve", request_off_the_curve(mem), false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const unsigned char *at = rows[i].der.data;
        AUTO(X509_REQ_freep) X509_REQ *plain = d2i_X509_REQ(NULL, &at, (long)rows[i].der.len);
        AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
        struct slice rest = rows[i].der;
        AUTO(X509_REQ_freep) X509_REQ *request = cert_request_take(&rest, &key);

        ok(request && rest.len == 0, "%s: not read", rows[i].what);
        ok((key != NULL) == rows[i].has_key && (!key || X509_REQ_verify(request, key) == 1),
           "%s: key", rows[i].what);
        ok(!key || EVP_PKEY_eq(key, X509_REQ_get0_pubkey(plain)) == 1, "%s: not as OpenSSL's",
           rows[i].what);
        ERR_clear_error();
    }
    all_ok();
}

static void test_what_begins_with_no_request(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct slice der = request_for(mem, EVP_EC_gen("P-256"));
    unsigned char *longer = arena_alloc(mem, der.len + 1);
    AUTO(X509_REQ_freep) X509_REQ *request = NULL;
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    struct slice rest;

    (void)state;
    for (size_t len = 0; len < der.len; len++) {
        rest = slice_of(arena_memdup(mem, der.data, len), len);
        ok(!cert_request_take(&rest, &key) && !key && rest.len == len,
           "the first %zu octets of %zu", len, der.len);
    }
    memcpy(longer, der.data, der.len);
    rest = slice_of(longer, der.len + 1);
    request = cert_request_take(&rest, &key);
    ok(request && key && rest.len == 1 && rest.data == longer + der.len, "an octet more stays");
    ok(ERR_peek_error() == 0, "an error is left");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_what_openssl_makes_of_it),
        cmocka_unit_test(test_what_cannot_be_read),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_what_begins_with_no_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
