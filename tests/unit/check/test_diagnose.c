/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "scene.h"

/* Which names, and which address set. */
enum kind { PAIR, PAIR6, PAIR2, PAIRC, SINGLE, SINGLE6, SINGLEC, APEX, WILD };

static const struct {
    const char *names[3];
    const char *ipv4, *ipv6, *cname;
} kinds[] = {
    [PAIR] = {{"shop.example", "www.shop.example"}, "O",  "",  ""             },
    [PAIR6] = {{"shop.example", "www.shop.example"}, "O",  "o", ""             },
    [PAIR2] = {{"shop.example", "www.shop.example"}, "OP", "",  ""             },
    [PAIRC] = {{"shop.example", "www.shop.example"}, "O",  "",  "cdn.mono.test"},
    [SINGLE] = {{"a.b.shop.example"},                 "O",  "",  ""             },
    [SINGLE6] = {{"a.b.shop.example"},                 "O",  "o", ""             },
    [SINGLEC] = {{"a.b.shop.example"},                 "O",  "",  "cdn.mono.test"},
    [APEX] = {{"shop.example"},                     "O",  "",  ""             },
    [WILD] = {{"*.shop.example", "shop.example"},   "O",  "",  ""             },
};

#define W "shop.example>" /* www follows the apex */

static const struct {
    const char *label;
    enum kind kind;
    struct scene_name names[2];
    const char *want;
} rows[] = {
#include "diagnose_rows.inc"
};

static size_t parse(const char *letters, struct address *out)
{
    size_t count = 0;
    struct err err;

    for (; *letters; letters++)
        ok(address_parse(scene_address(*letters), &out[count++], &err), "address");
    return count;
}

/* req: R30, R32, R34, R35, R36, A3, A4 */
static void test_rows(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct address ipv4[4], ipv6[4];
        const struct check_expected expected = {
            .ipv4 = ipv4,
            .ipv6 = ipv6,
            .ipv4_count = parse(kinds[rows[i].kind].ipv4, ipv4),
            .ipv6_count = parse(kinds[rows[i].kind].ipv6, ipv6),
            .cname = kinds[rows[i].kind].cname,
        };
        struct check_names names = {.names = kinds[rows[i].kind].names,
                                    .registered = "shop.example"};
        const struct check_context context = {
            .brand = "mono", .resolver = "127.0.0.1@53", .http_port = 80};
        struct observation observations[2];
        struct check_report report;
        const char *got;

        while (names.names[names.count]) {
            const char *name = names.names[names.count];
            observations[names.count] =
                scene_observe(mem, name, rows[i].names[names.count], &expected);
            names.count++;
        }
        diagnose(mem, &names, &expected, &context, observations, &report);
        got = scene_report(mem, &report);
        if (!ok(strcmp(got, rows[i].want) == 0, "%s:", rows[i].label))
            print_error("     got: %s\nexpected: %s\n", got, rows[i].want);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
