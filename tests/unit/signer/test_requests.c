/* SPDX-License-Identifier: Apache-2.0 */

/* Every request through client and server but for those of a JWS, and what comes back checked with
 * OpenSSL. */
#include <openssl/x509.h>

#include "base/hash.h"
#include "made_keys.h"

static void test_make_key(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(EVP_PKEY_freep) EVP_PKEY *opened = NULL;
    struct signer_key key = {0}, other = {0};
    struct slice spki;
    struct err err = {0};

    (void)state;
    assert_true(signer_make_key(mem, f.client, ACCOUNT, &key, &err));
    opened = open_key(key, SEAL_ACCOUNT_KEY, ACCOUNT);
    assert_true(key_spki(mem, opened, &spki, &err));
    ok(key.type == KEY_P256 && slice_eq(spki, key.spki), "the SPKI is of another key");
    assert_true(signer_make_key(mem, f.client, ACCOUNT, &other, &err));
    ok(!slice_eq(key.spki, other.spki), "not random");
    all_ok();
}

static void test_csr(void **state)
{
    static const char *const names[] = {"www.example.com", "example.com"};
    const struct csr_wish wish = {names, 2, "DE", "Bayern", NULL};
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(X509_REQ_freep) X509_REQ *request = NULL;
    AUTO(EVP_PKEY_freep) EVP_PKEY *opened = NULL;
    struct signer_csr made = {0}, other;
    struct err err = {0};
    struct slice spki;
    char subject[256];

    (void)state;
    assert_true(signer_make_csr(mem, f.client, OWNER, &wish, &made, &err));
    request = d2i_X509_REQ(NULL, &(const unsigned char *){made.der.data}, (long)made.der.len);
    assert_non_null(request);
    ok(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1, "signature");
    opened = open_key(made.key, SEAL_CERTIFICATE_KEY, OWNER);
    ok(EVP_PKEY_eq(opened, X509_REQ_get0_pubkey(request)) == 1, "for another key");
    assert_true(key_spki(mem, opened, &spki, &err));
    ok(made.key.type == KEY_P256 && slice_eq(spki, made.key.spki), "the SPKI is of another key");
    X509_NAME_oneline(X509_REQ_get_subject_name(request), subject, sizeof(subject));
    ok(strcmp(subject, "/C=DE/ST=Bayern/CN=example.com") == 0, "%s", subject);
    assert_true(signer_make_csr(mem, f.client, OWNER, &wish, &other, &err));
    ok(!slice_eq(made.key.spki, other.key.spki), "not random");
    all_ok();
}

static void test_csr_refusal_keeps_its_field(void **state)
{
    static const char *const names[] = {"Example.com"};
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct csr_wish wish = {.names = names, .name_count = 1};
    struct signer_csr made;
    struct err err = {0};

    (void)state;
    ok(!signer_make_csr(mem, f.client, OWNER, &wish, &made, &err) && err.code == ERR_BAD_INPUT &&
           strcmp(err.field, "names") == 0,
       "%s %s", err.field, err.text);
    all_ok();
}

static void test_public_jwk(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_sealed account = make_account(mem, ACCOUNT);
    unsigned char digest[SHA256_SIZE];
    struct signer_jwk jwk;
    struct err err = {0};

    (void)state;
    assert_true(signer_public_jwk(mem, f.client, &account, &jwk, &err));
    ok(strncmp(jwk.json, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"", 31) == 0 &&
           !strstr(jwk.json, "\"d\""),
       "%s", jwk.json);
    hash_sha256(slice_str(jwk.json), digest); /* its members are sorted, as RFC 7638 wants */
    ok(strcmp(jwk.thumbprint, base64url_encode(mem, slice_of(digest, SHA256_SIZE))) == 0, "%s",
       jwk.thumbprint);
    all_ok();
}

static void test_reseal(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_key key = make_key(mem, OWNER), again = key;
    struct signer_sealed in = {OWNER, key.sealed};
    AUTO(EVP_PKEY_freep) EVP_PKEY *first = open_key(key, SEAL_CERTIFICATE_KEY, OWNER);
    AUTO(EVP_PKEY_freep) EVP_PKEY *second = NULL;
    struct err err = {0};

    (void)state;
    assert_true(signer_reseal(mem, f.client, SEAL_CERTIFICATE_KEY, &in, &again.sealed, &err));
    ok(!slice_eq(key.sealed, again.sealed), "the same blob");
    second = open_key(again, SEAL_CERTIFICATE_KEY, OWNER);
    ok(EVP_PKEY_eq(first, second) == 1, "another secret");
    ok(!signer_reseal(mem, f.client, SEAL_SECRET, &in, &again.sealed, &err) &&
           err.code == ERR_CRYPTO,
       "resealed as another kind");
    all_ok();
}

static void want_mac(struct arena *mem, const struct signer_record *record,
                     unsigned char out[SHA256_SIZE])
{
    const struct seal_key *key = keyring_newest_feed(f.keys, record->group);
    size_t group = strlen(record->group), len = 16 + 1 + group + record->octets.len + 1;
    unsigned char *text = arena_alloc(mem, len);

    memcpy(text, "latchkey-feed-1", 16);
    text[16] = (unsigned char)group;
    memcpy(text + 17, record->group, group);
    if (record->octets.len)
        memcpy(text + 17 + group, record->octets.data, record->octets.len);
    text[len - 1] = key->kid;
    hash_hmac_sha256(slice_of(key->octets, 32), slice_of(text, len), out);
}

static void test_mac(void **state)
{
    static const size_t counts[] = {0, 1, 255, 256, 257, 1000};
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct signer_record *records = arena_array_of(mem, counts[i] + 1, struct signer_record);
        struct err err = {0};

        for (size_t j = 0; j < counts[i]; j++) {
            size_t len = j * 37 % 2500;
            unsigned char *octets = arena_alloc(mem, len + 1);

            memset(octets, (int)j, len);
            records[j] = (struct signer_record){"default", slice_of(octets, len), 0, {0}};
        }
        if (!ok(signer_mac(f.client, records, counts[i], &err), "%zu: %s", counts[i], err.text))
            continue;
        for (size_t j = 0; j < counts[i]; j++) {
            unsigned char want[SHA256_SIZE];

            want_mac(mem, &records[j], want);
            ok(records[j].kid == 1 && memcmp(records[j].mac, want, 32) == 0, "record %zu of %zu", j,
               counts[i]);
        }
    }
    all_ok();
}

static void test_mac_sizes(void **state)
{
    static unsigned char octets[80000];
    static const struct signer_record untouched = {.group = "default"};
    struct signer_record records[2] = {untouched, untouched};
    struct err err = {0};

    (void)state;
    records[0].octets = records[1].octets = slice_of(octets, 65536);
    ok(signer_mac(f.client, records, 2, &err), "two of 64 KiB: %s", err.text);
    records[0] = records[1] = untouched;
    records[1].octets = slice_of(octets, 80000);
    ok(!signer_mac(f.client, records, 2, &err) && err.code == ERR_TOO_LARGE, "%s", err.text);
    ok(records[0].kid == 0, "a record has been changed");
    records[1] = (struct signer_record){.group = "nobody"};
    ok(!signer_mac(f.client, records, 2, &err) && records[0].kid == 0 &&
           strcmp(err.text, "no feed key of group \"nobody\"") == 0,
       "%s", err.text);
    all_ok();
}

/* A MAC by the key and with the algorithm of the zone, of whatever is sent. */
static void test_tsig(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct slice key = SLICE_LIT(EAB_SECRET), octets = SLICE_LIT("an update"), mac = {0};
    unsigned char want[SHA512_SIZE];
    struct err err = {0};

    (void)state;
    ok(signer_tsig(mem, f.client, "proof.example", octets, &mac, &err), "%s", err.text);
    hash_hmac_sha256(key, octets, want);
    ok(slice_eq(mac, slice_of(want, SHA256_SIZE)), "SHA-256");
    ok(signer_tsig(mem, f.client, "long.example", octets, &mac, &err), "%s", err.text);
    hash_hmac_sha512(key, octets, want);
    ok(slice_eq(mac, slice_of(want, SHA512_SIZE)), "SHA-512");
    for (const char *const *zone = (const char *const[]){"hook.example", "none.example", NULL};
         *zone; zone++)
        ok(!signer_tsig(mem, f.client, *zone, octets, &mac, &err) && err.code == ERR_CONFIG &&
               strcmp(err.text,
                      arena_printf(mem, "no TSIG key of zone \"%s\" is configured", *zone)) == 0,
           "%s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tsig),       cmocka_unit_test(test_make_key),
        cmocka_unit_test(test_csr),        cmocka_unit_test(test_csr_refusal_keeps_its_field),
        cmocka_unit_test(test_public_jwk), cmocka_unit_test(test_reseal),
        cmocka_unit_test(test_mac),        cmocka_unit_test(test_mac_sizes),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
