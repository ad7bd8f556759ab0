/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "ca/eab.h"
#include "ca/public_key.h"
#include "check.h"
#include "jws_maker.h"

#define URL  "https://localhost:8445/acme/new-acct"
#define HEAD "{\"alg\":\"HS256\",\"kid\":\"k\",\"url\":\"" URL "\"}"

static const char secret[] = "0123456789abcdef0123456789abcdef";

static const char *text_of(struct arena *mem, const json_t *json)
{
    return ca_json_text(mem, json);
}

/* A binding with a right MAC by HMAC-SHA-256, whatever the header says. */
static json_t *binding(struct arena *mem, const char *header, const char *payload)
{
    const char *head = base64url_encode(mem, slice_str(header));
    const char *body = base64url_encode(mem, slice_str(payload));
    unsigned char mac[SHA256_SIZE];

    hash_hmac_sha256(slice_str(secret), slice_str(arena_printf(mem, "%s.%s", head, body)), mac);
    return ca_json_keep(mem,
                        json_pack("{s:s, s:s, s:s}", "protected", head, "payload", body,
                                  "signature", base64url_encode(mem, slice_of(mac, sizeof(mac)))));
}

/* The same members, the last one first. */
static const char *reversed(struct arena *mem, const json_t *jwk)
{
    static const char *const names[] = {"y", "x", "kty", "crv"};
    const char *text = "{";

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        text = arena_printf(mem, "%s%s\"%s\":\"%s\"", text, i ? "," : "", names[i],
                            json_string_value(json_object_get(jwk, names[i])));
    return arena_printf(mem, "%s}", text);
}

static const char *verify(struct arena *mem, const json_t *value, struct slice mac_key,
                          const char *key_hash)
{
    struct ca_problem problem = {.detail = ""};
    struct ca_eab eab;

    if (ca_eab_read(mem, value, URL, &eab, &problem) &&
        ca_eab_verify(mem, &eab, mac_key, key_hash, &problem))
        return "";
    return arena_printf(mem, "%s: %s", ca_problem_name(problem.type), problem.detail);
}

static void test_verify(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_t *jwk = maker_public(mem, maker_key(mem, "ES256"));
    json_t *other = maker_public(mem, maker_key(mem, "ES256")), *good, *wrong;
    struct slice key = slice_str(secret);
    struct ca_problem problem;
    struct ca_jwk read;

    (void)state;
    assert_true(ca_jwk_read(mem, jwk, &read, &problem));
    good = binding(mem, HEAD, text_of(mem, jwk));
    assert_string_equal(verify(mem, good, key, read.key_hash), "");
    /* the key in another order of members is the same key */
    assert_string_equal(verify(mem, binding(mem, HEAD, reversed(mem, jwk)), key, read.key_hash),
                        "");
    assert_string_equal(verify(mem, good, slice_of(key.data, key.len - 1), read.key_hash),
                        "unauthorized: external account binding JWS verification error");
    assert_string_equal(verify(mem, binding(mem, HEAD, text_of(mem, other)), key, read.key_hash),
                        "malformed: external account binding payload key does not match account "
                        "key authenticating request");
    assert_string_equal(verify(mem, binding(mem, HEAD, "[]"), key, read.key_hash),
                        "malformed: external account binding JWK payload malformed");
    wrong =
        binding(mem, "{\"alg\":\"HS512\",\"kid\":\"k\",\"url\":\"" URL "\"}", text_of(mem, jwk));
    assert_string_equal(verify(mem, wrong, key, read.key_hash),
                        "unauthorized: external account binding JWS verification error");
}

#define KEY_REST                                                                                   \
    "SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

/* RFC 7515 appendix A.1: HS256 with the key that is given there. The header has no url, so only the
 * MAC is looked at. */
static void test_rfc7515(void **state)
{
    static const char mac[] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_eab eab = {.mac = CA_MAC_HS256};
    struct ca_problem problem;
    struct slice key;
    struct err err;

    (void)state;
    eab.jws.signed_texts[0] = SLICE_LIT("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9");
    eab.jws.signed_texts[1] =
        SLICE_LIT("eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y"
                  "b290Ijp0cnVlfQ");
    eab.jws.payload = SLICE_LIT("{}");
    assert_true(base64url_decode(mem, mac, &eab.jws.signature, &err));
    assert_true(base64url_decode(mem, "AyM1" KEY_REST, &key, &err));
    assert_false(ca_eab_verify(mem, &eab, key, "", &problem));
    assert_string_equal(problem.detail, "external account binding JWK payload malformed");
    assert_true(base64url_decode(mem, "ByM1" KEY_REST, &key, &err));
    assert_false(ca_eab_verify(mem, &eab, key, "", &problem));
    assert_string_equal(problem.detail, "external account binding JWS verification error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_verify),
                                       cmocka_unit_test(test_rfc7515)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
