/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
#include "config/format.h"

#define L16 "aaaaaaaaaaaaaaaa"
#define L63 L16 L16 L16 "aaaaaaaaaaaaaaa"

typedef bool format_fn(const char *text, struct err *err);

static const struct {
    format_fn *format;
    const char *text;
    const char *why; /* NULL = accepted */
} rows[] = {
    {format_id, "edge-1", NULL},
    {format_id, L16 L16, NULL},
    {format_id, L16 L16 "a", "\"" L16 L16 "a\" is not an id: a-z, 0-9 and '-', at most 32"},
    {format_id, "Edge", "\"Edge\" is not an id: a-z, 0-9 and '-', at most 32"},
    {format_id, "a/b", "\"a/b\" is not an id: a-z, 0-9 and '-', at most 32"},
    {format_name, "internal", NULL},
    {format_name, "a.b-c.xn--fsqu00a", NULL},
    {format_name, L63, NULL},
    {format_name, "a" L63,
     "\"a" L63 "\" is not a name in lower-case A-labels without dots around it"},
    {format_name, ".com", "\".com\" is not a name in lower-case A-labels without dots around it"},
    {format_name, "com.", "\"com.\" is not a name in lower-case A-labels without dots around it"},
    {format_name, "A.com", "\"A.com\" is not a name in lower-case A-labels without dots around it"},
    {format_name, "a b", "\"a b\" is not a name in lower-case A-labels without dots around it"},
    {format_name, "-a.b", "\"-a.b\" is not a name in lower-case A-labels without dots around it"},
    {format_ipv4, "127.0.0.1", NULL},
    {format_ipv4, "127.0.0.256", "\"127.0.0.256\" is not an IPv4 address"},
    {format_ipv4, "::1", "\"::1\" is not an IPv4 address"},
    {format_ipv6, "::1", NULL},
    {format_ipv6, "127.0.0.1", "\"127.0.0.1\" is not an IPv6 address"},
    {format_address, "127.255.0.9", NULL},
    {format_address, "::1", NULL},
    {format_address, "128.0.0.1", NULL},
    {format_address, "localhost", "\"localhost\" is not an IP address"},
    {format_prefix, "10.1.0.0/16", NULL},
    {format_prefix, "0.0.0.0/0", NULL},
    {format_prefix, "2001:db8::/32", NULL},
    {format_prefix, "10.1.0.0/33", "\"10.1.0.0/33\" is not a network such as 10.1.0.0/16"},
    {format_prefix, "10.1.0.0", "\"10.1.0.0\" is not a network such as 10.1.0.0/16"},
    {format_prefix, "10.1.1.0/16", "\"10.1.1.0/16\" has bits behind its /16"},
    {format_prefix, "10.1.0.0/15", "\"10.1.0.0/15\" has bits behind its /15"},
    {format_resolver, "127.0.0.1@8053", NULL},
    {format_resolver, "::1", NULL},
    {format_resolver, "127.0.0.1@0", "\"127.0.0.1@0\" has no port 1..65535 behind its @"},
    {format_resolver, "127.0.0.1@65536", "\"127.0.0.1@65536\" has no port 1..65535 behind its @"},
    {format_resolver, "dns.example", "\"dns.example\" is not a resolver such as 127.0.0.1@8053"},
    {format_key_name, "latchkey", NULL},
    {format_key_name, "_a.key-1.example", NULL},
    {format_key_name, "a..b",
     "\"a..b\" is not the name of a key: a-z, 0-9, '-', '_' and '.' between them"},
    {format_key_name, "Key",
     "\"Key\" is not the name of a key: a-z, 0-9, '-', '_' and '.' between them"},
    {format_key_name, "key.",
     "\"key.\" is not the name of a key: a-z, 0-9, '-', '_' and '.' between them"},
    {format_assignment, "TOKEN_FILE=/etc/token", NULL},
    {format_assignment, "EMPTY=", NULL},
    {format_assignment, "A B=c", "\"A B=c\" is not of the form NAME=value"},
    {format_assignment, "1A=c", "\"1A=c\" is not of the form NAME=value"},
    {format_assignment, "=c", "\"=c\" is not of the form NAME=value"},
    {format_assignment, "PATH=/tmp", "PATH cannot be set"},
    {format_assignment, "LD_PRELOAD=/tmp/x.so", "LD_PRELOAD cannot be set"},
    {format_endpoint, "127.0.0.1:8090", NULL},
    {format_endpoint, "[::1]:80", NULL},
    {format_endpoint, "origin.internal:80", NULL},
    {format_endpoint, "127.0.0.1", "\"127.0.0.1\" is not an address such as 127.0.0.1:8090"},
    {format_endpoint, "[::1]", "\"[::1]\" is not an address such as 127.0.0.1:8090"},
    {format_endpoint, "a;b:80", "\"a;b:80\" is not an address such as 127.0.0.1:8090"},
    {format_endpoint, ":80", "\":80\" is not an address such as 127.0.0.1:8090"},
    {format_url, "https://a.example/dir?x=1", NULL},
    {format_url, "https://[::1]:14000/dir", NULL},
    {format_url, "http://a.example/dir", "\"http://a.example/dir\" is not an https URL"},
    {format_url, "https://", "\"https://\" is not an https URL"},
    {format_url, "https://u@a.example/", "\"https://u@a.example/\" is not an https URL"},
    {format_url, "https://a.example/ b", "\"https://a.example/ b\" is not an https URL"},
    {format_site_url, "https://localhost:8444", NULL},
    {format_site_url, "https://a/", "\"https://a/\" is not of the form https://host[:port]"},
    {format_site_url, "https://a:0", "\"https://a:0\" is not of the form https://host[:port]"},
    {format_contact, "mailto:a@b.example", NULL},
    {format_contact, "a@b.example", "\"a@b.example\" is not of the form mailto:name@domain"},
    {format_contact, "mailto:@b", "\"mailto:@b\" is not of the form mailto:name@domain"},
    {format_store, "sqlite:a.db", NULL},
    {format_store, "postgresql://h/db", NULL},
    {format_store, "sqlite:", "is neither \"sqlite:FILE\" nor \"postgresql:...\""},
    {format_store, "mysql:x", "is neither \"sqlite:FILE\" nor \"postgresql:...\""},
};

static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        bool pass = rows[i].format(rows[i].text, &err);

        ok(pass == !rows[i].why, "row %zu, \"%s\": %s", i, rows[i].text, err.text);
        ok(strcmp(err.text, rows[i].why ? rows[i].why : "") == 0, "\"%s\": %s", rows[i].text,
           err.text);
    }
    all_ok();
}

static void test_hosts(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const struct {
        const char *url, *host;
        bool is_loopback;
    } urls[] = {
        {"https://localhost:14000/dir", "localhost", true},
        {"https://127.0.0.2", "127.0.0.2", true},
        {"https://[::1]:1/x", "::1", true},
        {"https://[2001:db8::1]", "2001:db8::1", false},
        {"https://localhost.example", "localhost.example", false},
        {"https://acme.example/d:9", "acme.example", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        const char *host = format_url_host(mem, urls[i].url);

        ok(strcmp(host, urls[i].host) == 0, "%s: %s", urls[i].url, host);
        ok(format_is_loopback(host) == urls[i].is_loopback, "%s: loopback", urls[i].url);
    }
    ok(format_in_prefix("10.1.255.255", "10.1.0.0/16"), "the last address");
    ok(!format_in_prefix("10.2.0.0", "10.1.0.0/16"), "the one after");
    ok(format_in_prefix("10.3.0.0", "10.2.0.0/15") && !format_in_prefix("10.4.0.0", "10.2.0.0/15"),
       "an odd length");
    ok(!format_in_prefix("::1", "0.0.0.0/0"), "another family");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_hosts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
