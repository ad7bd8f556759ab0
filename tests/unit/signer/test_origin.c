/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "signer/origin.h"

static const struct {
    const char *url, *host;
    uint16_t port;
    bool is_https;
} good[] = {
    {"https://ca.example/directory", "ca.example", 443, true},
    {"https://ca.example", "ca.example", 443, true},
    {"https://CA.Example:443/", "ca.example", 443, true},
    {"https://ca.example?x=@b", "ca.example", 443, true},
    {"http://127.0.0.1:14000/dir", "127.0.0.1", 14000, false},
    {"http://localhost/", "localhost", 80, false},
    {"https://[::1]:8445/acme", "[::1]", 8445, true},
    {"https://[2001:DB8::1]/", "[2001:db8::1]", 443, true},
    {"https://ca.example:65535/a/b?c=d#e", "ca.example", 65535, true},
};

static const char *const bad[] = {
    "",
    "ca.example",
    "//ca.example/",
    "HTTPS://ca.example/",
    "ftp://ca.example/",
    "https:/ca.example/",
    "https://",
    "https:///x",
    "https://user@ca.example/",
    "https://ca.example@evil.example/",
    "https://ca.example:pass@evil.example/",
    "https://ca.example\\@evil.example/",
    "https://ca.example#@evil.example/",
    "https://ca.example:0/",
    "https://ca.example:65536/",
    "https://ca.example:/",
    "https://ca.example:44 3/",
    "https://ca.example:443x/",
    "https://ca.example:443:443/",
    "https://ca_x.example/",
    "https://ca%2eexample/",
    "https://ca.example\n/",
    "https://ca.example /",
    "https://cä.example/",
    "https://[::1/",
    "https://[]x/",
    "https://[::1]x/",
    "https://[ca.example]/",
    " https://ca.example/",
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct origin got = {0};

        ok(origin_parse(good[i].url, &got) && strcmp(got.host, good[i].host) == 0 &&
               got.port == good[i].port && got.is_https == good[i].is_https,
           "%s: %s %u", good[i].url, got.host, got.port);
    }
    all_ok();
}

static void test_bad(void **state)
{
    struct origin got;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ok(!origin_parse(bad[i], &got), "\"%s\" is taken, host %s", bad[i], got.host);
    all_ok();
}

static void test_equal(void **state)
{
    static const struct {
        const char *a, *b;
        bool is_equal;
    } rows[] = {
        {"https://ca.example/a", "https://CA.example:443/b", true},
        {"https://ca.example/", "http://ca.example:443/", false},
        {"https://ca.example/", "https://ca.example:444/", false},
        {"https://ca.example/", "https://ca.example./", false},
        {"https://ca.example/", "https://xca.example/", false},
        {"https://ca.example/", "https://ca.example.evil/", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct origin a, b;

        assert_true(origin_parse(rows[i].a, &a) && origin_parse(rows[i].b, &b));
        ok(origin_equal(&a, &b) == rows[i].is_equal, "%s and %s", rows[i].a, rows[i].b);
    }
    all_ok();
}

static void test_limits(void **state)
{
    char url[ORIGIN_URL_MAX + 2] = "https://";
    struct origin got;

    (void)state;
    memset(url + 8, 'a', ORIGIN_HOST_MAX);
    ok(origin_parse(url, &got), "host of 253");
    url[8 + ORIGIN_HOST_MAX] = 'a';
    ok(!origin_parse(url, &got), "host of 254");
    url[9] = '/';
    memset(url + 10, 'a', ORIGIN_URL_MAX - 10);
    ok(origin_parse(url, &got), "URL of 1024");
    url[ORIGIN_URL_MAX] = 'a';
    ok(!origin_parse(url, &got), "URL of 1025");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
