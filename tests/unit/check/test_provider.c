/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "check/provider.h"

/* The name servers of a domain, and whose they are; "" = not known. */
static const struct {
    const char *servers[4], *name, *apex_host;
} rows[] = {
    {{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"}, "Cloudflare", "@"},
    {{"ns01.domaincontrol.com", "ns02.domaincontrol.com"}, "GoDaddy", "@"},
    {{"ns-1.awsdns-00.com", "ns-600.awsdns-11.net", "ns-1100.awsdns-09.org",
      "ns-2000.awsdns-58.co.uk"},
     "Amazon Route 53",
     ""},
    {{"ns-cloud-a1.googledomains.com"}, "Google Cloud DNS", ""},
    {{"dns1.registrar-servers.com"}, "Namecheap", "@"},
    {{"ns1024.ui-dns.com", "ns1089.ui-dns.org", "ns1060.ui-dns.de"}, "IONOS", "@"},
    {{"dns104.ovh.net", "ns104.ovh.net"}, "OVHcloud", ""},
    {{"ns1.dns-parking.com"}, "Hostinger", "@"},
    {{"ns1.digitalocean.com", "ns3.digitalocean.com"}, "DigitalOcean", "@"},
    {{"ns1-01.azure-dns.com", "ns2-01.azure-dns.net"}, "Azure DNS", "@"},
    {{"helium.ns.hetzner.de", "hydrogen.ns.hetzner.com"}, "Hetzner", "@"},
    {{"ns-10-a.gandi.net"}, "Gandi", "@"},
    {{"ns1.bluehost.com"}, "Bluehost", "@"},
    {{"docks01.rzone.de"}, "STRATO", ""},
    {{"ns6.wixdns.net"}, "Wix", ""},
    {{"dns1.p01.squarespacedns.com"}, "Squarespace", "@"},
    {{"ns1.dnsimple.com", "ns2.dnsimple-edge.net"}, "DNSimple", ""},
    {{"ns1.vercel-dns.com"}, "Vercel", "@"},
    {{"maceio.ns.porkbun.com"}, "Porkbun", ""},
    {{"ns0.transip.net", "ns1.transip.nl"}, "TransIP", "@"},
    {{"dns9.hichina.com"}, "Alibaba Cloud", "@"},
    {{"f1g1ns1.dnspod.net"}, "DNSPod", "@"},
    {{"ns01.one.com"}, "one.com", ""},
    {{"ns51.worldnic.com"}, "Network Solutions", "@"},
    {{"ns1.wordpress.com"}, "WordPress.com", "@"},
    {{"ada.ns.cloudflare.com", "ns01.domaincontrol.com"}, "", ""},
    {{"ada.ns.cloudflare.com", "ns.example.net"}, "", ""},
    {{"ns.cloudflare.com.example.net"}, "", ""},
    {{"notdomaincontrol.com"}, "", ""},
    {{NULL}, "", ""},
};

/* req: R36 */
static void test_rows(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct zone_seen zone = {0};
        const struct provider *provider;

        for (; zone.server_count < 4 && rows[i].servers[zone.server_count]; zone.server_count++)
            zone.servers[zone.server_count].name = rows[i].servers[zone.server_count];
        provider = provider_of(&zone);
        ok(strcmp(provider ? provider->name : "", rows[i].name) == 0 &&
               strcmp(provider ? provider->apex_host : "", rows[i].apex_host) == 0,
           "%s: %s", rows[i].servers[0] ? rows[i].servers[0] : "none",
           provider ? provider->name : "not known");
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
