/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "http_world.h"

/* ---- what the server does, by path ---- */

static void answer_sized(struct tiny_conn *conn, const char *request)
{
    int n = (int)strtol(strstr(request, "/body/") + 6, NULL, 10);
    char text[256];

    snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", n);
    tiny_text(conn, text);
    for (int i = 0; i < n; i++)
        tiny_write(conn, "x", 1);
}

/* A header section of exactly n octets, status line and last line included. */
static void answer_headers(struct tiny_conn *conn, const char *request)
{
    int n = (int)strtol(strstr(request, "/headers/") + 9, NULL, 10);
    const char *first = "HTTP/1.1 204 No Content\r\nX-Fill: ";

    tiny_text(conn, first);
    for (int i = (int)strlen(first) + 4; i < n; i++)
        tiny_write(conn, "x", 1);
    tiny_text(conn, "\r\n\r\n");
}

static bool answer(struct tiny_conn *conn, const char *request)
{
    char line[1024];

    if (strstr(request, "/body/")) {
        answer_sized(conn, request);
        return true;
    }
    if (strstr(request, "/headers/")) {
        answer_headers(conn, request);
        return true;
    }
    if (strstr(request, "/many")) {
        tiny_text(conn, "HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < 300; i++)
            tiny_text(conn, "A: b\r\n");
        tiny_text(conn, "Content-Length: 0\r\n\r\n");
        return true;
    }
    if (strstr(request, "/chunks")) {
        tiny_text(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 101; i++)
            tiny_text(conn, "a\r\n0123456789\r\n");
        tiny_text(conn, "0\r\n\r\n");
        return true;
    }
    if (strstr(request, "/links")) {
        tiny_text(conn, "HTTP/1.1 100 Continue\r\nLink: <no>\r\n\r\n"
                        "HTTP/1.1 200 OK\r\nLINK: <one>;rel=\"up\"\r\nX-A: 1\r\n"
                        "link:   <two>;rel=\"alternate\"  \r\nContent-Length: 2\r\n\r\nok");
        return true;
    }
    if (strstr(request, "/hang"))
        tiny_wait(conn, 5000);
    else if (strstr(request, "/slow") || strstr(request, "/cut"))
        tiny_text(conn, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
    else if (strstr(request, "/noise"))
        tiny_text(conn, "220 mail.example ESMTP\r\n");
    else if (strstr(request, "/empty"))
        return false;
    else if (strstr(request, "/redirect")) {
        snprintf(line, sizeof(line),
                 "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/elsewhere\r\n"
                 "Content-Length: 0\r\n\r\n",
                 server.port);
        tiny_text(conn, line);
        return true;
    } else {
        /* The request line and all headers, as the body. */
        snprintf(line, sizeof(line), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                 strlen(request));
        tiny_text(conn, line);
        tiny_text(conn, strncmp(request, "HEAD", 4) == 0 ? "" : request);
        return true;
    }
    if (strstr(request, "/slow"))
        tiny_wait(conn, 5000);
    return false;
}

static const struct {
    const char *path;
    size_t body_max, headers_max;
    enum http_failure failure;
    enum err_code code;
    const char *text; /* after "127.0.0.1:port"; NULL: success */
} cases[] = {
    {"/body/99", 100, 0, HTTP_FAILED_NONE, ERR_NONE, NULL},
    {"/body/100", 100, 0, HTTP_FAILED_NONE, ERR_NONE, NULL},
    {"/body/101", 100, 0, HTTP_FAILED_TOO_LARGE, ERR_TOO_LARGE,
     " answered with more than 100 octets"},
    {"/chunks", 1010, 0, HTTP_FAILED_NONE, ERR_NONE, NULL},
    {"/chunks", 1009, 0, HTTP_FAILED_TOO_LARGE, ERR_TOO_LARGE,
     " answered with more than 1009 octets"},
    {"/headers/199", 0, 200, HTTP_FAILED_NONE, ERR_NONE, NULL},
    {"/headers/200", 0, 200, HTTP_FAILED_NONE, ERR_NONE, NULL},
    {"/headers/201", 0, 200, HTTP_FAILED_TOO_LARGE, ERR_TOO_LARGE,
     " answered with headers over 200 octets"},
    {"/many", 0, 0, HTTP_FAILED_TOO_LARGE, ERR_TOO_LARGE, " answered with more than 200 headers"},
    {"/cut", 0, 0, HTTP_FAILED_CUT, ERR_NET,
     " closed the connection before the answer was complete"},
    {"/empty", 0, 0, HTTP_FAILED_CUT, ERR_NET,
     " closed the connection before the answer was complete"},
    {"/noise", 0, 0, HTTP_FAILED_PROTOCOL, ERR_NET,
     " did not answer with HTTP: Received HTTP/0.9 when not allowed"},
    {"/hang", 0, 0, HTTP_FAILED_SLOW, ERR_TIMEOUT, " did not answer in full within 200 ms"},
    {"/slow", 0, 0, HTTP_FAILED_SLOW, ERR_TIMEOUT, " did not answer in full within 200 ms"},
};

static void test_limits(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_exchange ex = {.request = {.url = url_of(mem, cases[i].path),
                                               .body_max = cases[i].body_max,
                                               .headers_max = cases[i].headers_max,
                                               .total_ms = 200}};
        const char *want =
            cases[i].text ? arena_printf(mem, "127.0.0.1:%u%s", server.port, cases[i].text) : "";

        http_do_all(mem, client, &ex, 1);
        ok(ex.is_ok == !cases[i].text && ex.failure == cases[i].failure &&
               ex.err.code == cases[i].code && strcmp(ex.err.text, want) == 0,
           "%s: %s \"%s\"", cases[i].path, http_failure_name(ex.failure), ex.err.text);
    }
    all_ok();
}

/* Of a longer body the beginning is the answer. */
static void test_beginning(void **state)
{
    static const struct {
        const char *path;
        size_t len;
    } rows[] = {{"/body/99", 99}, {"/body/100", 100}, {"/body/101", 100}, {"/chunks", 100}};
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_request request = {
            .url = url_of(mem, rows[i].path), .is_beginning_enough = true, .body_max = 100};
        struct http_response response = {0};
        struct err err = {0};

        ok(http_do(mem, client, &request, &response, &err) && response.status == 200 &&
               response.header_count > 0 && response.body.len == rows[i].len,
           "%s: %zu octets, %s", rows[i].path, response.body.len, err.text);
    }
    all_ok();
}

static void test_request(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();
    const struct http_header headers[] = {{"X-One", "1"}, {"X-Empty", ""}};
    struct http_request request = {
        .url = url_of(mem, "/echo?a=b"), .headers = headers, .header_count = 2};
    struct http_response response;
    struct err err = {0};
    const char *want;

    ok(http_do(mem, client, &request, &response, &err), "GET: %s", err.text);
    want =
        arena_printf(mem,
                     "GET /echo?a=b HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: Latchkey/%s\r\n"
                     "Accept: */*\r\nX-One: 1\r\nX-Empty:\r\n\r\n",
                     server.port, LATCHKEY_VERSION);
    ok(slice_eq_str(response.body, want), "request:\n%s", (const char *)response.body.data);
    ok(response.status == 200 && response.peer.octets[0] == 127 && response.took_ms >= 0,
       "status %d", response.status);

    request = (struct http_request){.method = "HEAD", .url = url_of(mem, "/echo")};
    ok(http_do(mem, client, &request, &response, &err) && response.body.len == 0 &&
           strcmp(http_header(&response, "content-length"), "0") != 0,
       "HEAD: %s", err.text);

    request = (struct http_request){.url = url_of(mem, "/links")};
    ok(http_do(mem, client, &request, &response, &err), "links: %s", err.text);
    size_t at = 0;
    ok(strcmp(http_header_next(&response, "Link", &at), "<one>;rel=\"up\"") == 0 &&
           strcmp(http_header_next(&response, "Link", &at), "<two>;rel=\"alternate\"") == 0 &&
           !http_header_next(&response, "Link", &at),
       "the Link headers of the final answer, in order");
    ok(!http_header(&response, "X-B"), "no such header");

    request = (struct http_request){.url = url_of(mem, "/redirect")};
    ok(http_do(mem, client, &request, &response, &err) && response.status == 302 &&
           strstr(http_header(&response, "location"), "/elsewhere"),
       "a redirect is not followed");
    all_ok();
}

static void test_post(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();
    const struct http_header json = {"Content-Type", "application/jose+json"};
    const char *verbs[] = {NULL, "PUT", "DELETE"};
    const char *starts[] = {"POST /echo ", "PUT /echo ", "DELETE /echo "};

    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        struct http_request request = {.method = verbs[i],
                                       .url = url_of(mem, "/echo"),
                                       .headers = &json,
                                       .header_count = 1,
                                       .body = SLICE_LIT("{}"),
                                       .is_fresh = true};
        struct http_response response = {0};
        struct err err = {0};

        ok(http_do(mem, client, &request, &response, &err) &&
               slice_starts(response.body, slice_str(starts[i])) &&
               strstr((const char *)response.body.data,
                      "Content-Type: application/jose+json\r\n") &&
               strstr((const char *)response.body.data, "Content-Length: 2\r\n"),
           "%s: %s", starts[i], err.text);
    }
    all_ok();
}

static void test_reuse(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();
    int before = atomic_load(&server.count);
    struct http_request request = {.url = url_of(mem, "/echo")};
    struct http_response response;
    struct err err = {0};

    for (int i = 0; i < 20; i++)
        ok(http_do(mem, client, &request, &response, &err), "%s", err.text);
    ok(atomic_load(&server.count) == before + 1, "20 requests, %d connections",
       atomic_load(&server.count) - before);
    request.is_fresh = true;
    for (int i = 0; i < 3; i++)
        ok(http_do(mem, client, &request, &response, &err), "%s", err.text);
    ok(atomic_load(&server.count) == before + 4, "3 fresh ones, %d connections",
       atomic_load(&server.count) - before);
    all_ok();
}

static void test_parallel(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();
    struct http_exchange ex[12] = {0};
    int64_t slowest = 0;

    for (size_t i = 0; i < ARRAY_LEN(ex); i++)
        ex[i].request = (struct http_request){
            .url = url_of(mem, i % 2 ? "/hang" : "/echo"), .total_ms = 300, .is_fresh = true};
    http_do_all(mem, client, ex, ARRAY_LEN(ex));
    for (size_t i = 0; i < ARRAY_LEN(ex); i++) {
        ok(ex[i].is_ok == (i % 2 == 0), "%zu: %s", i, ex[i].err.text);
        slowest = ex[i].response.took_ms > slowest ? ex[i].response.took_ms : slowest;
    }
    ok(slowest >= 290 && slowest < 1500, "slowest %lld ms", (long long)slowest);
    all_ok();
}

static int start(void **state)
{
    (void)state;
    return start_server(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),    cmocka_unit_test(test_request),
        cmocka_unit_test(test_beginning), cmocka_unit_test(test_post),
        cmocka_unit_test(test_reuse),     cmocka_unit_test(test_parallel),
    };

    return cmocka_run_group_tests(tests, start, stop_server);
}
