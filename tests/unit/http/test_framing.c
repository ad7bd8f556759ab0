/* SPDX-License-Identifier: Apache-2.0 */

/* What two programs in a row could read in two ways: each row must not run the handler twice, and
 * never the smuggled one. */
#include <stdatomic.h>

#include "check.h"
#include "peer.h"

static atomic_int smuggled, answered;

static bool answer(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)err;
    atomic_fetch_add(strcmp(req->uri.path, "/smuggled") == 0 ? &smuggled : &answered, 1);
    return http_reply_bytes(res, 200, "text/plain", req->body);
}

static const struct http_route routes[] = {
    {.method = HTTP_POST, .path = "/x", .operation = "x", .run = answer, .max_body = 1000},
    {.method = HTTP_GET, .path = "/x", .operation = "get_x", .run = answer},
    {.method = HTTP_GET, .path = "/smuggled", .operation = "smuggled", .run = answer},
};

#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

static const struct {
    const char *label, *request;
    int status;
    bool is_closed;
} cases[] = {
    {"whole", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", 200, false},
    {"chunked",
     "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
     200, false},
    {"two lengths",
     "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 44\r\n\r\nhello" SMUGGLED,
     400, true},
    {"two equal lengths",
     "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400,
     true},
    {"length and chunked",
     "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
     400, true},
    {"chunked twice",
     "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     400, true},
    {"gzip, chunked",
     "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, true},
    {"coding unknown", "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\nhello",
     400, true},
    {"no host", "GET /x HTTP/1.1\r\n\r\n", 400, true},
    {"no host in 1.0", "GET /x HTTP/1.0\r\n\r\n", 200, true},
    {"two hosts", "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, true},
    {"two tokens", "GET /x HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
     400, true},
    {"two types",
     "POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: a\r\nContent-Type: b\r\nContent-Length: "
     "5\r\n\r\nhello",
     400, true},
    {"two keys", "GET /x HTTP/1.1\r\nHost: h\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n",
     400, true},
    {"space before colon", "GET /x HTTP/1.1\r\nHost : h\r\n\r\n", 400, true},
    {"length no number", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: five\r\n\r\nhello", 400,
     true},
    {"length with a sign", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello", 400,
     true},
    {"negative length", "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\nhello", 400,
     true},
    {"NUL in the path", "GET /x%00y HTTP/1.1\r\nHost: h\r\n\r\n", 400, false},
};

static void test_table(void **state)
{
    struct peer peer;
    static struct reply reply;
    (void)state;

    peer_start(&peer, (struct http_options){.table = {routes, ARRAY_LEN(routes)}});
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int before = atomic_load(&answered);

        peer_ask(&peer, cases[i].request, strlen(cases[i].request), &reply);
        ok(reply.status == cases[i].status && reply.is_closed == cases[i].is_closed, "%s: %d, %s",
           cases[i].label, reply.status, reply.is_closed ? "closed" : "open");
        ok(atomic_load(&answered) - before == (cases[i].status == 200), "%s: handler runs",
           cases[i].label);
        ok(atomic_load(&smuggled) == 0, "%s: smuggled", cases[i].label);
    }
    peer_stop(&peer);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
