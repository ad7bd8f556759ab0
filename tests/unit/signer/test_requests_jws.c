/* SPDX-License-Identifier: Apache-2.0 */

/* The requests that give a JWS, through client and server, each checked with libjose. */
#include <jose/jose.h>

#include "base/hash.h"
#include "certs.h"
#include "made_keys.h"
#include "signer/jws.h"

#define ES256 "\"alg\":\"ES256\","

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
                                 "{\"alg\":\"ES256\",\"url\":\"" CA_URL
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
        {"https://evil.example/x", ES256 "\"nonce\":\"n\",\"kid\":\"k\"", ERR_FORBIDDEN,
         "https://evil.example/x is not at a configured CA"},
        {"http://ca.example/acme", ES256 "\"nonce\":\"n\",\"kid\":\"k\"", ERR_FORBIDDEN,
         "http://ca.example/acme is not at a configured CA"},
        {"https://ca.example:8443/acme", ES256 "\"nonce\":\"n\",\"kid\":\"k\"", ERR_FORBIDDEN,
         "https://ca.example:8443/acme is not at a configured CA"},
        {"https://other.example/dir", ES256 "\"nonce\":\"n\",\"kid\":\"k\"", ERR_FORBIDDEN,
         "https://other.example/dir is not at a configured CA"},
        {"https://ca.example@evil.example", ES256 "\"nonce\":\"n\",\"kid\":\"k\"", ERR_BAD_INPUT,
         "\"https://ca.example@evil.example\" is not an http or https URL"},
        {CA_URL, "\"nonce\":\"n\",\"kid\":\"k\"", ERR_BAD_INPUT,
         "not exactly alg, url, nonce, and one of kid and jwk"},
        {CA_URL, ES256 "\"kid\":\"k\"", ERR_BAD_INPUT,
         "not exactly alg, url, nonce, and one of kid and jwk"},
        {CA_URL, ES256 "\"nonce\":\"n\"", ERR_BAD_INPUT,
         "not exactly alg, url, nonce, and one of kid and jwk"},
        {CA_URL, ES256 "\"nonce\":\"n\",\"kid\":\"k\",\"jwk\":{}", ERR_BAD_INPUT,
         "not exactly alg, url, nonce, and one of kid and jwk"},
        {CA_URL, ES256 "\"nonce\":\"n\",\"kid\":\"k\",\"b64\":false", ERR_BAD_INPUT,
         "not exactly alg, url, nonce, and one of kid and jwk"},
        {CA_URL, "\"nonce\":\"n\",\"kid\":\"k\",\"alg\":\"none\"", ERR_BAD_INPUT,
         "alg is not ES256"},
        {CA_URL, "\"nonce\":\"n\",\"kid\":\"k\",\"alg\":null", ERR_BAD_INPUT, "alg is not ES256"},
        {CA_URL, ES256 "\"nonce\":\"n\",\"jwk\":{}", ERR_FORBIDDEN,
         "the jwk in the header is of another key"},
        {CA_URL, NULL, ERR_FORBIDDEN, "the jwk in the header is of another key"},
    };

    (void)state;
    assert_true(signer_public_jwk(mem, f.client, &other, &jwk, &err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *rest = rows[i].rest
                               ? rows[i].rest
                               : arena_printf(mem, ES256 "\"nonce\":\"n\",\"jwk\":%s", jwk.json);
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
        .header = arena_printf(mem, "{" ES256 "\"url\":\"%s\",\"nonce\":\"n\",%s}", CA_URL, rest),
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
    struct signer_key key = make_key(mem, OWNER);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jws),
        cmocka_unit_test(test_jws_refusals),
        cmocka_unit_test(test_jws_of_a_certificate),
        cmocka_unit_test(test_jws_eab),
        cmocka_unit_test(test_jws_rollover),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
