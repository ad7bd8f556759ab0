/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "check/record_form.h"

#define GENERAL                                                                                    \
    "Most forms add the domain to a host by themselves: \"www\" is typed, and \"@\" or nothing "   \
    "for shop.example itself. Others want the full name: the records that are there show which."
#define GENERAL_VALUE                                                                              \
    " Where the form adds the domain to a value as well, the value ends with a dot."
#define ADDS "The form adds the domain to a host by itself; the host of shop.example itself is "

/* A name server of the domain, what is set, and what is said and typed. */
static const struct {
    const char *server, *cname, *type, *fqdn, *value;
    enum finding_op op;
    const char *form_host, *form_value, *instructions;
} rows[] = {
    {"ada.ns.cloudflare.com", NULL, "A", "shop.example", "192.0.2.1", FINDING_ADD, "@", "192.0.2.1",
     "DNS is at Cloudflare; its records are edited in \"DNS > Records\". " ADDS
     "\"@\". Set the proxy status of the record to \"DNS only\"."},
    /* a name at the domain itself, where ours has one and their form a type for it */
    {"ada.ns.cloudflare.com", "edge.example", "A", "shop.example", "192.0.2.1", FINDING_REPLACE,
     "@", "192.0.2.1",
     "DNS is at Cloudflare; its records are edited in \"DNS > Records\". " ADDS
     "\"@\". In place of all addresses of shop.example, one record of the type \"CNAME\" with the "
     "value edge.example can be set: it follows when our addresses change. Set the proxy status "
     "of the record to \"DNS only\"."},
    {"ns1.dnsimple.com", "edge.example", "AAAA", "shop.example", "2001:db8::1", FINDING_ADD, "",
     "2001:db8::1",
     "DNS is at DNSimple; its records are edited in \"Domain Names > Edit DNS > Add record\". " ADDS
     "left empty. In place of all addresses of shop.example, one record of the type \"ALIAS\" with "
     "the value edge.example can be set: it follows when our addresses change."},
    {"ns1.name.com", "edge.example", "A", "shop.example", "192.0.2.1", FINDING_ADD, "", "192.0.2.1",
     "DNS is at Name.com; its records are edited in \"My Domains > DNS Records\". " ADDS
     "left empty. In place of all addresses of shop.example, one record of the type \"ANAME\" with "
     "the value edge.example can be set: it follows when our addresses change."},
    /* no such type there, or none that is known; not what is removed; not of another name */
    {"dns104.ovh.net", "edge.example", "A", "shop.example", "192.0.2.1", FINDING_ADD, "",
     "192.0.2.1",
     "DNS is at OVHcloud; its records are edited in \"Web Cloud > Domain names > DNS zone > Add an "
     "entry\". " ADDS "left empty."},
    {"ns1.bluehost.com", "edge.example", "A", "shop.example", "192.0.2.1", FINDING_ADD, "@",
     "192.0.2.1",
     "DNS is at Bluehost; its records are edited in \"Domains > DNS Zone Editor > Manage DNS "
     "records\". " ADDS "\"@\"."},
    {"ns1.name.com", "edge.example", "A", "shop.example", "192.0.2.1", FINDING_REMOVE, "",
     "192.0.2.1",
     "DNS is at Name.com; its records are edited in \"My Domains > DNS Records\". " ADDS
     "left empty."},
    {"ns1.name.com", "edge.example", "A", "www.shop.example", "192.0.2.1", FINDING_ADD, "www",
     "192.0.2.1",
     "DNS is at Name.com; its records are edited in \"My Domains > DNS Records\". " ADDS
     "left empty."},
    /* a name as value */
    {"helium.ns.hetzner.de", NULL, "CNAME", "www.shop.example", "shop.example", FINDING_ADD, "www",
     "shop.example.",
     "DNS is at Hetzner; its records are edited in \"Console > DNS\". " ADDS
     "\"@\". A name as value ends with a dot, else the domain is added to it."},
    {"ns1.name.com", NULL, "CNAME", "www.shop.example", "shop.example", FINDING_ADD, "www",
     "shop.example",
     "DNS is at Name.com; its records are edited in \"My Domains > DNS Records\". " ADDS
     "left empty. A name as value has no dot at its end."},
    {"ns0.transip.net", NULL, "CNAME", "_acme-challenge.shop.example", "x.example", FINDING_ADD,
     "_acme-challenge", NULL,
     "DNS is at TransIP; its records are edited in \"Domain & Hosting > Advanced Domain Settings > "
     "DNS\". " ADDS "\"@\"." GENERAL_VALUE
     " Switch \"TransIP settings\" off first, else they overwrite the records."},
    /* other forms */
    {"ns1.nazwa.pl", NULL, "A", "shop.example", "192.0.2.1", FINDING_ADD, "shop.example",
     "192.0.2.1",
     "DNS is at nazwa.pl; its records are edited in \"Twoje usługi > domeny > konfiguruj > "
     "Zaawansowana konfiguracja DNS\". The host is the full name there, such as "
     "\"www.shop.example\"."},
    {"docks01.rzone.de", NULL, "A", "www.shop.example", "192.0.2.1", FINDING_ADD,
     "www.shop.example", "192.0.2.1",
     "DNS is at STRATO; its records are edited in \"Domainverwaltung > the gear > DNS\". No host "
     "is "
     "typed there: shop.example, or its subdomain, is chosen first."},
    {"a.b.orderbox-dns.com", NULL, "A", "shop.example", "192.0.2.1", FINDING_ADD, "", "192.0.2.1",
     "DNS is at LogicBoxes (ResellerClub, BigRock and others); its records are edited in \"Manage "
     "DNS > A Records > Add A Record\". " ADDS
     "left empty. The shortest TTL there is 14400 seconds."},
    /* a form that is not known: both are said, none is typed */
    {"ns01.one.com", NULL, "A", "shop.example", "192.0.2.1", FINDING_ADD, NULL, "192.0.2.1",
     "DNS is at one.com. " GENERAL},
    {"ns1.shop.example", "edge.example", "A", "shop.example", "192.0.2.1", FINDING_ADD, NULL, NULL,
     GENERAL},
    {NULL, NULL, "CNAME", "www.shop.example", "shop.example", FINDING_ADD, NULL, NULL,
     GENERAL GENERAL_VALUE},
    {NULL, NULL, "CNAME", "www.shop.example", "shop.example", FINDING_REMOVE, NULL, NULL, GENERAL},
    /* not in the zone */
    {"ada.ns.cloudflare.com", NULL, "DS", "shop.example", "1 13 2 ab", FINDING_REMOVE, NULL, NULL,
     NULL},
    {"ada.ns.cloudflare.com", NULL, "NS", "shop.example", "ns.example", FINDING_REMOVE, NULL, NULL,
     NULL},
};

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct zone_seen zone_with(const char *server)
{
    return (struct zone_seen){.servers = {{.name = server}}, .server_count = 1};
}

/* req: R30 R36 */
static void test_rows(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct check_names names = {.registered = "shop.example"};
        const struct check_expected expected = {.cname = rows[i].cname};
        const struct zone_seen zone = zone_with(rows[i].server);
        const struct facts f = {
            .names = &names, .expected = &expected, .zone = rows[i].server ? &zone : NULL};
        struct finding finding = {0};

        finding_add_action(mem, &finding,
                           (struct finding_action){.op = rows[i].op,
                                                   .type = rows[i].type,
                                                   .fqdn = rows[i].fqdn,
                                                   .value = rows[i].value});
        record_form_fill(mem, &f, &finding);
        ok(is_same(finding.instructions, rows[i].instructions), "%zu: %s", i, finding.instructions);
        ok(is_same(finding.actions[0].form_host, rows[i].form_host), "%zu: host %s", i,
           finding.actions[0].form_host);
        ok(is_same(finding.actions[0].form_value, rows[i].form_value), "%zu: value %s", i,
           finding.actions[0].form_value);
        ok(strcmp(finding.actions[0].value, rows[i].value) == 0, "%zu: the value itself", i);
    }
    all_ok();
}

/* All that is said of each is said of both together, once. */
static void test_of_several(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct check_names names = {.registered = "shop.example"};
    const struct check_expected expected = {0};
    const struct zone_seen zone = zone_with("dns104.ovh.net");
    const struct facts f = {.names = &names, .expected = &expected, .zone = &zone};
    const struct finding_action actions[] = {
        {.op = FINDING_ADD, .type = "A", .fqdn = "shop.example", .value = "192.0.2.1"},
        {.op = FINDING_REMOVE, .type = "NS", .fqdn = "shop.example", .value = "ns.example"},
        {.op = FINDING_ADD, .type = "CNAME", .fqdn = "www.shop.example", .value = "shop.example"},
    };
    const char *text = record_form_instructions(mem, &f, actions, ARRAY_LEN(actions));

    ok(is_same(text,
               "DNS is at OVHcloud; its records are edited in \"Web Cloud > Domain names > DNS "
               "zone > Add an entry\". " ADDS "left empty. A name as value ends with a dot, "
               "else the domain is added to it."),
       "%s", text);
    ok(!record_form_instructions(mem, &f, &actions[1], 1), "not of what is the registrar's");
    all_ok();
}

static void test_nothing_to_change(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct check_names names = {.registered = "shop.example"};
    const struct check_expected expected = {0};
    const struct facts f = {.names = &names, .expected = &expected};
    struct finding finding = {0};

    record_form_fill(mem, &f, &finding);
    ok(finding.action_count == 0 && !finding.instructions, "nothing is said");
    ok(is_same(record_form_general(mem, "shop.example"), GENERAL GENERAL_VALUE), "in general");
    all_ok();
}

static const struct {
    const char *server, *name, *words;
} hosts[] = {
    {"ada.ns.cloudflare.com", "shop.example", "\"@\""},
    {"ada.ns.cloudflare.com", "www.shop.example", "\"www\""},
    {"ns1.name.com", "shop.example", "nothing"},
    {"ns1.name.com", "www.shop.example", "\"www\""},
    {"ns1.nazwa.pl", "www.shop.example", "\"www.shop.example\""},
    {"ns01.one.com", "shop.example", "\"@\", or nothing,"},
    {NULL, "shop.example", "\"@\", or nothing,"},
    {NULL, "www.shop.example", "\"www\""},
};

static void test_host_words(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct check_names names = {.registered = "shop.example"};
        const struct zone_seen zone = zone_with(hosts[i].server);
        const struct facts f = {
            .names = &names, .name = hosts[i].name, .zone = hosts[i].server ? &zone : NULL};
        const char *words = record_form_host_words(mem, &f);

        ok(strcmp(words, hosts[i].words) == 0, "%zu: %s", i, words);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_of_several),
        cmocka_unit_test(test_nothing_to_change),
        cmocka_unit_test(test_host_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
