/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "certs.h"
#include "check.h"
#include "tls/lean.h"

#define DAY  INT64_C(86400000)
#define FROM INT64_C(1795478400000) /* 2026-11-24T00:00:00Z */

static EVP_PKEY *key_of(const char *kind, const char *group)
{
    if (group)
        return EVP_EC_gen(group);
    if (strcmp(kind, "RSA") == 0)
        return EVP_RSA_gen(2048);
    return EVP_PKEY_Q_keygen(NULL, NULL, kind);
}

static struct test_cert *cert_of(struct arena *mem, const char *kind, const char *group)
{
    static const char *const names[] = {"shop.example", NULL};
    const struct test_cert_wish ca = {
        .cn = "Root", .is_ca = true, .not_before = FROM, .not_after = FROM + DAY};

    return test_cert_make(mem, &(struct test_cert_wish){.cn = names[0],
                                                        .names = names,
                                                        .issuer = test_cert_make(mem, &ca),
                                                        .key = key_of(kind, group),
                                                        .not_before = FROM,
                                                        .not_after = FROM + DAY});
}

DEFINE_FREEP(SSL_CTX, SSL_CTX_free)
DEFINE_FREEP(SSL, SSL_free)

static SSL *end_of(SSL_CTX *tls, BIO *wire)
{
    SSL *ssl = SSL_new(tls);

    assert_non_null(ssl);
    SSL_set_bio(ssl, wire, wire);
    return ssl;
}

/* Whether a client of the context comes to an end with a server that has this key and no suites but
 * these. */
static bool shakes_hands(const struct test_cert *cert, int version, const char *suites)
{
    AUTO(SSL_CTX_freep) SSL_CTX *server_tls = SSL_CTX_new(TLS_server_method());
    AUTO(SSL_CTX_freep) SSL_CTX *client_tls = SSL_CTX_new_ex(tls_lean(), NULL, TLS_client_method());
    AUTO(SSL_freep) SSL *server = NULL, *client = NULL;
    BIO *near_end, *far_end;
    int near_done = 0, far_done = 0;

    assert_true(server_tls && client_tls && BIO_new_bio_pair(&near_end, 0, &far_end, 0) == 1);
    assert_int_equal(SSL_CTX_use_certificate(server_tls, cert->cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server_tls, cert->key), 1);
    SSL_CTX_set_max_proto_version(server_tls, version);
    SSL_CTX_set_dh_auto(server_tls, 1);
    assert_int_equal(version == TLS1_3_VERSION ? SSL_CTX_set_ciphersuites(server_tls, suites)
                                               : SSL_CTX_set_cipher_list(server_tls, suites),
                     1);
    client = end_of(client_tls, near_end);
    server = end_of(server_tls, far_end);
    for (int i = 0; i < 10 && (near_done != 1 || far_done != 1); i++) {
        near_done = SSL_connect(client);
        far_done = SSL_accept(server);
    }
    ERR_clear_error();
    return near_done == 1 && far_done == 1;
}

static void test_handshakes(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    /* clang-format off */
    const struct {
        const char *kind, *group;
        int version;
        const char *suites;
        bool is_done;
    } rows[] = {
        {"EC", "P-256", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true},
        {"EC", "P-256", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", true},
        {"EC", "P-256", TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", true},
        {"EC", "P-384", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true},
        {"EC", "P-521", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true},
        {"RSA", NULL, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true},
        {"ED25519", NULL, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true},
        {"ED448", NULL, TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", true},
        {"EC", "P-256", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", true},
        {"EC", "P-256", TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true},
        {"EC", "P-256", TLS1_2_VERSION, "ECDHE-ECDSA-AES256-SHA", true},
        {"RSA", NULL, TLS1_2_VERSION, "ECDHE-RSA-AES256-GCM-SHA384", true},
        {"RSA", NULL, TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256", true},
        {"RSA", NULL, TLS1_2_VERSION, "AES128-GCM-SHA256", true},
        {"RSA", NULL, TLS1_2_VERSION, "DHE-RSA-AES256-GCM-SHA384", false},
        {"RSA", NULL, TLS1_2_VERSION, "ECDHE-ARIA128-GCM-SHA256", false},
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct test_cert *cert = cert_of(mem, rows[i].kind, rows[i].group);

        ok(shakes_hands(cert, rows[i].version, rows[i].suites) == rows[i].is_done, "%s, %s",
           rows[i].kind, rows[i].suites);
    }
    all_ok();
}

static void count(OSSL_DECODER *decoder, void *arg)
{
    (void)decoder;
    ++*(int *)arg;
}

static void test_is_lean(void **state)
{
    int decoders = 0;

    (void)state;
    assert_non_null(tls_lean());
    OSSL_DECODER_do_all_provided(tls_lean(), count, &decoders);
    assert_int_equal(decoders, 6);
    assert_ptr_equal(tls_lean(), tls_lean());
}

/* As libssl does: then all that is done with it afterwards is done by the context, too. */
static X509 *read_lean(struct slice der)
{
    const unsigned char *at = der.data;
    X509 *cert = X509_new_ex(tls_lean(), NULL);

    return d2i_X509(&cert, &at, (long)der.len);
}

/* X448 makes no signatures: no certificate of a server has such a key. */
static void test_keys(void **state)
{
    static const char *const kinds[] = {"RSA", "ED25519", "ED448", "X448"};
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct test_cert *made = cert_of(mem, kinds[i], NULL);
        AUTO(X509_freep) X509 *read = read_lean(made->der);
        const EVP_PKEY *key = read ? X509_get0_pubkey(read) : NULL;

        ok(read && (strcmp(kinds[i], "X448") == 0 ? !key : key && EVP_PKEY_eq(key, made->key) == 1),
           "%s", kinds[i]);
        ERR_clear_error();
    }
    all_ok();
}

/* Whoever reads a chain in a handshake judges it by what was read (check/proof_certificate.c). */
static void test_signatures(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    EVP_PKEY *const keys[] = {key_of("RSA", NULL), key_of("EC", "P-256"), key_of("EC", "P-384")};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct test_cert_wish wish = {.cn = "Root",
                                      .key = keys[i],
                                      .is_ca = true,
                                      .not_before = FROM,
                                      .not_after = FROM + DAY};
        const struct test_cert *root = test_cert_make(mem, &wish);
        AUTO(X509_freep) X509 *read = read_lean(root->der);
        AUTO(X509_freep) X509 *other = read_lean(cert_of(mem, "EC", "P-256")->der);

        ok(X509_verify(read, X509_get0_pubkey(read)) == 1, "%zu: by a key that was read, too", i);
        ok(X509_verify(read, root->key) == 1, "%zu: by a key of the default context", i);
        ok(X509_verify(other, X509_get0_pubkey(read)) != 1, "%zu: of another certificate", i);
        ERR_clear_error();
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_lean),
        cmocka_unit_test(test_handshakes),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_signatures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
