/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/problem.h"
#include "check.h"

static void test_every_type(void **state)
{
    (void)state;
    for (int i = 0; i < CA_PROBLEM_COUNT; i++) {
        const char *name = ca_problem_name((enum ca_problem_type)i);
        int status = ca_problem_status((enum ca_problem_type)i);

        ok(name && *name, "row %d has no name", i);
        ok(status >= 400 && status < 600, "%s: status %d", name, status);
        for (int n = 0; n < i; n++)
            ok(strcmp(name, ca_problem_name((enum ca_problem_type)n)) != 0, "%s twice", name);
    }
    all_ok();
}

static const char *text_of(struct arena *mem, const struct ca_problem *problem)
{
    return ca_problem_text(mem, problem);
}

static void test_document(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;

    (void)state;
    assert_false(ca_refuse(&problem, CA_PROBLEM_MALFORMED, "no \"%s\"", "x"));
    assert_string_equal(text_of(mem, &problem),
                        "{\"type\":\"urn:ietf:params:acme:error:malformed\","
                        "\"detail\":\"no \\\"x\\\"\",\"status\":400}");
    assert_false(ca_refuse_as(&problem, 404, CA_PROBLEM_MALFORMED, "No such authorization"));
    assert_string_equal(text_of(mem, &problem),
                        "{\"type\":\"urn:ietf:params:acme:error:malformed\","
                        "\"detail\":\"No such authorization\",\"status\":404}");
}

static void test_algorithms(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;

    (void)state;
    assert_false(ca_refuse(&problem, CA_PROBLEM_BAD_SIGNATURE_ALGORITHM, "no"));
    assert_string_equal(text_of(mem, &problem),
                        "{\"type\":\"urn:ietf:params:acme:error:badSignatureAlgorithm\","
                        "\"detail\":\"no\",\"status\":400,"
                        "\"algorithms\":[\"RS256\",\"ES256\",\"ES384\"]}");
}

static void test_subproblems(void **state)
{
    static const struct ca_subproblem subs[] = {
        {CA_PROBLEM_MALFORMED, "a.b_.test", "Domain name contains an invalid character"},
        {CA_PROBLEM_REJECTED_IDENTIFIER, "a.com", "outside"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;

    (void)state;
    assert_false(ca_refuse(&problem, CA_PROBLEM_REJECTED_IDENTIFIER, "two"));
    problem.subs = subs;
    problem.sub_count = ARRAY_LEN(subs);
    assert_string_equal(
        text_of(mem, &problem),
        "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\",\"detail\":\"two\","
        "\"status\":400,\"subproblems\":["
        "{\"type\":\"urn:ietf:params:acme:error:malformed\","
        "\"detail\":\"Domain name contains an invalid character\",\"status\":400,"
        "\"identifier\":{\"type\":\"dns\",\"value\":\"a.b_.test\"}},"
        "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\",\"detail\":\"outside\","
        "\"status\":400,\"identifier\":{\"type\":\"dns\",\"value\":\"a.com\"}}]}");
}

static void test_within(void **state)
{
    static const struct ca_subproblem sub = {CA_PROBLEM_MALFORMED, "a.b_.test", "bad"};
    static const struct {
        enum ca_problem_type type;
        const char *detail, *expected;
    } rows[] = {
        {CA_PROBLEM_MALFORMED, "no", "Here :: no"},
        {CA_PROBLEM_ACCOUNT_DOES_NOT_EXIST, "", "Here :: "},
        {CA_PROBLEM_BAD_NONCE, "no", "no"},
        {CA_PROBLEM_SERVER_INTERNAL, "no", "no"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;
    char longest[CA_DETAIL_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        (void)ca_refuse(&problem, rows[i].type, "%s", rows[i].detail);
        ok(!ca_refuse_within(mem, &problem, "Here"), "row %zu", i);
        ok(strcmp(problem.detail, rows[i].expected) == 0, "row %zu: %s", i, problem.detail);
    }
    (void)ca_refuse(&problem, CA_PROBLEM_REJECTED_IDENTIFIER, "two");
    problem.subs = &sub;
    problem.sub_count = 1;
    (void)ca_refuse_within(mem, &problem, "Here");
    ok(strcmp(problem.subs[0].detail, "Here :: bad") == 0, "sub: %s", problem.subs[0].detail);
    ok(strcmp(problem.subs[0].identifier, "a.b_.test") == 0, "sub of a name");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = 0;
    (void)ca_refuse(&problem, CA_PROBLEM_MALFORMED, "%s", longest);
    (void)ca_refuse_within(mem, &problem, "Here");
    ok(strlen(problem.detail) == CA_DETAIL_MAX - 1, "cut at the limit");
    all_ok();
}

/* What others sent is quoted, but nothing that breaks a document or a terminal. */
static void test_cleaned(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;

    (void)state;
    assert_false(ca_refuse(&problem, CA_PROBLEM_MALFORMED, "%s", "a\xff\x1b[31m\n\xc3\xbc"));
    assert_string_equal(problem.detail, "a??[31m???");
    assert_string_equal(text_of(mem, &problem),
                        "{\"type\":\"urn:ietf:params:acme:error:malformed\","
                        "\"detail\":\"a??[31m???\",\"status\":400}");
}

static void test_cause_is_not_shown(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;
    struct err err;

    (void)state;
    (void)err_set(&err, ERR_STORE, "disk full");
    assert_false(ca_fail(&problem, &err, "Error creating new order"));
    assert_int_equal(problem.status, 500);
    assert_string_equal(problem.cause.text, "disk full");
    assert_null(strstr(text_of(mem, &problem), "disk"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type),
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_subproblems),
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_cleaned),
        cmocka_unit_test(test_cause_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
