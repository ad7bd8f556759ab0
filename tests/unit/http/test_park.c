/* SPDX-License-Identifier: Apache-2.0 */

/* Long polls: a published number that waiting clients follow. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "peer.h"

#define CLIENTS 300
#define WAKES   200

static atomic_int head, turns[3];
static _Atomic int64_t wait_ms;

/* Answers the head as soon as it is above the cursor, the cursor itself at the deadline. */
static bool follow(struct http_req *req, struct http_res *res, struct err *err)
{
    int64_t cursor = strtoll(http_query(req, "cursor"), NULL, 10);
    int now;

    (void)err;
    atomic_fetch_add(&turns[req->turn], 1);
    http_watch(req, "head");
    now = atomic_load(&head);
    if (now <= cursor && req->turn != HTTP_DEADLINE)
        return http_park(res, atomic_load(&wait_ms));
    return http_reply_json(res, 200, json_integer(now));
}

static bool park_for_ever(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)err;
    http_watch(req, "other");
    return http_park(res, 50);
}

static bool park_unwatched(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)req;
    (void)err;
    return http_park(res, 50);
}

static bool plain(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)req;
    (void)err;
    return http_reply_empty(res, 204);
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .path = "/follow", .operation = "follow", .run = follow},
    {.method = HTTP_GET, .path = "/for-ever", .operation = "for_ever", .run = park_for_ever},
    {.method = HTTP_GET, .path = "/unwatched", .operation = "unwatched", .run = park_unwatched},
    {.method = HTTP_GET, .path = "/plain", .operation = "plain", .run = plain},
};

static const struct http_options options = {.table = {routes, ARRAY_LEN(routes)}};

static void start(struct peer *peer, int64_t wait)
{
    atomic_store(&head, 0);
    atomic_store(&wait_ms, wait);
    for (size_t i = 0; i < ARRAY_LEN(turns); i++)
        atomic_store(&turns[i], 0);
    peer_start(peer, options);
}

static void poll_after(int fd, int cursor)
{
    char request[128];
    int len = snprintf(request, sizeof(request),
                       "GET /follow?cursor=%d HTTP/1.1\r\nHost: h\r\n\r\n", cursor);

    peer_send(fd, request, (size_t)len);
}

/* Waits up to 5 s for the handler to have been called `count` times for the first time. */
static void wait_for_first_turns(int count)
{
    for (int i = 0; i < 500 && atomic_load(&turns[HTTP_FIRST]) < count; i++)
        usleep(10000);
    assert_int_equal(atomic_load(&turns[HTTP_FIRST]), count);
    usleep(50000); /* from the handler into the room */
}

static void *publish(void *arg)
{
    struct peer *peer = arg;

    for (int i = 0; i < WAKES; i++) {
        usleep(2000);
        atomic_fetch_add(&head, 1);
        http_server_wake(peer->server, "head");
    }
    return NULL;
}

static void *ask_plain(void *arg)
{
    static const char request[] = "GET /plain HTTP/1.1\r\nHost: h\r\n\r\n";
    static struct reply reply;
    struct peer *peer = arg;
    int fd = peer_connect(peer);

    while (atomic_load(&head) < WAKES) {
        peer_send(fd, request, sizeof(request) - 1);
        peer_read(fd, false, &reply);
        if (reply.status != 204)
            break;
    }
    close(fd);
    return reply.status == 204 ? peer : NULL;
}

struct follower {
    int fd, cursor;
};

/* Reads one answer and polls again; false at the end of the way. */
static bool advance(struct follower *f)
{
    static struct reply reply;
    int now;

    peer_read(f->fd, false, &reply);
    now = (int)strtol(reply.body, NULL, 10);
    if (!ok(reply.status == 200 && now > f->cursor, "after %d comes %d (%d)", f->cursor, now,
            reply.status))
        return false;
    f->cursor = now;
    if (now == WAKES)
        return false;
    poll_after(f->fd, now);
    return true;
}

static void follow_to_the_end(const struct peer *peer)
{
    static struct follower f[CLIENTS];
    struct pollfd p[CLIENTS];
    int left = CLIENTS;

    for (int i = 0; i < CLIENTS; i++) {
        f[i] = (struct follower){.fd = peer_connect(peer)};
        p[i] = (struct pollfd){.fd = f[i].fd, .events = POLLIN};
        poll_after(f[i].fd, 0);
    }
    while (left > 0 && ok(poll(p, CLIENTS, 10000) > 0, "%d clients hang", left)) {
        for (int i = 0; i < CLIENTS; i++) {
            if (!p[i].revents || advance(&f[i]))
                continue;
            p[i].fd = -1;
            left--;
        }
    }
    for (int i = 0; i < CLIENTS; i++) {
        ok(f[i].cursor == WAKES, "client %d stopped at %d", i, f[i].cursor);
        close(f[i].fd);
    }
}

/* 300 parked clients and 200 wakes beside busy plain requests: nobody hangs and no wake is lost,
 * which the deadline turn would show. */
static void test_many(void **state)
{
    pthread_t publisher, asker;
    struct peer peer;
    void *result;
    (void)state;

    start(&peer, HTTP_PARK_MAX_MS);
    pthread_create(&publisher, NULL, publish, &peer);
    pthread_create(&asker, NULL, ask_plain, &peer);
    follow_to_the_end(&peer);
    pthread_join(publisher, NULL);
    pthread_join(asker, &result);
    ok(result != NULL, "plain requests suffer");
    ok(atomic_load(&turns[HTTP_DEADLINE]) == 0, "%d deadlines", atomic_load(&turns[HTTP_DEADLINE]));
    peer_stop(&peer);
    all_ok();
}

static void test_deadline(void **state)
{
    static struct reply reply;
    struct peer peer;
    int64_t begin, took;
    int fd;
    (void)state;

    start(&peer, 200);
    fd = peer_connect(&peer);
    begin = clock_boot_ms();
    poll_after(fd, 0);
    peer_read(fd, false, &reply);
    took = clock_boot_ms() - begin;
    close(fd);
    peer_stop(&peer);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "0");
    assert_in_range(took, 190, 1500);
    assert_int_equal(atomic_load(&turns[HTTP_DEADLINE]), 1);
}

/* A wake that has nothing for this client parks it again; the deadline stays that of its request.
 */
static void test_spurious_wake(void **state)
{
    static struct reply reply;
    struct peer peer;
    int64_t begin, took;
    int fd;
    (void)state;

    start(&peer, 400);
    fd = peer_connect(&peer);
    begin = clock_boot_ms();
    poll_after(fd, 5);
    for (int i = 0; i < 3; i++) {
        usleep(80000);
        http_server_wake(peer.server, "head");
    }
    peer_read(fd, false, &reply);
    took = clock_boot_ms() - begin;
    close(fd);
    peer_stop(&peer);
    ok(reply.status == 200 && took >= 390 && took < 1500, "%d after %lld ms", reply.status,
       (long long)took);
    ok(atomic_load(&turns[HTTP_WOKEN]) == 3, "%d wakes", atomic_load(&turns[HTTP_WOKEN]));
    all_ok();
}

/* The handler of a client that hung up is not called again, and nothing of it stays. */
static void test_client_gone(void **state)
{
    struct peer peer;
    int64_t begin;
    int fd[20];
    (void)state;

    start(&peer, HTTP_PARK_MAX_MS);
    for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
        fd[i] = peer_connect(&peer);
        poll_after(fd[i], 0);
    }
    wait_for_first_turns(ARRAY_LEN(fd));
    for (size_t i = 0; i < ARRAY_LEN(fd); i++)
        close(fd[i]);
    usleep(200000);
    atomic_store(&head, 1);
    http_server_wake(peer.server, "head");
    usleep(100000);
    ok(atomic_load(&turns[HTTP_WOKEN]) == 0, "%d handlers ran for nobody",
       atomic_load(&turns[HTTP_WOKEN]));
    begin = clock_boot_ms();
    peer_stop(&peer);
    ok(clock_boot_ms() - begin < 1000, "stopping waited for clients that are gone");
    all_ok();
}

/* Parked clients get their answer at once when the server stops. */
static void test_stop(void **state)
{
    static struct reply reply;
    struct peer peer;
    int64_t begin;
    int fd[50];
    (void)state;

    start(&peer, HTTP_PARK_MAX_MS);
    for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
        fd[i] = peer_connect(&peer);
        poll_after(fd[i], 0);
    }
    wait_for_first_turns(ARRAY_LEN(fd));
    begin = clock_boot_ms();
    peer_stop(&peer);
    ok(clock_boot_ms() - begin < 1500, "stopping took %lld ms",
       (long long)(clock_boot_ms() - begin));
    for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
        peer_read(fd[i], false, &reply);
        ok(reply.status == 200, "client %zu: %d", i, reply.status);
        close(fd[i]);
    }
    all_ok();
}

static void test_misuse(void **state)
{
    static const char *const requests[] = {"GET /for-ever HTTP/1.1\r\nHost: h\r\n\r\n",
                                           "GET /unwatched HTTP/1.1\r\nHost: h\r\n\r\n"};
    static struct reply reply;
    struct peer peer;
    (void)state;

    start(&peer, 50);
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        peer_ask(&peer, requests[i], strlen(requests[i]), &reply);
        ok(reply.status == 500, "%s: %d", requests[i], reply.status);
    }
    peer_stop(&peer);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),          cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_spurious_wake), cmocka_unit_test(test_client_gone),
        cmocka_unit_test(test_stop),          cmocka_unit_test(test_misuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
