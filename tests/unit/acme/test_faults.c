/* SPDX-License-Identifier: Apache-2.0 */

/* A CA whose answers are none, or refuse: nonces, broken replies, their sizes, Retry-After. */
#include <sys/resource.h>

#include "acme/problem.h"
#include "base/clock.h"
#include "new_order.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_nonce),
        cmocka_unit_test(test_faults),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        cmocka_unit_test(test_memory),
#endif
        cmocka_unit_test(test_retry_after),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
