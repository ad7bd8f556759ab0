/* SPDX-License-Identifier: Apache-2.0 */

/* Whom the client talks to, and what it makes of those that cannot be reached. */
#include "http_world.h"

/* The request line and all headers, as the body. */
static bool echo(struct tiny_conn *conn, const char *request)
{
    char line[64];

    snprintf(line, sizeof(line), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", strlen(request));
    tiny_text(conn, line);
    tiny_text(conn, request);
    return true;
}

/* The URL's host is not looked up: the caller's addresses are used, and judged, as given. */
static const struct {
    const char *host;
    const char *addresses[2];
    enum http_failure failure;
    const char *text; /* %u = the server's port; NULL: success */
} guards[] = {
    {"www.shop.example", {"127.0.0.1", NULL}, HTTP_FAILED_NONE, NULL},
    {"www.shop.example", {"127.0.0.9", "127.0.0.1"}, HTTP_FAILED_NONE, NULL},
    {"www.shop.example",
     {"127.0.0.2", NULL},
     HTTP_FAILED_FORBIDDEN,
     "127.0.0.2:%u is not connected to: the address is reserved (loopback)"},
    {"www.shop.example",
     {"::ffff:127.0.0.1", NULL},
     HTTP_FAILED_FORBIDDEN,
     "[::ffff:127.0.0.1]:%u is not connected to: the address is reserved (loopback)"},
    {"www.shop.example", {"::ffff:127.0.0.1", "10.0.0.1"}, HTTP_FAILED_FORBIDDEN, NULL},
    {"www.shop.example",
     {"8.8.8.8", NULL},
     HTTP_FAILED_FORBIDDEN,
     "8.8.8.8:%u is not connected to: only ports 80 and 443 are"},
    {"127.0.0.2",
     {NULL, NULL},
     HTTP_FAILED_FORBIDDEN,
     "127.0.0.2:%u is not connected to: the address is reserved (loopback)"},
    {"[::ffff:7f00:1]",
     {NULL, NULL},
     HTTP_FAILED_FORBIDDEN,
     "[::ffff:127.0.0.1]:%u is not connected to: the address is reserved (loopback)"},
    {"2130706433", {NULL, NULL}, HTTP_FAILED_NONE, NULL},
    {"0x7f.2", {NULL, NULL}, HTTP_FAILED_FORBIDDEN, NULL},
    {"localhost", {NULL, NULL}, HTTP_FAILED_NONE, NULL},
    {"www.shop.example",
     {NULL, NULL},
     HTTP_FAILED_NO_ADDRESS,
     "could not connect to www.shop.example: it has no address"},
};

/* req: R49 */
static void test_guard(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();

    for (size_t i = 0; i < ARRAY_LEN(guards); i++) {
        struct address addresses[2];
        struct http_exchange ex = {
            .request = {.url = arena_printf(mem, "http://%s:%u/echo", guards[i].host, server.port),
                        .addresses = addresses,
                        .total_ms = 2000}};

        while (ex.request.address_count < 2 && guards[i].addresses[ex.request.address_count]) {
            struct err err = {0};

            ok(address_parse(guards[i].addresses[ex.request.address_count],
                             &addresses[ex.request.address_count], &err),
               "%s", err.text);
            ex.request.address_count++;
        }
        http_do_all(mem, client, &ex, 1);
        ok(ex.failure == guards[i].failure, "%zu %s: %s \"%s\"", i, guards[i].host,
           http_failure_name(ex.failure), ex.err.text);
        ok(!guards[i].text ||
               strcmp(ex.err.text, arena_printf(mem, guards[i].text, server.port)) == 0,
           "%zu %s: \"%s\"", i, guards[i].host, ex.err.text);
        ok(ex.failure != HTTP_FAILED_FORBIDDEN || ex.err.code == ERR_FORBIDDEN, "code");
    }
    all_ok();
}

static const struct {
    const char *url, *text;
} bad[] = {
    {"ftp://127.0.0.1/", "cannot ask \"ftp://127.0.0.1/\": only http and https are spoken"},
    {"file:///etc/passwd", "cannot ask \"file:///etc/passwd\": only http and https are spoken"},
    {"http://a:b@127.0.0.1/",
     "cannot ask \"http://a:b@127.0.0.1/\": not a URL, or with a user name in it"},
    {"http://", "cannot ask \"http://\": not a URL, or with a user name in it"},
    {"http://127.0.0.1:99999/",
     "cannot ask \"http://127.0.0.1:99999/\": not a URL, or with a user name in it"},
};

static void test_bad_requests(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();
    const struct http_header split = {"X-A", "b\r\nX-C: d"};
    struct http_request request = {
        .url = url_of(mem, "/echo"), .headers = &split, .header_count = 1};
    struct http_response response;
    struct err err = {0};
    char *longer = arena_alloc(mem, 8194);

    ok(!http_do(mem, client, &request, &response, &err) && err.code == ERR_BAD_INPUT &&
           strstr(err.text, "a header has a line break in it"),
       "header: %s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err = (struct err){0};
        request = (struct http_request){.url = bad[i].url};
        ok(!http_do(mem, client, &request, &response, &err) && err.code == ERR_BAD_INPUT &&
               strcmp(err.text, bad[i].text) == 0,
           "%s: \"%s\"", bad[i].url, err.text);
    }
    memset(longer, 'x', 8193);
    memcpy(longer, "http://", 7);
    request = (struct http_request){.url = longer};
    ok(!http_do(mem, client, &request, &response, &err) &&
           strstr(err.text, "the URL is over 8192 octets"),
       "long: %s", err.text);
    all_ok();
}

static void test_connect(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = client_new();
    struct tiny_server gone = {.answer = echo};
    struct http_exchange ex = {0};
    int full, on = 0;

    ok(tiny_start(&gone, "127.0.0.1", 0), "listen");
    tiny_stop(&gone);
    allowed[0].port = 0;
    ex.request.url = arena_printf(mem, "http://127.0.0.1:%u/", gone.port);
    http_do_all(mem, client, &ex, 1);
    ok(ex.failure == HTTP_FAILED_REFUSED && ex.err.code == ERR_NET &&
           strcmp(ex.err.text,
                  arena_printf(mem, "could not connect to 127.0.0.1:%u: connection refused",
                               gone.port)) == 0,
       "refused: %s \"%s\"", http_failure_name(ex.failure), ex.err.text);

    /* A listener with a full backlog does not answer the SYN. */
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(sa);
    int fillers[4];
    full = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ok(bind(full, (struct sockaddr *)&sa, len) == 0 && listen(full, 0) == 0 &&
           getsockname(full, (struct sockaddr *)&sa, &len) == 0,
       "full listener");
    for (size_t i = 0; i < ARRAY_LEN(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        on += connect(fillers[i], (struct sockaddr *)&sa, len) == 0;
    }
    ex = (struct http_exchange){
        .request = {.url = arena_printf(mem, "http://127.0.0.1:%u/", ntohs(sa.sin_port)),
                    .connect_ms = 150}};
    http_do_all(mem, client, &ex, 1);
    ok(ex.failure == HTTP_FAILED_NO_CONNECT && ex.err.code == ERR_TIMEOUT &&
           strcmp(ex.err.text, arena_printf(mem,
                                            "could not connect to 127.0.0.1:%u: no answer within "
                                            "150 ms",
                                            ntohs(sa.sin_port))) == 0,
       "no connect: %s \"%s\" (%d)", http_failure_name(ex.failure), ex.err.text, on);
    for (size_t i = 0; i < ARRAY_LEN(fillers); i++)
        close(fillers[i]);
    close(full);
    allowed[0].port = server.port;
    all_ok();
}

static bool resolve(void *arg, const char *host, struct address *out, size_t *count,
                    struct err *err)
{
    (*(int *)arg)++;
    if (strcmp(host, "ca.example") != 0)
        return err_set(err, ERR_DNS, "%s does not exist", host);
    ok(*count == HTTP_ADDRESSES_MAX, "room");
    *count = 1;
    return address_parse("127.0.0.1", out, err);
}

static void test_resolve(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(http_client_freep) struct http_client *client = NULL;
    int calls = 0;
    struct http_client_options options = {
        .policy = &policy, .resolve = resolve, .resolve_arg = &calls};
    struct http_request request = {.url =
                                       arena_printf(mem, "http://ca.example:%u/echo", server.port)};
    struct http_response response;
    struct err err = {0};

    ok(http_client_new(&options, &client, &err), "%s", err.text);
    ok(http_do(mem, client, &request, &response, &err) && calls == 1 &&
           strstr((const char *)response.body.data, "Host: ca.example:"),
       "by the callback: %s", err.text);
    request.url = "http://nowhere.example/";
    ok(!http_do(mem, client, &request, &response, &err) && err.code == ERR_DNS &&
           strcmp(err.text, "nowhere.example does not exist") == 0,
       "its error: %s", err.text);
    options = (struct http_client_options){.policy = &policy, .ca_file = "/nonexistent.pem"};
    ok(!http_client_new(&options, &(struct http_client *){NULL}, &err) && err.code == ERR_CONFIG &&
           strcmp(err.text, "could not read the roots in /nonexistent.pem: "
                            "No such file or directory") == 0,
       "%s", err.text);
    all_ok();
}

static int start(void **state)
{
    (void)state;
    return start_server(echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_connect),
        cmocka_unit_test(test_resolve),
    };

    return cmocka_run_group_tests(tests, start, stop_server);
}
