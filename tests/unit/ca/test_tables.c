/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/alg.h"
#include "ca/challenge.h"
#include "ca/contact.h"
#include "ca/fault.h"
#include "ca/journal_store.h"
#include "ca/jwk.h"
#include "ca/routes.h"
#include "ca/status.h"
#include "check.h"

/* The pages that people send a form to. */
static bool is_form(unsigned endpoint)
{
    return endpoint == CA_ENDPOINT_UNPAUSE_POST || endpoint == CA_ENDPOINT_AGREEMENT_POST;
}

/* Every endpoint has its route, and only POST is taken in by its signature. */
static void test_routes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CA_ENDPOINT_COUNT; i++) {
        const struct http_route *route = &ca_routes[i];
        const struct ca_endpoint *endpoint = &ca_endpoints[i];

        if (!ok(route->path && route->operation && endpoint->run, "row %u is empty", i))
            continue;
        ok(route->needs == i, "%s: runs row %u", route->path, route->needs);
        ok(route->run == ca_handle, "%s: another handler", route->path);
        ok((route->method == HTTP_GET || is_form(i)) == (endpoint->auth == CA_AUTH_NONE),
           "%s: a POST without a signature, or a GET with one", route->path);
        ok(route->max_body == (endpoint->auth != CA_AUTH_NONE ? CA_JWS_MAX : 0), "%s: body limit",
           route->path);
        ok(!endpoint->needs_terms || endpoint->auth == CA_AUTH_ACCOUNT, "%s: terms of nobody",
           route->path);
        ok(ca_limit_is_requests(endpoint->requests), "%s: counts towards %s", route->path,
           ca_limit_name(endpoint->requests));
    }
    all_ok();
}

static void test_statuses(void **state)
{
    (void)state;
    for (int i = 0; i < CA_STATUS_COUNT; i++) {
        enum ca_status status = CA_STATUS_COUNT;
        struct err err;

        ok(ca_status_read(ca_status_name((enum ca_status)i), &status, &err) && (int)status == i,
           "row %d", i);
    }
    all_ok();
}

static void test_algorithms(void **state)
{
    (void)state;
    for (int i = 0; i < CA_ALG_COUNT; i++) {
        enum ca_alg alg = CA_ALG_COUNT;

        ok(ca_alg_parse(ca_alg_name((enum ca_alg)i), &alg) && (int)alg == i, "row %d", i);
        ok(strstr(ca_alg_words(), ca_alg_name((enum ca_alg)i)) != NULL, "%s is not in the words",
           ca_alg_name((enum ca_alg)i));
    }
    all_ok();
}

static void test_challenge_types(void **state)
{
    (void)state;
    for (int i = 0; i < CA_CHALLENGE_COUNT; i++) {
        enum ca_challenge_type type = CA_CHALLENGE_COUNT;

        ok(ca_challenge_parse(ca_challenge_name((enum ca_challenge_type)i), &type) &&
               (int)type == i,
           "row %d", i);
        ok(ca_challenge_fits(type, "a.test"), "%s: not for a name", ca_challenge_name(type));
        ok(ca_challenge_fits(type, "*.a.test") == (type == CA_CHALLENGE_DNS_01), "%s: a wildcard",
           ca_challenge_name(type));
    }
    all_ok();
}

static void test_journal_kinds(void **state)
{
    (void)state;
    for (int i = 0; i < CA_JOURNAL_KIND_COUNT; i++) {
        enum ca_journal_kind kind = CA_JOURNAL_KIND_COUNT;

        ok(ca_journal_kind_parse(ca_journal_kind_name((enum ca_journal_kind)i), &kind) &&
               (int)kind == i,
           "row %d", i);
    }
    all_ok();
}

/* Of so many requests exactly those are hit, and then no more. */
static void test_faults(void **state)
{
    struct ca_faults *faults = ca_faults_new();
    const struct ca_fault twice = {.share = 100, .left = 2, .wait_s = 7};
    const struct ca_fault over = {.share = 100, .until_ms = 1};
    struct ca_fault found;

    (void)state;
    for (int i = 0; i < CA_FAULT_COUNT; i++) {
        enum ca_fault_kind kind = CA_FAULT_COUNT;
        int64_t wait_s = 0;

        ok(ca_fault_parse(ca_fault_name((enum ca_fault_kind)i), &kind) && (int)kind == i, "row %d",
           i);
        ok(*ca_fault_text((enum ca_fault_kind)i), "row %d has no text", i);
        ok(!ca_fault_hits(faults, kind, &wait_s), "row %d is on", i);
        ca_fault_begin(faults, kind, &twice);
        ok(ca_fault_hits(faults, kind, &wait_s) && wait_s == 7, "row %d: the first", i);
        ok(ca_fault_get(faults, kind, &found) && found.left == 1, "row %d: left", i);
        ok(ca_fault_hits(faults, kind, &wait_s), "row %d: the second", i);
        ok(!ca_fault_hits(faults, kind, &wait_s), "row %d: the third", i);
        ca_fault_begin(faults, kind, &over);
        ok(!ca_fault_hits(faults, kind, &wait_s), "row %d: when its time is over", i);
    }
    ca_fault_begin(faults, CA_FAULT_SLOW, &twice);
    ca_fault_end_all(faults);
    ok(!ca_fault_get(faults, CA_FAULT_SLOW, &found), "ended");
    ca_faults_free(faults);
    all_ok();
}

#define CONTACTS "Error validating contact(s) :: "

static void test_contacts(void **state)
{
    static const struct {
        const char *json, *type, *text; /* type NULL: accepted, and text is what is stored */
    } rows[] = {
        {"null", NULL, "[]"},
        {"[]", NULL, "[]"},
        {"[\"mailto:a@b.test\"]", NULL, "[\"mailto:a@b.test\"]"},
        {"[\"mailto:a+b@c-d.e.test\"]", NULL, "[\"mailto:a+b@c-d.e.test\"]"},
        {"{}", "malformed", "Error unmarshaling JSON"},
        {"[null]", "malformed", "Error unmarshaling JSON"},
        {"[\"\"]", "invalidContact", CONTACTS "empty contact"},
        {"[\"a@b.test\"]", "unsupportedContact",
         CONTACTS "only contact scheme 'mailto:' is supported"},
        {"[\"mailto:\"]", "invalidContact", CONTACTS "unable to parse email address"},
        {"[\"mailto:@b.test\"]", "invalidContact", CONTACTS "unable to parse email address"},
        {"[\"mailto:a@test\"]", "invalidContact", CONTACTS "unable to parse email address"},
        {"[\"mailto:a@.test\"]", "invalidContact", CONTACTS "unable to parse email address"},
        {"[\"mailto:a@b.test,c@d.test\"]", "invalidContact",
         CONTACTS "unable to parse email address"},
        {"[\"mailto:a b@c.test\"]", "invalidContact",
         CONTACTS "contact email contains non-ASCII characters"},
        {"[\"mailto:\\u00fc@c.test\"]", "invalidContact",
         CONTACTS "contact email contains non-ASCII characters"},
        {"[\"mailto:a@b.test?subject=x\"]", "invalidContact",
         CONTACTS "contact email contains a question mark"},
        {"[\"mailto:a@b.test#x\"]", "invalidContact", CONTACTS "contact email contains a '#'"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        json_t *json = ca_json_keep(mem, json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
        struct ca_problem problem = {.detail = ""};
        const char *out = NULL;
        bool is_good = ca_contacts_read(mem, json, &out, &problem);

        if (!ok(is_good == !rows[i].type, "%s: %s", rows[i].json, problem.detail))
            continue;
        ok(strcmp(is_good ? out : problem.detail, rows[i].text) == 0, "%s: %s", rows[i].json,
           is_good ? out : problem.detail);
        if (!is_good)
            ok(strcmp(ca_problem_name(problem.type), rows[i].type) == 0, "%s: %s", rows[i].json,
               ca_problem_name(problem.type));
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_algorithms),    cmocka_unit_test(test_challenge_types),
        cmocka_unit_test(test_journal_kinds), cmocka_unit_test(test_contacts),
        cmocka_unit_test(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
