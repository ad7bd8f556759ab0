/* SPDX-License-Identifier: Apache-2.0 */

/* The client as a whole: its directory, a signer that is away, its options, many threads. */
#include "acme/certificate.h"
#include "acme/directory.h"
#include "acme/problem.h"
#include "base/clock.h"
#include "new_order.h"

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
        cmocka_unit_test(test_directory),        cmocka_unit_test(test_revoke),
        cmocka_unit_test(test_signer_down),      cmocka_unit_test(test_missing_options),
        cmocka_unit_test(test_unusable_options), cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
