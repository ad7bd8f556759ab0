/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509v3.h>

#include "ca/alpn_certificate.h"
#include "check.h"
#include "tls/handle.h"

#define NAME "a.test"

static const unsigned char digest[SHA256_SIZE] = {1, 2, 3};

static void add_extension(X509 *certificate, const char *id, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf(NULL, &context, id, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* What RFC 8737 asks for; with `is_double` its names stand there twice. */
static X509 *make(struct arena *mem, bool is_double)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    add_extension(certificate, "subjectAltName", "DNS:" NAME);
    if (is_double)
        add_extension(certificate, "subjectAltName", "DNS:" NAME);
    add_extension(certificate, "1.3.6.1.5.5.7.1.31",
                  arena_printf(mem, "critical,DER:0420%s",
                               hex_encode(mem, slice_of(digest, sizeof(digest)))));
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static const char *judge(struct arena *mem, X509 *certificate)
{
    return ca_alpn_certificate_is_readable(certificate)
               ? ca_alpn_certificate_refusal(mem, certificate, NAME, digest)
               : "unreadable";
}

/* What a server can be made to say is in tests/system/test_ca_tlsalpn.py; this it cannot. */
static void test_extension_twice(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(X509_freep) X509 *good = make(mem, false);
    AUTO(X509_freep) X509 *twice = make(mem, true);

    (void)state;
    assert_null(judge(mem, good));
    assert_string_equal(judge(mem, twice), "unreadable");
}

/* A certificate of which any bit is another shows control of nothing. */
static void test_every_bit(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(X509_freep) X509 *good = make(mem, false);
    unsigned char *der = NULL;
    int len = i2d_X509(good, &der);

    (void)state;
    assert_true(len > 0);
    for (int bit = 0; bit < len * 8; bit++) {
        const unsigned char *at = der;
        X509 *changed;

        der[bit / 8] ^= (unsigned char)(1 << bit % 8);
        changed = d2i_X509(NULL, &at, len);
        if (changed)
            ok(judge(mem, changed) != NULL, "octet %d, bit %d", bit / 8, bit % 8);
        X509_free(changed);
        der[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    OPENSSL_free(der);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_extension_twice),
        cmocka_unit_test(test_every_bit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
