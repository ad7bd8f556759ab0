/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/caa.h"
#include "check.h"

#define ISSUER  "ca.example"
#define RECORDS 4

/* What http-01 cannot show: wildcards. The rest is in tests/system/test_ca_caa.py. */
static void test_wildcards(void **state)
{
    static const struct {
        struct dns_record records[RECORDS];
        bool permits, permits_wildcard;
    } rows[] = {
        {{{.tag = NULL}}, true, true},
        {{{.tag = "iodef", .value = "mailto:a@b.example"}}, true, true},
        {{{.tag = "issue", .value = ISSUER}}, true, true},
        {{{.tag = "issue", .value = ";"}}, false, false},
        {{{.tag = "issuewild", .value = ISSUER}}, true, true},
        {{{.tag = "issuewild", .value = ";"}}, true, false},
        {{{.tag = "issue", .value = ISSUER}, {.tag = "issuewild", .value = ";"}}, true, false},
        {{{.tag = "issue", .value = ";"}, {.tag = "issuewild", .value = ISSUER}}, false, true},
        {{{.tag = "issuewild", .value = ";"}, {.tag = "issuewild", .value = ISSUER}}, true, true},
        {{{.tag = "issuewild", .value = ISSUER}, {.tag = "x", .value = "", .flags = 128}},
         false,
         false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct ca_caa_case wanted = {ISSUER, "https://ca.example/1", "dns-01", false};
        size_t count = 0;

        while (count < RECORDS && rows[i].records[count].tag)
            count++;
        ok(ca_caa_permits(mem, rows[i].records, count, &wanted) == rows[i].permits, "row %zu", i);
        wanted.is_wildcard = true;
        ok(ca_caa_permits(mem, rows[i].records, count, &wanted) == rows[i].permits_wildcard,
           "row %zu, wildcard", i);
    }
    all_ok();
}

/* As many parameters as are read, and one more. */
static void test_parameters(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct ca_caa_case wanted = {ISSUER, "https://ca.example/1", "dns-01", false};
    const char *value = ISSUER;

    (void)state;
    for (int i = 0; i <= CA_CAA_PARAMETERS_MAX; i++) {
        const struct dns_record record = {.tag = "issue", .value = value};

        ok(ca_caa_permits(mem, &record, 1, &wanted), "%s", value);
        value = arena_printf(mem, "%s;a=b", value);
    }
    ok(!ca_caa_permits(mem, &(struct dns_record){.tag = "issue", .value = value}, 1, &wanted), "%s",
       value);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wildcards),
        cmocka_unit_test(test_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
