/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/identifier.h"
#include "ca/jwk.h"
#include "check.h"

#define L63  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L57  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define N253 L63 "." L63 "." L63 "." L57 "aaa.a"

static const char *const outside =
    "Domain name is outside the names that this sandbox CA is constrained to (.test, .example, "
    ".invalid, .localhost and those its operator has listed)";
static const char *const misplaced = "Domain name contains an invalid wildcard. A wildcard is only "
                                     "permitted before the first dot in "
                                     "a domain name";
static const char *const bad_char = "Domain name contains an invalid character";

static const struct {
    const char *name, *type, *refusal; /* NULL: permitted */
} rows[] = {
    {"shop.example", NULL, NULL},
    {"www.shop.example", NULL, NULL},
    {"a.test", NULL, NULL},
    {"a.invalid", NULL, NULL},
    {"a.localhost", NULL, NULL},
    {"xn--bcher-kva.example", NULL, NULL},
    {"a-b.c--d.test", NULL, NULL},
    {"1.2.3.test", NULL, NULL},
    {"a.b.c.d.e.f.g.h.i.test", NULL, NULL},
    {L63 ".test", NULL, NULL},
    {"own.corp.internal", NULL, NULL},
    {"corp.internal", NULL, NULL},
    {"a.lan", NULL, NULL},
    {"*.shop.example", NULL, NULL},
    {"*.corp.internal", NULL, NULL},
    {"*.a.b.c.d.e.f.g.h.i.test", NULL, NULL},
    {"", "malformed", "Identifier value (name) is empty"},
    {"test", "malformed", "Domain name needs at least one dot"},
    {"localhost", "malformed", "Domain name needs at least one dot"},
    {"lan", "malformed", "Domain name needs at least one dot"},
    {"a.b.c.d.e.f.g.h.i.j.test", "malformed", "Domain name has more than 10 labels (parts)"},
    {"a" L63 ".test", "malformed",
     "Domain has a label (component between dots) longer than 63 bytes"},
    {"a..test", "malformed", "Domain name can not have two dots in a row"},
    {".a.test", "malformed", "Domain name can not have two dots in a row"},
    {"a.test.", "malformed", "Domain name ends in a dot"},
    {"a_b.test", "malformed", bad_char},
    {"a b.test", "malformed", bad_char},
    {"-a.test", "malformed", bad_char},
    {"a-.test", "malformed", bad_char},
    {"b\xc3\xbc"
     "cher.example",
     "malformed", bad_char},
    {"a.*.test", "malformed", misplaced},
    {"a*.test", "malformed", misplaced},
    {"*", "malformed", misplaced},
    {"*a.test", "malformed", misplaced},
    {"a.test.*", "malformed", misplaced},
    {"*.*.test", "malformed", "Domain name has more than one wildcard"},
    {"**.test", "malformed", "Domain name has more than one wildcard"},
    {"*.", "malformed", "Identifier value (name) is empty"},
    {"*.test", "malformed", "Domain name is a wildcard for an ICANN TLD"},
    {"*.lan", "malformed", "Domain name is a wildcard for an ICANN TLD"},
    {"*.com", "malformed", "Domain name is a wildcard for an ICANN TLD"},
    {"*..test", "malformed", "Domain name can not have two dots in a row"},
    {"*.127.0.0.1", "malformed", "Identifier type is DNS but value is an IP address"},
    {"*.a_b.test", "malformed", bad_char},
    {"*.a.b.c.d.e.f.g.h.i.j.test", "malformed", "Domain name has more than 10 labels (parts)"},
    {"*.shop.com", "rejectedIdentifier", NULL},
    {"127.0.0.1", "malformed", "Identifier type is DNS but value is an IP address"},
    {"::1", "malformed", bad_char},
    {"ab--c.test", "rejectedIdentifier",
     "Domain name contains an invalid label in a reserved format (R-LDH: '?\?--')"},
    {"xn--a.test", "malformed", "Domain name contains malformed punycode"},
    {"xn--99999999999.test", "malformed", "Domain name contains malformed punycode"},
    {"shop.com", "rejectedIdentifier", NULL},
    {"example.com", "rejectedIdentifier", NULL},
    {"shop.example.com", "rejectedIdentifier", NULL},
    {"a.notexample", "rejectedIdentifier", NULL},
    {"a.xcorp.internal", "rejectedIdentifier", NULL},
    {"internal.a", "rejectedIdentifier", NULL},
};

static struct ca_suffixes suffixes_of(struct arena *mem)
{
    static const char *const extra[] = {"corp.internal", "lan"};
    struct ca_suffixes out;
    struct err err;

    assert_true(ca_suffixes_make(mem, extra, ARRAY_LEN(extra), &out, &err));
    return out;
}

static void test_rows(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_suffixes suffixes = suffixes_of(mem);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum ca_problem_type type = CA_PROBLEM_COUNT;
        const char *refusal = ca_name_refusal(&suffixes, rows[i].name, &type);
        const char *expected = rows[i].refusal ? rows[i].refusal : outside;

        if (!rows[i].type) {
            ok(!refusal, "%s: %s", rows[i].name, refusal ? refusal : "");
            continue;
        }
        if (!ok(refusal != NULL, "%s: permitted", rows[i].name))
            continue;
        ok(strcmp(refusal, expected) == 0, "%s: \"%s\"", rows[i].name, refusal);
        ok(strcmp(ca_problem_name(type), rows[i].type) == 0, "%s: %s", rows[i].name,
           ca_problem_name(type));
    }
    all_ok();
}

static void test_forbidden(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char *const forbidden[] = {"bad.example"};
    static const struct {
        const char *name;
        bool is_refused;
    } names[] = {{"bad.example", true},
                 {"*.bad.example", true},
                 {"a.bad.example", true},
                 {"notbad.example", false},
                 {"example.test", false}};
    struct ca_suffixes suffixes;
    struct err err;

    assert_true(ca_suffixes_make(mem, NULL, 0, &suffixes, &err));
    suffixes.forbidden = forbidden;
    suffixes.forbidden_count = ARRAY_LEN(forbidden);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        enum ca_problem_type type;
        const char *refusal = ca_name_refusal(&suffixes, names[i].name, &type);

        ok(names[i].is_refused ? refusal && type == CA_PROBLEM_REJECTED_IDENTIFIER : !refusal, "%s",
           names[i].name);
    }
    all_ok();
}

/* Names of 252, 253 and 254 octets that begin with `begin`: labels of 63, and one that makes up
 * the rest, under .test. */
static void check_length(const struct ca_suffixes *suffixes, const char *begin)
{
    for (int extra = -1; extra <= 1; extra++) {
        char name[CA_NAME_MAX + 2];
        int rest = CA_NAME_MAX + extra - (int)strlen(begin) - 3 * 64 - 5;
        enum ca_problem_type type;
        const char *refusal;

        snprintf(name, sizeof(name), "%s%s.%s.%s.%.*s.test", begin, L63, L63, L63, rest, L63);
        assert_int_equal(strlen(name), CA_NAME_MAX + extra);
        refusal = ca_name_refusal(suffixes, name, &type);
        ok((refusal == NULL) == (extra <= 0), "%s, %d octets: %s", begin, CA_NAME_MAX + extra,
           refusal ? refusal : "permitted");
        if (refusal)
            ok(strcmp(refusal, "Domain name is longer than 253 bytes") == 0, "\"%s\"", refusal);
    }
}

static void test_length_limit(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_suffixes suffixes = suffixes_of(mem);

    (void)state;
    check_length(&suffixes, "");
    check_length(&suffixes, "*.");
    all_ok();
}

static bool read_text(struct arena *mem, const char *text, struct ca_names *out,
                      struct ca_problem *problem)
{
    struct ca_suffixes suffixes = suffixes_of(mem);
    json_t *json = ca_json_keep(mem, json_loads(text, 0, NULL));

    return ca_names_read(mem, &suffixes, json, out, problem);
}

static void test_order_of_names(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;
    struct ca_names names, again;

    (void)state;
    assert_true(read_text(mem,
                          "[{\"type\":\"dns\",\"value\":\"www.B.test\"},"
                          "{\"type\":\"dns\",\"value\":\"a.test\"},"
                          "{\"type\":\"dns\",\"value\":\"A.TEST\"}]",
                          &names, &problem));
    assert_string_equal(ca_names_text(mem, &names), "a.test,www.b.test");
    again = ca_names_split(mem, ca_names_text(mem, &names));
    assert_true(ca_names_equal(&names, &again));
}

/* The apex, and names two labels below, are no part of a wildcard. */
static void test_wildcard_beside_others(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_problem problem;
    struct ca_names names;

    (void)state;
    assert_true(read_text(mem,
                          "[{\"type\":\"dns\",\"value\":\"a.test\"},"
                          "{\"type\":\"dns\",\"value\":\"*.A.test\"},"
                          "{\"type\":\"dns\",\"value\":\"x.y.a.test\"}]",
                          &names, &problem));
    assert_string_equal(ca_names_text(mem, &names), "*.a.test,a.test,x.y.a.test");
    assert_string_equal(ca_name_base(names.items[0]), "a.test");
    assert_string_equal(ca_name_base(names.items[1]), "a.test");
}

static void test_refused_lists(void **state)
{
    static const struct {
        const char *json, *type, *detail;
        size_t subs;
    } lists[] = {
        {"[]", "malformed", "NewOrder request did not specify any identifiers", 0},
        {"{}", "malformed", "NewOrder request did not specify any identifiers", 0},
        {"[1]", "malformed", "Unable to unmarshal NewOrder request body", 0},
        {"[{\"type\":\"dns\"}]", "malformed", "Unable to unmarshal NewOrder request body", 0},
        {"[{\"type\":\"dns\",\"value\":\"\"}]", "malformed",
         "NewOrder request included empty identifier", 0},
        {"[{\"type\":\"ip\",\"value\":\"127.0.0.1\"}]", "unsupportedIdentifier",
         "NewOrder request included unsupported identifier: type \"ip\", value \"127.0.0.1\"", 0},
        {"[{\"type\":\"dns\",\"value\":\"a_.test\"}]", "rejectedIdentifier",
         "Cannot issue for \"a_.test\": Domain name contains an invalid character", 0},
        {"[{\"type\":\"dns\",\"value\":\"a_.test\"},{\"type\":\"dns\",\"value\":\"ok.test\"},"
         "{\"type\":\"dns\",\"value\":\"b_.test\"}]",
         "rejectedIdentifier",
         "Cannot issue for \"a_.test\": Domain name contains an invalid character (and 1 more "
         "problems. Refer to sub-problems for more information.)",
         2},
        {"[{\"type\":\"dns\",\"value\":\"*.a.test\"},{\"type\":\"dns\",\"value\":\"WWW.a.test\"}]",
         "malformed",
         "Error creating new order :: Domain name \"www.a.test\" is redundant with a wildcard "
         "domain "
         "in the same request. Remove one or the other from the certificate request.",
         0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_problem problem = {.detail = ""};
        struct ca_names names;

        if (!ok(!read_text(mem, lists[i].json, &names, &problem), "%s accepted", lists[i].json))
            continue;
        ok(strcmp(ca_problem_name(problem.type), lists[i].type) == 0, "%s: %s", lists[i].json,
           ca_problem_name(problem.type));
        ok(strcmp(problem.detail, lists[i].detail) == 0, "%s: \"%s\"", lists[i].json,
           problem.detail);
        ok(problem.sub_count == lists[i].subs, "%s: %zu subproblems", lists[i].json,
           problem.sub_count);
    }
    all_ok();
}

static void test_count_limit(void **state)
{
    (void)state;
    for (size_t count = CA_NAMES_MAX - 1; count <= CA_NAMES_MAX + 1; count++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_suffixes suffixes = suffixes_of(mem);
        json_t *list = ca_json_keep(mem, json_array());
        struct ca_problem problem = {.detail = ""};
        struct ca_names names;

        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, json_pack("{s:s, s:o}", "type", "dns", "value",
                                                  json_sprintf("n%zu.test", i)));
        ok(ca_names_read(mem, &suffixes, list, &names, &problem) == (count <= CA_NAMES_MAX),
           "%zu names: %s", count, problem.detail);
    }
    all_ok();
}

static void test_bad_suffixes(void **state)
{
    static const char *const bad[] = {"", ".test", "Test", "a..b", "a b", "a.", "-a", "*.test"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_suffixes out;
        struct err err;

        ok(!ca_suffixes_make(mem, &bad[i], 1, &out, &err), "\"%s\" accepted", bad[i]);
        ok(strcmp(err.text,
                  arena_printf(mem, "permitted suffix \"%s\" is not a lower-case DNS name",
                               bad[i])) == 0,
           "%s", err.text);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forbidden),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_length_limit),
        cmocka_unit_test(test_order_of_names),
        cmocka_unit_test(test_wildcard_beside_others),
        cmocka_unit_test(test_refused_lists),
        cmocka_unit_test(test_count_limit),
        cmocka_unit_test(test_bad_suffixes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
