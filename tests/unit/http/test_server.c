/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "check.h"
#include "peer.h"

static bool echo(struct http_req *req, struct http_res *res, struct err *err)
{
    const char *q = http_query(req, "q");

    (void)err;
    return http_reply_json(res, 200,
                           json_pack("{s:s, s:s, s:s, s:b}", "id", http_param(req, "id"), "q",
                                     q ? q : "", "client", req->client, "head", req->is_head));
}

static bool refuse(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)req;
    http_res_header(res, "X-Kept", "yes");
    return err_set(err, ERR_CONFLICT, "the name is taken");
}

static bool forget(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)req;
    (void)res;
    (void)err;
    return true;
}

/* Cut as the path says. */
static bool cut(struct http_req *req, struct http_res *res, struct err *err)
{
    static const char body[] = "half of this is sent";

    (void)err;
    if (strcmp(http_param(req, "how"), "before") == 0)
        return http_cut(res, HTTP_CUT_BEFORE);
    if (strcmp(http_param(req, "how"), "empty") != 0)
        http_reply_bytes(res, 200, "text/plain", slice_str(body));
    return http_cut(res, HTTP_CUT_INSIDE);
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .path = "/echo/{id}", .operation = "echo", .run = echo},
    {.method = HTTP_GET, .path = "/fail", .operation = "fail", .run = refuse},
    {.method = HTTP_GET, .path = "/forget", .operation = "forget", .run = forget},
    {.method = HTTP_GET, .path = "/cut/{how}", .operation = "cut", .run = cut},
    {.method = HTTP_GET, .path = "/link/{secret}", .operation = "link", .run = refuse},
};

static const struct http_options options = {.table = {routes, ARRAY_LEN(routes)}};

static void test_answers(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *header, *value; /* NULL: any */
        const char *body;           /* a part of it */
    } rows[] = {
        {"GET /echo/a%2Fb?q=%41+c HTTP/1.1\r\nHost: h\r\nX-Real-IP: 192.0.2.1\r\n\r\n", 200,
         "Content-Type", "application/json",
         "{\"id\":\"a/b\",\"q\":\"A c\",\"client\":\"192.0.2.1\",\"head\":false}"},
        {"GET /echo/x HTTP/1.1\r\nHost: h\r\nX-Real-IP: nonsense\r\n\r\n", 200, "Cache-Control",
         "no-store", "\"client\":\"\""},
        {"HEAD /echo/x HTTP/1.1\r\nHost: h\r\n\r\n", 200, "Content-Length", "41", ""},
        {"GET /echo/x HTTP/1.1\r\nHost: h\r\n\r\n", 200, "X-Content-Type-Options", "nosniff", ""},
        {"GET /fail HTTP/1.1\r\nHost: h\r\n\r\n", 409, "X-Kept", "yes", "\"code\":\"conflict\""},
        {"GET /fail HTTP/1.1\r\nHost: h\r\n\r\n", 409, "Content-Type", "application/problem+json",
         "\"detail\":\"the name is taken\""},
        {"GET /forget HTTP/1.1\r\nHost: h\r\n\r\n", 500, NULL, NULL, "\"code\":\"internal\""},
        {"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 404, NULL, NULL, "\"code\":\"not_found\""},
        {"POST /fail HTTP/1.1\r\nHost: h\r\n\r\n", 405, "Allow", "GET, HEAD",
         "\"code\":\"method_not_allowed\""},
        {"OPTIONS /fail HTTP/1.1\r\nHost: h\r\n\r\n", 405, "Allow", "GET, HEAD", ""},
    };
    static struct reply reply;
    struct peer peer;
    (void)state;

    peer_start(&peer, options);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char value[256] = "", id[256];

        peer_ask(&peer, rows[i].request, strlen(rows[i].request), &reply);
        if (rows[i].header)
            reply_header(&reply, rows[i].header, value);
        ok(reply.status == rows[i].status && !reply.is_closed, "%zu: %d", i, reply.status);
        ok(!rows[i].header || strcmp(value, rows[i].value) == 0, "%zu: %s is %s", i, rows[i].header,
           value);
        ok(strstr(reply.body, rows[i].body) != NULL, "%zu: %s", i, reply.body);
        ok(strncmp(reply_header(&reply, "Request-Id", id), "req_", 4) == 0, "%zu: id %s", i, id);
    }
    peer_stop(&peer);
    all_ok();
}

static void test_keep_alive(void **state)
{
    static const char request[] = "GET /echo/x HTTP/1.1\r\nHost: h\r\n\r\n";
    static struct reply reply;
    struct peer peer;
    int fd;
    (void)state;

    peer_start(&peer, options);
    fd = peer_connect(&peer);
    for (int i = 0; i < 100; i++) {
        peer_send(fd, request, sizeof(request) - 1);
        peer_read(fd, false, &reply);
        ok(reply.status == 200, "%d: %d", i, reply.status);
    }
    close(fd);
    peer_stop(&peer);
    all_ok();
}

static void test_cut(void **state)
{
    static const struct {
        const char *how;
        int status;
        size_t octets;
    } rows[] = {{"inside", 200, 10}, {"empty", 0, 0}, {"before", 0, 0}};
    struct reply reply;
    struct peer peer;

    (void)state;
    peer_start(&peer, options);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char request[128];

        snprintf(request, sizeof(request), "GET /cut/%s HTTP/1.1\r\nHost: a\r\n\r\n", rows[i].how);
        peer_ask(&peer, request, strlen(request), &reply);
        ok(reply.status == rows[i].status && reply.body_len == rows[i].octets, "%s: %d, %zu octets",
           rows[i].how, reply.status, reply.body_len);
        ok(reply.is_closed, "%s: the connection stays open", rows[i].how);
    }
    peer_stop(&peer);
    all_ok();
}

static void test_socket(void **state)
{
    struct http_options o = options;
    struct http_server *second = NULL;
    struct err err = {0};
    struct peer peer;
    struct stat st;
    char long_path[200];
    (void)state;

    peer_start(&peer, options);
    assert_int_equal(stat(peer.path, &st), 0);
    ok((st.st_mode & 0777) == 0600, "mode %o", st.st_mode & 0777u);
    o.socket_path = peer.path;
    ok(!http_server_start(&o, &second, &err) && err.code == ERR_CONFIG &&
           strstr(err.text, "another process listens on /tmp/"),
       "busy: %s", err.text);
    ok(access(peer.path, F_OK) == 0, "the other's socket was removed");
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[0] = '/';
    long_path[108] = '\0';
    o.socket_path = long_path;
    ok(!http_server_start(&o, &second, &err) && err.code == ERR_CONFIG &&
           strstr(err.text, "the name of the socket is too long") != NULL,
       "long: %s", err.text);
    o.socket_path = peer.dir;
    ok(!http_server_start(&o, &second, &err) && strstr(err.text, "is there and is no socket"),
       "directory: %s", err.text);
    peer_stop(&peer);
    all_ok();
}

/* What a killed process leaves behind does not stop the next one. */
static void test_stale_socket(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/latchkey-http-XXXXXX";
    struct http_options o = options;
    struct http_server *server = NULL;
    struct err err = {0};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)state;

    assert_non_null(mkdtemp(dir));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", dir);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    o.socket_path = address.sun_path;
    o.socket_mode = 0660;
    ok(http_server_start(&o, &server, &err), "%s", err.text);
    http_server_stop(server);
    assert_int_equal(rmdir(dir), 0);
    all_ok();
}

/* What the server logs while it is asked once. */
static size_t log_of(const char *request, char *log, size_t size)
{
    static struct reply reply;
    struct peer peer;
    int kept = dup(STDERR_FILENO), file = memfd_create("log", MFD_CLOEXEC);
    ssize_t len;

    assert_true(kept >= 0 && file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    peer_start(&peer, options);
    log_set_up(LOG_INFO, LOG_LOGFMT);
    peer_ask(&peer, request, strlen(request), &reply);
    peer_stop(&peer);
    dup2(kept, STDERR_FILENO);
    close(kept);
    len = pread(file, log, size - 1, 0);
    close(file);
    log[len > 0 ? len : 0] = '\0';
    return strlen(log);
}

static void test_log(void **state)
{
    char log[4096];
    (void)state;

    ok(log_of("GET /echo/x?token=hush HTTP/1.1\r\nHost: h\r\n\r\n", log, sizeof(log)) > 0 &&
           strstr(log, " path=/echo/x ") && !strstr(log, "hush"),
       "the path without its query: %s", log);
    ok(log_of("GET /link/hush HTTP/1.1\r\nHost: h\r\n\r\n", log, sizeof(log)) > 0 &&
           strstr(log, " path=\"/link/{secret}\" ") && !strstr(log, "hush"),
       "the pattern of a path with a secret: %s", log);
    ok(log_of("GET /link/hush567890123456789012345678901234/ HTTP/1.1\r\nHost: h\r\n\r\n", log,
              sizeof(log)) > 0 &&
           strstr(log, " path=/link/.../ ") && !strstr(log, "hush"),
       "nothing long of a path that no route has: %s", log);
    ok(log_of("PUT /nowhere/ord_34567890123456789012345678 HTTP/1.1\r\nHost: h\r\n\r\n", log,
              sizeof(log)) > 0 &&
           strstr(log, " path=/nowhere/ord_34567890123456789012345678 "),
       "ids are shown: %s", log);
    all_ok();
}

static bool around(struct http_req *req, struct http_res *res, struct err *err)
{
    http_res_header(res, "X-Around", req->context);
    if (!http_bearer(req))
        return err_set(err, ERR_UNAUTHENTICATED, "a token is needed");
    return req->match.route->run(req, res, err);
}

static bool own_problem(struct http_res *res, const struct err *err)
{
    return http_reply_json_as(res, err_http(err->code), "application/own", json_string(err->text));
}

static void test_hooks(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *around, *body;
    } rows[] = {
        {"GET /echo/x HTTP/1.1\r\nHost: h\r\n\r\n", 401, "ctx", "\"a token is needed\""},
        {"GET /echo/x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n", 200, "ctx",
         "{\"id\""},
        {"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 404, "", "\"there is nothing at this path\""},
    };
    static char context[] = "ctx";
    static struct reply reply;
    struct http_options o = options;
    struct peer peer;
    (void)state;

    o.around = around;
    o.problem = own_problem;
    o.context = context;
    peer_start(&peer, o);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char value[256];

        peer_ask(&peer, rows[i].request, strlen(rows[i].request), &reply);
        ok(reply.status == rows[i].status && strstr(reply.body, rows[i].body) &&
               strcmp(reply_header(&reply, "X-Around", value), rows[i].around) == 0,
           "%zu: %d %s %s", i, reply.status, value, reply.body);
    }
    peer_stop(&peer);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),      cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_cut),          cmocka_unit_test(test_socket),
        cmocka_unit_test(test_stale_socket), cmocka_unit_test(test_hooks),
        cmocka_unit_test(test_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
