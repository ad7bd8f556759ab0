/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "check/reach.h"

/* Where a check may connect to: each place by each policy. Expected is 10.0.0.1 and fd00::1. */

static const struct address v4[] = {{.octets = {10, 0, 0, 1}}};
static const struct address v6[] = {{.is_v6 = true, .octets = {0xfd, [15] = 1}}};
static const struct prefix own[] = {{{.octets = {10, 1}}, 16}};
static const struct check_expected expected = {
    .ipv4 = v4, .ipv4_count = 1, .ipv6 = v6, .ipv6_count = 1};

enum { LIVE, OWN, OFFLINE, OFFLINE_OWN, REACHES };

static const struct check_reach reaches[REACHES] = {
    [LIVE] = {NULL, 0, false},
    [OWN] = {own, ARRAY_LEN(own), false},
    [OFFLINE] = {NULL, 0, true},
    [OFFLINE_OWN] = {own, ARRAY_LEN(own), true},
};

/* By reach: 'y' or 'n'. */
static const struct {
    const char *address;
    uint16_t port;
    const char *site, *server, *registry;
} rows[] = {
    {"10.0.0.1", 80, "yyyy", "nnnn", "nnnn"},
    {"10.0.0.1", 8443, "yyyy", "nnnn", "nnnn"}, /* exactly */
    {"10.0.0.1", 443, "nnnn", "nnnn", "nnnn"},
    {"10.0.0.1", 53, "nnnn", "nnnn", "nnnn"},
    {"10.0.0.2", 80, "nnnn", "nnnn", "nnnn"},
    {"fd00::1", 80, "yyyy", "nnnn", "nnnn"},
    {"fd00::2", 80, "nnnn", "nnnn", "nnnn"},
    {"10.1.2.3", 80, "nyny", "nnnn", "nnnn"}, /* own */
    {"10.1.2.3", 8443, "nyny", "nnnn", "nnnn"},
    {"10.1.2.3", 53, "nnnn", "nyny", "nnnn"},
    {"10.1.2.3", 22, "nnnn", "nnnn", "nnnn"},
    {"10.2.0.1", 80, "nnnn", "nnnn", "nnnn"},
    {"127.0.0.1", 53, "nnnn", "nnnn", "nnnn"},
    {"127.0.0.1", 80, "nnnn", "nnnn", "nnnn"},
    {"169.254.169.254", 80, "nnnn", "nnnn", "nnnn"},
    {"8.8.8.8", 80, "yynn", "yynn", "yynn"}, /* the internet */
    {"8.8.8.8", 53, "nnnn", "yynn", "nnnn"},
    {"2600::1", 80, "yynn", "yynn", "yynn"},
    {"2600::1", 53, "nnnn", "yynn", "nnnn"},
    {"10.1.2.3", 443, "nnnn", "nnnn", "nyny"}, /* a registry of the operator's own */
    {"8.8.8.8", 443, "yynn", "yynn", "yynn"},
};

static char may(const struct net_policy *policy, const char *text, uint16_t port)
{
    struct address address;
    struct err err;

    assert_true(address_parse(text, &address, &err));
    return net_policy_check(policy, &address, port, &err) ? 'y' : 'n';
}

/* req: R49 */
static void test_rows(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();

    for (size_t r = 0; r < REACHES; r++) {
        struct net_policy sites, servers, registries;

        reach_sites(mem, &reaches[r], &expected, (struct check_ports){80, 8443}, &sites);
        reach_servers(mem, &reaches[r], &servers);
        reach_registries(mem, &reaches[r], 443, &registries);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            char site = may(&sites, rows[i].address, rows[i].port);
            char server = may(&servers, rows[i].address, rows[i].port);
            char registry = may(&registries, rows[i].address, rows[i].port);

            ok(site == rows[i].site[r] && server == rows[i].server[r] &&
                   registry == rows[i].registry[r],
               "reach %zu, %s port %u: site %c, server %c, registry %c", r, rows[i].address,
               (unsigned)rows[i].port, site, server, registry);
        }
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
