/* SPDX-License-Identifier: Apache-2.0 */

/* Renewal information (RFC 9773), and orders that replace a certificate. */
#include <string.h>

#include "acme/ari.h"
#include "acme/directory.h"
#include "acme/order.h"
#include "base/clock.h"
#include "certs.h"
#include "tls/chain.h"
#include "world.h"

#define URN "urn:ietf:params:acme:error:"
#define ID  "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
#define WINDOW                                                                                     \
    "{\"suggestedWindow\":{\"start\":\"2026-11-24T00:00:00Z\",\"end\":\"2026-11-25T00:00:00Z\"},"  \
    "\"explanationURL\":\"https://ca.example/why\"}"

/* RFC 9773 appendix A. */
static const char appendix_a[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt\n"
    "cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS\n"
    "BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu\n"
    "7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf\n"
    "qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B\n"
    "yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb\n"
    "+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK\n"
    "-----END CERTIFICATE-----\n";

static void test_id(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *id = NULL;
    struct chain chain;
    struct err err;

    (void)state;
    assert_true(chain_read(mem, SLICE_LIT(appendix_a), &chain, &err));
    assert_true(acme_certificate_id(mem, chain.certs[0], &id, &err));
    assert_string_equal(id, ID);
}

static void test_no_id(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct test_cert *bare = test_cert_make(
        mem, &(struct test_cert_wish){.cn = "bare", .not_after = INT64_C(1900000000000)});
    const char *id = NULL;
    struct err err;

    (void)state;
    assert_false(acme_certificate_id(mem, SLICE_LIT("\x30\x00"), &id, &err));
    assert_int_equal(err.code, ERR_BAD_CERT);
    assert_string_equal(err.text, "the leaf is no certificate");
    assert_false(acme_certificate_id(mem, bare->der, &id, &err));
    assert_string_equal(err.text, "the leaf has no authority key identifier");
    assert_null(id);
}

/* What Retry-After becomes: 1 minute to a day, 6 hours when there is none. */
/* req: R9, A11 */
static void test_window(void **state)
{
    static const struct {
        const char *header;
        int64_t wait_s;
    } rows[] = {
        {"Retry-After: 21600\r\n", 21600},
        {"Retry-After: 59\r\n", 60},
        {"Retry-After: 60\r\n", 60},
        {"Retry-After: 61\r\n", 61},
        {"Retry-After: 86400\r\n", 86400},
        {"Retry-After: 86401\r\n", 86400},
        {"", 21600},
        {"Retry-After: soon\r\n", 21600},
    };
    struct world *w = world_new();
    struct acme_renewal_info *info;
    struct err err;

    (void)state;
    w->ca.has_renewal_info = true;
    w->call.account = NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t before = clock_now();

        info = NULL;
        reply_with(
            w, arena_printf(w->mem, "HTTP/1.1 200 OK\r\n%s%s", rows[i].header, JSON_OF(WINDOW)));
        if (!ok(acme_renewal_info_get(w->mem, &w->call, ID, &info, &err), "row %zu: %s", i,
                err.text))
            continue;
        ok(info->retry_at >= before + rows[i].wait_s * 1000 &&
               info->retry_at <= clock_now() + rows[i].wait_s * 1000,
           "row %zu: %lld", i, (long long)(info->retry_at - before));
        ok(info->start_at == INT64_C(1795478400000) && info->end_at == INT64_C(1795564800000),
           "row %zu: window", i);
        ok(strcmp(info->explanation_url, "https://ca.example/why") == 0, "row %zu: page", i);
    }
    assert_true(fake_got(&w->ca, "GET /renewal-info/" ID " HTTP/1.1\r\n"));
    assert_int_equal(w->ca.posts, 0);
    world_free(w);
    all_ok();
}

static void test_explanation(void **state)
{
    static const struct {
        const char *body, *page;
    } rows[] = {
        {"{\"suggestedWindow\":{\"start\":\"2026-11-24T00:00:00Z\",\"end\":\"2026-11-25T00:00:"
         "00Z\"}}",
         NULL},
        {"{\"suggestedWindow\":{\"start\":\"2026-11-24T00:00:00Z\",\"end\":\"2026-11-25T00:00:"
         "00Z\"},"
         "\"explanationURL\":\"javascript:alert(1)\"}",
         NULL},
        {"{\"suggestedWindow\":{\"start\":\"2026-11-24T00:00:00Z\",\"end\":\"2026-11-25T00:00:"
         "00Z\"},"
         "\"explanationURL\":7}",
         NULL},
        {WINDOW, "https://ca.example/why"},
    };
    struct world *w = world_new();

    (void)state;
    w->ca.has_renewal_info = true;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct acme_renewal_info *info = NULL;
        struct err err;

        reply_with(w, arena_printf(w->mem, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s",
                                   rows[i].body));
        if (!ok(acme_renewal_info_get(w->mem, &w->call, ID, &info, &err), "row %zu: %s", i,
                err.text))
            continue;
        ok(rows[i].page ? info->explanation_url && !strcmp(info->explanation_url, rows[i].page)
                        : !info->explanation_url,
           "row %zu: %s", i, info->explanation_url);
    }
    world_free(w);
    all_ok();
}

/* A CA without ARI: nothing is asked, and it is no error. */
static void test_absent(void **state)
{
    struct world *w = world_new();
    struct acme_renewal_info some, *info = &some;
    struct err err;

    (void)state;
    assert_true(acme_renewal_info_get(w->mem, &w->call, ID, &info, &err));
    assert_null(info);
    assert_int_equal(w->ca.server.requests, 1); /* the directory */
    world_free(w);
}

#define HOURS 3600
static const struct {
    struct fake_reply reply;
    int wait_s[ACME_ARI_TRIES]; /* after the first failure, the second, ... */
} failures[] = {
    /* temporary: time-out, 5xx, with or without a document or a Retry-After */
    {{"HTTP/1.1 200 OK\r\n" JSON_OF(WINDOW), 0, 100}, {60, 120, 240, 480, 960, 6 * HOURS}},
    {{"HTTP/1.1 502 Bad Gateway\r\n" JSON_OF("<html>"), 0, 0}, {60, 120, 240, 480, 960, 6 * HOURS}},
    {{"HTTP/1.1 500 Oh\r\n" JSON_OF("{\"type\":\"" URN "serverInternal\"}"), 0, 0},
     {60, 120, 240, 480, 960, 6 * HOURS}},
    {{"HTTP/1.1 503 Busy\r\nRetry-After: 600\r\n" JSON_OF(""), 0, 0},
     {600, 600, 600, 600, 960, 6 * HOURS}},
    {{"HTTP/1.1 503 Busy\r\nRetry-After: 604800\r\n" JSON_OF(""), 0, 0},
     {24 * HOURS, 24 * HOURS, 24 * HOURS, 24 * HOURS, 24 * HOURS, 24 * HOURS}},
    /* long-term: another status, no window, an answer that ends before it should */
    {{"HTTP/1.1 404 No\r\n" JSON_OF("{\"type\":\"" URN "malformed\"}"), 0, 0},
     {6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS}},
    {{"HTTP/1.1 429 No\r\nRetry-After: 10\r\n" JSON_OF(""), 0, 0},
     {6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS}},
    {{"HTTP/1.1 200 OK\r\n" JSON_OF("{}"), 0, 0},
     {6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS}},
    {{"", 0, 0}, {6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS, 6 * HOURS}},
};

static void test_failures(void **state)
{
    struct world *w = world_new();

    (void)state;
    w->ca.has_renewal_info = true;
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        struct acme_renewal_info *info = NULL;
        struct err err = {.text = ""};
        int64_t now;

        w->problem = (struct acme_problem){0};
        fake_set_reply(&w->ca, failures[i].reply);
        ok(!acme_renewal_info_get(w->mem, &w->call, ID, &info, &err) && !info, "row %zu passed", i);
        now = clock_now();
        for (int n = 1; n <= ACME_ARI_TRIES; n++) {
            int64_t wait = acme_renewal_info_retry_at(&w->problem, n, now) - now;

            /* a Retry-After counts from its answer, which is some milliseconds old */
            ok(wait <= failures[i].wait_s[n - 1] * INT64_C(1000) &&
                   wait > failures[i].wait_s[n - 1] * INT64_C(1000) - 1000,
               "row %zu, failure %d: %lld (%s)", i, n, (long long)wait, err.text);
        }
    }
    world_free(w);
    all_ok();
}

/* Nobody listens there: long-term. */
static void test_refused(void **state)
{
    struct world *w = world_new();
    struct acme_renewal_info *info;
    struct acme_directory *directory;
    struct err err;

    (void)state;
    w->ca.has_renewal_info = true;
    assert_true(acme_directory(w->mem, &w->call, &directory, &err)); /* and keeps it */
    tiny_stop(&w->ca.server);
    assert_false(acme_renewal_info_get(w->mem, &w->call, ID, &info, &err));
    assert_int_equal(w->problem.type, ACME_PROBLEM_UNREACHABLE);
    assert_int_equal(acme_renewal_info_retry_at(&w->problem, 1, 0), 6 * HOURS * 1000);
    assert_true(tiny_start(&w->ca.server, "127.0.0.1", 0));
    world_free(w);
}

#define REFUSED(status, type)                                                                      \
    "HTTP/1.1 " status " No\r\n" JSON_OF("{\"type\":\"" URN type "\",\"detail\":\"as it is\"}")
#define CREATED                                                                                    \
    "HTTP/1.1 201 Created\r\nLocation: {}/order/1\r\n" JSON_OF(                                    \
        "{\"status\":\"pending\",\"identifiers\":[],\"authorizations\":[],\"finalize\":\"{}/f\","  \
        "\"replaces\":\"" ID "\",\"profile\":\"fast\"}")

/* The same refusal means another thing with "replaces" and without. */
/* req: R9 */
static void test_fallbacks(void **state)
{
    static const struct {
        const char *reply;
        enum acme_reaction with, without;
    } rows[] = {
        {REFUSED("409", "alreadyReplaced"), ACME_DROP_REPLACES, ACME_DROP_REPLACES},
        {REFUSED("409", "conflict"), ACME_DROP_REPLACES, ACME_REREAD},
        {REFUSED("404", "malformed"), ACME_DROP_REPLACES, ACME_NEW_ORDER},
        {REFUSED("400", "malformed"), ACME_DROP_REPLACES, ACME_STOP},
        {REFUSED("403", "unauthorized"), ACME_DROP_REPLACES, ACME_STOP},
        {REFUSED("400", "invalidProfile"), ACME_DEFAULT_PROFILE, ACME_DEFAULT_PROFILE},
        {REFUSED("400", "accountDoesNotExist"), ACME_REGISTER, ACME_REGISTER},
        {REFUSED("429", "rateLimited"), ACME_RETRY_AT, ACME_RETRY_AT},
        {REFUSED("400", "rejectedIdentifier"), ACME_DROP_NAME, ACME_DROP_NAME},
    };
    static const char *const names[] = {"a.example"};
    struct acme_order_request want = {.names = names, .name_count = 1, .profile = "fast"};
    struct world *w = world_new();
    struct acme_order *order;
    struct err err;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        reply_with(w, rows[i].reply);
        want.replaces = ID;
        ok(!acme_order_new(w->mem, &w->call, &want, &order, &err) &&
               w->problem.reaction == rows[i].with,
           "row %zu: %u, %s", i, w->problem.reaction, err.text);
        want.replaces = NULL;
        ok(!acme_order_new(w->mem, &w->call, &want, &order, &err) &&
               w->problem.reaction == rows[i].without,
           "row %zu, without: %u, %s", i, w->problem.reaction, err.text);
    }
    want.replaces = ID;
    reply_with(w, CREATED);
    assert_true(acme_order_new(w->mem, &w->call, &want, &order, &err));
    assert_true(fake_got(&w->ca, "\"profile\":\"fast\",\"replaces\":\"" ID "\"}"));
    assert_string_equal(order->replaces, ID);
    assert_string_equal(order->profile, "fast");
    assert_int_equal(w->ca.directories, 3); /* at first, and after each invalidProfile */
    world_free(w);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_id),      cmocka_unit_test(test_no_id),
        cmocka_unit_test(test_window),  cmocka_unit_test(test_explanation),
        cmocka_unit_test(test_absent),  cmocka_unit_test(test_failures),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_fallbacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
