/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/hash.h"
#include "ca/csr.h"
#include "ca/public_key.h"
#include "check.h"
#include "tls/key.h"

DEFINE_FREEP(GENERAL_NAMES, GENERAL_NAMES_free)

enum fault { SOUND, BAD_SIGNATURE, TRAILING_OCTET, CUT, WEAK_DIGEST, OTHER_KEY, MUST_STAPLE };

static const struct row {
    const char *title;
    const char *key; /* "P-256", "RSA 2048", "ED25519", ... */
    const char *cn;
    const char *san; /* "DNS:a.test,email:..."; as in openssl's configuration */
    enum fault fault;
    const char *type, *detail; /* NULL: accepted, and detail are the names */
} rows[] = {
    {"P-256", "P-256", NULL, "DNS:b.test,DNS:a.test", SOUND, NULL, "a.test,b.test"},
    {"P-384", "P-384", NULL, "DNS:a.test", SOUND, NULL, "a.test"},
    {"RSA 2048", "RSA 2048", NULL, "DNS:a.test", SOUND, NULL, "a.test"},
    {"common name alone", "P-256", "A.test", NULL, SOUND, NULL, "a.test"},
    {"common name as well", "P-256", "a.test", "DNS:a.test,DNS:B.TEST", SOUND, NULL,
     "a.test,b.test"},
    {"common name that is no name in the SAN", "P-256", "c.test", "DNS:a.test", SOUND, NULL,
     "a.test,c.test"},
    {"RSA 1024", "RSA 1024", NULL, "DNS:a.test", SOUND, "badCSR",
     "Error finalizing order :: invalid public key in CSR: key size not supported: 1024"},
    {"P-521", "P-521", NULL, "DNS:a.test", SOUND, "badCSR",
     "Error finalizing order :: invalid public key in CSR: ECDSA curve P-521 not allowed"},
    {"secp256k1", "secp256k1", NULL, "DNS:a.test", SOUND, "badCSR",
     "Error finalizing order :: invalid public key in CSR: ECDSA curve secp256k1 not allowed"},
    {"Ed25519", "ED25519", NULL, "DNS:a.test", SOUND, "badCSR",
     "Error finalizing order :: invalid public key in CSR: unsupported key type ED25519"},
    {"no names", "P-256", NULL, NULL, SOUND, "badCSR",
     "Error finalizing order :: at least one identifier is required"},
    {"mail address", "P-256", NULL, "DNS:a.test,email:a@a.test", SOUND, "badCSR",
     "Error finalizing order :: CSR contains one or more email address fields"},
    {"IP addresses", "P-256", NULL, "DNS:a.test,IP:127.0.0.1,IP:2001:DB8::1", SOUND, NULL,
     "127.0.0.1,2001:db8::1,a.test"},
    {"IP address as the common name", "P-256", "127.0.0.1", "DNS:a.test", SOUND, "badCSR",
     "Error finalizing order :: CSR contains IP address in Common Name"},
    {"IPv6 address as the common name", "P-256", "2001:db8::1", "DNS:a.test", SOUND, "badCSR",
     "Error finalizing order :: CSR contains IP address in Common Name"},
    {"URI", "P-256", NULL, "DNS:a.test,URI:https://a.test/", SOUND, "badCSR",
     "Error finalizing order :: CSR contains one or more URI fields"},
    {"other names are passed over", "P-256", NULL, "DNS:a.test,RID:1.2.3.4", SOUND, NULL, "a.test"},
    {"other names alone", "P-256", NULL, "RID:1.2.3.4", SOUND, "badCSR",
     "Error finalizing order :: at least one identifier is required"},
    {"must-staple", "P-256", NULL, "DNS:a.test", MUST_STAPLE, "unauthorized",
     "Error finalizing order :: OCSP must-staple extension is no longer available: see "
     "https://letsencrypt.org/2024/12/05/ending-ocsp"},
    {"bad signature", "P-256", NULL, "DNS:a.test", BAD_SIGNATURE, "badCSR",
     "Error finalizing order :: invalid signature on CSR"},
    {"signed by another key", "P-256", NULL, "DNS:a.test", OTHER_KEY, "badCSR",
     "Error finalizing order :: invalid signature on CSR"},
    {"SHA-1", "RSA 2048", NULL, "DNS:a.test", WEAK_DIGEST, "badCSR",
     "Error finalizing order :: signature algorithm not supported"},
    {"trailing octet", "P-256", NULL, "DNS:a.test", TRAILING_OCTET, "malformed",
     "Error parsing certificate request: trailing data"},
    {"cut", "P-256", NULL, "DNS:a.test", CUT, "malformed", "Error parsing certificate request"},
};

static EVP_PKEY *key_of(const char *kind)
{
    EVP_PKEY *key = NULL;

    if (strncmp(kind, "RSA ", 4) == 0)
        key = EVP_RSA_gen((unsigned)strtoul(kind + 4, NULL, 10));
    else if (strcmp(kind, "ED25519") == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    else
        key = EVP_EC_gen(kind);
    assert_non_null(key);
    return key;
}

static void add_extensions(X509_REQ *request, const struct row *row)
{
    STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();

    if (row->san)
        sk_X509_EXTENSION_push(list,
                               X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, row->san));
    if (row->fault == MUST_STAPLE)
        sk_X509_EXTENSION_push(list,
                               X509V3_EXT_conf_nid(NULL, NULL, NID_tlsfeature, "status_request"));
    if (sk_X509_EXTENSION_num(list) > 0)
        X509_REQ_add_extensions(request, list);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

static const EVP_MD *digest_of(const EVP_PKEY *key, enum fault fault)
{
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519)
        return NULL;
    return fault == WEAK_DIGEST ? EVP_sha1() : EVP_sha256();
}

/* The DER, with the fault of the row. */
static struct slice request_der(struct arena *mem, const struct row *row)
{
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = key_of(row->key), *other = key_of(row->key);
    AUTO(X509_REQ_freep) X509_REQ *request = X509_REQ_new();
    EVP_PKEY *signer = row->fault == OTHER_KEY ? other : key;
    unsigned char *der = NULL, *copy;
    int len;

    X509_REQ_set_pubkey(request, key);
    if (row->cn)
        X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(request), NID_commonName,
                                   V_ASN1_UTF8STRING, (const unsigned char *)row->cn, -1, -1, 0);
    add_extensions(request, row);
    assert_true(X509_REQ_sign(request, signer, digest_of(key, row->fault)) > 0);
    len = i2d_X509_REQ(request, &der);
    copy = arena_alloc(mem, (size_t)len + 1);
    memcpy(copy, der, (size_t)len);
    OPENSSL_free(der);
    if (row->fault == BAD_SIGNATURE)
        copy[len - 1] ^= 1;
    len += row->fault == TRAILING_OCTET ? 1 : row->fault == CUT ? -1 : 0;
    return slice_of(copy, (size_t)len);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_problem problem = {.detail = ""};
        struct ca_csr csr;
        const char *text = base64url_encode(mem, request_der(mem, &rows[i]));
        bool accepted = ca_csr_read(mem, text, &csr, &problem);

        if (!ok(accepted == !rows[i].type, "%s: %s", rows[i].title,
                accepted ? "accepted" : problem.detail))
            continue;
        if (accepted) {
            const char *names = ca_names_text(mem, &csr.names);

            ok(strcmp(names, rows[i].detail) == 0, "%s: names %s", rows[i].title, names);
            ok(strlen(csr.key_hash) == 64, "%s: key hash", rows[i].title);
            continue;
        }
        ok(strcmp(ca_problem_name(problem.type), rows[i].type) == 0, "%s: %s", rows[i].title,
           ca_problem_name(problem.type));
        ok(strcmp(problem.detail, rows[i].detail) == 0, "%s: \"%s\"", rows[i].title,
           problem.detail);
    }
    all_ok();
}

/* What becomes the common name, at the limit and just beside. */
static void test_common_name(void **state)
{
    enum { FIT = CA_COMMON_NAME_MAX };
    static const struct {
        int common, first;    /* octets; 0: no common name */
        const char *expected; /* how it begins */
    } names[] = {
        {0, FIT, "0"},
        {0, FIT + 1, "a"},
        {FIT, 10, "1"},
        {FIT + 1, 10, ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *first = arena_printf(mem, "0%0*d.Test", names[i].first - 6, 0);
        const char *common = arena_printf(mem, "1%0*d.Test", names[i].common - 6, 0);
        AUTO(ca_subject_key_freep) struct ca_subject_key *key = NULL;
        const struct row row = {.key = "P-256",
                                .cn = names[i].common ? common : NULL,
                                .san = arena_printf(mem, "DNS:%s,DNS:a.test", first)};
        struct ca_problem problem = {.detail = ""};
        struct ca_csr csr;

        if (!ok(ca_csr_parse(mem, request_der(mem, &row), &csr, &problem), "%zu: %s", i,
                problem.detail))
            continue;
        key = ca_csr_subject_key(mem, &csr);
        ok(key->common_name[0] == names[i].expected[0], "%zu: %s", i, key->common_name);
        ok(!*key->common_name || strstr(key->common_name, ".test"), "%zu: in lower case: %s", i,
           key->common_name);
    }
    all_ok();
}

static void test_not_a_request(void **state)
{
    static const struct {
        const char *text, *type, *detail;
    } texts[] = {
        {"", "malformed", "Error parsing certificate request"},
        {"wP_u", "malformed", "Error parsing certificate request"},
        {"MAA", "malformed", "Error parsing certificate request"},
        {"+/", "malformed", "Error unmarshaling finalize order request"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_problem problem = {.detail = ""};
        struct ca_csr csr;

        ok(!ca_csr_read(mem, texts[i].text, &csr, &problem), "\"%s\" accepted", texts[i].text);
        ok(strcmp(ca_problem_name(problem.type), texts[i].type) == 0, "\"%s\": %s", texts[i].text,
           ca_problem_name(problem.type));
        ok(strcmp(problem.detail, texts[i].detail) == 0, "\"%s\": \"%s\"", texts[i].text,
           problem.detail);
    }
    all_ok();
}

/* A NUL in the middle of a name must not end it: "good.test\0.evil.test". */
static void test_name_with_nul(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = key_of("P-256");
    AUTO(X509_REQ_freep) X509_REQ *request = X509_REQ_new();
    AUTO(GENERAL_NAMES_freep) GENERAL_NAMES *names = GENERAL_NAMES_new();
    STACK_OF(X509_EXTENSION) *list = NULL;
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *string = ASN1_IA5STRING_new();
    struct ca_problem problem = {.detail = ""};
    unsigned char *der = NULL;
    struct ca_csr csr;
    const char *text;
    int len;

    (void)state;
    ASN1_STRING_set(string, "good.test\0.evil.test", 20);
    GENERAL_NAME_set0_value(name, GEN_DNS, string);
    sk_GENERAL_NAME_push(names, name);
    X509V3_add1_i2d(&list, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND);
    X509_REQ_add_extensions(request, list);
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    X509_REQ_set_pubkey(request, key);
    assert_true(X509_REQ_sign(request, key, EVP_sha256()) > 0);
    len = i2d_X509_REQ(request, &der);
    text = base64url_encode(mem, slice_of(der, (size_t)len));
    OPENSSL_free(der);
    assert_false(ca_csr_read(mem, text, &csr, &problem));
    assert_string_equal(problem.detail,
                        "Error finalizing order :: CSR contains a name that cannot be read");
}

/* The account's key in another encoding is still the account's key. */
static void test_hash_of_a_compressed_point(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = key_of("P-256"), *other = key_of("P-256");
    const char *plain = ca_key_hash(mem, key);

    (void)state;
    assert_string_not_equal(plain, ca_key_hash(mem, other));
    EVP_PKEY_set_utf8_string_param(key, "point-format", "compressed");
    assert_string_equal(plain, ca_key_hash(mem, key));
}

/* Its octets are the end of the SubjectPublicKeyInfo. */
static bool encodes(const X509_PUBKEY *encoded, struct arena *mem, const EVP_PKEY *key)
{
    const unsigned char *octets;
    struct slice spki;
    struct err err;
    int len;

    return X509_PUBKEY_get0_param(NULL, &octets, &len, NULL, encoded) == 1 && len > 32 &&
           key_spki(mem, key, &spki, &err) && spki.len > (size_t)len &&
           memcmp(spki.data + spki.len - len, octets, (size_t)len) == 0;
}

/* What goes into the certificate, from the request itself and from the one that was stored. */
static void test_subject_key(void **state)
{
    static const char *const keys[] = {"P-256", "P-384", "RSA 2048"};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_subject_key *never;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        AUTO(ca_subject_key_freep) struct ca_subject_key *key = NULL, *stored = NULL;
        struct row row = {.key = keys[i], .san = "DNS:a.test"};
        struct ca_problem problem;
        struct ca_csr csr;

        assert_true(
            ca_csr_read(mem, base64url_encode(mem, request_der(mem, &row)), &csr, &problem));
        key = ca_csr_subject_key(mem, &csr);
        assert_true(ca_csr_reload(mem, csr.der, &stored, &err));
        ok(strcmp(csr.key_hash, key->hash) == 0 && strcmp(csr.key_hash, stored->hash) == 0,
           "%s: hash", keys[i]);
        ok(strcmp(key->common_name, "a.test") == 0 && strcmp(stored->common_name, "a.test") == 0,
           "%s: common name", keys[i]);
        ok(encodes(key->key, mem, csr.key) && encodes(stored->key, mem, csr.key), "%s: key",
           keys[i]);
    }
    assert_false(ca_csr_reload(mem, SLICE_LIT("hello"), &never, &err));
    assert_string_equal(err.text, "the stored request is none");
    all_ok();
}

/* More than an order may have: the caller refuses them with the limit of the profile. */
static void test_many_names(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *san = "DNS:n0.test";
    struct ca_problem problem;
    struct ca_csr csr;
    struct row row = {.key = "P-256"};

    (void)state;
    for (size_t i = 1; i < CA_NAMES_MAX + 5; i++)
        san = arena_printf(mem, "%s,DNS:n%zu.test", san, i);
    row.san = san;
    assert_true(ca_csr_parse(mem, request_der(mem, &row), &csr, &problem));
    assert_int_equal(csr.names.count, CA_NAMES_MAX + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_common_name),
        cmocka_unit_test(test_not_a_request),
        cmocka_unit_test(test_name_with_nul),
        cmocka_unit_test(test_hash_of_a_compressed_point),
        cmocka_unit_test(test_subject_key),
        cmocka_unit_test(test_many_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
