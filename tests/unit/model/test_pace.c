/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "model/pace.h"

static void test_pace(void **state)
{
    static const struct pace again = {100, 5000, 1}, quarter = {25, 10000, 4};
    static const struct {
        const struct pace *pace;
        int64_t taken, wait;
    } cases[] = {
        {&again, -50, 100},       {&again, 0, 100},          {&again, 99, 100},
        {&again, 101, 101},       {&again, 4999, 4999},      {&again, 5001, 5000},
        {&quarter, 0, 25},        {&quarter, 103, 25},       {&quarter, 104, 26},
        {&quarter, 40000, 10000}, {&quarter, 900000, 10000},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t wait = pace_ms(cases[i].pace, cases[i].taken);

        ok(wait == cases[i].wait, "case %zu: %lld, not %lld", i, (long long)wait,
           (long long)cases[i].wait);
    }
    all_ok();
}

static void test_earlier(void **state)
{
    (void)state;
    ok(pace_earlier(0, 0) == 0, "never");
    ok(pace_earlier(7, 0) == 7 && pace_earlier(0, 7) == 7, "the only one");
    ok(pace_earlier(7, 8) == 7 && pace_earlier(8, 7) == 7, "the earlier one");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_earlier),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
