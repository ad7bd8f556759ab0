/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "check.h"
#include "http/uri.h"

static const struct {
    const char *target;
    const char *want; /* segments, '?' and pairs; or the error */
} cases[] = {
    {"/", "[]"},
    {"/v1/orders", "[v1][orders]"},
    {"/v1/orders/", "[v1][orders][]"},
    {"/a%2Fb/c", "[a/b][c]"},
    {"/a+b", "[a+b]"},
    {"/%c3%a9", "[\xc3\xa9]"},
    {"/x?", "[x]"},
    {"/x?a=1&b=%26&c", "[x] a=1 b=& c="},
    {"/x?a=1+2&b=/?", "[x] a=1 2 b=/?"},
    {"/x?a=1&&b=2", "the query: a parameter without a name"},
    {"/x?=1", "the query: a parameter without a name"},
    {"/x?a=1&a=2", "the query: the parameter \"a\" is there twice"},
    {"/x?a=1&%61=2", "the query: the parameter \"a\" is there twice"},
    {"/x?a=%zz", "the query: \"%\" is not followed by two hex digits"},
    {"/%", "the path: \"%\" is not followed by two hex digits"},
    {"/%4", "the path: \"%\" is not followed by two hex digits"},
    {"/%41", "[A]"},
    {"/%00", "the path: the decoded text is not UTF-8 or has a NUL"},
    {"/%ff", "the path: the decoded text is not UTF-8 or has a NUL"},
    {"//x", "the path has an empty segment"},
    {"/a//b", "the path has an empty segment"},
    {"/a/../b", "the path has a dot segment"},
    {"/./b", "the path has a dot segment"},
    {"/a#b", "octet 0x23 is not allowed in a URI"},
    {"/a\x7f", "octet 0x7f is not allowed in a URI"},
    {"/\xc3\xa9", "octet 0xc3 is not allowed in a URI"},
    {"x", "the URI does not begin with a slash"},
    {"*", "the URI does not begin with a slash"},
    {"http://h.example/x", "the URI does not begin with a slash"},
    {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16",
     "[1][2][3][4][5][6][7][8][9][10][11][12][13][14][15][16]"},
    {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", "a path of more than 16 segments"},
};

static const char *show(struct arena *mem, const struct uri *uri)
{
    struct buf b = buf_new(mem, 4096);

    for (size_t i = 0; i < uri->segment_count; i++)
        buf_printf(&b, "[%s]", uri->segments[i]);
    for (size_t i = 0; i < uri->query_count; i++)
        buf_printf(&b, " %s=%s", uri->query[i].name, uri->query[i].value);
    return buf_cstr(&b);
}

static void test_table(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        struct uri uri = {0};
        bool is_parsed = uri_parse(mem, cases[i].target, &uri, &err);
        const char *got = is_parsed ? show(mem, &uri) : err.text;

        ok(strcmp(got, cases[i].want) == 0, "%s gives \"%s\"", cases[i].target, got);
    }
    all_ok();
}

static char *of_length(struct arena *mem, size_t len)
{
    char *target = arena_alloc(mem, len + 1);

    memset(target, 'a', len);
    target[0] = '/';
    return target;
}

static void test_limits(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct err err = {0};
    struct uri uri;
    (void)state;

    ok(uri_parse(mem, of_length(mem, HTTP_URI_MAX - 1), &uri, &err), "n-1: %s", err.text);
    ok(uri_parse(mem, of_length(mem, HTTP_URI_MAX), &uri, &err), "n: %s", err.text);
    ok(!uri_parse(mem, of_length(mem, HTTP_URI_MAX + 1), &uri, &err) &&
           err.code == ERR_URI_TOO_LONG &&
           strcmp(err.text, "a URI of 4097 octets, at most 4096 are allowed") == 0,
       "n+1: %s", err.text);
    for (int n = HTTP_QUERY_MAX - 1; n <= HTTP_QUERY_MAX + 1; n++) {
        struct buf b = buf_new(mem, 4096);
        bool is_parsed;

        buf_str(&b, "/?");
        for (int i = 0; i < n; i++)
            buf_printf(&b, "%sq%d=1", i ? "&" : "", i);
        is_parsed = uri_parse(mem, buf_cstr(&b), &uri, &err);
        ok(is_parsed == (n <= HTTP_QUERY_MAX), "%d parameters", n);
        ok(!is_parsed || uri.query_count == (size_t)n, "%d parameters are %zu", n, uri.query_count);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_limits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
