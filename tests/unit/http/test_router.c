/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "check.h"
#include "http/router.h"

static const struct http_route routes[] = {
    {.method = HTTP_GET, .path = "/", .operation = "root"},
    {.method = HTTP_GET, .path = "/v1/orders", .operation = "list"},
    {.method = HTTP_POST, .path = "/v1/orders", .operation = "place"},
    {.method = HTTP_GET, .path = "/v1/orders/latest", .operation = "latest"},
    {.method = HTTP_GET, .path = "/v1/orders/{id}", .operation = "get"},
    {.method = HTTP_DELETE, .path = "/v1/orders/{id}", .operation = "cancel"},
    {.method = HTTP_PUT, .path = "/v1/sites/{site}/domains/{name}", .operation = "attach"},
};

static const struct http_table table = {.routes = routes, .count = ARRAY_LEN(routes)};

static const struct {
    const char *method, *target;
    const char *want; /* operation and parameters; or the error */
} cases[] = {
    {"GET", "/", "root"},
    {"HEAD", "/v1/orders", "list"},
    {"POST", "/v1/orders", "place"},
    {"GET", "/v1/orders/latest", "latest"},
    {"GET", "/v1/orders/ord_1", "get id=ord_1"},
    {"GET", "/v1/orders/%7Bid%7D", "get id={id}"},
    {"GET", "/v1/orders/a%2Fb", "get id=a/b"},
    {"PUT", "/v1/sites/s/domains/d", "attach site=s name=d"},
    {"GET", "/v1/orders/", "there is nothing at this path"},
    {"GET", "/v1/orders/x/y", "there is nothing at this path"},
    {"GET", "/v1", "there is nothing at this path"},
    {"GET", "/V1/orders", "there is nothing at this path"},
    {"PUT", "/v1/sites//domains/d", "the path has an empty segment"},
    {"PATCH", "/v1/orders", "this path does not have the method; it has GET, HEAD, POST"},
    {"POST", "/v1/orders/x", "this path does not have the method; it has GET, HEAD, DELETE"},
    {"OPTIONS", "/v1/orders", "this path does not have the method; it has GET, HEAD, POST"},
    {"get", "/v1/orders", "this path does not have the method; it has GET, HEAD, POST"},
    {"HEAD", "/v1/sites/s/domains/d", "this path does not have the method; it has PUT"},
};

static const char *show(struct arena *mem, const struct http_match *match)
{
    struct buf b = buf_new(mem, 1024);

    buf_str(&b, match->route->operation);
    for (size_t i = 0; i < match->param_count; i++)
        buf_printf(&b, " %s=%s", match->params[i].name, match->params[i].value);
    return buf_cstr(&b);
}

static void test_table(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum http_method method = HTTP_METHOD_COUNT;
        struct http_match match;
        struct err err = {0};
        struct uri uri = {0};
        const char *got;
        bool is_head;

        if (!http_method_parse(cases[i].method, &method, &is_head))
            method = HTTP_METHOD_COUNT;
        got = uri_parse(mem, cases[i].target, &uri, &err) &&
                      http_route_match(mem, &table, method, &uri, &match, &err)
                  ? show(mem, &match)
                  : err.text;
        ok(strcmp(got, cases[i].want) == 0, "%s %s gives \"%s\"", cases[i].method, cases[i].target,
           got);
    }
    all_ok();
}

/* What has no row may have a handler: of a GET, and of a path that has none at all. */
static void test_elsewhere(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const struct http_route nothing = {.method = HTTP_GET, .path = ""};
    const struct http_table pages = {
        .routes = routes, .count = ARRAY_LEN(routes), .elsewhere = &nothing};
    static const struct {
        enum http_method method;
        const char *target;
        enum err_code code;
    } rows[] = {
        {HTTP_GET, "/v1", ERR_NONE},
        {HTTP_POST, "/v1", ERR_NOT_FOUND},
        {HTTP_METHOD_COUNT, "/v1", ERR_NOT_FOUND},
        {HTTP_GET, "/v1/sites/s/domains/d", ERR_BAD_METHOD},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_match match;
        struct err err = {0};
        struct uri uri = {0};
        bool is_found = uri_parse(mem, rows[i].target, &uri, &err) &&
                        http_route_match(mem, &pages, rows[i].method, &uri, &match, &err);

        ok(err.code == rows[i].code && match.route == (is_found ? &nothing : NULL), "%zu: %s", i,
           err.text);
    }
    all_ok();
}

static void test_methods(void **state)
{
    (void)state;

    for (enum http_method m = 0; m < HTTP_METHOD_COUNT; m++) {
        enum http_method again = HTTP_METHOD_COUNT;
        bool is_head;

        ok(http_method_parse(http_method_name(m), &again, &is_head) && again == m && !is_head,
           "%s does not round-trip", http_method_name(m));
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table),
                                       cmocka_unit_test(test_elsewhere),
                                       cmocka_unit_test(test_methods)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
