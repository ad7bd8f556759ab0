/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "net/address.h"

/* First and last of each range, and the neighbours outside. NULL: public. */
static const struct {
    const char *text, *reserved;
} kinds[] = {
    {"0.0.0.0", "this network"},
    {"0.255.255.255", "this network"},
    {"1.0.0.0", NULL},
    {"9.255.255.255", NULL},
    {"10.0.0.0", "private network"},
    {"10.255.255.255", "private network"},
    {"11.0.0.0", NULL},
    {"100.63.255.255", NULL},
    {"100.64.0.0", "shared address space"},
    {"100.127.255.255", "shared address space"},
    {"100.128.0.0", NULL},
    {"126.255.255.255", NULL},
    {"127.0.0.0", "loopback"},
    {"127.255.255.255", "loopback"},
    {"128.0.0.0", NULL},
    {"169.253.255.255", NULL},
    {"169.254.0.0", "link-local"},
    {"169.254.169.254", "link-local"},
    {"169.254.255.255", "link-local"},
    {"169.255.0.0", NULL},
    {"172.15.255.255", NULL},
    {"172.16.0.0", "private network"},
    {"172.31.255.255", "private network"},
    {"172.32.0.0", NULL},
    {"191.255.255.255", NULL},
    {"192.0.0.0", "protocol assignments"},
    {"192.0.0.255", "protocol assignments"},
    {"192.0.1.0", NULL},
    {"192.0.1.255", NULL},
    {"192.0.2.0", "documentation"},
    {"192.0.2.255", "documentation"},
    {"192.0.3.0", NULL},
    {"192.88.98.255", NULL},
    {"192.88.99.0", "6to4 relay"},
    {"192.88.99.255", "6to4 relay"},
    {"192.88.100.0", NULL},
    {"192.167.255.255", NULL},
    {"192.168.0.0", "private network"},
    {"192.168.255.255", "private network"},
    {"192.169.0.0", NULL},
    {"198.17.255.255", NULL},
    {"198.18.0.0", "benchmarking"},
    {"198.19.255.255", "benchmarking"},
    {"198.20.0.0", NULL},
    {"198.51.99.255", NULL},
    {"198.51.100.0", "documentation"},
    {"198.51.100.255", "documentation"},
    {"198.51.101.0", NULL},
    {"203.0.112.255", NULL},
    {"203.0.113.0", "documentation"},
    {"203.0.113.255", "documentation"},
    {"203.0.114.0", NULL},
    {"223.255.255.255", NULL},
    {"224.0.0.0", "multicast"},
    {"239.255.255.255", "multicast"},
    {"240.0.0.0", "reserved"},
    {"255.255.255.255", "reserved"},
    {"::", "unspecified"},
    {"::1", "loopback"},
    {"::2", "this network"},
    {"::127.0.0.1", "loopback"},
    {"::8.8.8.8", NULL},
    {"::1:0:0", "not allocated"},
    {"::fffe:8.8.8.8", "not allocated"},
    {"::ffff:0.0.0.0", "this network"},
    {"::ffff:127.0.0.1", "loopback"},
    {"::ffff:10.0.0.1", "private network"},
    {"::ffff:8.8.8.8", NULL},
    {"::1:0:8.8.8.8", "not allocated"},
    {"64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", "not allocated"},
    {"64:ff9b::10.0.0.1", "private network"},
    {"64:ff9b::169.254.169.254", "link-local"},
    {"64:ff9b::8.8.8.8", NULL},
    {"64:ff9b::1:0:0", "not allocated"},
    {"64:ff9b:1::", "local NAT64"},
    {"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local NAT64"},
    {"64:ff9b:2::", "not allocated"},
    {"100::", "discard only"},
    {"100::ffff:ffff:ffff:ffff", "discard only"},
    {"100:0:0:1::", "not allocated"},
    {"1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "not allocated"},
    {"2000::", NULL},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {"2001::", "protocol assignments"},
    {"2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "protocol assignments"},
    {"2001:200::", NULL},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {"2001:db8::", "documentation"},
    {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
    {"2001:db9::", NULL},
    {"2002:7f00:1::", "loopback"},
    {"2002:a00:1::1", "private network"},
    {"2002:c0a8:101::1", "private network"},
    {"2002:808:808::1", NULL},
    {"2003::", NULL},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {"3fff::", "documentation"},
    {"3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
    {"3fff:1000::", NULL},
    {"4000::", "not allocated"},
    {"7fff:ffff::", "not allocated"},
    {"8000::", "not allocated"},
    {"fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "not allocated"},
    {"fc00::", "private network"},
    {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private network"},
    {"fe00::", "not allocated"},
    {"fe80::", "link-local"},
    {"febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"},
    {"fec0::", "not allocated"},
    {"ff00::", "multicast"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"},
};

/* req: R49 */
static void test_reserved(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct err err = {0};
        struct address address;
        const char *got;

        if (!ok(address_parse(kinds[i].text, &address, &err), "%s: %s", kinds[i].text, err.text))
            continue;
        got = address_reserved_for(&address);
        ok((!got && !kinds[i].reserved) ||
               (got && kinds[i].reserved && strcmp(got, kinds[i].reserved) == 0),
           "%s is %s", kinds[i].text, got ? got : "public");
    }
    all_ok();
}

static const struct {
    const char *text, *back; /* back NULL: refused */
} texts[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"2001:DB8:0:0:0::1", "2001:db8::1"},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
    {"192.0.2", NULL},
    {"192.0.2.256", NULL},
    {"192.0.2.01", NULL},
    {"0x7f.1", NULL},
    {"2130706433", NULL},
    {"192.0.2.1:80", NULL},
    {"[::1]", NULL},
    {"fe80::1%eth0", NULL},
    {"", NULL},
    {"example.com", NULL},
};

static void test_text(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct err err = {0};
        struct address address = {0};
        char text[ADDRESS_TEXT_SIZE];
        bool parsed = address_parse(texts[i].text, &address, &err);

        ok(parsed == (texts[i].back != NULL), "\"%s\" parsed: %d", texts[i].text, parsed);
        ok(!parsed || strcmp(address_text(&address, text), texts[i].back) == 0, "\"%s\"",
           texts[i].text);
        ok(parsed || err.code == ERR_BAD_INPUT, "\"%s\": code", texts[i].text);
    }
    all_ok();
}

static const struct {
    const char *prefix, *error; /* error NULL: accepted */
    const char *inside, *outside;
} prefixes[] = {
    {"10.1.0.0/16", NULL, "10.1.255.255", "10.2.0.0"},
    {"192.0.2.7", NULL, "192.0.2.7", "192.0.2.8"},
    {"0.0.0.0/0", NULL, "8.8.8.8", "::ffff:8.8.8.8"},
    {"198.18.0.0/15", NULL, "198.19.0.1", "198.20.0.0"},
    {"2001:db8::/33", NULL, "2001:db8:7fff::1", "2001:db8:8000::"},
    {"::1", NULL, "::1", "::2"},
    {"10.1.0.0/33", "\"10.1.0.0/33\": a prefix length is 0 to 32", NULL, NULL},
    {"10.1.0.0/", "\"10.1.0.0/\": a prefix length is 0 to 32", NULL, NULL},
    {"::/129", "\"::/129\": a prefix length is 0 to 128", NULL, NULL},
    {"10.1.0.1/16", "\"10.1.0.1/16\" has bits set below its prefix length", NULL, NULL},
    {"ten/8", "\"ten/8\" is not an address or a prefix", NULL, NULL},
    {"", "\"\" is not an address or a prefix", NULL, NULL},
};

static void test_prefixes(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        const char *want = prefixes[i].error ? prefixes[i].error : "";
        struct address inside, outside;
        struct prefix prefix;
        struct err err = {0};

        if (!prefix_parse(prefixes[i].prefix, &prefix, &err) || prefixes[i].error) {
            ok(strcmp(err.text, want) == 0, "%s: \"%s\"", prefixes[i].prefix, err.text);
            continue;
        }
        ok(address_parse(prefixes[i].inside, &inside, &err) && prefix_has(&prefix, &inside),
           "%s has %s", prefixes[i].prefix, prefixes[i].inside);
        ok(address_parse(prefixes[i].outside, &outside, &err) && !prefix_has(&prefix, &outside),
           "%s has not %s", prefixes[i].prefix, prefixes[i].outside);
    }
    all_ok();
}

/* Allowed in all rows: 127.0.0.1 port 8080, 10.1.0.0/16 any port. */
static const struct {
    enum net_public reach;
    const char *address;
    uint16_t port;
    const char *error; /* NULL: allowed */
} rules[] = {
    {NET_PUBLIC_NONE, "127.0.0.1", 8080, NULL},
    {NET_PUBLIC_NONE, "127.0.0.1", 8081,
     "127.0.0.1:8081 is not connected to: the address is reserved (loopback)"},
    {NET_PUBLIC_WEB, "127.0.0.2", 8080,
     "127.0.0.2:8080 is not connected to: the address is reserved (loopback)"},
    {NET_PUBLIC_ANY, "::ffff:127.0.0.1", 8080,
     "[::ffff:127.0.0.1]:8080 is not connected to: the address is reserved (loopback)"},
    {NET_PUBLIC_NONE, "10.1.2.3", 22, NULL},
    {NET_PUBLIC_WEB, "10.2.0.0", 80,
     "10.2.0.0:80 is not connected to: the address is reserved (private network)"},
    {NET_PUBLIC_NONE, "8.8.8.8", 80, "8.8.8.8:80 is not connected to: not an address of ours"},
    {NET_PUBLIC_WEB, "8.8.8.8", 80, NULL},
    {NET_PUBLIC_WEB, "8.8.8.8", 443, NULL},
    {NET_PUBLIC_WEB, "8.8.8.8", 25, "8.8.8.8:25 is not connected to: only ports 80 and 443 are"},
    {NET_PUBLIC_ANY, "8.8.8.8", 14000, NULL},
    {NET_PUBLIC_WEB, "2a00:1450::1", 443, NULL},
    {NET_PUBLIC_ANY, "64:ff9b::7f00:1", 443,
     "[64:ff9b::7f00:1]:443 is not connected to: the address is reserved (loopback)"},
};

static void test_policy(void **state)
{
    (void)state;
    struct net_allowed allowed[] = {{.port = 8080}, {.port = 0}};
    struct err err = {0};

    ok(prefix_parse("127.0.0.1", &allowed[0].prefix, &err) &&
           prefix_parse("10.1.0.0/16", &allowed[1].prefix, &err),
       "prefixes: %s", err.text);
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        struct net_policy policy = {rules[i].reach, allowed, ARRAY_LEN(allowed)};
        const char *want = rules[i].error ? rules[i].error : "";
        struct address address;
        bool passed;

        err = (struct err){0};
        ok(address_parse(rules[i].address, &address, &err), "%s", err.text);
        passed = net_policy_check(&policy, &address, rules[i].port, &err);
        ok(passed == !rules[i].error && strcmp(err.text, want) == 0, "%s port %u: %d \"%s\"",
           rules[i].address, rules[i].port, passed, err.text);
        ok(passed || err.code == ERR_FORBIDDEN, "%s: code", rules[i].address);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
