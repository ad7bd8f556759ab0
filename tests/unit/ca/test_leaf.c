/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509v3.h>

#include "authority_dir.h"
#include "base/clock.h"
#include "check.h"
#include "tls/chain.h"
#include "tls/key.h"

#define DAY_MS      (INT64_C(86400) * 1000)
#define LE_BACKDATE INT64_C(3510000)

static const struct ca_profile *profile_of(struct arena *mem, const char *name)
{
    static struct ca_profiles profiles;

    profiles = ca_profiles_make(mem, NULL, 0);
    return ca_profile_find(&profiles, name);
}

static void release_public(void *key)
{
    X509_PUBKEY_free(key);
}

/* As it stands in a request that was read. */
static const X509_PUBKEY *public_of(struct arena *mem, EVP_PKEY *key)
{
    X509_PUBKEY *out;
    struct slice der;
    struct err err;

    assert_true(key_spki(mem, key, &der, &err));
    out = d2i_X509_PUBKEY(NULL, &der.data, (long)der.len);
    assert_non_null(out);
    arena_defer(mem, release_public, out);
    return out;
}

/* The certificate as others read it has this key. */
static bool has_key(struct arena *mem, X509 *leaf, const EVP_PKEY *key)
{
    AUTO(X509_freep) X509 *read = NULL;
    struct slice der;
    struct err err;

    assert_true(ca_certificate_der(mem, leaf, &der, &err));
    read = d2i_X509(NULL, &der.data, (long)der.len);
    return read && EVP_PKEY_eq(X509_get0_pubkey(read), key) == 1;
}

static void test_leaf(void **state)
{
    static const char *const items[] = {"a.test", "b.test"};
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    AUTO(X509_freep) X509 *leaf = NULL;
    const char *dir = authority_dir_next(mem);
    struct ca_names names = {.items = items, .count = 2};
    int64_t at = INT64_C(1800000000123);
    struct ca_authority authority;
    struct ca_leaf_wish want;
    struct slice der;
    struct chain chain;
    struct err err;

    (void)state;
    authority_dir_init(mem, dir, NULL);
    authority = authority_dir_load(mem, dir);
    assert_true(key_make(&key, &err));
    want = (struct ca_leaf_wish){.profile = profile_of(mem, "classic"),
                                 .names = &names,
                                 .common_name = names.items[0],
                                 .key = public_of(mem, key),
                                 .at = at};
    assert_true(ca_authority_issue(&authority, &want, &leaf, &err));
    assert_true(has_key(mem, leaf, key));
    assert_true(ca_certificate_der(mem, leaf, &der, &err));
    assert_true(chain_from_der(mem, &der, 1, &chain, &err));
    assert_int_equal(chain.name_count, 2);
    assert_string_equal(chain.names[0], "a.test");
    assert_int_equal(chain.not_before, INT64_C(1800000000000) - LE_BACKDATE);
    assert_int_equal(chain.not_after, chain.not_before + 90 * DAY_MS - 1000);
    assert_int_equal(strlen(chain.serial), CA_SERIAL_LEN);
    assert_string_equal(chain.serial, ca_certificate_serial(mem, leaf));
    assert_int_not_equal(chain.point_offset, 0);
    assert_int_equal(X509_get_extended_key_usage(leaf), XKU_SSL_SERVER);
    assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_check_ca(leaf), 0);
    assert_non_null(X509_get0_subject_key_id(leaf));
    assert_int_equal(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf),
                                           X509_get0_subject_key_id(authority.intermediate)),
                     0);
}

/* What the shorter profiles leave out, with a key that key encipherment would be for. */
static void test_slim_leaf(void **state)
{
    static const char *const items[] = {"a.test"};
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = EVP_RSA_gen(2048);
    struct ca_names names = {.items = items, .count = 1};
    static const struct {
        const char *profile;
        bool is_slim;
        int64_t life_ms, backdate_ms;
    } rows[] = {
        {"classic", false, 90 * DAY_MS, LE_BACKDATE},
        {"tlsserver", true, 45 * DAY_MS, LE_BACKDATE},
        {"shortlived", true, 160 * DAY_MS / 24, LE_BACKDATE},
    };
    const char *dir = authority_dir_next(mem);
    int64_t at = INT64_C(1800000000000);
    struct ca_authority authority;

    (void)state;
    authority_dir_init(mem, dir, NULL);
    authority = authority_dir_load(mem, dir);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ca_leaf_wish want = {.profile = profile_of(mem, rows[i].profile),
                                    .names = &names,
                                    .common_name = names.items[0],
                                    .key = public_of(mem, key),
                                    .at = at};
        AUTO(X509_freep) X509 *leaf = NULL;
        bool is_slim = rows[i].is_slim;
        int64_t begin;
        struct err err;

        assert_true(ca_authority_issue(&authority, &want, &leaf, &err));
        ok(has_key(mem, leaf, key), "%s: key", rows[i].profile);
        begin = ca_certificate_not_before(leaf);
        ok(begin == at - rows[i].backdate_ms, "%s: begin", rows[i].profile);
        ok(ca_certificate_not_after(leaf) == begin + rows[i].life_ms - 1000, "%s: end",
           rows[i].profile);
        ok(!X509_get0_subject_key_id(leaf) == is_slim, "%s: key id", rows[i].profile);
        ok((X509_get_key_usage(leaf) == KU_DIGITAL_SIGNATURE) == is_slim, "%s: key usage",
           rows[i].profile);
        ok((X509_NAME_entry_count(X509_get_subject_name(leaf)) == 0) == is_slim, "%s: common name",
           rows[i].profile);
        ok(X509_get_extended_key_usage(leaf) == XKU_SSL_SERVER, "%s: serverAuth", rows[i].profile);
    }
    all_ok();
}

/* Without a common name the SAN is critical (RFC 5280 section 4.2.1.6). */
static void test_no_common_name(void **state)
{
    static const char *const name = "a.test";
    static const struct ca_names names = {.items = &name, .count = 1};
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *key = NULL;
    const char *dir = authority_dir_next(mem);
    struct ca_authority authority;
    struct err err;

    (void)state;
    authority_dir_init(mem, dir, NULL);
    authority = authority_dir_load(mem, dir);
    assert_true(key_make(&key, &err));
    for (int has_name = 0; has_name < 2; has_name++) {
        AUTO(X509_freep) X509 *leaf = NULL;
        struct ca_leaf_wish want = {.profile = profile_of(mem, "classic"),
                                    .names = &names,
                                    .common_name = has_name ? name : NULL,
                                    .key = public_of(mem, key),
                                    .at = clock_now()};
        int is_critical;

        assert_true(ca_authority_issue(&authority, &want, &leaf, &err));
        is_critical = X509_EXTENSION_get_critical(
            X509_get_ext(leaf, X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1)));
        ok(X509_NAME_entry_count(X509_get_subject_name(leaf)) == has_name, "%d: name", has_name);
        ok(is_critical == !has_name, "%d: critical", has_name);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leaf),
        cmocka_unit_test(test_slim_leaf),
        cmocka_unit_test(test_no_common_name),
    };

    return cmocka_run_group_tests(tests, authority_dir_make, authority_dir_remove);
}
