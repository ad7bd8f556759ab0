/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "ca/jws.h"
#include "check.h"
#include "jws_maker.h"

#define URL  "https://localhost:8445/acme/new-order"
#define KID  "https://localhost:8445/acme/acct/1"
#define GOOD "{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"nonce\":\"n\",\"url\":\"" URL "\"}"

#define UNSUPPORTED(alg)                                                                           \
    "JWS signature header contains unsupported algorithm \"" alg                                   \
    "\", expected one of [RS256 ES256 ES384]"

static const char *const parse_error = "Parse error reading JWS";

/* The body as text: @P is a good protected header, @L a payload of {}, @S a signature. */
static const struct {
    const char *title, *body, *type, *detail;
} form_rows[] = {
    {"empty", "", "malformed", "No body on POST"},
    {"not JSON", "hello", "malformed", NULL},
    {"JSON array", "[]", "malformed", NULL},
    {"JSON string", "\"@P.@L.@S\"", "malformed", NULL},
    {"compact form", "@P.@L.@S", "malformed", NULL},
    {"empty object", "{}", "malformed", NULL},
    {"trailing text", "{\"protected\":\"@P\",\"payload\":\"@L\",\"signature\":\"@S\"}x",
     "malformed", NULL},
    {"member twice",
     "{\"protected\":\"@P\",\"payload\":\"@L\",\"payload\":\"\",\"signature\":\"@S\"}", "malformed",
     NULL},
    {"no protected", "{\"payload\":\"@L\",\"signature\":\"@S\"}", "malformed", NULL},
    {"no payload", "{\"protected\":\"@P\",\"signature\":\"@S\"}", "malformed", NULL},
    {"no signature", "{\"protected\":\"@P\",\"payload\":\"@L\"}", "malformed", NULL},
    {"empty signature", "{\"protected\":\"@P\",\"payload\":\"@L\",\"signature\":\"\"}", "malformed",
     "POST JWS not signed"},
    {"payload is an object", "{\"protected\":\"@P\",\"payload\":{},\"signature\":\"@S\"}",
     "malformed", NULL},
    {"protected is an object", "{\"protected\":{},\"payload\":\"@L\",\"signature\":\"@S\"}",
     "malformed", NULL},
    {"unprotected header",
     "{\"protected\":\"@P\",\"header\":{\"alg\":\"ES256\"},\"payload\":\"@L\",\"signature\":\"@"
     "S\"}",
     "malformed", "JWS \"header\" field not allowed. All headers must be in \"protected\" field"},
    {"several signatures",
     "{\"payload\":\"@L\",\"signatures\":[{\"protected\":\"@P\",\"signature\":\"@S\"}]}",
     "malformed",
     "JWS \"signatures\" field not allowed. Only the \"signature\" field should contain a "
     "signature"},
    {"padded base64", "{\"protected\":\"@P\",\"payload\":\"e30=\",\"signature\":\"@S\"}",
     "malformed", NULL},
    {"standard base64", "{\"protected\":\"@P\",\"payload\":\"+/+/\",\"signature\":\"@S\"}",
     "malformed", NULL},
    {"base64 with a space", "{\"protected\":\"@P\",\"payload\":\"e3 0\",\"signature\":\"@S\"}",
     "malformed", NULL},
    {"base64 with a newline", "{\"protected\":\"@P\",\"payload\":\"e3\\n0\",\"signature\":\"@S\"}",
     "malformed", NULL},
    {"base64 cut in an octet", "{\"protected\":\"@P\",\"payload\":\"e\",\"signature\":\"@S\"}",
     "malformed", NULL},
    {"base64 with bits left over",
     "{\"protected\":\"@P\",\"payload\":\"e31\",\"signature\":\"@S\"}", "malformed", NULL},
    {"NUL in a member", "{\"protected\":\"@P\",\"payload\":\"e30\\u0000\",\"signature\":\"@S\"}",
     "malformed", NULL},
    {"protected empty", "{\"protected\":\"\",\"payload\":\"@L\",\"signature\":\"@S\"}", "malformed",
     NULL},
};

/* Protected headers; signed properly, so that only the header is to blame. */
static const struct {
    const char *title, *header, *type, *detail;
} header_rows[] = {
    {"not JSON", "alg=ES256", "malformed", NULL},
    {"array", "[\"ES256\"]", "malformed", NULL},
    {"no alg", "{\"kid\":\"" KID "\",\"nonce\":\"n\",\"url\":\"" URL "\"}", "malformed", NULL},
    {"alg is a number", "{\"alg\":256,\"kid\":\"" KID "\"}", "malformed", NULL},
    {"alg none", "{\"alg\":\"none\",\"kid\":\"" KID "\",\"url\":\"" URL "\"}",
     "badSignatureAlgorithm", UNSUPPORTED("none")},
    {"alg HS256", "{\"alg\":\"HS256\",\"kid\":\"" KID "\",\"url\":\"" URL "\"}",
     "badSignatureAlgorithm", UNSUPPORTED("HS256")},
    {"alg EdDSA", "{\"alg\":\"EdDSA\",\"kid\":\"" KID "\",\"url\":\"" URL "\"}",
     "badSignatureAlgorithm", UNSUPPORTED("EdDSA")},
    {"alg in lower case", "{\"alg\":\"es256\",\"kid\":\"" KID "\",\"url\":\"" URL "\"}",
     "badSignatureAlgorithm", UNSUPPORTED("es256")},
    {"alg with a control character",
     "{\"alg\":\"ES\\u0007\",\"kid\":\"" KID "\",\"url\":\"" URL "\"}", "badSignatureAlgorithm",
     UNSUPPORTED("ES?")},
    {"alg twice", "{\"alg\":\"ES256\",\"alg\":\"none\",\"kid\":\"" KID "\"}", "malformed", NULL},
    {"kid and jwk", "{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"jwk\":{},\"url\":\"" URL "\"}",
     "malformed", "jwk and kid header fields are mutually exclusive"},
    {"kid is a number", "{\"alg\":\"ES256\",\"kid\":1,\"url\":\"" URL "\"}", "malformed", NULL},
    {"nonce is a number", "{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"nonce\":1}", "malformed", NULL},
    {"url is null", "{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"url\":null}", "malformed", NULL},
    {"critical header", "{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"crit\":[\"exp\"],\"exp\":1}",
     "malformed", NULL},
    {"unencoded payload", "{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"b64\":false}", "malformed",
     NULL},
};

static const char *fill(struct arena *mem, const char *body)
{
    static const struct {
        char mark;
        const char *text;
    } marks[] = {
        {'P', GOOD},
        {'L', "{}"},
        {'S', "0123456789012345678901234567890123456789012345678901234567890123"},
    };
    const char *out = "";

    for (; *body; body++) {
        const char *text = NULL;

        for (size_t i = 0; *body == '@' && i < ARRAY_LEN(marks); i++) {
            if (body[1] == marks[i].mark)
                text = base64url_encode(mem, slice_str(marks[i].text));
        }
        out = text ? arena_printf(mem, "%s%s", out, text) : arena_printf(mem, "%s%c", out, *body);
        body += text != NULL;
    }
    return out;
}

static void expect(const char *title, bool accepted, const struct ca_problem *problem,
                   const char *type, const char *detail)
{
    if (!detail)
        detail = parse_error;
    if (!ok(!accepted, "%s: accepted", title))
        return;
    ok(strcmp(ca_problem_name(problem->type), type) == 0, "%s: type %s, not %s", title,
       ca_problem_name(problem->type), type);
    ok(strcmp(problem->detail, detail) == 0, "%s: \"%s\"", title, problem->detail);
}

static void test_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(form_rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_problem problem;
        struct ca_jws jws;
        bool accepted = ca_jws_parse(mem, slice_str(fill(mem, form_rows[i].body)), &jws, &problem);

        expect(form_rows[i].title, accepted, &problem, form_rows[i].type, form_rows[i].detail);
    }
    all_ok();
}

static void test_header(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(header_rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_problem problem;
        struct ca_jws jws;
        const char *body =
            arena_printf(mem, "{\"protected\":\"%s\",\"payload\":\"\",\"signature\":\"AAAA\"}",
                         base64url_encode(mem, slice_str(header_rows[i].header)));
        bool accepted = ca_jws_parse(mem, slice_str(body), &jws, &problem);

        expect(header_rows[i].title, accepted, &problem, header_rows[i].type,
               header_rows[i].detail);
    }
    all_ok();
}

static bool verify(struct arena *mem, const char *body, const json_t *key,
                   struct ca_problem *problem)
{
    struct ca_jws jws;
    struct ca_jwk jwk;

    return ca_jws_parse(mem, slice_str(body), &jws, problem) &&
           ca_jwk_read(mem, maker_public(mem, key), &jwk, problem) &&
           ca_jws_verify(&jws, &jwk, problem);
}

static void test_good_signatures(void **state)
{
    static const char *const algs[] = {"ES256", "ES384", "RS256"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        json_t *key = maker_key(mem, algs[i]);
        const char *header = arena_printf(
            mem, "{\"alg\":\"%s\",\"kid\":\"" KID "\",\"nonce\":\"n\",\"url\":\"" URL "\"}",
            algs[i]);
        struct ca_problem problem = {.detail = ""};

        ok(verify(mem, maker_sign(mem, key, header, "{}"), key, &problem), "%s: %s", algs[i],
           problem.detail);
        ok(verify(mem, maker_sign(mem, key, header, ""), key, &problem), "%s, empty: %s", algs[i],
           problem.detail);
    }
    all_ok();
}

static void test_content(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *body = maker_sign(mem, maker_key(mem, "ES256"), GOOD, "{\"a\":\"b\"}");
    struct ca_problem problem;
    json_t *payload = NULL;
    struct ca_jws jws;

    (void)state;
    assert_true(ca_jws_parse(mem, slice_str(body), &jws, &problem));
    assert_string_equal(jws.kid, KID);
    assert_string_equal(jws.url, URL);
    assert_string_equal(jws.nonce, "n");
    assert_null(jws.jwk);
    assert_int_equal(jws.alg, CA_ALG_ES256);
    assert_true(slice_eq_str(jws.payload, "{\"a\":\"b\"}"));
    assert_true(ca_jws_payload(mem, &jws, &payload, &problem));
    assert_string_equal(json_string_value(json_object_get(payload, "a")), "b");
}

/* A member of another request of the same account; another key; another algorithm than the key's.
 */
static void test_bad_signatures(void **state)
{
    static const char *const members[] = {"protected", "payload", "signature"};
    static const char other_header[] = "{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"nonce\":\"m\"}";
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_t *key = maker_key(mem, "ES256"), *other = maker_key(mem, "ES256");
    json_t *p384 = maker_key(mem, "ES384"), *rsa = maker_key(mem, "RS256");
    const char *body = maker_sign(mem, key, GOOD, "{\"a\":1}");
    const char *donor = maker_sign(mem, key, other_header, "{\"a\":2}");
    json_t *from = ca_json_keep(mem, json_loads(donor, 0, NULL));
    struct ca_problem problem;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        json_t *json = ca_json_keep(mem, json_loads(body, 0, NULL));
        char *dump;

        json_object_set(json, members[i], json_object_get(from, members[i]));
        dump = json_dumps(json, 0);
        expect(members[i], verify(mem, dump, key, &problem), &problem, "malformed",
               "JWS verification error");
        free(dump);
    }
    expect("other key", verify(mem, body, other, &problem), &problem, "malformed",
           "JWS verification error");
    expect("P-384 key", verify(mem, body, p384, &problem), &problem, "malformed",
           "JWS signature header algorithm \"ES256\" does not match expected algorithm \"ES384\" "
           "for JWK");
    expect("RSA key", verify(mem, body, rsa, &problem), &problem, "malformed",
           "JWS signature header algorithm \"ES256\" does not match expected algorithm \"RS256\" "
           "for JWK");
    all_ok();
}

static void test_payload_must_be_an_object(void **state)
{
    static const char *const payloads[] = {"",     "[]", "1", "\"x\"", "null", "{\"a\":1,\"a\":2}",
                                           "{} {}"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *body = maker_sign(mem, maker_key(mem, "ES256"), GOOD, payloads[i]);
        struct ca_problem problem;
        struct ca_jws jws;
        json_t *out;

        assert_true(ca_jws_parse(mem, slice_str(body), &jws, &problem));
        expect(payloads[i], ca_jws_payload(mem, &jws, &out, &problem), &problem, "malformed",
               "Request payload did not parse as JSON");
    }
    all_ok();
}

static void test_header_limits(void **state)
{
    (void)state;
    for (int extra = -1; extra <= 1; extra++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        char nonce[CA_NONCE_MAX + 2];
        struct ca_problem problem;
        struct ca_jws jws;
        const char *header, *body;

        memset(nonce, 'n', sizeof(nonce));
        nonce[CA_NONCE_MAX + extra] = '\0';
        header = arena_printf(mem, "{\"alg\":\"ES256\",\"kid\":\"k\",\"nonce\":\"%s\"}", nonce);
        body = arena_printf(mem, "{\"protected\":\"%s\",\"payload\":\"\",\"signature\":\"AAAA\"}",
                            base64url_encode(mem, slice_str(header)));
        ok(ca_jws_parse(mem, slice_str(body), &jws, &problem) == (extra <= 0), "nonce of %d octets",
           CA_NONCE_MAX + extra);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_good_signatures),
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_bad_signatures),
        cmocka_unit_test(test_payload_must_be_an_object),
        cmocka_unit_test(test_header_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
