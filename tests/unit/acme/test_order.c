/* SPDX-License-Identifier: Apache-2.0 */

/* What is asked for with newOrder and newAuthz, and what a refusal leaves to ask for. */
#include "acme/authorization.h"
#include "acme/problem.h"
#include "base/clock.h"
#include "new_order.h"

static void test_order(void **state)
{
    struct world *w = world_new();
    char expected[512];
    struct acme_order *order;
    struct err err;

    (void)state;
    reply_with(w, CREATED "Retry-After: 3\r\n" JSON_OF(ORDER));
    assert_true(new_order(w, &order, &err));
    snprintf(expected, sizeof(expected),
             "{\"alg\":\"ES256\",\"nonce\":\"n0\",\"url\":\"%s/new-order\",\"kid\":\"kid\"}\n"
             "{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"},"
             "{\"type\":\"dns\",\"value\":\"www.a.example\"}]}\n",
             w->ca.origin);
    assert_true(fake_got(&w->ca, expected));
    assert_int_equal(w->ca.new_nonces, 0); /* the directory's answer had brought n0 */
    snprintf(expected, sizeof(expected), "%s/order/1", w->ca.origin);
    assert_string_equal(order->url, expected);
    assert_int_equal(order->status, ACME_ORDER_PENDING);
    assert_in_range(order->retry_at, clock_now() + 2000, clock_now() + 3000);
    world_free(w);
}

static void test_order_with_all(void **state)
{
    struct world *w = world_new();
    static const char *const names[] = {"a.example"};
    const struct acme_order_request want = {.names = names,
                                            .name_count = 1,
                                            .profile = "short",
                                            .replaces = "a.b",
                                            .not_before_at = INT64_C(1795492084000),
                                            .not_after_at = INT64_C(1795492085500)};
    struct acme_order *order;
    struct err err;

    (void)state;
    reply_with(w,
               CREATED JSON_OF("{\"status\":\"pending\",\"identifiers\":[],\"authorizations\":[],"
                               "\"finalize\":\"{}/f\",\"notBefore\":\"2026-11-24T03:48:04Z\","
                               "\"notAfter\":\"2026-11-24T03:48:05.5Z\"}"));
    assert_true(acme_order_new(w->mem, &w->call, &want, &order, &err));
    assert_true(fake_got(&w->ca, "\n{\"identifiers\":[{\"type\":\"dns\",\"value\":\"a.example\"}],"
                                 "\"profile\":\"short\",\"replaces\":\"a.b\","
                                 "\"notBefore\":\"2026-11-24T03:48:04.000Z\","
                                 "\"notAfter\":\"2026-11-24T03:48:05.500Z\"}\n"));
    assert_int_equal(order->not_before_at, want.not_before_at);
    assert_int_equal(order->not_after_at, want.not_after_at);
    world_free(w);
}

/* RFC 9773 section 5 and profiles: what a refusal is worth asking for again without. */
static void test_leaving_out(void **state)
{
    static const struct {
        const char *type;
        enum acme_left_out with_both, with_profile, with_none;
    } rows[] = {
        {"alreadyReplaced", ACME_LEFT_REPLACES, ACME_LEFT_NOTHING, ACME_LEFT_NOTHING},
        {"malformed", ACME_LEFT_REPLACES, ACME_LEFT_NOTHING, ACME_LEFT_NOTHING},
        {"unauthorized", ACME_LEFT_REPLACES, ACME_LEFT_NOTHING, ACME_LEFT_NOTHING},
        {"conflict", ACME_LEFT_REPLACES, ACME_LEFT_NOTHING, ACME_LEFT_NOTHING},
        {"invalidProfile", ACME_LEFT_PROFILE, ACME_LEFT_PROFILE, ACME_LEFT_NOTHING},
        {"rateLimited", ACME_LEFT_NOTHING, ACME_LEFT_NOTHING, ACME_LEFT_NOTHING},
        {"rejectedIdentifier", ACME_LEFT_NOTHING, ACME_LEFT_NOTHING, ACME_LEFT_NOTHING},
        {"serverInternal", ACME_LEFT_NOTHING, ACME_LEFT_NOTHING, ACME_LEFT_NOTHING},
    };
    static const char *const names[] = {"a.example"};
    struct world *w = world_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const enum acme_left_out expected[] = {rows[i].with_both, rows[i].with_profile,
                                               rows[i].with_none};
        struct acme_order *order;
        struct err err;

        reply_with(w, arena_printf(w->mem,
                                   "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                                   "{\"type\":\"" URN "%s\"}",
                                   rows[i].type));
        for (size_t step = 0; step < ARRAY_LEN(expected); step++) {
            struct acme_order_request want = {.names = names,
                                              .name_count = 1,
                                              .profile = step < 2 ? "short" : NULL,
                                              .replaces = step < 1 ? "a.b" : NULL};

            assert_false(acme_order_new(w->mem, &w->call, &want, &order, &err));
            ok(acme_order_leave_out(&w->problem, &want) == expected[step], "%s, step %zu",
               rows[i].type, step);
            ok(!want.replaces || expected[step] != ACME_LEFT_REPLACES, "%s: still there",
               rows[i].type);
            ok(!want.profile || expected[step] != ACME_LEFT_PROFILE, "%s: still there",
               rows[i].type);
        }
    }
    world_free(w);
    all_ok();
}

static void test_new_authorization(void **state)
{
    struct world *w = world_new();
    struct acme_authorization *authorization;
    struct err err;

    (void)state;
    reply_with(w, "HTTP/1.1 201 Created\r\nLocation: {}/authz/1\r\n" JSON_OF(
                      "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\","
                      "\"value\":\"a.example\"},\"challenges\":[]}"));
    assert_true(acme_authorization_new(w->mem, &w->call, "a.example", &authorization, &err));
    assert_true(fake_got(&w->ca, "/new-authz\",\"kid\":\"kid\"}\n{\"identifier\":{\"type\":\"dns\","
                                 "\"value\":\"a.example\"}}\n"));
    assert_non_null(strstr(authorization->url, "/authz/1"));
    reply_with(w, "HTTP/1.1 201 Created\r\n" JSON_OF(
                      "{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\","
                      "\"value\":\"a.example\"},\"challenges\":[]}"));
    assert_false(acme_authorization_new(w->mem, &w->call, "a.example", &authorization, &err));
    assert_string_equal(err.text, "Test CA, newAuthz: Location is missing");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_order_with_all),
        cmocka_unit_test(test_leaving_out),
        cmocka_unit_test(test_new_authorization),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
