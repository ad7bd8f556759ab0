/* SPDX-License-Identifier: Apache-2.0 */

/* Every request through client and server, and what comes back checked with OpenSSL or libjose. */
#include <jose/jose.h>
#include <openssl/x509.h>

#include "base/hash.h"
#include "certs.h"
#include "check.h"
#include "fixture.h"
#include "signer/jws.h"
#include "tls/seal.h"

static struct fixture f;

static struct signer_key make_key(struct arena *mem, enum signer_key_kind kind, const char *owner)
{
    struct signer_key key = {0};
    struct err err = {0};

    assert_true(signer_make_key(mem, f.client, kind, owner, &key, &err));
    return key;
}

static struct signer_sealed make_account(struct arena *mem, const char *owner)
{
    return (struct signer_sealed){owner, make_key(mem, SIGNER_ACCOUNT, owner).sealed};
}

/* The scalar in a blob, opened here with the key file. */
static EVP_PKEY *open_key(struct signer_key key, enum seal_kind kind, const char *owner)
{
    const struct seal_key *by = keyring_newest(f.keys, seal_family(kind));
    struct seal_label label = {kind, slice_str(owner)};
    unsigned char scalar[64];
    size_t len = 0;
    EVP_PKEY *out = NULL;
    struct err err = {0};

    assert_int_equal(seal_open(by, &label, key.sealed, scalar, sizeof(scalar), &len), SEAL_OK);
    assert_int_equal(len, KEY_SCALAR_SIZE);
    assert_true(key_from_scalar(scalar, &out, &err));
    return out;
}

static void test_make_key(void **state)
{
    static const struct {
        enum signer_key_kind kind;
        enum seal_kind seal;
        const char *owner;
    } rows[] = {{SIGNER_CERTIFICATE, SEAL_CERTIFICATE_KEY, OWNER},
                {SIGNER_ACCOUNT, SEAL_ACCOUNT_KEY, ACCOUNT}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct signer_key key = make_key(mem, rows[i].kind, rows[i].owner);
        AUTO(EVP_PKEY_freep) EVP_PKEY *opened = open_key(key, rows[i].seal, rows[i].owner);
        struct slice spki;
        struct err err = {0};

        assert_true(key_spki(mem, opened, &spki, &err));
        ok(key.type == KEY_P256 && slice_eq(spki, key.spki), "the SPKI is of another key");
        ok(!slice_eq(key.spki, make_key(mem, rows[i].kind, rows[i].owner).spki), "not random");
    }
    all_ok();
}

static void test_csr(void **state)
{
    static const char *const names[] = {"www.example.com", "example.com"};
    const struct csr_wish wish = {names, 2, "DE", "Bayern", NULL};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_key key = make_key(mem, SIGNER_CERTIFICATE, OWNER);
    struct signer_sealed sealed = {OWNER, key.sealed}, stolen = {OWNER "x", key.sealed},
                         account = make_account(mem, OWNER);
    AUTO(X509_REQ_freep) X509_REQ *request = NULL;
    unsigned char *spki = NULL;
    struct slice der = {0};
    struct err err = {0};
    char subject[256];
    int len;

    (void)state;
    assert_true(signer_csr(mem, f.client, &sealed, &wish, &der, &err));
    request = d2i_X509_REQ(NULL, &(const unsigned char *){der.data}, (long)der.len);
    assert_non_null(request);
    ok(X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) == 1, "signature");
    len = i2d_X509_PUBKEY(X509_REQ_get_X509_PUBKEY(request), &spki);
    ok(slice_eq(slice_of(spki, (size_t)len), key.spki), "for another key");
    OPENSSL_free(spki);
    X509_NAME_oneline(X509_REQ_get_subject_name(request), subject, sizeof(subject));
    ok(strcmp(subject, "/C=DE/ST=Bayern/CN=example.com") == 0, "%s", subject);
    ok(!signer_csr(mem, f.client, &stolen, &wish, &der, &err) && err.code == ERR_CRYPTO,
       "another owner");
    ok(!signer_csr(mem, f.client, &account, &wish, &der, &err) && err.code == ERR_CRYPTO,
       "an account key: %s", err.text);
    all_ok();
}

static void test_csr_refusal_keeps_its_field(void **state)
{
    static const char *const names[] = {"Example.com"};
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_sealed key = {OWNER, make_key(mem, SIGNER_CERTIFICATE, OWNER).sealed};
    struct slice der;
    struct err err = {0};

    (void)state;
    ok(!signer_csr(mem, f.client, &key, &(struct csr_wish){.names = names, .name_count = 1}, &der,
                   &err) &&
           err.code == ERR_BAD_INPUT && strcmp(err.field, "names") == 0,
       "%s %s", err.field, err.text);
    all_ok();
}

static json_t *decode_part(struct arena *mem, const json_t *jws, const char *name)
{
    struct slice octets;
    struct err err = {0};

    assert_true(
        base64url_decode(mem, json_string_value(json_object_get(jws, name)), &octets, &err));
    return json_loadb((const char *)octets.data, octets.len, JSON_DECODE_ANY, NULL);
}

static bool sign(struct arena *mem, const struct signer_sealed *account, const char *header,
                 struct slice payload, const char **out, struct err *err)
{
    const struct signer_jws_wish wish = {.account = account, .header = header, .payload = payload};

    return signer_jws(mem, f.client, &wish, out, err);
}

static bool bind_account(struct arena *mem, const struct signer_sealed *account, const char *ca,
                         const char *url, const char **out, struct err *err)
{
    const struct signer_eab_wish wish = {account, ca, url};

    return signer_jws_eab(mem, f.client, &wish, out, err);
}

static void test_jws(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_sealed account = make_account(mem, ACCOUNT);
    json_auto_t *jwk = NULL, *jws = NULL, *header = NULL;
    const char *text = NULL, *with_kid =
                                 "{\"url\":\"" CA_URL
                                 "/new-order\",\"nonce\":\"n-1\",\"kid\":\"" CA_URL "/acct/1\"}";
    struct signer_jwk public;
    struct err err = {0};

    (void)state;
    assert_true(signer_public_jwk(mem, f.client, &account, &public, &err));
    jwk = json_loads(public.json, 0, NULL);
    assert_true(sign(mem, &account, with_kid, SLICE_LIT("{\"a\":\"ü\"}"), &text, &err));
    jws = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ok(json_object_size(jws) == 3 && jose_jws_ver(NULL, jws, NULL, jwk, true), "%s", text);
    header = decode_part(mem, jws, "protected");
    ok(json_object_size(header) == 4 && json_object_get(header, "kid"), "header");
    json_decref(jws);
    assert_true(sign(mem, &account, with_kid, slice_of(NULL, 0), &text, &err));
    jws = json_loads(text, 0, NULL);
    ok(strcmp(json_string_value(json_object_get(jws, "payload")), "") == 0, "POST-as-GET: %s",
       text);
    ok(jose_jws_ver(NULL, jws, NULL, jwk, true), "signature of an empty payload");
    assert_true(
        sign(mem, &account,
             arena_printf(mem, "{\"url\":\"%s\",\"nonce\":\"n\",\"alg\":\"ES256\",\"jwk\":%s}",
                          OTHER_URL, public.json),
             SLICE_LIT("{}"), &text, &err));
    all_ok();
}

/* Nothing is signed for a stranger, under another key's name, or in another form. */
static void test_jws_refusals(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_sealed account = make_account(mem, ACCOUNT),
                         other = make_account(mem, NEW_ACCOUNT);
    struct signer_jwk jwk;
    struct err err = {0};
    const struct {
        const char *url, *rest;
        enum err_code code;
        const char *text;
    } rows[] = {
        {"https://evil.example/x", "\"nonce\":\"n\",\"kid\":\"k\"", ERR_FORBIDDEN,
         "https://evil.example/x is not at a configured CA"},
        {"http://ca.example/acme", "\"nonce\":\"n\",\"kid\":\"k\"", ERR_FORBIDDEN,
         "http://ca.example/acme is not at a configured CA"},
        {"https://ca.example:8443/acme", "\"nonce\":\"n\",\"kid\":\"k\"", ERR_FORBIDDEN,
         "https://ca.example:8443/acme is not at a configured CA"},
        {"https://other.example/dir", "\"nonce\":\"n\",\"kid\":\"k\"", ERR_FORBIDDEN,
         "https://other.example/dir is not at a configured CA"},
        {"https://ca.example@evil.example", "\"nonce\":\"n\",\"kid\":\"k\"", ERR_BAD_INPUT,
         "\"https://ca.example@evil.example\" is not an http or https URL"},
        {CA_URL, "\"kid\":\"k\"", ERR_BAD_INPUT, "not exactly url, nonce, and one of kid and jwk"},
        {CA_URL, "\"nonce\":\"n\"", ERR_BAD_INPUT,
         "not exactly url, nonce, and one of kid and jwk"},
        {CA_URL, "\"nonce\":\"n\",\"kid\":\"k\",\"jwk\":{}", ERR_BAD_INPUT,
         "not exactly url, nonce, and one of kid and jwk"},
        {CA_URL, "\"nonce\":\"n\",\"kid\":\"k\",\"b64\":false", ERR_BAD_INPUT,
         "not exactly url, nonce, and one of kid and jwk"},
        {CA_URL, "\"nonce\":\"n\",\"kid\":\"k\",\"alg\":\"none\"", ERR_BAD_INPUT,
         "alg is not ES256"},
        {CA_URL, "\"nonce\":\"n\",\"kid\":\"k\",\"alg\":null", ERR_BAD_INPUT, "alg is not ES256"},
        {CA_URL, "\"nonce\":\"n\",\"jwk\":{}", ERR_FORBIDDEN,
         "the jwk in the header is of another key"},
        {CA_URL, NULL, ERR_FORBIDDEN, "the jwk in the header is of another key"},
    };

    (void)state;
    assert_true(signer_public_jwk(mem, f.client, &other, &jwk, &err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *rest =
            rows[i].rest ? rows[i].rest : arena_printf(mem, "\"nonce\":\"n\",\"jwk\":%s", jwk.json);
        const char *jws = NULL;

        ok(!sign(mem, &account, arena_printf(mem, "{\"url\":\"%s\",%s}", rows[i].url, rest),
                 SLICE_LIT("{}"), &jws, &err) &&
               !jws && err.code == rows[i].code && strcmp(err.text, rows[i].text) == 0,
           "%s %s: %s", rows[i].url, rest, err.text);
    }
    ok(!sign(mem, &account, "[]", SLICE_LIT("{}"), &(const char *){0}, &err) &&
           strcmp(err.text, "the protected header is not a JSON object") == 0,
       "%s", err.text);
    all_ok();
}

static bool sign_revocation(struct arena *mem, const struct signer_sealed *key, const char *rest,
                            const char *payload, const char **out, struct err *err)
{
    const struct signer_jws_wish wish = {
        .account = key,
        .header = arena_printf(mem, "{\"url\":\"%s\",\"nonce\":\"n\",%s}", CA_URL, rest),
        .payload = slice_str(payload),
        .is_of_certificate = true,
    };

    return signer_jws(mem, f.client, &wish, out, err);
}

/* A certificate's key signs its own revocation, and nothing else. */
static void test_jws_of_a_certificate(void **state)
{
    static const char only[] = "a certificate's key signs the revocation of the certificate only";
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_key key = make_key(mem, SIGNER_CERTIFICATE, OWNER);
    struct signer_sealed sealed = {OWNER, key.sealed}, account = make_account(mem, ACCOUNT);
    AUTO(EVP_PKEY_freep) EVP_PKEY *opened = open_key(key, SEAL_CERTIFICATE_KEY, OWNER);
    const char *names[] = {"a.example", NULL}, *jws = NULL, *own, *rest;
    struct test_cert_wish wish = {.cn = "a.example", .names = names, .not_after = 1};
    struct test_cert *other = test_cert_make(mem, &wish), *leaf;
    json_auto_t *jwk = NULL, *made = NULL;
    struct err err = {0};

    (void)state;
    assert_true(jws_public_jwk(opened, &jwk, &err));
    EVP_PKEY_up_ref(opened);
    wish.key = opened;
    leaf = test_cert_make(mem, &wish);
    own = arena_printf(mem, "{\"certificate\":\"%s\",\"reason\":1}",
                       base64url_encode(mem, leaf->der));
    rest = arena_printf(mem, "\"jwk\":{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
                        json_string_value(json_object_get(jwk, "x")),
                        json_string_value(json_object_get(jwk, "y")));
    ok(sign_revocation(mem, &sealed, rest, own, &jws, &err), "its revocation: %s", err.text);
    made = json_loads(jws ? jws : "{}", 0, NULL);
    ok(jose_jws_ver(NULL, made, NULL, jwk, true), "signed by it");
    const struct {
        const struct signer_sealed *key;
        const char *rest, *payload, *text;
    } rows[] = {
        {&sealed, "\"kid\":\"k\"", own, only},
        {&sealed, rest, "{}", only},
        {&sealed, rest, "", only},
        {&sealed, rest, "{\"identifiers\":[],\"reason\":1}", only},
        {&sealed, rest, arena_printf(mem, "%.*s,\"more\":1}", (int)strlen(own) - 1, own), only},
        {&sealed, rest,
         arena_printf(mem, "{\"certificate\":\"%s\",\"reason\":1}",
                      base64url_encode(mem, other->der)),
         "the certificate in the payload has another key"},
        {&account, rest, own, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(!sign_revocation(mem, rows[i].key, rows[i].rest, rows[i].payload, &jws, &err) &&
               (!rows[i].text ? err.code == ERR_CRYPTO
                              : err.code == ERR_FORBIDDEN && strcmp(err.text, rows[i].text) == 0),
           "row %zu: %s", i, err.text);
    all_ok();
}

static void test_jws_eab(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_sealed account = make_account(mem, ACCOUNT);
    json_auto_t *jws = NULL, *payload = NULL, *own = NULL, *secret = NULL;
    struct signer_jwk public;
    struct err err = {0};
    const char *text = NULL;

    (void)state;
    assert_true(signer_public_jwk(mem, f.client, &account, &public, &err));
    assert_true(bind_account(mem, &account, "main", CA_URL "/new-account", &text, &err));
    jws = json_loads(text, 0, NULL);
    secret = json_pack("{s:s, s:s, s:s}", "kty", "oct", "alg", "HS256", "k",
                       base64url_encode(mem, SLICE_LIT(EAB_SECRET)));
    ok(jose_jws_ver(NULL, jws, NULL, secret, true), "%s", text);
    payload = decode_part(mem, jws, "payload");
    own = json_loads(public.json, 0, NULL);
    ok(json_equal(payload, own), "payload of %s", text);
    ok(!bind_account(mem, &account, "none", CA_URL, &text, &err) &&
           strcmp(err.text, "no CA \"none\"") == 0,
       "%s", err.text);
    ok(!bind_account(mem, &account, "other", OTHER_URL, &text, &err) && err.code == ERR_CONFIG &&
           strcmp(err.text, "CA \"other\" has no EAB key") == 0,
       "%s", err.text);
    ok(!bind_account(mem, &account, "main", OTHER_URL, &text, &err) && err.code == ERR_FORBIDDEN,
       "%s", err.text);
    all_ok();
}

static void test_jws_rollover(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_rollover in = {make_account(mem, ACCOUNT), make_account(mem, NEW_ACCOUNT),
                                 CA_URL "/acct/1", CA_URL "/key-change"};
    json_auto_t *jws = NULL, *header = NULL, *payload = NULL, *old_jwk = NULL, *new_jwk = NULL;
    struct signer_jwk old_public, new_public;
    struct err err = {0};
    const char *text = NULL;

    (void)state;
    assert_true(signer_public_jwk(mem, f.client, &in.old_key, &old_public, &err) &&
                signer_public_jwk(mem, f.client, &in.new_key, &new_public, &err));
    old_jwk = json_loads(old_public.json, 0, NULL);
    new_jwk = json_loads(new_public.json, 0, NULL);
    assert_true(signer_jws_rollover(mem, f.client, &in, &text, &err));
    jws = json_loads(text, 0, NULL);
    ok(jose_jws_ver(NULL, jws, NULL, new_jwk, true), "not by the new key: %s", text);
    header = decode_part(mem, jws, "protected");
    payload = decode_part(mem, jws, "payload");
    ok(json_object_size(header) == 3 && json_equal(json_object_get(header, "jwk"), new_jwk) &&
           strcmp(json_string_value(json_object_get(header, "url")), in.url) == 0,
       "header");
    ok(json_object_size(payload) == 2 && json_equal(json_object_get(payload, "oldKey"), old_jwk) &&
           strcmp(json_string_value(json_object_get(payload, "account")), in.account_url) == 0,
       "payload");
    in.url = "https://evil.example/";
    ok(!signer_jws_rollover(mem, f.client, &in, &text, &err) && err.code == ERR_FORBIDDEN, "%s",
       err.text);
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
    struct signer_key key = make_key(mem, SIGNER_CERTIFICATE, OWNER), again = key;
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

static int set_up(void **state)
{
    (void)state;
    fixture_start(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_stop(&f);
    return 0;
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
        cmocka_unit_test(test_tsig),
        cmocka_unit_test(test_make_key),
        cmocka_unit_test(test_csr),
        cmocka_unit_test(test_csr_refusal_keeps_its_field),
        cmocka_unit_test(test_jws),
        cmocka_unit_test(test_jws_refusals),
        cmocka_unit_test(test_jws_of_a_certificate),
        cmocka_unit_test(test_jws_eab),
        cmocka_unit_test(test_jws_rollover),
        cmocka_unit_test(test_public_jwk),
        cmocka_unit_test(test_reseal),
        cmocka_unit_test(test_mac),
        cmocka_unit_test(test_mac_sizes),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
