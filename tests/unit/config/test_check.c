/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/pem.h>
#include <string.h>

#include "config_file.h"

#define CA(id, kind, url) "- {id: " id ", name: X, kind: " kind ", directory: '" url "'}\n"

static const struct {
    const char *text;
    const char *why; /* "" = accepted */
} rows[] = {
    {"ca:\n" CA("a", "sandbox", "https://localhost:8445/d"), ""},
    {"mode: live\nca:\n" CA("a", "public", "https://acme.example/d"), ""},
    {"mode: live\nca:\n" CA("a", "sandbox", "https://localhost/d"),
     "l.yaml:3: ca[0].kind: live mode does not sell from a sandbox CA (\"a\")"},
    {"mode: live\nnames:\n  extra_suffixes: [internal]\n",
     "l.yaml:3: names.extra_suffixes: is not allowed in live mode"},
    {"ca:\n" CA("a", "private", "https://acme.example/d"),
     "l.yaml:2: ca[0].directory: the CA is private, so acme.example must be on loopback or in "
     "net.own_prefixes"},
    {"ca:\n" CA("a", "sandbox", "https://10.0.0.1/d"),
     "l.yaml:2: ca[0].directory: the CA is the sandbox, so 10.0.0.1 must be on loopback or in "
     "net.own_prefixes"},
    {"ca:\n" CA("a", "private", "https://10.0.0.1/d") "net: {own_prefixes: [10.0.0.0/24]}\n", ""},
    {"ca:\n" CA("a", "private", "https://10.0.1.1/d") "net: {own_prefixes: [10.0.0.0/24]}\n",
     "l.yaml:2: ca[0].directory: the CA is private, so 10.0.1.1 must be on loopback or in "
     "net.own_prefixes"},
    {"ca:\n" CA("a", "public", "https://a/d") CA("a", "public", "https://b/d"),
     "l.yaml:3: ca[1].id: \"a\" is there twice"},
    {"ca:\n" CA("a", "public", "https://a/d") CA("b", "public", "https://b/d"), ""},
    {"ca:\n- {id: a, name: A, directory: 'https://a', is_default: true}\n"
     "- {id: b, name: B, directory: 'https://b', is_default: true}\n",
     "l.yaml:3: ca[1].is_default: \"a\" is the default already"},
    {"ca:\n- {id: a, name: A, directory: 'https://a', eab_kid: k}\n",
     "l.yaml:2: ca[0].eab_kid: eab_kid and eab_key_file go together"},
    {"ca:\n- {id: a, name: A, directory: 'https://a', eab_key_file: f}\n",
     "l.yaml:2: ca[0].eab_key_file: eab_kid and eab_key_file go together"},
    {"ca:\n- {id: a, name: A, directory: 'https://a', eab_kid: k, eab_key_file: f}\n", ""},
    {"origins:\n- {id: a, address: 'h:1'}\n- {id: a, address: 'h:2'}\n",
     "l.yaml:3: origins[1].id: \"a\" is there twice"},
    {"run:\n  edges:\n  - {name: a, addresses: [127.0.0.1]}\n  - {name: a, addresses: ['::1']}\n",
     "l.yaml:4: run.edges[1].name: \"a\" is there twice"},
    {"sandbox_ca:\n  profiles:\n  - {name: a, lifetime_s: 60}\n  - {name: b}\n"
     "  - {name: a, lifetime_s: 61}\n",
     "l.yaml:5: sandbox_ca.profiles[2].name: \"a\" is there twice"},
    {"sandbox_ca:\n  profiles:\n  - {name: classic, lifetime_s: 8640000}\n", ""},
    {"sandbox_ca:\n  profiles:\n  - {name: a, lifetime_s: 59}\n",
     "l.yaml:3: sandbox_ca.profiles[0].lifetime_s: \"59\" is not a number from 60 to 8640000"},
    {"sandbox_ca:\n  profiles:\n  - {lifetime_s: 60}\n",
     "l.yaml:3: sandbox_ca.profiles[0].name: is required"},
    {"ca:\n- {id: a, name: A, directory: 'https://a', profile: shortlived}\n", ""},
    {"ca:\n- {id: a, name: A, directory: 'https://a', profile: 'a b'}\n",
     "l.yaml:2: ca[0].profile: \"a b\" is not an id: a-z, 0-9 and '-', at most 32"},
    {"dns:\n  update:\n  - {zone: p.example, servers: [192.0.2.1], tsig_key: k, tsig_file: f}\n"
     "  - {zone: q.example, via: lego, hook: /bin/hook}\n",
     ""},
    {"dns:\n  update:\n  - {zone: p.example, tsig_key: k, tsig_file: f}\n",
     "l.yaml:2: dns.update[0].servers: is required, for zone p.example is changed by rfc2136"},
    {"dns:\n  update:\n  - {zone: p.example, servers: [192.0.2.1], tsig_file: f}\n",
     "l.yaml:2: dns.update[0].tsig_key: is required, for zone p.example is changed by rfc2136"},
    {"dns:\n  update:\n  - {zone: p.example, servers: [192.0.2.1], tsig_key: k}\n",
     "l.yaml:2: dns.update[0].tsig_file: is required, for zone p.example is changed by rfc2136"},
    {"dns:\n  update:\n  - {zone: p.example, via: acme.sh}\n",
     "l.yaml:2: dns.update[0].hook: is required, for zone p.example is changed by a hook"},
    {"dns:\n  update:\n  - {zone: p.example, via: lego, hook: /h}\n"
     "  - {zone: p.example, via: lego, hook: /h}\n",
     "l.yaml:4: dns.update[1].zone: \"p.example\" is there twice"},
    {"ca:\n- {id: a, name: A, directory: 'https://a', challenge: dns-01}\n",
     "l.yaml:2: ca[0].challenge: dns-01 needs a zone in dns.update"},
    {"mode: live\ndns: {port: 54}\n", "l.yaml:2: dns.port: is 53 in live mode, not 54"},
    {"edge:\n  http_port: 443\n", "l.yaml:1: edge.https_port: 443 is edge.http_port too"},
};

static void test_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct config *cfg = NULL;
        struct err err = {0};
        bool pass = config_load_text(mem, rows[i].text, strlen(rows[i].text), &cfg, &err);

        ok(pass == !*rows[i].why, "row %zu", i);
        ok(strcmp(err.text, rows[i].why) == 0, "row %zu: %s", i, err.text);
    }
    all_ok();
}

/* A PEM block that holds `octets`; the check compares octets and never reads a certificate. */
static void pem_write(const char *path, const char *const *octets, size_t count)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(PEM_write(file, PEM_STRING_X509, "", (const unsigned char *)octets[i],
                                       (long)strlen(octets[i])),
                             0);
    fclose(file);
}

/* R45 */
static void test_trust(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    static const char text[] = "tls: {trust_store: store.pem}\n"
                               "sandbox_ca: {dir: .}\n"
                               "ca:\n- {id: s, name: S, kind: sandbox, roots: [r.pem], "
                               "directory: 'https://[::1]/'}\n";
    struct config_file file = config_file_new(text, sizeof(text) - 1);
    const char *store = arena_printf(mem, "%s/store.pem", file.dir);
    const char *root = arena_printf(mem, "%s/roots.pem", file.dir);
    const char *other = arena_printf(mem, "%s/r.pem", file.dir);
    const struct config *cfg = NULL;
    struct err err = {0};

    pem_write(store, (const char *const[]){"one", "two"}, 2);
    ok(config_load(mem, file.path, &cfg, &err), "no root yet: %s", err.text);
    pem_write(root, (const char *const[]){"three"}, 1);
    ok(config_load(mem, file.path, &cfg, &err), "not in the store: %s", err.text);
    pem_write(other, (const char *const[]){"two"}, 1);
    ok(!config_load(mem, file.path, &cfg, &err) &&
           strstr(err.text, arena_printf(mem,
                                         "l.yaml:1: tls.trust_store: %s holds the root of the "
                                         "sandbox CA, %s",
                                         store, other)),
       "the CA's root: %s", err.text);
    pem_write(root, (const char *const[]){"old", "one"}, 2);
    ok(!config_load(mem, file.path, &cfg, &err) && strstr(err.text, "roots.pem"),
       "the own root: %s", err.text);
    unlink(store);
    unlink(root);
    unlink(other);
    config_file_remove(&file);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_trust),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
