/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/clock.h"
#include "certs.h"
#include "check.h"
#include "tls/chain.h"
#include "tls/issuers.h"
#include "tls/key.h"

#define NOT_BEFORE INT64_C(1795478400000) /* 2026-11-24T00:00:00Z */
#define NOT_AFTER  INT64_C(1803254400000) /* 2027-02-22T00:00:00Z */

static const char *const two_names[] = {"Example.com", "www.example.com", NULL};

static struct test_cert *make_root(struct arena *mem)
{
    return test_cert_make(mem, &(struct test_cert_wish){.cn = "Root, Test & Co",
                                                        .not_before = NOT_BEFORE,
                                                        .not_after = NOT_AFTER,
                                                        .is_ca = true});
}

static struct test_cert *make_leaf(struct arena *mem, const struct test_cert *root)
{
    return test_cert_make(mem,
                          &(struct test_cert_wish){.cn = "example.com",
                                                   .names = two_names,
                                                   .issuer = root,
                                                   .serial = "03AB00000000000000000000000000000001",
                                                   .not_before = NOT_BEFORE,
                                                   .not_after = NOT_AFTER});
}

static void test_facts(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *root = make_root(mem), *leaf = make_leaf(mem, root);
    unsigned char digest[SHA256_SIZE];
    struct slice spki;
    struct chain chain;
    struct err err = {0};

    (void)state;
    assert_true(
        chain_read(mem, slice_str(test_pem_join(mem, leaf->pem, root->pem, NULL)), &chain, &err));
    assert_int_equal(chain.count, 2);
    ok(slice_eq(chain.certs[0], leaf->der) && slice_eq(chain.certs[1], root->der), "DER");
    ok(strcmp(chain.serial, "03ab00000000000000000000000000000001") == 0, "%s", chain.serial);
    ok(strcmp(chain.issuer, "CN=Root\\, Test & Co") == 0, "%s", chain.issuer);
    ok(chain.name_count == 2 && strcmp(chain.names[0], "example.com") == 0 &&
           strcmp(chain.names[1], "www.example.com") == 0,
       "names");
    ok(chain.not_before == NOT_BEFORE && chain.not_after == NOT_AFTER, "times");
    assert_true(key_spki(mem, leaf->key, &spki, &err));
    ok(slice_eq(spki, chain.spki), "SPKI");
    hash_sha256(leaf->der, digest);
    ok(strcmp(chain.fingerprint, hex_encode(mem, slice_of(digest, 32))) == 0, "fingerprint");
    ok(strcmp(chain_pem(mem, &chain), test_pem_join(mem, leaf->pem, root->pem, NULL)) == 0, "PEM");
    all_ok();
}

/* What is above the leaf is taken from what is kept, octet by octet; the leaf never is. */
static void test_reading_with_issuers(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *root = make_root(mem), *leaf = make_leaf(mem, root);
    const struct test_cert *other = make_root(mem);
    struct slice pem = slice_str(test_pem_join(mem, leaf->pem, root->pem, NULL));
    struct issuers *issuers = issuers_new();
    struct chain first, second, third;
    struct err err = {0};

    (void)state;
    assert_true(chain_read_with(mem, pem, issuers, &first, &err));
    assert_true(chain_read_with(mem, pem, issuers, &second, &err));
    pem = slice_str(test_pem_join(mem, leaf->pem, other->pem, NULL));
    assert_true(chain_read_with(mem, pem, issuers, &third, &err));
    ok(first.parsed[1] == second.parsed[1], "the issuer is parsed again");
    ok(first.parsed[0] != second.parsed[0], "the leaf is kept");
    ok(third.parsed[1] != first.parsed[1] && slice_eq(third.certs[1], other->der),
       "another issuer of the same name is taken for the first");
    issuers_free(issuers);
    ok(strcmp(chain_root_name(mem, &second), "Root, Test & Co") == 0, "a chain outlives them");
    all_ok();
}

/* ISSUERS_MAX, and then the oldest gives way. */
static void test_issuers_are_few(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *cert = make_root(mem);
    struct issuers *issuers = issuers_new();
    unsigned char names[ISSUERS_MAX + 1];

    (void)state;
    for (size_t i = 0; i <= ISSUERS_MAX; i++) {
        names[i] = (unsigned char)i;
        issuers_keep(issuers, slice_of(&names[i], 1), cert->cert);
        issuers_keep(issuers, slice_of(&names[i], 1), cert->cert); /* once is enough */
    }
    for (size_t i = 0; i <= ISSUERS_MAX; i++) {
        X509 *found = issuers_find(issuers, slice_of(&names[i], 1));

        ok((found != NULL) == (i > 0), "%zu is %s", i, found ? "there" : "gone");
        X509_free(found);
    }
    issuers_free(issuers);
    all_ok();
}

/* Of the issuer of the last certificate, whether that is the root itself or not. */
static void test_root_name(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *root = make_root(mem), *leaf = make_leaf(mem, root);
    const struct test_cert *odd = test_cert_make(
        mem,
        &(struct test_cert_wish){
            .cn = "Tab\tRoot", .not_before = NOT_BEFORE, .not_after = NOT_AFTER, .is_ca = true});
    const struct test_cert *accent =
        test_cert_make(mem, &(struct test_cert_wish){.cn = "R\xc3\xa9seau",
                                                     .not_before = NOT_BEFORE,
                                                     .not_after = NOT_AFTER,
                                                     .is_ca = true});
    const struct {
        const char *pem, *name;
    } rows[] = {
        {leaf->pem, "Root, Test & Co"},
        {test_pem_join(mem, leaf->pem, root->pem, NULL), "Root, Test & Co"},
        {test_pem_join(mem, leaf->pem, odd->pem, NULL), ""},
        {test_pem_join(mem, leaf->pem, accent->pem, NULL), "R\xc3\xa9seau"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct chain chain;
        struct err err;

        assert_true(chain_read(mem, slice_str(rows[i].pem), &chain, &err));
        ok(strcmp(chain_root_name(mem, &chain), rows[i].name) == 0, "row %zu: %s", i,
           chain_root_name(mem, &chain));
    }
    all_ok();
}

/* What is read, and the exact text of each refusal. `text` NULL: accepted. */
static void test_reading(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *root = make_root(mem), *leaf = make_leaf(mem, root);
    const char *l = leaf->pem, *r = root->pem;
    const char *ten = test_pem_join(mem, l, r, r, r, r, r, r, r, r, r, NULL);
    const char *cut = arena_strndup(mem, l, strlen(l) - 10);
    const char *bent = arena_strdup(mem, l);
    const struct {
        const char *what, *pem, *text;
    } rows[] = {
        {"leaf alone", l, NULL},
        {"ten certificates", ten, NULL},
        {"empty lines, no last", test_pem_join(mem, "\n\n", l, "\n", r, NULL), NULL},
        {"CRLF", test_pem_join(mem, l, "\r\n", NULL), NULL},
        {"text before", test_pem_join(mem, "subject=CN\n", l, NULL), NULL},
        {"nothing", "", "no certificate in 0 octets"},
        {"garbage", "hello, world", "no certificate in 12 octets"},
        {"eleven certificates", test_pem_join(mem, ten, r, NULL), "more than 10 certificates"},
        {"the key too", test_pem_join(mem, l, leaf->key_pem, NULL),
         "block 2 is not a certificate in PEM"},
        {"cut short", cut, "block 1 is not a certificate in PEM"},
        {"second one cut short", test_pem_join(mem, l, cut, NULL),
         "block 2 is not a certificate in PEM"},
        {"not DER", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
         "certificate 1 cannot be read"},
        {"not base64", "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
         "block 1 is not a certificate in PEM"},
        {"bent DER", bent, "certificate 1 cannot be read"},
    };

    (void)state;
    memcpy(strchr(bent, '\n') + 1, "AAAA", 4);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct chain chain = {0};
        struct err err = {0};
        bool is_read = chain_read(mem, slice_str(rows[i].pem), &chain, &err);

        ok(is_read == !rows[i].text && strcmp(err.text, rows[i].text ? rows[i].text : "") == 0,
           "%s: \"%s\"", rows[i].what, err.text);
        ok(is_read || (chain.count == 0 && err.code == ERR_BAD_CERT), "%s: touched", rows[i].what);
    }
    all_ok();
}

static void test_size_limit(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *leaf = make_leaf(mem, make_root(mem));
    char *text = arena_alloc(mem, CHAIN_PEM_MAX + 2);
    struct chain chain;
    struct err err = {0};

    (void)state;
    memset(text, '\n', CHAIN_PEM_MAX + 1);
    memcpy(text, leaf->pem, strlen(leaf->pem));
    ok(chain_read(mem, slice_of(text, CHAIN_PEM_MAX), &chain, &err), "65536: %s", err.text);
    ok(!chain_read(mem, slice_of(text, CHAIN_PEM_MAX + 1), &chain, &err) &&
           strcmp(err.text, "chain of 65537 octets, at most 65536 are allowed") == 0,
       "65537: %s", err.text);
    all_ok();
}

static void test_octets_after_der(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *leaf = make_leaf(mem, make_root(mem));
    unsigned char *longer = arena_alloc(mem, leaf->der.len + 1);
    struct slice cert = slice_of(longer, leaf->der.len + 1);
    struct chain chain;
    struct err err = {0};

    (void)state;
    memcpy(longer, leaf->der.data, leaf->der.len);
    ok(!chain_from_der(mem, &cert, 1, &chain, &err) &&
           strcmp(err.text, "certificate 1 cannot be read") == 0,
       "%s", err.text);
    ok(!chain_from_der(mem, &cert, 0, &chain, &err), "no certificate");
    for (cert.len = 0; cert.len < leaf->der.len; cert.len++)
        ok(!chain_from_der(mem, &cert, 1, &chain, &err), "cut to %zu octets", cert.len);
    all_ok();
}

static void test_covers(void **state)
{
    static const char *const have[] = {"example.com", "WWW.example.com", "*.shop.example", NULL};
    static const struct {
        const char *name;
        bool is_covered;
    } rows[] = {
        {"example.com", true},       {"www.example.com", true},   {"WWW.Example.Com", true},
        {"a.shop.example", true},    {"*.shop.example", true},    {"shop.example", false},
        {"a.b.shop.example", false}, {".shop.example", false},    {"mail.example.com", false},
        {"*.example.com", false},    {"example.com.", false},     {"xexample.com", false},
        {"ashop.example", false},    {"*.a.shop.example", false}, {"", false},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *leaf = test_cert_make(
        mem,
        &(struct test_cert_wish){
            .names = have, .not_before = NOT_BEFORE, .not_after = NOT_AFTER, .cn = "cn.example"});
    struct chain chain;
    struct err err = {0};

    (void)state;
    assert_true(chain_read(mem, slice_str(leaf->pem), &chain, &err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(chain_covers(&chain, &rows[i].name, 1, &err) == rows[i].is_covered, "%s", rows[i].name);
    ok(!chain_covers(&chain, (const char *const[]){"example.com", "cn.example"}, 2, &err) &&
           err.code == ERR_BAD_CERT &&
           strcmp(err.text, "the certificate does not cover cn.example") == 0,
       "%s", err.text);
    all_ok();
}

static void test_no_names(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *root = make_root(mem);
    struct chain chain;
    struct err err = {0};

    (void)state;
    assert_true(chain_read(mem, slice_str(root->pem), &chain, &err));
    assert_int_equal(chain.name_count, 0);
}

static void test_odd_names(void **state)
{
    static const char *const odd[] = {"a b.example", NULL};
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *leaf = test_cert_make(
        mem, &(struct test_cert_wish){
                 .names = odd, .not_before = NOT_BEFORE, .not_after = NOT_AFTER, .cn = "x"});
    struct chain chain;
    struct err err = {0};

    (void)state;
    ok(!chain_read(mem, slice_str(leaf->pem), &chain, &err) &&
           strcmp(err.text, "name 1 of the leaf is not a host name") == 0,
       "%s", err.text);
    all_ok();
}

static void test_key(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *root = make_root(mem), *leaf = make_leaf(mem, root);
    struct slice own = {0}, other = {0};
    struct chain chain;
    struct err err = {0};

    (void)state;
    assert_true(chain_read(mem, slice_str(leaf->pem), &chain, &err));
    assert_true(key_spki(mem, leaf->key, &own, &err) && key_spki(mem, root->key, &other, &err));
    ok(chain_has_key(&chain, own, &err), "own key: %s", err.text);
    ok(!chain_has_key(&chain, other, &err) && err.code == ERR_BAD_CERT &&
           strcmp(err.text, "the certificate is for another key") == 0,
       "other key: %s", err.text);
    all_ok();
}

static struct slice point_of(struct arena *mem, const EVP_PKEY *key)
{
    unsigned char point[65];
    size_t len;

    assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
                                                     sizeof(point), &len),
                     1);
    assert_int_equal(len, 65);
    return slice_of(arena_memdup(mem, point, len), len);
}

/* The very octets of the SubjectPublicKeyInfo stand in the subject too, in front of the real ones.
 */
static void test_point_is_walked_to(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {0};
    const struct test_cert *other = make_root(mem), *leaf;
    EVP_PKEY *key = NULL;
    struct slice own = {0}, fake = {0};
    struct chain chain;
    const unsigned char *first;

    (void)state;
    assert_true(key_make(&key, &err));
    assert_true(key_spki(mem, key, &own, &err) && key_spki(mem, other->key, &fake, &err));
    for (int i = 0; i < 2; i++) {
        struct slice bait = i == 0 ? own : fake;
        struct test_cert_wish wish = {.cn = "a.example",
                                      .names = two_names,
                                      .subject_octets = bait,
                                      .not_before = NOT_BEFORE,
                                      .not_after = NOT_AFTER,
                                      .key = i == 0 ? key : NULL};

        leaf = test_cert_make(mem, &wish);
        assert_true(chain_read(mem, slice_str(leaf->pem), &chain, &err));
        first = memmem(leaf->der.data, leaf->der.len, bait.data + 26, 65);
        ok(first && first < leaf->der.data + chain.point_offset, "the bait is not in front");
        ok(slice_eq(slice_of(leaf->der.data + chain.point_offset, 65), point_of(mem, leaf->key)),
           "offset %u is not the point", chain.point_offset);
    }
    all_ok();
}

static void test_point_of_other_keys(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    EVP_PKEY *compressed = EVP_EC_gen("P-256");
    const struct {
        const char *what;
        EVP_PKEY *key;
    } rows[] = {
        {"RSA", EVP_RSA_gen(2048)},
        {"P-384", EVP_EC_gen("P-384")},
        {"compressed P-256", compressed},
    };

    (void)state;
    assert_int_equal(EVP_PKEY_set_utf8_string_param(
                         compressed, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
                     1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct test_cert *leaf =
            test_cert_make(mem, &(struct test_cert_wish){.cn = "a.example",
                                                         .key = rows[i].key,
                                                         .not_before = NOT_BEFORE,
                                                         .not_after = NOT_AFTER});
        uint16_t offset = 1;
        struct err err = {0};

        ok(chain_point_offset(leaf->der, &offset, &err) && offset == 0, "%s: %u %s", rows[i].what,
           offset, err.text);
    }
    all_ok();
}

static bool is_inside(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.data >= whole.data && part.len <= whole.len &&
                             part.data + part.len <= whole.data + whole.len);
}

/* As OpenSSL finds them, behind extensions that are critical, and in a certificate that has none.
 */
static void test_id_parts(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *root = make_root(mem);
    struct test_cert_wish wish = {.cn = "b.example",
                                  .issuer = root,
                                  .permitted = "example",
                                  .is_ca = true,
                                  .serial = "00c0ffee",
                                  .not_before = NOT_BEFORE,
                                  .not_after = NOT_AFTER};
    const struct test_cert *certs[] = {root, make_leaf(mem, root), test_cert_make(mem, &wish)};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(certs); i++) {
        const ASN1_OCTET_STRING *known = X509_get0_authority_key_id(certs[i]->cert);
        struct slice key_id, serial, expected = {0};
        struct err err = {0};

        if (known)
            expected = slice_of(ASN1_STRING_get0_data(known), (size_t)ASN1_STRING_length(known));
        ok(chain_id_parts(certs[i]->der, &key_id, &serial, &err), "%zu: %s", i, err.text);
        ok(slice_eq(key_id, expected) && (known != NULL) == (i == 2), "%zu: key identifier", i);
        ok(i < 2 || slice_eq(serial, SLICE_LIT("\x00\xc0\xff\xee")), "%zu: serial number", i);
    }
    all_ok();
}

/* Each prefix and each changed octet: never a read outside, never a part outside. */
static void test_id_of_broken_der(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *root = make_root(mem), *leaf = make_leaf(mem, root);
    struct slice key_id, serial;
    struct err err = {0};

    (void)state;
    for (size_t len = 0; len < leaf->der.len; len++) {
        struct slice cut = slice_of(arena_memdup(mem, leaf->der.data, len + 1), len);

        ok(!chain_id_parts(cut, &key_id, &serial, &err), "%zu octets are enough", len);
    }
    for (size_t i = 0; i < leaf->der.len; i++) {
        unsigned char *octets = arena_memdup(mem, leaf->der.data, leaf->der.len);
        struct slice bent = slice_of(octets, leaf->der.len);

        octets[i] ^= 0xff;
        if (chain_id_parts(bent, &key_id, &serial, &err))
            ok(is_inside(key_id, bent) && is_inside(serial, bent) && serial.len > 0, "octet %zu",
               i);
    }
    all_ok();
}

/* Each prefix and each changed octet: never a read outside, never an offset outside. */
static void test_point_of_broken_der(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *leaf = make_leaf(mem, make_root(mem));
    struct err err = {0};
    uint16_t offset;

    (void)state;
    for (size_t len = 0; len < leaf->der.len; len++) {
        struct slice cut = slice_of(arena_memdup(mem, leaf->der.data, len + 1), len);

        ok(!chain_point_offset(cut, &offset, &err), "%zu octets are enough", len);
    }
    for (size_t i = 0; i < leaf->der.len; i++) {
        unsigned char *bent = arena_memdup(mem, leaf->der.data, leaf->der.len);

        bent[i] ^= 0xff;
        if (chain_point_offset(slice_of(bent, leaf->der.len), &offset, &err))
            ok(offset + 65u <= leaf->der.len, "octet %zu: offset %u", i, offset);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_reading_with_issuers),
        cmocka_unit_test(test_issuers_are_few),
        cmocka_unit_test(test_root_name),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_octets_after_der),
        cmocka_unit_test(test_covers),
        cmocka_unit_test(test_no_names),
        cmocka_unit_test(test_odd_names),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_point_is_walked_to),
        cmocka_unit_test(test_point_of_other_keys),
        cmocka_unit_test(test_point_of_broken_der),
        cmocka_unit_test(test_id_parts),
        cmocka_unit_test(test_id_of_broken_der),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
