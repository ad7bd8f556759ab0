/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509v3.h>
#include <unistd.h>

#include "ca/authority_former.h"
#include "ca/certificate.h"
#include "ca/crl.h"
#include "ca/state_dir.h"
#include "check.h"
#include "store_dir.h"
#include "tls/key.h"

#define AT     INT64_C(1800000000000)
#define DAY_MS (INT64_C(86400) * 1000)

DEFINE_FREEP(ISSUING_DIST_POINT, ISSUING_DIST_POINT_free)
DEFINE_FREEP(X509_CRL, X509_CRL_free)

struct issuer {
    EVP_PKEY *key;
    X509 *cert;
};

static void issuer_free(void *arg)
{
    struct issuer *issuer = arg;

    EVP_PKEY_free(issuer->key);
    X509_free(issuer->cert);
}

static struct issuer *issuer_of(struct arena *mem, int64_t not_after)
{
    static const struct ca_suffixes none = {.count = 0};
    struct issuer *issuer = arena_new_of(mem, struct issuer);
    struct err err;

    assert_true(key_make(&issuer->key, &err));
    assert_true(ca_certificate_make(&(struct ca_cert_wish){.kind = CA_CERT_ROOT,
                                                           .common_name = "Issuer",
                                                           .permitted = &none,
                                                           .key = issuer->key,
                                                           .not_before = AT - DAY_MS,
                                                           .not_after = not_after,
                                                           .signer = issuer->key},
                                    &issuer->cert, &err));
    arena_defer(mem, issuer_free, issuer);
    return issuer;
}

static const char *const urls[] = {"http://localhost:8445/crl/0123456789abcdef/57.crl",
                                   "http://ca.lab.test/crl/1.crl"};

static X509_CRL *crl_of(struct arena *mem, const struct issuer *issuer, struct ca_crl_wish wish)
{
    const unsigned char *der;
    struct slice text;
    struct err err;
    X509_CRL *crl;

    wish.issuer = issuer->cert;
    wish.signer = issuer->key;
    assert_true(ca_crl_make(mem, &wish, &text, &err));
    der = text.data;
    crl = d2i_X509_CRL(NULL, &der, (long)text.len);
    assert_non_null(crl);
    return crl;
}

static int64_t instant(const ASN1_TIME *time)
{
    struct tm tm;

    assert_int_equal(ASN1_TIME_to_tm(time, &tm), 1);
    return (int64_t)timegm(&tm) * 1000;
}

static int64_t number_of(const X509_CRL *crl)
{
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    int64_t value = 0;

    assert_int_equal(ASN1_INTEGER_get_int64(&value, number), 1);
    ASN1_INTEGER_free(number);
    return value;
}

static void test_shape(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct issuer *issuer = issuer_of(mem, AT + DAY_MS);
    struct ca_crl_wish wish = {.number = INT64_MAX,
                               .this_update = AT + 999,
                               .next_update = AT + DAY_MS,
                               .urls = urls,
                               .url_count = ARRAY_LEN(urls)};
    AUTO(X509_CRL_freep) X509_CRL *crl = crl_of(mem, issuer, wish);
    AUTO(ISSUING_DIST_POINT_freep) ISSUING_DIST_POINT *point = NULL;
    const GENERAL_NAME *place;
    int is_critical = 0;

    (void)state;
    assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
    assert_int_equal(X509_CRL_verify(crl, issuer->key), 1);
    assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer->cert)),
                     0);
    assert_int_equal(instant(X509_CRL_get0_lastUpdate(crl)), AT);
    assert_int_equal(instant(X509_CRL_get0_nextUpdate(crl)), AT + DAY_MS);
    assert_int_equal(number_of(crl), INT64_MAX);
    assert_null(X509_CRL_get_REVOKED(crl)); /* an empty list is none (RFC 5280 section 5.1.2.6) */
    assert_int_equal(X509_CRL_get_ext_count(crl), 3);
    assert_true(X509_CRL_get_ext_by_NID(crl, NID_authority_key_identifier, -1) >= 0);
    point = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &is_critical, NULL);
    assert_non_null(point);
    assert_true(is_critical && point->onlyuser && !point->onlyCA);
    assert_int_equal(sk_GENERAL_NAME_num(point->distpoint->name.fullname), ARRAY_LEN(urls));
    for (int i = 0; i < (int)ARRAY_LEN(urls); i++) {
        place = sk_GENERAL_NAME_value(point->distpoint->name.fullname, i);
        assert_int_equal(place->type, GEN_URI);
        assert_string_equal(ASN1_STRING_get0_data(place->d.uniformResourceIdentifier), urls[i]);
    }
}

/* That of a root: of CAs' certificates alone. */
static void test_of_a_root(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_crl_wish wish = {.number = 1, .this_update = AT, .next_update = AT + DAY_MS};
    AUTO(X509_CRL_freep) X509_CRL *crl = crl_of(mem, issuer_of(mem, AT + DAY_MS), wish);
    AUTO(ISSUING_DIST_POINT_freep)
    ISSUING_DIST_POINT *point =
        X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, NULL, NULL);

    (void)state;
    assert_true(point && point->onlyCA && !point->onlyuser && !point->distpoint);
}

static int64_t reason_of(const X509_REVOKED *revoked)
{
    ASN1_ENUMERATED *code = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);
    int64_t value = code ? ASN1_ENUMERATED_get(code) : -1;

    ASN1_ENUMERATED_free(code);
    return value;
}

/* In order of their serials; "unspecified" is not said (RFC 5280 section 5.3.1). */
static void test_entries(void **state)
{
    static const struct ca_crl_entry entries[] = {
        {"05ff", AT + 3000, 4}, {"0501", AT + 1999, 0}, {"05fe", AT + 2000, 1}};
    static const int order[] = {1, 2, 0};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_crl_wish wish = {.number = 1,
                               .this_update = AT,
                               .next_update = AT + DAY_MS,
                               .urls = urls,
                               .url_count = ARRAY_LEN(urls),
                               .entries = entries,
                               .count = ARRAY_LEN(entries)};
    AUTO(X509_CRL_freep) X509_CRL *crl = crl_of(mem, issuer_of(mem, AT + DAY_MS), wish);
    STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);

    (void)state;
    assert_int_equal(sk_X509_REVOKED_num(list), 3);
    for (int i = 0; i < 3; i++) {
        const struct ca_crl_entry *expected = &entries[order[i]];
        const X509_REVOKED *revoked = sk_X509_REVOKED_value(list, i);
        AUTO(BIGNUM_freep)
        BIGNUM *serial = ASN1_INTEGER_to_BN(X509_REVOKED_get0_serialNumber(revoked), NULL);
        int64_t at = instant(X509_REVOKED_get0_revocationDate(revoked));

        ok(BN_get_word(serial) == strtoul(expected->serial, NULL, 16), "%d: serial", i);
        ok(at == expected->revoked_at / 1000 * 1000, "%d: %lld", i, (long long)at);
        ok(reason_of(revoked) == (expected->reason ? expected->reason : -1), "%d: reason", i);
    }
    all_ok();
}

static void test_shards(void **state)
{
    static const struct {
        const char *serial;
        int64_t shard;
    } serials[] = {{"0500", 1}, {"0501", 2}, {"057f", 128}, {"0580", 1}, {"05ff", 128}};
    static const struct {
        const char *name;
        int64_t shard; /* 0: is none */
    } names[] = {
        {"1.crl", 1}, {"128.crl", 128}, {"0.crl", 0}, {"129.crl", 0}, {"-1.crl", 0}, {".crl", 0},
        {"crl", 0},   {"", 0},          {"1", 0},     {"1.crl1", 0},  {"1.CRL", 0},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    int64_t shard;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(serials); i++)
        ok(ca_crl_shard(serials[i].serial) == serials[i].shard, "%s", serials[i].serial);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ok(ca_crl_parse(names[i].name, &shard) ? shard == names[i].shard : names[i].shard == 0,
           "\"%s\"", names[i].name);
    all_ok();
    assert_string_equal(ca_crl_url(mem, "http://c/", 57), "http://c/57.crl");
}

static EVP_PKEY *former(struct arena *mem, const char *dir, const struct issuer *issuer)
{
    EVP_PKEY *key;
    struct err err;

    assert_true(ca_former_key(mem, dir, ca_certificate_fingerprint(mem, issuer->cert), &key, &err));
    return key;
}

/* Keys of former intermediates are kept as long as these live. */
static void test_former(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *dir = store_dir_next(mem);
    const struct issuer *one = issuer_of(mem, AT), *other = issuer_of(mem, AT + 1000);
    struct err err;

    (void)state;
    assert_true(ca_state_make_dir(dir, &err));
    for (int i = 0; i < 2; i++) /* as after a kill */
        assert_true(ca_former_keep(mem, dir, one->cert, one->key, &err));
    assert_null(former(mem, dir, other));
    assert_true(ca_former_keep(mem, dir, other->cert, other->key, &err));
    assert_true(ca_former_sweep(mem, dir, AT - 1, &err));
    assert_int_equal(EVP_PKEY_eq(former(mem, dir, one), one->key), 1);
    assert_int_equal(EVP_PKEY_eq(former(mem, dir, other), other->key), 1);
    assert_true(ca_former_sweep(mem, dir, AT, &err));
    assert_null(former(mem, dir, one));
    assert_int_equal(EVP_PKEY_eq(former(mem, dir, other), other->key), 1);
    assert_true(ca_former_sweep(mem, dir, AT + 1000, &err));
    assert_null(former(mem, dir, other));
    assert_int_equal(rmdir(dir), 0); /* nothing else is left */
    assert_false(ca_former_sweep(mem, dir, AT, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape),   cmocka_unit_test(test_of_a_root),
        cmocka_unit_test(test_entries), cmocka_unit_test(test_shards),
        cmocka_unit_test(test_former),
    };

    return cmocka_run_group_tests(tests, store_dir_make, store_dir_remove);
}
