/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check.h"
#include "model/hostname.h"

#define L10 "aaaaaaaaaa"
#define L61 L10 L10 L10 L10 L10 L10 "a"
#define L63 L61 "aa"

static const char *const extra[] = {"internal", "apps.corp"};

static const struct suffix_list *list_of(struct arena *mem, bool is_sandbox)
{
    struct suffix_options options = {
        .extra = extra,
        .extra_count = is_sandbox ? ARRAY_LEN(extra) : 0,
        .is_sandbox = is_sandbox,
    };
    const struct suffix_list *list = NULL;
    struct err err = {0};

    ok(suffix_list_load(mem, &options, &list, &err), "the system's list: %s", err.text);
    return list;
}

static const struct {
    const char *input, *name, *registered, *unicode; /* NULL: as the name */
} accepted[] = {
    {"example.com", "example.com", "example.com", NULL},
    {"  WWW.Example.COM.\n", "www.example.com", "example.com", NULL},
    {"a.b.example.co.uk", "a.b.example.co.uk", "example.co.uk", NULL},
    {"*.example.com", "*.example.com", "example.com", NULL},
    {"\u00fcber.de", "xn--ber-goa.de", "xn--ber-goa.de", "\u00fcber.de"},
    {"\u00dcBER.DE", "xn--ber-goa.de", "xn--ber-goa.de", "\u00fcber.de"},
    {"u\u0308ber.de", "xn--ber-goa.de", "xn--ber-goa.de", "\u00fcber.de"},
    {"stra\u00dfe.de", "xn--strae-oqa.de", "xn--strae-oqa.de", "stra\u00dfe.de"},
    {"*.\u4f8b\u5b50.com", "*.xn--fsqu00a.com", "xn--fsqu00a.com", "*.\u4f8b\u5b50.com"},
    {"\u4f8b\u5b50\u3002com", "xn--fsqu00a.com", "xn--fsqu00a.com", "\u4f8b\u5b50.com"},
    {"XN--BER-GOA.de", "xn--ber-goa.de", "xn--ber-goa.de", "\u00fcber.de"},
    {"www.\u516c\u53f8.cn.com", "www.xn--55qx5d.cn.com", "xn--55qx5d.cn.com",
     "www.\u516c\u53f8.cn.com"},
    {"a.\u516c\u53f8.cn", "a.xn--55qx5d.cn", "a.xn--55qx5d.cn", "a.\u516c\u53f8.cn"},
    {"\uff45xample.com", "example.com", "example.com", NULL},
    {L63 ".com", L63 ".com", L63 ".com", NULL},
    {"a.b.c.d.e.f.g.h.i.com", "a.b.c.d.e.f.g.h.i.com", "i.com", NULL},
    {"foo.github.io", "foo.github.io", "foo.github.io", NULL},
    {"1.2.3.4.com", "1.2.3.4.com", "4.com", NULL},
};

/* req: R15, A7 */
static void test_accepted(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct suffix_list *list = list_of(mem, false);

    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        struct hostname got = {0};
        struct err err = {0};
        bool pass = hostname_parse(mem, list, accepted[i].input, &got, &err);
        const char *unicode = accepted[i].unicode ? accepted[i].unicode : accepted[i].name;

        if (!ok(pass, "\"%s\": %s", accepted[i].input, err.text))
            continue;
        ok(strcmp(got.name, accepted[i].name) == 0, "\"%s\" is %s", accepted[i].input, got.name);
        ok(strcmp(got.registered, accepted[i].registered) == 0, "%s is registered as %s", got.name,
           got.registered);
        ok(strcmp(got.unicode, unicode) == 0, "%s is shown as %s", got.name, got.unicode);
        ok(hostname_check(got.name, &err), "%s checks: %s", got.name, err.text);
        ok(got.is_wildcard == (got.name[0] == '*') &&
               strcmp(got.base, got.name + (got.is_wildcard ? 2 : 0)) == 0,
           "%s: wildcard", got.name);
        ok(got.is_registered == (strcmp(got.base, got.registered) == 0), "%s: is registered",
           got.name);
    }
    all_ok();
}

static const struct {
    const char *input;
    enum hostname_fault fault;
    const char *text;
} refused[] = {
    {"", HOSTNAME_EMPTY, "a name is missing"},
    {" \t", HOSTNAME_EMPTY, "a name is missing"},
    {".", HOSTNAME_EMPTY_LABEL, "label 1 is empty"},
    {"a..com", HOSTNAME_EMPTY_LABEL, "label 2 is empty"},
    {".example.com", HOSTNAME_EMPTY_LABEL, "label 1 is empty"},
    {"example.com..", HOSTNAME_EMPTY_LABEL, "label 3 is empty"},
    {"*.", HOSTNAME_EMPTY_LABEL, "label 1 is empty"},
    {"www.a" L63 ".com", HOSTNAME_LABEL_TOO_LONG, "label 2 has 64 octets, at most 63 are allowed"},
    {"\u00fc" L63 ".de", HOSTNAME_LABEL_TOO_LONG, "label 1 has more than 63 octets as an A-label"},
    {"a.b.c.d.e.f.g.h.i.j.com", HOSTNAME_TOO_MANY_LABELS,
     "the name has 11 labels, at most 10 are allowed"},
    {"_dmarc.example.com", HOSTNAME_UNDERSCORE,
     "label 1: an underscore is not allowed in a host name"},
    {"a.\uff3fb.example.com", HOSTNAME_UNDERSCORE,
     "label 2: an underscore is not allowed in a host name"},
    {"\u00fc_x.de", HOSTNAME_UNDERSCORE, "label 1: an underscore is not allowed in a host name"},
    {"exa mple.com", HOSTNAME_BAD_CHARACTER, "label 1: octet 0x20 is not allowed in a host name"},
    {"example.com/path", HOSTNAME_BAD_CHARACTER,
     "label 2: octet 0x2f is not allowed in a host name"},
    {"https://example.com", HOSTNAME_BAD_CHARACTER,
     "label 1: octet 0x3a is not allowed in a host name"},
    {"example.com:443", HOSTNAME_BAD_CHARACTER,
     "label 2: octet 0x3a is not allowed in a host name"},
    {"a\001b.com", HOSTNAME_BAD_CHARACTER, "label 1: octet 0x01 is not allowed in a host name"},
    {"-a.com", HOSTNAME_HYPHEN, "label 1 begins or ends with a hyphen"},
    {"a.b-.com", HOSTNAME_HYPHEN, "label 2 begins or ends with a hyphen"},
    {"ab--cd.com", HOSTNAME_IDN_INVALID,
     "label 1 has \"--\" in its third place and is not a valid A-label"},
    {"xn--a.com", HOSTNAME_IDN_INVALID,
     "label 1 has \"--\" in its third place and is not a valid A-label"},
    {"xn--zzzzzzz99999.com", HOSTNAME_IDN_INVALID,
     "label 1 has \"--\" in its third place and is not a valid A-label"},
    {"xn--example-.com", HOSTNAME_HYPHEN, "label 1 begins or ends with a hyphen"},
    {"xn--ls8h.com", HOSTNAME_IDN_INVALID,
     "label 1 has \"--\" in its third place and is not a valid A-label"},
    {"\U0001f4a9.com", HOSTNAME_IDN_INVALID,
     "label 1 is not valid by IDNA2008: string contains a disallowed character"},
    {"\xff\xfe.com", HOSTNAME_IDN_INVALID, "the name is not UTF-8"},
    {"127.0.0.1", HOSTNAME_IP_ADDRESS, "127.0.0.1 is an IP address, not a name"},
    {"1.2.3", HOSTNAME_IP_ADDRESS, "1.2.3 is an IP address, not a name"},
    {"0x7f.1", HOSTNAME_IP_ADDRESS, "0x7f.1 is an IP address, not a name"},
    {"0x7f000001", HOSTNAME_IP_ADDRESS, "0x7f000001 is an IP address, not a name"},
    {"\uff11\uff12\uff17.0.0.1", HOSTNAME_IP_ADDRESS, "127.0.0.1 is an IP address, not a name"},
    {"*.127.0.0.1", HOSTNAME_IP_ADDRESS, "127.0.0.1 is an IP address, not a name"},
    {"::1", HOSTNAME_IP_ADDRESS, "::1 is an IP address, not a name"},
    {"[2001:db8::1]", HOSTNAME_IP_ADDRESS, "[2001:db8::1] is an IP address, not a name"},
    {"www.*.com", HOSTNAME_WILDCARD, "label 2: a star may only be the whole first label"},
    {"w*.example.com", HOSTNAME_WILDCARD, "label 1: a star may only be the whole first label"},
    {"*.*.example.com", HOSTNAME_WILDCARD, "label 1: a star may only be the whole first label"},
    {"*", HOSTNAME_WILDCARD, "label 1: a star may only be the whole first label"},
    {"localhost", HOSTNAME_RESERVED_TLD,
     "names under \".localhost\" are reserved and cannot have a public certificate"},
    {"a.test", HOSTNAME_RESERVED_TLD,
     "names under \".test\" are reserved and cannot have a public certificate"},
    {"a.invalid", HOSTNAME_RESERVED_TLD,
     "names under \".invalid\" are reserved and cannot have a public certificate"},
    {"abc.onion", HOSTNAME_RESERVED_TLD,
     "names under \".onion\" are reserved and cannot have a public certificate"},
    {"printer.local", HOSTNAME_RESERVED_TLD,
     "names under \".local\" are reserved and cannot have a public certificate"},
    {"shop.example", HOSTNAME_RESERVED_TLD,
     "names under \".example\" are reserved and cannot have a public certificate"},
    {"1.0.0.127.in-addr.arpa", HOSTNAME_RESERVED_TLD,
     "names under \".arpa\" are reserved and cannot have a public certificate"},
    {"intranet", HOSTNAME_SINGLE_LABEL, "\"intranet\" is a single label, not a public name"},
    {"com", HOSTNAME_PUBLIC_SUFFIX, "\"com\" is a public suffix: names are registered under it"},
    {"*.co.uk", HOSTNAME_PUBLIC_SUFFIX,
     "\"co.uk\" is a public suffix: names are registered under it"},
    {"\u516c\u53f8.cn", HOSTNAME_PUBLIC_SUFFIX,
     "\"xn--55qx5d.cn\" is a public suffix: names are registered under it"},
    {"foo.ck", HOSTNAME_PUBLIC_SUFFIX,
     "\"foo.ck\" is a public suffix: names are registered under it"},
    {"www.nosuchtld", HOSTNAME_UNKNOWN_SUFFIX, "\".nosuchtld\" is not a public top-level domain"},
};

/* req: R14, R15, A7 */
static void test_refused(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct suffix_list *list = list_of(mem, false);

    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct hostname got = {.name = "untouched"};
        struct err err = {0};
        enum hostname_fault fault = hostname_read(mem, list, refused[i].input, &got, &err);

        ok(fault == refused[i].fault, "\"%s\": %s", refused[i].input, hostname_fault_name(fault));
        ok(strcmp(err.text, refused[i].text) == 0, "\"%s\": %s", refused[i].input, err.text);
        ok(err.code == ERR_BAD_INPUT && strcmp(err.field, "name") == 0, "\"%s\": field",
           refused[i].input);
        ok(strcmp(got.name, "untouched") == 0, "\"%s\": out is untouched", refused[i].input);
    }
    all_ok();
}

/* A name of `len` octets (over 200) under example.com, in labels of 63 or less. */
static const char *name_of(struct arena *mem, size_t len)
{
    size_t rest = len - strlen("." L61 "." L61 "." L61 ".example.com");

    assert_in_range(rest, 1, 63);
    return arena_printf(mem, "%.*s." L61 "." L61 "." L61 ".example.com", (int)rest, L63);
}

/* req: R14, A7 */
static void test_length(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        enum hostname_fault fault;
    } rows[] = {{252, HOSTNAME_NONE}, {253, HOSTNAME_NONE}, {254, HOSTNAME_TOO_LONG}};
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct suffix_list *list = list_of(mem, false);
    struct hostname got;
    struct err err = {0};
    char *huge = arena_alloc(mem, HOSTNAME_INPUT_MAX + 2);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *name = name_of(mem, rows[i].len);

        ok(strlen(name) == rows[i].len, "the test's name has %zu octets", strlen(name));
        ok(hostname_read(mem, list, name, &got, &err) == rows[i].fault, "%zu octets: %s",
           rows[i].len, err.text);
    }
    ok(strcmp(err.text, "the name has 254 octets, at most 253 are allowed") == 0, "%s", err.text);
    ok(hostname_read(mem, list, arena_printf(mem, "*.%s", name_of(mem, 251)), &got, &err) ==
           HOSTNAME_NONE,
       "the star counts: 253");
    ok(hostname_read(mem, list, arena_printf(mem, "*.%s", name_of(mem, 252)), &got, &err) ==
           HOSTNAME_TOO_LONG,
       "the star counts: 254");
    ok(hostname_read(mem, list, arena_printf(mem, "%s.", name_of(mem, 253)), &got, &err) ==
           HOSTNAME_NONE,
       "the final dot does not count");
    memset(huge, 'a', HOSTNAME_INPUT_MAX);
    ok(hostname_read(mem, list, huge, &got, &err) == HOSTNAME_LABEL_TOO_LONG, "2048: %s", err.text);
    memset(huge, 'a', HOSTNAME_INPUT_MAX + 1);
    ok(hostname_read(mem, list, huge, &got, &err) == HOSTNAME_TOO_LONG, "2049: %s", err.text);
    all_ok();
}

static void test_sandbox(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct suffix_list *list = list_of(mem, true);
    static const struct {
        const char *input;
        enum hostname_fault fault;
        const char *registered;
    } rows[] = {
        {"shop.example", HOSTNAME_NONE, "shop.example"},
        {"www.shop.example", HOSTNAME_NONE, "shop.example"},
        {"a.internal", HOSTNAME_NONE, "a.internal"},
        {"x.a.apps.corp", HOSTNAME_NONE, "a.apps.corp"},
        {"apps.corp", HOSTNAME_PUBLIC_SUFFIX, NULL},
        {"b.corp", HOSTNAME_RESERVED_TLD, NULL},
        {"example", HOSTNAME_PUBLIC_SUFFIX, NULL},
        {"a.test", HOSTNAME_RESERVED_TLD, NULL},
        {"a.com", HOSTNAME_NONE, "a.com"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct hostname got = {0};
        struct err err = {0};
        enum hostname_fault fault = hostname_read(mem, list, rows[i].input, &got, &err);

        ok(fault == rows[i].fault, "%s: %s", rows[i].input, err.text);
        ok(!rows[i].registered || (got.registered && !strcmp(got.registered, rows[i].registered)),
           "%s: registered", rows[i].input);
    }
    all_ok();
}

static void test_syntax(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool pass;
    } rows[] = {
        {"example.com", true},
        {"*.example.com", true},
        {"a.test", true},
        {L63 ".example", true},
        {"a" L63 ".example", false},
        {"Example.com", false},
        {"example.com.", false},
        {"localhost", false},
        {"", false},
        {"*.com", false},
        {"a..b", false},
        {"a_b.com", false},
        {"\u00fc.de", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};

        ok(hostname_check(rows[i].name, &err) == rows[i].pass, "\"%s\": %s", rows[i].name,
           err.text);
    }
    for (int i = 0; i < HOSTNAME_FAULT_COUNT; i++)
        for (int k = 0; k < i; k++)
            ok(strcmp(hostname_fault_name((enum hostname_fault)i),
                      hostname_fault_name((enum hostname_fault)k)) != 0,
               "%s is used once", hostname_fault_name((enum hostname_fault)i));
    all_ok();
}

static void test_unicode(void **state)
{
    static const struct {
        const char *name, *shown; /* NULL: as it is */
    } rows[] = {
        {"shop.com", NULL},
        {"xn--a.com", NULL}, /* does not decode */
        {"www.xn--ber-goa.de", "www.über.de"},
        {"*.xn--ber-goa.de", "*.über.de"},
        {"xn--e1afmkfd.com", "пример.com"},               /* each label has a script of its own */
        {"xn--zckzah9945czlbtz6h.jp", "日本語テスト.jp"}, /* Han and Katakana go together */
        {"xn--3e0b707e.com", "한국.com"},
        {"xn--pple-43d.com", NULL},       /* Cyrillic а, Latin pple */
        {"www.xn--paypl-7ve.com", NULL},  /* Latin but for а */
        {"xn--9ca29n.com", NULL},         /* Latin é, Cyrillic а */
        {"xn--google-gi0nx02s.cn", NULL}, /* Latin and Han */
    };
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = hostname_unicode(mem, rows[i].name);

        ok(!strcmp(got, rows[i].shown ? rows[i].shown : rows[i].name), "%s is shown as %s",
           rows[i].name, got);
    }
    all_ok();
}

static void test_prefix(void **state)
{
    static const struct {
        const char *typed, *prefix;
    } rows[] = {
        {"shop", "shop"},
        {" ShOp.Ex", "shop.ex"},
        {"shop.", "shop"},
        {"m\u00fcnchen.ex", "xn--mnchen-3ya.ex"},
        {"M\u00fcnchen", "xn--mnchen"},
        {"m\u00fc", "xn--m"},
        {"mu\u0308", "xn--m"}, /* decomposed */
        {"www.\u4e2d", "www.xn--"},
        {"xn--mnchen-3ya", "xn--mnchen-3ya"},
        {"*.Shop", "*.shop"},
        {"\U0001f600", "\U0001f600"}, /* no IDNA2008: nothing begins so */
        {"%", "%"},
    };
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *got = hostname_prefix(mem, rows[i].typed);

        ok(strcmp(got, rows[i].prefix) == 0, "%s: %s", rows[i].typed, got);
    }
    all_ok();
}

static void test_is_under(void **state)
{
    static const struct {
        const char *name, *parent;
        bool is_under;
    } rows[] = {
        {"www.shop.example", "shop.example", true}, {"a.b.shop.example", "shop.example", true},
        {"*.shop.example", "shop.example", true},   {"shop.example", "shop.example", false},
        {"myshop.example", "shop.example", false},  {"example", "shop.example", false},
        {"www.shop.example", "www.example", false},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(hostname_is_under(rows[i].name, rows[i].parent) == rows[i].is_under, "%s under %s",
           rows[i].name, rows[i].parent);
    ok(hostname_is_within("www.shop.example", "shop.example") &&
           hostname_is_within("shop.example", "shop.example") &&
           !hostname_is_within("myshop.example", "shop.example"),
       "within");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_length),   cmocka_unit_test(test_sandbox),
        cmocka_unit_test(test_syntax),   cmocka_unit_test(test_unicode),
        cmocka_unit_test(test_prefix),   cmocka_unit_test(test_is_under),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
