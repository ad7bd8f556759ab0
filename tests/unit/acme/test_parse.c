/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "acme/account.h"
#include "acme/ari.h"
#include "acme/authorization.h"
#include "acme/client.h"
#include "acme/directory.h"
#include "acme/order.h"
#include "acme/parse.h"
#include "acme/problem.h"
#include "base/buf.h"
#include "check.h"

#define ORIGIN "https://ca.example"
#define TOKEN  "DGyRejmCefe7v4NfDGDKfA"
/* for the rows: an order and its members, one of which a row may replace */
#define ORDER(status, identifiers, authorizations, finalize, more)                                 \
    "{\"status\":" status ",\"identifiers\":" identifiers ",\"authorizations\":" authorizations    \
    ",\"finalize\":" finalize more "}"
#define NAMES              "[{\"type\":\"dns\",\"value\":\"a.example\"}]"
#define AUTHZ              "[\"https://ca.example/a/1\"]"
#define WINDOW(start, end) "{\"suggestedWindow\":{\"start\":\"" start "\",\"end\":\"" end "\"}}"
#define FINALIZE           "\"https://ca.example/f/1\""

typedef bool (*parse_fn)(struct arena *mem, struct slice body, struct err *err);

static bool order(struct arena *mem, struct slice body, struct err *err)
{
    struct acme_order *out;

    return acme_parse_order(mem, ORIGIN, body, &out, err);
}

static bool authorization(struct arena *mem, struct slice body, struct err *err)
{
    struct acme_authorization *out;

    return acme_parse_authorization(mem, ORIGIN, body, &out, err);
}

static bool challenge(struct arena *mem, struct slice body, struct err *err)
{
    struct acme_challenge *out;

    return acme_parse_challenge(mem, ORIGIN, body, &out, err);
}

static bool renewal_info(struct arena *mem, struct slice body, struct err *err)
{
    struct acme_renewal_info *out;

    return acme_parse_renewal_info(mem, ORIGIN, body, &out, err);
}

static bool directory(struct arena *mem, struct slice body, struct err *err)
{
    struct acme_directory *out;

    return acme_parse_directory(mem, ORIGIN, body, &out, err);
}

static bool account(struct arena *mem, struct slice body, struct err *err)
{
    struct acme_account_info *out;

    return acme_parse_account(mem, ORIGIN, body, &out, err);
}

static bool order_list(struct arena *mem, struct slice body, struct err *err)
{
    struct acme_order_list *out;

    return acme_parse_order_list(mem, ORIGIN, body, &out, err);
}

static const struct {
    parse_fn parse;
    const char *body;
    const char *error; /* NULL: it is fine */
} rows[] = {
    /* clang-format off */
    {order, ORDER("\"pending\"", NAMES, AUTHZ, FINALIZE, ""), NULL},
    {order, ORDER("\"ready\"", NAMES, AUTHZ, FINALIZE, ",\"error\":null,\"unknown\":[1]"), NULL},
    {order, ORDER("\"valid\"", NAMES, AUTHZ, FINALIZE, ",\"certificate\":\"https://ca.example/c\""), NULL},
    {order, ORDER("\"valid\"", NAMES, AUTHZ, FINALIZE, ""), "order: \"certificate\" is missing"},
    {order, ORDER("\"sleeping\"", NAMES, AUTHZ, FINALIZE, ""), "order: \"status\" is unknown: sleeping"},
    {order, ORDER("\"deactivated\"", NAMES, AUTHZ, FINALIZE, ""), NULL},
    {order, ORDER("\"pending\"", NAMES, AUTHZ, FINALIZE, ",\"notAfter\":\"never\""),
     "order: \"notAfter\" is not an RFC 3339 time: never"},
    {order, ORDER("\"Pending\"", NAMES, AUTHZ, FINALIZE, ""), "order: \"status\" is unknown: Pending"},
    {order, ORDER("7", NAMES, AUTHZ, FINALIZE, ""),
     "order: \"status\" is not a text of 1 to 2048 octets"},
    {order, ORDER("\"\"", NAMES, AUTHZ, FINALIZE, ""),
     "order: \"status\" is not a text of 1 to 2048 octets"},
    {order, ORDER("\"pending\"", NAMES, AUTHZ, "\"http://ca.example/f\"", ""),
     "order: \"finalize\" is no https URL of at most 1024 characters: http://ca.example/f"},
    {order, ORDER("\"pending\"", NAMES, AUTHZ, "\"/f\"", ""),
     "order: \"finalize\" is no https URL of at most 1024 characters: /f"},
    {order, ORDER("\"pending\"", NAMES, AUTHZ, "\"https://ca.example/\\r\\nX: y\"", ""),
     "order: \"finalize\" is no https URL of at most 1024 characters: https://ca.example/\\x0d\\x0aX: y"},
    {order, ORDER("\"pending\"", NAMES, AUTHZ, "{}", ""), "order: \"finalize\" is not a text"},
    {order, ORDER("\"pending\"", NAMES, "{}", FINALIZE, ""), "order: \"authorizations\" is not a list"},
    {order, ORDER("\"pending\"", NAMES, "[3]", FINALIZE, ""), "order: \"authorizations\" is not a text"},
    {order, ORDER("\"pending\"", NAMES, "[]", FINALIZE, ""), NULL},
    {order, ORDER("\"pending\"", "[7]", AUTHZ, FINALIZE, ""), "order: \"type\" is missing"},
    {order, ORDER("\"pending\"", "[{\"type\":\"ip\",\"value\":\"192.0.2.1\"}]", AUTHZ, FINALIZE, ""),
     "order: an identifier of type ip is not one that was asked for"},
    {order, ORDER("\"pending\"", "[{\"type\":\"dns\",\"value\":\"a b\"}]", AUTHZ, FINALIZE, ""),
     "order: an identifier is no host name: a b"},
    {order, ORDER("\"pending\"", NAMES, AUTHZ, FINALIZE, ",\"expires\":\"tomorrow\""),
     "order: \"expires\" is not an RFC 3339 time: tomorrow"},
    {order, ORDER("\"pending\"", NAMES, AUTHZ, FINALIZE, ",\"expires\":12"),
     "order: \"expires\" is not an RFC 3339 time: "},
    {order, "{\"status\":\"pending\",\"status\":\"valid\"}", "order: no JSON: duplicate object key near '\"status\"'"},
    {order, "", "order: no JSON: '[' or '{' expected near end of file"},
    {order, "[]", "order: no JSON object"},
    {order, "{", "order: no JSON: string or '}' expected near end of file"},
    {order, "<html>", "order: no JSON: '[' or '{' expected near '<'"},
    {order, "{\"status\":\"\xff\"}", "order: no JSON: unable to decode byte 0xff near '\"'"},

    {authorization, "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},"
     "\"challenges\":[{\"type\":\"http-01\",\"url\":\"https://ca.example/c/1\",\"status\":\"pending\","
     "\"token\":\"" TOKEN "\"}]}", NULL},
    {authorization, "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},"
     "\"challenges\":[{\"type\":\"http-01\",\"url\":\"https://ca.example/c/1\",\"status\":\"pending\","
     "\"token\":\"../../etc/passwd/and/more\"}]}",
     "authorization: \"token\" is not 22 to 128 characters of base64url: ../../etc/passwd/and/more"},
    {authorization, "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},"
     "\"challenges\":[{\"type\":\"http-01\",\"url\":\"https://ca.example/c/1\",\"status\":\"pending\"}]}",
     "authorization: \"token\" is missing"},
    {authorization, "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},"
     "\"challenges\":[{\"type\":\"new-99\",\"url\":\"https://ca.example/c/1\",\"status\":\"pending\"}]}", NULL},
    {authorization, "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},"
     "\"challenges\":[],\"wildcard\":\"yes\"}", "authorization: \"wildcard\" is neither true nor false"},
    {authorization, "{\"status\":\"pending\",\"challenges\":[]}", "authorization: \"type\" is missing"},
    {authorization, "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"}}",
     "authorization: \"challenges\" is not a list"},

    {challenge, "{\"type\":\"http-01\",\"url\":\"https://ca.example/c/1\",\"status\":\"processing\","
     "\"token\":\"" TOKEN "\"}", NULL},
    {challenge, "{\"type\":\"http-01\",\"url\":\"https://ca.example/c/1\",\"status\":\"ready\","
     "\"token\":\"" TOKEN "\"}", "challenge: \"status\" is unknown: ready"},
    {challenge, "{\"type\":\"http-01\",\"status\":\"pending\",\"token\":\"" TOKEN "\"}",
     "challenge: \"url\" is missing"},

    {order, ORDER("\"pending\"", NAMES, AUTHZ, FINALIZE, ",\"replaces\":null,\"profile\":\"\""), NULL},
    {order, ORDER("\"pending\"", NAMES, AUTHZ, FINALIZE, ",\"replaces\":7"),
     "order: \"replaces\" is not a text of 1 to 128 octets"},

    {renewal_info, WINDOW("2026-11-24T00:00:00Z", "2026-11-24T00:00:01Z"), NULL},
    {renewal_info, WINDOW("2026-11-24T00:00:00Z", "2027-12-29T00:00:00Z"), NULL},
    {renewal_info, WINDOW("2026-11-24T00:00:00Z", "2027-12-29T00:00:01Z"),
     "renewalInfo: \"suggestedWindow\" is longer than 400 days"},
    {renewal_info, WINDOW("2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z"),
     "renewalInfo: \"suggestedWindow\" does not end after its start"},
    {renewal_info, WINDOW("2026-11-24T00:00:00Z", "2026-11-23T00:00:00Z"),
     "renewalInfo: \"suggestedWindow\" does not end after its start"},
    {renewal_info, WINDOW("2026-11-24T00:00:00Z", "tomorrow"),
     "renewalInfo: \"end\" is not an RFC 3339 time: tomorrow"},
    {renewal_info, "{\"suggestedWindow\":{\"end\":\"2026-11-24T00:00:00Z\"}}",
     "renewalInfo: \"start\" is missing"},
    {renewal_info, "{\"suggestedWindow\":[]}", "renewalInfo: \"suggestedWindow\" is not an object"},
    {renewal_info, "{}", "renewalInfo: \"suggestedWindow\" is not an object"},
    {renewal_info, "[]", "renewalInfo: no JSON object"},

    {account, "{\"status\":\"valid\",\"contact\":[]}", NULL},
    {account, "{\"status\":\"valid\",\"contact\":null,\"orders\":\"https://ca.example/orders\"}", NULL},
    {account, "{\"status\":\"valid\",\"orders\":\"ftp://ca.example/orders\"}",
     "account: \"orders\" is no https URL of at most 1024 characters: ftp://ca.example/orders"},
    {account, "{\"status\":\"valid\",\"contact\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}", NULL},
    {account, "{\"status\":\"valid\",\"contact\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
     "account: \"contact\" has more than 16 members"},
    {order_list, "{\"orders\":[]}", NULL},
    {order_list, "{\"orders\":[\"x\"]}",
     "list of orders: \"orders\" is no https URL of at most 1024 characters: x"},
    {order_list, "{}", "list of orders: \"orders\" is not a list"},
    {account, "{\"status\":\"sold\"}", "account: \"status\" is unknown: sold"},
    {account, "{}", "account: \"status\" is missing"},

    {directory, "{\"newNonce\":\"https://ca.example/n\",\"newAccount\":\"https://ca.example/a\","
     "\"newOrder\":\"https://ca.example/o\"}", NULL},
    {directory, "{\"newNonce\":\"https://ca.example/n\",\"newAccount\":\"https://ca.example/a\"}",
     "directory: \"newOrder\" is missing"},
    {directory, "{\"newNonce\":\"https://ca.example/n\",\"newAccount\":\"https://ca.example/a\","
     "\"newOrder\":\"https://ca.example/o\",\"meta\":{\"externalAccountRequired\":1}}",
     "directory: \"externalAccountRequired\" is neither true nor false"},
    {directory, "{\"newNonce\":\"https://ca.example/n\",\"newAccount\":\"https://ca.example/a\","
     "\"newOrder\":\"https://ca.example/o\",\"meta\":7,\"revokeCert\":\"gopher://x\"}",
     "directory: \"revokeCert\" is no https URL of at most 1024 characters: gopher://x"},
    /* clang-format on */
};

static void test_rows(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {.text = ""};
        bool is_fine = rows[i].parse(mem, slice_str(rows[i].body), &err);

        ok(is_fine == !rows[i].error, "row %zu: %s: %s", i, rows[i].body, err.text);
        if (rows[i].error)
            ok(err.code == ERR_CA_PROTOCOL && strcmp(err.text, rows[i].error) == 0,
               "row %zu: \"%s\" instead of \"%s\"", i, err.text, rows[i].error);
    }
    all_ok();
}

static void test_order(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char body[] =
        "{\"status\":\"invalid\",\"expires\":\"2026-11-24T03:48:04Z\",\"identifiers\":["
        "{\"type\":\"dns\",\"value\":\"www.a.example\"},{\"type\":\"dns\",\"value\":\"*.b."
        "example\"}],"
        "\"authorizations\":[\"https://ca.example/a/1\",\"https://other.example/a/2\"],"
        "\"replaces\":\"aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE\",\"profile\":\"shortlived\","
        "\"finalize\":\"https://ca.example/f/1\",\"error\":{"
        "\"type\":\"urn:ietf:params:acme:error:caa\",\"detail\":\"forbidden\",\"status\":403}}";
    struct acme_order *got;
    struct err err;

    (void)state;
    assert_true(acme_parse_order(mem, ORIGIN, SLICE_LIT(body), &got, &err));
    assert_int_equal(got->status, ACME_ORDER_INVALID);
    assert_string_equal(acme_order_status_name(got->status), "invalid");
    assert_int_equal(got->expires_at, INT64_C(1795492084000));
    assert_int_equal(got->name_count, 2);
    assert_string_equal(got->names[1], "*.b.example");
    assert_int_equal(got->authorization_count, 2);
    assert_string_equal(got->authorizations[1], "https://other.example/a/2");
    assert_string_equal(got->finalize, "https://ca.example/f/1");
    assert_string_equal(got->replaces, "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
    assert_string_equal(got->profile, "shortlived");
    assert_null(got->certificate);
    assert_non_null(got->error);
    assert_int_equal(got->error->type, ACME_PROBLEM_CAA);
    assert_int_equal(got->error->reaction, ACME_STOP);
    /* Pebble's word for an order whose authorization was given up */
    assert_true(acme_parse_order(
        mem, ORIGIN, slice_str(ORDER("\"deactivated\"", NAMES, AUTHZ, FINALIZE, "")), &got, &err));
    assert_int_equal(got->status, ACME_ORDER_INVALID);
}

static void test_authorization(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char body[] =
        "{\"status\":\"invalid\",\"identifier\":{\"type\":\"dns\",\"value\":\"a.example\"},"
        "\"wildcard\":true,\"challenges\":["
        "{\"type\":\"dns-account-01\",\"url\":\"https://ca.example/c/0\",\"status\":\"pending\"},"
        "{\"type\":\"http-01\",\"url\":\"https://ca.example/c/1\",\"status\":\"invalid\",\"token\":"
        "\"" TOKEN "\",\"error\":{\"type\":\"urn:ietf:params:acme:error:unauthorized\",\"status\":"
        "403,\"detail\":\"During secondary validation: 404\"}}]}";
    struct acme_authorization *got;
    const struct acme_challenge *http;
    struct err err;

    (void)state;
    assert_true(acme_parse_authorization(mem, ORIGIN, SLICE_LIT(body), &got, &err));
    assert_string_equal(got->identifier, "a.example");
    assert_true(got->is_wildcard);
    assert_int_equal(got->challenge_count, 2);
    assert_null(got->challenges[0].token);
    assert_null(acme_authorization_find(got, ACME_CHALLENGE_DNS_01));
    http = acme_authorization_find(got, ACME_CHALLENGE_HTTP_01);
    assert_ptr_equal(http, &got->challenges[1]);
    assert_string_equal(http->token, TOKEN);
    assert_string_equal(acme_challenge_status_name(http->status), "invalid");
    assert_int_equal(http->error->type, ACME_PROBLEM_UNAUTHORIZED);
    assert_int_equal(http->error->scope, ACME_SCOPE_NAME);
}

static void test_directory(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char body[] =
        "{\"newNonce\":\"https://ca.example/n\",\"newAccount\":\"https://ca.example/a\","
        "\"newOrder\":\"https://ca.example/o\",\"Jx7bCbkW2sM\":\"https://community.example\","
        "\"meta\":{\"termsOfService\":\"https://ca.example/"
        "tos\",\"caaIdentities\":[\"ca.example\"],"
        "\"profiles\":{\"\":\"no name\",\"of space\":\"\",\"classic\":\"the usual\","
        "\"shortlived\":\"six days\"}}}";
    struct acme_directory *got;
    struct err err;

    (void)state;
    assert_true(acme_parse_directory(mem, ORIGIN, SLICE_LIT(body), &got, &err));
    assert_string_equal(got->new_order, "https://ca.example/o");
    assert_null(got->revoke_cert);
    assert_false(got->is_external_account_required);
    assert_string_equal(got->terms_of_service, "https://ca.example/tos");
    assert_string_equal(got->website, "");
    assert_int_equal(got->caa_identity_count, 1);
    assert_string_equal(got->caa_identities[0], "ca.example");
    assert_int_equal(got->profile_count, 2);
    assert_string_equal(got->profiles[0].name, "classic");
    assert_string_equal(got->profiles[1].description, "six days");
    assert_true(acme_directory_has_profile(got, "shortlived"));
    assert_false(acme_directory_has_profile(got, "short"));
}

/* A list member repeated n times inside an order. */
static const char *order_of(struct arena *mem, const char *member, int names, int authorizations)
{
    struct buf text = buf_new(mem, 1 << 20);

    buf_str(&text, "{\"status\":\"pending\",\"finalize\":" FINALIZE ",\"identifiers\":[");
    for (int i = 0; i < names; i++)
        buf_printf(&text, "%s%s", i ? "," : "", member);
    buf_str(&text, "],\"authorizations\":[");
    for (int i = 0; i < authorizations; i++)
        buf_printf(&text, "%s\"https://ca.example/a/1\"", i ? "," : "");
    buf_str(&text, "]}");
    return buf_cstr(&text);
}

static void test_limits(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char name[] = "{\"type\":\"dns\",\"value\":\"a.example\"}";
    struct err err;
    unsigned char *big = arena_alloc(mem, ACME_JSON_SIZE_MAX + 1);

    (void)state;
    for (int n = ACME_NAMES_MAX - 1; n <= ACME_NAMES_MAX + 1; n++) {
        ok(order(mem, slice_str(order_of(mem, name, n, 1)), &err) == (n <= ACME_NAMES_MAX),
           "%d names", n);
        ok(order(mem, slice_str(order_of(mem, name, 1, n)), &err) == (n <= ACME_NAMES_MAX),
           "%d authorizations", n);
    }
    ok(strcmp(err.text, "order: \"authorizations\" has 101 members, more than 100") == 0, "%s",
       err.text);
    memset(big, ' ', ACME_JSON_SIZE_MAX + 1);
    memcpy(big, "{\"status\":\"valid\"}", 18);
    ok(account(mem, slice_of(big, ACME_JSON_SIZE_MAX), &err), "size: %s", err.text);
    ok(!account(mem, slice_of(big, ACME_JSON_SIZE_MAX + 1), &err), "size");
    ok(strcmp(err.text, "account: 262145 octets are more than 262144") == 0, "%s", err.text);
    memset(big, '[', ACME_JSON_SIZE_MAX); /* a depth bomb */
    ok(!account(mem, slice_of(big, ACME_JSON_SIZE_MAX), &err), "depth");
    ok(strcmp(err.text, "account: no JSON: maximum parsing depth reached near '['") == 0, "%s",
       err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_order),
        cmocka_unit_test(test_authorization), cmocka_unit_test(test_directory),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
