/* SPDX-License-Identifier: Apache-2.0 */
#include "config_file.h"

static const char live[] = "mode: live\n";

/* A program of its own: the clock looks at the environment once. */
static void test_moved_clock(void **state)
{
    (void)state;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct config *cfg = NULL;
    struct err err = {0};

    setenv("LATCHKEY_CLOCK_FILE", "/nonexistent", 1);
    ok(!config_load_text(mem, live, sizeof(live) - 1, &cfg, &err) &&
           !strcmp(err.text, "l.yaml:1: mode: live mode refuses a moved clock: unset "
                             "LATCHKEY_CLOCK_FILE"),
       "%s", err.text);
    ok(config_load_text(mem, "", 0, &cfg, &err), "sandbox mode takes it: %s", err.text);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_moved_clock)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
