/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "app/expected.h"
#include "check.h"

/* The operator's networks are open to the names of customers in the sandbox alone. */
static const struct {
    enum config_mode mode;
    const char *offline; /* LATCHKEY_OFFLINE */
    size_t own_count;
    bool is_offline;
} rows[] = {
    {CONFIG_SANDBOX, "", 1, true},
    {CONFIG_SANDBOX, "1", 1, true},
    {CONFIG_LIVE, "", 0, false},
    {CONFIG_LIVE, "1", 0, true},
};

/* req: R49 */
static void test_reach(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *prefixes[] = {"10.1.0.0/16"};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config config = {.mode = rows[i].mode,
                                .net.own_prefixes = {.items = prefixes, .count = 1}};
        struct check_reach reach;
        struct err err = {0};

        setenv("LATCHKEY_OFFLINE", rows[i].offline, 1);
        if (ok(app_check_reach(mem, &config, &reach, &err), "row %zu: %s", i, err.text))
            ok(reach.own_count == rows[i].own_count && reach.is_offline == rows[i].is_offline,
               "row %zu: %zu own prefixes, offline %d", i, reach.own_count, reach.is_offline);
    }
    unsetenv("LATCHKEY_OFFLINE");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reach)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
