/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "base/buf.h"
#include "base/hash.h"
#include "check.h"
#include "fixture.h"
#include "signer/answer.h"
#include "signer/protocol.h"
#include "signer/unseal.h"
#include "tls/key.h"

static struct fixture f;

static const char *ask(struct arena *mem, struct slice request)
{
    struct slice reply = signer_answer(mem, &f.server, request);

    return arena_strndup(mem, (const char *)reply.data, reply.len);
}

static const char *refused(struct arena *mem, int id, const char *code, const char *text,
                           const char *field)
{
    return arena_printf(mem, "{\"id\":%d,\"ok\":false,\"code\":\"%s\",\"text\":\"%s\"%s%s%s}", id,
                        code, text, field ? ",\"field\":\"" : "", field ? field : "",
                        field ? "\"" : "");
}

/* What never reaches a handler. `id` of the reply: 0 when it could not be read. */
static void test_bad_requests(void **state)
{
    static const struct {
        const char *request;
        int id;
        const char *text, *field;
    } rows[] = {
        {"", 0, "not a JSON object: '[' or '{' expected near end of file", NULL},
        {"hello", 0, "not a JSON object: '[' or '{' expected near 'hello'", NULL},
        {"[]", 0, "not a JSON object: another value", NULL},
        {"{\"id\":1}{", 0, "not a JSON object: end of file expected near '{'", NULL},
        {"{\"id\":1,\"id\":2}", 0, "not a JSON object: duplicate object key near '\\\"id\\\"'",
         NULL},
        {"{}", 0, "not a number above 0", "id"},
        {"{\"id\":\"1\",\"op\":\"mac\"}", 0, "not a number above 0", "id"},
        {"{\"id\":-1,\"op\":\"mac\"}", 0, "not a number above 0", "id"},
        {"{\"id\":1.5,\"op\":\"mac\"}", 0, "not a number above 0", "id"},
        {"{\"id\":7}", 7, "no request \\\"\\\"", "op"},
        {"{\"id\":7,\"op\":5}", 7, "no request \\\"\\\"", "op"},
        {"{\"id\":7,\"op\":\"export\"}", 7, "no request \\\"export\\\"", "op"},
        {"{\"id\":7,\"op\":\"make_key\"}", 7, "make_key without owner", "owner"},
        {"{\"id\":7,\"op\":\"make_key\",\"owner\":1}", 7, "owner of a wrong type", "owner"},
        {"{\"id\":7,\"op\":\"make_key\",\"owner\":\"a\",\"kind\":\"certificate-key\"}", 7,
         "make_key with 4 fields, 3 of them known", NULL},
        {"{\"id\":7,\"op\":\"reseal\",\"kind\":\"root\",\"owner\":\"a\",\"sealed\":\"\"}", 7,
         "no kind \\\"root\\\"", "kind"},
        {"{\"id\":7,\"op\":\"make_key\",\"owner\":\"a|b\"}", 7,
         "could not seal the account-key of \\\"a|b\\\": not an owner id", NULL},
        {"{\"id\":7,\"op\":\"csr\",\"owner\":\"a\",\"sealed\":\"\",\"names\":\"a\"}", 7,
         "names of a wrong type", "names"},
        {"{\"id\":7,\"op\":\"csr\",\"owner\":\"a\",\"sealed\":\"\",\"names\":[1]}", 7,
         "names of a wrong type", "names"},
        {"{\"id\":7,\"op\":\"public_jwk\",\"owner\":\"a\",\"sealed\":\"!\"}", 7,
         "sealed: not base64url at position 0", "sealed"},
        {"{\"id\":7,\"op\":\"jws\",\"owner\":\"a\",\"sealed\":\"\",\"protected\":{},"
         "\"payload\":\"\"}",
         7, "protected of a wrong type", "protected"},
        {"{\"id\":7,\"op\":\"jws\",\"owner\":\"a\",\"sealed\":\"\",\"protected\":\"!\","
         "\"payload\":\"\"}",
         7, "protected: not base64url at position 0", "protected"},
        {"{\"id\":7,\"op\":\"jws\",\"owner\":\"a\",\"sealed\":\"\",\"protected\":\"\","
         "\"payload\":\"\"}",
         7, "the protected header is not a JSON object", "protected"},
        {"{\"id\":7,\"op\":\"jws\",\"owner\":\"a\",\"sealed\":\"\",\"protected\":\"W10\","
         "\"payload\":\"\"}",
         7, "the protected header is not a JSON object", "protected"},
        {"{\"id\":7,\"op\":\"jws\",\"owner\":\"a\",\"sealed\":\"\",\"protected\":"
         "\"eyJ1cmwiOiJhIiwidXJsIjoiYiJ9\","
         "\"payload\":\"\"}",
         7, "the protected header is not a JSON object", "protected"},
        {"{\"id\":7,\"op\":\"jws\",\"owner\":\"a\",\"sealed\":\"\",\"protected\":\"e30\","
         "\"payload\":\"!\"}",
         7, "payload: not base64url at position 0", "payload"},
        {"{\"id\":7,\"op\":\"mac\",\"records\":{}}", 7, "records of a wrong type", "records"},
        {"{\"id\":7,\"op\":\"mac\",\"records\":[{\"group\":\"a\"}]}", 7, "records of a wrong type",
         "records"},
        {"{\"id\":7,\"op\":\"mac\",\"records\":[{\"group\":\"a\",\"octets\":\"\",\"x\":1}]}", 7,
         "records of a wrong type", "records"},
        {"{\"id\":7,\"op\":\"mac\",\"records\":[{\"group\":\"a\",\"octets\":\"\"}]}", 7,
         "no feed key of group \\\"a\\\"", "group"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *got = ask(mem, slice_str(rows[i].request));

        ok(strcmp(got, refused(mem, rows[i].id, "bad_input", rows[i].text, rows[i].field)) == 0,
           "%s gives %s", rows[i].request, got);
    }
    all_ok();
}

static void test_bad_seals(void **state)
{
    static const struct {
        const char *sealed, *text;
    } rows[] = {
        {"", "not a sealed blob"},
        {"AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not a sealed blob"},
        {"AgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not a sealed blob"},
        {"AQIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "no key signer-2"},
        {"AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
         "altered, or sealed for another kind, owner or key"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *got = ask(
            mem, slice_str(arena_printf(
                     mem, "{\"id\":3,\"op\":\"public_jwk\",\"owner\":\"caa_1\",\"sealed\":\"%s\"}",
                     rows[i].sealed)));
        const char *text =
            arena_printf(mem, "cannot open the account-key of \\\"caa_1\\\": %s", rows[i].text);

        ok(strcmp(got, refused(mem, 3, "crypto", text, NULL)) == 0, "%s gives %s", rows[i].sealed,
           got);
    }
    all_ok();
}

/* A secret that is sealed as an account key but is none. */
static void test_seal_of_no_key(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct seal_label label = {SEAL_ACCOUNT_KEY, SLICE_LIT("caa_1")};
    static const struct {
        size_t len;
        const char *text;
    } rows[] = {
        {31, "the account-key of \\\"caa_1\\\" is not a P-256 key"},
        {32, "not a P-256 private key: no reason given"},
        {33, "the account-key of \\\"caa_1\\\" is not a P-256 key"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct secret zeros = {.len = rows[i].len};
        struct slice blob;
        struct err err = {0};
        const char *got;

        assert_true(seal_newest(mem, f.keys, &label, &zeros, &blob, &err));
        got = ask(mem, slice_str(arena_printf(mem,
                                              "{\"id\":3,\"op\":\"public_jwk\",\"owner\":\"caa_1\","
                                              "\"sealed\":\"%s\"}",
                                              base64url_encode(mem, blob))));
        ok(strcmp(got, refused(mem, 3, "crypto", rows[i].text, NULL)) == 0, "%zu: %s", rows[i].len,
           got);
    }
    all_ok();
}

/* A request may be so large that its reply would not fit: that is said, not cut. */
static void test_reply_too_large(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct seal_label label = {SEAL_ACCOUNT_KEY, SLICE_LIT("caa_1")};
    EVP_PKEY *key;
    struct secret scalar = {.len = KEY_SCALAR_SIZE};
    char *account_url = arena_alloc(mem, 80001);
    struct slice blob;
    struct err err = {0};
    const char *got, *sealed;

    (void)state;
    assert_true(key_make(&key, &err) && key_scalar(key, scalar.data, &err));
    EVP_PKEY_free(key);
    assert_true(seal_newest(mem, f.keys, &label, &scalar, &blob, &err));
    memset(account_url, 'x', 80000);
    sealed = base64url_encode(mem, blob);
    got = ask(mem, slice_str(arena_printf(
                       mem,
                       "{\"id\":4,\"op\":\"jws_rollover\",\"owner\":\"caa_1\",\"sealed\":\"%s\","
                       "\"new_owner\":\"caa_1\",\"new_sealed\":\"%s\",\"account_url\":\"%s\","
                       "\"url\":\"%s\"}",
                       sealed, sealed, account_url, CA_URL)));
    ok(strstr(got, "\"id\":4,\"ok\":false,\"code\":\"too_large\"") &&
           strstr(got, " octets, at most 98304 are allowed"),
       "%.200s", got);
    all_ok();
}

static void test_batch_limit(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (int count = SIGNER_MAC_BATCH_MAX; count <= SIGNER_MAC_BATCH_MAX + 1; count++) {
        struct buf request = buf_new(mem, SIGNER_DATAGRAM_MAX);
        const char *got;

        buf_str(&request, "{\"id\":5,\"op\":\"mac\",\"records\":[");
        for (int i = 0; i < count; i++)
            buf_printf(&request, "%s{\"group\":\"default\",\"octets\":\"AA\"}", i ? "," : "");
        buf_str(&request, "]}");
        got = ask(mem, buf_view(&request));
        if (count == SIGNER_MAC_BATCH_MAX)
            ok(strstr(got, "\"ok\":true"), "%.100s", got);
        else
            ok(strcmp(got, refused(mem, 5, "bad_input", "257 records, at most 256 are allowed",
                                   "records")) == 0,
               "%.100s", got);
    }
    all_ok();
}

static void test_op_names(void **state)
{
    static const char *const names[] = {"make_key",   "csr",    "jws", "jws_eab", "jws_rollover",
                                        "public_jwk", "reseal", "mac", "tsig"};

    (void)state;
    assert_int_equal(ARRAY_LEN(names), SIGNER_OP_COUNT);
    for (enum signer_op i = 0; i < SIGNER_OP_COUNT; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const char *got =
            ask(mem, slice_str(arena_printf(mem, "{\"id\":1,\"op\":\"%s\"}", names[i])));

        ok(strcmp(signer_op_name(i), names[i]) == 0, "%s", signer_op_name(i));
        ok(strstr(got, arena_printf(mem, "\"text\":\"%s without ", names[i])), "%s", got);
    }
    all_ok();
}

static int set_up(void **state)
{
    (void)state;
    fixture_keys(&f);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_forget_keys(&f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_requests),   cmocka_unit_test(test_bad_seals),
        cmocka_unit_test(test_seal_of_no_key), cmocka_unit_test(test_reply_too_large),
        cmocka_unit_test(test_batch_limit),    cmocka_unit_test(test_op_names),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
