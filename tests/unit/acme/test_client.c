/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <sys/resource.h>

#include "acme/authorization.h"
#include "acme/certificate.h"
#include "acme/directory.h"
#include "acme/order.h"
#include "acme/problem.h"
#include "base/clock.h"
#include "check.h"
#include "world.h"

#define URN "urn:ietf:params:acme:error:"
#define ORDER                                                                                      \
    "{\"status\":\"pending\",\"identifiers\":[],\"authorizations\":[],\"finalize\":\"{}/f\"}"
#define CREATED "HTTP/1.1 201 Created\r\nLocation: {}/order/1\r\nReplay-Nonce: n0\r\n"
static bool new_order(struct world *w, struct acme_order **out, struct err *err)
{
    static const char *const names[] = {"a.example", "www.a.example"};
    const struct acme_order_request want = {.names = names, .name_count = ARRAY_LEN(names)};

    return acme_order_new(w->mem, &w->call, &want, out, err);
}

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

/* No reply of this test has a nonce the client could use, but those of newNonce and badNonce. */
static void test_bad_nonce(void **state)
{
    static const struct {
        int bad;
        bool is_done;
    } rows[] = {{0, true}, {1, true}, {ACME_NONCE_TRIES - 1, true}, {ACME_NONCE_TRIES, false}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world *w = world_new();
        struct acme_order *order;
        struct err err = {.text = ""};

        reply_with(w, "HTTP/1.1 201 Created\r\nLocation: {}/order/1\r\n" JSON_OF(ORDER));
        w->ca.bad_nonces = rows[i].bad;
        ok(new_order(w, &order, &err) == rows[i].is_done, "%d badNonce: %s", rows[i].bad, err.text);
        ok(w->ca.posts == (rows[i].bad < ACME_NONCE_TRIES ? rows[i].bad + 1 : ACME_NONCE_TRIES),
           "%d badNonce: %d posts", rows[i].bad, w->ca.posts);
        ok(w->ca.stale == 0 && w->ca.new_nonces == 0, "%d badNonce: %d stale, %d newNonce",
           rows[i].bad, w->ca.stale, w->ca.new_nonces);
        if (!rows[i].is_done)
            ok(err.code == ERR_CA_BUSY && w->problem.reaction == ACME_RETRY_NOW &&
                   strcmp(err.text, "Test CA refused newOrder: badNonce: JWS has an invalid "
                                    "anti-replay nonce") == 0,
               "%s", err.text);
        world_free(w);
    }
    all_ok();
}

static const struct fault {
    struct fake_reply reply;
    enum err_code code;
    enum acme_problem_type type;
    enum acme_reaction reaction;
    const char *text; /* after "Test CA, newOrder: " or whole; PORT is the port */
} faults[] = {
    /* clang-format off */
    {{"", 0, 0}, ERR_NET, ACME_PROBLEM_UNREACHABLE, ACME_BACK_OFF,
     "Test CA, newOrder: 127.0.0.1:PORT closed the connection"},
    {{"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"status\"", 0, 0}, ERR_NET,
     ACME_PROBLEM_UNREACHABLE, ACME_BACK_OFF,
     "Test CA, newOrder: 127.0.0.1:PORT closed the connection"},
    {{"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 0, 0}, ERR_CA_PROTOCOL, ACME_PROBLEM_NOT_ACME,
     ACME_BACK_OFF, "Test CA, newOrder: "},
    {{"\x16\x03\x01\x02\xff\xfe{]\r\n\r\n", 0, 0}, ERR_CA_PROTOCOL, ACME_PROBLEM_NOT_ACME,
     ACME_BACK_OFF, "Test CA, newOrder: "},
    {{"HTTP/1.1 201 Created\r\nContent-Length: 10000000\r\n\r\n", 10000000, 0}, ERR_CA_PROTOCOL,
     ACME_PROBLEM_NOT_ACME, ACME_BACK_OFF,
     "Test CA, newOrder: 127.0.0.1:PORT answered with more than 262144 octets"},
    {{"HTTP/1.1 201 Created\r\n\r\n", 10000000, 0}, ERR_CA_PROTOCOL, ACME_PROBLEM_NOT_ACME,
     ACME_BACK_OFF, "Test CA, newOrder: 127.0.0.1:PORT answered with more than 262144 octets"},
    {{"HTTP/1.1 201 Created\r\nX: ", 1000000, 0}, ERR_CA_PROTOCOL, ACME_PROBLEM_NOT_ACME,
     ACME_BACK_OFF, "Test CA, newOrder: 127.0.0.1:PORT answered with headers over 65536 octets"},
    {{CREATED JSON_OF(ORDER), 0, 100}, ERR_TIMEOUT, ACME_PROBLEM_UNREACHABLE, ACME_BACK_OFF,
     "Test CA, newOrder: 127.0.0.1:PORT did not answer in full within 700 ms"},
    {{CREATED JSON_OF("not json"), 0, 0}, ERR_CA_PROTOCOL, ACME_PROBLEM_NOT_ACME, ACME_BACK_OFF,
     "Test CA, newOrder: order: no JSON: '[' or '{' expected near 'not'"},
    {{CREATED JSON_OF(""), 0, 0}, ERR_CA_PROTOCOL, ACME_PROBLEM_NOT_ACME, ACME_BACK_OFF,
     "Test CA, newOrder: order: no JSON: '[' or '{' expected near end of file"},
    {{"HTTP/1.1 201 Created\r\n" JSON_OF(ORDER), 0, 0}, ERR_CA_PROTOCOL, ACME_PROBLEM_NOT_ACME,
     ACME_BACK_OFF, "Test CA, newOrder: Location is missing"},
    {{"HTTP/1.1 201 Created\r\nLocation: http://192.0.2.1/o\r\n" JSON_OF(ORDER), 0, 0},
     ERR_CA_PROTOCOL, ACME_PROBLEM_NOT_ACME, ACME_BACK_OFF,
     "Test CA, newOrder: Location is no https URL of at most 1024 characters"},
    {{"HTTP/1.1 301 Moved\r\nLocation: http://192.0.2.1/\r\n" JSON_OF(""), 0, 0}, ERR_CA_PROTOCOL,
     ACME_PROBLEM_NOT_ACME, ACME_BACK_OFF,
     "Test CA answered newOrder with status 301 and no problem document: the CA's answer is not "
     "ACME"},
    {{"HTTP/1.1 404 Not Found\r\n" JSON_OF("{\"error\":\"x\"}"), 0, 0}, ERR_CA_PROTOCOL,
     ACME_PROBLEM_NOT_ACME, ACME_NEW_ORDER,
     "Test CA answered newOrder with status 404 and no problem document: the CA has nothing under "
     "this address (any more)"},
    {{"HTTP/1.1 502 Bad Gateway\r\n" JSON_OF("<html>"), 0, 0}, ERR_CA_BUSY, ACME_PROBLEM_NOT_ACME,
     ACME_BACK_OFF, "Test CA answered newOrder with status 502 and no problem document: the CA has a failure of "
     "its own"},
    {{"HTTP/1.1 400 Bad Request\r\n" JSON_OF("{\"type\":\"" URN "rejectedIdentifier\",\"detail\":"
                                            "\"no\\u0007\"}"),
     0, 0}, ERR_CA_REFUSED, ACME_PROBLEM_REJECTED_IDENTIFIER, ACME_DROP_NAME,
     "Test CA refused newOrder: rejectedIdentifier: no\\x07"},
    /* clang-format on */
};

static void test_faults(void **state)
{
    struct world *w = world_new();
    char expected[512], *port;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        const struct fault *fault = &faults[i];
        struct acme_order *order = NULL;
        struct err err = {.text = ""};

        fake_set_reply(&w->ca, fault->reply);
        ok(!new_order(w, &order, &err) && !order, "fault %zu passed", i);
        snprintf(expected, sizeof(expected), "%s", fault->text);
        port = strstr(expected, "PORT");
        if (port)
            snprintf(port, sizeof(expected) - (size_t)(port - expected), "%d%s", w->ca.server.port,
                     strstr(fault->text, "PORT") + 4);
        ok(strncmp(err.text, expected, strlen(expected)) == 0, "fault %zu: \"%s\", not \"%s\"", i,
           err.text, expected);
        ok(err.code == fault->code && w->problem.code == fault->code, "fault %zu: code %s", i,
           err_name(err.code));
        ok(w->problem.type == fault->type && w->problem.reaction == fault->reaction,
           "fault %zu: type %s, reaction %u", i, acme_problem_name(w->problem.type),
           w->problem.reaction);
    }
    reply_with(w, CREATED JSON_OF(ORDER)); /* and the CA that is well again is used again */
    {
        struct acme_order *order;
        struct err err = {.text = ""};

        ok(new_order(w, &order, &err), "after the faults: %s", err.text);
    }
    world_free(w);
    all_ok();
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void test_memory(void **state)
{
    struct world *w = world_new();
    struct rusage before, after;
    struct acme_order *order;
    struct err err;

    (void)state;
    fake_set_reply(&w->ca, (struct fake_reply){.text = "HTTP/1.1 201 Created\r\n"
                                                       "Content-Length: 100000000\r\n\r\n",
                                               .padding = 100 * 1000 * 1000});
    assert_false(new_order(w, &order, &err));
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 10; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct arena *own = w->mem;

        w->mem = mem;
        ok(!new_order(w, &order, &err), "%d", i);
        w->mem = own;
    }
    getrusage(RUSAGE_SELF, &after);
    ok(after.ru_maxrss - before.ru_maxrss < 2048, "%ld KiB more",
       after.ru_maxrss - before.ru_maxrss);
    world_free(w);
    all_ok();
}
#endif

static void test_retry_after(void **state)
{
    struct world *w = world_new();
    struct acme_order *order;
    struct err err;

    (void)state;
    reply_with(w, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 100\r\n" JSON_OF(
                      "{\"type\":\"" URN
                      "rateLimited\",\"detail\":\"too many new orders (300) from this account "
                      "in the last 3h0m0s\"}"));
    assert_false(new_order(w, &order, &err));
    assert_int_equal(err.code, ERR_RATE_LIMITED);
    assert_in_range(err.retry_at, clock_now() + 99000, clock_now() + 100000);
    assert_int_equal(w->problem.retry_at, err.retry_at);
    assert_int_equal(w->problem.limit, ACME_LIMIT_ORDERS_PER_ACCOUNT);
    assert_int_equal(w->problem.scope, ACME_SCOPE_ACCOUNT);
    world_free(w);
}

static void test_directory(void **state)
{
    struct world *w = world_new();
    struct acme_directory *directory;
    struct acme_order *order;
    struct err err;

    (void)state;
    w->ca.is_directory_down = true;
    assert_false(new_order(w, &order, &err));
    assert_int_equal(err.code, ERR_CA_BUSY);
    assert_string_equal(err.text, "Test CA answered directory with status 503 and no problem "
                                  "document: the CA is overloaded or under maintenance");
    assert_in_range(err.retry_at, clock_now() + 119000, clock_now() + 120000);
    w->ca.is_directory_down = false;
    reply_with(w, CREATED JSON_OF(ORDER));
    assert_true(new_order(w, &order, &err));
    assert_true(new_order(w, &order, &err));
    assert_true(acme_directory(w->mem, &w->call, &directory, &err));
    assert_int_equal(w->ca.directories, 2); /* the refused one and the one that is kept */
    acme_directory_forget(w->client);
    assert_true(acme_directory(w->mem, &w->call, &directory, &err));
    assert_int_equal(w->ca.directories, 3);
    world_free(w);
}

static void test_revoke(void **state)
{
    struct world *w = world_new();
    struct err err;

    (void)state;
    reply_with(w, "HTTP/1.1 200 OK\r\n" JSON_OF(""));
    assert_true(
        acme_revoke(w->mem, &w->call, SLICE_LIT("\x30\x00"), ACME_REVOKED_SUPERSEDED, &err));
    assert_true(fake_got(&w->ca, "\n{\"certificate\":\"MAA\",\"reason\":4}\n"));
    reply_with(w, "HTTP/1.1 400 Bad Request\r\n" JSON_OF("{\"type\":\"" URN "alreadyRevoked\"}"));
    assert_true(
        acme_revoke(w->mem, &w->call, SLICE_LIT("\x30\x00"), ACME_REVOKED_SUPERSEDED, &err));
    w->call.account = &(struct acme_account){.alg = "ES256", .jwk = "{\"kty\":\"EC\"}"};
    assert_true(
        acme_revoke(w->mem, &w->call, SLICE_LIT("\x30\x00"), ACME_REVOKED_KEY_COMPROMISE, &err));
    assert_true(fake_got(&w->ca, ",\"jwk\":{\"kty\":\"EC\"}}\n")); /* the certificate's own key */
    reply_with(w, "HTTP/1.1 403 Forbidden\r\n" JSON_OF("{\"type\":\"" URN "unauthorized\"}"));
    assert_false(
        acme_revoke(w->mem, &w->call, SLICE_LIT("\x30\x00"), ACME_REVOKED_SUPERSEDED, &err));
    assert_int_equal(w->problem.type, ACME_PROBLEM_UNAUTHORIZED);
    world_free(w);
}

static void test_signer_down(void **state)
{
    struct world *w = world_new();
    struct acme_order *order;
    struct err err;

    (void)state;
    w->is_signer_down = true;
    assert_false(new_order(w, &order, &err));
    assert_int_equal(err.code, ERR_SIGNER);
    assert_string_equal(err.text, "the signer does not answer");
    assert_int_equal(w->problem.type, ACME_PROBLEM_NONE);
    assert_int_equal(w->ca.posts, 0);
    world_free(w);
}

static void test_missing_options(void **state)
{
    static const struct acme_options rows[] = {
        {.directory_url = "https://ca.example/dir", .user_agent = "test/1"},
        {.name = "Test CA", .user_agent = "test/1"},
        {.name = "Test CA", .directory_url = "https://ca.example/dir"},
    };
    static const char *const names[] = {"name", "directory_url", "user_agent"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct acme_client *client = NULL;
        struct err err = {0};
        char want[64];

        snprintf(want, sizeof(want), "acme_options.%s is needed", names[i]);
        ok(!acme_client_new(&rows[i], &client, &err) && err.code == ERR_CONFIG &&
               strcmp(err.text, want) == 0,
           "%s: %s", names[i], err.text);
    }
    all_ok();
}

static void test_unusable_options(void **state)
{
    struct acme_client *client = NULL;
    struct acme_options options = {.name = "Test CA",
                                   .directory_url = "ftp://ca.example/dir",
                                   .user_agent = "test/1",
                                   .http = {.policy = &policy},
                                   .sign = fake_sign};
    struct acme_problem problem;
    struct acme_call call = {.problem = &problem};
    struct acme_directory *directory;
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err;

    (void)state;
    assert_false(acme_client_new(&options, &client, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    assert_string_equal(err.text,
                        "directory of Test CA is no http or https URL: ftp://ca.example/dir");
    options.directory_url = "https://192.0.2.1/dir";
    options.http.ca_file = "/nonexistent/ca.pem";
    assert_false(acme_client_new(&options, &client, &err));
    assert_int_equal(err.code, ERR_CONFIG);
    options.http.ca_file = NULL;
    assert_true(acme_client_new(&options, &client, &err));
    call.client = client;
    assert_false(
        acme_directory(mem, &call, &directory, &err)); /* the policy allows loopback only */
    assert_int_equal(err.code, ERR_CONFIG);
    assert_int_equal(problem.type, ACME_PROBLEM_UNREACHABLE);
    acme_client_free(client);
}

#define THREADS 8
#define ROUNDS  40

static void *ask_often(void *arg)
{
    struct world *w = arg;
    struct acme_call call = {w->client, &account, NULL};
    struct acme_directory *directory;

    for (int i = 0; i < ROUNDS; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct acme_order *order;
        struct err err;

        if (acme_directory(mem, &call, &directory, &err))
            (void)!acme_order_get(mem, &call, directory->new_order, &order, &err);
    }
    return NULL;
}

/* The default reply is no order, but it brings a nonce: threads must never use one twice. */
static void test_threads(void **state)
{
    struct world *w = world_new();
    pthread_t threads[THREADS];

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, w), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ok(w->ca.posts == THREADS * ROUNDS, "%d posts", w->ca.posts);
    ok(w->ca.stale == 0, "%d stale nonces", w->ca.stale);
    ok(w->ca.new_nonces <= THREADS, "%d newNonce", w->ca.new_nonces);
    ok(w->ca.server.count <= 2 * THREADS, "%d connections", w->ca.server.count);
    world_free(w);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_order_with_all),
        cmocka_unit_test(test_leaving_out),
        cmocka_unit_test(test_new_authorization),
        cmocka_unit_test(test_bad_nonce),
        cmocka_unit_test(test_faults),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        cmocka_unit_test(test_memory),
#endif
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_directory),
        cmocka_unit_test(test_revoke),
        cmocka_unit_test(test_signer_down),
        cmocka_unit_test(test_missing_options),
        cmocka_unit_test(test_unusable_options),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
