/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "check/provider.h"

#define NAME_MAX_LEN 60
#define TEXT_MAX_LEN 200

/* ---- the file ---- */

static bool is_text(const char *text)
{
    return !text || (*text && strlen(text) <= TEXT_MAX_LEN && !strchr(text, '|'));
}

static bool is_page(const char *url)
{
    return !url || (strncmp(url, "http", 4) == 0 && strstr(url, "://") && !strpbrk(url, " ()|") &&
                    strlen(url) <= TEXT_MAX_LEN);
}

/* "2026-11-26" */
static bool is_day(const char *day)
{
    static const char form[] = "dddd-dd-dd";

    if (!day || strlen(day) != strlen(form))
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' ? day[i] < '0' || day[i] > '9' : day[i] != form[i])
            return false;
    return true;
}

/* Something that only a page can have said. */
static bool says_anything(const struct provider *p)
{
    return p->host != PROVIDER_HOST_UNKNOWN || p->target != PROVIDER_TARGET_UNKNOWN ||
           p->apex_alias || p->ttl_min_s != 0 || p->menu || p->note;
}

static bool has_servers(const struct provider *p)
{
    size_t count = 0;

    for (; count < PROVIDER_SERVERS_MAX && p->servers[count]; count++)
        if (!strchr(p->servers[count], '.') || strlen(p->servers[count]) > NAME_MAX_LEN)
            return false;
    return count > 0;
}

/* req: R36 */
static void test_each_row_is_whole(void **state)
{
    (void)state;

    for (size_t i = 0; i < provider_count(); i++) {
        const struct provider *p = provider_at(i);

        ok(p->name && *p->name && strlen(p->name) <= NAME_MAX_LEN && !strchr(p->name, '|'),
           "row %zu: name", i);
        ok(has_servers(p), "%s: servers", p->name);
        ok(is_text(p->menu) && is_text(p->note), "%s: menu or note", p->name);
        ok(!p->apex_alias || strspn(p->apex_alias, "ACEILMNS") == strlen(p->apex_alias),
           "%s: type %s", p->name, p->apex_alias);
        ok(p->ttl_min_s >= 0 && p->ttl_min_s <= 86400, "%s: TTL", p->name);
        ok(is_page(p->source) && is_page(p->also) && (p->source || !p->also), "%s: page", p->name);
        ok(p->source || !says_anything(p), "%s: says what no page said", p->name);
        ok(is_day(p->seen), "%s: seen", p->name);
        for (size_t k = 0; k < i; k++)
            ok(strcmp(provider_at(k)->name, p->name) != 0, "%s: twice", p->name);
    }
    ok(provider_count() >= 35, "%zu rows", provider_count());
    all_ok();
}

/* ---- no name is matched by two rows ---- */

static const char *after(const char *pattern)
{
    return *pattern == '[' ? strchr(pattern, ']') + 1 : pattern + 1;
}

/* Whether one character can be both; of '?', "[0-9]" and characters. */
static bool is_same_character(const char *a, const char *b)
{
    if (*a == '?' || *b == '?')
        return true;
    if (*a == '[')
        return *b == '[' || (*b >= '0' && *b <= '9');
    return *b == '[' ? *a >= '0' && *a <= '9' : *a == *b;
}

/* Whether a name can match both. */
static bool can_meet(const char *a, const char *b)
{
    if (*a == '*')
        return can_meet(a + 1, b) || (*b && can_meet(a, *b == '*' ? b + 1 : after(b)));
    if (*b == '*')
        return can_meet(b, a);
    if (!*a || !*b)
        return !*a && !*b;
    return is_same_character(a, b) && can_meet(after(a), after(b));
}

static const struct {
    const char *a, *b;
    bool meet;
} pairs[] = {
    {"a.b", "a.b", true},
    {"a.b", "a.c", false},
    {"*.b", "a.b", true},
    {"*.b", "*.c", false},
    {"*.x.b", "*.b", true},
    {"a*.b", "*z.b", true},
    {"a*", "b*", false},
    {"n[0-9].b", "n7.b", true},
    {"n[0-9].b", "nx.b", false},
    {"n[0-9].b", "n[0-9][0-9].b", false},
    {"n[0-9]*.b", "n[0-9][0-9].b", true},
    {"?.b", "a.b", true},
    {"?.b", "ab.b", false},
    {"*", "*", true},
};

static bool any_meets(const struct provider *a, const struct provider *b)
{
    for (size_t i = 0; i < PROVIDER_SERVERS_MAX && a->servers[i]; i++)
        for (size_t k = 0; k < PROVIDER_SERVERS_MAX && b->servers[k]; k++)
            if (can_meet(a->servers[i], b->servers[k]))
                return true;
    return false;
}

static void test_rows_are_disjoint(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
        ok(can_meet(pairs[i].a, pairs[i].b) == pairs[i].meet &&
               can_meet(pairs[i].b, pairs[i].a) == pairs[i].meet,
           "%s and %s", pairs[i].a, pairs[i].b);
    for (size_t i = 0; i < provider_count(); i++)
        for (size_t k = 0; k < i; k++)
            ok(!any_meets(provider_at(i), provider_at(k)), "%s and %s", provider_at(i)->name,
               provider_at(k)->name);
    all_ok();
}

/* ---- recognition ---- */

/* The name servers of a domain, and whose they are; "" = not known. */
static const struct {
    const char *servers[ZONE_SERVERS_MAX], *name;
} domains[] = {
    {{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"}, "Cloudflare"},
    {{"ns01.domaincontrol.com", "ns02.domaincontrol.com"}, "GoDaddy"},
    {{"NS01.DOMAINCONTROL.COM"}, "GoDaddy"},
    {{"ns-1.awsdns-00.com", "ns-600.awsdns-11.net", "ns-1100.awsdns-09.org",
      "ns-2000.awsdns-58.co.uk"},
     "Amazon Route 53"},
    {{"ns-cloud-a1.googledomains.com"}, "Google Cloud DNS"},
    {{"dns1.registrar-servers.com"}, "Namecheap"},
    {{"ns1024.ui-dns.com", "ns1089.ui-dns.org", "ns1060.ui-dns.de"}, "IONOS"},
    {{"dns104.ovh.net", "ns104.ovh.net"}, "OVHcloud"},
    {{"dns200.anycast.me", "ns200.anycast.me"}, "OVHcloud"},
    {{"ns1.dns-parking.com"}, "Hostinger"},
    {{"ns1.digitalocean.com", "ns3.digitalocean.com"}, "DigitalOcean"},
    {{"ns1-01.azure-dns.com", "ns2-01.azure-dns.net"}, "Azure DNS"},
    {{"helium.ns.hetzner.de", "hydrogen.ns.hetzner.com"}, "Hetzner"},
    {{"ns1.first-ns.de", "robotns2.second-ns.de", "robotns3.second-ns.com"}, "Hetzner"},
    {{"ns-10-a.gandi.net"}, "Gandi"},
    {{"ns1.bluehost.com"}, "Bluehost"},
    {{"docks01.rzone.de", "shades18.rzone.de"}, "STRATO"},
    {{"ns6.wixdns.net"}, "Wix"},
    {{"ns01.squarespacedns.com", "ns02.squarespacedns.com", "dns1.p05.nsone.net",
      "dns2.p05.nsone.net"},
     "Squarespace"},
    {{"ns1.dnsimple-edge.com", "ns2.dnsimple-edge.net", "ns3.dnsimple-edge.io",
      "ns4.dnsimple-edge.org"},
     "DNSimple"},
    {{"ns1.vercel-dns.com"}, "Vercel"},
    {{"maceio.ns.porkbun.com"}, "Porkbun"},
    {{"ns0.transip.net", "ns1.transip.nl"}, "TransIP"},
    {{"dns9.hichina.com"}, "Alibaba Cloud"},
    {{"f1g1ns1.dnspod.net"}, "DNSPod"},
    {{"ns01.one.com"}, "one.com"},
    {{"ns51.worldnic.com"}, "Network Solutions"},
    {{"ns1.wordpress.com"}, "WordPress.com"},
    {{"dns.technorail.com", "dns2.technorail.com", "dns3.arubadns.net", "dns4.arubadns.cz"},
     "Aruba"},
    {{"ns1.nazwa.pl", "ns2.nazwa.pl", "ns3.nazwa.pl"}, "nazwa.pl"},
    {{"dns.home.pl", "dns2.home.pl", "dns3.home.pl"}, "home.pl"},
    {{"root-dns.netcup.net", "second-dns.netcup.net", "third-dns.netcup.net"}, "netcup"},
    {{"ns1.name.com", "ns2fkr.name.com"}, "Name.com"},
    {{"ns.123-reg.co.uk", "ns2.123-reg.co.uk"}, "123 Reg"},
    {{"shop.earth.orderbox-dns.com", "shop.mars.orderbox-dns.com"},
     "LogicBoxes (ResellerClub, BigRock and others)"},
    {{"ns1.dns.ne.jp", "ns2.dns.ne.jp"}, "Sakura Internet"},
    {{"ns11.infomaniak.ch", "ns12.infomaniak.com"}, "Infomaniak"},
    {{"ns1.huaweicloud-dns.com", "ns1.huaweicloud-dns.cn"}, "Huawei Cloud"},
    {{"ns1.linode.com", "ns5.linode.com"}, "Akamai (Linode)"},
    {{"pns21.cloudns.net"}, "ClouDNS"},
    {{"a.auto.dns.br", "b.auto.dns.br"}, "Registro.br"},
    {{"f.sec.dns.br"}, "Registro.br"},
    /* Of two, or of one and of somebody. */
    {{"ada.ns.cloudflare.com", "ns01.domaincontrol.com"}, ""},
    {{"ada.ns.cloudflare.com", "ns.example.net"}, ""},
    /* Names that only look so. */
    {{"ns.cloudflare.com.example.net"}, ""},
    {{"notdomaincontrol.com"}, ""},
    {{"domaincontrol.com"}, ""},
    {{"x.awsdns-1.example.net"}, ""},
    {{"x.awsdns-11.ns.cloudflare.com"}, "Cloudflare"},
    /* A customer's own server, named by its hoster. */
    {{"ns3012345.ovh.net"}, ""},
    {{"vps12345.ovh.net"}, ""},
    {{"www.wordpress.com"}, ""},
    /* A provider's servers under the customer's name, or under no provider's name: NS1 serves its
       own customers, and those of Netlify and others; resellers have forms of their own. */
    {{"ns1.shop.example", "ns2.shop.example"}, ""},
    {{"dns1.p01.nsone.net", "dns2.p01.nsone.net"}, ""},
    {{"dns1.p01.nsone.net", "ns1.shop.example"}, ""},
    {{"ns1.systemdns.com"}, ""},
    {{"ns1.rrpproxy.net"}, ""},
    {{NULL}, ""},
};

/* req: R36 */
static void test_recognition(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(domains); i++) {
        struct zone_seen zone = {0};
        const struct provider *p;

        for (; zone.server_count < ZONE_SERVERS_MAX && domains[i].servers[zone.server_count];
             zone.server_count++)
            zone.servers[zone.server_count].name = domains[i].servers[zone.server_count];
        p = provider_of(&zone);
        ok(strcmp(p ? p->name : "", domains[i].name) == 0, "%s: %s",
           domains[i].servers[0] ? domains[i].servers[0] : "none", p ? p->name : "not known");
    }
    all_ok();
}

static void test_each_row_is_recognised(void **state)
{
    (void)state;

    for (size_t i = 0; i < provider_count(); i++) {
        size_t seen = 0;

        for (size_t k = 0; k < ARRAY_LEN(domains); k++)
            seen += strcmp(domains[k].name, provider_at(i)->name) == 0;
        ok(seen > 0, "%s: no domain has it", provider_at(i)->name);
    }
    all_ok();
}

/* ---- what is typed ---- */

/* The host of the domain, of its www name, of the label of a challenge. NULL = not known. */
static const struct {
    const char *apex, *www, *challenge, *deep;
} typed_hosts[PROVIDER_HOST_COUNT] = {
    [PROVIDER_HOST_AT] = {"@", "www", "_acme-challenge", "_acme-challenge.a.b"},
    [PROVIDER_HOST_EMPTY] = {"", "www", "_acme-challenge", "_acme-challenge.a.b"},
    [PROVIDER_HOST_FULL] = {"shop.example", "www.shop.example", "_acme-challenge.shop.example",
                            "_acme-challenge.a.b.shop.example"},
    [PROVIDER_HOST_CHOSEN] = {"shop.example", "www.shop.example", "_acme-challenge.shop.example",
                              "_acme-challenge.a.b.shop.example"},
};

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* req: R36 */
static void test_typed_hosts(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t i = 0; i < PROVIDER_HOST_COUNT; i++) {
        const struct provider p = {.host = (enum provider_host)i};
        const char *d = "shop.example";

        ok(is_same(provider_type_host(mem, &p, d, d), typed_hosts[i].apex), "%zu: apex", i);
        ok(is_same(provider_type_host(mem, &p, d, "www.shop.example"), typed_hosts[i].www),
           "%zu: www", i);
        ok(is_same(provider_type_host(mem, &p, d, "_acme-challenge.shop.example"),
                   typed_hosts[i].challenge),
           "%zu: challenge", i);
        ok(is_same(provider_type_host(mem, &p, d, "_acme-challenge.a.b.shop.example"),
                   typed_hosts[i].deep),
           "%zu: deep", i);
    }
    all_ok();
}

static void test_typed_values(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char *const cname[PROVIDER_TARGET_COUNT] = {
        [PROVIDER_TARGET_PLAIN] = "edge.example",
        [PROVIDER_TARGET_DOT] = "edge.example.",
    };

    for (size_t i = 0; i < PROVIDER_TARGET_COUNT; i++) {
        const struct provider p = {.target = (enum provider_target)i};

        ok(is_same(provider_type_value(mem, &p, "CNAME", "edge.example"), cname[i]), "%zu: CNAME",
           i);
        ok(is_same(provider_type_value(mem, &p, "A", "192.0.2.1"), "192.0.2.1"), "%zu: A", i);
        ok(is_same(provider_type_value(mem, &p, "TXT", "a text"), "a text"), "%zu: TXT", i);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_row_is_whole),
        cmocka_unit_test(test_rows_are_disjoint),
        cmocka_unit_test(test_recognition),
        cmocka_unit_test(test_typed_hosts),
        cmocka_unit_test(test_each_row_is_recognised),
        cmocka_unit_test(test_typed_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
