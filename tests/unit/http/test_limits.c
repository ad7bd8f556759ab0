/* SPDX-License-Identifier: Apache-2.0 */

/* Each limit of the server at n-1, n and n+1, over a real socket. */
#include <semaphore.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "check.h"
#include "peer.h"

#define BODY_MAX 1000

static sem_t entered, go_on;

static bool answer(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)err;
    return http_reply_json(res, 200, json_integer((json_int_t)req->body.len));
}

static bool block(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)req;
    (void)err;
    sem_post(&entered);
    sem_wait(&go_on);
    return http_reply_empty(res, 204);
}

/* What the only handler has run, in this order. */
static char ran[8];
static size_t ran_count;

static bool note(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)err;
    ran[ran_count++ % sizeof(ran)] = req->match.route->operation[0];
    return http_reply_empty(res, 204);
}

static const struct http_route routes[] = {
    {.method = HTTP_POST,
     .path = "/body",
     .operation = "body",
     .run = answer,
     .max_body = BODY_MAX},
    {.method = HTTP_POST, .path = "/none", .operation = "none", .run = answer},
    {.method = HTTP_GET, .path = "/x", .operation = "x", .run = answer},
    {.method = HTTP_GET, .path = "/block", .operation = "block", .run = block},
    {.method = HTTP_GET, .path = "/click", .operation = "c", .run = note},
    {.method = HTTP_GET, .path = "/follow", .operation = "f", .run = note, .is_follower = true},
};

static const struct http_table table = {.routes = routes, .count = ARRAY_LEN(routes)};

static void expect(const struct peer *peer, struct buf *request, int status, const char *label,
                   int n)
{
    static struct reply reply;

    assert_true(buf_ok(request));
    peer_ask(peer, (const char *)request->data, request->len, &reply);
    ok(reply.status == status && !reply.is_closed, "%s of %d: %d, %s", label, n, reply.status,
       reply.is_closed ? "closed" : "open");
}

static void fill(struct buf *b, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_u8(b, 'a');
}

static void ask_uri(const struct peer *peer, struct arena *mem, int n)
{
    struct buf b = buf_new(mem, 10000);

    buf_str(&b, "GET /x?q=");
    fill(&b, (size_t)n - 5);
    buf_str(&b, " HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, &b, n <= HTTP_URI_MAX ? 200 : 414, "URI", n);
}

static void ask_headers(const struct peer *peer, struct arena *mem, int n)
{
    struct buf b = buf_new(mem, 10000);
    static struct reply reply;

    buf_str(&b, "GET /x HTTP/1.1\r\nHost: h\r\n");
    for (int i = 1; i < n; i++)
        buf_printf(&b, "X-%d: 1\r\n", i);
    buf_str(&b, "\r\n");
    peer_ask(peer, (const char *)b.data, b.len, &reply);
    ok(reply.status == (n <= HTTP_REQ_HEADERS_MAX ? 200 : 431), "%d headers: %d", n, reply.status);
}

static void ask_query(const struct peer *peer, struct arena *mem, int n)
{
    struct buf b = buf_new(mem, 10000);

    buf_str(&b, "GET /x?");
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%sq%d=1", i ? "&" : "", i);
    buf_str(&b, " HTTP/1.1\r\nHost: h\r\n\r\n");
    expect(peer, &b, n <= HTTP_QUERY_MAX ? 200 : 400, "query", n);
}

static void ask_body(const struct peer *peer, struct arena *mem, int n)
{
    struct buf b = buf_new(mem, 10000), chunked = buf_new(mem, 10000);

    buf_printf(&b, "POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", n);
    fill(&b, (size_t)n);
    expect(peer, &b, n <= BODY_MAX ? 200 : 413, "body", n);
    buf_str(&chunked, "POST /body HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < n; i += 100) {
        int size = n - i < 100 ? n - i : 100;

        buf_printf(&chunked, "%x\r\n", (unsigned)size);
        fill(&chunked, (size_t)size);
        buf_str(&chunked, "\r\n");
    }
    buf_str(&chunked, "0\r\n\r\n");
    expect(peer, &chunked, n <= BODY_MAX ? 200 : 413, "chunked body", n);
}

static void test_sizes(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct peer peer;
    (void)state;

    peer_start(&peer, (struct http_options){.table = table});
    for (int d = -1; d <= 1; d++) {
        ask_uri(&peer, mem, HTTP_URI_MAX + d);
        ask_headers(&peer, mem, HTTP_REQ_HEADERS_MAX + d);
        ask_query(&peer, mem, HTTP_QUERY_MAX + d);
        ask_body(&peer, mem, BODY_MAX + d);
    }
    peer_stop(&peer);
    all_ok();
}

static void test_no_body(void **state)
{
    static const struct {
        const char *request;
        int status;
    } rows[] = {
        {"POST /none HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 200},
        {"POST /none HTTP/1.1\r\nHost: h\r\n\r\n", 200},
        {"POST /none HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 413},
        {"GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 413},
        {"POST /gone HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 404},
        {"PUT /none HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na", 405},
    };
    static struct reply reply;
    struct peer peer;
    (void)state;

    peer_start(&peer, (struct http_options){.table = table});
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        peer_ask(&peer, rows[i].request, strlen(rows[i].request), &reply);
        ok(reply.status == rows[i].status && !reply.is_closed, "%zu: %d", i, reply.status);
    }
    peer_stop(&peer);
    all_ok();
}

/* A refused body is read up to HTTP_DRAIN_MAX, and then the connection goes on; above, it ends. */
static void test_drain(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static struct reply reply;
    struct peer peer;
    (void)state;

    peer_start(&peer, (struct http_options){.table = table});
    for (int d = -1; d <= 1; d++) {
        struct buf b = buf_new(mem, HTTP_DRAIN_MAX + 1000);
        bool is_cut = d > 0;

        buf_printf(&b, "POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n",
                   HTTP_DRAIN_MAX + d);
        if (!is_cut)
            fill(&b, (size_t)(HTTP_DRAIN_MAX + d));
        peer_ask(&peer, (const char *)b.data, b.len, &reply);
        ok(reply.status == 413 && reply.is_closed == is_cut, "drain %+d: %d, %s", d, reply.status,
           reply.is_closed ? "closed" : "open");
    }
    peer_stop(&peer);
    all_ok();
}

static void test_slow_body(void **state)
{
    static const char head[] = "POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n";
    static struct reply reply;
    struct peer peer;
    int64_t start = clock_boot_ms(), took;
    int fd;
    (void)state;

    peer_start(&peer, (struct http_options){.table = table, .body_ms = 300});
    fd = peer_connect(&peer);
    peer_send(fd, head, sizeof(head) - 1);
    for (int i = 0; i < 10; i++) {
        usleep(50000);
        peer_send(fd, "a", 1);
    }
    peer_read(fd, false, &reply);
    took = clock_boot_ms() - start;
    close(fd);
    peer_stop(&peer);
    assert_int_equal(reply.status, 0);
    assert_in_range(took, 300, 3000);
}

/* One handler, one place in the queue: the third request is told to come back. */
static void test_queue_full(void **state)
{
    static const char request[] = "GET /block HTTP/1.1\r\nHost: h\r\n\r\n";
    static struct reply reply;
    struct peer peer;
    char value[256];
    int fd[2];
    (void)state;

    sem_init(&entered, 0, 0);
    sem_init(&go_on, 0, 0);
    peer_start(&peer, (struct http_options){.table = table, .handlers = 1, .max_queued = 1});
    fd[0] = peer_connect(&peer);
    peer_send(fd[0], request, sizeof(request) - 1);
    sem_wait(&entered);
    fd[1] = peer_connect(&peer);
    peer_send(fd[1], request, sizeof(request) - 1);
    usleep(100000);
    peer_ask(&peer, request, sizeof(request) - 1, &reply);
    ok(reply.status == 503 && strcmp(reply_header(&reply, "Retry-After", value), "1") == 0,
       "third: %d, Retry-After %s", reply.status, value);
    sem_post(&go_on);
    sem_post(&go_on);
    for (int i = 0; i < 2; i++) {
        peer_read(fd[i], false, &reply);
        ok(reply.status == 204, "blocked %d: %d", i, reply.status);
        close(fd[i]);
    }
    peer_stop(&peer);
    all_ok();
}

/* Followers are not refused when the queue is full, take nobody's place in it, and let others go
 * first. */
static void test_followers(void **state)
{
    static const char *const requests[] = {"block", "follow", "follow", "follow", "click"};
    static struct reply reply;
    struct peer peer;
    char request[64];
    int fd[ARRAY_LEN(requests)];
    (void)state;

    sem_init(&entered, 0, 0);
    sem_init(&go_on, 0, 0);
    peer_start(&peer, (struct http_options){.table = table, .handlers = 1, .max_queued = 1});
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        int len =
            snprintf(request, sizeof(request), "GET /%s HTTP/1.1\r\nHost: h\r\n\r\n", requests[i]);

        fd[i] = peer_connect(&peer);
        peer_send(fd[i], request, (size_t)len);
        if (i == 0)
            sem_wait(&entered);
        else
            usleep(50000); /* queued one after the other */
    }
    sem_post(&go_on);
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        peer_read(fd[i], false, &reply);
        ok(reply.status == 204, "%s: %d", requests[i], reply.status);
        close(fd[i]);
    }
    peer_stop(&peer);
    ok(strcmp(ran, "cfff") == 0, "ran in the order %s", ran);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),      cmocka_unit_test(test_no_body),
        cmocka_unit_test(test_drain),      cmocka_unit_test(test_slow_body),
        cmocka_unit_test(test_queue_full), cmocka_unit_test(test_followers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
