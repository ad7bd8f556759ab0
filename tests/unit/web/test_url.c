/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "http/uri.h"
#include "web/url.h"

static void test_encode(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", ""},
        {"shop.example", "shop.example"},
        {"a b&c=d+e", "a%20b%26c%3Dd%2Be"},
        {"\"><script>", "%22%3E%3Cscript%3E"},
        {"m\xc3\xbcnchen", "m%C3%BCnchen"},
        {"/accounts/x", "/accounts/x"},
        {"a#b%c?d", "a%23b%25c%3Fd"},
        {"a\r\nb", "a%0D%0Ab"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = web_url_encode(mem, rows[i].text);
        struct http_pair pair[HTTP_QUERY_MAX];
        struct err err;
        size_t count;

        ok(strcmp(got, rows[i].want) == 0, "row %zu: %s", i, got);
        ok(uri_parse_pairs(mem, slice_str(arena_printf(mem, "q=%s", got)), pair, &count, &err) &&
               count == 1 && strcmp(pair[0].value, rows[i].text) == 0,
           "row %zu is read as it was written", i);
    }
    all_ok();
}

/* req: R46 */
static void test_next(void **state)
{
    static const struct {
        const char *next;
        bool is_taken;
    } rows[] = {
        {"/", true},
        {"/accounts?search=a%20b", true},
        {NULL, false},
        {"", false},
        {"accounts", false},
        {"//evil.example", false},
        {"/\\evil.example", false},
        {"https://evil.example/", false},
        {"javascript:alert(1)", false},
        {"/a b", false},
        {"/a\r\nSet-Cookie: x=y", false},
        {"/a\tb", false},
        {"/m\xc3\xbc", false},
        {"/\x7f", false},
    };
    char long_one[WEB_NEXT_MAX + 2];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = web_safe_next(rows[i].next);

        ok(strcmp(got, rows[i].is_taken ? rows[i].next : "/") == 0, "row %zu: %s", i, got);
    }
    memset(long_one, 'x', sizeof(long_one));
    long_one[0] = '/';
    long_one[WEB_NEXT_MAX] = '\0';
    ok(web_safe_next(long_one) == long_one, "%d octets", WEB_NEXT_MAX);
    long_one[WEB_NEXT_MAX] = 'x';
    long_one[WEB_NEXT_MAX + 1] = '\0';
    ok(strcmp(web_safe_next(long_one), "/") == 0, "%d octets", WEB_NEXT_MAX + 1);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_encode), cmocka_unit_test(test_next)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
