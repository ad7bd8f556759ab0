/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "web/form_guard.h"

#define SITE "https://admin.platform.example"

/* req: R46 */
static void test_origin(void **state)
{
    static const struct {
        const char *origin, *fetch_site;
        bool is_ours;
    } rows[] = {
        {SITE, "same-origin", true},
        {SITE, NULL, true},
        {NULL, "same-origin", true},
        {NULL, NULL, true}, /* the code decides */
        {SITE, "cross-site", false},
        {SITE, "same-site", false}, /* another host of the same domain */
        {SITE, "none", false},
        {SITE, "", false},
        {"null", NULL, false},
        {"null", "same-origin", false},
        {"", NULL, false},
        {"https://admin.platform.example:8444", "same-origin", false},
        {"http://admin.platform.example", NULL, false},
        {"https://admin.platform.example.evil.example", NULL, false},
        {"https://admin.platform.exampl", NULL, false},
        {"https://ADMIN.platform.example", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(form_is_same_origin(SITE, rows[i].origin, rows[i].fetch_site) == rows[i].is_ours,
           "row %zu: %s, %s", i, rows[i].origin, rows[i].fetch_site);
    all_ok();
}

static void test_code(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *mine = form_code(mem, "a secret"), *other = form_code(mem, "another secret");

    (void)state;
    ok(strlen(mine) == 43, "%s", mine);
    ok(strcmp(mine, form_code(mem, "a secret")) == 0, "the same for the same secret");
    ok(strcmp(mine, other) != 0 && !strstr(mine, "secret"), "%s and %s", mine, other);
    ok(form_code_is(mine, mine), "itself");
    ok(!form_code_is(mine, other), "somebody else's");
    ok(!form_code_is(mine, ""), "an empty one");
    ok(!form_code_is(mine, arena_strndup(mem, mine, 42)), "one that is cut");
    ok(!form_code_is(mine, arena_printf(mem, "%sx", mine)), "one that is longer");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_origin), cmocka_unit_test(test_code)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
