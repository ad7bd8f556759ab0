/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "acme/client.h"
#include "acme/problem_parse.h"
#include "base/clock.h"
#include "check.h"

#define URN "urn:ietf:params:acme:error:"

/* What real CAs say, and what must follow. reaction and wait_s as the table of problem.c. */
static const struct {
    const char *type;
    int status;
    enum acme_problem_place place;
    const char *detail;
    enum acme_problem_type expected;
    enum acme_scope scope;
    enum acme_permanence permanence;
    enum acme_reaction reaction;
    enum acme_limit limit;
    enum err_actor actor;
    enum err_code code;
    int wait_s;
} rows[] = {
#define ROW(type, status, place, detail, expected, scope, permanence, reaction, limit, actor,      \
            code, wait)                                                                            \
    {                                                                                              \
        type, status, ACME_IN_##place, detail, ACME_PROBLEM_##expected, ACME_SCOPE_##scope,        \
            ACME_##permanence, ACME_##reaction, ACME_LIMIT_##limit, ACTOR_##actor, ERR_##code,     \
            wait                                                                                   \
    }
    /* clang-format off */
    ROW(URN "badNonce", 400, ANSWER, "JWS has an invalid anti-replay nonce: \"x\"",
        BAD_NONCE, CA, TRANSIENT, RETRY_NOW, NONE, WAIT, CA_BUSY, 1),
    ROW(URN "rateLimited", 429, ANSWER, "Your account is temporarily prevented from requesting "
        "certificates for a.example and possibly others. Please visit: https://ca.example/u?jwt=x",
        RATE_LIMITED, NAME, UNTIL_CHANGE, STOP, NAME_PAUSED, OPERATOR, RATE_LIMITED, 0),
    ROW(URN "rateLimited", 429, ANSWER, "too many failed authorizations (5) for \"a.example\" in "
        "the last 1h0m0s, retry after 2026-11-24 03:48:04 UTC: see https://ca.example/docs",
        RATE_LIMITED, NAME, TRANSIENT, RETRY_AT, FAILURES_PER_NAME, WAIT, RATE_LIMITED, 720),
    ROW(URN "rateLimited", 429, ANSWER, "too many certificates (5) already issued for this exact "
        "set of identifiers in the last 168h0m0s, retry after 2026-11-24 03:48:04 UTC",
        RATE_LIMITED, NAME, TRANSIENT, RETRY_AT, CERTIFICATES_PER_SET, WAIT, RATE_LIMITED, 122400),
    ROW(URN "rateLimited", 429, ANSWER, "too many certificates (50) already issued for "
        "\"a.example\" in the last 168h0m0s, retry after 2026-11-24 03:48:04 UTC",
        RATE_LIMITED, NAME, TRANSIENT, RETRY_AT, CERTIFICATES_PER_DOMAIN, WAIT, RATE_LIMITED, 12120),
    ROW(URN "rateLimited", 429, ANSWER, "too many new orders (300) from this account in the last "
        "3h0m0s, retry after 2026-11-24 03:48:04 UTC",
        RATE_LIMITED, ACCOUNT, TRANSIENT, RETRY_AT, ORDERS_PER_ACCOUNT, WAIT, RATE_LIMITED, 36),
    ROW(URN "rateLimited", 429, ANSWER, "too many new registrations (10) from this IP address in "
        "the last 3h0m0s, retry after 2026-11-24 03:48:04 UTC",
        RATE_LIMITED, ACCOUNT, TRANSIENT, RETRY_AT, ACCOUNTS_PER_ADDRESS, WAIT, RATE_LIMITED, 1080),
    ROW(URN "rateLimited", 503, ANSWER, "Service busy; retry later.",
        RATE_LIMITED, CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, CA_BUSY, 60),
    ROW(URN "rateLimited", 503, ANSWER, "",
        RATE_LIMITED, CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, CA_BUSY, 60),
    ROW(URN "rateLimited", 429, ANSWER, "slow down",
        RATE_LIMITED, ACCOUNT, TRANSIENT, RETRY_AT, REQUESTS, WAIT, RATE_LIMITED, 600),
    ROW(URN "serverInternal", 500, ANSWER, "Error creating new order",
        SERVER_INTERNAL, CA, TRANSIENT, BACK_OFF, NONE, WAIT, CA_BUSY, 0),
    ROW(URN "serverInternal", 0, OBJECT, "Failed to validate",
        SERVER_INTERNAL, NAME, TRANSIENT, BACK_OFF, NONE, WAIT, CA_BUSY, 0),
    ROW(URN "unauthorized", 403, OBJECT, "192.0.2.1: Invalid response from http://a.example/: 404",
        UNAUTHORIZED, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "unauthorized", 403, OBJECT, "During secondary validation: Invalid response",
        UNAUTHORIZED, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "unauthorized", 403, ANSWER, "Account is not valid, has status \"deactivated\"",
        UNAUTHORIZED, ACCOUNT, UNTIL_CHANGE, STOP, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "unauthorized", 403, REPLACING, "requester account did not request the certificate "
        "being replaced by this order", UNAUTHORIZED, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "connection", 400, OBJECT, "192.0.2.1: Connection refused",
        CONNECTION, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "connection", 400, OBJECT, "During secondary validation: 192.0.2.1: Timeout",
        CONNECTION, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "dns", 400, OBJECT, "DNS problem: NXDOMAIN looking up A for a.example",
        DNS, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "dns", 400, OBJECT, "During secondary validation: DNS problem: networking error",
        DNS, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "tls", 400, OBJECT, "remote error: tls: handshake failure",
        TLS, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "incorrectResponse", 403, OBJECT, "",
        INCORRECT_RESPONSE, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "caa", 403, OBJECT, "CAA record for a.example prevents issuance",
        CAA, NAME, UNTIL_CHANGE, STOP, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "rejectedIdentifier", 400, ANSWER, "The ACME server refuses to issue",
        REJECTED_IDENTIFIER, NAME, FINAL, DROP_NAME, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "unsupportedIdentifier", 400, ANSWER, "",
        UNSUPPORTED_IDENTIFIER, NAME, FINAL, DROP_NAME, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "malformed", 404, ANSWER, "No order for ID 7",
        MALFORMED, NAME, FINAL, NEW_ORDER, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "malformed", 404, REPLACING, "could not find an order for the given certificate",
        MALFORMED, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "malformed", 400, REPLACING, "Could not validate ARI 'replaces' field :: parsing ARI "
        "CertID failed", MALFORMED, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "malformed", 400, ANSWER, "Parse error reading JWS",
        MALFORMED, NAME, FINAL, STOP, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "conflict", 409, REPLACING, "cannot indicate an order replaces certificate with serial",
        CONFLICT, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "rateLimited", 503, REPLACING, "Service busy; retry later.",
        RATE_LIMITED, CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, CA_BUSY, 60),
    ROW(URN "invalidProfile", 400, REPLACING, "profile \"x\" not recognized",
        INVALID_PROFILE, ACCOUNT, UNTIL_CHANGE, DEFAULT_PROFILE, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "alreadyReplaced", 409, REPLACING, "",
        ALREADY_REPLACED, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "alreadyRevoked", 400, ANSWER, "Certificate already revoked",
        ALREADY_REVOKED, NAME, FINAL, IS_DONE, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "badRevocationReason", 400, ANSWER, "",
        BAD_REVOCATION_REASON, NAME, FINAL, STOP, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "conflict", 409, ANSWER, "", CONFLICT, NAME, TRANSIENT, REREAD, NONE, WAIT, CA_BUSY, 1),
    ROW(URN "orderNotReady", 403, ANSWER, "Order's status (\"pending\") is not acceptable",
        ORDER_NOT_READY, NAME, TRANSIENT, REREAD, NONE, WAIT, CA_BUSY, 1),
    ROW(URN "badCSR", 400, ANSWER, "", BAD_CSR, NAME, FINAL, NEW_KEY, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "badPublicKey", 400, ANSWER, "",
        BAD_PUBLIC_KEY, NAME, FINAL, NEW_KEY, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "badSignatureAlgorithm", 400, ANSWER, "",
        BAD_SIGNATURE_ALGORITHM, ACCOUNT, FINAL, STOP, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "invalidProfile", 400, ANSWER, "profile \"x\" not recognized",
        INVALID_PROFILE, ACCOUNT, UNTIL_CHANGE, DEFAULT_PROFILE, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "accountDoesNotExist", 400, ANSWER, "",
        ACCOUNT_DOES_NOT_EXIST, ACCOUNT, TRANSIENT, REGISTER, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "externalAccountRequired", 403, ANSWER, "",
        EXTERNAL_ACCOUNT_REQUIRED, ACCOUNT, UNTIL_CHANGE, STOP, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "userActionRequired", 403, ANSWER, "",
        USER_ACTION_REQUIRED, ACCOUNT, UNTIL_CHANGE, STOP, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "agreementRequired", 403, ANSWER, "",
        AGREEMENT_REQUIRED, ACCOUNT, UNTIL_CHANGE, STOP, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "invalidContact", 400, ANSWER, "",
        INVALID_CONTACT, ACCOUNT, FINAL, DROP_CONTACT, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "unsupportedContact", 400, ANSWER, "",
        UNSUPPORTED_CONTACT, ACCOUNT, FINAL, DROP_CONTACT, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "compound", 400, ANSWER, "Errors during validation",
        COMPOUND, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "caa", 403, OBJECT, "During secondary validation: While processing CAA for a.example: CAA "
        "record for a.example prevents issuance",
        CAA, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "tls", 400, OBJECT, "During secondary validation: remote error: tls: handshake failure",
        TLS, NAME, TRANSIENT, BACK_OFF, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "conflict", 409, ANSWER, "New key is already in use for a different account",
        CONFLICT, ACCOUNT, FINAL, NEW_KEY, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "malformed", 400, ANSWER, "Error creating new order :: Cannot issue for \"a_b.example\": "
        "Domain name contains an invalid character",
        MALFORMED, NAME, FINAL, DROP_NAME, NONE, OWNER, CA_REFUSED, 0),
    ROW(URN "unauthorized", 403, ANSWER, "Error finalizing order :: CSR does not specify same "
        "identifiers as Order", UNAUTHORIZED, NAME, FINAL, STOP, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "serverInternal", 500, REPLACING, "could not find an order for the given certificate",
        SERVER_INTERNAL, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0),
    ROW(URN "serverInternal", 500, REPLACING, "at least one identifier in the new order and existing "
        "order must match", SERVER_INTERNAL, NAME, FINAL, DROP_REPLACES, NONE, WAIT, CA_REFUSED, 0),
    ROW("urn:acme:error:badCSR", 400, ANSWER, "",
        BAD_CSR, NAME, FINAL, NEW_KEY, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "brandNew", 400, ANSWER, "",
        UNKNOWN, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "brandNew", 429, ANSWER, "",
        UNKNOWN, ACCOUNT, TRANSIENT, RETRY_AT, REQUESTS, WAIT, RATE_LIMITED, 600),
    ROW(URN "brandNew", 503, ANSWER, "",
        UNKNOWN, CA, TRANSIENT, RETRY_AT, REQUESTS, WAIT, CA_BUSY, 60),
    ROW(URN "brandNew", 500, ANSWER, "",
        UNKNOWN, CA, TRANSIENT, BACK_OFF, NONE, WAIT, CA_BUSY, 0),
    ROW("about:blank", 403, ANSWER, "",
        UNKNOWN, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OPERATOR, CA_REFUSED, 0),
    /* a CA cannot send what stands for failures without a document */
    ROW(URN "unreachable", 400, ANSWER, "",
        UNKNOWN, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(URN "none", 400, ANSWER, "",
        UNKNOWN, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OPERATOR, CA_REFUSED, 0),
    ROW(NULL, 400, ANSWER, "",
        UNKNOWN, NAME, UNTIL_CHANGE, BACK_OFF, NONE, OPERATOR, CA_REFUSED, 0),
/* clang-format on */
#undef ROW
};

/* A document whose subproblems name identifiers is judged by rows of its own; so is each of them.
 */
static const struct {
    const char *type;
    enum acme_permanence permanence;
    enum acme_reaction reaction, of_sub;
} named[] = {
    {URN "caa", ACME_UNTIL_CHANGE, ACME_DROP_NAME, ACME_DROP_NAME},
    {URN "compound", ACME_UNTIL_CHANGE, ACME_DROP_NAME, ACME_DROP_NAME},
    {URN "malformed", ACME_FINAL, ACME_DROP_NAME, ACME_DROP_NAME},
    {URN "rejectedIdentifier", ACME_FINAL, ACME_DROP_NAME, ACME_DROP_NAME},
    {URN "connection", ACME_TRANSIENT, ACME_BACK_OFF, ACME_BACK_OFF},
};

static bool waits(int64_t retry_at, int64_t before, int wait_s)
{
    int64_t at = before + wait_s * INT64_C(1000);

    return wait_s == 0 ? retry_at == 0 : retry_at >= at && retry_at <= at + 5000;
}

#define ROWS_MAX 256
static bool is_reached[ROWS_MAX]; /* rows of the table, by the tests of this file */

static void test_named(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(named); i++) {
        json_auto_t *json =
            json_pack("{s:s, s:[{s:s, s:{s:s, s:s}}]}", "type", named[i].type, "subproblems",
                      "type", named[i].type, "identifier", "type", "dns", "value", "a.example");
        struct acme_problem p;

        acme_problem_parse(mem, "https://ca.example", json, 403, ACME_IN_ANSWER, &p);
        is_reached[acme_problem_row_of(&p, ACME_IN_ANSWER)] = true;
        ok(p.reaction == named[i].reaction && p.permanence == named[i].permanence &&
               p.actor == ACTOR_OWNER && p.subproblems[0].reaction == named[i].of_sub,
           "%s: %u %u", named[i].type, p.reaction, p.subproblems[0].reaction);
        ok(acme_problem_is_about(&p, "a.example") && !acme_problem_is_about(&p, "b.example"),
           "%s: names", named[i].type);
    }
    all_ok();
}

static void test_rows(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    bool is_met[ACME_PROBLEM_COUNT] = {[ACME_PROBLEM_NONE] = true};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_auto_t *json = json_pack("{s:s*,s:s}", "type", rows[i].type, "detail", rows[i].detail);
        int64_t before = clock_now();
        struct acme_problem p;

        acme_problem_parse(mem, "https://ca.example", json, rows[i].status, rows[i].place, &p);
        is_met[p.type] = true;
        is_reached[acme_problem_row_of(&p, rows[i].place)] = true;
        ok(p.type == rows[i].expected && p.status == rows[i].status && p.scope == rows[i].scope &&
               p.permanence == rows[i].permanence && p.reaction == rows[i].reaction &&
               p.limit == rows[i].limit && p.actor == rows[i].actor && p.code == rows[i].code,
           "row %zu (%s): %s %u %u %u %u %u %u", i, rows[i].type, acme_problem_name(p.type),
           p.scope, p.permanence, p.reaction, p.limit, p.actor, p.code);
        ok(waits(p.retry_at, before, rows[i].wait_s), "row %zu (%s): waits %" PRId64, i,
           rows[i].type, p.retry_at - before);
        ok(p.meaning[0] && strcmp(p.detail, rows[i].detail) == 0, "row %zu: texts", i);
    }
    for (int type = ACME_PROBLEM_UNKNOWN; type < ACME_PROBLEM_COUNT; type++)
        ok(is_met[type], "%s has no row in this test", acme_problem_name(type));
    all_ok();
}

static void test_without_document(void **state)
{
    static const struct {
        enum acme_problem_type type;
        int status;
        enum acme_reaction reaction;
        enum err_code code;
        const char *text;
    } cases[] = {
        {ACME_PROBLEM_NOT_ACME, 503, ACME_RETRY_AT, ERR_CA_BUSY,
         "Test CA answered newOrder with status 503 and no problem document: the CA is overloaded "
         "or under maintenance"},
        {ACME_PROBLEM_NOT_ACME, 429, ACME_RETRY_AT, ERR_RATE_LIMITED,
         "Test CA answered newOrder with status 429 and no problem document: the CA gets too many "
         "requests from here"},
        {ACME_PROBLEM_NOT_ACME, 502, ACME_BACK_OFF, ERR_CA_BUSY,
         "Test CA answered newOrder with status 502 and no problem document: the CA has a failure "
         "of its own"},
        {ACME_PROBLEM_NONE, 0, ACME_BACK_OFF, ERR_INTERNAL,
         "Test CA answered newOrder with status 0 and no problem document: the request could not "
         "be "
         "made on this side"},
        {ACME_PROBLEM_UNREACHABLE, 0, ACME_BACK_OFF, ERR_NET,
         "Test CA answered newOrder with status 0 and no problem document: the CA cannot be "
         "reached"},
        {ACME_PROBLEM_NOT_ACME, 404, ACME_NEW_ORDER, ERR_CA_PROTOCOL,
         "Test CA answered newOrder with status 404 and no problem document: the CA has nothing "
         "under "
         "this address (any more)"},
        {ACME_PROBLEM_NOT_ACME, 301, ACME_BACK_OFF, ERR_CA_PROTOCOL,
         "Test CA answered newOrder with status 301 and no problem document: the CA's answer is "
         "not ACME"},
    };
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct acme_problem p = {
            .type = cases[i].type, .status = cases[i].status, .type_text = "", .detail = ""};

        acme_problem_classify(&p, ACME_IN_ANSWER);
        is_reached[acme_problem_row_of(&p, ACME_IN_ANSWER)] = true;
        assert_false(acme_problem_err(&p, "Test CA", "newOrder", &err));
        ok(p.reaction == cases[i].reaction && err.code == cases[i].code &&
               strcmp(err.text, cases[i].text) == 0 &&
               p.scope == (cases[i].status == 404 ? ACME_SCOPE_NAME : ACME_SCOPE_CA),
           "case %zu: %u %s", i, err.code, err.text);
    }
    all_ok();
}

static void test_retry_after_wins(void **state)
{
    struct acme_problem p = {.type = ACME_PROBLEM_RATE_LIMITED, .detail = "", .retry_at = 12345};

    (void)state;
    acme_problem_classify(&p, ACME_IN_ANSWER);
    assert_int_equal(p.retry_at, 12345);
}

static void test_subproblems_and_text(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *json = json_loads(
        "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\",\"status\":400,"
        "\"detail\":\"some names are refused\\u001b[2J\",\"subproblems\":["
        "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\",\"detail\":\"blocked\","
        "\"identifier\":{\"type\":\"dns\",\"value\":\"bad.example\"}},"
        "{\"type\":\"urn:ietf:params:acme:error:caa\",\"detail\":\"forbidden\","
        "\"identifier\":{\"type\":\"dns\",\"value\":\"b.example\"}},"
        "17,{\"identifier\":\"x\"}]}",
        0, NULL);
    struct acme_problem p;
    struct err err;

    (void)state;
    acme_problem_parse(mem, "https://ca.example", json, 999, ACME_IN_ANSWER, &p);
    assert_int_equal(p.status, 400);
    assert_int_equal(p.subproblem_count, 4);
    assert_int_equal(p.subproblems[0].type, ACME_PROBLEM_REJECTED_IDENTIFIER);
    assert_string_equal(p.subproblems[0].identifier, "bad.example");
    assert_int_equal(p.subproblems[1].type, ACME_PROBLEM_CAA);
    assert_string_equal(p.subproblems[1].detail, "forbidden");
    assert_int_equal(p.subproblems[2].type, ACME_PROBLEM_UNKNOWN);
    assert_string_equal(p.subproblems[3].identifier, "");
    p.subproblem_count = 2;
    assert_false(acme_problem_err(&p, "Test CA", "newOrder", &err));
    assert_int_equal(err.code, ERR_CA_REFUSED);
    assert_string_equal(err.text,
                        "Test CA refused newOrder: rejectedIdentifier: some names are "
                        "refused\\x1b[2J; bad.example: rejectedIdentifier: blocked; b.example: "
                        "caa: forbidden");
}

/* No document is an error: what does not fit is taken as absent, what is too much is cut. */
static void test_hostile(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"type\":7,\"detail\":[],\"status\":\"x\",\"subproblems\":{}}",
        "{\"type\":null,\"detail\":null,\"subproblems\":[null,[],\"\"]}",
        "{\"status\":-5}",
        "{\"status\":99999999999}",
    };
    json_auto_t *list = json_array(), *json = json_pack("{s:O}", "subproblems", list);
    struct acme_problem p;
    struct err err;
    char detail[ACME_TEXT_MAX + 50];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        json_auto_t *one = json_loads(texts[i], 0, NULL);

        acme_problem_parse(mem, "https://ca.example", one, 400, ACME_IN_ANSWER, &p);
        ok(p.type == ACME_PROBLEM_UNKNOWN && p.status == 400 && p.detail[0] == '\0', "%s",
           texts[i]);
        ok(!acme_problem_err(&p, "Test CA", "newOrder", &err) && err.text[0], "%s: err", texts[i]);
    }
    memset(detail, 'x', sizeof(detail) - 1);
    detail[sizeof(detail) - 1] = '\0';
    json_object_set_new(json, "detail", json_string(detail));
    for (int i = 0; i <= ACME_SUBPROBLEMS_MAX; i++)
        json_array_append_new(list, json_object());
    acme_problem_parse(mem, "https://ca.example", json, 400, ACME_IN_ANSWER, &p);
    ok(p.subproblem_count == ACME_SUBPROBLEMS_MAX, "%zu subproblems", p.subproblem_count);
    ok(strlen(p.detail) == ACME_TEXT_MAX, "%zu octets", strlen(p.detail));
    all_ok();
}

static void test_every_row_is_reached(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    assert_in_range(acme_problem_row_count(), 60, ROWS_MAX);
    for (size_t i = 0; i < acme_problem_row_count(); i++)
        ok(is_reached[i], "%s has no test here", acme_problem_row_name(mem, i));
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_without_document),
        cmocka_unit_test(test_retry_after_wins),
        cmocka_unit_test(test_subproblems_and_text),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_every_row_is_reached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
