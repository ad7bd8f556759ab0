/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>

#include "check.h"
#include "feed/agent.h"

static const struct {
    unsigned failures, chance;
    int64_t pause_ms;
} rows[] = {
    {1, 0, 50},   {1, 500, 75}, {1, 999, 99},   {2, 0, 100},           {3, 999, 399},
    {7, 0, 3200}, {8, 0, 5000}, {8, 999, 9995}, {UINT_MAX, 999, 9995},
};

static void test_pauses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t pause_ms = agent_pause_ms(rows[i].failures, rows[i].chance);

        ok(pause_ms == rows[i].pause_ms, "%u failures, chance %u: %lld ms", rows[i].failures,
           rows[i].chance, (long long)pause_ms);
    }
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pauses)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
