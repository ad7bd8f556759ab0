/* SPDX-License-Identifier: Apache-2.0 */
#include "http/exchange.h"

#include <arpa/inet.h>
#include <assert.h>
#include <strings.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"

static const struct http_pair default_headers[] = {
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
};

struct exchange *exchange_new(struct http_server *server, const struct http_options *options,
                              const char *target)
{
    struct arena *mem = arena_new_wiped(); /* passwords, cookies and tokens come through it */
    struct exchange *x = arena_new_of(mem, struct exchange);

    x->mem = mem;
    x->server = server;
    x->options = options;
    x->target = arena_strdup(mem, target);
    x->req = (struct http_req){
        .mem = mem,
        .id = id_new(mem, ID_REQUEST),
        .method = HTTP_METHOD_COUNT,
        .client = "",
        .received_at = clock_now(),
        .started_ms = clock_boot_ms(),
        .context = options->context,
        .exchange = x,
    };
    x->res = (struct http_res){.mem = mem, .req = &x->req};
    return x;
}

void exchange_free(struct exchange *x)
{
    arena_free(x->mem);
}

void exchange_refuse(struct exchange *x, const struct err *err)
{
    x->res.err = *err;
    x->res.is_parked = false;
    if (x->options->problem)
        x->options->problem(&x->res, err);
    else
        http_reply_problem(&x->res, err);
    x->state = EXCHANGE_REFUSED;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct exchange *x = cls;

    (void)kind;
    if (x->req.header_count < HTTP_REQ_HEADERS_MAX)
        x->headers[x->req.header_count] = (struct http_pair){
            .name = arena_strndup(x->mem, name, name_len),
            .value = value ? arena_strndup(x->mem, value, value_len) : "",
        };
    x->req.header_count++;
    return MHD_YES;
}

static size_t count_header(const struct http_req *req, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < req->header_count; i++)
        count += strcasecmp(req->headers[i].name, name) == 0;
    return count;
}

static bool read_headers(struct exchange *x, struct err *err)
{
    size_t count;

    x->headers = arena_array_of(x->mem, HTTP_REQ_HEADERS_MAX, struct http_pair);
    x->req.headers = x->headers;
    MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, take_header, x);
    count = x->req.header_count;
    if (count <= HTTP_REQ_HEADERS_MAX)
        return true;
    x->req.header_count = HTTP_REQ_HEADERS_MAX;
    return err_set(err, ERR_TOO_MANY_HEADERS, "%zu headers, at most %d are allowed", count,
                   HTTP_REQ_HEADERS_MAX);
}

/* What two programs in a row could read in two ways: the framing (RFC 9112 sections 3.2 and 6.3),
 * and headers of one value that are there twice. */
static bool check_framing(const struct http_req *req, const char *version, struct err *err)
{
    static const char *const once[] = {"Host",          "Content-Length", "Transfer-Encoding",
                                       "Authorization", "Content-Type",   "Idempotency-Key"};
    const char *coding = http_req_header(req, "Transfer-Encoding");

    for (size_t i = 0; i < ARRAY_LEN(once); i++)
        if (count_header(req, once[i]) > 1)
            return err_set(err, ERR_BAD_REQUEST, "more than one %s header", once[i]);
    if (coding && http_req_header(req, "Content-Length"))
        return err_set(err, ERR_BAD_REQUEST, "both Content-Length and Transfer-Encoding");
    if (coding && strcasecmp(coding, "chunked") != 0)
        return err_set(err, ERR_BAD_REQUEST, "a Transfer-Encoding that is not \"chunked\"");
    if (strcmp(version, MHD_HTTP_VERSION_1_0) != 0 && !http_req_header(req, "Host"))
        return err_set(err, ERR_BAD_REQUEST, "no Host header");
    return true;
}

static const char *client_of(const struct http_req *req)
{
    const char *value = http_req_header(req, "X-Real-IP");
    unsigned char address[sizeof(struct in6_addr)];

    if (!value)
        return "";
    if (inet_pton(AF_INET, value, address) == 1 || inet_pton(AF_INET6, value, address) == 1)
        return value;
    return "";
}

static bool refuse_body(size_t limit, struct err *err)
{
    if (limit == 0)
        return err_set(err, ERR_TOO_LARGE, "this request takes no body");
    return err_set(err, ERR_TOO_LARGE, "the body has more than %zu octets", limit);
}

static int64_t content_length(const struct http_req *req)
{
    const char *text = http_req_header(req, "Content-Length");
    int64_t length = 0;

    if (text && !slice_i64(slice_str(text), 0, INT64_MAX, &length))
        return INT64_MAX;
    return length;
}

static bool accept_head(struct exchange *x, const char *method, struct err *err)
{
    struct http_req *req = &x->req;
    size_t limit;

    if (!http_method_parse(method, &req->method, &req->is_head))
        req->method = HTTP_METHOD_COUNT;
    if (!uri_parse(x->mem, x->target, &req->uri, err))
        return false;
    if (!http_route_match(x->mem, &x->options->table, req->method, &req->uri, &req->match, err))
        return false;
    limit = req->match.route->max_body;
    x->body = buf_new(x->mem, limit);
    if (content_length(req) > (int64_t)limit)
        return refuse_body(limit, err);
    return true;
}

void exchange_begin(struct exchange *x, struct MHD_Connection *connection, const char *method,
                    const char *version)
{
    struct err err = {0};

    x->connection = connection;
    x->is_begun = true;
    if (!read_headers(x, &err) || !check_framing(&x->req, version, &err)) {
        x->must_close = true;
        exchange_refuse(x, &err);
        return;
    }
    x->req.client = client_of(&x->req);
    if (accept_head(x, method, &err))
        return;
    x->must_close = content_length(&x->req) > HTTP_DRAIN_MAX;
    exchange_refuse(x, &err);
}

bool exchange_take_body(struct exchange *x, const void *data, size_t len)
{
    struct err err = {0};

    x->received += len;
    if (clock_boot_ms() - x->req.started_ms > x->options->body_ms)
        return false;
    if (x->state == EXCHANGE_REFUSED)
        return x->received <= HTTP_DRAIN_MAX;
    buf_add(&x->body, data, len);
    if (!buf_ok(&x->body)) {
        refuse_body(x->body.max, &err);
        exchange_refuse(x, &err);
    }
    return true;
}

static bool run_handler(struct exchange *x, struct err *err)
{
    struct http_req *req = &x->req;
    http_handler *run = x->options->around ? x->options->around : req->match.route->run;

    if (!run(req, &x->res, err))
        return false;
    if (!x->res.is_parked)
        return x->res.status != 0 || err_set(err, ERR_INTERNAL, "the handler made no reply");
    if (req->turn == HTTP_DEADLINE)
        return err_set(err, ERR_INTERNAL, "the handler parked again after its deadline");
    if (!x->waiter.is_watching)
        return err_set(err, ERR_INTERNAL, "the handler parked without a watch");
    return true;
}

void exchange_run(struct exchange *x, enum http_turn turn)
{
    struct err err = {0};

    x->req.turn = turn;
    x->req.body = buf_view(&x->body);
    x->res = (struct http_res){.mem = x->mem, .req = &x->req};
    if (!run_handler(x, &err))
        exchange_refuse(x, &err);
    x->state = x->res.is_parked ? EXCHANGE_RUNNING : EXCHANGE_READY;
}

static void add_headers(struct exchange *x, struct MHD_Response *response)
{
    const struct http_res *res = &x->res;

    for (size_t i = 0; i < res->header_count; i++)
        MHD_add_response_header(response, res->headers[i].name, res->headers[i].value);
    for (size_t i = 0; i < ARRAY_LEN(default_headers); i++)
        if (!http_res_get(res, default_headers[i].name))
            MHD_add_response_header(response, default_headers[i].name, default_headers[i].value);
    if (res->type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, res->type);
    MHD_add_response_header(response, "Request-Id", x->req.id);
    if (x->must_close)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* Half of the body, then the end of the connection. */
static ssize_t half_of_body(void *cls, uint64_t at, char *out, size_t room)
{
    const struct slice *body = cls;
    size_t half = body->len / 2, len;

    if (at >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    len = half - (size_t)at;
    if (len > room)
        len = room;
    memcpy(out, body->data + at, len);
    return (ssize_t)len;
}

static struct MHD_Response *make_response(struct exchange *x)
{
    /* The library does not write to a persistent buffer; its prototype only lacks the const. */
    const union {
        const void *in;
        void *out;
    } body = {.in = x->res.body.data};

    if (x->res.cut == HTTP_CUT_NONE)
        return MHD_create_response_from_buffer(x->res.body.len, body.out, MHD_RESPMEM_PERSISTENT);
    if (x->res.cut == HTTP_CUT_BEFORE || x->res.body.len < 2)
        return NULL;
    return MHD_create_response_from_callback(x->res.body.len, x->res.body.len, half_of_body,
                                             &x->res.body, NULL);
}

enum MHD_Result exchange_answer(struct exchange *x)
{
    struct MHD_Response *response = make_response(x);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    add_headers(x, response);
    result = MHD_queue_response(x->connection, (unsigned)x->res.status, response);
    MHD_destroy_response(response);
    return result;
}

static const char *const endings[] = {
    [MHD_REQUEST_TERMINATED_COMPLETED_OK] = NULL,
    [MHD_REQUEST_TERMINATED_WITH_ERROR] = "cut",
    [MHD_REQUEST_TERMINATED_TIMEOUT_REACHED] = "timeout",
    [MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN] = "shutdown",
    [MHD_REQUEST_TERMINATED_READ_ERROR] = "read_error",
    [MHD_REQUEST_TERMINATED_CLIENT_ABORT] = "client_gone",
};

static enum log_level level_of(const struct exchange *x)
{
    const struct http_route *route = x->req.match.route;

    if (x->res.status == 500)
        return LOG_ERROR;
    if (x->res.status > 500)
        return LOG_WARN;
    return route && route->is_quiet && x->res.status < 400 ? LOG_DEBUG : LOG_INFO;
}

/* A path that no route has may be a link that works once with a slash too many: its segments that
 * are long enough to be a secret are left out. */
static const char *path_without_secrets(struct arena *mem, const char *path)
{
    struct buf out = buf_new(mem, HTTP_URI_MAX);

    while (*path) {
        size_t len = 1 + strcspn(path + 1, "/");

        if (len > HTTP_LOGGED_SEGMENT_MAX)
            buf_str(&out, "/...");
        else
            buf_add(&out, path, len);
        path += len;
    }
    return buf_cstr(&out);
}

/* A link that works once may be in the path: who reads the log must not be able to use it. */
static const char *logged_path(const struct exchange *x)
{
    const struct http_req *req = &x->req;
    const struct http_route *route = req->match.route;

    if (!route || route == x->options->table.elsewhere)
        return req->uri.path ? path_without_secrets(req->mem, req->uri.path) : NULL;
    return strstr(route->path, "{secret}") ? route->path : req->uri.path;
}

void exchange_log(const struct exchange *x, enum MHD_RequestTerminationCode how)
{
    const struct http_req *req = &x->req;
    const struct http_res *res = &x->res;
    const struct http_route *route = req->match.route;
    struct log_field fields[12];
    size_t n = 0;

    fields[n++] = KS("id", req->id);
    fields[n++] = KS("operation", route ? route->operation : "none");
    fields[n++] = KS("method", req->is_head ? "HEAD" : http_method_name(req->method));
    fields[n++] = KS("path", logged_path(x));
    fields[n++] = KI("status", res->status);
    fields[n++] = KI("octets", req->is_head ? 0 : res->body.len);
    fields[n++] = KI("ms", clock_boot_ms() - req->started_ms);
    fields[n++] = KS("client", req->client);
    if (req->log_who)
        fields[n++] = KS("who", req->log_who);
    if (endings[how])
        fields[n++] = KS("end", endings[how]);
    if (res->err.code != ERR_NONE) {
        fields[n++] = KS("error", err_name(res->err.code));
        fields[n++] = KS("reason", res->err.text);
    }
    assert(n <= ARRAY_LEN(fields));
    log_write(level_of(x), "http.request", fields, n);
}
